//! The stores, on one DynamoDB table whose only key is `pk` (string), with the TTL attribute `ttl`.
//!
//! | `pk` | what | file |
//! |---|---|---|
//! | `I#…` | an identifier: windows, failures, challenges | `send.rs`, `guess.rs`, read by `item.rs` |
//! | `K#…` | an Idempotency-Key | `idempotency.rs` |
//! | `L#…`, `U#…` | identifier to user, and the user | `directory.rs`, `administration.rs`, read by `user_item.rs` |
//! | `R#…` | a session: a family of refresh tokens | `sessions.rs` |
//! | `M#…` | a receipt that was counted | `receipts.rs` |
//! | `A#…`, `P#…`, `C#…`, `D#…`, `STOPS` | the guard: addresses, prefixes, countries and mail, days, stops | `guard/` |
#![cfg(feature = "aws")]

use std::collections::HashMap;
use std::sync::OnceLock;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemOutput};
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure};

use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{GuessWrite, Ledger, ResendWrite, SendWrite, Written};
use crate::domain::time::Timestamp;
use crate::ports::store::{ChallengeStore, StoreError, TakenBy};

mod administration;
mod directory;
mod error;
mod expression;
pub mod guard;
mod guess;
mod idempotency;
mod item;
mod receipts;
mod send;
mod sessions;
pub mod table;
mod transaction;
mod user_item;

pub use error::to_store_error;
use error::{is_condition_failure, is_transaction_conflict};
use expression::Expression;
use item::Item;

/// Rounds of the same write against somebody else's transaction on the same item, before it is answered with 503.
const CONFLICT_ROUNDS: usize = 4;
/// Rounds of "read the user, change it if nobody else did" before a contended user is answered with 503.
const CHANGE_ROUNDS: usize = 8;

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
    /// The same without retries.
    once: OnceLock<Client>,
    table: String,
}

impl DynamoStore {
    /// On `table`, through `client`, whose retries and timeouts are the caller's choice.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, once: OnceLock::new(), table }
    }

    /// One conditional `UpdateItem`. Its outcome and its image come from the same atomic step. A transaction on the item that
    /// is under way at that moment keeps everybody else out of it: then nothing was written, and it is tried again.
    async fn update(&self, key: &str, expression: Expression) -> Result<Image, StoreError> {
        self.update_returning(ReturnValue::AllNew, key, expression).await
    }

    /// The same where nobody wants the item that the write leaves.
    async fn apply(&self, key: &str, expression: Expression) -> Result<Image, StoreError> {
        self.update_returning(ReturnValue::None, key, expression).await
    }

    async fn update_returning(&self, what: ReturnValue, key: &str, expression: Expression) -> Result<Image, StoreError> {
        for _ in 0..CONFLICT_ROUNDS {
            match self.request(&self.client, what.clone(), key, expression.clone()).send().await {
                Err(error) if is_transaction_conflict(&error) => {}
                outcome => return image(outcome),
            }
        }
        Err(StoreError::Unavailable("TransactionConflict".to_owned()))
    }

    /// As [`Self::apply`] in a single attempt: for a write that must not happen twice.
    async fn apply_once(&self, key: &str, expression: Expression) -> Result<Image, StoreError> {
        image(self.request(self.once(), ReturnValue::None, key, expression).send().await)
    }

    /// A client of its own: the SDK would make the changed settings of a single request anew each time.
    fn once(&self) -> &Client {
        self.once.get_or_init(|| {
            let config = self.client.config().to_builder().retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        })
    }

    fn request(&self, client: &Client, what: ReturnValue, key: &str, expression: Expression) -> UpdateItemFluentBuilder {
        expression
            .apply(client.update_item())
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .return_values(what)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// One item, up to date.
    async fn get(&self, key: &str) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(&self.table).key("pk", AttributeValue::S(key.to_owned()));
        let output = get.consistent_read(true).send().await.map_err(|error| to_store_error(&error))?;
        Ok(output.item)
    }

    /// Those of up to a hundred items that there are, by key, in one request. What DynamoDB leaves out for now is an error.
    async fn get_all(&self, keys: Vec<String>) -> Result<HashMap<String, Item>, StoreError> {
        let keys = keys.into_iter().map(|key| [("pk".to_owned(), AttributeValue::S(key))].into()).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).build().map_err(|_| unbuilt())?;
        let request = self.client.batch_get_item().request_items(&self.table, wanted);
        let output = request.send().await.map_err(|error| to_store_error(&error))?;
        if output.unprocessed_keys.is_some_and(|left| !left.is_empty()) {
            return Err(StoreError::Unavailable("items were left out".to_owned()));
        }
        let items = output.responses.unwrap_or_default().remove(&self.table).unwrap_or_default();
        items.into_iter().map(|item| Ok((item::text(&item, "pk")?, item))).collect()
    }

    /// The same on an identifier's item.
    async fn write(&self, key: &LedgerKey, expression: Expression, now: Timestamp) -> Result<Written, StoreError> {
        match self.update(key.as_str(), expression).await? {
            Image::Applied(image) => item::ledger(image.as_ref(), now).map(Written::Applied),
            Image::Refused(image) => item::ledger(image.as_ref(), now).map(Written::Refused),
        }
    }
}

fn image(outcome: Result<UpdateItemOutput, SdkError<UpdateItemError>>) -> Result<Image, StoreError> {
    match outcome {
        Ok(output) => Ok(Image::Applied(output.attributes)),
        Err(error) => match is_condition_failure(&error) {
            Some(image) => Ok(Image::Refused(image.cloned())),
            None => Err(to_store_error(&error)),
        },
    }
}

fn unbuilt() -> StoreError {
    StoreError::Broken("the request could not be built".to_owned())
}

/// The item after a write that was applied, where it was asked for, or before one that was refused; `None` when there is no item.
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

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.apply(key.as_str(), send::add_counted(slot, id, at)).await.map(|_| ())
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        let expression = Expression::new(format!("REMOVE c{slot}"), format!("x{slot} = :cid AND size(c{slot}) > :zero"))
            .value(":cid", AttributeValue::B(Blob::new(id.0)))
            .number(":zero", 0_u64);
        self.apply(key.as_str(), expression).await.map(|_| ())
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        let change = if by.message.is_some() { format!(", o{slot} = :message") } else { format!(" REMOVE o{slot}") };
        let expression = Expression::new(format!("SET d{slot} = :provider{change}"), format!("x{slot} = :cid"))
            .value(":cid", AttributeValue::B(Blob::new(id.0)))
            .text(":provider", by.provider);
        let expression = by.message.into_iter().fold(expression, |expression, message| expression.text(":message", message));
        self.apply(key.as_str(), expression).await.map(|_| ())
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        item::ledger(self.get(key.as_str()).await?.as_ref(), now)
    }
}
