//! The tables, and whether the numbers are as they should be.

use std::time::Duration;

use super::StartError;
use super::binaries::Binary;
use super::sample::{Sample, median};
use crate::table::Table;

/// The largest share of the every-default build's CPU time that our start and first request may take.
const LARGEST_SHARE: f64 = 0.25;
/// The largest zip, in bytes.
const LARGEST_ZIP: u64 = 3_500_000;

/// What was measured of one function, as medians.
#[derive(Clone, Debug)]
pub struct Row {
    name: &'static str,
    start: (Duration, Duration),
    first: (Duration, Duration),
    warm: (Duration, Duration),
    /// CPU time of start and first request together.
    pub both: Duration,
    until_connecting: Option<Duration>,
    until_connected: Option<Duration>,
    peak_kib: u64,
    size: u64,
    zip: u64,
}

impl Row {
    /// Sums many samples up.
    ///
    /// # Errors
    /// The binary cannot be read.
    pub fn new(binary: &Binary, samples: &[Sample]) -> Result<Self, StartError> {
        let (size, zip) = binary.sizes()?;
        let of = |number: fn(&Sample) -> Duration| median(samples, number);
        Ok(Self {
            name: binary.name,
            start: (of(|s| s.start.cpu), of(|s| s.start.wall)),
            first: (of(|s| s.first.cpu), of(|s| s.first.wall)),
            warm: (of(|s| s.warm.cpu), of(|s| s.warm.wall)),
            both: of(|s| s.start.cpu + s.first.cpu),
            until_connecting: median(samples, |s| s.until_connecting),
            until_connected: median(samples, |s| s.until_connected),
            peak_kib: median(samples, |s| s.peak_kib),
            size,
            zip,
        })
    }
}

/// Everything about every function. `rows` starts with the empty function; each of the others has its every-default
/// build beside it.
#[must_use]
pub fn overview(empty: &Row, pairs: &[(&Row, &Row)]) -> Table {
    let headings = [
        "CPU ms (wall ms)",
        "start",
        "first request",
        "warm request",
        "start + first",
        "× empty",
        "of every default",
        "peak MiB",
        "binary MB",
        "zip MB",
    ];
    let mut table = Table::new(headings, &[0]);
    let mut row = |row: &Row, share: Option<f64>| {
        table.row([
            row.name.to_owned(),
            both(row.start),
            both(row.first),
            both(row.warm),
            ms(row.both),
            format!("{:.1}", ratio(row.both, empty.both)),
            share.map_or_else(|| "-".to_owned(), |share| format!("1/{:.1}", 1.0 / share)),
            format!("{:.1}", row.peak_kib as f64 / 1024.0),
            megabytes(row.size),
            megabytes(row.zip),
        ]);
    };
    row(empty, None);
    for (ours, default) in pairs {
        row(ours, Some(ratio(ours.both, default.both)));
        row(default, None);
    }
    table
}

/// Where the CPU time of start and first request goes, by what the endpoints saw.
#[must_use]
pub fn phases(rows: &[&Row]) -> Table {
    let headings =
        ["CPU ms", "until it connects", "until its connections stand", "until it asks for an event", "first request", "sum"];
    let mut table = Table::new(headings, &[0]);
    for row in rows {
        let connecting = row.until_connecting.unwrap_or(row.start.0);
        let connected = row.until_connected.unwrap_or(connecting);
        table.row([
            row.name.to_owned(),
            ms(connecting),
            ms(connected.saturating_sub(connecting)),
            ms(row.start.0.saturating_sub(connected)),
            ms(row.first.0),
            ms(row.both),
        ]);
    }
    table
}

/// The steps of our start, built our way and with every default.
#[must_use]
pub fn steps(ours: &[(&str, Duration)], default: &[(&str, Duration)]) -> Table {
    let mut table = Table::new(["CPU ms, one step after another", "our build", "every default"], &[0]);
    for (step, taken) in ours {
        let other = default.iter().find(|(name, _)| name == step).map_or_else(|| "-".to_owned(), |(_, taken)| ms(*taken));
        table.row([(*step).to_owned(), ms(*taken), other]);
    }
    table
}

/// What is not as it should be.
#[must_use]
pub fn faults(pairs: &[(&Row, &Row)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (ours, default) in pairs {
        let share = ratio(ours.both, default.both);
        if share > LARGEST_SHARE {
            faults.push(format!("{}: start and first request take {share:.2} of the every-default build's CPU time", ours.name));
        }
        if ours.zip > LARGEST_ZIP {
            faults.push(format!("{}: its zip has {} MB", ours.name, megabytes(ours.zip)));
        }
    }
    faults
}

fn both((cpu, wall): (Duration, Duration)) -> String {
    format!("{} ({})", ms(cpu), ms(wall))
}

fn ms(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1_000_000.0)
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
