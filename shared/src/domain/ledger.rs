//! What an identifier's item says: past sends, failures, and the challenges that live in it.
//!
//! The store decides by one conditional write (see `adapters/dynamodb`) and hands back the item as it was or became.
//! This file reads that image, in pure code. It holds three things:
//!
//! 1. the image, [`Ledger`];
//! 2. the three writes that a store must decide atomically: [`SendWrite`], [`ResendWrite`], [`GuessWrite`];
//! 3. what their outcome means: `SendWrite::verdict`, `ResendWrite::verdict`, `GuessWrite::verdict`.
//!
//! Each write carries the [`RequestId`] of the invocation that makes it, chosen outside the SDK's retry loop. When a reply
//! is lost and the SDK repeats a write that was already applied, the condition fails, but the image carries our own
//! request id, and the retry hears the first attempt's outcome.

use std::collections::BTreeMap;
use std::time::Duration;

use super::challenge::ChallengeId;
use super::code::{CodeName, CodeShape};
use super::keys::{KeyId, LedgerKey};
use super::purpose::Purpose;
use super::time::Timestamp;
use super::user::KnownUser;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PERIOD: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// An identifier's item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ledger {
    /// Accepted sends, newest first, as many as are remembered.
    pub sends: Vec<Timestamp>,
    /// Consecutive wrong guesses; a right one makes it 0.
    pub failures: u32,
    /// Wrong guesses at challenges that nobody solved, in the current period. No success forgives these.
    pub unsolved: u32,
    /// The last accepted send or resend.
    pub last_send: Option<LastSend>,
    /// The challenges, by slot.
    pub slots: BTreeMap<u8, Slot>,
    /// The user that this identifier signs in, once known.
    pub user: Option<KnownUser>,
    /// Its user is disabled: no message goes there.
    pub barred: bool,
}

/// Who made the last accepted send, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastSend {
    /// The invocation that made it.
    pub request: RequestId,
    /// Its Idempotency-Key as stored, or the request id when it had none.
    pub idempotency: String,
    /// The slot of its challenge.
    pub slot: u8,
}

/// One challenge in the item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Which challenge it is.
    pub id: ChallengeId,
    /// What its code is for.
    pub purpose: Purpose,
    /// Which keys made its code.
    pub keys: KeyId,
    /// The shape of its code.
    pub shape: CodeShape,
    /// When it ends.
    pub expires: Timestamp,
    /// Wrong guesses so far.
    pub attempts: u32,
    /// Whether it can still be answered.
    pub state: SlotState,
    /// The invocations that wrote the slot, oldest first: the send, then one for each guess that was judged.
    pub requests: Vec<RequestId>,
    /// When messages with this code were counted by the guard: the send, then each resend that it let through.
    pub counted: Vec<Timestamp>,
    /// Who is asked first to deliver them.
    pub provider: String,
    /// The provider's id of the last message, where the provider is to hear of a right code.
    pub message: Option<String>,
}

/// What became of a challenge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SlotState {
    /// It waits for the code with this name.
    Live(CodeName),
    /// The right code was given.
    Used,
    /// No message could be delivered: there is no code.
    Dead,
}

/// Names one invocation: random, made once, the same in every retry of the SDK.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// From random bytes.
    #[must_use]
    pub fn new(random: [u8; 9]) -> Self {
        use base64::Engine;
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
    }

    /// One that was read back from the store.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Windows on the sends to one identifier. They slide: they hold in *any* span of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendLimits {
    /// Least time between two sends.
    pub cooldown: Duration,
    /// Most sends in any hour.
    pub per_hour: u32,
    /// Most sends in any 24 hours.
    pub per_day: u32,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self { cooldown: Duration::from_secs(60), per_hour: 5, per_day: 10 }
    }
}

impl SendLimits {
    /// Each window as "the send this many ago (0 is the last one) must be at least this old".
    #[must_use]
    pub fn windows(&self) -> [(usize, Duration); 3] {
        let index = |count: u32| count.saturating_sub(1) as usize;
        [(0, self.cooldown), (index(self.per_hour), HOUR), (index(self.per_day), DAY)]
    }
}

/// How long codes are at present. Guessing makes codes longer instead of locking anybody out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Level(u8);

impl Level {
    /// Consecutive failures, and failures at unsolved challenges, below which each level holds. login.gov stops at 10
    /// failures, NIST SP 800-63B-4 (3.2.2) at 100; from there on codes have 80 bits, which need no limit.
    const CEILINGS: [(u32, u32); 3] = [(10, 20), (30, 60), (100, 200)];

    /// The level that these failures call for.
    #[must_use]
    pub fn of(failures: u32, unsolved: u32) -> Self {
        let passed = Self::CEILINGS.iter().take_while(|(f, w)| failures >= *f || unsolved >= *w).count();
        Self(u8::try_from(passed).unwrap_or(u8::MAX))
    }

    /// 0 for ordinary codes, up to 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The failures (consecutive, unsolved) that end this level; the last one has no end.
    #[must_use]
    pub fn ceiling(self) -> Option<(u32, u32)> {
        Self::CEILINGS.get(usize::from(self.0)).copied()
    }

    /// The shape of codes at this level, where ordinary ones have `digits` digits.
    #[must_use]
    pub fn shape(self, digits: u8) -> CodeShape {
        match self.0 {
            0 => CodeShape::Digits(digits),
            1 => CodeShape::Digits(digits.max(8)),
            2 => CodeShape::Digits(10),
            _ => CodeShape::Base32,
        }
    }
}

/// The 30-day period that a point in time is in.
#[must_use]
pub fn period(now: Timestamp) -> u64 {
    now.as_secs() / PERIOD.as_secs()
}

impl Ledger {
    /// The earliest time at which the windows let another send through. In the past when they do already.
    #[must_use]
    pub fn next_send_at(&self, limits: &SendLimits) -> Timestamp {
        let opens = |(ago, span): (usize, Duration)| self.sends.get(ago).map(|sent| sent.plus(span));
        limits.windows().into_iter().filter_map(opens).max().unwrap_or(Timestamp::from_millis(0))
    }

    /// How many more sends this hour and day allow, the cooldown aside.
    #[must_use]
    pub fn sends_left(&self, now: Timestamp, limits: &SendLimits) -> u32 {
        let left = |limit: u32, span: Duration| {
            let used = self.sends.iter().filter(|sent| sent.plus(span) > now).count();
            limit.saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
        };
        left(limits.per_hour, HOUR).min(left(limits.per_day, DAY))
    }

    /// How long until the oldest send of the last hour stops counting; zero when there is none.
    #[must_use]
    pub fn hour_resets_in(&self, now: Timestamp) -> Duration {
        let ends = self.sends.iter().map(|sent| sent.plus(HOUR)).filter(|end| *end > now).min();
        ends.map_or(Duration::ZERO, |end| end.since(now))
    }

    /// The level that the next code must have.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::of(self.failures, self.unsolved)
    }

    /// The first slot whose challenge has ended, or that has had none.
    #[must_use]
    pub fn free_slot(&self, now: Timestamp) -> Option<u8> {
        (0..=u8::MAX).find(|number| self.slots.get(number).is_none_or(|slot| slot.expires <= now))
    }

    /// The newest challenge for this purpose that can still be answered, for clients that name none.
    #[must_use]
    pub fn newest_live(&self, purpose: Purpose, now: Timestamp) -> Option<(u8, &Slot)> {
        self.slots
            .iter()
            .map(|(number, slot)| (*number, slot))
            .filter(|(_, slot)| slot.purpose == purpose && slot.is_live(now))
            .max_by_key(|(_, slot)| slot.expires)
    }

    fn slot_of(&self, number: u8, id: ChallengeId) -> Option<&Slot> {
        self.slots.get(&number).filter(|slot| slot.id == id)
    }

    fn is_open(&self, limits: &SendLimits, now: Timestamp) -> bool {
        self.next_send_at(limits) <= now
    }
}

impl Slot {
    /// How many guesses were judged, right or wrong.
    #[must_use]
    pub fn judged(&self) -> u32 {
        u32::try_from(self.requests.len()).unwrap_or(u32::MAX).saturating_sub(1)
    }

    /// Can this challenge still be answered, guesses aside?
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires > now && matches!(self.state, SlotState::Live(_))
    }
}

/// What a store says of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The condition held; this is the item afterwards.
    Applied(Ledger),
    /// The condition failed; this is the item as it was found.
    Refused(Ledger),
}

impl Written {
    /// The image, whichever it is.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        match self {
            Self::Applied(ledger) | Self::Refused(ledger) => ledger,
        }
    }
}

/// A new challenge takes a slot in which none lives, if every window lets it and the failures are below the level's ceiling.
#[derive(Clone, Debug)]
pub struct SendWrite {
    /// Whose item.
    pub key: LedgerKey,
    /// The time of the send.
    pub now: Timestamp,
    /// The windows.
    pub limits: SendLimits,
    /// The level that the code was made for.
    pub level: Level,
    /// This invocation.
    pub request: RequestId,
    /// The stored form of the Idempotency-Key; the request id when there is none.
    pub idempotency: String,
    /// The slot to take.
    pub slot: u8,
    /// The new challenge.
    pub id: ChallengeId,
    /// The name of its code.
    pub name: CodeName,
    /// What it is for.
    pub purpose: Purpose,
    /// Which keys made its code.
    pub keys: KeyId,
    /// The shape of its code.
    pub shape: CodeShape,
    /// When it ends.
    pub expires: Timestamp,
    /// Who is asked first to deliver its message.
    pub provider: String,
    /// Will the guard count its message?
    pub is_counted: bool,
}

/// What a send comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendVerdict {
    /// Accepted, by this very invocation: send the message.
    Ours,
    /// A client's retry under its Idempotency-Key: the challenge in this slot, and no message.
    Replay(u8),
    /// Failures have reached this level in the meantime: try once more with a longer code.
    Level(Level),
    /// The slot holds a challenge that has not ended, as it can after a setting was changed: try once more with this one.
    Slot(u8),
    /// A window is closed until then.
    RateLimited(Timestamp),
    /// Refused, and the image does not say why.
    Unexplained,
}

impl SendWrite {
    /// Reads the outcome from the image.
    #[must_use]
    pub fn verdict(&self, written: &Written) -> SendVerdict {
        let ledger = match written {
            Written::Applied(_) => return SendVerdict::Ours,
            Written::Refused(ledger) => ledger,
        };
        match repeated(ledger, &self.request, &self.idempotency) {
            Some(verdict) => verdict,
            None if !ledger.is_open(&self.limits, self.now) => SendVerdict::RateLimited(ledger.next_send_at(&self.limits)),
            None if ledger.level() > self.level => SendVerdict::Level(ledger.level()),
            None => match ledger.free_slot(self.now) {
                Some(free) if free != self.slot => SendVerdict::Slot(free),
                _ => SendVerdict::Unexplained,
            },
        }
    }
}

/// The same code again for a challenge that is alive, under the same windows.
#[derive(Clone, Debug)]
pub struct ResendWrite {
    /// Whose item.
    pub key: LedgerKey,
    /// The time of the resend.
    pub now: Timestamp,
    /// The windows.
    pub limits: SendLimits,
    /// This invocation.
    pub request: RequestId,
    /// As in [`SendWrite::idempotency`].
    pub idempotency: String,
    /// Where the challenge is.
    pub slot: u8,
    /// Which challenge it is.
    pub id: ChallengeId,
    /// Guesses that a challenge has: one without any left is not worth sending again.
    pub max_guesses: u32,
}

/// What a resend comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResendVerdict {
    /// As a send: ours, a replay, or rate limited.
    Send(SendVerdict),
    /// The challenge has ended: start a fresh one.
    Gone,
}

impl ResendWrite {
    /// Reads the outcome from the image.
    #[must_use]
    pub fn verdict(&self, written: &Written) -> ResendVerdict {
        let ledger = match written {
            Written::Applied(_) => return ResendVerdict::Send(SendVerdict::Ours),
            Written::Refused(ledger) => ledger,
        };
        match repeated(ledger, &self.request, &self.idempotency) {
            Some(verdict) => ResendVerdict::Send(verdict),
            None if !ledger.is_open(&self.limits, self.now) => {
                ResendVerdict::Send(SendVerdict::RateLimited(ledger.next_send_at(&self.limits)))
            }
            None => ResendVerdict::Gone,
        }
    }
}

/// A refused send may be our own, applied by an attempt whose reply was lost, or a client's retry.
fn repeated(ledger: &Ledger, request: &RequestId, idempotency: &str) -> Option<SendVerdict> {
    let last = ledger.last_send.as_ref()?;
    if last.request == *request {
        return Some(SendVerdict::Ours);
    }
    (last.idempotency == idempotency).then_some(SendVerdict::Replay(last.slot))
}

/// One guess at one challenge.
#[derive(Clone, Debug)]
pub struct GuessWrite {
    /// Whose item.
    pub key: LedgerKey,
    /// The time of the guess.
    pub now: Timestamp,
    /// Where the challenge is.
    pub slot: u8,
    /// Which challenge it is.
    pub id: ChallengeId,
    /// The name of the guess.
    pub name: CodeName,
    /// Guesses that a challenge has.
    pub max_guesses: u32,
    /// This invocation.
    pub request: RequestId,
}

/// What a guess comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuessVerdict {
    /// The code is right, and is used up now.
    Right,
    /// The code is wrong; this many guesses are left.
    Wrong {
        /// Guesses left at this challenge.
        left: u32,
    },
    /// No guesses are left; this one was not judged.
    Exhausted,
    /// No such challenge is waiting: expired, used, superseded, undelivered, or never there.
    Gone,
}

impl GuessWrite {
    /// Guesses that would be left if this one, which was right, had been wrong.
    #[must_use]
    pub fn left_if_wrong(&self, written: &Written) -> u32 {
        let judged = written.ledger().slot_of(self.slot, self.id).map_or(self.max_guesses, Slot::judged);
        self.max_guesses.saturating_sub(judged)
    }

    /// Reads the outcome from the image.
    ///
    /// An applied guess is the last one in the slot's list of requests. So is a right guess for ever, since nobody writes
    /// a used slot: that is how exactly one request hears "right". A wrong guess that was repeated by the SDK is in the
    /// list too, and is not charged again.
    #[must_use]
    pub fn verdict(&self, written: &Written) -> GuessVerdict {
        let Some(slot) = written.ledger().slot_of(self.slot, self.id) else { return GuessVerdict::Gone };
        if slot.requests.contains(&self.request) {
            let right = slot.state == SlotState::Used && slot.requests.last() == Some(&self.request);
            let left = self.max_guesses.saturating_sub(slot.attempts);
            return if right { GuessVerdict::Right } else { GuessVerdict::Wrong { left } };
        }
        if slot.is_live(self.now) && slot.attempts >= self.max_guesses { GuessVerdict::Exhausted } else { GuessVerdict::Gone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn levels_rise_with_failures_and_end_in_a_code_that_needs_no_limit() {
        let shape = |f, w| Level::of(f, w).shape(6);
        assert_eq!(shape(9, 19), CodeShape::Digits(6));
        assert_eq!(shape(10, 0), CodeShape::Digits(8));
        assert_eq!(shape(0, 20), CodeShape::Digits(8));
        assert_eq!(shape(30, 0), CodeShape::Digits(10));
        assert_eq!(shape(100, 0), CodeShape::Base32);
        assert_eq!(shape(0, 200), CodeShape::Base32);
        assert_eq!(Level::of(u32::MAX, 0).ceiling(), None);
        assert_eq!(Level::of(10, 0).shape(9), CodeShape::Digits(9), "never shorter than what the operator chose");
    }

    #[test]
    fn the_next_send_waits_for_the_last_window_to_open() {
        let limits = SendLimits::default();
        let sends = |seconds: &[u64]| Ledger { sends: seconds.iter().map(|s| at(*s)).collect(), ..Ledger::default() };
        assert_eq!(sends(&[]).next_send_at(&limits), at(0));
        assert_eq!(sends(&[100]).next_send_at(&limits), at(160));
        assert_eq!(sends(&[400, 300, 200, 100, 0]).next_send_at(&limits), at(3600));
        let ten: Vec<u64> = (0..10).rev().map(|n| n * 3600).collect();
        assert_eq!(sends(&ten).next_send_at(&limits), at(86_400));
    }

    proptest! {
        /// Whoever sends exactly when `next_send_at` says may, and any window of the accepted sends stays within limits.
        #[test]
        fn accepted_sends_stay_within_every_window(gaps in proptest::collection::vec(0_u64..2_000, 1..200)) {
            let limits = SendLimits::default();
            let (mut ledger, mut accepted, mut now) = (Ledger::default(), Vec::new(), 1_000_000);
            for gap in gaps {
                now += gap;
                let left = ledger.sends_left(at(now), &limits);
                if ledger.next_send_at(&limits) <= at(now) {
                    prop_assert!(left > 0);
                    accepted.push(now);
                    ledger.sends.insert(0, at(now));
                    ledger.sends.truncate(10);
                }
            }
            for (window, most) in [(60, 1), (3600, 5), (86_400, 10)] {
                for start in &accepted {
                    prop_assert!(accepted.iter().filter(|s| (*start..*start + window).contains(*s)).count() <= most);
                }
            }
        }
    }
}
