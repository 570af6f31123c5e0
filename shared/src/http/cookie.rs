//! The cookie that carries a refresh token: to this host only (`__Host-`, RFC 6265bis 4.1.3.2), hidden from scripts, over
//! TLS only, and never with a request that another site caused.

use std::time::Duration;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use zeroize::Zeroizing;

const NAME: &str = "__Host-otp_session";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// The token of the request. None when two are there: a browser never sends that.
pub(super) fn token(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(name, value)| *name == NAME && !value.is_empty()).map(|(_, value)| value);
    let (first, second) = (found.next(), found.next());
    first.filter(|_| second.is_none()).map(|token| Zeroizing::new(token.to_owned()))
}

/// Keeps the token for as long as it is good.
pub(super) fn set(token: &str, lifetime: Duration) -> Option<HeaderValue> {
    sensitive(&format!("{NAME}={token}; Max-Age={}; {ATTRIBUTES}", lifetime.as_secs()))
}

/// Forgets it.
pub(super) fn clear() -> Option<HeaderValue> {
    sensitive(&format!("{NAME}=; Max-Age=0; {ATTRIBUTES}"))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
