//! A log that the real service wrote: the numbers are those of the script that caused it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::traffic::{Did, Traffic};
use serde_json::Value;

use super::program::{file, run};

/// An hour of traffic by so many hundredths of the people, and its log.
async fn hour(name: &str, share: u64) -> (Did, PathBuf) {
    let log = file("report-traffic", name, "");
    let embedded = Embedded::start(None).await.unwrap();
    let did = Traffic::new(&embedded, (1, share), 8).unwrap().run(File::create(&log).unwrap()).await;
    assert_eq!(did.unexpected, Vec::<String>::new());
    (did, log)
}

/// One field of a list, by another.
fn by(list: &Value, name: &str, field: &str) -> BTreeMap<String, u64> {
    let line = |line: &Value| (line[name].as_str().unwrap().to_owned(), line[field].as_u64().unwrap());
    list.as_array().unwrap().iter().map(line).filter(|(_, count)| *count > 0).collect()
}

fn named(counts: &BTreeMap<&'static str, u64>, names: &[&str]) -> BTreeMap<String, u64> {
    names.iter().filter_map(|name| Some(((*name).to_owned(), *counts.get(name)?))).collect()
}

fn all(counts: &BTreeMap<&'static str, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_what_was_done() {
    let (did, log) = hour("hour.jsonl", 100).await;
    let report = run(&["report", log.to_str().unwrap(), "--json"]).json();
    requests_are_counted(&report, &did);
    codes_are_counted(&report, &did);
    refusals_and_sessions_are_counted(&report, &did);
    providers_are_counted(&report, &did);
    the_metrics_of_the_same_lines_say_the_same(&report, &std::fs::read_to_string(&log).unwrap());
    every_objective_has_enough_data(&report);
    the_page_shows_it_and_names_nobody(&run(&["report", log.to_str().unwrap()]).done());
}

fn requests_are_counted(report: &Value, did: &Did) {
    assert_eq!(by(&report["latency"], "route", "requests"), all(&did.requests));
    assert_eq!(by(&report["latency"], "route", "faults").values().sum::<u64>(), did.faults);
    assert!(did.faults > 0, "the store was away");
    assert_eq!(report["lines"]["requests"], did.requests.values().sum::<u64>());
    assert_eq!(report["lines"]["unreadable"], 0);
}

fn codes_are_counted(report: &Value, did: &Did) {
    let (channels, countries) = (["sms", "email"], ["US", "DE", "GB", "IN", "LK"]);
    assert_eq!(by(&report["channels"], "name", "sent"), named(&did.sent, &channels));
    assert_eq!(by(&report["channels"], "name", "verified"), named(&did.verified, &channels));
    assert_eq!(by(&report["countries"], "name", "sent"), named(&did.sent, &countries));
    assert_eq!(by(&report["countries"], "name", "verified"), named(&did.verified, &countries));
    assert_eq!(by(&report["providers"], "name", "verified"), named(&did.verified, &["sns", "twilio", "ses"]));
    let sent: u64 = named(&did.sent, &channels).values().sum();
    assert_eq!((&report["total"]["sent"], &report["total"]["messages"]), (&sent.into(), &(sent + did.resent).into()));
    let hours: Vec<u64> =
        (0..24).map(|hour| did.minutes.iter().filter(|(minute, _)| *minute / 60 % 24 == hour).map(|(_, n)| n).sum()).collect();
    assert_eq!(report["hours"], Value::from(hours));
    let series: u64 = report["series"].as_array().unwrap().iter().map(|step| step["messages"].as_u64().unwrap()).sum();
    assert_eq!((report["step_minutes"].as_u64(), series), (Some(1), sent + did.resent));
    let entered = &report["entered"];
    for (problem, name) in [("invalid_code", "wrong"), ("challenge_expired", "expired"), ("attempts_exhausted", "exhausted")] {
        assert_eq!(entered[name], did.not_verified[problem], "{problem}");
    }
    assert_eq!(entered["right"], report["total"]["verified"]);
}

fn refusals_and_sessions_are_counted(report: &Value, did: &Did) {
    assert_eq!(by(&report["refusals"], "reason", "count"), all(&did.refused));
    assert!(did.refused["prefix_hour"] > 90 && did.refused["country_hour"] > 10, "the pump was stopped: {:?}", did.refused);
    assert!(did.sent["LK"] <= 40);
    let sessions = ["refreshed", "reused", "ended"];
    let reported = sessions.map(|name| ((name).to_owned(), report["sessions"][name].as_u64().unwrap()));
    assert_eq!(BTreeMap::from(reported), named(&did.sessions, &sessions));
}

fn providers_are_counted(report: &Value, did: &Did) {
    for provider in report["hand_overs"].as_array().unwrap() {
        let name = provider["provider"].as_str().unwrap();
        for (field, outcome) in
            [("accepted", "accepted"), ("unclear", "ambiguous"), ("refused", "refused"), ("unreached", "unreached")]
        {
            let done = did.providers.iter().find(|((by, came_to), _)| *by == name && *came_to == outcome).map_or(0, |(_, n)| *n);
            assert_eq!(provider[field], done, "{name} {outcome}");
        }
    }
    let went_on: u64 = by(&report["failovers"], "from", "count").values().sum();
    assert!(went_on > 0);
    assert_eq!(went_on, did.providers[&("sns", "unreached")], "each was taken by the other provider");
}

/// What CloudWatch makes of the log is what the page makes of it.
fn the_metrics_of_the_same_lines_say_the_same(report: &Value, log: &str) {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for line in log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        for (name, value) in line.as_object().unwrap().iter().filter_map(|(name, value)| Some((name, value.as_f64()?))) {
            *sums.entry(name.clone()).or_default() += value;
        }
    }
    let total = |list: &str, field: &str| {
        by(&report[list], if list == "latency" { "route" } else { "name" }, field).values().sum::<u64>()
    };
    let entered = |name: &str| report["entered"][name].as_u64().unwrap();
    // Each of the script's refusals is one that metrics count: the guard's, a limit's, or a provider's who knows the recipient.
    let refused = report["refusals"].as_array().unwrap().iter();
    for (metric, reported) in [
        ("Requests", total("latency", "requests")),
        ("Faults", total("latency", "faults")),
        ("CodesSent", total("channels", "sent")),
        ("CodesVerified", total("channels", "verified")),
        ("WrongCodes", entered("wrong")),
        ("ExpiredCodes", entered("expired")),
        ("ExhaustedCodes", entered("exhausted")),
        ("Refusals", refused.map(|refusal| refusal["count"].as_u64().unwrap()).sum()),
        ("UsersCreated", report["users_created"].as_u64().unwrap()),
        ("LevelsRaised", report["levels_raised"].as_u64().unwrap()),
        ("SessionsRefreshed", report["sessions"]["refreshed"].as_u64().unwrap()),
        ("SessionsReused", report["sessions"]["reused"].as_u64().unwrap()),
    ] {
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let reported = reported as f64;
        assert!(
            (sums.get(metric).copied().unwrap_or(0.0) - reported).abs() < 0.5,
            "{metric}: {:?}, {reported}",
            sums.get(metric)
        );
    }
}

fn every_objective_has_enough_data(report: &Value) {
    let verdicts: Vec<&str> = report["objectives"].as_array().unwrap().iter().map(|o| o["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts.len(), 5);
    assert!(!verdicts.contains(&"not_enough_data"), "{verdicts:?}");
}

fn the_page_shows_it_and_names_nobody(page: &str) {
    for part in ["prefix_hour", "sns → twilio", ">LK<", "12:00 to 12:59", "no receipts in this log"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("***") && !page.contains("example."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_script_writes_the_same_log() {
    let (first, second) = (hour("first.jsonl", 10).await, hour("second.jsonl", 10).await);
    assert_eq!(first.0, second.0);
    let lines = |log: &PathBuf| -> Vec<Value> {
        let text = std::fs::read_to_string(log).unwrap();
        text.lines().map(|line| without_measurements(serde_json::from_str(line).unwrap())).collect()
    };
    assert_eq!(lines(&first.1), lines(&second.1));
}

/// What requests to the table took is measured.
fn without_measurements(mut line: Value) -> Value {
    for member in ["table_ms", "TableLatency"] {
        line.as_object_mut().unwrap().remove(member);
    }
    line
}
