//! The keys, from one JSON secret in AWS Secrets Manager:
//!
//! ```json
//! { "identifiers": "k1", "codes": "k2", "k1": "64 random characters", "k2": "…", "k3": "…",
//!   "signing": "s2", "s1": "PKCS#8 in base64", "s2": "…", "s3": "…" }
//! ```
//!
//! `identifiers` names the key that names identifiers, for good; `codes` the key that makes new codes; `signing` the key that
//! signs access tokens, where there are any. Keys with lower numbers are there for what is under way, the one with the next
//! number so that every process knows it before it is used. `rotation.rs` moves them on.
//!
//! Two more kinds of field are optional, each a shared secret of 32 characters or more: `cloudfront`, which the operator's
//! distribution sends as `X-Origin-Verify`, and `backend:NAME`, which a back end sends as `X-Api-Key`. Who sends one of them may
//! name the address of the client it speaks for. What message providers know us by stands here, too, under the names of
//! `provider_secrets::field`, such as `twilio:auth_token`.
#![cfg(feature = "aws")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use zeroize::Zeroizing;

use crate::domain::callers::{SharedSecret, TooShort, TrustedCallers};
use crate::domain::keys::{InvalidKeys, KeyId, KeyRing};
use crate::domain::provider_secrets::ProviderSecrets;
use crate::domain::signing::{NotASigningKey, SigningKey, SigningKeys};
use crate::domain::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::keys::KeySource;

/// Least time between two further reads of the secret:
const REREAD: Duration = Duration::from_secs(60);

/// A request waits no longer for that.
const REREAD_PATIENCE: Duration = Duration::from_secs(1);

/// Keys older than this are read again before they make anything new: so it is known when the last process lets go of an
/// old key.
pub const OLDEST: Duration = Duration::from_secs(60 * 60);

/// What a process needs of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The keys of codes.
    Codes,
    /// These, and a key to sign access tokens with.
    CodesAndSigning,
}

/// The keys of the process, as last read from the vault.
pub struct VaultKeys {
    client: Client,
    secret: String,
    clock: Arc<dyn Clock>,
    needs: Needs,
    ring: RwLock<Arc<KeyRing>>,
    last_read: Mutex<Timestamp>,
    last_reread: Mutex<Option<Timestamp>>,
}

/// Why the secret gave no keys. Carries nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager did not give it.
    #[error("the secret could not be read: {0}")]
    Unreadable(String),
    /// It is not a JSON object of strings.
    #[error("the secret is not a JSON object of strings")]
    NotJson,
    /// A field that names a key is missing, or does not name one.
    #[error("the secret's field {0} must name a key that is there, such as k1")]
    Name(&'static str),
    /// A trusted caller's secret is too short.
    #[error("the secret's fields cloudfront and backend:… must have at least 32 characters")]
    Caller,
    /// The keys themselves.
    #[error("the secret is not complete: {0}")]
    Keys(#[from] InvalidKeys),
    /// A signing key cannot be read.
    #[error("the secret's key s{0} cannot be used: {1}")]
    Signing(u32, NotASigningKey),
    /// Tokens are wanted, and there is no key to sign them with.
    #[error("TOKEN_ISSUER is set, but the secret has no key to sign tokens with: make one with `otpctl keys rotate signing`")]
    NoSigning,
}

impl VaultKeys {
    /// Reads the secret.
    ///
    /// # Errors
    /// [`SecretError`]; the process must not start without keys.
    pub async fn read(client: Client, secret: String, clock: Arc<dyn Clock>, needs: Needs) -> Result<Self, SecretError> {
        let ring = RwLock::new(Arc::new(fetch(&client, &secret, needs).await?));
        let last_read = Mutex::new(clock.now());
        Ok(Self { client, secret, clock, needs, ring, last_read, last_reread: Mutex::new(None) })
    }

    /// May the secret be read again now? Says yes once in [`REREAD`].
    fn may_reread(&self) -> bool {
        let now = self.clock.now();
        let mut last = self.last_reread.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| now >= last.plus(REREAD));
        if due {
            *last = Some(now);
        }
        due
    }

    fn is_old(&self) -> bool {
        let last = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        self.clock.now() >= last.plus(OLDEST)
    }

    async fn reread(&self) {
        let fetched = tokio::time::timeout(REREAD_PATIENCE, fetch(&self.client, &self.secret, self.needs)).await;
        match fetched.unwrap_or_else(|_| Err(SecretError::Unreadable("timeout".to_owned()))) {
            Ok(ring) => {
                tell_of_a_rotation(&self.ring(), &ring);
                *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
                *self.last_read.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.now();
            }
            Err(error) => tracing::error!(%error, "the keys could not be read again; going on with those at hand"),
        }
    }
}

#[async_trait]
impl KeySource for VaultKeys {
    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn refresh(&self) -> Arc<KeyRing> {
        if self.may_reread() {
            self.reread().await;
        }
        self.ring()
    }

    async fn recent(&self) -> Arc<KeyRing> {
        if self.is_old() { self.refresh().await } else { self.ring() }
    }
}

/// The keys that make new codes and tokens, by name, where the ring that was read again has others.
fn tell_of_a_rotation(known: &KeyRing, read: &KeyRing) {
    let codes = |ring: &KeyRing| ring.current().map(|(KeyId(id), _)| format!("k{id}")).unwrap_or_default();
    let signing = |ring: &KeyRing| ring.signing().and_then(|keys| Some(keys.current()?.public().id.clone()));
    if (codes(known), signing(known)) != (codes(read), signing(read)) {
        tracing::info!(event = "keys.changed", codes = codes(read), signing = signing(read), "the keys have changed");
    }
}

async fn fetch(client: &Client, secret: &str, needs: Needs) -> Result<KeyRing, SecretError> {
    let output =
        client.get_secret_value().secret_id(secret).send().await.map_err(|error| SecretError::Unreadable(code(&error)))?;
    let text = Zeroizing::new(output.secret_string.unwrap_or_default());
    match needs {
        Needs::Codes => parse_codes(&fields(&text)?),
        Needs::CodesAndSigning => {
            let ring = parse(&text)?;
            if ring.signing().is_some() { Ok(ring) } else { Err(SecretError::NoSigning) }
        }
    }
}

/// The fields of the secret, wiped when they go.
pub(super) type Fields = BTreeMap<String, Zeroizing<String>>;

pub(super) fn fields(text: &str) -> Result<Fields, SecretError> {
    let fields = serde_json::from_str::<BTreeMap<String, String>>(text).map_err(|_| SecretError::NotJson)?;
    Ok(fields.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect())
}

/// The key ring that the secret's text describes.
///
/// # Errors
/// [`SecretError`].
pub fn parse(text: &str) -> Result<KeyRing, SecretError> {
    let fields = fields(text)?;
    let ring = parse_codes(&fields)?;
    Ok(match signing(&fields)? {
        Some(keys) => ring.with_signing(keys),
        None => ring,
    })
}

fn parse_codes(fields: &Fields) -> Result<KeyRing, SecretError> {
    let named = |field: &'static str| fields.get(field).and_then(|name| key_id(name)).ok_or(SecretError::Name(field));
    let keys = fields.iter().filter_map(|(name, value)| Some((key_id(name)?, value.as_bytes().to_vec()))).collect();
    let providers = ProviderSecrets::from_fields(|name| fields.get(name).cloned());
    let ring = KeyRing::new(&keys, named("identifiers")?, named("codes")?)?;
    Ok(ring.with_callers(callers(fields)?).with_provider_secrets(providers))
}

fn callers(fields: &BTreeMap<String, Zeroizing<String>>) -> Result<TrustedCallers, SecretError> {
    let shared = |text: &Zeroizing<String>| SharedSecret::new(text.clone()).map_err(|TooShort| SecretError::Caller);
    let cloudfront = fields.get("cloudfront").map(shared).transpose()?;
    let backends = fields.iter().filter(|(name, _)| name.starts_with("backend:")).map(|(_, text)| shared(text));
    Ok(TrustedCallers::new(cloudfront, backends.collect::<Result<_, _>>()?))
}

/// The signing keys, all of them parsed here: RSA takes a while, and a request should not.
fn signing(fields: &Fields) -> Result<Option<SigningKeys>, SecretError> {
    let Some(current) = fields.get("signing") else { return Ok(None) };
    let current = number(current, 's').ok_or(SecretError::Name("signing"))?;
    let numbered = fields.iter().filter_map(|(name, value)| Some((number(name, 's')?, value)));
    let keys = numbered
        .map(|(number, text)| Ok((number, SigningKey::parse(text).map_err(|e| SecretError::Signing(number, e))?)))
        .collect::<Result<_, SecretError>>()?;
    SigningKeys::new(keys, current).map(Some).ok_or(SecretError::Name("signing"))
}

/// `7` of `k7` or `s7`.
pub(super) fn number(name: &str, prefix: char) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}

fn key_id(name: &str) -> Option<KeyId> {
    name.strip_prefix('k')?.parse().ok().map(KeyId)
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("no error code").to_owned(),
        SdkError::TimeoutError(_) => "timeout".to_owned(),
        SdkError::DispatchFailure(_) => "no connection".to_owned(),
        _ => "unreadable response".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_not_whole_says_what_is_missing() {
        let fault = |text: &str| parse(text).map(|_| ()).unwrap_err().to_string();
        let key = "x".repeat(64);
        assert!(parse(&format!(r#"{{"identifiers":"k1","codes":"k2","k1":"{key}","k2":"{key}"}}"#)).is_ok());
        assert!(parse(&format!(r#"{{"identifiers":"k1","codes":"k1","k1":"{key}","cloudfront":"{key}"}}"#)).is_ok());
        assert_eq!(
            fault(&format!(r#"{{"identifiers":"k1","codes":"k1","k1":"{key}","backend:shop":"short"}}"#)),
            "the secret's fields cloudfront and backend:… must have at least 32 characters"
        );
        assert_eq!(fault("not json"), "the secret is not a JSON object of strings");
        assert_eq!(
            fault(&format!(r#"{{"codes":"k1","k1":"{key}"}}"#)),
            "the secret's field identifiers must name a key that is there, such as k1"
        );
        assert_eq!(
            fault(r#"{"identifiers":"k1","codes":"k1","k1":"short"}"#),
            "the secret is not complete: key k1 is shorter than 32 characters"
        );
        assert_eq!(
            fault(&format!(r#"{{"identifiers":"k1","codes":"k2","k1":"{key}"}}"#)),
            "the secret is not complete: key k2 is named but not given"
        );
        let with = |more: &str| fault(&format!(r#"{{"identifiers":"k1","codes":"k1","k1":"{key}",{more}}}"#));
        assert_eq!(with(r#""signing":"s1""#), "the secret's field signing must name a key that is there, such as k1");
        assert!(with(r#""signing":"s1","s1":"bm90IGEga2V5""#).starts_with("the secret's key s1 cannot be used: it must be"));
    }
}
