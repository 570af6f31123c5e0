//! Deliveries that do not happen, as long and as lucky as the last ones that did.
//!
//! [`Observed`] stands before a real sender and remembers how its last deliveries went; [`RecentDeliveries`] passes the time
//! of one of them, drawn at random, whenever a delivery must not happen. That follows a provider wherever it goes. A process
//! that has not delivered anything yet has nothing to draw from: it starts with a guess, [`USUAL`].

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use crate::domain::recipient::Channel;
use crate::domain::time::millis;
use crate::ports::clock::{Randomness, random};
use crate::ports::decoy::Decoy;
use crate::ports::sender::{Delivery, Message, Sender};

/// Milliseconds that a delivery is taken to last before a process has seen one: what SNS and SES usually take.
pub const USUAL: RangeInclusive<u64> = 100..=300;

/// How many deliveries of a channel are remembered.
const REMEMBERED: usize = 32;

/// The last deliveries of a process.
pub struct RecentDeliveries {
    randomness: Arc<dyn Randomness>,
    usual: RangeInclusive<u64>,
    sms: Mutex<Recent>,
    email: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    took: VecDeque<Duration>,
    /// How the last one ended, if its provider could not be reached.
    unreached: Option<Delivery>,
}

impl RecentDeliveries {
    /// None yet; until then, one is taken to last as many milliseconds as `usual` says.
    #[must_use]
    pub fn new(usual: RangeInclusive<u64>, randomness: Arc<dyn Randomness>) -> Self {
        Self { randomness, usual, sms: Mutex::default(), email: Mutex::default() }
    }

    const fn recent(&self, channel: Channel) -> &Mutex<Recent> {
        match channel {
            Channel::Sms => &self.sms,
            Channel::Email => &self.email,
        }
    }

    fn saw(&self, channel: Channel, took: Duration, delivery: &Delivery) {
        let mut recent = self.recent(channel).lock().unwrap_or_else(PoisonError::into_inner);
        recent.took.push_back(took);
        if recent.took.len() > REMEMBERED {
            recent.took.pop_front();
        }
        recent.unreached = Some(delivery.clone()).filter(|delivery| matches!(delivery, Delivery::Unreached { .. }));
    }

    /// How long the next one lasts, and how it ends.
    fn draw(&self, channel: Channel) -> (Duration, Delivery) {
        // Without randomness the longest stands in: the reply is late rather than early.
        let number = random(self.randomness.as_ref()).map_or(u64::MAX, u64::from_be_bytes);
        let recent = self.recent(channel).lock().unwrap_or_else(PoisonError::into_inner);
        let took = match usize::try_from(number % recent.took.len().max(1) as u64).ok().and_then(|n| recent.took.get(n)) {
            Some(took) => *took,
            None => {
                let span = self.usual.end().saturating_sub(*self.usual.start()).saturating_add(1);
                Duration::from_millis(self.usual.start().saturating_add(number % span))
            }
        };
        let accepted = || Delivery::Accepted { provider: "none", message_id: String::new() };
        (took, recent.unreached.clone().unwrap_or_else(accepted))
    }
}

#[async_trait]
impl Decoy for RecentDeliveries {
    async fn deliver_nothing(&self, channel: Channel) -> Delivery {
        let (took, delivery) = self.draw(channel);
        if millis(took) > 0 {
            sleep(took).await;
        }
        delivery
    }
}

/// A sender whose deliveries are remembered.
pub struct Observed {
    /// Who delivers.
    pub sender: Arc<dyn Sender>,
    /// On which channel.
    pub channel: Channel,
    /// Where they are remembered.
    pub deliveries: Arc<RecentDeliveries>,
}

#[async_trait]
impl Sender for Observed {
    fn provider(&self) -> &'static str {
        self.sender.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        self.deliver_within(message, None).await
    }

    async fn deliver_within(&self, message: &Message, patience: Option<Duration>) -> Delivery {
        let started = Instant::now();
        let delivery = self.sender.deliver_within(message, patience).await;
        self.deliveries.saw(self.channel, started.elapsed(), &delivery);
        delivery
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::adapters::system::SystemRandomness;
    use crate::domain::recipient::Recipient;
    use crate::ports::sender::Content;

    /// Takes as long as it is told, and ends as it is told.
    struct Slow(Duration, Delivery);

    #[async_trait]
    impl Sender for Slow {
        fn provider(&self) -> &'static str {
            "slow"
        }

        async fn deliver(&self, _: &Message) -> Delivery {
            sleep(self.0).await;
            self.1.clone()
        }
    }

    fn accepted() -> Delivery {
        Delivery::Accepted { provider: "slow", message_id: "1".to_owned() }
    }

    fn message() -> Message {
        let content = Content::Sms(Zeroizing::new("text".to_owned()));
        Message { id: "one".to_owned(), to: Recipient::parse("+12345678901", None).unwrap(), content }
    }

    fn deliveries() -> Arc<RecentDeliveries> {
        Arc::new(RecentDeliveries::new(USUAL, Arc::new(SystemRandomness)))
    }

    async fn deliver(deliveries: &Arc<RecentDeliveries>, millis: u64, end: Delivery) {
        let sender = Arc::new(Slow(Duration::from_millis(millis), end));
        Observed { sender, channel: Channel::Sms, deliveries: Arc::clone(deliveries) }.deliver(&message()).await;
    }

    async fn decoy(deliveries: &RecentDeliveries, channel: Channel) -> u64 {
        let started = Instant::now();
        deliveries.deliver_nothing(channel).await;
        millis(started.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_decoy_takes_as_long_as_one_of_the_last_deliveries() {
        let deliveries = deliveries();
        for took in [40, 70, 1500] {
            deliver(&deliveries, took, accepted()).await;
        }
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            seen.insert(decoy(&deliveries, Channel::Sms).await);
        }
        assert_eq!(seen, [40, 70, 1500].into());
    }

    #[tokio::test(start_paused = true)]
    async fn a_process_that_has_delivered_nothing_starts_with_a_guess() {
        let deliveries = deliveries();
        deliver(&deliveries, 5, accepted()).await;
        for _ in 0..100 {
            assert!(USUAL.contains(&decoy(&deliveries, Channel::Email).await), "mail has seen no delivery");
            assert_eq!(decoy(&deliveries, Channel::Sms).await, 5, "texts have");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn old_deliveries_are_forgotten() {
        let deliveries = deliveries();
        deliver(&deliveries, 900, accepted()).await;
        for _ in 0..REMEMBERED {
            deliver(&deliveries, 50, accepted()).await;
        }
        for _ in 0..100 {
            assert_eq!(decoy(&deliveries, Channel::Sms).await, 50);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_provider_is_out_of_reach_decoys_do_not_reach_it_either() {
        let deliveries = deliveries();
        let unreached = Delivery::Unreached { provider: "slow", cause: "no connection".to_owned() };
        deliver(&deliveries, 10, unreached.clone()).await;
        assert_eq!(deliveries.deliver_nothing(Channel::Sms).await, unreached);
        deliver(&deliveries, 10, accepted()).await;
        assert!(matches!(deliveries.deliver_nothing(Channel::Sms).await, Delivery::Accepted { .. }));
    }
}
