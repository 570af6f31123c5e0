//! Where sessions live.

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::session::{FamilyId, Judged, StartWrite, UseWrite};

/// The families of refresh tokens.
///
/// [`SessionStore::judge`] tests its condition and makes its change in **one atomic step**, without reading first: a token
/// that is the family's living one gives way to its successor; any other one ends the family, in that same step. The image
/// in [`Judged`] is of that very step. Expiry is part of the condition.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Starts a family. A repeated call with the same request id changes nothing and succeeds.
    async fn start(&self, write: &StartWrite) -> Result<(), StoreError>;

    /// Judges a use of a token.
    async fn judge(&self, write: &UseWrite) -> Result<Judged, StoreError>;

    /// Ends a family, if there is one: as often as it is called.
    async fn end(&self, family: FamilyId) -> Result<(), StoreError>;
}
