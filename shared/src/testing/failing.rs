//! Ports that fail on purpose.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::ports::sender::{Content, Delivery, Message, Sender};

/// A sender that always comes to the same end, and remembers what it was handed.
pub struct FixedSender {
    delivery: Delivery,
    texts: Mutex<Vec<String>>,
}

impl FixedSender {
    /// Every message comes to this.
    #[must_use]
    pub const fn new(delivery: Delivery) -> Self {
        Self { delivery, texts: Mutex::new(Vec::new()) }
    }

    /// How many messages it was handed.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The code of the last one.
    #[must_use]
    pub fn last_code(&self) -> String {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.last().and_then(|text| text.rsplit_once('#')).map(|(_, code)| code.to_owned()).unwrap_or_default()
    }
}

#[async_trait]
impl Sender for FixedSender {
    fn provider(&self) -> &'static str {
        "fixed"
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let (Content::Sms(text) | Content::Email { text, .. }) = &message.content;
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_string());
        self.delivery.clone()
    }
}

/// A sender with a bug: it panics.
#[derive(Clone, Copy, Debug)]
pub struct PanickingSender;

#[async_trait]
impl Sender for PanickingSender {
    fn provider(&self) -> &'static str {
        "panicking"
    }

    #[allow(clippy::panic, reason = "to show that the service lives through it")]
    async fn deliver(&self, _: &Message) -> Delivery {
        panic!("a bug on purpose")
    }
}
