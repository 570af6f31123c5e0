//! What a start of the functions costs, beside a function that does nothing and beside the same service built with every
//! default; fails when it costs more than it should.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use benches::start::StartError;
use benches::start::binaries::{Binaries, Binary};
use benches::start::report::{self, Row};
use benches::start::sample::{Sample, measure};
use benches::start::stage::{Counting, Stage};
use benches::start::steps;
use otp_auth::domain::recipient::Channel;
use serde_json::Value;

/// Starts of each function that count. One more comes first, and warms the caches.
const STARTS: usize = 30;
/// Events in each start: the first one, and warm ones.
const EVENTS: usize = 11;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _unprintable = writeln!(std::io::stderr(), "bench-start: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(root: &Path) -> Result<bool, StartError> {
    let root = root.canonicalize().map_err(StartError::io(root.display().to_string()))?;
    let binaries = Binaries::build(&root)?;
    let mut stage = Stage::new(&root, Counting::Off).await?;
    let rows = functions(&binaries, &mut stage).await?;
    let (ours, default) = start_steps(&binaries, &stage)?;
    report(&rows, &report::steps(&steps::medians(&ours), &steps::medians(&default)).to_string())
}

/// Which route a function serves.
#[derive(Clone, Copy)]
enum Route {
    Send,
    Verify,
}

/// Measures the functions turn by turn, so that whatever else the machine does meets them all alike.
async fn functions(binaries: &Binaries, stage: &mut Stage) -> Result<[Row; 5], StartError> {
    let all: [(&Binary, Route); 5] = [
        (&binaries.empty, Route::Send),
        (&binaries.send, Route::Send),
        (&binaries.default_send, Route::Send),
        (&binaries.verify, Route::Verify),
        (&binaries.default_verify, Route::Verify),
    ];
    let mut samples: [Vec<Sample>; 5] = Default::default();
    for turn in 0..=STARTS {
        for ((binary, route), samples) in all.iter().zip(&mut samples) {
            let events = events(*route, stage).await?;
            let sample = measure(binary, stage, &events).await?;
            if turn > 0 {
                samples.push(sample);
            }
        }
    }
    let [empty, send, default_send, verify, default_verify] = &samples;
    Ok([
        Row::new(&binaries.empty, empty)?,
        Row::new(&binaries.send, send)?,
        Row::new(&binaries.default_send, default_send)?,
        Row::new(&binaries.verify, verify)?,
        Row::new(&binaries.default_verify, default_verify)?,
    ])
}

async fn events(route: Route, stage: &mut Stage) -> Result<Vec<Value>, StartError> {
    match route {
        Route::Send => Ok(stage.sends(EVENTS, Channel::Sms)),
        Route::Verify => stage.verifies(EVENTS, Channel::Sms).await,
    }
}

fn start_steps(binaries: &Binaries, stage: &Stage) -> Result<(Vec<steps::Step>, Vec<steps::Step>), StartError> {
    let (mut ours, mut default) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        steps::add_run(&binaries.steps, stage, &mut ours)?;
        steps::add_run(&binaries.default_steps, stage, &mut default)?;
    }
    Ok((ours, default))
}

/// Prints everything. Is it as it should be?
fn report(rows: &[Row; 5], steps: &str) -> Result<bool, StartError> {
    let [empty, send, default_send, verify, default_verify] = rows;
    let pairs = [(send, default_send), (verify, default_verify)];
    let overview = report::overview(empty, &pairs);
    let phases = report::phases(&[empty, send, default_send, verify, default_verify]);
    let faults = report::faults(&pairs);
    let verdict = if faults.is_empty() { "PASS".to_owned() } else { format!("FAIL\n{}", faults.join("\n")) };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "Medians of {STARTS} starts with {EVENTS} requests each, {} {}, warm caches. CPU time is that of the function's process \
         alone; time on the wall\nhas the stand-ins in it, which are a development build on the same machine.\n\n{overview}\n\
         Where it goes, by what the endpoints see\n\n{phases}\nWhere it goes, step by step (send-otp's start; the function takes \
         them side by side)\n\n{steps}\n{verdict}",
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
    .map_err(StartError::io("standard output"))?;
    Ok(faults.is_empty())
}
