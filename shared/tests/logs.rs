//! Every flow at TRACE, and then a search through all that was written: no code, key, token or whole identifier.
//!
//! One test alone in this file: `tracing` decides for the whole process which lines are wanted, so another test beside it,
//! without a subscriber, would switch lines off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use otp_auth::adapters::system::SystemClock;
use otp_auth::domain::policy::SignUp;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::session::{SessionPolicy, Transport};
use otp_auth::domain::user::{DisplayName, Identifier, User, UserId};
use otp_auth::ports::directory::{Administration, Directory};
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::telemetry;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::{FixedSender, PanickingSender};
use otp_auth::testing::log::Written;
use otp_auth::testing::service::{Service, Setup, test_keys, with_header};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const EMAIL: &str = "someone.private@example.com";
const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

/// All that must never be written, as it is gathered along the way.
#[derive(Default)]
struct Secrets(Vec<String>);

impl Secrets {
    fn add(&mut self, secret: &Value) {
        self.0.extend(secret.as_str().filter(|secret| secret.len() >= 6).map(str::to_owned));
    }
}

async fn all_flows(service: &Service, secrets: &mut Secrets) {
    for identifier in [PHONE, EMAIL] {
        let sent = service.post("send", &json!({ "identifier": identifier })).await;
        secrets.add(&sent.body["challenge_id"]);
        secrets.0.push(service.last_code());
        let verify =
            |code: &str| json!({ "identifier": identifier, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
        service.post("verify", &verify("00000000")).await;
        service.post("send", &json!({ "identifier": identifier })).await;
        service.advance(60);
        service.post("send", &json!({ "identifier": identifier, "challenge_id": sent.body["challenge_id"] })).await;
        service.post("verify", &verify(&service.last_code())).await;
        service.post("verify", &verify(&service.last_code())).await;
        service.post("verify", &json!({ "identifier": identifier, "otp_code": service.last_code() })).await;
        service.advance(60);
        let keyed = with_header(service.request("send", &json!({ "identifier": identifier })), "idempotency-key", KEY);
        service.call(&keyed).await;
        service.call(&keyed).await;
    }
    for body in
        [json!({ "identifier": format!("{PHONE}x99") }), json!({ "identifier": PHONE, "type": "email" }), json!([PHONE, EMAIL])]
    {
        service.post("send", &body).await;
        service.post("verify", &body).await;
    }
}

/// A user whom an operator made signs in, adds an address, and is disabled; a stranger and forged tokens come in between.
async fn users_flows(embedded: &Embedded, secrets: &mut Secrets) {
    let (mail, name) = ("another.private@example.com", "Somebody Private");
    let mut setup = Setup::on(embedded).unwrap();
    setup.sign_up = SignUp::Closed;
    let service = setup.build();
    service.advance(24 * 3600);
    let (store, keys, now) = (embedded.store(), test_keys().unwrap(), service.now());
    let recipient = Recipient::parse("+12345678909", None).unwrap();
    let mut user = User::new(UserId::new(now, [1; 10]), now).with(Identifier { recipient, verified: false });
    user.name = DisplayName::parse(name).ok();
    store.create(&keys, &user).await.unwrap();
    service.post("send", &json!({ "identifier": "+12345678909" })).await;
    let code = json!({ "identifier": "+12345678909", "otp_code": service.last_code() });
    let signed_in = service.post("verify", &code).await;
    secrets.0.extend([mail, "another.private", name, "12345678909"].map(str::to_owned));
    secrets.add(&signed_in.body["access_token"]);
    let good = signed_in.body["access_token"].as_str().unwrap().to_owned();
    for token in [good.as_str(), "a-token-that-is-none", &good] {
        for route in ["send", "verify"] {
            let code = service.last_code();
            let body = json!({ "identifier": mail, "purpose": "email_verification", "otp_code": code });
            let call = service.request(route, &body);
            service.call(&with_header(call, "authorization", &format!("Bearer {token}"))).await;
        }
        store.set_disabled(&keys, &user.id, token != good, service.now()).await.unwrap();
    }
    service.post("send", &json!({ "identifier": "+12345678910" })).await;
    secrets.0.extend(["a-token-that-is-none".to_owned(), "12345678910".to_owned()]);
}

/// Signing in, refreshing, using a token twice and logging out; the keys as everybody may read them.
async fn session_flows(service: &Service, secrets: &mut Secrets) {
    let sent = service.post("send", &json!({ "identifier": "+12345678907" })).await;
    let body =
        json!({ "identifier": "+12345678907", "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    let signed_in = service.post("verify", &body).await;
    let mut refresh = service.request("verify", &json!({ "refresh_token": signed_in.body["refresh_token"] }));
    refresh.path = "/api/auth/token/refresh".to_owned();
    let next = service.call(&refresh).await;
    for reply in [&signed_in, &next] {
        assert_eq!(reply.status, 200, "{}", reply.body);
        secrets.add(&reply.body["refresh_token"]);
        secrets.add(&reply.body["access_token"]);
    }
    service.call(&refresh).await;
    for path in ["/api/auth/logout", "/api/auth/token/refresh", "/.well-known/jwks.json"] {
        let mut call = refresh_of(service, &next.body["refresh_token"], path);
        service.call(&call).await;
        call.method = http::Method::GET;
        service.call(&call).await;
    }
    let linking = with_header(
        service.request("verify", &json!({ "identifier": EMAIL, "purpose": "email_verification", "otp_code": "123456" })),
        "authorization",
        &format!("Bearer {}", next.body["access_token"].as_str().unwrap()),
    );
    service.call(&linking).await;
}

fn refresh_of(service: &Service, token: &Value, path: &str) -> otp_auth::http::Call {
    let mut call = service.request("verify", &json!({ "refresh_token": token }));
    call.path = path.to_owned();
    call
}

fn written_by(flows: impl Future<Output = ()>, runtime: &tokio::runtime::Runtime) -> String {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = telemetry::subscriber(tracing::Level::TRACE, move || writer.clone(), Arc::new(SystemClock));
    tracing::subscriber::with_default(subscriber, || runtime.block_on(flows));
    written.text()
}

/// What a search through the log came to: secrets found in its lines, and in a line that has one.
pub struct Search {
    pub lines: usize,
    pub found: usize,
    pub found_where_written: usize,
}

#[test]
fn no_code_key_token_or_whole_identifier_is_ever_written() {
    let Search { found, found_where_written, .. } = search();
    assert_eq!((found, found_where_written), (0, 1));
}

pub fn search() -> Search {
    // One thread, so that everything runs under this test's subscriber.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut secrets =
        Secrets(vec![PHONE.to_owned(), PHONE[1..].to_owned(), EMAIL.to_owned(), "someone.private".to_owned(), KEY.to_owned()]);
    let mut outbox = None;
    let log = written_by(
        async {
            let embedded = Embedded::start(None).await.unwrap();
            let service = Setup::on(&embedded).unwrap().build();
            all_flows(&service, &mut secrets).await;
            users_flows(&embedded, &mut secrets).await;
            outbox = Some(service.outbox);
            let mut with_sessions = Setup::on(&embedded).unwrap();
            let hour = Duration::from_secs(3600);
            let policy = SessionPolicy { idle: hour, absolute: hour, grace: Duration::ZERO };
            with_sessions.sessions = Some((policy, Transport::Body));
            session_flows(&with_sessions.build(), &mut secrets).await;
            let reason = Refusal { class: RefusalClass::BadRecipient, code: "InvalidParameter".to_owned() };
            let refused = Delivery::Refused { provider: "sns", reason };
            let ambiguous = Delivery::Ambiguous { provider: "sns", cause: "timeout".to_owned() };
            for (number, delivery) in [refused, ambiguous].into_iter().enumerate() {
                let sender = Arc::new(FixedSender::new(delivery));
                let mut setup = Setup::on(&embedded).unwrap();
                setup.sender = Arc::clone(&sender) as _;
                setup.build().post("send", &json!({ "identifier": format!("+1234567890{}", number + 2) })).await;
                secrets.0.push(sender.last_code());
            }
            let mut setup = Setup::on(&embedded).unwrap();
            setup.sender = Arc::new(PanickingSender);
            setup.build().post("send", &json!({ "identifier": "+12345678905" })).await;
            let down = Setup::on(&embedded).unwrap().build();
            drop(embedded);
            down.post("send", &json!({ "identifier": "+12345678906" })).await;
        },
        &runtime,
    );
    assert!(log.lines().count() > 30, "the flows were logged:\n{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("every line is one JSON object");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z') && line["level"].is_string(), "{line}");
    }
    assert!(log.contains(r#""delivery":"withheld""#), "a message that was kept back is told apart");
    assert!(log.contains("+12***01") && log.contains("s***@example.com"), "the masks are there");
    for secret in &secrets.0 {
        assert!(!log.contains(secret.as_str()), "{secret} was written");
    }
    assert!(secrets.0.len() >= 15, "there were secrets to look for: {}", secrets.0.len());
    // The control: where a secret is written, the search finds it.
    let leak = written_by(async { tracing::trace!(target: "otp_auth::leak", code = secrets.0[5], "leak") }, &runtime);
    assert!(leak.contains(&secrets.0[5]));
    // What holds messages on purpose does not print them.
    let sent = outbox.unwrap().sent().pop().unwrap();
    assert!(!format!("{sent:?}").contains(&sent.text) && !format!("{sent:?}").contains(&sent.to));
    let found = |log: &str| secrets.0.iter().filter(|secret| log.contains(secret.as_str())).count();
    Search { lines: log.lines().count(), found: found(&log), found_where_written: found(&leak).min(1) }
}
