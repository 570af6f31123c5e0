//! Errors on the wire: RFC 9457 `application/problem+json`. The only table from outcome to status and sentence.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};

use super::headers;
use crate::domain::time::secs_rounded_up;
use crate::messages::{Catalogs, Key, Locale};

/// What went wrong, as clients may rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemCode {
    /// Not JSON, a missing or mistyped field, an unknown purpose.
    InvalidRequest,
    /// Not a phone number or an email address.
    InvalidIdentifier,
    /// The code is wrong.
    InvalidCode,
    /// No code is waiting.
    ChallengeExpired,
    /// No guesses are left.
    AttemptsExhausted,
    /// A `challenge_id` is required.
    ChallengeRequired,
    /// The refresh token was not made here.
    InvalidRefreshToken,
    /// The refresh token was used before; its session has ended by that.
    RefreshTokenReused,
    /// The session has ended, or there is none.
    SessionEnded,
    /// The request carries a cookie and does not come from a page that may call.
    OriginNotAllowed,
    /// The access token is not good.
    InvalidToken,
    /// The destination is not served.
    DestinationNotAllowed,
    /// The identifier belongs to another user.
    IdentifierTaken,
    /// The user has another identifier of this kind.
    IdentifierAlreadySet,
    /// No such route.
    NotFound,
    /// Not the method of the path.
    MethodNotAllowed,
    /// Over 8 KiB.
    PayloadTooLarge,
    /// Not JSON by its content type.
    UnsupportedMediaType,
    /// The Idempotency-Key was used for another request.
    IdempotencyKeyReused,
    /// A cooldown or window.
    RateLimited,
    /// Every provider definitely refused.
    DeliveryFailed,
    /// The store or a provider is down or throttling.
    Unavailable,
    /// Ours.
    Internal,
}

impl ProblemCode {
    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    /// Status, code, title, sentence.
    const fn row(self) -> (StatusCode, &'static str, &'static str, Key) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (S::BAD_REQUEST, "invalid_request", "Invalid request", Key::InvalidRequest),
            Self::InvalidIdentifier => (S::BAD_REQUEST, "invalid_identifier", "Invalid identifier", Key::InvalidIdentifier),
            Self::InvalidCode => (S::BAD_REQUEST, "invalid_code", "Invalid code", Key::InvalidCode),
            Self::ChallengeExpired => (S::BAD_REQUEST, "challenge_expired", "No code is waiting", Key::ChallengeExpired),
            Self::AttemptsExhausted => (S::BAD_REQUEST, "attempts_exhausted", "No attempts left", Key::AttemptsExhausted),
            Self::ChallengeRequired => (S::BAD_REQUEST, "challenge_required", "Challenge required", Key::ChallengeRequired),
            Self::InvalidRefreshToken => {
                (S::BAD_REQUEST, "invalid_refresh_token", "Invalid refresh token", Key::InvalidRefreshToken)
            }
            Self::RefreshTokenReused => (S::BAD_REQUEST, "refresh_token_reused", "Refresh token reused", Key::RefreshTokenReused),
            Self::SessionEnded => (S::BAD_REQUEST, "session_ended", "Session ended", Key::SessionEnded),
            Self::OriginNotAllowed => (S::FORBIDDEN, "origin_not_allowed", "Origin not allowed", Key::OriginNotAllowed),
            Self::InvalidToken => (S::BAD_REQUEST, "invalid_token", "Invalid token", Key::InvalidToken),
            Self::IdentifierTaken => (S::CONFLICT, "identifier_taken", "Identifier taken", Key::IdentifierTaken),
            Self::IdentifierAlreadySet => {
                (S::CONFLICT, "identifier_already_set", "Identifier already set", Key::IdentifierAlreadySet)
            }
            Self::DestinationNotAllowed => {
                (S::FORBIDDEN, "destination_not_allowed", "Destination not allowed", Key::DestinationNotAllowed)
            }
            Self::NotFound => (S::NOT_FOUND, "not_found", "Not found", Key::NotFound),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", Key::MethodNotAllowed),
            Self::PayloadTooLarge => (S::PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large", Key::PayloadTooLarge),
            Self::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type", Key::UnsupportedMediaType)
            }
            Self::IdempotencyKeyReused => {
                (S::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused", Key::IdempotencyKeyReused)
            }
            Self::RateLimited => (S::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", Key::RateLimited),
            Self::DeliveryFailed => (S::BAD_GATEWAY, "delivery_failed", "Delivery failed", Key::DeliveryFailed),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Unavailable", Key::Unavailable),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error", Key::Internal),
        }
    }
}

/// A field of the request, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub field: &'static str,
    /// The sentence.
    pub message: Key,
}

/// An error reply. Its sentences are ours alone: nothing internal and nothing of the request is in them.
#[derive(Clone, Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: Key,
    /// The header that the sentence names.
    header: &'static str,
    errors: Vec<FieldError>,
    attempts_remaining: Option<u32>,
    retry_after: Option<Duration>,
    allowed: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// With the sentence of the table.
    #[must_use]
    pub const fn new(code: ProblemCode) -> Self {
        let (_, _, _, detail) = code.row();
        Self {
            code,
            detail,
            header: "",
            errors: Vec::new(),
            attempts_remaining: None,
            retry_after: None,
            allowed: "POST",
            headers: Vec::new(),
        }
    }

    /// `invalid_request` with a sentence about the whole request.
    #[must_use]
    pub const fn invalid_request(detail: Key) -> Self {
        Self::new(ProblemCode::InvalidRequest).because(detail)
    }

    /// `invalid_request` with a sentence that names a header.
    #[must_use]
    pub const fn invalid_header(detail: Key, header: &'static str) -> Self {
        let mut problem = Self::invalid_request(detail);
        problem.header = header;
        problem
    }

    /// `invalid_request` that names each field.
    #[must_use]
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(ProblemCode::InvalidRequest) }
    }

    /// `method_not_allowed` on a path that has this one method.
    #[must_use]
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        Self { allowed, ..Self::new(ProblemCode::MethodNotAllowed) }
    }

    /// With another sentence.
    #[must_use]
    pub const fn because(mut self, detail: Key) -> Self {
        self.detail = detail;
        self
    }

    /// With the guesses that are left.
    #[must_use]
    pub const fn with_attempts(mut self, left: u32) -> Self {
        self.attempts_remaining = Some(left);
        self
    }

    /// With the time after which the request will work, at least a second.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait.max(Duration::from_secs(1)));
        self
    }

    /// With a header.
    #[must_use]
    pub fn with_headers(mut self, headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// As the reply to the request with this id, in this language. Titles and codes are the same in each.
    #[must_use]
    pub fn into_response(self, id: &str, catalogs: &Catalogs, locale: Locale) -> Response<String> {
        let (status, code, title, _) = self.code.row();
        let detail = self.detail(catalogs, locale);
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
        put("type", json!(format!("urn:otp-auth:problem:{code}")));
        put("title", json!(title));
        put("status", json!(status.as_u16()));
        put("detail", json!(detail));
        put("instance", json!(id));
        put("code", json!(code));
        put("error", json!(detail));
        if let Some(left) = self.attempts_remaining {
            put("attempts_remaining", json!(left));
        }
        if let Some(wait) = self.retry_after {
            put("retry_after_seconds", json!(secs_rounded_up(wait)));
        }
        if !self.errors.is_empty() {
            let say = |key| catalogs.sentence(locale, key, &[]);
            let errors = self.errors.iter().map(|error| json!({ "field": error.field, "message": say(error.message) }));
            put("errors", errors.collect());
        }
        let mut response = Response::new(Value::Object(body).to_string());
        *response.status_mut() = status;
        self.add_headers(response.headers_mut(), locale);
        headers::add_to_every_reply(&mut response, id);
        response
    }

    fn detail(&self, catalogs: &Catalogs, locale: Locale) -> String {
        if self.errors.is_empty() {
            return catalogs.sentence(locale, self.detail, &[("header", self.header), ("method", self.allowed)]);
        }
        let named = self.errors.iter().map(|error| format!("{}: {}", error.field, catalogs.sentence(locale, error.message, &[])));
        named.collect::<Vec<_>>().join(" ")
    }

    fn add_headers(self, headers: &mut HeaderMap, locale: Locale) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag()));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language"));
        if self.code == ProblemCode::MethodNotAllowed {
            let allowed = if self.allowed == "GET" { "GET, OPTIONS" } else { "POST, OPTIONS" };
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, headers::number(secs_rounded_up(wait)));
        }
        headers.extend(self.headers);
    }
}
