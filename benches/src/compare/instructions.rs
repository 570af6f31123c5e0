//! Instructions per event, counted by callgrind: the one number that a busy machine does not change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::install;
use crate::start::StartError;
use crate::start::binaries::Binary;
use crate::start::sample::Run;
use crate::start::stage::Stage;

/// Events of the shorter of two runs. What both do alike falls out of the difference.
pub const FEW: usize = 3;
/// Events of the longer one.
pub const MANY: usize = 13;
/// How long callgrind may take to write down what it has counted.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(50);

/// Where valgrind is, or why nothing is counted.
///
/// # Errors
/// It is not installed.
pub fn valgrind() -> Result<PathBuf, StartError> {
    install::on_path("valgrind")
}

/// Instructions per event of `binary`, of the events after the first few. `events` has [`FEW`] and [`MANY`] of them.
///
/// # Errors
/// The function failed under valgrind.
pub async fn per_event(
    valgrind: &Path,
    binary: &Binary,
    stage: &Stage,
    events: &[Value],
    directory: &Path,
) -> Result<u64, StartError> {
    let (few, many) = events.split_at(FEW.min(events.len()));
    let shorter = total(valgrind, binary, stage, few, &directory.join("callgrind.few")).await?;
    let longer = total(valgrind, binary, stage, many, &directory.join("callgrind.many")).await?;
    Ok(longer.saturating_sub(shorter) / (many.len() - few.len()).max(1) as u64)
}

/// Every instruction of a process that is given these events and then told to end.
async fn total(valgrind: &Path, binary: &Binary, stage: &Stage, events: &[Value], out: &Path) -> Result<u64, StartError> {
    let _none_yet = std::fs::remove_file(out);
    let mut run = Run::start(&under(valgrind, binary, out), stage).await?;
    run.idle().await?;
    for event in events {
        run.answer(event).await?;
    }
    end(run.pid())?;
    let patience_ends = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < patience_ends {
        if let Some(total) = counted(out) {
            return Ok(total);
        }
        tokio::time::sleep(EVERY).await;
    }
    Err(StartError::NotMeasured(format!("{}: callgrind wrote nothing", binary.name)))
}

fn under(valgrind: &Path, binary: &Binary, out: &Path) -> Binary {
    let mut arguments = vec!["--tool=callgrind".to_owned(), format!("--callgrind-out-file={}", out.display())];
    arguments.push(binary.path.display().to_string());
    arguments.extend(binary.arguments.iter().cloned());
    Binary { path: valgrind.to_owned(), arguments, ..binary.clone() }
}

fn counted(out: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(out).ok()?;
    text.lines().find_map(|line| line.strip_prefix("totals:"))?.trim().parse().ok()
}

#[cfg(target_os = "linux")]
fn end(pid: u32) -> Result<(), StartError> {
    use nix::sys::signal::{Signal, kill};
    let failed = |cause: &dyn std::fmt::Display| StartError::NotMeasured(format!("process {pid} cannot be ended: {cause}"));
    let raw = i32::try_from(pid).map_err(|error| failed(&error))?;
    kill(nix::unistd::Pid::from_raw(raw), Signal::SIGTERM).map_err(|error| failed(&error))
}

#[cfg(not(target_os = "linux"))]
fn end(_pid: u32) -> Result<(), StartError> {
    Err(StartError::NotMeasured("instructions: only on Linux".to_owned()))
}
