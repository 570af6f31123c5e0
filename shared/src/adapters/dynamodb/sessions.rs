//! Families of refresh tokens: `R#` and the family's id. The write that judges a use, explained line by line.
//!
//! The map `v` holds the name of the living token with the value 1. `#token` is the name of the one that was used: a MAC, so
//! the store compares nothing that is secret.
//!
//! ```text
//! SET k = if_not_exists(v.#token, :dead)
//!         The living token finds 1, and the family lives on. A used one finds nothing: the family is dead from here on.
//!     v.#next = :alive
//!         Its successor is the living token now; in a dead family it is of no use.
//!     p = :token, s = :now                 the token used last, and when
//!     e = :idle, #t = :ttl, q = :me
//! REMOVE v.#token
//! IF  k = :alive                           no token was used twice, and nobody logged out
//! AND e > :now AND x > :now                neither idle too long nor too old (TTL is only garbage collection)
//! AND q <> :me                             this invocation was not judged before: a retry of the SDK is no reuse
//! AND NOT (p = :token AND s > :forgiven)   a client that asks again a moment later changes nothing, where that is allowed
//! ```

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::expression::Expression;
use super::item::{Item, number, out_of_shape, text};
use super::{DynamoStore, Image};
use crate::domain::ledger::RequestId;
use crate::domain::recipient::Channel;
use crate::domain::session::{Family, FamilyId, Judged, StartWrite, TokenName, UseWrite};
use crate::domain::time::Timestamp;
use crate::domain::user::UserId;
use crate::ports::sessions::SessionStore;
use crate::ports::store::StoreError;

const DEAD: u64 = 0;
const ALIVE: u64 = 1;

/// How long an ended family stays to be recognised before TTL may take it.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

#[async_trait]
impl SessionStore for DynamoStore {
    async fn start(&self, write: &StartWrite) -> Result<(), StoreError> {
        match self.apply(&key(write.family), start(write)).await? {
            Image::Applied(_) => Ok(()),
            Image::Refused(_) => Err(StoreError::Broken("a session of this id is there already".to_owned())),
        }
    }

    async fn judge(&self, write: &UseWrite) -> Result<Judged, StoreError> {
        match self.update(&key(write.family), judge(write)).await? {
            Image::Applied(item) => Ok(Judged::Applied(family(&item.ok_or_else(|| out_of_shape("k"))?)?)),
            Image::Refused(item) => Ok(Judged::Refused(item.as_ref().map(family).transpose()?)),
        }
    }

    async fn end(&self, family: FamilyId) -> Result<(), StoreError> {
        let end = Expression::new("SET k = :dead".to_owned(), "attribute_exists(pk)".to_owned()).number(":dead", DEAD);
        self.apply(&key(family), end).await.map(|_| ())
    }
}

fn start(write: &StartWrite) -> Expression {
    let tokens = HashMap::from([(write.token.as_str().to_owned(), AttributeValue::N(ALIVE.to_string()))]);
    Expression::new(
        "SET k = :alive, v = :tokens, u = :user, m = :channel, e = :idle, x = :end, q = :me, #t = :ttl".to_owned(),
        "attribute_not_exists(pk) OR q = :me".to_owned(),
    )
    .name("#t", "ttl")
    .number(":alive", ALIVE)
    .value(":tokens", AttributeValue::M(tokens))
    .value(":user", AttributeValue::S(write.user.as_str().to_owned()))
    .value(":channel", AttributeValue::S(write.channel.as_str().to_owned()))
    .time(":idle", write.idle_end)
    .time(":end", write.end)
    .value(":me", AttributeValue::S(write.request.as_str().to_owned()))
    .number(":ttl", write.idle_end.plus(KEPT).as_secs())
}

fn judge(write: &UseWrite) -> Expression {
    Expression::new(
        "SET k = if_not_exists(v.#token, :dead), v.#next = :alive, p = :token, s = :now, e = :idle, #t = :ttl, q = :me \
         REMOVE v.#token"
            .to_owned(),
        "k = :alive AND e > :now AND x > :now AND q <> :me AND NOT (p = :token AND s > :forgiven)".to_owned(),
    )
    .name("#token", write.token.as_str())
    .name("#next", write.successor.as_str())
    .name("#t", "ttl")
    .number(":dead", DEAD)
    .number(":alive", ALIVE)
    .value(":token", AttributeValue::S(write.token.as_str().to_owned()))
    .value(":me", AttributeValue::S(write.request.as_str().to_owned()))
    .time(":now", write.now)
    .time(":idle", write.idle_end)
    .time(":forgiven", write.forgiven_since)
    .number(":ttl", write.idle_end.plus(KEPT).as_secs())
}

fn key(family: FamilyId) -> String {
    format!("R#{}", URL_SAFE_NO_PAD.encode(family.0))
}

fn family(item: &Item) -> Result<Family, StoreError> {
    let time = |name: &str| number(item, name).map(Timestamp::from_millis);
    Ok(Family {
        user: UserId::from_stored(text(item, "u")?),
        channel: Channel::parse(&text(item, "m")?).ok_or_else(|| out_of_shape("m"))?,
        alive: number(item, "k")? == ALIVE,
        idle_end: time("e")?,
        end: time("x")?,
        used: if item.contains_key("p") { Some((TokenName::from_stored(text(item, "p")?), time("s")?)) } else { None },
        request: RequestId::from_stored(text(item, "q")?),
    })
}
