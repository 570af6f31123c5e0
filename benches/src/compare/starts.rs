//! Starts and first events.

use std::collections::HashMap;

use otp_auth::domain::recipient::Channel;

use super::contenders::{Contender, Kind};
use super::measured::Costs;
use super::{Events, Route};
use crate::start::StartError;
use crate::start::binaries::Binary;
use crate::start::sample::{Cost, Run};
use crate::start::stage::Stage;

/// What many starts of one function took.
#[derive(Clone, Debug, Default)]
pub struct Starts {
    start: Vec<Cost>,
    first: Vec<Cost>,
}

impl Starts {
    /// Starts `binary` once more.
    async fn add(&mut self, binary: &Binary, stage: &Stage, event: &serde_json::Value) -> Result<(), StartError> {
        let mut run = Run::start(binary, stage).await?;
        self.start.push(run.started().await?);
        self.first.push(run.answer(event).await?);
        Ok(())
    }

    /// To the first request for an event.
    #[must_use]
    pub fn start(&self) -> Costs {
        Costs::of(&self.start)
    }

    /// The first event.
    #[must_use]
    pub fn first(&self) -> Costs {
        Costs::of(&self.first)
    }

    /// Both together.
    #[must_use]
    pub fn cold(&self) -> Costs {
        let both = self.start.iter().zip(&self.first);
        Costs::of(
            &both.map(|(start, first)| Cost { cpu: start.cpu + first.cpu, wall: start.wall + first.wall }).collect::<Vec<_>>(),
        )
    }
}

/// Everybody's starts.
#[derive(Debug, Default)]
pub struct AllStarts {
    /// Of the function that does nothing.
    pub empty: Starts,
    /// Of the contenders.
    pub of: HashMap<(Kind, Route), Starts>,
}

/// Starts everybody in turn, `turns` times, so that whatever else the machine does meets them all alike. One turn more comes
/// first, and warms the caches.
///
/// # Errors
/// A function failed.
pub async fn measure(
    empty: &Binary,
    contenders: &[Contender],
    stage: &mut Stage,
    events: &mut Events,
    turns: usize,
) -> Result<AllStarts, StartError> {
    let mut all = AllStarts::default();
    for turn in 0..=turns {
        if turn == 1 {
            all = AllStarts::default();
        }
        for event in stage.sends(1, Channel::Sms) {
            all.empty.add(empty, stage, &event).await?;
        }
        for contender in contenders {
            for route in Route::BOTH {
                let starts = all.of.entry((contender.kind, route)).or_default();
                for event in events.make(stage, contender, route, Channel::Sms, 1).await? {
                    starts.add(contender.function(route), stage, &event).await?;
                }
            }
        }
    }
    Ok(all)
}
