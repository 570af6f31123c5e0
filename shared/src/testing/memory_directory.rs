//! The users in memory: the reference, and a broken one.
//!
//! [`RacyDirectory`] asks whether an identifier is free, lets others in, and writes as if it still were: the control of every
//! race for an identifier.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::domain::keys::KeyRing;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{Identifier, Standing, User, UserId};
use crate::ports::directory::{Directory, DirectoryError, Noted};
use crate::ports::store::StoreError;

/// The reference: every decision under one lock. No identifier's item remembers its users.
#[derive(Default)]
pub struct MemoryDirectory(Mutex<Tables>);

/// Broken on purpose.
#[derive(Default)]
pub struct RacyDirectory(MemoryDirectory);

#[derive(Default)]
struct Tables {
    users: BTreeMap<String, User>,
    pointers: BTreeMap<String, UserId>,
}

impl Tables {
    fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id.as_str())
    }

    fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Standing {
        let owner = self.pointers.get(&keys.pointer_key(recipient));
        match owner.and_then(|id| self.user(id)) {
            None => Standing::Unknown,
            Some(user) if user.disabled => Standing::Disabled(user.id.clone()),
            Some(user) => Standing::Enabled(user.id.clone()),
        }
    }

    fn must_be_free(&self, keys: &KeyRing, id: &UserId, recipient: &Recipient) -> Result<(), DirectoryError> {
        match self.pointers.get(&keys.pointer_key(recipient)) {
            Some(owner) if owner != id => Err(DirectoryError::Taken(recipient.channel())),
            _ => Ok(()),
        }
    }

    fn write(&mut self, keys: &KeyRing, user: User) {
        for identifier in user.identifiers() {
            self.pointers.insert(keys.pointer_key(&identifier.recipient), user.id.clone());
        }
        self.users.insert(user.id.as_str().to_owned(), user);
    }

    /// What linking makes of the user; `None` when there is nothing to change.
    fn linked(&self, id: &UserId, identifier: &Identifier) -> Result<Option<User>, DirectoryError> {
        let user = self.user(id).ok_or(DirectoryError::NoSuchUser)?.clone();
        let channel = identifier.recipient.channel();
        match user.identifier(channel) {
            _ if user.disabled => Err(DirectoryError::Disabled),
            Some(present) if present.recipient != identifier.recipient => Err(DirectoryError::AlreadySet(channel)),
            Some(present) if present.verified || !identifier.verified => Ok(None),
            _ => Ok(Some(User { version: user.version + 1, ..user.with(identifier.clone()) })),
        }
    }
}

impl MemoryDirectory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Result<Standing, StoreError> {
        Ok(self.tables().look_up(keys, recipient))
    }

    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().user(id).cloned())
    }

    async fn create(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError> {
        let mut tables = self.tables();
        for identifier in user.identifiers() {
            tables.must_be_free(keys, &user.id, &identifier.recipient)?;
        }
        tables.write(keys, user.clone());
        Ok(())
    }

    async fn link(&self, keys: &KeyRing, id: &UserId, identifier: &Identifier, _: Timestamp) -> Result<User, DirectoryError> {
        let mut tables = self.tables();
        let linked = tables.linked(id, identifier)?;
        tables.must_be_free(keys, id, &identifier.recipient)?;
        if let Some(user) = linked {
            tables.write(keys, user);
        }
        tables.user(id).cloned().ok_or(DirectoryError::NoSuchUser)
    }

    async fn sign_in(&self, keys: &KeyRing, user: &User, recipient: &Recipient, now: Timestamp) -> Result<Noted, StoreError> {
        let mut tables = self.tables();
        let same = |now: &&User| now.version == user.version && now.has(recipient) && !now.disabled;
        let Some(current) = tables.user(&user.id).filter(same).cloned() else { return Ok(Noted::Changed) };
        tables.write(keys, User { last_sign_in: Some(now), ..current.verified_by(recipient) });
        Ok(Noted::Yes)
    }
}

#[async_trait]
impl Directory for RacyDirectory {
    async fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Result<Standing, StoreError> {
        self.0.look_up(keys, recipient).await
    }

    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.0.find(id).await
    }

    async fn create(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError> {
        for identifier in user.identifiers() {
            self.0.tables().must_be_free(keys, &user.id, &identifier.recipient)?;
        }
        tokio::task::yield_now().await;
        self.0.tables().write(keys, user.clone());
        Ok(())
    }

    async fn link(&self, keys: &KeyRing, id: &UserId, identifier: &Identifier, _: Timestamp) -> Result<User, DirectoryError> {
        self.0.tables().must_be_free(keys, id, &identifier.recipient)?;
        let linked = self.0.tables().linked(id, identifier)?.ok_or(DirectoryError::NoSuchUser)?;
        tokio::task::yield_now().await;
        self.0.tables().write(keys, linked.clone());
        Ok(linked)
    }

    async fn sign_in(&self, keys: &KeyRing, user: &User, recipient: &Recipient, now: Timestamp) -> Result<Noted, StoreError> {
        self.0.sign_in(keys, user, recipient, now).await
    }
}
