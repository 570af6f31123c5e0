//! What an access token says, and the token itself.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use super::policy::Bounded;
use super::recipient::Channel;
use super::time::Timestamp;
use super::user::UserId;

/// Minutes that an access token is good for. It cannot be called back: a day is the most, and RFC 9700 (2.2.1) wants it short.
pub const LIFETIME_MINUTES: Bounded = Bounded { default: 60, bounds: 1..=1440 };

/// The claims of an access token, in the terms of RFC 9068: whom it is about, until when, and how they signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the user.
    pub subject: UserId,
    /// `iat` and `nbf`: when it was made. Tokens count whole seconds; the rest is cut off.
    pub issued_at: Timestamp,
    /// `exp`: the first moment at which it is no longer good.
    pub expires: Timestamp,
    /// `jti`: no two tokens have the same.
    pub id: TokenId,
    /// `amr` is made of it.
    pub channel: Channel,
}

/// Names one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenId(pub [u8; 16]);

/// How somebody showed who they are, by the names of RFC 8176: a one-time password, and the text message that brought it.
/// That registry has no name for a mail, and an invented one would mean nothing to a resource server.
#[must_use]
pub const fn methods(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Sms => &["otp", "sms"],
        Channel::Email => &["otp"],
    }
}

/// A signed access token. Whoever has it is the user, so it does not print.
pub struct AccessToken {
    text: Zeroizing<String>,
    lifetime: Duration,
}

impl AccessToken {
    /// The signed text, good for this long from now on.
    #[must_use]
    pub const fn new(text: Zeroizing<String>, lifetime: Duration) -> Self {
        Self { text, lifetime }
    }

    /// As it goes to the user, and to nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// How long it is good for.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_print() {
        let token = AccessToken::new(Zeroizing::new("header.claims.signature".to_owned()), Duration::from_secs(60));
        assert_eq!(format!("{token:?}"), "AccessToken { lifetime: 60s, .. }");
    }
}
