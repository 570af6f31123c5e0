//! `simulate`: a log of sends against a policy. No table, no AWS, nothing leaves.

pub mod log;
mod nobody;
mod replay;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use otp_auth::config::SendConfig;
use otp_auth::domain::guard::budget::MicroUsd;
use otp_auth::domain::numbering::is_country;
use otp_auth::domain::recipient::Recipient;

use crate::cli::{Cli, SettingsArgs};
use crate::connection::{self, Settings};
use crate::failure::Failure;
use crate::render::view::show;
use log::Entry;
use replay::{Fates, Replay};
use report::Report;

/// Replay a log of sends against a policy, and show what it would have refused and saved
///
/// Runs the service's own code on a store in memory, by the log's own clock. Nothing is read from or written to any table, and
/// nothing is sent. The policy is that of the functions' settings: from --set, --env-file or the environment, else the defaults.
///
/// SIGN_UP is taken as open: the log does not say who had signed up. Nor does it say what
/// the people who were refused would have done; each of its sends is taken as it stands.
#[derive(Args, Debug)]
#[command(after_help = "\
The log is CSV. Its first line names the columns, in any order; others are ignored:
  time,identifier,address,answered
  2026-11-23T12:00:00Z,+12345678901,203.0.113.7,yes
  2026-11-23T12:00:05Z,+12345678902,203.0.113.8,no

Examples:
  otpctl simulate sends.csv --set SMS_ALLOWED_COUNTRIES=US
  otpctl simulate sends.csv --set SMS_ALLOWED_COUNTRIES=US,DE --price US=0.0075 --price DE=0.08
  otpctl simulate sends.csv --env-file prod.env --json")]
pub struct SimulateArgs {
    /// The log
    file: PathBuf,
    /// What a text to a country costs in USD, for the sum that is saved; wins over the settings' prices
    #[arg(long, value_name = "COUNTRY=USD", value_parser = price)]
    price: Vec<(String, MicroUsd)>,
    /// Seconds after its message that a code is entered, where the log says that it was
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=600))]
    answer_after: u64,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Replays it.
///
/// # Errors
/// The log or the policy is not usable.
pub async fn run(cli: &Cli, arguments: &SimulateArgs) -> Result<(), Failure> {
    let config = Settings::read(&arguments.settings, BTreeMap::new())?.send(connection::now(cli))?;
    let entries = log::read(&arguments.file)?;
    let prices = Prices { told: arguments.price.iter().cloned().collect(), config: &config };
    let mut replay = Replay::new(&config, Duration::from_secs(arguments.answer_after))?;
    let (mut fates, progress) = (Fates::default(), ProgressBar::new(entries.len() as u64));
    for entry in &entries {
        let fate = replay.send(entry).await?;
        fates.count(&fate, entry.answered, prices.of(entry));
        progress.inc(1);
    }
    progress.finish_and_clear();
    show(&Report::new(&entries, &fates, prices.are_known()), &cli.output)
}

/// What texts cost.
struct Prices<'a> {
    told: BTreeMap<String, MicroUsd>,
    config: &'a SendConfig,
}

impl Prices<'_> {
    fn are_known(&self) -> bool {
        !self.told.is_empty() || self.config.guard.budget.money.is_some()
    }

    /// In millionths of a dollar; mail is free.
    fn of(&self, entry: &Entry) -> u64 {
        let Ok(Recipient::Phone(phone)) = Recipient::parse(&entry.identifier, None) else { return 0 };
        let country = phone.country().unwrap_or_default();
        self.told.get(country).copied().unwrap_or_else(|| self.config.guard.budget.price(country)).0
    }
}

fn price(text: &str) -> Result<(String, MicroUsd), &'static str> {
    let (country, price) = text.split_once('=').ok_or("must look like US=0.0075")?;
    let country = country.to_ascii_uppercase();
    let price = MicroUsd::parse(price).ok_or("must be a price in USD with up to six decimals, such as US=0.0075")?;
    if is_country(&country) { Ok((country, price)) } else { Err("must start with an ISO 3166-1 country code, such as US=0.0075") }
}
