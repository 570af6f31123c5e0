//! `POST /api/auth/otp/verify`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::Answer;
use super::body::Fields;
use super::problem::{Problem, ProblemCode};
use super::record::Record;
use crate::app::verify_otp::{VerifyError, VerifyOtp, VerifyRequest};
use crate::domain::address::SourceAddress;
use crate::domain::code::Guess;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::user::User;
use crate::ports::store::StoreError;

/// After this long, a store that was down may be up again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

pub(super) async fn answer(verify: &VerifyOtp, source: SourceAddress, body: &Bytes, record: Record) -> Answer {
    let request = match read(source, body) {
        Ok(request) => request,
        Err(problem) => return Answer::problem(problem, record),
    };
    let record = record.about(&verify.keys.ring(), &request.recipient, request.purpose);
    match verify.execute(&request).await {
        Ok(user) => Answer::json(&reply(&request.recipient, &user), Vec::new(), record),
        Err(error) => Answer::problem(problem(&error), record.because(&error)),
    }
}

fn read(source: SourceAddress, body: &Bytes) -> Result<VerifyRequest, Problem> {
    let mut fields = Fields::parse(body)?;
    let (recipient, purpose) = fields.recipient();
    let typed = fields.otp_code().map(Zeroizing::new);
    let challenge_id = fields.challenge_id();
    let guess = typed.as_ref().and_then(|typed| Guess::parse(typed));
    if typed.is_some() && guess.is_none() {
        fields.fault("otp_code", "Must be a code as it was sent: 6 to 10 digits, or 16 letters and digits.");
    }
    let recipient = fields.finish(recipient)?;
    let guess = guess.ok_or(Problem::new(ProblemCode::InvalidRequest))?;
    Ok(VerifyRequest { recipient, purpose, guess, challenge_id, source })
}

fn reply(recipient: &Recipient, user: &User) -> Value {
    let factor = match recipient.channel() {
        Channel::Sms => "phone",
        Channel::Email => "email",
    };
    json!({
        "message": format!("Successfully verified {factor} OTP"),
        "verified_identifier": recipient.masked(),
        "user": {
            "id": user.id.as_str(),
            "email": user.email.as_ref().map(Recipient::canonical),
            "phone_number": user.phone.as_ref().map(Recipient::canonical),
            "email_verified": user.email.is_some(),
            "phone_verified": user.phone.is_some(),
            "created_at": user.created_at.to_rfc3339(),
            "is_authenticated": true,
        },
    })
}

fn problem(error: &VerifyError) -> Problem {
    match error {
        VerifyError::ChallengeRequired => Problem::new(ProblemCode::ChallengeRequired),
        VerifyError::NoChallenge => Problem::new(ProblemCode::ChallengeExpired),
        VerifyError::WrongCode { left } => Problem::new(ProblemCode::InvalidCode).with_attempts(*left),
        VerifyError::Exhausted => Problem::new(ProblemCode::AttemptsExhausted).with_attempts(0),
        VerifyError::Store(StoreError::Unavailable(_)) => Problem::new(ProblemCode::Unavailable).retry_after(TRY_AGAIN),
        VerifyError::Store(StoreError::Broken(_)) | VerifyError::Randomness(_) => Problem::new(ProblemCode::Internal),
    }
}
