//! Whom a code is sent to: a phone number or an email address, parsed once into its one canonical form.
//!
//! The canonical form is both the key of every counter and the address that the message goes to. Two spellings of one
//! mailbox must never be two keys, and no spelling may turn into somebody else's address: forgiving punctuation in a
//! phone number and letter case in an email address is all the folding there is. Everything else is refused.

use std::fmt;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use rlibphonenumber::{PhoneNumberFormat, PhoneNumberType};

use crate::domain::numbering;

/// A phone number or an email address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// Reached by a text message.
    Phone(Phone),
    /// Reached by mail.
    Email(Email),
}

/// How a code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A text message to a phone number. On the wire: `phone`.
    Sms,
    /// A mail. On the wire: `email`.
    Email,
}

/// Why some text is not a recipient. Carries none of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipient {
    /// Not a number that the world's numbering plans have.
    #[error("This is not a valid phone number. Write it in international form, such as +12345678901.")]
    Phone,
    /// It carries an extension: no text message reaches one.
    #[error("A phone number with an extension cannot receive a text message.")]
    Extension,
    /// Not an email address that mail can be sent to.
    #[error("This is not a valid email address.")]
    Email,
    /// The caller said phone and gave an email address, or the other way round.
    #[error("The identifier is not of the given type.")]
    Contradiction,
}

impl Recipient {
    /// Reads `text` as a phone number or an email address: an `@` means email. A `stated` channel must agree.
    ///
    /// # Errors
    /// [`InvalidRecipient`] says which rule the text breaks.
    pub fn parse(text: &str, stated: Option<Channel>) -> Result<Self, InvalidRecipient> {
        let inferred = if text.contains('@') { Channel::Email } else { Channel::Sms };
        if stated.is_some_and(|stated| stated != inferred) {
            return Err(InvalidRecipient::Contradiction);
        }
        match inferred {
            Channel::Sms => Phone::parse(text).map(Self::Phone),
            Channel::Email => Email::parse(text).map(Self::Email),
        }
    }

    /// The channel that reaches this recipient.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Phone(_) => Channel::Sms,
            Self::Email(_) => Channel::Email,
        }
    }

    /// The whole identifier in its canonical form. For keys and for the provider; never for a log or a reply.
    #[must_use]
    pub fn canonical(&self) -> &str {
        match self {
            Self::Phone(phone) => &phone.e164,
            Self::Email(email) => &email.0,
        }
    }

    /// Enough for its owner to recognise and for nobody else: `+12***01`, `u***@example.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => mask_phone(&phone.e164),
            Self::Email(email) => mask_email(&email.0),
        }
    }
}

/// Prints the mask: a whole identifier never reaches a log by accident.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Channel {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "phone",
            Self::Email => "email",
        }
    }

    /// What carries its messages, as logs, metrics and the outbox call it: `sms` or `email`.
    #[must_use]
    pub const fn medium(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// From the name on the wire; `None` for any other text.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Sms, Self::Email].into_iter().find(|channel| channel.as_str() == name)
    }
}

/// Characters of the longest number: `+` and 15 digits (ITU-T E.164, 6.2.1). The metadata has longer fixed lines in Germany.
const LONGEST_E164: usize = 16;

/// A phone number that exists in the numbering plans, in E.164 form.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    e164: String,
    country: Option<String>,
    kind: NumberKind,
}

/// What libphonenumber's metadata says a number is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// A mobile phone.
    Mobile,
    /// A country that does not tell mobile from fixed (the NANP, say).
    FixedOrMobile,
    /// A fixed line.
    Fixed,
    /// Voice over IP.
    Voip,
    /// A personal number that follows its owner.
    Personal,
    /// Premium-rate, shared-cost, toll-free, pager, UAN, voicemail, or not known: never texted.
    Special,
}

impl Phone {
    fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        let digits = plain_digits(text)?;
        let plans = numbering::of(&digits).ok_or(InvalidRecipient::Phone)?;
        let number = plans.parse(&digits, None).map_err(|_| InvalidRecipient::Phone)?;
        // A number of no kind is what the library calls invalid.
        let kind = plans.get_number_type(&number);
        if kind == PhoneNumberType::Unknown {
            return Err(InvalidRecipient::Phone);
        }
        let e164 = plans.format(&number, PhoneNumberFormat::E164).into_owned();
        if e164.len() > LONGEST_E164 {
            return Err(InvalidRecipient::Phone);
        }
        Ok(Self {
            e164,
            country: plans.get_region_for_number(&number).map(|region| region.as_region_str().as_str().to_owned()),
            kind: NumberKind::from_library(kind),
        })
    }

    /// ISO 3166-1 alpha-2 code of the country, where the number belongs to one.
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// What the number is used for.
    #[must_use]
    pub const fn kind(&self) -> NumberKind {
        self.kind
    }

    /// `+` and digits, as the provider wants it.
    #[must_use]
    pub fn e164(&self) -> &str {
        &self.e164
    }
}

impl NumberKind {
    fn from_library(kind: PhoneNumberType) -> Self {
        match kind {
            PhoneNumberType::Mobile => Self::Mobile,
            PhoneNumberType::FixedLineOrMobile => Self::FixedOrMobile,
            PhoneNumberType::FixedLine => Self::Fixed,
            PhoneNumberType::VoIP => Self::Voip,
            PhoneNumberType::PersonalNumber => Self::Personal,
            _ => Self::Special,
        }
    }
}

/// `+` and digits, with the punctuation people write taken out. A number without `+` has no country: refused.
fn plain_digits(text: &str) -> Result<String, InvalidRecipient> {
    let text = text.trim();
    if text.len() > 64 {
        return Err(InvalidRecipient::Phone);
    }
    let mut plain = String::with_capacity(16);
    for c in text.chars() {
        match c {
            '+' if plain.is_empty() => plain.push('+'),
            '0'..='9' if plain.starts_with('+') => plain.push(c),
            ' ' | '-' | '.' | '(' | ')' | '[' | ']' => {}
            // What phones and word processors paste instead of a plain space or dash.
            '\u{a0}' | '\u{202f}' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' => {}
            'x' | 'X' | ';' | ',' | '#' | 'e' | 'E' if plain.len() > 6 => return Err(InvalidRecipient::Extension),
            _ => return Err(InvalidRecipient::Phone),
        }
    }
    Ok(plain)
}

/// A mailbox: ASCII dot-atom local part, and a domain of at least two labels in its ASCII (A-label) form, lower case.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    fn parse(text: &str) -> Result<Self, InvalidRecipient> {
        let text = text.trim_matches(' ');
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidRecipient::Email)?;
        let address = format!("{}@{}", local_part(local)?, domain_part(domain)?);
        // RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of which are the angle brackets.
        if address.len() > 254 { Err(InvalidRecipient::Email) } else { Ok(Self(address)) }
    }

    /// The address in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5322 dot-atom in ASCII, at most 64 octets (RFC 5321, 4.5.3.1.1), in lower case: no mail provider of note tells
/// case apart, and two spellings of one mailbox must share their limits. Quoted local parts are refused.
fn local_part(local: &str) -> Result<String, InvalidRecipient> {
    let is_atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let is_dot_atom = local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
    if local.len() > 64 || !is_dot_atom {
        return Err(InvalidRecipient::Email);
    }
    Ok(local.to_ascii_lowercase())
}

/// The A-label form by UTS #46, but only when that changed nothing except letter case: a full-width or otherwise
/// compatible character would make this a spelling of somebody else's domain, so it is refused, not folded.
fn domain_part(domain: &str) -> Result<String, InvalidRecipient> {
    if domain.len() > 255 {
        return Err(InvalidRecipient::Email);
    }
    let lower = domain.chars().map(lower_case).collect::<Option<String>>().ok_or(InvalidRecipient::Email)?;
    let uts46 = Uts46::new();
    let ascii = uts46
        .to_ascii(lower.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
        .map_err(|_| InvalidRecipient::Email)?;
    let (unicode, valid) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    if valid.is_err() || (lower != ascii && lower != unicode) {
        return Err(InvalidRecipient::Email);
    }
    let top = ascii.rsplit_once('.').map(|(_, top)| top).ok_or(InvalidRecipient::Email)?;
    if top.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidRecipient::Email);
    }
    Ok(ascii.into_owned())
}

/// Lower case where that is one character of the same kind. A character that only *becomes* ASCII in lower case (the
/// Kelvin sign) or becomes two (the dotted capital I) is not a letter case of anything.
fn lower_case(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    let mut lower = c.to_lowercase();
    lower.next().filter(|l| !l.is_ascii() && lower.next().is_none())
}

fn mask_phone(e164: &str) -> String {
    let start: String = e164.chars().take(3).collect();
    let end: String = e164.chars().skip(e164.chars().count().saturating_sub(2)).collect();
    format!("{start}***{end}")
}

fn mask_email(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Result<String, InvalidRecipient> {
        Recipient::parse(text, Some(Channel::Sms)).map(|r| r.canonical().to_owned())
    }

    fn email(text: &str) -> Result<String, InvalidRecipient> {
        Recipient::parse(text, Some(Channel::Email)).map(|r| r.canonical().to_owned())
    }

    #[test]
    fn spellings_of_one_number_are_one_number() {
        for text in ["+12345678901", "+1 234 567 8901", "+1 (234) 567-8901", "+1.234.567.8901", " +1\u{a0}234\u{2011}567 8901 "] {
            assert_eq!(phone(text).as_deref(), Ok("+12345678901"), "{text}");
        }
        assert_eq!(phone("+44 (0)20 7946 0958"), phone("+442079460958"));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "",
            "+",
            "12345678901",
            "+1234",
            "+999123456789",
            "+1234567890123456",
            "+4951124567245678",
            "++12345678901",
            "+1234567890a",
            "\u{ff0b}12345678901",
            "+1234567890\u{0661}",
            "tel:+12345678901",
            "+1 800 FLOWERS",
        ] {
            assert_eq!(phone(text), Err(InvalidRecipient::Phone), "{text}");
        }
    }

    #[test]
    fn an_extension_is_refused_as_one() {
        for text in ["+12345678901x5", "+12345678901 ext. 5", "+12345678901;ext=5", "+12345678901,5", "+12345678901#5"] {
            assert_eq!(phone(text), Err(InvalidRecipient::Extension), "{text}");
        }
    }

    #[test]
    fn the_kind_and_country_come_from_the_numbering_plan() {
        let parsed = |text| match Recipient::parse(text, None) {
            Ok(Recipient::Phone(phone)) => phone,
            other => panic!("{other:?}"),
        };
        assert_eq!(parsed("+12345678901").country(), Some("US"));
        assert_eq!(parsed("+12345678901").kind(), NumberKind::FixedOrMobile);
        assert_eq!(parsed("+18005551234").kind(), NumberKind::Special);
        assert_eq!(parsed("+18765551234").country(), Some("JM"));
        assert_eq!(parsed("+491511234567 8".replace(' ', "").as_str()).kind(), NumberKind::Mobile);
    }

    #[test]
    fn case_and_idn_have_one_canonical_form() {
        assert_eq!(email("User.Name+Tag@EXAMPLE.com").as_deref(), Ok("user.name+tag@example.com"));
        assert_eq!(email("a@MÜNCHEN.de"), email("a@xn--mnchen-3ya.de"));
        assert_eq!(email("a@münchen.de").as_deref(), Ok("a@xn--mnchen-3ya.de"));
    }

    #[test]
    fn addresses_that_mail_cannot_reach_are_refused() {
        for text in [
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a@x_y.com",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "a b@c.de",
            "a..b@c.de",
            ".a@c.de",
            "a.@c.de",
            "\"a\"@c.de",
            "a@c..de",
            "a@-c.de",
            "a@c-.de",
            "a@c.de.",
            "a@b@c.de",
            "a@c.de\r\nBcc: x@y.z",
            "a\u{200b}@c.de",
            "a@c\u{200b}.de",
        ] {
            assert_eq!(email(text), Err(InvalidRecipient::Email), "{text:?}");
        }
        assert_eq!(email(&format!("{}@c.de", "a".repeat(65))), Err(InvalidRecipient::Email));
        assert_eq!(email(&format!("a@{}.de", "b".repeat(64))), Err(InvalidRecipient::Email));
    }

    #[test]
    fn odd_unicode_is_refused_and_never_folded_into_another_address() {
        // Dotless i, Kelvin sign, full-width letters, ideographic full stop, ligature, punycode of plain ASCII.
        for text in [
            "m\u{131}ke@example.org",
            "mike@\u{212a}elvin.org",
            "a@\u{ff45}xample.org",
            "a@example\u{3002}org",
            "a@o\u{fb03}ce.org",
            "a@xn--example-.org",
            "\u{ff41}@example.org",
        ] {
            assert_eq!(email(text), Err(InvalidRecipient::Email), "{text:?}");
        }
    }

    #[test]
    fn the_stated_type_must_agree() {
        assert_eq!(phone("a@b.de"), Err(InvalidRecipient::Contradiction));
        assert_eq!(email("+12345678901"), Err(InvalidRecipient::Contradiction));
    }

    #[test]
    fn only_the_mask_prints() {
        assert_eq!(format!("{:?}", Recipient::parse("+12345678901", None).unwrap()), "+12***01");
        assert_eq!(format!("{:?}", Recipient::parse("user@example.com", None).unwrap()), "u***@example.com");
    }
}
