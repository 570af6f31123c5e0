//! What a user who has just shown who they are is given: an access token, and where sessions are on, a refresh token.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::claims::AccessToken;
use crate::domain::ledger::RequestId;
use crate::domain::recipient::Channel;
use crate::domain::session::{FamilyId, RefreshToken, SessionPolicy, StartWrite};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::ports::clock::{NoRandomness, Randomness, random};
use crate::ports::keys::KeySource;
use crate::ports::sessions::SessionStore;
use crate::ports::store::StoreError;
use crate::ports::tokens::{IssueError, TokenIssuer};

/// Everything that signing somebody in needs.
#[derive(Clone)]
pub struct Grants {
    /// Makes the access token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Starts a session, where sessions are on.
    pub sessions: Option<Sessions>,
}

/// Everything that sessions need.
#[derive(Clone)]
pub struct Sessions {
    /// The families.
    pub store: Arc<dyn SessionStore>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The numbers.
    pub policy: SessionPolicy,
}

/// What a signed-in user is given.
#[derive(Debug)]
pub struct Grant {
    /// For resource servers.
    pub access: AccessToken,
    /// For the next access token.
    pub refresh: Option<Refresh>,
}

/// A refresh token as it goes to the client. Does not print.
pub struct Refresh {
    /// The token.
    pub token: Zeroizing<String>,
    /// How long it is good for if it is not used.
    pub lifetime: Duration,
}

impl std::fmt::Debug for Refresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refresh").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Why somebody could not be signed in.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// No access token.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl Grants {
    /// Signs the user in, who answered a code on this channel.
    ///
    /// # Errors
    /// [`GrantError`]; then nothing was given.
    pub async fn grant(&self, user: &UserId, channel: Channel, now: Timestamp) -> Result<Grant, GrantError> {
        let access = self.issuer.issue(user, channel, now).await?;
        let refresh = match &self.sessions {
            Some(sessions) => Some(sessions.start(user, channel, now).await?),
            None => None,
        };
        Ok(Grant { access, refresh })
    }
}

impl Sessions {
    async fn start(&self, user: &UserId, channel: Channel, now: Timestamp) -> Result<Refresh, GrantError> {
        let keys = self.keys.ring();
        let family = FamilyId(random(self.randomness.as_ref())?);
        let token = RefreshToken::first(family, Zeroizing::new(random(self.randomness.as_ref())?));
        let write = StartWrite {
            family,
            token: token.name(&keys),
            user: user.clone(),
            channel,
            idle_end: now.plus(self.policy.idle),
            end: now.plus(self.policy.absolute),
            request: RequestId::new(random(self.randomness.as_ref())?),
        };
        self.store.start(&write).await?;
        Ok(Refresh { token: token.expose(&keys), lifetime: self.policy.idle.min(self.policy.absolute) })
    }
}
