//! Installs what the other languages' handlers need, pinned, under `target/peers`. Done again when their files change.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::start::StartError;

/// The Python handlers.
#[derive(Clone, Debug)]
pub struct Python {
    /// An environment with Lambda's runtime and nothing else.
    pub interpreter: PathBuf,
    /// The handlers and what they import.
    pub package: PathBuf,
}

/// The Node handlers.
#[derive(Clone, Debug)]
pub struct Node {
    /// The interpreter.
    pub interpreter: PathBuf,
    /// One file a handler, with all that it imports.
    pub bundles: PathBuf,
}

/// Installs the Python handlers.
///
/// # Errors
/// Python or its registry cannot be had.
pub fn python(root: &Path) -> Result<Python, StartError> {
    let (from, to) = (root.join("benches/peers/python"), root.join("target/peers/python"));
    run(Command::new(root.join("benches/peers/python/install")).arg(&to).current_dir(&from))?;
    Ok(Python { interpreter: to.join("runtime/bin/python"), package: to.join("package") })
}

/// Installs and bundles the Node handlers.
///
/// # Errors
/// Node or its registry cannot be had.
pub fn node(root: &Path) -> Result<Node, StartError> {
    let (from, to) = (root.join("benches/peers/node"), root.join("target/peers/node"));
    run(Command::new(root.join("benches/peers/node/install")).arg(&to).current_dir(&from))?;
    Ok(Node { interpreter: on_path("node")?, bundles: to })
}

fn run(command: &mut Command) -> Result<(), StartError> {
    let what = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(StartError::io(&what))?;
    if status.success() { Ok(()) } else { Err(StartError::NotMeasured(format!("{what}: {status}"))) }
}

/// Where a program is: the functions have no PATH.
///
/// # Errors
/// It is nowhere.
pub fn on_path(program: &str) -> Result<PathBuf, StartError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| StartError::NotMeasured(format!("{program} is not installed")))
}
