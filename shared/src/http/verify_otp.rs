//! `POST /api/auth/otp/verify`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::Answer;
use super::body::Fields;
use super::grant;
use super::headers;
use super::problem::{Problem, ProblemCode};
use super::record::Record;
use crate::app::grant::GrantError;
use crate::app::verify_otp::{Verified, VerifyError, VerifyOtp, VerifyRequest};
use crate::domain::address::SourceAddress;
use crate::domain::code::Guess;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::session::Transport;
use crate::domain::user::{DisplayName, User};
use crate::messages::{Key, Locale};
use crate::ports::store::StoreError;

/// After this long, a store that was down may be up again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

pub(super) async fn answer(
    verify: &VerifyOtp,
    transport: Transport,
    default: Locale,
    source: SourceAddress,
    headers: &HeaderMap,
    body: &Bytes,
    record: Record,
) -> Answer {
    let mut fields = match Fields::parse(body) {
        Ok(fields) => fields,
        Err(problem) => return Answer::problem(problem, record),
    };
    let locale = Locale::negotiate(fields.locale().as_deref(), headers::accept_language(headers), default);
    let request = match read(fields, source, headers) {
        Ok(request) => request,
        Err(problem) => return Answer::problem(problem, record).in_language(locale),
    };
    let record = record.about(&verify.keys.ring(), &request.recipient, request.purpose);
    match verify.execute(&request).await {
        Ok(verified) => {
            let (body, headers) = reply(&request.recipient, &verified, transport);
            Answer::json(&Value::Object(body), headers, record.verified(&verified))
        }
        Err(error) => {
            let record = if matches!(error, VerifyError::Withheld { .. }) { record.withheld() } else { record };
            Answer::problem(problem(&error), record.because(&error)).in_language(locale)
        }
    }
}

fn read(mut fields: Fields, source: SourceAddress, headers: &HeaderMap) -> Result<VerifyRequest, Problem> {
    let (recipient, purpose) = fields.recipient();
    let typed = fields.otp_code().map(Zeroizing::new);
    let challenge_id = fields.challenge_id();
    let guess = typed.as_ref().and_then(|typed| Guess::parse(typed));
    if typed.is_some() && guess.is_none() {
        fields.fault("otp_code", Key::FieldCode);
    }
    let access_token = headers::bearer(headers);
    if access_token.is_some() {
        fields.check_link(recipient.as_ref(), purpose);
    }
    let recipient = fields.finish(recipient)?;
    let guess = guess.ok_or(Problem::new(ProblemCode::InvalidRequest))?;
    Ok(VerifyRequest { recipient, purpose, guess, challenge_id, access_token, source })
}

fn reply(
    recipient: &Recipient,
    verified: &Verified,
    transport: Transport,
) -> (Map<String, Value>, Vec<(HeaderName, HeaderValue)>) {
    let factor = match recipient.channel() {
        Channel::Sms => "phone",
        Channel::Email => "email",
    };
    let mut body = Map::new();
    body.insert("message".to_owned(), json!(format!("Successfully verified {factor} OTP")));
    body.insert("verified_identifier".to_owned(), json!(recipient.masked()));
    body.insert("user".to_owned(), shown(&verified.user));
    let headers = verified.grant.as_ref().map(|grant| grant::put(&mut body, grant, transport));
    (body, headers.unwrap_or_default())
}

fn shown(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "name": user.name.as_ref().map(DisplayName::as_str),
        "email": user.email.as_ref().map(|email| email.recipient.canonical()),
        "phone_number": user.phone.as_ref().map(|phone| phone.recipient.canonical()),
        "email_verified": user.email.as_ref().is_some_and(|email| email.verified),
        "phone_verified": user.phone.as_ref().is_some_and(|phone| phone.verified),
        "created_at": user.created_at.to_rfc3339(),
        "is_authenticated": true,
    })
}

fn problem(error: &VerifyError) -> Problem {
    match error {
        VerifyError::ChallengeRequired => Problem::new(ProblemCode::ChallengeRequired),
        VerifyError::NoChallenge => Problem::new(ProblemCode::ChallengeExpired),
        VerifyError::WrongCode { left } | VerifyError::Withheld { left, .. } => {
            Problem::new(ProblemCode::InvalidCode).with_attempts(*left)
        }
        VerifyError::InvalidToken(_) | VerifyError::CallerRefused => Problem::new(ProblemCode::InvalidToken),
        VerifyError::IdentifierTaken => Problem::new(ProblemCode::IdentifierTaken),
        VerifyError::IdentifierAlreadySet => Problem::new(ProblemCode::IdentifierAlreadySet),
        VerifyError::Exhausted => Problem::new(ProblemCode::AttemptsExhausted).with_attempts(0),
        VerifyError::Store(StoreError::Unavailable(_)) | VerifyError::Grant(GrantError::Store(StoreError::Unavailable(_))) => {
            Problem::new(ProblemCode::Unavailable).retry_after(TRY_AGAIN)
        }
        VerifyError::Store(StoreError::Broken(_)) | VerifyError::Randomness(_) | VerifyError::Grant(_) => {
            Problem::new(ProblemCode::Internal)
        }
    }
}
