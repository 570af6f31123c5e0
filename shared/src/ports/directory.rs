//! Who the users are.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserId};

/// The users, by identifier.
///
/// Creation is **atomic and conditional**: of any number of calls at once for one identifier, one creates the user and
/// all return that same user.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The user of this identifier, whose pointer item is `pointer` (`KeyRing::pointer_key`), created with the id `fresh`
    /// when there is none.
    async fn resolve_or_create(
        &self,
        pointer: &str,
        recipient: &Recipient,
        fresh: UserId,
        now: Timestamp,
    ) -> Result<User, StoreError>;
}
