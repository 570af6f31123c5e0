//! The user whom an identifier signs in, once a right code was given for it.
//!
//! A returning user is in the image that judged the guess, and costs no further request. That memory is true: whatever
//! changes a user makes the items of its identifiers forget it in the same transaction (`ports/directory.rs`). Without it
//! the directory is asked; it creates the user where everybody may sign up.
//!
//! The first sign-in of a day is noted, so that a user's last sign-in is known to the day at the price of one more request a
//! day.

use crate::domain::keys::KeyRing;
use crate::domain::policy::SignUp;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::domain::user::{KnownUser, Standing, User, UserId, Withheld};
use crate::ports::clock::{NoRandomness, Randomness, random};
use crate::ports::directory::{Directory, DirectoryError, Noted};
use crate::ports::meter::{self, UserChange};
use crate::ports::store::StoreError;

/// Rounds of asking the directory about a user whom others are changing, before it is a 503.
const ROUNDS: usize = 5;

/// One sign-in.
pub(super) struct SignIn<'a> {
    pub(super) directory: &'a dyn Directory,
    pub(super) randomness: &'a dyn Randomness,
    pub(super) keys: &'a KeyRing,
    pub(super) sign_up: SignUp,
    pub(super) recipient: &'a Recipient,
    pub(super) now: Timestamp,
}

/// Why nobody signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error(transparent)]
    Withheld(#[from] Withheld),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl SignIn<'_> {
    /// The user; `known` is whom the identifier's item remembers.
    pub(super) async fn user(&self, known: Option<&KnownUser>) -> Result<User, SignInError> {
        if let Some(known) = known
            && let Some(user) = self.known(known).await?
        {
            return Ok(user);
        }
        for _ in 0..ROUNDS {
            if let Some(user) = self.asked().await? {
                return Ok(user);
            }
        }
        Err(StoreError::Unavailable("the identifier's user is being changed".to_owned()).into())
    }

    /// The remembered user; none if it changed since the guess was judged.
    async fn known(&self, known: &KnownUser) -> Result<Option<User>, SignInError> {
        let user = if known.more { self.read(&known.id).await? } else { Some(User::known_by(known, self.recipient)) };
        match user {
            Some(user) if known.day != self.now.day() => self.noted(user).await,
            user => Ok(user),
        }
    }

    /// The user whom the directory names; none if somebody changed it meanwhile.
    async fn asked(&self) -> Result<Option<User>, SignInError> {
        let standing = self.directory.look_up(self.keys, self.recipient).await?;
        standing.admit(self.sign_up)?;
        match standing {
            Standing::Enabled(id) | Standing::Disabled(id) => match self.read(&id).await? {
                Some(user) => self.noted(user).await,
                None => Ok(None),
            },
            Standing::Unknown => self.created().await,
        }
    }

    /// The user with this id, if it is one who may sign in by this identifier.
    async fn read(&self, id: &UserId) -> Result<Option<User>, SignInError> {
        let user = self.directory.find(id).await?;
        Ok(user.filter(|user| !user.disabled && user.has(self.recipient)))
    }

    async fn created(&self) -> Result<Option<User>, SignInError> {
        let id = UserId::new(self.now, random(self.randomness)?);
        let user = User::signed_up(id, self.recipient, self.now);
        match self.directory.create(self.keys, &user).await {
            Ok(()) => {
                meter::user(UserChange::Created);
                Ok(Some(user))
            }
            Err(DirectoryError::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }

    /// Notes the sign-in of a user who was read as one who may. When that cannot be done, only the note is lost.
    async fn noted(&self, user: User) -> Result<Option<User>, SignInError> {
        match self.directory.sign_in(self.keys, &user, self.recipient, self.now).await {
            Ok(Noted::Yes) => Ok(Some(user.verified_by(self.recipient))),
            Ok(Noted::Changed) => Ok(None),
            Err(error) => {
                tracing::warn!(%error, "a sign-in could not be noted");
                Ok(Some(user.verified_by(self.recipient)))
            }
        }
    }
}
