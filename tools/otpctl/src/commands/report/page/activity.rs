//! What happened and when: over time, by the hour, and what was refused.

use maud::{Markup, html};

use super::chart::{Bar, Chart, Column, bar, legend};
use super::{figures, heads, marks, section};
use crate::commands::report::meaning::of_reason;
use crate::commands::report::summary::{Refusal, StepAt, Summary};
use crate::commands::report::words::{length, number, several, share};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Messages, right codes, refusals and failures, one step after another.
pub fn over_time(summary: &Summary) -> Markup {
    let (steps, minutes, marks) = (&summary.series, summary.step_minutes, marks::of(summary));
    let wrong = steps.iter().any(|step| step.refused + step.faults > 0);
    let busiest = steps.iter().max_by_key(|step| (step.messages, std::cmp::Reverse(step.begins)));
    let peak = busiest
        .map(|peak| format!(", most at {}: {}", marks::name(summary, peak), several(peak.messages, "message", "messages")));
    let says = format!("Messages and right codes in steps of {}{}.", length(minutes), peak.unwrap_or_default());
    let chart = |says, size, column: fn(&Summary, &StepAt) -> Column| {
        let columns = steps.iter().map(|step| column(summary, step)).collect();
        Chart { says, size, unit: "", most: None, columns, marks: &marks }.drawn()
    };
    let content = html! {
        figure {
            (legend(&[("messages", "messages"), ("verified", "right codes"), ("refused", "sends refused"), ("missed", "requests failed")]))
            (chart(&says, "tall", traffic))
            @if wrong { (chart("Sends that were refused, and requests that failed.", "low", trouble)) }
            (figures(&over_time_table(summary)))
        }
    };
    section("time", "Over time", &says, &content)
}

fn traffic(summary: &Summary, at: &StepAt) -> Column {
    let bar = |to, free, colour| Bar { from: 0, to, free, colour };
    Column {
        title: format!(
            "{}: {}, {}",
            marks::name(summary, at),
            several(at.messages, "message", "messages"),
            several(at.verified, "right code", "right codes")
        ),
        bars: vec![bar(at.messages, 8.0, "messages"), bar(at.verified, 30.0, "verified")],
    }
}

fn trouble(summary: &Summary, at: &StepAt) -> Column {
    let both = at.refused + at.faults;
    Column {
        title: format!(
            "{}: {} refused, {} failed",
            marks::name(summary, at),
            several(at.refused, "send", "sends"),
            several(at.faults, "request", "requests")
        ),
        bars: vec![
            Bar { from: 0, to: at.refused, free: 8.0, colour: "refused" },
            Bar { from: at.refused, to: both, free: 8.0, colour: "missed" },
        ],
    }
}

fn over_time_table(summary: &Summary) -> Markup {
    html! {
        table {
            (heads(&["From", "Messages", "Right codes", "Refused", "Failed"]))
            tbody {
                @for at in &summary.series {
                    tr {
                        th scope="row" { (marks::name(summary, at)) }
                        @for count in [at.messages, at.verified, at.refused, at.faults] { td.n { (number(count)) } }
                    }
                }
            }
        }
    }
}

/// Messages by the hour of the day, and of the week where the log has more than a day.
pub fn peak_hours(summary: &Summary) -> Markup {
    let says = match summary.peak_hour {
        Some(peak) => format!("Messages by the hour of the day, UTC; most from {peak:02}:00 to {:02}:00.", (peak + 1) % 24),
        None => "No messages.".to_owned(),
    };
    let column = |(hour, count): (usize, &u64)| Column {
        title: format!("{hour:02}:00 to {:02}:00: {}", (hour + 1) % 24, several(*count, "message", "messages")),
        bars: vec![Bar {
            from: 0,
            to: *count,
            free: 8.0,
            colour: if summary.peak_hour == Some(hour) { "messages" } else { "lesser" },
        }],
    };
    let columns_of_hours = summary.hours.iter().enumerate().map(column).collect();
    let marks =
        [(0.0, "00"), (25.0, "06"), (50.0, "12"), (75.0, "18"), (100.0, "24")].map(|(place, hour)| (place, hour.to_owned()));
    let chart = Chart { says: &says, size: "middle", unit: "", most: None, columns: columns_of_hours, marks: &marks };
    let content = html! {
        figure {
            (chart.drawn())
            @if let Some(week) = &summary.week { (heat(week)) }
            (figures(&html! {
                table {
                    (heads(&["Hour", "Messages"]))
                    tbody { @for (hour, count) in summary.hours.iter().enumerate() { tr { th scope="row" { (format!("{hour:02}:00")) } td.n { (number(*count)) } } } }
                }
            }))
        }
    };
    section("hours", "Peak hours", &says, &content)
}

/// A table whose cells are the darker the more messages their hour has.
fn heat(week: &[Vec<u64>]) -> Markup {
    let most = week.iter().flatten().copied().max().unwrap_or(0).max(1);
    html! {
        table.heat {
            caption.unseen { "Messages by the day of the week and the hour of the day" }
            thead { tr { td {} @for hour in 0..24 { th scope="col" { span class=[(hour % 6 > 0).then_some("unseen")] { (format!("{hour:02}")) } } } } }
            tbody {
                @for (day, hours) in DAYS.iter().zip(week) {
                    tr {
                        th scope="row" { abbr title=(day) { (day.get(..2).unwrap_or_default()) } }
                        @for (hour, count) in hours.iter().enumerate() {
                            td class={ "heat-" ((count * 6).div_ceil(most)) } title={ (day) ", " (hour) ":00: " (number(*count)) } {
                                span.unseen { (number(*count)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Sends that were refused, and why.
pub fn refusals(summary: &Summary) -> Markup {
    let all: u64 = summary.refusals.iter().map(|refusal| refusal.count).sum();
    let sends = all + summary.total.messages;
    let says = match all {
        0 => "No send was refused.".to_owned(),
        _ => format!("{} refused, {} of those that were asked for.", several(all, "send", "sends"), share(all, sends)),
    };
    let content = html! {
        @if all > 0 { (refusal_table(&summary.refusals, "refused")) }
        @if !summary.would_refuse.is_empty() {
            h3 { "Left, and would have been refused" }
            p.muted { "The guard only watches (GUARD_MODE=observe)." }
            (refusal_table(&summary.would_refuse, "lesser"))
        }
        @if summary.levels_raised > 0 {
            p.note { "Wrong codes made the codes of " (several(summary.levels_raised, "identifier", "identifiers")) " longer." }
        }
    };
    section("refusals", "Refused", &says, &content)
}

fn refusal_table(refusals: &[Refusal], colour: &str) -> Markup {
    let most = refusals.iter().map(|refusal| refusal.count).max().unwrap_or(0);
    html! {
        table {
            (heads(&["Reason", "By", "Sends"]))
            tbody {
                @for refusal in refusals {
                    tr {
                        th scope="row" {
                            code { (refusal.reason) } " " span.muted { (of_reason(&refusal.reason).words) }
                            (bar(refusal.count, most, colour))
                        }
                        td.n { (refusal.by.word()) }
                        td.n { (number(refusal.count)) }
                    }
                }
            }
        }
    }
}
