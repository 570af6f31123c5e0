//! What a client sees, flow by flow: through the handlers, on the embedded DynamoDB, reading the outbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use http::StatusCode;
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::domain::policy::ChallengeBinding;
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::FixedSender;
use otp_auth::testing::service::{Service, Setup, TestReply, with_header};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";

async fn service() -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    (embedded, service)
}

async fn send(service: &Service, identifier: &str) -> TestReply {
    let reply = service.post("send", &json!({ "identifier": identifier })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply
}

async fn verify(service: &Service, identifier: &str, code: &str, challenge: Option<&Value>) -> TestReply {
    let mut body = json!({ "identifier": identifier, "otp_code": code });
    if let Some(challenge) = challenge {
        body["challenge_id"] = challenge.clone();
    }
    service.post("verify", &body).await
}

#[track_caller]
fn assert_problem(reply: &TestReply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)), "{}", reply.body);
    assert_eq!(reply.body["error"], reply.body["detail"]);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_old_apps_two_calls_work_unchanged() {
    let (_embedded, service) = service().await;
    let sent = service.post("send/", &json!({ "identifier": PHONE, "type": "phone" })).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    assert_eq!(sent.body["message"], "Verification code sent to +12***01");
    assert_eq!((&sent.body["code_length"], &sent.body["expires_in_minutes"]), (&json!(6), &json!(5)));
    assert_eq!((&sent.body["remaining_attempts"], &sent.body["resend_cooldown_seconds"]), (&json!(4), &json!(60)));

    let body = json!({ "identifier": PHONE, "otp_code": service.last_code(), "type": "phone" });
    let verified = service.post("verify/", &body).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.body);
    assert_eq!(verified.body["user"]["is_authenticated"], true);
    assert_eq!(verified.body["user"]["phone_number"], PHONE);

    assert_problem(&service.post("verify/", &body).await, 400, "challenge_expired");
    assert_eq!(service.outbox.sent().len(), 1);
}

#[tokio::test]
async fn mail_lives_ten_minutes_and_names_its_user() {
    let (_embedded, service) = service().await;
    let sent = send(&service, "User@Example.com").await;
    assert_eq!((&sent.body["type"], &sent.body["expires_in_minutes"]), (&json!("email"), &json!(10)));
    let mail = service.outbox.sent().pop().unwrap();
    let code = service.last_code();
    assert_eq!((mail.channel, mail.to.as_str()), ("email", "user@example.com"));
    assert!(mail.subject.unwrap().ends_with(&code) && mail.html.unwrap().contains(&code));
    assert!(mail.text.ends_with(&format!("\n@example.com #{code}")));
    service.advance(599);
    let verified = verify(&service, "user@EXAMPLE.com", &code, Some(&sent.body["challenge_id"])).await;
    assert_eq!(verified.body["user"]["email_verified"], true, "{}", verified.body);
}

#[tokio::test]
async fn a_returning_user_has_the_same_id() {
    let (_embedded, service) = service().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        send(&service, PHONE).await;
        ids.push(verify(&service, PHONE, &service.last_code(), None).await.body["user"]["id"].clone());
        service.advance(60);
    }
    assert!(ids[0].is_string() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn a_wrong_code_counts_down_and_the_sixth_is_not_judged() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    let (right, challenge) = (service.last_code(), &sent.body["challenge_id"]);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let reply = verify(&service, PHONE, wrong, Some(challenge)).await;
        assert_problem(&reply, 400, "invalid_code");
        assert_eq!(reply.body["attempts_remaining"], left);
    }
    assert_problem(&verify(&service, PHONE, &right, Some(challenge)).await, 400, "attempts_exhausted");
    assert_problem(&verify(&service, PHONE, &right, None).await, 400, "attempts_exhausted");
}

#[tokio::test]
async fn a_code_dies_at_its_expiry() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    service.advance(300);
    let late = verify(&service, PHONE, &service.last_code(), Some(&sent.body["challenge_id"])).await;
    assert_problem(&late, 400, "challenge_expired");
}

#[tokio::test]
async fn a_code_for_one_purpose_never_works_for_another() {
    let (_embedded, service) = service().await;
    let sent = service.post("send", &json!({ "identifier": PHONE, "purpose": "login" })).await;
    let code = service.last_code();
    for challenge in [Value::Null, sent.body["challenge_id"].clone()] {
        let body = json!({ "identifier": PHONE, "otp_code": code, "purpose": "password_reset", "challenge_id": challenge });
        assert_problem(&service.post("verify", &body).await, 400, "challenge_expired");
    }
    assert_eq!(verify(&service, PHONE, &code, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_resend_brings_the_same_code_and_gives_no_guesses_back() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    let (code, challenge) = (service.last_code(), &sent.body["challenge_id"]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    verify(&service, PHONE, wrong, Some(challenge)).await;
    let body = json!({ "identifier": PHONE, "challenge_id": challenge });
    let early = service.post("send", &body).await;
    assert_problem(&early, 429, "rate_limited");
    assert_eq!((&early.headers["retry-after"], &early.body["retry_after_seconds"]), (&"60".parse().unwrap(), &json!(60)));

    service.advance(60);
    let again = service.post("send", &body).await;
    assert_eq!((again.status, &again.body["challenge_id"]), (StatusCode::OK, challenge), "{}", again.body);
    assert_eq!((service.last_code(), service.outbox.sent().len()), (code.clone(), 2));
    assert_eq!(verify(&service, PHONE, wrong, Some(challenge)).await.body["attempts_remaining"], 3);
    assert_eq!(verify(&service, PHONE, &code, Some(challenge)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_resend_of_an_ended_challenge_starts_a_fresh_one() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    let body = json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"] });
    verify(&service, PHONE, &service.last_code(), None).await;
    service.advance(60);
    let after_use = service.post("send", &body).await;
    assert_eq!(after_use.status, StatusCode::OK);
    assert_ne!(after_use.body["challenge_id"], sent.body["challenge_id"]);
    service.advance(600);
    let after_expiry = service.post("send", &body).await;
    assert_eq!(after_expiry.status, StatusCode::OK);
    assert_eq!(
        verify(&service, PHONE, &service.last_code(), Some(&after_expiry.body["challenge_id"])).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_older_code_still_works_beside_a_newer_one() {
    let (_embedded, service) = service().await;
    let first = send(&service, PHONE).await;
    let code = service.last_code();
    service.advance(60);
    send(&service, PHONE).await;
    assert_eq!(verify(&service, PHONE, &code, Some(&first.body["challenge_id"])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_forged_challenge_is_no_challenge() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    let theirs = send(&service, "+12345678902").await;
    let code = service.last_code();
    let token = sent.body["challenge_id"].as_str().unwrap().to_owned();
    let flipped = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    for forged in [json!("rubbish"), json!(flipped), theirs.body["challenge_id"].clone()] {
        assert_problem(&verify(&service, PHONE, &code, Some(&forged)).await, 400, "challenge_expired");
        let again = service.post("send", &json!({ "identifier": PHONE, "challenge_id": forged })).await;
        assert_problem(&again, 400, "challenge_expired");
    }
}

#[tokio::test]
async fn binding_can_be_required() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.policy.binding = ChallengeBinding::Required;
    let service = setup.build();
    let sent = send(&service, PHONE).await;
    assert_problem(&verify(&service, PHONE, &service.last_code(), None).await, 400, "challenge_required");
    assert_eq!(verify(&service, PHONE, &service.last_code(), Some(&sent.body["challenge_id"])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_idempotency_key_sends_once_and_belongs_to_one_body() {
    const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";
    let (_embedded, service) = service().await;
    let request = |body: Value| with_header(service.request("send", &body), "idempotency-key", KEY);
    let first = service.call(&request(json!({ "identifier": PHONE }))).await;
    service.advance(61);
    let retry = service.call(&request(json!({ "type": "phone", "identifier": "+1 (234) 567-8901" }))).await;
    assert_eq!((retry.status, &retry.body["challenge_id"]), (StatusCode::OK, &first.body["challenge_id"]));
    for other in [json!({ "identifier": "+12345678902" }), json!({ "identifier": PHONE, "purpose": "signup" })] {
        assert_problem(&service.call(&request(other)).await, 422, "idempotency_key_reused");
    }
    assert_eq!(service.outbox.sent().len(), 1);
    assert_eq!(verify(&service, PHONE, &service.last_code(), Some(&retry.body["challenge_id"])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_identifier_has_five_sends_an_hour_whoever_asks() {
    let (_embedded, service) = service().await;
    for left in (0..5).rev() {
        assert_eq!(send(&service, PHONE).await.body["remaining_attempts"], left);
        service.advance(60);
    }
    let mut call = service.request("send", &json!({ "identifier": PHONE }));
    call.source = Some("2001:db8::1".parse().unwrap());
    let reply = service.call(&call).await;
    assert_problem(&reply, 429, "rate_limited");
    assert_eq!(reply.headers["retry-after"], "3300");
    assert_eq!(reply.headers["ratelimit"], "\"hour\";r=0;t=3300");
    service.advance(3300);
    send(&service, PHONE).await;
}

#[tokio::test]
async fn an_address_has_windows_of_its_own_and_cannot_burn_anothers() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.policy.address_per_minute = 5;
    let service = setup.build();
    for number in 0..5 {
        send(&service, &format!("user{number}@example.com")).await;
    }
    let reply = service.post("send", &json!({ "identifier": PHONE })).await;
    assert_problem(&reply, 429, "rate_limited");
    assert_eq!(reply.headers["ratelimit"], "\"address-minute\";r=0;t=60");
    let mut elsewhere = service.request("send", &json!({ "identifier": PHONE }));
    elsewhere.source = Some("198.51.100.1".parse().unwrap());
    let reply = service.call(&elsewhere).await;
    assert_eq!(reply.body["remaining_attempts"], 4, "the refused send cost the identifier nothing: {}", reply.body);
}

#[tokio::test]
async fn failures_make_codes_longer_and_lock_nobody_out() {
    let (_embedded, service) = service().await;
    for _ in 0..2 {
        let sent = send(&service, PHONE).await;
        for _ in 0..5 {
            verify(&service, PHONE, "0000000000", Some(&sent.body["challenge_id"])).await;
        }
        service.advance(60);
    }
    let sent = send(&service, PHONE).await;
    assert_eq!((&sent.body["code_length"], service.last_code().len()), (&json!(8), 8));
    let spaced = format!("{} {}", &service.last_code()[..4], &service.last_code()[4..]);
    assert_eq!(verify(&service, PHONE, &spaced, Some(&sent.body["challenge_id"])).await.status, StatusCode::OK);
    service.advance(60);
    assert_eq!(send(&service, PHONE).await.body["code_length"], 6, "a success ends it");
}

#[tokio::test]
async fn countries_that_were_not_chosen_are_not_served() {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.guard.countries = SmsCountries::Only(["DE".to_owned()].into());
    let service = setup.build();
    for identifier in [PHONE, "+18005551234", "+19005551234"] {
        let reply = service.post("send", &json!({ "identifier": identifier })).await;
        assert_problem(&reply, 403, "destination_not_allowed");
    }
    send(&service, "+4915112345678").await;
    send(&service, "user@example.com").await;
}

async fn service_with(delivery: Delivery) -> (Embedded, Service, Arc<FixedSender>) {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    let sender = Arc::new(FixedSender::new(delivery));
    setup.sender = Arc::clone(&sender) as _;
    (embedded, setup.build(), sender)
}

#[tokio::test]
async fn a_refused_message_kills_the_code_and_keeps_the_send_counted() {
    let reason = Refusal { class: RefusalClass::BadRecipient, code: "InvalidParameter".to_owned() };
    let (_embedded, service, sender) = service_with(Delivery::Refused { provider: "sns", reason }).await;
    assert_problem(&service.post("send", &json!({ "identifier": PHONE })).await, 502, "delivery_failed");
    assert_problem(&verify(&service, PHONE, &sender.last_code(), None).await, 400, "challenge_expired");
    assert_problem(&service.post("send", &json!({ "identifier": PHONE })).await, 429, "rate_limited");
    assert_eq!(sender.taken(), 1);
}

#[tokio::test]
async fn a_provider_out_of_reach_is_a_503_and_nothing_was_sent() {
    let (_embedded, service, sender) =
        service_with(Delivery::Unreached { provider: "sns", cause: "no connection".to_owned() }).await;
    let reply = service.post("send", &json!({ "identifier": PHONE })).await;
    assert_problem(&reply, 503, "unavailable");
    assert!(reply.headers.contains_key("retry-after"));
    assert_problem(&verify(&service, PHONE, &sender.last_code(), None).await, 400, "challenge_expired");
}

#[tokio::test]
async fn an_ambiguous_delivery_is_taken_for_sent_and_never_repeated() {
    let (_embedded, service, sender) = service_with(Delivery::Ambiguous { provider: "sns", cause: "timeout".to_owned() }).await;
    let reply = service.post("send", &json!({ "identifier": PHONE })).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(sender.taken(), 1);
    assert_eq!(verify(&service, PHONE, &sender.last_code(), None).await.status, StatusCode::OK);
}

/// Fails the second message, not the first.
#[tokio::test]
async fn a_resend_that_fails_leaves_the_delivered_code_alone() {
    let embedded = Embedded::start(None).await.unwrap();
    let first = Setup::on(&embedded).unwrap().build();
    let sent = send(&first, PHONE).await;
    let code = first.last_code();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.clock = Arc::clone(&first.clock);
    setup.sender = Arc::new(FixedSender::new(Delivery::Unreached { provider: "sns", cause: "no connection".to_owned() }));
    let throttled = setup.build();
    throttled.advance(60);
    let body = json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"] });
    let reply = throttled.post("send", &body).await;
    assert_problem(&reply, 503, "unavailable");
    assert_eq!(reply.headers["retry-after"], "60", "when it will work: after the cooldown");
    assert_eq!(verify(&first, PHONE, &code, Some(&sent.body["challenge_id"])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_resend_of_an_exhausted_challenge_starts_a_fresh_one() {
    let (_embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    for _ in 0..5 {
        verify(&service, PHONE, "0000000000", Some(&sent.body["challenge_id"])).await;
    }
    service.advance(60);
    let again = service.post("send", &json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"] })).await;
    assert_ne!(again.body["challenge_id"], sent.body["challenge_id"]);
    let verified = verify(&service, PHONE, &service.last_code(), Some(&again.body["challenge_id"])).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.body);
}

#[tokio::test]
async fn a_retry_of_a_failed_idempotent_send_fails_alike_and_sends_nothing() {
    let reason = Refusal { class: RefusalClass::OptedOut, code: "OptedOut".to_owned() };
    let (_embedded, service, sender) = service_with(Delivery::Refused { provider: "sns", reason }).await;
    let request = service.request("send", &json!({ "identifier": PHONE }));
    let request = with_header(request, "idempotency-key", "8e03978e-40d5-43e8-bc93-6894a57f9324");
    for _ in 0..2 {
        assert_problem(&service.call(&request).await, 502, "delivery_failed");
    }
    assert_eq!(sender.taken(), 1);
}

#[tokio::test]
async fn a_store_that_is_down_is_a_503_and_no_message_leaves() {
    let (embedded, service) = service().await;
    let sent = send(&service, PHONE).await;
    drop(embedded);
    for (route, body) in [
        ("send", json!({ "identifier": "+12345678902" })),
        ("verify", json!({ "identifier": PHONE, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] })),
        ("verify", json!({ "identifier": PHONE, "otp_code": service.last_code() })),
    ] {
        let reply = service.post(route, &body).await;
        assert_problem(&reply, 503, "unavailable");
        assert!(reply.headers.contains_key("retry-after"));
    }
    assert_eq!(service.outbox.sent().len(), 1);
}
