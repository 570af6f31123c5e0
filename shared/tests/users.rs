//! Users through the handlers: who signs in as whom, who gets one more identifier, and what a disabled user gets. On the
//! embedded DynamoDB, reading the outbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use http::StatusCode;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::user::{DisplayName, Identifier, User, UserId};
use otp_auth::http::Call;
use otp_auth::ports::directory::{Administration, Directory};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::service::{Service, Setup, TestReply, test_keys, with_header};
use otp_auth::testing::tokens::WrittenTokens;
use otp_auth::testing::wire::Wire;
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const OTHER_PHONE: &str = "+12345678902";
const MAIL: &str = "ada@example.com";

struct World {
    embedded: Embedded,
    service: Service,
    keys: Arc<KeyRing>,
}

async fn world() -> World {
    let embedded = Embedded::start(None).await.unwrap();
    let service = written(Setup::on(&embedded).unwrap()).build();
    World { embedded, service, keys: test_keys().unwrap() }
}

/// With access tokens that a test can write down.
fn written(setup: Setup) -> Setup {
    Setup { tokens: Some(Arc::new(WrittenTokens)), ..setup }
}

fn recipient(text: &str) -> Recipient {
    Recipient::parse(text, None).unwrap()
}

impl World {
    /// A user whom an operator made, with these identifiers.
    async fn created(&self, number: u8, identifiers: &[&str]) -> User {
        let user = User::new(UserId::new(self.service.now(), [number; 10]), self.service.now());
        let unverified = |text: &&str| Identifier { recipient: recipient(text), verified: false };
        let user = identifiers.iter().map(unverified).fold(user, User::with);
        self.embedded.store().create(&self.keys, &user).await.unwrap();
        user
    }

    async fn found(&self, id: &Value) -> User {
        let id = UserId::parse(id.as_str().unwrap()).unwrap();
        self.embedded.store().find(&id).await.unwrap().unwrap()
    }

    async fn set_disabled(&self, id: &UserId, disabled: bool) {
        self.embedded.store().set_disabled(&self.keys, id, disabled, self.service.now()).await.unwrap();
    }

    /// Asks for a code for this purpose, and gives it back.
    async fn round(&self, identifier: &str, purpose: &str, token: Option<&str>) -> TestReply {
        let sent = self.send(identifier, purpose, token).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
        self.verify(identifier, purpose, &self.service.last_code(), token).await
    }

    async fn send(&self, identifier: &str, purpose: &str, token: Option<&str>) -> TestReply {
        // Past the cooldown of whatever came before.
        self.service.advance(60);
        let request = self.service.request("send", &json!({ "identifier": identifier, "purpose": purpose }));
        self.service.call(&bearing(request, token)).await
    }

    async fn verify(&self, identifier: &str, purpose: &str, code: &str, token: Option<&str>) -> TestReply {
        let body = json!({ "identifier": identifier, "purpose": purpose, "otp_code": code });
        self.service.call(&bearing(self.service.request("verify", &body), token)).await
    }

    async fn sign_in(&self, identifier: &str) -> Value {
        let reply = self.round(identifier, "login", None).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body["user"].clone()
    }
}

fn bearing(call: Call, token: Option<&str>) -> Call {
    match token {
        Some(token) => with_header(call, "authorization", &format!("Bearer {token}")),
        None => call,
    }
}

fn token_of(user: &Value) -> String {
    format!("good:{}", user["id"].as_str().unwrap())
}

#[track_caller]
fn assert_problem(reply: &TestReply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (status, &json!(code)), "{}", reply.body);
}

#[tokio::test]
async fn a_user_with_a_phone_and_an_email_is_the_same_user_by_either() {
    let world = world().await;
    let user = world.created(1, &[PHONE, MAIL]).await;
    let store = world.embedded.store();
    let name = DisplayName::parse("testuser").ok();
    store.rename(&world.keys, &user.id, name, world.service.now()).await.unwrap();
    for (identifier, email_verified, phone_verified) in [(PHONE, false, true), (MAIL, true, true), (PHONE, true, true)] {
        let shown = world.sign_in(identifier).await;
        assert_eq!(
            shown,
            json!({
                "id": user.id.as_str(), "name": "testuser", "email": MAIL, "phone_number": PHONE,
                "email_verified": email_verified, "phone_verified": phone_verified,
                "created_at": "2026-11-23T12:00:00Z", "is_authenticated": true,
            })
        );
    }
}

#[tokio::test]
async fn a_users_other_identifier_is_shown_after_it_was_linked_by_an_operator() {
    let world = world().await;
    let first = world.sign_in(PHONE).await;
    let id = UserId::parse(first["id"].as_str().unwrap()).unwrap();
    let identifier = Identifier { recipient: recipient(MAIL), verified: false };
    world.embedded.store().link(&world.keys, &id, &identifier, world.service.now()).await.unwrap();
    let again = world.sign_in(PHONE).await;
    assert_eq!((&again["id"], &again["email"], &again["email_verified"]), (&first["id"], &json!(MAIL), &json!(false)));
    assert_eq!(world.sign_in(MAIL).await["id"], first["id"]);
}

#[tokio::test]
async fn a_signed_in_user_adds_an_identifier_and_signs_in_by_it() {
    let world = world().await;
    for (first, second, purpose) in
        [(PHONE, MAIL, "email_verification"), ("grace@example.com", OTHER_PHONE, "phone_verification")]
    {
        let user = world.sign_in(first).await;
        let added = world.round(second, purpose, Some(&token_of(&user))).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
        assert_eq!(added.body["user"]["id"], user["id"]);
        assert_eq!((&added.body["user"]["email_verified"], &added.body["user"]["phone_verified"]), (&json!(true), &json!(true)));
        for identifier in [first, second] {
            assert_eq!(world.sign_in(identifier).await, added.body["user"], "the same user by {identifier}");
        }
    }
}

/// The same with a token that the service gave itself; a code for adding an identifier gives none.
#[tokio::test]
async fn the_services_own_access_token_adds_an_identifier() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let world = World { embedded, service, keys: test_keys().unwrap() };
    let signed_in = world.round(PHONE, "login", None).await;
    let token = signed_in.body["access_token"].as_str().unwrap();
    let added = world.round(MAIL, "email_verification", Some(token)).await;
    assert_eq!(added.body["user"]["id"], signed_in.body["user"]["id"], "{}", added.body);
    assert_eq!(added.body["access_token"], Value::Null);
    let alone = world.round(MAIL, "email_verification", None).await;
    assert_eq!((&alone.body["user"]["id"], &alone.body["access_token"]), (&signed_in.body["user"]["id"], &Value::Null));
    assert!(world.round(MAIL, "login", None).await.body["access_token"].is_string());
    let (header, rest) = token.split_once('.').unwrap();
    let flipped = format!("{header}.{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..]);
    assert_problem(&world.send(OTHER_PHONE, "phone_verification", Some(&flipped)).await, 400, "invalid_token");
}

#[tokio::test]
async fn an_identifier_of_another_user_stays_theirs() {
    let world = world().await;
    let (mine, theirs) = (world.sign_in(PHONE).await, world.sign_in(MAIL).await);
    let token = token_of(&mine);
    let sent = world.send(MAIL, "email_verification", Some(&token)).await;
    assert_eq!(sent.status, StatusCode::OK, "until the code comes back, nothing tells: {}", sent.body);
    let right = world.service.last_code();
    let wrong = if right == "000000" { "000001" } else { "000000" };
    assert_problem(&world.verify(MAIL, "email_verification", wrong, Some(&token)).await, 400, "invalid_code");
    assert_problem(&world.verify(MAIL, "email_verification", &right, Some(&token)).await, 409, "identifier_taken");
    assert_problem(&world.verify(MAIL, "email_verification", &right, Some(&token)).await, 400, "challenge_expired");
    assert_eq!(world.sign_in(MAIL).await, theirs);
    assert_eq!(world.sign_in(PHONE).await, mine);
}

#[tokio::test]
async fn a_user_has_one_identifier_of_a_kind() {
    let world = world().await;
    let user = world.sign_in(PHONE).await;
    let token = token_of(&user);
    assert_problem(&world.round(OTHER_PHONE, "phone_verification", Some(&token)).await, 409, "identifier_already_set");
    assert_eq!(world.sign_in(PHONE).await, user);
    assert_ne!(world.sign_in(OTHER_PHONE).await["id"], user["id"], "the other number stayed free");
    let again = world.round(PHONE, "phone_verification", Some(&token)).await;
    assert_eq!((again.status, &again.body["user"]["id"]), (StatusCode::OK, &user["id"]), "verifying one's own is fine");
}

#[tokio::test]
async fn a_token_that_is_not_good_changes_nothing_and_reaches_no_table() {
    let embedded = Embedded::start(None).await.unwrap();
    let wire = Wire::default();
    let mut setup = written(Setup::on(&embedded).unwrap());
    let store = Arc::new(wire.store(&embedded));
    (setup.store, setup.claims, setup.directory) = (Arc::clone(&store) as _, Arc::clone(&store) as _, store);
    let world = World { service: setup.build(), embedded, keys: test_keys().unwrap() };
    for token in ["expired:x", "good:", "rubbish", "e30.e30.e30", ""] {
        for route in ["send", "verify"] {
            let body = json!({ "identifier": MAIL, "purpose": "email_verification", "otp_code": "123456" });
            let reply = world.service.call(&bearing(world.service.request(route, &body), Some(token))).await;
            assert_problem(&reply, 400, "invalid_token");
        }
    }
    assert!(wire.take().is_empty() && world.service.outbox.sent().is_empty());
    // The control: without the token the same requests do reach it.
    world.send(MAIL, "email_verification", None).await;
    assert!(!wire.take().is_empty() && world.service.outbox.sent().len() == 1);
}

#[tokio::test]
async fn a_token_means_nothing_where_the_purpose_is_another() {
    let world = world().await;
    for purpose in ["login", "signup", "password_reset"] {
        let reply = world.round(PHONE, purpose, Some("expired:x")).await;
        assert_eq!((reply.status, &reply.body["user"]["phone_number"]), (StatusCode::OK, &json!(PHONE)), "{purpose}");
    }
}

#[tokio::test]
async fn with_a_token_the_purpose_is_that_of_the_identifiers_kind() {
    let world = world().await;
    let token = token_of(&world.sign_in(PHONE).await);
    for route in ["send", "verify"] {
        let body = json!({ "identifier": MAIL, "purpose": "phone_verification", "otp_code": "123456" });
        let reply = world.service.call(&bearing(world.service.request(route, &body), Some(&token))).await;
        assert_problem(&reply, 400, "invalid_request");
        assert_eq!(reply.body["errors"][0]["field"], "purpose");
    }
    assert_eq!(world.service.outbox.sent().len(), 1);
}

#[tokio::test]
async fn a_verification_without_a_token_names_the_identifiers_user() {
    let world = world().await;
    let user = world.sign_in(PHONE).await;
    let verified = world.round(PHONE, "phone_verification", None).await;
    assert_eq!((verified.status, &verified.body["user"]), (StatusCode::OK, &user));
}

#[tokio::test]
async fn a_disabled_user_gets_no_message_and_no_sign_in_and_is_back_when_enabled() {
    let world = world().await;
    let user = world.created(1, &[PHONE, MAIL]).await;
    let before = world.sign_in(PHONE).await;
    world.set_disabled(&user.id, true).await;
    let sent = world.service.outbox.sent().len();
    for identifier in [PHONE, MAIL] {
        let reply = world.send(identifier, "login", None).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_problem(&world.verify(identifier, "login", "000000", None).await, 400, "invalid_code");
    }
    assert_eq!(world.service.outbox.sent().len(), sent, "no message left");
    world.set_disabled(&user.id, false).await;
    assert_eq!(world.sign_in(PHONE).await["id"], before["id"]);
}

/// When the identifier's item expires, in seconds since the epoch.
async fn expiry(world: &World, identifier: &str) -> u64 {
    let key = AttributeValue::S(world.keys.ledger_key(&recipient(identifier)).as_str().to_owned());
    let item = world.embedded.client().get_item().table_name(TABLE).key("pk", key).send().await.unwrap();
    item.item.unwrap()["ttl"].as_n().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_keeps_a_disabled_users_messages_back_does_not_expire() {
    let world = world().await;
    let user = world.created(1, &[PHONE, MAIL]).await;
    let far = |expiry: u64, world: &World| expiry > world.service.now().as_secs() + 1000 * 365 * 24 * 60 * 60;
    world.set_disabled(&user.id, true).await;
    assert!(far(expiry(&world, PHONE).await, &world), "before anything was asked for");
    let sent = world.send(PHONE, "login", None).await;
    assert!(far(expiry(&world, PHONE).await, &world), "after a send");
    world.service.advance(60);
    world.service.post("send", &json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"] })).await;
    assert!(far(expiry(&world, PHONE).await, &world), "after a resend");
    world.verify(PHONE, "login", "000000", None).await;
    assert!(far(expiry(&world, PHONE).await, &world), "after a guess");
    let (store, now) = (world.embedded.store(), world.service.now());
    store.rename(&world.keys, &user.id, DisplayName::parse("Ada").ok(), now).await.unwrap();
    store.unlink(&world.keys, &user.id, Channel::Email, now).await.unwrap();
    assert!(far(expiry(&world, PHONE).await, &world), "after changes of the user that leave it disabled");
    assert!(!far(expiry(&world, MAIL).await, &world), "an identifier that was taken away is like any other");
    assert!(world.service.outbox.sent().is_empty());
    world.set_disabled(&user.id, false).await;
    assert!(!far(expiry(&world, PHONE).await, &world), "enabled, it is an item like any other");
}

#[tokio::test]
async fn a_user_who_is_disabled_after_the_code_left_hears_that_it_is_wrong() {
    for identifiers in [&[PHONE][..], &[PHONE, MAIL]] {
        let world = world().await;
        let user = world.created(1, identifiers).await;
        for number in 0..3 {
            // From the second round on, the identifier's item remembered the user.
            world.sign_in(PHONE).await;
            world.send(PHONE, "login", None).await;
            world.set_disabled(&user.id, true).await;
            let reply = world.verify(PHONE, "login", &world.service.last_code(), None).await;
            assert_problem(&reply, 400, "invalid_code");
            assert_eq!(reply.body["attempts_remaining"], 4, "round {number}");
            world.set_disabled(&user.id, false).await;
            world.service.advance(3600);
        }
    }
}

#[tokio::test]
async fn a_disabled_users_token_adds_nothing_and_sends_nothing() {
    let world = world().await;
    let user = world.sign_in(PHONE).await;
    let token = token_of(&user);
    world.send(MAIL, "email_verification", Some(&token)).await;
    let code = world.service.last_code();
    world.set_disabled(&UserId::parse(user["id"].as_str().unwrap()).unwrap(), true).await;
    assert_problem(&world.verify(MAIL, "email_verification", &code, Some(&token)).await, 400, "invalid_token");
    let sent = world.service.outbox.sent().len();
    assert_eq!(world.send(MAIL, "email_verification", Some(&token)).await.status, StatusCode::OK);
    assert_eq!(world.service.outbox.sent().len(), sent);
    assert_ne!(world.sign_in(MAIL).await["id"], user["id"]);
}

#[tokio::test]
async fn the_last_sign_in_is_noted_once_a_day() {
    let embedded = Embedded::start(None).await.unwrap();
    let wire = Wire::default();
    let mut setup = written(Setup::on(&embedded).unwrap());
    let store = Arc::new(wire.store(&embedded));
    (setup.store, setup.claims, setup.directory) = (Arc::clone(&store) as _, Arc::clone(&store) as _, store);
    let world = World { service: setup.build(), embedded, keys: test_keys().unwrap() };
    let mut noted = Vec::new();
    let mut requests = Vec::new();
    // Noon, an hour later, and the next day's 13:00.
    for wait in [0, 3600, 24 * 3600] {
        world.service.advance(wait);
        let sent = world.send(PHONE, "login", None).await;
        let _of_the_send = wire.take();
        let body =
            json!({ "identifier": PHONE, "otp_code": world.service.last_code(), "challenge_id": sent.body["challenge_id"] });
        let reply = world.service.post("verify", &body).await;
        requests.push(wire.take().into_iter().map(|seen| seen.operation).collect::<Vec<_>>());
        noted.push(world.found(&reply.body["user"]["id"]).await.last_sign_in.unwrap().to_rfc3339());
    }
    assert_eq!(noted, ["2026-11-23T12:01:00Z", "2026-11-23T12:01:00Z", "2026-11-24T13:03:00Z"]);
    assert_eq!(requests[1], ["UpdateItem"], "a returning sign-in is one write");
    assert_eq!(requests[2], ["UpdateItem", "TransactWriteItems"], "the day's first is noted");
    assert_eq!(requests[0], ["UpdateItem", "GetItem", "TransactWriteItems"], "the first ever creates the user");
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_made_again_and_in_the_end_refused() {
    let embedded = Embedded::start(None).await.unwrap();
    let wire = Wire::default();
    let mut setup = written(Setup::on(&embedded).unwrap());
    let store = Arc::new(wire.store(&embedded));
    (setup.store, setup.claims, setup.directory) = (Arc::clone(&store) as _, Arc::clone(&store) as _, store);
    let world = World { service: setup.build(), embedded, keys: test_keys().unwrap() };
    wire.conflict(2);
    let sent = world.send(PHONE, "login", None).await;
    assert_eq!((sent.status, world.service.outbox.sent().len()), (StatusCode::OK, 1), "{}", sent.body);
    wire.conflict(3);
    let verified = world.verify(PHONE, "login", &world.service.last_code(), None).await;
    assert_eq!(verified.status, StatusCode::OK, "{}", verified.body);
    wire.conflict(usize::MAX);
    let refused = world.send(PHONE, "login", None).await;
    assert_problem(&refused, 503, "unavailable");
    assert_eq!(world.service.outbox.sent().len(), 1);
    wire.conflict(0);
    world.send(OTHER_PHONE, "login", None).await;
    let body = json!({ "identifier": OTHER_PHONE, "otp_code": world.service.last_code() });
    wire.conflict(usize::MAX);
    assert_problem(&world.service.post("verify", &body).await, 503, "unavailable");
    wire.conflict(0);
    assert_eq!(world.service.post("verify", &body).await.status, StatusCode::OK, "the refused guess was not judged");
}
