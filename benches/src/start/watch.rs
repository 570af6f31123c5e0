//! How much CPU time a function had used when it did what can be seen from outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cpu;

/// What can be seen at an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A connection is being made.
    Connecting,
    /// A connection stands, TLS included.
    Connected,
}

/// The process that is watched, shared by everything that sees it.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Watched>>);

#[derive(Debug, Default)]
struct Watched {
    pid: Option<u32>,
    seen: Vec<(Moment, Duration)>,
}

impl Watch {
    /// Watches this process from now on.
    pub fn follow(&self, pid: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Watched { pid: Some(pid), seen: Vec::new() };
    }

    /// The watched process is at this moment now.
    pub fn saw(&self, moment: Moment) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A process that has just ended is no longer of interest.
        if let Some(Ok(used)) = watched.pid.map(cpu::time) {
            watched.seen.push((moment, used));
        }
    }

    /// What was seen of it so far, with the CPU time it had used by then.
    #[must_use]
    pub fn seen(&self) -> Vec<(Moment, Duration)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}
