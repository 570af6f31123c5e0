//! The tables.

use std::time::Duration;

use super::contenders::Kind;
use super::measured::{Costs, Measured, Spread};
use super::starts::Starts;
use super::targets::Target;
use crate::table::Table;

/// Everything about everybody.
#[must_use]
pub fn overview(empty: &Starts, measured: &[Measured]) -> String {
    format!("{}\n{}", times(empty, measured), sizes(measured))
}

fn times(empty: &Starts, measured: &[Measured]) -> Table {
    let headings = [
        "CPU ms: median (p99)",
        "start to first poll",
        "first request",
        "start + first",
        "warm request",
        "wall ms: start + first",
        "warm",
        "requests/s",
    ];
    let mut table = Table::new(headings, &[0]);
    table.row([
        "empty function".to_owned(),
        spread(&empty.start().cpu),
        spread(&empty.first().cpu),
        spread(&empty.cold().cpu),
        "-".to_owned(),
        spread(&empty.cold().wall),
        "-".to_owned(),
        "-".to_owned(),
    ]);
    for one in measured {
        let Costs { cpu, wall } = &one.warm;
        table.row([
            name(one),
            spread(&one.start.cpu),
            spread(&one.first.cpu),
            spread(&one.cold.cpu),
            spread(cpu),
            spread(&one.cold.wall),
            spread(wall),
            format!("{:.0}", one.per_second),
        ]);
    }
    table
}

fn sizes(measured: &[Measured]) -> Table {
    let headings = [
        "",
        "peak MiB",
        "zip MB",
        "instructions/request",
        "table requests: decide",
        "guard",
        "of these writes",
        "log bytes/request",
    ];
    let mut table = Table::new(headings, &[0]);
    for one in measured {
        let requests = &one.requests;
        table.row([
            name(one),
            format!("{:.1}", one.peak_kib as f64 / 1024.0),
            format!("{:.2}", one.zip as f64 / 1e6),
            one.instructions.map_or_else(|| "-".to_owned(), |count| format!("{:.2} M", count as f64 / 1e6)),
            number(requests.decide),
            number(requests.guard),
            number(requests.writes),
            format!("{:.0}", requests.log_bytes),
        ]);
    }
    table
}

/// How many times as much the others take.
#[must_use]
pub fn ratios(measured: &[Measured]) -> Table {
    let headings = ["times otp-auth", "CPU: start + first", "CPU: warm", "wall: warm", "instructions", "peak memory", "zip"];
    let mut table = Table::new(headings, &[0]);
    for one in measured.iter().filter(|one| one.kind != Kind::Ours) {
        let Some(ours) = measured.iter().find(|ours| ours.kind == Kind::Ours && ours.route == one.route) else { continue };
        let instructions = one.instructions.zip(ours.instructions).map(|(one, ours)| one as f64 / ours as f64);
        table.row([
            name(one),
            times_as_much(ours.cold_ratio(one)),
            times_as_much(ours.warm_ratio(one)),
            times_as_much(one.warm.wall.median.as_secs_f64() / ours.warm.wall.median.as_secs_f64()),
            instructions.map_or_else(|| "-".to_owned(), times_as_much),
            times_as_much(one.peak_kib as f64 / ours.peak_kib as f64),
            times_as_much(one.zip as f64 / ours.zip as f64),
        ]);
    }
    table
}

/// What must hold, and whether it does.
#[must_use]
pub fn verdicts(targets: &[Target]) -> Table {
    let mut table = Table::new(["", "target", "measured"], &[0, 1, 2]);
    for target in targets {
        let verdict = if target.holds { "PASS" } else { "FAIL" };
        table.row([verdict.to_owned(), target.what.clone(), target.measured.clone()]);
    }
    table
}

fn name(one: &Measured) -> String {
    format!("{}, {}", one.route.name(), one.kind.name())
}

fn spread(spread: &Spread) -> String {
    format!("{} ({})", ms(spread.median), ms(spread.p99))
}

fn ms(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

fn number(number: f64) -> String {
    format!("{number:.1}").trim_end_matches(".0").to_owned()
}

fn times_as_much(ratio: f64) -> String {
    format!("{ratio:.1}")
}
