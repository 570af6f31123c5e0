//! The functions beside the same job in other hands, in one run: the same service built with every default, and the usual
//! handlers in Python and Node. All run as children of the same stand-in for Lambda, against the same table and stand-ins.

pub mod contenders;
pub mod history;
pub mod install;
pub mod instructions;
pub mod machine;
pub mod measured;
pub mod package;
pub mod report;
pub mod requests;
pub mod starts;
pub mod targets;
pub mod warm;

use std::collections::HashMap;

use otp_auth::domain::recipient::Channel;
use serde_json::Value;

use crate::start::StartError;
use crate::start::sample::Run;
use crate::start::stage::Stage;
use contenders::{Contender, Kind};

/// What a function is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// A code.
    Send,
    /// Whether a code is right.
    Verify,
}

impl Route {
    /// Both, in the order of a sign-in.
    pub const BOTH: [Self; 2] = [Self::Send, Self::Verify];

    /// What the tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Verify => "verify",
        }
    }
}

/// Makes events. The other languages' codes are in their own items, so their own functions must send them first.
#[derive(Default)]
pub struct Events(HashMap<Kind, Run>);

impl Events {
    /// `count` events that must all be answered with success.
    ///
    /// # Errors
    /// The codes to be verified could not be sent.
    pub async fn make(
        &mut self,
        stage: &mut Stage,
        contender: &Contender,
        route: Route,
        channel: Channel,
        count: usize,
    ) -> Result<Vec<Value>, StartError> {
        match route {
            Route::Send => Ok(stage.sends(count, channel)),
            Route::Verify if contender.kind.has_our_table() => stage.verifies(count, channel).await,
            Route::Verify => self.answers(stage, contender, channel, count).await,
        }
    }

    async fn answers(
        &mut self,
        stage: &mut Stage,
        contender: &Contender,
        channel: Channel,
        count: usize,
    ) -> Result<Vec<Value>, StartError> {
        let sends = stage.sends(count, channel);
        let sender = match self.0.entry(contender.kind) {
            std::collections::hash_map::Entry::Occupied(running) => running.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(Run::start(contender.function(Route::Send), stage).await?)
            }
        };
        let mut answers = Vec::with_capacity(count);
        for send in &sends {
            sender.answer(send).await?;
            answers.push(stage.answer_to(send)?);
        }
        Ok(answers)
    }
}
