//! How results look on a terminal.

pub mod time;
pub mod view;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width};
use otp_auth::domain::guard::budget::MicroUsd;

/// The width of results that go into a file or a pipe.
const WIDTH: u16 = 100;

/// A column: its heading, and where its cells stand.
#[derive(Clone, Copy)]
pub enum Column {
    /// Text, on the left; between its words it may go on in another line.
    Text(&'static str),
    /// A number, on the right.
    Number(&'static str),
    /// A drawing, on the left.
    Bar(&'static str),
}

impl Column {
    const fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Number(heading) | Self::Bar(heading) => heading,
        }
    }

    /// The narrowest that it can be read in: no word is broken, and no number or drawing goes on in another line.
    fn least<'a>(self, cells: impl Iterator<Item = &'a str>) -> usize {
        let cell = |text: &str| if matches!(self, Self::Text(_)) { longest_word(text) } else { text.chars().count() };
        cells.map(cell).max().unwrap_or(0).max(longest_word(self.heading()))
    }
}

/// Rows under headings, as wide as the terminal at most; where that is too narrow for them, one value a line.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    within(width(), columns, rows.into_iter().collect())
}

fn within(width: u16, columns: &[Column], rows: Vec<Vec<String>>) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let cells = |index: usize| rows.iter().filter_map(move |row| row.get(index)).map(String::as_str);
    let mut least: Vec<usize> = columns.iter().enumerate().map(|(index, column)| column.least(cells(index))).collect();
    if let Some(name) = least.first_mut() {
        // A name that is broken in two cannot be copied; what it explains can be.
        *name =
            cells(0).chain(columns.first().map(|column| column.heading())).map(|text| text.chars().count()).max().unwrap_or(0);
    }
    // A space on either side of a column, and one between two.
    if least.iter().sum::<usize>() + least.len() * 3 > usize::from(width) + 1 {
        let headings: Vec<&str> = columns.iter().map(|column| column.heading()).collect();
        return one_value_a_line(&headings, rows);
    }
    drawn(width, columns, &least, rows)
}

fn drawn(width: u16, columns: &[Column], least: &[usize], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_style(TableComponent::HeaderLines, '─').set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(columns.iter().map(|column| column.heading()));
    table.add_rows(rows);
    for (index, (kind, least)) in columns.iter().zip(least).enumerate() {
        let Some(column) = table.column_mut(index) else { continue };
        if let Column::Number(_) = kind {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let padded = u16::try_from(least + 2).unwrap_or(width);
        column.set_constraint(match index {
            0 => ColumnConstraint::ContentWidth,
            _ => ColumnConstraint::LowerBoundary(Width::Fixed(padded)),
        });
    }
    table.trim_fmt()
}

fn one_value_a_line(headings: &[&str], rows: Vec<Vec<String>>) -> String {
    let entries = |row: Vec<String>| list(&headings.iter().copied().zip(row).collect::<Vec<_>>());
    rows.into_iter().map(entries).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn longest_word(text: &str) -> usize {
    text.split(' ').map(|word| word.chars().count()).max().unwrap_or(0)
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
    fn no_word_is_broken_however_narrow_the_terminal() {
        let columns =
            [Column::Text("Check"), Column::Text("Because"), Column::Number("Sends today"), Column::Bar("Share of messages")];
        let row = |name: &str| {
            let cells = [name, "0 of 15 unanswered in the last day", "1234", " 100 % ███████████████"];
            cells.map(str::to_owned).to_vec()
        };
        let mut ways = std::collections::BTreeSet::new();
        for width in 40..=130 {
            let text = within(width, &columns, vec![row("country budget"), row("identifier")]);
            ways.insert(text.starts_with(" Check"));
            for whole in ["country budget", "identifier", "unanswered", "1234", "100 % ███████████████"]
            {
                assert!(text.contains(whole), "{width}: {whole}\n{text}");
            }
            assert!(
                text.lines().all(|line| line.chars().count() <= usize::from(width)) || !text.starts_with(" Check"),
                "{width}\n{text}"
            );
        }
        assert_eq!(ways.len(), 2, "a table where it fits, one value a line where it does not");
    }

    #[test]
    fn text_from_the_table_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{9b}d"), "a?[2Jb??c?d");
    }
}
