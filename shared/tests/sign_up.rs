//! `SIGN_UP=closed`: nothing that comes back, and nothing that the table is asked, tells who is registered. Each comparison
//! has a control: the same one with sign-up open, or with the message, finds the difference.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use otp_auth::domain::challenge::{Bound, Challenge};
use otp_auth::domain::code::Code;
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::domain::guard::unanswered::PrefixLimits;
use otp_auth::domain::policy::SignUp;
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::user::{Identifier, Standing, User, UserId};
use otp_auth::ports::directory::{Administration, Directory};
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass, Sender};
use otp_auth::testing::decoy::InstantDecoy;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::FixedSender;
use otp_auth::testing::service::{Service, Setup, TestReply, test_keys, with_header};
use otp_auth::testing::tokens::WrittenTokens;
use otp_auth::testing::wire::Wire;
use serde_json::{Value, json};

const KNOWN: &str = "+12345678901";
const UNKNOWN: &str = "+12345678902";
const DISABLED: &str = "+12345678903";
/// More than anybody is sent here, but for who tries.
const TEXTS_OF_A_PREFIX: u32 = 10;

struct World {
    embedded: Embedded,
    service: Service,
    wire: Wire,
    decoy: InstantDecoy,
}

impl World {
    async fn new(sign_up: SignUp, sender: Option<Arc<dyn Sender>>) -> Self {
        Self::texting(SmsCountries::All, sign_up, sender).await
    }

    async fn texting(countries: SmsCountries, sign_up: SignUp, sender: Option<Arc<dyn Sender>>) -> Self {
        let embedded = Embedded::start(None).await.unwrap();
        let (wire, decoy) = (Wire::default(), InstantDecoy::default());
        let mut setup = written(Setup::on(&embedded).unwrap());
        let store = Arc::new(wire.store(&embedded));
        (setup.store, setup.claims, setup.directory) = (Arc::clone(&store) as _, Arc::clone(&store) as _, store);
        setup.sign_up = sign_up;
        setup.guard.countries = countries;
        setup.guard.prefix = PrefixLimits { per_hour: TEXTS_OF_A_PREFIX, per_day: TEXTS_OF_A_PREFIX };
        setup.decoy = Arc::new(decoy.clone());
        setup.sender = sender.unwrap_or(setup.sender);
        let world = Self { service: setup.build(), embedded, wire, decoy };
        world.register(1, KNOWN).await;
        let disabled = world.register(2, DISABLED).await;
        world.embedded.store().set_disabled(&test_keys().unwrap(), &disabled, true, world.service.now()).await.unwrap();
        world
    }

    async fn register(&self, number: u8, identifier: &str) -> UserId {
        let recipient = recipient(identifier);
        let user = User::new(UserId::new(self.service.now(), [number; 10]), self.service.now());
        let user = user.with(Identifier { recipient, verified: false });
        self.embedded.store().create(&test_keys().unwrap(), &user).await.unwrap();
        user.id
    }

    /// Everything that somebody can do with an identifier and no code, as it looks from outside and at the table.
    async fn story(&self, identifier: &str) -> Vec<String> {
        let mut told = Vec::new();
        let mut tell = |step: &str, reply: TestReply| {
            let mut headers: Vec<String> = reply.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
            headers.sort();
            let requests = self.wire.take_shapes();
            told.push(format!("{step}: {} {headers:?}\n{}\n{requests:#?}", reply.status, normalised(&reply.body, identifier)));
        };
        let request = |extra: Value| {
            let mut body = json!({ "identifier": identifier });
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            body
        };
        tell("nothing asked yet", self.service.post("verify", &request(json!({ "otp_code": "00000000" }))).await);
        let sent = self.service.post("send", &request(json!({}))).await;
        let challenge = sent.body["challenge_id"].clone();
        tell("send", sent);
        tell("cooldown", self.service.post("send", &request(json!({}))).await);
        for left in 0..7 {
            let guess = request(json!({ "otp_code": "00000000", "challenge_id": challenge }));
            tell(&format!("guess {left}"), self.service.post("verify", &guess).await);
        }
        tell("guess without a challenge", self.service.post("verify", &request(json!({ "otp_code": "00000000" }))).await);
        self.service.advance(60);
        tell("resend", self.service.post("send", &request(json!({ "challenge_id": challenge }))).await);
        self.service.advance(60);
        let keyed = self.service.request("send", &request(json!({ "purpose": "signup" })));
        let keyed = with_header(keyed, "idempotency-key", &format!("a-key-for-{identifier:0>40}"));
        tell("send with a key", self.service.call(&keyed).await);
        tell("its retry", self.service.call(&keyed).await);
        for number in 0..3 {
            self.service.advance(60);
            let purpose = ["phone_verification", "password_reset", "login"][number];
            tell(&format!("send {number}"), self.service.post("send", &request(json!({ "purpose": purpose }))).await);
        }
        let forged = request(json!({ "otp_code": "00000000", "challenge_id": "forged" }));
        tell("forged", self.service.post("verify", &forged).await);
        told
    }
}

/// With access tokens that a test can write down.
fn written(setup: Setup) -> Setup {
    Setup { tokens: Some(Arc::new(WrittenTokens)), ..setup }
}

fn recipient(text: &str) -> Recipient {
    Recipient::parse(text, None).unwrap()
}

/// The body with what must differ taken out: the challenge's random name, and the identifier's own mask.
fn normalised(body: &Value, identifier: &str) -> String {
    let mut body = body.clone();
    if let Some(challenge) = body.get_mut("challenge_id") {
        *challenge = json!(format!("{} characters", challenge.as_str().unwrap().len()));
    }
    body.to_string().replace(&recipient(identifier).masked(), "[mask]")
}

async fn stories(countries: &SmsCountries, sign_up: SignUp) -> [Vec<String>; 3] {
    let mut told = Vec::new();
    for identifier in [KNOWN, UNKNOWN, DISABLED] {
        // A world each: the clock, the slots and the address are then the same too.
        let world = World::texting(countries.clone(), sign_up, None).await;
        let messages = world.service.outbox.sent().len();
        told.push(world.story(identifier).await);
        let (left, kept) = (world.service.outbox.sent().len() - messages, world.decoy.count());
        let welcome = identifier == KNOWN || (identifier == UNKNOWN && sign_up == SignUp::Open);
        assert_eq!((left, kept), if welcome { (5, 0) } else { (0, 5) }, "messages of {identifier}");
    }
    told.try_into().unwrap()
}

/// The day's texts are counted by themselves, or by their one country.
fn countries() -> [SmsCountries; 2] {
    [SmsCountries::All, SmsCountries::Only(["US".to_owned()].into())]
}

#[track_caller]
fn assert_same(a: &[String], b: &[String]) {
    for (a, b) in a.iter().zip(b) {
        assert_eq!(a, b);
    }
    assert_eq!(a.len(), b.len());
}

#[tokio::test]
async fn registered_unknown_and_disabled_identifiers_look_the_same_when_sign_up_is_closed() {
    for countries in countries() {
        let [known, unknown, disabled] = stories(&countries, SignUp::Closed).await;
        assert_same(&known, &unknown);
        assert_same(&known, &disabled);
        assert!(known.iter().any(|step| step.contains("GetItem L#")), "the directory was asked");
    }
}

#[tokio::test]
async fn registered_new_and_disabled_identifiers_look_the_same_when_sign_up_is_open() {
    for countries in countries() {
        let [known, new, disabled] = stories(&countries, SignUp::Open).await;
        assert_same(&known, &new);
        assert_same(&known, &disabled);
        let sends: Vec<&String> = known.iter().filter(|step| step.starts_with("send") || step.starts_with("resend")).collect();
        assert!(
            sends.len() > 4 && !sends.iter().any(|step| step.contains("GetItem L#")),
            "no send asked the directory: {sends:?}"
        );
    }
}

#[tokio::test]
async fn what_the_limits_refuse_asks_nothing_of_the_directory() {
    let world = World::new(SignUp::Closed, None).await;
    for identifier in [KNOWN, UNKNOWN] {
        world.service.post("send", &json!({ "identifier": identifier })).await;
        let _accepted = world.wire.take();
        let refused = world.service.post("send", &json!({ "identifier": identifier })).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let asked: Vec<String> = world.wire.take_shapes();
        assert!(asked.iter().all(|shape| !shape.contains("L#") && !shape.contains("U#")), "{asked:?}");
    }
}

#[tokio::test]
async fn what_the_guard_refuses_it_refuses_to_everybody_alike() {
    let mut told = Vec::new();
    for identifier in [KNOWN, UNKNOWN, DISABLED] {
        let world = World::new(SignUp::Closed, None).await;
        for number in 0..TEXTS_OF_A_PREFIX {
            world.service.post("send", &json!({ "identifier": format!("+1234567891{number}") })).await;
            world.service.clock.advance(Duration::from_secs(60));
        }
        let _accepted = world.wire.take();
        let refused = world.service.post("send", &json!({ "identifier": identifier })).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "the prefix is full");
        assert!(world.service.outbox.sent().is_empty());
        told.push((normalised(&refused.body, identifier), world.wire.take_shapes()));
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    assert!(
        told.iter().all(|(_, asked)| asked.iter().any(|shape| shape.contains("GetItem L#"))),
        "the directory was asked: {told:?}"
    );
}

/// The code that an unknown identifier's challenge has, which nobody was sent.
fn code_of(challenge: &Value, identifier: &str) -> String {
    let (keys, recipient) = (test_keys().unwrap(), recipient(identifier));
    let challenge = Challenge::open(challenge.as_str().unwrap(), &keys, Purpose::Login, &recipient).unwrap();
    let bound = Bound { purpose: Purpose::Login, recipient: &recipient, id: challenge.id };
    let code = Code::derive(keys.get(challenge.key).unwrap(), &bound, challenge.shape);
    code.expose().to_owned()
}

#[tokio::test]
async fn solving_the_challenge_of_a_stranger_is_a_wrong_guess() {
    for (sign_up, identifier) in [(SignUp::Closed, UNKNOWN), (SignUp::Closed, DISABLED), (SignUp::Open, DISABLED)] {
        for wrong_guesses in [0, 2, 4] {
            let mut replies = Vec::new();
            for right in [false, true] {
                let world = World::new(sign_up, None).await;
                let sent = world.service.post("send", &json!({ "identifier": identifier })).await;
                let guess =
                    |code: &str| json!({ "identifier": identifier, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
                for _ in 0..wrong_guesses {
                    world.service.post("verify", &guess("00000000")).await;
                }
                let code = code_of(&sent.body["challenge_id"], identifier);
                let reply = world.service.post("verify", &guess(if right { &code } else { "00000000" })).await;
                assert_eq!(reply.body["code"], "invalid_code");
                replies.push((reply.status, reply.body, format!("{:?}", reply.headers)));
                if identifier == UNKNOWN {
                    let standing = world.embedded.store().look_up(&test_keys().unwrap(), &recipient(UNKNOWN)).await.unwrap();
                    assert_eq!(standing, Standing::Unknown, "nobody was made");
                }
            }
            assert_eq!(replies[0], replies[1]);
        }
    }
    // The control: of a registered identifier the same code is right.
    let world = World::new(SignUp::Closed, None).await;
    let sent = world.service.post("send", &json!({ "identifier": KNOWN })).await;
    let code = code_of(&sent.body["challenge_id"], KNOWN);
    assert_eq!(code, world.service.last_code());
    let reply = world.service.post("verify", &json!({ "identifier": KNOWN, "otp_code": code })).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
}

#[tokio::test]
async fn closed_sign_up_does_not_tell_by_failing_for_registered_identifiers_only() {
    let refused =
        Delivery::Refused { provider: "sns", reason: Refusal { class: RefusalClass::OptedOut, code: "OptedOut".to_owned() } };
    let unreached = Delivery::Unreached { provider: "sns", cause: "no connection".to_owned() };
    for delivery in [refused, unreached] {
        let mut told = Vec::new();
        for identifier in [KNOWN, UNKNOWN] {
            let world = World::new(SignUp::Closed, Some(Arc::new(FixedSender::new(delivery.clone())))).await;
            told.push(world.story(identifier).await);
        }
        assert_same(&told[0], &told[1]);
        // The control: with sign-up open, the failure is told.
        let world = World::new(SignUp::Open, Some(Arc::new(FixedSender::new(delivery)))).await;
        assert!(world.service.post("send", &json!({ "identifier": KNOWN })).await.status.is_server_error());
    }
}

#[tokio::test]
async fn a_signed_in_user_can_add_an_identifier_that_nobody_has() {
    let world = World::new(SignUp::Closed, None).await;
    let id = UserId::new(world.service.now(), [1; 10]);
    let body = |code: &str| json!({ "identifier": "ada@example.com", "purpose": "email_verification", "otp_code": code });
    let token = format!("Bearer good:{}", id.as_str());
    let call = |route: &str, code: &str| with_header(world.service.request(route, &body(code)), "authorization", &token);
    assert_eq!(world.service.call(&call("send", "")).await.status, StatusCode::OK);
    assert_eq!(world.service.outbox.sent().len(), 1);
    let added = world.service.call(&call("verify", &world.service.last_code())).await;
    assert_eq!(added.body["user"]["id"], id.as_str(), "{}", added.body);
    world.service.advance(60);
    world.service.post("send", &json!({ "identifier": "ada@example.com" })).await;
    let login = json!({ "identifier": "ada@example.com", "otp_code": world.service.last_code() });
    assert_eq!(world.service.post("verify", &login).await.body["user"]["id"], id.as_str());
}
