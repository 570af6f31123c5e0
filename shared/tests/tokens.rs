//! Access tokens from outside: what a sign-in gives, what the check refuses, and what is published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::{Arc, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use otp_auth::adapters::jwt::{Jwt, JwtSettings};
use otp_auth::adapters::rotation::{self, RotationError, Urgency};
use otp_auth::adapters::secrets;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::Channel;
use otp_auth::domain::signing::Algorithm;
use otp_auth::domain::time::Timestamp;
use otp_auth::domain::user::UserId;
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::tokens::{InvalidAccessToken, PublishedKeys, TokenChecker, TokenIssuer};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{AUDIENCE, ISSUER, Service, Setup, TestReply, with_header};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);
const PHONE: &str = "+12345678901";

fn settings() -> JwtSettings {
    JwtSettings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), lifetime: Duration::from_secs(3600) }
}

/// Keys that a test can rotate under a running process: `vault` is what the secret holds, `known` what the process read.
#[derive(Clone)]
struct Vault {
    document: Arc<RwLock<String>>,
    known: Arc<RwLock<Arc<KeyRing>>>,
}

impl Vault {
    fn new(algorithm: Algorithm) -> Self {
        Self::of(&rotation::first_document(NOW, algorithm, &SystemRandomness).unwrap())
    }

    fn of(document: &str) -> Self {
        let known = Arc::new(secrets::parse(document).unwrap());
        Self { document: Arc::new(RwLock::new(document.to_owned())), known: Arc::new(RwLock::new(known)) }
    }

    /// Another process, which reads the same secret now.
    fn another_process(&self) -> Self {
        let known = Arc::new(secrets::parse(&self.document.read().unwrap()).unwrap());
        Self { document: Arc::clone(&self.document), known: Arc::new(RwLock::new(known)) }
    }

    fn rotate(&self, rotate: impl Fn(&str) -> Result<rotation::Rotated, RotationError>) {
        let rotated = rotate(&self.document.read().unwrap()).unwrap();
        rotated.document.as_str().clone_into(&mut self.document.write().unwrap());
    }
}

#[async_trait]
impl KeySource for Vault {
    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.known.read().unwrap())
    }

    async fn refresh(&self) -> Arc<KeyRing> {
        let read = secrets::parse(&self.document.read().unwrap()).unwrap();
        *self.known.write().unwrap() = Arc::new(read);
        self.ring()
    }

    async fn recent(&self) -> Arc<KeyRing> {
        self.ring()
    }
}

fn jwt(vault: &Vault) -> Jwt {
    Jwt::new(Arc::new(vault.clone()), Arc::new(SystemRandomness), settings())
}

fn user() -> UserId {
    UserId::new(NOW, [7; 10])
}

async fn token(jwt: &Jwt, now: Timestamp) -> String {
    jwt.issue(&user(), Channel::Sms, now).await.unwrap().expose().to_owned()
}

fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

async fn sign_in(service: &Service, identifier: &str, purpose: &str) -> TestReply {
    let sent = service.post("send", &json!({ "identifier": identifier, "purpose": purpose })).await;
    let body = json!({ "identifier": identifier, "purpose": purpose, "otp_code": service.last_code(),
        "challenge_id": sent.body["challenge_id"] });
    service.post("verify", &body).await
}

async fn get(service: &Service, path: &str, etag: Option<&str>) -> (TestReply, String) {
    let mut call = service.request("verify", &Value::Null);
    (call.method, call.path) = (Method::GET, path.to_owned());
    if let Some(etag) = etag {
        call = with_header(call, "if-none-match", etag);
    }
    let reply = service.call(&call).await;
    let tag = reply.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
    (reply, tag)
}

#[tokio::test]
async fn a_sign_in_gives_a_token_that_says_who_for_whom_until_when_and_how() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for (identifier, amr) in [(PHONE, json!(["otp", "sms"])), ("ada@example.com", json!(["otp"]))] {
        let reply = sign_in(&service, identifier, "login").await;
        assert_eq!(
            (reply.status.as_u16(), &reply.body["token_type"], &reply.body["expires_in"]),
            (200, &json!("Bearer"), &json!(3600))
        );
        let token = reply.body["access_token"].as_str().unwrap();
        let (header, claims) = (part(token, 0), part(token, 1));
        assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("at+jwt")));
        let now = service.now().as_secs();
        assert_eq!(
            (&claims["iss"], &claims["aud"], &claims["sub"]),
            (&json!(ISSUER), &json!(AUDIENCE), &reply.body["user"]["id"])
        );
        assert_eq!((&claims["iat"], &claims["nbf"], &claims["exp"]), (&json!(now), &json!(now), &json!(now + 3600)));
        assert_eq!((&claims["amr"], claims["jti"].as_str().unwrap().len()), (&amr, 22));
        assert!(reply.body.get("refresh_token").is_none() && reply.headers.get("set-cookie").is_none(), "sessions are off");
    }
}

#[tokio::test]
async fn only_signing_in_or_up_gives_tokens() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for (purpose, given) in [("signup", true), ("password_reset", false), ("phone_verification", false)] {
        service.advance(3600);
        let reply = sign_in(&service, PHONE, purpose).await;
        assert_eq!((reply.status.as_u16(), reply.body.get("access_token").is_some()), (200, given), "{purpose}: {}", reply.body);
    }
}

#[tokio::test]
async fn the_token_of_a_sign_in_adds_an_identifier_and_a_changed_one_does_not() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let signed_in = sign_in(&service, PHONE, "login").await;
    let token = signed_in.body["access_token"].as_str().unwrap();
    let link = async |token: &str, identifier: &str| {
        let bearer = format!("Bearer {token}");
        let fields = json!({ "identifier": identifier, "purpose": "email_verification" });
        let sent = service.call(&with_header(service.request("send", &fields), "authorization", &bearer)).await;
        let body = json!({ "identifier": identifier, "purpose": "email_verification", "otp_code": service.last_code(),
            "challenge_id": sent.body["challenge_id"] });
        service.call(&with_header(service.request("verify", &body), "authorization", &bearer)).await
    };
    let other = if token.ends_with('A') { 'Q' } else { 'A' };
    let forged = format!("{}{other}", &token[..token.len() - 1]);
    assert_eq!(link(&forged, "eve@example.com").await.body["code"], "invalid_token");
    let linked = link(token, "ada@example.com").await;
    assert_eq!((linked.status.as_u16(), &linked.body["user"]["id"]), (200, &signed_in.body["user"]["id"]), "{}", linked.body);
    assert_eq!(linked.body["user"]["email"], "ada@example.com");
    assert!(linked.body.get("access_token").is_none(), "the session goes on as it is");
    service.advance(3600);
    assert_eq!(link(token, "new@example.com").await.body["code"], "invalid_token", "it has expired");
}

#[tokio::test]
async fn without_an_issuer_there_are_no_tokens_and_no_keys() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.jwt = None;
    let service = setup.build();
    assert!(sign_in(&service, PHONE, "login").await.body.get("access_token").is_none());
    assert_eq!(get(&service, "/.well-known/jwks.json", None).await.0.body["code"], "not_found");
}

#[tokio::test]
async fn the_keys_are_public_cacheable_and_hold_nothing_private() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let token = sign_in(&service, PHONE, "login").await.body["access_token"].as_str().unwrap().to_owned();
    let (reply, etag) = get(&service, "/.well-known/jwks.json", None).await;
    assert_eq!(reply.headers["cache-control"], "public, max-age=300");
    let keys = reply.body["keys"].as_array().unwrap();
    let members: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((keys.len(), members), (1, vec!["alg", "e", "kid", "kty", "n", "use"]));
    assert_eq!(keys[0]["kid"], part(&token, 0)["kid"]);
    let (again, _) = get(&service, "/.well-known/jwks.json", Some(&etag)).await;
    assert_eq!((again.status.as_u16(), again.body), (304, Value::Null));
    assert_eq!(get(&service, "/.well-known/jwks.json", Some("\"another\"")).await.0.status, 200);

    let (about, _) = get(&service, "/.well-known/openid-configuration", None).await;
    assert_eq!(
        (&about.body["issuer"], &about.body["jwks_uri"]),
        (&json!(ISSUER), &json!(format!("{ISSUER}/.well-known/jwks.json")))
    );
    assert_eq!(about.body["id_token_signing_alg_values_supported"], json!(["RS256"]));
}

#[tokio::test]
async fn the_keys_are_for_reading_only() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for path in ["/.well-known/jwks.json", "/.well-known/openid-configuration"] {
        let mut call = service.request("verify", &json!({}));
        call.path = path.to_owned();
        let reply = service.call(&call).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["allow"], &reply.headers["cache-control"]),
            (405, &http::HeaderValue::from_static("GET, OPTIONS"), &http::HeaderValue::from_static("no-store"))
        );
    }
}

#[tokio::test]
async fn each_algorithm_signs_what_it_checks() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let jwt = jwt(&Vault::new(algorithm));
        let token = token(&jwt, NOW).await;
        assert_eq!(part(&token, 0)["alg"], algorithm.as_str());
        assert_eq!(jwt.check(&token, NOW).await, Ok(user()));
    }
}

#[tokio::test]
async fn a_token_is_good_until_its_time_is_over() {
    let jwt = jwt(&Vault::new(Algorithm::EdDsa));
    let token = token(&jwt, NOW).await;
    let at = |seconds: u64| Timestamp::from_millis(NOW.as_millis() + seconds * 1000);
    assert_eq!(jwt.check(&token, at(3599)).await, Ok(user()));
    assert_eq!(jwt.check(&token, at(3600)).await, Err(InvalidAccessToken::Expired));
    assert_eq!(jwt.check(&token, NOW.minus(Duration::from_secs(60))).await, Err(InvalidAccessToken::Expired), "not yet");
}

/// RFC 8725; jsonwebtoken CVE-2026-25537: each is one change to a genuine token.
#[tokio::test]
async fn attack_forged_tokens() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let vault = Vault::new(algorithm);
        let jwt = jwt(&vault);
        let genuine = token(&jwt, NOW).await;
        let parts: Vec<&str> = genuine.split('.').collect();
        let (header, claims) = (part(&genuine, 0), part(&genuine, 1));
        let with = |field: &str, value: Value, of: &Value| {
            let mut changed = of.clone();
            changed[field] = value;
            encode(&changed)
        };
        // The key set is public, so an attacker can use all of it as an HMAC secret.
        let key_set: Value = serde_json::from_str(&jwt.key_set().await.body).unwrap();
        let public = vault.ring().signing().unwrap().current().unwrap().public().bytes.clone();
        let confused = |secret: &[u8]| {
            let message = format!("{}.{}", with("alg", json!("HS256"), &header), parts[1]);
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
        };
        let mut forged = vec![
            ("nothing".to_owned(), String::new()),
            ("two parts".to_owned(), format!("{}.{}", parts[0], parts[1])),
            ("four parts".to_owned(), format!("{genuine}.x")),
            ("no signature".to_owned(), format!("{}.{}.", parts[0], parts[1])),
            ("alg none".to_owned(), format!("{}.{}.", with("alg", json!("none"), &header), parts[1])),
            ("alg None".to_owned(), format!("{}.{}.{}", with("alg", json!("None"), &header), parts[1], parts[2])),
            ("HS256 with the key's bytes".to_owned(), confused(&public)),
            ("HS256 with the key set".to_owned(), confused(key_set.to_string().as_bytes())),
            ("another kind of token".to_owned(), format!("{}.{}.{}", with("typ", json!("JWT"), &header), parts[1], parts[2])),
            ("an unknown key".to_owned(), format!("{}.{}.{}", with("kid", json!("k"), &header), parts[1], parts[2])),
            ("no key id".to_owned(), format!("{}.{}.{}", with("kid", Value::Null, &header), parts[1], parts[2])),
            (
                "a key of its own".to_owned(),
                format!("{}.{}.{}", with("jwk", key_set["keys"][0].clone(), &header), parts[1], parts[2]),
            ),
        ];
        for (field, value) in [("sub", json!("somebody else")), ("exp", json!(9_999_999_999_u64)), ("exp", json!("9999999999"))] {
            forged.push((format!("{field} changed"), format!("{}.{}.{}", parts[0], with(field, value, &claims), parts[2])));
        }
        for at in (0..genuine.len()).step_by(7) {
            let mut bytes = genuine.clone().into_bytes();
            bytes[at] ^= 1;
            forged.push((format!("bit flipped at {at}"), String::from_utf8_lossy(&bytes).into_owned()));
        }
        for (how, token) in forged {
            assert_eq!(jwt.check(&token, NOW).await, Err(InvalidAccessToken::Foreign), "{}: {how}", algorithm.as_str());
        }
        assert_eq!(jwt.check(&genuine, NOW).await, Ok(user()), "control: the genuine one passes");
    }
}

/// What a signer with our own key could get wrong, or another deployment with the same vault: signed rightly, and refused.
#[tokio::test]
async fn attack_genuine_signatures_over_claims_that_are_not_ours() {
    let vault = Vault::new(Algorithm::Rs256);
    let jwt = jwt(&vault);
    let genuine = token(&jwt, NOW).await;
    let (header, claims) = (part(&genuine, 0), part(&genuine, 1));
    let sign = |claims: &Value| {
        let message = format!("{}.{}", encode(&header), encode(claims));
        let ring = vault.ring();
        let signature = ring.signing().unwrap().current().unwrap().sign(message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let exp = claims["exp"].clone();
    for (field, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("https://other.example")),
        ("aud", json!([])),
        ("exp", json!(exp.to_string())),
        ("exp", json!(exp.as_u64().unwrap() as f64 + 0.5)),
        ("exp", json!(-1)),
        ("exp", Value::Null),
        ("nbf", json!("0")),
        ("nbf", Value::Null),
        ("iat", json!("now")),
        ("sub", json!(7)),
        ("sub", Value::Null),
    ] {
        let mut changed = claims.clone();
        changed[field] = value.clone();
        assert_eq!(jwt.check(&sign(&changed), NOW).await, Err(InvalidAccessToken::Foreign), "{field}={value}");
        changed.as_object_mut().unwrap().remove(field);
        assert_eq!(jwt.check(&sign(&changed), NOW).await, Err(InvalidAccessToken::Foreign), "without {field}");
    }
    assert_eq!(jwt.check(&sign(&claims), NOW).await, Ok(user()), "control: signed like this, the right claims pass");
}

#[tokio::test]
async fn no_rotation_loses_a_token_and_every_process_knows_every_signer() {
    let vault = Vault::new(Algorithm::EdDsa);
    // It never reads the secret by itself.
    let old_process = vault.another_process();
    let mut now = NOW;
    let mut tokens = vec![token(&jwt(&vault), now).await];
    for _ in 0..3 {
        now = now.plus(Duration::from_secs(27 * 3600));
        let before = token(&jwt(&vault), now).await;
        vault.rotate(|document| rotation::rotate_signing(document, now, Urgency::Routine, Algorithm::EdDsa));
        let new_process = vault.another_process();
        let after = token(&jwt(&new_process), now).await;
        assert_ne!(part(&before, 0)["kid"], part(&after, 0)["kid"]);
        for process in [&vault, &old_process, &new_process] {
            assert_eq!(jwt(process).check(&before, now).await, Ok(user()), "signed a moment before the rotation");
            assert_eq!(jwt(process).check(&after, now).await, Ok(user()), "signed a moment after");
        }
        tokens.push(after);
        vault.refresh().await;
    }
    // Those from before are long expired; their keys are gone or not, they are refused.
    for token in &tokens[..3] {
        assert!(jwt(&vault).check(token, now).await.is_err());
    }
}

#[tokio::test]
async fn a_key_is_published_before_it_signs_and_while_its_tokens_live() {
    let vault = Vault::new(Algorithm::Es256);
    let published = async |process: &Vault| -> Vec<String> {
        let set: Value = serde_json::from_str(&jwt(process).key_set().await.body).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = published(&vault).await;
    assert_eq!(before.len(), 2, "the current one and the next");
    let old = part(&token(&jwt(&vault), NOW).await, 0)["kid"].as_str().unwrap().to_owned();
    let later = NOW.plus(Duration::from_secs(27 * 3600));
    vault.rotate(|document| rotation::rotate_signing(document, later, Urgency::Routine, Algorithm::Es256));
    let new = part(&token(&jwt(&vault.another_process()), later).await, 0)["kid"].as_str().unwrap().to_owned();
    assert!(before.contains(&new), "a resource server that read the keys before knows the new one");
    // The process that has not heard of the rotation hears of it by being asked.
    let after = published(&vault).await;
    assert!(after.len() == 3 && after.contains(&old) && after.contains(&new), "{after:?}");
}

#[tokio::test]
async fn no_rotation_loses_a_code() {
    let embedded = Embedded::start(None).await.unwrap();
    let vault = Vault::new(Algorithm::EdDsa);
    let with_keys = |keys: &Vault| {
        let mut setup = Setup::on(&embedded).unwrap();
        setup.keys = Arc::new(keys.clone());
        setup.build()
    };
    let (old, mut now) = (with_keys(&vault), NOW);
    for step in 0..4_u64 {
        let identifier = format!("user{step}@example.com");
        let sent = old.post("send", &json!({ "identifier": identifier })).await;
        now = now.plus(Duration::from_secs(2 * 3600));
        vault.rotate(|document| rotation::rotate_codes(document, now, Urgency::Routine, &SystemRandomness));
        let new = with_keys(&vault.another_process());
        // Started by the old process, answered at the new one.
        let body = json!({ "identifier": identifier, "otp_code": old.last_code(), "challenge_id": sent.body["challenge_id"] });
        assert_eq!(new.post("verify", &body).await.status, 200, "step {step}");
        // Started by the new process, answered at the old one; once named and once not.
        for (kind, named) in [("a", true), ("b", false)] {
            let identifier = format!("{kind}{step}@example.com");
            let sent = new.post("send", &json!({ "identifier": identifier })).await;
            let mut body = json!({ "identifier": identifier, "otp_code": new.last_code() });
            if named {
                body["challenge_id"] = sent.body["challenge_id"].clone();
            }
            assert_eq!(old.post("verify", &body).await.status, 200, "step {step}, named: {named}");
        }
        vault.refresh().await;
    }
}

#[tokio::test]
async fn stolen_keys_sign_nothing_more() {
    let vault = Vault::new(Algorithm::EdDsa);
    let stolen = vault.another_process();
    vault.rotate(|document| rotation::rotate_signing(document, NOW, Urgency::Compromised, Algorithm::EdDsa));
    let safe = vault.another_process();
    assert_eq!(jwt(&safe).check(&token(&jwt(&stolen), NOW).await, NOW).await, Err(InvalidAccessToken::Foreign));
}
