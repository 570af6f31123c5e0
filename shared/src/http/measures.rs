//! What a request adds to which metric. `ports/metrics.rs` is the catalogue.

use super::event;
use super::record::{Ended, Record};
use crate::domain::recipient::Channel;
use crate::domain::time::millis;
use crate::ports::meter::{FailedAttempt, UserChange};
use crate::ports::metrics::{Dimension, Measures, Metric};
use crate::ports::sender::Delivery;

/// Of a request.
pub(super) fn of_request(record: &Record, end: &Ended<'_>) -> Measures {
    let mut measures = Measures::default();
    let event = event::of(record, end.status);
    // Nobody's: a preflight, a path that there is not, a panic before the route is known.
    if event == "request.preflight" || record.route == "none" {
        return measures;
    }
    add_request(&mut measures, record, end);
    match record.route {
        "send" => add_send(&mut measures, record, end, event),
        "verify" => add_verify(&mut measures, record, end, event),
        "refresh" => add_refresh(&mut measures, event),
        _ => {}
    }
    measures.at(Dimension::Route, record.route).at(Dimension::Channel, record.carried_by());
    measures.at(Dimension::Provider, &record.provider).at(Dimension::Reason, record.reason);
    // A mail in the place of a text says nothing of the texts to that country.
    if record.carried_by() == Channel::Sms.medium() {
        measures.at(Dimension::Country, &record.country);
    }
    measures
}

/// Of a provider that did not take a message.
pub(super) fn of_failed_attempt(failed: &FailedAttempt) -> Measures {
    let mut measures = Measures::default();
    add_hand_over(
        &mut measures,
        matches!(failed.delivery, Delivery::Ambiguous { .. }).then_some("ambiguous").unwrap_or("refused"),
    );
    measures.count(Metric::Failovers).put(Metric::ProviderLatency, as_millis(failed.took));
    measures.at(Dimension::Channel, failed.channel.medium()).at(Dimension::Provider, failed.delivery.provider());
    measures
}

fn add_request(measures: &mut Measures, record: &Record, end: &Ended<'_>) {
    let fault = end.status.is_server_error() && !record.is_refusal;
    measures.count(Metric::Requests).put(Metric::Faults, f64::from(u8::from(fault)));
    measures.put(Metric::Latency, as_millis(end.took)).put(Metric::TableRequests, f64::from(end.notes.table_requests));
    if end.notes.table_requests > 0 {
        measures.put(Metric::TableLatency, as_millis(end.notes.table));
    }
}

fn add_send(measures: &mut Measures, record: &Record, end: &Ended<'_>, event: &str) {
    if let Some(percent) = end.notes.budget_used {
        measures.put(Metric::BudgetUsed, percent);
    }
    if let Some(percent) = end.notes.country_unanswered {
        measures.put(Metric::CountryUnanswered, percent);
    }
    if record.is_watched() {
        measures.count(Metric::WouldRefuse);
    }
    if event == "otp.send_refused" && record.is_refusal {
        measures.count(Metric::Refusals);
    }
    // Nobody delivers to a test identifier.
    if record.provider.is_empty() || record.provider == "none" {
        return;
    }
    add_hand_over(measures, record.delivery);
    let earlier = end.notes.failed.iter().map(|failed| failed.took).sum();
    measures.put(Metric::ProviderLatency, as_millis(end.notes.providers.saturating_sub(earlier)));
    if event == "otp.sent" {
        measures.count(Metric::CodesSent);
    }
}

/// Each counts or is zero, so that a mean is a rate.
fn add_hand_over(measures: &mut Measures, outcome: &str) {
    let is = |outcomes: &[&str]| f64::from(u8::from(outcomes.contains(&outcome)));
    measures.put(Metric::MessagesAccepted, is(&["accepted"])).put(Metric::MessagesFailed, is(&["refused", "unreached"]));
    measures.put(Metric::MessagesUnclear, is(&["ambiguous"]));
}

fn add_verify(measures: &mut Measures, record: &Record, end: &Ended<'_>, event: &str) {
    match event {
        "otp.verified" if record.by_message => measures.count(Metric::CodesVerified),
        "otp.wrong_code" | "otp.verify_withheld" => measures.count(Metric::WrongCodes),
        "otp.no_challenge" => measures.count(Metric::ExpiredCodes),
        "otp.exhausted" => measures.count(Metric::ExhaustedCodes),
        _ => measures,
    };
    if let Some(time) = record.time_to_verify {
        measures.put(Metric::TimeToVerify, as_millis(time) / 1000.0);
    }
    if end.notes.level_raised.is_some() {
        measures.count(Metric::LevelsRaised);
    }
    if end.notes.user == Some(UserChange::Created) {
        measures.count(Metric::UsersCreated);
    }
}

fn add_refresh(measures: &mut Measures, event: &str) {
    match event {
        "session.refreshed" => measures.count(Metric::SessionsRefreshed),
        "session.reused" => measures.count(Metric::SessionsReused),
        _ => measures,
    };
}

#[expect(clippy::cast_precision_loss, reason = "no duration of ours has so many milliseconds")]
fn as_millis(duration: std::time::Duration) -> f64 {
    millis(duration) as f64
}
