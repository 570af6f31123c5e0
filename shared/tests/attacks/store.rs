//! The table fails at the worst moment, or says what cannot be.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use otp_auth::domain::guard::budget::{Budget, MicroUsd};
use otp_auth::domain::guard::stops::Stops;
use otp_auth::domain::guard::unanswered::{CountryFloor, PrefixLimits};
use otp_auth::domain::ledger::{GuessWrite, SendWrite, Written};
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::guard::{
    AddressCount, AddressWrite, Day, DayCount, DayWrite, DestinationCount, DestinationDay, DestinationTakeBack, DestinationWrite,
    GuardStore, PrefixCount, PrefixWrite, ProviderChange,
};
use otp_auth::ports::store::{ChallengeStore, IdempotencyStore, IdempotencyVerdict, StoreError};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::service::{Setup, with_header};
use serde_json::json;

use crate::finding::{Finding, Tried};
use crate::lab::{PHONE, guess, lab, parallel, send};
use crate::naive::{Flaw, Naive};

/// Throttled, or broken; before the write was applied, or after.
pub fn a_store_that_fails() -> Finding {
    Finding {
        counted: "messages and sign-ins",
        real: parallel(through_a_failing_store(false)),
        may: 0.0,
        broken: "no answer taken for yes",
        control: parallel(through_a_failing_store(true)),
    }
}

const OPERATIONS: [&str; 8] =
    ["stops", "count_address", "claim_idempotency", "send", "count_prefix", "count_destination", "count_day", "guess"];

async fn through_a_failing_store(fails_open: bool) -> Tried {
    let mut tried = Tried::default();
    for operation in OPERATIONS {
        for (throttled, applied) in [(true, false), (true, true), (false, false), (false, true)] {
            let embedded = Embedded::start(None).await.unwrap();
            let healthy = Setup::on(&embedded).unwrap().build();
            let challenge = send(&healthy, PHONE).await;
            let mut setup = Setup::on(&embedded).unwrap();
            let (claims, counters) = (Arc::clone(&setup.claims), Arc::clone(&setup.counters));
            let failing = Arc::new(Failing { operation, throttled, applied, fails_open, claims, counters });
            setup.store = Naive::around(&setup.store, Arc::clone(&failing));
            (setup.claims, setup.counters) = (Arc::clone(&failing) as _, failing);
            let failing = setup.build();
            let reply = if operation == "guess" {
                guess(&failing, PHONE, &healthy.last_code(), &challenge).await
            } else {
                let call = failing.request("send", &json!({ "identifier": "+12065550100" }));
                failing.call(&with_header(call, "idempotency-key", "8e03978e-40d5-43e8-bc93-6894a57f9324")).await
            };
            assert!(fails_open || reply.status == if throttled { 503 } else { 500 }, "{operation}: {}", reply.body);
            tried.add(!failing.outbox.sent().is_empty() || reply.status == 200);
        }
    }
    tried
}

struct Failing {
    operation: &'static str,
    throttled: bool,
    applied: bool,
    fails_open: bool,
    claims: Arc<dyn IdempotencyStore>,
    counters: Arc<dyn GuardStore>,
}

impl Failing {
    fn error(&self) -> StoreError {
        let cause = "on purpose".to_owned();
        if self.throttled { StoreError::Unavailable(cause) } else { StoreError::Broken(cause) }
    }

    /// What is made of the answer of `operation`; `yes` is what failing open would take it for.
    async fn answer<T>(
        &self,
        operation: &str,
        behind: impl Future<Output = Result<T, StoreError>> + Send,
        yes: Option<T>,
    ) -> Result<T, StoreError> {
        if self.operation != operation {
            return behind.await;
        }
        if self.applied {
            behind.await?;
        }
        yes.filter(|_| self.fails_open).ok_or_else(|| self.error())
    }
}

#[async_trait]
impl Flaw for Arc<Failing> {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Result<Written, StoreError> {
        self.answer("send", behind.send(write), Some(Written::Applied(Default::default()))).await
    }

    async fn guess(&self, behind: &dyn ChallengeStore, write: &GuessWrite) -> Result<Written, StoreError> {
        self.answer("guess", behind.guess(write), None).await
    }
}

#[async_trait]
impl IdempotencyStore for Failing {
    async fn claim_idempotency(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        let behind = self.claims.claim_idempotency(key, fingerprint, now);
        self.answer("claim_idempotency", behind, Some(IdempotencyVerdict::Same)).await
    }
}

#[async_trait]
impl GuardStore for Failing {
    async fn stops(&self) -> Result<Stops, StoreError> {
        self.answer("stops", self.counters.stops(), Some(Stops::default())).await
    }

    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError> {
        self.answer("count_address", self.counters.count_address(write), Some(AddressCount::Counted)).await
    }

    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError> {
        self.counters.take_back_country_of_address(key, country).await
    }

    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
        self.answer("count_prefix", self.counters.count_prefix(write), Some(PrefixCount::Counted)).await
    }

    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError> {
        self.counters.take_back_prefix(key, sent, limits).await
    }

    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        self.answer(
            "count_destination",
            self.counters.count_destination(write),
            Some(DestinationCount::Counted(DestinationDay::default())),
        )
        .await
    }

    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError> {
        self.counters.take_back_destination(write).await
    }

    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError> {
        self.counters.change_provider(write).await
    }

    async fn destination_days(&self, destination: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError> {
        self.counters.destination_days(destination, days).await
    }

    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError> {
        self.answer("count_day", self.counters.count_day(write), Some(DayCount::Counted(Day::default()))).await
    }

    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError> {
        self.counters.take_back_day(counted, price).await
    }

    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError> {
        self.counters.name_country(country, at).await
    }
}

/// A counter, register or expiry that is no number any more.
pub fn a_corrupt_item() -> Finding {
    Finding {
        counted: "messages and sign-ins",
        real: parallel(through_corrupt_items(Some(AttributeValue::S("corrupt".to_owned())))),
        may: 0.0,
        broken: "what cannot be read counts as absent",
        control: parallel(through_corrupt_items(None)),
    }
}

/// Whose item, the attribute by its letter, and what must not get past it how many seconds later.
const COUNTERS: [(&str, &str, &str, u64); 12] = [
    ("I#", "l", "send", 20),
    ("I#", "f", "send", 60),
    ("A#", "h", "send", 20),
    ("A#", "m", "send", 20),
    ("P#", "l", "send", 60),
    ("C#", "m", "send", 60),
    ("C#", "u", "send", 60),
    ("D#", "m", "send", 60),
    ("I#", "a", "verify", 20),
    ("I#", "e", "verify", 20),
    ("I#", "c", "verify", 20),
    ("I#", "x", "verify", 20),
];

/// A limit on the address is at its end where that is what is tried.
async fn through_corrupt_items(instead: Option<AttributeValue>) -> Tried {
    let mut tried = Tried::default();
    for (prefix, letter, route, later) in COUNTERS {
        let (embedded, service) = lab(|setup| match (prefix, letter) {
            ("A#", "h") => setup.policy.address_per_hour = 1,
            ("A#", "m") => setup.policy.address_per_minute = 1,
            ("P#", _) => setup.guard.prefix = PrefixLimits { per_hour: 1, per_day: 1 },
            ("C#", "u") => setup.guard.country = CountryFloor { per_hour: 1000, per_day: 1 },
            ("C#", "m") => setup.guard.budget = Budget { messages: 2, ..Budget::default() },
            ("D#", _) => setup.guard.budget = Budget { messages: 1, country_percent: 100, ..Budget::default() },
            _ => {}
        })
        .await;
        let challenge = send(&service, PHONE).await;
        replace(&embedded, prefix, letter, instead.as_ref()).await;
        service.advance(later);
        tried.add(if route == "send" {
            service.post("send", &json!({ "identifier": if prefix == "A#" { "user@example.com" } else { PHONE } })).await.status
                == 200
        } else {
            guess(&service, PHONE, &service.last_code(), &challenge).await.status == 200
        });
    }
    tried
}

async fn replace(embedded: &Embedded, prefix: &str, letter: &str, instead: Option<&AttributeValue>) {
    let client = embedded.client();
    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let item = items.iter().find(|item| item["pk"].as_s().unwrap().starts_with(prefix)).unwrap();
    let is_it = |name: &&String| name.strip_prefix(letter).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    for name in item.keys().filter(is_it) {
        let update = client.update_item().table_name(TABLE).key("pk", item["pk"].clone()).expression_attribute_names("#a", name);
        let update = match instead {
            Some(value) => update.update_expression("SET #a = :a").expression_attribute_values(":a", value.clone()),
            None => update.update_expression("REMOVE #a"),
        };
        update.send().await.unwrap();
    }
}
