//! The write that starts or repeats a challenge, explained line by line.
//!
//! ```text
//! SET l9 = if_not_exists(l8, :zero), …, l1 = if_not_exists(l0, :zero), l0 = :now
//!         The last sends, newest first, shifted by one. Every right side reads the item as it was. As many registers as
//!         the daily limit, so that every sliding window is one comparison.
//!     f = if_not_exists(f, :zero)
//!         Failures exist from the first send on; a send never lowers them (NIST SP 800-63B-4, 3.1.3.2).
//!     w7 = if_not_exists(w7, :zero) + if_not_exists(a3, :zero)
//!         The slot's last challenge is gone for good. Its wrong guesses join those that no success forgives. A solved
//!         challenge left a3 at 0. 7 is the 30-day period, 3 the slot.
//!     sr = :idempotency, sq = :request, ss = :slot
//!         Who made the last accepted send, for retries of the SDK (sq) and of the client (sr).
//!     c3 = :code, a3 = :zero, x3 = :cid, e3 = :expires, r3 = :requests, p3 = :purpose, k3 = :keys, n3 = :length
//!         The new challenge: {name of its code: -1}, no attempts, its id, its end, who wrote it, what it is for, whose keys
//!         made the code, and its length.
//!     t3 = :counted, d3 = :provider
//!         When the guard counts its messages, and who delivers them: a right code takes them back from the guard's windows.
//!     #ttl = if_not_exists(b, :ttl)
//!         Garbage collection, far behind every window. b is there while the identifier's user is disabled, and has the end of
//!         time: what keeps messages back must not expire.
//! REMOVE o3, w6, w5, w4
//!         The provider's id of the last challenge's message (`DELIVERY_FEEDBACK`). Earlier periods; an item that nothing touched
//!         for longer is gone by its TTL.
//! IF  (attribute_not_exists(l0) OR l0 <= :cooldown)   the last send is at least a cooldown ago
//! AND (attribute_not_exists(l4) OR l4 <= :hour)       the fifth last is at least an hour ago
//! AND (attribute_not_exists(l9) OR l9 <= :day)        the tenth last is at least a day ago
//! AND (attribute_not_exists(f) OR f < :f_max)         the code is as long as the failures ask for;
//! AND (attribute_not_exists(w7) OR w7 < :w_max)       (both absent at the last level)
//! AND (attribute_not_exists(sr) OR sr <> :idempotency)
//!         Not a client's retry of the last accepted send.
//! AND (attribute_not_exists(e3) OR e3 <= :now)
//!         No challenge lives in the slot. The clock picks slots in turn, so this fails only after a setting was changed.
//! ```
//!
//! A register that is missing never sent. One of the wrong type compares false and refuses. Because registers are counted
//! from the newest, an operator can change the limits at any time without locking out a living item.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::{Expression, shifted_registers};
use crate::domain::challenge::ChallengeId;
use crate::domain::ledger::{RequestId, ResendWrite, SendLimits, SendWrite, period};
use crate::domain::time::Timestamp;

/// Days after its last send that an item is forgotten.
const TTL_DAYS: u64 = 90;

/// Placeholders of the three windows, in the order of [`SendLimits::windows`].
const WINDOWS: [&str; 3] = [":cooldown", ":hour", ":day"];

/// A new challenge in its slot.
pub(super) fn new_challenge(write: &SendWrite) -> Expression {
    let (s, p) = (write.slot, period(write.now));
    let mut update = format!(
        "SET {shift}, f = if_not_exists(f, :zero), w{p} = if_not_exists(w{p}, :zero) + if_not_exists(a{s}, :zero), \
         sr = :idempotency, sq = :request, ss = :slot, \
         c{s} = :code, a{s} = :zero, x{s} = :cid, e{s} = :expires, r{s} = :requests, p{s} = :purpose, k{s} = :keys, n{s} = :length, \
         t{s} = :counted, d{s} = :provider, #ttl = if_not_exists(b, :ttl)",
        shift = shifted_registers(write.limits.per_day),
    );
    let earlier = [1, 2, 3].into_iter().filter_map(|back| p.checked_sub(back)).map(|p| format!(", w{p}"));
    update.push_str(&format!(" REMOVE o{s}{}", earlier.collect::<String>()));
    let mut condition = format!("{} AND (attribute_not_exists(e{s}) OR e{s} <= :now)", windows_are_open(&write.limits));
    if write.level.ceiling().is_some() {
        condition.push_str(" AND (attribute_not_exists(f) OR f < :f_max)");
        condition.push_str(&format!(" AND (attribute_not_exists(w{p}) OR w{p} < :w_max)"));
    }
    let code = [(write.name.as_str().to_owned(), AttributeValue::N("-1".to_owned()))].into();
    let expression = counted(Expression::new(update, condition), write.now, &write.limits, &write.request, &write.idempotency, s)
        .value(":code", AttributeValue::M(code))
        .value(":cid", AttributeValue::B(Blob::new(write.id.0)))
        .time(":expires", write.expires)
        .value(":requests", AttributeValue::L(vec![AttributeValue::S(write.request.as_str().to_owned())]))
        .value(":purpose", AttributeValue::S(write.purpose.as_str().to_owned()))
        .number(":keys", write.keys.0)
        .value(":length", AttributeValue::N(write.shape.length().to_string()))
        .value(":counted", times(write.is_counted.then_some(write.now)))
        .value(":provider", AttributeValue::S(write.provider.clone()));
    match write.level.ceiling() {
        Some((failures, unsolved)) => expression.number(":f_max", failures).number(":w_max", unsolved),
        None => expression,
    }
}

/// The same challenge once more: the windows and registers of a send, and nothing of the slot changes.
///
/// ```text
/// IF … AND x3 = :cid AND e3 > :now AND size(c3) > :zero AND a3 < :max
///         The challenge is this one, alive and unsolved, with guesses left: a code that no guess can match helps nobody.
/// ```
pub(super) fn same_challenge(write: &ResendWrite) -> Expression {
    let s = write.slot;
    let update = format!(
        "SET {}, sr = :idempotency, sq = :request, ss = :slot, #ttl = if_not_exists(b, :ttl)",
        shifted_registers(write.limits.per_day)
    );
    let condition =
        format!("{} AND x{s} = :cid AND e{s} > :now AND size(c{s}) > :zero AND a{s} < :max", windows_are_open(&write.limits));
    counted(Expression::new(update, condition), write.now, &write.limits, &write.request, &write.idempotency, s)
        .value(":cid", AttributeValue::B(Blob::new(write.id.0)))
        .number(":max", write.max_guesses)
}

/// A further message of a challenge that the guard has counted.
///
/// ```text
/// SET t3 = list_append(t3, :counted)
/// IF  x3 = :cid AND NOT contains(t3, :at)       this challenge, and not a retry of the SDK
/// ```
pub(super) fn add_counted(slot: u8, id: ChallengeId, at: Timestamp) -> Expression {
    let update = format!("SET t{slot} = list_append(t{slot}, :counted)");
    Expression::new(update, format!("x{slot} = :cid AND NOT contains(t{slot}, :at)"))
        .value(":cid", AttributeValue::B(Blob::new(id.0)))
        .value(":counted", times(Some(at)))
        .time(":at", at)
}

/// The placeholders that every counted send has.
fn counted(
    expression: Expression,
    now: Timestamp,
    limits: &SendLimits,
    request: &RequestId,
    idempotency: &str,
    slot: u8,
) -> Expression {
    let counted = expression
        .name("#ttl", "ttl")
        .number(":zero", 0_u64)
        .time(":now", now)
        .value(":idempotency", AttributeValue::S(idempotency.to_owned()))
        .value(":request", AttributeValue::S(request.as_str().to_owned()))
        .number(":slot", slot)
        .number(":ttl", now.as_secs() + TTL_DAYS * 24 * 60 * 60);
    WINDOWS
        .into_iter()
        .zip(limits.windows())
        .fold(counted, |expression, (placeholder, (_, span))| expression.time(placeholder, now.minus(span)))
}

fn times(times: impl IntoIterator<Item = Timestamp>) -> AttributeValue {
    AttributeValue::L(times.into_iter().map(|time| AttributeValue::N(time.as_millis().to_string())).collect())
}

fn windows_are_open(limits: &SendLimits) -> String {
    let open = |(placeholder, (ago, _)): (&str, (usize, _))| format!("(attribute_not_exists(l{ago}) OR l{ago} <= {placeholder})");
    let mut conditions: Vec<String> = WINDOWS.into_iter().zip(limits.windows()).map(open).collect();
    conditions.push("(attribute_not_exists(sr) OR sr <> :idempotency)".to_owned());
    conditions.join(" AND ")
}
