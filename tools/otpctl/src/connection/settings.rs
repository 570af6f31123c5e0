//! The settings that a policy is read from. This program has none of its own: it takes what it is told of the functions'.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use otp_auth::config::{CoreConfig, SendConfig, environment};
use otp_auth::domain::time::Timestamp;

use crate::cli::{SettingsArgs, assignment};
use crate::failure::Failure;

/// Settings that the functions need and that no answer of this program depends on.
const INDIFFERENT: [(&str, &str); 4] =
    [("TABLE_NAME", "otp-auth"), ("KEYS_SECRET_ARN", "keys"), ("APP_NAME", "otp-auth"), ("APP_DOMAIN", "localhost")];

/// Settings by name: from `--set`, else the file, else the local server, else this program's environment.
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Gathers them; `served` are those of a local server.
    ///
    /// # Errors
    /// The file cannot be read, or has a line that is no setting.
    pub fn read(arguments: &SettingsArgs, served: BTreeMap<String, String>) -> Result<Self, Failure> {
        let mut known = served;
        if let Some(file) = &arguments.env_file {
            known.extend(read_file(file)?);
        }
        known.extend(arguments.set.iter().cloned());
        Ok(Self(known))
    }

    /// What both functions read.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn core(&self) -> Result<CoreConfig, Failure> {
        Ok(CoreConfig::read(&|name| self.get(name))?)
    }

    /// What `send-otp` reads when it starts at `now`.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn send(&self, now: Timestamp) -> Result<SendConfig, Failure> {
        Ok(SendConfig::read(&|name| self.get(name), now)?)
    }

    fn get(&self, name: &str) -> Option<String> {
        let set = self.0.get(name).cloned().or_else(|| environment(name)).filter(|value| !value.trim().is_empty());
        set.or_else(|| INDIFFERENT.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::File(path.to_owned(), error))?;
    let mut found = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = assignment(line).map_err(|_| Failure::EnvFile { file: path.to_owned(), line: number + 1 })?;
        found.insert(name, value);
    }
    Ok(found)
}
