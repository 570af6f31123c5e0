//! The users: `L#…` points from an identifier to `U#…`, which holds the user.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::DynamoStore;
use super::error::to_store_error;
use super::item::{Item, number, text};
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};
use crate::ports::directory::Directory;
use crate::ports::store::StoreError;

/// Rounds of "create, or read who was first" before a contended identifier is answered with 503.
const ROUNDS: usize = 3;

#[async_trait]
impl Directory for DynamoStore {
    async fn resolve_or_create(
        &self,
        pointer: &str,
        recipient: &Recipient,
        fresh: UserId,
        now: Timestamp,
    ) -> Result<User, StoreError> {
        for _ in 0..ROUNDS {
            if self.create(pointer, recipient, &fresh, now).await? {
                return Ok(User::with_identifier(fresh, recipient, now));
            }
            if let Some(user) = self.find(pointer).await? {
                return Ok(user);
            }
        }
        Err(StoreError::Unavailable("the identifier's user is being changed".to_owned()))
    }
}

impl DynamoStore {
    /// Creates pointer and user together, if the identifier has no pointer yet. `false` when it has, or may have.
    async fn create(&self, pointer: &str, recipient: &Recipient, fresh: &UserId, now: Timestamp) -> Result<bool, StoreError> {
        let point = self
            .new_item(pointer, "SET u = :id")
            .expression_attribute_values(":id", AttributeValue::S(fresh.as_str().to_owned()));
        let user = self
            .new_item(&user_key(fresh), &format!("SET created = :created, {} = :identifier", attribute(recipient)))
            .expression_attribute_values(":created", AttributeValue::N(now.as_millis().to_string()))
            .expression_attribute_values(":identifier", AttributeValue::S(recipient.canonical().to_owned()));
        let mut transaction = self.client.transact_write_items();
        for update in [point, user] {
            let update = update.build().map_err(|_| StoreError::Broken("the request could not be built".to_owned()))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().update(update).build());
        }
        match transaction.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_contended(&error) => Ok(false),
            Err(error) => Err(to_store_error(&error)),
        }
    }

    /// The user that the pointer leads to.
    async fn find(&self, pointer: &str) -> Result<Option<User>, StoreError> {
        let Some(item) = self.get(pointer).await? else { return Ok(None) };
        let id = UserId::from_stored(text(&item, "u")?);
        let user = self.get(&user_key(&id)).await?;
        user.map(|item| read_user(id, &item)).transpose()
    }

    fn new_item(&self, key: &str, update: &str) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression(update)
            .condition_expression("attribute_not_exists(pk)")
    }
}

fn user_key(id: &UserId) -> String {
    format!("U#{}", id.as_str())
}

const fn attribute(recipient: &Recipient) -> &'static str {
    match recipient {
        Recipient::Phone(_) => "phone",
        Recipient::Email(_) => "email",
    }
}

fn read_user(id: UserId, item: &Item) -> Result<User, StoreError> {
    Ok(User {
        id,
        email: identifier(item, "email")?,
        phone: identifier(item, "phone")?,
        created_at: Timestamp::from_millis(number(item, "created")?),
    })
}

fn identifier(item: &Item, name: &str) -> Result<Option<Recipient>, StoreError> {
    if !item.contains_key(name) {
        return Ok(None);
    }
    let parsed = Recipient::parse(&text(item, name)?, None);
    parsed.map(Some).map_err(|_| StoreError::Broken(format!("attribute {name} is out of shape")))
}

/// Was the transaction cancelled because the pointer exists, or because somebody is changing it right now?
fn is_contended<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else { return false };
    let contended = |code: &str| matches!(code, "ConditionalCheckFailed" | "TransactionConflict");
    cancelled.cancellation_reasons().iter().any(|reason| reason.code().is_some_and(contended))
}
