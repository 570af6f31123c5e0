//! Messages that leave twice: providers that fail at the worst moment, and functions that are killed at it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sns::config::retry::RetryConfig;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::sns::{SnsSender, SnsSettings};
use otp_auth::domain::guard::budget::MicroUsd;
use otp_auth::domain::guard::stops::Stops;
use otp_auth::domain::guard::unanswered::PrefixLimits;
use otp_auth::domain::ledger::{SendWrite, Written};
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::guard::{
    AddressCount, AddressWrite, DayCount, DayWrite, DestinationCount, DestinationDay, DestinationTakeBack, DestinationWrite,
    GuardStore, PrefixCount, PrefixWrite, ProviderChange,
};
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::ports::store::{ChallengeStore, IdempotencyStore, IdempotencyVerdict, StoreError};
use otp_auth::testing::aws_stand_in::{AwsStandIn, Fault};
use otp_auth::testing::embedded::{Embedded, local_credentials};
use otp_auth::testing::memory::MemoryStore;
use otp_auth::testing::service::{Setup, with_header};
use serde_json::json;
use tokio::sync::Notify;

use crate::finding::{Finding, Tried};
use crate::lab::{parallel, real};
use crate::naive::{Flaw, Naive};

/// The provider takes the message and says that it failed, answers rubbish, cuts the connection, throttles.
pub fn a_providers_retry_sends_twice() -> Finding {
    Finding {
        counted: "second attempts at one message",
        real: parallel(second_attempts(RetryConfig::disabled())),
        may: 0.0,
        broken: "the SDK's default of 3 attempts",
        control: parallel(second_attempts(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))),
    }
}

async fn second_attempts(retries: RetryConfig) -> Tried {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    let outbox = Outbox::new(Arc::clone(&setup.clock) as _);
    let aws = AwsStandIn::start(outbox.clone(), None, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = Aws::new(&local_credentials()).unwrap().sns(Some(&aws.endpoint()));
    // The service's own client has none, so `disabled` changes nothing.
    let config = client.config().to_builder().retry_config(retries.clone()).build();
    let client = if retries.max_attempts() == 1 { client } else { aws_sdk_sns::Client::from_conf(config) };
    setup.sender = Arc::new(SnsSender::new(client, &SnsSettings::default()));
    let service = setup.build();
    let faults = [Fault::FailAfter, Fault::FailBefore, Fault::Rubbish, Fault::CutAfter, Fault::Throttle];
    let mut tried = Tried::default();
    for (number, fault) in faults.iter().cycle().take(20).enumerate() {
        let before = aws.requests();
        aws.script([fault.clone()]);
        service.post("send", &json!({ "identifier": format!("+123456789{number:02}") })).await;
        tried.add(aws.requests() - before > 1);
    }
    assert!(outbox.sent().len() >= 8, "messages left");
    tried
}

/// The function is killed before and after each thing that a send does, and the client tries again with its
/// Idempotency-Key: at once, and after the cooldown.
pub fn killed_in_mid_send_and_tried_again() -> Finding {
    Finding {
        counted: "people who got a second message",
        real: parallel(second_messages(real)),
        may: 0.0,
        broken: "Idempotency-Keys in the process",
        control: parallel(second_messages(|setup| {
            let store = Arc::new(MemoryStore::default());
            (setup.store, setup.claims) = (Arc::clone(&store) as _, store);
        })),
    }
}

async fn second_messages(change: impl Fn(&mut Setup)) -> Tried {
    let embedded = Embedded::start(None).await.unwrap();
    let mut tried = Tried::default();
    for step in 1.. {
        let mut setup = Setup::on(&embedded).unwrap();
        change(&mut setup);
        let (clock, outbox) = (Arc::clone(&setup.clock), setup.outbox.clone());
        let halt = Halt::before_step(step);
        setup.store = Naive::around(&setup.store, halt.clone());
        setup.claims = Arc::new(Halting { halt: halt.clone(), behind: setup.claims });
        setup.counters = Arc::new(Halting { halt: halt.clone(), behind: setup.counters });
        setup.sender = Arc::new(Halting { halt: halt.clone(), behind: setup.sender });
        let doomed = setup.build();
        let phone = format!("+123456789{step:02}");
        let call = doomed.request("send", &json!({ "identifier": phone }));
        let call = Arc::new(with_header(call, "idempotency-key", &format!("8e03978e-40d5-43e8-bc93-6894a57f93{step:02}")));
        let first = tokio::spawn({
            let (doomed, call) = (doomed.clone(), Arc::clone(&call));
            async move { doomed.call(&call).await }
        });
        tokio::select! {
            () = halt.reached.notified() => {}
            () = finished(&first) => break,
        }
        first.abort();
        let mut setup = Setup::on(&embedded).unwrap();
        change(&mut setup);
        (setup.clock, setup.sender) = (clock, Arc::new(outbox.clone()));
        let next = setup.build();
        next.call(&call).await;
        next.advance(61);
        next.call(&call).await;
        tried.add(outbox.sent().len() > 1);
    }
    assert_eq!(tried.tries, 14, "before and after: the address, the key's claim, the send, prefix, country and day, the message");
    tried
}

async fn finished<T>(task: &tokio::task::JoinHandle<T>) {
    while !task.is_finished() {
        tokio::task::yield_now().await;
    }
}

/// Stands still for ever before one of the steps of a send: what a killed process looks like from outside.
#[derive(Clone)]
struct Halt {
    steps_left: Arc<AtomicUsize>,
    reached: Arc<Notify>,
}

impl Halt {
    fn before_step(step: usize) -> Self {
        Self { steps_left: Arc::new(AtomicUsize::new(step)), reached: Arc::default() }
    }

    async fn step(&self) {
        if self.steps_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Flaw for Halt {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Result<Written, StoreError> {
        self.step().await;
        let written = behind.send(write).await;
        self.step().await;
        written
    }
}

struct Halting<T> {
    halt: Halt,
    behind: T,
}

impl<T> Halting<T> {
    async fn around<R>(&self, step: impl Future<Output = R> + Send) -> R {
        self.halt.step().await;
        let result = step.await;
        self.halt.step().await;
        result
    }
}

#[async_trait]
impl IdempotencyStore for Halting<Arc<dyn IdempotencyStore>> {
    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        self.around(self.behind.claim_idempotency(key, fingerprint, now)).await
    }
}

/// Halts around what a send counts.
#[async_trait]
impl GuardStore for Halting<Arc<dyn GuardStore>> {
    async fn stops(&self) -> Result<Stops, StoreError> {
        self.behind.stops().await
    }

    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError> {
        self.around(self.behind.count_address(write)).await
    }

    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError> {
        self.behind.take_back_country_of_address(key, country).await
    }

    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
        self.around(self.behind.count_prefix(write)).await
    }

    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError> {
        self.behind.take_back_prefix(key, sent, limits).await
    }

    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        self.around(self.behind.count_destination(write)).await
    }

    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError> {
        self.behind.take_back_destination(write).await
    }

    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError> {
        self.behind.change_provider(write).await
    }

    async fn destination_days(&self, destination: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError> {
        self.behind.destination_days(destination, days).await
    }

    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError> {
        self.around(self.behind.count_day(write)).await
    }

    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError> {
        self.behind.take_back_day(counted, price).await
    }

    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError> {
        self.behind.name_country(country, at).await
    }
}

#[async_trait]
impl Sender for Halting<Arc<dyn Sender>> {
    fn provider(&self) -> &'static str {
        self.behind.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        self.around(self.behind.deliver(message)).await
    }
}
