//! Broken on purpose: reads whether an identifier is free, lets others in, and writes as if it still were. The control of
//! every race for an identifier.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::domain::keys::KeyRing;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{Identifier, Standing, User, UserId};
use crate::ports::directory::{Directory, DirectoryError, Noted};
use crate::ports::store::StoreError;

/// The users and pointers, in memory.
#[derive(Default)]
pub struct RacyDirectory(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    users: BTreeMap<String, User>,
    pointers: BTreeMap<String, UserId>,
}

impl RacyDirectory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is the identifier free for this user? By the time the answer is used, it may be wrong.
    async fn free(&self, keys: &KeyRing, id: &UserId, recipient: &Recipient) -> Result<(), DirectoryError> {
        let owner = self.tables().pointers.get(&keys.pointer_key(recipient)).cloned();
        tokio::task::yield_now().await;
        if owner.is_some_and(|owner| owner != *id) { Err(DirectoryError::Taken(recipient.channel())) } else { Ok(()) }
    }

    fn write(&self, keys: &KeyRing, user: &User) {
        let mut tables = self.tables();
        for identifier in user.identifiers() {
            tables.pointers.insert(keys.pointer_key(&identifier.recipient), user.id.clone());
        }
        tables.users.insert(user.id.as_str().to_owned(), user.clone());
    }
}

#[async_trait]
impl Directory for RacyDirectory {
    async fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Result<Standing, StoreError> {
        let owner = self.tables().pointers.get(&keys.pointer_key(recipient)).cloned();
        Ok(owner.map_or(Standing::Unknown, Standing::Enabled))
    }

    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(id.as_str()).cloned())
    }

    async fn create(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError> {
        for identifier in user.identifiers() {
            self.free(keys, &user.id, &identifier.recipient).await?;
        }
        self.write(keys, user);
        Ok(())
    }

    async fn link(&self, keys: &KeyRing, id: &UserId, identifier: &Identifier, _: Timestamp) -> Result<User, DirectoryError> {
        self.free(keys, id, &identifier.recipient).await?;
        let user = self.find(id).await?.ok_or(DirectoryError::NoSuchUser)?.with(identifier.clone());
        self.write(keys, &user);
        Ok(user)
    }

    async fn sign_in(&self, _: &KeyRing, _: &User, _: &Recipient, _: Timestamp) -> Result<Noted, StoreError> {
        Ok(Noted::Yes)
    }
}
