//! Texts through Twilio's Messages resource: a form in, JSON out.
//!
//! <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource>, and for the codes
//! <https://www.twilio.com/docs/api/errors>.

use std::sync::Arc;

use async_trait::async_trait;
use form_urlencoded::Serializer;
use zeroize::Zeroizing;

use super::feedback::Told;
use super::receipts::twilio::is_sid;
use super::web::{self, Post, Reply, Web};
use crate::config::{TwilioFrom, TwilioSettings};
use crate::domain::provider_secrets::{ProviderSecrets, field};
use crate::ports::keys::KeySource;
use crate::ports::sender::{Content, Delivery, Message, RefusalClass, Sender};

const PROVIDER: &str = "twilio";

/// Where Twilio is.
pub const ENDPOINT: &str = "https://api.twilio.com";

/// A text that has waited for longer is of no use: no code lives longer than ten minutes.
const VALID_SECONDS: &str = "600";

/// Sends texts through Twilio.
pub struct TwilioSender {
    web: Web,
    url: String,
    settings: TwilioSettings,
    keys: Arc<dyn KeySource>,
    feedback: bool,
}

impl TwilioSender {
    /// At `endpoint`, with the secrets that `keys` has at the time of each text.
    #[must_use]
    pub fn new(web: Web, endpoint: &str, settings: TwilioSettings, keys: Arc<dyn KeySource>) -> Self {
        let url = format!("{endpoint}/2010-04-01/Accounts/{}/Messages.json", settings.account_sid);
        Self { web, url, settings, keys, feedback: false }
    }

    /// With each text marked as one whose recipient does something with it that Twilio will hear of.
    #[must_use]
    pub const fn with_feedback(mut self, wanted: bool) -> Self {
        self.feedback = wanted;
        self
    }

    fn form(&self, to: &str, text: &str, receipts: Option<&str>) -> Zeroizing<String> {
        let from = match &self.settings.from {
            TwilioFrom::Sender(sender) => ("From", sender),
            TwilioFrom::Service(service) => ("MessagingServiceSid", service),
        };
        let mut form = Serializer::new(String::new());
        form.append_pair("To", to)
            .append_pair(from.0, from.1)
            .append_pair("Body", text)
            .append_pair("ValidityPeriod", VALID_SECONDS);
        if let Some(url) = receipts {
            form.append_pair("StatusCallback", url);
        }
        if self.feedback {
            form.append_pair("ProvideFeedback", "true");
        }
        Zeroizing::new(form.finish())
    }
}

/// Has the vault what Twilio asks for?
#[must_use]
pub fn has_secrets(secrets: &ProviderSecrets) -> bool {
    credentials(secrets, "").is_some()
}

#[async_trait]
impl Sender for TwilioSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Content::Sms(text) = &message.content else { return web::refused(PROVIDER, RefusalClass::Invalid, "NotAText") };
        let ring = self.keys.ring();
        let secrets = ring.provider_secrets();
        let Some(authorization) = credentials(secrets, &self.settings.account_sid) else {
            return web::refused(PROVIDER, RefusalClass::Credentials, "NoSecret");
        };
        // What could not be checked is not asked for: callbacks are signed with the account's token, whatever the key.
        let receipts = self.settings.receipts.as_deref().filter(|_| secrets.get(field::TWILIO_AUTH_TOKEN).is_some());
        let post = Post {
            provider: PROVIDER,
            url: &self.url,
            media_type: "application/x-www-form-urlencoded",
            authorization: Some(authorization),
            body: self.form(message.to.canonical(), text, receipts),
        };
        self.web.post(post).await.map_or_else(|outcome| outcome, |reply| outcome(&reply))
    }
}

/// What says that a message did what it was for. None without credentials, or for an id that is none: it becomes part of the URL.
pub(super) fn feedback(endpoint: Option<&str>, account: &str, message: &str, secrets: &ProviderSecrets) -> Option<Told> {
    let path = is_sid(message).then(|| format!("/2010-04-01/Accounts/{account}/Messages/{message}/Feedback.json"))?;
    Some(Told {
        url: endpoint.unwrap_or(ENDPOINT).to_owned() + &path,
        authorization: Some(credentials(secrets, account)?),
        form: Zeroizing::new("Outcome=confirmed".to_owned()),
    })
}

/// An API key where there is one, else the account's own token.
fn credentials(secrets: &ProviderSecrets, account: &str) -> Option<Zeroizing<String>> {
    let key = secrets.get(field::TWILIO_API_KEY).zip(secrets.get(field::TWILIO_API_KEY_SECRET));
    match key {
        Some((key, secret)) => Some(web::basic(key, secret)),
        None => secrets.get(field::TWILIO_AUTH_TOKEN).map(|token| web::basic(account, token)),
    }
}

#[derive(serde::Deserialize)]
struct Created<'a> {
    sid: &'a str,
}

#[derive(serde::Deserialize)]
struct Fault {
    code: u32,
}

fn outcome(reply: &Reply) -> Delivery {
    if (200..300).contains(&reply.status) {
        let created = reply.json::<Created<'_>>().and_then(|created| web::accepted(PROVIDER, created.sid));
        return created.unwrap_or_else(|| web::ambiguous(PROVIDER, "unreadable reply"));
    }
    match reply.json::<Fault>().filter(|_| (400..500).contains(&reply.status) && reply.status != 408) {
        Some(Fault { code }) => web::refused(PROVIDER, class_of(code, reply.status), &code.to_string()),
        None => reply.outcome(PROVIDER),
    }
}

/// Codes of the Messages resource. One that is not listed goes by its status.
const fn class_of(code: u32, status: u16) -> RefusalClass {
    match (code, status) {
        (21_211 | 21_214 | 21_217 | 21_265 | 21_266 | 21_268 | 21_614 | 21_635, _) => RefusalClass::BadRecipient,
        (21_610, _) => RefusalClass::OptedOut,
        (21_408, _) => RefusalClass::BlockedCountry,
        (20_003 | 20_404, _) => RefusalClass::Credentials,
        (
            10_001 | 20_005 | 21_212 | 21_267 | 21_601 | 21_603 | 21_606 | 21_608 | 21_659..=21_661 | 21_701..=21_705 | 30_002,
            _,
        ) => RefusalClass::Account,
        (14_107 | 20_429 | 21_611 | 30_001, _) => RefusalClass::Rate,
        (21_612 | 30_004 | 30_007 | 30_034, _) => RefusalClass::Policy,
        (_, 401 | 403) => RefusalClass::Credentials,
        (_, 402) => RefusalClass::Funds,
        (_, 429) => RefusalClass::Rate,
        _ => RefusalClass::Invalid,
    }
}
