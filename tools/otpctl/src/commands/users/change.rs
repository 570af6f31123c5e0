//! `users disable`, `enable`, `link` and `unlink`.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::user::{Identifier, User};
use otp_auth::ports::directory::{Administration, Directory};

use super::person::{Person, find, shown};
use crate::audit::{Audit, Change};
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::view::show;

/// Let a user sign in no more
///
/// The user gets no codes and no tokens, and the replies do not tell. Access tokens that are out already hold until they expire.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --local users disable +12345678901")]
pub struct DisableArgs {
    /// The user's id, email address or phone number
    user: String,
}

/// Let a disabled user sign in again
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --local users enable +12345678901")]
pub struct EnableArgs {
    /// The user's id, email address or phone number
    user: String,
}

/// Give a user a second identifier
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --local users link test@example.com +12345678901")]
pub struct LinkArgs {
    /// The user's id, email address or phone number
    user: String,
    /// The new email address or phone number, which nobody may have
    identifier: String,
    /// It is known to be the user's
    #[arg(long)]
    verified: bool,
}

/// Take an identifier away from a user
///
/// Somebody else may have it then. Without its last identifier, a user cannot sign in.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl --local users unlink test@example.com phone")]
pub struct UnlinkArgs {
    /// The user's id, email address or phone number
    user: String,
    /// Which of its identifiers
    #[arg(value_enum)]
    which: Which,
}

/// One of a user's identifiers.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// The email address
    Email,
    /// The phone number
    Phone,
}

/// A user of the directory, found.
struct Found {
    store: DynamoStore,
    ring: Arc<KeyRing>,
    user: User,
    audit: Audit,
}

impl Found {
    async fn by(cli: &Cli, who: &str) -> Result<Self, Failure> {
        let connection = Connection::open(cli).await?;
        let (store, ring) = (connection.store(), connection.ring().await?);
        let user = find(&store, &ring, who).await?;
        Ok(Self { store, ring, user, audit: connection.audit(cli)? })
    }
}

/// # Errors
/// There is none, or the table does not answer.
pub async fn disable(cli: &Cli, arguments: &DisableArgs) -> Result<(), Failure> {
    set_disabled(cli, &arguments.user, true, ("Disable", "user.disabled")).await
}

/// # Errors
/// There is none, or the table does not answer.
pub async fn enable(cli: &Cli, arguments: &EnableArgs) -> Result<(), Failure> {
    set_disabled(cli, &arguments.user, false, ("Enable", "user.enabled")).await
}

async fn set_disabled(cli: &Cli, who: &str, disabled: bool, (verb, event): (&str, &'static str)) -> Result<(), Failure> {
    let Found { store, ring, user, mut audit } = Found::by(cli, who).await?;
    confirm(&format!("{verb} the user {}.", user.id.as_str()), cli.output.yes)?;
    let change = Change::named(event).user(&user.id);
    let setting = async { Ok(store.set_disabled(&ring, &user.id, disabled, connection::now(cli)).await?) };
    let user = audit.of(change, setting, |after| after.disabled != user.disabled).await?;
    show(&Person::new(&user, cli.output.reveal), &cli.output)
}

/// # Errors
/// There is none, somebody has the identifier, or the user has another of its kind.
pub async fn link(cli: &Cli, arguments: &LinkArgs) -> Result<(), Failure> {
    let recipient = Recipient::parse(&arguments.identifier, None)?;
    let Found { store, ring, user, mut audit } = Found::by(cli, &arguments.user).await?;
    let what = shown(&recipient, cli.output.reveal);
    confirm(&format!("Let {what} sign in the user {}.", user.id.as_str()), cli.output.yes)?;
    let channel = recipient.channel();
    let change = Change::named("user.linked").user(&user.id).about(&ring, &recipient).verified(arguments.verified);
    let identifier = Identifier { recipient, verified: arguments.verified };
    let linking = async { Ok(store.link(&ring, &user.id, &identifier, connection::now(cli)).await?) };
    let user = audit.of(change, linking, |after| after.identifier(channel) != user.identifier(channel)).await?;
    show(&Person::new(&user, cli.output.reveal), &cli.output)
}

/// # Errors
/// There is none, or the user has no such identifier.
pub async fn unlink(cli: &Cli, arguments: &UnlinkArgs) -> Result<(), Failure> {
    let Found { store, ring, user, mut audit } = Found::by(cli, &arguments.user).await?;
    let channel = match arguments.which {
        Which::Email => Channel::Email,
        Which::Phone => Channel::Sms,
    };
    let Some(identifier) = user.identifier(channel) else {
        return Err(Failure::NotFound(format!("The user has no {}.", channel.as_str())));
    };
    let what = shown(&identifier.recipient, cli.output.reveal);
    confirm(&format!("Take {what} away from the user {}.", user.id.as_str()), cli.output.yes)?;
    let change = Change::named("user.unlinked").user(&user.id).about(&ring, &identifier.recipient);
    let unlinking = async { Ok(store.unlink(&ring, &user.id, channel, connection::now(cli)).await?) };
    let user = audit.of(change, unlinking, |after| after.identifier(channel) != user.identifier(channel)).await?;
    show(&Person::new(&user, cli.output.reveal), &cli.output)
}
