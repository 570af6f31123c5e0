//! What an operator asks and changes: the counters that the guard decides by, the stops, and windows that are opened.
//!
//! ```text
//! ADD s :stop        IF attribute_not_exists(s) OR NOT contains(s, :name)      stop
//! DELETE s :stop     IF contains(s, :name)                                     resume
//! REMOVE l0, l1, …   IF attribute_exists(pk)                                   an identifier's or a prefix's windows
//! ```
//!
//! Like every other write here, each is one conditional update: what the functions do at the same moment is not lost.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{AddressToday, STOPS, address, date, day, prefix};
use crate::adapters::dynamodb::expression::Expression;
use crate::adapters::dynamodb::{DynamoStore, Image};
use crate::domain::guard::stops::Stop;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::period;
use crate::domain::policy::SENDS_PER_DAY;
use crate::domain::time::Timestamp;
use crate::ports::guard::Day;
use crate::ports::store::StoreError;

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
        Ok(matches!(self.apply_once(STOPS, expression).await?, Image::Applied(_)))
    }

    /// The unanswered texts of a prefix (`KeyRing::prefix_key`), newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn unanswered_of_prefix(&self, key: &str) -> Result<Vec<Timestamp>, StoreError> {
        prefix::registers(self.get(key).await?.as_ref())
    }

    /// What an address has asked for, by its item of this day (`KeyRing::address_key`).
    ///
    /// # Errors
    /// The store.
    pub async fn address_today(&self, key: &str, now: Timestamp) -> Result<AddressToday, StoreError> {
        let item = self.get(key).await?;
        item.map(|item| address::read(&item, now)).transpose().map(Option::unwrap_or_default)
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

    /// Forgets the sends from an address in this hour, and the countries that it asked for on this day (`KeyRing::address_key`);
    /// `false` when there is no such item.
    ///
    /// # Errors
    /// The store.
    pub async fn forget_address(&self, key: &str, now: Timestamp) -> Result<bool, StoreError> {
        self.forget(key, address::forget(now)).await
    }

    async fn forget(&self, key: &str, attributes: Vec<String>) -> Result<bool, StoreError> {
        let update = format!("REMOVE {}", attributes.join(", "));
        self.applied(key, Expression::new(update, "attribute_exists(pk)".to_owned())).await
    }

    async fn applied(&self, key: &str, expression: Expression) -> Result<bool, StoreError> {
        Ok(matches!(self.apply(key, expression).await?, Image::Applied(_)))
    }
}

fn registers(count: u32) -> Vec<String> {
    (0..count).map(|register| format!("l{register}")).collect()
}
