//! What the script did, counted from the replies and by the providers: never from the log.

use std::collections::BTreeMap;

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// Requests by route.
    pub requests: BTreeMap<&'static str, u64>,
    /// Replies that say that the service failed.
    pub faults: u64,
    /// New codes by channel, and those of texts by country.
    pub sent: BTreeMap<&'static str, u64>,
    /// Messages that brought the same code once more.
    pub resent: u64,
    /// Right codes by channel, by country, and by the provider that brought them.
    pub verified: BTreeMap<&'static str, u64>,
    /// Codes that were entered and not right, by the problem's code.
    pub not_verified: BTreeMap<String, u64>,
    /// Sends that were refused, by the reason that the script gave cause for.
    pub refused: BTreeMap<&'static str, u64>,
    /// Tokens that were refreshed, refused because they came twice, and sessions that were ended.
    pub sessions: BTreeMap<&'static str, u64>,
    /// Messages by minute since 1970.
    pub minutes: BTreeMap<u64, u64>,
    /// Replies that the script did not reckon with: none.
    pub unexpected: Vec<String>,
    /// What each provider did with what it was handed, by outcome.
    pub providers: BTreeMap<(&'static str, &'static str), u64>,
}

impl Did {
    /// One more in one of the lists.
    pub fn count<K: Ord>(list: &mut BTreeMap<K, u64>, key: K) {
        *list.entry(key).or_default() += 1;
    }
}
