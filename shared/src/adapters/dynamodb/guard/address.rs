//! A source address on one day of UTC, explained line by line.
//!
//! ```text
//! ADD h9 :one, m557 :one             the sends of hour 9, and those of minute 557 of the day
//!     c :country                     the countries that it asked for and did not answer from: of a text only, and only where more are
//!                                    allowed than it may ask for
//! REMOVE m555, …, m537               minutes that are long over: an address that never rests would have 1,440 of them. The last
//!                                    one stays: a write that was under way when it ended still has to find it
//! SET #ttl = if_not_exists(#ttl, :ttl)
//! IF  (attribute_not_exists(h9) OR h9 < :per_hour) AND (attribute_not_exists(m557) OR m557 < :per_minute)
//! AND (attribute_not_exists(c) OR contains(c, :name) OR size(c) < :most)             of such a text
//! ```
//!
//! The day is in the item's key and the hour and the minute are in the attributes' names, so nothing is ever reset.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::RangeInclusive;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{DAY_SECONDS, count as counter, strings};
use crate::adapters::dynamodb::expression::Expression;
use crate::adapters::dynamodb::item::Item;
use crate::domain::time::Timestamp;
use crate::ports::guard::{AddressCount, AddressWrite, AskedCountry};
use crate::ports::store::StoreError;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The minutes that a write tidies up, counted back from its own. No write takes the sixty seconds that the first one gives it,
/// and what a day can leave behind is two minutes in twenty-one.
const TIDIED: RangeInclusive<u64> = 2..=20;

/// What an address has asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressToday {
    /// Sends in this minute of the clock.
    pub this_minute: u64,
    /// Sends in this hour of the clock.
    pub this_hour: u64,
    /// Countries that it asked for today and did not answer from.
    pub countries: BTreeSet<String>,
}

pub(super) fn count(write: &AddressWrite) -> Expression {
    let (hour, minute) = (hour_name(write.now), minute_name(minute_of_day(write.now)));
    let mut update = format!("ADD {hour} :one, {minute} :one");
    let mut condition = format!(
        "(attribute_not_exists({hour}) OR {hour} < :per_hour) AND (attribute_not_exists({minute}) OR {minute} < :per_minute)"
    );
    if write.country.is_some() {
        update.push_str(", c :country");
        condition.push_str(" AND (attribute_not_exists(c) OR contains(c, :name) OR size(c) < :most)");
    }
    let over = TIDIED.filter_map(|back| minute_of_day(write.now).checked_sub(back));
    for (position, minute) in over.enumerate() {
        let _cannot_fail = write!(update, "{} m{minute}", if position == 0 { " REMOVE" } else { "," });
    }
    update.push_str(" SET #ttl = if_not_exists(#ttl, :ttl)");
    let expression = Expression::new(update, condition)
        .name("#ttl", "ttl")
        .number(":one", 1_u64)
        .number(":per_hour", write.limits.per_hour)
        .number(":per_minute", write.limits.per_minute)
        .number(":ttl", write.now.as_secs() + 2 * DAY_SECONDS);
    write.country.iter().fold(expression, |expression, AskedCountry { name, most }| {
        expression.value(":country", AttributeValue::Ss(vec![name.clone()])).text(":name", name).number(":most", *most)
    })
}

pub(super) fn take_back_country(country: &str) -> Expression {
    Expression::new("DELETE c :country".to_owned(), "contains(c, :name)".to_owned())
        .value(":country", AttributeValue::Ss(vec![country.to_owned()]))
        .text(":name", country)
}

/// Forgets the sends of this hour, and the countries.
pub(super) fn forget(now: Timestamp) -> Vec<String> {
    let first = minute_of_day(now) / 60 * 60;
    (first..first + 60).map(minute_name).chain([hour_name(now), "c".to_owned()]).collect()
}

/// Why a count was refused.
pub(super) fn refused(image: Option<&Item>, write: &AddressWrite) -> Result<AddressCount, StoreError> {
    let today = image.map(|item| read(item, write.now)).transpose()?.unwrap_or_default();
    let full_for = |span: u64| AddressCount::Full(Timestamp::from_millis((write.now.as_secs() / span + 1) * span * 1000));
    Ok(match &write.country {
        _ if today.this_hour >= u64::from(write.limits.per_hour) => full_for(HOUR),
        _ if today.this_minute >= u64::from(write.limits.per_minute) => full_for(MINUTE),
        Some(_) => AddressCount::TooManyCountries,
        None => full_for(MINUTE),
    })
}

pub(super) fn read(item: &Item, now: Timestamp) -> Result<AddressToday, StoreError> {
    Ok(AddressToday {
        this_minute: counter(item, &minute_name(minute_of_day(now)))?,
        this_hour: counter(item, &hour_name(now))?,
        countries: strings(item, "c")?.into_iter().collect(),
    })
}

fn hour_name(now: Timestamp) -> String {
    format!("h{}", now.hour_of_day())
}

fn minute_name(minute_of_day: u64) -> String {
    format!("m{minute_of_day}")
}

fn minute_of_day(now: Timestamp) -> u64 {
    now.as_secs() % DAY_SECONDS / MINUTE
}
