//! What an SDK error means to the caller: the condition failed, the store is down, or something is set up wrong.
//!
//! Only error codes are kept, never messages: a message can quote the request.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::ports::store::StoreError;

/// The image that came with a failed condition (`Some(None)`: there is no item); `None` for every other error.
pub(super) fn is_condition_failure<R>(error: &SdkError<UpdateItemError, R>) -> Option<Option<&HashMap<String, AttributeValue>>> {
    match error.as_service_error()? {
        UpdateItemError::ConditionalCheckFailedException(failure) => Some(failure.item()),
        _ => None,
    }
}

/// Was the write kept out by a transaction on its item?
pub(super) fn is_transaction_conflict<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    matches!(error.as_service_error(), Some(UpdateItemError::TransactionConflictException(_)))
}

/// Error codes after which the same request may succeed later.
const PASSING: [&str; 9] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Anything else, as the port has it.
pub fn to_store_error<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> StoreError {
    match error {
        SdkError::TimeoutError(_) => StoreError::Unavailable("timeout".to_owned()),
        SdkError::DispatchFailure(_) => StoreError::Unavailable("no connection".to_owned()),
        SdkError::ResponseError(_) => StoreError::Unavailable("unreadable response".to_owned()),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no error code");
            // An error without a code of DynamoDB's own comes from something in between, which may pass.
            if PASSING.contains(&code) || service.err().code().is_none() {
                StoreError::Unavailable(code.to_owned())
            } else {
                StoreError::Broken(code.to_owned())
            }
        }
        _ => StoreError::Broken("the request could not be built".to_owned()),
    }
}
