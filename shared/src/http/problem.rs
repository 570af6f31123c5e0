//! Errors on the wire: RFC 9457 `application/problem+json`. The only table from outcome to status and sentence.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::headers;
use crate::domain::time::secs_rounded_up;

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
    const fn row(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        use StatusCode as S;
        match self {
            Self::InvalidRequest => (S::BAD_REQUEST, "invalid_request", "Invalid request", "The request is not valid."),
            Self::InvalidIdentifier => (
                S::BAD_REQUEST,
                "invalid_identifier",
                "Invalid identifier",
                "The identifier is not a phone number or an email address.",
            ),
            Self::InvalidCode => (S::BAD_REQUEST, "invalid_code", "Invalid code", "The code is wrong."),
            Self::ChallengeExpired => (
                S::BAD_REQUEST,
                "challenge_expired",
                "No code is waiting",
                "No code is waiting: it has expired, was used, or was never sent. Ask for a new one.",
            ),
            Self::AttemptsExhausted => (
                S::BAD_REQUEST,
                "attempts_exhausted",
                "No attempts left",
                "No attempts are left for this code. Ask for a new one.",
            ),
            Self::ChallengeRequired => (
                S::BAD_REQUEST,
                "challenge_required",
                "Challenge required",
                "The challenge_id of the reply to the send request is required.",
            ),
            Self::InvalidRefreshToken => {
                (S::BAD_REQUEST, "invalid_refresh_token", "Invalid refresh token", "This is not a refresh token of this service.")
            }
            Self::RefreshTokenReused => (
                S::BAD_REQUEST,
                "refresh_token_reused",
                "Refresh token reused",
                "This refresh token was used before, so its session was ended. Sign in again.",
            ),
            Self::SessionEnded => {
                (S::BAD_REQUEST, "session_ended", "Session ended", "There is no session, or it has ended. Sign in again.")
            }
            Self::OriginNotAllowed => (
                S::FORBIDDEN,
                "origin_not_allowed",
                "Origin not allowed",
                "Requests with a cookie must come from an allowed origin.",
            ),
            Self::InvalidToken => (
                S::BAD_REQUEST,
                "invalid_token",
                "Invalid token",
                "The access token is not valid here, or not any more. Sign in again.",
            ),
            Self::IdentifierTaken => (
                S::CONFLICT,
                "identifier_taken",
                "Identifier taken",
                "The code is right, but this identifier belongs to another user.",
            ),
            Self::IdentifierAlreadySet => (
                S::CONFLICT,
                "identifier_already_set",
                "Identifier already set",
                "The code is right, but you have another identifier of this type.",
            ),
            Self::DestinationNotAllowed => {
                (S::FORBIDDEN, "destination_not_allowed", "Destination not allowed", "Codes cannot be sent to this destination.")
            }
            Self::NotFound => (S::NOT_FOUND, "not_found", "Not found", "There is nothing at this path."),
            Self::MethodNotAllowed => {
                (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed", "Only POST is allowed here.")
            }
            Self::PayloadTooLarge => {
                (S::PAYLOAD_TOO_LARGE, "payload_too_large", "Payload too large", "The body has more than 8 KiB.")
            }
            Self::UnsupportedMediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Unsupported media type",
                "The body must be JSON, with Content-Type: application/json.",
            ),
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "Idempotency key reused",
                "This Idempotency-Key came with another request before.",
            ),
            Self::RateLimited => {
                (S::TOO_MANY_REQUESTS, "rate_limited", "Too many requests", "Too many requests. Try again later.")
            }
            Self::DeliveryFailed => (S::BAD_GATEWAY, "delivery_failed", "Delivery failed", "The message could not be delivered."),
            Self::Unavailable => {
                (S::SERVICE_UNAVAILABLE, "unavailable", "Unavailable", "The service is unavailable. Try again later.")
            }
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "Internal error", "Something went wrong on our side."),
        }
    }
}

/// A field of the request, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field.
    pub field: &'static str,
    /// A sentence for the developer.
    pub message: &'static str,
}

/// An error reply. Its sentences are ours alone: nothing internal and nothing of the request is in them.
#[derive(Clone, Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: Option<String>,
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
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            attempts_remaining: None,
            retry_after: None,
            allowed: "POST",
            headers: Vec::new(),
        }
    }

    /// `invalid_request` with a sentence about the whole body.
    #[must_use]
    pub fn invalid_body(detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..Self::new(ProblemCode::InvalidRequest) }
    }

    /// `invalid_request` that names each field.
    #[must_use]
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let named: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        Self { detail: Some(named.join(" ")), errors, ..Self::new(ProblemCode::InvalidRequest) }
    }

    /// `method_not_allowed` on a path that has this one method.
    #[must_use]
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let detail = Some(format!("Only {allowed} is allowed here."));
        Self { detail, allowed, ..Self::new(ProblemCode::MethodNotAllowed) }
    }

    /// With another sentence.
    #[must_use]
    pub fn because(mut self, detail: String) -> Self {
        self.detail = Some(detail);
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

    /// As the reply to the request with this id.
    #[must_use]
    pub fn into_response(self, id: &str) -> Response<String> {
        let (status, code, title, sentence) = self.code.row();
        let detail = self.detail.as_deref().unwrap_or(sentence);
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
            let errors = self.errors.iter().map(|error| json!({ "field": error.field, "message": error.message }));
            put("errors", errors.collect());
        }
        let mut response = Response::new(Value::Object(body).to_string());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = if self.allowed == "GET" { "GET, OPTIONS" } else { "POST, OPTIONS" };
            headers.insert(http::header::ALLOW, HeaderValue::from_static(allowed));
        }
        if let Some(wait) = self.retry_after {
            headers.insert(http::header::RETRY_AFTER, headers::number(secs_rounded_up(wait)));
        }
        headers.extend(self.headers);
        headers::add_to_every_reply(&mut response, id);
        response
    }
}
