//! The five objectives as cards.

use maud::{Markup, html};

use super::chart::share_bar;
use crate::commands::report::summary::objectives::{Objective, Verdict};
use crate::commands::report::words::{target, value};

/// What the bar has room for: once and a half of what the target allows.
const ROOM: f64 = 1.5;

/// All of them, under what they come to.
pub fn section(objectives: &[Objective]) -> Markup {
    html! {
        section id="objectives" aria-labelledby="objectives-title" {
            h2 id="objectives-title" { (headline(objectives)) }
            ul.scorecard { @for objective in objectives { (card(objective)) } }
        }
    }
}

fn headline(objectives: &[Objective]) -> String {
    let count = |verdict| objectives.iter().filter(|objective| objective.verdict == verdict).count();
    let (met, missed, unknown) = (count(Verdict::Met), count(Verdict::Missed), count(Verdict::NotEnoughData));
    let known = met + missed;
    let waiting = if unknown > 0 { format!(", {unknown} without enough data") } else { String::new() };
    match (known, missed) {
        (0, _) => "Not enough data for any objective".to_owned(),
        (_, 0) if unknown == 0 => format!("All {met} objectives met"),
        _ => format!("{met} of {} objectives met{waiting}", objectives.len()),
    }
}

fn card(objective: &Objective) -> Markup {
    let (class, sign, word) = match objective.verdict {
        Verdict::Met => ("met", "M3 8.5l3.2 3.2L13 5", "Met"),
        Verdict::Missed => ("missed", "M4 4l8 8M12 4l-8 8", "Missed"),
        Verdict::NotEnoughData => ("unknown", "M4 8h8", "Not enough data"),
    };
    html! {
        li class={ "card " (class) } {
            h3 { (objective.title) }
            div.top {
                p.value { (value(objective)) }
                p.verdict { svg.sign viewBox="0 0 16 16" aria-hidden="true" { path d=(sign) {} } (word) }
            }
            p.muted { "should be " (target(objective)) }
            @if let Some(used) = objective.allowance_used {
                (share_bar(used * 100.0 / ROOM, Some(100.0 / ROOM), class))
                p.muted { (allowance(used)) }
            }
            p.basis { (objective.basis) }
        }
    }
}

fn allowance(used: f64) -> String {
    match used {
        used if used >= 10.0 => "more than ten times what the target allows".to_owned(),
        used if used > 1.5 => format!("{used:.1} times what the target allows"),
        used => format!("{:.0} % of what the target allows", (used * 100.0).ceil()),
    }
}
