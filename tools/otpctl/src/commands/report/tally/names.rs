//! Counters under names that a log gave: no more of them than a page has room for, whoever writes into the log.

use std::collections::BTreeMap;

use crate::render::plain;

/// Names that are kept apart.
const MOST: usize = 200;
/// Characters of a name.
const LONGEST: usize = 120;
/// What the rest is counted under.
pub const OTHERS: &str = "(others)";

/// Counters by name.
#[derive(Clone, Debug)]
pub struct Names<T>(BTreeMap<String, T>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Default> Names<T> {
    /// The counter of a name; nobody's when the name is empty.
    pub fn of(&mut self, name: &str) -> Option<&mut T> {
        if name.is_empty() {
            return None;
        }
        let name = shown(name);
        let known = self.0.contains_key(&name) || self.0.len() < MOST;
        Some(self.0.entry(if known { name } else { OTHERS.to_owned() }).or_default())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, counter)| (name.as_str(), counter))
    }

    /// The counter of this name, if it has one.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(name)
    }
}

impl Names<u64> {
    /// One more of this name.
    pub fn count(&mut self, name: &str) {
        if let Some(counter) = self.of(name) {
            *counter += 1;
        }
    }

    /// The largest first.
    pub fn most(&self) -> Vec<(String, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|(name, count)| (name.clone(), *count)).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all
    }
}

/// A name as it is shown: on one line, in its own direction, not longer than a row.
pub fn shown(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let name: String = plain(name).chars().map(|c| if turns(c) { '?' } else { c }).collect();
    match name.char_indices().nth(LONGEST) {
        None => name,
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_full_of_names_does_not_fill_the_memory() {
        let mut names = Names::default();
        for number in 0..10 * MOST {
            names.count(&format!("name {number}"));
        }
        assert_eq!(names.iter().count(), MOST + 1);
        assert_eq!(names.get(OTHERS), Some(&(9 * MOST as u64)));
        assert_eq!(names.iter().map(|(_, count)| count).sum::<u64>(), 10 * MOST as u64, "each is counted once");
    }

    #[test]
    fn a_name_stays_on_its_line() {
        let mut names = Names::default();
        for name in ["a\nb", "a\u{202e}b", "", &"x".repeat(1000)] {
            names.count(name);
        }
        let shown: Vec<&str> = names.iter().map(|(name, _)| name).collect();
        assert_eq!(shown, ["a?b", &format!("{}…", "x".repeat(LONGEST))]);
        assert_eq!(names.get("a?b"), Some(&2));
    }
}
