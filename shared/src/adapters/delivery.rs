//! What an AWS error proves about a message: that it never left, or nothing at all.
//!
//! | the SDK says | so |
//! |---|---|
//! | the request could not be built | refused |
//! | no connection was made (DNS, TCP, TLS, connect timeout) | unreached |
//! | throttled | refused for its rate: the provider answered, and took nothing |
//! | another 4xx | refused, with the provider's error code |
//! | a timeout or a cut after the request was written, a 5xx, an unreadable reply | ambiguous |
#![cfg(feature = "aws")]

use std::error::Error;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use hyper_util::client::legacy::Error as ConnectionError;

use crate::ports::sender::{Delivery, Refusal, RefusalClass};

const THROTTLED: [&str; 6] =
    ["Throttled", "ThrottledException", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"];

/// The outcome that this error proves. Keeps error codes only: a message could quote the request.
pub(super) fn of_error<E>(provider: &'static str, error: &SdkError<E, HttpResponse>) -> Delivery
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let ambiguous = |cause: &str| Delivery::Ambiguous { provider, cause: cause.to_owned() };
    match error {
        SdkError::ConstructionFailure(_) => refused(provider, "RequestNotBuilt"),
        SdkError::DispatchFailure(_) if never_connected(error) => {
            Delivery::Unreached { provider, cause: "no connection".to_owned() }
        }
        SdkError::DispatchFailure(_) => ambiguous("connection lost"),
        SdkError::TimeoutError(_) => ambiguous("timeout"),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no error code");
            match service.raw().status().as_u16() {
                429 if !THROTTLED.contains(&code) => rate(provider, "429"),
                _ if THROTTLED.contains(&code) => rate(provider, code),
                400..=499 => refused(provider, code),
                status => ambiguous(&format!("status {status}, {code}")),
            }
        }
        _ => ambiguous("unreadable response"),
    }
}

fn rate(provider: &'static str, code: &str) -> Delivery {
    Delivery::Refused { provider, reason: Refusal { class: RefusalClass::Rate, code: code.to_owned() } }
}

fn refused(provider: &'static str, code: &str) -> Delivery {
    Delivery::Refused { provider, reason: Refusal { class: class_of(code), code: code.to_owned() } }
}

/// Error codes of SNS `Publish` and SES `SendEmail`, from their API references, and the common errors of AWS.
fn class_of(code: &str) -> RefusalClass {
    match code {
        "OptedOut" | "OptedOutException" => RefusalClass::OptedOut,
        "InvalidPhoneNumber" | "InvalidPhoneNumberException" => RefusalClass::BadRecipient,
        "AuthorizationError"
        | "AuthorizationErrorException"
        | "AccessDenied"
        | "AccessDeniedException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidSecurity"
        | "InvalidSecurityException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => RefusalClass::Credentials,
        "AccountSuspendedException"
        | "LimitExceededException"
        | "MailFromDomainNotVerifiedException"
        | "MessageRejected"
        | "SendingPausedException"
        | "UserErrorException" => RefusalClass::Account,
        _ => RefusalClass::Invalid,
    }
}

/// Did the failure happen before there was a connection? Then nothing was written.
pub(super) fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<ConnectionError>().is_some_and(ConnectionError::is_connect) {
            return true;
        }
        cause = error.source();
    }
    false
}
