//! The challenge: one request for a code, and the token by which a client refers to it.
//!
//! The token (`challenge_id` on the wire) is checked by its own MAC before anything is asked of the store, so a forged
//! one costs nothing, and nobody who did not receive it can spend the challenge's guesses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::code::CodeShape;
use super::keys::{CodeKeys, KeyId, KeyRing, mac};
use super::purpose::Purpose;
use super::recipient::Recipient;
use super::time::Timestamp;

const VERSION: u8 = 1;
const BODY: usize = 28;
const TAG: usize = 16;

/// 16 bytes from the operating system that make a challenge unique. Not secret: the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChallengeId(pub [u8; 16]);

/// Everything a code is bound to: a code made for one of these never works for another.
pub struct Bound<'a> {
    /// What the code is for.
    pub purpose: Purpose,
    /// Whom it was sent to; the channel is part of it.
    pub recipient: &'a Recipient,
    /// The challenge.
    pub id: ChallengeId,
}

impl Bound<'_> {
    pub(super) fn parts(&self) -> [&[u8]; 4] {
        let channel = self.recipient.channel().as_str();
        [self.purpose.as_str().as_bytes(), channel.as_bytes(), self.recipient.canonical().as_bytes(), &self.id.0]
    }
}

/// What a challenge token says once its MAC was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Which keys made it.
    pub key: KeyId,
    /// Where in the identifier's item it lives.
    pub slot: u8,
    /// The shape of its code.
    pub shape: CodeShape,
    /// When it ends.
    pub expires: Timestamp,
    /// Its id.
    pub id: ChallengeId,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not made by this service for this identifier and purpose.
    #[error("the challenge token is not genuine")]
    Forged,
    /// Made with a key that this process does not have (yet, or any more).
    #[error("the challenge token was made with an unknown key")]
    UnknownKey(KeyId),
}

impl Challenge {
    /// The token: base64url of version, key id, slot, code length, expiry, id, and 128 bits of HMAC over all of them and
    /// over the identifier and the purpose.
    #[must_use]
    pub fn token(&self, keys: &CodeKeys, purpose: Purpose, recipient: &Recipient) -> String {
        let mut bytes = self.body();
        bytes.extend(tag(keys, &bytes, &Bound { purpose, recipient, id: self.id }));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads and checks a token that a client sent back for this identifier and purpose. Says nothing about expiry.
    ///
    /// # Errors
    /// [`InvalidToken`]; no request to the store is worth making then.
    pub fn open(token: &str, ring: &KeyRing, purpose: Purpose, recipient: &Recipient) -> Result<Self, InvalidToken> {
        // 44 bytes are 59 characters; anything much longer is not worth decoding.
        if token.len() > 64 {
            return Err(InvalidToken::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidToken::Forged)?;
        let (body, given) = bytes.split_at_checked(BODY).ok_or(InvalidToken::Forged)?;
        let challenge = Self::from_body(body).ok_or(InvalidToken::Forged)?;
        let keys = ring.get(challenge.key).ok_or(InvalidToken::UnknownKey(challenge.key))?;
        let right = tag(keys, body, &Bound { purpose, recipient, id: challenge.id });
        // In constant time. Lengths are public.
        aws_lc_rs::constant_time::verify_slices_are_equal(&right, given).map_err(|_| InvalidToken::Forged)?;
        Ok(challenge)
    }

    fn body(&self) -> Vec<u8> {
        let length = u8::try_from(self.shape.length()).unwrap_or(u8::MAX);
        let mut bytes = Vec::with_capacity(BODY + TAG);
        bytes.extend([VERSION, self.key.0, self.slot, length]);
        bytes.extend(self.expires.as_millis().to_be_bytes());
        bytes.extend(self.id.0);
        bytes
    }

    fn from_body(body: &[u8]) -> Option<Self> {
        let (head, rest) = body.split_first_chunk::<4>()?;
        let (expires, id) = rest.split_first_chunk::<8>()?;
        let [version, key, slot, length] = *head;
        (version == VERSION).then_some(())?;
        Some(Self {
            key: KeyId(key),
            slot,
            shape: CodeShape::of_length(length)?,
            expires: Timestamp::from_millis(u64::from_be_bytes(*expires)),
            id: ChallengeId(id.try_into().ok()?),
        })
    }
}

fn tag(keys: &CodeKeys, body: &[u8], bound: &Bound<'_>) -> Vec<u8> {
    let [purpose, channel, identifier, _] = bound.parts();
    mac(&keys.token, &[body, purpose, channel, identifier]).into_iter().take(TAG).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ring() -> KeyRing {
        KeyRing::new(&[(KeyId(1), vec![7; 32])].into(), KeyId(1), KeyId(1)).unwrap()
    }

    fn phone() -> Recipient {
        Recipient::parse("+12345678901", None).unwrap()
    }

    fn challenge() -> Challenge {
        Challenge {
            key: KeyId(1),
            slot: 3,
            shape: CodeShape::Digits(6),
            expires: Timestamp::from_millis(1_000_000),
            id: ChallengeId([9; 16]),
        }
    }

    fn token() -> String {
        challenge().token(ring().get(KeyId(1)).unwrap(), Purpose::Login, &phone())
    }

    #[test]
    fn a_token_opens_for_what_it_was_made_for_only() {
        let other = Recipient::parse("+12345678902", None).unwrap();
        assert_eq!(Challenge::open(&token(), &ring(), Purpose::Login, &phone()), Ok(challenge()));
        assert_eq!(Challenge::open(&token(), &ring(), Purpose::Signup, &phone()), Err(InvalidToken::Forged));
        assert_eq!(Challenge::open(&token(), &ring(), Purpose::Login, &other), Err(InvalidToken::Forged));
    }

    #[test]
    fn a_token_of_an_unknown_key_says_so() {
        let keys = ring();
        let foreign = Challenge { key: KeyId(2), ..challenge() };
        let token = foreign.token(keys.get(KeyId(1)).unwrap(), Purpose::Login, &phone());
        assert_eq!(Challenge::open(&token, &keys, Purpose::Login, &phone()), Err(InvalidToken::UnknownKey(KeyId(2))));
    }

    proptest! {
        #[test]
        fn no_other_text_opens(text in ".{0,80}") {
            prop_assert!(Challenge::open(&text, &ring(), Purpose::Login, &phone()).is_err());
        }

        #[test]
        fn no_changed_bit_opens(bit in 0_usize..44 * 8) {
            let mut bytes = URL_SAFE_NO_PAD.decode(token()).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert!(Challenge::open(&changed, &ring(), Purpose::Login, &phone()).is_err());
        }
    }
}
