//! What the log says of a request: one line, and of a person only a mask and a keyed short hash. Its metrics are in the same
//! line.

use std::collections::BTreeSet;
use std::time::Duration;

use http::StatusCode;

use super::problem::ProblemCode;
use super::{event, measures};
use crate::app::send_otp::{SendError, Sent};
use crate::app::verify_otp::Verified;
use crate::domain::guard::Reason;
use crate::domain::keys::KeyRing;
use crate::domain::purpose::Purpose;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::{Timestamp, millis};
use crate::domain::user::Withheld;
use crate::ports::meter::{FailedAttempt, Notes};
use crate::ports::metrics::Measures;
use crate::ports::sender::{Delivery, MAIL_PROVIDERS};

/// The parts of the line, gathered while the request is answered.
#[derive(Default)]
pub(super) struct Record {
    pub(super) route: &'static str,
    pub(super) code: &'static str,
    /// How the recipient is reached; of a right code, what brought it.
    pub(super) channel: &'static str,
    purpose: &'static str,
    pub(super) country: String,
    recipient: String,
    masked: String,
    pub(super) delivery: &'static str,
    pub(super) provider: String,
    cause: String,
    pub(super) reason: &'static str,
    would_refuse: String,
    /// A limit, the guard or the operator refused it, or its recipient cannot be reached: nobody's fault.
    pub(super) is_refusal: bool,
    pub(super) resent: bool,
    /// The code is that of a message, and not a test identifier's.
    pub(super) by_message: bool,
    pub(super) time_to_verify: Option<Duration>,
}

/// The end of a request.
pub(super) struct Ended<'a> {
    pub(super) request_id: &'a str,
    pub(super) status: StatusCode,
    pub(super) at: Timestamp,
    pub(super) took: Duration,
    pub(super) notes: &'a Notes,
    pub(super) namespace: &'a str,
}

impl Record {
    pub(super) fn new(route: &'static str) -> Self {
        Self { route, code: "ok", ..Self::default() }
    }

    /// Whom it is about. `name` is the keyed short hash.
    pub(super) fn about(mut self, keys: &KeyRing, recipient: &Recipient, purpose: Purpose) -> Self {
        self.channel = recipient.channel().medium();
        self.purpose = purpose.as_str();
        self.recipient = keys.log_name(recipient);
        self.masked = recipient.masked();
        if let Recipient::Phone(phone) = recipient {
            self.country = phone.country().unwrap_or_default().to_owned();
        }
        self
    }

    /// Who brought a receipt.
    pub(super) fn by(mut self, provider: &str) -> Self {
        provider.clone_into(&mut self.provider);
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

    /// A send that was accepted.
    pub(super) fn sent(mut self, sent: &Sent) -> Self {
        self.resent = sent.resent;
        self.delivered(sent.delivery.as_ref(), sent.withheld).watched(&sent.watched)
    }

    /// A send that was not.
    pub(super) fn not_sent(mut self, error: &SendError) -> Self {
        (self.delivery, self.provider) = match error {
            SendError::DeliveryFailed { provider, reason } => {
                self.is_refusal = !reason.class.another_could_help();
                ("refused", (*provider).to_owned())
            }
            SendError::ProviderUnavailable { provider, .. } => ("unreached", (*provider).to_owned()),
            _ => ("", String::new()),
        };
        self.is_refusal |= error.is_refusal();
        self.reason = error.reason();
        self.because(error)
    }

    /// A right code.
    pub(super) fn verified(mut self, verified: &Verified) -> Self {
        self.channel = verified.by.medium();
        if let Some(message) = &verified.message {
            self.by_message = true;
            self.provider.clone_from(&message.provider);
            self.time_to_verify = Some(message.after);
        }
        self
    }

    /// Nobody signs in, and the reply is that of a wrong code.
    pub(super) const fn withheld(mut self) -> Self {
        self.reason = "withheld";
        self
    }

    /// What the guard would have refused, where it only watches.
    fn watched(mut self, reasons: &BTreeSet<Reason>) -> Self {
        self.would_refuse = reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(",");
        self
    }

    fn delivered(mut self, delivery: Option<&Delivery>, withheld: Option<Withheld>) -> Self {
        if let Some(why) = withheld {
            (self.delivery, self.cause) = ("withheld", why.to_string());
            return self;
        }
        let Some(delivery) = delivery else {
            self.delivery = "replayed";
            return self;
        };
        let cause = match delivery {
            Delivery::Accepted { message_id, .. } => message_id,
            Delivery::Ambiguous { cause, .. } | Delivery::Unreached { cause, .. } => cause,
            Delivery::Refused { reason, .. } => &reason.code,
        };
        (self.delivery, self.cause, self.provider) = (outcome(delivery), cause.clone(), delivery.provider().to_owned());
        self
    }

    /// The channel of the message: a mail can stand in for a text.
    pub(super) fn carried_by(&self) -> &'static str {
        if MAIL_PROVIDERS.contains(&self.provider.as_str()) { Channel::Email.medium() } else { self.channel }
    }

    /// The guard would have refused it.
    pub(super) const fn is_watched(&self) -> bool {
        !self.would_refuse.is_empty()
    }

    /// Writes the line: as an error when the fault is ours or somebody's behind us, else for information. Before it, a line for
    /// each provider that did not take the message: one line has room for the measures of one.
    pub(super) fn write(&self, end: &Ended<'_>) {
        for failed in &end.notes.failed {
            let metrics = emf(&measures::of_failed_attempt(failed), end);
            let (delivery, provider, channel) = (outcome(&failed.delivery), failed.delivery.provider(), failed.channel.medium());
            tracing::info!(request_id = end.request_id, channel, provider, delivery, metrics, "attempt");
        }
        let metrics = emf(&measures::of_request(self, end), end);
        let Notes { table_requests, table, providers, budget_used, country_unanswered, level_raised, .. } = *end.notes;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request_id = end.request_id,
                    route = self.route,
                    event = event::of(self, end.status),
                    status = end.status.as_u16(),
                    code = self.code,
                    channel = known(self.channel),
                    purpose = known(self.purpose),
                    country = known(&self.country),
                    recipient = known(&self.recipient),
                    masked = known(&self.masked),
                    delivery = known(self.delivery),
                    provider = known(&self.provider),
                    cause = known(&self.cause),
                    reason = known(self.reason),
                    would_refuse = known(&self.would_refuse),
                    tried = known(&self.tried(&end.notes.failed)),
                    user = end.notes.user.map(|change| change.as_str()),
                    level_raised,
                    time_to_verify_s = self.time_to_verify.map(|time| time.as_secs()),
                    budget_used_percent = budget_used,
                    unanswered_percent = country_unanswered,
                    duration_ms = millis(end.took),
                    table_requests,
                    table_ms = Some(millis(table)).filter(|_| table_requests > 0),
                    provider_ms = Some(millis(providers)).filter(|_| !self.provider.is_empty() && !self.delivery.is_empty()),
                    metrics,
                    "request"
                )
            };
        }
        if end.status.is_server_error() { line!(error) } else { line!(info) }
    }

    /// Who was asked to deliver, one after another, where there were several: `twilio:credentials,vonage:accepted`.
    fn tried(&self, failed: &[FailedAttempt]) -> String {
        if failed.is_empty() {
            return String::new();
        }
        let why = |delivery: &Delivery| match delivery {
            Delivery::Refused { reason, .. } => reason.class.as_str(),
            other => outcome(other),
        };
        let failed = failed.iter().map(|attempt| format!("{}:{}", attempt.delivery.provider(), why(&attempt.delivery)));
        failed.chain([format!("{}:{}", self.provider, self.delivery)]).collect::<Vec<_>>().join(",")
    }
}

fn emf(measures: &Measures, end: &Ended<'_>) -> Option<String> {
    measures.to_emf(end.namespace, end.at)
}

/// The name of an outcome.
const fn outcome(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted { .. } => "accepted",
        Delivery::Ambiguous { .. } => "ambiguous",
        Delivery::Refused { .. } => "refused",
        Delivery::Unreached { .. } => "unreached",
    }
}

/// A field that is not known is left out of the line.
fn known(value: &str) -> Option<&str> {
    Some(value).filter(|value| !value.is_empty())
}
