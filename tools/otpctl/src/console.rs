//! What people and programs read: results on standard output, everything else on standard error.

use std::io::{self, Write};

/// On standard output. A reader that is gone is no fault of ours.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _nobody_reads = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
}

/// On standard error.
pub fn complain(text: &str) {
    let _nobody_reads = writeln!(io::stderr(), "{text}");
}

/// On standard error, without the end of the line.
pub fn ask(text: &str) {
    let mut err = io::stderr().lock();
    let _nobody_reads = write!(err, "{text}").and_then(|()| err.flush());
}
