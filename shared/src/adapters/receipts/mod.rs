//! Genuine receipts, told from forged ones: a file for each provider that brings any.

pub mod ses;
#[cfg(any(feature = "twilio", feature = "doubles"))]
pub mod twilio;
#[cfg(any(feature = "vonage", feature = "doubles"))]
pub mod vonage;

#[cfg(any(feature = "twilio", feature = "vonage", feature = "doubles"))]
use http::{HeaderMap, HeaderName};

/// The value of a header that is there once, and is text.
#[cfg(any(feature = "twilio", feature = "vonage", feature = "doubles"))]
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}
