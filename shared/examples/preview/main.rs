//! `make preview`: every language's text and mail, light and dark, on one page without a server: `target/preview.html`.
//!
//! The messages are those of the functions, by the same settings: set `MESSAGES_DIR`, `APP_NAME`, `BRAND_COLOR` and the
//! like to see your own.

use std::path::PathBuf;

use otp_auth::config::{Faults, environment, read_messages};

mod page;

/// What the settings are when the environment does not say.
const DEFAULTS: [(&str, &str); 2] = [("APP_NAME", "Acme"), ("APP_DOMAIN", "login.example.com")];

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
enum NoPreview {
    #[error("settings: {0}")]
    Settings(#[from] Faults),
    #[error("{0}: {1}")]
    File(String, std::io::Error),
}

fn main() -> std::process::ExitCode {
    let (said, code) = match write() {
        Ok(path) => (format!("{}", path.display()), std::process::ExitCode::SUCCESS),
        Err(error) => (error.to_string(), std::process::ExitCode::FAILURE),
    };
    say(&said);
    code
}

fn write() -> Result<PathBuf, NoPreview> {
    let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let default = |name: &str| DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let messages = read_messages(&|name| set(name).or_else(|| default(name)))?;
    let folder = PathBuf::from("target");
    let path = folder.join("preview.html");
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(&path, page::of(&messages)))
        .map_err(|error| NoPreview::File(path.display().to_string(), error))?;
    Ok(path)
}

#[allow(clippy::print_stderr, reason = "a program that a person calls")]
fn say(line: &str) {
    eprintln!("{line}");
}
