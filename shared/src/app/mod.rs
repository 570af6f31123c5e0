//! The use cases, one a file, over the ports.

mod admission;
mod fallback;
pub mod grant;
pub mod guard;
pub mod log_out;
pub mod refresh_session;
pub mod send_otp;
mod sign_in;
pub mod take_receipt;
pub mod verify_otp;

use crate::domain::challenge::{Challenge, InvalidToken};
use crate::domain::keys::KeyRing;
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::ports::keys::KeySource;
use std::sync::Arc;

/// Opens a challenge token, reading the keys again once when it names one that is not here yet. Gives back the keys too,
/// so that the request goes on with the very ring that opened the token.
async fn open_token(
    keys: &dyn KeySource,
    token: &str,
    purpose: Purpose,
    recipient: &Recipient,
) -> (Arc<KeyRing>, Result<Challenge, InvalidToken>) {
    let ring = keys.ring();
    match Challenge::open(token, &ring, purpose, recipient) {
        Err(InvalidToken::UnknownKey(_)) => {
            let ring = keys.refresh().await;
            let opened = Challenge::open(token, &ring, purpose, recipient);
            (ring, opened)
        }
        opened => (ring, opened),
    }
}
