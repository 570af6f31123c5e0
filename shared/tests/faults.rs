//! Faults between the functions and the table, on the wire, and processes that die at any await. Whatever happens: no window
//! is weakened, a guess that was judged is counted, at most one message leaves for one accepted send, nothing fails open.
//!
//! `make faults` prints what was seen. Each claim has a control that must break it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::domain::challenge::ChallengeId;
use otp_auth::domain::guard::unanswered::PrefixLimits;
use otp_auth::domain::keys::LedgerKey;
use otp_auth::domain::ledger::{GuessWrite, Ledger, RequestId, ResendWrite, SendWrite, Written};
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::guard::GuardStore;
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::ports::store::{ChallengeStore, StoreError, TakenBy};
use otp_auth::testing::embedded::{Embedded, TABLE, local_credentials};
use otp_auth::testing::fault_proxy::{Fault, FaultProxy, Rule};
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::json;

const PHONE: &str = "+12065550100";
/// A number of the same prefix, whose message nobody answers.
const NEIGHBOUR: &str = "+12065550101";
/// More than any other operation sends to their prefix.
const TEXTS_OF_A_PREFIX: u32 = 4;
/// Time limits of the store in these tests: an attempt, and the operation. Delays are longer than an attempt.
const ATTEMPT: Duration = Duration::from_millis(300);
const OPERATION: Duration = Duration::from_millis(1200);
const DELAY: u64 = 450;
const FAULTS: [Fault; 7] = [
    Fault::Throttle,
    Fault::FailBefore,
    Fault::FailAfter,
    Fault::DropReply,
    Fault::CutReply,
    Fault::StopInReply,
    Fault::Delay(DELAY),
];
/// Once, which the SDK's retries mend; and for good.
const TIMES: [usize; 2] = [1, usize::MAX];
const AT_ONCE: usize = 8;

/// One table, a service that reaches it through a proxy, and one beside it that nothing happens to.
struct World {
    embedded: Embedded,
    proxy: FaultProxy,
    faulty: Service,
    healthy: Service,
}

impl World {
    async fn new() -> Self {
        Self::with(Some((OPERATION, ATTEMPT)), |_| {}).await
    }

    async fn with(limits: Option<(Duration, Duration)>, change: impl FnOnce(&mut Setup)) -> Self {
        let embedded = Embedded::start(None).await.unwrap();
        let proxy = FaultProxy::start(&embedded.endpoint()).await.unwrap();
        let mut healthy = Setup::on(&embedded).unwrap();
        let mut faulty = Setup::on(&embedded).unwrap();
        for setup in [&mut healthy, &mut faulty] {
            setup.guard.prefix = PrefixLimits { per_hour: TEXTS_OF_A_PREFIX, per_day: TEXTS_OF_A_PREFIX };
        }
        (faulty.clock, faulty.outbox) = (Arc::clone(&healthy.clock), healthy.outbox.clone());
        faulty.sender = Arc::new(healthy.outbox.clone());
        let store = store_at(&proxy.endpoint(), limits);
        (faulty.store, faulty.claims) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
        (faulty.directory, faulty.counters) = (Arc::clone(&store) as _, store);
        change(&mut faulty);
        Self { embedded, proxy, faulty: faulty.build(), healthy: healthy.build() }
    }

    fn messages(&self) -> usize {
        self.healthy.outbox.sent().len()
    }

    /// Messages to the United States today, and how many of them count as unanswered.
    async fn counted(&self) -> (u64, u64) {
        let days = self.embedded.store().destination_days("US", &[self.healthy.now().day()]).await.unwrap();
        days.first().map_or((0, 0), |day| (day.messages, day.unanswered))
    }

    async fn send(&self, identifier: &str) -> (String, serde_json::Value) {
        let sent = self.healthy.post("send", &json!({ "identifier": identifier })).await;
        assert_eq!(sent.status, 200, "{}", sent.body);
        (self.healthy.last_code(), sent.body["challenge_id"].clone())
    }
}

fn store_at(endpoint: &str, limits: Option<(Duration, Duration)>) -> Arc<DynamoStore> {
    let aws = Aws::new(&local_credentials()).unwrap();
    let aws = match limits {
        Some((operation, attempt)) => aws.with_store_limits(operation, attempt),
        None => aws,
    };
    Arc::new(DynamoStore::new(aws.dynamodb(Some(endpoint)), TABLE.to_owned()))
}

/// What came of one request under a fault.
#[derive(Debug)]
struct Outcome {
    /// None when its process was killed.
    status: Option<u16>,
    messages: usize,
    /// Guesses that the table has charged.
    charged: u64,
    violations: Vec<String>,
}

/// What is claimed, and what was seen of it.
#[derive(Default)]
struct Claims(Vec<String>);

impl Claims {
    fn claim(&mut self, claim: &str, holds: bool) {
        if !holds {
            self.0.push(claim.to_owned());
        }
    }
}

/// The requests that faults meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Send,
    Resend,
    RefusedSend,
    WrongGuess,
    RightGuess,
}

const OPERATIONS: [Operation; 5] =
    [Operation::Send, Operation::Resend, Operation::RefusedSend, Operation::WrongGuess, Operation::RightGuess];

/// How the request itself is made: to its end, or killed.
type Made = Option<TestReply>;

impl Operation {
    async fn run<'a, F>(self, world: &'a World, make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F) -> Outcome
    where
        F: Future<Output = Made>,
    {
        match self {
            Self::Send => send(world, make).await,
            Self::Resend => resend(world, make).await,
            Self::RefusedSend => refused_send(world, make).await,
            Self::WrongGuess => wrong_guess(world, make).await,
            Self::RightGuess => right_guess(world, make).await,
        }
    }
}

fn status(reply: &Made) -> Option<u16> {
    reply.as_ref().map(|reply| reply.status.as_u16())
}

/// A send; then, in the same cooldown, one that nothing happens to.
async fn send<'a, F: Future<Output = Made>>(
    world: &'a World,
    make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F,
) -> Outcome {
    let reply = make(&world.faulty, "send", json!({ "identifier": PHONE })).await;
    sent(world, &reply, 0).await
}

/// A resend of a challenge that is alive, when it is allowed again. The code in hand goes on to work.
async fn resend<'a, F: Future<Output = Made>>(
    world: &'a World,
    make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F,
) -> Outcome {
    let (code, challenge) = world.send(PHONE).await;
    world.healthy.advance(60);
    let reply = make(&world.faulty, "send", json!({ "identifier": PHONE, "challenge_id": challenge })).await;
    let mut outcome = sent(world, &reply, 1).await;
    let guess = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": challenge });
    if world.healthy.post("verify", &guess).await.status != 200 {
        outcome.violations.push("the code in hand works".to_owned());
    }
    outcome
}

/// What is claimed of a send, where so many messages had left before it.
async fn sent(world: &World, reply: &Made, before: usize) -> Outcome {
    world.proxy.script(None);
    world.proxy.quiet().await;
    let messages = world.messages() - before;
    let again = world.healthy.post("send", &json!({ "identifier": PHONE })).await.status.as_u16();
    let (counted, unanswered) = world.counted().await;
    let mut claims = Claims::default();
    claims.claim("an answer is 200 or 503", matches!(status(reply), None | Some(200 | 503)));
    claims.claim("200 is one message", status(reply) != Some(200) || messages == 1);
    claims.claim("503 is none", status(reply) != Some(503) || messages == 0);
    claims.claim("at most one message leaves in a cooldown", world.messages() - before <= 1);
    claims.claim("after a message the cooldown holds", messages == 0 || again == 429);
    let left = world.messages() as u64;
    claims.claim("the guard has counted every message", counted >= left && unanswered >= left);
    Outcome { status: status(reply), messages, charged: 0, violations: claims.0 }
}

/// A send that its full prefix refuses, which the country and the day have counted by then; then one to another neighbour.
async fn refused_send<'a, F: Future<Output = Made>>(
    world: &'a World,
    make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F,
) -> Outcome {
    let texts = u64::from(TEXTS_OF_A_PREFIX);
    for number in 1..=texts {
        world.send(&format!("+1206555011{number}")).await;
    }
    world.healthy.advance(60);
    let reply = make(&world.faulty, "send", json!({ "identifier": PHONE })).await;
    world.proxy.script(None);
    world.proxy.quiet().await;
    let neighbour = world.healthy.post("send", &json!({ "identifier": NEIGHBOUR })).await.status.as_u16();
    let (counted, unanswered) = world.counted().await;
    let mut claims = Claims::default();
    claims.claim("an answer is 429 or 503", matches!(status(&reply), None | Some(429 | 503)));
    claims.claim("no message leaves", world.messages() as u64 == texts);
    claims.claim("nobody takes the neighbours' messages back", counted >= texts && unanswered >= texts);
    claims.claim("the prefix stays full", neighbour == 429);
    Outcome { status: status(&reply), messages: 0, charged: 0, violations: claims.0 }
}

/// A wrong guess; then wrong ones until there are none left.
async fn wrong_guess<'a, F: Future<Output = Made>>(
    world: &'a World,
    make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F,
) -> Outcome {
    let (code, challenge) = world.send(PHONE).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let guess = json!({ "identifier": PHONE, "otp_code": wrong, "challenge_id": challenge });
    let reply = make(&world.faulty, "verify", guess.clone()).await;
    world.proxy.script(None);
    world.proxy.quiet().await;
    let heard = reply.as_ref().is_some_and(|reply| reply.body["code"] == "invalid_code");
    let (mut judged, mut charged) = (u64::from(heard), 0);
    for number in 0..6 {
        let next = world.healthy.post("verify", &guess).await;
        if number == 0 {
            charged = 4 - next.body["attempts_remaining"].as_u64().unwrap();
        }
        judged += u64::from(next.body["code"] == "invalid_code");
    }
    let right = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": challenge });
    let late = world.healthy.post("verify", &right).await.status.as_u16();
    let mut claims = Claims::default();
    claims.claim("an answer is 400 or 503", matches!(status(&reply), None | Some(400 | 503)));
    claims.claim("a judged guess is counted", !heard || charged == 1);
    claims.claim("no guess is counted twice", charged <= 1);
    claims.claim("five guesses are judged at most", judged <= 5);
    claims.claim("then not even the right one is", late == 400);
    Outcome { status: status(&reply), messages: world.messages(), charged, violations: claims.0 }
}

/// A right guess; then the same again. A neighbour's message stays unanswered.
async fn right_guess<'a, F: Future<Output = Made>>(
    world: &'a World,
    make: impl FnOnce(&'a Service, &'static str, serde_json::Value) -> F,
) -> Outcome {
    world.send(NEIGHBOUR).await;
    let (code, challenge) = world.send(PHONE).await;
    let guess = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": challenge });
    let reply = make(&world.faulty, "verify", guess.clone()).await;
    world.proxy.script(None);
    world.proxy.quiet().await;
    let (_, unanswered) = world.counted().await;
    let again = world.healthy.post("verify", &guess).await.status.as_u16();
    let after = world.counted().await;
    let mut claims = Claims::default();
    claims.claim("an answer is 200 or 503", matches!(status(&reply), None | Some(200 | 503)));
    claims.claim("one request hears success", !(status(&reply) == Some(200) && again == 200));
    claims.claim("nobody takes the neighbour's message back", unanswered >= 1 && after.1 >= 1);
    claims.claim("messages stay counted", after.0 == 2);
    Outcome { status: status(&reply), messages: world.messages(), charged: 0, violations: claims.0 }
}

async fn to_its_end(service: &Service, route: &'static str, body: serde_json::Value) -> Made {
    Some(service.post(route, &body).await)
}

/// Which requests to the store an operation makes.
async fn targets(operation: Operation) -> BTreeSet<String> {
    let world = World::new().await;
    let outcome = operation.run(&world, to_its_end).await;
    assert_eq!(outcome.violations, Vec::<String>::new(), "{operation:?} without a fault");
    world.proxy.seen().into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_the_store_weakens_anything() {
    let mut table: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        for target in targets(operation).await {
            for (fault, times) in FAULTS.into_iter().flat_map(|fault| TIMES.map(|times| (fault, times))) {
                cases.push((operation, Rule { target: target.clone(), skip: 0, times, fault }));
            }
        }
    }
    let (number, mut broken) = (cases.len(), Vec::new());
    for some in cases.chunks(AT_ONCE) {
        let runs = some.iter().cloned().map(|(operation, rule)| {
            tokio::spawn(async move {
                let world = World::new().await;
                world.proxy.script(Some(rule.clone()));
                let outcome = operation.run(&world, to_its_end).await;
                (operation, rule, outcome)
            })
        });
        for run in join_all(runs).await {
            let (operation, rule, outcome) = run.unwrap();
            broken.extend(outcome.violations.iter().map(|claim| format!("{operation:?}, {rule:?}: {claim}")));
            let seen = match operation {
                Operation::WrongGuess => format!("{} {}g", outcome.status.unwrap(), outcome.charged),
                _ => format!("{} {}m", outcome.status.unwrap(), outcome.messages),
            };
            let often = if rule.times == 1 { "once" } else { "for good" };
            table
                .entry((format!("{operation:?} {}", rule.target), often.to_owned()))
                .or_default()
                .insert(format!("{:?}: {seen}", rule.fault));
        }
    }
    println!("\nFaults: status, messages that left (m), wrong guesses charged (g). {number} cases.");
    for ((step, often), seen) in &table {
        println!("{step:>32} {often:>8}  {}", seen.iter().cloned().collect::<Vec<_>>().join(" | "));
    }
    assert!(number > 60, "there were faults at every step");
    assert_eq!(broken, Vec::<String>::new());
}

/// Polls the request so many times, and drops it unless it is done: its process is killed there.
async fn killed_after(polls: usize, service: &Service, route: &'static str, body: serde_json::Value) -> Made {
    let mut request: Pin<Box<dyn Future<Output = TestReply> + Send + '_>> = Box::pin(service.post(route, &body));
    let mut left = polls;
    std::future::poll_fn(|context| {
        left = left.saturating_sub(1);
        match request.as_mut().poll(context) {
            Poll::Ready(reply) => Poll::Ready(Some(reply)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// On one thread: nothing else moves during a poll, so that every await is one.
#[tokio::test]
async fn a_process_may_die_at_every_await() {
    println!();
    for operation in OPERATIONS {
        let (mut polls, mut died) = (0, 0);
        loop {
            polls += 1;
            let world = World::with(None, |_| {}).await;
            let outcome = operation.run(&world, |service, route, body| killed_after(polls, service, route, body)).await;
            assert_eq!(outcome.violations, Vec::<String>::new(), "{operation:?} killed after {polls} polls: {outcome:?}");
            if outcome.status.is_some() {
                break;
            }
            died += 1;
        }
        println!("{operation:?}: killed at each of its {died} awaits, nothing weakened.");
        assert!(died > 0, "it was killed at least once");
    }
}

/// It says nothing; it stops in the middle of a word.
const SILENCES: [Fault; 2] = [Fault::Delay(60_000), Fault::StopInReply];

/// The longest that anybody waits for an answer while the store is silent.
const PATIENCE: Duration = Duration::from_secs(3);

/// The answer, and how long it took from the store's silence on. The clock stands from then on, and jumps to what waits for a
/// time: nothing else is left to wait for, and it does not count how busy the machine is.
async fn once_silent(
    proxy: &FaultProxy,
    service: &Service,
    route: &'static str,
    body: serde_json::Value,
) -> (TestReply, Duration) {
    let request = service.post(route, &body);
    tokio::pin!(request);
    tokio::select! {
        reply = &mut request => (reply, Duration::ZERO),
        () = proxy.met() => {
            tokio::time::pause();
            let silent = tokio::time::Instant::now();
            let reply = request.await;
            let waited = silent.elapsed();
            tokio::time::resume();
            (reply, waited)
        }
    }
}

/// How many requests to the store an operation makes.
async fn requests(operation: Operation) -> usize {
    let world = World::new().await;
    operation.run(&world, to_its_end).await;
    world.proxy.seen().len()
}

/// From any request on, the store says nothing more. The service's own time limits.
#[tokio::test]
async fn a_store_that_falls_silent_is_503_within_three_seconds() {
    let (mut longest, mut number) = (Duration::ZERO, 0);
    for operation in OPERATIONS {
        let requests = 0..requests(operation).await;
        for (spoken, fault) in requests.flat_map(|spoken| SILENCES.map(|fault| (spoken, fault))) {
            let world = World::with(None, |_| {}).await;
            world.proxy.script(Some(Rule { target: String::new(), skip: spoken, times: usize::MAX, fault }));
            let mut waited = Duration::ZERO;
            let answered = &mut waited;
            let outcome = operation.run(&world, async |service, route, body| {
                let reply;
                (reply, *answered) = once_silent(&world.proxy, service, route, body).await;
                Some(reply)
            });
            let outcome = outcome.await;
            let context = format!("{operation:?}, {fault:?} after {spoken} requests, answered after {waited:?}: {outcome:?}");
            assert!(waited <= PATIENCE, "{context}");
            assert_eq!(outcome.violations, Vec::<String>::new(), "{context}");
            assert!(spoken > 0 || outcome.status == Some(503), "{context}");
            (longest, number) = (longest.max(waited), number + 1);
        }
    }
    println!(
        "\nA store that falls silent at any request of an operation: {number} cases, answered after {longest:?} at the latest."
    );
    assert!(longest > Duration::from_secs(1), "somebody waited for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_refuses_connections_is_503() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let world = World::with(None, |setup| {
        let store = store_at(&format!("http://{closed}"), None);
        (setup.store, setup.claims) = (Arc::clone(&store) as _, Arc::clone(&store) as _);
        (setup.directory, setup.counters) = (Arc::clone(&store) as _, store);
    })
    .await;
    let (code, challenge) = world.send(PHONE).await;
    let guess = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": challenge });
    assert_eq!(world.faulty.post("send", &json!({ "identifier": NEIGHBOUR })).await.status, 503);
    assert_eq!(world.faulty.post("verify", &guess).await.status, 503, "not even the right code");
    assert_eq!(world.messages(), 1);
}

#[tokio::test]
async fn a_message_brings_the_code_that_waits_though_an_abandoned_try_made_it() {
    let world = World::with(None, |setup| {
        setup.store = Arc::new(Meddled { behind: Arc::clone(&setup.store), how: How::Late(Mutex::default()) });
    })
    .await;
    let sent = world.faulty.post("send", &json!({ "identifier": PHONE })).await;
    assert_eq!((sent.status.as_u16(), &sent.body["code_length"]), (200, &json!(6)), "{}", sent.body);
    let code = world.healthy.last_code();
    let guess = json!({ "identifier": PHONE, "otp_code": code, "challenge_id": sent.body["challenge_id"] });
    assert_eq!((code.len(), world.healthy.post("verify", &guess).await.status.as_u16()), (6, 200));
}

// --- Controls: what the claims are claimed against ---

/// Hands every message over twice.
struct DeliversTwice(Outbox);

#[async_trait]
impl Sender for DeliversTwice {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        self.0.deliver(message).await;
        self.0.deliver(message).await
    }
}

/// A store with something between it and the use cases.
struct Meddled {
    behind: Arc<dyn ChallengeStore>,
    how: How,
}

enum How {
    /// An error is taken for a yes, and a guess whose fate is unknown is made again as if it were another.
    FailsOpen,
    /// The first try of a send is refused as too short for ten failures; it is applied only when the next try comes, as an
    /// attempt that was given up on can be, and the failures are gone by then.
    Late(Mutex<Option<SendWrite>>),
}

#[async_trait]
impl ChallengeStore for Meddled {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        let How::Late(first) = &self.how else {
            return Ok(self.behind.send(write).await.unwrap_or_else(|_| Written::Applied(Ledger::default())));
        };
        let late = first.lock().unwrap().replace(write.clone());
        let Some(late) = late else { return Ok(Written::Refused(Ledger { failures: 10, ..Ledger::default() })) };
        self.behind.send(&late).await?;
        self.behind.send(write).await
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        self.behind.resend(write).await
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        match self.behind.guess(write).await {
            Err(_) if matches!(self.how, How::FailsOpen) => {
                self.behind.guess(&GuessWrite { request: RequestId::new([9; 9]), ..write.clone() }).await
            }
            judged => judged,
        }
    }

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.behind.add_counted(key, slot, id, at).await
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        self.behind.kill(key, slot, id).await
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        self.behind.set_provider(key, slot, id, by).await
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        self.behind.read(key, now).await
    }
}

/// What a control breaks.
async fn broken(operation: Operation, rule: Option<Rule>, change: impl FnOnce(&mut Setup)) -> String {
    let world = World::with(Some((OPERATION, ATTEMPT)), change).await;
    world.proxy.script(rule);
    let violations = operation.run(&world, to_its_end).await.violations;
    assert!(!violations.is_empty(), "a control breaks nothing");
    violations.join("; ")
}

fn fails_open(setup: &mut Setup) {
    setup.store = Arc::new(Meddled { behind: Arc::clone(&setup.store), how: How::FailsOpen });
}

#[tokio::test(flavor = "multi_thread")]
async fn controls_break_every_claim_that_matters() {
    let rule = |target: &str, times, fault| Some(Rule { target: target.to_owned(), skip: 0, times, fault });
    let twice = broken(Operation::Send, None, |setup| setup.sender = Arc::new(DeliversTwice(setup.outbox.clone()))).await;
    let open = broken(Operation::Send, rule("UpdateItem I", usize::MAX, Fault::FailBefore), fails_open).await;
    let guessed = broken(Operation::WrongGuess, rule("UpdateItem I", 3, Fault::FailAfter), fails_open).await;
    let taken = broken(Operation::RightGuess, rule("UpdateItem C", usize::MAX, Fault::Twice), |_| {}).await;
    println!(
        "\nControls\n  delivers twice: {twice}\n  fails open: {open}\n  guess with a new id: {guessed}\n  take-back repeated: {taken}"
    );
    assert!(twice.contains("at most one message"));
    assert!(open.contains("at most one message"));
    assert!(guessed.contains("counted twice"));
    assert!(taken.contains("neighbour"));
}
