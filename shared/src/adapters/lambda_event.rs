//! What is read of an event: of API Gateway's as much as a request needs, and of a topic's what it brings.
//!
//! `lambda_http` has types of the gateway's events with every member. Most are members that nobody here reads, and the headers are
//! there twice: reading them all would be a large part of the work on a small request. A test compares the two.

use std::borrow::Cow;
use std::fmt;

use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An event of API Gateway, or something else.
pub enum Event {
    /// A REST API's, or an HTTP API's with payload format 1.0.
    Rest(Box<GatewayEvent>),
    /// An HTTP API's with payload format 2.0.
    Http(Box<GatewayEvent>),
    /// What an SNS topic brings.
    Notices(Notices),
    /// Not an event that this function is made for; why, without anything of it.
    Unknown(String),
}

/// A request as a gateway hands it over. It does not print: a code can be in it.
pub struct GatewayEvent {
    /// The gateway's id of it.
    pub request_id: Option<String>,
    /// The address that the gateway saw.
    pub source: Option<String>,
    /// The method.
    pub method: Method,
    /// The path, without the stage.
    pub path: String,
    /// The headers, cookies among them.
    pub headers: HeaderMap,
    /// The body; nothing where there is none.
    pub body: String,
    /// Whether the body is in base64.
    pub is_base64: bool,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let event = serde_json::from_str::<Shape<'_>>(text.get()).and_then(Self::of);
        // Where it does not fit, not what it says: an error's text can quote its input.
        Ok(event.unwrap_or_else(|error| Self::Unknown(format!("{:?} error at column {}", error.classify(), error.column()))))
    }
}

impl Event {
    fn of(shape: Shape<'_>) -> Result<Self, serde_json::Error> {
        if let Some(records) = shape.records {
            return serde_json::from_str(records.get()).map(Self::of_records);
        }
        if shape.version.as_deref() == Some("2.0") {
            shape.into_http().map(Box::new).map(Self::Http)
        } else {
            shape.into_rest().map(Box::new).map(Self::Rest)
        }
    }

    fn of_records(records: Vec<Record>) -> Self {
        let of_sns = records.iter().all(|record| record.source == "aws:sns");
        if of_sns && !records.is_empty() {
            Self::Notices(Notices { records })
        } else {
            Self::Unknown("no records of SNS".to_owned())
        }
    }
}

/// The members of any of them. Headers are only looked into once it is known which count.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape<'a> {
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(rename = "Records", borrow, default)]
    records: Option<&'a RawValue>,
    #[serde(default)]
    request_context: Option<Context>,
    #[serde(borrow, default)]
    http_method: Option<Cow<'a, str>>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    raw_path: Option<String>,
    #[serde(borrow, default)]
    headers: Option<&'a RawValue>,
    #[serde(borrow, default)]
    multi_value_headers: Option<&'a RawValue>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: Option<bool>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    stage: Option<String>,
    #[serde(default)]
    identity: Option<Identity>,
    #[serde(default)]
    http: Option<HttpRequest>,
}

/// Of a REST API.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    #[serde(default)]
    source_ip: Option<String>,
}

/// Of an HTTP API.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpRequest {
    method: String,
    #[serde(default)]
    source_ip: Option<String>,
}

/// Every value of every header: names that differ in case alone are one header with the values of both.
struct Headers(HeaderMap);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Headers, A::Error> {
        let mut headers = HeaderMap::new();
        while let Some((name, Values(values))) = members.next_entry::<Cow<'de, str>, Values>()? {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| A::Error::custom("no header's name"))?;
            for value in values {
                let value = HeaderValue::try_from(value).map_err(|_| A::Error::custom("no header's value"))?;
                headers.try_append(name.clone(), value).map_err(|_| A::Error::custom("too many headers"))?;
            }
        }
        Ok(Headers(headers))
    }
}

/// A header's values: one, or a list.
struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header's values")
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Values, E> {
        Ok(Values(vec![value.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

fn method(name: &str) -> Result<Method, serde_json::Error> {
    Method::from_bytes(name.as_bytes()).map_err(|_| serde_json::Error::custom("no method"))
}

impl Shape<'_> {
    fn into_rest(self) -> Result<GatewayEvent, serde_json::Error> {
        let context = self.request_context.ok_or_else(|| missing("requestContext"))?;
        // The multi-value headers hold every value; the single ones only the last of each name.
        let every = headers(self.multi_value_headers)?;
        Ok(GatewayEvent {
            request_id: context.request_id,
            source: context.identity.and_then(|identity| identity.source_ip),
            method: method(&self.http_method.ok_or_else(|| missing("httpMethod"))?)?,
            path: self.path.unwrap_or_default(),
            headers: if every.is_empty() { headers(self.headers)? } else { every },
            body: self.body.unwrap_or_default(),
            is_base64: self.is_base64_encoded.unwrap_or_default(),
        })
    }

    fn into_http(self) -> Result<GatewayEvent, serde_json::Error> {
        let context = self.request_context.ok_or_else(|| missing("requestContext"))?;
        let http = context.http.ok_or_else(|| missing("http"))?;
        Ok(GatewayEvent {
            request_id: context.request_id,
            source: http.source_ip,
            method: method(&http.method)?,
            path: without_stage(self.raw_path.as_deref(), context.stage.as_deref()),
            headers: with_cookies(headers(self.headers)?, self.cookies.unwrap_or_default()),
            body: self.body.unwrap_or_default(),
            is_base64: self.is_base64_encoded.unwrap_or_default(),
        })
    }
}

fn missing(member: &'static str) -> serde_json::Error {
    serde_json::Error::missing_field(member)
}

fn headers(text: Option<&RawValue>) -> Result<HeaderMap, serde_json::Error> {
    text.map_or_else(|| Ok(HeaderMap::new()), |text| serde_json::from_str(text.get()).map(|Headers(headers)| headers))
}

/// HTTP APIs keep cookies apart from the other headers.
fn with_cookies(mut headers: HeaderMap, cookies: Vec<String>) -> HeaderMap {
    for value in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        headers.append(COOKIE, value);
    }
    headers
}

/// HTTP APIs put a named stage before the path; REST APIs do not.
fn without_stage(path: Option<&str>, stage: Option<&str>) -> String {
    let path = path.unwrap_or_default();
    let stripped = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage)).filter(|rest| rest.starts_with('/'));
    stripped.unwrap_or(path).to_owned()
}

/// What an SNS topic brings (<https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>), as far as it matters here. Only
/// the topic itself may invoke the function with it, so its signature says nothing more.
pub struct Notices {
    pub(super) records: Vec<Record>,
}

#[derive(serde::Deserialize)]
pub(super) struct Record {
    #[serde(rename = "EventSource")]
    source: String,
    #[serde(rename = "Sns")]
    pub(super) sns: Sns,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sns {
    pub(super) topic_arn: String,
    pub(super) message: String,
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};

    use super::*;

    /// Every event of `events/` that a gateway hands over, as the library reads it and as this does.
    #[test]
    fn events_are_read_as_the_library_reads_them() {
        let mut read = 0;
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../events")).unwrap() {
            let (path, text) = file.map(|file| (file.path(), std::fs::read_to_string(file.path()).unwrap())).unwrap();
            let same = match serde_json::from_str(&text).unwrap() {
                Event::Rest(event) => is_same_rest(&event, serde_json::from_str(&text).unwrap()),
                Event::Http(event) => is_same_http(&event, serde_json::from_str(&text).unwrap()),
                Event::Notices(_) => continue,
                Event::Unknown(cause) => panic!("{}: {cause}", path.display()),
            };
            assert!(same, "{}", path.display());
            read += 1;
        }
        assert!(read > 40, "{read} events");
    }

    fn is_same_rest(ours: &GatewayEvent, theirs: ApiGatewayProxyRequest) -> bool {
        let context = theirs.request_context;
        (&ours.request_id, &ours.source) == (&context.request_id, &context.identity.source_ip)
            && (&ours.method, &ours.headers) == (&theirs.http_method, &theirs.multi_value_headers)
            && (&ours.path, &ours.body) == (&theirs.path.unwrap_or_default(), &theirs.body.unwrap_or_default())
            && ours.is_base64 == theirs.is_base64_encoded
    }

    fn is_same_http(ours: &GatewayEvent, theirs: ApiGatewayV2httpRequest) -> bool {
        let context = theirs.request_context;
        let (path, headers) = (without_stage(theirs.raw_path.as_deref(), context.stage.as_deref()), theirs.headers);
        (&ours.request_id, &ours.source) == (&context.request_id, &context.http.source_ip)
            && (&ours.method, &ours.path) == (&context.http.method, &path)
            && ours.headers == with_cookies(headers, theirs.cookies.unwrap_or_default())
            && (&ours.body, ours.is_base64) == (&theirs.body.unwrap_or_default(), theirs.is_base64_encoded)
    }

    #[test]
    fn what_does_not_fit_is_unknown_and_is_not_quoted() {
        for text in [
            "{}",
            r#"{ "httpMethod": "secret method", "requestContext": {} }"#,
            r#"{ "httpMethod": "GET", "headers": { "bad name": "secret" }, "requestContext": {} }"#,
            r#"{ "httpMethod": "GET", "headers": { "name": "secret\n" }, "requestContext": {} }"#,
            r#"{ "httpMethod": "GET", "body": { "secret": 1 }, "requestContext": {} }"#,
            r#"{ "version": "2.0", "requestContext": {} }"#,
            r#"{ "version": "2.0", "requestContext": { "http": {} } }"#,
            r#"{ "Records": [] }"#,
            r#"{ "Records": [{ "EventSource": "aws:sqs", "Sns": { "TopicArn": "secret", "Message": "secret" } }] }"#,
            r#"{ "Records": "secret" }"#,
            r#"["secret"]"#,
        ] {
            match serde_json::from_str(text).unwrap() {
                Event::Unknown(cause) => assert!(!cause.contains("secret") && !cause.is_empty(), "{cause}"),
                _ => panic!("{text}"),
            }
        }
    }

    #[test]
    fn absent_and_null_members_are_empty() {
        for text in [
            r#"{ "httpMethod": "GET", "requestContext": {} }"#,
            r#"{ "version": null, "Records": null, "httpMethod": "GET", "requestContext": { "requestId": null, "identity": null },
                 "path": null, "headers": null, "multiValueHeaders": null, "body": null, "isBase64Encoded": null }"#,
        ] {
            let Event::Rest(event) = serde_json::from_str(text).unwrap() else { panic!("{text}") };
            assert_eq!((event.request_id, event.source, event.path, event.body), (None, None, String::new(), String::new()));
            assert!(event.headers.is_empty() && !event.is_base64);
        }
    }

    #[test]
    fn the_headers_with_every_value_count_where_there_are_both() {
        let both = r#"{ "httpMethod": "GET", "requestContext": {}, "headers": { "a": "2", "b": "3" }, "multiValueHeaders": { "a": ["1", "2"] } }"#;
        let Event::Rest(event) = serde_json::from_str(both).unwrap() else { panic!("a REST event") };
        assert_eq!(event.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(event.headers.get("b"), None);
        let spellings = both.replace(r#""a": ["1", "2"]"#, r#""A": ["1"], "a": ["2"]"#);
        let Event::Rest(event) = serde_json::from_str(&spellings).unwrap() else { panic!("a REST event") };
        assert_eq!(event.headers.get_all("a").iter().collect::<Vec<_>>(), ["1", "2"]);
        let single = both.replace(r#"{ "a": ["1", "2"] }"#, "{}");
        let Event::Rest(event) = serde_json::from_str(&single).unwrap() else { panic!("a REST event") };
        assert_eq!((&event.headers["a"], &event.headers["b"]), (&"2".parse().unwrap(), &"3".parse().unwrap()));
    }

    #[test]
    fn the_path_is_without_its_stage() {
        assert_eq!(without_stage(Some("/dev/api/auth/otp/send"), Some("dev")), "/api/auth/otp/send");
        assert_eq!(without_stage(Some("/api/auth/otp/send/"), Some("prod")), "/api/auth/otp/send/");
        assert_eq!(without_stage(Some("/api/auth/otp/send"), Some("api")), "/auth/otp/send");
        assert_eq!(without_stage(Some("/apis"), Some("api")), "/apis");
        assert_eq!(without_stage(None, None), "");
    }
}
