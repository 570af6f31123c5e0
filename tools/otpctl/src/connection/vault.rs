//! The document that holds the keys, read and replaced as a whole. Its text is in memory for as short as can be, and never shown.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use otp_auth::adapters::secrets::SecretError;
use otp_auth::config::environment;
use zeroize::Zeroizing;

use super::access::Access;
use super::keys::KeysPlace;
use crate::audit::Audit;
use crate::cli::Cli;
use crate::failure::Failure;

/// The document as it was read.
pub struct Vault {
    /// Where it is, for people.
    pub place: String,
    /// Its JSON text.
    pub document: Zeroizing<String>,
    holder: Holder,
    operator: String,
}

enum Holder {
    File(PathBuf),
    Secret { client: Client, name: String, version: Option<String> },
}

impl Vault {
    /// Reads it.
    ///
    /// # Errors
    /// The file or the secret cannot be read.
    pub async fn read(place: &KeysPlace, access: Access) -> Result<Self, Failure> {
        let Access { aws, operator } = access;
        match place {
            KeysPlace::File(file) => {
                let text = fs::read_to_string(file).map_err(|error| Failure::File(file.clone(), error))?;
                let place = file.display().to_string();
                Ok(Self { place, document: Zeroizing::new(text), holder: Holder::File(file.clone()), operator })
            }
            KeysPlace::Secret(name) => {
                let client = aws.secrets(environment("SECRETS_ENDPOINT").filter(|url| !url.is_empty()).as_deref());
                let (document, version) = fetch(&client, name).await?;
                let holder = Holder::Secret { client, name: name.clone(), version };
                Ok(Self { place: name.clone(), document, holder, operator })
            }
        }
    }

    /// Where a change of it is put on record.
    ///
    /// # Errors
    /// Nowhere: nothing may be changed then.
    pub fn audit(&self, cli: &Cli) -> Result<Audit, Failure> {
        Audit::open(cli, &self.operator, &self.place)
    }

    /// Puts another document in its place, if it is still the one that was read.
    ///
    /// # Errors
    /// It has changed, or cannot be written; the old one is still there then.
    pub async fn replace(&self, document: &str) -> Result<(), Failure> {
        match &self.holder {
            Holder::File(file) => self.replace_file(file, document),
            Holder::Secret { client, name, version } => {
                if fetch(client, name).await?.1 != *version {
                    return Err(self.changed());
                }
                let put = client.put_secret_value().secret_id(name).secret_string(document).send().await;
                put.map(|_| ()).map_err(|error| unreadable(name, &error))
            }
        }
    }

    fn replace_file(&self, file: &Path, document: &str) -> Result<(), Failure> {
        let unchanged = fs::read_to_string(file).map(Zeroizing::new).is_ok_and(|text| *text == *self.document);
        if !unchanged {
            return Err(self.changed());
        }
        write_anew(file, document).map_err(|error| Failure::Unwritable(file.to_owned(), error))
    }

    fn changed(&self) -> Failure {
        Failure::Conflict(format!("{} was changed by somebody else in the meantime. Nothing was changed here.", self.place))
    }
}

/// In one step, so that no reader ever finds half of it; readable by its owner alone.
fn write_anew(file: &Path, document: &str) -> io::Result<()> {
    let draft = file.with_extension("keys.draft");
    let _left_behind = fs::remove_file(&draft);
    let mut open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    open.write_all(document.as_bytes())?;
    open.sync_all()?;
    fs::rename(&draft, file)
}

async fn fetch(client: &Client, name: &str) -> Result<(Zeroizing<String>, Option<String>), Failure> {
    let output = client.get_secret_value().secret_id(name).send().await.map_err(|error| unreadable(name, &error))?;
    Ok((Zeroizing::new(output.secret_string.unwrap_or_default()), output.version_id))
}

fn unreadable<E: ProvideErrorMetadata, R>(name: &str, error: &SdkError<E, R>) -> Failure {
    let code = match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("no error code"),
        SdkError::TimeoutError(_) => "timeout",
        _ => "no connection",
    };
    Failure::Keys { place: name.to_owned(), cause: SecretError::Unreadable(code.to_owned()) }
}
