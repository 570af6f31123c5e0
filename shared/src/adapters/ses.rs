//! Mail through Amazon SES, API version 2: `SendEmail` with a subject, a text part and an HTML part.
//!
//! SES writes a `Message-ID` and a `Date` of its own over any that it is given
//! (<https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>): the id that it returns is the one in the mail.
#![cfg(feature = "aws")]

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content as Part, Destination, EmailContent, Message as Mail, MessageHeader};

use super::delivery;
pub use crate::config::SesSettings;
use crate::ports::sender::{Content, Delivery, MAIL_HEADERS, Message, Refusal, RefusalClass, SES as PROVIDER, Sender};

/// Sends mail through SES.
#[derive(Clone, Debug)]
pub struct SesSender {
    client: Client,
    settings: SesSettings,
}

impl SesSender {
    /// Through `client`, which must not retry: a repeated attempt is a second mail.
    #[must_use]
    pub const fn new(client: Client, settings: SesSettings) -> Self {
        Self { client, settings }
    }
}

#[async_trait]
impl Sender for SesSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Some(content) = email_content(&message.content) else { return not_a_mail() };
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.settings.from)
            .destination(Destination::builder().to_addresses(message.to.canonical()).build())
            .content(content)
            .set_configuration_set_name(self.settings.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(output) => Delivery::Accepted { provider: PROVIDER, message_id: output.message_id.unwrap_or_default() },
            Err(error) => delivery::of_error(PROVIDER, &error),
        }
    }
}

fn email_content(content: &Content) -> Option<EmailContent> {
    let Content::Email { subject, text, html } = content else { return None };
    let body = Body::builder().text(part(text).ok()?).html(part(html).ok()?).build();
    let mut mail = Mail::builder().subject(part(subject).ok()?).body(body);
    for (name, value) in MAIL_HEADERS {
        mail = mail.headers(MessageHeader::builder().name(name).value(value).build().ok()?);
    }
    Some(EmailContent::builder().simple(mail.build()).build())
}

fn part(text: &str) -> Result<Part, BuildError> {
    Part::builder().charset("UTF-8").data(text).build()
}

fn not_a_mail() -> Delivery {
    let reason = Refusal { class: RefusalClass::Invalid, code: "NotAMail".to_owned() };
    Delivery::Refused { provider: PROVIDER, reason }
}
