//! The keys that access tokens are signed with: parsed once, never printed, each good for one algorithm only.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use aws_lc_rs::{digest, rand, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What a key signs with (RFC 7518). It belongs to the key: no key is ever used with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256. The only kind that API Gateway's own JWT authorizers take.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// A private key. Does not print; the cryptographic library wipes it when it goes.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// The public half of a key, as a JSON Web Key (RFC 7517) has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What it checks.
    pub algorithm: Algorithm,
    /// Its name everywhere: its thumbprint by RFC 7638, so that no two keys ever share one.
    pub id: String,
    /// The members that make the key, base64url where they are bytes, sorted by name.
    pub members: Vec<(&'static str, String)>,
    /// The key as bytes: RSA's `RSAPublicKey` structure, P-256's uncompressed point, Ed25519's 32 bytes.
    pub bytes: Vec<u8>,
}

/// Every signing key of the deployment: the one that signs now, those before it, and the next.
pub struct SigningKeys {
    current: u32,
    keys: BTreeMap<u32, SigningKey>,
}

/// The text is no private key that can sign tokens. Carries none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it must be a private key in PKCS#8, in base64 or PEM: RSA of 2048 bits or more, P-256, or Ed25519")]
pub struct NotASigningKey;

/// The cryptographic library refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library refused")]
pub struct CryptoRefused;

impl SigningKey {
    /// Reads a private key in PKCS#8, as base64 with or without the lines of PEM around it.
    ///
    /// # Errors
    /// [`NotASigningKey`].
    pub fn parse(text: &str) -> Result<Self, NotASigningKey> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let base64 = lines.fold(Zeroizing::new(String::with_capacity(text.len())), |mut all, line| {
            all.push_str(line);
            all
        });
        let der = STANDARD.decode(base64.as_bytes()).map(Zeroizing::new).map_err(|_| NotASigningKey)?;
        let pair = Pair::from_pkcs8(&der).ok_or(NotASigningKey)?;
        let public = pair.public();
        Ok(Self { pair, public })
    }

    /// A new private key in PKCS#8 as base64: what [`Self::parse`] reads. RSA keys have 2048 bits (NIST SP 800-57: 112 bits
    /// of strength), which every resource server takes.
    ///
    /// # Errors
    /// The cryptographic library could not make one.
    pub fn generate(algorithm: Algorithm) -> Result<Zeroizing<String>, CryptoRefused> {
        let encode = |der: &[u8]| Zeroizing::new(STANDARD.encode(der));
        match algorithm {
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| CryptoRefused)?;
                pair.as_der().map(|der| encode(der.as_ref())).map_err(|_| CryptoRefused)
            }
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| CryptoRefused)?;
                pair.to_pkcs8v1().map(|der| encode(der.as_ref())).map_err(|_| CryptoRefused)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(|_| CryptoRefused)?;
                pair.to_pkcs8v1().map(|der| encode(der.as_ref())).map_err(|_| CryptoRefused)
            }
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature over `message`, in the form that RFC 7518 wants it in.
    ///
    /// # Errors
    /// The cryptographic library refused.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoRefused> {
        let random = rand::SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| CryptoRefused)?;
                Ok(signature)
            }
            Pair::Ec(pair) => pair.sign(&random, message).map(|s| s.as_ref().to_vec()).map_err(|_| CryptoRefused),
            Pair::Ed(pair) => pair.try_sign(message).map(|s| s.as_ref().to_vec()).map_err(|_| CryptoRefused),
        }
    }
}

impl Pair {
    /// The key says itself what kind it is; only one of these reads it.
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        RsaKeyPair::from_pkcs8(der)
            .map(Self::Rsa)
            .or_else(|_| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::Ec))
            .or_else(|_| Ed25519KeyPair::from_pkcs8(der).map(Self::Ed))
            .ok()
    }

    fn public(&self) -> PublicKey {
        let base64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (algorithm, members, bytes) = match self {
            Self::Rsa(pair) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                let members = vec![("e", base64(&parts.e)), ("kty", "RSA".to_owned()), ("n", base64(&parts.n))];
                (Algorithm::Rs256, members, pair.public_key().as_ref().to_vec())
            }
            Self::Ec(pair) => {
                let point = pair.public_key().as_ref();
                // 0x04, then the two coordinates (SEC 1, 2.3.3).
                let (x, y) = point.get(1..).unwrap_or_default().split_at_checked(32).unwrap_or_default();
                let crv = ("crv", "P-256".to_owned());
                (Algorithm::Es256, vec![crv, ("kty", "EC".to_owned()), ("x", base64(x)), ("y", base64(y))], point.to_vec())
            }
            Self::Ed(pair) => {
                let point = pair.public_key().as_ref();
                let crv = ("crv", "Ed25519".to_owned());
                (Algorithm::EdDsa, vec![crv, ("kty", "OKP".to_owned()), ("x", base64(point))], point.to_vec())
            }
        };
        PublicKey { algorithm, id: thumbprint(&members), members, bytes }
    }
}

/// RFC 7638: SHA-256 over the members, sorted, without a space.
fn thumbprint(members: &[(&'static str, String)]) -> String {
    let fields: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, format!("{{{}}}", fields.join(",")).as_bytes()))
}

impl SigningKeys {
    /// By number, with the number of the one that signs; `None` when that one is not there.
    #[must_use]
    pub fn new(keys: BTreeMap<u32, SigningKey>, current: u32) -> Option<Self> {
        keys.contains_key(&current).then_some(Self { current, keys })
    }

    /// The one that signs now.
    #[must_use]
    pub fn current(&self) -> Option<&SigningKey> {
        self.keys.get(&self.current)
    }

    /// The key with this id, whether it signs now, did, or will.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&SigningKey> {
        self.keys.values().find(|key| key.public.id == id)
    }

    /// The public halves, oldest first.
    pub fn published(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.values().map(SigningKey::public)
    }
}

impl Algorithm {
    /// Its name in RFC 7518 and RFC 8037.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// By that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rs256, Self::Es256, Self::EdDsa].into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    #[test]
    fn a_key_that_was_made_is_read_and_says_its_algorithm() {
        for algorithm in ALL {
            let text = SigningKey::generate(algorithm).unwrap();
            let key = SigningKey::parse(&text).unwrap();
            assert_eq!(key.public().algorithm, algorithm);
            assert_eq!(key.public().id.len(), 43);
            assert_eq!(format!("{key:?}"), format!("SigningKey {{ id: {:?}, .. }}", key.public().id));
            assert!(!key.sign(b"message").unwrap().is_empty());
            let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\n", &text[..20], &text[20..]);
            assert_eq!(SigningKey::parse(&pem).unwrap().public(), key.public());
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cut = SigningKey::generate(Algorithm::Es256).unwrap()[..40].to_owned();
        for text in ["", "not base64 !", "bm90IGEga2V5", &cut] {
            assert_eq!(SigningKey::parse(text).err(), Some(NotASigningKey), "{text}");
        }
    }

    /// The example of RFC 7638, 3.1.
    #[test]
    fn a_thumbprint_is_the_standards() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM\
                 stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI\
                 SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let members = [("e", "AQAB".to_owned()), ("kty", "RSA".to_owned()), ("n", n.to_owned())];
        assert_eq!(thumbprint(&members), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
