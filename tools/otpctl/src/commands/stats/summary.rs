//! The counters of a period, added up.

use std::collections::BTreeMap;

use otp_auth::domain::guard::budget::MicroUsd;
use otp_auth::ports::guard::{Day, DestinationDay, MAIL};
use serde::Serialize;

use super::period::{Period, date_of};
use crate::render::usd;

/// A period, added up.
#[derive(Serialize)]
pub struct Summary {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// Everything.
    pub total: Counts,
    /// `sms` and `email`, most used first.
    pub channels: Vec<Named>,
    /// By the provider that was asked first, most used first.
    pub providers: Vec<Named>,
    /// Of texts, most used first.
    pub countries: Vec<Named>,
    /// Messages in each hour of the day, 0 to 23.
    pub hours: Vec<u64>,
    /// The busiest hour.
    pub peak_hour: Option<usize>,
    /// Each day that had messages.
    pub days: Vec<Named>,
    /// What the guard would have refused if it did not only watch, by reason.
    pub would_have_refused: BTreeMap<String, u64>,
    /// What texts cost, in USD, where prices are configured.
    pub spent_usd: Option<String>,
}

/// Counters under a name.
#[derive(Serialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Its counters.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages that left.
    pub messages: u64,
    /// Right codes.
    pub verified: u64,
    /// Messages that the provider did not take; known by provider only.
    pub failed: u64,
}

impl Counts {
    const fn of(day: &DestinationDay) -> Self {
        Self { messages: day.messages, verified: day.verified, failed: 0 }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            messages: self.messages + other.messages,
            verified: self.verified + other.verified,
            failed: self.failed + other.failed,
        }
    }

    /// Right codes per hundred messages.
    pub fn conversion(self) -> Option<u64> {
        (self.verified * 200 + self.messages).checked_div(self.messages * 2)
    }
}

impl Summary {
    /// Adds up the days of a period, and of each destination.
    pub fn new(period: &Period, days: &BTreeMap<u64, Day>, destinations: &BTreeMap<String, Vec<DestinationDay>>) -> Self {
        let (from, to) = period.dates();
        let all: Vec<&DestinationDay> = destinations.values().flatten().collect();
        let (mail, texts): (Vec<_>, Vec<_>) = destinations.iter().partition(|(name, _)| *name == MAIL);
        let sum = |days: &[DestinationDay]| days.iter().map(Counts::of).fold(Counts::default(), Counts::plus);
        let countries: BTreeMap<String, Counts> = texts.iter().map(|(name, days)| ((*name).clone(), sum(days))).collect();
        let sms = countries.values().copied().fold(Counts::default(), Counts::plus);
        let email = mail.iter().map(|(_, days)| sum(days)).fold(Counts::default(), Counts::plus);
        let hours = hours(&all);
        let spent = all.iter().fold(0, |sum, day| sum + day.spent.0);
        Self {
            from,
            to,
            total: sms.plus(email),
            channels: most_used([("sms".to_owned(), sms), ("email".to_owned(), email)].into()),
            providers: most_used(providers(&all)),
            countries: most_used(countries),
            peak_hour: peak(&hours),
            hours,
            days: by_day(&all),
            would_have_refused: watched(days),
            spent_usd: (spent > 0).then(|| usd(MicroUsd(spent))),
        }
    }
}

fn hours(days: &[&DestinationDay]) -> Vec<u64> {
    let in_hour = |hour: u64| days.iter().filter_map(|day| day.messages_by_hour.get(&hour)).sum();
    (0..24).map(in_hour).collect()
}

/// The first of the busiest hours.
fn peak(hours: &[u64]) -> Option<usize> {
    let most = hours.iter().copied().max().filter(|most| *most > 0)?;
    hours.iter().position(|count| *count == most)
}

fn providers(days: &[&DestinationDay]) -> BTreeMap<String, Counts> {
    let mut providers: BTreeMap<String, Counts> = BTreeMap::new();
    for (name, day) in days.iter().flat_map(|day| &day.providers) {
        let counts = Counts { messages: day.messages, verified: day.verified, failed: day.failed };
        let sum = providers.entry(name.clone()).or_default();
        *sum = sum.plus(counts);
    }
    providers
}

fn by_day(days: &[&DestinationDay]) -> Vec<Named> {
    let mut dates: BTreeMap<u64, Counts> = BTreeMap::new();
    for day in days {
        let sum = dates.entry(day.day).or_default();
        *sum = sum.plus(Counts::of(day));
    }
    dates.into_iter().map(|(day, counts)| Named { name: date_of(day), counts }).collect()
}

fn watched(days: &BTreeMap<u64, Day>) -> BTreeMap<String, u64> {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for (reason, count) in days.values().flat_map(|day| &day.watched) {
        *reasons.entry(reason.clone()).or_default() += count;
    }
    reasons
}

/// Most messages first; without those that had none.
fn most_used(counts: BTreeMap<String, Counts>) -> Vec<Named> {
    let mut named: Vec<Named> = counts.into_iter().map(|(name, counts)| Named { name, counts }).collect();
    named.retain(|named| named.counts != Counts::default());
    named.sort_by_key(|named| std::cmp::Reverse(named.counts.messages));
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversion_is_rounded_to_whole_hundredths() {
        let of = |messages, verified| Counts { messages, verified, failed: 0 }.conversion();
        assert_eq!([of(0, 0), of(3, 1), of(3, 2), of(200, 1), of(4, 4)], [None, Some(33), Some(67), Some(1), Some(100)]);
    }

    #[test]
    fn the_peak_is_the_first_busiest_hour() {
        assert_eq!(peak(&[0, 3, 7, 7]), Some(2));
        assert_eq!(peak(&[0, 0]), None);
    }
}
