//! `docs/otpctl.md`: every command in it is run, and what stands below it is what it prints.

use std::path::Path;

use super::day::{EVENING, of_traffic};
use super::program::{Operator, Ran, file, run};

/// The log that the page's simulation replays.
const LOG: &str = include_str!("sends.csv");

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_transcript_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/otpctl.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let operator = of_traffic("documentation").await;
    let log = file("documentation", "sends.csv", LOG);
    let current = transcribed(&page, |command| ran(&operator, command, log.to_str().unwrap()));
    if page != current {
        std::fs::write(&path, current).unwrap();
        panic!("docs/otpctl.md was not current; it has been rewritten: look at it and commit it");
    }
}

/// The page, with what each `$ otpctl` prints below it.
fn transcribed(page: &str, run: impl Fn(&str) -> String) -> String {
    let (mut text, mut in_output) = (String::new(), false);
    for line in page.lines() {
        if line == "```" || line.starts_with("$ otpctl ") {
            in_output = false;
        }
        if !in_output {
            text.push_str(&format!("{line}\n"));
        }
        if let Some(command) = line.strip_prefix("$ otpctl ") {
            text.push_str(&run(command));
            in_output = true;
        }
    }
    text
}

/// `--local` is the test's own table, at the end of its day.
fn ran(operator: &Operator, command: &str, log: &str) -> String {
    let words: Vec<&str> = command.split(' ').map(|word| if word == "sends.csv" { log } else { word }).collect();
    let Ran { out, err, .. } = match words.split_first() {
        Some((&"--local", rest)) => operator.run_at(EVENING, rest),
        _ => run(&words),
    };
    let lines: Vec<&str> = out.lines().chain(err.lines()).map(str::trim_end).collect();
    for line in &lines {
        assert!(line.chars().count() <= 80, "wider than the terminal: {line}");
    }
    lines.iter().map(|line| format!("{}\n", without_ids(line))).collect()
}

/// Ids of users are new in every run.
fn without_ids(line: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    line.split(' ').map(|word| if is_id(word) { "01934b…" } else { word }).collect::<Vec<_>>().join(" ")
}
