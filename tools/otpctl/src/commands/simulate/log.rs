//! A log of sends, as CSV.

use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use otp_auth::domain::time::Timestamp;
use serde::Deserialize;

use crate::render::time;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When the code was asked for.
    pub time: Timestamp,
    /// For whom, as it was typed.
    pub identifier: String,
    /// From where.
    pub address: IpAddr,
    /// Whether the right code was given.
    pub answered: bool,
}

/// Why a log cannot be replayed. Names the line, and repeats nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum BadLog {
    /// It cannot be read, or is no CSV.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, String),
    /// A column is missing.
    #[error("{0} has no column {1}. The first line must name the columns time, identifier, address and answered.")]
    Column(PathBuf, &'static str),
    /// A field is not what its column says.
    #[error("{file}, line {line}: {column} {problem}")]
    Field {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What it must be.
        problem: &'static str,
    },
    /// There is nothing in it.
    #[error("{0} has no sends in it.")]
    Empty(PathBuf),
}

#[derive(Deserialize)]
struct Row {
    time: String,
    identifier: String,
    address: String,
    answered: String,
}

/// Reads the log, oldest send first.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn read(path: &Path) -> Result<Vec<Entry>, BadLog> {
    let unreadable = |error: csv::Error| BadLog::Unreadable(path.to_owned(), error.to_string());
    let file = File::open(path).map_err(|error| BadLog::Unreadable(path.to_owned(), error.to_string()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let headings = reader.headers().map_err(unreadable)?.clone();
    if let Some(missing) = ["time", "identifier", "address", "answered"].into_iter().find(|c| !headings.iter().any(|h| h == *c)) {
        return Err(BadLog::Column(path.to_owned(), missing));
    }
    let mut entries = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        let row: Row = record.deserialize(Some(&headings)).map_err(unreadable)?;
        let bad = |(column, problem)| BadLog::Field { file: path.to_owned(), line, column, problem };
        entries.push(entry(row).map_err(bad)?);
    }
    entries.sort_by_key(|entry| entry.time);
    if entries.is_empty() { Err(BadLog::Empty(path.to_owned())) } else { Ok(entries) }
}

fn entry(row: Row) -> Result<Entry, (&'static str, &'static str)> {
    Ok(Entry {
        time: moment(&row.time).ok_or(("time", "must be a time such as 2026-11-23T12:00:00Z, or seconds since 1970"))?,
        identifier: row.identifier,
        address: row.address.parse().map_err(|_| ("address", "must be an IP address"))?,
        answered: yes_or_no(&row.answered).ok_or(("answered", "must be yes or no (or true, false, 1, 0)"))?,
    })
}

fn moment(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse::<u64>().ok()?.checked_mul(1000).map(Timestamp::from_millis);
    time::parse(text).or_else(seconds)
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" | "" => Some(false),
        _ => None,
    }
}
