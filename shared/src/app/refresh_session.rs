//! Refresh a session: one conditional write judges the token, and ends the family of one that was used before.

use std::sync::Arc;
use std::time::Duration;

use super::grant::{Grant, Refresh, Sessions};
use crate::domain::ledger::RequestId;
use crate::domain::session::{Family, FamilyId, ForgedRefreshToken, RefreshToken, UseVerdict, UseWrite};
use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, NoRandomness, random};
use crate::ports::directory::Directory;
use crate::ports::store::StoreError;
use crate::ports::tokens::{IssueError, TokenIssuer};

/// Everything that refreshing a session needs.
pub struct RefreshSession {
    /// The sessions.
    pub sessions: Sessions,
    /// Makes the access token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// The users: a disabled one gets no further token.
    pub directory: Arc<dyn Directory>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why a session was not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// It was not made here.
    #[error(transparent)]
    Forged(#[from] ForgedRefreshToken),
    /// It was used before, so that somebody has a copy: its family has ended.
    #[error("the refresh token was used before; its session was ended")]
    Reused,
    /// Its family had ended: by time, by logging out, or by an earlier reuse.
    #[error("the session has ended")]
    Ended,
    /// The user is gone or disabled, and so is the session by now.
    #[error("the session's user is gone or disabled")]
    UserRefused,
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

impl RefreshSession {
    /// The next tokens of the session.
    ///
    /// # Errors
    /// [`RefreshError`]. After [`RefreshError::Store`] the token may be used up already; using it again then ends the session,
    /// unless the policy forgives that.
    pub async fn execute(&self, text: &str) -> Result<Grant, RefreshError> {
        let now = self.clock.now();
        let keys = self.sessions.keys.ring();
        let token = RefreshToken::open(text, &keys)?;
        let successor = token.successor(&keys);
        let write = self.use_write(&token, &successor, now)?;
        match write.verdict(self.sessions.store.judge(&write).await?) {
            UseVerdict::Good(family) => {
                self.admit(&family, token.family()).await?;
                let access = self.issuer.issue(&family.user, family.channel, now).await?;
                let lifetime = self.lifetime(&family, now);
                Ok(Grant { access, refresh: Some(Refresh { token: successor.expose(&keys), lifetime }) })
            }
            UseVerdict::Reused => Err(RefreshError::Reused),
            UseVerdict::Ended => Err(RefreshError::Ended),
        }
    }

    /// Is the session's user still one? The token is judged first, so that nobody learns this who has none.
    async fn admit(&self, family: &Family, id: FamilyId) -> Result<(), RefreshError> {
        if self.directory.find(&family.user).await?.is_some_and(|user| !user.disabled) {
            return Ok(());
        }
        self.sessions.store.end(id).await?;
        Err(RefreshError::UserRefused)
    }

    fn use_write(&self, token: &RefreshToken, successor: &RefreshToken, now: Timestamp) -> Result<UseWrite, NoRandomness> {
        let Sessions { keys, randomness, policy, .. } = &self.sessions;
        let keys = keys.ring();
        Ok(UseWrite {
            family: token.family(),
            token: token.name(&keys),
            successor: successor.name(&keys),
            now,
            idle_end: now.plus(policy.idle),
            forgiven_since: forgiven_since(now, policy.grace),
            request: RequestId::new(random(randomness.as_ref())?),
        })
    }

    fn lifetime(&self, family: &Family, now: Timestamp) -> Duration {
        self.sessions.policy.idle.min(family.end.since(now))
    }
}

/// Without a grace, no time is late enough: not even that of a process whose clock is ahead.
const fn forgiven_since(now: Timestamp, grace: Duration) -> Timestamp {
    if grace.is_zero() { Timestamp::from_millis(u64::MAX) } else { now.minus(grace) }
}
