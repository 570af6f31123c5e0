//! The budget of all texts of a day.
//!
//! ```text
//! ADD n :one, s :price, c :country, w_prefix_hour :one      what would have been refused is counted by the way
//! IF  (attribute_not_exists(n) OR n < :messages) AND (attribute_not_exists(s) OR s <= :room)
//! ```

use aws_sdk_dynamodb::types::AttributeValue;

use super::{DAY_SECONDS, count as counter, strings};
use crate::adapters::dynamodb::expression::Expression;
use crate::adapters::dynamodb::item::{Item, optional_number};
use crate::domain::guard::budget::MicroUsd;
use crate::domain::time::Timestamp;
use crate::ports::guard::{Day, DayWrite};
use crate::ports::store::StoreError;

/// Days that the counters stay.
const KEPT_DAYS: u64 = 100;

pub(super) fn key(date: &str) -> String {
    format!("D#{date}")
}

pub(super) fn count(write: &DayWrite) -> Expression {
    let mut update = "ADD n :one, c :country".to_owned();
    let mut condition = "(attribute_not_exists(n) OR n < :messages)".to_owned();
    for reason in &write.watched {
        update.push_str(&format!(", w_{reason} :one"));
    }
    if write.caps.spent_before.is_some() {
        update.push_str(", s :price");
        condition.push_str(" AND (attribute_not_exists(s) OR s <= :room)");
    }
    update.push_str(" SET #ttl = if_not_exists(#ttl, :ttl)");
    let expression = Expression::new(update, condition)
        .name("#ttl", "ttl")
        .number(":one", 1_u64)
        .value(":country", AttributeValue::Ss(vec![write.country.clone()]))
        .number(":messages", write.caps.messages)
        .number(":ttl", write.now.as_secs() + KEPT_DAYS * DAY_SECONDS);
    write.caps.spent_before.iter().fold(expression, |e, room| e.number(":room", room.0).number(":price", write.price.0))
}

/// If it is not named yet.
pub(super) fn name_country(country: &str, at: Timestamp) -> Expression {
    let update = "ADD c :country SET #ttl = if_not_exists(#ttl, :ttl)".to_owned();
    Expression::new(update, "attribute_not_exists(c) OR NOT contains(c, :name)".to_owned())
        .name("#ttl", "ttl")
        .value(":country", AttributeValue::Ss(vec![country.to_owned()]))
        .text(":name", country)
        .number(":ttl", at.as_secs() + KEPT_DAYS * DAY_SECONDS)
}

pub(super) fn take_back(MicroUsd(price): MicroUsd) -> Expression {
    Expression::new("ADD n :minus, s :price".to_owned(), "n > :zero".to_owned())
        .value(":minus", AttributeValue::N("-1".to_owned()))
        .value(":price", AttributeValue::N((-i128::from(price)).to_string()))
        .number(":zero", 0_u64)
}

pub(super) fn read(item: &Item) -> Result<Day, StoreError> {
    let watched = item.keys().filter_map(|name| Some((name.strip_prefix("w_")?, name)));
    let watched = watched.map(|(reason, name)| Ok((reason.to_owned(), optional_number(item, name)?.unwrap_or(0))));
    Ok(Day {
        messages: counter(item, "n")?,
        spent: MicroUsd(counter(item, "s")?),
        countries: strings(item, "c")?.into_iter().collect(),
        watched: watched.collect::<Result<_, StoreError>>()?,
    })
}
