//! The steps of a start, as `benches/start-steps` takes them.

use std::process::Command;
use std::time::Duration;

use super::StartError;
use super::binaries::Binary;
use super::sample::median;
use super::stage::Stage;

/// A step's name and the CPU time that it took, in each of many runs.
pub type Step = (String, Vec<Duration>);

/// Runs `binary` once more and adds what its steps took.
///
/// # Errors
/// It failed.
pub fn add_run(binary: &Binary, stage: &Stage, steps: &mut Vec<Step>) -> Result<(), StartError> {
    let environment = stage.environment.iter().map(|(name, value)| (name, value));
    let output = Command::new(&binary.path).env_clear().envs(environment).output().map_err(StartError::io(binary.name))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(StartError::NotMeasured(format!("{}: {said}", binary.name)));
    }
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        // Lines of another shape are the log's.
        let Some((name, taken)) = line.split_once('\t').and_then(|(name, nanos)| Some((name, nanos.parse().ok()?))) else {
            continue;
        };
        let taken = Duration::from_nanos(taken);
        match steps.iter_mut().find(|(known, _)| known == name) {
            Some((_, all)) => all.push(taken),
            None => steps.push((name.to_owned(), vec![taken])),
        }
    }
    Ok(())
}

/// The median of each step.
#[must_use]
pub fn medians(steps: &[Step]) -> Vec<(&str, Duration)> {
    steps.iter().map(|(name, taken)| (name.as_str(), median(taken, |taken| *taken))).collect()
}
