//! Several conditional updates that happen all or not at all.
//!
//! A transaction is cancelled for reasons, one for each of its updates. A failed condition is an answer. A conflict with
//! somebody else's write at that moment is none: nothing was changed, and it is tried again at once, a few times. Anything
//! else is an error.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem};

use super::error::to_store_error;
use super::expression::Expression;
use super::{CONFLICT_ROUNDS, DynamoStore};
use crate::ports::store::StoreError;

/// What became of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transacted {
    /// All of it happened.
    Applied,
    /// None of it did: says of each update, in their order, whether its condition failed.
    Refused(Vec<bool>),
}

impl DynamoStore {
    /// Makes the updates, each on the item with its key, in one atomic step. The SDK names the request, so that its own retry
    /// after a lost reply hears the first attempt's outcome.
    pub(super) async fn transact(&self, updates: &[(String, Expression)]) -> Result<Transacted, StoreError> {
        for _ in 0..CONFLICT_ROUNDS {
            let mut request = self.client.transact_write_items();
            for (key, expression) in updates {
                let update = expression.clone().into_update(&self.table, key)?;
                request = request.transact_items(TransactWriteItem::builder().update(update).build());
            }
            let error = match request.send().await {
                Ok(_) => return Ok(Transacted::Applied),
                Err(error) => error,
            };
            match outcome(cancellation_reasons(&error)) {
                Cancelled::ByCondition(failed) => return Ok(Transacted::Refused(failed)),
                Cancelled::ByConflict => {}
                Cancelled::Otherwise => return Err(to_store_error(&error)),
            }
        }
        Err(StoreError::Unavailable("TransactionConflict".to_owned()))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Cancelled {
    ByCondition(Vec<bool>),
    ByConflict,
    Otherwise,
}

fn cancellation_reasons<R>(error: &SdkError<TransactWriteItemsError, R>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        _ => &[],
    }
}

/// A failed condition counts before everything else: it was true, whatever else went on.
fn outcome(reasons: &[CancellationReason]) -> Cancelled {
    let is = |reason: &CancellationReason, code: &str| reason.code() == Some(code);
    let failed: Vec<bool> = reasons.iter().map(|reason| is(reason, "ConditionalCheckFailed")).collect();
    if failed.contains(&true) {
        return Cancelled::ByCondition(failed);
    }
    let only_conflicts = reasons.iter().all(|reason| is(reason, "None") || is(reason, "TransactionConflict"));
    if only_conflicts && !reasons.is_empty() { Cancelled::ByConflict } else { Cancelled::Otherwise }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    #[test]
    fn a_cancelled_transaction_is_an_answer_a_conflict_or_an_error() {
        let of = |codes: &[&str]| outcome(&reasons(codes));
        assert_eq!(of(&["None", "ConditionalCheckFailed"]), Cancelled::ByCondition(vec![false, true]));
        assert_eq!(of(&["ConditionalCheckFailed", "TransactionConflict"]), Cancelled::ByCondition(vec![true, false]));
        assert_eq!(of(&["None", "TransactionConflict"]), Cancelled::ByConflict);
        for code in
            ["ThrottlingError", "ProvisionedThroughputExceeded", "ValidationError", "ItemCollectionSizeLimitExceeded", "?"]
        {
            assert_eq!(of(&["TransactionConflict", code]), Cancelled::Otherwise, "{code}");
        }
        assert_eq!(of(&[]), Cancelled::Otherwise);
    }
}
