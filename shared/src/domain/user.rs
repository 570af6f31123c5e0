//! Who signed in.

use super::recipient::{Channel, Recipient};
use super::time::Timestamp;

/// A user's stable id: a UUIDv7 (RFC 9562), written in lower case with dashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// A new id from the time and 10 random bytes.
    #[must_use]
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), &random).into_uuid().to_string())
    }

    /// An id that was read back from the store.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A user as the reply shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The stable id.
    pub id: UserId,
    /// The email address, if the user has one that was verified here.
    pub email: Option<Recipient>,
    /// The phone number, if the user has one that was verified here.
    pub phone: Option<Recipient>,
    /// When the first right code created the user.
    pub created_at: Timestamp,
}

impl User {
    /// The user that a right code for `recipient` creates.
    #[must_use]
    pub fn with_identifier(id: UserId, recipient: &Recipient, created_at: Timestamp) -> Self {
        let mut user = Self { id, email: None, phone: None, created_at };
        match recipient.channel() {
            Channel::Sms => user.phone = Some(recipient.clone()),
            Channel::Email => user.email = Some(recipient.clone()),
        }
        user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_version_7_uuid_that_sorts_by_time() {
        let id = UserId::new(Timestamp::from_millis(0x0123_4567_89ab), [0xff; 10]);
        assert_eq!(id.as_str(), "01234567-89ab-7fff-bfff-ffffffffffff");
        let later = UserId::new(Timestamp::from_millis(0x0123_4567_89ac), [0; 10]);
        assert!(later.as_str() > id.as_str());
    }
}
