//! The one-time code: derived, never stored; the table knows only an HMAC name of it.
//!
//! A code is a function of the challenge that it answers, so a resend sends the same code again although nothing that
//! the code could be recovered from is kept. What the table holds is the name of the right code, as the key of a map: a
//! guess is judged by looking its name up there, inside the store's own conditional write. No code compares secrets.

use zeroize::Zeroizing;

use super::challenge::Bound;
use super::keys::{CodeKeys, mac, short_text};

/// Crockford's base 32: no I, L, O or U, so nothing is read for something else.
const BASE_32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a base-32 code: 80 bits, beyond the 64 from which NIST SP 800-63B-4 (3.1.3.1) asks for no throttling.
const LONG_CODE: usize = 16;

/// How long a code is, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeShape {
    /// This many decimal digits.
    Digits(u8),
    /// Sixteen base-32 characters, for an identifier under sustained attack.
    Base32,
}

impl CodeShape {
    /// How many characters the code has.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Digits(digits) => digits as usize,
            Self::Base32 => LONG_CODE,
        }
    }

    /// The shape with this many characters, if there is one.
    #[must_use]
    pub const fn of_length(length: u8) -> Option<Self> {
        match length {
            6..=10 => Some(Self::Digits(length)),
            16 => Some(Self::Base32),
            _ => None,
        }
    }
}

/// A code. Does not print, does not compare, and wipes itself.
pub struct Code(Zeroizing<String>);

impl Code {
    /// The code that answers this challenge.
    #[must_use]
    pub fn derive(keys: &CodeKeys, bound: &Bound<'_>, shape: CodeShape) -> Self {
        let symbols = Symbols::new(keys, bound, shape);
        let text = match shape {
            // Rejection sampling: 250 is the largest multiple of 10 in a byte, so every digit is equally likely.
            CodeShape::Digits(_) => {
                symbols.filter(|b| *b < 250).map(|b| char::from(b'0' + b % 10)).take(shape.length()).collect()
            }
            // 256 is a multiple of 32: nothing to reject.
            CodeShape::Base32 => {
                symbols.filter_map(|b| BASE_32.get(usize::from(b % 32))).map(|b| char::from(*b)).take(shape.length()).collect()
            }
        };
        Self(Zeroizing::new(text))
    }

    /// A code that somebody chose: 6 to 10 digits, or `None`.
    #[must_use]
    pub fn fixed(digits: &str) -> Option<Self> {
        let fits = (6..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(Zeroizing::new(digits.to_owned())))
    }

    /// Its shape, if it is one of 6 to 10 digits.
    #[must_use]
    pub fn digits(&self) -> Option<CodeShape> {
        u8::try_from(self.0.len()).ok().and_then(CodeShape::of_length)
    }

    /// The code itself, for the message that carries it and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The name under which the table knows this code.
    #[must_use]
    pub fn name(&self, keys: &CodeKeys, bound: &Bound<'_>) -> CodeName {
        CodeName::of(&self.0, keys, bound)
    }
}

/// What somebody typed, if it has the shape of a code. Does not print.
pub struct Guess(Zeroizing<String>);

impl Guess {
    /// Reads a typed code: spaces and dashes are forgiven, digits of other scripts are digits, letters may be lower case.
    /// `None` when what is left is not 6 to 10 digits or 16 base-32 characters.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > 128 {
            return None;
        }
        let mut text = Zeroizing::new(String::with_capacity(typed.len()));
        for c in typed.chars().filter(|c| !is_separator(*c)) {
            text.push(symbol(c)?);
        }
        let digits = (6..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        (digits || text.len() == LONG_CODE).then_some(Self(text))
    }

    /// The name that the table would know this guess by, if it were the code of this challenge.
    #[must_use]
    pub fn name(&self, keys: &CodeKeys, bound: &Bound<'_>) -> CodeName {
        CodeName::of(&self.0, keys, bound)
    }
}

/// 128 bits of HMAC over a code and everything it is bound to. Safe to store: it cannot be searched without the key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CodeName(String);

impl CodeName {
    fn of(code: &str, keys: &CodeKeys, bound: &Bound<'_>) -> Self {
        let [purpose, channel, identifier, id] = bound.parts();
        Self(short_text(&mac(&keys.name, &[purpose, channel, identifier, id, code.as_bytes()])))
    }

    /// A name that was read back from the store.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As the map key in the table.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An endless stream of uniform bytes that depends on the key and on everything the code is bound to.
struct Symbols<'a> {
    keys: &'a CodeKeys,
    bound: &'a Bound<'a>,
    shape: CodeShape,
    block: u32,
    bytes: std::array::IntoIter<u8, 32>,
}

impl<'a> Symbols<'a> {
    fn new(keys: &'a CodeKeys, bound: &'a Bound<'a>, shape: CodeShape) -> Self {
        Self { keys, bound, shape, block: 0, bytes: Self::block(keys, bound, shape, 0).into_iter() }
    }

    fn block(keys: &CodeKeys, bound: &Bound<'_>, shape: CodeShape, number: u32) -> [u8; 32] {
        let [purpose, channel, identifier, id] = bound.parts();
        // The length is bound too, so that a shorter code is never the beginning of a longer one.
        let length = [u8::try_from(shape.length()).unwrap_or(u8::MAX)];
        mac(&keys.derive, &[purpose, channel, identifier, id, &length, &number.to_be_bytes()])
    }
}

impl Iterator for Symbols<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let Some(byte) = self.bytes.next() {
            return Some(byte);
        }
        self.block = self.block.checked_add(1)?;
        self.bytes = Self::block(self.keys, self.bound, self.shape, self.block).into_iter();
        self.bytes.next()
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{200e}' | '\u{200f}')
}

/// One typed character as a symbol of a code. The letters O, I and L are read as the digits they look like.
fn symbol(c: char) -> Option<char> {
    let digit = |zero: char| char::from_digit(u32::from(c) - u32::from(zero), 10);
    match c {
        '0'..='9' => Some(c),
        '\u{660}'..='\u{669}' => digit('\u{660}'),    // Arabic-Indic
        '\u{6f0}'..='\u{6f9}' => digit('\u{6f0}'),    // extended Arabic-Indic
        '\u{966}'..='\u{96f}' => digit('\u{966}'),    // Devanagari
        '\u{ff10}'..='\u{ff19}' => digit('\u{ff10}'), // full-width
        'o' | 'O' => Some('0'),
        'i' | 'I' | 'l' | 'L' => Some('1'),
        _ => Some(c.to_ascii_uppercase()).filter(|c| BASE_32.contains(&(*c as u32).try_into().unwrap_or(0))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::challenge::ChallengeId;
    use crate::domain::keys::{KeyId, KeyRing};
    use crate::domain::purpose::Purpose;
    use crate::domain::recipient::Recipient;

    fn ring() -> KeyRing {
        KeyRing::new(&[(KeyId(1), vec![7; 32])].into(), KeyId(1), KeyId(1)).unwrap()
    }

    fn code_of(number: u128, shape: CodeShape) -> String {
        let (ring, recipient) = (ring(), Recipient::parse("+12345678901", None).unwrap());
        let bound = Bound { purpose: Purpose::Login, recipient: &recipient, id: ChallengeId(number.to_be_bytes()) };
        Code::derive(ring.get(KeyId(1)).unwrap(), &bound, shape).expose().to_owned()
    }

    fn parsed(typed: &str) -> Option<String> {
        Guess::parse(typed).map(|guess| guess.0.to_string())
    }

    #[test]
    fn a_code_is_a_function_of_its_challenge() {
        assert_eq!(code_of(1, CodeShape::Digits(6)), code_of(1, CodeShape::Digits(6)));
        assert_ne!(code_of(1, CodeShape::Digits(8)), code_of(2, CodeShape::Digits(8)));
        assert!(!code_of(1, CodeShape::Digits(8)).starts_with(&code_of(1, CodeShape::Digits(6))));
        assert_eq!(code_of(1, CodeShape::Base32).len(), 16);
    }

    #[test]
    fn typed_codes_are_forgiven_their_punctuation_and_script() {
        assert_eq!(parsed(" 123-456\n").as_deref(), Some("123456"));
        assert_eq!(parsed("123 456").as_deref(), Some("123456"));
        assert_eq!(parsed("\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}").as_deref(), Some("123456"));
        assert_eq!(parsed("\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}\u{ff16}").as_deref(), Some("123456"));
        assert_eq!(parsed("abcd-efgh-jkmn-pqoi").as_deref(), Some("ABCDEFGHJKMNPQ01"));
    }

    #[test]
    fn what_has_not_the_shape_of_a_code_is_no_guess() {
        for typed in ["", "12345", "12345678901", "12345a", "12345\u{b2}", "ABCDEFGHJKMNPQ0", "ABCDEFGHJKMNPQU1", "１２３"] {
            assert_eq!(parsed(typed), None, "{typed}");
        }
    }
}
