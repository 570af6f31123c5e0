//! Requests to the handler, several to one service. An input reads like HTTP:
//!
//! ```text
//! POST /api/auth/otp/send
//! content-type: application/json
//!
//! {"identifier": "+12345678901"}
//! ===
//! WAIT 60
//! ===
//! POST /api/auth/otp/verify
//! …
//! ```
//!
//! `{{challenge_id}}` and `{{otp_code}}` stand for what came last; as the value of `x-twilio-signature` or `authorization`, `{{signed}}`
//! stands for a provider's genuine signature of the body, whatever that is.
#![no_main]

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use otp_auth::domain::segment::Size;
use otp_auth::http::Call;
use otp_auth::testing::receipts::{self, TWILIO_TOKEN, VONAGE_SIGNATURE_SECRET};
use otp_auth::testing::service::Service;
use otp_auth_fuzz::reply::{self, Reply};
use otp_auth_fuzz::service::{block_on, fresh};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let service = fresh();
    let mut challenge = String::new();
    for part in split(data, b"\n===\n").take(8) {
        let part = fill(part, "{{challenge_id}}", &challenge);
        let part = fill(&part, "{{otp_code}}", &service.last_code());
        match waiting(&part) {
            Some(seconds) => service.advance(seconds),
            None => challenge = ask(&service, &part).unwrap_or(challenge),
        }
    }
});

/// Makes a request. Gives back the `challenge_id` of its reply.
fn ask(service: &Service, part: &[u8]) -> Option<String> {
    let call = call(service, part)?;
    let before = service.outbox.sent().len();
    let (parts, text) = block_on(service.api.handle(&call)).into_parts();
    let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned());
    let body = reply::check(&Reply { status: parts.status.as_u16(), header: &header, body: &text });
    assert_eq!(header("x-request-id").as_deref(), Some(call.id.as_str()));
    check_messages(service, before, parts.status.as_u16(), &body);
    body["challenge_id"].as_str().map(str::to_owned)
}

/// One message at most, only for an accepted send; neither its code nor its recipient is in the reply.
fn check_messages(service: &Service, before: usize, status: u16, body: &Value) {
    let sent = service.outbox.sent();
    assert!(sent.len() <= before + 1, "one request, {} messages", sent.len() - before);
    let Some(message) = sent.get(before) else { return };
    assert_eq!(status, 200);
    let mut shown = body.clone();
    // Opaque text may hold any six characters by chance.
    shown["challenge_id"] = Value::Null;
    assert!(!shown.to_string().contains(&message.to), "the reply has the recipient");
    assert!(!shown.to_string().contains(&service.last_code()), "the reply has the code");
    assert!(message.channel == "email" || Size::of(&message.text).segments == 1);
    assert!(message.text.lines().last().is_some_and(|line| line.starts_with("@example.com #")));
}

fn call(service: &Service, part: &[u8]) -> Option<Call> {
    let at = part.windows(2).position(|pair| pair == b"\n\n").unwrap_or(part.len());
    let (head, body) = (String::from_utf8_lossy(&part[..at]).into_owned(), part.get(at + 2..).unwrap_or_default());
    let mut lines = head.lines();
    let (method, path) = lines.next()?.split_once(' ')?;
    let mut call = service.request("send", &Value::Null);
    call.headers.clear();
    call.method = Method::from_bytes(method.as_bytes()).ok()?;
    call.path = path.to_owned();
    call.body = Ok(Bytes::copy_from_slice(body));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let value = if value == "{{signed}}" { signed(service, name, body) } else { value.to_owned() };
        call.headers.append(HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&value).ok()?);
    }
    Some(call)
}

fn signed(service: &Service, header: &str, body: &[u8]) -> String {
    match header {
        "x-twilio-signature" => receipts::twilio_signature(TWILIO_TOKEN, &receipts::url("twilio"), &receipts::fields_of(body)),
        _ => {
            let claims = receipts::vonage_claims(service, body);
            format!("Bearer {}", receipts::vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &claims))
        }
    }
}

fn waiting(part: &[u8]) -> Option<u64> {
    let seconds = std::str::from_utf8(part).ok()?.strip_prefix("WAIT ")?;
    seconds.trim().parse::<u32>().ok().map(u64::from)
}

fn fill(part: &[u8], placeholder: &str, value: &str) -> Vec<u8> {
    split(part, placeholder.as_bytes()).collect::<Vec<_>>().join(value.as_bytes())
}

fn split<'a>(data: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(data);
    std::iter::from_fn(move || {
        let all = rest?;
        let at = all.windows(separator.len()).position(|window| window == separator);
        rest = at.map(|at| &all[at + separator.len()..]);
        Some(&all[..at.unwrap_or(all.len())])
    })
}
