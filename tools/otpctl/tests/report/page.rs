//! The page: nothing in it runs, is fetched, or names anybody.

use serde_json::json;

use super::lines::{line, piped, verified};

const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><style>*{}</style></title>&amp;";

fn page(lines: &[String]) -> String {
    piped(&[], lines.join("\n").as_bytes()).done()
}

/// Every field that is shown, with markup in it.
fn hostile() -> Vec<String> {
    let failed = json!({ "event": "otp.send_failed", "status": 503, "code": MARKUP, "cause": MARKUP, "delivery": "unreached" });
    vec![
        line(json!({ "provider": MARKUP, "country": MARKUP, "channel": MARKUP, "request_id": MARKUP })),
        line(json!({ "provider": MARKUP, "country": MARKUP, "would_refuse": MARKUP })),
        line(json!({ "tried": format!("{}:{},{}:accepted", "<b>a", "<i>why", "<u>b") })),
        line(json!({ "event": "otp.send_refused", "status": 429, "reason": MARKUP, "provider": "" })),
        line(failed),
        line(json!({ "route": MARKUP, "event": MARKUP, "user": MARKUP })),
        verified(json!({ "channel": MARKUP, "purpose": MARKUP, "provider": MARKUP })),
        line(json!({ "message": "receipt", "event": "delivery.confirmed", "channel": MARKUP })),
    ]
}

#[test]
fn what_a_log_says_is_never_markup() {
    let page = page(&hostile());
    assert!(page.contains("&lt;script&gt;alert(1)"), "it is shown, as what it is");
    for tag in ["<script", "<img", "<b>", "<i>", "<u>", "onerror=\"", "</title>&amp;"] {
        assert!(!page.contains(tag), "{tag} got in");
    }
    assert_eq!((page.matches("<style>").count(), page.matches("</title>").count() - page.matches("<g><title>").count()), (1, 1));
    // The control: the same search finds the tags in the log.
    assert!(hostile().iter().any(|line| line.contains("<script") && line.contains("<img")));
}

#[test]
fn nobody_is_in_the_page() {
    let person = json!({
        "request_id": "request-private", "recipient": "d34db33f", "masked": "+12***01", "status": 502, "code": "delivery_failed",
        "event": "otp.send_failed", "delivery": "refused", "cause": "sns refused: +12345678901 someone.private@example.com 1712345678",
    });
    let page = page(&[line(person.clone()), verified(person)]);
    for secret in ["request-private", "d34db33f", "+12***01", "12345678901", "someone.private", "1712345678"] {
        assert!(!page.contains(secret), "{secret} is in the page");
    }
    assert!(page.contains("delivery_failed: sns refused: +# …@… #"));
}

#[test]
fn the_page_fetches_and_runs_nothing() {
    let page = page(&[line(json!({})), verified(json!({}))]);
    assert!(page.contains(
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\""
    ));
    let outside_of_the_icon = page.replace("http://www.w3.org/2000/svg", "");
    for reference in ["http:", "https:", "url(", "@import", " src=", "<script", "<a ", "<form", "<iframe", "<object"] {
        assert!(!outside_of_the_icon.contains(reference), "{reference}");
    }
    assert_eq!(page.matches("href=").count(), page.matches("href=\"data:image/svg+xml,").count());
}

#[test]
fn every_drawing_has_words_and_figures() {
    let lines: Vec<String> = (0..40).flat_map(|_| [line(json!({})), verified(json!({}))]).collect();
    let page = page(&lines);
    let drawings = page.matches("role=\"img\"").count();
    assert!(drawings >= 3, "{drawings}");
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), drawings);
    assert_eq!(
        page.matches("<svg").count(),
        drawings + page.matches("aria-hidden=\"true\"").count() - page.matches("<div class=\"scale\"").count()
    );
    assert!(page.matches("<details><summary>Figures</summary>").count() >= 3);
}

#[test]
fn an_objective_without_events_is_neither_met_nor_missed() {
    let page = page(&[line(json!({}))]);
    assert!(page.contains("Not enough data for any objective"), "{page}");
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
}

#[test]
fn the_same_log_gives_the_same_page() {
    assert_eq!(page(&hostile()), page(&hostile()));
}
