//! How results look on a terminal.

pub mod time;
pub mod view;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent};
use otp_auth::domain::guard::budget::MicroUsd;

/// The width of results that go into a file or a pipe.
const WIDTH: u16 = 100;

/// A column: its heading, and where its cells stand.
#[derive(Clone, Copy)]
pub enum Column {
    /// Text, on the left.
    Text(&'static str),
    /// A number, on the right.
    Number(&'static str),
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Number(heading) => heading,
        }
    }
}

/// Rows under headings, as wide as the terminal at most.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width());
    table.set_style(TableComponent::HeaderLines, '─').set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(columns.iter().map(|column| column.heading()));
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    for (index, column) in columns.iter().enumerate() {
        if let (Column::Number(_), Some(column)) = (column, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    // A name that is broken in two cannot be copied; what it explains can be.
    if let Some(name) = table.column_mut(0) {
        name.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.trim_fmt()
}

/// Names and values, one a line.
pub fn list(entries: &[(&str, String)]) -> String {
    let widest = entries.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(&str, String)| format!("{name:<widest$}  {}\n", plain(value));
    entries.iter().map(line).collect()
}

/// An amount with two decimals, and with more where they say something.
pub fn usd(amount: MicroUsd) -> String {
    let text = amount.to_string();
    let cents = text.find('.').map_or(text.len(), |point| point + 3);
    let last = text.trim_end_matches('0').len().max(cents);
    text.chars().take(last).collect()
}

/// How many columns there are: the terminal's, or those of the variable `COLUMNS`.
pub fn width() -> u16 {
    let terminal = console::Term::stdout().size_checked().map(|(_, columns)| columns);
    let told = || otp_auth::config::environment("COLUMNS")?.parse().ok();
    terminal.or_else(told).unwrap_or(WIDTH).clamp(40, 400)
}

/// Text from the table that may not speak to the terminal: escape sequences and line breaks become `?`.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_cents_and_what_is_smaller_where_it_counts() {
        let shown = [0, 7_500, 712_500, 5_500_000, 10_000_000].map(|micros| usd(MicroUsd(micros)));
        assert_eq!(shown, ["0.00", "0.0075", "0.7125", "5.50", "10.00"]);
    }

    #[test]
    fn text_from_the_table_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{9b}d"), "a?[2Jb??c?d");
    }
}
