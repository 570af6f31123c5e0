//! The keys: made at start, and kept beside the table when the table is kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;

use otp_auth::adapters::rotation::{self, RotationError, Urgency};
use otp_auth::adapters::secrets::{self, SecretError};
use otp_auth::adapters::system::{SystemClock, SystemRandomness};
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::signing::Algorithm;
use otp_auth::ports::clock::Clock;
use zeroize::Zeroizing;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file of keys cannot be read or written.
    #[error("The file {0}, which keeps the keys beside the table of OTP_DB, cannot be used: {1}")]
    File(String, io::Error),
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
    /// None could be made.
    #[error(transparent)]
    Unfit(#[from] SecretError),
}

/// The keys of the table in `database`, made if both are new; keys for this run without one.
pub fn beside(database: Option<&str>) -> Result<KeyRing, KeysError> {
    let Some(database) = database else { return Ok(secrets::parse(&fresh_secret()?)?) };
    let file = file_beside(database);
    match fs::read_to_string(&file) {
        Ok(secret) => {
            let keys = secrets::parse(&secret).map_err(|error| KeysError::Damaged(file.clone(), error))?;
            if keys.signing().is_some() { Ok(keys) } else { add_signing_key(file, &Zeroizing::new(secret)) }
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeysError::File(file, error)),
        Err(_) if fs::metadata(database).is_ok_and(|table| table.len() > 0) => Err(KeysError::Lost(database.to_owned())),
        Err(_) => make(file),
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

/// For a file from before there were access tokens.
fn add_signing_key(file: String, secret: &str) -> Result<KeyRing, KeysError> {
    let rotated = rotation::rotate_signing(secret, SystemClock.now(), Urgency::Routine, Algorithm::Rs256)?;
    let draft = format!("{file}.draft");
    write_new(&draft, &rotated.document)
        .and_then(|()| fs::rename(&draft, &file))
        .map_err(|error| KeysError::File(file, error))?;
    Ok(secrets::parse(&rotated.document)?)
}

fn make(file: String) -> Result<KeyRing, KeysError> {
    let secret = fresh_secret()?;
    match write_new(&file, &secret) {
        Ok(()) => Ok(secrets::parse(&secret)?),
        Err(error) => Err(KeysError::File(file, error)),
    }
}

/// Readable by its owner alone.
fn write_new(file: &str, secret: &str) -> io::Result<()> {
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    written.and_then(|mut open| open.write_all(secret.as_bytes()))
}
