//! When things happened: names of moments, and marks under an axis of time.

use super::chart::part;
use crate::commands::report::summary::{StepAt, Summary};
use crate::commands::report::words::moment;

/// Minutes between two marks.
const DISTANCES: [u64; 18] =
    [1, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 20_160, 40_320, 120_960, 483_840, 4_838_400];
/// Marks that a narrow screen has room for.
const MOST: u64 = 5;
const DAY: u64 = 1440;

/// The name of a step: the time, with its date where the log has several, or the date alone of a whole day.
pub fn name(summary: &Summary, step: &StepAt) -> String {
    let (date, time) = moment(&step.from);
    match (summary.step_minutes >= DAY, several_days(summary)) {
        (true, _) => date.to_owned(),
        (false, true) => format!("{date} {time}"),
        (false, false) => time.to_owned(),
    }
}

/// Round moments of the series, each so many hundredths from its beginning.
pub fn of(summary: &Summary) -> Vec<(f64, String)> {
    let Some(first) = summary.series.first().map(|step| step.begins / 60_000) else { return Vec::new() };
    let span = summary.series.len() as u64 * summary.step_minutes;
    let fits = |distance: &&u64| span / **distance <= MOST;
    let distance = DISTANCES.iter().find(fits).copied().unwrap_or(span.max(1));
    let at = |minute: u64| (part(minute - first, span), label(minute, span));
    let next = first.next_multiple_of(distance);
    (0..=MOST).map(|mark| next + mark * distance).take_while(|minute| *minute <= first + span).map(at).collect()
}

/// The time; at midnight, or of days, the date; of years, the month.
fn label(minute: u64, span: u64) -> String {
    let at = otp_auth::domain::time::Timestamp::from_millis(minute * 60_000).to_rfc3339();
    let (date, time) = moment(&at);
    match (span > 400 * DAY, minute.is_multiple_of(DAY)) {
        (true, _) => date.get(..7).unwrap_or_default().to_owned(),
        (false, true) => date.get(5..).unwrap_or_default().to_owned(),
        (false, false) => time.to_owned(),
    }
}

fn several_days(summary: &Summary) -> bool {
    moment(&summary.from).0 != moment(&summary.to).0
}
