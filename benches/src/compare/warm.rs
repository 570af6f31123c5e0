//! Warm events: many in one process, one after another, after some that warm it up (compilers at run time need them).

use std::collections::HashMap;
use std::time::Duration;

use otp_auth::domain::recipient::Channel;
use serde_json::Value;

use super::contenders::{Contender, Kind};
use super::measured::Costs;
use super::{Events, Route};
use crate::start::StartError;
use crate::start::binaries::Binary;
use crate::start::sample::{Cost, Run};
use crate::start::stage::Stage;

/// What many events of one function took.
#[derive(Clone, Debug, Default)]
pub struct Warm {
    costs: Vec<Cost>,
    /// The most memory that it held, in KiB.
    pub peak_kib: u64,
}

impl Warm {
    async fn add(&mut self, binary: &Binary, stage: &Stage, events: &[Value], unmeasured: usize) -> Result<(), StartError> {
        let mut run = Run::start(binary, stage).await?;
        run.started().await?;
        for (number, event) in events.iter().enumerate() {
            let cost = run.answer(event).await?;
            if number >= unmeasured {
                self.costs.push(cost);
            }
        }
        self.peak_kib = self.peak_kib.max(run.peak_kib()?);
        Ok(())
    }

    /// Of one event.
    #[must_use]
    pub fn costs(&self) -> Costs {
        Costs::of(&self.costs)
    }

    /// Events per second of one process.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let all: Duration = self.costs.iter().map(|cost| cost.wall).sum();
        self.costs.len() as f64 / all.as_secs_f64()
    }
}

/// How many events each process is given.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Processes of each function, in turn.
    pub turns: usize,
    /// Events that are not measured, at the beginning.
    pub unmeasured: usize,
    /// Events that are.
    pub measured: usize,
}

/// Everybody in turn.
///
/// # Errors
/// A function failed.
pub async fn measure(
    contenders: &[Contender],
    stage: &mut Stage,
    events: &mut Events,
    load: Load,
) -> Result<HashMap<(Kind, Route), Warm>, StartError> {
    let mut all: HashMap<(Kind, Route), Warm> = HashMap::new();
    for _ in 0..load.turns {
        for contender in contenders {
            for route in Route::BOTH {
                let count = load.unmeasured + load.measured;
                let events = events.make(stage, contender, route, Channel::Sms, count).await?;
                let warm = all.entry((contender.kind, route)).or_default();
                warm.add(contender.function(route), stage, &events, load.unmeasured).await?;
            }
        }
    }
    Ok(all)
}
