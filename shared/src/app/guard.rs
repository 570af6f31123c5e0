//! The guard at work: asks the store, and takes messages back.
//!
//! A text is counted for its prefix, its country and the day at once, and leaves if all three let it: what one refuses is taken
//! back from the others. Where texts may go to one country alone, it is the day ([`GuardPolicy::counts_days`]). Mail is only counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::address::SourceAddress;
use crate::domain::guard::budget::{MicroUsd, Reached};
use crate::domain::guard::stops::{STOPS_ARE_FRESH_FOR, Stops};
use crate::domain::guard::unanswered::{Allowance, DAYS_REMEMBERED, Verified, prefix};
use crate::domain::guard::{GuardMode, GuardPolicy, Reason};
use crate::domain::keys::KeyRing;
use crate::domain::ledger::{RequestId, Slot};
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::ports::guard::{
    AddressCount, AddressLimits, AddressWrite, AskedCountry, DayCount, DayWrite, DestinationCount, DestinationDay,
    DestinationTakeBack, DestinationWrite, GuardStore, MAIL, NO_COUNTRY, PrefixCount, PrefixWrite, ProviderChange, TakenBack,
};
use crate::ports::meter;
use crate::ports::store::StoreError;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long it is tried to take back what was counted of a text that does not leave: a caller waits for it.
const WITHHOLDING: Duration = Duration::from_millis(600);

/// A budget that has no room for one text more is used up, in hundredths.
const ALL_OF_IT: f64 = 100.0;

/// Rounds of "more than the country may have; how much is that by now?" before a contended country counts as full.
const ROUNDS: usize = 4;

/// The guard.
pub struct Guard {
    store: Arc<dyn GuardStore>,
    policy: GuardPolicy,
    /// What was last read of the stops, and when.
    stops: Mutex<Option<(Timestamp, Stops)>>,
    /// The best of a country's last days, which no longer changes, for the day it was read on.
    best_days: Mutex<BTreeMap<String, (u64, u64)>>,
}

/// Why the guard lets a message not leave.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It never may go there.
    #[error("destination: {0}")]
    Destination(Reason),
    /// A window or the budget has no room before this long.
    #[error("guard: {0}")]
    Full(Reason, Duration),
    /// The operator has stopped it.
    #[error("guard: stopped")]
    Stopped,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the windows of an address say of a send from it.
pub enum AddressAdmission {
    /// Counted; these would have refused it, where they only watch.
    Admitted(BTreeSet<Reason>),
    /// It has had its sends for this long.
    Full(Duration),
}

/// What a window would have refused a text for, where it only watches: then the prefix did not count it, and the country did.
type Watched = Option<Reason>;

/// Who has counted a text.
#[derive(Clone, Copy)]
struct Counted {
    prefix: bool,
    country: bool,
    day: bool,
}

/// A message on its way out.
pub struct Outgoing<'a> {
    /// Whom it goes to.
    pub recipient: &'a Recipient,
    /// Who is asked first to deliver it.
    pub provider: &'a str,
    /// The keys that name prefixes.
    pub ring: &'a KeyRing,
    /// The time.
    pub now: Timestamp,
    /// This invocation.
    pub request: &'a RequestId,
    /// What the windows would have refused it for, where they only watch.
    pub watched: BTreeSet<Reason>,
    /// Its country is to be named among those of the day, which has no counter of its own.
    pub names_country: bool,
}

impl Guard {
    /// With these counters and this policy.
    #[must_use]
    pub fn new(store: Arc<dyn GuardStore>, policy: GuardPolicy) -> Self {
        Self { store, policy, stops: Mutex::default(), best_days: Mutex::default() }
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &GuardPolicy {
        &self.policy
    }

    /// May anything go there at all? Asks nobody.
    ///
    /// # Errors
    /// [`Refused::Destination`].
    pub fn destination(&self, recipient: &Recipient) -> Result<(), Refused> {
        self.policy.destination(recipient).map_err(Refused::Destination)
    }

    /// Has the operator stopped it? What was read of the stops is good for [`STOPS_ARE_FRESH_FOR`].
    ///
    /// # Errors
    /// [`Refused::Stopped`], or the store cannot tell.
    pub async fn not_stopped(&self, recipient: &Recipient, now: Timestamp) -> Result<(), Refused> {
        if self.stops(now).await?.hold(recipient) { Err(Refused::Stopped) } else { Ok(()) }
    }

    async fn stops(&self, now: Timestamp) -> Result<Stops, StoreError> {
        let known = self.stops.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, stops)) = known.filter(|(read, _)| *read <= now && now.since(*read) < STOPS_ARE_FRESH_FOR) {
            return Ok(stops);
        }
        let stops = self.store.stops().await?;
        *self.stops.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, stops.clone()));
        Ok(stops)
    }

    /// Counts a send for the address that it comes from; says what the windows of unanswered texts would have refused, where they
    /// only watch. One to a country too many counts as a send all the same, so that nobody tries one after another for ever.
    ///
    /// # Errors
    /// [`Refused::Full`], or the store.
    pub async fn admit_address(
        &self,
        recipient: &Recipient,
        source: &SourceAddress,
        limits: AddressLimits,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<AddressAdmission, Refused> {
        let asked = |name: &str| AskedCountry { name: name.to_owned(), most: self.policy.countries_per_address };
        let key = ring.address_key(source, now.day());
        let mut write = AddressWrite { key, now, limits, country: self.country_of_address(recipient).map(asked) };
        let mut watched = BTreeSet::new();
        let mut counted = self.store.count_address(&write).await?;
        let too_many = counted == AddressCount::TooManyCountries;
        if too_many {
            write.country = None;
            counted = self.store.count_address(&write).await?;
        }
        match counted {
            AddressCount::Full(until) => return Ok(AddressAdmission::Full(until.since(now))),
            AddressCount::Counted if too_many => {
                watched.insert(self.refuse(Reason::AddressCountries, now.end_of(DAY).since(now))?);
            }
            AddressCount::Counted => {}
            AddressCount::TooManyCountries => return Err(StoreError::Broken("no country was asked for".to_owned()).into()),
        }
        Ok(AddressAdmission::Admitted(watched))
    }

    /// Counts a text that is about to leave, for its prefix, its country and the day at once. What one of them refuses is taken
    /// back from the others. Where windows only watch, the day comes after them: it counts what they would have refused. Where there
    /// is one country, its counters are the day's.
    ///
    /// # Errors
    /// [`Refused::Full`], or the store. It must not leave then.
    pub async fn admit(&self, message: &mut Outgoing<'_>) -> Result<(), Refused> {
        let Recipient::Phone(phone) = message.recipient else { return Ok(()) };
        let (prefix, country, day) = {
            let message = &*message;
            let day = async {
                match self.policy.mode {
                    GuardMode::Enforce if self.policy.counts_days() => Some(self.admit_to_day(message).await),
                    GuardMode::Enforce | GuardMode::Observe => None,
                }
            };
            tokio::join!(self.admit_to_prefix(phone.e164(), message), self.admit_to_country(message), day)
        };
        let counted = Counted { prefix: matches!(prefix, Ok(None)), country: country.is_ok(), day: matches!(day, Some(Ok(_))) };
        let admitted = match (prefix, country) {
            (Ok(prefix), Ok((watched, country))) => {
                message.watched.extend(prefix.into_iter().chain(watched));
                let day = match day {
                    Some(day) => day,
                    None if self.policy.mode == GuardMode::Observe => self.admit_to_day(message).await,
                    None => {
                        // Once, and now and then again, should that have failed.
                        message.names_country = country.messages.is_power_of_two();
                        Ok(self.policy.budget.used_of_a_country(country.messages, country.spent))
                    }
                };
                day.map(|used| (country, used))
            }
            (Err(refused), _) | (_, Err(refused)) => Err(refused),
        };
        match admitted {
            Ok((country, used)) => {
                country.unanswered_lately(message.now.hour_of_day()).into_iter().for_each(meter::country_unanswered);
                meter::budget_used(used);
                Ok(())
            }
            Err(refused) => {
                if tokio::time::timeout(WITHHOLDING, self.withhold(message, counted)).await.is_err() {
                    tracing::warn!(error = "no answer in time", "a text that does not leave could not be taken back");
                }
                Err(refused)
            }
        }
    }

    /// What was counted of a text that does not leave is taken back. Where counting failed, nothing is known, and it stays.
    async fn withhold(&self, message: &Outgoing<'_>, counted: Counted) {
        let price = self.policy.budget.price(destination(message.recipient));
        let prefix = async {
            if counted.prefix {
                self.take_back_prefix(message.recipient, message.ring, vec![message.now]).await;
            }
        };
        let country = async {
            if counted.country {
                self.take_back_destination(not_sent(message, TakenBack::Withheld(price))).await;
            }
        };
        let day = async {
            if counted.day {
                self.take_back_day(message, price).await;
            }
        };
        tokio::join!(prefix, country, day);
    }

    /// Counts for the statistics alone: a mail, which nothing limits, and the country of a day's texts, where nothing else of the
    /// day is counted. No failure here keeps a message from leaving.
    pub async fn count_for_statistics(&self, message: &Outgoing<'_>) {
        if matches!(message.recipient, Recipient::Email(_)) {
            let counted = self.store.count_destination(&self.destination_write(message, Allowance::UNLIMITED)).await;
            note(counted.map(|_| ()), "a mail could not be counted");
        } else if message.names_country {
            let named = self.store.name_country(destination(message.recipient), message.now).await;
            note(named, "the country of a day's texts could not be named");
        }
    }

    async fn admit_to_prefix(&self, e164: &str, message: &Outgoing<'_>) -> Result<Watched, Refused> {
        let write = PrefixWrite {
            key: message.ring.prefix_key(prefix(e164)),
            now: message.now,
            limits: self.policy.prefix,
            request: message.request.clone(),
        };
        let PrefixCount::Full(unanswered) = self.store.count_prefix(&write).await? else { return Ok(None) };
        let [hour, day] = self.policy.prefix.open_at(&unanswered);
        let (reason, opens) = if day > message.now { (Reason::PrefixDay, day) } else { (Reason::PrefixHour, hour) };
        self.refuse(reason, opens.since(message.now)).map(Some)
    }

    /// The floor is tried first. Where it does not suffice, the image of the refused write says how much was verified today,
    /// and the last days are read once a day: a country with much traffic costs a second write.
    async fn admit_to_country(&self, message: &Outgoing<'_>) -> Result<(Watched, DestinationDay), Refused> {
        let now = message.now;
        let mut watched = None;
        let mut allowance = Allowance::of(self.policy.country, Verified::default());
        for _ in 0..ROUNDS {
            let write = self.destination_write(message, allowance);
            let day = match self.count_destination(&write).await? {
                DestinationCount::Counted(day) => return Ok((watched, day)),
                DestinationCount::Full(day) => day,
            };
            if let Some(reached) = write.caps.and_then(|caps| caps.reached(day.messages, day.spent)) {
                if !self.policy.counts_days() {
                    meter::budget_used(ALL_OF_IT);
                }
                let reason = if reached == Reached::Money { Reason::CountryMoney } else { Reason::CountryMessages };
                return Err(Refused::Full(reason, now.end_of(DAY).since(now)));
            }
            let grown = self.allowance(&write.destination, &day, now).await?;
            if grown != allowance && fits(&day, grown, now) {
                allowance = grown;
                continue;
            }
            let (reason, span) =
                if day.unanswered >= grown.per_day { (Reason::CountryDay, DAY) } else { (Reason::CountryHour, HOUR) };
            watched = Some(self.refuse(reason, now.end_of(span).since(now))?);
            allowance = Allowance::UNLIMITED;
        }
        Err(Refused::Full(Reason::CountryHour, now.end_of(HOUR).since(now)))
    }

    /// A limit of nothing is not asked for: a counter that does not exist yet passes every condition.
    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        if write.caps.is_some_and(|caps| caps.messages == 0) {
            return Ok(DestinationCount::Full(DestinationDay::default()));
        }
        self.store.count_destination(write).await
    }

    async fn allowance(&self, country: &str, day: &DestinationDay, now: Timestamp) -> Result<Allowance, StoreError> {
        let this_hour = day.verified_by_hour.get(&now.hour_of_day()).copied().unwrap_or(0);
        let best_day = self.best_day(country, now.day()).await?;
        Ok(Allowance::of(self.policy.country, Verified { best_day, today: day.verified, this_hour }))
    }

    async fn best_day(&self, country: &str, today: u64) -> Result<u64, StoreError> {
        let known = self.best_days.lock().unwrap_or_else(PoisonError::into_inner).get(country).copied();
        if let Some((_, best)) = known.filter(|(day, _)| *day == today) {
            return Ok(best);
        }
        let days: Vec<u64> = (1..=DAYS_REMEMBERED).filter_map(|back| today.checked_sub(back)).collect();
        let best = self.store.destination_days(country, &days).await?.iter().map(|day| day.verified).max().unwrap_or(0);
        self.best_days.lock().unwrap_or_else(PoisonError::into_inner).insert(country.to_owned(), (today, best));
        Ok(best)
    }

    /// Says how much of the budget is used then, in hundredths.
    async fn admit_to_day(&self, message: &Outgoing<'_>) -> Result<f64, Refused> {
        let now = message.now;
        let country = destination(message.recipient);
        let price = self.policy.budget.price(country);
        let caps = self.policy.budget.of_the_day(price);
        let write = DayWrite { now, country: country.to_owned(), price, caps, watched: message.watched.clone() };
        let counted = self.store.count_day(&write).await?;
        let (DayCount::Counted(day) | DayCount::Full(day)) = &counted;
        let used = self.policy.budget.used(day.messages, day.spent);
        if matches!(counted, DayCount::Counted(_)) {
            return Ok(used);
        }
        meter::budget_used(used);
        let money = caps.reached(day.messages, day.spent) == Some(Reached::Money);
        Err(Refused::Full(if money { Reason::DayMoney } else { Reason::DayMessages }, now.end_of(DAY).since(now)))
    }

    /// Another provider than the one that was asked first took the message.
    pub async fn went_by(&self, message: &Outgoing<'_>, provider: &str) {
        let change = ProviderChange {
            destination: destination(message.recipient).to_owned(),
            sent: message.now,
            from: message.provider.to_owned(),
            to: provider.to_owned(),
        };
        note(self.store.change_provider(&change).await, "a message could not be counted for the provider that took it");
    }

    /// A message certainly did not leave: it no longer counts, and its challenge is dead.
    pub async fn did_not_leave(&self, message: &Outgoing<'_>) {
        let price = self.policy.budget.price(destination(message.recipient));
        let take_back = not_sent(message, TakenBack::Undelivered(price));
        let of_prefix = async {
            // A full window that only watches has not counted it.
            if !message.watched.iter().any(|reason| matches!(reason, Reason::PrefixHour | Reason::PrefixDay)) {
                self.take_back_prefix(message.recipient, message.ring, vec![message.now]).await;
            }
        };
        tokio::join!(of_prefix, self.take_back_destination(take_back), self.take_back_day(message, price));
    }

    /// A right code was entered, from this address: the messages of its challenge no longer count as unanswered.
    pub async fn answered(&self, recipient: &Recipient, slot: &Slot, source: &SourceAddress, ring: &KeyRing, now: Timestamp) {
        if slot.counted.is_empty() {
            return;
        }
        let take_back = DestinationTakeBack {
            destination: destination(recipient).to_owned(),
            sent: slot.counted.clone(),
            provider: slot.provider.clone(),
            because: TakenBack::Answered,
        };
        let of_prefix = self.take_back_prefix(recipient, ring, slot.counted.clone());
        tokio::join!(of_prefix, self.take_back_destination(take_back), self.take_back_country(recipient, source, ring, now));
    }

    async fn take_back_prefix(&self, recipient: &Recipient, ring: &KeyRing, sent: Vec<Timestamp>) {
        let Recipient::Phone(phone) = recipient else { return };
        let key = ring.prefix_key(prefix(phone.e164()));
        for time in sent {
            note(
                self.store.take_back_prefix(&key, time, self.policy.prefix).await,
                "a text could not be taken back from its prefix",
            );
        }
    }

    async fn take_back_destination(&self, write: DestinationTakeBack) {
        note(self.store.take_back_destination(&write).await, "a message could not be taken back from its destination");
    }

    async fn take_back_day(&self, message: &Outgoing<'_>, price: MicroUsd) {
        if matches!(message.recipient, Recipient::Phone(_)) && self.policy.counts_days() {
            note(self.store.take_back_day(message.now, price).await, "a text could not be taken back from its day");
        }
    }

    async fn take_back_country(&self, recipient: &Recipient, source: &SourceAddress, ring: &KeyRing, now: Timestamp) {
        let Some(country) = self.country_of_address(recipient) else { return };
        let key = ring.address_key(source, now.day());
        let taken = self.store.take_back_country_of_address(&key, country).await;
        note(taken, "a country could not be taken back from its address");
    }

    /// The country that a text asks for, where those of an address are counted.
    fn country_of_address<'r>(&self, recipient: &'r Recipient) -> Option<&'r str> {
        country(recipient).filter(|_| self.policy.counts_countries_of_addresses())
    }

    fn destination_write(&self, message: &Outgoing<'_>, allowance: Allowance) -> DestinationWrite {
        let destination = destination(message.recipient);
        let price = self.policy.budget.price(destination);
        let is_text = matches!(message.recipient, Recipient::Phone(_));
        DestinationWrite {
            destination: destination.to_owned(),
            now: message.now,
            provider: message.provider.to_owned(),
            price,
            allowance,
            caps: is_text.then(|| self.policy.budget.of_a_country(price)),
        }
    }

    /// Refuses, or says what it would have refused for.
    fn refuse(&self, reason: Reason, wait: Duration) -> Result<Reason, Refused> {
        let only_watches = self.policy.mode == GuardMode::Observe && reason.is_watched();
        if only_watches { Ok(reason) } else { Err(Refused::Full(reason, wait)) }
    }
}

impl Refused {
    /// The machine-readable reason; none when the store is to blame.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Destination(reason) | Self::Full(reason, _) => Some(*reason),
            Self::Stopped => Some(Reason::Stopped),
            Self::Store(_) => None,
        }
    }
}

/// The country of a text; none of a mail.
fn country(recipient: &Recipient) -> Option<&str> {
    let Recipient::Phone(phone) = recipient else { return None };
    Some(phone.country().unwrap_or(NO_COUNTRY))
}

fn destination(recipient: &Recipient) -> &str {
    country(recipient).unwrap_or(MAIL)
}

fn not_sent(message: &Outgoing<'_>, because: TakenBack) -> DestinationTakeBack {
    DestinationTakeBack {
        destination: destination(message.recipient).to_owned(),
        sent: vec![message.now],
        provider: message.provider.to_owned(),
        because,
    }
}

fn fits(day: &DestinationDay, allowance: Allowance, now: Timestamp) -> bool {
    let this_hour = day.unanswered_by_hour.get(&now.hour_of_day()).copied().unwrap_or(0);
    day.unanswered < allowance.per_day && this_hour < allowance.per_hour
}

/// What is not taken back counts on: that errs towards refusing, and the caller has nothing to do with it.
fn note(outcome: Result<(), StoreError>, what: &'static str) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what}");
    }
}
