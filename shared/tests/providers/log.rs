//! What the test at hand has logged: its runtime is one thread, and so is its log.

use std::cell::RefCell;
use std::io;
use std::sync::{Arc, Once};

use otp_auth::adapters::system::SystemClock;
use otp_auth::telemetry;
use serde_json::Value;

thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Forgets what this thread has logged so far.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(telemetry::subscriber(
            tracing::Level::INFO,
            || ThisThread,
            Arc::new(SystemClock),
        ))
        .unwrap();
    });
    WRITTEN.with_borrow_mut(Vec::clear);
}

/// What this thread has logged since.
pub fn lines() -> Vec<Value> {
    let written = WRITTEN.with_borrow(|written| String::from_utf8(written.clone()).unwrap());
    written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines with this message.
pub fn with_message(message: &str) -> Vec<Value> {
    lines().into_iter().filter(|line| line["message"] == message).collect()
}
