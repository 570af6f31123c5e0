//! What a run was made on, and of what.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// The machine: its processor, how many cores, and how busy it was.
#[must_use]
pub fn machine() -> Value {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!({
        "cpu": model.map(|(_, name)| name.trim()),
        "cores": std::thread::available_parallelism().map(usize::from).ok(),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "load": load.split(' ').next().and_then(|load| load.parse::<f64>().ok()),
    })
}

/// What was measured: the commit, and whether the tree had more than that.
#[must_use]
pub fn commit(root: &Path) -> Value {
    let commit = said(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(root));
    let changed = said(Command::new("git").args(["status", "--porcelain"]).current_dir(root));
    json!({ "commit": commit, "changed": changed.is_some_and(|changes| !changes.is_empty()) })
}

/// The versions of the languages.
#[must_use]
pub fn versions() -> Value {
    json!({
        "rustc": said(Command::new("rustc").arg("--version")),
        "python": said(Command::new("python3").arg("--version")),
        "node": said(Command::new("node").arg("--version")),
    })
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
