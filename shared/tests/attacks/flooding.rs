//! Sending more of something than a person would.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::secrets::{Needs, VaultKeys};
use otp_auth::domain::keys::KeyRing;
use otp_auth::ports::clock::Clock;
use otp_auth::ports::keys::KeySource;
use otp_auth::testing::aws_stand_in::{AwsStandIn, SECRET};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::{Embedded, local_credentials};
use otp_auth::testing::forward::Forward;
use otp_auth::testing::memory::MemoryStore;
use otp_auth::testing::service::{Service, Setup, test_keys};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{DAY, PHONE, from, guess, lab, parallel, real, send};
use crate::naive::{Naive, WindowsPerRequest};

/// A service whose every request to the table is counted at the table's endpoint.
pub async fn counted() -> (Embedded, Forward, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let forward = Forward::to(&embedded.endpoint()).unwrap();
    let store = Arc::new(embedded.store_at(&forward.listen().await.unwrap()));
    let mut setup = Setup::on(&embedded).unwrap();
    (setup.store, setup.claims) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
    (setup.directory, setup.counters) = (Arc::clone(&store) as _, store);
    (embedded, forward, setup.build())
}

pub fn forged_challenge_tokens() -> Finding {
    Finding {
        counted: "requests to the table",
        real: parallel(async {
            let (_embedded, forward, service) = counted().await;
            let (genuine, others) = (send(&service, PHONE).await, send(&service, "+12345678902").await);
            let _asked_for = forward.take_operations();
            for number in 0..10_000 {
                let (token, purpose) = forged(number, genuine.as_str().unwrap(), others.as_str().unwrap());
                let body = json!({ "identifier": PHONE, "purpose": purpose, "otp_code": "123456", "challenge_id": token });
                let reply = service.post(if number % 2 == 0 { "verify" } else { "send" }, &body).await;
                assert_eq!(reply.body["code"], "challenge_expired", "{token}");
            }
            Tried::of(10_000, forward.take_operations().len())
        }),
        may: 0.0,
        broken: "a look-up before the token is checked",
        // What a guess costs that names no challenge: the table must be asked.
        control: parallel(async {
            let (_embedded, forward, service) = counted().await;
            for _ in 0..100 {
                guess(&service, PHONE, "123456", &Value::Null).await;
            }
            Tried::of(100, forward.take_operations().len())
        }),
    }
}

/// Random bytes, one bit changed, somebody else's, another purpose's, cut off, too long, a key that is none.
fn forged(number: usize, genuine: &str, others: &str) -> (String, &'static str) {
    let mut bytes = URL_SAFE_NO_PAD.decode(genuine).unwrap();
    let length = bytes.len();
    match number / 2 % 7 {
        0 => rand::fill(&mut bytes).unwrap(),
        1 => bytes[number / 8 % length] ^= 1 << (number % 8),
        2 => return (others.to_owned(), "login"),
        3 => return (genuine.to_owned(), "password_reset"),
        4 => bytes.truncate(number % length),
        5 => bytes.extend_from_slice(&[0; 9]),
        _ => bytes[1] = u8::try_from(2 + number % 250).unwrap(),
    }
    let token = URL_SAFE_NO_PAD.encode(bytes);
    // No token is no forged token.
    (if token.is_empty() { "A".to_owned() } else { token }, "login")
}

/// A token may name a key that this process has yet to learn of: it reads the secret again, at most once a minute.
pub fn unknown_keys_make_the_vault_be_asked_again() -> Finding {
    Finding {
        counted: "requests to the vault in 10 minutes",
        real: parallel(requests_to_the_vault(1000, false)),
        may: 11.0,
        broken: "a vault asked for each unknown key",
        control: parallel(requests_to_the_vault(100, true)),
    }
}

async fn requests_to_the_vault(tokens: u32, each_time: bool) -> Tried {
    let clock = Arc::<TestClock>::default();
    let secret = format!(r#"{{"identifiers":"k1","codes":"k1","k1":"{}"}}"#, "k1".repeat(32));
    let outbox = Outbox::new(Arc::clone(&clock) as _);
    let aws = AwsStandIn::start(outbox, Some(secret), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let vault = vault(&aws.endpoint(), &clock).await;
    let (_embedded, service) = lab(|setup| {
        setup.clock = Arc::clone(&clock);
        setup.keys = if each_time {
            Arc::new(AskedEachTime { endpoint: aws.endpoint(), clock: Arc::clone(&clock) })
        } else {
            Arc::new(vault)
        };
    })
    .await;
    let before = aws.requests();
    for number in 0..tokens {
        let mut bytes = [0; 44];
        rand::fill(&mut bytes).unwrap();
        bytes[..4].copy_from_slice(&[1, u8::try_from(2 + number % 250).unwrap(), 0, 6]);
        guess(&service, PHONE, "123456", &json!(URL_SAFE_NO_PAD.encode(bytes))).await;
        clock.advance(Duration::from_secs(600) / tokens);
    }
    Tried::of(tokens as usize, aws.requests() - before)
}

async fn vault(endpoint: &str, clock: &Arc<TestClock>) -> VaultKeys {
    let client = Aws::new(&local_credentials()).unwrap().secrets(Some(endpoint));
    VaultKeys::read(client, SECRET.to_owned(), Arc::clone(clock) as Arc<dyn Clock>, Needs::Codes).await.unwrap()
}

/// Keys without a bound on how often they are read again.
struct AskedEachTime {
    endpoint: String,
    clock: Arc<TestClock>,
}

#[async_trait]
impl KeySource for AskedEachTime {
    fn ring(&self) -> Arc<KeyRing> {
        test_keys().unwrap()
    }

    async fn refresh(&self) -> Arc<KeyRing> {
        vault(&self.endpoint, &self.clock).await.ring()
    }

    async fn recent(&self) -> Arc<KeyRing> {
        self.ring()
    }
}

/// Every third minute of a day, each time from another address.
pub fn bombing_a_person_with_texts() -> Finding {
    Finding {
        counted: "messages to one person in a day",
        real: parallel(messages_in_a_day(PHONE, DAY, real)),
        may: 10.0,
        broken: "limits by what was typed",
        control: parallel(messages_in_a_day(PHONE, DAY / 8, by_what_was_typed)),
    }
}

/// The same with mail.
pub fn bombing_a_person_with_mail() -> Finding {
    Finding {
        counted: "messages to one person in a day",
        real: parallel(messages_in_a_day("ada@example.com", DAY, real)),
        may: 10.0,
        broken: "limits by what was typed",
        control: parallel(messages_in_a_day("ada@example.com", DAY / 8, by_what_was_typed)),
    }
}

fn by_what_was_typed(setup: &mut Setup) {
    setup.store = Naive::around(&setup.store, WindowsPerRequest::default());
}

async fn messages_in_a_day(identifier: &str, seconds: u64, change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for number in 0..u16::try_from(seconds / 180).unwrap() {
        let [high, low] = number.to_be_bytes();
        let call = from(service.request("send", &json!({ "identifier": identifier })), [198, 18, high, low]);
        tried.add(service.call(&call).await.status == 200);
        service.advance(180);
    }
    assert_eq!(service.outbox.sent().len() as f64, tried.through);
    tried
}

/// Twenty instances of the function, as Lambda starts them under load, and a request to each.
pub fn limits_in_process_memory() -> Finding {
    Finding {
        counted: "messages at once to one person",
        real: parallel(texts_from_instances(real)),
        may: 1.0,
        broken: "counters in the process",
        control: parallel(texts_from_instances(|setup| {
            let store = Arc::new(MemoryStore::default());
            (setup.store, setup.claims) = (Arc::clone(&store) as _, store);
        })),
    }
}

async fn texts_from_instances(change: impl Fn(&mut Setup)) -> Tried {
    let embedded = Embedded::start(None).await.unwrap();
    let mut tried = Tried::default();
    for _ in 0..20 {
        let mut setup = Setup::on(&embedded).unwrap();
        change(&mut setup);
        let instance = setup.build();
        instance.post("send", &json!({ "identifier": PHONE })).await;
        tried.add(!instance.outbox.sent().is_empty());
    }
    tried
}
