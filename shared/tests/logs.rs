//! Every flow at TRACE, and then a search through all that was written: no code, key, token or whole identifier.
//!
//! One test alone in this file: `tracing` decides for the whole process which lines are wanted, so another test beside it,
//! without a subscriber, would switch lines off.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::io;
use std::sync::{Arc, Mutex};

use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::telemetry;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::{FixedSender, PanickingSender};
use otp_auth::testing::service::{Service, Setup, with_header};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const EMAIL: &str = "someone.private@example.com";
const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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

fn written_by(flows: impl Future<Output = ()>, runtime: &tokio::runtime::Runtime) -> String {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = telemetry::subscriber(tracing::Level::TRACE, move || writer.clone());
    tracing::subscriber::with_default(subscriber, || runtime.block_on(flows));
    String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
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
            outbox = Some(service.outbox);
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
    assert!(log.contains("+12***01") && log.contains("s***@example.com"), "the masks are there");
    for secret in &secrets.0 {
        assert!(!log.contains(secret.as_str()), "{secret} was written");
    }
    assert!(secrets.0.len() >= 11, "there were secrets to look for: {}", secrets.0.len());
    // The control: where a secret is written, the search finds it.
    let leak = written_by(async { tracing::trace!(target: "otp_auth::leak", code = secrets.0[5], "leak") }, &runtime);
    assert!(leak.contains(&secrets.0[5]));
    // What holds messages on purpose does not print them.
    let sent = outbox.unwrap().sent().pop().unwrap();
    assert!(!format!("{sent:?}").contains(&sent.text) && !format!("{sent:?}").contains(&sent.to));
    let found = |log: &str| secrets.0.iter().filter(|secret| log.contains(secret.as_str())).count();
    Search { lines: log.lines().count(), found: found(&log), found_where_written: found(&leak).min(1) }
}
