//! What an operator changed, on record: a line of JSON before each change, and one for what came of it, in a file of the operator's,
//! with the members that the functions' log has. `docs/logs.md` lists them.

use std::fs::{self, File, OpenOptions};
use std::future::Future;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use otp_auth::adapters::system::SystemClock;
use otp_auth::config::environment;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::user::UserId;
use otp_auth::ports::clock::Clock;
use serde::Serialize;

use crate::cli::Cli;
use crate::failure::Failure;

/// Where the lines go. What cannot be put on record is not done.
pub struct Audit {
    file: File,
    path: PathBuf,
    operator: String,
    place: String,
}

/// A change, by a name that stays, and what it is about. No key, no code, no whole identifier, no address.
#[derive(Default, Serialize)]
pub struct Change {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    masked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retired: Vec<String>,
}

/// What came of it.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It is about to be tried. A line that stays the last one was interrupted.
    Begun,
    Done,
    /// It was so already, there was nothing to change, or what is there does not allow it.
    Unchanged,
    /// Nobody knows: the answer did not come, or was an error.
    Unclear,
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    message: &'static str,
    operator: &'a str,
    place: &'a str,
    outcome: Outcome,
    #[serde(flatten)]
    change: &'a Change,
}

impl Audit {
    /// Opens the file that the command line names, or the usual one in the operator's home. `operator` is the id of the access key
    /// that AWS knows the operator by, or a name on this machine; `place` the table, the secret or the file that changes.
    ///
    /// # Errors
    /// It cannot be written, or nobody knows where it is.
    pub fn open(cli: &Cli, operator: &str, place: &str) -> Result<Self, Failure> {
        let path = cli.output.audit_log.clone().or_else(usual_path).ok_or(Failure::NoAuditLog)?;
        let file = open(&path).map_err(|error| Failure::Unwritable(path.clone(), error))?;
        Ok(Self { file, path, operator: operator.to_owned(), place: place.to_owned() })
    }

    /// Makes a change, which is on record before it is tried; `changed` tells of its result whether anything is different now.
    ///
    /// # Errors
    /// The change's own; or it could not be put on record, and was not made; or what came of it could not.
    pub async fn of<T>(
        &mut self,
        change: Change,
        making: impl Future<Output = Result<T, Failure>>,
        changed: impl FnOnce(&T) -> bool,
    ) -> Result<T, Failure> {
        let begun = self.line(&change, Outcome::Begun)?;
        self.write(&begun).map_err(|error| Failure::Unwritable(self.path.clone(), error))?;
        let result = making.await;
        let outcome = match &result {
            Ok(result) if changed(result) => Outcome::Done,
            Ok(_) => Outcome::Unchanged,
            Err(failure) if failure.leaves_all_as_it_was() => Outcome::Unchanged,
            Err(_) => Outcome::Unclear,
        };
        let line = self.line(&change, outcome)?;
        self.write(&line).map_err(|error| Failure::Unrecorded { file: self.path.clone(), error, line })?;
        result
    }

    fn line(&self, change: &Change, outcome: Outcome) -> Result<String, Failure> {
        let (operator, place) = (self.operator.as_str(), self.place.as_str());
        let timestamp = SystemClock.now().to_rfc3339();
        let line = Line { timestamp, level: "INFO", message: "change", operator, place, outcome, change };
        Ok(serde_json::to_string(&line)?)
    }

    /// At once, since others may write there, too; and onto the disk.
    fn write(&mut self, line: &str) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        match self.file.sync_data() {
            // What is no file on a disk, such as a terminal or a pipe, has nothing to sync (fsync(2), EINVAL).
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }
}

impl Change {
    /// A change of this name.
    pub fn named(event: &'static str) -> Self {
        Self { event, ..Self::default() }
    }

    /// Which of several things of its kind.
    pub fn of(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }

    /// Of this user.
    pub fn user(mut self, user: &UserId) -> Self {
        self.user = Some(user.as_str().to_owned());
        self
    }

    /// About this identifier, by the name that the functions' log has for it.
    pub fn about(mut self, ring: &KeyRing, recipient: &Recipient) -> Self {
        self.recipient = Some(ring.log_name(recipient));
        self.masked(recipient)
    }

    /// With this identifier, masked alone.
    pub fn masked(mut self, recipient: &Recipient) -> Self {
        self.masked.push(recipient.masked());
        self
    }

    /// The operator has seen to it that the identifiers are the user's.
    pub fn verified(self, verified: bool) -> Self {
        if verified { self.of("verified") } else { self }
    }

    /// With these keys, by name.
    pub fn keys(mut self, current: Option<&str>, next: Option<&str>, retired: &[String]) -> Self {
        self.current = current.map(str::to_owned);
        self.next = next.map(str::to_owned);
        self.retired = retired.to_vec();
        self
    }
}

/// The operator's name on this machine.
pub fn local_operator() -> String {
    let named = |name: &str| environment(name).filter(|value| !value.is_empty());
    named("USER").or_else(|| named("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}

/// The XDG Base Directory Specification's place for what a program keeps of its own past.
fn usual_path() -> Option<PathBuf> {
    let absolute = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("otpctl/audit.jsonl"))
}

/// For its owner alone, and only ever added to.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}
