//! What a process has used, read from outside: CPU time to the nanosecond, all threads together, and memory.

use std::time::Duration;

use super::StartError;

/// User and system CPU time of the process since its beginning, by its CPU clock.
///
/// # Errors
/// There is no such process, or this is not Linux.
#[cfg(target_os = "linux")]
pub fn time(pid: u32) -> Result<Duration, StartError> {
    let not_measured = |cause: &dyn std::fmt::Display| StartError::NotMeasured(format!("CPU time of process {pid}: {cause}"));
    let raw = i32::try_from(pid).map_err(|error| not_measured(&error))?;
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(raw)).map_err(|error| not_measured(&error))?;
    clock.now().map(Duration::from).map_err(|error| not_measured(&error))
}

/// As on Linux, where the functions run.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn time(_pid: u32) -> Result<Duration, StartError> {
    Err(StartError::NotMeasured("CPU time: only on Linux".to_owned()))
}

/// The most memory that the process ever held, in KiB (`VmHWM`).
///
/// # Errors
/// There is no such process, or this is not Linux.
pub fn peak_memory(pid: u32) -> Result<u64, StartError> {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).map_err(StartError::io(&path))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| StartError::NotMeasured(format!("{path} has no VmHWM")))
}
