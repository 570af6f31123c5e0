//! Races for identifiers and against disabling, through the handlers, with real parallelism against the embedded DynamoDB;
//! each with its control, in which a broken part must lose the race.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::user::{Identifier, Standing, User, UserId};
use otp_auth::http::Call;
use otp_auth::ports::directory::{Administration, Directory};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::memory::MemoryStore;
use otp_auth::testing::memory_directory::RacyDirectory;
use otp_auth::testing::service::{Service, Setup, TestReply, test_keys, with_header};
use otp_auth::testing::tokens::WrittenTokens;
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const MAIL: &str = "ada@example.com";
const ROUNDS: usize = 10;

/// With access tokens that a test can write down.
fn written(setup: Setup) -> Setup {
    Setup { tokens: Some(Arc::new(WrittenTokens)), ..setup }
}

fn recipient(text: &str) -> Recipient {
    Recipient::parse(text, None).unwrap()
}

fn id_of(user: &Value) -> UserId {
    UserId::parse(user["id"].as_str().unwrap()).unwrap()
}

async fn at_once(service: &Service, calls: Vec<Call>) -> Vec<TestReply> {
    let tasks = calls.into_iter().map(|call| {
        let service = service.clone();
        tokio::spawn(async move { service.call(&call).await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

async fn sign_in(service: &Service, identifier: &str) -> TestReply {
    service.advance(60);
    service.post("send", &json!({ "identifier": identifier })).await;
    service.post("verify", &json!({ "identifier": identifier, "otp_code": service.last_code() })).await
}

/// Right answers to four living challenges of the phone number, not given yet.
async fn right_answers(service: &Service) -> Vec<Call> {
    let mut calls = Vec::new();
    for _ in 0..4 {
        service.advance(60);
        let sent = service.post("send", &json!({ "identifier": PHONE })).await;
        let body = json!({ "identifier": PHONE, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
        calls.push(service.request("verify", &body));
    }
    calls
}

/// As whoever disables by hand might: the user and the pointer, and not what the identifier's item remembers.
async fn disable_forgetfully(embedded: &Embedded, id: &UserId) {
    for key in [format!("U#{}", id.as_str()), test_keys().unwrap().pointer_key(&recipient(PHONE))] {
        let update = embedded.client().update_item().table_name(TABLE).key("pk", AttributeValue::S(key));
        let update = update.update_expression("SET disabled = :true");
        update.expression_attribute_values(":true", AttributeValue::Bool(true)).send().await.unwrap();
    }
}

/// A user is disabled while right answers arrive. `known`: whether the identifier's item remembers the user by then. How many
/// of the answers that arrive after it was done still sign in?
async fn sign_ins_after_disabling(known: bool, forgetful: bool) -> usize {
    let embedded = Embedded::start(None).await.unwrap();
    let service = written(Setup::on(&embedded).unwrap()).build();
    let (store, keys) = (embedded.store(), test_keys().unwrap());
    let user = id_of(&sign_in(&service, PHONE).await.body["user"]);
    if !known {
        // Whatever changes the user makes the item forget.
        let identifier = Identifier { recipient: recipient(MAIL), verified: true };
        store.link(&keys, &user, &identifier, service.now()).await.unwrap();
    }
    let mut calls = right_answers(&service).await;
    let last = calls.pop().unwrap();
    let disable = async {
        if forgetful {
            disable_forgetfully(&embedded, &user).await;
        } else {
            store.set_disabled(&keys, &user, true, service.now()).await.unwrap();
        }
    };
    let (during, ()) = tokio::join!(at_once(&service, calls), disable);
    assert!(
        during.iter().all(|reply| reply.status == 200 || reply.body["code"] == "invalid_code"),
        "before or after, nothing else"
    );
    let after = service.call(&last).await;
    usize::from(after.status == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_user_is_disabled_no_right_code_signs_in() {
    for round in 0..ROUNDS {
        assert_eq!(sign_ins_after_disabling(round % 2 == 0, false).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn control_disabling_without_the_items_lets_a_known_user_in() {
    assert_eq!(sign_ins_after_disabling(true, true).await, 1);
}

/// Codes for both identifiers of a user are asked for while the user is disabled. How many messages leave for sends that begin
/// when it is done?
async fn messages_after_disabling(forgetful: bool) -> usize {
    let embedded = Embedded::start(None).await.unwrap();
    let service = written(Setup::on(&embedded).unwrap()).build();
    let (store, keys) = (embedded.store(), test_keys().unwrap());
    let user = id_of(&sign_in(&service, PHONE).await.body["user"]);
    let identifier = Identifier { recipient: recipient(MAIL), verified: true };
    store.link(&keys, &user, &identifier, service.now()).await.unwrap();
    let send = |identifier: &str| service.request("send", &json!({ "identifier": identifier }));
    service.advance(60);
    let disable = async {
        if forgetful {
            disable_forgetfully(&embedded, &user).await;
        } else {
            store.set_disabled(&keys, &user, true, service.now()).await.unwrap();
        }
    };
    let (during, ()) = tokio::join!(at_once(&service, vec![send(PHONE), send(MAIL)]), disable);
    assert!(during.iter().all(|reply| reply.status == 200), "before or after, nobody can tell");
    let left = service.outbox.sent().len();
    service.advance(60);
    let after = at_once(&service, vec![send(PHONE), send(MAIL)]).await;
    assert!(after.iter().all(|reply| reply.status == 200));
    service.outbox.sent().len() - left
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_user_is_disabled_no_message_leaves() {
    for round in 0..ROUNDS {
        assert_eq!(messages_after_disabling(false).await, 0, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn control_disabling_without_the_items_lets_messages_leave() {
    assert_eq!(messages_after_disabling(true).await, 2);
}

/// Five signed-in users add the same address at once: how many hear that it is theirs, and whose it is. The control has all
/// of its items in memory, so that all five come to the racy directory in one go.
async fn links(embedded: &Embedded, racy: bool) -> (usize, Vec<UserId>) {
    let mut setup = written(Setup::on(embedded).unwrap());
    if racy {
        (setup.store, setup.claims) = (Arc::new(MemoryStore::default()), Arc::new(MemoryStore::default()));
        setup.directory = Arc::new(RacyDirectory::default());
    }
    let (store, keys) = (Arc::clone(&setup.directory), test_keys().unwrap());
    let service = setup.build();
    let mut users = Vec::new();
    for number in 0..5_u8 {
        let user = User::new(UserId::new(service.now(), [number; 10]), service.now());
        let phone = Identifier { recipient: recipient(&format!("+1234567890{number}")), verified: true };
        store.create(&keys, &user.clone().with(phone)).await.unwrap();
        users.push(user.id);
    }
    let mut calls = Vec::new();
    for user in &users {
        service.advance(60);
        let sent = service.post("send", &json!({ "identifier": MAIL, "purpose": "email_verification" })).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        let body = json!({
            "identifier": MAIL, "purpose": "email_verification", "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"],
        });
        let token = format!("Bearer good:{}", user.as_str());
        calls.push(with_header(service.request("verify", &body), "authorization", &token));
    }
    let replies = at_once(&service, calls).await;
    let linked = replies.iter().filter(|reply| reply.status == 200).count();
    let taken = replies.iter().filter(|reply| reply.body["code"] == "identifier_taken").count();
    assert_eq!(linked + taken, 5, "{replies:?}");
    let mut owners = Vec::new();
    for user in users {
        let user = store.find(&user).await.unwrap().unwrap();
        owners.extend(user.has(&recipient(MAIL)).then_some(user.id));
    }
    (linked, owners)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parallel_links_of_one_address_one_succeeds() {
    for _ in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        let (linked, owners) = links(&embedded, false).await;
        assert_eq!((linked, owners.len()), (1, 1));
        let standing = embedded.store().look_up(&test_keys().unwrap(), &recipient(MAIL)).await.unwrap();
        assert_eq!(standing, Standing::Enabled(owners[0].clone()));
    }
}

#[tokio::test]
async fn control_a_racy_directory_gives_one_address_to_several() {
    let embedded = Embedded::start(None).await.unwrap();
    let (linked, owners) = links(&embedded, true).await;
    assert!(linked > 1 && owners.len() > 1, "{linked} {owners:?}");
}

/// An operator registers a number, a signed-in user adds it and somebody signs up by it, all at once: it belongs to one.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_registration_a_link_and_a_first_sign_in_one_gets_the_number() {
    for round in 0..ROUNDS {
        let embedded = Embedded::start(None).await.unwrap();
        let service = written(Setup::on(&embedded).unwrap()).build();
        let (store, keys) = (embedded.store(), test_keys().unwrap());
        let ada = id_of(&sign_in(&service, MAIL).await.body["user"]);
        let mut calls = Vec::new();
        for (purpose, token) in [("phone_verification", Some(format!("Bearer good:{}", ada.as_str()))), ("login", None)] {
            service.advance(60);
            let sent = service.post("send", &json!({ "identifier": PHONE, "purpose": purpose })).await;
            let body = json!({
                "identifier": PHONE, "purpose": purpose, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"],
            });
            let call = service.request("verify", &body);
            calls.push(token.map_or(call, |token| with_header(service.request("verify", &body), "authorization", &token)));
        }
        let made = User::new(UserId::new(service.now(), [9; 10]), service.now());
        let made = made.with(Identifier { recipient: recipient(PHONE), verified: false });
        let register = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            store.create(&keys, &made).await
        };
        let (replies, registered) = tokio::join!(at_once(&service, calls), register);
        let Standing::Enabled(owner) = store.look_up(&keys, &recipient(PHONE)).await.unwrap() else { panic!("nobody has it") };
        assert_eq!(registered.is_ok(), owner == made.id);
        assert_eq!(replies[0].status == 200, owner == ada, "{}", replies[0].body);
        assert_eq!(replies[1].body["user"]["id"], owner.as_str(), "a sign-in is the owner's, whoever that is");
        assert_eq!(store.find(&owner).await.unwrap().unwrap().phone.unwrap().recipient, recipient(PHONE));
    }
}
