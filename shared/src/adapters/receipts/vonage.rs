//! The status webhooks of Vonage's Messages API: JSON, with a signed token about it in the header `Authorization`.
//!
//! | | |
//! |---|---|
//! | signature | <https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks> |
//! | fields | <https://developer.vonage.com/en/messages/concepts/messages-status-callbacks> |
//!
//! The older SMS API signs in another way, with a hash of the fields; its receipts are not taken.

use aws_lc_rs::digest;
use http::header::AUTHORIZATION;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use std::borrow::Cow;

use super::only;
use crate::domain::provider_secrets::{ProviderSecrets, field};
use crate::domain::receipt::{Fate, MessageId, Receipt, Why};
use crate::domain::recipient::Channel;
use crate::domain::time::Timestamp;
use crate::ports::receipts::{Letter, NoReceipt, ReceiptReader};

/// For as long Vonage tries to bring a webhook again. Whatever is older is a replay.
const OLDEST_SECONDS: u64 = 24 * 60 * 60;

/// How far Vonage's clock may be ahead of ours.
const SKEW_SECONDS: u64 = 60;

/// Tells Vonage's receipts.
pub struct VonageReceipts {
    api_key: String,
}

impl VonageReceipts {
    /// Those about this account's messages.
    #[must_use]
    pub const fn new(api_key: String) -> Self {
        Self { api_key }
    }
}

impl ReceiptReader for VonageReceipts {
    fn provider(&self) -> &'static str {
        "vonage"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn has_secret(&self, secrets: &ProviderSecrets) -> bool {
        secrets.get(field::VONAGE_SIGNATURE_SECRET).is_some()
    }

    fn read(&self, secrets: &ProviderSecrets, letter: &Letter<'_>) -> Result<Option<Receipt>, NoReceipt> {
        let secret = secrets.get(field::VONAGE_SIGNATURE_SECRET).ok_or(NoReceipt::NotServed)?;
        let token = only(letter.headers, &AUTHORIZATION).and_then(bearer).ok_or(NoReceipt::Unsigned)?;
        let claims = open(token, secret.as_bytes())?;
        if claims.payload_hash != sha256(letter.body) {
            return Err(NoReceipt::Tampered);
        }
        if !is_fresh(claims.iat, letter.now) {
            return Err(NoReceipt::Stale);
        }
        if claims.api_key != self.api_key {
            return Err(NoReceipt::OtherAccount);
        }
        receipt(letter.body)
    }
}

/// The claims as they must be to be read.
#[derive(Deserialize)]
struct Claims {
    iat: u64,
    api_key: String,
    payload_hash: String,
}

/// The claims of a token that was signed with this secret. What is signed and has other claims is about something else.
fn open(token: &str, secret: &[u8]) -> Result<Claims, NoReceipt> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    // `iat` is what Vonage says of the time; the library would ask the machine for it.
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let opened = decode::<Claims>(token, &DecodingKey::from_secret(secret), &validation);
    opened.map(|data| data.claims).map_err(|_| NoReceipt::Forged)
}

fn is_fresh(iat: u64, now: Timestamp) -> bool {
    let now = now.as_secs();
    iat <= now.saturating_add(SKEW_SECONDS) && now <= iat.saturating_add(OLDEST_SECONDS)
}

/// The webhook's body, as far as it matters here.
#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    message_uuid: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    channel: Cow<'a, str>,
    #[serde(borrow, default)]
    error: Option<Fault<'a>>,
}

#[derive(Deserialize)]
struct Fault<'a> {
    /// A URL whose end is the code.
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
}

fn receipt(body: &[u8]) -> Result<Option<Receipt>, NoReceipt> {
    let status: Status<'_> = serde_json::from_slice(body).map_err(|_| NoReceipt::Unreadable)?;
    let message = MessageId::parse(&status.message_uuid).ok_or(NoReceipt::Unreadable)?;
    let fate = match (&*status.channel, &*status.status) {
        ("sms", "delivered") => Fate::Delivered,
        ("sms", "rejected" | "undeliverable") => Fate::Lost(status.error.map(|fault| code(&fault.kind)).unwrap_or_default()),
        _ => return Ok(None),
    };
    Ok(Some(Receipt { provider: "vonage", channel: Channel::Sms, message, fate }))
}

fn code(kind: &str) -> Why {
    Why::of(kind.rsplit(['#', '/']).next().unwrap_or_default())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn sha256(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
