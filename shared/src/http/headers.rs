//! Headers that requests carry and replies get.

use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use zeroize::Zeroizing;

use crate::domain::time::secs_rounded_up;
use crate::messages::Key;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Fewest characters of an Idempotency-Key: 128 bits in base64url have 22. A shorter one could be guessed, and whoever
/// guesses it is given the challenge.
const LEAST_KEY: usize = 22;

/// Is the body JSON by its content type?
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    is_of_type(headers, "application/json")
}

/// Is the body of this media type by its content type, whatever its parameters?
pub(super) fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}

/// The Idempotency-Key: none when absent, an error when it cannot be one.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Key> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if second.is_some() || !(LEAST_KEY..=255).contains(&text.len()) {
        return Err(Key::FieldIdempotencyKey);
    }
    Ok(Some(text.to_owned()))
}

/// The token of `Authorization: Bearer` (RFC 6750); none for another scheme. Two such headers, or no text after the scheme,
/// are an empty token, which is never good: whoever meant to send one hears of it.
pub(super) fn bearer(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (first, second) = (values.next()?, values.next());
    let text = first.to_str().unwrap_or_default().trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = if second.is_none() { token.trim() } else { "" };
    scheme.eq_ignore_ascii_case("bearer").then(|| Zeroizing::new(token.to_owned()))
}

/// The languages that the caller's browser asks for.
pub(super) fn accept_language(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

/// What every reply carries: it is nobody's but the caller's unless it says otherwise, it is what it says it is, and it has
/// an id.
pub(super) fn add_to_every_reply(response: &mut Response<String>, id: &str) {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

/// A quota as `RateLimit-Policy` states it (draft-ietf-httpapi-ratelimit-headers).
#[derive(Clone, Copy)]
pub(super) struct Quota {
    pub(super) name: &'static str,
    pub(super) limit: u32,
    pub(super) window: Duration,
}

/// `RateLimit` and `RateLimit-Policy`: what is left of the first quota, and when some of it comes back.
pub(super) fn rate_limit(quotas: &[Quota], left: u32, resets_in: Duration) -> Vec<(HeaderName, HeaderValue)> {
    let policy = quotas.iter().map(|q| format!("\"{}\";q={};w={}", q.name, q.limit, q.window.as_secs()));
    let name = quotas.first().map_or("", |quota| quota.name);
    let limit = format!("\"{name}\";r={left};t={}", secs_rounded_up(resets_in));
    let header = |name, value: String| HeaderValue::from_str(&value).ok().map(|value| (name, value));
    [header(RATE_LIMIT, limit), header(RATE_LIMIT_POLICY, policy.collect::<Vec<_>>().join(", "))].into_iter().flatten().collect()
}

/// A number as a header value.
pub(super) fn number(value: u64) -> HeaderValue {
    HeaderValue::from(value)
}
