//! The steps of a start, as `benches/start-steps` takes them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::binaries::Binary;
use super::sample::median;
use super::stage::Stage;
use super::{StartError, cpu};

/// A step's name and the CPU time that it took, in each of many runs.
pub type Step = (String, Vec<Duration>);

/// Runs `binary` once more and adds what its steps took.
///
/// # Errors
/// It failed.
pub fn add_run(binary: &Binary, stage: &Stage, steps: &mut Vec<Step>) -> Result<(), StartError> {
    let environment = stage.environment.iter().map(|(name, value)| (name, value));
    let mut command = Command::new(&binary.path);
    command.env_clear().envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(StartError::io(binary.name))?;
    let taken = follow(&mut child);
    let status = child.wait().map_err(StartError::io(binary.name))?;
    if !status.success() {
        return Err(StartError::NotMeasured(format!("{}: {status}", binary.name)));
    }
    for (name, taken) in taken? {
        match steps.iter_mut().find(|(known, _)| *known == name) {
            Some((_, all)) => all.push(taken),
            None => steps.push((name, vec![taken])),
        }
    }
    Ok(())
}

/// Reads the CPU clock at the end of each step, while the process waits to be told to go on.
fn follow(child: &mut Child) -> Result<Vec<(String, Duration)>, StartError> {
    let (pid, mut used, mut taken) = (child.id(), Duration::ZERO, Vec::new());
    let (Some(mut go_on), Some(said)) = (child.stdin.take(), child.stdout.take()) else { return Ok(taken) };
    for line in BufReader::new(said).lines() {
        let line = line.map_err(StartError::io("a step"))?;
        // Lines of another shape are the log's.
        let Some(name) = line.strip_prefix("step\t") else { continue };
        let now = cpu::time(pid)?;
        taken.push((name.to_owned(), now.saturating_sub(used)));
        used = now;
        go_on.write_all(b"\n").map_err(StartError::io("a step"))?;
    }
    Ok(taken)
}

/// The median of each step.
#[must_use]
pub fn medians(steps: &[Step]) -> Vec<(&str, Duration)> {
    steps.iter().map(|(name, taken)| (name.as_str(), median(taken, |taken| *taken))).collect()
}
