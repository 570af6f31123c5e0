//! Where the guard's counters live.
//!
//! To add an implementation, make it pass `testing::guard_conformance`. What it must promise:
//!
//! - Every `count_…` decides and counts in **one atomic step**. A count that is repeated after a lost reply may count twice: it
//!   errs towards refusing.
//! - Every `take_back_…` is attempted **once**: repeated, it could take back somebody else's message.
//! - On any error of a `count_…` nothing may be taken as allowed: the caller answers 503.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::store::StoreError;
use crate::domain::guard::Reason;
use crate::domain::guard::budget::{Caps, MicroUsd};
use crate::domain::guard::stops::Stops;
use crate::domain::guard::unanswered::{Allowance, PrefixLimits};
use crate::domain::ledger::RequestId;
use crate::domain::time::Timestamp;

/// The guard's counters.
#[async_trait]
pub trait GuardStore: Send + Sync {
    /// What the operator has stopped, up to date.
    async fn stops(&self) -> Result<Stops, StoreError>;

    /// Counts a send from an address, if its windows let it: the send in its minute and its hour, and the country that it asks for.
    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError>;

    /// A code for this country was entered from this address (`KeyRing::address_key`): the country no longer counts.
    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError>;

    /// Counts a text to a prefix, if its windows let it.
    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError>;

    /// Takes back the text that was counted for the prefix item `key` at exactly this time, if these limits still see it.
    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError>;

    /// Counts a message to a destination, if its limits let it.
    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError>;

    /// Takes messages to a destination back, as answered or as never sent.
    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError>;

    /// Another provider than the one that was asked first took a message: it counts for that one, and as failed for the first.
    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError>;

    /// A destination's counters on each of these days since the epoch; a day without any is left out.
    async fn destination_days(&self, destination: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError>;

    /// Counts a text for the whole day, if the budget has room.
    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError>;

    /// A text that was counted for the whole day has not left.
    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError>;

    /// Names a country among those of a day's texts, and counts nothing: for a day whose texts its country counts.
    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError>;
}

/// One send from one address.
#[derive(Clone, Debug)]
pub struct AddressWrite {
    /// The address's item of this day (`KeyRing::address_key`).
    pub key: String,
    /// The time of the send.
    pub now: Timestamp,
    /// Sends that it may have.
    pub limits: AddressLimits,
    /// The country of a text; none where that is not counted.
    pub country: Option<AskedCountry>,
}

/// How many sends an address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressLimits {
    /// In a minute of the clock.
    pub per_minute: u32,
    /// In an hour of the clock.
    pub per_hour: u32,
}

/// A country that an address asks for.
#[derive(Clone, Debug)]
pub struct AskedCountry {
    /// ISO 3166-1 alpha-2, or [`NO_COUNTRY`].
    pub name: String,
    /// How many an address may ask for in a day without an answer from them.
    pub most: u32,
}

/// What the windows of an address say of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressCount {
    /// Counted.
    Counted,
    /// Not counted: its minute or its hour is full until this time.
    Full(Timestamp),
    /// Not counted: it has asked for as many other countries as it may.
    TooManyCountries,
}

/// One text to one prefix.
#[derive(Clone, Debug)]
pub struct PrefixWrite {
    /// The prefix's item (`KeyRing::prefix_key`).
    pub key: String,
    /// The time of the text, which is its name when it is taken back.
    pub now: Timestamp,
    /// The windows.
    pub limits: PrefixLimits,
    /// This invocation: its own count, applied by an attempt whose reply was lost, is not a refusal.
    pub request: RequestId,
}

/// What the windows of a prefix say of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrefixCount {
    /// Counted.
    Counted,
    /// Not counted: these were unanswered, newest first.
    Full(Vec<Timestamp>),
}

/// The name of mail as a destination; texts have their country's code.
pub const MAIL: &str = "email";

/// The destination of texts whose country is not known, as of numbers that belong to no country.
pub const NO_COUNTRY: &str = "none";

/// One message to one destination: an ISO 3166-1 alpha-2 country, or [`MAIL`].
#[derive(Clone, Debug)]
pub struct DestinationWrite {
    /// The destination.
    pub destination: String,
    /// The time of the message.
    pub now: Timestamp,
    /// Who is asked first to deliver it.
    pub provider: String,
    /// What it costs.
    pub price: MicroUsd,
    /// What may be unanswered.
    pub allowance: Allowance,
    /// What may be counted; none where nothing is limited.
    pub caps: Option<Caps>,
}

/// What the limits of a destination say of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationCount {
    /// Counted; the day's counters with it.
    Counted(DestinationDay),
    /// Not counted; the day's counters at that moment.
    Full(DestinationDay),
}

/// One message that went by another provider than the one that was asked first.
#[derive(Clone, Debug)]
pub struct ProviderChange {
    /// The destination.
    pub destination: String,
    /// When the message was counted.
    pub sent: Timestamp,
    /// Who was asked first.
    pub from: String,
    /// Who took it.
    pub to: String,
}

/// Messages of one challenge that are taken back.
#[derive(Clone, Debug)]
pub struct DestinationTakeBack {
    /// The destination.
    pub destination: String,
    /// When they were counted; the first one is the challenge's own send.
    pub sent: Vec<Timestamp>,
    /// Who was asked first to deliver them.
    pub provider: String,
    /// Why.
    pub because: TakenBack,
}

/// Why a message no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenBack {
    /// Its code was entered.
    Answered,
    /// The provider did not take it; it would have cost this much.
    Undelivered(MicroUsd),
    /// Another of the guard's counters refused it; it would have cost this much.
    Withheld(MicroUsd),
}

/// The counters of one destination on one day of UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestinationDay {
    /// The day, since the epoch.
    pub day: u64,
    /// Messages.
    pub messages: u64,
    /// Messages whose code nobody entered so far.
    pub unanswered: u64,
    /// Challenges whose code was entered.
    pub verified: u64,
    /// What the messages cost.
    pub spent: MicroUsd,
    /// Messages by hour of the day.
    pub messages_by_hour: BTreeMap<u64, u64>,
    /// Unanswered messages by the hour in which they were sent.
    pub unanswered_by_hour: BTreeMap<u64, u64>,
    /// Verified challenges by the hour in which they were sent.
    pub verified_by_hour: BTreeMap<u64, u64>,
    /// By the provider that was asked first.
    pub providers: BTreeMap<String, ProviderDay>,
}

/// A share says something from so many messages on.
const ENOUGH_FOR_A_SHARE: u64 = 20;

impl DestinationDay {
    /// How many of the messages of an hour and the one before it nobody answered, in hundredths; none while they are few. Codes
    /// that are still on their way count as unanswered.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for people to look at")]
    pub fn unanswered_lately(&self, hour: u64) -> Option<f64> {
        let of_both = |by_hour: &BTreeMap<u64, u64>| -> u64 {
            let hours = [Some(hour), hour.checked_sub(1)].into_iter().flatten();
            hours.filter_map(|hour| by_hour.get(&hour)).sum()
        };
        let messages = of_both(&self.messages_by_hour);
        let share = || 100.0 * of_both(&self.unanswered_by_hour) as f64 / messages as f64;
        (messages >= ENOUGH_FOR_A_SHARE).then(share)
    }
}

/// One provider's counters for one destination on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderDay {
    /// Messages.
    pub messages: u64,
    /// Challenges whose code was entered.
    pub verified: u64,
    /// Messages that it refused, or that did not reach it.
    pub failed: u64,
}

/// One text of the day.
#[derive(Clone, Debug)]
pub struct DayWrite {
    /// The time of the text.
    pub now: Timestamp,
    /// Its country.
    pub country: String,
    /// What it costs.
    pub price: MicroUsd,
    /// The budget.
    pub caps: Caps,
    /// What the windows would have refused it for, where they only watch.
    pub watched: BTreeSet<Reason>,
}

/// What the budget says of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayCount {
    /// Counted; the day's counters with it.
    Counted(Day),
    /// Not counted; the day's counters at that moment.
    Full(Day),
}

/// The counters of all texts of one day of UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Texts.
    pub messages: u64,
    /// What they cost.
    pub spent: MicroUsd,
    /// Countries that they went to, those whose texts were all taken back included.
    pub countries: BTreeSet<String>,
    /// What the windows would have refused, by reason.
    pub watched: BTreeMap<String, u64>,
}
