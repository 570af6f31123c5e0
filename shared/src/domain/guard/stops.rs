//! What the operator has stopped for now: all texts, all mail, or texts to a country.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::numbering::is_country;
use crate::domain::recipient::Recipient;

/// How long a process may go on with what it last read of the stops. With two requests' worth of slack, a stop holds
/// everywhere within a minute.
pub const STOPS_ARE_FRESH_FOR: Duration = Duration::from_secs(30);

/// Everything that is stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stops(pub BTreeSet<Stop>);

/// One thing that is stopped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Every text.
    Sms,
    /// Every mail.
    Email,
    /// Texts to this ISO 3166-1 alpha-2 country.
    Country(String),
}

impl Stops {
    /// Is sending to `recipient` stopped?
    #[must_use]
    pub fn hold(&self, recipient: &Recipient) -> bool {
        self.0.iter().any(|stop| match (stop, recipient) {
            (Stop::Sms, Recipient::Phone(_)) | (Stop::Email, Recipient::Email(_)) => true,
            (Stop::Country(stopped), Recipient::Phone(phone)) => phone.country() == Some(stopped),
            _ => false,
        })
    }
}

impl Stop {
    /// `sms`, `email` or a country's code, as stored and as the operator writes it; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "sms" => Some(Self::Sms),
            "email" => Some(Self::Email),
            code => Some(code.to_ascii_uppercase()).filter(|code| is_country(code)).map(Self::Country),
        }
    }

    /// As stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
            Self::Country(code) => code,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_holds_what_it_names_and_nothing_else() {
        let us = Recipient::parse("+12345678901", None).unwrap();
        let mail = Recipient::parse("a@example.com", None).unwrap();
        for (stop, texts, mails) in [("sms", true, false), ("email", false, true), ("us", true, false), ("DE", false, false)] {
            let stops = Stops([Stop::parse(stop).unwrap()].into());
            assert_eq!((stops.hold(&us), stops.hold(&mail)), (texts, mails), "{stop}");
        }
        assert_eq!(Stop::parse("XX"), None);
    }
}
