//! `unblock`: opens windows that are closed.

use std::net::IpAddr;

use clap::Args;
use otp_auth::domain::address::SourceAddress;
use otp_auth::domain::guard::unanswered::prefix;
use otp_auth::domain::recipient::{Channel, Recipient};
use serde::Serialize;

use crate::audit::Change;
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::view::{View, show};

/// Open the windows of an identifier, a number prefix or an address
///
/// Whoever was refused may be sent a code at once. Living challenges and their guesses stay as they are. Sends that were counted
/// are forgotten; whatever caused them can fill the window again. One write to the table (two for an address).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local unblock +12345678901               sends to this person
  otpctl --local unblock +12345678901 --failures    their failed guesses too: codes are short again
  otpctl --local unblock --prefix +12345678901      unanswered texts to this number's block of a thousand
  otpctl --local unblock --address 203.0.113.7      sends from there in this hour, countries asked for today")]
#[command(arg_required_else_help = true)]
pub struct UnblockArgs {
    /// A phone number or an email address
    #[arg(required_unless_present_any = ["prefix", "address"])]
    identifier: Option<String>,
    /// A phone number of the block
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["identifier", "address"])]
    prefix: Option<String>,
    /// A source address
    #[arg(long, value_name = "IP", conflicts_with = "identifier")]
    address: Option<IpAddr>,
    /// Forget the identifier's failed guesses as well
    #[arg(long, requires = "identifier")]
    failures: bool,
}

#[derive(Serialize)]
struct Unblocked {
    unblocked: String,
}

impl View for Unblocked {
    fn text(&self) -> String {
        format!("Open again: {}.", self.unblocked)
    }
}

/// Opens them.
///
/// # Errors
/// Nothing is counted there, the operator says no, or the table does not answer.
pub async fn run(cli: &Cli, arguments: &UnblockArgs) -> Result<(), Failure> {
    let (unblocked, found) = match (&arguments.identifier, &arguments.prefix, arguments.address) {
        (Some(identifier), ..) => open_identifier(cli, identifier, arguments.failures).await?,
        (None, Some(number), _) => open_prefix(cli, number).await?,
        (None, None, Some(address)) => open_address(cli, address).await?,
        (None, None, None) => return Err(Failure::Usage("Say whose windows: an identifier, --prefix or --address.")),
    };
    if !found {
        return Err(Failure::NotFound(format!("Nothing is counted for {unblocked}. Nothing was changed.")));
    }
    show(&Unblocked { unblocked }, &cli.output)
}

async fn open_identifier(cli: &Cli, identifier: &str, failures: bool) -> Result<(String, bool), Failure> {
    let recipient = Recipient::parse(identifier, None)?;
    let shown = if cli.output.reveal { recipient.canonical().to_owned() } else { recipient.masked() };
    let connection = Connection::open(cli).await?;
    let (ring, mut audit) = (connection.ring().await?, connection.audit(cli)?);
    let key = ring.ledger_key(&recipient);
    let also = if failures { " and its failed guesses" } else { "" };
    confirm(&format!("Forget the sends to {shown}{also}."), cli.output.yes)?;
    let store = connection.store();
    let change = |what| Change::named("windows.opened").of(what).about(&ring, &recipient);
    let mut found = audit.of(change("sends"), async { Ok(store.forget_sends(&key).await?) }, |found| *found).await?;
    if failures {
        let forgetting = async { Ok(store.forget_failures(&key, connection::now(cli)).await?) };
        found = audit.of(change("failures"), forgetting, |found| *found).await? || found;
    }
    Ok((shown, found))
}

async fn open_prefix(cli: &Cli, number: &str) -> Result<(String, bool), Failure> {
    let recipient = Recipient::parse(number, Some(Channel::Sms))?;
    let block = prefix(recipient.canonical());
    let shown = if cli.output.reveal { format!("{block}…") } else { format!("the prefix of {}", recipient.masked()) };
    let connection = Connection::open(cli).await?;
    let key = connection.ring().await?.prefix_key(block);
    let mut audit = connection.audit(cli)?;
    confirm(&format!("Forget the unanswered texts to {shown}."), cli.output.yes)?;
    let change = Change::named("windows.opened").of("prefix").masked(&recipient);
    let store = connection.store();
    let found = audit.of(change, async { Ok(store.forget_prefix(&key).await?) }, |found| *found).await?;
    Ok((shown, found))
}

async fn open_address(cli: &Cli, address: IpAddr) -> Result<(String, bool), Failure> {
    let source = SourceAddress::new(address);
    let now = connection::now(cli);
    let connection = Connection::open(cli).await?;
    let (ring, mut audit) = (connection.ring().await?, connection.audit(cli)?);
    confirm(&format!("Forget the sends from {address} in this hour and the countries it asked for today."), cli.output.yes)?;
    let key = ring.address_key(&source, now.day());
    let (store, change) = (connection.store(), Change::named("windows.opened").of("address"));
    let found = audit.of(change, async { Ok(store.forget_address(&key, now).await?) }, |found| *found).await?;
    Ok((address.to_string(), found))
}
