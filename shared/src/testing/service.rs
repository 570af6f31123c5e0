//! The whole service in a test's hands: the real handlers and use cases, a clock that stands still, and the outbox.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::clock::TestClock;
#[cfg(feature = "testing")]
use super::embedded::{Embedded, EmbeddedError};
use super::memory::{MemoryDirectory, MemoryStore};
use super::memory_guard::MemoryGuard;
use crate::adapters::outbox::Outbox;
use crate::adapters::system::SystemRandomness;
use crate::app::guard::Guard;
use crate::app::send_otp::SendOtp;
use crate::app::verify_otp::VerifyOtp;
use crate::domain::guard::GuardPolicy;
use crate::domain::guard::budget::Budget;
use crate::domain::guard::destinations::SmsCountries;
use crate::domain::guard::unanswered::{CountryFloor, PrefixLimits};
use crate::domain::keys::{InvalidKeys, KeyId, KeyRing};
use crate::domain::policy::Policy;
use crate::domain::test_identifiers::TestIdentifiers;
use crate::http::{Api, Call, Cors};
use crate::messages::{Brand, Locale};
use crate::ports::clock::{Clock, Randomness};
use crate::ports::directory::Directory;
use crate::ports::guard::GuardStore;
use crate::ports::keys::KeySource;
use crate::ports::sender::Sender;
use crate::ports::store::{ChallengeStore, WindowStore};

/// The page that may call the service under test.
pub const ORIGIN: &str = "https://app.example.com";

/// What a service under test is made of. Every part can be replaced before [`Setup::build`].
pub struct Setup {
    /// The identifiers' items.
    pub store: Arc<dyn ChallengeStore>,
    /// The windows on addresses.
    pub windows: Arc<dyn WindowStore>,
    /// The users.
    pub directory: Arc<dyn Directory>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The clock, shared with the outbox.
    pub clock: Arc<TestClock>,
    /// Ids and challenges are made of it.
    pub randomness: Arc<dyn Randomness>,
    /// Where messages end up.
    pub outbox: Outbox,
    /// Who delivers texts and mail: the outbox, unless replaced.
    pub sender: Arc<dyn Sender>,
    /// The numbers; address windows are wide, so that tests can send from one place.
    pub policy: Policy,
    /// What may leave: everywhere, and the windows are wide, so that tests can send to many numbers.
    pub guard: GuardPolicy,
    /// The guard's counters.
    pub counters: Arc<dyn GuardStore>,
    /// Identifiers of testers.
    pub test_identifiers: TestIdentifiers,
}

/// A service under test.
#[derive(Clone)]
pub struct Service {
    /// The real handlers.
    pub api: Arc<Api>,
    /// The clock.
    pub clock: Arc<TestClock>,
    /// The messages that left.
    pub outbox: Outbox,
}

/// A reply, taken apart.
#[derive(Clone, Debug)]
pub struct TestReply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null when it is empty.
    pub body: Value,
}

/// The keys of services under test.
///
/// # Errors
/// Never with these.
pub fn test_keys() -> Result<Arc<KeyRing>, InvalidKeys> {
    KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1)).map(Arc::new)
}

/// A guard that serves every country and has room for a test's traffic.
#[must_use]
pub fn wide_guard() -> GuardPolicy {
    GuardPolicy {
        countries: SmsCountries::All,
        prefix: PrefixLimits { per_hour: 40, per_day: 40 },
        country: CountryFloor { per_hour: 1_000_000, per_day: 1_000_000 },
        countries_per_address: 250,
        budget: Budget { messages: 10_000_000, ..Budget::default() },
        ..GuardPolicy::default()
    }
}

impl Setup {
    /// On an embedded DynamoDB, with the defaults of the policy.
    ///
    /// # Errors
    /// The test keys are no keys, which cannot be.
    #[cfg(feature = "testing")]
    pub fn on(embedded: &Embedded) -> Result<Self, EmbeddedError> {
        let store = Arc::new(embedded.store());
        let (directory, counters) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
        Self::with(store, directory, counters).map_err(|error| EmbeddedError::Database(error.to_string()))
    }

    /// On the reference store, in memory: a fresh one for every run of a fuzz target.
    ///
    /// # Errors
    /// As [`Self::on`].
    pub fn in_memory() -> Result<Self, InvalidKeys> {
        let counters = Arc::new(MemoryGuard::default());
        Self::with(Arc::new(MemoryStore::default()), Arc::new(MemoryDirectory::default()), counters)
    }

    fn with<S: ChallengeStore + WindowStore + 'static>(
        store: Arc<S>,
        directory: Arc<dyn Directory>,
        counters: Arc<dyn GuardStore>,
    ) -> Result<Self, InvalidKeys> {
        let clock = Arc::new(TestClock::default());
        let outbox = Outbox::new(Arc::clone(&clock) as _);
        Ok(Self {
            store: Arc::clone(&store) as _,
            windows: store,
            directory,
            counters,
            keys: Arc::new(test_keys()?),
            clock,
            randomness: Arc::new(SystemRandomness),
            sender: Arc::new(outbox.clone()),
            outbox,
            policy: Policy { address_per_minute: 100_000, address_per_hour: 100_000, ..Policy::default() },
            guard: wide_guard(),
            test_identifiers: TestIdentifiers::default(),
        })
    }

    /// The service.
    #[must_use]
    pub fn build(self) -> Service {
        let guard = Arc::new(Guard::new(self.counters, self.guard));
        let send = SendOtp {
            store: Arc::clone(&self.store),
            windows: self.windows,
            sms: Some(Arc::clone(&self.sender)),
            email: Some(self.sender),
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock) as _,
            randomness: Arc::clone(&self.randomness),
            policy: self.policy.clone(),
            guard: Arc::clone(&guard),
            test_identifiers: self.test_identifiers,
            brand: Brand { app: "Acme".to_owned(), domain: "example.com".to_owned() },
        };
        let verify = VerifyOtp {
            store: self.store,
            directory: self.directory,
            keys: self.keys,
            clock: Arc::clone(&self.clock) as _,
            randomness: self.randomness,
            policy: self.policy,
            guard,
        };
        let api = Api {
            send: Some(send),
            verify: Some(verify),
            locale: Locale::default(),
            cors: Cors::new([ORIGIN.to_owned()].into()),
            clock: Arc::clone(&self.clock) as _,
        };
        Service { api: Arc::new(api), clock: self.clock, outbox: self.outbox }
    }
}

impl Service {
    /// `POST` to a route (`send`, `verify`), from 203.0.113.7.
    pub async fn post(&self, route: &str, body: &Value) -> TestReply {
        self.call(&self.request(route, body)).await
    }

    /// The request that [`Self::post`] makes, to be changed before it is made.
    #[must_use]
    pub fn request(&self, route: &str, body: &Value) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Call {
            id: "test-request".to_owned(),
            source: Some(IpAddr::from([203, 0, 113, 7])),
            method: Method::POST,
            path: format!("/api/auth/otp/{route}"),
            headers,
            body: Ok(Bytes::from(body.to_string())),
            time_left: None,
        }
    }

    /// Makes a request.
    pub async fn call(&self, call: &Call) -> TestReply {
        let (parts, body) = self.api.handle(call).await.into_parts();
        TestReply { status: parts.status, headers: parts.headers, body: serde_json::from_str(&body).unwrap_or(Value::Null) }
    }

    /// Moves the clock.
    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> crate::domain::time::Timestamp {
        self.clock.now()
    }

    /// The code in the newest message: what stands after `#` in its last line. Empty when there is none.
    #[must_use]
    pub fn last_code(&self) -> String {
        let sent = self.outbox.sent();
        let text = sent.last().map(|sent| sent.text.clone()).unwrap_or_default();
        text.rsplit_once('#').map(|(_, code)| code.to_owned()).unwrap_or_default()
    }
}

/// Adds a header to a request under test.
#[must_use]
pub fn with_header(mut call: Call, name: &'static str, value: &str) -> Call {
    if let Ok(value) = HeaderValue::from_str(value) {
        call.headers.append(HeaderName::from_static(name), value);
    }
    call
}
