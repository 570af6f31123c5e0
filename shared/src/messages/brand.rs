//! What every message names, and how mail looks.

use crate::domain::segment;

/// What every message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The application, as its users know it.
    pub app: String,
    /// The domain that its sign-in page is on.
    pub domain: String,
    /// How mail looks.
    pub look: Look,
}

/// How mail looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What stands where a logo would; the application's name if unset. There are no images: they are remote content.
    pub logo: Option<String>,
    /// The logo's colour on white.
    pub color: Option<Color>,
    /// The logo's colour where the reader's mail program is dark.
    pub dark_color: Option<Color>,
}

/// Why a brand cannot be used in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitBrand {
    /// The name has a character that no text can carry plainly.
    #[error("must be 1 to 20 characters of the GSM 7-bit alphabet, without line breaks")]
    App,
    /// Not a host name.
    #[error("must be a host name in ASCII, such as example.com, without scheme, port or path")]
    Domain,
    /// The shortest text would not fit into one SMS.
    #[error("is too long: with the longest code, the text in {language} has {units} characters, and one SMS has {most}")]
    TooLong {
        /// The language's tag.
        language: &'static str,
        /// The size of the text.
        units: usize,
        /// What there is room for.
        most: usize,
    },
}

impl Brand {
    /// Checks both names.
    ///
    /// # Errors
    /// [`UnfitBrand::App`] and [`UnfitBrand::Domain`].
    pub fn new(app: String, domain: String) -> Result<Self, UnfitBrand> {
        let is_letter = |c: char| segment::is_basic(c) && !c.is_control();
        if app.is_empty() || app.chars().count() > 20 || !app.chars().all(is_letter) {
            return Err(UnfitBrand::App);
        }
        if !is_host_name(&domain) {
            return Err(UnfitBrand::Domain);
        }
        Ok(Self { app, domain, look: Look::default() })
    }
}

fn is_host_name(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= 253 && domain.split('.').all(is_label)
}

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(u8, u8, u8);

/// What mail stands on.
pub(super) const CARD: Color = Color(0xff, 0xff, 0xff);
/// What mail stands on where the reader's mail program is dark.
pub(super) const DARK_CARD: Color = Color(0x1a, 0x1d, 0x23);
/// A logo without a colour of its own.
pub(super) const INK: Color = Color(0x1c, 0x1f, 0x24);
/// The same in the dark.
pub(super) const DARK_INK: Color = Color(0xe8, 0xea, 0xee);

/// Least contrast of text: WCAG 2.2, success criterion 1.4.3.
const LEAST_CONTRAST: f64 = 4.5;

impl Color {
    /// From `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, r, g, b] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self(r, g, b))
    }

    /// Can it be read on white?
    #[must_use]
    pub fn is_readable(self) -> bool {
        self.contrast(CARD) >= LEAST_CONTRAST
    }

    /// Can it be read on the dark card?
    #[must_use]
    pub fn is_readable_in_the_dark(self) -> bool {
        self.contrast(DARK_CARD) >= LEAST_CONTRAST
    }

    /// WCAG's contrast ratio: 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// WCAG's relative luminance.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_fit_are_refused() {
        let brand = |app: &str, domain: &str| Brand::new(app.to_owned(), domain.to_owned()).map(|_| ());
        for app in ["", "Acme\nBcc: x", "Acme\u{1f600}", "Acme {code}", "An application's name"] {
            assert_eq!(brand(app, "example.com"), Err(UnfitBrand::App), "{app}");
        }
        for domain in ["", "https://example.com", "example.com:443", "example.com/login", "Example.com", "-a.com", "a..b"] {
            assert_eq!(brand("Acme", domain), Err(UnfitBrand::Domain), "{domain}");
        }
        assert_eq!(brand("Åcme & Söhne", "example.com"), Ok(()));
    }

    #[test]
    fn contrast_is_wcag_s() {
        let color = |text| Color::parse(text).unwrap();
        assert!((color("#000000").contrast(CARD) - 21.0).abs() < 1e-9);
        assert!((color("#ffffff").contrast(CARD) - 1.0).abs() < 1e-9);
        // The greys on either side of 4.5 on white, as every calculator of this ratio has them.
        assert!(color("#767676").is_readable() && !color("#777777").is_readable());
        assert!(INK.is_readable() && DARK_INK.is_readable_in_the_dark());
        assert!(!color("#1c1f24").is_readable_in_the_dark());
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(Color::parse("#0B5fff").unwrap().to_string(), "#0b5fff");
        for text in ["0b5fff", "#fff", "#0b5ff", "#0b5ffg", "red", "#+b5fff", ""] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }
}
