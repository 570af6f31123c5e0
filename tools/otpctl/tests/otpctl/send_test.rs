//! `send-test` over the wire of SNS and SES, to their stand-in.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::system::SystemClock;
use otp_auth::testing::aws_stand_in::{AwsStandIn, Fault};
use serde_json::{Value, json};

use super::program::{self, Ran, run_with};

struct Provider {
    outbox: Outbox,
    aws: AwsStandIn,
}

impl Provider {
    async fn start() -> Self {
        let outbox = Outbox::new(Arc::new(SystemClock));
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let aws = AwsStandIn::start(outbox.clone(), None, anywhere).await.unwrap();
        Self { outbox, aws }
    }

    fn send_test(&self, arguments: &[&str]) -> Ran {
        let endpoint = self.aws.endpoint();
        let variables = [
            ("SNS_ENDPOINT", endpoint.as_str()),
            ("SES_ENDPOINT", endpoint.as_str()),
            ("SMS_ALLOWED_COUNTRIES", "US"),
            ("DEFAULT_FROM_EMAIL", "login@example.com"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("HOME", "/nonexistent"),
        ];
        run_with(&[&["send-test"], arguments].concat(), &variables)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_and_a_mail_go_through_their_providers_and_no_code_is_shown() {
    let provider = Provider::start().await;
    for (to, by) in
        [("+12345678901", "sns took the message to +12***01"), ("ada@example.com", "ses took the message to a***@example.com")]
    {
        let said = provider.send_test(&[to, "--yes"]).done();
        assert!(said.starts_with(by), "{said}");
        let sent = provider.outbox.sent().pop().unwrap();
        let (_, code) = sent.text.rsplit_once('#').unwrap();
        assert!(sent.to == to && code.len() == 6 && !said.contains(code));
    }
    assert_eq!(provider.outbox.sent().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_the_functions_would_send_nothing_or_nobody_said_yes() {
    let provider = Provider::start().await;
    assert!(provider.send_test(&["+4915112345678", "--yes"]).failed(1).contains("Not served: country"));
    assert!(provider.send_test(&["+12345678901"]).failed(5).contains("Providers charge for it"));
    assert!(provider.send_test(&["+12345678901", "--yes", "--locale", "tlh"]).failed(2).contains("--locale"));
    let no_mail = ["ada@example.com", "--yes", "--set", "DEFAULT_FROM_EMAIL="];
    assert!(provider.send_test(&no_mail).failed(2).contains("This channel is off"));
    assert!(provider.outbox.sent().is_empty());
}

/// A second provider that does not work is found while the first one does.
#[tokio::test(flavor = "multi_thread")]
async fn each_provider_is_asked_where_that_is_wanted() {
    let provider = Provider::start().await;
    let file = program::file("send-test-each", "keys", &secrets());
    let smtp = ["--set", "EMAIL_HOST=localhost", "--set", "EMAIL_PORT=1", "--set", "EMAIL_HOST_USER=ada"];
    let keys = ["--keys-file", file.to_str().unwrap(), "--set", "EMAIL_PROVIDERS=ses,smtp"];
    let both = [&["ada@example.com", "--yes"], &smtp[..], &keys].concat();
    assert!(!provider.send_test(&both).done().contains("smtp"), "the first one has taken it");
    let Ran { code, out, err } = provider.send_test(&[&both[..], &["--each"]].concat());
    assert!(
        out.starts_with("ses took the message to a***@example.com") && out.ends_with("smtp was not reached: no connection.\n"),
        "{out}"
    );
    assert_eq!((code, err.trim()), (1, "Not every provider took it."));
    let json = provider.send_test(&[&both[..], &["--each", "--json"]].concat()).out;
    let asked = &serde_json::from_str::<Value>(&json).unwrap()["asked"];
    assert_eq!((&asked[0]["outcome"], &asked[1]["outcome"]), (&json!("accepted"), &json!("unreached")));
    assert_eq!(provider.outbox.sent().len(), 3);
}

/// Whoever wants no more messages is not asked for by way of somebody else, as in the functions.
#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_ends_the_search() {
    let provider = Provider::start().await;
    provider.aws.script([Fault::Refuse(400, "OptedOut")]);
    let file = program::file("send-test-opt-out", "keys", &secrets());
    let twilio = ["--set", "SMS_PROVIDERS=sns,twilio", "--set", "TWILIO_ACCOUNT_SID=AC0123456789abcdef0123456789abcdef"];
    let from = ["--set", "TWILIO_FROM_NUMBER=+12065550100", "--keys-file", file.to_str().unwrap()];
    let said = provider.send_test(&[&["+12345678901", "--yes"], &twilio[..], &from].concat()).failed(1);
    assert_eq!(said.trim(), "sns refused the message: OptedOut (opted_out). Nothing was sent.");
}

fn secrets() -> String {
    let key = "k".repeat(64);
    json!({ "identifiers": "k1", "codes": "k1", "k1": key, "smtp:password": "p", "twilio:auth_token": "t" }).to_string()
}

/// Nobody listens at the first one; the second is asked, and both are told of.
#[tokio::test(flavor = "multi_thread")]
async fn who_did_not_take_it_is_told_with_the_reason() {
    let provider = Provider::start().await;
    let smtp = ["ada@example.com", "--yes", "--set", "EMAIL_PROVIDERS=smtp,ses", "--set", "EMAIL_HOST=localhost"];
    let closed = ["--set", "EMAIL_PORT=1", "--set", "EMAIL_HOST_USER=ada"];
    let without_secret = provider.send_test(&[&smtp[..], &closed].concat()).failed(1);
    assert!(without_secret.contains("the secret's field smtp:password must be set"), "{without_secret}");
    let file = program::file("send-test", "keys", &secrets());
    let keys = ["--keys-file", file.to_str().unwrap()];
    let said = provider.send_test(&[&smtp[..], &closed, &keys].concat()).done();
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("smtp was not reached: no connection."));
    assert!(lines.next().unwrap().starts_with("ses took the message to a***@example.com"), "{said}");
    assert_eq!(provider.outbox.sent().len(), 1);
}
