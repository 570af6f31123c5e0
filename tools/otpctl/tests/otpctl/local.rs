//! `--local`: the table, the keys and the settings of a `make run`.

use otp_auth::testing::embedded::TABLE;
use serde_json::json;

use super::program::{NOON, Operator, local_server, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_local_server_says_where_its_table_is_and_what_it_runs_by() {
    let operator = Operator::new("local").await;
    operator.service.post("send", &json!({ "identifier": "+12345678901" })).await;
    let settings = json!({ "STAGE": "local", "SMS_ALLOWED_COUNTRIES": "*", "OTP_MAX_ATTEMPTS": "3" });
    let page =
        json!({ "endpoint": operator.embedded.endpoint(), "table": TABLE, "keys_file": operator.keys, "settings": settings });
    let local = format!("--local={}", local_server(&page));
    let records = run(&[&local, "records", "+12345678901", "--now", NOON, "--json"]).json();
    assert_eq!(records["challenges"][0]["max_attempts"], 3, "by the server's own settings");
    let told = run(&[&local, "records", "+12345678901", "--now", NOON, "--json", "--set", "OTP_MAX_ATTEMPTS=4"]).json();
    assert_eq!(told["challenges"][0]["max_attempts"], 4, "unless told otherwise");
    assert_eq!(run(&[&local, "explain", "+12345678901", "--now", NOON, "--json"]).json()["reason"], "identifier_window");
}

#[test]
fn a_test_message_is_asked_of_the_local_server() {
    let local = format!("--local={}", local_server(&json!({})));
    assert!(run(&[&local, "send-test", "+12345678901"]).failed(5).contains("+12***01"));
    let sent = run(&[&local, "send-test", "+12345678901", "--yes"]).done();
    assert_eq!(sent, "The outbox took the message to +12***01.\n");
}

#[test]
fn another_program_on_the_port_is_not_taken_for_it() {
    let local = format!("--local={}", local_server(&json!({ "status": "ok" })));
    assert!(run(&[&local, "records"]).failed(1).contains("another program does"));
}
