//! `records IDENTIFIER`.

use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::store::ChallengeStore;
use serde::Serialize;

use super::RecordsArgs;
use super::record::{ChallengeRecord, Record};
use crate::cli::Cli;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::time::relative;
use crate::render::view::{View, show};
use crate::render::{self, Column};

/// One identifier's item, and the time that it is looked at from.
#[derive(Serialize)]
struct One {
    #[serde(flatten)]
    record: Record,
    #[serde(skip)]
    now: Timestamp,
}

/// Shows one identifier's item: one consistent read.
///
/// # Errors
/// Nothing is known of it.
pub async fn run(cli: &Cli, arguments: &RecordsArgs, identifier: &str) -> Result<(), Failure> {
    let recipient = Recipient::parse(identifier, None)?;
    let connection = Connection::open(cli).await?;
    let (now, policy) = (connection::now(cli), connection.settings(&arguments.settings)?.core()?.policy);
    let key = connection.ring().await?.ledger_key(&recipient);
    let ledger = connection.store().read(&key, now).await?;
    if ledger.sends.is_empty() && ledger.slots.is_empty() {
        return Err(Failure::NotFound(format!("No code was sent to {} in the last 90 days.", recipient.masked())));
    }
    let shown = if cli.output.reveal { recipient.canonical().to_owned() } else { recipient.masked() };
    let record = Record { identifier: Some(shown), ..Record::new(key.as_str(), &ledger, &policy, now) };
    show(&One { record, now }, &cli.output)
}

impl View for One {
    fn text(&self) -> String {
        let Self { record, now } = self;
        let Record { item, next_code_length, failures, unsolved_failures, sends_last_hour, sends_last_day, .. } = record;
        let at = |time: Option<Timestamp>, none: &str| {
            time.map_or_else(|| none.to_owned(), |time| format!("{} ({})", time.to_rfc3339(), relative(time, *now)))
        };
        let head = render::list(&[
            ("Identifier", format!("{} (item {item})", record.identifier.as_deref().unwrap_or_default())),
            ("Sends", format!("{sends_last_hour} in the last hour, {sends_last_day} in the last day")),
            ("Last send", at(record.last_send, "never")),
            ("Next send", at(record.next_send, "may be sent now")),
            ("Failures", format!("{failures} in a row; {unsolved_failures} at unsolved challenges in this 30-day period")),
            ("Next code", format!("{next_code_length} characters")),
        ]);
        format!("{head}\n{}", challenges(&record.challenges, *now))
    }
}

fn challenges(challenges: &[ChallengeRecord], now: Timestamp) -> String {
    let columns = [
        Column::Text("Purpose"),
        Column::Text("State"),
        Column::Text("Wrong guesses"),
        Column::Number("Messages"),
        Column::Text("By"),
        Column::Number("Length"),
        Column::Text("Ends"),
    ];
    let row = |challenge: &ChallengeRecord| {
        vec![
            challenge.purpose.to_owned(),
            challenge.state.as_str().to_owned(),
            format!("{} of {}", challenge.attempts, challenge.max_attempts),
            challenge.messages.to_string(),
            challenge.provider.clone(),
            challenge.code_length.to_string(),
            relative(challenge.expires, now),
        ]
    };
    render::table(&columns, challenges.iter().map(row))
}
