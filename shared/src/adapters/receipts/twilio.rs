//! Twilio's status callbacks: a form, signed with the account's token.
//!
//! | | |
//! |---|---|
//! | signature | <https://www.twilio.com/docs/usage/security#validating-requests> |
//! | fields | <https://www.twilio.com/docs/messaging/guides/track-outbound-message-status> |
//!
//! The signature is over the URL that we asked to be called at, as the settings have it: what the request itself says of its
//! host proves nothing. It has no time in it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;

use super::only;
use crate::domain::provider_secrets::{ProviderSecrets, field};
use crate::domain::receipt::{Fate, MessageId, Receipt, Why};
use crate::domain::recipient::Channel;
use crate::ports::receipts::{Letter, NoReceipt, ReceiptReader};

const SIGNATURE: HeaderName = HeaderName::from_static("x-twilio-signature");

/// Tells Twilio's receipts.
pub struct TwilioReceipts {
    url: String,
    account_sid: String,
}

impl TwilioReceipts {
    /// Those about this account's messages that were sent to this URL.
    #[must_use]
    pub const fn new(url: String, account_sid: String) -> Self {
        Self { url, account_sid }
    }
}

impl ReceiptReader for TwilioReceipts {
    fn provider(&self) -> &'static str {
        "twilio"
    }

    fn media_type(&self) -> &'static str {
        "application/x-www-form-urlencoded"
    }

    fn has_secret(&self, secrets: &ProviderSecrets) -> bool {
        secrets.get(field::TWILIO_AUTH_TOKEN).is_some()
    }

    fn read(&self, secrets: &ProviderSecrets, letter: &Letter<'_>) -> Result<Option<Receipt>, NoReceipt> {
        let token = secrets.get(field::TWILIO_AUTH_TOKEN).ok_or(NoReceipt::NotServed)?;
        let signature =
            only(letter.headers, &SIGNATURE).and_then(|text| STANDARD.decode(text).ok()).ok_or(NoReceipt::Unsigned)?;
        let form = Form::of(letter.body);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
        hmac::verify(&key, form.signed_with(&self.url).as_bytes(), &signature).map_err(|_| NoReceipt::Forged)?;
        if form.only("AccountSid") != Some(&self.account_sid) {
            return Err(NoReceipt::OtherAccount);
        }
        receipt(&form)
    }
}

/// The fields of a form, sorted by name and then by value, each pair once: the order in which they are signed.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(body: &[u8]) -> Self {
        let mut fields: Vec<_> =
            form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        fields.sort_unstable();
        fields.dedup();
        Self(fields)
    }

    /// What is signed: the URL, and every name and value after it with nothing between them.
    fn signed_with(&self, url: &str) -> String {
        let fields = self.0.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        std::iter::once(url).chain(fields).collect()
    }

    /// The value of a field that is there once.
    fn only(&self, name: &str) -> Option<&String> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }
}

fn receipt(form: &Form) -> Result<Option<Receipt>, NoReceipt> {
    let message = form.only("MessageSid").filter(|text| is_sid(text)).and_then(|text| MessageId::parse(text));
    let (message, status) = message.zip(form.only("MessageStatus")).ok_or(NoReceipt::Unreadable)?;
    let fate = match status.as_str() {
        "delivered" => Fate::Delivered,
        "undelivered" | "failed" => Fate::Lost(Why::of(form.only("ErrorCode").map_or("", String::as_str))),
        _ => return Ok(None),
    };
    Ok(Some(Receipt { provider: "twilio", channel: Channel::Sms, message, fate }))
}

/// `SM` or `MM` and 32 hexadecimal digits. Names and values are signed with nothing between them: a value of a fixed form is
/// one that nobody can cut elsewhere.
pub(in crate::adapters) fn is_sid(text: &str) -> bool {
    let digits = text.strip_prefix("SM").or_else(|| text.strip_prefix("MM")).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}
