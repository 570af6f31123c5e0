//! Logs: one JSON object a line on standard output, with our own time and level.
//!
//! `lambda_http`'s own subscriber leaves the time out. The runtime and the SDK are kept at INFO whatever is asked for: at
//! TRACE they print payloads.

use std::fmt;
use std::panic;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::adapters::system::SystemClock;
use crate::ports::clock::Clock;

/// Starts logging for the process. A second call does nothing.
pub fn start(level: Level) {
    let _already_started = subscriber(level, std::io::stdout).try_init();
    panic::set_hook(Box::new(log_panic));
}

/// The same subscriber on another writer, for the test that reads what is logged.
pub fn subscriber<W>(level: Level, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_timer(Rfc3339)
        .with_writer(writer);
    let ours = Targets::new().with_default(LevelFilter::from_level(level.min(Level::INFO))).with_target("otp_auth", level);
    tracing_subscriber::registry().with(ours).with(lines)
}

/// Where it happened, and not the message: a panic's message can hold what the code was working on.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic");
}

/// Milliseconds, in UTC.
struct Rfc3339;

impl FormatTime for Rfc3339 {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let now = SystemClock.now();
        let seconds = now.to_rfc3339();
        write!(w, "{}.{:03}Z", seconds.trim_end_matches('Z'), now.as_millis() % 1000)
    }
}
