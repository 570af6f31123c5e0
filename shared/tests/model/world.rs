//! The world: one identifier's item in the store, the invocations that are under way, and everything that can happen next.

use std::time::Duration;

use otp_auth::domain::challenge::ChallengeId;
use otp_auth::domain::code::{CodeName, CodeShape};
use otp_auth::domain::keys::{KeyId, LedgerKey};
use otp_auth::domain::ledger::{GuessWrite, Level, RequestId, ResendWrite, SendLimits, SendWrite};
use otp_auth::domain::policy::Policy;
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::time::{Timestamp, millis};
use otp_auth::testing::memory::Item;
use otp_auth::testing::service::test_keys;
use stateright::{Model, Property};

use crate::call::{Answer, Call, Request, Stage, Write};
use crate::design::{Design, Next};
use crate::history::{History, Invariant};

/// The name of every wrong code.
pub const WRONG: &str = "wrong";

/// How far the world goes.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub name: &'static str,
    /// Codes that were sent a cooldown apart before it begins.
    pub before: u8,
    /// Requests for codes, deliveries of the same request and resends among them.
    pub sends: u8,
    /// Guesses.
    pub guesses: u8,
    /// The SDK's attempts at one write.
    pub attempts: u8,
    /// Attempts that time out, replies that are lost, and processes that are killed.
    pub faults: u8,
    /// Steps that time can take, in seconds, and how often each.
    pub steps: [(u64, u8); 2],
    pub limits: SendLimits,
    pub lifetime: Duration,
    pub max_guesses: u32,
    /// Consecutive failures that the identifier starts with.
    pub failures: u32,
    /// May a guess name no challenge?
    pub unbound: bool,
    /// May a code be sent again, and a request come twice?
    pub resends: bool,
    pub key: LedgerKey,
}

/// A design within bounds.
#[derive(Clone, Debug)]
pub struct World {
    pub design: Design,
    pub bounds: Bounds,
}

/// All there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    item: Item,
    now: Timestamp,
    steps: [u8; 2],
    sends: u8,
    guesses: u8,
    faults: u8,
    calls: Vec<Call>,
    pub history: History,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// A request arrives.
    Arrives(Request),
    /// Somebody who does not hold its token guesses at a challenge.
    StrangerGuesses { challenge: usize, right: bool },
    /// The store serves a request of this call; its reply is heard, or lost.
    Served { call: usize, request: usize, heard: bool },
    /// The SDK tries once more.
    Retried { call: usize },
    /// The provider takes the message, and says so or not.
    Left { call: usize, clear: bool },
    /// The provider refuses the message.
    Refused { call: usize },
    /// The process ends, or gives up on the store: nothing more is heard of the call, but its requests may still be served.
    Killed { call: usize },
    /// Time passes.
    Passed(usize),
}

/// The id of the challenge that a call starts.
pub fn id(call: usize) -> ChallengeId {
    ChallengeId([u8::try_from(call).unwrap(); 16])
}

/// The challenge that a request names: one that a stranger makes up is none.
pub fn named(call: &Call, challenge: usize) -> ChallengeId {
    if matches!(call.request, Request::Stranger { .. }) { ChallengeId([255; 16]) } else { id(challenge) }
}

/// The level that codes of this shape are made for, where ordinary ones have six digits.
pub fn level_of(shape: CodeShape) -> Level {
    [(0, 0), (10, 0), (30, 0)].into_iter().map(|(f, w)| Level::of(f, w)).find(|level| level.shape(6) == shape).unwrap()
}

fn code_of(challenge: usize, level: Level) -> String {
    format!("c{challenge}.{}", level.shape(6).length())
}

impl Bounds {
    pub fn new(name: &'static str) -> Self {
        let recipient = Recipient::parse("+12345678901", None).unwrap();
        Self {
            name,
            before: 0,
            sends: 2,
            guesses: 2,
            attempts: 2,
            faults: 2,
            steps: [(60, 1), (0, 0)],
            limits: SendLimits { cooldown: Duration::from_secs(60), per_hour: 2, per_day: 3 },
            lifetime: Duration::from_secs(120),
            max_guesses: 2,
            failures: 0,
            unbound: false,
            resends: false,
            key: test_keys().unwrap().ledger_key(&recipient),
        }
    }

    /// The slot whose turn it is.
    pub fn turn(&self, now: Timestamp) -> u8 {
        let policy = Policy { sends: self.limits, sms_lifetime: self.lifetime, ..Policy::default() };
        u8::try_from(now.as_millis() / millis(self.limits.cooldown) % policy.slots(Channel::Sms)).unwrap()
    }

    pub fn send(&self, number: usize, call: &Call, level: Level, slot: u8, request: String) -> SendWrite {
        SendWrite {
            key: self.key.clone(),
            now: call.now,
            limits: self.limits,
            level,
            idempotency: idempotency(call, &request),
            request: RequestId::from_stored(request),
            slot,
            id: id(number),
            name: CodeName::from_stored(code_of(number, level)),
            purpose: Purpose::Login,
            keys: KeyId(1),
            shape: level.shape(6),
            expires: call.now.plus(self.lifetime),
            provider: String::new(),
            is_counted: false,
        }
    }

    pub fn resend(&self, _: usize, call: &Call, slot: u8, request: String) -> ResendWrite {
        let Request::Resend { challenge } = call.request else { unreachable!("only a resend resends") };
        ResendWrite {
            key: self.key.clone(),
            now: call.now,
            limits: self.limits,
            idempotency: idempotency(call, &request),
            request: RequestId::from_stored(request),
            slot,
            id: id(challenge),
            max_guesses: self.max_guesses,
        }
    }

    pub fn guess(&self, call: &Call, challenge: usize, slot: u8, name: CodeName, request: String) -> GuessWrite {
        GuessWrite {
            key: self.key.clone(),
            now: call.now,
            slot,
            id: named(call, challenge),
            name,
            max_guesses: self.max_guesses,
            request: RequestId::from_stored(request),
        }
    }
}

fn idempotency(call: &Call, request: &str) -> String {
    match call.request {
        Request::Send { key: Some(key) } => format!("K{key}"),
        _ => request.to_owned(),
    }
}

impl Model for World {
    type State = State;
    type Action = Event;

    fn init_states(&self) -> Vec<State> {
        let mut item = Item::default();
        item.ledger.failures = self.bounds.failures;
        // A minute before an hour of the clock ends.
        let now = Timestamp::from_millis(1_795_435_200_000).minus(Duration::from_secs(60));
        let steps = self.bounds.steps.map(|(_, often)| often);
        let mut state =
            State { item, now, steps, sends: 0, guesses: 0, faults: 0, calls: Vec::new(), history: History::default() };
        for number in 0..usize::from(self.bounds.before) {
            state.now = state.now.plus(self.bounds.limits.cooldown);
            self.arrive(&mut state, Request::Send { key: None });
            while !state.calls[number].flight.is_empty() {
                self.serve(&mut state, number, 0, true);
            }
            self.deliver(&mut state, number, true);
        }
        state.sends = 0;
        state.forget();
        vec![state]
    }

    fn actions(&self, state: &State, events: &mut Vec<Event>) {
        self.arrivals(state, events);
        for (number, call) in state.calls.iter().enumerate() {
            self.happenings(state.faults, number, call, events);
        }
        events.extend((0..2_usize).filter(|step| state.steps[*step] > 0).map(Event::Passed));
    }

    fn next_state(&self, state: &State, event: Event) -> Option<State> {
        let mut next = state.clone();
        match event {
            Event::Arrives(request) => self.arrive(&mut next, request),
            Event::StrangerGuesses { challenge, right } => {
                self.stranger(&mut next, challenge, right);
                return (next != *state).then_some(next);
            }
            Event::Served { call, request, heard } => self.serve(&mut next, call, request, heard),
            Event::Retried { call } => {
                next.faults += 1;
                next.calls[call].retry();
            }
            Event::Left { call, clear } => self.deliver(&mut next, call, clear),
            Event::Refused { call } => self.refuse(&mut next, call),
            Event::Killed { call } => {
                next.faults += 1;
                next.calls[call].stage = Stage::Over;
            }
            Event::Passed(step) => {
                next.steps[step] -= 1;
                next.now = next.now.plus(Duration::from_secs(self.bounds.steps[step].0));
            }
        }
        next.forget();
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("I1", |_, state: &State| state.history.holds(Invariant::I1)),
            Property::always("I2", |_, state: &State| state.history.holds(Invariant::I2)),
            Property::always("I3", |_, state: &State| state.history.holds(Invariant::I3)),
            Property::always("I4", |_, state: &State| state.history.holds(Invariant::I4)),
            Property::always("I5", |_, state: &State| state.history.holds(Invariant::I5)),
            Property::always("I6", |_, state: &State| state.history.holds(Invariant::I6)),
            Property::always("I7", |_, state: &State| state.history.holds(Invariant::I7)),
            Property::always("I8", |_, state: &State| state.history.holds(Invariant::I8)),
            Property::always("delivered", |_, state: &State| state.history.holds(Invariant::Delivered)),
            // The search goes on to its end: this is never found.
            Property::sometimes("the end", |_, _| false),
        ]
    }
}

impl World {
    fn arrivals(&self, state: &State, events: &mut Vec<Event>) {
        let challenges = || state.history.challenges.iter().map(|(challenge, _)| *challenge);
        if state.sends < self.bounds.sends {
            let keys = if self.bounds.resends { &[None, Some(0)][..] } else { &[None] };
            events.extend(keys.iter().map(|key| Event::Arrives(Request::Send { key: *key })));
            if self.bounds.resends {
                events.extend(challenges().map(|challenge| Event::Arrives(Request::Resend { challenge })));
            }
        }
        for right in [true, false] {
            events.extend(challenges().map(|challenge| Event::StrangerGuesses { challenge, right }));
            if state.guesses < self.bounds.guesses {
                events.extend(challenges().map(|challenge| Event::Arrives(Request::Guess { challenge, right })));
                if self.bounds.unbound {
                    events.push(Event::Arrives(Request::Newest { right }));
                }
            }
        }
    }

    fn happenings(&self, faults: u8, number: usize, call: &Call, events: &mut Vec<Event>) {
        let faulty = faults < self.bounds.faults;
        for (request, attempt) in call.flight.iter().enumerate() {
            let waits = call.waits_for(attempt);
            if faulty || !waits {
                events.push(Event::Served { call: number, request, heard: false });
            }
            if waits {
                events.push(Event::Served { call: number, request, heard: true });
            }
        }
        match &call.stage {
            Stage::Over => return,
            Stage::Waiting { attempt, .. } if faulty && *attempt < self.bounds.attempts => {
                events.push(Event::Retried { call: number })
            }
            Stage::Waiting { .. } => {}
            Stage::Delivering { .. } => {
                events.push(Event::Left { call: number, clear: true });
                events.push(Event::Refused { call: number });
                if self.design == Design::DeliveryRetried {
                    events.push(Event::Left { call: number, clear: false });
                }
            }
        }
        if faulty {
            events.push(Event::Killed { call: number });
        }
    }

    fn arrive(&self, state: &mut State, request: Request) {
        let slot_of = |challenge: usize| state.history.challenge(challenge).map_or(0, |fate| fate.slot);
        let first = match &request {
            Request::Send { .. } => Write::Send { level: Level::default(), slot: self.bounds.turn(state.now) },
            Request::Resend { challenge } => Write::Resend { slot: slot_of(*challenge) },
            Request::Guess { challenge, .. } | Request::Stranger { challenge, .. } => {
                Write::Guess { challenge: *challenge, slot: slot_of(*challenge) }
            }
            Request::Newest { .. } => Write::Read,
        };
        let count = if request.is_send() { &mut state.sends } else { &mut state.guesses };
        *count += 1;
        state.calls.push(Call::new(request, state.now, self.design.form(first)));
    }

    /// All of a stranger's call at once: whatever it asks of the store, nothing may come of it.
    fn stranger(&self, state: &mut State, challenge: usize, right: bool) {
        let guesses = state.guesses;
        self.arrive(state, Request::Stranger { challenge, right });
        let number = state.calls.len() - 1;
        while !state.calls[number].flight.is_empty() {
            self.serve(state, number, 0, true);
        }
        state.calls.pop();
        state.guesses = guesses;
    }

    fn serve(&self, state: &mut State, number: usize, request: usize, heard: bool) {
        let attempt = state.calls[number].flight.remove(request);
        let (before, call) = (state.item.clone(), state.calls[number].clone());
        let reply = self.design.serve(&self.bounds, &mut state.item, number, &call, &attempt);
        state.history.served(number, &call, state.now, &before, &state.item);
        state.history.check_limits(self.bounds.max_guesses, &self.bounds.limits);
        if heard {
            let next = self.design.next(&self.bounds, number, &call, &attempt, reply);
            self.go_on(state, number, next);
        }
    }

    fn go_on(&self, state: &mut State, number: usize, next: Next) {
        match next {
            Next::Ask(write) => state.calls[number].ask(write),
            Next::Deliver { level, slot, resent } => state.calls[number].stage = Stage::Delivering { level, slot, resent },
            Next::Answer(answer) => {
                if let Some((challenge, answer)) = answer {
                    self.answer(state, number, challenge, answer);
                }
                state.calls[number].stage = Stage::Over;
            }
        }
    }

    fn answer(&self, state: &mut State, number: usize, challenge: usize, answer: Answer) {
        if !matches!(state.calls[number].request, Request::Stranger { .. }) {
            state.history.heard(number, &state.calls[number], challenge, answer, &state.item);
            state.history.check_limits(self.bounds.max_guesses, &self.bounds.limits);
        }
    }

    fn deliver(&self, state: &mut State, number: usize, clear: bool) {
        let Stage::Delivering { level, resent, .. } = state.calls[number].stage else { return };
        let (challenge, level) = match state.calls[number].request {
            Request::Resend { challenge } if resent => {
                (challenge, state.history.challenge(challenge).map_or(level, |fate| fate.level))
            }
            _ => (number, level),
        };
        state.history.left(number, challenge, &state.item, &code_of(challenge, level));
        if clear {
            state.calls[number].stage = Stage::Over;
        }
    }

    /// A code that no message brought is dead; one that an earlier message brought lives on.
    fn refuse(&self, state: &mut State, number: usize) {
        match state.calls[number].stage {
            Stage::Delivering { slot, resent: false, .. } => state.calls[number].ask(Write::Kill { slot }),
            _ => state.calls[number].stage = Stage::Over,
        }
    }
}

impl State {
    /// What is over and has nothing on its way is alike, whatever it was.
    fn forget(&mut self) {
        for call in self.calls.iter_mut().filter(|call| call.stage == Stage::Over) {
            if call.flight.is_empty() {
                let request = Request::Send { key: None };
                *call = Call { request, now: Timestamp::from_millis(0), stage: Stage::Over, flight: Vec::new() };
            }
        }
    }
}
