//! Whether a message may leave.
//!
//! Where sign-up is open, everybody's may but a disabled user's, and the identifier's own item says so: nothing more is asked.
//! Where it is closed, the directory knows. It is asked beside the guard, whose word comes first, so that what the limits say tells
//! nothing of who is known: one read of one item, the same for everybody and whatever it says; with an access token, one more.
//! Nobody who asks for a code learns the answer: the reply is the same, and the time is that of a delivery (`ports/decoy.rs`).

use super::send_otp::{Attempt, SendError, SendOtp, SendRequest};
use crate::domain::ledger::Ledger;
use crate::domain::policy::SignUp;
use crate::domain::time::Timestamp;
use crate::domain::user::{Standing, UserId, Withheld};

impl SendOtp {
    /// The signed-in user who wants the identifier. Only where the purpose is to verify it does a token mean anything; one
    /// that is not good ends here, before any request to the store.
    pub(super) async fn caller(&self, request: &SendRequest, now: Timestamp) -> Result<Option<UserId>, SendError> {
        match &request.access_token {
            Some(token) if request.purpose.verifies().is_some() => Ok(Some(self.tokens.check(token, now).await?)),
            _ => Ok(None),
        }
    }

    /// May the message leave? An identifier that nobody has may also be one that a signed-in user wants to add: that takes
    /// a user who is not disabled, however good the token still is.
    pub(super) async fn admission(&self, attempt: &Attempt<'_>, ledger: &Ledger) -> Result<Result<(), Withheld>, SendError> {
        if attempt.caller.is_none() && self.sign_up == SignUp::Open {
            return Ok(if ledger.barred { Err(Withheld::Disabled) } else { Ok(()) });
        }
        let standing = self.directory.look_up(&attempt.ring, &attempt.request.recipient).await?;
        let Some(caller) = &attempt.caller else { return Ok(standing.admit(self.sign_up)) };
        let caller = self.directory.find(caller).await?;
        Ok(match standing {
            Standing::Disabled(_) => Err(Withheld::Disabled),
            _ if caller.is_none_or(|user| user.disabled) => Err(Withheld::Disabled),
            Standing::Unknown | Standing::Enabled(_) => Ok(()),
        })
    }
}
