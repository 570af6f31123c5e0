//! `explain`, `unblock`, and the kill switch, beside a running service.

use std::net::IpAddr;

use otp_auth::domain::guard::GuardPolicy;
use otp_auth::domain::guard::budget::{MicroUsd, MoneyBudget};
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::testing::service::Setup;
use serde_json::{Value, json};

use super::program::Operator;

const PHONE: &str = "+12345678901";
const LOCAL: [&str; 4] = ["--set", "STAGE=local", "--set", "SMS_ALLOWED_COUNTRIES=*"];

async fn send_from(operator: &Operator, identifier: &str, address: [u8; 4]) -> u16 {
    let mut call = operator.service.request("send", &json!({ "identifier": identifier }));
    call.source = Some(IpAddr::from(address));
    operator.service.call(&call).await.status.as_u16()
}

async fn send(operator: &Operator, identifier: &str) -> u16 {
    send_from(operator, identifier, [203, 0, 113, 7]).await
}

/// The guard as it is by default, open to every country.
fn strict(mut setup: Setup) -> Setup {
    setup.guard = GuardPolicy { countries: SmsCountries::All, ..GuardPolicy::default() };
    setup
}

fn now(operator: &Operator) -> String {
    operator.service.now().to_rfc3339()
}

fn explain(operator: &Operator, identifier: &str, more: &[&str]) -> Value {
    let mail = ["--set", "DEFAULT_FROM_EMAIL=login@example.com", "--json"];
    operator.run_at(&now(operator), &[&["explain", identifier], &LOCAL[..], &mail, more].concat()).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stopped_is_answered_with_503_within_a_minute_until_it_is_resumed() {
    let operator = Operator::new("stop").await;
    assert_eq!(send(&operator, PHONE).await, 200);
    assert_eq!(operator.run(&["stops"]).done(), "Nothing is stopped.\n");
    assert!(operator.run(&["stop", "sms"]).failed(5).contains("Nothing was changed"));
    assert_eq!(
        operator.run(&["stop", "sms", "--yes"]).done(),
        "Stopped: texts. Functions that are running notice within 30 seconds.\n"
    );
    assert_eq!(operator.run(&["stop", "sms", "--yes", "--json"]).json()["changed"], false);
    operator.service.advance(60);
    assert_eq!(send(&operator, PHONE).await, 503);
    assert_eq!(send(&operator, "ada@example.com").await, 200, "mail goes on");
    assert_eq!(operator.run(&["stops", "--json"]).json(), json!({ "stopped": ["sms"] }));
    assert_eq!(explain(&operator, PHONE, &[])["reason"], "stopped");

    assert!(operator.run(&["resume", "sms", "--yes"]).done().starts_with("Sent again: texts."));
    operator.service.advance(60);
    assert_eq!(send(&operator, PHONE).await, 200);
    assert_eq!(operator.run(&["resume", "sms", "--yes"]).done(), "Not stopped: texts.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_country_is_stopped_and_no_other() {
    let operator = Operator::new("stop-country").await;
    operator.run(&["stop", "country", "de", "--yes"]).done();
    assert_eq!((send(&operator, "+4915112345678").await, send(&operator, PHONE).await), (503, 200));
    assert!(operator.run(&["stop", "country", "XX", "--yes"]).failed(2).contains("no such ISO 3166-1 country code"));
    assert_eq!(operator.run(&["stops", "--json"]).json(), json!({ "stopped": ["DE"] }), "nothing else was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn unblocking_opens_the_windows_of_an_identifier_and_keeps_its_challenges() {
    let operator = Operator::new("unblock").await;
    assert_eq!((send(&operator, PHONE).await, send(&operator, PHONE).await), (200, 429));
    let code = operator.service.last_code();
    assert!(operator.run(&["unblock", PHONE]).failed(5).contains("+12***01"));
    assert_eq!(send(&operator, PHONE).await, 429, "it was not confirmed");
    assert_eq!(operator.run(&["unblock", PHONE, "--yes"]).done(), "Open again: +12***01.\n");
    assert_eq!(send(&operator, PHONE).await, 200);
    let records = operator.run_at(&now(&operator), &["records", PHONE, "--json"]).json();
    assert_eq!(records["challenges"].as_array().unwrap().len(), 2, "{records}");
    assert_ne!(code, operator.service.last_code());
    assert!(operator.run(&["unblock", "ada@example.com", "--yes"]).failed(3).contains("Nothing is counted for a***@example.com"));
    assert_eq!(operator.run(&["unblock"]).code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_guesses_are_forgotten_only_when_asked_for() {
    let operator = Operator::new("failures").await;
    for _ in 0..2 {
        assert_eq!(send(&operator, PHONE).await, 200);
        for _ in 0..5 {
            operator.service.post("verify", &json!({ "identifier": PHONE, "otp_code": "000000" })).await;
        }
        operator.service.advance(60);
    }
    let next =
        |operator: &Operator| operator.run_at(&now(operator), &["records", PHONE, "--json"]).json()["next_code_length"].clone();
    assert_eq!(next(&operator), 8);
    operator.run_at(&now(&operator), &["unblock", PHONE, "--yes"]).done();
    assert_eq!(next(&operator), 8, "the sends were forgotten, and the failures were not");
    operator.run_at(&now(&operator), &["unblock", PHONE, "--failures", "--yes"]).done();
    assert_eq!(next(&operator), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn unblocking_opens_a_prefix_and_an_address() {
    let operator = Operator::with("unblock-more", |mut setup| {
        setup.policy.address_per_hour = 3;
        strict(setup)
    })
    .await;
    let neighbour = |n: u32| format!("+12345678{n:03}");
    for n in 0..5_u8 {
        assert_eq!(send_from(&operator, &neighbour(u32::from(n) + 100), [198, 51, 100, n]).await, 200);
    }
    assert_ne!(send_from(&operator, &neighbour(106), [198, 51, 100, 6]).await, 200, "the prefix is full");
    assert_eq!(explain(&operator, &neighbour(108), &[])["reason"], "prefix_hour");
    operator.run(&["unblock", "--prefix", &neighbour(200), "--yes"]).done();
    assert_eq!(send_from(&operator, &neighbour(107), [198, 51, 100, 7]).await, 200);

    for person in ["a@example.com", "b@example.com", "c@example.com"] {
        assert_eq!(send(&operator, person).await, 200);
    }
    assert_eq!(send(&operator, "d@example.com").await, 429, "the address is full");
    let address = ["--address", "203.0.113.7", "--set", "RATE_SEND_PER_ADDRESS_PER_HOUR=3"];
    assert_eq!(explain(&operator, "d@example.com", &address)["reason"], "address_window");
    operator.run(&["unblock", "--address", "203.0.113.7", "--yes"]).done();
    assert_eq!(send(&operator, "d@example.com").await, 200);
    assert!(operator.run(&["unblock", "--address", "192.0.2.1", "--yes"]).failed(3).contains("Nothing is counted"));
}

/// What `explain` says would happen is what happens, through an hour in which one window after the other closes.
#[tokio::test(flavor = "multi_thread")]
async fn explain_says_beforehand_what_the_service_does() {
    let operator = Operator::with("explain", |mut setup| {
        (setup.policy.address_per_minute, setup.policy.address_per_hour) = (5, 20);
        strict(setup)
    })
    .await;
    let people = [PHONE, "+12345678902", "+12345678903", "+4915112345678", "+33612345678", "+447400123456", "ada@example.com"];
    let (mut sent, mut refused) = (0, 0);
    for step in 0..48 {
        let (person, host) = (people[step % people.len()], (step % 3 + 7) as u8);
        let address = format!("203.0.113.{host}");
        let said = explain(&operator, person, &["--address", &address]);
        let status = send_from(&operator, person, [203, 0, 113, host]).await;
        assert_eq!(said["would_send"], status == 200, "step {step}, {person} from {address}: {status}\n{said:#}");
        if status == 200 {
            sent += 1
        } else {
            refused += 1
        }
        operator.service.advance(if step % 2 == 0 { 7 } else { 31 });
    }
    assert!(sent >= 10 && refused >= 10, "both happened: {sent} and {refused}");
}

/// Where texts go to one country alone, its counters are the day's.
#[tokio::test(flavor = "multi_thread")]
async fn one_country_is_explained_and_summed_up_like_a_day() {
    let operator = Operator::with("one-country", |mut setup| {
        setup.guard.countries = SmsCountries::Only(["US".to_owned()].into());
        setup.guard.budget.money =
            Some(MoneyBudget { per_day: MicroUsd(1_000_000), prices: [("US".to_owned(), MicroUsd(7_500))].into() });
        setup
    })
    .await;
    for number in [PHONE, "+12345678902", "+12345678903"] {
        assert_eq!(send(&operator, number).await, 200);
    }
    let settings =
        ["--set", "SMS_ALLOWED_COUNTRIES=US", "--set", "SMS_PRICES_USD=US=0.0075", "--set", "SMS_BUDGET_USD_PER_DAY=1"];
    let shown = operator.run_at(&now(&operator), &[&["explain", "+12345678904"], &settings[..]].concat()).done();
    let row = |name: &str| shown.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(row("country budget").contains(" 3 of 250 texts"), "{shown}");
    assert!(row("day budget").contains(" 3 of 500 texts") && row("day budget").contains("0.0225"), "{shown}");
    let stats = operator.run_at(&now(&operator), &["stats", "--days", "1", "--json"]).json();
    assert_eq!((&stats["countries"][0]["name"], &stats["countries"][0]["messages"]), (&json!("US"), &json!(3)), "{stats:#}");
    assert_eq!(stats["spent_usd"], "0.0225", "{stats:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_every_check_with_its_figures() {
    let operator = Operator::new("explain-text").await;
    send(&operator, PHONE).await;
    let arguments = [&["explain", PHONE, "--address", "203.0.113.7"], &LOCAL[..]].concat();
    insta::assert_snapshot!("explain", operator.run(&arguments).done());
    let one = ["--set", "STAGE=local", "--set", "SMS_ALLOWED_COUNTRIES=US", "--address", "203.0.113.7", "--json"];
    let said = operator.run(&[&["explain", PHONE], &one[..]].concat()).json().to_string();
    assert!(said.contains("not counted: it may ask for 3, and no more are allowed"), "{said}");
    let closed = operator.run(&["explain", PHONE, "--set", "SMS_ALLOWED_COUNTRIES=DE"]).done();
    assert!(closed.starts_with("A code for +12***01 (US) would not be sent.\nReason: country."), "{closed}");
}
