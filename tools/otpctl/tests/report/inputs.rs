//! Whatever a log comes as, and whatever stands in it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::lines::{line, numbers, piped, verified};
use super::program::{file, run};

fn log() -> Vec<String> {
    vec![line(json!({})), line(json!({ "channel": "email", "provider": "ses", "country": "" })), verified(json!({}))]
}

/// The messages, without what is said of lines.
fn counted(report: &Value) -> Value {
    json!([report["total"], report["channels"], report["latency"], report["from"], report["lines"]["requests"]])
}

#[test]
fn every_form_of_a_log_comes_to_the_same() {
    let expected = counted(&numbers(log().join("\n")));
    assert_eq!(expected[0], json!({ "name": "all", "messages": 2, "sent": 2, "verified": 1, "conversion": 50.0 }));
    let prefixed = |prefix: &str| log().iter().map(|line| format!("{prefix} {line}\n")).collect::<String>();
    let indented = |line: &String| serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap();
    let indented = |line: &String| indented(line).replace("  ", "    ");
    let tail: String =
        log().iter().map(|line| format!("2026-11-23T12:00:01+00:00 2026/11/23/[$LATEST]1f \n{}\n", indented(line))).collect();
    let events: Vec<Value> =
        log().iter().map(|line| json!({ "timestamp": 1, "message": format!("{line}\n"), "eventId": "3" })).collect();
    let rows: Vec<Value> = log()
        .iter()
        .map(|line| json!([{ "field": "@timestamp", "value": "x" }, { "field": "@message", "value": line }]))
        .collect();
    let insights: Vec<Value> =
        log().iter().map(|line| json!({ "@message": serde_json::from_str::<Value>(line).unwrap() })).collect();
    let filtered = json!({ "events": events, "searchedLogStreams": [] });
    for (form, text) in [
        ("aws logs tail --format short", prefixed("2026-11-23T12:00:01")),
        ("aws logs tail", prefixed("2026-11-23T12:00:01.000000+00:00 2026/11/23/[$LATEST]1f")),
        ("aws logs tail --format json", tail),
        ("docker compose", prefixed("send-otp-1  |")),
        ("filter-log-events", serde_json::to_string_pretty(&filtered).unwrap()),
        ("the same on one line", filtered.to_string()),
        ("get-query-results", json!({ "results": rows, "status": "Complete" }).to_string()),
        ("Logs Insights", json!(insights).to_string()),
        ("a subscription", json!({ "messageType": "DATA_MESSAGE", "logEvents": events }).to_string()),
        ("events as lines", events.iter().map(|event| format!("{event}\n")).collect()),
        ("Windows", log().join("\r\n")),
    ] {
        assert_eq!(counted(&numbers(&text)), expected, "{form}\n{text}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        assert_eq!(counted(&numbers(gzip.finish().unwrap())), expected, "{form}, compressed");
    }
}

#[test]
fn several_files_are_one_log() {
    let lines = log();
    let first = file("report", "send.jsonl", &lines[..2].join("\n"));
    let second = file("report", "verify.jsonl", &lines[2]);
    let report = run(&["report", first.to_str().unwrap(), second.to_str().unwrap(), "--json"]).json();
    assert_eq!(counted(&report), counted(&numbers(lines.join("\n"))));
}

#[test]
fn what_is_not_ours_or_not_whole_is_passed_over_and_counted() {
    let whole = line(json!({}));
    let text = [
        "START RequestId: 8f507cfc Version: $LATEST".to_owned(),
        r#"{"time":"2026-11-23T12:00:00Z","type":"platform.report","record":{"requestId":"8f507cfc","metrics":{"durationMs":12}}}"#.to_owned(),
        r#"{"level":30,"msg":"another program","status":"fine"}"#.to_owned(),
        r#"{"timestamp":"2026-11-23T12:00:00Z","level":"WARN","message":"a sentence","target":"otp_auth::app::guard"}"#.to_owned(),
        line(json!({ "message": "attempt", "event": "", "delivery": "unreached" })),
        whole[..whole.len() / 2].to_owned(),
        whole.clone(),
        line(json!({ "status": "200" })),
        line(json!({ "status": 99_999_999 })),
        line(json!({ "timestamp": "yesterday" })),
        line(json!({ "duration_ms": null })),
        whole.replace("120", "1e999"),
        "\u{0}\u{1}binary".to_owned(),
        String::new(),
        whole[whole.len() / 2..].to_owned(),
    ]
    .join("\n");
    let report = numbers(&text);
    let lines = &report["lines"];
    assert_eq!((&lines["requests"], &report["total"]["sent"]), (&json!(2), &json!(2)), "{lines}");
    assert_eq!((&lines["foreign"], &lines["remarks"], &lines["unreadable"]), (&json!(5), &json!(2), &json!(5)), "{lines}");
    assert_eq!(lines["read"], 14);
}

#[test]
fn not_even_a_text_must_be_text() {
    let mut bytes = vec![0xff, 0xfe, b'\n'];
    bytes.extend(line(json!({})).bytes().chain(*b"\n\xc3\x28\n"));
    let report = numbers(bytes);
    assert_eq!((&report["lines"]["requests"], &report["lines"]["foreign"]), (&json!(1), &json!(2)));
}

#[test]
fn huge_numbers_and_strange_times_neither_overflow_nor_count_as_something_else() {
    let text = [
        line(json!({ "duration_ms": u64::MAX, "table_ms": 1e300 })),
        line(json!({ "duration_ms": -5, "provider_ms": -0.1 })),
        verified(json!({ "time_to_verify_s": u64::MAX })),
        line(json!({ "timestamp": "1970-01-01T00:00:00Z" })),
        line(json!({ "timestamp": "9999-12-31T23:59:59.999Z" })),
        line(json!({ "timestamp": "2026-11-23T13:00:00+01:00" })),
    ]
    .join("\n");
    let report = numbers(&text);
    assert_eq!(report["total"]["messages"], 5, "{report}");
    assert_eq!(report["latency"][0]["most"], u64::MAX);
    assert_eq!(report["latency"][0]["count"], 4, "a negative duration is none");
    assert!(report["series"].as_array().unwrap().len() <= 72);
    assert_eq!(report["hours"][12], 3, "by UTC, whatever the offset");
    assert!(piped(&[], text.as_bytes()).done().ends_with("</html>\n"));
}

#[test]
fn an_export_that_breaks_off_counts_as_far_as_it_goes() {
    let whole = json!({ "events": [{ "message": line(json!({})) }, { "message": line(json!({})) }] }).to_string();
    let report = numbers(&whole[..whole.len() - 40]);
    assert_eq!((&report["lines"]["requests"], &report["lines"]["unreadable"]), (&json!(1), &json!(1)));
}

#[test]
fn a_log_with_nothing_of_the_service_is_no_report() {
    for empty in ["", "\n\n", "   \n"] {
        assert_eq!(piped(&[], empty.as_bytes()).failed(2), "There is nothing in the log.\n");
    }
    let complaint = piped(&["--json"], b"START RequestId: 1\n{\"half").failed(2);
    assert_eq!(
        complaint,
        "No request of the service is in the log. Of its 2 lines, 1 are other programs', 0 are others of the service, 1 cannot be read, and 0 are outside the period.\n"
    );
    assert!(run(&["report", "not-there.jsonl"]).failed(2).contains("not-there.jsonl cannot be read"));
    let broken = [&[0x1f, 0x8b, 8, 0][..], &[7; 40]].concat();
    assert!(piped(&[], &broken).failed(2).contains("standard input cannot be read"));
}

#[test]
fn a_period_has_a_beginning_and_an_end() {
    let at = |minute: u64| line(json!({ "timestamp": format!("2026-11-23T12:{minute:02}:00Z") }));
    let text = (0..60).map(at).collect::<Vec<_>>().join("\n");
    let part = piped(&["--json", "--from", "2026-11-23T12:10:00Z", "--to", "2026-11-23T13:20:00+01:00"], text.as_bytes()).json();
    assert_eq!((&part["total"]["messages"], &part["lines"]["outside"]), (&json!(10), &json!(50)));
    assert_eq!((&part["from"], &part["to"]), (&json!("2026-11-23T12:10:00Z"), &json!("2026-11-23T12:19:00Z")));
    let none = ["--from", "2027-01-01T00:00:00Z"];
    assert!(piped(&none, text.as_bytes()).failed(2).contains("60 are outside the period"));
    let backwards = ["--from", "2026-11-24T00:00:00Z", "--to", "2026-11-23T00:00:00Z"];
    assert!(piped(&backwards, b"").failed(2).contains("--from must be before --to"));
    assert!(piped(&["--from", "monday"], b"").failed(2).contains("must be a time such as"));
}

#[test]
fn the_page_goes_where_it_is_told_to() {
    let (log, page) = (file("report", "one.jsonl", &line(json!({}))), file("report", "page.html", ""));
    let (log, page) = (log.to_str().unwrap(), page.to_str().unwrap());
    assert_eq!(run(&["report", log, "--output", page]).done(), "");
    assert_eq!(std::fs::read_to_string(page).unwrap() + "\n", run(&["report", log]).done());
    let complaint = run(&["report", log, "-o", "/not/there.html"]).failed(1);
    assert!(complaint.contains("/not/there.html cannot be written"), "{complaint}");
}

#[test]
fn delivery_is_what_receipts_say_where_there_are_any() {
    let receipt = |event: &str| {
        let line = json!({ "timestamp": "2026-11-23T12:01:00Z", "event": event, "channel": "sms", "provider": "twilio", "message": "x" });
        line.to_string()
    };
    let sent = (0..100).map(|_| line(json!({})));
    let told = (0..100).map(|number| receipt(if number < 90 { "delivery.confirmed" } else { "delivery.failed" }));
    let of = |lines: Vec<String>| numbers(lines.join("\n"))["objectives"][0].clone();
    let by_providers = of(sent.clone().collect());
    assert_eq!((&by_providers["value"], &by_providers["verdict"]), (&json!(100.0), &json!("met")));
    let complaint = receipt("delivery.failed").replace("}", ",\"reason\":\"complaint\"}");
    let by_receipts = of(sent.chain(told).chain([complaint]).collect());
    assert_eq!(
        (&by_receipts["value"], &by_receipts["verdict"], &by_receipts["volume"]),
        (&json!(90.0), &json!("missed"), &json!(100))
    );
    assert_eq!(by_receipts["basis"], "90 of 100 confirmed by receipts, 0 without one");
}
