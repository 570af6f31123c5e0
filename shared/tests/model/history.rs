//! What happened so far, as nobody inside the service sees it, and the invariants over it.

use otp_auth::domain::ledger::{LastSend, Level, SendLimits, Slot, SlotState};
use otp_auth::domain::time::Timestamp;
use otp_auth::testing::memory::Item;

use crate::call::{Answer, Call, Request};

/// What must never be broken: I1 to I8 as in ARCHITECTURE.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    I1,
    I2,
    I3,
    I4,
    I5,
    I6,
    I7,
    I8,
    /// The code that a message brings is the one that waits in the table.
    Delivered,
}

/// Calls, one bit each.
type Calls = u32;

/// A challenge, from the outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fate {
    pub slot: u8,
    pub level: Level,
    pub expires: Timestamp,
    /// Whose guesses were compared with the code, by the table or by what a client heard.
    judged: Calls,
    /// Those among them that were wrong.
    wrong: Calls,
    /// Who heard that a guess was right.
    told: Calls,
    /// Whose right guess took the code away.
    solver: Option<usize>,
}

/// The history of one identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct History {
    /// When sends and resends were accepted, by the clocks that decided.
    accepted: Vec<Timestamp>,
    /// Whose sends were accepted, and whose messages left.
    accepted_of: Calls,
    messages_of: Calls,
    /// The challenges, by the call that started each.
    pub challenges: Vec<(usize, Fate)>,
    broken: u16,
}

const fn bit(call: usize) -> Calls {
    1 << call
}

impl History {
    pub fn holds(&self, invariant: Invariant) -> bool {
        self.broken & (1 << invariant as u16) == 0
    }

    pub fn challenge(&self, id: usize) -> Option<&Fate> {
        self.challenges.iter().find(|(of, _)| *of == id).map(|(_, fate)| fate)
    }

    fn challenge_mut(&mut self, id: usize) -> Option<&mut Fate> {
        self.challenges.iter_mut().find(|(of, _)| *of == id).map(|(_, fate)| fate)
    }

    fn require(&mut self, invariant: Invariant, holds: bool) {
        if !holds {
            self.broken |= 1 << invariant as u16;
        }
    }

    /// The store served one request of `call`, and the item went from `before` to `after`.
    pub fn served(&mut self, number: usize, call: &Call, now: Timestamp, before: &Item, after: &Item) {
        if before == after {
            return;
        }
        if call.request.is_send() {
            self.send_served(number, call, now, before, after);
        }
        for (place, slot) in &before.ledger.slots {
            match after.ledger.slots.get(place).filter(|there| there.id == slot.id) {
                Some(there) => self.slot_served(number, call, (before, slot), (after, there)),
                None => self.require(Invariant::I7, !slot.is_live(now)),
            }
        }
        self.check_charges(after);
    }

    fn send_served(&mut self, number: usize, call: &Call, now: Timestamp, before: &Item, after: &Item) {
        self.require(Invariant::I4, after.ledger.failures >= before.ledger.failures);
        self.require(Invariant::I4, unforgiven(after, now) >= unforgiven(before, now));
        let (Some(last), false) = (&after.ledger.last_send, after.ledger.last_send == before.ledger.last_send) else { return };
        let retried = |earlier: &LastSend| earlier.idempotency == last.idempotency;
        self.require(Invariant::I5, !before.ledger.last_send.as_ref().is_some_and(retried));
        self.accepted.push(call.now);
        self.accepted_of |= bit(number);
        match &call.request {
            Request::Resend { challenge } => {
                let expired = self.challenge(*challenge).is_none_or(|fate| fate.expires <= call.now);
                let same = after.ledger.slots.get(&last.slot).is_some_and(|slot| usize::from(slot.id.0[0]) == *challenge);
                self.require(Invariant::I8, !(same && expired));
            }
            Request::Send { .. } | Request::Guess { .. } | Request::Newest { .. } | Request::Stranger { .. } => {}
        }
        if let Some(slot) = after.ledger.slots.get(&last.slot).filter(|slot| usize::from(slot.id.0[0]) == number) {
            let level = before.image(call.now).level();
            self.require(Invariant::I4, slot.shape >= level.shape(6));
            let fate = Fate {
                slot: last.slot,
                level: crate::world::level_of(slot.shape),
                expires: slot.expires,
                judged: 0,
                wrong: 0,
                told: 0,
                solver: None,
            };
            self.challenges.push((number, fate));
        }
    }

    fn slot_served(&mut self, number: usize, call: &Call, (before, old): (&Item, &Slot), (after, new): (&Item, &Slot)) {
        let id = usize::from(old.id.0[0]);
        let charged = new.attempts > old.attempts;
        let solved = matches!(old.state, SlotState::Live(_)) && new.state == SlotState::Used;
        let ended = matches!(old.state, SlotState::Live(_)) && new.state == SlotState::Dead;
        let revived = !matches!(old.state, SlotState::Live(_)) && matches!(new.state, SlotState::Live(_));
        self.require(Invariant::I7, !ended || number == id);
        self.require(Invariant::I2, !revived || old.state != SlotState::Used || call.request.takes_codes());
        if !charged && !solved {
            return;
        }
        self.require(Invariant::I8, old.expires > call.now);
        self.require(Invariant::I7, call.request.may_guess(id));
        if charged {
            self.require(Invariant::I3, after.ledger.failures == before.ledger.failures + 1);
        }
        let right = call.request.is_right();
        let Some(fate) = self.challenge_mut(id) else { return };
        fate.judged |= bit(number);
        if charged {
            fate.wrong |= bit(number);
        }
        if solved && right {
            fate.solver = Some(number);
        }
    }

    /// A client hears the answer of `call`, which guessed at this challenge.
    pub fn heard(&mut self, number: usize, call: &Call, challenge: usize, answer: Answer, item: &Item) {
        let Some(fate) = self.challenge_mut(challenge) else { return };
        let judged = matches!(answer, Answer::Right | Answer::Wrong);
        let in_time = fate.expires > call.now || !judged;
        if judged {
            fate.judged |= bit(number);
        }
        if answer == Answer::Right {
            fate.told |= bit(number);
        }
        if answer == Answer::Wrong {
            fate.wrong |= bit(number);
        }
        let (right, solved) = (answer == Answer::Right, fate.solver == Some(number));
        self.require(Invariant::I8, in_time);
        // Its own retry included: who took the code away hears of it, and nobody else does.
        self.require(Invariant::I2, right == solved);
        self.check_charges(item);
    }

    /// The message of `call` leaves, with the code of this name for this challenge.
    pub fn left(&mut self, number: usize, challenge: usize, item: &Item, name: &str) {
        let (accepted, again) = (self.accepted_of & bit(number) != 0, self.messages_of & bit(number) != 0);
        self.require(Invariant::I5, accepted && !again);
        self.messages_of |= bit(number);
        let here = item.ledger.slots.values().find(|slot| usize::from(slot.id.0[0]) == challenge);
        let other = here.is_some_and(|slot| matches!(&slot.state, SlotState::Live(stored) if stored.as_str() != name));
        self.require(Invariant::Delivered, !other);
    }

    /// I1, I2 and I3 over every challenge that is in the item.
    fn check_charges(&mut self, item: &Item) {
        let mut charged_right = true;
        for slot in item.ledger.slots.values().filter(|slot| slot.state != SlotState::Used) {
            let wrong = self.challenge(usize::from(slot.id.0[0])).map_or(0, |fate| fate.wrong.count_ones());
            charged_right &= slot.attempts == wrong;
        }
        self.require(Invariant::I3, charged_right);
        let once = self.challenges.iter().all(|(_, fate)| fate.told.count_ones() <= 1);
        self.require(Invariant::I2, once);
    }

    /// What depends on the bounds: how many guesses, and which windows.
    pub fn check_limits(&mut self, max_guesses: u32, limits: &SendLimits) {
        let guesses = self.challenges.iter().all(|(_, fate)| fate.judged.count_ones() <= max_guesses);
        self.require(Invariant::I1, guesses);
        let within = |(ago, span): (usize, std::time::Duration)| {
            let count = |from: &Timestamp| self.accepted.iter().filter(|at| *at >= from && **at < from.plus(span)).count();
            self.accepted.iter().all(|from| count(from) <= ago + 1)
        };
        let windows = limits.windows().into_iter().all(within);
        self.require(Invariant::I6, windows);
    }
}

/// Wrong guesses that no success has forgiven: those of ended challenges, and those in the slots.
fn unforgiven(item: &Item, now: Timestamp) -> u32 {
    item.image(now).unsolved + item.ledger.slots.values().map(|slot| slot.attempts).sum::<u32>()
}
