//! `simulate`: a log against a policy.

use std::fmt::Write;

use serde_json::json;

use super::program::{Ran, file, run};

const HEADINGS: &str = "time,identifier,address,answered\n";

fn simulate(test: &str, log: &str, options: &[&str]) -> Ran {
    let log = file(test, "sends.csv", log);
    run(&[&["simulate", log.to_str().unwrap(), "--set", "SMS_ALLOWED_COUNTRIES=US,DE"], options].concat())
}

/// A hundred adjacent numbers from a hundred addresses in one hour, and somebody real every five minutes.
fn pumping() -> String {
    let mut log = String::from(HEADINGS);
    for second in 0..3600 {
        let time = format!("2026-11-23T12:{:02}:{:02}Z", second / 60, second % 60);
        if second % 36 == 0 {
            let n = second / 36;
            writeln!(log, "{time},+12345678{n:03},198.51.100.{n},no").unwrap();
        }
        if second % 300 == 10 {
            let n = second / 300;
            writeln!(log, "{time},+1415{:07},203.0.113.{n},yes", 2_000_000 + n * 7_919).unwrap();
        }
    }
    log
}

#[test]
fn pumped_numbers_are_refused_and_people_are_not() {
    let report = simulate("pumping", &pumping(), &["--json", "--price", "US=0.0075"]).json();
    assert_eq!(report["log"]["sends"], 112);
    assert_eq!(report["leaves"]["sends"], 12 + 5, "twelve people, and five of the hundred");
    assert_eq!(report["leaves"]["answered"], 12);
    assert_eq!(report["refused"]["answered"], 0);
    assert_eq!(report["reasons"], json!([{ "name": "prefix_hour", "sends": 95, "answered": 0, "usd": "0.7125" }]));
    insta::assert_snapshot!("pumping", simulate("pumping-text", &pumping(), &["--price", "US=0.0075"]).done());
}

#[test]
fn a_guard_that_only_watches_lets_them_leave_and_says_what_it_saw() {
    let report = simulate("watching", &pumping(), &["--json", "--set", "GUARD_MODE=observe"]).json();
    assert_eq!(report["leaves"]["sends"], 112);
    let watched = report["would_refuse"].as_array().unwrap();
    assert!(watched.iter().any(|line| line["name"] == "prefix_hour" && line["sends"] == 95), "{report}");
}

#[test]
fn the_same_log_against_the_same_policy_comes_to_the_same() {
    let once = simulate("twice-a", &pumping(), &["--json"]).json();
    assert_eq!(once, simulate("twice-b", &pumping(), &["--json"]).json());
}

#[test]
fn every_rule_has_its_line() {
    let log = format!(
        "{HEADINGS}\
         2026-11-23T12:00:00Z,+12345678901,203.0.113.7,yes\n\
         2026-11-23T12:00:59Z,+12345678901,203.0.113.7,no\n\
         2026-11-23T12:01:00Z,+33612345678,203.0.113.7,no\n\
         2026-11-23T12:01:00Z,+19005551234,203.0.113.7,no\n\
         1795435320,a@example.com,2001:db8::1,1\n\
         1795435320,nobody,203.0.113.7,0\n"
    );
    let report = simulate("rules", &log, &["--json"]).json();
    let reasons: Vec<&str> = report["reasons"].as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["channel_off", "country", "identifier_window", "invalid_identifier", "number_kind"]);
    assert_eq!(report["leaves"]["sends"], 1);
}

#[test]
fn a_log_that_cannot_be_replayed_is_refused_by_line_and_column() {
    let fault = |test: &str, log: &str| simulate(test, log, &[]).failed(2);
    assert!(fault("no-column", "time,identifier,address\n").contains("no column answered"));
    assert!(fault("empty", HEADINGS).contains("no sends in it"));
    for (test, line, column) in [
        ("bad-time", "yesterday,+12345678901,203.0.113.7,yes", "time"),
        ("bad-address", "2026-11-23T12:00:00Z,+12345678901,home,yes", "address"),
        ("bad-answer", "2026-11-23T12:00:00Z,+12345678901,203.0.113.7,maybe", "answered"),
    ] {
        let complaint = fault(test, &format!("{HEADINGS}2026-11-23T12:00:00Z,+12345678901,203.0.113.7,yes\n{line}\n"));
        assert!(complaint.contains(&format!("sends.csv, line 3: {column} must be")), "{complaint}");
    }
    assert!(
        run(&["simulate", "not-there.csv", "--set", "SMS_ALLOWED_COUNTRIES=US"])
            .failed(2)
            .contains("not-there.csv cannot be read")
    );
    assert!(simulate("price", &pumping(), &["--price", "XX=1"]).err.contains("ISO 3166-1"));
}

#[test]
fn a_policy_that_sends_nothing_is_refused() {
    let log = file("no-policy", "sends.csv", &pumping());
    let complaint = run(&["simulate", log.to_str().unwrap()]).failed(2);
    assert!(complaint.contains("DEFAULT_FROM_EMAIL must be set when SMS_ALLOWED_COUNTRIES is not"), "{complaint}");
}
