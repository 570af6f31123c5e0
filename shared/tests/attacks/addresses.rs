//! Pretending to come from somewhere else. Ten sends a minute would be enough to see it; an address has five.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use lambda_http::Context;
use otp_auth::adapters::lambda::{Event, answer};
use otp_auth::domain::callers::{SharedSecret, TrustedCallers};
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::http::Call;
use otp_auth::testing::service::{Service, Setup, with_header};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{from, lab, parallel};

const CLAIMS: [&str; 8] = [
    "x-forwarded-for",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cloudfront-viewer-address",
    "x-amzn-source-ip",
];

fn five_a_minute(setup: &mut Setup) {
    setup.policy.address_per_minute = 5;
}

fn body(number: usize) -> Value {
    json!({ "identifier": format!("u{number}@example.com") })
}

/// Each request claims to come from an address of its own, in every header that proxies use; API Gateway names the real one.
pub fn forged_x_forwarded_for() -> Finding {
    Finding {
        counted: "messages in a minute from one address",
        real: parallel(async {
            let (_embedded, service) = lab(five_a_minute).await;
            let mut tried = Tried::default();
            for number in 0..100 {
                tried.add(status_of_event(&service, number).await == 200);
            }
            assert_eq!(service.outbox.sent().len() as f64, tried.through);
            tried
        }),
        may: 5.0,
        broken: "the address that a header claims",
        control: parallel(sends_from(five_a_minute, |call, number| {
            let claimed = with_header(call, "x-forwarded-for", &claimed(number));
            let source: IpAddr = claimed.headers["x-forwarded-for"].to_str().unwrap().parse().unwrap();
            from(claimed, source)
        })),
    }
}

fn claimed(number: usize) -> String {
    format!("198.51.100.{number}")
}

/// A REST API's event and an HTTP API's in turn, through the Lambda adapter.
async fn status_of_event(service: &Service, number: usize) -> u16 {
    let file = if number.is_multiple_of(2) { "send-otp.phone.json" } else { "send-otp.phone-http.json" };
    let text = std::fs::read_to_string(format!("{}/../events/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    event["body"] = json!(body(number).to_string());
    for name in CLAIMS {
        event["headers"][name] = json!(claimed(number));
        event["multiValueHeaders"][name] = json!([claimed(number)]);
    }
    let mut context = Context::default();
    context.deadline = service.now().as_millis() + 10_000;
    let event: Event = serde_json::from_value(event).unwrap();
    let reply = serde_json::to_value(answer(&service.api, event, &context).await.unwrap()).unwrap();
    u16::try_from(reply["statusCode"].as_u64().unwrap()).unwrap()
}

async fn sends_from(change: impl FnOnce(&mut Setup), place: impl Fn(Call, usize) -> Call) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for number in 0..100 {
        let call = place(service.request("send", &body(number)), number);
        tried.add(service.call(&call).await.status == 200);
    }
    assert_eq!(service.outbox.sent().len() as f64, tried.through, "a message for each accepted send, and no other");
    tried
}

/// A hundred addresses of one /64, which a single subscriber has.
pub fn hopping_through_an_ipv6_network() -> Finding {
    let hop = |number: usize| Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 0, 0, 0, u16::try_from(number).unwrap());
    Finding {
        counted: "messages in a minute from one network",
        real: parallel(sends_from(five_a_minute, |call, number| from(call, hop(number)))),
        may: 5.0,
        broken: "a window for each single address",
        // As if each were a network: what a limit on the whole address comes to.
        control: parallel(sends_from(five_a_minute, |call, number| {
            let [.., host] = hop(number).segments();
            from(call, Ipv6Addr::new(0x2001, 0xdb8, 1, host, 0, 0, 0, 1))
        })),
    }
}

/// An operator trusts a CloudFront and a back end, each by a secret, with the address of their client.
pub fn claiming_to_be_a_trusted_proxy() -> Finding {
    let claim = |call: Call, number: usize, origin: &str, key: &str| {
        let viewer = format!("{}:4711", claimed(number));
        let call = with_header(with_header(call, "cloudfront-viewer-address", &viewer), "x-origin-verify", origin);
        with_header(with_header(call, "x-client-address", &claimed(number)), "x-api-key", key)
    };
    let (edge, shop) = ("c".repeat(32), "b".repeat(32));
    let without: [(&str, &str); 5] = [("", ""), ("guessed", "guessed"), (&edge[1..], &shop[1..]), (&shop, &edge), ("*", "*")];
    Finding {
        counted: "messages in a minute from one address",
        real: parallel(sends_from(trusting, |call, number| {
            let (origin, key) = without[number % without.len()];
            claim(call, number, origin, key)
        })),
        may: 5.0,
        broken: "the secret in the attacker's hands",
        control: parallel(sends_from(trusting, |call, number| claim(call, number, &edge, ""))),
    }
}

fn trusting(setup: &mut Setup) {
    five_a_minute(setup);
    let secret = |text: &str| SharedSecret::new(text.repeat(32).into()).unwrap();
    let ring = KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1)).unwrap();
    setup.keys = Arc::new(Arc::new(ring.with_callers(TrustedCallers::new(Some(secret("c")), vec![secret("b")]))));
}

/// Without a source address everybody would share one window, or nobody have one.
pub fn requests_without_a_source_address() -> Finding {
    let nowhere = |mut call: Call, number: usize| {
        call.headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(&claimed(number)).unwrap());
        call.source = None;
        call
    };
    Finding {
        counted: "messages",
        real: parallel(sends_from(five_a_minute, nowhere)),
        may: 0.0,
        broken: "0.0.0.0 for those who have none",
        control: parallel(sends_from(five_a_minute, move |call, number| from(nowhere(call, number), [0, 0, 0, 0]))),
    }
}
