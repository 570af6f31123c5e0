//! A file of variables, `KEY=value`, that is there for as long as what it names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The file. Dropping it removes it.
pub struct EnvFile(PathBuf);

impl EnvFile {
    /// Writes it in one step: whoever waits for it finds it whole.
    pub fn write(path: &str, variables: &[(&str, String)]) -> Result<Self, Failure> {
        let lines: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        replace(Path::new(path), &lines).map_err(|error| Failure::EnvFile(path.to_owned(), error))?;
        Ok(Self(PathBuf::from(path)))
    }
}

impl Drop for EnvFile {
    fn drop(&mut self) {
        let _already_gone = fs::remove_file(&self.0);
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension("env.draft");
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}
