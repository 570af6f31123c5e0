//! One command a file.

pub mod completions;
pub mod explain;
pub mod keys;
pub mod records;
pub mod report;
pub mod send_test;
pub mod simulate;
pub mod stats;
pub mod stop;
pub mod table;
pub mod unblock;
pub mod users;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

/// Runs what the command line asks for.
///
/// # Errors
/// [`Failure`], with its exit code.
pub async fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Users(command) => users::run(cli, command).await,
        Command::Records(arguments) => records::run(cli, arguments).await,
        Command::Stats(arguments) => stats::run(cli, arguments).await,
        Command::Report(arguments) => report::run(cli, arguments),
        Command::Explain(arguments) => explain::run(cli, arguments).await,
        Command::Unblock(arguments) => unblock::run(cli, arguments).await,
        Command::Stop(arguments) => stop::stop(cli, arguments).await,
        Command::Resume(arguments) => stop::resume(cli, arguments).await,
        Command::Stops(stop::StopsArgs {}) => stop::stops(cli).await,
        Command::SendTest(arguments) => send_test::run(cli, arguments).await,
        Command::Simulate(arguments) => simulate::run(cli, arguments).await,
        Command::Keys(command) => keys::run(cli, command).await,
        Command::Table(command) => table::run(cli, command).await,
        Command::Completions(arguments) => completions::run(arguments),
    }
}
