//! A model of the service, written from its promises alone, walks beside the real one on the embedded DynamoDB through random
//! sequences of sends, resends, right and wrong guesses, other purposes, clock steps, clients' retries and lost replies. The
//! replies must agree at every step, and the invariants hold over the whole history.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::repeating::Repeating;
use otp_auth::testing::service::{Service, Setup, TestReply, with_header};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";
const LIFETIME: u64 = 300;
const WINDOWS: [(u64, usize); 3] = [(60, 1), (3600, 5), (86_400, 10)];

#[derive(Clone, Debug)]
enum Step {
    /// A new code. `lost` replies of each write are lost on the way.
    Send { lost: usize },
    /// The last accepted send's request once more, under its Idempotency-Key, while it is the last one.
    ClientRetry,
    /// The same code again.
    Resend { which: usize, lost: usize },
    /// The right code, with its challenge named.
    Right { which: usize, lost: usize },
    /// A wrong code.
    Wrong { which: usize, lost: usize },
    /// The right code for another purpose.
    OtherPurpose { which: usize },
    /// A wrong code by somebody who was never given the challenge.
    Outsider { which: usize },
    /// Time passes.
    Wait { seconds: u64 },
}

#[derive(Clone, Debug)]
struct Challenge {
    expires: u64,
    wrong: u32,
    used: bool,
}

/// What the reply to the last step must be.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Nothing,
    /// A challenge is new, with at least this many characters in its code.
    Fresh {
        at_least: u64,
    },
    /// This challenge again.
    Same(usize),
    Success(usize),
    Problem {
        code: &'static str,
        attempts: Option<u32>,
    },
}

#[derive(Clone, Debug)]
struct Model {
    now: u64,
    sends: Vec<u64>,
    challenges: Vec<Challenge>,
    last: Option<usize>,
    failures: u32,
    expected: Expected,
    messages: usize,
}

impl Model {
    fn windows_open(&self) -> bool {
        WINDOWS.iter().all(|(span, most)| self.sends.iter().filter(|at| **at + span > self.now).count() < *most)
    }

    fn limited(&mut self) {
        self.expected = Expected::Problem { code: "rate_limited", attempts: None };
    }

    fn accept(&mut self) {
        self.sends.push(self.now);
        self.messages += 1;
    }

    fn send(&mut self) {
        if !self.windows_open() {
            return self.limited();
        }
        self.accept();
        let at_least = if self.failures >= 100 {
            16
        } else if self.failures >= 30 {
            10
        } else if self.failures >= 10 {
            8
        } else {
            6
        };
        self.expected = Expected::Fresh { at_least };
        self.challenges.push(Challenge { expires: self.now + LIFETIME, wrong: 0, used: false });
        self.last = Some(self.challenges.len() - 1);
    }

    fn guess(&mut self, which: usize, right: bool) {
        let now = self.now;
        let challenge = &mut self.challenges[which];
        let problem = |code, attempts| Expected::Problem { code, attempts };
        self.expected = if challenge.used || challenge.expires <= now {
            problem("challenge_expired", None)
        } else if challenge.wrong >= 5 {
            problem("attempts_exhausted", Some(0))
        } else if right {
            (challenge.used, self.failures) = (true, 0);
            Expected::Success(which)
        } else {
            (challenge.wrong, self.failures) = (challenge.wrong + 1, self.failures + 1);
            problem("invalid_code", Some(5 - challenge.wrong))
        };
    }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        let model = Model {
            now: 0,
            sends: Vec::new(),
            challenges: Vec::new(),
            last: None,
            failures: 0,
            expected: Expected::Nothing,
            messages: 0,
        };
        Just(model).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        let lost = 0_usize..3;
        let send = lost.clone().prop_map(|lost| Step::Send { lost });
        let wait = prop_oneof![Just(1), Just(59), Just(60), Just(61), Just(299), Just(3600), 1_u64..4000]
            .prop_map(|seconds| Step::Wait { seconds });
        if model.challenges.is_empty() {
            return prop_oneof![3 => send, 1 => wait].boxed();
        }
        // The newest challenges are the interesting ones.
        let count = model.challenges.len();
        let which = prop_oneof![4 => Just(count - 1), 1 => 0..count];
        let at = (which, lost);
        prop_oneof![
            3 => send,
            1 => Just(Step::ClientRetry),
            2 => at.clone().prop_map(|(which, lost)| Step::Resend { which, lost }),
            2 => at.clone().prop_map(|(which, lost)| Step::Right { which, lost }),
            5 => at.clone().prop_map(|(which, lost)| Step::Wrong { which, lost }),
            1 => at.clone().prop_map(|(which, _)| Step::OtherPurpose { which }),
            1 => at.prop_map(|(which, _)| Step::Outsider { which }),
            4 => wait,
        ]
        .boxed()
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        match *step {
            Step::Send { .. } | Step::Wait { .. } => true,
            Step::ClientRetry => model.last.is_some(),
            Step::Resend { which, .. }
            | Step::Right { which, .. }
            | Step::Wrong { which, .. }
            | Step::OtherPurpose { which }
            | Step::Outsider { which } => which < model.challenges.len(),
        }
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.expected = Expected::Nothing;
        match *step {
            Step::Send { .. } => model.send(),
            Step::ClientRetry => {
                if let Some(last) = model.last {
                    let expired = model.challenges[last].expires <= model.now;
                    let gone = Expected::Problem { code: "challenge_expired", attempts: None };
                    model.expected = if expired { gone } else { Expected::Same(last) };
                }
            }
            Step::Resend { which, .. } => {
                let challenge = &model.challenges[which];
                if challenge.used || challenge.wrong >= 5 || challenge.expires <= model.now {
                    model.send();
                    if matches!(model.expected, Expected::Fresh { .. }) {
                        model.last = None;
                    }
                } else if model.windows_open() {
                    model.accept();
                    model.expected = Expected::Same(which);
                    // Its request had no key: the last send can no longer be retried by one.
                    model.last = None;
                } else {
                    model.limited();
                }
            }
            Step::Right { which, .. } => model.guess(which, true),
            Step::Wrong { which, .. } => model.guess(which, false),
            Step::OtherPurpose { .. } | Step::Outsider { .. } => {
                model.expected = Expected::Problem { code: "challenge_expired", attempts: None };
            }
            Step::Wait { seconds } => model.now += seconds,
        }
        model
    }
}

struct System {
    runtime: tokio::runtime::Runtime,
    _embedded: Embedded,
    service: Service,
    lost: Arc<AtomicUsize>,
    tokens: Vec<Value>,
    codes: Vec<String>,
    keys: usize,
    accepted_key: usize,
    successes: Vec<usize>,
    start: u64,
    accepted: Vec<u64>,
}

impl System {
    fn post(&self, route: &str, body: &Value, key: Option<usize>) -> TestReply {
        let call = self.service.request(route, body);
        let call = match key {
            Some(key) => with_header(call, "idempotency-key", &format!("key-number-{key:032}")),
            None => call,
        };
        self.runtime.block_on(self.service.call(&call))
    }

    fn perform(&mut self, step: &Step) -> Option<TestReply> {
        let lose = |lost: usize| self.lost.store(lost, Ordering::SeqCst);
        lose(0);
        Some(match *step {
            Step::Send { lost } => {
                lose(lost);
                self.keys += 1;
                let reply = self.post("send", &json!({ "identifier": PHONE }), Some(self.keys));
                if reply.status == 200 {
                    self.accepted_key = self.keys;
                }
                reply
            }
            Step::ClientRetry => self.post("send", &json!({ "identifier": PHONE }), Some(self.accepted_key)),
            Step::Resend { which, lost } => {
                lose(lost);
                self.post("send", &json!({ "identifier": PHONE, "challenge_id": self.tokens[which] }), None)
            }
            Step::Right { which, lost } => {
                lose(lost);
                self.verify(&self.codes[which], "login", &self.tokens[which])
            }
            Step::Wrong { which, lost } => {
                lose(lost);
                self.verify(&wrong(&self.codes[which]), "login", &self.tokens[which])
            }
            Step::OtherPurpose { which } => self.verify(&self.codes[which], "signup", &self.tokens[which]),
            Step::Outsider { which } => {
                let token = self.tokens[which].as_str().unwrap();
                self.verify(&self.codes[which], "login", &json!(format!("{}AAAA", &token[..token.len() - 4])))
            }
            Step::Wait { seconds } => {
                self.service.advance(seconds);
                return None;
            }
        })
    }

    fn verify(&self, code: &str, purpose: &str, token: &Value) -> TestReply {
        self.post("verify", &json!({ "identifier": PHONE, "otp_code": code, "purpose": purpose, "challenge_id": token }), None)
    }
}

fn wrong(code: &str) -> String {
    let zeros = "0".repeat(code.len());
    if code == zeros { format!("{}1", &zeros[1..]) } else { zeros }
}

impl StateMachineTest for System {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(_: &Model) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let embedded = runtime.block_on(Embedded::start(None)).unwrap();
        let lost = Arc::new(AtomicUsize::new(0));
        let mut setup = runtime.block_on(async { Setup::on(&embedded) }).unwrap();
        setup.store = Arc::new(Repeating::new(embedded.store(), Arc::clone(&lost)));
        let service = setup.build();
        let start = service.now().as_secs();
        Self {
            runtime,
            _embedded: embedded,
            service,
            lost,
            tokens: Vec::new(),
            codes: Vec::new(),
            keys: 0,
            accepted_key: 0,
            successes: Vec::new(),
            start,
            accepted: Vec::new(),
        }
    }

    fn apply(mut system: Self, model: &Model, step: Step) -> Self {
        let before = system.service.outbox.sent().len();
        let Some(reply) = system.perform(&step) else { return system };
        if system.service.outbox.sent().len() > before {
            system.accepted.push(system.service.now().as_secs() - system.start);
        }
        match &model.expected {
            Expected::Nothing => panic!("{step:?} has no expectation"),
            Expected::Fresh { at_least } => {
                assert_eq!(reply.status, 200, "{step:?}: {}", reply.body);
                assert!(reply.body["code_length"].as_u64().unwrap() >= *at_least, "{step:?}: {}", reply.body);
                assert!(!system.tokens.contains(&reply.body["challenge_id"]));
                system.tokens.push(reply.body["challenge_id"].clone());
                system.codes.push(system.service.last_code());
            }
            Expected::Same(which) => {
                assert_eq!(
                    (reply.status.as_u16(), &reply.body["challenge_id"]),
                    (200, &system.tokens[*which]),
                    "{step:?}: {}",
                    reply.body
                );
                assert_eq!(reply.body["message"], "Verification code sent to +12***01");
            }
            Expected::Success(which) => {
                assert_eq!(reply.status, 200, "{step:?}: {}", reply.body);
                system.successes.push(*which);
            }
            Expected::Problem { code, attempts } => {
                assert_eq!(reply.body["code"], *code, "{step:?}: {}", reply.body);
                if let Some(attempts) = attempts {
                    assert_eq!(reply.body["attempts_remaining"], *attempts, "{step:?}");
                }
            }
        }
        system
    }

    fn check_invariants(system: &Self, model: &Model) {
        // I2: at most one success for a challenge.
        for which in 0..system.tokens.len() {
            assert!(system.successes.iter().filter(|success| **success == which).count() <= 1);
        }
        // I5: as many messages as accepted sends, never more.
        assert_eq!(system.service.outbox.sent().len(), model.messages);
        // I6: in any window.
        for (span, most) in WINDOWS {
            for from in &system.accepted {
                assert!(system.accepted.iter().filter(|at| (*from..from + span).contains(*at)).count() <= most);
            }
        }
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 400, ..ProptestConfig::default() })]

    /// I1, I3, I4, I7 and I8 are in the replies that the model expects; I2, I5 and I6 are checked over the history.
    #[test]
    fn the_service_does_what_its_model_does(sequential 1..60 => System);
}
