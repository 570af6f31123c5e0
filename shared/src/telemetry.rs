//! Logs: one JSON object a line on standard output.
//!
//! `lambda_http`'s own subscriber leaves the time out, and nobody's can carry metrics: a line's field `metrics` is a JSON object
//! in the Embedded Metric Format ([`crate::ports::metrics`]), whose members become members of the line. The runtime and the SDK
//! are kept at INFO whatever is asked for: at TRACE they print payloads. A release build does not even contain lines below that
//! (`release_max_level_info`, Cargo.toml).

use std::fmt;
use std::panic;
use std::sync::Arc;

use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::adapters::system::SystemClock;
use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;

/// The field whose text is members of the line.
const METRICS: &str = "metrics";

/// Whose lines may have that field.
const OURS: &str = "otp_auth";

/// Starts logging for the process. A second call does nothing.
pub fn start(level: Level) {
    let _already_started = subscriber(level, std::io::stdout, Arc::new(SystemClock)).try_init();
    panic::set_hook(Box::new(log_panic));
}

/// The same subscriber on another writer and by another clock: for what reads the lines.
pub fn subscriber<W>(level: Level, writer: W, clock: Arc<dyn Clock>) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().event_format(JsonLine(clock)).with_writer(writer);
    let ours = Targets::new().with_default(LevelFilter::from_level(level.min(Level::INFO))).with_target(OURS, level);
    tracing_subscriber::registry().with(ours).with(lines)
}

/// Where it happened, and not the message: a panic's message can hold what the code was working on.
fn log_panic(info: &panic::PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "panic");
}

/// A line: the time, the level, the fields in their order, where it comes from, and the metrics.
struct JsonLine(Arc<dyn Clock>);

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (level, target) = (event.metadata().level(), event.metadata().target());
        let mut members = Members { text: Vec::with_capacity(2048), metrics: None, ours: target.starts_with(OURS) };
        members.add("timestamp", &to_the_millisecond(self.0.now()));
        members.add("level", level.as_str());
        event.record(&mut members);
        members.add("target", target);
        writeln!(line, "{{{}}}", members.finish())
    }
}

/// `2026-11-23T12:00:00.000Z`.
fn to_the_millisecond(now: Timestamp) -> String {
    format!("{}.{:03}Z", now.to_rfc3339().trim_end_matches('Z'), now.as_millis() % 1000)
}

/// The members of one line, as they are written.
struct Members {
    text: Vec<u8>,
    metrics: Option<String>,
    ours: bool,
}

impl Members {
    fn add<V: Serialize + ?Sized>(&mut self, name: &str, value: &V) {
        if !self.text.is_empty() {
            self.text.push(b',');
        }
        self.write(name);
        self.text.push(b':');
        self.write(value);
    }

    /// Into memory, and nothing that a field can be has no form in JSON: it cannot fail.
    fn write<V: Serialize + ?Sized>(&mut self, value: &V) {
        let _cannot_fail = serde_json::to_writer(&mut self.text, value);
    }

    fn finish(mut self) -> String {
        if let Some(members) = self.metrics.as_deref().and_then(|text| text.strip_prefix('{')?.strip_suffix('}')) {
            self.text.push(b',');
            self.text.extend_from_slice(members.as_bytes());
        }
        String::from_utf8(self.text).unwrap_or_default()
    }
}

impl Visit for Members {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            METRICS if self.ours => self.metrics = Some(value.to_owned()),
            name => self.add(name, value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}
