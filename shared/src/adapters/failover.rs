//! Several providers behind one face, asked in order, one after another.
//!
//! The next one is asked only on proof that the last one did not take the message ([`Delivery::Refused`],
//! [`Delivery::Unreached`]), only where another could help (not for a number that is none, not against an opt-out), and only
//! while there is time for a whole attempt. So at most one provider ever takes a message: whatever is unclear ends the search.
//!
//! A provider that fails for a reason that is not the recipient's is asked last for a while. Only this process remembers that,
//! and it changes nothing but the order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::meter;
use crate::ports::sender::{Delivery, Message, Sender};

/// How long a provider that failed is asked last.
pub const ASKED_LAST_FOR: Duration = Duration::from_secs(60);

/// The time that one attempt may take: every provider's own limit is below it.
const ATTEMPT: Duration = Duration::from_millis(4_100);

/// For all attempts together where nobody says how long they wait: inside a function's 20 s, with room for the store.
const PATIENCE: Duration = Duration::from_millis(13_000);

/// Providers in the order of the settings.
pub struct Failover {
    providers: Vec<Provider>,
    clock: Arc<dyn Clock>,
}

struct Provider {
    sender: Arc<dyn Sender>,
    failed: Mutex<Option<Timestamp>>,
}

impl Failover {
    /// With these providers, the most wanted first; none without any, and the one itself of one alone.
    #[must_use]
    pub fn over(providers: Vec<Arc<dyn Sender>>, clock: Arc<dyn Clock>) -> Option<Arc<dyn Sender>> {
        match providers.len() {
            0 | 1 => providers.into_iter().next(),
            _ => Some(Arc::new(Self::new(providers, clock))),
        }
    }

    fn new(senders: Vec<Arc<dyn Sender>>, clock: Arc<dyn Clock>) -> Self {
        let providers = senders.into_iter().map(|sender| Provider { sender, failed: Mutex::new(None) }).collect();
        Self { providers, clock }
    }

    /// Those that work, then those that failed lately; both as the settings have them.
    fn in_order(&self) -> impl Iterator<Item = &Provider> {
        let now = self.clock.now();
        let (failed, working): (Vec<_>, Vec<_>) = self.providers.iter().partition(|provider| provider.failed_lately(now));
        working.into_iter().chain(failed)
    }
}

#[async_trait]
impl Sender for Failover {
    fn provider(&self) -> &'static str {
        self.in_order().next().map_or("none", |provider| provider.sender.provider())
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        self.deliver_within(message, None).await
    }

    async fn deliver_within(&self, message: &Message, patience: Option<Duration>) -> Delivery {
        let give_up = self.clock.now().plus(patience.map_or(PATIENCE, |patience| patience.min(PATIENCE)));
        let mut last = Delivery::Unreached { provider: "none", cause: "no provider".to_owned() };
        let mut failed = None;
        for (asked, provider) in self.in_order().enumerate() {
            let now = self.clock.now();
            if asked > 0 && now.plus(ATTEMPT) > give_up {
                tracing::warn!(next = provider.sender.provider(), "no time is left to ask another provider");
                break;
            }
            if let Some((delivery, took)) = failed.take() {
                meter::failed_attempt(message.to.channel(), &delivery, took);
            }
            last = provider.sender.deliver(message).await;
            provider.remember(&last, now);
            if !another_may_be_asked(&last) {
                break;
            }
            failed = Some((last.clone(), self.clock.now().since(now)));
            log(&last);
        }
        last
    }
}

impl Provider {
    fn failed_lately(&self, now: Timestamp) -> bool {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|failed| now < failed.plus(ASKED_LAST_FOR))
    }

    fn remember(&self, outcome: &Delivery, now: Timestamp) {
        let failed = match outcome {
            Delivery::Accepted { .. } => None,
            Delivery::Refused { reason, .. } if !reason.class.is_of_the_account() => return,
            _ => Some(now),
        };
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

/// No message left, and the reason is not the recipient's.
const fn another_may_be_asked(outcome: &Delivery) -> bool {
    match outcome {
        Delivery::Refused { reason, .. } => reason.class.another_could_help(),
        Delivery::Unreached { .. } => true,
        Delivery::Accepted { .. } | Delivery::Ambiguous { .. } => false,
    }
}

fn log(outcome: &Delivery) {
    match outcome {
        Delivery::Refused { provider, reason } => tracing::warn!(
            provider,
            class = reason.class.as_str(),
            cause = reason.code,
            "a provider refused the message; it did not leave there"
        ),
        Delivery::Unreached { provider, cause } => {
            tracing::warn!(provider, cause, "a provider was not reached; the message did not leave there");
        }
        Delivery::Accepted { .. } | Delivery::Ambiguous { .. } => {}
    }
}
