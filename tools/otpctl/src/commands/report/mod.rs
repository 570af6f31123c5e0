//! `report`: the log, as a page. No table, no AWS, no keys.

mod line;
mod meaning;
mod page;
mod read;
mod summary;
mod tally;
mod words;

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;
use otp_auth::domain::time::Timestamp;

use crate::cli::Cli;
use crate::console;
use crate::failure::Failure;
use line::Kind;
use read::Found;
use summary::Summary;
use tally::{Lines, Tally};

/// Make a page of the log: the objectives, conversion, peak hours, refusals, providers, latency
///
/// Reads what the functions log (docs/logs.md), from files or from standard input, plain or gzip: their own lines, with or
/// without what `aws logs tail` or a container puts before them, and exports of CloudWatch Logs (`filter-log-events`,
/// `get-log-events`, `get-query-results`, Logs Insights, subscriptions). Lines of other programs are passed over and counted.
///
/// The page is one HTML file that loads and runs nothing. Nobody is named in it: neither hashes nor masks. Nothing is asked of
/// a table or of AWS, and no keys are needed.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  aws logs tail /aws/lambda/send-otp --since 1d --format short | otpctl report -o report.html
  aws logs filter-log-events --log-group-name /aws/lambda/send-otp --output json > send.json
  aws logs filter-log-events --log-group-name /aws/lambda/verify-otp --output json > verify.json
  otpctl report send.json verify.json --output report.html
  otpctl report export/*.gz --from 2026-11-23T00:00:00Z --to 2026-11-24T00:00:00Z --json
  make run > run.jsonl; otpctl report run.jsonl --output report.html      the local server

Both functions write: a code is sent by one and verified by the other. Read the logs of both.")]
pub struct ReportArgs {
    /// Logs; - or none for standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the page goes, instead of to standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The beginning of the period, such as 2026-11-23T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = crate::cli::timestamp)]
    from: Option<Timestamp>,
    /// Its end, which is not part of it
    #[arg(long, value_name = "TIME", value_parser = crate::cli::timestamp)]
    to: Option<Timestamp>,
}

/// Makes it.
///
/// # Errors
/// An input cannot be read, has nothing of the service in it, or the page cannot be written.
pub fn run(cli: &Cli, arguments: &ReportArgs) -> Result<(), Failure> {
    arguments.check(cli.output.json)?;
    let tally = arguments.read()?;
    if tally.period.is_none() {
        return Err(Failure::NothingToReport(nothing(&tally.lines)));
    }
    let summary = Summary::new(tally);
    let text = if cli.output.json { serde_json::to_string_pretty(&summary)? } else { page::of(&summary) };
    match &arguments.output {
        None => console::say(&text),
        Some(file) => std::fs::write(file, text).map_err(|error| Failure::Unwritable(file.clone(), error))?,
    }
    Ok(())
}

impl ReportArgs {
    /// Nobody types a log, and nobody reads HTML on a terminal.
    fn check(&self, json: bool) -> Result<(), Failure> {
        if self.files.is_empty() && io::stdin().is_terminal() {
            return Err(Failure::Usage(
                "Which log? Name files, or pipe one in: aws logs tail GROUP | otpctl report -o report.html",
            ));
        }
        if !json && self.output.is_none() && io::stdout().is_terminal() {
            return Err(Failure::Usage("The page is HTML. Say where it goes: --output report.html. Or --json for the numbers."));
        }
        if self.from.zip(self.to).is_some_and(|(from, to)| from >= to) {
            return Err(Failure::Usage("--from must be before --to."));
        }
        Ok(())
    }

    fn read(&self) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let (from, to) = (self.from.map(Timestamp::as_millis), self.to.map(Timestamp::as_millis));
        let within = |time: u64| from.is_none_or(|from| from <= time) && to.is_none_or(|to| time < to);
        let standard_input = [PathBuf::from("-")];
        let files = if self.files.is_empty() { &standard_input[..] } else { &self.files };
        for file in files {
            let mut take = |found: Found<'_>| match found {
                Found::Event(text) => tally.add(Kind::of(text), &within),
                Found::Broken => tally.add_broken(),
            };
            read::each(file, &mut take).map_err(|(file, error)| Failure::File(file, error))?;
        }
        Ok(tally)
    }
}

/// What was there instead.
fn nothing(lines: &Lines) -> String {
    if lines.read == 0 {
        return "There is nothing in the log.".to_owned();
    }
    let Lines { read, foreign, remarks, unreadable, outside, .. } = *lines;
    format!(
        "No request of the service is in the log. Of its {read} lines, {foreign} are other programs', {remarks} are others of the \
         service, {unreadable} cannot be read, and {outside} are outside the period."
    )
}
