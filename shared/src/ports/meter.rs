//! What a request used and set off: noted where it happens, read where its log line is written.
//!
//! The notes belong to the task that answers the request. Whatever it awaits inside [`Meter::observe`] adds to them; outside of that
//! they go nowhere. They are for the log and the metrics: nothing is decided by them.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::sender::Delivery;
use crate::domain::recipient::Channel;

tokio::task_local! {
    static METER: Meter;
}

/// The notes on one request.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Requests to the table, the SDK's retries included.
    pub table_requests: u32,
    /// Time in them, one after another; those side by side count each.
    pub table: Duration,
    /// Time until a provider's answer, all of them together.
    pub providers: Duration,
    /// Providers that did not take the message before another was asked.
    pub failed: Vec<FailedAttempt>,
    /// Hundredths of the day's budget for texts that are used up.
    pub budget_used: Option<f64>,
    /// Hundredths of the country's texts of this hour and the last that nobody answered.
    pub country_unanswered: Option<f64>,
    /// The level that an identifier's failures have reached by this guess.
    pub level_raised: Option<u8>,
    /// What became of a user.
    pub user: Option<UserChange>,
    /// What the request waited for.
    pub waits: Vec<Wait>,
}

/// A wait for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// For whom: `dynamodb`, `delivery`.
    pub of: &'static str,
    /// Since the request came.
    pub after: Duration,
    /// How long it was.
    pub took: Duration,
}

/// A provider that did not take a message.
#[derive(Clone, Debug)]
pub struct FailedAttempt {
    /// On which channel.
    pub channel: Channel,
    /// How it ended.
    pub delivery: Delivery,
    /// How long it took.
    pub took: Duration,
}

/// What a right code changed of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// Somebody signed up.
    Created,
    /// A user has one more identifier.
    Linked,
}

impl UserChange {
    /// Its name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Linked => "linked",
        }
    }
}

/// Where the notes of one request are gathered. A panic of the request leaves them readable.
#[derive(Clone)]
pub struct Meter {
    notes: Arc<Mutex<Notes>>,
    started: Instant,
}

/// Starts now.
impl Default for Meter {
    fn default() -> Self {
        Self { notes: Arc::default(), started: Instant::now() }
    }
}

impl Meter {
    /// Runs `request`; what it notes is for this meter.
    pub async fn observe<F: Future>(&self, request: F) -> F::Output {
        METER.scope(self.clone(), request).await
    }

    /// The notes so far.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One request to the table.
pub fn table_request(took: Duration) {
    wait("dynamodb", took);
    note(|notes| {
        notes.table_requests = notes.table_requests.saturating_add(1);
        notes.table = notes.table.saturating_add(took);
    });
}

/// A message was handed over, however that ended.
pub fn handed_over(took: Duration) {
    wait("delivery", took);
    note(|notes| notes.providers = notes.providers.saturating_add(took));
}

/// A wait that ends now.
fn wait(of: &'static str, took: Duration) {
    let after = METER.try_with(|meter| meter.started.elapsed().saturating_sub(took)).unwrap_or_default();
    note(|notes| notes.waits.push(Wait { of, after, took }));
}

/// A provider did not take a message, and another is asked.
pub fn failed_attempt(channel: Channel, delivery: &Delivery, took: Duration) {
    note(|notes| notes.failed.push(FailedAttempt { channel, delivery: delivery.clone(), took }));
}

/// So much of the day's budget for texts is used up, in hundredths.
pub fn budget_used(percent: f64) {
    note(|notes| notes.budget_used = Some(percent));
}

/// So many of a country's latest texts nobody answered, in hundredths.
pub fn country_unanswered(percent: f64) {
    note(|notes| notes.country_unanswered = Some(percent));
}

/// An identifier's failures have made its codes longer.
pub fn level_raised(level: u8) {
    note(|notes| notes.level_raised = Some(level));
}

/// A right code changed a user.
pub fn user(change: UserChange) {
    note(|notes| notes.user = Some(change));
}

/// Outside of a request there is nobody to note for.
fn note(change: impl FnOnce(&mut Notes)) {
    let _outside_of_a_request = METER.try_with(|meter| change(&mut meter.notes.lock().unwrap_or_else(PoisonError::into_inner)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_side_by_side_have_notes_of_their_own() {
        let (one, two) = (Meter::default(), Meter::default());
        let request = |times: u32| async move {
            for _ in 0..times {
                table_request(Duration::from_millis(3));
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(one.observe(request(2)), two.observe(request(5)), request(9));
        assert_eq!((one.notes().table_requests, one.notes().table), (2, Duration::from_millis(6)));
        assert_eq!(two.notes().table_requests, 5);
    }
}
