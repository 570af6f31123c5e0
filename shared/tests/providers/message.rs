//! The messages and secrets of these tests.

use std::sync::Arc;

use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::provider_secrets::ProviderSecrets;
use otp_auth::domain::recipient::Recipient;
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::sender::{Content, Message};
use zeroize::Zeroizing;

/// Line breaks, markup, both kinds of quotes, and letters from outside ASCII.
pub const TEXT: &str = "123456 is your <b>Äcme</b> & \"Co\" code.\r\nBcc: x@example.com\r\n.\r\n\n@example.com #123456";
pub const HTML: &str = "<p>Ihr Code für \"Äcme\": <b>123456</b> & 日本</p>\r\n.\r\n";
pub const SUBJECT: &str = "Your Äcme code\r\nBcc: x@example.com\r\n\r\n<script>";

pub fn text() -> Message {
    text_of(TEXT)
}

pub fn text_of(text: &str) -> Message {
    let content = Content::Sms(Zeroizing::new(text.to_owned()));
    Message { id: "text-1".to_owned(), to: Recipient::parse("+12345678901", None).unwrap(), content }
}

pub fn mail() -> Message {
    let part = |text: &str| Zeroizing::new(text.to_owned());
    let content = Content::Email { subject: part(SUBJECT), text: part(TEXT), html: part(HTML) };
    Message { id: "mail-1".to_owned(), to: Recipient::parse("Ada@example.com", None).unwrap(), content }
}

/// Keys that know these secrets of providers.
pub fn keys(secrets: &[(&str, &str)]) -> Arc<dyn KeySource> {
    let ring = KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1)).unwrap();
    let given = |name: &str| secrets.iter().find(|(n, _)| *n == name).map(|(_, value)| Zeroizing::new((*value).to_owned()));
    Arc::new(Arc::new(ring.with_provider_secrets(ProviderSecrets::from_fields(given))))
}
