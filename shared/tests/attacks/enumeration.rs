//! Does this identifier have an account? It must not show in what a reply says, in what is asked of the table, or in how
//! long it takes.
//!
//! The first two are exact: the same bytes in shape, and the same requests to the table, on items of the same kinds in the
//! same order. They are what holds. The third is a statistic on top, Welch's t, made so that it does not depend on who else
//! uses the machine: what is compared is the CPU time of the thread that handles the request, the classes come in random
//! order, and the slowest tenth of all is left out, as dudect does. Of five blocks the median counts.
//!
//! Most of a send is waiting for the provider, and for strangers there is none. That wait is compared too, exactly: by a clock
//! that nothing but waiting moves.
//!
//! Sign-up is closed: an operator has registered half of the identifiers, and to the others nothing is ever sent. All have the
//! same history (a request for a code, and an answer to it), but that the registered ones answered rightly, as only they can.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::rand;
use http::{Response, StatusCode};
use otp_auth::adapters::decoy::{Observed, RecentDeliveries, USUAL};
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::ledger::{SendWrite, Written};
use otp_auth::domain::policy::SignUp;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::user::{Identifier, User, UserId};
use otp_auth::http::Call;
use otp_auth::ports::clock::Clock;
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::ports::store::{ChallengeStore, StoreError};
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::forward::{Forward, Operation};
use otp_auth::testing::service::{Service, Setup};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{DAY, at_once, guess_body, in_turns};
use crate::naive::{Flaw, Naive};

/// Identifiers of each class in a measurement: with both classes, 2,000 sends and 2,000 verifies.
const EACH: usize = 1000;

/// Blocks of a measurement, each with a t of its own.
const BLOCKS: usize = 5;

/// The bound on |t| beyond which a difference is a leak (TVLA; dudect has the same order).
const BOUND: f64 = 4.5;

/// A service with closed sign-up, users that are registered there, and as many strangers.
struct Crowd {
    service: Service,
    /// In random order; true for those who have an account.
    identifiers: Vec<(String, bool)>,
    _embedded: Embedded,
}

impl Crowd {
    /// Half of them are registered and have signed in two days ago, and half have tried.
    async fn of(each: usize, looks_up: bool) -> Self {
        let embedded = Embedded::start(None).await.unwrap();
        Self::on(embedded.store(), embedded, each, looks_up).await
    }

    /// The same, with every request to the table counted at its endpoint.
    async fn counted(each: usize, looks_up: bool) -> (Self, Forward) {
        let embedded = Embedded::start(None).await.unwrap();
        let forward = Forward::to(&embedded.endpoint()).unwrap();
        let store = embedded.store_at(&forward.listen().await.unwrap());
        let crowd = Self::on(store, embedded, each, looks_up).await;
        let _preparation = forward.take_operations();
        (crowd, forward)
    }

    async fn on(store: DynamoStore, embedded: Embedded, each: usize, looks_up: bool) -> Self {
        let mut setup = Setup::on(&embedded).unwrap();
        let store = Arc::new(store);
        (setup.store, setup.claims) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
        (setup.directory, setup.counters) = (Arc::clone(&store) as _, store);
        if looks_up {
            setup.store = Naive::around(&setup.store, LooksUpUsers);
        }
        setup.sign_up = SignUp::Closed;
        let mut identifiers: Vec<(String, bool)> =
            (0..2 * each).map(|number| (format!("u{number:04}@example.com"), number % 2 == 0)).collect();
        for (identifier, _) in identifiers.iter().filter(|(_, known)| *known) {
            register(&setup, identifier).await;
        }
        let provider = Arc::new(Provider { outbox: setup.outbox.clone(), away: AtomicBool::new(false) });
        setup.sender = Arc::clone(&provider) as _;
        let service = setup.build();
        for some in identifiers.chunks(50) {
            histories(&service, some).await;
        }
        service.advance(2 * DAY);
        // What a process asks once in a while, it has asked.
        service.post("send", &json!({ "identifier": "first@example.com" })).await;
        shuffle(&mut identifiers);
        provider.away.store(true, Ordering::SeqCst);
        Self { service, identifiers, _embedded: embedded }
    }

    /// A new code, a wrong guess at it, a guess that names no challenge, and one that names none of ours.
    async fn calls(&self, identifier: &str) -> [(&'static str, Call); 4] {
        let verify = |challenge| self.service.request("verify", &guess_body(identifier, "0000000000", &challenge));
        [
            ("send", self.service.request("send", &json!({ "identifier": identifier }))),
            ("verify after a send", verify(Value::Null)),
            ("verify, forged", verify(json!("forged"))),
            ("send again", self.service.request("send", &json!({ "identifier": identifier }))),
        ]
    }
}

/// Brings messages while histories are made. After that it is as far away as a real one: its work is not this thread's, as
/// the wait that stands in its place for strangers is not.
struct Provider {
    outbox: Outbox,
    away: AtomicBool,
}

#[async_trait]
impl Sender for Provider {
    fn provider(&self) -> &'static str {
        self.outbox.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        if self.away.load(Ordering::SeqCst) {
            return Delivery::Accepted { provider: "outbox", message_id: String::new() };
        }
        self.outbox.deliver(message).await
    }
}

/// What an operator does for a new user.
async fn register(setup: &Setup, identifier: &str) {
    let mut random = [0; 10];
    rand::fill(&mut random).unwrap();
    let now = setup.clock.now();
    let recipient = Recipient::parse(identifier, None).unwrap();
    let user = User::new(UserId::new(now, random), now).with(Identifier { recipient, verified: false });
    setup.directory.create(&setup.keys.ring(), &user).await.unwrap();
}

/// A code is asked for each; those who are registered get one and answer it, the others guess.
async fn histories(service: &Service, identifiers: &[(String, bool)]) {
    let ask = |identifier: &String| service.request("send", &json!({ "identifier": identifier }));
    at_once(service, identifiers.iter().map(|(identifier, _)| ask(identifier)).collect()).await;
    let codes: HashMap<String, String> = service.outbox.sent().into_iter().map(|sent| (sent.to, code_in(&sent.text))).collect();
    let answer = |(identifier, known): &(String, bool)| {
        assert_eq!(codes.contains_key(identifier), *known, "strangers get no message");
        let code = codes.get(identifier).cloned().unwrap_or_else(|| "000000".to_owned());
        service.request("verify", &json!({ "identifier": identifier, "otp_code": code }))
    };
    let replies = at_once(service, identifiers.iter().map(answer).collect()).await;
    assert!(replies.iter().zip(identifiers).all(|(reply, (_, known))| (reply.status == 200) == *known));
}

fn code_in(text: &str) -> String {
    text.rsplit_once('#').unwrap().1.to_owned()
}

/// What some samples do: whoever has an account is looked up first.
struct LooksUpUsers;

#[async_trait]
impl Flaw for LooksUpUsers {
    async fn send(&self, behind: &dyn ChallengeStore, write: &SendWrite) -> Result<Written, StoreError> {
        if behind.read(&write.key, write.now).await?.user.is_some() {
            behind.read(&write.key, write.now).await?;
        }
        behind.send(write).await
    }
}

fn shuffle<T>(items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let mut bytes = [0; 4];
        rand::fill(&mut bytes).unwrap();
        items.swap(last, u32::from_be_bytes(bytes) as usize % (last + 1));
    }
}

/// For each kind of request, every shape that its replies had.
type Shapes = BTreeMap<&'static str, BTreeSet<String>>;

/// How many more shapes there were than kinds of request.
fn beyond_one_each(tries: usize, shapes: &Shapes) -> Tried {
    Tried::of(tries, shapes.values().map(|shapes| shapes.len() - 1).sum())
}

pub fn does_this_account_exist_by_bytes() -> Finding {
    Finding {
        counted: "kinds of request whose replies differ",
        real: in_turns(replies_that_differ(|_, response| response)),
        may: 0.0,
        broken: "404 for those who have no account",
        control: in_turns(replies_that_differ(|known, mut response| {
            if !known {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            response
        })),
    }
}

async fn replies_that_differ(as_told: impl Fn(bool, Response<String>) -> Response<String>) -> Tried {
    let crowd = Crowd::of(10, false).await;
    let (mut shapes, mut tries) = (Shapes::new(), 0);
    for (identifier, known) in &crowd.identifiers {
        for (kind, call) in crowd.calls(identifier).await {
            let response = as_told(*known, crowd.service.api.handle(&call).await);
            shapes.entry(kind).or_default().insert(shape(&response));
            tries += 1;
        }
    }
    beyond_one_each(tries, &shapes)
}

/// Status, headers whole, the body's fields in order, and its length: what is volatile in it (challenge, times) is as long
/// in every reply.
fn shape(response: &Response<String>) -> String {
    let body: Value = serde_json::from_str(response.body()).unwrap();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    format!("{} {:?} {fields:?} {}", response.status(), response.headers(), response.body().len())
}

pub fn does_this_account_exist_by_requests() -> Finding {
    Finding {
        counted: "kinds of request that ask the table for more",
        real: in_turns(requests_that_differ(false)),
        may: 0.0,
        broken: "a look-up of those who have an account",
        control: in_turns(requests_that_differ(true)),
    }
}

async fn requests_that_differ(looks_up: bool) -> Tried {
    let (crowd, forward) = Crowd::counted(10, looks_up).await;
    let (mut shapes, mut tries) = (Shapes::new(), 0);
    for (identifier, _) in &crowd.identifiers {
        for (kind, call) in crowd.calls(identifier).await {
            crowd.service.call(&call).await;
            let asked = forward.take_operations().into_iter().map(|Operation { name, item }| format!("{name} {item:?}"));
            shapes.entry(kind).or_default().insert(asked.collect::<Vec<_>>().join(", "));
            tries += 1;
        }
    }
    beyond_one_each(tries, &shapes)
}

/// |t| of sends and of verifies, the median of all blocks.
#[derive(Clone, Copy)]
struct Timed {
    send: f64,
    verify: f64,
}

fn timed() -> Timed {
    static TIMED: OnceLock<Timed> = OnceLock::new();
    *TIMED.get_or_init(|| measured(EACH, BLOCKS, false))
}

fn timed_control() -> Timed {
    static TIMED: OnceLock<Timed> = OnceLock::new();
    *TIMED.get_or_init(|| measured(EACH / BLOCKS, 1, true))
}

/// The table works on other threads.
fn measured(each: usize, blocks: usize, looks_up: bool) -> Timed {
    let table = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let crowd = table.block_on(Crowd::of(each, looks_up));
    in_turns(async {
        let (mut sends, mut verifies) = (Vec::new(), Vec::new());
        for block in crowd.identifiers.chunks(crowd.identifiers.len() / blocks) {
            let (send, verify) = timed_block(&crowd, block).await;
            sends.push(welch_t(&without_the_slowest(send)).abs());
            verifies.push(welch_t(&without_the_slowest(verify)).abs());
        }
        Timed { send: median(sends), verify: median(verifies) }
    })
}

/// How long, and whether there is an account.
type Times = Vec<(f64, bool)>;

async fn timed_block(crowd: &Crowd, block: &[(String, bool)]) -> (Times, Times) {
    let (mut sends, mut verifies) = (Vec::new(), Vec::new());
    for (identifier, known) in block {
        let [(_, send), (_, verify), ..] = crowd.calls(identifier).await;
        for (call, times) in [(send, &mut sends), (verify, &mut verifies)] {
            let started = cpu_time();
            let response = crowd.service.api.handle(&call).await;
            times.push(((cpu_time() - started).as_secs_f64(), *known));
            assert!([200, 400].contains(&response.status().as_u16()), "{}", response.body());
        }
    }
    (sends, verifies)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What this thread has worked so far: other programs on the machine do not make it longer.
pub fn cpu_time() -> Duration {
    Duration::from(nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap())
}

/// Without what is slower than nine tenths of all.
fn without_the_slowest(mut times: Times) -> Times {
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    times.truncate(times.len() * 9 / 10);
    times
}

/// Welch's t between the two classes.
fn welch_t(times: &[(f64, bool)]) -> f64 {
    let class = |wanted| times.iter().filter(move |(_, known)| *known == wanted).map(|(time, _)| *time);
    let (known, new) = (moments(class(true)), moments(class(false)));
    (known.0 - new.0) / (known.1 + new.1).sqrt()
}

/// The mean, and its variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (mean, values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0) / count)
}

pub fn does_this_account_exist_by_time_of_send() -> Finding {
    by_time(|timed| timed.send, timed_control().send)
}

pub fn does_this_account_exist_by_time_of_verify() -> Finding {
    by_time(|timed| timed.verify, timed_control().send)
}

fn by_time(route: fn(Timed) -> f64, control: f64) -> Finding {
    Finding {
        counted: "t, with an account and without",
        real: Tried { tries: 2 * EACH, through: route(timed()) },
        may: BOUND,
        broken: "a look-up of those who have an account",
        control: Tried { tries: 2 * EACH / BLOCKS, through: control },
    }
}

pub fn does_this_account_exist_by_the_wait() -> Finding {
    Finding {
        counted: "t, with an account and without",
        real: Tried { tries: 2 * EACH, through: waited(EACH, true) },
        may: BOUND,
        broken: "no wait where no message leaves",
        control: Tried { tries: 2 * EACH / BLOCKS, through: waited(EACH / BLOCKS, false) },
    }
}

/// |t| of how long sends wait. The table is in memory and asks for no time at all; nothing is left out.
fn waited(each: usize, decoy: bool) -> f64 {
    let clock = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    clock.block_on(async {
        let slow = Arc::new(Slow::default());
        let (service, identifiers) = behind(Arc::clone(&slow), each, decoy).await;
        let mut times = Times::new();
        for (identifier, known) in identifiers {
            let call = service.request("send", &json!({ "identifier": identifier }));
            let started = tokio::time::Instant::now();
            assert_eq!(service.api.handle(&call).await.status(), StatusCode::OK);
            times.push((started.elapsed().as_secs_f64(), known));
        }
        assert_eq!(slow.messages.load(Ordering::SeqCst), each + WARM, "strangers get no message");
        welch_t(&times).abs()
    })
}

/// Sends before any is measured: the wait of strangers is drawn from deliveries that a process has seen.
const WARM: usize = 32;

/// A process that has been sending for a while, and those who ask it for a code next, in random order.
async fn behind(slow: Arc<Slow>, each: usize, decoy: bool) -> (Service, Vec<(String, bool)>) {
    let mut setup = Setup::in_memory().unwrap();
    setup.sign_up = SignUp::Closed;
    let deliveries = Arc::new(RecentDeliveries::new(USUAL, Arc::new(SystemRandomness)));
    setup.sender = Arc::new(Observed { sender: slow, channel: Channel::Email, deliveries: Arc::clone(&deliveries) });
    if decoy {
        setup.decoy = deliveries;
    }
    let mut identifiers: Vec<(String, bool)> =
        (0..2 * each).map(|number| (format!("u{number:04}@example.com"), number % 2 == 0)).collect();
    let early: Vec<String> = (0..WARM).map(|number| format!("early{number:02}@example.com")).collect();
    let known = identifiers.iter().filter(|(_, known)| *known).map(|(identifier, _)| identifier);
    for identifier in known.chain(&early) {
        register(&setup, identifier).await;
    }
    let service = setup.build();
    for identifier in early {
        service.post("send", &json!({ "identifier": identifier })).await;
    }
    shuffle(&mut identifiers);
    (service, identifiers)
}

/// A provider that takes 80 to 207 ms, and now and then four times as long.
#[derive(Default)]
struct Slow {
    messages: AtomicUsize,
}

#[async_trait]
impl Sender for Slow {
    fn provider(&self) -> &'static str {
        "slow"
    }

    async fn deliver(&self, _: &Message) -> Delivery {
        let mut dice = [0; 2];
        rand::fill(&mut dice).unwrap();
        let times = if dice[1] < 16 { 4 } else { 1 };
        tokio::time::sleep(Duration::from_millis(times * (80 + u64::from(dice[0] / 2)))).await;
        self.messages.fetch_add(1, Ordering::SeqCst);
        Delivery::Accepted { provider: "slow", message_id: String::new() }
    }
}
