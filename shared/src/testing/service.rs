//! The whole service in a test's hands: the real handlers and use cases, a clock that stands still, and the outbox.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::clock::TestClock;
use super::decoy::InstantDecoy;
#[cfg(feature = "testing")]
use super::embedded::{Embedded, EmbeddedError};
use super::memory::MemoryStore;
use super::memory_directory::MemoryDirectory;
use super::memory_guard::MemoryGuard;
use super::racy_sessions::RacySessions;
use super::receipts;
use crate::adapters::jwt::{Jwt, JwtSettings};
use crate::adapters::no_tokens::NoTokens;
use crate::adapters::outbox::Outbox;
use crate::adapters::receipts::ses::SesNotices;
use crate::adapters::receipts::twilio::TwilioReceipts;
use crate::adapters::receipts::vonage::VonageReceipts;
use crate::adapters::system::SystemRandomness;
use crate::app::grant::{Grants, Sessions};
use crate::app::guard::Guard;
use crate::app::log_out::LogOut;
use crate::app::refresh_session::RefreshSession;
use crate::app::send_otp::SendOtp;
use crate::app::take_receipt::TakeReceipt;
use crate::app::verify_otp::VerifyOtp;
use crate::domain::guard::GuardPolicy;
use crate::domain::guard::budget::Budget;
use crate::domain::guard::destinations::SmsCountries;
use crate::domain::guard::unanswered::{CountryFloor, PrefixLimits};
use crate::domain::keys::{InvalidKeys, KeyId, KeyRing};
use crate::domain::policy::{Policy, SignUp};
use crate::domain::session::{SessionPolicy, Transport};
use crate::domain::signing::{Algorithm, SigningKey, SigningKeys};
use crate::domain::test_identifiers::TestIdentifiers;
use crate::http::{Api, Call, Cors, Receipts, SessionRoutes};
use crate::messages::{Brand, Catalogs, Files, Locale, Look, Messages, UnfitMessages};
use crate::ports::clock::{Clock, Randomness};
use crate::ports::decoy::Decoy;
use crate::ports::directory::Directory;
use crate::ports::feedback::Feedback;
use crate::ports::guard::GuardStore;
use crate::ports::keys::KeySource;
use crate::ports::receipts::{NoticeReader, ReceiptReader, ReceiptStore};
use crate::ports::sender::Sender;
use crate::ports::sessions::SessionStore;
use crate::ports::store::{ChallengeStore, IdempotencyStore};
use crate::ports::tokens::TokenChecker;
use crate::ports::traces::Traces;

/// The page that may call the service under test.
pub const ORIGIN: &str = "https://app.example.com";

/// The namespace of the metrics of services under test.
pub const METRICS_NAMESPACE: &str = "otp-auth/test";

/// Who access tokens of services under test are from.
pub const ISSUER: &str = "https://auth.example.com";

/// Whom they are for.
pub const AUDIENCE: &str = "https://api.example.com";

/// What a service under test is made of. Every part can be replaced before [`Setup::build`].
pub struct Setup {
    /// The identifiers' items.
    pub store: Arc<dyn ChallengeStore>,
    /// What Idempotency-Keys were used for.
    pub claims: Arc<dyn IdempotencyStore>,
    /// The users.
    pub directory: Arc<dyn Directory>,
    /// Who tells genuine access tokens, where it is not the service itself.
    pub tokens: Option<Arc<dyn TokenChecker>>,
    /// What happens in the place of a delivery that must not happen: nothing, and at once.
    pub decoy: Arc<dyn Decoy>,
    /// Who may sign in.
    pub sign_up: SignUp,
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
    /// Who delivers a mail in the place of a text; nobody unless given.
    pub fallback: Option<Arc<dyn Sender>>,
    /// The numbers; address windows are wide, so that tests can send from one place.
    pub policy: Policy,
    /// What may leave: everywhere, and the windows are wide, so that tests can send to many numbers.
    pub guard: GuardPolicy,
    /// The guard's counters.
    pub counters: Arc<dyn GuardStore>,
    /// Identifiers of testers.
    pub test_identifiers: TestIdentifiers,
    /// What messages say.
    pub messages: Messages,
    /// The language when none is wished for.
    pub locale: Locale,
    /// Access tokens; on unless taken away.
    pub jwt: Option<JwtSettings>,
    /// Sessions; off unless given.
    pub sessions: Option<(SessionPolicy, Transport)>,
    /// Where they live.
    pub session_store: Arc<dyn SessionStore>,
    /// Providers that are to hear of right codes; none unless given.
    pub feedback_to: Vec<&'static str>,
    /// Who tells them; nobody unless given.
    pub feedback: Option<Arc<dyn Feedback>>,
    /// Providers whose receipts are taken: Twilio and Vonage.
    pub receipts: Vec<Arc<dyn ReceiptReader>>,
    /// The same from a topic: SES's.
    pub notices: Option<Arc<dyn NoticeReader>>,
    /// Which of them were counted.
    pub receipt_store: Arc<dyn ReceiptStore>,
    /// Where traces go; nowhere unless given.
    pub traces: Option<Arc<dyn Traces>>,
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

/// What services under test are made of does not fit, which cannot be.
#[derive(Debug, thiserror::Error)]
pub enum UnfitSetup {
    /// The keys are no keys.
    #[error(transparent)]
    Keys(#[from] InvalidKeys),
    /// The messages are none.
    #[error(transparent)]
    Messages(#[from] UnfitMessages),
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
    let ring = KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1))?;
    let ring = ring.with_provider_secrets(receipts::secrets());
    Ok(Arc::new(match test_signing_keys() {
        Some(keys) => ring.with_signing(keys),
        None => ring,
    }))
}

/// One RSA key for all tests of a process, since making one takes a while.
fn test_signing_keys() -> Option<SigningKeys> {
    static KEY: OnceLock<Option<String>> = OnceLock::new();
    let text = KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).ok().map(|text| text.to_string()));
    SigningKeys::new([(1, SigningKey::parse(text.as_ref()?).ok()?)].into(), 1)
}

/// What messages of services under test say: of Acme, at example.com.
///
/// # Errors
/// Never with these.
pub fn test_messages() -> Result<Messages, UnfitMessages> {
    let brand = Brand { app: "Acme".to_owned(), domain: "example.com".to_owned(), look: Look::default() };
    Messages::new(brand, Arc::new(Catalogs::compiled()), &Files::new())
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
    /// [`UnfitSetup`], which cannot be.
    #[cfg(feature = "testing")]
    pub fn on(embedded: &Embedded) -> Result<Self, EmbeddedError> {
        let store = Arc::new(embedded.store());
        let (directory, counters, sessions) = (Arc::clone(&store) as _, Arc::clone(&store) as _, Arc::clone(&store) as _);
        Self::with(store, directory, counters, sessions).map_err(|error| EmbeddedError::Database(error.to_string()))
    }

    /// On the reference store, in memory: a fresh one for every run of a fuzz target.
    ///
    /// # Errors
    /// As [`Self::on`].
    pub fn in_memory() -> Result<Self, UnfitSetup> {
        let (directory, counters) = (Arc::new(MemoryDirectory::default()), Arc::new(MemoryGuard::default()));
        // Sessions are off.
        Self::with(Arc::new(MemoryStore::default()), directory, counters, Arc::new(RacySessions::default()))
    }

    fn with<S: ChallengeStore + IdempotencyStore + ReceiptStore + 'static>(
        store: Arc<S>,
        directory: Arc<dyn Directory>,
        counters: Arc<dyn GuardStore>,
        session_store: Arc<dyn SessionStore>,
    ) -> Result<Self, UnfitSetup> {
        let clock = Arc::new(TestClock::default());
        let outbox = Outbox::new(Arc::clone(&clock) as _);
        Ok(Self {
            store: Arc::clone(&store) as _,
            receipt_store: Arc::clone(&store) as _,
            claims: store,
            session_store,
            directory,
            counters,
            tokens: None,
            decoy: Arc::new(InstantDecoy::default()),
            sign_up: SignUp::Open,
            keys: Arc::new(test_keys()?),
            clock,
            randomness: Arc::new(SystemRandomness),
            sender: Arc::new(outbox.clone()),
            fallback: None,
            outbox,
            policy: Policy { address_per_minute: 100_000, address_per_hour: 100_000, ..Policy::default() },
            guard: wide_guard(),
            test_identifiers: TestIdentifiers::default(),
            messages: test_messages()?,
            locale: Locale::default(),
            jwt: Some(JwtSettings {
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                lifetime: Duration::from_secs(3600),
            }),
            sessions: None,
            feedback_to: Vec::new(),
            feedback: None,
            receipts: vec![
                Arc::new(TwilioReceipts::new(receipts::url("twilio"), receipts::TWILIO_ACCOUNT.to_owned())),
                Arc::new(VonageReceipts::new(receipts::VONAGE_KEY.to_owned())),
            ],
            notices: Some(Arc::new(SesNotices::new(receipts::TOPIC.to_owned()))),
            traces: None,
        })
    }

    fn made_jwt(&self) -> Option<Arc<Jwt>> {
        let settings = self.jwt.clone()?;
        Some(Arc::new(Jwt::new(Arc::clone(&self.keys), Arc::new(SystemRandomness), settings)))
    }

    fn sessions(&self) -> Option<(Sessions, Transport)> {
        let (policy, transport) = self.sessions?;
        let (store, keys) = (Arc::clone(&self.session_store), Arc::clone(&self.keys));
        Some((Sessions { store, keys, randomness: Arc::new(SystemRandomness), policy }, transport))
    }

    fn session_routes(&self) -> Option<SessionRoutes> {
        let (sessions, transport) = self.sessions()?;
        let log_out = LogOut { sessions: sessions.clone() };
        let refresh = RefreshSession {
            sessions,
            issuer: self.made_jwt()?,
            directory: Arc::clone(&self.directory),
            clock: Arc::clone(&self.clock) as _,
        };
        Some(SessionRoutes { refresh, log_out, transport })
    }

    /// The service.
    #[must_use]
    pub fn build(self) -> Service {
        let (jwt, sessions, session_routes) = (self.made_jwt(), self.sessions(), self.session_routes());
        let cors = Cors::new([ORIGIN.to_owned()].into());
        let cookies = sessions.as_ref().is_some_and(|(_, transport)| *transport == Transport::Cookie);
        let guard = Arc::new(Guard::new(self.counters, self.guard));
        let catalogs = self.messages.catalogs();
        let own = || jwt.clone().map_or_else(|| Arc::new(NoTokens) as _, |jwt| jwt as Arc<dyn TokenChecker>);
        let tokens = self.tokens.unwrap_or_else(own);
        let take = TakeReceipt {
            store: self.receipt_store,
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock) as _,
            randomness: Arc::clone(&self.randomness),
            metrics_namespace: METRICS_NAMESPACE.to_owned(),
        };
        let send = SendOtp {
            store: Arc::clone(&self.store),
            claims: self.claims,
            directory: Arc::clone(&self.directory),
            tokens: Arc::clone(&tokens),
            decoy: self.decoy,
            sign_up: self.sign_up,
            sms: Some(Arc::clone(&self.sender)),
            email: Some(self.sender),
            fallback: self.fallback,
            feedback_to: self.feedback_to,
            keys: Arc::clone(&self.keys),
            clock: Arc::clone(&self.clock) as _,
            randomness: Arc::clone(&self.randomness),
            policy: self.policy.clone(),
            guard: Arc::clone(&guard),
            test_identifiers: self.test_identifiers,
            messages: self.messages,
        };
        let verify = VerifyOtp {
            store: self.store,
            directory: self.directory,
            tokens,
            sign_up: self.sign_up,
            keys: self.keys,
            clock: Arc::clone(&self.clock) as _,
            randomness: self.randomness,
            policy: self.policy,
            grants: jwt.clone().map(|issuer| Grants { issuer, sessions: sessions.map(|(sessions, _)| sessions) }),
            guard,
            feedback: self.feedback,
        };
        let api = Api {
            send: Some(send),
            receipts: Some(Receipts { readers: self.receipts, notices: self.notices, take }),
            verify: Some(verify),
            sessions: session_routes,
            published: jwt.map(|jwt| jwt as _),
            locale: self.locale,
            catalogs,
            cors: if cookies { cors.with_credentials() } else { cors },
            clock: Arc::clone(&self.clock) as _,
            metrics_namespace: METRICS_NAMESPACE.to_owned(),
            traces: self.traces,
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
            trace: None,
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
