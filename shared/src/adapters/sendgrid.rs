//! Mail through SendGrid's web API: JSON in, 202 and an id in a header out.
//!
//! <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>, and for the codes
//! <https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors>.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderName;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::web::{self, Post, Reply, Web};
use crate::domain::provider_secrets::field;
use crate::ports::keys::KeySource;
use crate::ports::sender::{Content, Delivery, MAIL_HEADERS, Message, RefusalClass, SENDGRID as PROVIDER, Sender};

/// Where SendGrid is.
pub const ENDPOINT: &str = "https://api.sendgrid.com";

/// The id of a mail in SendGrid's own records.
const MESSAGE_ID: HeaderName = HeaderName::from_static("x-message-id");

/// Sends mail through SendGrid.
pub struct SendGridSender {
    web: Web,
    url: String,
    from: Value,
    keys: Arc<dyn KeySource>,
}

impl SendGridSender {
    /// At `endpoint`, from an address or `Name <address>`, with the key that `keys` has at the time of each mail.
    #[must_use]
    pub fn new(web: Web, endpoint: &str, from: &str, keys: Arc<dyn KeySource>) -> Self {
        let from = match from.strip_suffix('>').and_then(|from| from.split_once('<')) {
            Some((name, address)) => json!({ "email": address, "name": name.trim().trim_matches('"') }),
            None => json!({ "email": from }),
        };
        Self { web, url: format!("{endpoint}/v3/mail/send"), from, keys }
    }

    fn body(&self, to: &str, content: &Content) -> Option<Zeroizing<String>> {
        let Content::Email { subject, text, html } = content else { return None };
        let body = json!({
            "personalizations": [{ "to": [{ "email": to }] }],
            "from": self.from,
            "subject": subject.as_str(),
            "content": [
                { "type": "text/plain", "value": text.as_str() },
                { "type": "text/html", "value": html.as_str() },
            ],
            "headers": BTreeMap::from(MAIL_HEADERS),
            "tracking_settings": {
                "click_tracking": { "enable": false, "enable_text": false },
                "open_tracking": { "enable": false },
                "subscription_tracking": { "enable": false },
            },
        });
        Some(Zeroizing::new(body.to_string()))
    }
}

#[async_trait]
impl Sender for SendGridSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Some(body) = self.body(message.to.canonical(), &message.content) else {
            return web::refused(PROVIDER, RefusalClass::Invalid, "NotAMail");
        };
        let ring = self.keys.ring();
        let Some(key) = ring.provider_secrets().get(field::SENDGRID_API_KEY) else {
            return web::refused(PROVIDER, RefusalClass::Credentials, "NoSecret");
        };
        let authorization = Some(Zeroizing::new(format!("Bearer {}", key.as_str())));
        let post = Post { provider: PROVIDER, url: &self.url, media_type: "application/json", authorization, body };
        self.web.post(post).await.map_or_else(|outcome| outcome, |reply| outcome(&reply))
    }
}

#[derive(serde::Deserialize)]
struct Faults {
    errors: Vec<Fault>,
}

#[derive(serde::Deserialize)]
struct Fault {
    message: String,
}

/// SendGrid has sentences, not codes. Only the status gets on: a sentence could quote the mail.
fn outcome(reply: &Reply) -> Delivery {
    if reply.status == 202 {
        let id = reply.header(&MESSAGE_ID).and_then(|id| web::accepted(PROVIDER, id));
        return id.unwrap_or_else(|| web::ambiguous(PROVIDER, "unreadable reply"));
    }
    let said = |sentence: &str| {
        let faults = reply.json::<Faults>();
        faults.is_some_and(|faults| faults.errors.iter().any(|fault| fault.message.contains(sentence)))
    };
    match reply.status {
        401 | 403 if said("Maximum credits exceeded") => web::refused(PROVIDER, RefusalClass::Funds, "MaximumCreditsExceeded"),
        403 if said("verified Sender Identity") => web::refused(PROVIDER, RefusalClass::Account, "UnverifiedSender"),
        _ => reply.outcome(PROVIDER),
    }
}
