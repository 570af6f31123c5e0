//! A right code is told to the provider whose message brought it: which message, how often, and at what price.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use otp_auth::http::Call;
use otp_auth::ports::feedback::Feedback;
use otp_auth::ports::sender::{Content, Delivery, Message, Sender};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::log::Written;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";

/// Takes messages as one provider or another, each under an id of its own.
#[derive(Default)]
struct Takes {
    outcomes: Mutex<Vec<Delivery>>,
    texts: Mutex<Vec<String>>,
}

impl Takes {
    fn one_after_another(outcomes: impl IntoIterator<Item = Delivery>) -> Arc<Self> {
        let mut outcomes: Vec<Delivery> = outcomes.into_iter().collect();
        outcomes.reverse();
        Arc::new(Self { outcomes: Mutex::new(outcomes), texts: Mutex::default() })
    }

    fn last_code(&self) -> String {
        self.texts.lock().unwrap().last().unwrap().rsplit_once('#').unwrap().1.to_owned()
    }
}

#[async_trait]
impl Sender for Takes {
    fn provider(&self) -> &'static str {
        "twilio"
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        if let Content::Sms(text) = &message.content {
            self.texts.lock().unwrap().push(text.to_string());
        }
        self.outcomes.lock().unwrap().pop().unwrap()
    }
}

fn taken(provider: &'static str, message: &str) -> Delivery {
    Delivery::Accepted { provider, message_id: message.to_owned() }
}

/// What providers were told.
#[derive(Default)]
struct Heard(Mutex<Vec<(String, String)>>);

#[async_trait]
impl Feedback for Heard {
    async fn arrived(&self, provider: &str, message: &str) {
        self.0.lock().unwrap().push((provider.to_owned(), message.to_owned()));
    }
}

struct Lab {
    _embedded: Embedded,
    service: Service,
    sender: Arc<Takes>,
    heard: Arc<Heard>,
}

impl Lab {
    async fn new(feedback_to: Vec<&'static str>, outcomes: impl IntoIterator<Item = Delivery>) -> Self {
        Written::by_this_process().unwrap();
        let embedded = Embedded::start(None).await.unwrap();
        let (sender, heard) = (Takes::one_after_another(outcomes), Arc::new(Heard::default()));
        let mut setup = Setup::on(&embedded).unwrap();
        (setup.sender, setup.feedback_to) = (Arc::clone(&sender) as _, feedback_to);
        setup.feedback = Some(Arc::clone(&heard) as _);
        Self { _embedded: embedded, service: setup.build(), sender, heard }
    }

    async fn send(&self, id: &str, body: Value) -> TestReply {
        let call = Call { id: id.to_owned(), ..self.service.request("send", &body) };
        let reply = self.service.call(&call).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply
    }

    async fn verify(&self, id: &str, code: &str, sent: &TestReply) -> u16 {
        let body = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
        let call = Call { id: id.to_owned(), ..self.service.request("verify", &body) };
        self.service.call(&call).await.status.as_u16()
    }

    fn told(&self) -> Vec<(String, String)> {
        self.heard.0.lock().unwrap().clone()
    }
}

fn told(provider: &str, message: &str) -> (String, String) {
    (provider.to_owned(), message.to_owned())
}

#[tokio::test]
async fn a_right_code_is_told_once_and_no_other() {
    let lab = Lab::new(vec!["twilio"], [taken("twilio", "SM1")]).await;
    let sent = lab.send("a-1", json!({ "identifier": PHONE })).await;
    let code = lab.sender.last_code();
    assert_eq!(lab.verify("a-2", "00000000", &sent).await, 400);
    assert_eq!(lab.told(), []);
    assert_eq!(lab.verify("a-3", &code, &sent).await, 200);
    assert_eq!(lab.verify("a-4", &code, &sent).await, 400);
    assert_eq!(lab.told(), [told("twilio", "SM1")]);
}

#[tokio::test]
async fn of_several_messages_the_last_one_is_told_of() {
    let outcomes = [taken("twilio", "SM1"), taken("twilio", "SM2"), taken("vonage", "V1")];
    let lab = Lab::new(vec!["twilio", "vonage"], outcomes).await;
    let sent = lab.send("b-1", json!({ "identifier": PHONE })).await;
    for id in ["b-2", "b-3"] {
        lab.service.advance(60);
        lab.send(id, json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"] })).await;
    }
    assert_eq!(lab.verify("b-4", &lab.sender.last_code(), &sent).await, 200);
    assert_eq!(lab.told(), [told("vonage", "V1")], "who took the last one, under its own id");
}

/// A slot has a challenge after another: what is known of the one is not said of the next.
#[tokio::test]
async fn a_provider_that_wants_to_hear_nothing_hears_nothing() {
    let outcomes =
        [taken("twilio", "SM1"), Delivery::Ambiguous { provider: "twilio", cause: "cut".to_owned() }, taken("sns", "S1")];
    let lab = Lab::new(vec!["twilio"], outcomes).await;
    lab.send("c-1", json!({ "identifier": PHONE })).await;
    for id in ["c-2", "c-3"] {
        // As many slots later as there are.
        lab.service.advance(6 * 60);
        let sent = lab.send(id, json!({ "identifier": PHONE })).await;
        assert_eq!(lab.verify("c-4", &lab.sender.last_code(), &sent).await, 200);
    }
    assert_eq!(lab.told(), []);
}

#[tokio::test]
async fn it_costs_a_write_at_the_send_and_nothing_at_the_verification() {
    let mut requests = Vec::new();
    for (number, feedback_to) in [Vec::new(), vec!["twilio"]].into_iter().enumerate() {
        let lab = Lab::new(feedback_to, [taken("twilio", "SM1"), taken("twilio", "SM2")]).await;
        let ids = ["send", "verify"].map(|route| format!("d-{number}-{route}"));
        // The first sign-in makes a user; the second one is the one that is counted.
        for times in ["first", "second"] {
            let sent = lab.send(&format!("{}-{times}", ids[0]), json!({ "identifier": PHONE })).await;
            assert_eq!(lab.verify(&format!("{}-{times}", ids[1]), &lab.sender.last_code(), &sent).await, 200);
            lab.service.advance(24 * 3600);
        }
        requests.push(ids.map(|id| table_requests(&format!("{id}-second"))));
    }
    assert_eq!(requests[1], [requests[0][0] + 1, requests[0][1]]);
}

/// What the log says of a request.
fn table_requests(id: &str) -> u64 {
    let written = Written::by_this_process().unwrap().text();
    let lines = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["message"] == "request" && line["request_id"] == id).unwrap();
    line["table_requests"].as_u64().unwrap()
}
