//! The guard: what may leave, and how much of it. Pure; `app/guard.rs` asks the store.
//!
//! SMS pumping earns its money with texts that nobody waits for. So the guard looks at where a message goes, and at how many
//! messages like it went **unanswered**: a right code takes its own message back from every window here:
//!
//! 1. [`destinations`]: countries that the operator chose, kinds of number that a person carries, mail domains not blocked;
//! 2. [`stops`]: what the operator has stopped for now;
//! 3. [`unanswered`]: windows per number prefix, per country, and on the countries that one address asks for;
//! 4. [`budget`]: messages, or dollars, of the day.
//!
//! In [`GuardMode::Observe`] the windows of 3 only say what they would have refused. The rest always holds.

use super::recipient::Recipient;

pub mod budget;
pub mod destinations;
pub mod stops;
pub mod unanswered;

use budget::Budget;
use destinations::{BlockedDomains, NotServed, SmsCountries};
use unanswered::{CountryFloor, PrefixLimits};

/// Everything that the operator chose of the guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Whether the windows on unanswered messages refuse.
    pub mode: GuardMode,
    /// Where texts may go.
    pub countries: SmsCountries,
    /// May texts go to numbers of Voice over IP?
    pub voip: bool,
    /// Mail domains that no code is sent to.
    pub blocked_domains: BlockedDomains,
    /// Unanswered texts to one number prefix.
    pub prefix: PrefixLimits,
    /// Unanswered texts to one country, before its verified traffic allows more.
    pub country: CountryFloor,
    /// Countries with unanswered texts that one address may ask for in a day. Authgear has 3.
    pub countries_per_address: u32,
    /// Texts of a day.
    pub budget: Budget,
}

/// By what a text is counted that a right code takes back: as much of the guard as `verify-otp` needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBacks {
    /// As in [`GuardPolicy`].
    pub countries: SmsCountries,
    /// As in [`GuardPolicy`].
    pub countries_per_address: u32,
    /// As in [`GuardPolicy`].
    pub prefix: PrefixLimits,
}

/// Whether the windows on unanswered messages refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardMode {
    /// They refuse.
    Enforce,
    /// They log and count what they would have refused.
    Observe,
}

/// Why the guard refuses, for logs, counters and the operator. Never part of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The operator did not choose this country.
    Country,
    /// Premium-rate, shared-cost, toll-free, pager, UAN, voicemail, fixed, VoIP or unknown.
    NumberKind,
    /// The operator blocked this mail domain.
    MailDomain,
    /// The operator stopped this channel or country.
    Stopped,
    /// The address asks for too many countries that do not answer.
    AddressCountries,
    /// Too many unanswered texts to this prefix in the last hour.
    PrefixHour,
    /// Too many unanswered texts to this prefix in the last 24 hours.
    PrefixDay,
    /// Too many unanswered texts to this country in this hour.
    CountryHour,
    /// Too many unanswered texts to this country today.
    CountryDay,
    /// The day's texts to this country are used up.
    CountryMessages,
    /// The day's money for this country is used up.
    CountryMoney,
    /// The day's texts are used up.
    DayMessages,
    /// The day's money is used up.
    DayMoney,
}

impl Reason {
    /// The stable name, in logs and counters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Country => "country",
            Self::NumberKind => "number_kind",
            Self::MailDomain => "mail_domain",
            Self::Stopped => "stopped",
            Self::AddressCountries => "address_countries",
            Self::PrefixHour => "prefix_hour",
            Self::PrefixDay => "prefix_day",
            Self::CountryHour => "country_hour",
            Self::CountryDay => "country_day",
            Self::CountryMessages => "country_messages",
            Self::CountryMoney => "country_money",
            Self::DayMessages => "day_messages",
            Self::DayMoney => "day_money",
        }
    }

    /// Is this one of the windows that [`GuardMode::Observe`] only watches?
    #[must_use]
    pub const fn is_watched(self) -> bool {
        matches!(self, Self::AddressCountries | Self::PrefixHour | Self::PrefixDay | Self::CountryHour | Self::CountryDay)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Default for GuardPolicy {
    /// Nothing chosen: no texts at all.
    fn default() -> Self {
        Self {
            mode: GuardMode::Enforce,
            countries: SmsCountries::Only([].into()),
            voip: false,
            blocked_domains: BlockedDomains::default(),
            prefix: PrefixLimits::default(),
            country: CountryFloor::default(),
            countries_per_address: unanswered::COUNTRIES_PER_ADDRESS.default,
            budget: Budget::default(),
        }
    }
}

impl From<TakeBacks> for GuardPolicy {
    /// For whoever sends nothing.
    fn from(TakeBacks { countries, countries_per_address, prefix }: TakeBacks) -> Self {
        Self { countries, countries_per_address, prefix, ..Self::default() }
    }
}

impl GuardPolicy {
    /// Is it counted which countries an address asks for? Where texts may go to no more countries than it may ask for, it cannot ask
    /// for too many. Where none are named, nothing is known of that.
    #[must_use]
    pub fn counts_countries_of_addresses(&self) -> bool {
        self.countries.count().is_none_or(|allowed| allowed == 0 || allowed > self.countries_per_address as usize)
    }

    /// Has the day a counter of its own? Where texts may go to one country alone, that country's counters are the day's, and its
    /// share, which is at most the whole budget, keeps the budget. Where windows only watch, the day's counter has one purpose more:
    /// it says what they would have refused.
    #[must_use]
    pub fn counts_days(&self) -> bool {
        self.mode == GuardMode::Observe || self.countries.one().is_none()
    }

    /// May anything go to `recipient` at all?
    ///
    /// # Errors
    /// [`Reason::Country`], [`Reason::NumberKind`] or [`Reason::MailDomain`].
    pub fn destination(&self, recipient: &Recipient) -> Result<(), Reason> {
        if self.blocked_domains.has(recipient) {
            return Err(Reason::MailDomain);
        }
        self.countries.check(recipient, self.voip).map_err(|refused| match refused {
            NotServed::Country => Reason::Country,
            NotServed::Kind => Reason::NumberKind,
        })
    }
}
