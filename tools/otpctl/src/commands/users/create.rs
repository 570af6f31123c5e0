//! `users create`.

use clap::Args;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::user::{DisplayName, Identifier, User, UserId};
use otp_auth::ports::clock::random;
use otp_auth::ports::directory::Directory;

use super::person::{Person, shown};
use crate::audit::Change;
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::view::show;

/// Create a user
///
/// With an email address, a phone number, or both: either signs in the same user. An identifier counts as verified once a code
/// that was sent there came back, unless --verified says that you have seen to it. One transaction: all of it or nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --local users create --email test@example.com --phone +12345678901 --name testuser")]
pub struct CreateArgs {
    /// The email address
    #[arg(long, value_name = "ADDRESS", required_unless_present = "phone")]
    email: Option<String>,
    /// The phone number
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// What people call the user
    #[arg(long)]
    name: Option<String>,
    /// The identifiers are known to be the user's
    #[arg(long)]
    verified: bool,
}

/// Creates it.
///
/// # Errors
/// An identifier or the name is none, or somebody has the identifier.
pub async fn run(cli: &Cli, arguments: &CreateArgs) -> Result<(), Failure> {
    let now = connection::now(cli);
    let mut user = User::new(UserId::new(now, random(&SystemRandomness)?), now);
    for (text, channel) in [(&arguments.email, Channel::Email), (&arguments.phone, Channel::Sms)] {
        if let Some(text) = text {
            let recipient = Recipient::parse(text, Some(channel))?;
            user = user.with(Identifier { recipient, verified: arguments.verified });
        }
    }
    user.name = arguments.name.as_deref().map(DisplayName::parse).transpose()?;
    let connection = Connection::open(cli).await?;
    let ring = connection.ring().await?;
    let mut audit = connection.audit(cli)?;
    let whom: Vec<String> = user.identifiers().map(|one| shown(&one.recipient, cli.output.reveal)).collect();
    confirm(&format!("Create a user with {}.", whom.join(" and ")), cli.output.yes)?;
    let change = Change::named("user.created").user(&user.id).verified(arguments.verified);
    let change = user.identifiers().fold(change, |change, one| change.masked(&one.recipient));
    let store = connection.store();
    audit.of(change, async { Ok(store.create(&ring, &user).await?) }, |()| true).await?;
    show(&Person::new(&user, cli.output.reveal), &cli.output)
}
