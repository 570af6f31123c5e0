//! How much of an SMS a text fills: 3GPP TS 23.038 (alphabets) and TS 23.040 (concatenation).

/// How a text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// The 7-bit default alphabet: 160 septets in one message, 153 in each of several.
    Gsm7,
    /// UCS-2, in practice UTF-16: 70 units in one message, 67 in each of several.
    Ucs2,
}

/// The size of a text, in units of its alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The alphabet: one character outside GSM-7 makes the whole text UCS-2.
    pub alphabet: Alphabet,
    /// Septets, or UTF-16 units.
    pub units: usize,
    /// Messages that a carrier sends and bills.
    pub segments: usize,
}

/// The basic character set of 3GPP TS 23.038, 6.2.1, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";

/// The extension table of 6.2.1.1: each takes two septets, of which the first is the escape.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

impl Alphabet {
    /// Units of a text that is one message.
    #[must_use]
    pub const fn one(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    const fn each_of_several(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Self::Gsm7 if is_basic(c) => 1,
            Self::Gsm7 => 2,
            Self::Ucs2 => c.len_utf16(),
        }
    }
}

impl Size {
    /// The size of `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let gsm = text.chars().all(|c| is_basic(c) || EXTENSION.contains(c));
        let alphabet = if gsm { Alphabet::Gsm7 } else { Alphabet::Ucs2 };
        let units = text.chars().map(|c| alphabet.units(c)).sum();
        let segments = if units <= alphabet.one() { 1 } else { split(text, alphabet) };
        Self { alphabet, units, segments }
    }
}

/// A character is never cut in two, so a segment can end a unit early.
fn split(text: &str, alphabet: Alphabet) -> usize {
    let (mut segments, mut used) = (1, 0);
    for c in text.chars() {
        let units = alphabet.units(c);
        if used + units > alphabet.each_of_several() {
            segments += 1;
            used = 0;
        }
        used += units;
    }
    segments
}

/// Is it a character of the basic set, of one septet?
pub(crate) fn is_basic(c: char) -> bool {
    // Most of any text, without a search.
    c.is_ascii_alphanumeric() || c == ' ' || BASIC.contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> (Alphabet, usize, usize) {
        let Size { alphabet, units, segments } = Size::of(text);
        (alphabet, units, segments)
    }

    #[test]
    fn the_basic_set_has_127_characters_beside_the_escape() {
        assert_eq!(BASIC.chars().collect::<std::collections::BTreeSet<_>>().len(), 127);
        assert!(!BASIC.contains(['á', 'ç', 'ê', 'í', 'ó', 'ú', '`', '\u{1b}', '’']));
    }

    #[test]
    fn a_message_has_160_septets() {
        assert_eq!(size(""), (Alphabet::Gsm7, 0, 1));
        assert_eq!(size(&"a".repeat(160)), (Alphabet::Gsm7, 160, 1));
        assert_eq!(size(&"a".repeat(161)), (Alphabet::Gsm7, 161, 2));
        assert_eq!(size(&"é".repeat(306)), (Alphabet::Gsm7, 306, 2));
        assert_eq!(size(&"a".repeat(307)), (Alphabet::Gsm7, 307, 3));
    }

    #[test]
    fn the_extension_table_costs_two_septets_and_is_never_cut() {
        for c in "^{}\\[~]|€\u{c}".chars() {
            assert_eq!(size(&c.to_string()), (Alphabet::Gsm7, 2, 1), "{c:?}");
        }
        assert_eq!(size(&"€".repeat(80)), (Alphabet::Gsm7, 160, 1));
        assert_eq!(size(&format!("{}€", "a".repeat(159))), (Alphabet::Gsm7, 161, 2));
        // 153 is odd: 76 of them in each segment, and a septet is left over.
        assert_eq!(size(&"€".repeat(153)), (Alphabet::Gsm7, 306, 3));
    }

    #[test]
    fn one_other_character_makes_it_ucs_2() {
        assert_eq!(size("código"), (Alphabet::Ucs2, 6, 1));
        assert_eq!(size("Il’"), (Alphabet::Ucs2, 3, 1));
        assert_eq!(size(&"码".repeat(70)), (Alphabet::Ucs2, 70, 1));
        assert_eq!(size(&"码".repeat(71)), (Alphabet::Ucs2, 71, 2));
        assert_eq!(size(&"\u{1f600}".repeat(35)), (Alphabet::Ucs2, 70, 1));
        // 67 is odd: 33 pairs in each segment.
        assert_eq!(size(&"\u{1f600}".repeat(67)), (Alphabet::Ucs2, 134, 3));
    }
}
