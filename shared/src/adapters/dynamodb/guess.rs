//! The write that judges a guess, explained line by line.
//!
//! The slot's map holds the name of the right code with the value -1. `#name` is the name of the guess: an HMAC, so the
//! store compares nothing that is secret, and our code compares nothing at all.
//!
//! ```text
//! SET a3 = if_not_exists(c3.#name, a3) + :one
//!         A right guess finds -1, and attempts become 0. A wrong one finds nothing, and attempts grow by one.
//!     f = if_not_exists(c3.#name, f) + :one
//!         The same for the identifier's consecutive failures.
//!     r3 = list_append(r3, :request)
//!         Who was judged. The last one of a used slot is the one that was right.
//! REMOVE c3.#name
//!         A right guess takes the code away in the same step; for a wrong one there is nothing to remove.
//! IF  x3 = :cid AND e3 > :now            this very challenge, and it has not expired (TTL is only garbage collection)
//! AND size(c3) > :zero                   its code was not used and its message not refused
//! AND a3 < :max                          it has guesses left
//! AND NOT contains(r3, :me)              this invocation was not judged before: a retry of the SDK is not charged twice
//! ```

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Expression;
use crate::domain::ledger::GuessWrite;

pub(super) fn judge(write: &GuessWrite) -> Expression {
    let s = write.slot;
    let me = AttributeValue::S(write.request.as_str().to_owned());
    Expression::new(
        format!(
            "SET a{s} = if_not_exists(c{s}.#name, a{s}) + :one, f = if_not_exists(c{s}.#name, f) + :one, \
             r{s} = list_append(r{s}, :request) REMOVE c{s}.#name"
        ),
        format!("x{s} = :cid AND e{s} > :now AND size(c{s}) > :zero AND a{s} < :max AND NOT contains(r{s}, :me)"),
    )
    .name("#name", write.name.as_str())
    .value(":cid", AttributeValue::B(Blob::new(write.id.0)))
    .time(":now", write.now)
    .number(":zero", 0_u64)
    .number(":one", 1_u64)
    .number(":max", write.max_guesses)
    .value(":request", AttributeValue::L(vec![me.clone()]))
    .value(":me", me)
}
