//! A scripted hour of traffic through the real handlers, on the embedded DynamoDB and the test clock.
//!
//! People of several countries sign in, mistype, come too late, ask again and give up; a provider of texts is away and another
//! one steps in; somebody pumps, and the guard refuses; the store does not answer for some seconds. The same seed gives the
//! same traffic. Only what requests to the table took (`table_ms` in the log) is measured, and differs.
#![cfg(feature = "testing")]

mod busy_store;
pub mod chance;
mod did;
mod person;
mod provider;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderValue, Method};
use serde_json::{Value, json};
use tracing::instrument::WithSubscriber;

use super::clock::TestClock;
use super::embedded::{Embedded, EmbeddedError};
use super::service::{Service, Setup, TestReply, with_header};
use crate::adapters::failover::Failover;
use crate::domain::guard::GuardPolicy;
use crate::domain::guard::budget::Budget;
use crate::domain::guard::destinations::SmsCountries;
use crate::domain::guard::unanswered::CountryFloor;
use crate::domain::policy::Policy;
use crate::domain::session::{SessionPolicy, Transport};
use crate::domain::time::Timestamp;
use crate::http::Call;
use crate::ports::clock::Clock;
use crate::ports::sender::Sender;
use busy_store::BusyStore;
use chance::Chance;
pub use did::Did;
use person::{Act, Person, everybody, minute};
use provider::{Inbox, Scripted};

/// 2026-11-23T12:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_795_435_200_000);
/// A day's budget that an hour uses up a part of.
const BUDGET: u32 = 2_000;
/// Unanswered texts that a country with so many people needs.
const FLOOR: CountryFloor = CountryFloor { per_hour: 40, per_day: 120 };

type Outcomes = Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>;

/// The traffic of some hours, ready to begin.
pub struct Traffic {
    service: Service,
    clock: Arc<TestClock>,
    inbox: Inbox,
    outcomes: Outcomes,
    people: Vec<Person>,
    did: Did,
    requests: u64,
    /// Whose turn it is next: the time, and the person.
    turns: BinaryHeap<Reverse<(u64, usize)>>,
    /// When everybody stops, in milliseconds.
    end: u64,
}

impl Traffic {
    /// On an embedded table; so many hours, of which the first has the incidents, and so many hundredths of the people.
    ///
    /// # Errors
    /// [`EmbeddedError`], which cannot be.
    pub fn new(embedded: &Embedded, (hours, share): (u64, u64), seed: u64) -> Result<Self, EmbeddedError> {
        let (chance, clock) = (Arc::new(Chance::new(seed)), Arc::new(TestClock::at(START)));
        let (inbox, outcomes) = (Inbox::default(), Outcomes::default());
        let mut service = setup(embedded, hours, &chance, &clock)?.build();
        let provider = |name, takes, away, trouble: (u64, u64)| -> Arc<dyn Sender> {
            Arc::new(Scripted {
                name,
                takes,
                away,
                no_such_recipient: trouble.0,
                lost: trouble.1,
                chance: Arc::clone(&chance),
                clock: Arc::clone(&clock),
                inbox: inbox.clone(),
                outcomes: Arc::clone(&outcomes),
            })
        };
        let away = at(minute::PROVIDER_AWAY.start * 60)..at(minute::PROVIDER_AWAY.end * 60);
        let texts = vec![provider("sns", 90..700, away, (9, 4)), provider("twilio", 160..900, START..START, (9, 4))];
        if let Some(send) = Arc::get_mut(&mut service.api).and_then(|api| api.send.as_mut()) {
            send.sms = Failover::over(texts, Arc::clone(&clock) as _);
            send.email = Some(provider("ses", 50..420, START..START, (0, 3)));
        }
        let people = everybody(&chance, hours, share, START.hour_of_day());
        let end = hours * 3_600_000;
        let turns = people.iter().enumerate().map(|(index, person)| Reverse((person.begins, index))).collect();
        Ok(Self { service, clock, inbox, outcomes, people, did: Did::default(), requests: 0, turns, end })
    }

    /// Makes it happen, and writes the log as the functions do, by the traffic's clock. Gives back what was done.
    pub async fn run(self, log: File) -> Did {
        let subscriber = crate::telemetry::subscriber(tracing::Level::INFO, Arc::new(log), Arc::clone(&self.clock) as _);
        self.play().with_subscriber(subscriber).await
    }

    async fn play(mut self) -> Did {
        while let Some(Reverse((millis, index))) = self.turns.pop().filter(|Reverse((millis, _))| *millis < self.end) {
            self.clock.advance(START.plus(Duration::from_millis(millis)).since(self.clock.now()));
            let Some(mut person) = self.people.get(index).cloned() else { continue };
            if let Some((_, act)) = person.plan.pop_front() {
                self.act(&mut person, act).await;
            }
            if let Some((after, _)) = person.plan.front() {
                let now = self.clock.now().since(START);
                self.turns.push(Reverse((crate::domain::time::millis(now) + after, index)));
            }
            if let Some(place) = self.people.get_mut(index) {
                *place = person;
            }
        }
        self.did.providers = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.did
    }

    async fn act(&mut self, person: &mut Person, act: Act) {
        match act {
            Act::Send | Act::SendTooSoon | Act::Resend | Act::Link => self.send(person, act).await,
            Act::Wrong => self.verify(person, act, "000000").await,
            Act::Right => match self.inbox.code(&person.identifier) {
                Some((code, _)) => self.verify(person, act, &code).await,
                // No message came.
                None => person.plan.clear(),
            },
            Act::Refresh | Act::Reuse | Act::LogOut => self.session(person, act).await,
            Act::Nonsense => self.nonsense(person).await,
            Act::Keys => self.keys(person).await,
        }
    }

    async fn send(&mut self, person: &mut Person, act: Act) {
        if act == Act::Link {
            person.identifier = format!("{}@example.net", person.identifier.trim_start_matches('+'));
            (person.channel, person.country, person.purpose) = ("email", "", Some("email_verification"));
        }
        let mut body = json!({ "identifier": person.identifier });
        if let (Act::Resend, Some(challenge)) = (act, &person.challenge) {
            put(&mut body, "challenge_id", challenge);
        }
        let reply = self.post(person, "send", body).await;
        match (reply.status.as_u16(), text_of(&reply.body, "code")) {
            (200, _) => self.note_sent(person, act, &reply),
            (403 | 429, _) if act == Act::SendTooSoon => Did::count(&mut self.did.refused, "identifier_window"),
            (403 | 429, _) if !person.refused_for.is_empty() => Did::count(&mut self.did.refused, person.refused_for),
            (502, _) => {
                Did::count(&mut self.did.refused, "provider_refused");
                person.plan.clear();
            }
            (503, _) => self.fail(person, act),
            (status, code) => self.did.unexpected.push(format!("send to {}: {status} {code}", person.identifier)),
        }
    }

    fn note_sent(&mut self, person: &mut Person, act: Act, reply: &TestReply) {
        person.challenge = reply.body.get("challenge_id").and_then(Value::as_str).map(str::to_owned);
        let minute = self.clock.now().as_secs() / 60;
        Did::count(&mut self.did.minutes, minute);
        if act == Act::Resend {
            self.did.resent += 1;
            return;
        }
        person.brought_by = self.inbox.code(&person.identifier).map(|(_, provider)| provider).unwrap_or_default();
        Did::count(&mut self.did.sent, person.channel);
        if !person.country.is_empty() {
            Did::count(&mut self.did.sent, person.country);
        }
    }

    async fn verify(&mut self, person: &mut Person, act: Act, code: &str) {
        let mut body = json!({ "identifier": person.identifier, "otp_code": code });
        if let Some(challenge) = &person.challenge {
            put(&mut body, "challenge_id", challenge);
        }
        let reply = self.post(person, "verify", body).await;
        match (reply.status.as_u16(), text_of(&reply.body, "code")) {
            (200, _) => self.note_verified(person, &reply),
            (400, code) => Did::count(&mut self.did.not_verified, code.to_owned()),
            (503, _) => self.fail(person, act),
            (status, code) => self.did.unexpected.push(format!("verify of {}: {status} {code}", person.identifier)),
        }
    }

    fn note_verified(&mut self, person: &mut Person, reply: &TestReply) {
        let text = |name: &str| text_of(&reply.body, name).to_owned();
        person.tokens = (text("access_token"), text("refresh_token"), String::new());
        for name in [person.channel, person.country, person.brought_by].into_iter().filter(|name| !name.is_empty()) {
            Did::count(&mut self.did.verified, name);
        }
    }

    async fn session(&mut self, person: &mut Person, act: Act) {
        let (path, token) = match act {
            Act::LogOut => ("/api/auth/logout", &person.tokens.1),
            Act::Reuse => ("/api/auth/token/refresh", &person.tokens.2),
            _ => ("/api/auth/token/refresh", &person.tokens.1),
        };
        // Nobody who is not signed in.
        if token.is_empty() {
            return;
        }
        let mut call = self.service.request("", &json!({ "refresh_token": token }));
        path.clone_into(&mut call.path);
        let reply = self.call(person, if act == Act::LogOut { "logout" } else { "refresh" }, call).await;
        match (act, reply.status.as_u16()) {
            (Act::Refresh, 200) => {
                let next = text_of(&reply.body, "refresh_token").to_owned();
                person.tokens.2 = std::mem::replace(&mut person.tokens.1, next);
                Did::count(&mut self.did.sessions, "refreshed");
            }
            (Act::Reuse, 400) => Did::count(&mut self.did.sessions, "reused"),
            (Act::LogOut, 200) => Did::count(&mut self.did.sessions, "ended"),
            (_, status) => self.did.unexpected.push(format!("{act:?}: {status}")),
        }
    }

    async fn nonsense(&mut self, person: &Person) {
        let call = self.service.request("send", &json!({ "identifier": "nobody" }));
        let reply = self.call(person, "send", call).await;
        if reply.status.as_u16() != 400 {
            self.did.unexpected.push(format!("nonsense: {}", reply.status));
        }
    }

    async fn keys(&mut self, person: &Person) {
        let mut call = self.service.request("", &Value::Null);
        call.method = Method::GET;
        "/.well-known/jwks.json".clone_into(&mut call.path);
        self.call(person, "jwks", call).await;
    }

    /// The service failed: whoever is there tries again in half a minute.
    fn fail(&mut self, person: &mut Person, act: Act) {
        self.did.faults += 1;
        person.plan.push_front((30_000, act));
    }

    async fn post(&mut self, person: &Person, route: &'static str, mut body: Value) -> TestReply {
        if let Some(purpose) = person.purpose {
            put(&mut body, "purpose", purpose);
        }
        let mut call = self.service.request(route, &body);
        if person.purpose.is_some() {
            call = with_header(call, "authorization", &format!("Bearer {}", person.tokens.0));
        }
        self.call(person, route, call).await
    }

    async fn call(&mut self, person: &Person, route: &'static str, mut call: Call) -> TestReply {
        self.requests += 1;
        Did::count(&mut self.did.requests, route);
        call.id = format!("request-{:06}", self.requests);
        call.source = Some(person.address);
        call.headers.insert(http::header::USER_AGENT, HeaderValue::from_static("traffic"));
        self.service.call(&call).await
    }
}

fn setup(embedded: &Embedded, hours: u64, chance: &Arc<Chance>, clock: &Arc<TestClock>) -> Result<Setup, EmbeddedError> {
    let mut setup = Setup::on(embedded)?;
    let countries = ["US", "DE", "GB", "IN", "LK"].map(str::to_owned);
    setup.guard = GuardPolicy {
        countries: SmsCountries::Only(countries.into()),
        country: FLOOR,
        budget: Budget { messages: BUDGET * u32::try_from(hours).unwrap_or(1), country_percent: 90, ..Budget::default() },
        ..GuardPolicy::default()
    };
    setup.policy = Policy::default();
    let hour = Duration::from_secs(3600);
    let policy = SessionPolicy { idle: hour * 24, absolute: hour * 24 * 30, grace: Duration::from_secs(10) };
    setup.sessions = Some((policy, Transport::Body));
    setup.randomness = Arc::clone(chance) as _;
    setup.clock = Arc::clone(clock);
    setup.store = Arc::new(BusyStore {
        behind: Arc::clone(&setup.store),
        away: at(minute::STORE_AWAY * 60 + 10)..at(minute::STORE_AWAY * 60 + 22),
        chance: Arc::clone(chance),
        clock: Arc::clone(clock),
    });
    Ok(setup)
}

/// So many seconds after the start.
fn at(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn put(body: &mut Value, name: &str, value: &str) {
    if let Some(body) = body.as_object_mut() {
        body.insert(name.to_owned(), json!(value));
    }
}

/// The text of a member; empty when there is none.
fn text_of<'a>(body: &'a Value, name: &str) -> &'a str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}
