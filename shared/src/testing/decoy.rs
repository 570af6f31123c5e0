//! A decoy that takes no time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::domain::recipient::Channel;
use crate::ports::decoy::Decoy;
use crate::ports::sender::Delivery;

/// Delivers nothing at once, and counts how often.
#[derive(Clone, Debug, Default)]
pub struct InstantDecoy(Arc<AtomicUsize>);

impl InstantDecoy {
    /// How many deliveries did not happen.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Decoy for InstantDecoy {
    async fn deliver_nothing(&self, _: Channel) -> Delivery {
        self.0.fetch_add(1, Ordering::SeqCst);
        Delivery::Accepted { provider: "none", message_id: String::new() }
    }
}
