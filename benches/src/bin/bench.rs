//! Speed and cost of the release binaries, beside the same job as it is usually done in Python and Node; fails when a target is
//! missed. With `--record` the run is appended to the history.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use benches::compare::contenders::{self, Contender, Kind};
use benches::compare::measured::Measured;
use benches::compare::requests::{self, Flow};
use benches::compare::starts::{self, AllStarts};
use benches::compare::targets;
use benches::compare::warm::{self, Load};
use benches::compare::{Events, Route, history, instructions, report};
use benches::start::StartError;
use benches::start::stage::{Counting, Stage};
use otp_auth::domain::recipient::Channel;

/// Starts of each function.
const STARTS: usize = 20;
/// Warm requests of each function. Node compiles what runs often; fifty requests give it time to. Processes of the same function
/// differ among themselves, so there are many.
const LOAD: Load = Load { turns: 16, unmeasured: 50, measured: 100 };
/// Requests in which those to the table are counted; the first is not.
const COUNTED: usize = 11;

#[tokio::main]
async fn main() -> ExitCode {
    let record = std::env::args().nth(1).is_some_and(|argument| argument == "--record");
    match run(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")), record).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _unprintable = writeln!(std::io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(root: &Path, record: bool) -> Result<bool, StartError> {
    let root = root.canonicalize().map_err(StartError::io(root.display().to_string()))?;
    let (empty, contenders) = contenders::all(&root)?;
    let mut stage = Stage::new(&root, Counting::Off).await?;
    let mut events = Events::default();
    say(&format!("{STARTS} starts of each function"))?;
    let starts = starts::measure(&empty, &contenders, &mut stage, &mut events, STARTS).await?;
    say(&format!(
        "{} times {} warm requests of each, after {} that are not measured",
        LOAD.turns, LOAD.measured, LOAD.unmeasured
    ))?;
    let warm = warm::measure(&contenders, &mut stage, &mut events, LOAD).await?;
    let mut bench = Bench { root, stage, events, contenders, measured: Vec::new() };
    bench.sum_up(&starts, &warm);
    bench.count_instructions().await?;
    let mail = bench.count_requests().await?;
    if record {
        history::append(&bench.root, &bench.measured, &mail)?;
    }
    bench.report(&starts)
}

struct Bench {
    root: PathBuf,
    stage: Stage,
    events: Events,
    contenders: Vec<Contender>,
    measured: Vec<Measured>,
}

impl Bench {
    fn sum_up(&mut self, starts: &AllStarts, warm: &std::collections::HashMap<(Kind, Route), warm::Warm>) {
        for route in Route::BOTH {
            for contender in &self.contenders {
                let key = (contender.kind, route);
                let (Some(starts), Some(warm)) = (starts.of.get(&key), warm.get(&key)) else { continue };
                self.measured.push(Measured {
                    kind: contender.kind,
                    route,
                    start: starts.start(),
                    first: starts.first(),
                    cold: starts.cold(),
                    warm: warm.costs(),
                    per_second: warm.per_second(),
                    peak_kib: warm.peak_kib,
                    instructions: None,
                    zip: contender.zip(route),
                    requests: requests::Flow::default().requests,
                });
            }
        }
    }

    /// Leaves out what valgrind cannot run.
    async fn count_instructions(&mut self) -> Result<(), StartError> {
        let valgrind = match instructions::valgrind() {
            Ok(valgrind) => valgrind,
            Err(reason) => return say(&format!("SKIPPED, instructions: {reason} (apt-get install valgrind)")),
        };
        say("Instructions, by callgrind")?;
        let directory = self.root.join("target/bench-start");
        for measured in &mut self.measured {
            let Some(contender) = self.contenders.iter().find(|contender| contender.kind == measured.kind) else { continue };
            let count = instructions::FEW + instructions::MANY;
            let events = self.events.make(&mut self.stage, contender, measured.route, Channel::Sms, count).await?;
            let function = contender.function(measured.route);
            match instructions::per_event(&valgrind, function, &self.stage, &events, &directory).await {
                Ok(count) => measured.instructions = Some(count),
                Err(reason) => say(&format!("SKIPPED, instructions of {}: {reason}", function.name))?,
            }
        }
        Ok(())
    }

    /// On a stage of its own, since counting takes time. Gives back our flows by mail.
    async fn count_requests(&mut self) -> Result<Vec<(Route, Flow)>, StartError> {
        say("Requests to the table")?;
        let mut stage = Stage::new(&self.root, Counting::On).await?;
        let mut events = Events::default();
        let mut mail = Vec::new();
        for measured in &mut self.measured {
            let Some(contender) = self.contenders.iter().find(|contender| contender.kind == measured.kind) else { continue };
            let texts = events.make(&mut stage, contender, measured.route, Channel::Sms, COUNTED).await?;
            measured.requests = requests::count(contender.function(measured.route), &stage, &texts).await?.requests;
            if measured.kind == Kind::Ours {
                let mails = events.make(&mut stage, contender, measured.route, Channel::Email, COUNTED).await?;
                mail.push((measured.route, requests::count(contender.function(measured.route), &stage, &mails).await?));
            }
        }
        Ok(mail)
    }

    /// Prints everything. Do all targets hold?
    fn report(&self, starts: &AllStarts) -> Result<bool, StartError> {
        let targets = targets::check(&self.measured);
        let held = targets.iter().filter(|target| target.holds).count();
        say(&format!(
            "\n{}\n{}\n{}\n{} {}; {held} of {} targets hold. CPU time is that of the function's process; time on the wall has in it the \
             stand-ins,\na development build, and whatever else the machine does.",
            report::overview(&starts.empty, &self.measured),
            report::ratios(&self.measured),
            report::verdicts(&targets),
            std::env::consts::OS,
            std::env::consts::ARCH,
            targets.len(),
        ))?;
        Ok(held == targets.len())
    }
}

fn say(text: &str) -> Result<(), StartError> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(StartError::io("standard output"))
}
