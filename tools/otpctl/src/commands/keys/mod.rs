//! `keys`: the keys in the vault, moved on without losing what is under way. Their values are never shown.

mod inventory;

use clap::{Args, Subcommand, ValueEnum};
use otp_auth::adapters::rotation::{self, Rotated, RotationError, Step, Urgency};
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::signing::Algorithm;
use otp_auth::domain::time::Timestamp;
use serde::Serialize;

use crate::audit::Change;
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::{self, Vault};
use crate::failure::Failure;
use crate::render::view::{View, show};
use inventory::Inventory;

/// List and rotate the keys of codes and of access tokens
///
/// The keys are in the secret of --keys-secret, or in the file of --keys-file. No table is needed.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    List(ListArgs),
    Rotate(RotateArgs),
}

/// List the keys by name and use, never by value
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local keys list
  otpctl --profile prod --keys-secret otp-auth-keys keys list")]
pub struct ListArgs {}

/// Move the next key into use, retire the oldest, and make a new next one
///
/// Each key is known to every process and published before it is used, and stays for what was made with it: no code, token or
/// session under way is lost. So there are hours between two rotations, and one that comes too early is refused. Where there is no
/// next key yet, the first rotation makes one and the second uses it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --profile prod --keys-secret otp-auth-keys keys rotate signing
  otpctl --keys-file otp.sqlite.keys keys rotate codes
  otpctl --profile prod --keys-secret otp-auth-keys keys rotate signing --compromised")]
pub struct RotateArgs {
    /// Which keys
    #[arg(value_enum)]
    kind: Kind,
    /// What the new signing key signs with (RS256, ES256 or EdDSA)
    #[arg(long, value_name = "NAME", default_value = "RS256", value_parser = algorithm)]
    algorithm: Algorithm,
    /// The keys may be in wrong hands: end all of them now, and what was made with them
    #[arg(long)]
    compromised: bool,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Those that make codes and challenge tokens
    Codes,
    /// Those that sign access tokens
    Signing,
}

#[derive(Serialize)]
struct Done {
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usable_from: Option<String>,
    retired: Vec<String>,
}

/// Runs one of them.
///
/// # Errors
/// The vault cannot be read or written, or it is too early.
pub async fn run(cli: &Cli, command: &KeysCommand) -> Result<(), Failure> {
    let vault = connection::vault(cli).await?;
    match command {
        KeysCommand::List(ListArgs {}) => show(&Inventory::of(&vault)?, &cli.output),
        KeysCommand::Rotate(arguments) => rotate(cli, arguments, &vault).await,
    }
}

async fn rotate(cli: &Cli, arguments: &RotateArgs, vault: &Vault) -> Result<(), Failure> {
    let Rotated { document, step } = rotated(arguments, vault, connection::now(cli)).map_err(|error| match error {
        RotationError::Secret(cause) => Failure::Keys { place: vault.place.clone(), cause },
        other => Failure::Rotation(other),
    })?;
    let done = Done::from(step);
    let mut audit = vault.audit(cli)?;
    confirm(&format!("{}: {}", vault.place, question(arguments, &done)), cli.output.yes)?;
    audit.of(change(arguments, &done), vault.replace(&document), |()| true).await?;
    show(&done, &cli.output)
}

fn rotated(arguments: &RotateArgs, vault: &Vault, now: Timestamp) -> Result<Rotated, RotationError> {
    let urgency = if arguments.compromised { Urgency::Compromised } else { Urgency::Routine };
    match arguments.kind {
        Kind::Codes => rotation::rotate_codes(&vault.document, now, urgency, &SystemRandomness),
        Kind::Signing => rotation::rotate_signing(&vault.document, now, urgency, arguments.algorithm),
    }
}

fn change(arguments: &RotateArgs, done: &Done) -> Change {
    let what = match arguments.kind {
        Kind::Codes => "codes",
        Kind::Signing => "signing",
    };
    let event = if arguments.compromised { "keys.ended" } else { "keys.rotated" };
    Change::named(event).of(what).keys(done.current.as_deref(), done.next.as_deref(), &done.retired)
}

fn question(arguments: &RotateArgs, done: &Done) -> String {
    let ends = match (arguments.compromised, arguments.kind) {
        (false, _) => "",
        (true, Kind::Codes) => " Every code that is out ends now.",
        (true, Kind::Signing) => " Every access token that is out ends now.",
    };
    format!("{}{ends}", done.text())
}

impl From<Step> for Done {
    fn from(step: Step) -> Self {
        let nothing = Self { current: None, next: None, usable_from: None, retired: Vec::new() };
        match step {
            Step::Made { current } => Self { current: Some(current), ..nothing },
            Step::Prepared { next, from } => Self { next: Some(next), usable_from: Some(from.to_rfc3339()), ..nothing },
            Step::Switched { current, retired } => Self { current: Some(current), retired, ..nothing },
        }
    }
}

impl View for Done {
    fn text(&self) -> String {
        let retired = if self.retired.is_empty() { String::new() } else { format!(" {} is gone.", self.retired.join(", ")) };
        match (&self.current, &self.next, &self.usable_from) {
            (Some(current), ..) => format!("{current} is in use from now on, and a new next key is there.{retired}"),
            (None, Some(next), Some(from)) => format!("{next} is the next key. Rotate again after {from} to use it."),
            _ => "Nothing to do.".to_owned(),
        }
    }
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    Algorithm::parse(text).ok_or("must be RS256, ES256 or EdDSA")
}
