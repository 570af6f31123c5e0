//! The secret keys, and what is made with them.
//!
//! One secret text per key id; every use has a key of its own, derived by HKDF-SHA256 (RFC 5869) under its own label, so
//! that no MAC made for one thing can pass for another. One of the key ids names identifiers for good (changing it would
//! forget every limit); another makes new codes and can be rotated, while older ones stay readable as long as they are listed.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::{hkdf, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::address::SourceAddress;
use super::callers::TrustedCallers;
use super::provider_secrets::ProviderSecrets;
use super::receipt::Receipt;
use super::recipient::Recipient;
use super::signing::SigningKeys;

/// Shortest acceptable secret text of one key, in bytes.
pub const MIN_KEY_BYTES: usize = 32;

/// Every key that the service holds. Cannot be printed.
pub struct KeyRing {
    identifiers: hmac::Key,
    log: hmac::Key,
    sessions: hmac::Key,
    current: KeyId,
    codes: BTreeMap<KeyId, CodeKeys>,
    signing: Option<SigningKeys>,
    callers: TrustedCallers,
    providers: ProviderSecrets,
}

/// Names a key inside a challenge token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u8);

/// The keys that one key id stands for.
pub struct CodeKeys {
    pub(super) derive: hmac::Key,
    pub(super) name: hmac::Key,
    pub(super) token: hmac::Key,
}

/// Why a set of secret texts makes no key ring. Carries none of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    /// A key that is referred to is not there.
    #[error("key k{0} is named but not given")]
    Missing(u8),
    /// A key has too little text to be secret.
    #[error("key k{0} is shorter than {MIN_KEY_BYTES} characters")]
    TooShort(u8),
    /// The cryptographic library refused to derive a key.
    #[error("a key could not be derived")]
    Derivation,
}

impl KeyRing {
    /// Derives every key from the secret texts: `identifiers` names identifiers, `current` makes new codes.
    ///
    /// # Errors
    /// A named key is missing, or one is too short.
    pub fn new(secrets: &BTreeMap<KeyId, Vec<u8>>, identifiers: KeyId, current: KeyId) -> Result<Self, InvalidKeys> {
        for (id, secret) in secrets {
            if secret.len() < MIN_KEY_BYTES {
                return Err(InvalidKeys::TooShort(id.0));
            }
        }
        let secret = |id: KeyId| secrets.get(&id).ok_or(InvalidKeys::Missing(id.0));
        secret(current)?;
        Ok(Self {
            identifiers: derive(secret(identifiers)?, "identifiers")?,
            log: derive(secret(identifiers)?, "log")?,
            sessions: derive(secret(identifiers)?, "sessions")?,
            current,
            codes: secrets.iter().map(|(id, secret)| Ok((*id, CodeKeys::derive(secret)?))).collect::<Result<_, _>>()?,
            signing: None,
            callers: TrustedCallers::default(),
            providers: ProviderSecrets::default(),
        })
    }

    /// With these keys to sign access tokens with.
    #[must_use]
    pub fn with_signing(self, keys: SigningKeys) -> Self {
        Self { signing: Some(keys), ..self }
    }

    /// The keys that access tokens are signed with, where there are any.
    #[must_use]
    pub const fn signing(&self) -> Option<&SigningKeys> {
        self.signing.as_ref()
    }

    /// The same, with the secrets of callers that may name the address of their client.
    #[must_use]
    pub fn with_callers(mut self, callers: TrustedCallers) -> Self {
        self.callers = callers;
        self
    }

    /// Who may name the address of their client.
    #[must_use]
    pub const fn callers(&self) -> &TrustedCallers {
        &self.callers
    }

    /// The same, with what message providers know us by.
    #[must_use]
    pub fn with_provider_secrets(mut self, secrets: ProviderSecrets) -> Self {
        self.providers = secrets;
        self
    }

    /// What message providers know us by.
    #[must_use]
    pub const fn provider_secrets(&self) -> &ProviderSecrets {
        &self.providers
    }

    /// The key id that new challenges are made with, and its keys.
    #[must_use]
    pub fn current(&self) -> Option<(KeyId, &CodeKeys)> {
        self.get(self.current).map(|keys| (self.current, keys))
    }

    /// The keys of a key id, if the ring has it.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<&CodeKeys> {
        self.codes.get(&id)
    }

    /// Partition key of the item that holds everything about this identifier's codes.
    #[must_use]
    pub fn ledger_key(&self, recipient: &Recipient) -> LedgerKey {
        LedgerKey(format!("I#{}", self.name_of(recipient, b"ledger")))
    }

    /// Partition key of the item that points from this identifier to its user.
    #[must_use]
    pub fn pointer_key(&self, recipient: &Recipient) -> String {
        format!("L#{}", self.name_of(recipient, b"pointer"))
    }

    /// Partition key of the item of a source address on one day since the epoch.
    #[must_use]
    pub fn address_key(&self, address: &SourceAddress, day: u64) -> String {
        let tag = mac(&self.identifiers, &[b"address", &address.as_bytes()]);
        format!("A#{}#{day}", short_text(&tag))
    }

    /// Partition key of the item of a number prefix.
    #[must_use]
    pub fn prefix_key(&self, prefix: &str) -> String {
        format!("P#{}", short_text(&mac(&self.identifiers, &[b"prefix", prefix.as_bytes()])))
    }

    /// Partition key of the item that remembers which request an Idempotency-Key came with.
    #[must_use]
    pub fn idempotency_key(&self, header: &str) -> String {
        format!("K#{}", short_text(&mac(&self.identifiers, &[b"idempotency", header.as_bytes()])))
    }

    /// Partition key of the item that remembers that this receipt was counted.
    #[must_use]
    pub fn receipt_key(&self, receipt: &Receipt) -> String {
        let Receipt { provider, message, fate, .. } = receipt;
        let parts = ["receipt", provider, message.as_str(), fate.as_str()].map(str::as_bytes);
        format!("M#{}", short_text(&mac(&self.identifiers, &parts)))
    }

    /// A fingerprint of a request, to tell "the same body" from "another body" without keeping either.
    #[must_use]
    pub fn fingerprint(&self, parts: &[&[u8]]) -> String {
        let labelled: Vec<&[u8]> = std::iter::once(b"request".as_slice()).chain(parts.iter().copied()).collect();
        short_text(&mac(&self.identifiers, &labelled))
    }

    /// A short name for this identifier in logs: stable within a deployment, useless outside it.
    #[must_use]
    pub fn log_name(&self, recipient: &Recipient) -> String {
        let tag = mac(&self.log, &[recipient.channel().as_str().as_bytes(), recipient.canonical().as_bytes()]);
        URL_SAFE_NO_PAD.encode(tag).chars().take(10).collect()
    }

    /// A MAC of a refresh token, for one of its uses. Made with the key that never changes, so that no rotation ends a session.
    pub(super) fn session_mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.sessions, parts)
    }

    fn name_of(&self, recipient: &Recipient, label: &[u8]) -> String {
        let channel = recipient.channel().as_str().as_bytes();
        short_text(&mac(&self.identifiers, &[label, channel, recipient.canonical().as_bytes()]))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

impl CodeKeys {
    fn derive(secret: &[u8]) -> Result<Self, InvalidKeys> {
        Ok(Self { derive: derive(secret, "code")?, name: derive(secret, "name")?, token: derive(secret, "token")? })
    }
}

/// The partition key of an identifier's item: `I#` and an HMAC. The identifier cannot be read from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LedgerKey(String);

impl LedgerKey {
    /// As the table's `pk`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// HMAC-SHA256 over `parts`, each preceded by its length: no two lists of parts have the same input.
pub(super) fn mac(key: &hmac::Key, parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
        *to = *from;
    }
    out
}

/// 128 bits of a MAC as text: enough that no two names ever meet, and small in the item.
pub(super) fn short_text(tag: &[u8; 32]) -> String {
    let half: Vec<u8> = tag.iter().copied().take(16).collect();
    URL_SAFE_NO_PAD.encode(half)
}

fn derive(secret: &[u8], label: &str) -> Result<hmac::Key, InvalidKeys> {
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"otp-auth/1").extract(secret);
    let mut key = zeroize::Zeroizing::new([0_u8; 32]);
    extracted
        .expand(&[label.as_bytes()], hmac::HMAC_SHA256)
        .and_then(|expanded| expanded.fill(key.as_mut()))
        .map_err(|_| InvalidKeys::Derivation)?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(secret: &[u8]) -> Result<KeyRing, InvalidKeys> {
        KeyRing::new(&[(KeyId(1), secret.to_vec())].into(), KeyId(1), KeyId(1))
    }

    #[test]
    fn keys_that_are_short_or_missing_are_refused() {
        assert_eq!(ring(b"short").err(), Some(InvalidKeys::TooShort(1)));
        let only_one = [(KeyId(1), vec![7; 32])].into();
        assert_eq!(KeyRing::new(&only_one, KeyId(1), KeyId(2)).err(), Some(InvalidKeys::Missing(2)));
        assert_eq!(KeyRing::new(&only_one, KeyId(3), KeyId(1)).err(), Some(InvalidKeys::Missing(3)));
    }

    #[test]
    fn names_differ_by_use_channel_and_key() {
        let recipient = Recipient::parse("+12345678901", None).unwrap();
        let (a, b) = (ring(&[1; 32]).unwrap(), ring(&[2; 32]).unwrap());
        assert_ne!(a.ledger_key(&recipient), b.ledger_key(&recipient));
        assert_ne!(a.ledger_key(&recipient).as_str().get(2..), a.pointer_key(&recipient).get(2..));
        assert!(!a.ledger_key(&recipient).as_str().contains("2345678901"));
    }

    #[test]
    fn parts_cannot_slide_into_each_other() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 32]);
        assert_ne!(mac(&key, &[b"ab", b"c"]), mac(&key, &[b"a", b"bc"]));
        assert_ne!(mac(&key, &[b"a"]), mac(&key, &[b"a", b""]));
    }

    #[test]
    fn a_key_ring_does_not_print() {
        assert_eq!(format!("{:?}", ring(&[1; 32]).unwrap()), "KeyRing { .. }");
    }
}
