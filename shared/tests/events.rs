//! Every event of `events/`, replayed through the Lambda adapter: the whole reply is a snapshot. A notice of a topic has none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use lambda_http::Context;
use otp_auth::adapters::lambda::{Event, answer};
use otp_auth::domain::session::{SessionPolicy, Transport};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events"))
}

fn context(service: &Service) -> Context {
    let mut context = Context::default();
    context.request_id = "invocation-id".to_owned();
    context.deadline = service.now().as_millis() + 10_000;
    context
}

async fn replay(service: &Service, event: &str) -> Value {
    let event: Event = serde_json::from_str(event).unwrap();
    let mut reply = serde_json::to_value(answer(&service.api, event, &context(service)).await.unwrap()).unwrap();
    if reply.is_null() {
        return reply;
    }
    let body = reply["body"].as_str().unwrap_or_default().to_owned();
    reply["body"] = serde_json::from_str(&body).unwrap_or(Value::String(body));
    reply
}

/// What has to have happened before an event makes sense: `verify` needs a code, `resend` a challenge a minute ago.
async fn prepare(service: &Service, name: &str) -> (String, String) {
    let identifier = if name.contains("email") { "user@example.com" } else { "+12345678901" };
    let needs_challenge = name.starts_with("verify") || name.contains("resend");
    if !needs_challenge {
        return Default::default();
    }
    let sent = service.post("send", &json!({ "identifier": identifier })).await;
    if name.contains("resend") {
        service.advance(60);
    }
    (sent.body["challenge_id"].as_str().unwrap().to_owned(), service.last_code())
}

/// The access token of a signed-in user, who adds an email address; and the code for that, if the event gives one.
async fn adding(service: &Service, name: &str) -> (String, String) {
    service.post("send", &json!({ "identifier": "+12345678901" })).await;
    let code = json!({ "identifier": "+12345678901", "otp_code": service.last_code() });
    let signed_in = service.post("verify", &code).await;
    if name.starts_with("verify") {
        let purpose = json!({ "identifier": "user@example.com", "purpose": "email_verification" });
        service.post("send", &purpose).await;
    }
    (signed_in.body["access_token"].as_str().unwrap().to_owned(), service.last_code())
}

/// A session's token, as a body or a cookie brought it.
async fn session(service: &Service) -> String {
    let sent = service.post("send", &json!({ "identifier": "+12345678901" })).await;
    let code =
        json!({ "identifier": "+12345678901", "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    let reply = service.post("verify", &code).await;
    let cookie = reply.headers.get("set-cookie").and_then(|cookie| cookie.to_str().unwrap().split(['=', ';']).nth(1));
    reply.body["refresh_token"].as_str().or(cookie).unwrap().to_owned()
}

/// Sessions are on for their own events, and the others show a service without them.
fn setup(embedded: &Embedded, name: &str) -> Setup {
    let mut setup = Setup::on(embedded).unwrap();
    let day = Duration::from_secs(24 * 3600);
    let policy = SessionPolicy { idle: day, absolute: 30 * day, grace: Duration::ZERO };
    let transport = if name.contains("cookie") { Transport::Cookie } else { Transport::Body };
    setup.sessions = (name.contains("refresh") || name.contains("logout")).then_some((policy, transport));
    setup
}

#[tokio::test]
async fn every_event_is_answered_as_its_gateway_expects() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    let codes = ["phone", "email", "resend", "wrong-code", "bad-body", "base64-body", "preflight", "add-email"];
    let sessions = ["refresh", "logout", "refresh-cookie", "logout-cookie", "jwks", "discovery"];
    let receipts = ["receipt-twilio", "receipt-vonage", "receipt-forged"];
    for case in codes.into_iter().chain(sessions).chain(receipts) {
        for format in ["", "-http"] {
            assert!(names.iter().any(|name| name.ends_with(&format!(".{case}{format}.json"))), "{case}{format}");
        }
    }
    for name in names {
        let embedded = Embedded::start(None).await.unwrap();
        let service = setup(&embedded, &name).build();
        let event = std::fs::read_to_string(folder().join(&name)).unwrap();
        let event = if event.contains("{{refresh_token}}") {
            event.replace("{{refresh_token}}", &session(&service).await)
        } else if event.contains("{{access_token}}") {
            let (token, code) = adding(&service, &name).await;
            event.replace("{{access_token}}", &token).replace("{{otp_code}}", &code)
        } else {
            let (challenge, code) = prepare(&service, &name).await;
            event.replace("{{challenge_id}}", &challenge).replace("{{otp_code}}", &code)
        };
        let reply = replay(&service, &event).await;
        insta::assert_json_snapshot!(name.trim_end_matches(".json"), reply, {
            ".body.challenge_id" => "[challenge]",
            ".body.user.id" => "[user]",
            ".body.access_token" => "[access token]",
            ".body.refresh_token" => "[refresh token]",
            ".body.keys[].kid" => "[key id]",
            ".body.keys[].n" => "[modulus]",
            ".headers.etag" => "[tag]",
            ".multiValueHeaders.etag" => "[tag]",
            ".multiValueHeaders[\"set-cookie\"]" => insta::dynamic_redaction(without_token),
            ".cookies" => insta::dynamic_redaction(without_token),
        });
    }
}

/// A list of cookies, each without its value.
fn without_token(cookies: insta::internals::Content, _: insta::internals::ContentPath<'_>) -> insta::internals::Content {
    let cookies = cookies.as_slice().unwrap_or_default().iter().map(|cookie| {
        let (name, rest) = cookie.as_str().unwrap().split_once('=').unwrap();
        let (value, attributes) = rest.split_once(';').unwrap();
        format!("{name}={};{attributes}", if value.is_empty() { "" } else { "[refresh token]" })
    });
    insta::internals::Content::Seq(cookies.map(Into::into).collect())
}

fn rest_event() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("send-otp.phone.json")).unwrap()).unwrap()
}

fn http_event() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("send-otp.phone-http.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn events_that_are_none_or_are_odd_are_answered_too() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for event in ["{}", "[]", "null", "\"text\"", "1", r#"{"version":"2.0"}"#, r#"{"Records":[]}"#, r#"{"version":7}"#] {
        let reply = replay(&service, event).await;
        let codes = BTreeSet::from(["internal", "not_found"]);
        assert!(codes.contains(reply["body"]["code"].as_str().unwrap()), "{event}: {reply}");
    }
    for mut event in [rest_event(), http_event()] {
        event["body"] = json!("!!! not base64 !!!");
        event["isBase64Encoded"] = json!(true);
        assert_eq!(replay(&service, &event.to_string()).await["body"]["code"], "invalid_request");
        event["body"] = Value::Null;
        event["isBase64Encoded"] = json!(false);
        assert_eq!(replay(&service, &event.to_string()).await["body"]["code"], "invalid_request");
    }
    for host in ["", "a b", "[", "%", "example.com:99999"] {
        let mut event = rest_event();
        event["headers"]["Host"] = json!(host);
        event["multiValueHeaders"]["Host"] = json!([host]);
        event["headers"]["X-Forwarded-Proto"] = json!("::");
        assert_ne!(replay(&service, &event.to_string()).await["statusCode"], 500, "{host}");
    }
    assert_eq!(service.outbox.sent().len(), 1);
}

#[tokio::test]
async fn the_source_address_is_the_gateways_word_and_no_headers() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.policy.address_per_minute = 1;
    let service = setup.build();
    for (number, (mut event, wanted)) in [(rest_event(), 200), (http_event(), 429), (rest_event(), 429)].into_iter().enumerate() {
        let forged = format!("198.51.100.{number}");
        event["headers"]["X-Forwarded-For"] = json!(forged);
        event["multiValueHeaders"]["X-Forwarded-For"] = json!([forged]);
        event["body"] = json!(json!({ "identifier": format!("u{number}@example.com") }).to_string());
        assert_eq!(replay(&service, &event.to_string()).await["statusCode"], wanted);
    }
    let mut event = rest_event();
    event["requestContext"]["identity"]["sourceIp"] = Value::Null;
    assert_eq!(replay(&service, &event.to_string()).await["body"]["code"], "invalid_request");
}

#[tokio::test]
async fn a_named_stage_is_no_part_of_the_path() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let mut event = http_event();
    event["requestContext"]["stage"] = json!("dev");
    event["rawPath"] = json!("/dev/api/auth/otp/send/");
    assert_eq!(replay(&service, &event.to_string()).await["statusCode"], 200);
    let mut event = rest_event();
    event["requestContext"]["stage"] = json!("api");
    assert_eq!(replay(&service, &event.to_string()).await["statusCode"], 429, "the route is found under a stage of any name");
}

#[tokio::test]
async fn an_id_that_a_caller_made_up_is_not_logged_or_echoed() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for forged in ["", "a\nb", "<script>", &"x".repeat(65), "+12345678901"] {
        let mut event = rest_event();
        event["requestContext"]["requestId"] = json!(forged);
        event["body"] = json!("{}");
        assert_eq!(replay(&service, &event.to_string()).await["body"]["instance"], "invocation-id", "{forged}");
    }
}

#[tokio::test]
async fn a_function_that_is_out_of_time_says_so() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let mut context = context(&service);
    context.deadline = service.now().as_millis() + 100;
    let event: Event = serde_json::from_str(&rest_event().to_string()).unwrap();
    let reply = serde_json::to_value(answer(&service.api, event, &context).await.unwrap()).unwrap();
    assert_eq!(reply["statusCode"], 503);
    assert!(service.outbox.sent().is_empty());
    // What `cargo lambda watch` says is no deadline.
    context.deadline = 600_000;
    let event: Event = serde_json::from_str(&rest_event().to_string()).unwrap();
    let reply = serde_json::to_value(answer(&service.api, event, &context).await.unwrap()).unwrap();
    assert_eq!(reply["statusCode"], 200);
}
