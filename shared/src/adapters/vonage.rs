//! Texts through Vonage: its Messages API, or the older SMS API.
//!
//! | | request | reply | codes |
//! |---|---|---|---|
//! | Messages | <https://developer.vonage.com/en/api/messages> | 202 and an id, or a problem | <https://developer.vonage.com/en/api-errors/messages> |
//! | SMS | <https://developer.vonage.com/en/api/sms> | 200 and a status for each part | <https://developer.vonage.com/en/api-errors/sms> |

use std::sync::Arc;

use async_trait::async_trait;
use form_urlencoded::Serializer;
use serde_json::json;
use zeroize::Zeroizing;

use super::feedback::Told;
use super::web::{self, Post, Reply, Web};
use crate::config::{VonageApi, VonageSettings};
use crate::domain::provider_secrets::{ProviderSecrets, field};
use crate::domain::segment::{Alphabet, Size};
use crate::ports::keys::KeySource;
use crate::ports::sender::{Content, Delivery, Message, RefusalClass, Sender};

const PROVIDER: &str = "vonage";

/// Where the Messages API is.
pub const MESSAGES_ENDPOINT: &str = "https://api.nexmo.com";
/// Where the SMS API is.
pub const SMS_ENDPOINT: &str = "https://rest.nexmo.com";

/// A text that has waited for longer is of no use: no code lives longer than ten minutes.
const VALID_SECONDS: u32 = 600;

/// Sends texts through Vonage.
pub struct VonageSender {
    web: Web,
    url: String,
    settings: VonageSettings,
    keys: Arc<dyn KeySource>,
}

impl VonageSender {
    /// At `endpoint`, or at Vonage's own, with the secret that `keys` has at the time of each text.
    #[must_use]
    pub fn new(web: Web, endpoint: Option<&str>, settings: VonageSettings, keys: Arc<dyn KeySource>) -> Self {
        let url = match settings.api {
            VonageApi::Messages => format!("{}/v1/messages", endpoint.unwrap_or(MESSAGES_ENDPOINT)),
            VonageApi::Sms => format!("{}/sms/json", endpoint.unwrap_or(SMS_ENDPOINT)),
        };
        Self { web, url, settings, keys }
    }

    fn post(&self, to: &str, text: &str, secrets: &Secrets<'_>) -> Post<'_> {
        let (media_type, body) = match self.settings.api {
            VonageApi::Messages => ("application/json", self.message(to, text, secrets.signs)),
            VonageApi::Sms => ("application/x-www-form-urlencoded", self.form(to, text)),
        };
        let authorization = Some(web::basic(&self.settings.api_key, secrets.api));
        Post { provider: PROVIDER, url: &self.url, media_type, authorization, body }
    }

    fn message(&self, to: &str, text: &str, signs: bool) -> Zeroizing<String> {
        let mut body = json!({
            "message_type": "text", "channel": "sms", "to": to, "from": self.settings.sender, "text": text, "ttl": VALID_SECONDS,
        });
        // What could not be checked is not asked for.
        if let (Some(url), true, Some(fields)) = (&self.settings.receipts, signs, body.as_object_mut()) {
            fields.insert("webhook_url".to_owned(), url.as_str().into());
            fields.insert("webhook_version".to_owned(), "v1".into());
        }
        Zeroizing::new(body.to_string())
    }

    fn form(&self, to: &str, text: &str) -> Zeroizing<String> {
        let mut form = Serializer::new(String::new());
        form.append_pair("from", &self.settings.sender).append_pair("to", to).append_pair("text", text);
        form.append_pair("type", encoding(text));
        form.append_pair("ttl", &format!("{VALID_SECONDS}000"));
        Zeroizing::new(form.finish())
    }
}

/// What the SMS API is told of the alphabet. As `unicode`, a text of the GSM alphabet would be billed as two messages; as `text`,
/// any other loses letters: <https://developer.vonage.com/messaging/sms/guides/concatenation-and-encoding>. The Messages API
/// finds out by itself.
fn encoding(text: &str) -> &'static str {
    match Size::of(text).alphabet {
        Alphabet::Gsm7 => "text",
        Alphabet::Ucs2 => "unicode",
    }
}

/// What says that a message did what it was for. None without the account's secret. The time of it is when it arrives.
pub(super) fn conversion(endpoint: Option<&str>, account: &str, message: &str, secrets: &ProviderSecrets) -> Option<Told> {
    let secret = secrets.get(field::VONAGE_API_SECRET)?;
    let mut form = Serializer::new(String::new());
    form.append_pair("message-id", message).append_pair("delivered", "true");
    form.append_pair("api_key", account).append_pair("api_secret", secret);
    let url = format!("{}/conversions/sms", endpoint.unwrap_or(MESSAGES_ENDPOINT));
    Some(Told { url, authorization: None, form: Zeroizing::new(form.finish()) })
}

/// What a request needs of the vault: the account's secret, and whether its webhooks can be checked.
struct Secrets<'a> {
    api: &'a str,
    signs: bool,
}

#[async_trait]
impl Sender for VonageSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Content::Sms(text) = &message.content else { return web::refused(PROVIDER, RefusalClass::Invalid, "NotAText") };
        let ring = self.keys.ring();
        let Some(secret) = ring.provider_secrets().get(field::VONAGE_API_SECRET) else {
            return web::refused(PROVIDER, RefusalClass::Credentials, "NoSecret");
        };
        // Digits alone: the country code without its plus.
        let to = message.to.canonical().trim_start_matches('+');
        let secrets = Secrets { api: secret, signs: ring.provider_secrets().get(field::VONAGE_SIGNATURE_SECRET).is_some() };
        match (self.web.post(self.post(to, text, &secrets)).await, self.settings.api) {
            (Err(outcome), _) => outcome,
            (Ok(reply), VonageApi::Messages) => of_messages(&reply),
            (Ok(reply), VonageApi::Sms) => of_sms(&reply),
        }
    }
}

#[derive(serde::Deserialize)]
struct Created<'a> {
    message_uuid: &'a str,
}

#[derive(serde::Deserialize)]
struct Problem<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

fn of_messages(reply: &Reply) -> Delivery {
    if (200..300).contains(&reply.status) {
        let created = reply.json::<Created<'_>>().and_then(|created| web::accepted(PROVIDER, created.message_uuid));
        return created.unwrap_or_else(|| web::ambiguous(PROVIDER, "unreadable reply"));
    }
    let by_status = reply.outcome(PROVIDER);
    let Delivery::Refused { reason, .. } = &by_status else { return by_status };
    let Some(problem) = reply.json::<Problem<'_>>() else { return by_status };
    // The name of the error is what follows the last # or / of its type.
    let name = problem.kind.rsplit(['#', '/']).next().unwrap_or_default();
    if name.is_empty() || name.len() > 32 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return by_status;
    }
    web::refused(PROVIDER, class_of_problem(name).unwrap_or(reason.class), name)
}

fn class_of_problem(name: &str) -> Option<RefusalClass> {
    Some(match name {
        "1000" | "throttled" => RefusalClass::Rate,
        "1040" | "1170" | "1240" => RefusalClass::BadRecipient,
        "1050" => RefusalClass::OptedOut,
        "1060" | "1080" | "1120" | "1140" | "1160" | "account-suspended" | "unprovisioned" => RefusalClass::Account,
        "1070" | "low-balance" => RefusalClass::Funds,
        "1210" => RefusalClass::Policy,
        "unauthorized" | "forbidden" | "invalid-api-key" | "invalid-signature" | "jwt-expired" | "jwt-revoked" => {
            RefusalClass::Credentials
        }
        _ => return None,
    })
}

#[derive(serde::Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    messages: Vec<Part<'a>>,
}

#[derive(serde::Deserialize)]
struct Part<'a> {
    status: &'a str,
    #[serde(rename = "message-id", default)]
    id: &'a str,
}

/// A text that was cut in parts has a status for each. One that was taken is enough: nothing may be sent again.
fn of_sms(reply: &Reply) -> Delivery {
    if reply.status != 200 {
        return reply.outcome(PROVIDER);
    }
    let Some(Parts { messages }) = reply.json::<Parts<'_>>() else { return web::ambiguous(PROVIDER, "unreadable reply") };
    if messages.iter().all(|part| part.status == "0") {
        let first = messages.first().and_then(|part| web::accepted(PROVIDER, part.id));
        return first.unwrap_or_else(|| web::ambiguous(PROVIDER, "unreadable reply"));
    }
    let taken_in_part = messages.iter().any(|part| part.status == "0");
    match messages.iter().find(|part| part.status != "0").map(|part| (part.status, class_of_status(part.status))) {
        Some((status, Some(class))) if !taken_in_part => web::refused(PROVIDER, class, status),
        Some((status, None)) if status.len() <= 4 => web::ambiguous(PROVIDER, &format!("status {status}")),
        _ => web::ambiguous(PROVIDER, "taken in part"),
    }
}

/// Statuses of the SMS API; none for those that do not say that nothing was sent (5 is an internal error).
fn class_of_status(status: &str) -> Option<RefusalClass> {
    Some(match status {
        "1" | "10" => RefusalClass::Rate,
        "2" | "3" | "12" | "22" | "23" => RefusalClass::Invalid,
        "4" | "14" | "32" => RefusalClass::Credentials,
        "6" | "33" => RefusalClass::BadRecipient,
        "7" => RefusalClass::OptedOut,
        "8" | "11" | "15" | "29" => RefusalClass::Account,
        "9" => RefusalClass::Funds,
        _ => return None,
    })
}
