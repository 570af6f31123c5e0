//! Which web pages may call (<https://fetch.spec.whatwg.org/#http-cors-protocol>): exact origins from configuration.

use std::collections::BTreeSet;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

/// The origins that may call. Any other page's browser keeps the reply from it.
#[derive(Clone, Debug, Default)]
pub struct Cors {
    origins: BTreeSet<String>,
    credentials: bool,
}

impl Cors {
    /// For these origins, each exactly as browsers send it.
    #[must_use]
    pub const fn new(origins: BTreeSet<String>) -> Self {
        Self { origins, credentials: false }
    }

    /// Lets these pages send and receive cookies too.
    #[must_use]
    pub fn with_credentials(self) -> Self {
        Self { credentials: true, ..self }
    }

    /// Does the request come from one of these pages, by its browser's word?
    pub(super) fn admits(&self, request: &HeaderMap) -> bool {
        self.allowed(request).is_some()
    }

    /// The reply to a preflight.
    pub(super) fn preflight(&self, request: &HeaderMap) -> Response<String> {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        if self.allowed(request).is_some() {
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"));
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("Content-Type, Authorization, Idempotency-Key, Accept-Language"),
            );
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        }
        response
    }

    /// Lets an allowed page read the reply and the headers it needs.
    pub(super) fn add_to_reply(&self, response: &mut Response<String>, request: &HeaderMap) {
        let headers = response.headers_mut();
        let vary = if headers.contains_key(VARY) { "Origin, Accept-Language" } else { "Origin" };
        headers.insert(VARY, HeaderValue::from_static(vary));
        if let Some(origin) = self.allowed(request) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            if self.credentials {
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            }
            headers.insert(
                ACCESS_CONTROL_EXPOSE_HEADERS,
                HeaderValue::from_static("Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"),
            );
        }
    }

    fn allowed<'a>(&self, request: &'a HeaderMap) -> Option<&'a HeaderValue> {
        request.get(ORIGIN).filter(|origin| origin.to_str().is_ok_and(|origin| self.origins.contains(origin)))
    }
}
