//! `make run`, as a newcomer meets it: the real program over real HTTP.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use otp_auth::testing::embedded::{Embedded, TABLE};
use serde_json::Value;

use super::server::{Server, folder, run_to_its_end};

const SEND: &str = "/api/auth/otp/send/";
const VERIFY: &str = "/api/auth/otp/verify/";
const ASK_BY_PHONE: &str = r#"{"identifier": "+12345678901", "type": "phone"}"#;

fn answer_by_phone(code: &str) -> String {
    format!(r#"{{"identifier": "+12345678901", "otp_code": "{code}", "type": "phone"}}"#)
}

#[test]
fn the_guides_two_calls_verify_a_user_once() {
    let mut server = Server::start(&[], &[]);
    let sent = server.post(SEND, ASK_BY_PHONE);
    assert_eq!((sent.status, sent.json()["message"].as_str()), (200, Some("Verification code sent to +12***01")), "{sent:?}");
    let code = server.code_for("+1***01");
    let verified = server.post(VERIFY, &answer_by_phone(&code));
    assert_eq!((verified.status, &verified.json()["user"]["is_authenticated"]), (200, &Value::Bool(true)), "{verified:?}");
    let again = server.post(VERIFY, &answer_by_phone(&code));
    assert_eq!(again.status, 400);
    assert!(again.json()["error"].is_string(), "{again:?}");
}

#[test]
fn the_console_shows_the_two_calls_with_the_real_port() {
    let mut server = Server::start(&[], &[]);
    server.line_with("Ctrl-C");
    let base = format!("curl -X POST http://localhost:{}/api/auth/otp", server.port);
    let header = r#"-H "Content-Type: application/json" -d"#;
    for call in [
        format!(r#"{base}/send/ {header} '{{"identifier": "+12345678901", "type": "phone"}}'"#),
        format!(
            r#"{base}/verify/ {header} '{{"identifier": "+12345678901", "otp_code": "<from the console>", "type": "phone"}}'"#
        ),
    ] {
        assert!(server.welcome.lines().any(|line| line == call), "{call}\n{}", server.welcome);
    }
}

#[test]
fn both_channels_are_in_the_outbox_newest_last() {
    let mut server = Server::start(&[], &[]);
    assert_eq!(server.post(SEND, ASK_BY_PHONE).status, 200);
    assert_eq!(server.post("/api/auth/otp/send", r#"{"identifier": "Ada@Example.com"}"#).status, 200);
    let codes = [server.code_for("+1***01"), server.code_for("a***@example.com")];
    let outbox = server.get("/dev/outbox.json").json();
    let [text, mail] = outbox.as_array().unwrap().as_slice() else { panic!("{outbox}") };
    let fields: Vec<&String> = text.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["channel", "html", "provider", "sent_at", "subject", "text", "to"]);
    assert_eq!((text["channel"].as_str(), text["to"].as_str()), (Some("sms"), Some("+12345678901")));
    assert!(text["subject"].is_null() && text["html"].is_null());
    assert_eq!((mail["channel"].as_str(), mail["to"].as_str()), (Some("email"), Some("ada@example.com")));
    assert_eq!((mail["provider"].as_str(), text["provider"].as_str()), (Some("outbox"), Some("outbox")));
    for (message, code) in [text, mail].iter().zip(codes) {
        assert!(message["text"].as_str().unwrap().ends_with(&format!("\n@localhost #{code}")), "{message}");
    }
}

#[test]
fn the_outbox_page_may_load_and_run_nothing_but_itself() {
    let server = Server::start(&[], &[]);
    let page = server.get("/dev/outbox");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy: default-src 'none'; style-src 'unsafe-inline'"), "{}", page.head);
    assert!(page.body.contains("<title>Outbox</title>"));
    let root = server.get("/");
    assert_eq!(root.status, 307);
    assert!(root.head.contains("location: /dev/outbox"));
}

#[test]
fn the_outbox_is_for_this_machine_only() {
    let server = Server::start(&[], &[]);
    for path in ["/dev/outbox", "/dev/outbox.json"] {
        for host in ["Host: evil.example\r\n", "Host: localhost.evil.example\r\n", "Host: \r\n"] {
            let reply = server.request(&format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n"));
            assert_eq!(reply.status, 403, "{path} {host}");
        }
        assert_eq!(server.request(&format!("GET {path} HTTP/1.0\r\n\r\n")).status, 403, "{path} without a host");
    }
}

#[test]
fn localhost_is_served_by_either_address() {
    let server = Server::start(&[], &[]);
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(server.request_at((Ipv4Addr::LOCALHOST, server.port).into(), request).status, 307);
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        assert_eq!(server.request_at((Ipv6Addr::LOCALHOST, server.port).into(), request).status, 307);
    }
}

#[test]
fn any_other_path_is_the_contracts_404() {
    let server = Server::start(&[], &[]);
    for path in ["/nowhere", "/api/auth/otp", "/dev", "/dev/outbox/"] {
        let reply = server.get(path);
        assert_eq!((reply.status, reply.json()["code"].as_str()), (404, Some("not_found")), "{path}");
        assert!(reply.head.contains("content-type: application/problem+json"), "{path}");
    }
}

#[test]
fn a_body_of_a_megabyte_is_too_large_and_harms_nothing() {
    let server = Server::start(&[], &[]);
    for size in [8 * 1024 + 1, 1 << 20, 10 << 20] {
        let reply = server.post(SEND, &" ".repeat(size));
        assert_eq!((reply.status, reply.json()["code"].as_str()), (413, Some("payload_too_large")), "{size}");
    }
    assert_eq!(server.post(SEND, ASK_BY_PHONE).status, 200);
}

#[test]
fn settings_of_the_policy_are_environment_variables() {
    let settings =
        [("OTP_LENGTH", "8"), ("OTP_EXPIRY_MINUTES", "3"), ("APP_NAME", "Acme"), ("RATE_SEND_PER_IDENTIFIER_PER_HOUR", "3")];
    let mut server = Server::start(&[], &settings);
    let sent = server.post(SEND, ASK_BY_PHONE).json();
    assert_eq!(
        (&sent["code_length"], &sent["expires_in_minutes"], &sent["remaining_attempts"]),
        (&8.into(), &3.into(), &2.into())
    );
    assert_eq!(server.code_for("+1***01").len(), 8);
    let text = &server.get("/dev/outbox.json").json()[0]["text"];
    assert!(text.as_str().unwrap().contains("your Acme code"), "{text}");
}

#[test]
fn an_empty_setting_is_an_unset_one() {
    let server = Server::start(&[], &[("OTP_LENGTH", ""), ("SMS_ALLOWED_COUNTRIES", " "), ("OTP_DB", ""), ("APP_NAME", "")]);
    assert_eq!(server.post(SEND, ASK_BY_PHONE).status, 200);
}

#[test]
fn every_wrong_setting_is_named_at_once() {
    let wrong = [("PORT", "http"), ("OTP_LENGTH", "3"), ("CHALLENGE_BINDING", "maybe"), ("DEFAULT_FROM_EMAIL", "nobody")];
    let (exit, complaint) = run_to_its_end(&[], &wrong);
    assert_eq!(exit, 2);
    let named: Vec<&str> = complaint.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(named, ["PORT", "OTP_LENGTH", "CHALLENGE_BINDING", "DEFAULT_FROM_EMAIL"], "{complaint}");
}

#[test]
fn a_taken_port_is_a_clear_sentence() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let (exit, complaint) = run_to_its_end(&[], &[("PORT", &port.to_string())]);
    assert_eq!(exit, 1);
    assert!(complaint.starts_with(&format!("Port {port} is taken by another program. Set PORT to")), "{complaint}");
    assert_eq!(complaint.lines().count(), 1);
}

#[test]
fn unknown_arguments_are_told_the_known_ones() {
    let (exit, complaint) = run_to_its_end(&["--port", "9"], &[]);
    assert_eq!(exit, 2);
    assert!(complaint.contains("--stand-ins"), "{complaint}");
}

#[test]
fn signals_end_it_cleanly_even_while_somebody_is_connected() {
    for signal in ["-INT", "-TERM"] {
        let mut server = Server::start(&[], &[]);
        let _idle = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
        assert_eq!(server.end_by(signal).code(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn users_and_limits_outlive_a_restart_when_the_table_is_in_a_file() {
    let file = folder("restart").join("otp.sqlite");
    let file = file.to_str().unwrap();
    let run = || Server::start(&[], &[("OTP_DB", file)]);
    let before = sign_in(&mut run());
    assert_eq!(run().post(SEND, ASK_BY_PHONE).status, 429, "the cooldown of the first run still holds");
    forget_limits(file).await;
    assert_eq!(sign_in(&mut run()), before);
    let mode = std::fs::metadata(format!("{file}.keys")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_code_outlives_a_restart_when_the_table_is_in_a_file() {
    let file = folder("code").join("otp.sqlite");
    let settings = [("OTP_DB", file.to_str().unwrap())];
    let mut first = Server::start(&[], &settings);
    first.post(SEND, ASK_BY_PHONE);
    let code = first.code_for("+1***01");
    assert_eq!(first.end_by("-INT").code(), Some(0));
    assert_eq!(Server::start(&[], &settings).post(VERIFY, &answer_by_phone(&code)).status, 200);
}

#[test]
fn a_session_and_its_keys_outlive_a_restart_when_the_table_is_in_a_file() {
    let file = folder("session").join("otp.sqlite");
    let settings = [("OTP_DB", file.to_str().unwrap()), ("SESSIONS", "body")];
    let mut first = Server::start(&[], &settings);
    first.post(SEND, ASK_BY_PHONE);
    let code = first.code_for("+1***01");
    let signed_in = first.post(VERIFY, &answer_by_phone(&code)).json();
    let about = first.get("/.well-known/openid-configuration").json();
    assert_eq!(about["issuer"], format!("http://localhost:{}", first.port));
    let keys = first.get("/.well-known/jwks.json").json();
    assert_eq!((keys["keys"].as_array().unwrap().len(), &keys["keys"][0]["alg"]), (2, &Value::from("RS256")));
    drop(first);
    let second = Server::start(&[], &settings);
    assert_eq!(second.get("/.well-known/jwks.json").json(), keys);
    let token = format!(r#"{{"refresh_token": {}}}"#, signed_in["refresh_token"]);
    let refreshed = second.post("/api/auth/token/refresh", &token);
    assert_eq!((refreshed.status, &refreshed.json()["token_type"]), (200, &Value::from("Bearer")), "{refreshed:?}");
    assert_eq!(second.post("/api/auth/token/refresh", &token).json()["code"], "refresh_token_reused");
}

#[test]
fn keys_from_before_there_were_tokens_get_a_signing_key() {
    let file = folder("old-keys").join("otp.sqlite");
    let settings = [("OTP_DB", file.to_str().unwrap())];
    let keys = file.with_extension("sqlite.keys");
    std::fs::write(&keys, r#"{"identifiers":"k1","codes":"k1","k1":"0123456789abcdef0123456789abcdef"}"#).unwrap();
    let served = Server::start(&[], &settings).get("/.well-known/jwks.json").json();
    assert_eq!(served["keys"].as_array().unwrap().len(), 2);
    assert!(std::fs::read_to_string(&keys).unwrap().contains(r#""k1":"0123456789abcdef0123456789abcdef""#));
    assert_eq!(std::fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Server::start(&[], &settings).get("/.well-known/jwks.json").json(), served);
}

#[test]
fn a_table_without_its_keys_is_not_opened() {
    let file = folder("lost-keys").join("otp.sqlite");
    let settings = [("OTP_DB", file.to_str().unwrap())];
    drop(Server::start(&[], &settings));
    let keys = file.with_extension("sqlite.keys");
    std::fs::write(&keys, "{}").unwrap();
    let (exit, complaint) = run_to_its_end(&[], &settings);
    assert_eq!(exit, 1);
    assert!(complaint.contains("OTP_DB") && complaint.contains("is damaged"), "{complaint}");
    std::fs::remove_file(&keys).unwrap();
    let (exit, complaint) = run_to_its_end(&[], &settings);
    assert_eq!(exit, 1);
    assert!(complaint.contains("OTP_DB") && complaint.contains("they are gone"), "{complaint}");
}

#[test]
fn a_file_that_is_no_table_is_a_clear_sentence() {
    let folder = folder("no-table");
    let settings = |path: &str| [("OTP_DB", folder.join(path).to_str().unwrap().to_owned())];
    for path in ["nowhere/otp.sqlite", "."] {
        let settings = settings(path);
        let (exit, complaint) = run_to_its_end(&[], &[("OTP_DB", &settings[0].1)]);
        assert_eq!(exit, 1, "{path}");
        assert!(complaint.contains("OTP_DB"), "{path}: {complaint}");
    }
}

/// The user's id.
fn sign_in(server: &mut Server) -> String {
    let sent = server.post(SEND, ASK_BY_PHONE);
    assert_eq!(sent.status, 200, "{sent:?}");
    let code = server.code_for("+1***01");
    let verified = server.post(VERIFY, &answer_by_phone(&code));
    assert_eq!(verified.status, 200, "{verified:?}");
    verified.json()["user"]["id"].as_str().unwrap().to_owned()
}

/// Removes the items of identifiers from a table that nobody has open: as if a day had passed.
async fn forget_limits(file: &str) {
    let table = Embedded::start(Some(file)).await.unwrap();
    for item in table.client().scan().table_name(TABLE).send().await.unwrap().items() {
        if item["pk"].as_s().unwrap().starts_with("I#") {
            table.client().delete_item().table_name(TABLE).key("pk", item["pk"].clone()).send().await.unwrap();
        }
    }
}

#[test]
fn otpctl_is_told_where_the_table_and_the_keys_are_and_no_key() {
    let mut server = Server::start(&[], &[("OTP_MAX_ATTEMPTS", "3")]);
    let reply = server.get("/dev/table.json");
    let page = reply.json();
    assert!(page["endpoint"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{page}");
    assert_eq!(page["table"], TABLE);
    assert_eq!((&page["settings"]["OTP_MAX_ATTEMPTS"], &page["settings"]["STAGE"]), (&"3".into(), &"local".into()));
    let file = std::path::PathBuf::from(page["keys_file"].as_str().unwrap());
    let keys: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(!reply.body.contains(keys["k1"].as_str().unwrap()));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "for its owner alone");
    let foreign = server.request("GET /dev/table.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(foreign.status, 403);
    assert!(server.end_by("-TERM").success());
    assert!(!file.exists(), "the table was in memory: its keys go with it");
}
