//! What a code is for. A code for one purpose never works for another: the purpose is inside every MAC.

use super::recipient::Channel;

/// What the holder of the code wants to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Sign in.
    #[default]
    Login,
    /// Sign up.
    Signup,
    /// Choose a new password.
    PasswordReset,
    /// Prove that an email address is theirs.
    EmailVerification,
    /// Prove that a phone number is theirs.
    PhoneVerification,
}

impl Purpose {
    /// The channel of the identifiers that this purpose verifies; none for those that sign in.
    #[must_use]
    pub const fn verifies(self) -> Option<Channel> {
        match self {
            Self::Login | Self::Signup | Self::PasswordReset => None,
            Self::EmailVerification => Some(Channel::Email),
            Self::PhoneVerification => Some(Channel::Sms),
        }
    }

    /// Every purpose, in the order of the contract.
    pub const ALL: [Self; 5] = [Self::Login, Self::Signup, Self::PasswordReset, Self::EmailVerification, Self::PhoneVerification];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Signup => "signup",
            Self::PasswordReset => "password_reset",
            Self::EmailVerification => "email_verification",
            Self::PhoneVerification => "phone_verification",
        }
    }

    /// From the name on the wire; `None` for any other text.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}
