//! Access tokens that a test can write down: the checker's answer is in the token.

use async_trait::async_trait;

use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::ports::tokens::{InvalidAccessToken, TokenChecker};

/// Takes `good:` and a user id for a token of that user; `expired:` and anything for an expired one.
#[derive(Clone, Copy, Debug)]
pub struct WrittenTokens;

#[async_trait]
impl TokenChecker for WrittenTokens {
    async fn check(&self, token: &str, _now: Timestamp) -> Result<UserId, InvalidAccessToken> {
        match token.split_once(':') {
            Some(("good", id)) => UserId::parse(id).ok_or(InvalidAccessToken::Foreign),
            Some(("expired", _)) => Err(InvalidAccessToken::Expired),
            _ => Err(InvalidAccessToken::Foreign),
        }
    }
}
