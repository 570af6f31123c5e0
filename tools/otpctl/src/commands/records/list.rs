//! `records` without an identifier: a scan.

use otp_auth::domain::time::Timestamp;
use serde::Serialize;

use super::RecordsArgs;
use super::record::Record;
use crate::cli::Cli;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::time::relative;
use crate::render::view::{View, show};
use crate::render::{self, Column};
use crate::scan::{self, Found};

/// What the headings mean.
const LEGEND: &str = "\
Live: challenges that can be answered. Wrong: guesses at the item's challenges.
Next: length of the next code. 1 h, 24 h: sends.";

/// The items that a scan found.
#[derive(Serialize)]
struct List {
    records: Vec<Record>,
    /// How many there are, those beyond the limit included.
    total: usize,
    /// Items that are not as this service writes them, by the beginning of their hash.
    damaged: Vec<String>,
    #[serde(skip)]
    now: Timestamp,
}

/// Shows every identifier's item, newest send first.
///
/// # Errors
/// The table does not answer.
pub async fn run(cli: &Cli, arguments: &RecordsArgs) -> Result<(), Failure> {
    let connection = Connection::open(cli).await?;
    let (now, policy) = (connection::now(cli), connection.settings(&arguments.settings)?.core()?.policy);
    let Found { ledgers, damaged } = scan::ledgers(&connection, now).await?;
    let mut records: Vec<Record> = ledgers.iter().map(|(key, ledger)| Record::new(key, ledger, &policy, now)).collect();
    records.retain(|record| !arguments.live || record.live() > 0);
    records.sort_by(|a, b| b.last_send.cmp(&a.last_send).then_with(|| a.item.cmp(&b.item)));
    let total = records.len();
    records.truncate(arguments.limit);
    let damaged = damaged.iter().map(|key| super::record::short(key)).collect();
    show(&List { records, total, damaged, now }, &cli.output)
}

impl View for List {
    fn text(&self) -> String {
        let columns = [
            Column::Text("Item"),
            Column::Number("Live"),
            Column::Number("Wrong"),
            Column::Number("In a row"),
            Column::Number("Next"),
            Column::Number("1 h"),
            Column::Number("24 h"),
            Column::Text("Last send"),
        ];
        let table = render::table(&columns, self.records.iter().map(|record| self.row(record)));
        let mut text = format!("{table}\n\n{LEGEND}\n{} of {} identifiers.\n", self.records.len(), self.total);
        if !self.damaged.is_empty() {
            text.push_str(&format!("Damaged items, which the functions answer with 500: {}\n", self.damaged.join(", ")));
        }
        text
    }
}

impl List {
    fn row(&self, record: &Record) -> Vec<String> {
        let guesses: u32 = record.challenges.iter().map(|challenge| challenge.attempts).sum();
        vec![
            record.item.clone(),
            record.live().to_string(),
            guesses.to_string(),
            record.failures.to_string(),
            record.next_code_length.to_string(),
            record.sends_last_hour.to_string(),
            record.sends_last_day.to_string(),
            record.last_send.map_or_else(|| "never".to_owned(), |sent| relative(sent, self.now)),
        ]
    }
}
