//! `records`: the items of identifiers. Never a code: there is none in the table, and its name is not shown either.

mod list;
mod one;
mod record;

use clap::Args;

use crate::cli::{Cli, SettingsArgs};
use crate::failure::Failure;

/// Show who was sent codes, and what became of them
///
/// With an identifier: its challenges, failed guesses, and when it may be sent another code. One read request to the table.
///
/// Without: a scan of the whole table, which reads (and on AWS charges for) every item in it once: half a read unit for each
/// 4 KB. Identifiers are keyed hashes there, so the list shows the hash's beginning.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local records                       everybody, newest first
  otpctl --local records --live                only who has a code waiting
  otpctl --local records +12345678901          one person
  otpctl --local records user@example.com --json")]
pub struct RecordsArgs {
    /// A phone number or an email address, spelled in any way that the API accepts
    identifier: Option<String>,
    /// Only identifiers with a challenge that can be answered
    #[arg(long, conflicts_with = "identifier")]
    live: bool,
    /// Lines of the list at most
    #[arg(long, value_name = "N", default_value_t = 50, conflicts_with = "identifier")]
    limit: usize,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Shows them.
///
/// # Errors
/// The table does not answer, or nothing is known of the identifier.
pub async fn run(cli: &Cli, arguments: &RecordsArgs) -> Result<(), Failure> {
    match &arguments.identifier {
        Some(identifier) => one::run(cli, arguments, identifier).await,
        None => list::run(cli, arguments).await,
    }
}
