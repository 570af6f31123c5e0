//! What an operator asks and changes: the counters that the guard decides by, the stops, and windows that are opened.
//!
//! ```text
//! ADD s :stop        IF attribute_not_exists(s) OR NOT contains(s, :name)      stop
//! DELETE s :stop     IF contains(s, :name)                                     resume
//! REMOVE l0, l1, …   IF attribute_exists(pk)                                   an identifier's or a prefix's windows
//! ```
//!
//! Like every other write here, each is one conditional update: what the functions do at the same moment is not lost.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{STOPS, count, date, day, prefix, strings};
use crate::adapters::dynamodb::expression::Expression;
use crate::adapters::dynamodb::{DynamoStore, Image};
use crate::domain::guard::stops::Stop;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::period;
use crate::domain::policy::SENDS_PER_DAY;
use crate::domain::time::Timestamp;
use crate::ports::guard::Day;
use crate::ports::store::StoreError;

/// Sends from one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressSends {
    /// In the minute of the clock.
    pub this_minute: u64,
    /// In the hour of the clock.
    pub this_hour: u64,
}

impl DynamoStore {
    /// Stops something; `false` when it was stopped already.
    ///
    /// # Errors
    /// The store.
    pub async fn stop(&self, stop: &Stop) -> Result<bool, StoreError> {
        let condition = "attribute_not_exists(s) OR NOT contains(s, :name)";
        self.switch("ADD s :stop", condition, stop).await
    }

    /// Resumes something; `false` when it was not stopped.
    ///
    /// # Errors
    /// The store.
    pub async fn resume(&self, stop: &Stop) -> Result<bool, StoreError> {
        self.switch("DELETE s :stop", "contains(s, :name)", stop).await
    }

    async fn switch(&self, update: &str, condition: &str, stop: &Stop) -> Result<bool, StoreError> {
        let expression = Expression::new(update.to_owned(), condition.to_owned())
            .value(":stop", AttributeValue::Ss(vec![stop.as_str().to_owned()]))
            .value(":name", AttributeValue::S(stop.as_str().to_owned()));
        // In one attempt: one that was applied and not answered would find its own change, and call it somebody else's.
        Ok(matches!(self.update_once(STOPS, expression).await?, Image::Applied(_)))
    }

    /// The unanswered texts of a prefix (`KeyRing::prefix_key`), newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn unanswered_of_prefix(&self, key: &str) -> Result<Vec<Timestamp>, StoreError> {
        prefix::registers(self.get(key).await?.as_ref())
    }

    /// The countries that an address asked for on a day (`KeyRing::address_day_key`) and that did not answer.
    ///
    /// # Errors
    /// The store.
    pub async fn countries_of_address(&self, key: &str) -> Result<BTreeSet<String>, StoreError> {
        let item = self.get(key).await?.unwrap_or_default();
        Ok(strings(&item, "c")?.into_iter().collect())
    }

    /// The sends from an address in its window item of this hour (`KeyRing::window_key`).
    ///
    /// # Errors
    /// The store.
    pub async fn sends_of_address(&self, key: &str, now: Timestamp) -> Result<AddressSends, StoreError> {
        let item = self.get(key).await?.unwrap_or_default();
        let minute = now.as_secs() % 3600 / 60;
        Ok(AddressSends { this_minute: count(&item, &format!("m{minute}"))?, this_hour: count(&item, "n")? })
    }

    /// All texts of each of up to a hundred days since the epoch; a day without any is left out.
    ///
    /// # Errors
    /// The store.
    pub async fn days(&self, days: &[u64]) -> Result<BTreeMap<u64, Day>, StoreError> {
        let keys: Vec<(u64, String)> = days.iter().map(|number| (*number, day::key(&date(*number)))).collect();
        let items = self.get_all(keys.iter().map(|(_, key)| key.clone()).collect()).await?;
        let found = keys.iter().filter_map(|(number, key)| Some((*number, items.get(key)?)));
        found.map(|(number, item)| Ok((number, day::read(item)?))).collect()
    }

    /// Forgets the sends to an identifier, so that its windows are open; `false` when there is no such item.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_sends(&self, key: &LedgerKey) -> Result<bool, StoreError> {
        self.forget(key.as_str(), registers(*SENDS_PER_DAY.bounds.end())).await
    }

    /// Forgets the failures of an identifier, so that its codes have their ordinary length; `false` when there is no such item.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_failures(&self, key: &LedgerKey, now: Timestamp) -> Result<bool, StoreError> {
        self.forget(key.as_str(), vec!["f".to_owned(), format!("w{}", period(now))]).await
    }

    /// Forgets the unanswered texts to a prefix; `false` when there is no such item.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_prefix(&self, key: &str) -> Result<bool, StoreError> {
        self.forget(key, registers(prefix::REGISTERS)).await
    }

    /// Forgets the sends from an address in the window item of an hour, and the countries that it asked for on a day; `false`
    /// when there is neither item.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_address(&self, window: &str, day: &str) -> Result<bool, StoreError> {
        let counts = std::iter::once("n".to_owned()).chain((0..60).map(|minute| format!("m{minute}")));
        let windows = self.forget(window, counts.collect()).await?;
        Ok(self.forget(day, vec!["c".to_owned()]).await? || windows)
    }

    async fn forget(&self, key: &str, attributes: Vec<String>) -> Result<bool, StoreError> {
        let update = format!("REMOVE {}", attributes.join(", "));
        self.applied(key, Expression::new(update, "attribute_exists(pk)".to_owned())).await
    }

    async fn applied(&self, key: &str, expression: Expression) -> Result<bool, StoreError> {
        Ok(matches!(self.update(key, expression).await?, Image::Applied(_)))
    }
}

fn registers(count: u32) -> Vec<String> {
    (0..count).map(|register| format!("l{register}")).collect()
}
