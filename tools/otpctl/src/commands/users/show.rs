//! `users show`.

use clap::Args;

use super::person::{Person, find};
use crate::cli::Cli;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::render::view::show;

/// Show one user
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local users show +12345678901
  otpctl --local users show 0193532f-1c00-7000-8000-000000000000 --reveal")]
pub struct ShowArgs {
    /// The user's id, email address or phone number
    user: String,
}

/// Shows it: two reads at most.
///
/// # Errors
/// There is none.
pub async fn run(cli: &Cli, arguments: &ShowArgs) -> Result<(), Failure> {
    let connection = Connection::open(cli).await?;
    let user = find(&connection.store(), connection.ring().await?.as_ref(), &arguments.user).await?;
    show(&Person::new(&user, cli.output.reveal), &cli.output)
}
