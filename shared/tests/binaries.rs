//! The real release binaries, driven through the Lambda Runtime API with every event of `events/`, on stand-ins that speak
//! AWS's protocols. `make test` builds the binaries first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::types::AttributeValue;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::rotation;
use otp_auth::adapters::system::{SystemClock, SystemRandomness};
use otp_auth::domain::signing::Algorithm;
use otp_auth::ports::clock::Clock;
use otp_auth::testing::aws_stand_in::{AwsStandIn, Fault};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::runtime_api::{Function, FunctionError};
use serde_json::{Value, json};
use zeroize::Zeroizing;

const KEYS: &str = r#"{"identifiers":"k1","codes":"k1","k1":"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"}"#;

const ISSUER: &str = "https://auth.example.com";

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn binary(name: &str) -> PathBuf {
    let path = root().join("target/release").join(name);
    assert!(path.exists(), "{} is not there: run make test, or cargo build --release", path.display());
    path
}

/// Everything around the functions.
struct Aws {
    table: Embedded,
    stand_in: AwsStandIn,
    outbox: Outbox,
    /// With signing keys, made when they are needed.
    keys: OnceLock<Zeroizing<String>>,
}

impl Aws {
    async fn start() -> Self {
        let outbox = Outbox::new(Arc::new(SystemClock));
        let stand_in = AwsStandIn::start(outbox.clone(), Some(KEYS.to_owned()), ([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { table: Embedded::start(None).await.unwrap(), stand_in, outbox, keys: OnceLock::new() }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let stand_in = self.stand_in.endpoint();
        [
            ("STAGE", "dev"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("TABLE_NAME", TABLE),
            ("KEYS_SECRET_ARN", "keys"),
            ("DYNAMODB_ENDPOINT", &self.table.endpoint()),
            ("SNS_ENDPOINT", &stand_in),
            ("SES_ENDPOINT", &stand_in),
            ("SECRETS_ENDPOINT", &stand_in),
            ("APP_NAME", "Acme"),
            ("APP_DOMAIN", "example.com"),
            ("SMS_ALLOWED_COUNTRIES", "US"),
            ("DEFAULT_FROM_EMAIL", "Acme <login@example.com>"),
            ("CORS_ALLOWED_ORIGINS", "https://app.example.com"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    async fn function(&self, name: &str) -> Function {
        Function::start(binary(name), self.environment()).await.unwrap()
    }

    /// A function with some settings more.
    async fn function_with(&self, name: &str, settings: &[(&'static str, &str)]) -> Function {
        let more = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Function::start(binary(name), self.environment().into_iter().chain(more)).await.unwrap()
    }

    /// The only item of a kind.
    async fn item(&self, kind: &str) -> HashMap<String, AttributeValue> {
        let all = self.table.client().scan().table_name(TABLE).consistent_read(true).send().await.unwrap().items.unwrap();
        let mut found = all.into_iter().filter(|item| item["pk"].as_s().unwrap().starts_with(kind));
        let one = found.next().unwrap();
        assert!(found.next().is_none(), "one of {kind}");
        one
    }

    /// A function with tokens and sessions, which travel in this way.
    async fn function_with_sessions(&self, name: &str, transport: &str) -> Function {
        let now = SystemClock.now();
        let secret = self.keys.get_or_init(|| rotation::first_document(now, Algorithm::Rs256, &SystemRandomness).unwrap());
        self.stand_in.set_secret(Some(secret.to_string()));
        let more = [("TOKEN_ISSUER", ISSUER), ("TOKEN_AUDIENCE", "https://api.example.com"), ("SESSIONS", transport)];
        let more = more.map(|(name, value)| (name, value.to_owned()));
        Function::start(binary(name), self.environment().into_iter().chain(more)).await.unwrap()
    }

    fn code(&self) -> String {
        self.outbox.sent().last().and_then(|sent| sent.text.rsplit_once('#')).map(|(_, code)| code.to_owned()).unwrap()
    }
}

fn event(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("events").join(name)).unwrap()).unwrap()
}

fn with_body(mut event: Value, body: &Value) -> Value {
    event["body"] = json!(body.to_string());
    event["isBase64Encoded"] = json!(false);
    event
}

fn body(reply: &Value) -> Value {
    serde_json::from_str(reply["body"].as_str().unwrap_or_default()).unwrap_or(Value::Null)
}

/// Waits for a line that another process writes: its pipe is read in its own time.
async fn assert_logged(function: &Function, text: &str) {
    for _ in 0..500 {
        if function.log().contains(text) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{text} was not logged: {}", function.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_by_the_real_binaries() {
    let mut names: Vec<String> =
        std::fs::read_dir(root().join("events")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names.into_iter().filter(|name| !is_about_tokens(name) && !is_about_adding(name) && !is_of_a_topic(name)) {
        let aws = Aws::start().await;
        let (mut send, mut verify) = (aws.function("send-otp").await, aws.function("verify-otp").await);
        let identifier = if name.contains("email") { "user@example.com" } else { "+12345678901" };
        let mut text = event(&name).to_string();
        if name.starts_with("verify") || name.contains("resend") {
            let request = with_body(event("send-otp.phone.json"), &json!({ "identifier": identifier }));
            let sent = body(&send.invoke(&request).await.unwrap().reply);
            text = text.replace("{{challenge_id}}", sent["challenge_id"].as_str().unwrap()).replace("{{otp_code}}", &aws.code());
        }
        let function = if name.starts_with("verify") { &mut verify } else { &mut send };
        let reply = function.invoke(&serde_json::from_str(&text).unwrap()).await.unwrap().reply;
        let wanted = match name.split('.').nth(1).unwrap().trim_end_matches("-http") {
            "preflight" => 204,
            // A build without their providers.
            "receipt-twilio" | "receipt-vonage" | "receipt-forged" => 404,
            "bad-body" | "wrong-code" => 400,
            "base64-body" if name.starts_with("verify") => 400,
            // Real time: the cooldown is not over, and the genuine challenge is told when it will be.
            "resend" => 429,
            _ => 200,
        };
        assert_eq!(reply["statusCode"], wanted, "{name}: {reply}\n{}", function.log());
    }
}

/// Events that want a service with tokens.
fn is_about_tokens(name: &str) -> bool {
    ["refresh", "logout", "jwks", "discovery"].iter().any(|part| name.contains(part))
}

/// What a topic brings.
fn is_of_a_topic(name: &str) -> bool {
    name.contains(".notice-")
}

/// Events that want the access token of a user.
fn is_about_adding(name: &str) -> bool {
    name.contains(".add-")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_topic_brings_is_counted_by_the_real_binary() {
    let aws = Aws::start().await;
    let topic = event("send-otp.notice-delivery.json")["Records"][0]["Sns"]["TopicArn"].as_str().unwrap().to_owned();
    let environment = aws.environment().into_iter().chain([("SES_EVENTS_TOPIC_ARN", topic)]);
    let mut send = Function::start(binary("send-otp"), environment).await.unwrap();
    for (name, said) in [("delivery", "delivery.confirmed"), ("bounce", "Permanent.General"), ("complaint", "complaint")] {
        let reply = send.invoke(&event(&format!("send-otp.notice-{name}.json"))).await.unwrap().reply;
        assert_eq!(reply, Value::Null, "{name}");
        assert_logged(&send, said).await;
    }
    assert!(!send.log().contains("user@example.com"), "no recipient is logged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_user_adds_an_address_through_the_two_binaries() {
    for format in ["", "-http"] {
        let aws = Aws::start().await;
        let mut send = aws.function_with_sessions("send-otp", "body").await;
        let mut verify = aws.function_with_sessions("verify-otp", "body").await;
        let sent = send.invoke(&event("send-otp.phone.json")).await.unwrap().reply;
        let answer = json!({ "identifier": "+12345678901", "otp_code": aws.code(), "challenge_id": body(&sent)["challenge_id"] });
        let signed_in = body(&verify.invoke(&with_body(event("verify-otp.phone.json"), &answer)).await.unwrap().reply);
        let token = signed_in["access_token"].as_str().unwrap();
        let filled = |name: &str, code: &str| -> Value {
            let text = event(&format!("{name}.add-email{format}.json")).to_string();
            serde_json::from_str(&text.replace("{{access_token}}", token).replace("{{otp_code}}", code)).unwrap()
        };
        let sent = send.invoke(&filled("send-otp", "")).await.unwrap().reply;
        assert_eq!(sent["statusCode"], 200, "{sent}\n{}", send.log());
        let added = verify.invoke(&filled("verify-otp", &aws.code())).await.unwrap().reply;
        assert_eq!(added["statusCode"], 200, "{added}\n{}", verify.log());
        let (before, after) = (&signed_in["user"], &body(&added)["user"]);
        assert_eq!((&after["id"], &after["email"]), (&before["id"], &json!("user@example.com")));
        assert!(!send.log().contains("eyJ") && !verify.log().contains("eyJ"), "no token is logged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_about_tokens_is_answered_by_the_real_binary() {
    let names = std::fs::read_dir(root().join("events")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| is_about_tokens(name)) {
        let aws = Aws::start().await;
        let transport = if name.contains("cookie") { "cookie" } else { "body" };
        let mut send = aws.function_with_sessions("send-otp", transport).await;
        let mut verify = aws.function_with_sessions("verify-otp", transport).await;
        let sent = send.invoke(&event("send-otp.phone.json")).await.unwrap().reply;
        let answer = json!({ "identifier": "+12345678901", "otp_code": aws.code(), "challenge_id": body(&sent)["challenge_id"] });
        let signed_in = verify.invoke(&with_body(event("verify-otp.phone.json"), &answer)).await.unwrap().reply;
        let cookie = signed_in["multiValueHeaders"]["set-cookie"][0].as_str().and_then(|cookie| cookie.split(['=', ';']).nth(1));
        let token = body(&signed_in)["refresh_token"].as_str().or(cookie).unwrap_or_else(|| panic!("{signed_in}")).to_owned();
        let event = event(&name).to_string().replace("{{refresh_token}}", &token);
        let reply = verify.invoke(&serde_json::from_str(&event).unwrap()).await.unwrap().reply;
        assert_eq!(reply["statusCode"], 200, "{name}: {reply}\n{}", verify.log());
        let said = body(&reply);
        match name.split('.').nth(1).unwrap().split('-').next().unwrap() {
            "refresh" => {
                assert_eq!((said["access_token"].is_string(), said.get("refresh_token").is_some()), (true, transport == "body"))
            }
            "logout" => assert_eq!(said["message"], "Signed out"),
            "jwks" => assert_eq!(said["keys"].as_array().unwrap().len(), 2),
            _ => assert_eq!(said["issuer"], ISSUER),
        }
        assert!(!verify.log().contains(&token) && !verify.log().contains("eyJ"), "{}", verify.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_without_a_signing_key_stop_the_start() {
    let aws = Aws::start().await;
    let more = [("TOKEN_ISSUER", ISSUER.to_owned()), ("TOKEN_AUDIENCE", "api".to_owned())];
    let mut verify = Function::start(binary("verify-otp"), aws.environment().into_iter().chain(more)).await.unwrap();
    let log = match verify.idle().await {
        Err(FunctionError::Ended { log, .. }) => log,
        Err(FunctionError::Init(message)) => format!("{message}{}", verify.log()),
        other => panic!("{other:?}"),
    };
    assert!(log.contains("TOKEN_ISSUER is set") && log.contains("otpctl keys rotate signing"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_through_the_two_binaries() {
    let aws = Aws::start().await;
    let (mut send, mut verify) = (aws.function("send-otp").await, aws.function("verify-otp").await);
    let sent = send.invoke(&event("send-otp.phone.json")).await.unwrap().reply;
    assert_eq!(sent["statusCode"], 200, "{}", send.log());
    let answer = json!({ "identifier": "+12345678901", "otp_code": aws.code(), "challenge_id": body(&sent)["challenge_id"] });
    let request = with_body(event("verify-otp.phone-http.json"), &answer);
    let verified = verify.invoke(&request).await.unwrap().reply;
    assert_eq!(body(&verified)["user"]["is_authenticated"], true, "{verified}\n{}", verify.log());
    assert_eq!(verify.invoke(&request).await.unwrap().reply["statusCode"], 400);
    for function in [send, verify] {
        assert_logged(&function, "\"status\":200").await;
        let log = function.log();
        assert!(!log.contains(&aws.code()) && !log.contains("+12345678901"), "{log}");
        assert!(log.lines().all(|line| line.contains("\"timestamp\"")), "{log}");
    }
}

/// The one function counts a text, the other takes it back: both by what the operator has set.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_takes_its_text_out_of_the_windows_that_are_set() {
    for (countries, of_address) in [("US", None), ("DE,FR,GB,US", Some(vec!["US".to_owned()]))] {
        let settings = [
            ("SMS_ALLOWED_COUNTRIES", countries),
            ("RATE_UNANSWERED_PER_PREFIX_PER_HOUR", "40"),
            ("RATE_UNANSWERED_PER_PREFIX_PER_DAY", "40"),
            ("RATE_SEND_PER_ADDRESS_PER_MINUTE", "100"),
            ("RATE_SEND_PER_ADDRESS_PER_HOUR", "100"),
        ];
        let aws = Aws::start().await;
        let mut send = aws.function_with("send-otp", &settings).await;
        let mut verify = aws.function_with("verify-otp", &settings).await;
        let mut answers = Vec::new();
        // More than a prefix has by default.
        for number in 0..17 {
            let to = format!("+12345678{number:03}");
            let sent = send.invoke(&with_body(event("send-otp.phone.json"), &json!({ "identifier": to }))).await.unwrap().reply;
            assert_eq!(sent["statusCode"], 200, "{}", send.log());
            answers.push(json!({ "identifier": to, "otp_code": aws.code(), "challenge_id": body(&sent)["challenge_id"] }));
        }
        let registers = |prefix: HashMap<String, AttributeValue>| {
            let sent = |i| prefix.get(&format!("l{i}")).is_some_and(|sent| sent.as_n().unwrap() != "0");
            (0..40).filter(|i| sent(*i)).collect::<Vec<_>>()
        };
        let asked = |address: HashMap<String, AttributeValue>| address.get("c").map(|asked| asked.as_ss().unwrap().clone());
        assert_eq!(registers(aws.item("P#").await), (0..17).collect::<Vec<_>>());
        assert_eq!(asked(aws.item("A#").await), of_address);
        // The oldest moves out from behind all others, the next from between them.
        for (left, answer) in [(16, &answers[0]), (15, &answers[8])] {
            let verified = verify.invoke(&with_body(event("verify-otp.phone.json"), answer)).await.unwrap().reply;
            assert_eq!(verified["statusCode"], 200, "{}", verify.log());
            assert_eq!(registers(aws.item("P#").await), (0..left).collect::<Vec<_>>());
            assert_eq!(asked(aws.item("A#").await), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_down_is_a_503_in_time_and_the_function_lives() {
    let aws = Aws::start().await;
    let environment = aws.environment();
    let mut send = Function::start(binary("send-otp"), environment).await.unwrap();
    send.idle().await.unwrap();
    let Aws { table, stand_in: _stand_in, outbox, .. } = aws;
    drop(table);
    for _ in 0..2 {
        let answer = send.invoke(&event("send-otp.phone.json")).await.unwrap();
        assert_eq!(body(&answer.reply)["code"], "unavailable", "{}", answer.reply);
        assert!(answer.took.as_secs() < 3, "{:?}", answer.took);
    }
    assert!(outbox.sent().is_empty());
    assert_logged(&send, "the store is unavailable").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_not_there_is_a_500_whose_log_says_so() {
    let aws = Aws::start().await;
    let environment = aws.environment().into_iter().chain([("TABLE_NAME", "another".to_owned())]);
    let mut verify = Function::start(binary("verify-otp"), environment).await.unwrap();
    let request = with_body(event("verify-otp.phone.json"), &json!({ "identifier": "+12345678901", "otp_code": "123456" }));
    assert_eq!(body(&verify.invoke(&request).await.unwrap().reply)["code"], "internal");
    assert_logged(&verify, "ResourceNotFoundException").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_payload_is_a_500_and_the_next_event_is_served() {
    let aws = Aws::start().await;
    let mut send = aws.function("send-otp").await;
    let reply = send.invoke(&json!({ "Records": [] })).await.unwrap().reply;
    assert_eq!(body(&reply)["code"], "internal");
    assert_logged(&send, "no event of API Gateway").await;
    assert_eq!(send.invoke(&event("send-otp.phone.json")).await.unwrap().reply["statusCode"], 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_cannot_work_fails_with_every_fault_named() {
    let aws = Aws::start().await;
    let failed = |changes: Vec<(&'static str, &'static str)>| {
        let environment: Vec<(&str, String)> =
            aws.environment().into_iter().chain(changes.into_iter().map(|(name, value)| (name, value.to_owned()))).collect();
        async move {
            let mut function = Function::start(binary("send-otp"), environment).await.unwrap();
            match function.idle().await {
                Err(FunctionError::Ended { log, .. }) => log,
                Err(FunctionError::Init(message)) => format!("{message}{}", function.log()),
                other => panic!("{other:?}"),
            }
        }
    };
    let log = failed(vec![("AWS_REGION", ""), ("TABLE_NAME", ""), ("OTP_LENGTH", "4"), ("APP_DOMAIN", "http://x")]).await;
    for variable in ["AWS_REGION", "TABLE_NAME", "OTP_LENGTH", "APP_DOMAIN"] {
        assert!(log.contains(variable), "{variable} is not in: {log}");
    }
    aws.stand_in.set_secret(None);
    assert!(failed(vec![]).await.contains("the secret could not be read: ResourceNotFoundException"));
    aws.stand_in.set_secret(Some(r#"{"identifiers":"k1","codes":"k1"}"#.to_owned()));
    assert!(failed(vec![]).await.contains("key k1 is named but not given"));
    aws.stand_in.script([Fault::Refuse(400, "AccessDeniedException")]);
    assert!(failed(vec![]).await.contains("AccessDeniedException"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_is_learned_without_a_new_start() {
    let aws = Aws::start().await;
    let mut verify = aws.function("verify-otp").await;
    verify.idle().await.unwrap();
    // The secret gets a second key, and a fresh send-otp makes codes with it.
    let second = KEYS
        .replace(r#""codes":"k1""#, r#""codes":"k2""#)
        .replace(r#""k1":""#, r#""k2":"another-64-character-secret-text-for-the-second-key-0123456789abc","k1":""#);
    aws.stand_in.set_secret(Some(second));
    let mut send = aws.function("send-otp").await;
    let sent = body(&send.invoke(&event("send-otp.phone.json")).await.unwrap().reply);
    let answer = json!({ "identifier": "+12345678901", "otp_code": aws.code(), "challenge_id": sent["challenge_id"] });
    let request = with_body(event("verify-otp.phone.json"), &answer);
    let reply = verify.invoke(&request).await.unwrap().reply;
    assert_eq!(reply["statusCode"], 200, "{reply}\n{}", verify.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_lives_through_a_panic() {
    let example = root().join("target/debug/examples/panicking_function");
    let mut function = Function::start(&example, Vec::<(String, String)>::new()).await.unwrap();
    let reply = function.invoke(&event("send-otp.phone.json")).await.unwrap().reply;
    assert_eq!((&reply["statusCode"], &body(&reply)["code"]), (&json!(500), &json!("internal")));
    assert_logged(&function, "\"message\":\"panic\"").await;
    assert!(!function.log().contains("on purpose"));
    assert_eq!(body(&function.invoke(&event("send-otp.phone.json")).await.unwrap().reply)["code"], "rate_limited");
}
