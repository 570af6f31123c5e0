//! The stores, on one DynamoDB table whose only key is `pk` (string), with the TTL attribute `ttl`.
//!
//! | `pk` | what | file |
//! |---|---|---|
//! | `I#…` | an identifier: windows, failures, challenges | `send.rs`, `guess.rs`, read by `item.rs` |
//! | `A#…#hour` | a source address in one hour | `windows.rs` |
//! | `K#…` | an Idempotency-Key | `windows.rs` |
//! | `L#…`, `U#…` | identifier to user, and the user | `directory.rs` |

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{GuessWrite, KnownUser, Ledger, ResendWrite, SendWrite, Written};
use crate::domain::time::Timestamp;
use crate::ports::store::{ChallengeStore, StoreError};

mod directory;
mod error;
mod expression;
mod guess;
mod item;
mod send;
pub mod table;
mod windows;

use error::is_condition_failure;
pub use error::to_store_error;
use expression::Expression;
use item::Item;

/// The ledger in an identifier's item that was read in another way, by an operator's scan.
///
/// # Errors
/// The item is out of shape.
pub fn ledger_of(item: &HashMap<String, AttributeValue>, now: Timestamp) -> Result<Ledger, StoreError> {
    item::ledger(Some(item), now)
}

/// Everything this service stores, in one table.
#[derive(Clone, Debug)]
pub struct DynamoStore {
    client: Client,
    table: String,
}

impl DynamoStore {
    /// On `table`, through `client`, whose retries and timeouts are the caller's choice.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// One conditional `UpdateItem`. Its outcome and its image come from the same atomic step.
    async fn update(&self, key: &str, expression: Expression) -> Result<Image, StoreError> {
        let outcome = expression
            .apply(self.client.update_item())
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(output) => Ok(Image::Applied(output.attributes)),
            Err(error) => match is_condition_failure(&error) {
                Some(image) => Ok(Image::Refused(image.cloned())),
                None => Err(to_store_error(&error)),
            },
        }
    }

    /// The same on an identifier's item.
    async fn write(&self, key: &LedgerKey, expression: Expression, now: Timestamp) -> Result<Written, StoreError> {
        match self.update(key.as_str(), expression).await? {
            Image::Applied(image) => item::ledger(image.as_ref(), now).map(Written::Applied),
            Image::Refused(image) => item::ledger(image.as_ref(), now).map(Written::Refused),
        }
    }
}

/// The item after a write that was applied, or before one that was refused; `None` when there is no item.
enum Image {
    Applied(Option<Item>),
    Refused(Option<Item>),
}

#[async_trait]
impl ChallengeStore for DynamoStore {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        self.write(&write.key, send::new_challenge(write), write.now).await
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        self.write(&write.key, send::same_challenge(write), write.now).await
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        self.write(&write.key, guess::judge(write), write.now).await
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        let expression = Expression::new(format!("REMOVE c{slot}"), format!("x{slot} = :cid AND size(c{slot}) > :zero"))
            .value(":cid", AttributeValue::B(Blob::new(id.0)))
            .number(":zero", 0_u64);
        self.update(key.as_str(), expression).await.map(|_| ())
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.as_str().to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| to_store_error(&error))?;
        item::ledger(output.item.as_ref(), now)
    }

    async fn remember_user(&self, key: &LedgerKey, user: &KnownUser) -> Result<(), StoreError> {
        let expression =
            Expression::new("SET u = :user".to_owned(), "attribute_exists(pk)".to_owned()).value(":user", item::known_user(user));
        self.update(key.as_str(), expression).await.map(|_| ())
    }
}
