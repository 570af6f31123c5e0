//! `stop`, `resume`, `stops`: the kill switch, one item of the table that every send asks for.

use clap::{Args, Subcommand};
use otp_auth::domain::guard::stops::{STOPS_ARE_FRESH_FOR, Stop};
use otp_auth::ports::guard::GuardStore;
use serde::Serialize;

use crate::audit::Change;
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::render::view::{View, show};

/// Stop all texts, all mail, or texts to one country, within a minute
///
/// Requests are answered with 503 until `resume`. Codes that were sent before keep working. One write to the table.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --profile prod --table otp-auth stop sms
  otpctl --local stop country BD --yes")]
pub struct StopArgs {
    #[command(subcommand)]
    what: What,
}

/// Send again what was stopped
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --profile prod --table otp-auth resume sms")]
pub struct ResumeArgs {
    #[command(subcommand)]
    what: What,
}

/// What to stop or resume.
#[derive(Debug, Subcommand)]
enum What {
    /// Every text
    Sms,
    /// Every mail
    Email,
    /// Texts to one country
    Country {
        /// Its ISO 3166-1 code, such as DE
        code: String,
    },
}

/// Show what is stopped
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --profile prod --table otp-auth stops")]
pub struct StopsArgs {}

#[derive(Serialize)]
struct Switched {
    name: String,
    stopped: bool,
    changed: bool,
}

#[derive(Serialize)]
struct Stopped {
    stopped: Vec<String>,
}

impl What {
    fn stop(&self) -> Result<Stop, Failure> {
        match self {
            Self::Sms => Ok(Stop::Sms),
            Self::Email => Ok(Stop::Email),
            Self::Country { code } => country(code),
        }
    }
}

/// Stops it.
///
/// # Errors
/// There is no such country, the operator says no, or the table does not answer.
pub async fn stop(cli: &Cli, arguments: &StopArgs) -> Result<(), Failure> {
    let stop = arguments.what.stop()?;
    let connection = Connection::open(cli).await?;
    let mut audit = connection.audit(cli)?;
    confirm(&format!("Stop {}: nobody can sign in by it until `otpctl resume`.", name(&stop)), cli.output.yes)?;
    let (store, change) = (connection.store(), Change::named("sends.stopped").of(stop.as_str()));
    let changed = audit.of(change, async { Ok(store.stop(&stop).await?) }, |changed| *changed).await?;
    show(&Switched { name: name(&stop), stopped: true, changed }, &cli.output)
}

/// Resumes it.
///
/// # Errors
/// As [`stop`].
pub async fn resume(cli: &Cli, arguments: &ResumeArgs) -> Result<(), Failure> {
    let stop = arguments.what.stop()?;
    let connection = Connection::open(cli).await?;
    let mut audit = connection.audit(cli)?;
    confirm(&format!("Send {} again.", name(&stop)), cli.output.yes)?;
    let (store, change) = (connection.store(), Change::named("sends.resumed").of(stop.as_str()));
    let changed = audit.of(change, async { Ok(store.resume(&stop).await?) }, |changed| *changed).await?;
    show(&Switched { name: name(&stop), stopped: false, changed }, &cli.output)
}

/// Shows what is stopped: one read.
///
/// # Errors
/// The table does not answer.
pub async fn stops(cli: &Cli) -> Result<(), Failure> {
    let stops = Connection::open(cli).await?.store().stops().await?;
    show(&Stopped { stopped: stops.0.iter().map(|stop| stop.as_str().to_owned()).collect() }, &cli.output)
}

impl View for Switched {
    fn text(&self) -> String {
        let Self { name, .. } = self;
        let within = STOPS_ARE_FRESH_FOR.as_secs();
        match (self.stopped, self.changed) {
            (true, true) => format!("Stopped: {name}. Functions that are running notice within {within} seconds."),
            (true, false) => format!("Stopped already: {name}."),
            (false, true) => format!("Sent again: {name}. Functions that are running notice within {within} seconds."),
            (false, false) => format!("Not stopped: {name}."),
        }
    }
}

impl View for Stopped {
    fn text(&self) -> String {
        if self.stopped.is_empty() { "Nothing is stopped.".to_owned() } else { format!("Stopped: {}.", self.stopped.join(", ")) }
    }
}

fn country(code: &str) -> Result<Stop, Failure> {
    let found = Stop::parse(&code.to_ascii_uppercase()).filter(|stop| matches!(stop, Stop::Country(_)));
    found.ok_or_else(|| Failure::Value { option: "country", problem: "there is no such ISO 3166-1 country code".to_owned() })
}

fn name(stop: &Stop) -> String {
    match stop {
        Stop::Sms => "texts".to_owned(),
        Stop::Email => "mail".to_owned(),
        Stop::Country(code) => format!("texts to {code}"),
    }
}
