//! Charts as inline SVG, in hundredths of the room they have: nothing is stretched and no label shrinks on a narrow screen, since
//! labels are the page's own text beside the drawing.

use maud::{Markup, html};

use crate::commands::report::words::number;

/// A part of a column: from one value to another, this far from the column's sides.
pub struct Bar {
    /// Where it begins.
    pub from: u64,
    /// Where it ends.
    pub to: u64,
    /// How much of the column's width stays free on either side, in hundredths.
    pub free: f64,
    /// Its colour.
    pub colour: &'static str,
}

/// A column of a chart.
pub struct Column {
    /// What it says, for who points at it.
    pub title: String,
    /// Its parts, the backmost first.
    pub bars: Vec<Bar>,
}

/// Columns over an axis of values and one of marks.
pub struct Chart<'a> {
    /// What it shows, for who cannot see it.
    pub says: &'a str,
    /// How high it is: a class.
    pub size: &'static str,
    /// What stands behind the numbers of the axis.
    pub unit: &'static str,
    /// What the axis ends at; by itself it ends at the next round number.
    pub most: Option<u64>,
    /// The columns.
    pub columns: Vec<Column>,
    /// Marks under it, each so many hundredths from the left.
    pub marks: &'a [(f64, String)],
}

impl Chart<'_> {
    /// Draws it.
    pub fn drawn(&self) -> Markup {
        let highest = self.columns.iter().flat_map(|column| &column.bars).map(|bar| bar.to).max().unwrap_or(0);
        let most = self.most.unwrap_or_else(|| ceiling(highest));
        html! {
            div class={ "plot " (self.size) } {
                div.scale aria-hidden="true" { @for value in [most, most / 2, 0] { span { (number(value)) (self.unit) } } }
                svg.drawing role="img" aria-label=(self.says) {
                    @for (place, _) in self.marks { line.grid x1=(at(*place)) x2=(at(*place)) y1="0" y2="100%" {} }
                    @for line in ["0", "50%", "100%"] { line.grid x1="0" x2="100%" y1=(line) y2=(line) {} }
                    @for (index, column) in self.columns.iter().enumerate() { (drawn(index, self.columns.len(), column, most)) }
                }
                @if !self.marks.is_empty() {
                    svg.marks aria-hidden="true" { @for (place, name) in self.marks { text x=(at(*place)) y="1.15em" { (name) } } }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "places of columns")]
fn drawn(index: usize, count: usize, column: &Column, most: u64) -> Markup {
    let width = 100.0 / count.max(1) as f64;
    let left = width * index as f64;
    html! {
        g {
            title { (column.title) }
            rect.hit x=(at(left)) y="0" width=(at(width)) height="100%" {}
            @for bar in column.bars.iter().filter(|bar| bar.to > bar.from) {
                rect class=(bar.colour) x=(at(left + width * bar.free / 100.0)) width=(at(width * (1.0 - bar.free / 50.0)))
                    y=(at(100.0 - part(bar.to, most))) height=(at(part(bar.to - bar.from, most))) {}
            }
        }
    }
}

/// A bar beside a number; nothing for those who have the number read to them.
pub fn bar(part_of: u64, all: u64, colour: &str) -> Markup {
    share_bar(part(part_of, all), None, colour)
}

/// The same of hundredths, with a mark where they should be.
pub fn share_bar(hundredths: f64, mark: Option<f64>, colour: &str) -> Markup {
    html! {
        svg.bar aria-hidden="true" {
            rect.track width="100%" height="100%" rx="3" {}
            rect class=(colour) width=(at(hundredths.clamp(0.0, 100.0))) height="100%" rx="3" {}
            @if let Some(mark) = mark { rect.mark x=(at(mark)) width="2" height="100%" {} }
        }
    }
}

/// Parts of a whole, one after another.
pub fn stacked(parts: &[(u64, &str)]) -> Markup {
    let all = parts.iter().map(|(count, _)| count).sum();
    let mut before = 0;
    html! {
        svg.bar aria-hidden="true" {
            rect.track width="100%" height="100%" rx="3" {}
            @for (count, colour) in parts.iter().filter(|(count, _)| *count > 0) {
                rect class=(colour) x=(at(part(before, all))) width=(at(part(*count, all))) height="100%" {}
                @let () = before += count;
            }
        }
    }
}

/// What the colours of a chart stand for.
pub fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (colour, name) in entries {
                li { svg.key aria-hidden="true" { rect class=(colour) width="100%" height="100%" rx="2" {} } (name) }
            }
        }
    }
}

/// Hundredths of a whole.
#[expect(clippy::cast_precision_loss, reason = "a drawing")]
pub fn part(value: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { value as f64 * 100.0 / all as f64 }
}

fn at(hundredths: f64) -> String {
    format!("{hundredths:.2}%")
}

/// The next round number: 2, 4, 6, 8, 10, 20, 40, … so that half of it is a whole one.
fn ceiling(value: u64) -> u64 {
    let mut unit: u64 = 1;
    while value / unit > 10 {
        unit = unit.saturating_mul(10);
    }
    value.div_ceil(unit).next_multiple_of(2).max(2).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number_that_is_not_below_the_data() {
        assert_eq!([0, 1, 2, 3, 9, 11, 25, 99, 101, 1234].map(ceiling), [2, 2, 2, 4, 10, 20, 40, 100, 120, 2000]);
        assert!((0..10_000).all(|value| ceiling(value) >= value));
        assert!(ceiling(u64::MAX) > 1 << 60);
    }

    #[test]
    fn what_a_log_says_is_no_markup_in_a_chart() {
        let column = Column { title: "<script>".to_owned(), bars: Vec::new() };
        let marks = [(0.0, "<i>".to_owned())];
        let chart = Chart { says: "\"><b>", size: "low", unit: "", most: None, columns: vec![column], marks: &marks };
        let drawn = chart.drawn().into_string();
        assert!(!drawn.contains("<script") && !drawn.contains("<b>") && !drawn.contains("<i>"), "{drawn}");
    }
}
