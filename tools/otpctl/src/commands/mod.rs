//! One command a file.

pub mod completions;
pub mod records;
pub mod send_test;
pub mod simulate;
pub mod table;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Runs what the command line asks for.
///
/// # Errors
/// [`Failure`], with its exit code.
pub async fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Records(arguments) => records::run(cli, arguments).await,
        Command::SendTest(arguments) => send_test::run(cli, arguments).await,
        Command::Simulate(arguments) => simulate::run(cli, arguments).await,
        Command::Table(command) => table::run(cli, command).await,
        Command::Completions(arguments) => completions::run(arguments),
    }
}
