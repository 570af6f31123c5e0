//! The period on a terminal: tables with bars, and the hours of the day as columns.

use super::summary::{Named, Summary};
use crate::render::view::View;
use crate::render::{self, Column};

/// Rows of the columns of hours.
const HEIGHT: u64 = 8;
/// Characters before the first hour, for the figure at the top.
const AXIS: usize = 6;

/// Characters of the longest bar.
const BAR: u64 = 15;
/// A column of eight parts, filled to as many.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl View for Summary {
    fn text(&self) -> String {
        if self.total.messages == 0 && self.providers.is_empty() {
            return format!("No messages from {} to {}.", self.from, self.to);
        }
        let mut text = format!("{}\n", self.headline());
        for (title, rows) in
            [("Channel", &self.channels), ("Provider", &self.providers), ("Country", &self.countries), ("Day", &self.days)]
        {
            if !rows.is_empty() {
                text.push_str(&format!("\n{}\n", table(title, rows)));
            }
        }
        text.push_str(&format!("\n{}", self.hours_of_the_day(render::width())));
        for (reason, count) in &self.would_have_refused {
            text.push_str(&format!("Would have been refused (GUARD_MODE=observe), {reason}: {count}\n"));
        }
        text
    }
}

impl Summary {
    fn headline(&self) -> String {
        let period = if self.from == self.to { self.from.clone() } else { format!("{} to {}", self.from, self.to) };
        let money = self.spent_usd.as_ref().map(|spent| format!(", USD {spent} spent")).unwrap_or_default();
        format!(
            "{period} (UTC): {} messages, {} verified, conversion {}{money}.",
            self.total.messages,
            self.total.verified,
            percent(self.total.conversion())
        )
    }

    fn hours_of_the_day(&self, width: u16) -> String {
        let most = self.hours.iter().copied().max().unwrap_or(0).max(1);
        let mut text = String::from("Messages by hour of the day");
        if let Some(peak) = self.peak_hour {
            text.push_str(&format!(", most from {peak:02}:00 to {:02}:00", (peak + 1) % 24));
        }
        text.push('\n');
        let wide = wide(width);
        for row in (0..HEIGHT).rev() {
            let line: String = self.hours.iter().map(|count| column(part(*count, most, row), wide)).collect();
            text.push_str(&format!("{:>AXIS$}{}\n", scale(most, row), line.trim_end()));
        }
        text.push_str(&format!("{:>AXIS$}{}\n", "", hours(wide)));
        text
    }
}

/// Characters of an hour: three where 24 hours fit into the terminal (80 columns do), else two or one.
fn wide(width: u16) -> usize {
    (usize::from(width).saturating_sub(AXIS) / 24).clamp(1, 3)
}

/// An hour's part of a row.
fn column(part: char, wide: usize) -> String {
    let gap = usize::from(wide > 1);
    format!("{:gap$}{}", "", part.to_string().repeat(wide - gap))
}

/// The hours under their columns: each one, or as many as there is room for.
fn hours(wide: usize) -> String {
    let step = [6, 2, 1].get(wide.saturating_sub(1)).copied().unwrap_or(1);
    let gap = usize::from(wide > 1);
    (0..24)
        .step_by(step)
        .map(|hour| format!("{:gap$}{hour:02}{:rest$}", "", "", rest = wide * step - gap - 2))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// How much of a column's character in this row, counted from the bottom, is filled.
fn part(count: u64, most: u64, row: u64) -> char {
    let eighths = (count * HEIGHT * 8).div_ceil(most);
    let filled = usize::try_from(eighths.saturating_sub(row * 8).min(8)).unwrap_or(0);
    EIGHTHS.get(filled).copied().unwrap_or(' ')
}

/// The figure at the top of the axis, and nothing beside the other rows.
fn scale(most: u64, row: u64) -> String {
    if row == HEIGHT - 1 { most.to_string() } else { String::new() }
}

fn table(title: &'static str, rows: &[Named]) -> String {
    let mut columns = vec![
        Column::Text(title),
        Column::Number("Messages"),
        Column::Number("Verified"),
        Column::Number("Conversion"),
        Column::Bar("Share of messages"),
    ];
    let by_provider = title == "Provider";
    if by_provider {
        columns.push(Column::Number("Failed"));
    }
    let all: u64 = rows.iter().map(|row| row.counts.messages).sum::<u64>().max(1);
    let row = |row: &Named| {
        let counts = row.counts;
        let (messages, verified) = (counts.messages.to_string(), counts.verified.to_string());
        let mut cells = vec![row.name.clone(), messages, verified, percent(counts.conversion()), share(counts.messages, all)];
        cells.extend(by_provider.then(|| counts.failed.to_string()));
        cells
    };
    render::table(&columns, rows.iter().map(row))
}

/// A percentage, and a bar for it.
fn share(messages: u64, all: u64) -> String {
    let bar: String = std::iter::repeat_n('█', usize::try_from(messages * BAR / all).unwrap_or(0)).collect();
    format!("{:>5} {bar}", percent(Some((messages * 200 + all) / (all * 2))))
}

fn percent(hundredths: Option<u64>) -> String {
    hundredths.map_or_else(|| "–".to_owned(), |hundredths| format!("{hundredths} %"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_filled_from_the_bottom() {
        let filled = |count, most| (0..HEIGHT).map(|row| part(count, most, row)).collect::<String>();
        assert_eq!(filled(0, 10), "        ");
        assert_eq!(filled(10, 10), "████████");
        assert_eq!(filled(5, 10), "████    ");
        assert_eq!(filled(1, 1000), "▁       ", "one message can be seen beside a thousand");
    }

    #[test]
    fn the_hours_fit_into_the_terminal() {
        for (width, labels) in
            [(80, " 00 01 02 03"), (79, " 00 01 02 03"), (77, " 00  02  04  "), (54, " 00  02  04  "), (40, "00    06    ")]
        {
            let wide = wide(width);
            assert!(hours(wide).starts_with(labels), "{width}: {}", hours(wide));
            let row: String = (0..24).map(|_| column('█', wide)).collect();
            assert!(AXIS + row.chars().count() <= usize::from(width), "{width}: {row}");
            assert!(hours(wide).len() <= row.chars().count(), "{width}");
        }
        assert!(hours(3).ends_with(" 23") && hours(1).ends_with("18"));
    }
}
