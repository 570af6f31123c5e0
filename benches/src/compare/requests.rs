//! Requests to the table, counted at its endpoint, and what a function logs.

use serde_json::Value;

use super::measured::{Costs, Requests};
use crate::operations;
use crate::start::StartError;
use crate::start::binaries::Binary;
use crate::start::sample::Run;
use crate::start::stage::Stage;

/// What one warm event took, and asked of the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flow {
    /// What it took.
    pub costs: Costs,
    /// What it asked for.
    pub requests: Requests,
}

/// Gives `binary` these events. The first one is not counted: a process reads twice a minute what the operator has stopped.
///
/// # Errors
/// The function failed.
pub async fn count(binary: &Binary, stage: &Stage, events: &[Value]) -> Result<Flow, StartError> {
    let mut run = Run::start(binary, stage).await?;
    let Some((first, rest)) = events.split_first() else { return Ok(Flow::default()) };
    run.answer(first).await?;
    let _not_counted = stage.table.take_operations();
    let logged = run.logged();
    let mut costs = Vec::with_capacity(rest.len());
    for event in rest {
        costs.push(run.answer(event).await?);
    }
    let operations = stage.table.take_operations();
    let each = |number: usize| number as f64 / rest.len() as f64;
    let guard = operations.iter().filter(|operation| operations::is_of_the_guard(operation)).count();
    let writes = operations.iter().filter(|operation| operations::is_write(operation)).count();
    let requests = Requests {
        decide: each(operations.len() - guard),
        guard: each(guard),
        writes: each(writes),
        log_bytes: each(run.logged() - logged),
    };
    Ok(Flow { costs: Costs::of(&costs), requests })
}
