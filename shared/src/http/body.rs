//! Reads a JSON body field by field, so that every fault is named and nothing is guessed.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::problem::{FieldError, Problem, ProblemCode};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::{Channel, InvalidRecipient, Recipient};
use crate::messages::Key;

/// The body of every request. Unknown fields are ignored; a known one that comes twice is an error.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Body {
    identifier: Field,
    r#type: Field,
    purpose: Field,
    locale: Field,
    challenge_id: Field,
    #[serde(alias = "code")]
    otp_code: Field,
    refresh_token: Field,
}

/// The fields that a request was read from, and the faults found on the way.
pub(super) struct Fields {
    body: Body,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Parses the body.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        // A derived struct would read an array too, field by field.
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        let body = is_object.then(|| serde_json::from_slice(bytes).ok()).flatten();
        let body = body.ok_or_else(|| Problem::invalid_request(Key::BodyNotJson))?;
        Ok(Self { body, errors: Vec::new() })
    }

    /// The recipient and the purpose, which both routes take.
    pub(super) fn recipient(&mut self) -> (Option<Result<Recipient, InvalidRecipient>>, Purpose) {
        let identifier = self.required(|body| &mut body.identifier, "identifier");
        let stated = self.choice(|body| &mut body.r#type, "type", Channel::parse, Key::FieldType);
        let purpose = self.choice(|body| &mut body.purpose, "purpose", Purpose::parse, Key::FieldPurpose);
        (identifier.map(|text| Recipient::parse(&text, stated)), purpose.unwrap_or_default())
    }

    /// With an access token, a verification purpose must be that of the identifier's kind: the identifier is to be linked.
    pub(super) fn check_link(&mut self, recipient: Option<&Result<Recipient, InvalidRecipient>>, purpose: Purpose) {
        if let (Some(Ok(recipient)), Some(channel)) = (recipient, purpose.verifies())
            && recipient.channel() != channel
        {
            self.fault("purpose", Key::FieldLink);
        }
    }

    /// The wished-for language.
    pub(super) fn locale(&mut self) -> Option<String> {
        self.optional(|body| &mut body.locale, "locale")
    }

    /// The challenge's token; an empty one is none.
    pub(super) fn challenge_id(&mut self) -> Option<String> {
        self.optional(|body| &mut body.challenge_id, "challenge_id").filter(|token| !token.is_empty())
    }

    /// The typed code. A number is refused, because it loses leading zeros.
    pub(super) fn otp_code(&mut self) -> Option<String> {
        self.required(|body| &mut body.otp_code, "otp_code")
    }

    /// The refresh token.
    pub(super) fn refresh_token(&mut self) -> Option<String> {
        self.required(|body| &mut body.refresh_token, "refresh_token")
    }

    /// The value that was read, if no field had a fault.
    pub(super) fn finish_with<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(Problem::invalid_fields(self.errors)),
        }
    }

    /// Adds a fault found outside.
    pub(super) fn fault(&mut self, field: &'static str, message: Key) {
        self.errors.push(FieldError { field, message });
    }

    /// The recipient, if no field had a fault.
    pub(super) fn finish(self, recipient: Option<Result<Recipient, InvalidRecipient>>) -> Result<Recipient, Problem> {
        match recipient {
            Some(recipient) if self.errors.is_empty() => {
                recipient.map_err(|error| Problem::new(ProblemCode::InvalidIdentifier).because(sentence(error)))
            }
            _ => Err(Problem::invalid_fields(self.errors)),
        }
    }

    fn required(&mut self, field: impl Fn(&mut Body) -> &mut Field, name: &'static str) -> Option<String> {
        match std::mem::take(field(&mut self.body)) {
            Field::Text(text) => return Some(text),
            Field::Absent => self.fault(name, Key::FieldRequired),
            Field::Other => self.fault(name, Key::FieldNotText),
        }
        None
    }

    fn optional(&mut self, field: impl Fn(&mut Body) -> &mut Field, name: &'static str) -> Option<String> {
        match std::mem::take(field(&mut self.body)) {
            Field::Text(text) => return Some(text),
            Field::Absent => {}
            Field::Other => self.fault(name, Key::FieldNotText),
        }
        None
    }

    fn choice<T>(
        &mut self,
        field: impl Fn(&mut Body) -> &mut Field,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        message: Key,
    ) -> Option<T> {
        let text = self.optional(field, name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, message);
        }
        parsed
    }
}

const fn sentence(error: InvalidRecipient) -> Key {
    match error {
        InvalidRecipient::Phone => Key::IdentifierPhone,
        InvalidRecipient::Extension => Key::IdentifierExtension,
        InvalidRecipient::Email => Key::IdentifierEmail,
        InvalidRecipient::Contradiction => Key::IdentifierContradiction,
    }
}

/// A field's value, as far as the contract cares: all its fields are strings.
#[derive(Default)]
enum Field {
    #[default]
    Absent,
    Text(String),
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        Ok(Field::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Field, E> {
        Ok(Field::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}
