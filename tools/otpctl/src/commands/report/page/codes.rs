//! What became of codes: conversion, what was entered and how soon, and by what means people sign in.

use maud::{Markup, html};

use super::chart::{Bar, Chart, Column, legend, part, share_bar, stacked};
use super::{figures, heads, section};
use crate::commands::report::summary::{CodesOf, Method, Summary, TimesOf, Within};
use crate::commands::report::words::{number, percent, seconds, several, share};

/// The objective: this many right codes in a hundred.
const TARGET: f64 = 80.0;
/// Codes below which a rate says little.
const ENOUGH: u64 = 20;

/// Right codes for those that were sent, by channel, provider and country.
pub fn conversion(summary: &Summary) -> Markup {
    let says = format!(
        "Right codes for a hundred that were sent: {} of all. The mark is at the objective, 80 %.",
        percent(summary.total.conversion)
    );
    let content = html! {
        div.columns {
            (codes("Channel", &summary.channels))
            (codes("Provider", &summary.providers))
            (codes("Country of texts", &summary.countries))
        }
    };
    section("conversion", "Conversion", &says, &content)
}

fn codes(title: &str, rows: &[CodesOf]) -> Markup {
    html! {
        @if !rows.is_empty() {
            table {
                (heads(&[title, "Sent", "Right", "Rate"]))
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (row.name) (share_bar(row.conversion.unwrap_or(0.0), Some(TARGET), colour(is_low(row)))) }
                            td.n { (number(row.sent)) }
                            td.n { (number(row.verified)) }
                            td.n { @if is_low(row) { strong.low { "↓ " (percent(row.conversion)) } } @else { (percent(row.conversion)) } }
                        }
                    }
                }
            }
        }
    }
}

/// Below the objective, and not by a handful of codes.
fn is_low(row: &CodesOf) -> bool {
    row.sent >= ENOUGH && row.conversion.is_some_and(|rate| rate <= TARGET)
}

const fn colour(low: bool) -> &'static str {
    if low { "missed" } else { "verified" }
}

/// What came of the codes that were entered, and how long the right ones took.
pub fn entered(summary: &Summary) -> Markup {
    let entered = &summary.entered;
    let parts = [
        ("right", entered.right, "verified"),
        ("wrong", entered.wrong, "refused"),
        ("none was waiting", entered.expired, "lesser"),
        ("no guesses left", entered.exhausted, "missed"),
        ("of somebody who may not sign in", entered.withheld, "lesser"),
        ("refused otherwise", entered.refused, "lesser"),
        ("not decided, the service failed", entered.failed, "missed"),
    ];
    let all: u64 = parts.iter().map(|(_, count, _)| count).sum();
    let bars: Vec<(u64, &str)> = parts.iter().map(|(_, count, colour)| (*count, *colour)).collect();
    let content = html! {
        div.columns {
            div {
                (stacked(&bars))
                table {
                    (heads(&["Codes entered", "Count", "Share"]))
                    tbody {
                        @for (name, count, colour) in parts.iter().filter(|(_, count, _)| *count > 0) {
                            tr {
                                th scope="row" { svg.key aria-hidden="true" { rect class=(colour) width="100%" height="100%" rx="2" {} } (name) }
                                td.n { (number(*count)) }
                                td.n { (share(*count, all)) }
                            }
                        }
                    }
                }
            }
            (times(&summary.times_to_verify))
        }
    };
    section(
        "verify",
        "Verified",
        &format!("{} entered, and how soon the right ones came back.", several(all, "code", "codes")),
        &content,
    )
}

fn times(times: &[TimesOf]) -> Markup {
    html! {
        @for times in times {
            figure {
                figcaption {
                    "By " (times.channel) ", half are back in " strong { (seconds(times.seconds.p50)) }
                    ", 95 % in " strong { (seconds(times.seconds.p95)) }
                }
                (within(times))
                (figures(&html! {
                    table {
                        (heads(&["Within", "Right codes", "Share"]))
                        tbody {
                            @for within in &times.within {
                                tr {
                                    th scope="row" { (seconds(Some(within.seconds))) }
                                    td.n { (number(within.codes)) }
                                    td.n { (share(within.codes, times.seconds.count)) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

/// The share of codes that are back within each span of time.
fn within(times: &TimesOf) -> Markup {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hundredths")]
    let column = |within: &Within| Column {
        title: format!("within {}: {}", seconds(Some(within.seconds)), several(within.codes, "code", "codes")),
        bars: vec![Bar { from: 0, to: part(within.codes, times.seconds.count).round() as u64, free: 8.0, colour: "verified" }],
    };
    let columns: Vec<Column> = times.within.iter().map(column).collect();
    let middle = |index: usize| part(2 * index as u64 + 1, 2 * columns.len() as u64);
    let marks: Vec<(f64, String)> =
        times.within.iter().enumerate().map(|(index, within)| (middle(index), short(within.seconds))).collect();
    let says = format!("How many hundredths of the right codes of {} were back within each span of time.", times.channel);
    Chart { says: &says, size: "low spans", unit: " %", most: Some(100), columns, marks: &marks }.drawn()
}

fn short(seconds: u64) -> String {
    if seconds < 120 { seconds.to_string() } else { format!("{}m", seconds / 60) }
}

/// By which means people sign in.
pub fn methods(summary: &Summary) -> Markup {
    let all: u64 = summary.methods.iter().map(|method| method.verified).sum();
    let says = match summary.methods.first() {
        Some(most) => format!("Most used: {} for {}, {} of right codes.", most.channel, most.purpose, share(most.verified, all)),
        None => "No right codes.".to_owned(),
    };
    let colours = ["messages", "verified", "refused", "lesser"];
    let coloured: Vec<(&Method, &str)> =
        summary.methods.iter().zip(colours.into_iter().chain(std::iter::repeat("lesser"))).collect();
    let bars: Vec<(u64, &str)> = coloured.iter().map(|(method, colour)| (method.verified, *colour)).collect();
    let names: Vec<String> = summary.methods.iter().map(|method| format!("{}, {}", method.channel, method.purpose)).collect();
    let entries: Vec<(&str, &str)> = coloured.iter().zip(&names).map(|((_, colour), name)| (*colour, name.as_str())).collect();
    let content = html! {
        @if all > 0 {
            (stacked(&bars))
            div.under { (legend(&entries)) }
            table {
                (heads(&["Method", "Right codes", "Share"]))
                tbody {
                    @for (method, name) in summary.methods.iter().zip(&names) {
                        tr { th scope="row" { (name) } td.n { (number(method.verified)) } td.n { (share(method.verified, all)) } }
                    }
                }
            }
        }
    };
    section("methods", "Methods", &says, &content)
}
