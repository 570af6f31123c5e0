//! The page: one HTML file that loads nothing, runs nothing and names nobody. `maud` escapes whatever comes from the log.

mod activity;
mod chart;
mod codes;
mod health;
mod marks;
mod scorecard;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::summary::Summary;
use crate::commands::report::words::{number, period, several};

const STYLE: &str = include_str!("style.css");

/// Should markup get in after all, nothing of it would run or be fetched.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' \
rx='8' fill='%232b5cc4'/%3E%3Cpath d='M8 23V15h4v8zm6 0V9h4v14zm6 0v-5h4v5z' fill='%23fff'/%3E%3C/svg%3E";

/// The whole page.
pub fn of(summary: &Summary) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { "One-time passcodes, " (period(&summary.from, &summary.to)) }
                link rel="icon" href=(ICON);
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(summary))
                main {
                    (scorecard::section(&summary.objectives))
                    (activity::over_time(summary))
                    (codes::conversion(summary))
                    (activity::refusals(summary))
                    (health::providers(summary))
                    (codes::entered(summary))
                    (activity::peak_hours(summary))
                    (health::latency(summary))
                    (codes::methods(summary))
                    (health::causes(summary))
                }
                (foot(summary))
            }
        }
    }
    .into_string()
}

fn head(summary: &Summary) -> Markup {
    let total = &summary.total;
    let refused: u64 = summary.refusals.iter().map(|refusal| refusal.count).sum();
    html! {
        header {
            div {
                h1 { "One-time passcodes" }
                p.muted { (period(&summary.from, &summary.to)) }
            }
            dl.facts {
                (fact("Requests", summary.requests()))
                (fact("Messages", total.messages))
                (fact("Codes verified", total.verified))
                (fact("Sends refused", refused))
                (fact("New users", summary.users_created))
                (fact("Refreshes", summary.sessions.refreshed))
            }
        }
    }
}

fn fact(name: &str, value: u64) -> Markup {
    html! { div { dt { (name) } dd { (number(value)) } } }
}

/// A part of the page under its heading, with what the heading means.
fn section(id: &str, title: &str, says: &str, content: &Markup) -> Markup {
    html! {
        section.card id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            p.muted { (says) }
            (content)
        }
    }
}

/// The figures of a chart, for who wants to read or copy them.
fn figures(table: &Markup) -> Markup {
    html! { details { summary { "Figures" } div.wide { (table) } } }
}

/// A heading of a column: text on the left, a number on the right.
fn heads(headings: &[&str]) -> Markup {
    html! {
        thead { tr { @for (index, heading) in headings.iter().enumerate() { th scope="col" class=[(index > 0).then_some("n")] { (heading) } } } }
    }
}

fn foot(summary: &Summary) -> Markup {
    let lines = summary.lines;
    html! {
        footer.muted {
            p {
                "From the logs alone: " (several(lines.read, "line", "lines")) ", of which " (number(lines.requests)) " of requests, "
                (number(lines.receipts)) " of receipts, " (number(lines.remarks)) " other lines of the service, "
                (number(lines.foreign)) " of other programs"
                @if lines.outside > 0 { ", " (number(lines.outside)) " outside the period" }
                ". " (unreadable(lines.unreadable))
            }
            p { "Days and hours are those of UTC. Whom codes went to is not in this page." }
        }
    }
}

fn unreadable(lines: u64) -> Markup {
    html! {
        @if lines == 0 { "All of them could be read." }
        @else { strong { (several(lines, "line", "lines")) " could not be read" } " (broken off, or out of shape) and are not counted." }
    }
}
