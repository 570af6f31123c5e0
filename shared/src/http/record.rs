//! What the log says of a request: one line, and of a person only a mask and a keyed short hash.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;

use super::Call;
use super::problem::ProblemCode;
use crate::domain::guard::Reason;
use crate::domain::keys::KeyRing;
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::time::millis;
use crate::domain::user::Withheld;
use crate::ports::sender::Delivery;

/// The parts of the line, gathered while the request is answered.
#[derive(Default)]
pub(super) struct Record {
    route: &'static str,
    code: &'static str,
    channel: &'static str,
    purpose: &'static str,
    country: String,
    recipient: String,
    masked: String,
    delivery: &'static str,
    provider: &'static str,
    cause: String,
    reason: &'static str,
    would_refuse: String,
}

impl Record {
    pub(super) fn new(route: &'static str) -> Self {
        Self { route, code: "ok", ..Self::default() }
    }

    /// Whom it is about. `name` is the keyed short hash.
    pub(super) fn about(mut self, keys: &KeyRing, recipient: &Recipient, purpose: Purpose) -> Self {
        self.channel = recipient.channel().as_str();
        self.purpose = purpose.as_str();
        self.recipient = keys.log_name(recipient);
        self.masked = recipient.masked();
        if let Recipient::Phone(phone) = recipient {
            self.country = phone.country().unwrap_or_default().to_owned();
        }
        self
    }

    /// Who brought a receipt.
    pub(super) const fn by(mut self, provider: &'static str) -> Self {
        self.provider = provider;
        self
    }

    pub(super) const fn with_code(mut self, code: ProblemCode) -> Self {
        self.code = code.as_str();
        self
    }

    /// The internal cause, which the reply does not have.
    pub(super) fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = cause.to_string();
        self
    }

    /// The machine-readable reason of a refusal.
    pub(super) const fn for_reason(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }

    /// What the guard would have refused, where it only watches.
    pub(super) fn watched(mut self, reasons: &BTreeSet<Reason>) -> Self {
        self.would_refuse = reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(",");
        self
    }

    pub(super) fn delivered(mut self, delivery: Option<&Delivery>, withheld: Option<Withheld>) -> Self {
        if let Some(why) = withheld {
            (self.delivery, self.cause) = ("withheld", why.to_string());
            return self;
        }
        let (outcome, provider, cause) = match delivery {
            None => ("replayed", &"", ""),
            Some(Delivery::Accepted { provider, message_id }) => ("accepted", provider, message_id.as_str()),
            Some(Delivery::Ambiguous { provider, cause }) => ("ambiguous", provider, cause.as_str()),
            Some(Delivery::Refused { provider, reason }) => ("refused", provider, reason.code.as_str()),
            Some(Delivery::Unreached { provider, cause }) => ("unreached", provider, cause.as_str()),
        };
        (self.delivery, self.provider, self.cause) = (outcome, provider, cause.to_owned());
        self
    }

    /// Writes the line: as an error when the fault is ours or somebody's behind us, else for information.
    pub(super) fn write(&self, call: &Call, status: StatusCode, took: Duration) {
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = call.id,
                    route = self.route,
                    status = status.as_u16(),
                    code = self.code,
                    channel = known(self.channel),
                    purpose = known(self.purpose),
                    country = known(&self.country),
                    recipient = known(&self.recipient),
                    masked = known(&self.masked),
                    delivery = known(self.delivery),
                    provider = known(self.provider),
                    cause = known(&self.cause),
                    reason = known(self.reason),
                    would_refuse = known(&self.would_refuse),
                    duration_ms = millis(took),
                    "request"
                )
            };
        }
        if status.is_server_error() { line!(error) } else { line!(info) }
    }
}

/// A field that is not known is left out of the line.
fn known(value: &str) -> Option<&str> {
    Some(value).filter(|value| !value.is_empty())
}
