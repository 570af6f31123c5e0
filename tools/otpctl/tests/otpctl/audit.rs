//! The audit log: every change is on record, or not made.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use otp_auth::domain::recipient::Recipient;
use otp_auth::testing::fault_proxy::{Fault, FaultProxy, Rule};
use otp_auth::testing::service::test_keys;
use serde_json::{Value, json};

use super::program::{NOON, Operator, Ran, file, run, run_with};

/// An audit log that is not there yet.
fn fresh(test: &str) -> PathBuf {
    let log = file(test, "audit.jsonl", "");
    std::fs::remove_file(&log).unwrap();
    log
}

fn audited(operator: &Operator, log: &Path, arguments: &[&str]) -> Ran {
    operator.run(&[arguments, &["--yes", "--audit-log", log.to_str().unwrap()]].concat())
}

/// What came of each change; before each is the line that says that it is about to be tried.
fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pairs = lines.chunks(2).map(|pair| {
        let [begun, ended] = pair else { panic!("a change without its end: {pair:?}") };
        let mut begun = begun.clone();
        assert_eq!(begun["outcome"], "begun", "{begun}");
        for name in ["outcome", "timestamp"] {
            begun[name] = ended[name].clone();
        }
        assert_eq!(begun, *ended);
        ended.clone()
    });
    pairs.collect()
}

fn names(log: &Path) -> Vec<(String, String)> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    lines(log).iter().map(|line| (text(line, "event"), text(line, "outcome"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(event, outcome)| ((*event).to_owned(), (*outcome).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_a_user_is_one_line_that_names_nobody() {
    let (operator, log) = (Operator::new("audit-users").await, fresh("audit-users"));
    let ada = audited(&operator, &log, &["users", "create", "--email", "ada@example.com", "--json"]).json();
    for change in [
        &["users", "link", "ada@example.com", "+12345678901"][..],
        &["users", "disable", "ada@example.com"],
        &["users", "disable", "ada@example.com"],
        &["users", "enable", "ada@example.com"],
        &["users", "unlink", "ada@example.com", "phone"],
    ] {
        audited(&operator, &log, change).done();
    }
    assert_eq!(
        names(&log),
        pairs(&[
            ("user.created", "done"),
            ("user.linked", "done"),
            ("user.disabled", "done"),
            ("user.disabled", "unchanged"),
            ("user.enabled", "done"),
            ("user.unlinked", "done"),
        ])
    );
    let written = lines(&log);
    let phone = Recipient::parse("+12345678901", None).unwrap();
    for line in &written {
        assert_eq!((&line["user"], &line["place"], &line["level"]), (&ada["id"], &json!("otp-auth"), &json!("INFO")), "{line}");
        assert_eq!((&line["message"], &line["operator"]), (&json!("change"), &json!("unknown")), "{line}");
    }
    assert_eq!(written[0]["masked"], json!(["a***@example.com"]));
    assert_eq!(written[1]["recipient"], json!(test_keys().unwrap().log_name(&phone)), "the name that the functions' lines have");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("ada@") && !text.contains("2345678901"), "{text}");
    assert_eq!(std::fs::metadata(&log).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_and_opened_windows_are_on_record() {
    let (operator, log) = (Operator::new("audit-guard").await, fresh("audit-guard"));
    assert_eq!(operator.service.post("send", &json!({ "identifier": "+12345678901" })).await.status, 200);
    for change in [
        &["stop", "country", "de"][..],
        &["resume", "country", "de"],
        &["resume", "sms"],
        &["unblock", "+12345678901", "--failures"],
        &["unblock", "--prefix", "+12345678901"],
        &["unblock", "--address", "198.51.100.1"],
    ] {
        assert!([0, 3].contains(&audited(&operator, &log, change).code), "{change:?}");
    }
    let what: Vec<String> = lines(&log)
        .iter()
        .map(|line| format!("{} {} {}", line["event"], line["what"], line["outcome"]).replace('"', ""))
        .collect();
    assert_eq!(
        what,
        [
            "sends.stopped DE done",
            "sends.resumed DE done",
            "sends.resumed sms unchanged",
            "windows.opened sends done",
            "windows.opened failures done",
            "windows.opened prefix done",
            "windows.opened address unchanged",
        ]
    );
    assert!(!std::fs::read_to_string(&log).unwrap().contains("198.51.100.1"), "an address is a person's, too");
}

#[test]
fn rotated_keys_are_on_record_by_name() {
    let secret = json!({ "identifiers": "k1", "codes": "k1", "k1": "a-secret-of-a-test-that-nobody-may-see-0123456789" });
    let (vault, log) = (file("audit-keys", "vault.keys", &secret.to_string()), fresh("audit-keys"));
    let target = ["--keys-file", vault.to_str().unwrap(), "--now", NOON, "--yes", "--audit-log", log.to_str().unwrap()];
    run(&[&["keys", "rotate", "codes"], &target[..]].concat()).done();
    run(&[&["keys", "rotate", "codes"], &target[..]].concat()).failed(1);
    run(&[&["keys", "rotate", "codes", "--compromised"], &target[..]].concat()).done();
    let written = lines(&log);
    assert_eq!(names(&log), pairs(&[("keys.rotated", "done"), ("keys.ended", "done")]), "too early is not tried");
    assert_eq!((&written[0]["what"], &written[0]["next"]), (&json!("codes"), &json!("k2")));
    assert_eq!(written[0]["place"], json!(vault.to_str().unwrap()));
    assert!(written[1]["current"].is_string() && written[1]["retired"].is_array(), "{}", written[1]);
    let document = std::fs::read_to_string(&vault).unwrap();
    let keys = serde_json::from_str::<serde_json::Map<String, Value>>(&document).unwrap();
    let text = std::fs::read_to_string(&log).unwrap();
    for key in keys.values().filter_map(Value::as_str).filter(|value| value.len() > 30) {
        assert!(!text.contains(key), "a key is in the audit log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_changes_nothing_and_what_has_no_answer_is_unclear() {
    let (operator, log) = (Operator::new("audit-outcomes").await, fresh("audit-outcomes"));
    audited(&operator, &log, &["users", "create", "--email", "ada@example.com"]).done();
    audited(&operator, &log, &["users", "create", "--email", "ada@example.com"]).failed(4);
    assert!(operator.run(&["stop", "sms", "--audit-log", log.to_str().unwrap()]).code == 5, "not confirmed");
    let nowhere = ["--endpoint", "http://127.0.0.1:1", "--table", "none", "--yes", "--audit-log", log.to_str().unwrap()];
    run(&[&["stop", "sms"], &nowhere[..]].concat()).failed(1);
    assert_eq!(
        names(&log),
        pairs(&[("user.created", "done"), ("user.created", "unchanged"), ("sends.stopped", "unclear")]),
        "nothing of what was not confirmed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_put_on_record_is_not_done() {
    let operator = Operator::new("audit-unwritable").await;
    let file_and_no_folder = file("audit-unwritable", "file", "").join("audit.jsonl");
    let said = audited(&operator, &file_and_no_folder, &["stop", "sms"]).failed(1);
    assert!(said.contains("audit.jsonl cannot be written") && said.contains("Nothing was changed"), "{said}");
    // A full disk.
    let said = audited(&operator, Path::new("/dev/full"), &["stop", "sms"]).failed(1);
    assert!(said.contains("/dev/full cannot be written") && said.contains("Nothing was changed"), "{said}");
    let (endpoint, homeless) = (operator.embedded.endpoint(), [("HOME", ""), ("USER", "ada")]);
    let target = ["stop", "sms", "--yes", "--endpoint", &endpoint, "--table", "otp-auth"];
    let said = run_with(&target, &homeless).failed(2);
    assert!(said.contains("OTPCTL_AUDIT_LOG"), "{said}");
    assert_eq!(operator.run(&["stops"]).done(), "Nothing is stopped.\n");
    let home = file("audit-home", "a-file", "").parent().unwrap().to_owned();
    let _of_an_earlier_run = std::fs::remove_dir_all(home.join(".local"));
    run_with(&target, &[("HOME", home.to_str().unwrap()), ("USER", "ada")]).done();
    let written = lines(&home.join(".local/state/otpctl/audit.jsonl"));
    assert_eq!(written.last().unwrap()["operator"], "ada", "where it is by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_whose_answer_is_lost_is_unclear_and_not_somebody_elses() {
    let (operator, log) = (Operator::new("audit-lost").await, fresh("audit-lost"));
    let proxy = FaultProxy::start(&operator.embedded.endpoint()).await.unwrap();
    proxy.script(Some(Rule { target: String::new(), skip: 0, times: 1, fault: Fault::FailAfter }));
    let endpoint = proxy.endpoint();
    run(&["stop", "sms", "--yes", "--endpoint", &endpoint, "--table", "otp-auth", "--audit-log", log.to_str().unwrap()])
        .failed(1);
    assert_eq!(names(&log), pairs(&[("sends.stopped", "unclear")]));
    assert_eq!(proxy.seen().len(), 1, "one attempt: a second one would find what the first has done");
    assert_eq!(operator.run(&["stops"]).done(), "Stopped: sms.\n");
}
