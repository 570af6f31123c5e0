//! A mail in the place of a text that nobody could deliver. On the embedded DynamoDB, reading the outbox.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::domain::guard::stops::Stop;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::user::{Identifier, User, UserId};
use otp_auth::ports::directory::{Administration, Directory};
use otp_auth::ports::sender::{Delivery, Message, Refusal, RefusalClass, Sender};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup, TestReply, test_keys};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const MAIL: &str = "ada@example.com";

/// A provider that ends every attempt like this, or delivers.
#[derive(Clone)]
enum By {
    Refusing(RefusalClass),
    Unreached,
    Unclear,
    Mailing(Outbox),
}

#[async_trait]
impl Sender for By {
    fn provider(&self) -> &'static str {
        if matches!(self, Self::Mailing(_)) { "ses" } else { "sns" }
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let provider = self.provider();
        match self {
            Self::Refusing(class) => Delivery::Refused { provider, reason: Refusal { class: *class, code: "No".to_owned() } },
            Self::Unreached => Delivery::Unreached { provider, cause: "no connection".to_owned() },
            Self::Unclear => Delivery::Ambiguous { provider, cause: "timeout".to_owned() },
            Self::Mailing(outbox) => match outbox.deliver(message).await {
                Delivery::Accepted { message_id, .. } => Delivery::Accepted { provider, message_id },
                other => other,
            },
        }
    }
}

struct World {
    embedded: Embedded,
    service: Service,
    user: User,
}

impl World {
    /// Texts end like this; a user has both identifiers, verified or not.
    async fn new(texts: By, verified: [bool; 2], mail: impl Fn(Outbox) -> Option<By>) -> Self {
        let embedded = Embedded::start(None).await.unwrap();
        let setup = Setup::on(&embedded).unwrap();
        let mail = mail(setup.outbox.clone()).map(|mail| Arc::new(mail) as Arc<dyn Sender>);
        let service = Setup { sender: Arc::new(texts), fallback: mail, ..setup }.build();
        let identifier = |text, verified| Identifier { recipient: Recipient::parse(text, None).unwrap(), verified };
        let user = User::new(UserId::new(service.now(), [1; 10]), service.now())
            .with(identifier(PHONE, verified[0]))
            .with(identifier(MAIL, verified[1]));
        embedded.store().create(&test_keys().unwrap(), &user).await.unwrap();
        Self { embedded, service, user }
    }

    async fn with_mail(texts: By) -> Self {
        Self::new(texts, [true, true], |outbox| Some(By::Mailing(outbox))).await
    }

    async fn send(&self, purpose: &str) -> TestReply {
        self.service.post("send", &json!({ "identifier": PHONE, "purpose": purpose })).await
    }

    async fn verify(&self, sent: &TestReply) -> TestReply {
        let body =
            json!({ "identifier": PHONE, "challenge_id": sent.body["challenge_id"], "otp_code": self.service.last_code() });
        self.service.post("verify", &body).await
    }

    fn mails(&self) -> Vec<String> {
        self.service.outbox.sent().into_iter().map(|sent| sent.to).collect()
    }
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn a_text_that_did_not_leave_comes_as_a_mail_and_signs_in() {
    for texts in [By::Refusing(RefusalClass::Funds), By::Refusing(RefusalClass::OptedOut), By::Unreached] {
        let world = World::with_mail(texts).await;
        let sent = world.send("login").await;
        assert_eq!((sent.status.as_u16(), &sent.body["type"], world.mails()), (200, &json!("phone"), vec![MAIL.to_owned()]));
        assert!(!sent.body.to_string().contains("example.com"), "the reply names no mailbox: {}", sent.body);
        let verified = world.verify(&sent).await;
        assert_eq!((verified.status.as_u16(), &verified.body["user"]["id"]), (200, &json!(world.user.id.as_str())));
        assert_eq!(claims(&verified.body["access_token"])["amr"], json!(["otp"]), "no text brought it");
    }
}

#[tokio::test]
async fn what_may_have_left_is_never_sent_again() {
    let world = World::with_mail(By::Unclear).await;
    assert_eq!((world.send("login").await.status.as_u16(), world.mails()), (200, vec![]));
}

#[tokio::test]
async fn it_is_off_unless_wanted() {
    let world = World::new(By::Refusing(RefusalClass::Funds), [true, true], |_| None).await;
    assert_eq!((world.send("login").await.status.as_u16(), world.mails()), (502, vec![]));
}

#[tokio::test]
async fn only_who_has_shown_to_hold_both_gets_one() {
    for verified in [[true, false], [false, true], [false, false]] {
        let world = World::new(By::Unreached, verified, |outbox| Some(By::Mailing(outbox))).await;
        assert_eq!((world.send("login").await.status.as_u16(), world.mails()), (503, vec![]), "{verified:?}");
    }
}

#[tokio::test]
async fn a_number_is_never_verified_by_mail() {
    let world = World::with_mail(By::Unreached).await;
    assert_eq!((world.send("phone_verification").await.status.as_u16(), world.mails()), (503, vec![]));
}

#[tokio::test]
async fn nobody_else_and_nobody_disabled_gets_one() {
    let world = World::with_mail(By::Unreached).await;
    let stranger = world.service.post("send", &json!({ "identifier": "+12345678902" })).await;
    assert_eq!((stranger.status.as_u16(), world.mails()), (503, vec![]));
    let (store, keys) = (world.embedded.store(), test_keys().unwrap());
    store.set_disabled(&keys, &world.user.id, true, world.service.now()).await.unwrap();
    world.send("login").await;
    assert_eq!(world.mails(), Vec::<String>::new());
}

#[tokio::test]
async fn an_operators_stop_of_mail_holds() {
    let world = World::with_mail(By::Unreached).await;
    world.embedded.store().stop(&Stop::Email).await.unwrap();
    assert_eq!((world.send("login").await.status.as_u16(), world.mails()), (503, vec![]));
}

#[tokio::test]
async fn where_the_mail_fails_too_the_code_is_dead_and_the_text_says_why() {
    let world = World::new(By::Refusing(RefusalClass::Credentials), [true, true], |_| Some(By::Unreached)).await;
    let reply = world.send("login").await;
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (502, &json!("delivery_failed")));
}

#[tokio::test]
async fn its_sends_are_the_numbers_own() {
    let world = World::with_mail(By::Unreached).await;
    world.send("login").await;
    assert_eq!((world.send("login").await.status.as_u16(), world.mails().len()), (429, 1), "the cooldown holds");
    for _ in 0..6 {
        world.service.advance(60);
        world.send("login").await;
    }
    assert_eq!(world.mails().len(), 5, "five in an hour");
}
