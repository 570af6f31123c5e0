//! A scripted day of traffic through the real handlers, and what `stats` and `records` make of it.

use std::sync::Arc;

use async_trait::async_trait;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::testing::service::{Service, Setup};
use serde_json::json;

use super::program::Operator;

/// Texts in each hour of 2026-11-24; every third one has a mail beside it.
const TEXTS: [u64; 24] = [1, 0, 0, 0, 1, 2, 4, 8, 11, 9, 7, 7, 8, 7, 6, 6, 7, 8, 10, 12, 9, 6, 3, 2];

/// Shortly before the end of that day.
pub const EVENING: &str = "2026-11-24T23:59:00Z";

/// An outbox that says it is a provider.
pub struct Named(pub &'static str, pub Outbox);

#[async_trait]
impl Sender for Named {
    fn provider(&self) -> &'static str {
        self.0
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        self.1.deliver(message).await;
        Delivery::Accepted { provider: self.0, message_id: "test".to_owned() }
    }
}

/// A table with that day in it.
pub async fn of_traffic(name: &str) -> Operator {
    let operator = Operator::with(name, |setup| provided("sns", setup)).await;
    let mut mail = provided("ses", Setup::on(&operator.embedded).unwrap());
    mail.clock = Arc::clone(&operator.service.clock);
    let mail = mail.build();
    operator.service.advance(12 * 3600);
    let mut person = 0;
    for texts in TEXTS {
        for turn in 0..texts {
            person += 1;
            sign_in(&operator.service, &number(person), person).await;
            if turn % 3 == 0 {
                sign_in(&mail, &format!("user{person}@example.com"), person).await;
            }
            operator.service.advance(3600 / texts);
        }
        operator.service.advance(3600 - texts.max(1) * (3600 / texts.max(1)) + if texts == 0 { 3600 } else { 0 });
    }
    operator
}

fn provided(name: &'static str, mut setup: Setup) -> Setup {
    setup.sender = Arc::new(Named(name, setup.outbox.clone()));
    setup
}

/// Every sixth person never enters the code.
const fn answers(person: u64) -> bool {
    person % 6 != 2
}

/// Everybody asks for a code; every seventh errs first.
async fn sign_in(service: &Service, identifier: &str, person: u64) {
    let sent = service.post("send", &json!({ "identifier": identifier })).await;
    assert_eq!(sent.status, 200, "{identifier}: {}", sent.body);
    let verify = async |code: &str| {
        let body = json!({ "identifier": identifier, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
        service.post("verify", &body).await.status
    };
    if person.is_multiple_of(7) {
        assert_eq!(verify("000000").await, 400);
    }
    if answers(person) {
        assert_eq!(verify(&service.last_code()).await, 200);
    }
}

/// Six of ten in the United States, three in Germany, one in the United Kingdom.
fn number(person: u64) -> String {
    match person % 10 {
        0..6 => format!("+1415{:07}", 2_000_000 + person * 7_919),
        6..9 => format!("+49151{:08}", 20_000_000 + person * 7_919),
        _ => format!("+447400{:06}", 100_000 + person * 79),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counters_of_a_day_add_up() {
    let operator = of_traffic("day").await;
    let stats = operator.run_at(EVENING, &["stats", "--days", "1", "--json"]).json();
    let texts: u64 = TEXTS.iter().sum();
    let mails: u64 = TEXTS.iter().map(|texts| texts.div_ceil(3)).sum();
    assert_eq!(stats["total"]["messages"], texts + mails, "{stats}");
    assert_eq!(stats["channels"][0]["name"], "sms");
    assert_eq!((&stats["channels"][0]["messages"], &stats["channels"][1]["messages"]), (&json!(texts), &json!(mails)));
    let answered = (1..=texts).filter(|person| answers(*person)).count();
    assert_eq!(stats["channels"][0]["verified"], answered);
    assert_eq!(stats["peak_hour"], 19);
    let hours: Vec<u64> = TEXTS.iter().map(|texts| texts + texts.div_ceil(3)).collect();
    assert_eq!(stats["hours"], json!(hours));
    let sum = |list: &str, field: &str| -> u64 {
        stats[list].as_array().unwrap().iter().map(|line| line[field].as_u64().unwrap()).sum()
    };
    for list in ["channels", "providers", "days"] {
        assert_eq!(sum(list, "messages"), texts + mails, "{list}");
        assert_eq!(sum(list, "verified"), stats["total"]["verified"].as_u64().unwrap(), "{list}");
    }
    assert_eq!(sum("countries", "messages"), texts);
    let providers: Vec<&str> = stats["providers"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(providers, ["sns", "ses"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_without_messages_says_so_and_a_wrong_one_is_refused() {
    let operator = Operator::new("quiet").await;
    let quiet = operator.run(&["stats"]).done();
    assert_eq!(quiet, "No messages from 2026-11-17 to 2026-11-23.\n");
    assert!(operator.run(&["stats", "--from", "2026-11-24"]).failed(2).contains("--from: is after the last day"));
    assert!(operator.run(&["stats", "--from", "24.11.2026"]).failed(2).contains("must be a date such as 2026-11-23"));
    assert_eq!(operator.run(&["stats", "--days", "101"]).code, 2);
}
