//! Sessions: opaque refresh tokens in families (RFC 9700, 4.14.2).
//!
//! A sign-in starts a family; each use of its token hands out the next one and ends the one before. A token that is used a
//! second time has been copied, so that very use ends the family: the thief and the owner both have to sign in again.
//!
//! A token is a family's id, 256 random bits and a MAC, so that one that was not made here costs no request to the store.
//! The store knows it by another MAC only. The next token is derived from the one before it, under a key that is not in the
//! table: so a client whose reply got lost can be given the same successor again, where the policy allows that, although
//! nothing stored can be turned into it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::keys::KeyRing;
use super::ledger::RequestId;
use super::policy::Bounded;
use super::recipient::Channel;
use super::time::Timestamp;
use super::user::UserId;

/// Hours after which a session ends, however busy: NIST SP 800-63B-4 (2.1.3) says that this SHOULD be no more than 30 days
/// where one factor suffices.
pub const ABSOLUTE_HOURS: Bounded = Bounded { default: 720, bounds: 1..=8760 };
/// Hours after which an unused session ends. NIST asks for none at that level; RFC 9700 (2.2.2, 4.14.2) wants refresh tokens
/// to expire when unused, and names no number. A week lets a person be away for one.
pub const IDLE_HOURS: Bounded = Bounded { default: 168, bounds: 1..=8760 };
/// Seconds in which a used token is answered with its same successor again. Okta and Auth0 go up to 60.
pub const REUSE_GRACE_SECONDS: Bounded = Bounded { default: 0, bounds: 0..=60 };

const VERSION: u8 = 1;
const FAMILY: usize = 16;
const SECRET: usize = 32;
const TAG: usize = 16;

/// The numbers of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// From the last use to the end.
    pub idle: Duration,
    /// From sign-in to the end.
    pub absolute: Duration,
    /// How long a used token gets its same successor again; zero for never.
    pub grace: Duration,
}

/// How a refresh token travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// As a field of JSON bodies, for programs that can keep it.
    Body,
    /// In a cookie that scripts cannot read, for browsers.
    Cookie,
}

/// Names a family. Random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FamilyId(pub [u8; FAMILY]);

/// A refresh token. Whoever has it is the user, so it does not print.
pub struct RefreshToken {
    family: FamilyId,
    secret: Zeroizing<[u8; SECRET]>,
}

/// A refresh token as the store knows it: a MAC.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenName(String);

/// It was not made here. Carries nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the refresh token was not made here")]
pub struct ForgedRefreshToken;

impl RefreshToken {
    /// The first of a family.
    #[must_use]
    pub const fn first(family: FamilyId, secret: Zeroizing<[u8; SECRET]>) -> Self {
        Self { family, secret }
    }

    /// The one that follows it.
    #[must_use]
    pub fn successor(&self, keys: &KeyRing) -> Self {
        let secret = Zeroizing::new(keys.session_mac(&[b"next", &self.family.0, self.secret.as_slice()]));
        Self { family: self.family, secret }
    }

    /// What the store knows it by.
    #[must_use]
    pub fn name(&self, keys: &KeyRing) -> TokenName {
        TokenName(URL_SAFE_NO_PAD.encode(keys.session_mac(&[b"name", &self.family.0, self.secret.as_slice()])))
    }

    /// The family it belongs to.
    #[must_use]
    pub const fn family(&self) -> FamilyId {
        self.family
    }

    /// As it goes to the client, and to nobody else.
    #[must_use]
    pub fn expose(&self, keys: &KeyRing) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(1 + FAMILY + SECRET + TAG));
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.family.0);
        bytes.extend_from_slice(self.secret.as_slice());
        bytes.extend_from_slice(&self.tag(keys));
        Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))
    }

    /// Reads and checks what a client sent back. Says nothing of whether it is still good.
    ///
    /// # Errors
    /// [`ForgedRefreshToken`]; no request to the store is worth making then.
    pub fn open(text: &str, keys: &KeyRing) -> Result<Self, ForgedRefreshToken> {
        // 65 bytes are 87 characters; anything much longer is not worth decoding.
        if text.len() > 96 {
            return Err(ForgedRefreshToken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| ForgedRefreshToken)?;
        let (token, given) = Self::from_bytes(&bytes).ok_or(ForgedRefreshToken)?;
        // In constant time. Lengths are public.
        aws_lc_rs::constant_time::verify_slices_are_equal(&token.tag(keys), given).map_err(|_| ForgedRefreshToken)?;
        Ok(token)
    }

    fn from_bytes(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (version, rest) = bytes.split_first()?;
        let (family, rest) = rest.split_first_chunk::<FAMILY>()?;
        let (secret, tag) = rest.split_first_chunk::<SECRET>()?;
        (*version == VERSION).then_some((Self { family: FamilyId(*family), secret: Zeroizing::new(*secret) }, tag))
    }

    fn tag(&self, keys: &KeyRing) -> Vec<u8> {
        keys.session_mac(&[b"token", &self.family.0, self.secret.as_slice()]).into_iter().take(TAG).collect()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").finish_non_exhaustive()
    }
}

impl TokenName {
    /// A name that was read back from the store.
    #[must_use]
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// As the store has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The write that starts a family.
#[derive(Clone, Debug)]
pub struct StartWrite {
    /// The family.
    pub family: FamilyId,
    /// Its first token.
    pub token: TokenName,
    /// Whose it is.
    pub user: UserId,
    /// How they signed in.
    pub channel: Channel,
    /// When it ends if it is not used.
    pub idle_end: Timestamp,
    /// When it ends in any case.
    pub end: Timestamp,
    /// The invocation that writes.
    pub request: RequestId,
}

/// The write that judges a use of a token.
#[derive(Clone, Debug)]
pub struct UseWrite {
    /// The family.
    pub family: FamilyId,
    /// The token that was used.
    pub token: TokenName,
    /// The one that follows it.
    pub successor: TokenName,
    /// The time.
    pub now: Timestamp,
    /// When the family ends if it is not used again.
    pub idle_end: Timestamp,
    /// A use of the last used token after this time is forgiven.
    pub forgiven_since: Timestamp,
    /// The invocation that writes.
    pub request: RequestId,
}

/// A family as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Whose it is.
    pub user: UserId,
    /// How they signed in.
    pub channel: Channel,
    /// No token was used twice, and nobody logged out.
    pub alive: bool,
    /// When it ends if it is not used.
    pub idle_end: Timestamp,
    /// When it ends in any case.
    pub end: Timestamp,
    /// The token used last, and when.
    pub used: Option<(TokenName, Timestamp)>,
    /// The invocation that wrote last.
    pub request: RequestId,
}

/// What became of a [`UseWrite`]: the family after it when it was applied, before it when it was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The write was applied.
    Applied(Family),
    /// It was refused.
    Refused(Option<Family>),
}

/// What a use of a token comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UseVerdict {
    /// The client gets the successor.
    Good(Family),
    /// It was used before; the family has ended by this very use.
    Reused,
    /// The family had ended before: by time, by logging out, or by an earlier reuse.
    Ended,
}

impl UseWrite {
    /// Reads the outcome out of the image.
    #[must_use]
    pub fn verdict(&self, judged: Judged) -> UseVerdict {
        match judged {
            Judged::Applied(family) if family.alive => UseVerdict::Good(family),
            Judged::Applied(_) => UseVerdict::Reused,
            // A retry of the SDK, whose first attempt was applied and its reply lost.
            Judged::Refused(Some(family)) if family.request == self.request => self.verdict(Judged::Applied(family)),
            Judged::Refused(Some(family)) if self.is_forgiven(&family) => UseVerdict::Good(family),
            Judged::Refused(_) => UseVerdict::Ended,
        }
    }

    /// Was this token the last one used, a moment ago, in a family that lives? Then its successor is still the living one.
    fn is_forgiven(&self, family: &Family) -> bool {
        let living = family.alive && family.idle_end > self.now && family.end > self.now;
        living && family.used.as_ref().is_some_and(|(token, at)| *token == self.token && *at > self.forgiven_since)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::keys::KeyId;

    fn ring(key: u8) -> KeyRing {
        KeyRing::new(&[(KeyId(1), vec![key; 32])].into(), KeyId(1), KeyId(1)).unwrap()
    }

    fn token() -> RefreshToken {
        RefreshToken::first(FamilyId([3; 16]), Zeroizing::new([9; 32]))
    }

    #[test]
    fn a_token_comes_back_whole_and_prints_nothing() {
        let keys = ring(7);
        let text = token().expose(&keys);
        let opened = RefreshToken::open(&text, &keys).unwrap();
        assert_eq!((opened.family(), opened.name(&keys)), (token().family(), token().name(&keys)));
        assert_eq!(format!("{opened:?}"), "RefreshToken { .. }");
        assert_eq!(RefreshToken::open(&text, &ring(8)).err(), Some(ForgedRefreshToken));
    }

    #[test]
    fn each_token_has_one_successor_and_names_of_their_own() {
        let keys = ring(7);
        let (next, again) = (token().successor(&keys), token().successor(&keys));
        assert_eq!(next.expose(&keys), again.expose(&keys));
        assert_ne!(next.name(&keys), token().name(&keys));
        assert_ne!(next.successor(&keys).name(&keys), next.name(&keys));
        assert_ne!(token().successor(&ring(8)).secret, next.secret);
    }

    proptest! {
        #[test]
        fn one_changed_bit_is_a_forgery(at in 0_usize..65, bit in 0_u8..8) {
            let keys = ring(7);
            let mut bytes = URL_SAFE_NO_PAD.decode(token().expose(&keys).as_bytes()).unwrap();
            bytes[at] ^= 1 << bit;
            prop_assert!(RefreshToken::open(&URL_SAFE_NO_PAD.encode(bytes), &keys).is_err());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,120}") {
            prop_assert!(RefreshToken::open(&text, &ring(7)).is_err());
        }
    }
}
