//! The command line: every option and command, with the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use otp_auth::domain::time::Timestamp;

use crate::commands::{completions, explain, keys, records, report, send_test, simulate, stats, stop, table, unblock, users};
use crate::failure::EXIT_CODES;

/// The operator's command line of otp-auth.
///
/// It asks the table who was sent codes and what became of them, and changes what an operator may change. It never shows a
/// code or a key, and shows identifiers masked unless --reveal is given.
#[derive(Debug, Parser)]
#[command(name = "otpctl", version, propagate_version = true, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// Which table.
    #[command(flatten)]
    pub target: TargetArgs,
    /// How results look.
    #[command(flatten)]
    pub output: OutputArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  otpctl --local records                      beside `make run`: everybody who was sent a code
  otpctl --local=9000 records +12345678901    the same server on port 9000: one person's codes
  otpctl --profile prod --table otp-auth-Table-1 --keys-secret otp-auth-keys records +12345678901
  otpctl --local users create --email test@example.com --phone +12345678901 --name testuser
  otpctl simulate sends.csv --set SMS_ALLOWED_COUNTRIES=US
  aws logs tail /aws/lambda/send-otp --since 1d | otpctl report --output report.html";

/// Which table, and whose keys.
#[derive(Args, Debug)]
#[command(next_help_heading = "Which table")]
pub struct TargetArgs {
    /// A `make run` on this machine, by its port
    #[arg(long, global = true, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "8000")]
    #[arg(conflicts_with_all = ["profile", "region"])]
    pub local: Option<u16>,
    /// The DynamoDB table
    #[arg(long, global = true, value_name = "NAME", env = "TABLE_NAME")]
    pub table: Option<String>,
    /// The AWS profile to use
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The AWS Region of the table
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// DynamoDB's endpoint, when it is not the region's; one on this machine needs no credentials
    #[arg(long, global = true, value_name = "URL", env = "DYNAMODB_ENDPOINT")]
    pub endpoint: Option<String>,
    /// The secret in Secrets Manager that holds the keys
    #[arg(long, global = true, value_name = "ARN", env = "KEYS_SECRET_ARN")]
    pub keys_secret: Option<String>,
    /// A file that holds the keys, as the local server keeps beside OTP_DB; wins over --keys-secret
    #[arg(long, global = true, value_name = "FILE")]
    pub keys_file: Option<PathBuf>,
}

/// How results look.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Whole identifiers instead of masks (never codes or keys)
    #[arg(long, global = true)]
    pub reveal: bool,
    /// Change things without asking
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Where a line goes for each change [default: ~/.local/state/otpctl/audit.jsonl]
    #[arg(long, global = true, value_name = "FILE", env = "OTPCTL_AUDIT_LOG")]
    pub audit_log: Option<PathBuf>,
    /// The time to look from, such as 2026-11-23T12:00:00Z, instead of now
    #[arg(long, global = true, value_name = "TIME", value_parser = timestamp)]
    pub now: Option<Timestamp>,
}

/// The settings that a policy is read from: what the functions read from their environment.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Settings (docs/settings.md)")]
pub struct SettingsArgs {
    /// A setting of the functions; wins over everything else
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub set: Vec<(String, String)>,
    /// A file of settings, one NAME=value a line; wins over this program's own environment
    #[arg(long, value_name = "FILE")]
    pub env_file: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(subcommand)]
    Users(users::UsersCommand),
    Records(records::RecordsArgs),
    Stats(stats::StatsArgs),
    Report(report::ReportArgs),
    Explain(explain::ExplainArgs),
    Unblock(unblock::UnblockArgs),
    Stop(stop::StopArgs),
    Resume(stop::ResumeArgs),
    Stops(stop::StopsArgs),
    SendTest(send_test::SendTestArgs),
    Simulate(simulate::SimulateArgs),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Table(table::TableCommand),
    Completions(completions::CompletionsArgs),
}

/// RFC 3339 in UTC or with an offset.
pub fn timestamp(text: &str) -> Result<Timestamp, &'static str> {
    crate::render::time::parse(text).ok_or("must be a time such as 2026-11-23T12:00:00Z")
}

/// `NAME=value`.
pub fn assignment(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must look like NAME=value")?;
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if plain { Ok((name.to_owned(), value.to_owned())) } else { Err("must look like NAME=value, the name in capitals") }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn local_means_the_usual_port_unless_one_is_named() {
        let local = |arguments: &[&str]| Cli::try_parse_from(arguments).unwrap().target.local;
        assert_eq!(local(&["otpctl", "--local", "records"]), Some(8000));
        assert_eq!(local(&["otpctl", "--local=9000", "records", "+12345678901"]), Some(9000));
        assert_eq!(local(&["otpctl", "records", "--local"]), Some(8000));
    }

    #[test]
    fn a_setting_is_a_name_and_a_value() {
        assert_eq!(assignment("OTP_LENGTH=8").unwrap(), ("OTP_LENGTH".to_owned(), "8".to_owned()));
        assert_eq!(assignment("A=b=c").unwrap().1, "b=c");
        for wrong in ["", "=", "otp_length=8", "OTP_LENGTH", "OTP LENGTH=1"] {
            assert!(assignment(wrong).is_err(), "{wrong}");
        }
    }
}
