//! Access tokens that were not made here, shown where a token opens something: a signed-in user asks for one more identifier.

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use otp_auth::domain::time::Timestamp;
use otp_auth::domain::user::UserId;
use otp_auth::ports::tokens::{InvalidAccessToken, TokenChecker};
use otp_auth::testing::service::{Service, Setup, with_header};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{in_turns, lab};

/// Flipped bits, in each third of a token.
const FLIPPED: usize = 12;

pub fn forged_access_tokens() -> Finding {
    Finding {
        counted: "forged tokens believed",
        real: in_turns(believed(|_| {})),
        may: 0.0,
        broken: "a checker that reads what a token says",
        control: in_turns(believed(|setup| setup.tokens = Some(Arc::new(Reads)))),
    }
}

/// Decodes, and does not verify.
struct Reads;

#[async_trait]
impl TokenChecker for Reads {
    async fn check(&self, token: &str, _: Timestamp) -> Result<UserId, InvalidAccessToken> {
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Value = claims.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        claims["sub"].as_str().and_then(UserId::parse).ok_or(InvalidAccessToken::Foreign)
    }
}

async fn believed(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let genuine = sign_in(&service).await;
    assert!(opens(&service, 0, &genuine).await, "a genuine token opens");
    let mut tried = Tried::default();
    for (number, forged) in forgeries(&genuine, &key_set(&service).await).iter().enumerate() {
        tried.add(opens(&service, 1 + number, forged).await);
    }
    tried
}

/// The access token of a user with an email address.
async fn sign_in(service: &Service) -> String {
    let identifier = "ada@example.com";
    let sent = service.post("send", &json!({ "identifier": identifier })).await;
    let guess = json!({ "identifier": identifier, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    service.post("verify", &guess).await.body["access_token"].as_str().unwrap().to_owned()
}

/// Is a code sent to a number that the token's user wants? Each try has a number of its own, for no window to be in the way.
async fn opens(service: &Service, number: usize, token: &str) -> bool {
    let body =
        json!({ "identifier": format!("+1206{:03}01{:02}", 200 + number / 10, number % 10), "purpose": "phone_verification" });
    let call = with_header(service.request("send", &body), "authorization", &format!("Bearer {token}"));
    service.call(&call).await.status == 200
}

async fn key_set(service: &Service) -> Value {
    let mut call = service.request("send", &Value::Null);
    (call.method, call.path) = (Method::GET, "/.well-known/jwks.json".to_owned());
    service.call(&call).await.body
}

fn forgeries(genuine: &str, key_set: &Value) -> Vec<String> {
    let parts: Vec<&str> = genuine.split('.').collect();
    let part = |index: usize| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[index]).unwrap()).unwrap() };
    let (header, claims) = (part(0), part(1));
    let exp = claims["exp"].as_u64().unwrap();
    let with_alg = |alg: &str| encode(&changed(&header, "alg", json!(alg)));
    let mut forged = vec![
        format!("{}.{}.", with_alg("none"), parts[1]),
        format!("{}.{}.{}", with_alg("None"), parts[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", encode(&changed(&header, "kid", json!("another"))), parts[1], parts[2]),
    ];
    // The key set is public: as the secret of an HMAC it is anybody's.
    let modulus = URL_SAFE_NO_PAD.decode(key_set["keys"][0]["n"].as_str().unwrap()).unwrap();
    for secret in [modulus, key_set["keys"][0].to_string().into_bytes(), key_set.to_string().into_bytes()] {
        let message = format!("{}.{}", with_alg("HS256"), parts[1]);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
        forged.push(format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)));
    }
    for (claim, value) in [
        ("exp", json!(exp.to_string())),
        ("exp", json!(exp + 1_000_000)),
        ("aud", json!("https://other.example")),
        ("iss", json!("https://other.example")),
        ("sub", json!("01890a5d-ac96-774b-bcce-b302099a8057")),
    ] {
        forged.push(format!("{}.{}.{}", parts[0], encode(&changed(&claims, claim, value)), parts[2]));
    }
    forged.extend((0..3 * FLIPPED).map(|flip| with_a_flipped_bit(genuine, flip)));
    forged
}

fn changed(of: &Value, field: &str, value: Value) -> Value {
    let mut changed = of.clone();
    changed[field] = value;
    changed
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Another character of the alphabet, at one of as many places all over the token; never the last, whose low bits carry nothing.
fn with_a_flipped_bit(genuine: &str, flip: usize) -> String {
    let place = flip * (genuine.len() - 2) / (3 * FLIPPED);
    let other = |c: char| if c == 'A' { 'B' } else { 'A' };
    genuine.chars().enumerate().map(|(at, c)| if at == place { other(c) } else { c }).collect()
}
