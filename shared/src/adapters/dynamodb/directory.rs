//! The users: `L#…` points from an identifier to `U#…`, which holds the user; `user_item.rs` says what is in them.
//!
//! A pointer belongs to whoever creates it: `attribute_not_exists(u)` in the same transaction that writes the user. A user
//! is changed by transactions with `v = :v`: of two changes at once, one begins again from what the other made. Every change
//! of who may sign in makes the items of the identifiers (`I#…`) forget the user in the same transaction, so that what they
//! remember is true.

use async_trait::async_trait;

use super::expression::Expression;
use super::transaction::Transacted;
use super::user_item::{
    attributes, changed_user, forgotten, new_pointer, new_user, read_standing, read_user, remembered, user_key,
};
use super::{CHANGE_ROUNDS, DynamoStore};
use crate::domain::keys::KeyRing;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{Identifier, Standing, User, UserId};
use crate::ports::directory::{Directory, DirectoryError, Noted};
use crate::ports::store::StoreError;

#[async_trait]
impl Directory for DynamoStore {
    async fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Result<Standing, StoreError> {
        read_standing(self.get(&keys.pointer_key(recipient)).await?.as_ref())
    }

    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        let item = self.get(&user_key(id)).await?;
        item.map(|item| read_user(id.clone(), &item)).transpose()
    }

    async fn create(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError> {
        let mut updates = vec![(user_key(&user.id), new_user(user))];
        for identifier in user.identifiers() {
            updates.push((keys.pointer_key(&identifier.recipient), new_pointer(&user.id)));
        }
        if let Some(now) = user.last_sign_in {
            let known = user.known(now);
            updates.extend(item_keys(keys, user).map(|key| (key, remembered(&known, now))));
        }
        match self.transact(&updates).await? {
            Transacted::Applied => Ok(()),
            Transacted::Refused(_) => self.why_not_created(keys, user).await,
        }
    }

    async fn link(&self, keys: &KeyRing, id: &UserId, identifier: &Identifier, now: Timestamp) -> Result<User, DirectoryError> {
        let channel = identifier.recipient.channel();
        for _ in 0..CHANGE_ROUNDS {
            let user = self.find(id).await?.ok_or(DirectoryError::NoSuchUser)?;
            if user.disabled {
                return Err(DirectoryError::Disabled);
            }
            let first = match user.identifier(channel) {
                Some(present) if present.recipient != identifier.recipient => return Err(DirectoryError::AlreadySet(channel)),
                Some(present) if present.verified || !identifier.verified => return Ok(user),
                present => present.is_none(),
            };
            match self.transact(&linking(keys, &user, identifier, first, now)).await? {
                Transacted::Applied => return Ok(User { version: user.version + 1, ..user.with(identifier.clone()) }),
                Transacted::Refused(_) => self.must_be_free(keys, id, &identifier.recipient).await?,
            }
        }
        Err(contended().into())
    }

    async fn sign_in(&self, keys: &KeyRing, user: &User, recipient: &Recipient, now: Timestamp) -> Result<Noted, StoreError> {
        let (attribute, verified) = attributes(recipient.channel());
        let seen = Expression::new(
            format!("SET seen = :now, {verified} = :true"),
            format!("v = :v AND attribute_exists({attribute}) AND attribute_not_exists(disabled)"),
        )
        .time(":now", now)
        .flag(":true", true)
        .number(":v", user.version);
        let item = keys.ledger_key(recipient).as_str().to_owned();
        let updates = [(user_key(&user.id), seen), (item, remembered(&user.known(now), now))];
        Ok(match self.transact(&updates).await? {
            Transacted::Applied => Noted::Yes,
            Transacted::Refused(_) => Noted::Changed,
        })
    }
}

impl DynamoStore {
    /// An attempt of ours whose reply was lost may have created the user: then it is there.
    async fn why_not_created(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError> {
        for identifier in user.identifiers() {
            match self.look_up(keys, &identifier.recipient).await? {
                Standing::Enabled(id) | Standing::Disabled(id) if id != user.id => {
                    return Err(DirectoryError::Taken(identifier.recipient.channel()));
                }
                _ => {}
            }
        }
        if self.find(&user.id).await?.is_some() { Ok(()) } else { Err(contended().into()) }
    }

    /// Nobody else has the identifier.
    async fn must_be_free(&self, keys: &KeyRing, id: &UserId, recipient: &Recipient) -> Result<(), DirectoryError> {
        match self.look_up(keys, recipient).await? {
            Standing::Enabled(other) | Standing::Disabled(other) if other != *id => {
                Err(DirectoryError::Taken(recipient.channel()))
            }
            _ => Ok(()),
        }
    }
}

/// The changes that give `user` an identifier. `first`: the user does not have it yet.
fn linking(keys: &KeyRing, user: &User, identifier: &Identifier, first: bool, now: Timestamp) -> Vec<(String, Expression)> {
    let (attribute, verified) = attributes(identifier.recipient.channel());
    let update = format!(", {attribute} = :identifier, {verified} = :verified");
    let change = changed_user(user, &update, "attribute_not_exists(disabled)")
        .text(":identifier", identifier.recipient.canonical())
        .flag(":verified", identifier.verified);
    let mut updates = vec![(user_key(&user.id), change)];
    if first {
        updates.push((keys.pointer_key(&identifier.recipient), new_pointer(&user.id)));
    }
    let linked = user.clone().with(identifier.clone());
    updates.extend(item_keys(keys, &linked).map(|key| (key, forgotten(now))));
    updates
}

/// The keys of the items of a user's identifiers.
fn item_keys(keys: &KeyRing, user: &User) -> impl Iterator<Item = String> {
    user.identifiers().map(|identifier| keys.ledger_key(&identifier.recipient).as_str().to_owned())
}

/// Several rounds, and somebody else was quicker in each.
pub(super) fn contended() -> StoreError {
    StoreError::Unavailable("the user is being changed".to_owned())
}
