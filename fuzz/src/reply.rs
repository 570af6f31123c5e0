//! What every reply is, whatever was asked: the contract's own shape, and never a 500.

use serde_json::Value;

/// A reply as a client sees it.
pub struct Reply<'a> {
    pub status: u16,
    /// A header's value by its name in lower case.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    pub body: &'a str,
}

/// Panics, naming what is wrong. Gives back the body.
pub fn check(reply: &Reply<'_>) -> Value {
    let header = |name: &str| (reply.header)(name).unwrap_or_default();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    if reply.status == 204 {
        assert_eq!(reply.body, "", "a preflight has no body");
        return Value::Null;
    }
    let body: Value = serde_json::from_str(reply.body).expect("a body is JSON");
    if reply.status == 200 {
        assert_eq!(header("content-type"), "application/json");
        assert!(body.is_object());
    } else {
        check_problem(reply.status, &header, &body);
    }
    body
}

fn check_problem(status: u16, header: &dyn Fn(&str) -> String, body: &Value) {
    let text = |field: &str| body[field].as_str().unwrap_or_else(|| panic!("{field} is missing: {body}"));
    assert!((400..500).contains(&status) || status == 503, "status {status}: {body}");
    assert_eq!(header("content-type"), "application/problem+json");
    assert_eq!(body["status"], status);
    assert_eq!(text("type"), format!("urn:otp-auth:problem:{}", text("code")));
    assert_eq!(text("detail"), text("error"));
    assert!(!text("title").is_empty() && !text("instance").is_empty());
    let waits = status == 429 || status == 503;
    assert_eq!(body.get("retry_after_seconds").map(Value::to_string), waits.then(|| header("retry-after")));
    assert_eq!(header("allow").is_empty(), status != 405);
}
