//! Providers by a script: they take their time on the test clock, fail when they are to, and keep what they took.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::chance::Chance;
use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::sender::{Content, Delivery, Message, Refusal, RefusalClass, Sender};
use crate::testing::clock::TestClock;

/// How long a connection is tried for, in milliseconds.
const CONNECT: u64 = 2_000;

/// What people find on their phones and in their mailboxes: the last code, and who brought it.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<BTreeMap<String, (String, &'static str)>>>);

impl Inbox {
    /// The code that this identifier was sent last.
    #[must_use]
    pub fn code(&self, identifier: &str) -> Option<(String, &'static str)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(identifier).cloned()
    }

    fn put(&self, message: &Message, provider: &'static str) {
        let (Content::Sms(text) | Content::Email { text, .. }) = &message.content;
        let code = text.rsplit_once('#').map(|(_, code)| code.trim().to_owned()).unwrap_or_default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(message.to.canonical().to_owned(), (code, provider));
    }
}

/// A provider.
pub struct Scripted {
    /// Its name.
    pub name: &'static str,
    /// How long it takes, in milliseconds: usually near the first.
    pub takes: Range<u64>,
    /// When nobody reaches it.
    pub away: Range<Timestamp>,
    /// Of how many in a thousand it says that there is no such recipient.
    pub no_such_recipient: u64,
    /// Of how many in a thousand its answer is lost.
    pub lost: u64,
    /// Chance.
    pub chance: Arc<Chance>,
    /// The clock that it moves.
    pub clock: Arc<TestClock>,
    /// Where messages go.
    pub inbox: Inbox,
    /// What it did, by outcome.
    pub outcomes: Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>,
}

#[async_trait]
impl Sender for Scripted {
    fn provider(&self) -> &'static str {
        self.name
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let delivery = self.outcome(message);
        let outcome = match &delivery {
            Delivery::Accepted { .. } => "accepted",
            Delivery::Ambiguous { .. } => "ambiguous",
            Delivery::Refused { .. } => "refused",
            Delivery::Unreached { .. } => "unreached",
        };
        *self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).entry((self.name, outcome)).or_default() += 1;
        delivery
    }
}

impl Scripted {
    fn outcome(&self, message: &Message) -> Delivery {
        let provider = self.name;
        if self.away.contains(&self.clock.now()) {
            self.clock.advance(Duration::from_millis(CONNECT));
            return Delivery::Unreached { provider, cause: "no connection".to_owned() };
        }
        self.clock.advance(Duration::from_millis(self.chance.skewed(self.takes.start, self.takes.end)));
        if self.chance.in_a_thousand(self.no_such_recipient) {
            let reason = Refusal { class: RefusalClass::BadRecipient, code: "InvalidPhoneNumber".to_owned() };
            return Delivery::Refused { provider, reason };
        }
        if self.chance.in_a_thousand(self.lost) {
            return Delivery::Ambiguous { provider, cause: "timeout".to_owned() };
        }
        self.inbox.put(message, provider);
        Delivery::Accepted { provider, message_id: format!("{:016x}", self.chance.next()) }
    }
}
