//! What operators do to users: each a transaction on the user, the pointers to it and the items of its identifiers.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;

use super::directory::contended;
use super::error::to_store_error;
use super::expression::Expression;
use super::transaction::Transacted;
use super::user_item::{USERS, attributes, barred, changed_pointer, changed_user, forgotten, read_user, unbarred, user_key};
use super::{CHANGE_ROUNDS, DynamoStore};
use crate::domain::keys::KeyRing;
use crate::domain::recipient::Channel;
use crate::domain::time::Timestamp;
use crate::domain::user::{DisplayName, User, UserId};
use crate::ports::directory::{Administration, Directory, DirectoryError, PageEnd, UserPage};
use crate::ports::store::StoreError;

/// Items that are read for one piece of the list.
const PAGE: i32 = 500;

type Updates = Vec<(String, Expression)>;

#[async_trait]
impl Administration for DynamoStore {
    async fn set_disabled(&self, keys: &KeyRing, id: &UserId, disabled: bool, now: Timestamp) -> Result<User, DirectoryError> {
        // Even where the user says so already: the items of its identifiers may not, if somebody else than this code said it.
        let changed = |user: &User| Some(User { disabled, ..user.clone() });
        let item = |_| if disabled { barred() } else { unbarred(now) };
        self.change(keys, id, changed, |user| disabling(keys, user, disabled), item).await
    }

    async fn unlink(&self, keys: &KeyRing, id: &UserId, channel: Channel, now: Timestamp) -> Result<User, DirectoryError> {
        let changed = |user: &User| user.identifier(channel).is_some().then(|| without(user.clone(), channel));
        let item = |of| if of == channel { unbarred(now) } else { forgotten(now) };
        self.change(keys, id, changed, |user| unlinking(keys, user, channel), item).await
    }

    async fn rename(
        &self,
        keys: &KeyRing,
        id: &UserId,
        name: Option<DisplayName>,
        now: Timestamp,
    ) -> Result<User, DirectoryError> {
        let changed = |user: &User| (user.name != name).then(|| User { name: name.clone(), ..user.clone() });
        let updates = |user: &User| vec![(user_key(&user.id), renaming(user, name.as_ref()))];
        self.change(keys, id, changed, updates, |_| forgotten(now)).await
    }

    async fn page(&self, after: Option<PageEnd>) -> Result<UserPage, StoreError> {
        let start = after.map(|end| [("pk".to_owned(), AttributeValue::S(end.0))].into());
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .limit(PAGE)
            .filter_expression("begins_with(pk, :users)")
            .expression_attribute_values(":users", AttributeValue::S(USERS.to_owned()))
            .set_exclusive_start_key(start);
        let output = scan.send().await.map_err(|error| to_store_error(&error))?;
        let mut users = Vec::new();
        for item in output.items() {
            let id = item.get("pk").and_then(|key| key.as_s().ok()).and_then(|key| key.strip_prefix(USERS));
            users.push(read_user(UserId::from_stored(id.unwrap_or_default().to_owned()), item)?);
        }
        let end = output.last_evaluated_key().and_then(|key| key.get("pk")).and_then(|key| key.as_s().ok());
        let items_read = u64::try_from(output.scanned_count()).unwrap_or(0);
        Ok(UserPage { users, items_read, end: end.cloned().map(PageEnd) })
    }
}

impl DynamoStore {
    /// Reads the user, and makes the updates if it needs them and nobody else changed it. The items of the identifiers that
    /// it had before change as `item` says, and forget it at least, in the same step.
    async fn change(
        &self,
        keys: &KeyRing,
        id: &UserId,
        changed: impl Fn(&User) -> Option<User> + Send + Sync,
        updates: impl Fn(&User) -> Updates + Send + Sync,
        item: impl Fn(Channel) -> Expression + Send + Sync,
    ) -> Result<User, DirectoryError> {
        for _ in 0..CHANGE_ROUNDS {
            let user = self.find(id).await?.ok_or(DirectoryError::NoSuchUser)?;
            let Some(after) = changed(&user) else { return Ok(user) };
            let mut all = updates(&user);
            let recipients = user.identifiers().map(|identifier| &identifier.recipient);
            all.extend(recipients.map(|recipient| (keys.ledger_key(recipient).as_str().to_owned(), item(recipient.channel()))));
            if self.transact(&all).await? == Transacted::Applied {
                return Ok(User { version: user.version + 1, ..after });
            }
        }
        Err(contended().into())
    }
}

fn disabling(keys: &KeyRing, user: &User, disabled: bool) -> Updates {
    let mark = |expression: Expression| if disabled { expression.flag(":disabled", true) } else { expression };
    let (of_user, of_pointer) =
        if disabled { (", disabled = :disabled", "SET disabled = :disabled") } else { (" REMOVE disabled", "REMOVE disabled") };
    let mut updates = vec![(user_key(&user.id), mark(changed_user(user, of_user, "")))];
    for identifier in user.identifiers() {
        updates.push((keys.pointer_key(&identifier.recipient), mark(changed_pointer(&user.id, of_pointer))));
    }
    updates
}

/// The pointer stays, empty: no function and no operator needs the permission to delete.
fn unlinking(keys: &KeyRing, user: &User, channel: Channel) -> Updates {
    let (attribute, verified) = attributes(channel);
    let mut updates = vec![(user_key(&user.id), changed_user(user, &format!(" REMOVE {attribute}, {verified}"), ""))];
    if let Some(identifier) = user.identifier(channel) {
        updates.push((keys.pointer_key(&identifier.recipient), changed_pointer(&user.id, "REMOVE u, disabled")));
    }
    updates
}

fn without(mut user: User, channel: Channel) -> User {
    match channel {
        Channel::Sms => user.phone = None,
        Channel::Email => user.email = None,
    }
    user
}

fn renaming(user: &User, name: Option<&DisplayName>) -> Expression {
    match name {
        Some(name) => changed_user(user, ", display_name = :name", "").text(":name", name.as_str()),
        None => changed_user(user, " REMOVE display_name", ""),
    }
}
