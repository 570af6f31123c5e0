//! `SendEmail` of API version 2: <https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html>.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::{Outcome, Shared, reply};
use crate::adapters::outbox::Sent;

pub(super) const PATH: &str = "/v2/email/outbound-emails";
pub(super) const MEDIA_TYPE: &str = "application/json";

/// What a `SendEmail` request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendEmail {
    /// Where the mail comes from.
    pub from: String,
    /// Whom it goes to.
    pub to: Vec<String>,
    /// The configuration set it goes under.
    pub configuration_set: Option<String>,
    /// Its subject.
    pub subject: Part,
    /// Its text part.
    pub text: Option<Part>,
    /// Its HTML part.
    pub html: Option<Part>,
    /// Its further headers.
    pub headers: Vec<Header>,
}

/// A header of a mail.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A subject, a text or an HTML part.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Part {
    /// What it says.
    pub data: String,
    /// In which character set it is to travel.
    pub charset: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    from_email_address: String,
    destination: Destination,
    content: Content,
    configuration_set_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Destination {
    to_addresses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    simple: Simple,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Simple {
    subject: Part,
    body: Parts,
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parts {
    text: Option<Part>,
    html: Option<Part>,
}

impl From<Body> for SendEmail {
    fn from(body: Body) -> Self {
        let Simple { subject, body: Parts { text, html }, headers } = body.content.simple;
        let (to, configuration_set) = (body.destination.to_addresses, body.configuration_set_name);
        Self { from: body.from_email_address, to, configuration_set, subject, text, html, headers }
    }
}

pub(super) fn send_email(shared: &Shared, body: &[u8]) -> Outcome {
    let refused = |message| (StatusCode::BAD_REQUEST, "BadRequestException", message);
    let mail: SendEmail = serde_json::from_slice::<Body>(body).map_err(|_| refused("The mail cannot be read."))?.into();
    let [to] = mail.to.as_slice() else { return Err(refused("One recipient is served here.")) };
    let sent = Sent {
        channel: "email",
        to: to.clone(),
        subject: Some(mail.subject.data.clone()),
        text: mail.text.clone().map(|part| part.data).unwrap_or_default(),
        html: mail.html.clone().map(|part| part.data),
        provider: "ses",
        sent_at: shared.outbox.now().to_rfc3339(),
    };
    shared.state().last_mail = Some(mail);
    shared.record(sent);
    Ok(json!({ "MessageId": shared.message_id() }).to_string())
}

pub(super) fn error(status: StatusCode, code: &'static str, message: &str) -> Response {
    let mut response = reply(status, MEDIA_TYPE, json!({ "message": message }).to_string());
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response
}
