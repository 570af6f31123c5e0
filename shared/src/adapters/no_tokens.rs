//! A deployment that makes no access tokens: every one is foreign.

use async_trait::async_trait;

use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::ports::tokens::{InvalidAccessToken, TokenChecker};

/// Takes no token for genuine.
#[derive(Clone, Copy, Debug)]
pub struct NoTokens;

#[async_trait]
impl TokenChecker for NoTokens {
    async fn check(&self, _: &str, _: Timestamp) -> Result<UserId, InvalidAccessToken> {
        Err(InvalidAccessToken::Foreign)
    }
}
