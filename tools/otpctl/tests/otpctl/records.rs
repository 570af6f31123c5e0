//! `records`: what became of codes, and never a code.

use serde_json::json;

use super::program::Operator;

const PHONE: &str = "+12345678901";

async fn send(operator: &Operator, identifier: &str) -> String {
    let reply = operator.service.post("send", &json!({ "identifier": identifier })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    operator.service.last_code()
}

async fn guess(operator: &Operator, identifier: &str, code: &str) {
    operator.service.post("verify", &json!({ "identifier": identifier, "otp_code": code })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_shown_with_challenges_attempts_windows_and_the_next_code() {
    let operator = Operator::new("one").await;
    let used = send(&operator, PHONE).await;
    guess(&operator, PHONE, &used).await;
    operator.service.advance(90);
    let waiting = send(&operator, "+1 (234) 567-8901").await;
    guess(&operator, PHONE, "000000").await;

    let text = operator.run_at("2026-11-23T12:02:00Z", &["records", PHONE]).done();
    insta::assert_snapshot!("one_person", text);
    let document = operator.run_at("2026-11-23T12:02:00Z", &["records", PHONE, "--json"]).json();
    insta::assert_json_snapshot!("one_person_json", document);
    for code in [used, waiting] {
        assert!(!text.contains(&code) && !document.to_string().contains(&code), "no code is shown");
    }
    assert!(!text.contains("2345678901"), "{text}");
    assert!(operator.run(&["records", PHONE, "--reveal"]).done().contains(PHONE));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_names_everybody_by_hash_newest_first() {
    let operator = Operator::new("list").await;
    for identifier in [PHONE, "ada@example.com", "+14155552671"] {
        send(&operator, identifier).await;
        operator.service.advance(600);
    }
    let text = operator.run_at("2026-11-23T12:21:00Z", &["records"]).done();
    insta::assert_snapshot!("everybody", text);
    let live = operator.run_at("2026-11-23T12:21:00Z", &["records", "--live", "--json"]).json();
    assert_eq!((live["total"].as_u64(), live["records"][0]["challenges"][0]["state"].as_str()), (Some(1), Some("live")));
    let one = operator.run_at("2026-11-23T12:21:00Z", &["records", "--limit", "1", "--json"]).json();
    assert_eq!((one["total"].as_u64(), one["records"].as_array().unwrap().len()), (Some(3), 1));
    let hash = operator.run(&["records", "+14155552671", "--json"]).json()["item"].as_str().unwrap().to_owned();
    assert!(text.lines().nth(2).unwrap().contains(&hash), "the same hash leads from the person to the line\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_was_sent_nothing_is_not_found() {
    let operator = Operator::new("nobody").await;
    let complaint = operator.run(&["records", "ada@example.com"]).failed(3);
    assert_eq!(complaint, "No code was sent to a***@example.com in the last 90 days.\n");
    let complaint = operator.run(&["records", "12345"]).failed(2);
    assert!(complaint.contains("not a valid phone number"), "{complaint}");
    assert!(operator.run(&["records"]).done().contains("0 of 0 identifiers."));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_item_is_reported_and_does_not_hide_the_others() {
    use aws_sdk_dynamodb::types::AttributeValue;
    let operator = Operator::new("damaged-item").await;
    send(&operator, PHONE).await;
    let damaged = [("pk", AttributeValue::S("I#damagedhash".to_owned())), ("f", AttributeValue::S("many".to_owned()))];
    let put = operator.embedded.client().put_item().table_name("otp-auth");
    let put = damaged.into_iter().fold(put, |put, (name, value)| put.item(name, value));
    put.send().await.unwrap();
    let text = operator.run(&["records"]).done();
    assert!(text.contains("1 of 1 identifiers.") && text.contains("Damaged items") && text.contains("damagedhas"), "{text}");
}
