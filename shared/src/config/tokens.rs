//! Access tokens and sessions.

use std::time::Duration;

use super::fields;
use super::reader::Reader;
use crate::adapters::jwt::JwtSettings;
use crate::domain::claims::LIFETIME_MINUTES;
use crate::domain::session::{self, SessionPolicy, Transport};

/// What tokens say, and whether there are sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenConfig {
    /// Whom tokens are from and for.
    pub jwt: JwtSettings,
    /// Sessions, where they are on.
    pub sessions: Option<SessionConfig>,
}

/// Sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionConfig {
    /// The numbers.
    pub policy: SessionPolicy,
    /// How refresh tokens travel.
    pub transport: Transport,
}

/// None without `TOKEN_ISSUER`. The outer `None` is a fault, as everywhere.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Option<TokenConfig>> {
    let issuer = reader.optional("TOKEN_ISSUER", fields::issuer);
    let audience = reader.optional("TOKEN_AUDIENCE", fields::audience);
    let minutes = reader.number("ACCESS_TOKEN_MINUTES", &LIFETIME_MINUTES);
    let sessions = read_sessions(reader);
    if reader.get("TOKEN_ISSUER").is_none() {
        if reader.get("SESSIONS").is_some_and(|sessions| sessions != "off") {
            reader.fault("TOKEN_ISSUER", "must be set when SESSIONS is: a session is for getting access tokens");
        }
        return Some(None);
    }
    if reader.get("TOKEN_AUDIENCE").is_none() {
        reader.fault("TOKEN_AUDIENCE", "must be set when TOKEN_ISSUER is");
    }
    let jwt = JwtSettings { issuer: issuer?, audience: audience?, lifetime: Duration::from_secs(u64::from(minutes?) * 60) };
    Some(Some(TokenConfig { jwt, sessions: sessions? }))
}

fn read_sessions(reader: &mut Reader<'_>) -> Option<Option<SessionConfig>> {
    let choices = [("off", None), ("body", Some(Transport::Body)), ("cookie", Some(Transport::Cookie))];
    let transport = reader.choice("SESSIONS", "off", &choices);
    let idle = reader.number("SESSION_IDLE_HOURS", &session::IDLE_HOURS);
    let absolute = reader.number("SESSION_ABSOLUTE_HOURS", &session::ABSOLUTE_HOURS);
    let grace = reader.number("SESSION_REUSE_GRACE_SECONDS", &session::REUSE_GRACE_SECONDS);
    if idle > absolute && absolute.is_some() {
        reader.fault("SESSION_ABSOLUTE_HOURS", "must be at least SESSION_IDLE_HOURS");
    }
    if transport == Some(Some(Transport::Cookie)) && reader.get("CORS_ALLOWED_ORIGINS").is_none() {
        reader.fault("CORS_ALLOWED_ORIGINS", "must be set when SESSIONS=cookie: cookies are taken from these pages only");
    }
    let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3600);
    let policy = SessionPolicy { idle: hours(idle?), absolute: hours(absolute?), grace: Duration::from_secs(u64::from(grace?)) };
    transport.map(|transport| transport.map(|transport| SessionConfig { policy, transport }))
}
