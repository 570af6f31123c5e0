//! The outbox as a page and as JSON, for programs on this machine only.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, http::HeaderValue};
use otp_auth::adapters::outbox::Outbox;

const PAGE: &str = include_str!("outbox.html");

/// Where the page reads the origin of the API from; empty means its own.
const API_PLACE: &str = r#"data-api="""#;

/// The page's scripts and styles are inside it, and mail is shown in frames that may show no more than images of their own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; \
     frame-src 'self' data:; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ON_EVERY_REPLY: [(HeaderName, HeaderValue); 4] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// The page, its data, and the way to it. `api` is the API's origin, where that is not the page's own.
pub fn routes(outbox: Outbox, api: Option<&str>) -> Router {
    let page = api.map_or_else(|| PAGE.to_owned(), |origin| PAGE.replace(API_PLACE, &format!(r#"data-api="{origin}""#)));
    Router::new()
        .route("/dev/outbox", get(|| async { ([(CONTENT_SECURITY_POLICY, POLICY)], Html(page)) }))
        .route("/dev/outbox.json", get(messages))
        .route_layer(middleware::from_fn(for_this_machine))
        .route("/", get(|| async { Redirect::temporary("/dev/outbox") }))
        .with_state(outbox)
}

async fn messages(State(outbox): State<Outbox>) -> Response {
    match serde_json::to_string(&outbox.sent()) {
        Ok(list) => ([(CONTENT_TYPE, "application/json")], list).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Codes are for whoever sits at this machine. A web page elsewhere can make its own host name point here (DNS rebinding);
/// then the browser lets it read, but says that name in `Host`.
pub async fn for_this_machine(request: Request, next: Next) -> Response {
    let mut response = if is_local(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This page is at localhost only.\n").into_response()
    };
    response.headers_mut().extend(ON_EVERY_REPLY);
    response
}

fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
    host.is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_this_machine_are_local() {
        let local = |host: &str| is_local(&[(HOST, host.parse().unwrap())].into_iter().collect());
        for host in ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"] {
            assert!(local(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:8000", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0:8000", "::1"] {
            assert!(!local(host), "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }

    #[test]
    fn the_page_has_a_place_for_the_origin_of_the_api() {
        assert_eq!(PAGE.matches(API_PLACE).count(), 1);
    }
}
