//! The history file: a line of JSON a run, for those runs that are asked to be kept. `scripts/cost` reads the last one.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use otp_auth::adapters::system::SystemClock;
use otp_auth::ports::clock::Clock;
use otp_auth::ports::metrics::Metric;
use serde_json::{Value, json};

use super::Route;
use super::machine;
use super::measured::{Costs, Measured, Requests, Spread};
use super::requests::Flow;
use crate::start::StartError;

/// Where it is, from the root.
pub const FILE: &str = "benches/history.jsonl";

/// Appends a run. `mail` are our functions' flows by mail.
///
/// # Errors
/// The file cannot be written.
pub fn append(root: &Path, measured: &[Measured], mail: &[(Route, Flow)]) -> Result<(), StartError> {
    let line = json!({
        "date": SystemClock.now().to_rfc3339(),
        "of": machine::commit(root),
        "machine": machine::machine(),
        "versions": machine::versions(),
        "functions": measured.iter().map(function).collect::<Vec<_>>(),
        "metrics": metrics(),
        "mail": mail.iter().map(flow).collect::<Vec<_>>(),
    });
    let failed = || StartError::io(FILE);
    let mut file = OpenOptions::new().create(true).append(true).open(root.join(FILE)).map_err(failed())?;
    writeln!(file, "{line}").map_err(failed())
}

fn function(measured: &Measured) -> Value {
    json!({
        "by": measured.kind.key(),
        "route": measured.route.name(),
        "start": costs(&measured.start),
        "first": costs(&measured.first),
        "cold": costs(&measured.cold),
        "warm": costs(&measured.warm),
        "per_second": rounded(measured.per_second),
        "peak_kib": measured.peak_kib,
        "instructions": measured.instructions,
        "zip_bytes": measured.zip,
        "requests": requests(&measured.requests),
    })
}

/// How many metrics there are for each set of dimensions: CloudWatch bills them by their values.
fn metrics() -> BTreeMap<String, usize> {
    let mut sets = BTreeMap::new();
    for set in Metric::ALL.iter().flat_map(|metric| metric.dimensions()) {
        let names: Vec<&str> = set.iter().map(|dimension| dimension.name()).collect();
        *sets.entry(names.join("+")).or_default() += 1;
    }
    sets
}

fn flow((route, flow): &(Route, Flow)) -> Value {
    json!({ "by": "ours", "route": route.name(), "warm": costs(&flow.costs), "requests": requests(&flow.requests) })
}

fn costs(costs: &Costs) -> Value {
    json!({ "cpu_ms": spread(&costs.cpu), "wall_ms": spread(&costs.wall) })
}

fn spread(spread: &Spread) -> Value {
    let ms = |duration: Duration| rounded(duration.as_secs_f64() * 1000.0);
    json!({ "median": ms(spread.median), "p99": ms(spread.p99) })
}

fn requests(requests: &Requests) -> Value {
    let Requests { decide, guard, writes, log_bytes } = requests;
    json!({ "decide": rounded(*decide), "guard": rounded(*guard), "writes": rounded(*writes), "log_bytes": rounded(*log_bytes) })
}

/// To three decimals: more is noise.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
