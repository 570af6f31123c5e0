//! A text that nobody could deliver, as a mail to the same user: off unless the operator wants it (`SMS_FALLBACK`).
//!
//! Only on proof that the text did not leave, and only to a user who has shown to hold both, the number and the mailbox. The
//! challenge stays the number's: its limits hold, and the reply is that of a text. What the code then proves is the mailbox, so
//! it is never one that verifies the number, and the slot says who brought it before the mail leaves.

use std::time::Duration;

use super::send_otp::{Accepted, Attempt, SendError, SendOtp};
use crate::domain::ledger::Slot;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::user::{Standing, User};
use crate::ports::meter;
use crate::ports::sender::{Delivery, MAIL_PROVIDERS, Sender};
use crate::ports::store::TakenBy;

impl SendOtp {
    /// What became of the mail in the place of a text that `failed`; none where there is none to send, or none left either.
    pub(super) async fn fall_back(&self, attempt: &Attempt<'_>, accepted: &Accepted, failed: &Delivery) -> Option<Delivery> {
        let left = !matches!(failed, Delivery::Refused { .. } | Delivery::Unreached { .. });
        let sender = self.fallback.as_deref()?;
        if left || attempt.request.purpose.verifies().is_some() {
            return None;
        }
        let started = self.clock.now();
        let mailed = self.mail_instead(sender, attempt, accepted).await;
        meter::handed_over(self.clock.now().since(started));
        match mailed {
            Ok(delivery) => {
                let left = delivery.filter(|mail| matches!(mail, Delivery::Accepted { .. } | Delivery::Ambiguous { .. }))?;
                meter::failed_attempt(Channel::Sms, failed, Duration::ZERO);
                Some(left)
            }
            Err(error) => {
                tracing::warn!(%error, "a text could not be replaced by a mail");
                None
            }
        }
    }

    async fn mail_instead(
        &self,
        sender: &dyn Sender,
        attempt: &Attempt<'_>,
        accepted: &Accepted,
    ) -> Result<Option<Delivery>, SendError> {
        let Some(mailbox) = self.mailbox(attempt).await? else { return Ok(None) };
        self.guard.destination(&mailbox)?;
        self.guard.not_stopped(&mailbox, self.clock.now()).await?;
        let message = self.message(attempt, &accepted.challenge, &mailbox)?;
        let (slot, id) = (accepted.challenge.slot, accepted.challenge.id);
        let by = TakenBy { provider: sender.provider(), message: None };
        self.store.set_provider(&attempt.key, slot, id, by).await?;
        let patience = attempt.request.deadline.map(|deadline| deadline.since(self.clock.now()));
        Ok(Some(sender.deliver_within(&message, patience).await))
    }

    /// Where the user of the number gets mail. Nobody's who is disabled, or has not shown to hold both.
    async fn mailbox(&self, attempt: &Attempt<'_>) -> Result<Option<Recipient>, SendError> {
        let number = &attempt.request.recipient;
        let Standing::Enabled(id) = self.directory.look_up(&attempt.ring, number).await? else { return Ok(None) };
        let user = self.directory.find(&id).await?.filter(|user| !user.disabled && has_verified(user, number));
        Ok(user.and_then(|user| user.email).filter(|email| email.verified).map(|email| email.recipient))
    }
}

/// The channel that brought a slot's code: a mail can stand in for a text.
pub(super) fn brought_by(slot: Option<&Slot>, recipient: &Recipient) -> Channel {
    match slot {
        Some(slot) if MAIL_PROVIDERS.contains(&slot.provider.as_str()) => Channel::Email,
        _ => recipient.channel(),
    }
}

fn has_verified(user: &User, number: &Recipient) -> bool {
    user.phone.as_ref().is_some_and(|phone| phone.verified && phone.recipient == *number)
}
