//! One start of one function, and the numbers of many.

use std::time::Duration;

use otp_auth::testing::runtime_api::{Function, FunctionError};
use serde_json::Value;

use super::binaries::Binary;
use super::stage::Stage;
use super::watch::Moment;
use super::{StartError, cpu};

/// How long a function is left alone before its CPU time is read: what it does after it has asked for the next event
/// counts too.
const SETTLE: Duration = Duration::from_millis(4);

/// What something took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// CPU time of the process.
    pub cpu: Duration,
    /// Time on the wall.
    pub wall: Duration,
}

/// What one start of a function took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// From the start of the process to its first request for an event.
    pub start: Cost,
    /// The first event.
    pub first: Cost,
    /// The later events: the median of each number.
    pub warm: Cost,
    /// The most memory that it held, in KiB.
    pub peak_kib: u64,
    /// CPU time until the first connection was being made, if one was during the start.
    pub until_connecting: Option<Duration>,
    /// CPU time until the last connection of the start stood.
    pub until_connected: Option<Duration>,
}

/// A running function and how much CPU time it had used when it was last looked at.
pub struct Run {
    name: &'static str,
    function: Function,
    pid: u32,
    used: Duration,
}

/// Starts `binary`, gives it these events, and ends it. The first event is the first request, the others are warm.
///
/// # Errors
/// The function failed, or answered with something other than success.
pub async fn measure(binary: &Binary, stage: &Stage, events: &[Value]) -> Result<Sample, StartError> {
    let mut run = Run::start(binary, stage).await?;
    let start = run.started().await?;
    let seen = stage.watch.seen();
    let at = |moment| move |(seen, used): &(Moment, Duration)| (*seen == moment).then_some(*used);
    let mut costs = Vec::with_capacity(events.len());
    for event in events {
        costs.push(run.answer(event).await?);
    }
    let warm = costs.split_off(costs.len().min(1));
    Ok(Sample {
        start,
        first: costs.pop().unwrap_or_default(),
        warm: Cost { cpu: median(&warm, |cost| cost.cpu), wall: median(&warm, |cost| cost.wall) },
        peak_kib: run.peak_kib()?,
        until_connecting: seen.iter().find_map(at(Moment::Connecting)),
        until_connected: seen.iter().rev().find_map(at(Moment::Connected)),
    })
}

impl Run {
    /// What one start took: to its first request for an event.
    ///
    /// # Errors
    /// It did not get there.
    pub async fn started(&mut self) -> Result<Cost, StartError> {
        let wall = self.idle().await?;
        Ok(Cost { cpu: self.used_since().await?, wall })
    }

    /// The most memory that it held, in KiB.
    ///
    /// # Errors
    /// The process is gone.
    pub fn peak_kib(&self) -> Result<u64, StartError> {
        cpu::peak_memory(self.pid)
    }

    /// Bytes that it has logged so far.
    #[must_use]
    pub fn logged(&self) -> usize {
        self.function.log().len()
    }

    /// The process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Starts `binary`.
    ///
    /// # Errors
    /// It cannot be run.
    pub async fn start(binary: &Binary, stage: &Stage) -> Result<Self, StartError> {
        let name = binary.name;
        let environment = stage.environment.iter().chain(&binary.environment).map(|(name, value)| (name, value));
        let started = Function::start_with(&binary.path, &binary.arguments, environment).await;
        let function = started.map_err(failed(name))?;
        let pid = function.pid().ok_or_else(|| StartError::NotMeasured(format!("{name} ended at once")))?;
        stage.watch.follow(pid);
        Ok(Self { name, function, pid, used: Duration::ZERO })
    }

    /// Waits until it asks for an event, and says how long after its start it did.
    ///
    /// # Errors
    /// It does not.
    pub async fn idle(&mut self) -> Result<Duration, StartError> {
        self.function.idle().await.map_err(failed(self.name))
    }

    /// One event, and all that it makes the function do.
    ///
    /// # Errors
    /// The function failed, or answered with something other than success.
    pub async fn answer(&mut self, event: &Value) -> Result<Cost, StartError> {
        let answer = self.function.invoke(event).await.map_err(failed(self.name))?;
        if answer.reply.get("statusCode").and_then(Value::as_u64) != Some(200) {
            return Err(StartError::Reply { name: self.name, reply: answer.reply, log: self.function.log() });
        }
        self.idle().await?;
        Ok(Cost { cpu: self.used_since().await?, wall: answer.took })
    }

    /// CPU time since this was last asked.
    ///
    /// # Errors
    /// The process is gone.
    pub async fn used_since(&mut self) -> Result<Duration, StartError> {
        tokio::time::sleep(SETTLE).await;
        let now = cpu::time(self.pid)?;
        let since = now.saturating_sub(self.used);
        self.used = now;
        Ok(since)
    }
}

/// The median of one number of many.
#[must_use]
pub fn median<S, T: Ord + Copy + Default>(samples: &[S], number: impl Fn(&S) -> T) -> T {
    let mut numbers: Vec<T> = samples.iter().map(number).collect();
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

fn failed(name: &'static str) -> impl FnOnce(FunctionError) -> StartError {
    move |cause| StartError::Function { name, cause }
}
