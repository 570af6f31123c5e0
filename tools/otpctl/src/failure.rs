//! Why a command did not do what it was asked, for the person who asked, and the exit code for the program that did.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use otp_auth::adapters::aws::UnreadableTrust;
use otp_auth::adapters::rotation::RotationError;
use otp_auth::adapters::secrets::SecretError;
use otp_auth::config::Faults;
use otp_auth::domain::recipient::InvalidRecipient;
use otp_auth::domain::user::InvalidName;
use otp_auth::ports::clock::NoRandomness;
use otp_auth::ports::directory::DirectoryError;
use otp_auth::ports::store::StoreError;

use crate::commands::simulate::log::BadLog;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No table was named.
    #[error("Which table? Say --local for a running `make run`, or --table NAME (TABLE_NAME) for one on AWS or at --endpoint.")]
    NoTable,
    /// The command needs the keys, and none were named.
    #[error("The table knows identifiers by keyed names only. Say --keys-secret ARN (KEYS_SECRET_ARN) or --keys-file FILE.")]
    NoKeys,
    /// The command does not go with the options.
    #[error("{0}")]
    Usage(&'static str),
    /// A value that the command line's own parser could not check.
    #[error("{option}: {problem}")]
    Value {
        /// Where it was given.
        option: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// Not a phone number or an email address.
    #[error("{0}")]
    Identifier(#[from] InvalidRecipient),
    /// Settings are wrong.
    #[error("These settings cannot be used:\n{}", lines(.0))]
    Settings(#[from] Faults),
    /// A file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(PathBuf, io::Error),
    /// A file of settings has a line that is none.
    #[error("{file}, line {line}: a setting looks like NAME=value")]
    EnvFile {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The log of sends cannot be replayed.
    #[error("{0}")]
    Log(#[from] BadLog),
    /// A log holds nothing that a page could be made of.
    #[error("{0}")]
    NothingToReport(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// Somebody else has it, or has changed it.
    #[error("{0}")]
    Conflict(String),
    /// A user was not created or changed.
    #[error("Nothing was changed: {0}.")]
    Directory(DirectoryError),
    /// Not a name.
    #[error("{0}")]
    Name(#[from] InvalidName),
    /// Keys were not rotated.
    #[error("Nothing was changed: {0}.")]
    Rotation(RotationError),
    /// A file cannot be written.
    #[error("{0} cannot be written: {1}. Nothing was changed.")]
    Unwritable(PathBuf, io::Error),
    /// There is no place to put a change on record.
    #[error("Nothing was changed: where do changes go on record? Say --audit-log FILE, or set OTPCTL_AUDIT_LOG or HOME.")]
    NoAuditLog,
    /// A change was tried, and what came of it could not be put on record.
    #[error("{file} cannot be written: {error}. What came of the change is NOT on record; the line is:\n{line}")]
    Unrecorded {
        /// The audit log.
        file: PathBuf,
        /// Why.
        error: io::Error,
        /// What should have been in it.
        line: String,
    },
    /// The operator did not type `yes`.
    #[error("Nothing was changed.")]
    NotConfirmed,
    /// Nobody is there to be asked.
    #[error("{0}\nThis needs a terminal to ask on, or --yes. Nothing was changed.")]
    CannotAsk(String),
    /// The local server does not answer.
    #[error("No local server answers on port {port} ({cause}). Start it with `make run`, or name its port: --local=PORT.")]
    NoLocalServer {
        /// The port that was tried.
        port: u16,
        /// What happened.
        cause: String,
    },
    /// There are no credentials for AWS.
    #[error("No AWS credentials: {0}. Name a profile by --profile, or sign in with the AWS CLI.")]
    Credentials(String),
    /// No region was named.
    #[error("Which AWS Region? Say --region, set AWS_REGION, or name a profile that has one.")]
    NoRegion,
    /// A root certificate cannot be read.
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    /// The keys cannot be used.
    #[error("{place}: {cause}")]
    Keys {
        /// The file or the secret.
        place: String,
        /// Why.
        cause: SecretError,
    },
    /// The table.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// A provider did not take a message.
    #[error("{0}")]
    NotSent(String),
    /// The result cannot be written as JSON.
    #[error("the result cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The exit codes, as the help and `docs/otpctl.md` have them.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the table, AWS or a provider did not do it
  2  the command line, a setting or a file is wrong
  3  there is no such thing
  4  it is there already, or belongs to somebody else
  5  not confirmed; nothing was changed
  6  what came of a change could not be put on record; it may have been made";

impl Failure {
    /// The exit code of this failure: see [`EXIT_CODES`].
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::NoTable
            | Self::NoKeys
            | Self::Usage(_)
            | Self::Value { .. }
            | Self::Identifier(_)
            | Self::Name(_)
            | Self::Settings(_)
            | Self::File(..)
            | Self::EnvFile { .. }
            | Self::Log(_)
            | Self::NothingToReport(_)
            | Self::Keys { .. }
            | Self::NoAuditLog
            | Self::NoRegion => 2,
            Self::NotFound(_) => 3,
            Self::Conflict(_) => 4,
            Self::NotConfirmed | Self::CannotAsk(_) => 5,
            Self::Unrecorded { .. } => 6,
            _ => 1,
        })
    }

    /// Is it certain that nothing was changed?
    pub const fn leaves_all_as_it_was(&self) -> bool {
        matches!(self, Self::NotFound(_) | Self::Conflict(_) | Self::Directory(_) | Self::Unwritable(..))
    }
}

/// Who is not there, who has it already, and what is the store's.
impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => Self::Store(error),
            DirectoryError::NoSuchUser => Self::NotFound(format!("Nothing was changed: {error}.")),
            DirectoryError::Taken(_) | DirectoryError::AlreadySet(_) => Self::Conflict(format!("Nothing was changed: {error}.")),
            DirectoryError::Disabled => Self::Directory(error),
        }
    }
}

fn lines(faults: &Faults) -> String {
    let lines: Vec<String> = faults.0.iter().map(|fault| format!("  {} {}", fault.variable, fault.problem)).collect();
    lines.join("\n")
}
