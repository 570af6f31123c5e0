//! Reads settings one by one and remembers every fault.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use crate::domain::policy::Bounded;

/// Gives the value of a variable: the process environment, or a test's own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it, without its value.
    pub problem: String,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|fault| format!("{} {}", fault.variable, fault.problem)).collect();
        f.write_str(&lines.join("; "))
    }
}

impl std::error::Error for Faults {}

pub(super) struct Reader<'a> {
    lookup: Lookup<'a>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    pub(super) fn finish<T>(self, config: Option<T>) -> Result<T, Faults> {
        match config {
            Some(config) if self.faults.is_empty() => Ok(config),
            _ => Err(Faults(self.faults)),
        }
    }

    pub(super) fn fault(&mut self, variable: &'static str, problem: &str) {
        self.faults.push(Fault { variable, problem: problem.to_owned() });
    }

    /// The trimmed value; an empty one is none.
    pub(super) fn get(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&mut self, variable: &'static str) -> Option<String> {
        let value = self.get(variable);
        if value.is_none() {
            self.fault(variable, "must be set");
        }
        value
    }

    /// A value that may be absent; one that does not parse is a fault.
    pub(super) fn optional<T>(&mut self, variable: &'static str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let value = self.get(variable)?;
        parse(&value).map_err(|problem| self.fault(variable, problem)).ok()
    }

    pub(super) fn parsed<T>(
        &mut self,
        variable: &'static str,
        default: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let value = self.get(variable);
        parse(value.as_deref().unwrap_or(default)).map_err(|problem| self.fault(variable, problem)).ok()
    }

    pub(super) fn parsed_list(
        &mut self,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<String, &'static str>,
    ) -> Option<BTreeSet<String>> {
        let value = self.get(variable).unwrap_or_default();
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        items.map(parse).collect::<Result<_, _>>().map_err(|problem| self.fault(variable, problem)).ok()
    }

    pub(super) fn choice<T: Copy>(&mut self, variable: &'static str, default: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.get(variable).unwrap_or_else(|| default.to_owned());
        let chosen = choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice);
        if chosen.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.fault(variable, &format!("must be one of {}", names.join(", ")));
        }
        chosen
    }

    pub(super) fn number(&mut self, variable: &'static str, setting: &Bounded) -> Option<u32> {
        match self.get(variable) {
            None => Some(setting.default),
            Some(_) => self.optional_number(variable, &setting.bounds),
        }
    }

    pub(super) fn optional_number(&mut self, variable: &'static str, bounds: &RangeInclusive<u32>) -> Option<u32> {
        let value = self.get(variable)?;
        let number = value.parse().ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            self.fault(variable, &format!("must be a whole number from {} to {}", bounds.start(), bounds.end()));
        }
        number
    }
}
