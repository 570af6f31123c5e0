//! Who the users are, and which identifier signs in whom.
//!
//! To add an implementation, make it pass `testing::directory`. What it must promise:
//!
//! - An identifier belongs to **at most one user**, whatever happens at once: whoever creates a user or links an identifier
//!   makes all of the change or none of it, in one atomic step that also tests that the identifier is free.
//! - What an identifier's item remembers of its user (`Ledger::user`) is never older than the user: every change of a user
//!   makes those items forget **in the same atomic step**, and [`Directory::sign_in`] makes one remember only while the user
//!   is still the one that was read.
//! - What it says of a disabled user (`Ledger::barred`) changes in the same atomic step as the user, and lasts as long.
//! - Reads are up to date.
//! - On any error nothing may be taken as allowed.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::keys::KeyRing;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::Timestamp;
use crate::domain::user::{DisplayName, Identifier, Standing, User, UserId};

/// What signing in and linking need of the users.
#[async_trait]
pub trait Directory: Send + Sync {
    /// What the pointer of this identifier says: one read, the same one whatever it says.
    async fn look_up(&self, keys: &KeyRing, recipient: &Recipient) -> Result<Standing, StoreError>;

    /// The user with this id.
    async fn find(&self, id: &UserId) -> Result<Option<User>, StoreError>;

    /// Creates a user with the identifiers and the name that `user` has, if nobody has any of these identifiers. The items of
    /// the identifiers of a user who is created by signing in ([`User::last_sign_in`]) remember the user at once.
    async fn create(&self, keys: &KeyRing, user: &User) -> Result<(), DirectoryError>;

    /// Gives the user one more identifier, if nobody has it, and the user has none of its channel and is not disabled. One
    /// that the user has already is verified by it, if `identifier` is.
    async fn link(&self, keys: &KeyRing, id: &UserId, identifier: &Identifier, now: Timestamp) -> Result<User, DirectoryError>;

    /// Notes that `user` signed in by `recipient`: the time, that the identifier is verified, and in the identifier's item the
    /// user. Only if the user is still as it was read (by [`User::version`]) and not disabled; says whether it was.
    async fn sign_in(&self, keys: &KeyRing, user: &User, recipient: &Recipient, now: Timestamp) -> Result<Noted, StoreError>;
}

/// What operators do to users. The functions never do: they have no permission for [`Self::page`].
#[async_trait]
pub trait Administration: Directory {
    /// Disables or enables a user, and makes everything that says so agree, even where the user says so already.
    async fn set_disabled(&self, keys: &KeyRing, id: &UserId, disabled: bool, now: Timestamp) -> Result<User, DirectoryError>;

    /// Takes an identifier away from a user. The last one too: then nothing signs in as this user.
    async fn unlink(&self, keys: &KeyRing, id: &UserId, channel: Channel, now: Timestamp) -> Result<User, DirectoryError>;

    /// Gives a user another name, or none.
    async fn rename(
        &self,
        keys: &KeyRing,
        id: &UserId,
        name: Option<DisplayName>,
        now: Timestamp,
    ) -> Result<User, DirectoryError>;

    /// Some of the users, in no order, by reading the whole table piece by piece: `after` is where the last piece ended.
    async fn page(&self, after: Option<PageEnd>) -> Result<UserPage, StoreError>;
}

/// Was a sign-in noted?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Yes.
    Yes,
    /// No: the user has changed since it was read.
    Changed,
}

/// A piece of the list of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserPage {
    /// The users that were in it; perhaps none.
    pub users: Vec<User>,
    /// How many items of the table were read for it.
    pub items_read: u64,
    /// Where it ended; none when it was the last.
    pub end: Option<PageEnd>,
}

/// Where a piece of the list ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageEnd(pub String);

/// Why a user was not created or changed. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another user has this identifier.
    #[error("another user has this {}", .0.as_str())]
    Taken(Channel),
    /// The user has another identifier of this channel.
    #[error("the user has another {}", .0.as_str())]
    AlreadySet(Channel),
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// The user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
