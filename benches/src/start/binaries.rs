//! The binaries that are measured: how they are built, and how large they are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::StartError;

/// Bytes of a zip with one file named `bootstrap`, beside what is in it: local header, central directory, its end.
const ZIP_FRAME: u64 = 30 + 46 + 22 + 2 * 9;

/// What the bench measures.
#[derive(Clone, Debug)]
pub struct Binary {
    /// What the tables call it.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What it is started with: an interpreter's program.
    pub arguments: Vec<String>,
    /// What its environment has beside that of all functions.
    pub environment: Vec<(&'static str, String)>,
}

/// Every binary of a run.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// A function that does nothing.
    pub empty: Binary,
    /// Ours.
    pub send: Binary,
    /// Ours.
    pub verify: Binary,
    /// `send-otp` with every default.
    pub default_send: Binary,
    /// `verify-otp` with every default.
    pub default_verify: Binary,
    /// The steps of a start.
    pub steps: Binary,
    /// The steps of a start, built with every default.
    pub default_steps: Binary,
}

impl Binaries {
    /// Builds them all. The functions are built as they are deployed: they alone, so that nobody else's features leak in.
    ///
    /// # Errors
    /// A build failed.
    pub fn build(root: &Path) -> Result<Self, StartError> {
        let every_default = root.join("benches/every-default");
        cargo_build(root, &[])?;
        cargo_build(root, &["--package", "empty-function"])?;
        cargo_build(root, &["--package", "start-steps"])?;
        cargo_build(&every_default, &["--bins"])?;
        let binary = |name, directory: &str, file: &str| Binary::new(name, root.join("target").join(directory).join(file));
        Ok(Self {
            empty: binary("empty function", "release", "empty-function"),
            send: binary("send-otp", "release", "send-otp"),
            verify: binary("verify-otp", "release", "verify-otp"),
            default_send: binary("send-otp, every default", "every-default/release", "send-otp"),
            default_verify: binary("verify-otp, every default", "every-default/release", "verify-otp"),
            steps: binary("start-steps", "release", "start-steps"),
            default_steps: binary("start-steps, every default", "every-default/release", "start-steps"),
        })
    }
}

impl Binary {
    /// A binary that needs no arguments.
    #[must_use]
    pub fn new(name: &'static str, path: PathBuf) -> Self {
        Self { name, path, arguments: Vec::new(), environment: Vec::new() }
    }

    /// Its size, and the size of the zip that is uploaded, in bytes.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn sizes(&self) -> Result<(u64, u64), StartError> {
        let bytes = std::fs::read(&self.path).map_err(StartError::io(self.path.display().to_string()))?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
        let zip = deflated.write_all(&bytes).and_then(|()| deflated.finish()).map_err(StartError::io("deflate"))?;
        Ok((bytes.len() as u64, zip.len() as u64 + ZIP_FRAME))
    }
}

/// `cargo build --release` in `directory`, as if by hand: `cargo run` has put variables of its own into our environment.
/// Those of its configuration would come before the directory's, and those of our package make build scripts run again.
fn cargo_build(directory: &Path, arguments: &[&str]) -> Result<(), StartError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release"]).args(arguments).current_dir(directory).env_remove("AWS_LC_SYS_NO_JITTER_ENTROPY");
    for (name, _) in std::env::vars_os() {
        let theirs = name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if theirs {
            cargo.env_remove(name);
        }
    }
    let status = cargo.status().map_err(StartError::io("cargo"))?;
    let arguments = || format!("{} in {}", arguments.join(" "), directory.display());
    if status.success() { Ok(()) } else { Err(StartError::Build { arguments: arguments(), status }) }
}
