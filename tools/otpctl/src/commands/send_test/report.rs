//! Who was asked to deliver the test, and what came of it.

use otp_auth::ports::sender::Delivery;
use serde::Serialize;

use crate::render::view::View;

/// What came of a test.
#[derive(Serialize)]
pub struct Tested {
    /// To whom it went.
    pub to: String,
    /// Who was asked, in order.
    pub asked: Vec<Asked>,
}

/// A provider, and what it said.
#[derive(Serialize)]
pub struct Asked {
    provider: String,
    outcome: Outcome,
    /// Its id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    /// Why it did not take the message, or why nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    /// Does this end the search for a provider that delivers?
    #[serde(skip)]
    is_last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Accepted,
    Ambiguous,
    Refused,
    Unreached,
}

impl Asked {
    /// The outbox of a local server has taken it.
    pub fn the_outbox() -> Self {
        let provider = "The outbox".to_owned();
        Self { provider, outcome: Outcome::Accepted, message_id: None, because: None, is_last: true }
    }

    /// Would the functions ask nobody else after this?
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// Has it certainly not taken the message?
    pub const fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Refused | Outcome::Unreached)
    }

    /// For people.
    pub fn line(&self, to: &str) -> String {
        let Self { provider, message_id, because, .. } = self;
        let because = because.as_deref().unwrap_or_default();
        match (self.outcome, message_id) {
            (Outcome::Accepted, Some(id)) => format!("{provider} took the message to {to} (its id: {id})."),
            (Outcome::Accepted, None) => format!("{provider} took the message to {to}."),
            (Outcome::Ambiguous, _) => {
                format!("{provider} may or may not have taken the message to {to} ({because}): look whether it arrived.")
            }
            (Outcome::Refused, _) => format!("{provider} refused the message: {because}."),
            (Outcome::Unreached, _) => format!("{provider} was not reached: {because}."),
        }
    }
}

impl From<Delivery> for Asked {
    fn from(delivery: Delivery) -> Self {
        let provider = delivery.provider().to_owned();
        let (outcome, message_id, because, is_last) = match delivery {
            Delivery::Accepted { message_id, .. } => (Outcome::Accepted, Some(message_id), None, true),
            Delivery::Ambiguous { cause, .. } => (Outcome::Ambiguous, None, Some(cause), true),
            Delivery::Unreached { cause, .. } => (Outcome::Unreached, None, Some(cause), false),
            Delivery::Refused { reason, .. } => {
                let because = format!("{} ({})", reason.code, reason.class.as_str());
                (Outcome::Refused, None, Some(because), !reason.class.another_could_help())
            }
        };
        Self { provider, outcome, message_id, because, is_last }
    }
}

impl View for Tested {
    fn text(&self) -> String {
        self.asked.iter().map(|asked| asked.line(&self.to)).collect::<Vec<_>>().join("\n")
    }
}
