//! What Idempotency-Keys were used for: each belongs for a day to the request that it first came with.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Expression;
use super::{DynamoStore, Image};
use crate::domain::time::Timestamp;
use crate::ports::store::{IdempotencyStore, IdempotencyVerdict, StoreError};

const DAY: u64 = 24 * 60 * 60;

#[async_trait]
impl IdempotencyStore for DynamoStore {
    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        let claim = Expression::new(
            "SET b = :fingerprint, e = :until, #ttl = :until".to_owned(),
            "attribute_not_exists(b) OR b = :fingerprint OR e <= :now".to_owned(),
        )
        .name("#ttl", "ttl")
        .value(":fingerprint", AttributeValue::S(fingerprint.to_owned()))
        .number(":now", now.as_secs())
        .number(":until", now.as_secs() + DAY);
        match self.apply(key, claim).await? {
            Image::Applied(_) => Ok(IdempotencyVerdict::Same),
            Image::Refused(_) => Ok(IdempotencyVerdict::Other),
        }
    }
}
