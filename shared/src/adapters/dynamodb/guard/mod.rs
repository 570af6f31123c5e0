//! The guard's counters. Four kinds of item, each decided by one conditional write:
//!
//! ```text
//! A#<address>#<day>             an address: sends by hour h0…h23 and by minute m0…m1439, and the countries that it asks for and
//!                               nobody answers from: a set, c
//! P#<prefix>                    the last unanswered texts to a prefix, newest first: registers, as in an identifier's item
//! C#<country or email>#<date>   a destination's day: m messages, u unanswered, v verified, s millionths of a dollar;
//!                               h0…h23, g0…g23, y0…y23 the first three by hour; p_, q_, x_<provider> messages, verified, failed
//! D#<date>                      all texts of a day: n texts, s millionths of a dollar, c their countries,
//!                               w_<reason> what would have been refused; c alone where there is one country, which counts the rest
//! ```
//!
//! One item, `STOPS`, says what the operator has stopped: a set, s.

use async_trait::async_trait;

use super::item::{Item, optional_number};
use super::{DynamoStore, Image};
use crate::domain::guard::budget::MicroUsd;
use crate::domain::guard::stops::{Stop, Stops};
use crate::domain::guard::unanswered::PrefixLimits;
use crate::domain::time::Timestamp;
use crate::ports::guard::{
    AddressCount, AddressWrite, DayCount, DayWrite, DestinationCount, DestinationDay, DestinationTakeBack, DestinationWrite,
    GuardStore, PrefixCount, PrefixWrite, ProviderChange,
};
use crate::ports::store::StoreError;

mod address;
mod day;
mod destination;
pub mod operator;
mod prefix;

/// The key of the item that says what is stopped.
pub const STOPS: &str = "STOPS";

pub use address::AddressToday;

const DAY_SECONDS: u64 = 24 * 60 * 60;

#[async_trait]
impl GuardStore for DynamoStore {
    async fn stops(&self) -> Result<Stops, StoreError> {
        let item = self.get(STOPS).await?;
        let names = item.as_ref().map(|item| strings(item, "s")).transpose()?.unwrap_or_default();
        // A stop that is not understood is no reason to send.
        let stops = names.iter().map(|name| Stop::parse(name).ok_or_else(|| StoreError::Broken("a stop is unknown".to_owned())));
        stops.collect::<Result<_, _>>().map(Stops)
    }

    async fn count_address(&self, write: &AddressWrite) -> Result<AddressCount, StoreError> {
        match self.apply(&write.key, address::count(write)).await? {
            Image::Applied(_) => Ok(AddressCount::Counted),
            Image::Refused(image) => address::refused(image.as_ref(), write),
        }
    }

    async fn take_back_country_of_address(&self, key: &str, country: &str) -> Result<(), StoreError> {
        self.apply_once(key, address::take_back_country(country)).await.map(|_| ())
    }

    async fn count_prefix(&self, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
        match self.apply(&write.key, prefix::count(write)).await? {
            Image::Applied(_) => Ok(PrefixCount::Counted),
            Image::Refused(image) => prefix::refused(image.as_ref(), write),
        }
    }

    async fn take_back_prefix(&self, key: &str, sent: Timestamp, limits: PrefixLimits) -> Result<(), StoreError> {
        let mut register = Some(0);
        while let Some(index) = register {
            register = match self.apply_once(key, prefix::take_back(index, sent, limits)).await? {
                Image::Applied(_) => None,
                Image::Refused(image) => prefix::register_of(image.as_ref(), sent, limits)?.filter(|found| *found > index),
            };
        }
        Ok(())
    }

    async fn count_destination(&self, write: &DestinationWrite) -> Result<DestinationCount, StoreError> {
        let key = destination::key(&write.destination, &write.now.date());
        match self.update(&key, destination::count(write)).await? {
            Image::Applied(image) => {
                destination::read(write.now.day(), &image.unwrap_or_default()).map(DestinationCount::Counted)
            }
            Image::Refused(image) => destination::read(write.now.day(), &image.unwrap_or_default()).map(DestinationCount::Full),
        }
    }

    async fn take_back_destination(&self, write: &DestinationTakeBack) -> Result<(), StoreError> {
        for (date, take_back) in destination::take_backs(write) {
            self.apply_once(&destination::key(&write.destination, &date), take_back).await?;
        }
        Ok(())
    }

    async fn change_provider(&self, write: &ProviderChange) -> Result<(), StoreError> {
        let key = destination::key(&write.destination, &write.sent.date());
        self.apply_once(&key, destination::change_provider(write)).await.map(|_| ())
    }

    async fn destination_days(&self, name: &str, days: &[u64]) -> Result<Vec<DestinationDay>, StoreError> {
        let keys: Vec<(u64, String)> = days.iter().map(|day| (*day, destination::key(name, &date(*day)))).collect();
        let items = self.get_all(keys.iter().map(|(_, key)| key.clone()).collect()).await?;
        let found = keys.iter().filter_map(|(day, key)| items.get(key).map(|item| destination::read(*day, item)));
        found.collect()
    }

    async fn count_day(&self, write: &DayWrite) -> Result<DayCount, StoreError> {
        match self.update(&day::key(&write.now.date()), day::count(write)).await? {
            Image::Applied(image) => day::read(&image.unwrap_or_default()).map(DayCount::Counted),
            Image::Refused(image) => day::read(&image.unwrap_or_default()).map(DayCount::Full),
        }
    }

    async fn take_back_day(&self, counted: Timestamp, price: MicroUsd) -> Result<(), StoreError> {
        self.apply_once(&day::key(&counted.date()), day::take_back(price)).await.map(|_| ())
    }

    async fn name_country(&self, country: &str, at: Timestamp) -> Result<(), StoreError> {
        self.apply(&day::key(&at.date()), day::name_country(country, at)).await.map(|_| ())
    }
}

/// A set of texts; an empty one when it is not there.
fn strings(item: &Item, name: &str) -> Result<Vec<String>, StoreError> {
    let Some(value) = item.get(name) else { return Ok(Vec::new()) };
    value.as_ss().cloned().map_err(|_| StoreError::Broken(format!("attribute {name} is out of shape")))
}

/// A counter that may never have been touched.
fn count(item: &Item, name: &str) -> Result<u64, StoreError> {
    Ok(optional_number(item, name)?.unwrap_or(0))
}

/// The date of a day since the epoch.
fn date(day: u64) -> String {
    Timestamp::from_millis(day.saturating_mul(DAY_SECONDS * 1000)).date()
}
