//! The windows on source addresses, and the Idempotency-Keys.
//!
//! A window item is one address in one hour of the clock; the hour is in its key, so nothing is ever reset:
//!
//! ```text
//! ADD n :one, m17 :one                    the hour's count, and that of its minute 17
//! SET #ttl = if_not_exists(#ttl, :ttl)
//! IF  (attribute_not_exists(n) OR n < :per_hour) AND (attribute_not_exists(m17) OR m17 < :per_minute)
//! ```

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Expression;
use super::item::{Item, optional_number};
use super::{DynamoStore, Image};
use crate::domain::time::Timestamp;
use crate::ports::store::{AddressLimits, AddressVerdict, IdempotencyVerdict, StoreError, WindowStore};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

#[async_trait]
impl WindowStore for DynamoStore {
    async fn count_send(&self, key: &str, limits: AddressLimits, now: Timestamp) -> Result<AddressVerdict, StoreError> {
        let minute = now.as_secs() % HOUR / MINUTE;
        match self.update(key, count(minute, limits, now)).await? {
            Image::Applied(_) => Ok(AddressVerdict::Allowed),
            Image::Refused(image) => Ok(AddressVerdict::RateLimited(opens_at(image.as_ref(), limits, now)?)),
        }
    }

    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        let claim = Expression::new(
            "SET b = :fingerprint, e = :until, #ttl = :until".to_owned(),
            "attribute_not_exists(b) OR b = :fingerprint OR e <= :now".to_owned(),
        )
        .name("#ttl", "ttl")
        .value(":fingerprint", AttributeValue::S(fingerprint.to_owned()))
        .number(":now", now.as_secs())
        .number(":until", now.as_secs() + DAY);
        match self.update(key, claim).await? {
            Image::Applied(_) => Ok(IdempotencyVerdict::Same),
            Image::Refused(_) => Ok(IdempotencyVerdict::Other),
        }
    }
}

fn count(minute: u64, limits: AddressLimits, now: Timestamp) -> Expression {
    Expression::new(
        format!("ADD n :one, m{minute} :one SET #ttl = if_not_exists(#ttl, :ttl)"),
        format!("(attribute_not_exists(n) OR n < :per_hour) AND (attribute_not_exists(m{minute}) OR m{minute} < :per_minute)"),
    )
    .name("#ttl", "ttl")
    .number(":one", 1_u64)
    .number(":per_hour", limits.per_hour)
    .number(":per_minute", limits.per_minute)
    .number(":ttl", now.as_secs() + 2 * HOUR)
}

/// When there is room again: at the next hour if this one is full, else at the next minute.
fn opens_at(image: Option<&Item>, limits: AddressLimits, now: Timestamp) -> Result<Timestamp, StoreError> {
    let used = image.map(|item| optional_number(item, "n")).transpose()?.flatten().unwrap_or(0);
    let span = if used >= u64::from(limits.per_hour) { HOUR } else { MINUTE };
    Ok(Timestamp::from_millis((now.as_secs() / span + 1) * span * 1000))
}
