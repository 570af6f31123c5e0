//! An identifier's item as it is shown.

use otp_auth::domain::ledger::{Ledger, Slot, SlotState};
use otp_auth::domain::policy::Policy;
use otp_auth::domain::time::Timestamp;
use serde::Serialize;

/// Characters of an item's key that are shown: enough to tell items apart.
const HASH: usize = 10;

/// An identifier's item.
#[derive(Serialize)]
pub struct Record {
    /// The identifier, when the command named it; masked unless revealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The beginning of the item's hash.
    pub item: String,
    /// Characters that the next code has: more after many failures.
    pub next_code_length: usize,
    /// Consecutive wrong guesses.
    pub failures: u32,
    /// Wrong guesses in this 30-day period at challenges that nobody solved.
    pub unsolved_failures: u32,
    /// Sends in the hour before now.
    pub sends_last_hour: usize,
    /// Sends in the 24 hours before now.
    pub sends_last_day: usize,
    /// The last send.
    pub last_send_at: Option<String>,
    /// When the windows let the next one through; none when they do now.
    pub next_send_at: Option<String>,
    /// The challenges, newest first.
    pub challenges: Vec<ChallengeRecord>,
    #[serde(skip)]
    pub last_send: Option<Timestamp>,
    #[serde(skip)]
    pub next_send: Option<Timestamp>,
}

/// A challenge.
#[derive(Serialize)]
pub struct ChallengeRecord {
    /// What the code is for.
    pub purpose: &'static str,
    /// What became of it.
    pub state: State,
    /// Wrong guesses.
    pub attempts: u32,
    /// Guesses that a challenge has.
    pub max_attempts: u32,
    /// Characters of the code.
    pub code_length: usize,
    /// Messages with this code that the guard let leave.
    pub messages: usize,
    /// The provider that was asked first.
    pub provider: String,
    /// When it ends.
    pub expires_at: String,
    #[serde(skip)]
    pub expires: Timestamp,
}

/// What became of a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its code.
    Live,
    /// It has no guesses left.
    Exhausted,
    /// The right code was given.
    Verified,
    /// No message could be delivered.
    Undelivered,
    /// Its time is over.
    Expired,
}

impl Record {
    /// What the item under `key` says at `now`.
    pub fn new(key: &str, ledger: &Ledger, policy: &Policy, now: Timestamp) -> Self {
        let within = |hours: u64| {
            let since = now.minus(std::time::Duration::from_secs(hours * 3600));
            ledger.sends.iter().filter(|sent| **sent > since).count()
        };
        let next = Some(ledger.next_send_at(&policy.sends)).filter(|next| *next > now);
        let mut challenges: Vec<ChallengeRecord> =
            ledger.slots.values().map(|slot| ChallengeRecord::new(slot, policy, now)).collect();
        challenges.sort_by_key(|challenge| std::cmp::Reverse(challenge.expires));
        Self {
            identifier: None,
            item: short(key),
            next_code_length: ledger.level().shape(policy.code_length).length(),
            failures: ledger.failures,
            unsolved_failures: ledger.unsolved,
            sends_last_hour: within(1),
            sends_last_day: within(24),
            last_send_at: ledger.sends.first().map(|sent| sent.to_rfc3339()),
            next_send_at: next.map(Timestamp::to_rfc3339),
            challenges,
            last_send: ledger.sends.first().copied(),
            next_send: next,
        }
    }

    /// How many challenges can be answered.
    pub fn live(&self) -> usize {
        self.challenges.iter().filter(|challenge| challenge.state == State::Live).count()
    }
}

impl ChallengeRecord {
    fn new(slot: &Slot, policy: &Policy, now: Timestamp) -> Self {
        Self {
            purpose: slot.purpose.as_str(),
            state: state(slot, policy, now),
            attempts: slot.attempts,
            max_attempts: policy.max_guesses,
            code_length: slot.shape.length(),
            messages: slot.counted.len(),
            provider: slot.provider.clone(),
            expires_at: slot.expires.to_rfc3339(),
            expires: slot.expires,
        }
    }
}

impl State {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Exhausted => "no guesses left",
            Self::Verified => "verified",
            Self::Undelivered => "undelivered",
            Self::Expired => "expired",
        }
    }
}

/// The beginning of the hash in an item's key.
pub fn short(key: &str) -> String {
    key.chars().skip_while(|c| *c != '#').skip(1).take(HASH).collect()
}

fn state(slot: &Slot, policy: &Policy, now: Timestamp) -> State {
    match slot.state {
        SlotState::Used => State::Verified,
        SlotState::Dead => State::Undelivered,
        SlotState::Live(_) if slot.expires <= now => State::Expired,
        SlotState::Live(_) if slot.attempts >= policy.max_guesses => State::Exhausted,
        SlotState::Live(_) => State::Live,
    }
}
