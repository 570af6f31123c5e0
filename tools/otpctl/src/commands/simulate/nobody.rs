//! The users of a replay: none. A log of sends does not say who had signed up.

use async_trait::async_trait;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use otp_auth::domain::user::{Identifier, Standing, User, UserId};
use otp_auth::ports::directory::{Directory, DirectoryError, Noted};
use otp_auth::ports::store::StoreError;

/// A directory in which nobody is, and into which nobody can get.
pub struct Nobody;

#[async_trait]
impl Directory for Nobody {
    async fn look_up(&self, _: &KeyRing, _: &Recipient) -> Result<Standing, StoreError> {
        Ok(Standing::Unknown)
    }

    async fn find(&self, _: &UserId) -> Result<Option<User>, StoreError> {
        Ok(None)
    }

    async fn create(&self, _: &KeyRing, _: &User) -> Result<(), DirectoryError> {
        Err(nobody_signs_in().into())
    }

    async fn link(&self, _: &KeyRing, _: &UserId, _: &Identifier, _: Timestamp) -> Result<User, DirectoryError> {
        Err(DirectoryError::NoSuchUser)
    }

    async fn sign_in(&self, _: &KeyRing, _: &User, _: &Recipient, _: Timestamp) -> Result<Noted, StoreError> {
        Err(nobody_signs_in())
    }
}

fn nobody_signs_in() -> StoreError {
    StoreError::Broken("nobody signs in in a replay".to_owned())
}
