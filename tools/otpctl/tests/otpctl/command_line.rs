//! What is said before anything is asked of a table.

use super::program::{Operator, file, run, run_with};

#[test]
fn without_arguments_it_teaches() {
    let help = run(&[]);
    assert_eq!(help.code, 2);
    for part in ["Usage: otpctl", "Examples:", "otpctl --local records", "Exit codes:", "5  not confirmed"] {
        assert!(help.err.contains(part), "{part}\n{}", help.err);
    }
}

#[test]
fn every_command_has_a_help_with_an_example_and_no_line_wider_than_the_terminal() {
    for command in [
        vec!["records"],
        vec!["stats"],
        vec!["report"],
        vec!["send-test"],
        vec!["explain"],
        vec!["unblock"],
        vec!["stop"],
        vec!["resume"],
        vec!["stops"],
        vec!["simulate"],
        vec!["table", "create"],
        vec!["users", "create"],
        vec!["users", "show"],
        vec!["users", "list"],
        vec!["users", "disable"],
        vec!["users", "enable"],
        vec!["users", "link"],
        vec!["users", "unlink"],
        vec!["keys", "list"],
        vec!["keys", "rotate"],
        vec!["completions"],
    ] {
        let help = run(&[&command[..], &["--help"]].concat()).done();
        assert!(help.contains("Example"), "{command:?}\n{help}");
        let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > 100).collect();
        assert!(wide.is_empty(), "{wide:?}");
    }
}

#[test]
fn completions_exist_for_every_shell_and_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).done();
        for command in ["records", "stats", "report", "simulate", "send-test", "explain", "users", "keys"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn what_is_missing_is_named() {
    assert!(run(&["records"]).failed(2).contains("Which table? Say --local"));
    let elsewhere = ["--endpoint", "http://localhost:1", "--table", "t"];
    let no_keys = run(&[&["records", "+12345678901"], &elsewhere[..]].concat()).failed(2);
    assert!(no_keys.contains("--keys-secret ARN (KEYS_SECRET_ARN) or --keys-file FILE"), "{no_keys}");
    let on_aws = run(&["table", "create", "--table", "t", "--yes"]).failed(2);
    assert!(on_aws.contains("On AWS the table comes from template.yaml"), "{on_aws}");
}

#[test]
fn on_aws_a_region_and_credentials_are_needed() {
    let quiet = [("AWS_EC2_METADATA_DISABLED", "true")];
    let no_region = run_with(&["records", "--table", "t"], &quiet).failed(2);
    assert!(no_region.contains("Which AWS Region?"), "{no_region}");
    let no_credentials = run_with(&["records", "--table", "t", "--region", "eu-west-1"], &quiet).failed(1);
    assert!(no_credentials.contains("No AWS credentials"), "{no_credentials}");
}

#[test]
fn a_table_that_does_not_answer_is_no_empty_table() {
    let gone = run(&["records", "--endpoint", "http://127.0.0.1:1", "--table", "t"]).failed(1);
    assert!(gone.contains("the store is unavailable: no connection"), "{gone}");
}

#[test]
fn a_local_server_that_is_not_there_is_named_with_its_port() {
    let gone = run(&["--local=1", "records"]).failed(1);
    assert!(gone.contains("No local server answers on port 1") && gone.contains("make run"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_damaged_are_named_by_file_and_not_shown() {
    let operator = Operator::new("damaged-keys").await;
    let secret = "a-secret-that-is-too-short";
    for (text, fault) in [
        ("not json", "the secret is not a JSON object of strings"),
        (&*format!(r#"{{"identifiers":"k1","codes":"k1","k1":"{secret}"}}"#), "key k1 is shorter than 32 characters"),
        (&*format!(r#"{{"identifiers":"k1","k1":"{secret}"}}"#), "the secret's field codes must name a key"),
    ] {
        let keys = file("damaged-keys", "damaged", text);
        let ran = run(&[
            "records",
            "+12345678901",
            "--endpoint",
            &operator.embedded.endpoint(),
            "--table",
            "otp-auth",
            "--keys-file",
            keys.to_str().unwrap(),
        ]);
        let complaint = ran.failed(2);
        assert!(complaint.contains(fault) && complaint.contains("damaged-keys/damaged"), "{complaint}");
        assert!(!complaint.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_checked_all_at_once() {
    let operator = Operator::new("settings").await;
    let ran = operator.run(&["records", "+12345678901", "--set", "OTP_LENGTH=5", "--set", "OTP_MAX_ATTEMPTS=11"]);
    let complaint = ran.failed(2);
    assert!(complaint.contains("OTP_LENGTH must be a whole number from 6 to 10"), "{complaint}");
    assert!(complaint.contains("OTP_MAX_ATTEMPTS must be a whole number from 1 to 10"), "{complaint}");
    let settings = file("settings", "bad.env", "# ours\nOTP_LENGTH=8\nnot a setting\n");
    let ran = operator.run(&["records", "+12345678901", "--env-file", settings.to_str().unwrap()]);
    assert!(ran.failed(2).contains("bad.env, line 3: a setting looks like NAME=value"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_made_once() {
    let operator = Operator::new("table").await;
    let create = |yes: &[&str]| {
        run(&[&["table", "create", "--endpoint", &operator.embedded.endpoint(), "--table", "another"], yes].concat())
    };
    assert!(create(&[]).failed(5).contains("Nothing was changed"), "it asks, and nobody is there");
    assert_eq!(create(&["--yes"]).done(), "The table another is there now.\n");
    assert_eq!(create(&["--yes", "--json"]).json()["created"], false);
}
