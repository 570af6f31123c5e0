//! Races through the handlers, with real parallelism against the embedded DynamoDB; each with its control: the same race on
//! a store that reads before it writes must go wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::join_all;
use otp_auth::domain::guard::GuardMode;
use otp_auth::http::Call;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::memory::{MemoryStore, RacyStore};
use otp_auth::testing::memory_guard::MemoryGuard;
use otp_auth::testing::service::{Service, Setup, TestReply, with_header};
use serde_json::json;

const PHONE: &str = "+12345678901";
const ROUNDS: usize = 5;

async fn service(embedded: &Embedded) -> Service {
    Setup::on(embedded).unwrap().build()
}

/// The control: the handlers and use cases are real, the identifiers' items are not. The address windows and the guard are in memory, so
/// that all requests come to the racy store in one go.
async fn broken_service(embedded: &Embedded) -> Service {
    let mut setup = Setup::on(embedded).unwrap();
    setup.store = Arc::new(RacyStore::default());
    setup.claims = Arc::new(MemoryStore::default());
    setup.counters = Arc::new(MemoryGuard::default());
    // The guard would stop the surplus messages of a broken store too.
    setup.guard.mode = GuardMode::Observe;
    setup.build()
}

async fn at_once(service: &Service, calls: Vec<Call>) -> Vec<TestReply> {
    let tasks = calls.into_iter().map(|call| {
        let service = service.clone();
        tokio::spawn(async move { service.call(&call).await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

fn times(number: usize, call: impl Fn() -> Call) -> Vec<Call> {
    (0..number).map(|_| call()).collect()
}

fn with_code(replies: &[TestReply], code: &str) -> usize {
    replies.iter().filter(|reply| reply.body["code"] == code).count()
}

fn ok(replies: &[TestReply]) -> usize {
    replies.iter().filter(|reply| reply.status == 200).count()
}

/// 100 wrong guesses at once: how many were judged.
async fn wrong_guesses(service: &Service) -> usize {
    let sent = service.post("send", &json!({ "identifier": PHONE })).await;
    let wrong = if service.last_code() == "000000" { "000001" } else { "000000" };
    let body = json!({ "identifier": PHONE, "otp_code": wrong, "challenge_id": sent.body["challenge_id"] });
    let replies = at_once(service, times(100, || service.request("verify", &body))).await;
    assert_eq!(with_code(&replies, "invalid_code") + with_code(&replies, "attempts_exhausted"), 100);
    with_code(&replies, "invalid_code")
}

/// 50 right guesses at once: how many heard "success".
async fn right_guesses(service: &Service) -> usize {
    let sent = service.post("send", &json!({ "identifier": PHONE })).await;
    let body = json!({ "identifier": PHONE, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    let replies = at_once(service, times(50, || service.request("verify", &body))).await;
    assert_eq!(ok(&replies) + with_code(&replies, "challenge_expired"), 50);
    ok(&replies)
}

/// 50 sends at once: how many were accepted, and how many messages left.
async fn sends(service: &Service) -> (usize, usize) {
    let replies = at_once(service, times(50, || service.request("send", &json!({ "identifier": PHONE })))).await;
    assert_eq!(ok(&replies) + with_code(&replies, "rate_limited"), 50);
    (ok(&replies), service.outbox.sent().len())
}

/// 50 sends at once with one Idempotency-Key: how many challenges they heard of, and how many messages left.
async fn keyed_sends(service: &Service) -> (usize, usize) {
    let key = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    let call = || with_header(service.request("send", &json!({ "identifier": PHONE })), "idempotency-key", key);
    let replies = at_once(service, times(50, call)).await;
    assert_eq!(ok(&replies), 50, "{:?}", replies.iter().find(|reply| reply.status != 200));
    let challenges: BTreeSet<String> = replies.iter().map(|reply| reply.body["challenge_id"].to_string()).collect();
    (challenges.len(), service.outbox.sent().len())
}

/// Four living challenges of one new identifier, all answered at once: how many users came of it.
async fn first_sign_ins(service: &Service) -> usize {
    let mut calls = Vec::new();
    for _ in 0..5 {
        let sent = service.post("send", &json!({ "identifier": PHONE })).await;
        let body = json!({ "identifier": PHONE, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
        calls.push(service.request("verify", &body));
        service.advance(60);
    }
    // The first has expired by now; the others are right.
    let replies = at_once(service, calls).await;
    assert_eq!(ok(&replies), 4);
    replies.iter().filter_map(|reply| reply.body["user"]["id"].as_str()).collect::<BTreeSet<_>>().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_100_parallel_wrong_guesses_five_are_judged() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(wrong_guesses(&service(&embedded).await).await, 5);
    }
}

#[tokio::test]
async fn control_a_racy_store_judges_more_than_five_wrong_guesses() {
    let embedded = Embedded::start(None).await.unwrap();
    assert!(wrong_guesses(&broken_service(&embedded).await).await > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_right_guesses_one_succeeds() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(right_guesses(&service(&embedded).await).await, 1);
    }
}

#[tokio::test]
async fn control_a_racy_store_lets_a_code_succeed_twice() {
    let embedded = Embedded::start(None).await.unwrap();
    assert!(right_guesses(&broken_service(&embedded).await).await > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_sends_one_is_accepted_and_one_message_leaves() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(sends(&service(&embedded).await).await, (1, 1));
    }
}

#[tokio::test]
async fn control_a_racy_store_sends_more_than_one_message() {
    let embedded = Embedded::start(None).await.unwrap();
    let (accepted, messages) = sends(&broken_service(&embedded).await).await;
    assert!(accepted > 1 && messages > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_parallel_sends_with_one_key_one_message_leaves_and_all_hear_of_it() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(keyed_sends(&service(&embedded).await).await, (1, 1));
    }
}

#[tokio::test]
async fn control_a_racy_store_sends_twice_under_one_key() {
    let embedded = Embedded::start(None).await.unwrap();
    let (challenges, messages) = keyed_sends(&broken_service(&embedded).await).await;
    assert!(challenges > 1 && messages > 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_first_sign_ins_make_one_user() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        assert_eq!(first_sign_ins(&service(&embedded).await).await, 1);
    }
}
