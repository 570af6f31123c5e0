//! A log in memory.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::adapters::system::SystemClock;
use crate::telemetry;

/// What was written, for all who have a clone of it.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// What this whole process logs, from the first call on: a test looks for the ids of its own. `None` when somebody else
    /// listens already.
    #[must_use]
    pub fn by_this_process() -> Option<Self> {
        static LOG: OnceLock<Option<Written>> = OnceLock::new();
        let start = || {
            let written = Self::default();
            let writer = written.clone();
            let lines = telemetry::subscriber(tracing::Level::INFO, move || writer.clone(), Arc::new(SystemClock));
            tracing::subscriber::set_global_default(lines).ok().map(|()| written)
        };
        LOG.get_or_init(start).clone()
    }

    /// All of it.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// All of it, and none of it the next time.
    #[must_use]
    pub fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.bytes())).into_owned()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
