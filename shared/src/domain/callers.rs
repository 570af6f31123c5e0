//! Callers that may name the address of the client they speak for: the operator's CloudFront, and back ends with a key.
//!
//! Everybody else's headers say nothing of where a request comes from: the gateway's own source address counts.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

/// Fewest characters of a shared secret: 128 bits in hexadecimal.
pub const LEAST_SECRET: usize = 32;

/// The callers that are trusted with an address.
#[derive(Default)]
pub struct TrustedCallers {
    cloudfront: Option<SharedSecret>,
    backends: Vec<SharedSecret>,
}

/// A secret that a trusted caller sends along. Does not print.
pub struct SharedSecret(Zeroizing<String>);

/// A shared secret is too short to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must have at least {LEAST_SECRET} characters")]
pub struct TooShort;

impl SharedSecret {
    /// From its text.
    ///
    /// # Errors
    /// [`TooShort`].
    pub fn new(text: Zeroizing<String>) -> Result<Self, TooShort> {
        if text.len() < LEAST_SECRET { Err(TooShort) } else { Ok(Self(text)) }
    }

    /// Is this it? Takes as long for every wrong one of its length.
    fn is(&self, given: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), given).is_ok()
    }
}

impl TrustedCallers {
    /// A distribution of CloudFront that sends `cloudfront` along, and back ends that send their keys.
    #[must_use]
    pub const fn new(cloudfront: Option<SharedSecret>, backends: Vec<SharedSecret>) -> Self {
        Self { cloudfront, backends }
    }

    /// Does this header value prove that the request came through the operator's CloudFront?
    #[must_use]
    pub fn is_cloudfront(&self, given: &[u8]) -> bool {
        self.cloudfront.as_ref().is_some_and(|secret| secret.is(given))
    }

    /// Is this the key of one of the operator's back ends?
    #[must_use]
    pub fn is_backend(&self, given: &[u8]) -> bool {
        self.backends.iter().any(|secret| secret.is(given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SharedSecret {
        SharedSecret::new(Zeroizing::new(text.repeat(32))).unwrap()
    }

    #[test]
    fn each_caller_is_known_by_its_own_secret() {
        let callers = TrustedCallers::new(Some(secret("c")), vec![secret("a"), secret("b")]);
        let given = |text: &str| text.repeat(32).into_bytes();
        assert!(callers.is_cloudfront(&given("c")) && !callers.is_cloudfront(&given("a")));
        assert!(callers.is_backend(&given("b")) && !callers.is_backend(&given("c")));
        assert!(!TrustedCallers::default().is_cloudfront(b"") && !TrustedCallers::default().is_backend(b""));
        assert_eq!(SharedSecret::new(Zeroizing::new("short".to_owned())).err(), Some(TooShort));
    }
}
