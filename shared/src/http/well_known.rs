//! `GET /.well-known/jwks.json` and `GET /.well-known/openid-configuration`: the same for everybody, and worth keeping.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::Answer;
use super::record::Record;
use crate::ports::tokens::Document;

/// Five minutes: a new key is published long before it signs, so this only bounds for how long a stolen one is believed.
const FRESH: &str = "public, max-age=300";

pub(super) fn answer(document: Document, headers: &HeaderMap, record: Record) -> Answer {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let unchanged = known.flat_map(|tags| tags.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == document.etag);
    let mut response = Response::new(if unchanged { String::new() } else { document.body });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(FRESH));
    if let Ok(tag) = HeaderValue::from_str(&document.etag) {
        response.headers_mut().insert(ETAG, tag);
    }
    Answer { reply: Ok(response), record, locale: None }
}
