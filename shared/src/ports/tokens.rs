//! Who makes access tokens and who tells a genuine one.

use async_trait::async_trait;

use super::clock::NoRandomness;
use crate::domain::claims::AccessToken;
use crate::domain::recipient::Channel;
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;

/// Makes access tokens.
#[async_trait]
pub trait TokenIssuer: Send + Sync {
    /// A signed token for this user, who signed in by a code on this channel. Good from now on, for the configured time.
    async fn issue(&self, user: &UserId, channel: Channel, now: Timestamp) -> Result<AccessToken, IssueError>;
}

/// Tells genuine access tokens of this deployment from everything else.
#[async_trait]
pub trait TokenChecker: Send + Sync {
    /// The user of a token that was made here, for this audience, and is good now.
    ///
    /// An implementation takes the key and its one algorithm from its own list by the token's key id, never from the token;
    /// reads the keys again, at a bounded rate, when it does not know the id; and asks nobody else. It says nothing of
    /// whether the user may still sign in: a token is good until it expires.
    async fn check(&self, token: &str, now: Timestamp) -> Result<UserId, InvalidAccessToken>;
}

/// The public halves of the keys, for those who check tokens elsewhere.
#[async_trait]
pub trait PublishedKeys: Send + Sync {
    /// The keys that tokens are, were or will soon be signed with, up to date within a minute.
    async fn key_set(&self) -> Document;

    /// Where they are and whose they are, in the form of OpenID Connect Discovery.
    async fn discovery(&self) -> Document;
}

/// A JSON document for everybody, and a tag that changes when it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The JSON text.
    pub body: String,
    /// The entity tag, quotes included.
    pub etag: String,
}

/// Why no token could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    NoKey,
    /// The cryptographic library refused.
    #[error("the token could not be signed")]
    Signing,
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Why a token is not good. Carries nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAccessToken {
    /// Not a token of this deployment's: its form, its key, its algorithm, its signature, its issuer or its audience.
    #[error("the access token was not made here")]
    Foreign,
    /// Its time is over, or has not come.
    #[error("the access token has expired")]
    Expired,
}
