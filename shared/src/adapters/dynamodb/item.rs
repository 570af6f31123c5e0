//! Reads the image of an identifier's item. An item that is out of shape is an error, never a default.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

use super::user_item::read_known_user;
use crate::domain::challenge::ChallengeId;
use crate::domain::code::{CodeName, CodeShape};
use crate::domain::keys::KeyId;
use crate::domain::ledger::{LastSend, Ledger, RequestId, Slot, SlotState, period};
use crate::domain::policy::SENDS_PER_DAY;
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The ledger that an image shows; an empty one when there is no item.
pub(super) fn ledger(item: Option<&Item>, now: Timestamp) -> Result<Ledger, StoreError> {
    let Some(item) = item else { return Ok(Ledger::default()) };
    let mut slots = BTreeMap::new();
    for name in item.keys() {
        if let Some(number) = name.strip_prefix('x').and_then(|digits| digits.parse::<u8>().ok()) {
            slots.insert(number, slot(item, number)?);
        }
    }
    Ok(Ledger {
        sends: sends(item)?,
        failures: count(item, "f")?,
        unsolved: count(item, &format!("w{}", period(now)))?,
        last_send: last_send(item)?,
        slots,
        user: item.get("u").map(read_known_user).transpose()?,
        barred: item.contains_key("b"),
    })
}

/// The registers, newest first; 0 stands for "no send yet".
fn sends(item: &Item) -> Result<Vec<Timestamp>, StoreError> {
    let mut sends = Vec::new();
    for register in 0..*SENDS_PER_DAY.bounds.end() {
        match optional_number(item, &format!("l{register}"))? {
            None | Some(0) => break,
            Some(millis) => sends.push(Timestamp::from_millis(millis)),
        }
    }
    Ok(sends)
}

fn last_send(item: &Item) -> Result<Option<LastSend>, StoreError> {
    if !item.contains_key("sq") {
        return Ok(None);
    }
    Ok(Some(LastSend {
        request: RequestId::from_stored(text(item, "sq")?),
        idempotency: text(item, "sr")?,
        slot: u8::try_from(number(item, "ss")?).map_err(|_| out_of_shape("ss"))?,
    }))
}

fn slot(item: &Item, slot: u8) -> Result<Slot, StoreError> {
    let named = |prefix: &str| format!("{prefix}{slot}");
    let byte = |prefix: &str| u8::try_from(number(item, &named(prefix))?).map_err(|_| out_of_shape(prefix));
    Ok(Slot {
        id: challenge_id(item, &named("x"))?,
        purpose: Purpose::parse(&text(item, &named("p"))?).ok_or_else(|| out_of_shape("p"))?,
        keys: KeyId(byte("k")?),
        shape: CodeShape::of_length(byte("n")?).ok_or_else(|| out_of_shape("n"))?,
        expires: Timestamp::from_millis(number(item, &named("e"))?),
        attempts: count(item, &named("a"))?,
        state: state(item, &named("c"))?,
        requests: requests(item, &named("r"))?,
        counted: times(item, &named("t"))?,
        provider: text(item, &named("d"))?,
        message: optional_text(item, &named("o"))?,
    })
}

fn state(item: &Item, name: &str) -> Result<SlotState, StoreError> {
    match item.get(name) {
        None => Ok(SlotState::Dead),
        Some(AttributeValue::M(codes)) => {
            Ok(codes.keys().next().map_or(SlotState::Used, |code| SlotState::Live(CodeName::from_stored(code.clone()))))
        }
        Some(_) => Err(out_of_shape("c")),
    }
}

fn challenge_id(item: &Item, name: &str) -> Result<ChallengeId, StoreError> {
    let bytes = item.get(name).and_then(|value| value.as_b().ok()).ok_or_else(|| out_of_shape("x"))?;
    bytes.as_ref().try_into().map(ChallengeId).map_err(|_| out_of_shape("x"))
}

fn requests(item: &Item, name: &str) -> Result<Vec<RequestId>, StoreError> {
    let list = item.get(name).and_then(|value| value.as_l().ok()).ok_or_else(|| out_of_shape("r"))?;
    let read = |value: &AttributeValue| value.as_s().map(|id| RequestId::from_stored(id.clone())).map_err(|_| out_of_shape("r"));
    list.iter().map(read).collect()
}

fn times(item: &Item, name: &str) -> Result<Vec<Timestamp>, StoreError> {
    let list = item.get(name).and_then(|value| value.as_l().ok()).ok_or_else(|| out_of_shape("t"))?;
    let read = |value: &AttributeValue| value.as_n().ok().and_then(|millis| millis.parse().ok()).map(Timestamp::from_millis);
    list.iter().map(|value| read(value).ok_or_else(|| out_of_shape("t"))).collect()
}

/// A counter; 0 when it is not there yet.
fn count(item: &Item, name: &str) -> Result<u32, StoreError> {
    let value = optional_number(item, name)?.unwrap_or(0);
    u32::try_from(value).map_err(|_| out_of_shape(name))
}

pub(super) fn number(item: &Item, name: &str) -> Result<u64, StoreError> {
    optional_number(item, name)?.ok_or_else(|| out_of_shape(name))
}

pub(super) fn optional_number(item: &Item, name: &str) -> Result<Option<u64>, StoreError> {
    let Some(value) = item.get(name) else { return Ok(None) };
    let parsed = value.as_n().ok().and_then(|digits| digits.parse().ok());
    parsed.map(Some).ok_or_else(|| out_of_shape(name))
}

pub(super) fn text(item: &Item, name: &str) -> Result<String, StoreError> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| out_of_shape(name))
}

fn optional_text(item: &Item, name: &str) -> Result<Option<String>, StoreError> {
    item.contains_key(name).then(|| text(item, name)).transpose()
}

pub(super) fn out_of_shape(name: &str) -> StoreError {
    StoreError::Broken(format!("attribute {name} is out of shape"))
}
