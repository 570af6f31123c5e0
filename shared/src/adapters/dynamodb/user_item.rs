//! A user's item, the pointers to it, and what an identifier's item remembers of it.
//!
//! | `pk` | attributes |
//! |---|---|
//! | `U#` user id | `created`, `v` (counts the changes), `email`, `email_verified`, `phone`, `phone_verified`, `display_name`, `seen` (the last noted sign-in), `disabled` |
//! | `L#` HMAC of an identifier | `u` (the user id), `disabled`; without `u`, nobody has the identifier any more |
//! | `I#` HMAC of an identifier | `u`: `{i: user id, c: created, v: the user's version, d: day of the last noted sign-in, m: is there more to show}`; `b` while the user is disabled |
//!
//! None but the last has a TTL. Its `u` is only a memory: without it, the pointer and the user are read. Its `b` is what a send goes
//! by where sign-up is open, and what the item's TTL becomes: it stays for as long as the user is disabled.

use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::Expression;
use super::item::{Item, number, optional_number, out_of_shape, text};
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::Timestamp;
use crate::domain::user::{DisplayName, Identifier, KnownUser, Standing, User, UserId};
use crate::ports::store::StoreError;

/// Days that an identifier's item stays if no send ever comes to it.
const TTL_DAYS: u64 = 90;

/// The last second of the year 9999: an item with this TTL stays.
const FOR_GOOD: u64 = 253_402_300_799;

/// The key prefix of users.
pub(super) const USERS: &str = "U#";

pub(super) fn user_key(id: &UserId) -> String {
    format!("{USERS}{}", id.as_str())
}

/// The attributes of an identifier: itself, and whether it is verified.
pub(super) const fn attributes(channel: Channel) -> (&'static str, &'static str) {
    match channel {
        Channel::Sms => ("phone", "phone_verified"),
        Channel::Email => ("email", "email_verified"),
    }
}

/// A user who is not there yet.
pub(super) fn new_user(user: &User) -> Expression {
    let mut update = "SET created = :created, v = :v".to_owned();
    for identifier in user.identifiers() {
        let (attribute, verified) = attributes(identifier.recipient.channel());
        update.push_str(&format!(", {attribute} = :{attribute}, {verified} = :{verified}"));
    }
    if user.name.is_some() {
        update.push_str(", display_name = :name");
    }
    if user.last_sign_in.is_some() {
        update.push_str(", seen = :seen");
    }
    let mut expression = Expression::new(update, "attribute_not_exists(pk)".to_owned())
        .time(":created", user.created_at)
        .number(":v", user.version);
    if let Some(email) = &user.email {
        expression = expression.text(":email", email.recipient.canonical()).flag(":email_verified", email.verified);
    }
    if let Some(phone) = &user.phone {
        expression = expression.text(":phone", phone.recipient.canonical()).flag(":phone_verified", phone.verified);
    }
    if let Some(name) = &user.name {
        expression = expression.text(":name", name.as_str());
    }
    if let Some(seen) = user.last_sign_in {
        expression = expression.time(":seen", seen);
    }
    expression
}

/// A change of a user as it was read, which nobody else changed since.
pub(super) fn changed_user(user: &User, update: &str, condition: &str) -> Expression {
    let (update, and) = (format!("SET v = :next{update}"), if condition.is_empty() { "" } else { " AND " });
    Expression::new(update, format!("v = :v{and}{condition}")).number(":v", user.version).number(":next", user.version + 1)
}

/// The pointer of an identifier that nobody has, to this user.
pub(super) fn new_pointer(id: &UserId) -> Expression {
    Expression::new("SET u = :id".to_owned(), "attribute_not_exists(u)".to_owned()).text(":id", id.as_str())
}

/// A change of the pointer to this user.
pub(super) fn changed_pointer(id: &UserId, update: &str) -> Expression {
    Expression::new(update.to_owned(), "u = :id".to_owned()).text(":id", id.as_str())
}

/// An identifier's item remembers its user.
pub(super) fn remembered(user: &KnownUser, now: Timestamp) -> Expression {
    kept("SET u = :user, #ttl = if_not_exists(#ttl, :ttl)", now).value(":user", known_user(user))
}

/// An identifier's item forgets its user, if it knew one.
pub(super) fn forgotten(now: Timestamp) -> Expression {
    kept("SET #ttl = if_not_exists(#ttl, :ttl) REMOVE u", now)
}

/// The item of a disabled user's identifier: it forgets the user, keeps messages back, and stays.
pub(super) fn barred() -> Expression {
    Expression::new("SET b = :for_good, #ttl = :for_good REMOVE u".to_owned(), String::new())
        .name("#ttl", "ttl")
        .number(":for_good", FOR_GOOD)
}

/// The item of an identifier whose user is not disabled any more, or that has no user any more.
pub(super) fn unbarred(now: Timestamp) -> Expression {
    kept("SET #ttl = :ttl REMOVE b, u", now)
}

/// These can make the item: then it must go away by itself, as every item of an identifier.
fn kept(update: &str, now: Timestamp) -> Expression {
    let ttl = now.as_secs() + TTL_DAYS * 24 * 60 * 60;
    Expression::new(update.to_owned(), String::new()).name("#ttl", "ttl").number(":ttl", ttl)
}

fn known_user(user: &KnownUser) -> AttributeValue {
    let number = |number: u64| AttributeValue::N(number.to_string());
    let fields = [
        ("i".to_owned(), AttributeValue::S(user.id.as_str().to_owned())),
        ("c".to_owned(), number(user.created_at.as_millis())),
        ("v".to_owned(), number(user.version)),
        ("d".to_owned(), number(user.day)),
        ("m".to_owned(), AttributeValue::Bool(user.more)),
    ];
    AttributeValue::M(fields.into())
}

pub(super) fn read_known_user(value: &AttributeValue) -> Result<KnownUser, StoreError> {
    let fields = value.as_m().map_err(|_| out_of_shape("u"))?;
    Ok(KnownUser {
        id: UserId::from_stored(text(fields, "i")?),
        created_at: Timestamp::from_millis(number(fields, "c")?),
        version: number(fields, "v")?,
        day: number(fields, "d")?,
        more: flag(fields, "m")?,
    })
}

pub(super) fn read_standing(item: Option<&Item>) -> Result<Standing, StoreError> {
    let Some(item) = item.filter(|item| item.contains_key("u")) else { return Ok(Standing::Unknown) };
    let id = UserId::from_stored(text(item, "u")?);
    Ok(if flag(item, "disabled")? { Standing::Disabled(id) } else { Standing::Enabled(id) })
}

pub(super) fn read_user(id: UserId, item: &Item) -> Result<User, StoreError> {
    let name = item.contains_key("display_name").then(|| text(item, "display_name")).transpose()?;
    Ok(User {
        id,
        email: read_identifier(item, Channel::Email)?,
        phone: read_identifier(item, Channel::Sms)?,
        name: name.map(|name| DisplayName::parse(&name).map_err(|_| out_of_shape("display_name"))).transpose()?,
        created_at: Timestamp::from_millis(number(item, "created")?),
        last_sign_in: optional_number(item, "seen")?.map(Timestamp::from_millis),
        disabled: flag(item, "disabled")?,
        version: number(item, "v")?,
    })
}

fn read_identifier(item: &Item, channel: Channel) -> Result<Option<Identifier>, StoreError> {
    let (attribute, verified) = attributes(channel);
    if !item.contains_key(attribute) {
        return Ok(None);
    }
    let recipient = Recipient::parse(&text(item, attribute)?, Some(channel)).map_err(|_| out_of_shape(attribute))?;
    Ok(Some(Identifier { recipient, verified: flag(item, verified)? }))
}

/// A flag; false when it is not there.
fn flag(item: &Item, name: &str) -> Result<bool, StoreError> {
    item.get(name).map_or(Ok(false), |value| value.as_bool().copied().map_err(|_| out_of_shape(name)))
}
