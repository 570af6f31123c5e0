//! Texts through Amazon SNS: `Publish` to a phone number.
#![cfg(feature = "aws")]

use async_trait::async_trait;
use aws_sdk_sns::Client;
use aws_sdk_sns::types::MessageAttributeValue;

use super::delivery;
pub use crate::config::SnsSettings;
use crate::ports::sender::{Content, Delivery, Message, Refusal, RefusalClass, Sender};

const PROVIDER: &str = "sns";

/// Sends texts through SNS.
#[derive(Clone, Debug)]
pub struct SnsSender {
    client: Client,
    attributes: Vec<(String, String)>,
}

impl SnsSender {
    /// Through `client`, which must not retry: a repeated attempt is a second text.
    #[must_use]
    pub fn new(client: Client, settings: &SnsSettings) -> Self {
        // Attributes: https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html
        let optional = [
            ("AWS.SNS.SMS.SenderID", &settings.sender_id),
            ("AWS.MM.SMS.OriginationNumber", &settings.origination_number),
            ("AWS.SNS.SMS.MaxPrice", &settings.max_price_usd),
        ];
        let mut attributes = vec![("AWS.SNS.SMS.SMSType".to_owned(), "Transactional".to_owned())];
        attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))));
        Self { client, attributes }
    }
}

#[async_trait]
impl Sender for SnsSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Content::Sms(text) = &message.content else { return not_a_text() };
        let mut publish = self.client.publish().phone_number(message.to.canonical()).message(text.as_str());
        for (name, value) in &self.attributes {
            let data_type = if name.ends_with("MaxPrice") { "Number" } else { "String" };
            let Ok(value) = MessageAttributeValue::builder().data_type(data_type).string_value(value).build() else { continue };
            publish = publish.message_attributes(name, value);
        }
        match publish.send().await {
            Ok(output) => Delivery::Accepted { provider: PROVIDER, message_id: output.message_id.unwrap_or_default() },
            Err(error) => delivery::of_error(PROVIDER, &error),
        }
    }
}

fn not_a_text() -> Delivery {
    let reason = Refusal { class: RefusalClass::Invalid, code: "NotAText".to_owned() };
    Delivery::Refused { provider: PROVIDER, reason }
}
