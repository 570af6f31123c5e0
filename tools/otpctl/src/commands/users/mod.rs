//! `users`: who may sign in.

mod change;
mod create;
mod list;
mod person;
mod show;

use clap::Subcommand;

use crate::cli::Cli;
use crate::failure::Failure;

/// Create, find and change users
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    Create(create::CreateArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Disable(change::DisableArgs),
    Enable(change::EnableArgs),
    Link(change::LinkArgs),
    Unlink(change::UnlinkArgs),
}

/// Runs one of them.
///
/// # Errors
/// There is no such user, an identifier belongs to somebody else, the operator says no, or the table does not answer.
pub async fn run(cli: &Cli, command: &UsersCommand) -> Result<(), Failure> {
    match command {
        UsersCommand::Create(arguments) => create::run(cli, arguments).await,
        UsersCommand::List(arguments) => list::run(cli, arguments).await,
        UsersCommand::Show(arguments) => show::run(cli, arguments).await,
        UsersCommand::Disable(arguments) => change::disable(cli, arguments).await,
        UsersCommand::Enable(arguments) => change::enable(cli, arguments).await,
        UsersCommand::Link(arguments) => change::link(cli, arguments).await,
        UsersCommand::Unlink(arguments) => change::unlink(cli, arguments).await,
    }
}
