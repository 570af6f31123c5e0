//! The keys: made at start, and kept beside the table when the table is kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use otp_auth::adapters::rotation::{self, RotationError, Urgency};
use otp_auth::adapters::secrets::{self, SecretError};
use otp_auth::adapters::system::{SystemClock, SystemRandomness};
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::signing::Algorithm;
use otp_auth::ports::clock::{Clock, NoRandomness, random};
use zeroize::Zeroizing;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file of keys cannot be read or written.
    #[error("The file {0}, which keeps the keys beside the table of OTP_DB, cannot be used: {1}")]
    File(String, io::Error),
    /// The file of the keys of a table in memory cannot be written.
    #[error(
        "The file {0}, which holds the keys of this run for otpctl, cannot be written: {1}. Set TMPDIR to a folder that can be."
    )]
    Passing(String, io::Error),
    /// It is not what this program wrote.
    #[error(
        "The file {0}, which keeps the keys beside the table of OTP_DB, is damaged: {1}. Bring it back, or delete it and the table."
    )]
    Damaged(String, SecretError),
    /// There is a table, and its keys are gone.
    #[error(
        "OTP_DB: the table in {0} is of no use without the keys in {0}.keys, and they are gone. Bring them back, or delete the table."
    )]
    Lost(String),
    /// None could be made.
    #[error(transparent)]
    Unmade(#[from] RotationError),
    /// None could be named.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// None could be made.
    #[error(transparent)]
    Unfit(#[from] SecretError),
}

/// The keys, and the file that holds them, for `otpctl` to read.
pub struct Keys {
    /// The keys.
    pub ring: Arc<KeyRing>,
    /// Their file.
    pub file: PathBuf,
    /// The table is in memory: its keys go with it.
    passing: bool,
}

impl Drop for Keys {
    fn drop(&mut self) {
        if self.passing {
            let _already_gone = fs::remove_file(&self.file);
        }
    }
}

/// The keys of the table in `database`, made if both are new; keys for this run without one.
pub fn beside(database: Option<&str>) -> Result<Keys, KeysError> {
    let Some(database) = database else { return make(&file_for_this_run()?, true) };
    let file = file_beside(database);
    match fs::read_to_string(&file) {
        Ok(secret) => kept(file, Zeroizing::new(secret)),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeysError::File(file, error)),
        Err(_) if fs::metadata(database).is_ok_and(|table| table.len() > 0) => Err(KeysError::Lost(database.to_owned())),
        Err(_) => make(&file, false),
    }
}

/// Where the keys of the table in `database` are.
pub fn file_beside(database: &str) -> String {
    format!("{database}.keys")
}

/// A secret with new keys, as Secrets Manager would hold it.
pub fn fresh_secret() -> Result<Zeroizing<String>, RotationError> {
    rotation::first_document(SystemClock.now(), Algorithm::Rs256, &SystemRandomness)
}

/// Keys that were there; a file from before there were access tokens gets a key for them.
fn kept(file: String, secret: Zeroizing<String>) -> Result<Keys, KeysError> {
    let mut ring = secrets::parse(&secret).map_err(|error| KeysError::Damaged(file.clone(), error))?;
    if ring.signing().is_none() {
        ring = add_signing_key(&file, &secret)?;
    }
    Ok(Keys { ring: Arc::new(ring), file: absolute(&file), passing: false })
}

fn add_signing_key(file: &str, secret: &str) -> Result<KeyRing, KeysError> {
    let rotated = rotation::rotate_signing(secret, SystemClock.now(), Urgency::Routine, Algorithm::Rs256)?;
    let draft = format!("{file}.draft");
    let written = write_new(&draft, &rotated.document).and_then(|()| fs::rename(&draft, file));
    written.map_err(|error| KeysError::File(file.to_owned(), error))?;
    Ok(secrets::parse(&rotated.document)?)
}

fn make(file: &str, passing: bool) -> Result<Keys, KeysError> {
    let secret = fresh_secret()?;
    match write_new(file, &secret) {
        Ok(()) => Ok(Keys { ring: Arc::new(secrets::parse(&secret)?), file: absolute(file), passing }),
        Err(error) if passing => Err(KeysError::Passing(file.to_owned(), error)),
        Err(error) => Err(KeysError::File(file.to_owned(), error)),
    }
}

/// Readable by its owner alone.
fn write_new(file: &str, secret: &str) -> io::Result<()> {
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    written.and_then(|mut open| open.write_all(secret.as_bytes()))
}

/// A new name in the folder for temporary files.
fn file_for_this_run() -> Result<String, NoRandomness> {
    let name: [u8; 8] = random(&SystemRandomness)?;
    let file = std::env::temp_dir().join(format!("otp-auth-{:016x}.keys", u64::from_be_bytes(name)));
    Ok(file.to_string_lossy().into_owned())
}

/// For programs that were started in another folder.
fn absolute(file: &str) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| PathBuf::from(file))
}
