//! The numbers of the service: every default and bound, with where it comes from.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::ledger::SendLimits;
use super::recipient::Channel;

/// Digits in a code: six are 20 bits, the least that OWASP ASVS 5 (6.5.4) and NIST SP 800-63B-4 (3.1.3.2) allow.
pub const CODE_LENGTH: Bounded = Bounded { default: 6, bounds: 6..=10 };
/// Minutes that a code lives: NIST SP 800-63B-4 (3.1.3.2) and ASVS 6.5.5 stop at ten.
pub const LIFETIME_MINUTES: RangeInclusive<u32> = 1..=10;
/// Guesses at one challenge: Twilio Verify, Ory Kratos and SuperTokens all have five.
pub const MAX_GUESSES: Bounded = Bounded { default: 5, bounds: 1..=10 };
/// Seconds between two sends to one identifier: Supabase Auth and Authgear have 60.
pub const COOLDOWN_SECONDS: Bounded = Bounded { default: 60, bounds: 15..=600 };
/// Sends to one identifier in any hour.
pub const SENDS_PER_HOUR: Bounded = Bounded { default: 5, bounds: 1..=10 };
/// Sends to one identifier in any 24 hours.
pub const SENDS_PER_DAY: Bounded = Bounded { default: 10, bounds: 1..=20 };
/// Sends from one address in a minute.
pub const ADDRESS_PER_MINUTE: Bounded = Bounded { default: 5, bounds: 1..=100_000 };
/// Sends from one address in an hour: WorkOS AuthKit has 20.
pub const ADDRESS_PER_HOUR: Bounded = Bounded { default: 20, bounds: 1..=100_000 };

/// A whole-number setting: what it is when unset, and what it may be.
pub struct Bounded {
    /// Used when the setting is absent or empty.
    pub default: u32,
    /// Anything outside stops the program at start.
    pub bounds: RangeInclusive<u32>,
}

/// The checked policy that every use case works by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Digits of an ordinary code.
    pub code_length: u8,
    /// How long a texted code lives.
    pub sms_lifetime: Duration,
    /// How long a mailed code lives.
    pub email_lifetime: Duration,
    /// Guesses at one challenge.
    pub max_guesses: u32,
    /// Windows on the sends to one identifier.
    pub sends: SendLimits,
    /// Sends from one address in a minute of the clock.
    pub address_per_minute: u32,
    /// Sends from one address in an hour of the clock.
    pub address_per_hour: u32,
    /// Must a guess name its challenge?
    pub binding: ChallengeBinding,
}

/// Whether `verify` insists on a `challenge_id` (OWASP ASVS 5, 6.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeBinding {
    /// The plainest client works; an outsider can then use up an identifier's guesses.
    Optional,
    /// Only who asked for the code can answer it.
    Required,
}

/// Who may sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUp {
    /// Everybody: the first right code creates a user.
    #[default]
    Open,
    /// Users that an operator created. Whoever else asks for a code gets the same reply and no message.
    Closed,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            code_length: 6,
            sms_lifetime: Duration::from_secs(5 * 60),
            email_lifetime: Duration::from_secs(10 * 60),
            max_guesses: MAX_GUESSES.default,
            sends: SendLimits::default(),
            address_per_minute: ADDRESS_PER_MINUTE.default,
            address_per_hour: ADDRESS_PER_HOUR.default,
            binding: ChallengeBinding::Optional,
        }
    }
}

impl Policy {
    /// How long a code sent this way lives.
    #[must_use]
    pub const fn lifetime(&self, channel: Channel) -> Duration {
        match channel {
            Channel::Sms => self.sms_lifetime,
            Channel::Email => self.email_lifetime,
        }
    }

    /// How many challenges may live beside each other in an identifier's item: one more than the cooldowns in a
    /// lifetime, so that a new challenge only ever takes the place of one that has ended.
    #[must_use]
    pub fn slots(&self, channel: Channel) -> u64 {
        let cooldown = self.sends.cooldown.as_secs().max(1);
        self.lifetime(channel).as_secs().div_ceil(cooldown) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_outnumber_the_sends_of_a_lifetime() {
        assert_eq!(Policy::default().slots(Channel::Sms), 6);
        assert_eq!(Policy::default().slots(Channel::Email), 11);
    }
}
