//! The text of a message. Nothing that a caller sent is ever placed in one.
//!
//! One folder a language, one file a part. Each has placeholders: `{code}`, `{app}`, `{minutes}`, `{domain}`. A text ends
//! with the origin-bound line `@domain #code` and nothing after it, so that phones offer the code on that domain only
//! (<https://wicg.github.io/sms-one-time-codes/>). The domain comes from configuration, never from a request.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::code::Code;
use crate::domain::recipient::Channel;
use crate::ports::sender::Content;

mod locale;
pub use locale::Locale;

/// Longest text that is one SMS in the GSM 7-bit alphabet (3GPP TS 23.038).
pub const SMS_SEGMENT: usize = 160;

/// What every message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The application, as its users know it.
    pub app: String,
    /// The domain that its sign-in page is on.
    pub domain: String,
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
    /// The longest text would not fit into one SMS.
    #[error("is too long: with the longest code, the text has {0} characters, and one SMS has {SMS_SEGMENT}")]
    TooLong(usize),
}

impl Brand {
    /// Checks both names by rendering the longest text that they can lead to.
    ///
    /// # Errors
    /// [`UnfitBrand`].
    pub fn new(app: String, domain: String) -> Result<Self, UnfitBrand> {
        if app.is_empty() || app.chars().count() > 20 || !app.chars().all(is_gsm_letter) {
            return Err(UnfitBrand::App);
        }
        if !is_host_name(&domain) {
            return Err(UnfitBrand::Domain);
        }
        let brand = Self { app, domain };
        let longest = brand.fill(Locale::En.sms(), "0123456789ABCDEF", 10, Escape::No).chars().count();
        if longest > SMS_SEGMENT { Err(UnfitBrand::TooLong(longest)) } else { Ok(brand) }
    }

    /// The message that carries `code` over `channel`. It says how many whole minutes the code is still good for.
    #[must_use]
    pub fn render(&self, channel: Channel, locale: Locale, code: &Code, remaining: Duration) -> Content {
        let minutes = (remaining.as_secs() / 60).max(1);
        let fill = |template, escape| self.fill(template, code.expose(), minutes, escape);
        match channel {
            Channel::Sms => Content::Sms(fill(locale.sms(), Escape::No)),
            Channel::Email => Content::Email {
                subject: fill(locale.subject(), Escape::No),
                text: fill(locale.email_text(), Escape::No),
                html: fill(locale.email_html(), Escape::Html),
            },
        }
    }

    fn fill(&self, template: &str, code: &str, minutes: u64, escape: Escape) -> Zeroizing<String> {
        let values = [("{code}", code), ("{app}", &self.app), ("{minutes}", &minutes.to_string()), ("{domain}", &self.domain)];
        let mut text = Zeroizing::new(String::with_capacity(template.len() + 64));
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let placeholder = values.iter().find(|(name, _)| name.strip_prefix('{').is_some_and(|n| after.starts_with(n)));
            match placeholder {
                Some((name, value)) => {
                    escape.push(&mut text, value);
                    rest = after.get(name.len() - 1..).unwrap_or_default();
                }
                None => {
                    text.push('{');
                    rest = after;
                }
            }
        }
        text.push_str(rest);
        text
    }
}

#[derive(Clone, Copy)]
enum Escape {
    No,
    Html,
}

impl Escape {
    fn push(self, text: &mut String, value: &str) {
        for c in value.chars() {
            match (self, c) {
                (Self::Html, '&') => text.push_str("&amp;"),
                (Self::Html, '<') => text.push_str("&lt;"),
                (Self::Html, '>') => text.push_str("&gt;"),
                (Self::Html, '"') => text.push_str("&quot;"),
                _ => text.push(c),
            }
        }
    }
}

/// A printable character of the GSM 7-bit default alphabet: one septet each. The extension table's (`{`, `€`) take two.
fn is_gsm_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !\"#%&'()*+,-./:;<=>?@_$£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".contains(c)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(app: &str, domain: &str) -> Result<Brand, UnfitBrand> {
        Brand::new(app.to_owned(), domain.to_owned())
    }

    #[test]
    fn the_longest_text_is_one_segment_and_ends_with_the_bound_line() {
        let domain = format!("{}.example", "a".repeat(39));
        let text = brand(&"A".repeat(20), &domain).unwrap().fill(Locale::En.sms(), "0123456789ABCDEF", 10, Escape::No);
        assert!(text.chars().count() <= SMS_SEGMENT, "{}", text.len());
        assert!(text.chars().all(|c| c == '\n' || is_gsm_letter(c)));
        assert_eq!(text.lines().last().unwrap(), format!("@{domain} #0123456789ABCDEF"));
        assert!(!text.ends_with('\n'));
    }

    #[test]
    fn the_text_part_of_a_mail_ends_with_the_bound_line_too() {
        let text = brand("Acme", "example.com").unwrap().fill(Locale::En.email_text(), "123456", 10, Escape::No);
        assert_eq!(text.lines().last(), Some("@example.com #123456"));
    }

    #[test]
    fn names_that_do_not_fit_are_refused() {
        assert_eq!(brand("", "example.com"), Err(UnfitBrand::App));
        assert_eq!(brand("Acme\nBcc: x", "example.com"), Err(UnfitBrand::App));
        assert_eq!(brand("Acme\u{1f600}", "example.com"), Err(UnfitBrand::App));
        for domain in ["", "https://example.com", "example.com:443", "example.com/login", "Example.com", "-a.com", "a..b"] {
            assert_eq!(brand("Acme", domain), Err(UnfitBrand::Domain), "{domain}");
        }
        let long = format!("{}.example.com", "a".repeat(60));
        assert!(matches!(brand("Acme of the world co", &long), Err(UnfitBrand::TooLong(_))));
    }

    #[test]
    fn markup_in_a_name_stays_text_in_html() {
        let brand = brand("A<b>&\"", "example.com").unwrap();
        let html = brand.fill(Locale::En.email_html(), "123456", 10, Escape::Html);
        assert!(html.contains("Your A&lt;b&gt;&amp;&quot; code") && !html.contains("<b>"));
        assert!(html.contains("{ margin: 0;"), "braces that are no placeholder stay");
        assert!(!html.contains("{app}") && !html.contains("{code}") && !html.contains("{minutes}"));
    }
}
