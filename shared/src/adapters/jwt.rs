//! Access tokens as signed JSON Web Tokens (RFC 7519, RFC 9068), made and checked with the keys of the vault.
//!
//! They are signed here, with keys that were parsed when they were read: `jsonwebtoken` would parse the key for every token.
//! They are checked by `jsonwebtoken`, told by the key, and never by the token, which algorithm is right (RFC 8725, 3.1).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::domain::claims::{AccessToken, Claims, TokenId, methods};
use crate::domain::keys::KeyRing;
use crate::domain::recipient::Channel;
use crate::domain::signing::{Algorithm, PublicKey, SigningKey};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::ports::clock::{Randomness, random};
use crate::ports::keys::KeySource;
use crate::ports::tokens::{Document, InvalidAccessToken, IssueError, PublishedKeys, TokenChecker, TokenIssuer};

/// Where the key set is, below the issuer.
pub const KEY_SET_PATH: &str = "/.well-known/jwks.json";

/// RFC 9068, 2.1: so that no other kind of token passes for an access token.
const TYPE: &str = "at+jwt";

/// How far another process's clock may be ahead of this one's.
const SKEW_SECONDS: u64 = 5;

/// Whom tokens are from and for, and how long they are good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtSettings {
    /// `iss`: the URL below which the key set is.
    pub issuer: String,
    /// `aud`: the resource servers that are meant.
    pub audience: String,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
}

/// Makes, checks and publishes.
#[derive(Clone)]
pub struct Jwt {
    keys: Arc<dyn KeySource>,
    randomness: Arc<dyn Randomness>,
    settings: JwtSettings,
}

impl Jwt {
    /// With these keys and settings.
    #[must_use]
    pub fn new(keys: Arc<dyn KeySource>, randomness: Arc<dyn Randomness>, settings: JwtSettings) -> Self {
        Self { keys, randomness, settings }
    }

    fn sign(&self, key: &SigningKey, claims: &Claims) -> Result<Zeroizing<String>, IssueError> {
        let header = json!({ "alg": key.public().algorithm.as_str(), "kid": key.public().id, "typ": TYPE });
        let written = Written {
            iss: &self.settings.issuer,
            sub: claims.subject.as_str(),
            aud: &self.settings.audience,
            exp: claims.expires.as_secs(),
            iat: claims.issued_at.as_secs(),
            nbf: claims.issued_at.as_secs(),
            jti: URL_SAFE_NO_PAD.encode(claims.id.0),
            amr: methods(claims.channel),
        };
        let claims = serde_json::to_string(&written).map_err(|_| IssueError::Signing)?;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let signature = key.sign(message.as_bytes()).map_err(|_| IssueError::Signing)?;
        Ok(Zeroizing::new(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    /// The keys among which the token's key id is, read again once if it is not known.
    async fn ring_with(&self, id: &str) -> Arc<KeyRing> {
        let ring = self.keys.ring();
        match ring.signing().and_then(|keys| keys.named(id)) {
            Some(_) => ring,
            None => self.keys.refresh().await,
        }
    }

    /// The claims of a token that this key signed for this issuer and audience. The time is checked after that.
    fn open(&self, token: &str, key: &PublicKey) -> Result<Read, InvalidAccessToken> {
        let mut validation = Validation::new(library_name(key.algorithm));
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library would ask the machine for the time. Its types still hold: `exp` that is no whole number is an error.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        decode::<Read>(token, &decoding_key(key), &validation).map(|data| data.claims).map_err(|_| InvalidAccessToken::Foreign)
    }
}

#[async_trait]
impl TokenIssuer for Jwt {
    async fn issue(&self, user: &UserId, channel: Channel, now: Timestamp) -> Result<AccessToken, IssueError> {
        let ring = self.keys.recent().await;
        let key = ring.signing().and_then(|keys| keys.current()).ok_or(IssueError::NoKey)?;
        let claims = Claims {
            subject: user.clone(),
            issued_at: now,
            expires: now.plus(self.settings.lifetime),
            id: TokenId(random(self.randomness.as_ref())?),
            channel,
        };
        Ok(AccessToken::new(self.sign(key, &claims)?, self.settings.lifetime))
    }
}

#[async_trait]
impl TokenChecker for Jwt {
    async fn check(&self, token: &str, now: Timestamp) -> Result<UserId, InvalidAccessToken> {
        let header = decode_header(token).map_err(|_| InvalidAccessToken::Foreign)?;
        let id = header.kid.filter(|_| header.typ.as_deref() == Some(TYPE)).ok_or(InvalidAccessToken::Foreign)?;
        let ring = self.ring_with(&id).await;
        let key = ring.signing().and_then(|keys| keys.named(&id)).ok_or(InvalidAccessToken::Foreign)?;
        let claims = self.open(token, key.public())?;
        let good = claims.exp > now.as_secs() && claims.nbf <= now.as_secs() + SKEW_SECONDS;
        if good { Ok(UserId::from_stored(claims.sub)) } else { Err(InvalidAccessToken::Expired) }
    }
}

#[async_trait]
impl PublishedKeys for Jwt {
    async fn key_set(&self) -> Document {
        // A process that was started before a rotation must not hide the next key: so this reads them again, which the
        // source bounds to once a minute.
        let ring = self.keys.refresh().await;
        let keys: Vec<Value> = ring.signing().map(|keys| keys.published().map(web_key).collect()).unwrap_or_default();
        document(&json!({ "keys": keys }))
    }

    async fn discovery(&self) -> Document {
        let ring = self.keys.refresh().await;
        let mut algorithms: Vec<&str> =
            ring.signing().map(|keys| keys.published().map(|key| key.algorithm.as_str()).collect()).unwrap_or_default();
        algorithms.sort_unstable();
        algorithms.dedup();
        let issuer = &self.settings.issuer;
        document(&json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}{KEY_SET_PATH}"),
            "id_token_signing_alg_values_supported": algorithms,
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
        }))
    }
}

/// The claims as they are written.
#[derive(Serialize)]
struct Written<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: u64,
    iat: u64,
    nbf: u64,
    jti: String,
    amr: &'a [&'a str],
}

/// The claims as they must be to be read: of these very types, and all of them there.
#[derive(Deserialize)]
struct Read {
    sub: String,
    exp: u64,
    nbf: u64,
    #[serde(rename = "iat")]
    _iat: u64,
    #[serde(rename = "iss")]
    _iss: String,
    #[serde(rename = "aud")]
    _aud: String,
}

fn web_key(key: &PublicKey) -> Value {
    let mut members: Map<String, Value> =
        key.members.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    members.insert("alg".to_owned(), key.algorithm.as_str().into());
    members.insert("kid".to_owned(), key.id.as_str().into());
    members.insert("use".to_owned(), "sig".into());
    Value::Object(members)
}

fn document(value: &Value) -> Document {
    let body = value.to_string();
    let tag = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, body.as_bytes()));
    Document { body, etag: format!("\"{tag}\"") }
}

fn decoding_key(key: &PublicKey) -> DecodingKey {
    match key.algorithm {
        Algorithm::Rs256 => DecodingKey::from_rsa_der(&key.bytes),
        Algorithm::Es256 => DecodingKey::from_ec_der(&key.bytes),
        Algorithm::EdDsa => DecodingKey::from_ed_der(&key.bytes),
    }
}

const fn library_name(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}
