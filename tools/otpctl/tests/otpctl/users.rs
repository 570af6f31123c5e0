//! `users`: people in the directory, and the same people signing in.

use aws_sdk_dynamodb::types::AttributeValue;
use otp_auth::domain::recipient::Recipient;
use otp_auth::testing::embedded::TABLE;
use otp_auth::testing::service::test_keys;
use serde_json::{Value, json};

use super::program::Operator;

const TEST_USER: [&str; 9] =
    ["users", "create", "--email", "test@example.com", "--phone", "+12345678901", "--name", "testuser", "--yes"];

/// Signs in, and says as whom.
async fn sign_in(operator: &Operator, identifier: &str) -> Value {
    let sent = operator.service.post("send", &json!({ "identifier": identifier })).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let code = operator.service.last_code();
    operator.service.post("verify", &json!({ "identifier": identifier, "otp_code": code })).await.body["user"]["id"].clone()
}

fn users(operator: &Operator) -> Value {
    operator.run(&["users", "list", "--json", "--reveal"]).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_user_signs_in_by_either_identifier() {
    let operator = Operator::new("create").await;
    let created = operator.run(&[&TEST_USER[..], &["--json"]].concat()).json();
    assert_eq!(
        (&created["email"], &created["phone_number"], &created["name"]),
        (&json!("t***@example.com"), &json!("+12***01"), &json!("t***"))
    );
    assert_eq!(sign_in(&operator, "+12345678901").await, created["id"]);
    assert_eq!(sign_in(&operator, "test@example.com").await, created["id"]);
    let shown = operator.run(&["users", "show", "+1 234 567 8901", "--json", "--reveal"]).json();
    assert_eq!((&shown["id"], &shown["email"], &shown["name"]), (&created["id"], &json!("test@example.com"), &json!("testuser")));
    assert_eq!((&shown["email_verified"], &shown["phone_verified"]), (&json!(true), &json!(true)));
    assert_eq!(shown["last_sign_in"], "2026-11-23");
    let id = created["id"].as_str().unwrap();
    insta::assert_snapshot!("user", operator.run(&["users", "show", id]).done().replace(id, "[id]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_is_not_given_to_another_and_nothing_changes() {
    let operator = Operator::new("duplicate").await;
    operator.run(&TEST_USER).done();
    let before = users(&operator);
    let duplicate = operator.run(&["users", "create", "--email", "new@example.com", "--phone", "+12345678901", "--yes"]);
    assert_eq!(duplicate.failed(4), "Nothing was changed: another user has this phone.\n");
    operator.run(&["users", "create", "--email", "other@example.com", "--yes"]).done();
    let link = operator.run(&["users", "link", "other@example.com", "+12345678901", "--yes"]);
    assert_eq!(link.failed(4), "Nothing was changed: another user has this phone.\n");
    let second = operator.run(&["users", "link", "test@example.com", "second@example.com", "--yes"]);
    assert_eq!(second.failed(4), "Nothing was changed: the user has another email.\n");
    let after = users(&operator);
    assert_eq!((&before["total"], &after["total"]), (&json!(1), &json!(2)));
    assert!(after["users"].as_array().unwrap().contains(&before["users"][0]), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_is_not_found_and_what_is_no_user_is_refused() {
    let operator = Operator::new("unknown").await;
    for (who, code, complaint) in [
        ("nobody@example.com", 3, "There is no user n***@example.com."),
        ("0193532f-1c00-7000-8000-000000000000", 3, "There is no user 0193532f-1c00-7000-8000-000000000000."),
        ("12345", 2, "not a valid phone number"),
    ] {
        for command in
            [&["users", "show", who][..], &["users", "disable", who, "--yes"], &["users", "link", who, "a@example.com", "--yes"]]
        {
            let said = operator.run(command).failed(code);
            assert!(said.contains(complaint), "{command:?}: {said}");
        }
    }
    for (arguments, complaint) in [
        (vec!["users", "create", "--email", "no-address", "--yes"], "not of the given type"),
        (vec!["users", "create", "--email", "a@example.com", "--name", "", "--yes"], "A name has 1 to 150 characters"),
        (vec!["users", "create", "--name", "nameless", "--yes"], "--email"),
    ] {
        assert!(operator.run(&arguments).failed(2).contains(complaint), "{arguments:?}");
    }
    assert_eq!(users(&operator)["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_gets_no_message_until_enabled_and_nothing_changes_unasked() {
    let operator = Operator::new("disable").await;
    operator.run(&TEST_USER).done();
    assert!(operator.run(&["users", "disable", "+12345678901"]).failed(5).contains("Nothing was changed"));
    operator.run(&["users", "disable", "+12345678901", "--yes"]).done();
    let explain = ["explain", "+12345678901", "--json", "--set", "SMS_ALLOWED_COUNTRIES=US"];
    assert_eq!(operator.run(&explain).json()["reason"], "user_disabled");
    let sent = operator.service.post("send", &json!({ "identifier": "+12345678901" })).await;
    assert_eq!((sent.status.as_u16(), operator.service.outbox.sent().len()), (200, 0), "the reply does not tell");
    assert_eq!(operator.run(&["users", "list", "--disabled", "--json"]).json()["total"], 1);
    operator.run(&["users", "enable", "+12345678901", "--yes"]).done();
    assert_eq!(operator.run(&["users", "list", "--disabled", "--json"]).json()["total"], 0);
    operator.service.advance(60);
    assert_eq!(sign_in(&operator, "+12345678901").await, users(&operator)["users"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabling_by_hand_is_told_and_put_right() {
    let operator = Operator::new("by-hand").await;
    operator.run(&TEST_USER).done();
    let pointer = test_keys().unwrap().pointer_key(&Recipient::parse("+12345678901", None).unwrap());
    let update = operator.embedded.client().update_item().table_name(TABLE).key("pk", AttributeValue::S(pointer));
    let update = update.update_expression("SET disabled = :true");
    update.expression_attribute_values(":true", AttributeValue::Bool(true)).send().await.unwrap();
    let explained = operator.run(&["explain", "+12345678901", "--json", "--set", "SMS_ALLOWED_COUNTRIES=US"]).json();
    let explained = explained["checks"].to_string();
    assert!(explained.contains("its user is disabled, but not all of the table says so"), "{explained}");
    let send = json!({ "identifier": "+12345678901" });
    operator.service.post("send", &send).await;
    assert_eq!(operator.service.outbox.sent().len(), 1, "a message leaves");
    // Of the user itself, too.
    let user = format!("U#{}", users(&operator)["users"][0]["id"].as_str().unwrap());
    let update = operator.embedded.client().update_item().table_name(TABLE).key("pk", AttributeValue::S(user));
    let update = update.update_expression("SET disabled = :true");
    update.expression_attribute_values(":true", AttributeValue::Bool(true)).send().await.unwrap();
    operator.run(&["users", "disable", "+12345678901", "--yes"]).done();
    operator.service.advance(60);
    operator.service.post("send", &send).await;
    assert_eq!(operator.service.outbox.sent().len(), 1, "no other one does");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_is_linked_and_taken_away() {
    let operator = Operator::new("link").await;
    let created = operator.run(&["users", "create", "--email", "ada@example.com", "--yes", "--json"]).json();
    operator.run(&["users", "link", "ada@example.com", "+12345678901", "--yes"]).done();
    assert_eq!(sign_in(&operator, "+12345678901").await, created["id"]);
    operator.run(&["users", "unlink", "ada@example.com", "phone", "--yes"]).done();
    assert!(operator.run(&["users", "unlink", "ada@example.com", "phone", "--yes"]).failed(3).contains("has no phone"));
    operator.service.advance(60);
    assert_ne!(sign_in(&operator, "+12345678901").await, created["id"], "whoever has the number now is somebody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_masks_everybody() {
    let operator = Operator::new("masked").await;
    operator.run(&TEST_USER).done();
    let list = operator.run(&["users", "list"]).done();
    assert!(list.contains("1 of 1 users"), "{list}");
    let masked: Vec<&str> = list.split_whitespace().filter(|word| word.contains("***")).collect();
    assert_eq!(masked, ["t***@example.com*", "+12***01*"], "both, whole, in this order, and nobody else's: {list}");
    assert!(!list.contains("testuser") && !list.contains("2345678901"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}
