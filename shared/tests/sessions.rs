//! Sessions from outside: refreshing, logging out, reuse, races, cookies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use otp_auth::domain::session::{FamilyId, Judged, SessionPolicy, StartWrite, Transport, UseWrite};
use otp_auth::http::Call;
use otp_auth::ports::sessions::SessionStore;
use otp_auth::ports::store::StoreError;
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::racy_sessions::RacySessions;
use otp_auth::testing::service::{ORIGIN, Service, Setup, TestReply, with_header};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const HOUR: u64 = 3600;
const ROUNDS: usize = 5;

const POLICY: SessionPolicy =
    SessionPolicy { idle: Duration::from_secs(24 * HOUR), absolute: Duration::from_secs(72 * HOUR), grace: Duration::ZERO };

fn setup(embedded: &Embedded, policy: SessionPolicy, transport: Transport) -> Setup {
    let mut setup = Setup::on(embedded).unwrap();
    setup.sessions = Some((policy, transport));
    setup
}

fn service(embedded: &Embedded) -> Service {
    setup(embedded, POLICY, Transport::Body).build()
}

async fn sign_in(service: &Service) -> TestReply {
    let sent = service.post("send", &json!({ "identifier": PHONE })).await;
    let body = json!({ "identifier": PHONE, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    let reply = service.post("verify", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}

fn refresh_token(reply: &TestReply) -> String {
    reply.body["refresh_token"].as_str().unwrap().to_owned()
}

fn call(service: &Service, path: &str, body: &Value) -> Call {
    let mut call = service.request("verify", body);
    call.path = path.to_owned();
    call
}

fn use_of(service: &Service, token: &str) -> Call {
    call(service, "/api/auth/token/refresh", &json!({ "refresh_token": token }))
}

async fn refresh(service: &Service, token: &str) -> TestReply {
    service.call(&use_of(service, token)).await
}

async fn log_out(service: &Service, token: &str) -> TestReply {
    service.call(&call(service, "/api/auth/logout", &json!({ "refresh_token": token }))).await
}

fn code(reply: &TestReply) -> &str {
    reply.body["code"].as_str().unwrap_or("ok")
}

#[tokio::test]
async fn each_use_gives_the_next_tokens_of_the_same_user() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let signed_in = sign_in(&service).await;
    assert_eq!(signed_in.body["refresh_expires_in"], 24 * HOUR);
    let (mut token, mut seen) = (refresh_token(&signed_in), BTreeSet::new());
    for _ in 0..5 {
        service.advance(HOUR);
        let reply = refresh(&service, &token).await;
        assert_eq!((code(&reply), &reply.body["token_type"], &reply.body["expires_in"]), ("ok", &json!("Bearer"), &json!(3600)));
        assert!(seen.insert(reply.body["access_token"].to_string()));
        token = refresh_token(&reply);
        assert!(seen.insert(token.clone()));
        assert_eq!(subject(&reply), signed_in.body["user"]["id"]);
    }
}

fn subject(reply: &TestReply) -> Value {
    use base64::Engine;
    let claims = reply.body["access_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice::<Value>(&bytes).unwrap()["sub"].clone()
}

#[tokio::test]
async fn a_token_that_is_used_twice_ends_the_session_for_everybody() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let stolen = refresh_token(&sign_in(&service).await);
    let second = refresh_token(&refresh(&service, &stolen).await);
    let third = refresh_token(&refresh(&service, &second).await);
    assert_eq!(code(&refresh(&service, &stolen).await), "refresh_token_reused");
    for token in [&third, &second, &stolen] {
        assert_eq!(code(&refresh(&service, token).await), "session_ended");
    }
}

#[tokio::test]
async fn one_session_ending_leaves_the_others() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let first = refresh_token(&sign_in(&service).await);
    service.advance(60);
    let other = refresh_token(&sign_in(&service).await);
    assert_eq!(log_out(&service, &first).await.body, json!({ "message": "Signed out" }));
    assert_eq!((code(&refresh(&service, &first).await), code(&refresh(&service, &other).await)), ("session_ended", "ok"));
}

#[tokio::test]
async fn logging_out_ends_the_session_as_often_as_it_is_asked() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let first = refresh_token(&sign_in(&service).await);
    let second = refresh_token(&refresh(&service, &first).await);
    // An old token of the session is still a token of the session.
    for token in [&first, &second, &second] {
        assert_eq!(log_out(&service, token).await.status, 200);
    }
    assert_eq!(code(&refresh(&service, &second).await), "session_ended");
    assert_eq!(log_out(&service, "made up").await.status, 200);
    assert_eq!(code(&service.call(&call(&service, "/api/auth/logout", &json!({}))).await), "invalid_request");
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let idle = refresh_token(&sign_in(&service).await);
    service.advance(24 * HOUR);
    assert_eq!(code(&refresh(&service, &idle).await), "session_ended");

    let mut token = refresh_token(&sign_in(&service).await);
    for hours_left in [60, 48, 36, 24, 12] {
        service.advance(12 * HOUR);
        let reply = refresh(&service, &token).await;
        assert_eq!(reply.body["refresh_expires_in"], hours_left.min(24) * HOUR);
        token = refresh_token(&reply);
    }
    service.advance(12 * HOUR);
    assert_eq!(code(&refresh(&service, &token).await), "session_ended");
}

#[tokio::test]
async fn a_disabled_users_session_ends_at_its_next_use() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let signed_in = sign_in(&service).await;
    let key = format!("U#{}", signed_in.body["user"]["id"].as_str().unwrap());
    let update = |disabled: bool| {
        let table = embedded.client().update_item().table_name(TABLE).key("pk", AttributeValue::S(key.clone()));
        let update = table.update_expression("SET disabled = :d");
        update.expression_attribute_values(":d", AttributeValue::Bool(disabled)).send()
    };
    let token = refresh_token(&signed_in);
    update(true).await.unwrap();
    assert_eq!(code(&refresh(&service, &token).await), "session_ended");
    update(false).await.unwrap();
    assert_eq!(code(&refresh(&service, &token).await), "session_ended", "it does not come back");
}

#[tokio::test]
async fn forged_tokens_cost_no_request_to_the_store() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = setup(&embedded, POLICY, Transport::Body);
    let counted = Counted { behind: embedded.store(), asked: Arc::default(), lost: Arc::default() };
    setup.session_store = Arc::new(counted.clone());
    let service = setup.build();
    let genuine = refresh_token(&sign_in(&service).await);
    let asked = counted.asked.load(Ordering::SeqCst);
    for at in 0..genuine.len() {
        let mut bytes = genuine.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        if forged != genuine {
            assert_eq!(code(&refresh(&service, &forged).await), "invalid_refresh_token");
        }
    }
    for text in ["", "x", &"A".repeat(87), &"A".repeat(5000), "\u{0}", "🦀"] {
        assert_eq!(code(&refresh(&service, text).await), "invalid_refresh_token", "{text}");
    }
    assert_eq!(counted.asked.load(Ordering::SeqCst), asked);
    assert_eq!(code(&refresh(&service, &genuine).await), "ok");
}

#[tokio::test]
async fn bodies_that_are_none_are_named() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    for body in [json!({}), json!({ "refresh_token": 7 }), json!({ "refresh_token": null }), json!([])] {
        assert_eq!(code(&service.call(&call(&service, "/api/auth/token/refresh", &body)).await), "invalid_request", "{body}");
    }
}

#[tokio::test]
async fn the_table_holds_nothing_that_is_a_token() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded);
    let first = refresh_token(&sign_in(&service).await);
    let second = refresh_token(&refresh(&service, &first).await);
    let items = format!("{:?}", embedded.client().scan().table_name(TABLE).send().await.unwrap().items());
    // 16 bytes of family stand at the start of both, after the version.
    for token in [first, second] {
        for start in 24..token.len() - 12 {
            assert!(!items.contains(&token[start..start + 12]), "part of a token is in the table");
        }
    }
}

#[tokio::test]
async fn a_session_costs_one_write_more_and_only_when_sessions_are_on() {
    let embedded = Embedded::start(None).await.unwrap();
    let counted = Counted { behind: embedded.store(), asked: Arc::default(), lost: Arc::default() };
    let mut setup = setup(&embedded, POLICY, Transport::Body);
    setup.session_store = Arc::new(counted.clone());
    let service = setup.build();
    let token = refresh_token(&sign_in(&service).await);
    assert_eq!(counted.asked.load(Ordering::SeqCst), 1);
    refresh(&service, &token).await;
    assert_eq!(counted.asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_retry_of_the_sdk_is_no_reuse() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = setup(&embedded, POLICY, Transport::Body);
    let lossy = Counted { behind: embedded.store(), asked: Arc::default(), lost: Arc::new(AtomicUsize::new(2)) };
    setup.session_store = Arc::new(lossy);
    let service = setup.build();
    let first = refresh_token(&sign_in(&service).await);
    let second = refresh(&service, &first).await;
    assert_eq!(code(&second), "ok", "the retry hears what the first attempt did");
    assert_eq!(code(&refresh(&service, &refresh_token(&second)).await), "ok");
    assert_eq!(code(&refresh(&service, &first).await), "refresh_token_reused", "and of a reuse it hears that");
}

/// 50 uses of one token at once: how many gave new tokens, and what the next use of one of those comes to.
async fn uses_at_once(service: &Service) -> (usize, String) {
    let token = refresh_token(&sign_in(service).await);
    let tasks = (0..50).map(|_| {
        let (service, call) = (service.clone(), use_of(service, &token));
        tokio::spawn(async move { service.call(&call).await })
    });
    let replies: Vec<TestReply> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
    let good: Vec<&TestReply> = replies.iter().filter(|reply| reply.status == 200).collect();
    let bad = replies.iter().filter(|reply| ["refresh_token_reused", "session_ended"].contains(&code(reply))).count();
    assert_eq!(good.len() + bad, 50);
    let next = refresh(service, &refresh_token(good[0])).await;
    (good.len(), code(&next).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_uses_of_one_token_one_is_good_and_the_session_ends() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(uses_at_once(&service(&embedded)).await, (1, "session_ended".to_owned()));
    }
}

#[tokio::test]
async fn control_a_racy_store_lets_a_token_be_used_twice() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = setup(&embedded, POLICY, Transport::Body);
    setup.session_store = Arc::new(RacySessions::default());
    assert!(uses_at_once(&setup.build()).await.0 > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_its_grace_a_used_token_gives_its_same_successor_and_later_ends_the_session() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = setup(&embedded, SessionPolicy { grace: Duration::from_secs(10), ..POLICY }, Transport::Body).build();
    let first = refresh_token(&sign_in(&service).await);
    let tasks = (0..20).map(|_| {
        let (service, call) = (service.clone(), use_of(&service, &first));
        tokio::spawn(async move { service.call(&call).await })
    });
    let successors: BTreeSet<String> = join_all(tasks).await.into_iter().map(|reply| refresh_token(&reply.unwrap())).collect();
    assert_eq!(successors.len(), 1, "one new session");
    let second = successors.first().unwrap();
    service.advance(9);
    assert_eq!(&refresh_token(&refresh(&service, &first).await), second);
    let third = refresh_token(&refresh(&service, second).await);
    assert_eq!(code(&refresh(&service, &first).await), "refresh_token_reused", "its successor was used: no grace any more");
    assert_eq!(code(&refresh(&service, &third).await), "session_ended");

    service.advance(60);
    let first = refresh_token(&sign_in(&service).await);
    refresh(&service, &first).await;
    service.advance(10);
    assert_eq!(code(&refresh(&service, &first).await), "refresh_token_reused");
}

fn cookies(embedded: &Embedded) -> Service {
    setup(embedded, POLICY, Transport::Cookie).build()
}

/// What a browser sends back.
fn cookie_of(reply: &TestReply) -> String {
    reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn with_cookie(service: &Service, path: &str, cookie: &str, origin: &str) -> Call {
    with_header(with_header(call(service, path, &json!({})), "cookie", cookie), "origin", origin)
}

#[tokio::test]
async fn a_cookie_is_hidden_from_scripts_and_bound_to_the_host() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = cookies(&embedded);
    let signed_in = sign_in(&service).await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("__Host-otp_session=")
            && cookie.ends_with("; Max-Age=86400; Path=/; Secure; HttpOnly; SameSite=Strict")
    );
    assert!(signed_in.body.get("refresh_token").is_none() && signed_in.body["access_token"].is_string());

    let reply = service.call(&with_cookie(&service, "/api/auth/token/refresh", &cookie_of(&signed_in), ORIGIN)).await;
    assert_eq!((code(&reply), reply.body.get("refresh_token")), ("ok", None));
    assert_eq!(reply.headers["access-control-allow-credentials"], "true");
    let next = cookie_of(&reply);
    assert_ne!(next, cookie_of(&signed_in));
    let out = service.call(&with_cookie(&service, "/api/auth/logout", &format!("a=b; {next}"), ORIGIN)).await;
    assert_eq!((out.status.as_u16(), cookie_of(&out).as_str()), (200, "__Host-otp_session="));
    assert_eq!(code(&service.call(&with_cookie(&service, "/api/auth/token/refresh", &next, ORIGIN)).await), "session_ended");
}

#[tokio::test]
async fn attack_another_site_uses_the_cookie() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = cookies(&embedded);
    let cookie = cookie_of(&sign_in(&service).await);
    for path in ["/api/auth/token/refresh", "/api/auth/logout"] {
        for origin in ["https://evil.example", "null", "https://app.example.com.evil.example", ""] {
            let reply = service.call(&with_cookie(&service, path, &cookie, origin)).await;
            assert_eq!((reply.status.as_u16(), code(&reply)), (403, "origin_not_allowed"), "{path} from {origin}");
            assert!(reply.headers.get("access-control-allow-credentials").is_none() && reply.headers.get("set-cookie").is_none());
        }
        let without = with_header(call(&service, path, &json!({})), "cookie", &cookie);
        assert_eq!(code(&service.call(&without).await), "origin_not_allowed");
        // A form cannot send JSON.
        let mut form = with_cookie(&service, path, &cookie, ORIGIN);
        form.headers.insert("content-type", http::HeaderValue::from_static("text/plain"));
        assert_eq!(code(&service.call(&form).await), "unsupported_media_type");
    }
    assert_eq!(code(&service.call(&with_cookie(&service, "/api/auth/token/refresh", &cookie, ORIGIN)).await), "ok", "control");
}

#[tokio::test]
async fn a_browser_without_a_session_is_told_so_and_one_with_a_dead_one_forgets_it() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = cookies(&embedded);
    let path = "/api/auth/token/refresh";
    let none = with_header(call(&service, path, &json!({})), "origin", ORIGIN);
    assert_eq!(code(&service.call(&none).await), "session_ended");
    let cookie = cookie_of(&sign_in(&service).await);
    let twice = with_cookie(&service, path, &format!("{cookie}; {cookie}"), ORIGIN);
    assert_eq!(code(&service.call(&twice).await), "session_ended", "two cookies of one name are nobody's");
    service.call(&with_cookie(&service, path, &cookie, ORIGIN)).await;
    let reused = service.call(&with_cookie(&service, path, &cookie, ORIGIN)).await;
    assert_eq!((code(&reused), cookie_of(&reused).as_str()), ("refresh_token_reused", "__Host-otp_session="));
    // In the body it is not looked for.
    let body = json!({ "refresh_token": cookie.split('=').nth(1).unwrap() });
    assert_eq!(code(&service.call(&with_header(call(&service, path, &body), "origin", ORIGIN)).await), "session_ended");
}

#[tokio::test]
async fn without_sessions_there_are_no_such_routes() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    for path in ["/api/auth/token/refresh", "/api/auth/logout"] {
        assert_eq!(code(&service.call(&call(&service, path, &json!({ "refresh_token": "x" }))).await), "not_found");
    }
}

/// Counts the requests, and repeats each `lost` times with the same request id, as the SDK does when replies get lost.
#[derive(Clone)]
struct Counted<S> {
    behind: S,
    asked: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
}

#[async_trait]
impl<S: SessionStore> SessionStore for Counted<S> {
    async fn start(&self, write: &StartWrite) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        for _ in 0..self.lost.load(Ordering::SeqCst) {
            self.behind.start(write).await?;
        }
        self.behind.start(write).await
    }

    async fn judge(&self, write: &UseWrite) -> Result<Judged, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        for _ in 0..self.lost.load(Ordering::SeqCst) {
            self.behind.judge(write).await?;
        }
        self.behind.judge(write).await
    }

    async fn end(&self, family: FamilyId) -> Result<(), StoreError> {
        self.behind.end(family).await
    }
}
