//! Who signs in.
//!
//! A user has an email address, a phone number, or both; either signs in to the same user. An identifier counts as verified
//! once a code that was sent there came back.

use std::fmt;

use super::policy::SignUp;
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

    /// An id that a person typed; `None` for what is no UUID.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        uuid::Uuid::try_parse(text.trim()).ok().map(|id| Self(id.to_string()))
    }

    /// An id that was read back from the store, or from a token of ours.
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

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The stable id.
    pub id: UserId,
    /// The email address, if there is one.
    pub email: Option<Identifier>,
    /// The phone number, if there is one.
    pub phone: Option<Identifier>,
    /// What people call the user, if anybody said.
    pub name: Option<DisplayName>,
    /// When the user was created: by the first right code, or by an operator.
    pub created_at: Timestamp,
    /// A sign-in of the last day on which there was one; none before the first.
    pub last_sign_in: Option<Timestamp>,
    /// Gets no codes and no tokens.
    pub disabled: bool,
    /// Counts the changes of everything that decides who may sign in as this user.
    pub version: u64,
}

/// A phone number or an email address of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// Where codes go.
    pub recipient: Recipient,
    /// Did a code that was sent there come back?
    pub verified: bool,
}

/// What people call a user. Personal: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct DisplayName(String);

/// Some text is no display name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A name has 1 to {MAX_NAME} characters, and no control characters.")]
pub struct InvalidName;

/// Most characters of a name: as many as Django's users have for each of theirs.
pub const MAX_NAME: usize = 150;

impl User {
    /// A user who has nothing yet.
    #[must_use]
    pub const fn new(id: UserId, created_at: Timestamp) -> Self {
        Self { id, email: None, phone: None, name: None, created_at, last_sign_in: None, disabled: false, version: 1 }
    }

    /// With this identifier, in the place of another of its channel.
    #[must_use]
    pub fn with(mut self, identifier: Identifier) -> Self {
        match identifier.recipient.channel() {
            Channel::Sms => self.phone = Some(identifier),
            Channel::Email => self.email = Some(identifier),
        }
        self
    }

    /// The user that a right code for `recipient` creates.
    #[must_use]
    pub fn signed_up(id: UserId, recipient: &Recipient, now: Timestamp) -> Self {
        Self { last_sign_in: Some(now), ..Self::new(id, now) }.verified_by(recipient)
    }

    /// After a code that was sent to `recipient` came back.
    #[must_use]
    pub fn verified_by(self, recipient: &Recipient) -> Self {
        self.with(Identifier { recipient: recipient.clone(), verified: true })
    }

    /// The user as the item of `recipient` remembers one who has nothing else to show.
    #[must_use]
    pub fn known_by(known: &KnownUser, recipient: &Recipient) -> Self {
        Self { version: known.version, ..Self::new(known.id.clone(), known.created_at) }.verified_by(recipient)
    }

    /// The identifier of a channel.
    #[must_use]
    pub const fn identifier(&self, channel: Channel) -> Option<&Identifier> {
        match channel {
            Channel::Sms => self.phone.as_ref(),
            Channel::Email => self.email.as_ref(),
        }
    }

    /// Every identifier that the user has.
    pub fn identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.email.iter().chain(&self.phone)
    }

    /// Does this identifier sign in this user?
    #[must_use]
    pub fn has(&self, recipient: &Recipient) -> bool {
        self.identifier(recipient.channel()).is_some_and(|identifier| identifier.recipient == *recipient)
    }

    /// What the item of one of the user's identifiers remembers after a sign-in at `now`.
    #[must_use]
    pub fn known(&self, now: Timestamp) -> KnownUser {
        let more = self.name.is_some() || self.identifiers().count() > 1;
        KnownUser { id: self.id.clone(), created_at: self.created_at, version: self.version, day: now.day(), more }
    }
}

/// A user as far as an identifier's item knows: enough to answer a sign-in without another read. Only ever one who may sign
/// in: whatever changes a user also makes the items of the user's identifiers forget.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KnownUser {
    /// The user's id.
    pub id: UserId,
    /// When the user was created.
    pub created_at: Timestamp,
    /// [`User::version`] at the time.
    pub version: u64,
    /// The day of the last sign-in that was noted, since the epoch.
    pub day: u64,
    /// Has the user more to show than this identifier: another one, a name?
    pub more: bool,
}

/// What the pointer of an identifier says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has this identifier.
    Unknown,
    /// It signs in this user.
    Enabled(UserId),
    /// It belongs to a user who may not sign in.
    Disabled(UserId),
}

/// Why an identifier gets no message and no token, while the replies look as if it might.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Withheld {
    /// Nobody has it, and sign-up is closed.
    #[error("nobody has this identifier, and sign-up is closed")]
    Unknown,
    /// Its user may not sign in.
    #[error("the user is disabled")]
    Disabled,
}

impl Standing {
    /// May messages and tokens go to this identifier?
    ///
    /// # Errors
    /// [`Withheld`] says why not.
    pub const fn admit(&self, sign_up: SignUp) -> Result<(), Withheld> {
        match (self, sign_up) {
            (Self::Disabled(_), _) => Err(Withheld::Disabled),
            (Self::Unknown, SignUp::Closed) => Err(Withheld::Unknown),
            (Self::Unknown, SignUp::Open) | (Self::Enabled(_), _) => Ok(()),
        }
    }
}

impl DisplayName {
    /// Reads a name; spaces around it are dropped.
    ///
    /// # Errors
    /// Empty, too long, or with control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        let fits = (1..=MAX_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidName) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayName(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01234567-89ab-7fff-bfff-ffffffffffff";

    #[test]
    fn an_id_is_a_version_7_uuid_that_sorts_by_time() {
        let id = UserId::new(Timestamp::from_millis(0x0123_4567_89ab), [0xff; 10]);
        assert_eq!(id.as_str(), ID);
        let later = UserId::new(Timestamp::from_millis(0x0123_4567_89ac), [0; 10]);
        assert!(later.as_str() > id.as_str());
    }

    #[test]
    fn a_typed_id_is_a_uuid_or_none() {
        assert_eq!(UserId::parse(&format!(" {} ", ID.to_uppercase())).unwrap().as_str(), ID);
        for text in ["", "1", "U#1", "01234567-89ab-7fff-bfff-fffffffffff"] {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_name_is_a_line_of_text() {
        assert_eq!(DisplayName::parse("  Ada Lovelace ").unwrap().as_str(), "Ada Lovelace");
        assert!(DisplayName::parse(&"é".repeat(MAX_NAME)).is_ok());
        for text in ["", "  ", "a\nb", "a\u{7}b", &"x".repeat(MAX_NAME + 1)] {
            assert_eq!(DisplayName::parse(text), Err(InvalidName), "{text:?}");
        }
    }

    #[test]
    fn what_is_personal_does_not_print() {
        let ada = Recipient::parse("ada@example.com", None).unwrap();
        let mut user = User::signed_up(UserId::parse(ID).unwrap(), &ada, Timestamp::from_millis(0));
        user.name = DisplayName::parse("Ada").ok();
        let printed = format!("{user:?}");
        assert!(!printed.contains("ada@") && !printed.contains("Ada"), "{printed}");
    }

    #[test]
    fn an_item_knows_whether_it_knows_all_of_a_user() {
        let [mail, phone] = ["ada@example.com", "+12345678901"].map(|text| Recipient::parse(text, None).unwrap());
        let user = User::signed_up(UserId::parse(ID).unwrap(), &mail, Timestamp::from_millis(0));
        let now = Timestamp::from_millis(86_400_000);
        assert_eq!((user.known(now).more, user.known(now).day), (false, 1));
        assert!(user.has(&mail) && !user.has(&phone));
        assert!(user.with(Identifier { recipient: phone, verified: false }).known(now).more);
    }
}
