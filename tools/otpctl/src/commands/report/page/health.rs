//! How well the parts work: providers, latency, and why requests failed.

use maud::{Markup, html};

use super::chart::{bar, legend, stacked};
use super::{heads, section};
use crate::commands::report::summary::{HandOversOf, Percentiles, Summary};
use crate::commands::report::words::{milliseconds, number, several, share};

/// What providers did with what they were handed, and who stepped in.
pub fn providers(summary: &Summary) -> Markup {
    let stepped_in: u64 = summary.failovers.iter().map(|failover| failover.count).sum();
    let says = match stepped_in {
        0 => "What providers did with the messages that they were handed.".to_owned(),
        _ => format!(
            "What providers did with the messages that they were handed. {} went on to another one.",
            several(stepped_in, "message", "messages")
        ),
    };
    if summary.hand_overs.is_empty() {
        return section("providers", "Providers", "No message was handed to a provider.", &html! {});
    }
    let content = html! {
        (legend(&[("verified", "taken"), ("lesser", "unclear"), ("refused", "refused"), ("missed", "not reached")]))
        table.tight {
            (heads(&["Provider", "Not taken", "Taken", "Half in", "95 % in"]))
            tbody { @for overs in &summary.hand_overs { (hand_overs(overs)) } }
        }
        @if stepped_in > 0 { (failovers(summary)) }
        @if summary.complaints > 0 { p.note { (several(summary.complaints, "mail was", "mails were")) " called unwanted by the recipient." } }
        @if summary.receipts_rejected > 0 { p.note { (several(summary.receipts_rejected, "receipt was", "receipts were")) " not genuine." } }
    };
    section("providers", "Providers", &says, &content)
}

fn hand_overs(overs: &HandOversOf) -> Markup {
    let parts =
        [(overs.accepted, "verified"), (overs.unclear, "lesser"), (overs.refused, "refused"), (overs.unreached, "missed")];
    html! {
        tr {
            th scope="row" {
                (overs.provider) (stacked(&parts))
                span.unseen { (overs.unclear) " unclear, " (overs.refused) " refused, " (overs.unreached) " not reached" }
            }
            td.n { (number(overs.all() - overs.accepted)) }
            td.n { (share(overs.accepted, overs.all())) }
            td.n { (milliseconds(overs.took.p50)) }
            td.n { (milliseconds(overs.took.p95)) }
        }
    }
}

fn failovers(summary: &Summary) -> Markup {
    let most = summary.failovers.iter().map(|failover| failover.count).max().unwrap_or(0);
    html! {
        table {
            (heads(&["Went on to another", "Why", "Messages"]))
            tbody {
                @for failover in &summary.failovers {
                    tr {
                        th scope="row" { (failover.from) " → " (failover.to) (bar(failover.count, most, "lesser")) }
                        td.n { code { (failover.why) } }
                        td.n { (number(failover.count)) }
                    }
                }
            }
        }
    }
}

/// How long requests took, by route, and in the table.
pub fn latency(summary: &Summary) -> Markup {
    let most = summary.latency.iter().filter_map(|route| route.took.p99).chain(summary.table.p99).max().unwrap_or(0);
    let content = html! {
        (legend(&[("messages", "half"), ("lesser", "95 %"), ("faint", "99 %")]))
        table.tight {
            (heads(&["Route", "Requests", "Half", "95 %", "99 %"]))
            tbody {
                @for route in &summary.latency { (route_row(&route.route, route.requests, &route.took, most)) }
                @if summary.table.count > 0 { (route_row("in the table", summary.table.count, &summary.table, most)) }
            }
        }
    };
    section("latency", "Latency", "Within which time requests were answered.", &content)
}

fn route_row(name: &str, requests: u64, took: &Percentiles, most: u64) -> Markup {
    let ends = [took.p50, took.p95, took.p99].map(Option::unwrap_or_default);
    let [half, most_of, nearly_all] = ends;
    let parts = [
        (half, "messages"),
        (most_of.saturating_sub(half), "lesser"),
        (nearly_all.saturating_sub(most_of), "faint"),
        (most.saturating_sub(nearly_all), "track"),
    ];
    html! {
        tr {
            th scope="row" { (name) (stacked(&parts)) }
            td.n { (number(requests)) }
            @for value in [took.p50, took.p95, took.p99] { td.n { (milliseconds(value)) } }
        }
    }
}

/// Why requests failed.
pub fn causes(summary: &Summary) -> Markup {
    let faults: u64 = summary.latency.iter().map(|route| route.faults).sum();
    let most = summary.causes.iter().map(|cause| cause.count).max().unwrap_or(0);
    let says = match faults {
        0 => "No request failed.".to_owned(),
        _ => format!("{} failed by our fault, or that of somebody behind us.", several(faults, "request", "requests")),
    };
    let content = html! {
        @if faults > 0 {
            table {
                (heads(&["Cause", "Requests"]))
                tbody {
                    @for cause in &summary.causes {
                        tr { th scope="row" { code { (cause.cause) } (bar(cause.count, most, "missed")) } td.n { (number(cause.count)) } }
                    }
                }
            }
        }
    };
    section("causes", "Failures", &says, &content)
}
