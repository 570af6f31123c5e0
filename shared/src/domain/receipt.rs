//! Receipts: what a provider says became of a message that it took.

use super::recipient::Channel;

/// Where providers bring receipts: below it stands the provider's name.
pub const RECEIPTS_PATH: &str = "/api/auth/otp/receipts";

/// What became of one message, by its provider's word. Neither the recipient nor the text is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's name.
    pub provider: &'static str,
    /// The kind of message.
    pub channel: Channel,
    /// The provider's own id of the message, as the log of its send has it.
    pub message: MessageId,
    /// What became of it.
    pub fate: Fate,
}

/// A message's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived.
    Delivered,
    /// It did not, for this reason.
    Lost(Why),
    /// It arrived, and its recipient called it spam.
    Complained,
}

/// A provider's id of a message: 1 to 128 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

/// A provider's code of a reason: up to 64 letters, digits, dashes, underscores and dots. Anything else is no code, but text
/// that could hold a name or a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Why(String);

impl Fate {
    /// Its name: each of a message's fates is counted once.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Lost(_) => "lost",
            Self::Complained => "complained",
        }
    }
}

impl MessageId {
    /// `text`, if it can be an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        plain.then(|| Self(text.to_owned()))
    }

    /// As the provider wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Why {
    /// `code`, if it is one; else nothing.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let plain = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        Self(if plain { code.to_owned() } else { String::new() })
    }

    /// The code; empty when the provider gave none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_or_code_is_not_kept() {
        for text in ["", "SM 1", "SM\n1", "SMé", &"x".repeat(129)] {
            assert_eq!(MessageId::parse(text), None, "{text:?}");
        }
        for (code, kept) in [("30003", "30003"), ("Permanent.General", "Permanent.General"), ("to +12065550100", ""), ("", "")] {
            assert_eq!(Why::of(code).as_str(), kept);
        }
    }
}
