//! `dev-server --stand-ins`: a function that is given its variables runs on it, through the real SDK.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use otp_auth::config::settings::{SETTINGS, Scope};
use otp_auth::http::{Api, Call};
use otp_auth::wiring::{send_function, verify_function};
use serde_json::Value;

use super::server::{Server, folder, run_to_its_end};

#[tokio::test]
async fn the_functions_run_on_the_stand_ins() {
    let (mut server, variables) = start("functions", &[]);
    let lookup = |name: &str| variables.get(name).cloned();
    let (send, verify) = (send_function(&lookup).await.unwrap(), verify_function(&lookup).await.unwrap());

    let reply = call(&send, "send", r#"{"identifier": "+12345678901"}"#).await;
    assert_eq!(reply.status(), 200, "{reply:?}");
    let code = server.code_for("+1***01");
    assert_eq!(call(&send, "send", r#"{"identifier": "ada@example.com"}"#).await.status(), 200);
    server.code_for("a***@example.com");

    let guess = format!(r#"{{"identifier": "+12345678901", "otp_code": "{code}"}}"#);
    let reply = call(&verify, "verify", &guess).await;
    let body: Value = serde_json::from_str(reply.body()).unwrap();
    assert_eq!((reply.status().as_u16(), &body["user"]["is_authenticated"]), (200, &Value::Bool(true)), "{body}");

    let outbox = server.get("/dev/outbox.json").json();
    assert_eq!((&outbox[0]["provider"], &outbox[1]["provider"]), (&"sns".into(), &"ses".into()));
}

#[test]
fn the_variables_are_plain_and_complete() {
    let (_server, variables) =
        start("variables", &[("OTP_LENGTH", "8"), ("AWS_ACCESS_KEY_ID", "AKIDREAL"), ("APP_NAME", "Acme")]);
    for name in [
        "STAGE",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "TABLE_NAME",
        "KEYS_SECRET_ARN",
        "DYNAMODB_ENDPOINT",
        "SNS_ENDPOINT",
        "SES_ENDPOINT",
        "SECRETS_ENDPOINT",
        "APP_NAME",
        "APP_DOMAIN",
        "SMS_ALLOWED_COUNTRIES",
        "DEFAULT_FROM_EMAIL",
        "CORS_ALLOWED_ORIGINS",
    ] {
        let value = variables.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert!(!value.is_empty() && !value.contains([' ', '"', '\'', '#']), "{name}={value}");
    }
    assert_eq!((variables["STAGE"].as_str(), variables["SMS_ALLOWED_COUNTRIES"].as_str()), ("dev", "US"));
    assert_eq!((variables["OTP_LENGTH"].as_str(), variables["APP_NAME"].as_str()), ("8", "Acme"));
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], "local", "real credentials never get into the file");
    let known = |name: &String| SETTINGS.iter().any(|setting| setting.name == name && setting.scope != Scope::Local);
    assert!(variables.keys().all(known), "{variables:?}");
}

#[test]
fn the_file_of_variables_is_gone_with_the_stand_ins() {
    for signal in ["-TERM", "-INT"] {
        let (mut server, _) = start("gone", &[]);
        assert_eq!(server.end_by(signal).code(), Some(0));
        assert!(!env_file("gone").exists());
    }
}

#[test]
fn the_page_calls_the_functions_where_they_are() {
    let (server, _) = start("page", &[]);
    assert!(server.get("/dev/outbox").body.contains(r#"<html lang="en" data-api="http://localhost:9000">"#));
}

#[test]
fn the_stand_ins_listen_where_they_are_told() {
    let (_server, variables) = start("host", &[("STAND_INS_HOST", "127.0.0.2")]);
    for name in ["DYNAMODB_ENDPOINT", "SNS_ENDPOINT", "SES_ENDPOINT", "SECRETS_ENDPOINT"] {
        assert!(variables[name].starts_with("http://127.0.0.2:"), "{name}={}", variables[name]);
    }
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let (exit, complaint) = run_to_its_end(&["--stand-ins"], &[("PORT", "99999"), ("STAND_INS_HOST", "docker")]);
    assert_eq!(exit, 2);
    let named: Vec<&str> = complaint.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(named, ["PORT", "STAND_INS_HOST"], "{complaint}");
}

/// Starts it in a folder of its own; once it says that it is there, so is the file.
fn start(name: &str, settings: &[(&str, &str)]) -> (Server, BTreeMap<String, String>) {
    let folder = folder(&format!("stand-ins-{name}"));
    let settings: Vec<(&str, &str)> = settings.iter().copied().chain([("PWD", folder.to_str().unwrap())]).collect();
    let server = Server::start(&["--stand-ins"], &settings);
    let text = std::fs::read_to_string(env_file(name)).unwrap();
    let variables = text.lines().map(|line| line.split_once('=').unwrap());
    (server, variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

fn env_file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stand-ins-{name}/target/watch.env"))
}

async fn call(api: &Api, route: &str, body: &str) -> Response<String> {
    let json = HeaderValue::from_static("application/json");
    api.handle(&Call {
        id: "test".to_owned(),
        source: Some([127, 0, 0, 1].into()),
        method: Method::POST,
        path: format!("/api/auth/otp/{route}"),
        headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json)]),
        body: Ok(body.to_owned().into()),
        time_left: None,
        trace: None,
    })
    .await
}
