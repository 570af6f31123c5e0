//! Where the keys are.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::secrets::{self, Needs, VaultKeys};
use otp_auth::adapters::system::SystemClock;
use otp_auth::config::environment;
use otp_auth::domain::keys::KeyRing;
use otp_auth::ports::keys::KeySource;
use zeroize::Zeroizing;

use crate::cli::TargetArgs;
use crate::failure::Failure;

/// Where the keys are.
pub enum KeysPlace {
    /// In a file, as the local server keeps them.
    File(PathBuf),
    /// In Secrets Manager.
    Secret(String),
}

impl KeysPlace {
    /// The place that the command line names.
    pub fn of(target: &TargetArgs) -> Option<Self> {
        let file = target.keys_file.clone().map(Self::File);
        file.or_else(|| target.keys_secret.clone().map(Self::Secret))
    }

    /// Reads them.
    ///
    /// # Errors
    /// The place cannot be read, or holds no keys. Nothing of its content is in the error.
    pub async fn read(&self, aws: &Aws) -> Result<Arc<KeyRing>, Failure> {
        match self {
            Self::File(file) => {
                let text = fs::read_to_string(file).map_err(|error| Failure::File(file.clone(), error))?;
                let ring = secrets::parse(&Zeroizing::new(text));
                ring.map(Arc::new).map_err(|cause| Failure::Keys { place: file.display().to_string(), cause })
            }
            Self::Secret(secret) => {
                let client = aws.secrets(environment("SECRETS_ENDPOINT").filter(|url| !url.is_empty()).as_deref());
                let keys = VaultKeys::read(client, secret.clone(), Arc::new(SystemClock), Needs::Codes).await;
                keys.map(|keys| keys.ring()).map_err(|cause| Failure::Keys { place: secret.clone(), cause })
            }
        }
    }
}
