//! What people read. Log lines are `telemetry`'s.

use std::io::{self, Write};

/// On standard output. A reader that is gone is no fault of ours.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _nobody_reads = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// On standard error.
pub fn complain(text: &str) {
    let _nobody_reads = writeln!(io::stderr(), "{text}");
}
