//! The day of a destination: a country, or mail.
//!
//! ```text
//! ADD m :one, h9 :one, u :one, g9 :one, p_sns :one, s :price       9 is the hour of the day
//! IF  (attribute_not_exists(u) OR u < :per_day)  AND (attribute_not_exists(g9) OR g9 < :per_hour)
//! AND (attribute_not_exists(m) OR m < :messages) AND (attribute_not_exists(s) OR s <= :room)
//! ```
//!
//! A right code takes its messages back, on the day and in the hour in which they were sent:
//!
//! ```text
//! ADD u :minus, g9 :minus, v :one, y9 :one, q_sns :one
//! IF  u >= :taken AND g9 >= :taken                                 nothing is taken that is not there
//! ```

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{DAY_SECONDS, count as counter};
use crate::adapters::dynamodb::expression::Expression;
use crate::adapters::dynamodb::item::Item;
use crate::domain::guard::budget::MicroUsd;
use crate::domain::time::Timestamp;
use crate::ports::guard::{DestinationDay, DestinationTakeBack, DestinationWrite, ProviderChange, ProviderDay, TakenBack};
use crate::ports::store::StoreError;

/// Days that the counters stay: statistics look back over three months.
const KEPT_DAYS: u64 = 100;

pub(super) fn key(destination: &str, date: &str) -> String {
    format!("C#{destination}#{date}")
}

pub(super) fn count(write: &DestinationWrite) -> Expression {
    let hour = write.now.hour_of_day();
    let mut condition =
        format!("(attribute_not_exists(u) OR u < :per_day) AND (attribute_not_exists(g{hour}) OR g{hour} < :per_hour)");
    let mut update = format!("ADD m :one, h{hour} :one, u :one, g{hour} :one, #provider :one");
    let caps = write.caps;
    if caps.is_some() {
        condition.push_str(" AND (attribute_not_exists(m) OR m < :messages)");
    }
    let room = caps.and_then(|caps| caps.spent_before);
    if room.is_some() {
        update.push_str(", s :price");
        condition.push_str(" AND (attribute_not_exists(s) OR s <= :room)");
    }
    update.push_str(" SET #ttl = if_not_exists(#ttl, :ttl)");
    let expression = Expression::new(update, condition)
        .name("#ttl", "ttl")
        .name("#provider", format!("p_{}", write.provider))
        .number(":one", 1_u64)
        .number(":per_day", write.allowance.per_day)
        .number(":per_hour", write.allowance.per_hour)
        .number(":ttl", write.now.as_secs() + KEPT_DAYS * DAY_SECONDS);
    let expression = caps.iter().fold(expression, |e, caps| e.number(":messages", caps.messages));
    room.iter().fold(expression, |e, room| e.number(":room", room.0).number(":price", write.price.0))
}

/// What the first provider has counted becomes the other's, and a failure of the first.
pub(super) fn change_provider(change: &ProviderChange) -> Expression {
    let update = "ADD #sent_first :minus, #failed_first :one, #sent_other :one".to_owned();
    Expression::new(update, "#sent_first >= :one".to_owned())
        .name("#sent_first", format!("p_{}", change.from))
        .name("#failed_first", format!("x_{}", change.from))
        .name("#sent_other", format!("p_{}", change.to))
        .number(":one", 1_u64)
        .value(":minus", AttributeValue::N("-1".to_owned()))
}

/// One write for each day that messages were sent on.
pub(super) fn take_backs(write: &DestinationTakeBack) -> Vec<(String, Expression)> {
    let mut days: BTreeMap<String, Vec<Timestamp>> = BTreeMap::new();
    for sent in &write.sent {
        days.entry(sent.date()).or_default().push(*sent);
    }
    let first = write.sent.first().copied();
    days.into_iter()
        .map(|(date, sent)| {
            let holds_first = first.is_some_and(|first| sent.contains(&first));
            (date, take_back(write, &sent, first.filter(|_| holds_first)))
        })
        .collect()
}

/// `first`: the challenge's own send, if it is on this day; it is what counts as verified, or as failed.
fn take_back(write: &DestinationTakeBack, sent: &[Timestamp], first: Option<Timestamp>) -> Expression {
    let mut hours: BTreeMap<u64, u64> = BTreeMap::new();
    for time in sent {
        *hours.entry(time.hour_of_day()).or_default() += 1;
    }
    let taken = sent.len() as u64;
    let mut changes = vec![("u".to_owned(), -i128::from(taken))];
    changes.extend(hours.iter().map(|(hour, count)| (format!("g{hour}"), -i128::from(*count))));
    if let Some(first) = first {
        changes.extend(outcome(write, first));
    }
    expression(changes)
}

/// Adds every change, if each counter that shrinks has as much.
fn expression(changes: Vec<(String, i128)>) -> Expression {
    let adds: Vec<String> = (0..changes.len()).map(|i| format!("#a{i} :a{i}")).collect();
    let shrinking = changes.iter().enumerate().filter(|(_, (_, change))| *change < 0);
    let there: Vec<String> = shrinking.map(|(i, _)| format!("#a{i} >= :b{i}")).collect();
    let expression = Expression::new(format!("ADD {}", adds.join(", ")), there.join(" AND "));
    changes.into_iter().enumerate().fold(expression, |e, (i, (name, change))| {
        let e = e.name(format!("#a{i}"), name).value(format!(":a{i}"), AttributeValue::N(change.to_string()));
        if change < 0 { e.value(format!(":b{i}"), AttributeValue::N((-change).to_string())) } else { e }
    })
}

/// What the end of a challenge adds besides.
fn outcome(write: &DestinationTakeBack, first: Timestamp) -> Vec<(String, i128)> {
    let (hour, provider) = (first.hour_of_day(), &write.provider);
    let not_sent = |MicroUsd(price): MicroUsd| {
        vec![("m".to_owned(), -1), (format!("h{hour}"), -1), (format!("p_{provider}"), -1), ("s".to_owned(), -i128::from(price))]
    };
    match write.because {
        TakenBack::Answered => vec![("v".to_owned(), 1), (format!("y{hour}"), 1), (format!("q_{provider}"), 1)],
        TakenBack::Withheld(price) => not_sent(price),
        TakenBack::Undelivered(price) => [not_sent(price), vec![(format!("x_{provider}"), 1)]].concat(),
    }
}

pub(super) fn read(day: u64, item: &Item) -> Result<DestinationDay, StoreError> {
    let by_hour = |letter: &str| -> Result<BTreeMap<u64, u64>, StoreError> {
        let hours = item.keys().filter_map(|name| Some((name.strip_prefix(letter)?.parse().ok()?, name)));
        let counted = hours.map(|(hour, name)| Ok((hour, counter(item, name)?)));
        counted.filter(|hour| !matches!(hour, Ok((_, 0)))).collect()
    };
    Ok(DestinationDay {
        day,
        messages: counter(item, "m")?,
        unanswered: counter(item, "u")?,
        verified: counter(item, "v")?,
        spent: MicroUsd(counter(item, "s")?),
        messages_by_hour: by_hour("h")?,
        unanswered_by_hour: by_hour("g")?,
        verified_by_hour: by_hour("y")?,
        providers: providers(item)?,
    })
}

fn providers(item: &Item) -> Result<BTreeMap<String, ProviderDay>, StoreError> {
    let mut providers: BTreeMap<String, ProviderDay> = BTreeMap::new();
    for name in item.keys() {
        let Some((letter, provider)) = name.split_once('_') else { continue };
        let count = counter(item, name)?;
        let day = providers.entry(provider.to_owned()).or_default();
        match letter {
            "p" => day.messages = count,
            "q" => day.verified = count,
            _ => day.failed = count,
        }
    }
    Ok(providers)
}
