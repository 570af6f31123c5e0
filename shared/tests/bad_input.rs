//! Whatever arrives gets the contract's error and changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method};
use otp_auth::http::UnreadableBody;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::PanickingSender;
use otp_auth::testing::service::{ORIGIN, Service, Setup, TestReply, with_header};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";

async fn service() -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    (embedded, service)
}

async fn post_raw(service: &Service, route: &str, body: impl Into<Bytes>) -> TestReply {
    let mut call = service.request(route, &Value::Null);
    call.body = Ok(body.into());
    service.call(&call).await
}

#[track_caller]
fn assert_code(reply: &TestReply, status: u16, code: &str, what: &str) {
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)), "{what}: {}", reply.body);
    assert_eq!(reply.body["instance"], "test-request", "{what}");
    assert_eq!(reply.headers["cache-control"], "no-store", "{what}");
}

/// After all of it, the identifier still has every send of its hour: nothing was counted and nothing sent.
async fn assert_untouched(service: &Service) {
    assert!(service.outbox.sent().is_empty());
    let reply = service.post("send", &json!({ "identifier": PHONE })).await;
    assert_eq!(reply.body["remaining_attempts"], 4, "{}", reply.body);
}

#[tokio::test]
async fn bodies_that_are_not_the_contracts_are_named_and_change_nothing() {
    let (_embedded, service) = service().await;
    let deep = format!("{}{}", "[".repeat(4000), "]".repeat(4000));
    let deep_field = format!(r#"{{"identifier":{deep}}}"#);
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"not json".to_vec(),
        b"[]".to_vec(),
        format!(r#"["{PHONE}","phone"]"#).into_bytes(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        b"{".to_vec(),
        b"{}".to_vec(),
        b"{\"identifier\":\"\xff\xfe\"}".to_vec(),
        b"{\"identifier\":\"\\ud800\"}".to_vec(),
        format!(r#"{{"identifier":"{PHONE}","identifier":"{PHONE}"}}"#).into_bytes(),
        format!(r#"{{"identifier":"{PHONE}"}} trailing"#).into_bytes(),
        format!(r#"{{"identifier":"{PHONE}","purpose":"steal"}}"#).into_bytes(),
        format!(r#"{{"identifier":"{PHONE}","type":"pigeon"}}"#).into_bytes(),
        format!(r#"{{"identifier":"{PHONE}","challenge_id":7}}"#).into_bytes(),
        br#"{"identifier":12345678901}"#.to_vec(),
        br#"{"identifier":["+12345678901"]}"#.to_vec(),
        br#"{"identifier":{"$ne":null}}"#.to_vec(),
        br#"{"identifier":null}"#.to_vec(),
        br#"{"identifier":true}"#.to_vec(),
        br#"{"identifier":1e400}"#.to_vec(),
        deep.into_bytes(),
        deep_field.into_bytes(),
    ];
    for body in bodies {
        for route in ["send", "verify"] {
            let what = String::from_utf8_lossy(&body).chars().take(80).collect::<String>();
            assert_code(&post_raw(&service, route, body.clone()).await, 400, "invalid_request", &what);
        }
    }
    assert_untouched(&service).await;
}

#[tokio::test]
async fn every_fault_of_a_body_is_named() {
    let (_embedded, service) = service().await;
    let body = json!({ "type": 1, "purpose": "x", "otp_code": 123_456, "challenge_id": [] });
    let reply = service.post("verify", &body).await;
    assert_code(&reply, 400, "invalid_request", "all at once");
    let fields: Vec<&Value> = reply.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["identifier", "type", "purpose", "otp_code", "challenge_id"]);
}

#[tokio::test]
async fn what_is_no_identifier_is_refused_in_either_route() {
    let (_embedded, service) = service().await;
    for identifier in
        ["", " ", "12345678901", "+1", "+12345678901x5", "a@b", "a@\u{ff45}xample.org", "a@x_y.com", "@", "+1\u{0661}", "\u{0}"]
    {
        for (route, extra) in [("send", Value::Null), ("verify", json!("123456"))] {
            let reply = service.post(route, &json!({ "identifier": identifier, "otp_code": extra })).await;
            assert_code(&reply, 400, "invalid_identifier", identifier);
        }
    }
    let contradiction = service.post("send", &json!({ "identifier": PHONE, "type": "email" })).await;
    assert_code(&contradiction, 400, "invalid_identifier", "a phone number as email");
    assert_untouched(&service).await;
}

#[tokio::test]
async fn what_has_not_the_shape_of_a_code_costs_no_guess() {
    let (_embedded, service) = service().await;
    let sent = service.post("send", &json!({ "identifier": PHONE })).await;
    for code in ["", "12345", "12345678901", "12345a", "１２３", "123456; DROP TABLE"] {
        let body = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
        assert_code(&service.post("verify", &body).await, 400, "invalid_request", code);
    }
    let wrong = json!({ "identifier": PHONE, "code": "0000000", "challenge_id": sent.body["challenge_id"] });
    let reply = service.post("verify", &wrong).await;
    assert_eq!(reply.body["attempts_remaining"], 4, "the first guess that was judged, by the field's other name: {}", reply.body);
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_nulls_are_absent() {
    let (_embedded, service) = service().await;
    let body =
        json!({ "identifier": PHONE, "type": null, "purpose": null, "locale": null, "challenge_id": null, "new": { "a": [1] } });
    assert_eq!(service.post("send", &body).await.status, 200);
    let deep = format!(r#"{{"identifier":"{PHONE}","new":{}{}}}"#, "[".repeat(4000), "]".repeat(4000));
    assert_eq!(post_raw(&service, "send", deep).await.status, 429);
}

#[tokio::test]
async fn large_bodies_and_other_types_are_refused_before_they_are_read() {
    let (_embedded, service) = service().await;
    for size in [8 * 1024 + 1, 1024 * 1024] {
        let padded = format!(r#"{{"identifier":"{PHONE}","x":"{}"}}"#, "x".repeat(size));
        assert_code(&post_raw(&service, "send", padded).await, 413, "payload_too_large", "large");
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let mut call = service.request("send", &json!({ "identifier": PHONE }));
        call.headers.insert("content-type", HeaderValue::from_str(content_type).unwrap());
        assert_code(&service.call(&call).await, 415, "unsupported_media_type", content_type);
    }
    let mut call = service.request("send", &json!({ "identifier": "nobody" }));
    call.headers.insert("content-type", HeaderValue::from_static("Application/JSON; charset=utf-8"));
    assert_code(&service.call(&call).await, 400, "invalid_identifier", "a charset is no other type");
    call.body = Err(UnreadableBody);
    assert_code(&service.call(&call).await, 400, "invalid_request", "not base64");
    assert_untouched(&service).await;
}

#[tokio::test]
async fn other_paths_and_methods_are_said_to_be_so() {
    let (_embedded, service) = service().await;
    for path in [
        "/",
        "",
        "/api/auth/otp",
        "/api/auth/otp/",
        "/api/auth/otp/send//",
        "/api/auth/otp/sendx",
        "/API/auth/otp/send",
        "/x/api/auth/otp/send",
    ] {
        let mut call = service.request("send", &json!({ "identifier": PHONE }));
        call.path = path.to_owned();
        assert_code(&service.call(&call).await, 404, "not_found", path);
    }
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        let mut call = service.request("send", &json!({ "identifier": PHONE }));
        call.method = method.clone();
        let reply = service.call(&call).await;
        assert_code(&reply, 405, "method_not_allowed", method.as_str());
        assert_eq!(reply.headers["allow"], "POST, OPTIONS");
    }
    assert_untouched(&service).await;
}

#[tokio::test]
async fn a_request_without_a_source_address_is_refused() {
    let (_embedded, service) = service().await;
    let mut call = with_header(service.request("send", &json!({ "identifier": PHONE })), "x-forwarded-for", "203.0.113.9");
    call.source = None;
    assert_code(&service.call(&call).await, 400, "invalid_request", "no address");
    assert_untouched(&service).await;
}

#[tokio::test]
async fn idempotency_keys_that_could_be_guessed_are_refused() {
    let (_embedded, service) = service().await;
    for key in ["", "1", "order-17", &"k".repeat(256)] {
        let call = with_header(service.request("send", &json!({ "identifier": PHONE })), "idempotency-key", key);
        let reply = service.call(&call).await;
        assert_code(&reply, 400, "invalid_request", key);
        assert_eq!(reply.body["errors"][0]["field"], "Idempotency-Key");
    }
    assert_untouched(&service).await;
}

#[tokio::test]
async fn only_configured_origins_may_read_replies() {
    let (_embedded, service) = service().await;
    let preflight = |origin: &str| {
        let mut call = with_header(service.request("send", &Value::Null), "origin", origin);
        call.method = Method::OPTIONS;
        call
    };
    let allowed = service.call(&preflight(ORIGIN)).await;
    assert_eq!(
        (allowed.status.as_u16(), &allowed.headers["access-control-allow-origin"]),
        (204, &HeaderValue::from_static(ORIGIN))
    );
    for origin in ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"] {
        let refused = service.call(&preflight(origin)).await;
        assert!(!refused.headers.contains_key("access-control-allow-origin"), "{origin}");
        let call = with_header(service.request("send", &json!({})), "origin", origin);
        assert!(!service.call(&call).await.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let call = with_header(service.request("send", &json!({})), "origin", ORIGIN);
    assert_eq!(service.call(&call).await.headers["access-control-allow-origin"], ORIGIN, "on errors too");
}

#[tokio::test]
async fn a_bug_is_a_500_without_its_cause_and_the_next_request_is_served() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.sender = Arc::new(PanickingSender);
    let service = setup.build();
    let reply = service.post("send", &json!({ "identifier": PHONE })).await;
    assert_code(&reply, 500, "internal", "a panic");
    assert!(!reply.body.to_string().contains("on purpose"));
    assert_code(&service.post("send", &json!({ "identifier": PHONE })).await, 429, "rate_limited", "the next");
}

#[tokio::test]
async fn any_language_is_accepted_and_none_fails() {
    let (_embedded, service) = service().await;
    for (number, locale) in ["en", "de-DE", "x", "", "en_US.UTF-8", "\u{1f600}", "../../etc/passwd"].iter().enumerate() {
        let call = service.request("send", &json!({ "identifier": format!("u{number}@example.com"), "locale": locale }));
        let call = with_header(call, "accept-language", ";;q=,*;q=x, en;q=2");
        assert_eq!(service.call(&call).await.status, 200, "{locale}");
    }
}
