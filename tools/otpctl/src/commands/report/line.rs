//! One line of the log, as `docs/logs.md` describes it. Whoever can write to the log has written it: nothing of it is trusted.

use otp_auth::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::render::time;

/// An event of an export holds the line, which is an event again where it was forwarded.
const NESTED: u8 = 2;

/// What a text in a log is.
#[derive(Debug)]
pub enum Kind {
    /// The line of a request, or of a receipt.
    Ours(Box<Line>),
    /// Something else that the service says.
    Remark,
    /// Another program's.
    Foreign,
    /// Half a line, or one of ours whose fields are out of shape.
    Unreadable,
}

/// A line of ours: names and numbers, and nothing of a person. What is not known is empty or absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Line {
    timestamp: String,
    message: String,
    target: String,
    /// When it was written, in milliseconds since 1970.
    #[serde(skip)]
    pub time: u64,
    /// The route of a request.
    pub route: String,
    /// The audit event.
    pub event: String,
    /// The HTTP status of a request.
    pub status: Option<u16>,
    /// `ok`, or the code of the problem.
    pub code: String,
    /// `sms` or `email`.
    pub channel: String,
    /// What the code is for.
    pub purpose: String,
    /// The country of a number.
    pub country: String,
    /// What became of the message.
    pub delivery: String,
    /// Who took it, or did not.
    pub provider: String,
    /// The internal cause of a failure.
    pub cause: String,
    /// Why the send was refused, for machines.
    pub reason: String,
    /// What a guard that only watches would have refused it for.
    pub would_refuse: String,
    /// Every provider that was asked, and what came of it, where there were several.
    pub tried: String,
    /// `created` or `linked`.
    pub user: String,
    /// How long the request took.
    pub duration_ms: Option<f64>,
    /// Time in requests to the table.
    pub table_ms: Option<f64>,
    /// Time until the providers' answers.
    pub provider_ms: Option<f64>,
    /// From the code's message to its return.
    pub time_to_verify_s: Option<f64>,
    /// The level that an identifier's failures have reached by this request.
    pub level_raised: Option<f64>,
}

impl Kind {
    /// Of a line, of a line behind what a tool puts before it, or of an event that holds a line.
    pub fn of(text: &str) -> Self {
        Self::within(text, NESTED)
    }

    fn within(text: &str, nested: u8) -> Self {
        let Some(object) = text.find('{').and_then(|start| text.get(start..)) else { return Self::Foreign };
        match serde_json::from_str::<Line>(object) {
            Ok(line) if line.is_ours() => line.dated(),
            Ok(line) if line.target.starts_with("otp_auth") => Self::Remark,
            _ => Self::of_another_shape(object, nested),
        }
    }

    fn of_another_shape(object: &str, nested: u8) -> Self {
        let Ok(shape) = serde_json::from_str::<Shape<'_>>(object) else {
            // What a log's line begins with, and not just a brace in somebody's sentence.
            return if object.starts_with("{\"") { Self::Unreadable } else { Self::Foreign };
        };
        if shape.claims_to_be_ours() {
            return Self::Unreadable;
        }
        match shape.message.or(shape.insights).and_then(held) {
            Some(message) if nested > 0 && message.contains('{') => Self::within(&message, nested - 1),
            _ => Self::Foreign,
        }
    }
}

/// What tells an event of an export, and a line of ours that is out of shape.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow)]
    target: Option<&'a RawValue>,
    #[serde(borrow)]
    route: Option<&'a RawValue>,
    #[serde(borrow)]
    duration_ms: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow, rename = "@message")]
    insights: Option<&'a RawValue>,
}

impl Shape<'_> {
    fn claims_to_be_ours(&self) -> bool {
        let target = self.target.is_some_and(|target| target.get().starts_with("\"otp_auth"));
        target || (self.route.is_some() && self.duration_ms.is_some())
    }
}

/// The text in a string, or that of an object.
fn held(message: &RawValue) -> Option<String> {
    let text = message.get();
    if text.starts_with('"') { serde_json::from_str(text).ok() } else { Some(text.to_owned()) }
}

impl Line {
    fn is_ours(&self) -> bool {
        let request = self.message == "request" && !self.event.is_empty() && self.status.is_some();
        request || self.is_receipt()
    }

    /// A provider's word on what became of a message.
    pub fn is_receipt(&self) -> bool {
        ["delivery.confirmed", "delivery.failed", "receipt.rejected"].contains(&self.event.as_str())
    }

    /// A request that somebody made of the service: no preflight, and on a path that there is.
    pub fn is_request(&self) -> bool {
        self.status.is_some() && self.event != "request.preflight" && self.route != "none"
    }

    /// Our fault, or that of somebody behind us. A limit, the guard and an operator's stop are nobody's fault.
    pub fn is_fault(&self) -> bool {
        self.status.is_some_and(|status| status >= 500) && self.event != "otp.send_refused"
    }

    fn dated(mut self) -> Kind {
        let Some(written) = time::parse(&self.timestamp) else { return Kind::Unreadable };
        self.time = Timestamp::as_millis(written);
        Kind::Ours(Box::new(self))
    }
}

/// A measurement as a whole number; none of what cannot be one.
pub fn whole(value: Option<f64>) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and it stops at the largest number"
    )]
    value.filter(|value| *value >= 0.0).map(|value| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"timestamp":"2026-11-23T12:00:00.123Z","level":"INFO","request_id":"r","route":"send","event":"otp.sent","status":200,"code":"ok","channel":"sms","duration_ms":12,"message":"request","target":"otp_auth::http::record","_aws":{"Timestamp":1},"Route":"send"}"#;

    fn kind(text: &str) -> &'static str {
        match Kind::of(text) {
            Kind::Ours(_) => "ours",
            Kind::Remark => "remark",
            Kind::Foreign => "foreign",
            Kind::Unreadable => "unreadable",
        }
    }

    #[test]
    fn a_line_is_found_wherever_it_stands() {
        let text = serde_json::Value::from(LINE);
        for line in [
            LINE.to_owned(),
            format!("2026-11-23T12:00:00.123000+00:00 2026/11/23/[$LATEST]aa {LINE}"),
            format!("send-otp-1  | {LINE}"),
            format!(r#"{{"timestamp":1795435200123,"message":{text},"eventId":"1"}}"#),
            format!(r#"{{"@timestamp":"2026-11-23","@message":{text}}}"#),
            format!(r#"{{"@message":{LINE}}}"#),
        ] {
            let Kind::Ours(line) = Kind::of(&line) else { panic!("{line}") };
            assert_eq!((line.time, line.route.as_str(), line.status), (1_795_435_200_123, "send", Some(200)));
        }
    }

    #[test]
    fn what_others_say_is_told_apart() {
        for foreign in [
            "START RequestId: 8f5 Version: $LATEST",
            r#"{"time":"2026-11-23T12:00:00Z","type":"platform.report","record":{"requestId":"r"}}"#,
            r#"{"level":30,"message":{"a":1},"status":"fine"}"#,
            r#"{"route":"/","status":200,"message":"request"}"#,
            "a {brace} in a sentence",
            "",
            "7",
        ] {
            assert_eq!(kind(foreign), "foreign", "{foreign}");
        }
        assert_eq!(kind(r#"{"timestamp":"x","message":"panic","target":"otp_auth::telemetry"}"#), "remark");
    }

    #[test]
    fn half_a_line_and_fields_out_of_shape_are_not_guessed_at() {
        assert_eq!(kind(&LINE[..LINE.len() / 2]), "unreadable");
        for (from, to) in
            [("200", "\"200\""), ("200", "99999999"), ("2026-11-23T", "yesterday "), ("12,", "1e999,"), ("\"send\"", "null")]
        {
            assert_eq!(kind(&LINE.replacen(from, to, 1)), "unreadable", "{to}");
        }
    }

    #[test]
    fn a_number_that_cannot_be_is_none_or_the_largest() {
        let whole = [Some(-1.0), Some(f64::NAN), Some(1.5), Some(1e300), None].map(whole);
        assert_eq!(whole, [None, None, Some(2), Some(u64::MAX), None]);
    }
}
