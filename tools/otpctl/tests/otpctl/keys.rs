//! `keys`: moved on, and never shown.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::system::SystemClock;
use otp_auth::testing::aws_stand_in::AwsStandIn;

use super::program::{NOON, Ran, file, run, run_with};

const NEXT_WEEK: &str = "2026-11-30T12:00:00Z";

fn keys(file: &Path, now: &str, arguments: &[&str]) -> Ran {
    run(&[&["keys"], arguments, &["--keys-file", file.to_str().unwrap(), "--now", now]].concat())
}

fn fresh(test: &str) -> std::path::PathBuf {
    let secret =
        serde_json::json!({ "identifiers": "k1", "codes": "k1", "k1": "a-secret-of-a-test-that-nobody-may-see-0123456789" });
    file(test, "vault.keys", &secret.to_string())
}

fn document(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Every value of the vault that is long enough to be a key.
fn secrets(file: &Path) -> Vec<String> {
    let texts = document(file).as_object().unwrap().values().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    texts.into_iter().filter(|text| text.len() > 20).collect()
}

#[test]
fn a_key_is_made_before_it_is_used_and_too_early_is_refused() {
    let vault = fresh("rotate-codes");
    let prepared = keys(&vault, NOON, &["rotate", "codes", "--yes"]).done();
    assert!(prepared.starts_with("k2 is the next key. Rotate again after 2026-11-23T13:20:00Z"), "{prepared}");
    let before = document(&vault);
    let early = keys(&vault, "2026-11-23T13:19:59Z", &["rotate", "codes", "--yes"]).failed(1);
    assert!(early.contains("Nothing was changed") && early.contains("until 2026-11-23T13:20:00Z"), "{early}");
    assert_eq!(document(&vault), before);
    assert!(keys(&vault, NEXT_WEEK, &["rotate", "codes"]).failed(5).contains("Nothing was changed"), "it asks first");
    assert_eq!(document(&vault), before);
    let switched = keys(&vault, NEXT_WEEK, &["rotate", "codes", "--yes", "--json"]).json();
    assert_eq!((&switched["current"], &document(&vault)["codes"]), (&"k2".into(), &"k2".into()));
    assert_eq!(document(&vault)["identifiers"], "k1", "for good");
    assert_eq!(std::fs::metadata(&vault).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn signing_keys_are_listed_by_role_and_algorithm_and_no_key_is_shown() {
    let vault = fresh("list");
    let mut shown = String::new();
    shown += &keys(&vault, NOON, &["rotate", "codes", "--yes"]).done();
    shown += &keys(&vault, NOON, &["rotate", "signing", "--algorithm", "ES256", "--yes"]).done();
    let list = keys(&vault, NOON, &["list", "--json"]).json();
    let lines: Vec<(&str, &str, &str)> = list["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["name"].as_str().unwrap(), key["role"].as_str().unwrap(), key["algorithm"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(
        lines,
        [
            ("k1", "names identifiers, for good; makes codes", ""),
            ("k2", "next", ""),
            ("s1", "signs tokens", "ES256"),
            ("s2", "next", "ES256")
        ]
    );
    shown += &list.to_string();
    shown += &keys(&vault, NOON, &["list", "--reveal"]).done();
    assert!(shown.lines().all(|line| line.starts_with('{') || line.chars().count() <= 80), "{shown}");
    let compromised = keys(&vault, NOON, &["rotate", "signing", "--compromised"]).failed(5);
    assert!(compromised.contains("Every access token that is out ends now"), "{compromised}");
    shown += &keys(&vault, NOON, &["rotate", "signing", "--compromised", "--yes"]).done();
    for secret in secrets(&vault) {
        assert!(!shown.contains(&secret), "a key was shown");
    }
}

#[test]
fn a_vault_that_is_damaged_or_not_there_is_named_and_left_as_it_is() {
    let damaged =
        file("bad-vault", "vault.keys", r#"{"identifiers":"k1","codes":"k2","k1":"0123456789012345678901234567890123456789"}"#);
    for command in [&["list"][..], &["rotate", "codes", "--yes"], &["rotate", "signing", "--yes"]] {
        let complaint = keys(&damaged, NOON, command).failed(2);
        assert!(complaint.contains("vault.keys") && complaint.contains("k2"), "{complaint}");
    }
    assert_eq!(document(&damaged)["codes"], "k2");
    assert!(keys(Path::new("/nonexistent/keys"), NOON, &["list"]).failed(2).contains("/nonexistent/keys cannot be read"));
    assert!(run(&["keys", "list"]).failed(2).contains("--keys-secret ARN (KEYS_SECRET_ARN) or --keys-file FILE"));
    assert_eq!(keys(&damaged, NOON, &["rotate", "signing", "--algorithm", "none", "--yes"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_secrets_manager_are_rotated_there() {
    let outbox = Outbox::new(Arc::new(SystemClock));
    let secret = std::fs::read_to_string(fresh("secrets-manager")).unwrap();
    let aws = AwsStandIn::start(outbox, Some(secret), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let endpoint = aws.endpoint();
    let variables = [
        ("SECRETS_ENDPOINT", endpoint.as_str()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("KEYS_SECRET_ARN", "otp-auth-keys"),
    ];
    let keys = |arguments: &[&str]| run_with(&[&["keys", "--json", "--now", NOON], arguments].concat(), &variables);
    assert_eq!(keys(&["rotate", "signing", "--algorithm", "EdDSA", "--yes"]).json()["current"], "s1");
    let listed = keys(&["list"]).json();
    let names: Vec<&str> = listed["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["k1", "s1", "s2"]);
    aws.set_secret(None);
    assert!(keys(&["list"]).failed(2).contains("otp-auth-keys: the secret could not be read: ResourceNotFoundException"));
}
