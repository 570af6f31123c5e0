//! The events of Amazon SES, as its configuration set publishes them to an SNS topic.
//!
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>
//!
//! The topic invokes this function itself, so there is no route, no signature and nothing to fetch a certificate for: IAM lets
//! SES alone publish, and the topic alone invoke. Which topic it was is checked all the same.

use serde::Deserialize;
use std::borrow::Cow;

use crate::domain::receipt::{Fate, MessageId, Receipt, Why};
use crate::domain::recipient::Channel;
use crate::ports::receipts::{NoReceipt, Notice, NoticeReader};
use crate::ports::sender::SES;

/// What SES publishes, as plain text, when it is told of a topic.
const GREETING: &str = "Successfully validated SNS topic for Amazon SES";

/// Tells the receipts among the notices of a topic.
pub struct SesNotices {
    topic: String,
}

impl SesNotices {
    /// Those of the topic with this ARN.
    #[must_use]
    pub const fn new(topic: String) -> Self {
        Self { topic }
    }
}

impl NoticeReader for SesNotices {
    fn provider(&self) -> &'static str {
        SES
    }

    fn read(&self, notice: &Notice<'_>) -> Result<Option<Receipt>, NoReceipt> {
        if notice.topic != self.topic {
            return Err(NoReceipt::OtherAccount);
        }
        if notice.message.starts_with(GREETING) {
            return Ok(None);
        }
        let event: Event<'_> = serde_json::from_str(notice.message).map_err(|_| NoReceipt::Unreadable)?;
        let message = MessageId::parse(&event.mail.message_id).ok_or(NoReceipt::Unreadable)?;
        Ok(event.fate().map(|fate| Receipt { provider: SES, channel: Channel::Email, message, fate }))
    }
}

/// An event, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    mail: Mail<'a>,
    #[serde(borrow, default)]
    bounce: Option<Bounce<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce<'a> {
    #[serde(borrow, default)]
    bounce_type: Cow<'a, str>,
    #[serde(borrow, default)]
    bounce_sub_type: Cow<'a, str>,
}

impl Event<'_> {
    /// A soft bounce is an event only after the last try; `DeliveryDelay` is what comes before that.
    fn fate(&self) -> Option<Fate> {
        match &*self.event_type {
            "Delivery" => Some(Fate::Delivered),
            "Bounce" => Some(Fate::Lost(self.bounce.as_ref().map(Bounce::why).unwrap_or_default())),
            "Reject" => Some(Fate::Lost(Why::of("Reject"))),
            "Complaint" => Some(Fate::Complained),
            _ => None,
        }
    }
}

impl Bounce<'_> {
    fn why(&self) -> Why {
        Why::of(&format!("{}.{}", self.bounce_type, self.bounce_sub_type))
    }
}
