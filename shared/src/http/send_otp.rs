//! `POST /api/auth/otp/send`.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::json;

use super::Answer;
use super::body::Fields;
use super::headers::{self, Quota};
use super::problem::{Problem, ProblemCode};
use super::record::Record;
use crate::app::guard::Refused;
use crate::app::send_otp::{SendError, SendOtp, SendRequest, Sent};
use crate::domain::address::SourceAddress;
use crate::domain::policy::Policy;
use crate::domain::time::{Timestamp, secs_rounded_up};
use crate::messages::{Key, Locale};
use crate::ports::store::StoreError;

/// After this long, a store or provider that was down may be up again.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(5);

/// An operator stops something for longer than a moment.
const STOPPED: Duration = Duration::from_secs(5 * 60);

pub(super) async fn answer(
    send: &SendOtp,
    default: Locale,
    from: (SourceAddress, Option<Timestamp>),
    headers: &HeaderMap,
    body: &Bytes,
    record: Record,
) -> Answer {
    let (source, deadline) = from;
    let mut fields = match Fields::parse(body) {
        Ok(fields) => fields,
        Err(problem) => return Answer::problem(problem, record),
    };
    let locale = Locale::negotiate(fields.locale().as_deref(), headers::accept_language(headers), default);
    let request = match read(fields, locale, source, headers) {
        Ok(request) => SendRequest { deadline, ..request },
        Err(problem) => return Answer::problem(problem, record).in_language(locale),
    };
    let record = record.about(&send.keys.ring(), &request.recipient, request.purpose);
    match send.execute(&request).await {
        Ok(sent) => reply(&request, &sent, &send.policy, record),
        Err(error) => Answer::problem(problem(&error, &send.policy), record.not_sent(&error)),
    }
    .in_language(locale)
}

fn read(mut fields: Fields, locale: Locale, source: SourceAddress, headers: &HeaderMap) -> Result<SendRequest, Problem> {
    let (recipient, purpose) = fields.recipient();
    let challenge_id = fields.challenge_id();
    let idempotency_key = headers::idempotency_key(headers).unwrap_or_else(|message| {
        fields.fault("Idempotency-Key", message);
        None
    });
    let access_token = headers::bearer(headers);
    if access_token.is_some() {
        fields.check_link(recipient.as_ref(), purpose);
    }
    let recipient = fields.finish(recipient)?;
    Ok(SendRequest { recipient, purpose, locale, challenge_id, idempotency_key, access_token, source, deadline: None })
}

fn reply(request: &SendRequest, sent: &Sent, policy: &Policy, record: Record) -> Answer {
    let body = json!({
        "message": format!("Verification code sent to {}", request.recipient.masked()),
        "type": request.recipient.channel().as_str(),
        "purpose": request.purpose.as_str(),
        "challenge_id": sent.challenge_id,
        "code_length": sent.code_length,
        "expires_in_minutes": secs_rounded_up(sent.remaining).div_ceil(60),
        "expires_at": sent.expires.to_rfc3339(),
        "remaining_attempts": sent.sends_left,
        "resend_cooldown_seconds": sent.cooldown.as_secs(),
    });
    let limits = headers::rate_limit(&identifier_quotas(policy), sent.sends_left, sent.hour_resets_in);
    Answer::json(&body, limits, record.sent(sent))
}

fn problem(error: &SendError, policy: &Policy) -> Problem {
    match error {
        SendError::Guard(refused) => guarded(refused),
        SendError::ChannelOff => Problem::new(ProblemCode::DestinationNotAllowed),
        SendError::ForgedChallenge(_) | SendError::ReplayExpired => Problem::new(ProblemCode::ChallengeExpired),
        SendError::InvalidToken(_) => Problem::new(ProblemCode::InvalidToken),
        SendError::IdempotencyKeyReused => Problem::new(ProblemCode::IdempotencyKeyReused),
        SendError::AddressLimited(wait) => limited(*wait, &address_quotas(policy)),
        SendError::RateLimited(wait) => limited(*wait, &identifier_quotas(policy)),
        SendError::DeliveryFailed { .. } | SendError::AlreadyFailed => Problem::new(ProblemCode::DeliveryFailed),
        // The send was counted before the provider was asked: sooner than the cooldown, trying again is refused.
        SendError::ProviderUnavailable { .. } => {
            Problem::new(ProblemCode::Unavailable).retry_after(TRY_AGAIN.max(policy.sends.cooldown))
        }
        SendError::Store(error) => store_problem(error),
        SendError::Randomness(_) | SendError::NoKeys => Problem::new(ProblemCode::Internal),
    }
}

fn guarded(refused: &Refused) -> Problem {
    match refused {
        Refused::Destination(_) => Problem::new(ProblemCode::DestinationNotAllowed),
        Refused::Full(reason, wait) if reason.is_watched() => Problem::new(ProblemCode::RateLimited).retry_after(*wait),
        // Nobody's fault but the budget's: the service cannot.
        Refused::Full(_, wait) => Problem::new(ProblemCode::Unavailable).retry_after(*wait),
        Refused::Stopped => Problem::new(ProblemCode::Unavailable).because(Key::SendingStopped).retry_after(STOPPED),
        Refused::Store(error) => store_problem(error),
    }
}

fn store_problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Unavailable(_) => Problem::new(ProblemCode::Unavailable).retry_after(TRY_AGAIN),
        StoreError::Broken(_) => Problem::new(ProblemCode::Internal),
    }
}

fn limited(wait: Duration, quotas: &[Quota]) -> Problem {
    Problem::new(ProblemCode::RateLimited).retry_after(wait).with_headers(headers::rate_limit(quotas, 0, wait))
}

fn identifier_quotas(policy: &Policy) -> [Quota; 3] {
    let quota = |name, limit, secs| Quota { name, limit, window: Duration::from_secs(secs) };
    [
        quota("hour", policy.sends.per_hour, 3600),
        quota("day", policy.sends.per_day, 86_400),
        quota("cooldown", 1, policy.sends.cooldown.as_secs()),
    ]
}

fn address_quotas(policy: &Policy) -> [Quota; 2] {
    let quota = |name, limit, secs| Quota { name, limit, window: Duration::from_secs(secs) };
    [quota("address-minute", policy.address_per_minute, 60), quota("address-hour", policy.address_per_hour, 3600)]
}
