//! `explain`: what the guard knows, and what it would decide now.

mod checks;
mod facts;

use std::net::IpAddr;

use clap::Args;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use serde::Serialize;

use crate::cli::{Cli, SettingsArgs};
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::time::relative;
use crate::render::view::{View, show};
use crate::render::{self, Column};
use checks::{Check, Says};
use facts::Facts;

/// Explain what would happen to a send now, and why
///
/// Reads what the guard has counted for the identifier, its number prefix, its country and, with --address, where a request would
/// come from, and decides as send-otp would by the settings given. Counts nothing and changes nothing. Up to 6 reads of single
/// items, and batches of 15 counters and of 1.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local explain +12345678901
  otpctl --local explain +12345678901 --address 203.0.113.7
  otpctl --profile prod --table otp-auth --keys-secret otp-auth-keys explain +12345678901 --env-file prod.env")]
pub struct ExplainArgs {
    /// A phone number or an email address
    identifier: String,
    /// Where the request would come from
    #[arg(long, value_name = "IP")]
    address: Option<IpAddr>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Serialize)]
struct Explained {
    identifier: String,
    country: Option<String>,
    /// Whether a message would leave now.
    would_send: bool,
    /// The machine-readable reason why not.
    reason: Option<&'static str>,
    /// When that would change.
    opens_at: Option<String>,
    checks: Vec<Check>,
    #[serde(skip)]
    now: Timestamp,
}

/// Explains it.
///
/// # Errors
/// The settings or the keys cannot be used, or the table does not answer.
pub async fn run(cli: &Cli, arguments: &ExplainArgs) -> Result<(), Failure> {
    let recipient = Recipient::parse(&arguments.identifier, None)?;
    let connection = Connection::open(cli).await?;
    let now = connection::now(cli);
    let config = connection.settings(&arguments.settings)?.send(now)?;
    let ring = connection.ring().await?;
    let facts = Facts::read(&connection.store(), &ring, &recipient, arguments.address, &config.guard, now).await?;
    let checks = checks::all(&facts, &config, now);
    let refusal = checks.iter().find(|check| check.says == Says::Refuses);
    let explained = Explained {
        identifier: if cli.output.reveal { recipient.canonical().to_owned() } else { recipient.masked() },
        country: facts.country().map(str::to_owned),
        would_send: refusal.is_none(),
        reason: refusal.and_then(|check| check.reason),
        opens_at: refusal.and_then(|check| check.opens).map(Timestamp::to_rfc3339),
        checks,
        now,
    };
    show(&explained, &cli.output)
}

impl View for Explained {
    fn text(&self) -> String {
        let columns = [Column::Text("Check"), Column::Text("Says"), Column::Text("Because"), Column::Text("Opens")];
        let row = |check: &Check| {
            let opens = check.opens.map(|time| relative(time, self.now)).unwrap_or_default();
            vec![check.name.to_owned(), check.says.as_str().to_owned(), check.because.clone(), opens]
        };
        let table = render::table(&columns, self.checks.iter().map(row));
        format!("{}\n\n{table}", self.verdict())
    }
}

impl Explained {
    fn verdict(&self) -> String {
        let to = match &self.country {
            Some(country) => format!("{} ({country})", self.identifier),
            None => self.identifier.clone(),
        };
        match (self.reason, &self.opens_at) {
            (None, _) => format!("A code for {to} would be sent now."),
            (Some(reason), None) => format!("A code for {to} would not be sent.\nReason: {reason}."),
            (Some(reason), Some(opens)) => format!("A code for {to} would not be sent before {opens}.\nReason: {reason}."),
        }
    }
}
