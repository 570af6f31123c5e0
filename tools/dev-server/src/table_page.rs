//! Where the table is, for `otpctl --local` on this machine: `/dev/table.json`. It names the file of the keys, which only its
//! owner can read, and holds none.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::{Router, middleware};
use otp_auth::config::settings::{SETTINGS, Scope};
use otp_auth::testing::embedded::{Embedded, TABLE};
use serde_json::json;

use crate::outbox_page::for_this_machine;
use crate::settings;

/// The page.
pub fn routes(table: &Embedded, keys: &Path) -> Router {
    let page = json!({ "endpoint": table.endpoint(), "table": TABLE, "keys_file": keys, "settings": in_force() }).to_string();
    Router::new()
        .route("/dev/table.json", get(|| async { ([(CONTENT_TYPE, "application/json")], page) }))
        .route_layer(middleware::from_fn(for_this_machine))
}

/// The settings that the service runs by, so that an operator's questions are answered by the same ones. None is a secret:
/// credentials are AWS's, and keys are in their file.
fn in_force() -> BTreeMap<&'static str, String> {
    let of_the_service = SETTINGS.iter().filter(|setting| matches!(setting.scope, Scope::Both | Scope::Send));
    let value = |name| settings::set(name).or_else(|| settings::default(name));
    of_the_service.filter_map(|setting| Some((setting.name, value(setting.name)?))).collect()
}
