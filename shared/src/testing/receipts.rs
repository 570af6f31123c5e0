//! Receipts as providers send them, signed as they publish it: for services under test.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::service::{ISSUER, Service};
use crate::domain::provider_secrets::{ProviderSecrets, field};
use crate::domain::receipt::RECEIPTS_PATH;
use crate::http::Call;

/// The Twilio account of services under test.
pub const TWILIO_ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
/// Its token.
pub const TWILIO_TOKEN: &str = "twilio-token-of-tests";
/// The Vonage account of services under test.
pub const VONAGE_KEY: &str = "abcd1234";
/// What Vonage signs with.
pub const VONAGE_SIGNATURE_SECRET: &str = "vonage-signature-secret-of-tests";
/// The topic of services under test.
pub const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:otp-auth-mail-events";

/// What the vault of services under test has for providers.
#[must_use]
pub fn secrets() -> ProviderSecrets {
    let known = |name: &str| match name {
        field::TWILIO_AUTH_TOKEN => Some(TWILIO_TOKEN),
        field::VONAGE_SIGNATURE_SECRET => Some(VONAGE_SIGNATURE_SECRET),
        _ => None,
    };
    ProviderSecrets::from_fields(|name| known(name).map(|secret| Zeroizing::new(secret.to_owned())))
}

/// Where the receipts of a provider come to.
#[must_use]
pub fn url(provider: &str) -> String {
    format!("{ISSUER}{RECEIPTS_PATH}/{provider}")
}

/// The fields of a callback of Twilio about this message.
#[must_use]
pub fn twilio_fields(message: &str, status: &str) -> Vec<(String, String)> {
    [
        ("SmsSid", message),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", "+12345678901"),
        ("MessageSid", message),
        ("AccountSid", TWILIO_ACCOUNT),
        ("From", "+12065550100"),
        ("ApiVersion", "2010-04-01"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The fields of a form.
#[must_use]
pub fn fields_of(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

/// `X-Twilio-Signature`: HMAC-SHA1 over the URL and the sorted fields (<https://www.twilio.com/docs/usage/security>).
#[must_use]
pub fn twilio_signature(token: &str, url: &str, fields: &[(String, String)]) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort();
    let signed = sorted.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, signed.as_bytes()))
}

/// A callback of Twilio with these fields and this signature.
#[must_use]
pub fn twilio_call(service: &Service, fields: &[(String, String)], signature: &str) -> Call {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let headers =
        [(header::CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded; charset=UTF-8"), ("x-twilio-signature", signature)];
    call(service, "twilio", &headers, form.finish())
}

/// A genuine callback of Twilio.
#[must_use]
pub fn twilio_receipt(service: &Service, message: &str, status: &str) -> Call {
    let fields = twilio_fields(message, status);
    twilio_call(service, &fields, &twilio_signature(TWILIO_TOKEN, &url("twilio"), &fields))
}

/// The body of a webhook of Vonage about this message.
#[must_use]
pub fn vonage_body(message: &str, status: &str) -> String {
    json!({
        "message_uuid": message, "to": "12345678901", "from": "Acme", "timestamp": "2026-11-23T12:00:00Z", "status": status,
        "channel": "sms", "usage": { "currency": "EUR", "price": "0.0333" },
    })
    .to_string()
}

/// The claims that Vonage makes of a body
/// (<https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks>).
#[must_use]
pub fn vonage_claims(service: &Service, body: impl AsRef<[u8]>) -> Value {
    let hash = digest::digest(&digest::SHA256, body.as_ref());
    let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "iat": service.now().as_secs(), "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5", "iss": "Vonage",
        "payload_hash": hash, "api_key": VONAGE_KEY, "application_id": "aaaaaaaa-bbbb-cccc-dddd-0123456789ab",
    })
}

/// A token with these claims, under this algorithm's name and secret.
#[must_use]
pub fn vonage_token(algorithm: &str, secret: &str, claims: &Value) -> String {
    let header = json!({ "alg": algorithm, "typ": "JWT" }).to_string();
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

/// A webhook of Vonage with this body and this token.
#[must_use]
pub fn vonage_call(service: &Service, body: &str, token: &str) -> Call {
    let authorization = format!("Bearer {token}");
    let headers = [(header::CONTENT_TYPE.as_str(), "application/json"), (header::AUTHORIZATION.as_str(), authorization.as_str())];
    call(service, "vonage", &headers, body.to_owned())
}

/// A genuine webhook of Vonage.
#[must_use]
pub fn vonage_receipt(service: &Service, message: &str, status: &str) -> Call {
    let body = vonage_body(message, status);
    vonage_call(service, &body, &vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &vonage_claims(service, &body)))
}

/// What SES publishes of a mail.
#[must_use]
pub fn ses_event(message: &str, kind: &str) -> String {
    json!({
        "eventType": kind,
        "mail": { "messageId": message, "destination": ["user@example.com"], "source": "login@example.com" },
        "bounce": { "bounceType": "Permanent", "bounceSubType": "General" },
    })
    .to_string()
}

/// What SNS hands over for it.
#[must_use]
pub fn ses_notice(topic: &str, message: &str, kind: &str) -> Value {
    json!({ "Records": [{
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": format!("{topic}:1"),
        "Sns": { "Type": "Notification", "TopicArn": topic, "Message": ses_event(message, kind), "Timestamp": "2026-11-23T12:00:00.000Z" },
    }] })
}

fn call(service: &Service, provider: &str, headers: &[(&str, &str)], body: String) -> Call {
    let mut call = service.request(&format!("receipts/{provider}"), &Value::Null);
    call.headers = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), HeaderValue::from_str(value)) {
            call.headers.append(name, value);
        }
    }
    call.body = Ok(Bytes::from(body));
    call
}
