//! The receipts that were counted: one item each, for a month.
//!
//! ```text
//! SET r = :request, #ttl = :ttl
//! IF  attribute_not_exists(r) OR r = :request          its own retry by the SDK finds itself
//! ```

use async_trait::async_trait;

use super::expression::Expression;
use super::{DynamoStore, Image};
use crate::domain::ledger::RequestId;
use crate::domain::time::Timestamp;
use crate::ports::receipts::{REMEMBERED_DAYS, ReceiptStore};
use crate::ports::store::StoreError;

const DAY: u64 = 24 * 60 * 60;

#[async_trait]
impl ReceiptStore for DynamoStore {
    async fn is_first(&self, key: &str, request: &RequestId, now: Timestamp) -> Result<bool, StoreError> {
        let remember =
            Expression::new("SET r = :request, #ttl = :ttl".to_owned(), "attribute_not_exists(r) OR r = :request".to_owned())
                .name("#ttl", "ttl")
                .text(":request", request.as_str())
                .number(":ttl", now.as_secs() + REMEMBERED_DAYS * DAY);
        Ok(matches!(self.apply(key, remember).await?, Image::Applied(_)))
    }
}
