//! `Publish` to a phone number: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;

use super::{Outcome, Shared, reply};
use crate::adapters::outbox::Sent;

pub(super) const MEDIA_TYPE: &str = "text/xml";

const INVALID: &str = "InvalidParameter";

/// What a `Publish` request says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publish {
    /// The number that the text goes to.
    pub phone_number: String,
    /// The text.
    pub message: String,
    /// The message attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// A message attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// `String` or `Number`.
    pub data_type: String,
    /// Its value.
    pub value: String,
}

pub(super) fn publish(shared: &Shared, body: &[u8]) -> Outcome {
    let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    if form.get("Action").map(String::as_str) != Some("Publish") {
        return Err((StatusCode::BAD_REQUEST, "InvalidAction", "Only Publish is served here."));
    }
    let publish = read(&form)?;
    let sent = Sent {
        channel: "sms",
        to: publish.phone_number.clone(),
        subject: None,
        text: publish.message.clone(),
        html: None,
        provider: "sns",
        sent_at: shared.outbox.now().to_rfc3339(),
    };
    shared.state().last_text = Some(publish);
    shared.record(sent);
    Ok(format!(
        "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{0}</MessageId>\
         </PublishResult><ResponseMetadata><RequestId>{0}</RequestId></ResponseMetadata></PublishResponse>",
        shared.message_id()
    ))
}

fn read(form: &BTreeMap<String, String>) -> Result<Publish, (StatusCode, &'static str, &'static str)> {
    let field = |name: &str| form.get(name).filter(|value| !value.is_empty()).cloned();
    let invalid = |message| (StatusCode::BAD_REQUEST, INVALID, message);
    let phone_number = field("PhoneNumber").filter(|number| number.starts_with('+'));
    Ok(Publish {
        phone_number: phone_number.ok_or(invalid("Invalid parameter: PhoneNumber"))?,
        message: field("Message").ok_or(invalid("Invalid parameter: Empty message"))?,
        attributes: attributes(form),
    })
}

/// They come as `MessageAttributes.entry.1.Name`, `….1.Value.DataType` and `….1.Value.StringValue`.
fn attributes(form: &BTreeMap<String, String>) -> BTreeMap<String, Attribute> {
    let value = |entry: &str, field: &str| form.get(&format!("{entry}.Value.{field}")).cloned().unwrap_or_default();
    form.iter()
        .filter(|(key, _)| key.starts_with("MessageAttributes.entry."))
        .filter_map(|(key, name)| Some((key.strip_suffix(".Name")?, name)))
        .map(|(entry, name)| {
            (name.clone(), Attribute { data_type: value(entry, "DataType"), value: value(entry, "StringValue") })
        })
        .collect()
}

pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
    let body = format!(
        "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>{kind}</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>"
    );
    reply(status, MEDIA_TYPE, body)
}
