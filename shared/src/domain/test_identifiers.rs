//! Identifiers of testers, whose code is fixed and whose message is never sent: for app reviewers and end-to-end tests.
//!
//! Whoever knows such a pair signs in, so there is an end date, and a deployment for users refuses to have any.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::code::{Code, Guess};
use super::recipient::Recipient;
use super::time::Timestamp;

/// The most pairs at once.
pub const MOST: usize = 10;
/// The longest that they work, from the start of a process on.
pub const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The pairs, and when they end. Prints how many there are, and nothing of them.
#[derive(Clone, Default)]
pub struct TestIdentifiers {
    codes: Vec<(Recipient, Zeroizing<String>)>,
    until: Option<Timestamp>,
}

/// Why some text is no list of pairs. Carries none of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPairs {
    /// A pair is not written so.
    #[error("must list pairs such as +12065550100=123456, separated by commas")]
    Pair,
    /// An identifier is none.
    #[error("must name phone numbers or email addresses")]
    Identifier,
    /// A code does not have the shape of one.
    #[error("must give codes of 6 to 10 digits")]
    Code,
    /// Too many pairs.
    #[error("must have at most 10 pairs")]
    TooMany,
}

impl TestIdentifiers {
    /// Reads `identifier=code` pairs, separated by commas, that work until a point in time.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn parse(text: &str, until: Timestamp) -> Result<Self, InvalidPairs> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let codes = pairs.map(pair).collect::<Result<Vec<_>, _>>()?;
        if codes.len() > MOST {
            return Err(InvalidPairs::TooMany);
        }
        Ok(Self { codes, until: Some(until) })
    }

    /// The fixed code of this identifier, while it has one.
    #[must_use]
    pub fn code(&self, recipient: &Recipient, now: Timestamp) -> Option<Code> {
        let living = self.until.is_some_and(|until| now < until);
        let pair = self.codes.iter().find(|(tester, _)| living && tester == recipient);
        pair.and_then(|(_, code)| Code::fixed(code))
    }

    /// Do they end in time, seen from `now`?
    #[must_use]
    pub fn end_in_time(&self, now: Timestamp) -> bool {
        self.codes.is_empty() || self.until.is_some_and(|until| until <= now.plus(LONGEST))
    }
}

fn pair(text: &str) -> Result<(Recipient, Zeroizing<String>), InvalidPairs> {
    let (identifier, code) = text.split_once('=').ok_or(InvalidPairs::Pair)?;
    let recipient = Recipient::parse(identifier.trim(), None).map_err(|_| InvalidPairs::Identifier)?;
    let code = code.trim();
    let digits = Code::fixed(code).is_some() && Guess::parse(code).is_some();
    if digits { Ok((recipient, Zeroizing::new(code.to_owned()))) } else { Err(InvalidPairs::Code) }
}

impl fmt::Debug for TestIdentifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestIdentifiers({})", self.codes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_435_200_000);

    #[test]
    fn a_tester_has_a_fixed_code_until_the_end() {
        let testers = TestIdentifiers::parse("+1 206 555 0100=123456, a@example.com=0000001", NOON).unwrap();
        let phone = Recipient::parse("+12065550100", None).unwrap();
        let before = NOON.minus(Duration::from_secs(1));
        assert_eq!(testers.code(&phone, before).unwrap().expose(), "123456");
        assert!(testers.code(&phone, NOON).is_none());
        assert!(testers.code(&Recipient::parse("b@example.com", None).unwrap(), before).is_none());
        assert_eq!(format!("{testers:?}"), "TestIdentifiers(2)");
    }

    #[test]
    fn pairs_that_are_none_are_refused() {
        for (text, fault) in [
            ("+12065550100", InvalidPairs::Pair),
            ("nobody=123456", InvalidPairs::Identifier),
            ("a@example.com=12345", InvalidPairs::Code),
            ("a@example.com=12345a", InvalidPairs::Code),
        ] {
            assert_eq!(TestIdentifiers::parse(text, NOON).err(), Some(fault), "{text}");
        }
        let many: Vec<String> = (0..11).map(|n| format!("a{n}@example.com=123456")).collect();
        assert_eq!(TestIdentifiers::parse(&many.join(","), NOON).err(), Some(InvalidPairs::TooMany));
    }

    #[test]
    fn an_end_more_than_thirty_days_away_is_too_late() {
        let testers = TestIdentifiers::parse("a@example.com=123456", NOON).unwrap();
        assert!(testers.end_in_time(NOON.minus(LONGEST)));
        assert!(!testers.end_in_time(NOON.minus(LONGEST).minus(Duration::from_secs(1))));
        assert!(TestIdentifiers::default().end_in_time(NOON));
    }
}
