//! A question before anything changes.

use std::io::{self, IsTerminal};

use crate::console;
use crate::failure::Failure;

/// Goes on when the operator says so: by `--yes` before, or by typing `yes` now. A program that cannot be asked must have
/// said so before.
///
/// # Errors
/// [`Failure::NotConfirmed`], [`Failure::CannotAsk`]; nothing has changed then.
pub fn confirm(what: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::CannotAsk(what.to_owned()));
    }
    console::ask(&format!("{what}\nType yes to go on: "));
    let mut answer = String::new();
    let _closed = io::stdin().read_line(&mut answer);
    if is_yes(&answer) { Ok(()) } else { Err(Failure::NotConfirmed) }
}

fn is_yes(answer: &str) -> bool {
    answer.trim().eq_ignore_ascii_case("yes")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_the_whole_word_goes_on() {
        assert!(is_yes("yes\n") && is_yes(" YES \r\n"));
        for answer in ["", "\n", "y\n", "no\n", "yes please\n"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
