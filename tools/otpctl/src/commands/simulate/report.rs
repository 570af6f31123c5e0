//! What a replay came to.

use otp_auth::domain::guard::budget::MicroUsd;
use serde::Serialize;

use super::log::Entry;
use super::replay::{Fates, Tally};
use crate::render::view::View;
use crate::render::{self, Column};

/// What a replay came to.
#[derive(Serialize)]
pub struct Report {
    /// The first send of the log.
    from: String,
    /// The last one.
    to: String,
    /// All of the log.
    log: Line,
    /// What leaves.
    leaves: Line,
    /// All that is refused.
    refused: Line,
    /// What is refused, by reason.
    reasons: Vec<Line>,
    /// What leaves and would have been refused by a guard that does not only watch, by reason.
    would_refuse: Vec<Line>,
}

/// Sends that had the same fate.
#[derive(Clone, Serialize)]
struct Line {
    name: &'static str,
    sends: u64,
    /// Answered, according to the log.
    answered: u64,
    /// What they cost, where prices are known.
    usd: Option<String>,
}

impl Report {
    /// Of a replay of these sends.
    pub fn new(entries: &[Entry], fates: &Fates, prices: bool) -> Self {
        let line = |name, tally: &Tally| Line::new(name, tally, prices);
        let refused = fates.refused.values().fold(Tally::default(), plus);
        let mut reasons: Vec<Line> = fates.refused.iter().map(|(reason, tally)| line(reason, tally)).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.sends));
        let at = |entry: Option<&Entry>| entry.map(|entry| entry.time.to_rfc3339()).unwrap_or_default();
        Self {
            from: at(entries.first()),
            to: at(entries.last()),
            log: line("in the log", &plus(fates.leaves, &refused)),
            leaves: line("leaves", &fates.leaves),
            refused: line("refused", &refused),
            reasons,
            would_refuse: fates.watched.iter().map(|(reason, tally)| line(reason, tally)).collect(),
        }
    }
}

impl Line {
    fn new(name: &'static str, tally: &Tally, prices: bool) -> Self {
        let usd = prices.then(|| render::usd(MicroUsd(tally.micro_usd)));
        Self { name, sends: tally.sends, answered: tally.answered, usd }
    }

    fn row(&self, name: String, all: u64) -> Vec<String> {
        let share = (self.sends * 200 + all.max(1)) / (all.max(1) * 2);
        vec![name, self.sends.to_string(), format!("{share} %"), self.answered.to_string(), self.usd.clone().unwrap_or_default()]
    }
}

impl View for Report {
    fn text(&self) -> String {
        let columns = [
            Column::Text("Sends"),
            Column::Number("Count"),
            Column::Number("Share"),
            Column::Number("Answered"),
            Column::Number(if self.log.usd.is_some() { "USD" } else { "" }),
        ];
        let all = self.log.sends;
        let mut rows = vec![self.log.row("In the log".to_owned(), all), self.leaves.row("Leave".to_owned(), all)];
        rows.push(self.refused.row("Refused".to_owned(), all));
        rows.extend(self.reasons.iter().map(|reason| reason.row(format!("  {}", reason.name), all)));
        rows.extend(self.would_refuse.iter().map(|reason| reason.row(format!("Left, would refuse: {}", reason.name), all)));
        format!("{} to {}\n\n{}\n\n{}", self.from, self.to, render::table(&columns, rows), self.conclusion())
    }
}

impl Report {
    fn conclusion(&self) -> String {
        let saved = self.refused.usd.as_ref().map(|usd| format!(" and saves USD {usd}")).unwrap_or_default();
        let wrong = match self.refused.answered {
            0 => "None of these was answered in the log.".to_owned(),
            count => format!("{count} of these were answered in the log: people who would have been refused or kept waiting."),
        };
        format!("The policy refuses {} messages{saved}.\n{wrong}", self.refused.sends)
    }
}

fn plus(a: Tally, b: &Tally) -> Tally {
    Tally { sends: a.sends + b.sends, answered: a.answered + b.answered, micro_usd: a.micro_usd + b.micro_usd }
}
