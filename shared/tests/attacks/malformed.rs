//! Input that is not what the contract has, and bugs that it could wake.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use lambda_http::Context;
use otp_auth::adapters::lambda::{Event, answer};
use otp_auth::app::send_otp::SendRequest;
use otp_auth::domain::address::SourceAddress;
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::Recipient;
use otp_auth::http::Call;
use otp_auth::messages::Locale;
use otp_auth::testing::failing::PanickingSender;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

use crate::enumeration::cpu_time;
use crate::finding::{Finding, Tried};
use crate::lab::{PHONE, in_turns, lab, parallel, quietly, raw, real};

fn bodies() -> Vec<Vec<u8>> {
    let deep = "[".repeat(4000) + &"]".repeat(4000);
    let maps = r#"{"a":"#.repeat(1000) + "1" + &"}".repeat(1000);
    let texts = [
        "",
        " ",
        "null",
        "true",
        "7",
        "\"text\"",
        "[]",
        "{",
        "{}",
        "{\"identifier\"",
        "{\"identifier\":\"\\ud800\"}",
        "{\"identifier\":null}",
        "{\"identifier\":true}",
        "{\"identifier\":12345678901}",
        "{\"identifier\":1e400}",
        "{\"identifier\":-0}",
        "{\"identifier\":[\"+12345678901\"]}",
        "{\"identifier\":{\"$ne\":null}}",
        "{\"identifier\":\"+12345678901\",\"identifier\":\"+12345678902\"}",
        "{\"identifier\":\"+12345678901\"} {}",
        "{\"identifier\":\"+12345678901\",}",
        "{'identifier':'+12345678901'}",
        "{\"identifier\":\"+12345678901\",\"purpose\":\"steal\"}",
        "{\"identifier\":\"+12345678901\",\"purpose\":[\"login\"]}",
        "{\"identifier\":\"+12345678901\",\"type\":\"pigeon\"}",
        "{\"identifier\":\"+12345678901\",\"otp_code\":123456,\"challenge_id\":7}",
        "identifier=%2B12345678901",
        "<identifier>+12345678901</identifier>",
        &deep,
        &maps,
        &format!("{{\"identifier\":{deep}}}"),
        &format!("{{\"x\":\"{}\"}}", "x".repeat(8192)),
        &format!("{{\"identifier\":\"+{}\"}}", "1".repeat(8000)),
    ];
    let mut bodies: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    bodies.extend([
        b"{\"identifier\":\"\xff\xfe\"}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\x1f\x8b\x08\0\0".to_vec(),
        vec![0; 64],
    ]);
    bodies
}

pub fn malformed_json() -> Finding {
    Finding {
        counted: "requests not refused as the caller's fault",
        real: in_turns(async {
            let (_embedded, service) = lab(real).await;
            let calls = bodies().into_iter().flat_map(|body| ["send", "verify"].map(|route| raw(&service, route, body.clone())));
            let tried = answered(&service, calls.collect()).await;
            not_base64(&service, tried).await
        }),
        may: 0.0,
        broken: "a handler that unwraps",
        control: unwrapped(),
    }
}

/// The most work that a request may cost that is refused for its form: a few milliseconds, in a build without optimisation.
const MOST_WORK: Duration = Duration::from_millis(20);

/// Every reply is a problem that names the caller's fault, and cost next to nothing; and nothing was sent.
async fn answered(service: &Service, calls: Vec<Call>) -> Tried {
    let mut tried = Tried::default();
    // The metadata of phone numbers is read at its first use.
    Recipient::parse(PHONE, None).unwrap();
    for call in calls {
        let started = cpu_time();
        let reply = service.call(&call).await;
        let work = cpu_time() - started;
        assert!(work < MOST_WORK, "{work:?} for {:?}", call.body);
        tried.add(!is_callers_fault(&reply));
    }
    assert!(service.outbox.sent().is_empty());
    tried
}

/// Events of both kinds of gateway that declare as base64 what is none.
async fn not_base64(service: &Service, mut tried: Tried) -> Tried {
    for file in ["send-otp.base64-body.json", "send-otp.base64-body-http.json"] {
        for body in ["%%%%", "eyJ", "eyJ9=", "=", "e30=\n", "{\"identifier\":\"+12345678901\"}", "\u{0}"] {
            let mut event = event(file);
            event["body"] = json!(body);
            let event: Event = serde_json::from_value(event).unwrap();
            let reply = serde_json::to_value(answer(&service.api, event, &Context::default()).await.unwrap()).unwrap();
            tried.add(reply["statusCode"] != 400);
        }
    }
    assert!(service.outbox.sent().is_empty());
    tried
}

/// An event of `events/`.
fn event(file: &str) -> Value {
    let text = std::fs::read_to_string(format!("{}/../events/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn is_callers_fault(reply: &TestReply) -> bool {
    reply.status.is_client_error() && reply.body["code"].is_string() && reply.body["instance"].is_string()
}

/// As samples have it: the body is a value, and its field is there.
fn unwrapped() -> Tried {
    let mut tried = Tried::default();
    for body in bodies() {
        let read = || serde_json::from_slice::<Value>(&body).unwrap()["identifier"].as_str().unwrap().to_owned();
        tried.add(quietly(|| catch_unwind(AssertUnwindSafe(read))).is_err());
    }
    tried
}

/// What made parsers of phone numbers, domain names and codes elsewhere panic, or is near it.
const PARSERS: [&str; 24] = [
    "+dwPAA;phone-context=AA",
    ".;phone-context=",
    "+1;phone-context=+",
    "tel:+1;phone-context=example.com",
    "+",
    "+0",
    "+00000000000000000000",
    "+1\u{0}2345678901",
    "+\u{202e}12345678901",
    "+1 (((((((((((((((((((((((",
    "+99999999999999999999999999999999",
    "\u{ff0b}\u{ff11}",
    "a@xn--",
    "a@xn--.example",
    "a@xn--0.example",
    "a@xn--a.example",
    "a@xn--\u{fc}.example",
    "a@xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.example",
    "a@\u{1f468}\u{200d}\u{1f469}.example\u{ad}",
    "a@\u{5d0}1\u{661}.example",
    "@@@@@@@@",
    "\u{feff}@\u{feff}",
    "a@1.2.3.4",
    "a@[IPv6:::1]",
];

pub fn input_that_made_parsers_panic() -> Finding {
    Finding {
        counted: "requests not refused as the caller's fault",
        real: in_turns(async {
            let (_embedded, service) = lab(real).await;
            let codes = ["\u{0}", "\u{1d7d8}", "１２３４５", "-1", "1e5", "%00", "\u{ad}\u{ad}\u{ad}\u{ad}\u{ad}\u{ad}"];
            let mut calls: Vec<Call> = PARSERS
                .iter()
                .flat_map(|text| ["send", "verify"].map(|route| (route, json!({ "identifier": text, "otp_code": "123456" }))))
                .map(|(route, body)| service.request(route, &body))
                .collect();
            calls.extend(codes.map(|code| service.request("verify", &json!({ "identifier": PHONE, "otp_code": code }))));
            answered(&service, calls).await
        }),
        may: 0.0,
        broken: "a number read by its first digits",
        control: Tried::of(PARSERS.len(), PARSERS.iter().filter(|text| panics_on(text)).count()),
    }
}

/// The shape of CVE-2023-42444: a slice at a place that the text need not have.
fn panics_on(text: &str) -> bool {
    quietly(|| catch_unwind(AssertUnwindSafe(|| text[1..3].parse::<u8>().unwrap()))).is_err()
}

pub fn a_bug_ends_the_function() -> Finding {
    Finding {
        counted: "requests without a reply",
        real: quietly(|| parallel(unanswered())),
        may: 0.0,
        broken: "the use case without the handler around it",
        control: quietly(|| parallel(unguarded())),
    }
}

async fn unanswered() -> Tried {
    let (_embedded, service) = lab(with_a_bug).await;
    let mut tried = Tried::default();
    for number in 0..10 {
        let reply = service.post("send", &json!({ "identifier": format!("u{number}@example.com") })).await;
        assert!(!reply.body.to_string().contains("on purpose"), "the cause stays inside");
        tried.add(reply.status != 500 || reply.body["code"] != "internal");
    }
    tried
}

async fn unguarded() -> Tried {
    let (_embedded, service) = lab(with_a_bug).await;
    let mut tried = Tried::default();
    for number in 0..10 {
        let service = service.clone();
        let call = async move { service.api.send.as_ref().unwrap().execute(&send_request(number)).await.is_ok() };
        tried.add(tokio::spawn(call).await.is_err());
    }
    tried
}

fn with_a_bug(setup: &mut Setup) {
    setup.sender = Arc::new(PanickingSender);
}

fn send_request(number: usize) -> SendRequest {
    SendRequest {
        recipient: Recipient::parse(&format!("u{number}@example.com"), None).unwrap(),
        purpose: Purpose::Login,
        locale: Locale::default(),
        challenge_id: None,
        idempotency_key: None,
        access_token: None,
        deadline: None,
        source: SourceAddress::new([203, 0, 113, 7].into()),
    }
}
