//! Log out: the session ends, whichever of its tokens asks for it, and as often as it asks.

use super::grant::Sessions;
use crate::domain::session::RefreshToken;
use crate::ports::store::StoreError;

/// Everything that logging out needs.
pub struct LogOut {
    /// The sessions.
    pub sessions: Sessions,
}

impl LogOut {
    /// Ends the session of the token. One that was not made here has none, and nothing is to be done (RFC 7009, 2.2).
    ///
    /// # Errors
    /// The store did not answer: the session may go on.
    pub async fn execute(&self, text: &str) -> Result<(), StoreError> {
        match RefreshToken::open(text, &self.sessions.keys.ring()) {
            Ok(token) => self.sessions.store.end(token.family()).await,
            Err(_forged) => Ok(()),
        }
    }
}
