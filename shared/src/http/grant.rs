//! A grant on the wire: the fields of RFC 6749, 5.1, and the refresh token where it belongs.

use http::header::SET_COOKIE;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::cookie;
use crate::app::grant::Grant;
use crate::domain::session::Transport;

/// Adds the fields to a body, and gives back the headers that go with them.
pub(super) fn put(body: &mut Map<String, Value>, grant: &Grant, transport: Transport) -> Vec<(HeaderName, HeaderValue)> {
    body.insert("access_token".to_owned(), json!(grant.access.expose()));
    body.insert("token_type".to_owned(), json!("Bearer"));
    body.insert("expires_in".to_owned(), json!(grant.access.lifetime().as_secs()));
    let Some(refresh) = &grant.refresh else { return Vec::new() };
    body.insert("refresh_expires_in".to_owned(), json!(refresh.lifetime.as_secs()));
    match transport {
        Transport::Body => {
            body.insert("refresh_token".to_owned(), json!(refresh.token.as_str()));
            Vec::new()
        }
        Transport::Cookie => cookie::set(&refresh.token, refresh.lifetime).map(|value| (SET_COOKIE, value)).into_iter().collect(),
    }
}
