//! What a function asks of the store, and what the store does with it: as the service does, and in designs that look right.
//!
//! [`Design::OneWrite`] runs the service's own code: the transitions of the reference store, which the conformance suite
//! compares with DynamoDB's expressions, and the verdicts of `domain::ledger`. The others are controls.

use otp_auth::domain::challenge::ChallengeId;
use otp_auth::domain::code::CodeName;
use otp_auth::domain::ledger::{GuessVerdict, Ledger, Level, ResendVerdict, SendVerdict, SlotState, Written};
use otp_auth::testing::memory::Item;

use crate::call::{Answer, Attempt, Call, Write};
use crate::world::{Bounds, WRONG, id, level_of, named};

/// How decisions are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Design {
    /// The service: each decision is one conditional write.
    OneWrite,
    /// The item is read, the decision made, and the item written back.
    ReadThenWrite,
    /// A guess deletes the code if it is equal; if it was not, a second write counts.
    DeleteElseCount,
    /// A guess takes the code out; if it was wrong, a second write puts it back and counts.
    ConsumePutBack,
    /// As the service, but each of the SDK's attempts has a request id of its own.
    RequestIdPerAttempt,
    /// As the service, but a new code starts with a clean sheet.
    SendForgives,
    /// As the service, but a message whose fate is unclear is handed over again.
    DeliveryRetried,
    /// As the service, but the hour is one of the clock.
    HourOfTheClock,
    /// As the service, but an identifier has one challenge at a time.
    OneSlot,
    /// As the service, but a message brings the code of the last try, though an earlier one was applied.
    CodeOfTheLastTry,
    /// As the service, but what the garbage collector left behind still lives.
    GarbageLives,
}

/// The requests to the store that only naive designs make.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Naive {
    /// Reads the whole item, for the decision about this write.
    Load(Box<Write>),
    /// Writes the whole item over whatever is there by then.
    Store(Box<Write>, Box<Item>),
    /// Deletes the code if it is equal.
    DeleteIfEqual { challenge: usize, slot: u8 },
    /// Counts a wrong guess.
    Count { challenge: usize, slot: u8 },
    /// Takes the code out.
    Consume { challenge: usize, slot: u8 },
    /// Puts it back, and counts.
    PutBack { challenge: usize, slot: u8, name: CodeName },
}

/// What the store replies.
pub enum Reply {
    Written(Written),
    Read(Ledger),
    Loaded(Box<Item>),
    Held(bool),
    Taken(Option<CodeName>),
}

/// What a function does next.
pub enum Next {
    Ask(Write),
    Deliver {
        level: Level,
        slot: u8,
        resent: bool,
    },
    /// It answers; a guess at this challenge was judged so.
    Answer(Option<(usize, Answer)>),
}

impl Design {
    /// The first form of a write in this design.
    pub fn form(self, write: Write) -> Write {
        match (self, write) {
            (Self::ReadThenWrite, write) => Write::Naive(Naive::Load(Box::new(write))),
            (Self::DeleteElseCount, Write::Guess { challenge, slot }) => Write::Naive(Naive::DeleteIfEqual { challenge, slot }),
            (Self::ConsumePutBack, Write::Guess { challenge, slot }) => Write::Naive(Naive::Consume { challenge, slot }),
            (_, write) => write,
        }
    }

    /// The store serves one request.
    pub fn serve(self, bounds: &Bounds, item: &mut Item, number: usize, call: &Call, attempt: &Attempt) -> Reply {
        let naive = match &attempt.write {
            Write::Read => return Reply::Read(item.image(call.now)),
            Write::Naive(naive) => naive,
            write => return self.conditional(bounds, item, number, call, write, attempt.number),
        };
        match naive {
            Naive::Load(_) => Reply::Loaded(Box::new(item.clone())),
            Naive::Store(_, new) => {
                *item = (**new).clone();
                Reply::Held(true)
            }
            Naive::DeleteIfEqual { challenge, slot } => {
                Reply::Held(take(bounds, item, call, *challenge, *slot, Some(&guessed(item, call, *slot))).is_some())
            }
            Naive::Consume { challenge, slot } => Reply::Taken(take(bounds, item, call, *challenge, *slot, None)),
            Naive::Count { challenge, slot } => Reply::Held(count(item, named(call, *challenge), *slot)),
            Naive::PutBack { challenge, slot, name } => {
                if let Some(there) = item.ledger.slots.get_mut(slot).filter(|there| there.id == named(call, *challenge)) {
                    there.state = SlotState::Live(name.clone());
                }
                Reply::Held(count(item, named(call, *challenge), *slot))
            }
        }
    }

    /// The conditional writes of the service, with what a control changes about them.
    fn conditional(self, bounds: &Bounds, item: &mut Item, number: usize, call: &Call, write: &Write, attempt: u8) -> Reply {
        let request = if self == Self::RequestIdPerAttempt { format!("r{number}.{attempt}") } else { format!("r{number}") };
        let mut now = call.now;
        let applied = match write {
            Write::Send { level, slot } => {
                let write = bounds.send(number, call, *level, *slot, request);
                let hour = now.as_secs() / 3600;
                let earlier = item.ledger.sends.clone();
                if self == Self::HourOfTheClock {
                    item.ledger.sends.retain(|at| at.as_secs() / 3600 == hour);
                }
                if self == Self::OneSlot {
                    item.ledger.slots.remove(&write.slot);
                }
                let applied = item.send(&write);
                if self == Self::HourOfTheClock && !applied {
                    item.ledger.sends = earlier;
                }
                if self == Self::SendForgives && applied {
                    item.ledger.failures = 0;
                }
                applied
            }
            Write::Resend { slot } => item.resend(&bounds.resend(number, call, *slot, request)),
            Write::Guess { challenge, slot } => {
                let mut write = bounds.guess(call, *challenge, *slot, guessed(item, call, *slot), request);
                if self == Self::GarbageLives {
                    now = otp_auth::domain::time::Timestamp::from_millis(0);
                    write.now = now;
                }
                item.guess(&write)
            }
            Write::Kill { slot } => item.kill(*slot, id(number)),
            Write::Read | Write::Naive(_) => false,
        };
        let image = item.image(call.now);
        Reply::Written(if applied { Written::Applied(image) } else { Written::Refused(image) })
    }

    /// What a function does when it hears the reply to its write.
    pub fn next(self, bounds: &Bounds, number: usize, call: &Call, attempt: &Attempt, reply: Reply) -> Next {
        match (&attempt.write, reply) {
            (Write::Naive(naive), reply) => self.next_naive(bounds, number, call, naive, reply),
            (write, Reply::Written(written)) => self.verdict(bounds, number, call, write, attempt.number, &written),
            (_, Reply::Read(ledger)) => match ledger.newest_live(otp_auth::domain::purpose::Purpose::Login, call.now) {
                Some((slot, there)) => Next::Ask(self.form(Write::Guess { challenge: usize::from(there.id.0[0]), slot })),
                None => Next::Answer(None),
            },
            _ => Next::Answer(None),
        }
    }

    /// The verdicts of the service.
    fn verdict(self, bounds: &Bounds, number: usize, call: &Call, write: &Write, attempt: u8, written: &Written) -> Next {
        let request = if self == Self::RequestIdPerAttempt { format!("r{number}.{attempt}") } else { format!("r{number}") };
        match write {
            Write::Send { level, slot } => {
                let verdict = bounds.send(number, call, *level, *slot, request).verdict(written);
                self.send_verdict(number, written, verdict, *level, *slot)
            }
            Write::Resend { slot } => match bounds.resend(number, call, *slot, request).verdict(written) {
                ResendVerdict::Gone => Next::Ask(self.form(Write::Send { level: Level::default(), slot: bounds.turn(call.now) })),
                ResendVerdict::Send(SendVerdict::Ours) => Next::Deliver { level: Level::default(), slot: *slot, resent: true },
                ResendVerdict::Send(_) => Next::Answer(None),
            },
            Write::Guess { challenge, slot } => {
                let mut guess = bounds.guess(call, *challenge, *slot, CodeName::from_stored(String::new()), request);
                if self == Self::GarbageLives {
                    guess.now = otp_auth::domain::time::Timestamp::from_millis(0);
                }
                Next::Answer(Some((*challenge, answer(&guess.verdict(written)))))
            }
            Write::Kill { .. } | Write::Read | Write::Naive(_) => Next::Answer(None),
        }
    }

    fn send_verdict(self, number: usize, written: &Written, verdict: SendVerdict, level: Level, slot: u8) -> Next {
        match verdict {
            SendVerdict::Ours => {
                let stored = written.ledger().slots.iter().find(|(_, there)| there.id == id(number));
                let stored = stored.filter(|_| self != Self::CodeOfTheLastTry);
                let (slot, level) = stored.map_or((slot, level), |(slot, there)| (*slot, level_of(there.shape)));
                Next::Deliver { level, slot, resent: false }
            }
            SendVerdict::Level(level) => Next::Ask(self.form(Write::Send { level, slot })),
            SendVerdict::Slot(slot) => Next::Ask(self.form(Write::Send { level, slot })),
            SendVerdict::Replay(_) | SendVerdict::RateLimited(_) | SendVerdict::Unexplained => Next::Answer(None),
        }
    }

    fn next_naive(self, bounds: &Bounds, number: usize, call: &Call, naive: &Naive, reply: Reply) -> Next {
        match (naive, reply) {
            (Naive::Load(write), Reply::Loaded(item)) if **write == Write::Read => {
                self.next(bounds, number, call, &Attempt { write: Write::Read, number: 1 }, Reply::Read(item.image(call.now)))
            }
            (Naive::Load(write), Reply::Loaded(mut item)) => {
                let reply = self.conditional(bounds, &mut item, number, call, write, 1);
                match reply {
                    Reply::Written(Written::Applied(_)) => Next::Ask(Write::Naive(Naive::Store(write.clone(), item))),
                    reply => self.next(bounds, number, call, &Attempt { write: (**write).clone(), number: 1 }, reply),
                }
            }
            (Naive::Store(write, item), _) => {
                let written = Written::Applied(item.image(call.now));
                self.verdict(bounds, number, call, write, 1, &written)
            }
            (Naive::DeleteIfEqual { challenge, .. }, Reply::Held(true)) => Next::Answer(Some((*challenge, Answer::Right))),
            (Naive::DeleteIfEqual { challenge, slot }, _) => {
                Next::Ask(Write::Naive(Naive::Count { challenge: *challenge, slot: *slot }))
            }
            (Naive::Consume { challenge, .. }, Reply::Taken(None)) => Next::Answer(Some((*challenge, Answer::Gone))),
            (Naive::Consume { challenge, .. }, Reply::Taken(Some(_))) if call.request.is_right() => {
                Next::Answer(Some((*challenge, Answer::Right)))
            }
            (Naive::Consume { challenge, slot }, Reply::Taken(Some(name))) => {
                Next::Ask(Write::Naive(Naive::PutBack { challenge: *challenge, slot: *slot, name }))
            }
            (Naive::Count { challenge, .. } | Naive::PutBack { challenge, .. }, Reply::Held(counted)) => {
                Next::Answer(Some((*challenge, if counted { Answer::Wrong } else { Answer::Gone })))
            }
            _ => Next::Answer(None),
        }
    }
}

/// The name of what a client types: of the right code, whatever it is, or of another.
fn guessed(item: &Item, call: &Call, slot: u8) -> CodeName {
    match item.ledger.slots.get(&slot).map(|there| &there.state) {
        Some(SlotState::Live(name)) if call.request.is_right() => name.clone(),
        _ => CodeName::from_stored(WRONG.to_owned()),
    }
}

fn answer(verdict: &GuessVerdict) -> Answer {
    match verdict {
        GuessVerdict::Right => Answer::Right,
        GuessVerdict::Wrong { .. } => Answer::Wrong,
        GuessVerdict::Exhausted => Answer::Exhausted,
        GuessVerdict::Gone => Answer::Gone,
    }
}

/// Takes the code out of a live challenge with guesses left, if it is the one that is wanted.
fn take(
    bounds: &Bounds,
    item: &mut Item,
    call: &Call,
    challenge: usize,
    slot: u8,
    wanted: Option<&CodeName>,
) -> Option<CodeName> {
    let there = item.ledger.slots.get_mut(&slot).filter(|there| there.id == named(call, challenge))?;
    let open = there.is_live(call.now) && there.attempts < bounds.max_guesses;
    let SlotState::Live(name) = there.state.clone() else { return None };
    if !open || wanted.is_some_and(|wanted| *wanted != name) {
        return None;
    }
    there.state = SlotState::Used;
    Some(name)
}

/// Counts a wrong guess at a challenge that is still in its slot.
fn count(item: &mut Item, challenge: ChallengeId, slot: u8) -> bool {
    let Some(there) = item.ledger.slots.get_mut(&slot).filter(|there| there.id == challenge) else { return false };
    there.attempts += 1;
    item.ledger.failures += 1;
    true
}
