//! Rotates the keys in the secret's JSON document, without losing a code, a token or a session that is under way.
//!
//! There are three keys of a kind: the **previous** one, for what was made with it; the **current** one; and the **next** one,
//! which is there, and published, long before anything is made with it. One rotation moves each of them up and makes a new
//! next one. So there is never a moment in which one process makes what another cannot check. A document that has no next
//! key yet gets one first, and the rotation after that uses it.
//!
//! Between two rotations there has to be time for every process and every cache to learn of the next key, and for whatever was
//! made with the previous one to end. A rotation before that is refused. Keys that were stolen are another matter:
//! [`Urgency::Compromised`] ends all of them at once, and with them what was made with them.
#![cfg(feature = "aws")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use zeroize::Zeroizing;

use super::secrets::{Fields, OLDEST, SecretError, fields, number, parse};
use crate::domain::signing::{Algorithm, CryptoRefused, SigningKey};
use crate::domain::time::Timestamp;
use crate::ports::clock::{NoRandomness, Randomness, random};

/// From one rotation of the key that makes codes to the next: a process may use the keys it has for [`OLDEST`], and a code
/// lives 10 minutes at most.
const CODES_WAIT: Duration = Duration::from_secs(OLDEST.as_secs() + 20 * 60);

/// From one rotation of the signing key to the next: [`OLDEST`], the longest life of a token (24 hours), and the two hours
/// for which API Gateway's JWT authorizers keep a public key.
const SIGNING_WAIT: Duration = Duration::from_secs(OLDEST.as_secs() + 26 * 60 * 60);

/// Code keys are numbered in a byte.
const LAST_CODE_KEY: u32 = 255;

/// Why a rotation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// As a habit: nothing under way is lost.
    Routine,
    /// The keys may be in wrong hands: what was made with them ends now. The key that names identifiers stays, since
    /// changing it would forget every limit and every user.
    Compromised,
}

/// A new document, and what was done.
pub struct Rotated {
    /// The JSON text to store in place of the old one.
    pub document: Zeroizing<String>,
    /// What was done.
    pub step: Step,
}

/// What a rotation did. Keys are named as in the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There was none: these are the first ones.
    Made {
        /// In use from now on.
        current: String,
    },
    /// A next key was added; run it again when it has become known.
    Prepared {
        /// The key that will be next.
        next: String,
        /// When it may be used.
        from: Timestamp,
    },
    /// The next key is the current one now.
    Switched {
        /// In use from now on.
        current: String,
        /// Those that are gone.
        retired: Vec<String>,
    },
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The document is not one.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The last rotation was too short a time ago.
    #[error("the next key is not known everywhere, or something made with the previous one may still be under way, until {}", at.to_rfc3339())]
    TooSoon {
        /// When it can be done.
        at: Timestamp,
    },
    /// Key ids are numbered in a byte.
    #[error("there is no key id after k{LAST_CODE_KEY}")]
    NoMoreIds,
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] CryptoRefused),
    /// No key could be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Rotates the key that makes codes and challenge tokens.
///
/// # Errors
/// [`RotationError`]; the document stays as it is.
pub fn rotate_codes(
    document: &str,
    now: Timestamp,
    urgency: Urgency,
    randomness: &dyn Randomness,
) -> Result<Rotated, RotationError> {
    let kind = Kind { prefix: 'k', field: "codes", stamp: "codes_rotated", wait: CODES_WAIT, last: LAST_CODE_KEY };
    kind.rotate(document, now, urgency, &|| Ok(code_key(randomness)?))
}

/// Rotates the key that signs access tokens; makes the first ones where there are none. The next key is for `algorithm`.
///
/// # Errors
/// [`RotationError`]; the document stays as it is.
pub fn rotate_signing(document: &str, now: Timestamp, urgency: Urgency, algorithm: Algorithm) -> Result<Rotated, RotationError> {
    let kind = Kind { prefix: 's', field: "signing", stamp: "signing_rotated", wait: SIGNING_WAIT, last: u32::MAX };
    kind.rotate(document, now, urgency, &|| Ok(SigningKey::generate(algorithm)?))
}

/// A document with its first keys of both kinds.
///
/// # Errors
/// No key could be made.
pub fn first_document(
    now: Timestamp,
    algorithm: Algorithm,
    randomness: &dyn Randomness,
) -> Result<Zeroizing<String>, RotationError> {
    let first = Fields::from([
        ("identifiers".to_owned(), Zeroizing::new("k1".to_owned())),
        ("codes".to_owned(), Zeroizing::new("k1".to_owned())),
        ("k1".to_owned(), code_key(randomness)?),
    ]);
    Ok(rotate_signing(&write(&first)?, now, Urgency::Routine, algorithm)?.document)
}

type MakeKey<'a> = &'a dyn Fn() -> Result<Zeroizing<String>, RotationError>;

/// A kind of key: how its fields are named, and how long a rotation takes to be everywhere.
struct Kind {
    prefix: char,
    field: &'static str,
    stamp: &'static str,
    wait: Duration,
    last: u32,
}

impl Kind {
    fn rotate(&self, document: &str, now: Timestamp, urgency: Urgency, make: MakeKey<'_>) -> Result<Rotated, RotationError> {
        // Whole before, or nothing is changed.
        parse(document)?;
        let mut fields = fields(document)?;
        let current = fields.get(self.field).and_then(|name| number(name, self.prefix));
        let next = self.numbers(&fields).into_iter().rfind(|number| current.is_some_and(|current| *number > current));
        let step = match (current, next, urgency) {
            (None, ..) => self.begin(&mut fields, 1, make)?,
            (Some(current), _, Urgency::Compromised) => self.begin_again(&mut fields, next.unwrap_or(current), make)?,
            (Some(current), None, _) => self.prepare(&mut fields, current, now, make)?,
            (Some(current), Some(next), _) => self.switch(&mut fields, current, next, now, make)?,
        };
        fields.insert(self.stamp.to_owned(), Zeroizing::new(now.as_secs().to_string()));
        let document = write(&fields)?;
        // Whole after, or it is not handed out.
        parse(&document)?;
        Ok(Rotated { document, step })
    }

    /// A current and a next key.
    fn begin(&self, fields: &mut Fields, first: u32, make: MakeKey<'_>) -> Result<Step, RotationError> {
        self.add(fields, first, make)?;
        self.add(fields, first.saturating_add(1), make)?;
        fields.insert(self.field.to_owned(), Zeroizing::new(self.name(first)));
        Ok(Step::Made { current: self.name(first) })
    }

    /// The same with numbers that were never used, and without any key from before.
    fn begin_again(&self, fields: &mut Fields, newest: u32, make: MakeKey<'_>) -> Result<Step, RotationError> {
        let gone = self.retire(fields, &BTreeSet::new());
        let current = self.name(newest.saturating_add(1));
        self.begin(fields, newest.saturating_add(1), make)?;
        Ok(Step::Switched { current, retired: gone })
    }

    fn prepare(&self, fields: &mut Fields, current: u32, now: Timestamp, make: MakeKey<'_>) -> Result<Step, RotationError> {
        let next = current.saturating_add(1);
        self.add(fields, next, make)?;
        Ok(Step::Prepared { next: self.name(next), from: now.plus(self.wait) })
    }

    fn switch(
        &self,
        fields: &mut Fields,
        current: u32,
        next: u32,
        now: Timestamp,
        make: MakeKey<'_>,
    ) -> Result<Step, RotationError> {
        let last = fields.get(self.stamp).and_then(|seconds| seconds.parse::<u64>().ok()).unwrap_or(0);
        let at = Timestamp::from_millis(last.saturating_mul(1000)).plus(self.wait);
        if now < at {
            return Err(RotationError::TooSoon { at });
        }
        let retired = self.retire(fields, &[current, next].into());
        fields.insert(self.field.to_owned(), Zeroizing::new(self.name(next)));
        self.add(fields, next.saturating_add(1), make)?;
        Ok(Step::Switched { current: self.name(next), retired })
    }

    fn add(&self, fields: &mut Fields, number: u32, make: MakeKey<'_>) -> Result<(), RotationError> {
        if number > self.last {
            return Err(RotationError::NoMoreIds);
        }
        fields.insert(self.name(number), make()?);
        Ok(())
    }

    /// Removes the keys of this kind that are not to be kept; the one that names identifiers always is.
    fn retire(&self, fields: &mut Fields, kept: &BTreeSet<u32>) -> Vec<String> {
        let identifiers = fields.get("identifiers").map(|name| name.to_string());
        let gone = self.numbers(fields).into_iter().filter(|number| !kept.contains(number)).map(|number| self.name(number));
        let gone: Vec<String> = gone.filter(|name| Some(name) != identifiers.as_ref()).collect();
        fields.retain(|name, _| !gone.contains(name));
        gone
    }

    fn numbers(&self, fields: &Fields) -> Vec<u32> {
        let mut numbers: Vec<u32> = fields.keys().filter_map(|name| number(name, self.prefix)).collect();
        numbers.sort_unstable();
        numbers
    }

    fn name(&self, number: u32) -> String {
        format!("{}{number}", self.prefix)
    }
}

/// 256 bits, in hexadecimal digits.
fn code_key(randomness: &dyn Randomness) -> Result<Zeroizing<String>, NoRandomness> {
    let bytes = Zeroizing::new(random::<32>(randomness)?);
    Ok(bytes.iter().fold(Zeroizing::new(String::with_capacity(64)), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
        text
    }))
}

/// With room for everything from the start, so that no growing buffer leaves a copy of a key behind.
fn write(fields: &Fields) -> Result<Zeroizing<String>, SecretError> {
    let texts: BTreeMap<&str, &str> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let length: usize = texts.iter().map(|(name, value)| 2 * (name.len() + value.len()) + 8).sum();
    let mut bytes = Vec::with_capacity(length);
    serde_json::to_writer(&mut bytes, &texts).map_err(|_| SecretError::NotJson)?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|_| SecretError::NotJson)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::adapters::system::SystemRandomness;
    use crate::domain::keys::KeyId;

    const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);
    const FRESH: &str = r#"{"identifiers":"k1","codes":"k1","k1":"0123456789012345678901234567890123456789"}"#;

    fn codes(document: &str, now: Timestamp, urgency: Urgency) -> Result<Rotated, RotationError> {
        rotate_codes(document, now, urgency, &SystemRandomness)
    }

    fn signing(document: &str, now: Timestamp, urgency: Urgency) -> Result<Rotated, RotationError> {
        rotate_signing(document, now, urgency, Algorithm::EdDsa)
    }

    fn names(document: &str) -> String {
        let fields: Map<String, Value> = serde_json::from_str(document).unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        format!("{} codes={} signing={}", names.join(" "), fields["codes"], fields.get("signing").unwrap_or(&Value::Null))
    }

    #[test]
    fn a_code_key_is_there_before_it_is_used_and_stays_after() {
        let prepared = codes(FRESH, NOW, Urgency::Routine).unwrap();
        assert_eq!(prepared.step, Step::Prepared { next: "k2".to_owned(), from: NOW.plus(CODES_WAIT) });
        assert_eq!(names(&prepared.document), r#"codes codes_rotated identifiers k1 k2 codes="k1" signing=null"#);

        let at = NOW.plus(CODES_WAIT);
        let switched = codes(&prepared.document, at, Urgency::Routine).unwrap();
        assert_eq!(switched.step, Step::Switched { current: "k2".to_owned(), retired: vec![] });
        let again = codes(&switched.document, at.plus(CODES_WAIT), Urgency::Routine).unwrap();
        assert_eq!(again.step, Step::Switched { current: "k3".to_owned(), retired: vec![] }, "k1 names identifiers, for good");
        let third = codes(&again.document, at.plus(CODES_WAIT).plus(CODES_WAIT), Urgency::Routine).unwrap();
        assert_eq!(third.step, Step::Switched { current: "k4".to_owned(), retired: vec!["k2".to_owned()] });
        assert_eq!(names(&third.document), r#"codes codes_rotated identifiers k1 k3 k4 k5 codes="k4" signing=null"#);
        assert_eq!(parse(&third.document).unwrap().current().unwrap().0, KeyId(4));
    }

    #[test]
    fn the_first_signing_keys_come_in_one_step_and_each_is_published_before_it_signs() {
        let made = signing(FRESH, NOW, Urgency::Routine).unwrap();
        assert_eq!(made.step, Step::Made { current: "s1".to_owned() });
        let ids = |document: &str| -> Vec<String> {
            parse(document).unwrap().signing().unwrap().published().map(|key| key.id.clone()).collect()
        };
        let current = |document: &str| parse(document).unwrap().signing().unwrap().current().unwrap().public().id.clone();
        let (mut document, mut now) = (made.document, NOW);
        for _ in 0..3 {
            let next = ids(&document).last().unwrap().clone();
            let signed_before = current(&document);
            now = now.plus(SIGNING_WAIT);
            let rotated = signing(&document, now, Urgency::Routine).unwrap();
            assert_eq!(current(&rotated.document), next);
            assert!(ids(&rotated.document).contains(&signed_before), "the previous key still checks");
            assert!(ids(&rotated.document).len() <= 3);
            document = rotated.document;
        }
    }

    #[test]
    fn nothing_is_rotated_while_something_may_be_under_way() {
        let made = signing(FRESH, NOW, Urgency::Routine).unwrap().document;
        let at = NOW.plus(SIGNING_WAIT);
        let early = Timestamp::from_millis(at.as_millis() - 1);
        assert!(matches!(signing(&made, early, Urgency::Routine), Err(RotationError::TooSoon { at: until }) if until == at));
        assert!(signing(&made, at, Urgency::Routine).is_ok());
        // The kinds do not wait for each other.
        assert!(codes(&made, NOW, Urgency::Routine).is_ok());
    }

    #[test]
    fn stolen_keys_end_at_once_except_for_the_one_that_names_identifiers() {
        let made = signing(&codes(FRESH, NOW, Urgency::Routine).unwrap().document, NOW, Urgency::Routine).unwrap().document;
        let safe = codes(&signing(&made, NOW, Urgency::Compromised).unwrap().document, NOW, Urgency::Compromised).unwrap();
        assert_eq!(safe.step, Step::Switched { current: "k3".to_owned(), retired: vec!["k2".to_owned()] });
        assert_eq!(
            names(&safe.document),
            r#"codes codes_rotated identifiers k1 k3 k4 s3 s4 signing signing_rotated codes="k3" signing="s3""#
        );
    }

    #[test]
    fn what_is_no_document_is_not_changed() {
        for document in ["", "[]", "{}", r#"{"identifiers":"k1","codes":"k1","k1":"short"}"#] {
            assert!(matches!(codes(document, NOW, Urgency::Routine), Err(RotationError::Secret(_))), "{document}");
        }
        let last = FRESH.replace("k1", "k255");
        assert!(matches!(codes(&last, NOW, Urgency::Routine), Err(RotationError::NoMoreIds)));
    }

    #[test]
    fn a_first_document_has_keys_of_both_kinds() {
        let document = first_document(NOW, Algorithm::Es256, &SystemRandomness).unwrap();
        assert_eq!(names(&document), r#"codes identifiers k1 s1 s2 signing signing_rotated codes="k1" signing="s1""#);
        assert_eq!(parse(&document).unwrap().signing().unwrap().published().count(), 2);
    }
}
