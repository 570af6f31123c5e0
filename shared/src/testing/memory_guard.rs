//! The guard's counters in memory: the reference that the DynamoDB expressions are compared with, and what a log of sends is
//! replayed on; and a broken one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::domain::guard::budget::MicroUsd;
use crate::domain::guard::stops::{Stop, Stops};
use crate::domain::guard::unanswered::PrefixLimits;
use crate::domain::time::Timestamp;
use crate::ports::guard::{
    AddressCount, AddressWrite, AskedCountry, Day, DayCount, DayWrite, DestinationCount, DestinationDay, DestinationTakeBack,
    DestinationWrite, GuardStore, PrefixCount, PrefixWrite, ProviderChange, TakenBack,
};
use crate::ports::store::StoreError;

/// The reference: every decision under one lock.
#[derive(Default)]
pub struct MemoryGuard(Mutex<Counters>);

#[derive(Default)]
struct Counters {
    stops: BTreeSet<Stop>,
    addresses: BTreeMap<String, Address>,
    prefixes: BTreeMap<String, Prefix>,
    destinations: BTreeMap<(String, u64), DestinationDay>,
    days: BTreeMap<u64, Day>,
}

/// On one day.
#[derive(Clone, Default)]
struct Address {
    by_hour: BTreeMap<u64, u32>,
    by_minute: BTreeMap<u64, u32>,
    countries: BTreeSet<String>,
}

impl Address {
    fn count(&mut self, write: &AddressWrite) -> AddressCount {
        let (hour, minute) = (write.now.as_secs() / 3600, write.now.as_secs() / 60);
        let full_for = |span: u64| AddressCount::Full(Timestamp::from_millis((write.now.as_secs() / span + 1) * span * 1000));
        if self.by_hour.get(&hour).is_some_and(|sends| *sends >= write.limits.per_hour) {
            return full_for(3600);
        }
        if self.by_minute.get(&minute).is_some_and(|sends| *sends >= write.limits.per_minute) {
            return full_for(60);
        }
        if let Some(AskedCountry { name, most }) = &write.country {
            if !self.countries.contains(name) && self.countries.len() >= *most as usize {
                return AddressCount::TooManyCountries;
            }
            self.countries.insert(name.clone());
        }
        *self.by_hour.entry(hour).or_default() += 1;
        *self.by_minute.entry(minute).or_default() += 1;
        AddressCount::Counted
    }
}

#[derive(Clone, Default)]
struct Prefix {
    unanswered: Vec<Timestamp>,
    last_request: Option<String>,
}

impl MemoryGuard {
    /// Stops these, and nothing else.
    pub fn stop(&self, stops: impl IntoIterator<Item = Stop>) {
        self.counters().stops = stops.into_iter().collect();
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl GuardStore for MemoryGuard {
    async fn stops(&self) -> Result<Stops, StoreError> {
        Ok(Stops(self.counters().stops.clone()))
    }

    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError> {
        Ok(self.counters().addresses.entry(write.key.clone()).or_default().count(write))
    }

    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError> {
        self.counters().addresses.entry(key.to_owned()).or_default().countries.remove(country);
        Ok(())
    }

    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
        Ok(self.counters().prefixes.entry(write.key.clone()).or_default().count(write))
    }

    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError> {
        let mut counters = self.counters();
        let unanswered = &mut counters.prefixes.entry(key.to_owned()).or_default().unanswered;
        if let Some(index) = unanswered.iter().take(limits.per_day as usize).position(|time| *time == sent) {
            unanswered.truncate(limits.per_day as usize);
            unanswered.remove(index);
        }
        Ok(())
    }

    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        let key = (write.destination.clone(), write.now.day());
        Ok(count_destination(self.counters().destinations.entry(key).or_default(), write))
    }

    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError> {
        let mut counters = self.counters();
        for (index, sent) in write.sent.iter().enumerate() {
            let Some(day) = counters.destinations.get_mut(&(write.destination.clone(), sent.day())) else { continue };
            take_back(day, *sent);
            if index == 0 {
                conclude(day, *sent, write);
            }
        }
        Ok(())
    }

    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError> {
        let mut counters = self.counters();
        let Some(day) = counters.destinations.get_mut(&(write.destination.clone(), write.sent.day())) else { return Ok(()) };
        let first = day.providers.entry(write.from.clone()).or_default();
        if first.messages > 0 {
            first.messages -= 1;
            first.failed += 1;
            day.providers.entry(write.to.clone()).or_default().messages += 1;
        }
        Ok(())
    }

    async fn destination_days(&self, destination: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError> {
        let counters = self.counters();
        Ok(days.iter().filter_map(|day| counters.destinations.get(&(destination.to_owned(), *day)).cloned()).collect())
    }

    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError> {
        Ok(count_day(self.counters().days.entry(write.now.day()).or_default(), write))
    }

    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError> {
        let mut counters = self.counters();
        let day = counters.days.entry(counted.day()).or_default();
        day.messages = day.messages.saturating_sub(1);
        day.spent.0 = day.spent.0.saturating_sub(price.0);
        Ok(())
    }

    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError> {
        self.counters().days.entry(at.day()).or_default().countries.insert(country.to_owned());
        Ok(())
    }
}

impl Prefix {
    fn count(&mut self, write: &PrefixWrite) -> PrefixCount {
        if self.last_request.as_deref() == Some(write.request.as_str()) {
            return PrefixCount::Counted;
        }
        if write.limits.open_at(&self.unanswered).iter().any(|opens| *opens > write.now) {
            return PrefixCount::Full(self.unanswered.clone());
        }
        self.unanswered.insert(0, write.now);
        self.unanswered.truncate(write.limits.per_day as usize);
        self.last_request = Some(write.request.as_str().to_owned());
        PrefixCount::Counted
    }
}

fn count_destination(day: &mut DestinationDay, write: &DestinationWrite) -> DestinationCount {
    let hour = write.now.hour_of_day();
    day.day = write.now.day();
    let this_hour = day.unanswered_by_hour.get(&hour).copied().unwrap_or(0);
    let answered = day.unanswered < write.allowance.per_day && this_hour < write.allowance.per_hour;
    if !answered || write.caps.is_some_and(|caps| caps.reached(day.messages, day.spent).is_some()) {
        return DestinationCount::Full(day.clone());
    }
    day.messages += 1;
    day.unanswered += 1;
    *day.messages_by_hour.entry(hour).or_default() += 1;
    *day.unanswered_by_hour.entry(hour).or_default() += 1;
    day.providers.entry(write.provider.clone()).or_default().messages += 1;
    if write.caps.is_some_and(|caps| caps.spent_before.is_some()) {
        day.spent.0 += write.price.0;
    }
    DestinationCount::Counted(day.clone())
}

fn count_day(day: &mut Day, write: &DayWrite) -> DayCount {
    if write.caps.reached(day.messages, day.spent).is_some() {
        return DayCount::Full(day.clone());
    }
    day.messages += 1;
    day.countries.insert(write.country.clone());
    if write.caps.spent_before.is_some() {
        day.spent.0 += write.price.0;
    }
    for reason in &write.watched {
        *day.watched.entry(reason.as_str().to_owned()).or_default() += 1;
    }
    DayCount::Counted(day.clone())
}

fn take_back(day: &mut DestinationDay, sent: Timestamp) {
    day.unanswered = day.unanswered.saturating_sub(1);
    let hour = day.unanswered_by_hour.entry(sent.hour_of_day()).or_default();
    *hour = hour.saturating_sub(1);
    day.unanswered_by_hour.retain(|_, count| *count > 0);
}

/// What the end of a challenge changes besides.
fn conclude(day: &mut DestinationDay, sent: Timestamp, write: &DestinationTakeBack) {
    let provider = day.providers.entry(write.provider.clone()).or_default();
    let price = match write.because {
        TakenBack::Answered => {
            day.verified += 1;
            provider.verified += 1;
            *day.verified_by_hour.entry(sent.hour_of_day()).or_default() += 1;
            return;
        }
        TakenBack::Undelivered(price) => {
            provider.failed += 1;
            price
        }
        TakenBack::Withheld(price) => price,
    };
    provider.messages = provider.messages.saturating_sub(1);
    day.messages = day.messages.saturating_sub(1);
    day.spent.0 = day.spent.0.saturating_sub(price.0);
    let hour = day.messages_by_hour.entry(sent.hour_of_day()).or_default();
    *hour = hour.saturating_sub(1);
    day.messages_by_hour.retain(|_, count| *count > 0);
}

/// Broken on purpose: it counts from what it read before others came in, and writes that back over whatever is there by then.
#[derive(Default)]
pub struct RacyGuard(MemoryGuard);

#[async_trait]
impl GuardStore for RacyGuard {
    async fn stops(&self) -> Result<Stops, StoreError> {
        self.0.stops().await
    }

    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError> {
        let mut address = self.0.counters().addresses.get(&write.key).cloned().unwrap_or_default();
        tokio::task::yield_now().await;
        let count = address.count(write);
        self.0.counters().addresses.insert(write.key.clone(), address);
        Ok(count)
    }

    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError> {
        self.0.take_back_country_of_address(key, country).await
    }

    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
        let mut prefix = self.0.counters().prefixes.get(&write.key).cloned().unwrap_or_default();
        tokio::task::yield_now().await;
        let count = prefix.count(write);
        self.0.counters().prefixes.insert(write.key.clone(), prefix);
        Ok(count)
    }

    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError> {
        self.0.take_back_prefix(key, sent, limits).await
    }

    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        let key = (write.destination.clone(), write.now.day());
        let mut day = self.0.counters().destinations.get(&key).cloned().unwrap_or_default();
        tokio::task::yield_now().await;
        let count = count_destination(&mut day, write);
        self.0.counters().destinations.insert(key, day);
        Ok(count)
    }

    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError> {
        self.0.take_back_destination(write).await
    }

    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError> {
        self.0.change_provider(write).await
    }

    async fn destination_days(&self, destination: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError> {
        self.0.destination_days(destination, days).await
    }

    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError> {
        let mut day = self.0.counters().days.get(&write.now.day()).cloned().unwrap_or_default();
        tokio::task::yield_now().await;
        let count = count_day(&mut day, write);
        self.0.counters().days.insert(write.now.day(), day);
        Ok(count)
    }

    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError> {
        self.0.take_back_day(counted, price).await
    }

    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError> {
        self.0.name_country(country, at).await
    }
}
