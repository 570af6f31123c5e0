//! What came of an attack, and the table of it all.

use std::fmt;

/// An attack, named after itself.
pub struct Attack {
    pub theme: &'static str,
    pub name: &'static str,
    pub run: fn() -> Finding,
}

/// How often something was tried, and how often it got through.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tried {
    pub tries: usize,
    pub through: f64,
}

/// An attack on the real service, and the same attack on a broken one.
pub struct Finding {
    /// What getting through means here.
    pub counted: &'static str,
    pub real: Tried,
    /// The most that may get through.
    pub may: f64,
    /// What the control is.
    pub broken: &'static str,
    pub control: Tried,
}

/// The findings, in the order of the suite.
#[derive(Default)]
pub struct Findings(Vec<[String; 7]>);

impl Tried {
    /// Every try was counted, and this many got through.
    pub fn of(tries: usize, through: usize) -> Self {
        Self { tries, through: through as f64 }
    }

    /// One more try.
    pub fn add(&mut self, got_through: bool) {
        self.tries += 1;
        self.through += f64::from(u8::from(got_through));
    }
}

impl Finding {
    /// No more got through than may, and the control shows that more could have.
    pub fn verdict(&self) -> Result<(), String> {
        if self.real.tries == 0 {
            return Err("nothing was tried".to_owned());
        }
        if self.real.through > self.may {
            return Err(format!("{} {} got through, {} may", number(self.real.through), self.counted, number(self.may)));
        }
        if self.control.through <= self.may {
            let through = number(self.control.through);
            return Err(format!("the control ({}) shows nothing: {through} got through", self.broken));
        }
        Ok(())
    }
}

impl Findings {
    pub fn add(&mut self, attack: &Attack, finding: Finding) {
        let Finding { counted, real, may, broken, control } = finding;
        self.0.push([
            attack.name.replace('_', " "),
            real.tries.to_string(),
            number(real.through),
            number(may),
            counted.to_owned(),
            format!("{} of {}", number(control.through), control.tries),
            broken.to_owned(),
        ]);
    }
}

/// A Markdown table, so that docs/attacks.md can have it as it is.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = ["attack", "tries", "got through", "may", "of what", "control got through", "control"].map(str::to_owned);
        let rows = || std::iter::once(&headings).chain(&self.0);
        let widths: Vec<usize> =
            (0..headings.len()).map(|column| rows().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
        for (number, row) in rows().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:<width$} ")?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                writeln!(f, "|{}", widths.iter().map(|width| format!("{}|", "-".repeat(width + 2))).collect::<String>())?;
            }
        }
        Ok(())
    }
}

/// Whole numbers as such, statistics with one decimal.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
