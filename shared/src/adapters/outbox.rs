//! The recording sender: takes every message and keeps it, for the local server and for tests to read.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::sender::{Content, Delivery, Message, Sender};

/// How many messages are kept; older ones are dropped.
const KEPT: usize = 1000;

/// A sender that delivers to memory.
#[derive(Clone)]
pub struct Outbox {
    clock: Arc<dyn Clock>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

/// A message as it was handed over. It holds the code: it exists where messages are read on purpose, and does not print.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// `sms` or `email`.
    pub channel: &'static str,
    /// The canonical identifier.
    pub to: String,
    /// The subject of a mail.
    pub subject: Option<String>,
    /// The text.
    pub text: String,
    /// The HTML part of a mail.
    pub html: Option<String>,
    /// Which provider's wire it came over; `outbox` when none.
    pub provider: &'static str,
    /// When, in RFC 3339.
    pub sent_at: String,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, sent: Arc::default() }
    }

    /// Everything kept, newest last.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a message.
    pub fn record(&self, sent: Sent) {
        let mut all = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(sent);
        let surplus = all.len().saturating_sub(KEPT);
        all.drain(..surplus);
    }

    /// The time that the next message is marked with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Sender for Outbox {
    fn provider(&self) -> &'static str {
        "outbox"
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let (channel, subject, text, html) = match &message.content {
            Content::Sms(text) => ("sms", None, text, None),
            Content::Email { subject, text, html } => ("email", Some(subject.to_string()), text, Some(html.to_string())),
        };
        self.record(Sent {
            channel,
            to: message.to.canonical().to_owned(),
            subject,
            text: text.to_string(),
            html,
            provider: "outbox",
            sent_at: self.now().to_rfc3339(),
        });
        Delivery::Accepted { provider: "outbox", message_id: "outbox".to_owned() }
    }
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sent").field("channel", &self.channel).field("sent_at", &self.sent_at).finish_non_exhaustive()
    }
}
