//! The windows of a number prefix, explained line by line.
//!
//! ```text
//! SET l14 = if_not_exists(l13, :zero), …, l1 = if_not_exists(l0, :zero), l0 = :now
//!         The last unanswered texts, newest first, shifted by one; as many as the daily limit.
//!     q = :request
//!         Who made the last one.
//! IF  (attribute_not_exists(l4) OR l4 <= :hour)      the fifth last is at least an hour old
//! AND (attribute_not_exists(l14) OR l14 <= :day)     the fifteenth last is at least a day old
//! AND (attribute_not_exists(q) OR q <> :request)     not a retry of the SDK: that one is counted already
//! ```
//!
//! An answered text is taken out again, and the later registers move up:
//!
//! ```text
//! SET l3 = if_not_exists(l4, :zero), …, l13 = if_not_exists(l14, :zero), l14 = :zero
//! IF  l3 = :sent
//! ```
//!
//! Which register holds it is not known beforehand. The newest is tried first; if the text has moved on, the image of the
//! refused write says where it is.

use aws_sdk_dynamodb::types::AttributeValue;

use super::DAY_SECONDS;
use crate::adapters::dynamodb::expression::{Expression, shifted_registers};
use crate::adapters::dynamodb::item::{Item, optional_number};
use crate::domain::guard::unanswered::{PREFIX_PER_DAY, PrefixLimits};
use crate::domain::time::Timestamp;
use crate::ports::guard::{PrefixCount, PrefixWrite};
use crate::ports::store::StoreError;

/// Registers that a prefix can have.
pub(super) const REGISTERS: u32 = *PREFIX_PER_DAY.bounds.end();

pub(super) fn count(write: &PrefixWrite) -> Expression {
    let windows = [":hour", ":day"].into_iter().zip(write.limits.windows());
    let mut condition: Vec<String> = windows
        .clone()
        .map(|(placeholder, (ago, _))| format!("(attribute_not_exists(l{ago}) OR l{ago} <= {placeholder})"))
        .collect();
    condition.push("(attribute_not_exists(q) OR q <> :request)".to_owned());
    let update = format!("SET {}, q = :request, #ttl = :ttl", shifted_registers(write.limits.per_day));
    let expression = Expression::new(update, condition.join(" AND "))
        .name("#ttl", "ttl")
        .time(":now", write.now)
        .value(":request", AttributeValue::S(write.request.as_str().to_owned()))
        .number(":ttl", write.now.as_secs() + 2 * DAY_SECONDS);
    let expression = windows.fold(expression, |e, (placeholder, (_, span))| e.time(placeholder, write.now.minus(span)));
    // A single register shifts nothing, and DynamoDB refuses a value that no expression names.
    if write.limits.per_day > 1 { expression.number(":zero", 0_u64) } else { expression }
}

/// What a refused count means.
pub(super) fn refused(image: Option<&Item>, write: &PrefixWrite) -> Result<PrefixCount, StoreError> {
    let ours = image.and_then(|item| item.get("q")?.as_s().ok()).is_some_and(|last| last == write.request.as_str());
    if ours { Ok(PrefixCount::Counted) } else { registers(image).map(PrefixCount::Full) }
}

pub(super) fn take_back(index: usize, sent: Timestamp, limits: PrefixLimits) -> Expression {
    let last = limits.per_day.saturating_sub(1) as usize;
    let moved_up = (index..last).map(|i| format!("l{i} = if_not_exists(l{}, :zero)", i + 1));
    let registers: Vec<String> = moved_up.chain([format!("l{last} = :zero")]).collect();
    Expression::new(format!("SET {}", registers.join(", ")), format!("l{index} = :sent"))
        .number(":zero", 0_u64)
        .time(":sent", sent)
}

/// The register that holds a text of this time, of those that are in use: lower limits than before leave some that are not.
pub(super) fn register_of(image: Option<&Item>, sent: Timestamp, limits: PrefixLimits) -> Result<Option<usize>, StoreError> {
    Ok(registers(image)?.iter().take(limits.per_day as usize).position(|register| *register == sent))
}

/// The last unanswered texts, newest first; 0 stands for none.
pub(super) fn registers(image: Option<&Item>) -> Result<Vec<Timestamp>, StoreError> {
    let mut sent = Vec::new();
    for register in 0..REGISTERS {
        match image.map(|item| optional_number(item, &format!("l{register}"))).transpose()?.flatten() {
            None | Some(0) => break,
            Some(millis) => sent.push(Timestamp::from_millis(millis)),
        }
    }
    Ok(sent)
}
