//! Receipts of Twilio and Vonage through the route, and of SES as its topic hands them over: what is counted, how often, and
//! what is refused. What is counted is read from the log, where operators read it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use lambda_http::Context;
use otp_auth::adapters::lambda::{self, Event};
use otp_auth::adapters::receipts::twilio::TwilioReceipts;
use otp_auth::adapters::receipts::vonage::VonageReceipts;
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::ledger::RequestId;
use otp_auth::domain::provider_secrets::{ProviderSecrets, field};
use otp_auth::domain::time::Timestamp;
use otp_auth::http::{Call, UnreadableBody};
use otp_auth::ports::receipts::{Letter, NoReceipt, ReceiptReader, ReceiptStore};
use otp_auth::ports::store::StoreError;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::log::Written;
use otp_auth::testing::receipts::*;
use otp_auth::testing::service::{Service, Setup, TestReply, with_header};
use serde_json::{Value, json};
use zeroize::Zeroizing;

const SID: &str = "SM0123456789abcdef0123456789abcde0";

/// The lines that have this text.
fn lines_with(text: &str) -> Vec<Value> {
    let written = Written::by_this_process().unwrap().text();
    written.lines().filter(|line| line.contains(text)).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How often each event was logged of this message.
fn events_of(message: &str) -> BTreeMap<String, usize> {
    let mut events = BTreeMap::new();
    for line in lines_with(message) {
        if let Some(event) = line["event"].as_str() {
            *events.entry(event.to_owned()).or_default() += 1;
        }
    }
    events
}

fn counted(event: &str) -> BTreeMap<String, usize> {
    [(event.to_owned(), 1)].into()
}

/// The metrics of the line that counts this message, by name.
fn metrics_of(message: &str) -> Value {
    let line = lines_with(message).into_iter().find(|line| line["_aws"].is_object() && line["cause"] == message).unwrap();
    let of = |name: &str| line.get(name).cloned().unwrap_or_default();
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    json!({
        "confirmed": of("DeliveriesConfirmed"), "failed": of("DeliveriesFailed"), "channel": of("Channel"), "provider": of("Provider"),
        "by": directive["Dimensions"],
    })
}

async fn lab(change: impl FnOnce(&mut Setup)) -> (Embedded, Service) {
    Written::by_this_process().unwrap();
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    change(&mut setup);
    (embedded, setup.build())
}

async fn service() -> (Embedded, Service) {
    lab(|_| {}).await
}

/// A message's id that no other test has.
fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

fn uuid(number: u32) -> String {
    format!("aaaaaaaa-bbbb-cccc-dddd-{number:012x}")
}

/// Why a call is refused, by its line in the log.
async fn refused(service: &Service, mut call: Call) -> (u16, String) {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    call.id = format!("refused-{}", CALLS.fetch_add(1, Ordering::SeqCst));
    let reply = service.call(&call).await;
    let rejected = lines_with(&format!("\"{}\"", call.id)).into_iter().find(|line| line["event"] == "receipt.rejected");
    let reason = rejected.map(|line| line["reason"].as_str().unwrap().to_owned());
    (reply.status.as_u16(), reason.unwrap_or_default())
}

#[track_caller]
fn assert_taken(reply: &TestReply) {
    assert_eq!((reply.status.as_u16(), &reply.body), (204, &Value::Null), "{}", reply.body);
    assert_eq!(reply.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_end_of_a_text_is_counted_and_its_way_is_not() {
    let (_embedded, service) = service().await;
    let (delivered, failed, undelivered) = (sid(1), sid(2), sid(3));
    for status in ["queued", "sending", "sent", "read", "canceled", "a status of next year"] {
        assert_taken(&service.call(&twilio_receipt(&service, &delivered, status)).await);
    }
    assert_eq!(events_of(&delivered), BTreeMap::new());
    assert_taken(&service.call(&twilio_receipt(&service, &delivered, "delivered")).await);
    assert_taken(&service.call(&twilio_receipt(&service, &failed, "failed")).await);
    assert_taken(&service.call(&twilio_receipt(&service, &undelivered, "undelivered")).await);
    assert_eq!(events_of(&delivered), counted("delivery.confirmed"));
    assert_eq!(events_of(&failed), counted("delivery.failed"));
    assert_eq!(events_of(&undelivered), counted("delivery.failed"));
}

#[tokio::test]
async fn what_is_counted_is_a_metric() {
    let (_embedded, service) = service().await;
    let by = json!([["Channel"], ["Channel", "Provider"]]);
    service.call(&twilio_receipt(&service, &sid(20), "delivered")).await;
    service.call(&vonage_receipt(&service, &uuid(20), "rejected")).await;
    notified(&service, &ses_notice(TOPIC, "mail-20", "Delivery")).await;
    notified(&service, &ses_notice(TOPIC, "mail-21", "Complaint")).await;
    for (message, confirmed, failed, channel, provider) in [
        (sid(20), json!(1), Value::Null, "sms", "twilio"),
        (uuid(20), Value::Null, json!(1), "sms", "vonage"),
        ("mail-20".to_owned(), json!(1), Value::Null, "email", "ses"),
    ] {
        let wanted = json!({ "confirmed": confirmed, "failed": failed, "channel": channel, "provider": provider, "by": by });
        assert_eq!(metrics_of(&message), wanted);
    }
    assert_eq!(lines_with("mail-21")[0].get("_aws"), None, "it did arrive");
    let mut forged = twilio_receipt(&service, &sid(21), "delivered");
    (forged.id, forged.body) = ("forged-21".to_owned(), Ok(Bytes::from_static(b"a=b")));
    service.call(&forged).await;
    let rejected = lines_with("forged-21").into_iter().find(|line| line["event"] == "receipt.rejected").unwrap();
    assert_eq!((&rejected["ReceiptsRejected"], &rejected["Provider"]), (&json!(1), &json!("twilio")));
}

#[tokio::test]
async fn the_request_s_own_line_says_that_a_receipt_was_taken() {
    let (_embedded, service) = service().await;
    for (id, status, event) in [("taken-1", "delivered", "receipt.taken"), ("taken-2", "sent", "receipt.taken")] {
        let call = Call { id: id.to_owned(), ..twilio_receipt(&service, &sid(22), status) };
        service.call(&call).await;
        let line = lines_with(id).into_iter().find(|line| line["message"] == "request").unwrap();
        let said = ["route", "event", "status", "provider", "Route"].map(|name| line[name].clone());
        assert_eq!(said, [json!("receipts"), json!(event), json!(204), json!("twilio"), json!("receipts")]);
    }
}

#[tokio::test]
async fn the_reason_of_a_failure_is_the_providers_code_and_never_its_text() {
    let (_embedded, service) = service().await;
    for (number, code, reason) in [(4, "30003", json!("30003")), (5, "to +12345678901", Value::Null)] {
        let mut fields = twilio_fields(&sid(number), "undelivered");
        fields.push(("ErrorCode".to_owned(), code.to_owned()));
        let signature = twilio_signature(TWILIO_TOKEN, &url("twilio"), &fields);
        assert_taken(&service.call(&twilio_call(&service, &fields, &signature)).await);
        assert_eq!(lines_with(&sid(number))[0]["reason"], reason);
    }
    let body = json!({
        "message_uuid": uuid(4), "channel": "sms", "status": "rejected", "to": "12345678901",
        "error": { "type": "https://developer.vonage.com/api-errors/messages#1260", "title": 1260, "detail": "12345678901" },
    })
    .to_string();
    let token = vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &vonage_claims(&service, &body));
    assert_taken(&service.call(&vonage_call(&service, &body, &token)).await);
    let line = &lines_with(&uuid(4))[0];
    assert_eq!((&line["event"], &line["reason"]), (&json!("delivery.failed"), &json!("1260")));
}

#[tokio::test]
async fn vonage_is_heard_as_well() {
    let (_embedded, service) = service().await;
    for (number, status, event) in
        [(1, "delivered", Some("delivery.confirmed")), (2, "undeliverable", Some("delivery.failed")), (3, "submitted", None)]
    {
        assert_taken(&service.call(&vonage_receipt(&service, &uuid(number), status)).await);
        assert_eq!(events_of(&uuid(number)), event.map(counted).unwrap_or_default(), "{status}");
    }
}

#[tokio::test]
async fn a_receipt_that_is_brought_again_is_taken_and_not_counted() {
    let (_embedded, service) = service().await;
    let calls = [twilio_receipt(&service, &sid(6), "delivered"), vonage_receipt(&service, &uuid(6), "delivered")];
    for (call, message) in calls.iter().zip([sid(6), uuid(6)]) {
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (service, call) = (service.clone(), copy(call));
                tokio::spawn(async move { service.call(&call).await })
            })
            .collect();
        for task in tasks {
            assert_taken(&task.await.unwrap());
        }
        service.advance(3600);
        assert_taken(&service.call(call).await);
        assert_eq!(events_of(&message), counted("delivery.confirmed"), "{message}");
    }
}

/// A mail server can take a mail first and send it back later; each of the two is counted, once.
#[tokio::test]
async fn another_fate_of_the_same_message_is_counted_too() {
    let (_embedded, service) = service().await;
    for status in ["delivered", "undelivered", "delivered", "failed"] {
        assert_taken(&service.call(&twilio_receipt(&service, &sid(7), status)).await);
    }
    assert_eq!(events_of(&sid(7)), [("delivery.confirmed".to_owned(), 1), ("delivery.failed".to_owned(), 1)].into());
}

#[tokio::test]
async fn what_twilio_has_not_signed_is_refused() {
    let (_embedded, service) = service().await;
    let fields = twilio_fields(SID, "delivered");
    let right = twilio_signature(TWILIO_TOKEN, &url("twilio"), &fields);
    let genuine = || twilio_call(&service, &fields, &right);
    let signed_with = |token: &str, url: &str| twilio_call(&service, &fields, &twilio_signature(token, url, &fields));
    let mut without = genuine();
    without.headers.remove("x-twilio-signature");
    let twice = with_header(genuine(), "x-twilio-signature", &right);
    let mut another_host = signed_with(TWILIO_TOKEN, "https://evil.example/api/auth/otp/receipts/twilio");
    another_host.headers.insert("host", HeaderValue::from_static("evil.example"));
    another_host.headers.insert("x-forwarded-host", HeaderValue::from_static("evil.example"));
    let added = [fields.clone(), vec![("ErrorCode".to_owned(), "1".to_owned())]].concat();
    let changed = twilio_fields(SID, "failed");
    for (what, call, reason) in [
        ("no signature", without, "unsigned"),
        ("an empty one", twilio_call(&service, &fields, ""), "forged"),
        ("no base64", twilio_call(&service, &fields, "%%%"), "unsigned"),
        ("two of them", twice, "unsigned"),
        ("cut short", twilio_call(&service, &fields, &right[..24]), "forged"),
        ("another token", signed_with("a-guess", &url("twilio")), "forged"),
        ("an empty token", signed_with("", &url("twilio")), "forged"),
        ("another URL", signed_with(TWILIO_TOKEN, &url("vonage")), "forged"),
        ("the Host header's URL", another_host, "forged"),
        ("a field added", twilio_call(&service, &added, &right), "forged"),
        ("a field changed", twilio_call(&service, &changed, &right), "forged"),
        ("a field taken away", twilio_call(&service, &fields[1..], &right), "forged"),
    ] {
        assert_eq!(refused(&service, call).await, (400, reason.to_owned()), "{what}");
    }
    assert_eq!(events_of(SID), BTreeMap::new());
    assert_taken(&service.call(&genuine()).await);
}

#[tokio::test]
async fn what_twilio_has_signed_and_is_none_of_ours_is_refused() {
    let (_embedded, service) = service().await;
    let signed =
        |fields: &[(String, String)]| twilio_call(&service, fields, &twilio_signature(TWILIO_TOKEN, &url("twilio"), fields));
    let with = |name: &str, value: &str| {
        let mut fields = twilio_fields(SID, "delivered");
        fields.retain(|(known, _)| known != name);
        fields.push((name.to_owned(), value.to_owned()));
        fields
    };
    let doubled = [twilio_fields(SID, "delivered"), vec![("MessageStatus".to_owned(), "failed".to_owned())]].concat();
    for (what, fields, reason) in [
        ("another account", with("AccountSid", "ACffffffffffffffffffffffffffffffff"), "other_account"),
        ("no account", with("AccountSid", ""), "other_account"),
        ("no message", with("MessageSid", ""), "unreadable"),
        ("no SID", with("MessageSid", "SM0123"), "unreadable"),
        ("two statuses", doubled, "unreadable"),
        ("nothing", Vec::new(), "other_account"),
    ] {
        assert_eq!(refused(&service, signed(&fields)).await, (400, reason.to_owned()), "{what}");
    }
}

#[tokio::test]
async fn what_vonage_has_not_signed_is_refused() {
    let (_embedded, service) = service().await;
    let body = vonage_body(&uuid(9), "delivered");
    let claims = vonage_claims(&service, &body);
    let right = vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &claims);
    let but = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &claims)
    };
    let now = service.now().as_secs();
    let without_signature = right.rsplit_once('.').unwrap().0;
    let basic = {
        let mut call = vonage_call(&service, &body, &right);
        call.headers.insert("authorization", HeaderValue::from_str(&format!("Basic {right}")).unwrap());
        call
    };
    for (what, call, reason) in [
        ("no token", vonage_call(&service, &body, ""), "unsigned"),
        ("another scheme", basic, "unsigned"),
        ("two tokens", with_header(vonage_call(&service, &body, &right), "authorization", "Bearer x"), "unsigned"),
        ("no JWT", vonage_call(&service, &body, "a.b.c"), "forged"),
        ("another secret", vonage_call(&service, &body, &vonage_token("HS256", "a-guess", &claims)), "forged"),
        ("an empty secret", vonage_call(&service, &body, &vonage_token("HS256", "", &claims)), "forged"),
        ("alg none", vonage_call(&service, &body, &vonage_token("none", VONAGE_SIGNATURE_SECRET, &claims)), "forged"),
        ("alg HS512", vonage_call(&service, &body, &vonage_token("HS512", VONAGE_SIGNATURE_SECRET, &claims)), "forged"),
        ("no signature", vonage_call(&service, &body, &format!("{without_signature}.")), "forged"),
        ("another body", vonage_call(&service, &vonage_body(&uuid(9), "rejected"), &right), "tampered"),
        ("a body with a space", vonage_call(&service, &format!("{body} "), &right), "tampered"),
        ("no hash", vonage_call(&service, &body, &but("payload_hash", Value::Null)), "forged"),
        ("no time", vonage_call(&service, &body, &but("iat", Value::Null)), "forged"),
        ("a day and a second ago", vonage_call(&service, &body, &but("iat", json!(now - 86_401))), "stale"),
        ("before time", vonage_call(&service, &body, &but("iat", json!(0))), "stale"),
        ("in two minutes", vonage_call(&service, &body, &but("iat", json!(now + 120))), "stale"),
        ("at the end of time", vonage_call(&service, &body, &but("iat", json!(u64::MAX))), "stale"),
        ("another account", vonage_call(&service, &body, &but("api_key", json!("ffff0000"))), "other_account"),
    ] {
        assert_eq!(refused(&service, call).await, (400, reason.to_owned()), "{what}");
    }
    assert_eq!(events_of(&uuid(9)), BTreeMap::new());
    assert_taken(&service.call(&vonage_call(&service, &body, &but("iat", json!(now - 86_400)))).await);
    assert_eq!(events_of(&uuid(9)), counted("delivery.confirmed"));
}

#[tokio::test]
async fn vonages_other_webhooks_are_taken_and_mean_nothing() {
    let (_embedded, service) = service().await;
    for (what, body, wanted) in [
        ("another channel", vonage_body(&uuid(10), "delivered").replace("\"sms\"", "\"whatsapp\""), (204, "")),
        ("no JSON", "message_uuid=1".to_owned(), (400, "unreadable")),
        ("not UTF-8", "{}".to_owned(), (400, "unreadable")),
        ("an array", "[]".to_owned(), (400, "unreadable")),
        ("no id", json!({ "status": "delivered", "channel": "sms", "message_uuid": "a b" }).to_string(), (400, "unreadable")),
    ] {
        let token = vonage_token("HS256", VONAGE_SIGNATURE_SECRET, &vonage_claims(&service, &body));
        let (status, reason) = refused(&service, vonage_call(&service, &body, &token)).await;
        assert_eq!((status, reason.as_str()), wanted, "{what}");
    }
    assert_eq!(events_of(&uuid(10)), BTreeMap::new());
}

/// Twilio's own examples: the one of its documentation, then and now, and the one of its libraries for repeated fields.
#[test]
fn twilios_published_signatures_are_right() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let reader = TwilioReceipts::new(url.to_owned(), TWILIO_ACCOUNT.to_owned());
    let secrets =
        ProviderSecrets::from_fields(|name| (name == field::TWILIO_AUTH_TOKEN).then(|| Zeroizing::new("12345".to_owned())));
    let read = |body: &str, signature: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-twilio-signature", HeaderValue::from_str(signature).unwrap());
        reader.read(&secrets, &Letter { headers: &headers, body: body.as_bytes(), now: Timestamp::from_millis(0) })
    };
    let call = |number| format!("CallSid=CA1234567890ABCDE&To=%2B18005551212&Caller={number}&Digits=1234&From={number}");
    for (body, signature) in [
        (call("%2B14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (call("%2B12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234".to_owned(), "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        // Right, and then there is no account in it.
        assert_eq!(read(&body, signature), Err(NoReceipt::OtherAccount), "{body}");
        assert_eq!(read(&body.replace("1234", "1235"), signature), Err(NoReceipt::Forged), "{body}");
    }
}

/// The example of Vonage's documentation, with the secret that its libraries check it with.
#[test]
fn vonages_published_token_is_right() {
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE1ODc0OTQ5NjIsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiN\
                 SIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImQ2YzBlNzRiNTg1N2RmMjBlM2I3ZTUxYjMwYzBjMmE0MGVjNzNhNzc4NzliNmYwNzRkZGM3YTIzMT\
                 dkZDAzMWIiLCJhcGlfa2V5IjoiYTFiMmMzZCIsImFwcGxpY2F0aW9uX2lkIjoiYWFhYWFhYWEtYmJiYi1jY2NjLWRkZGQtMDEyMzQ1Njc4OWFiIn0.JQRKi1d\
                 0SQitmjPINfTWMpt3XZkGsLbD7EjCdXoNSbk";
    let read = |secret: &str| {
        let secrets = ProviderSecrets::from_fields(|name| {
            (name == field::VONAGE_SIGNATURE_SECRET).then(|| Zeroizing::new(secret.to_owned()))
        });
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        let letter = Letter { headers: &headers, body: b"{}", now: Timestamp::from_millis(1_587_494_962_000) };
        VonageReceipts::new("a1b2c3d".to_owned()).read(&secrets, &letter)
    };
    // Right, and of a body that the documentation does not show.
    assert_eq!(read("ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw"), Err(NoReceipt::Tampered));
    assert_eq!(read("ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgf55555"), Err(NoReceipt::Forged));
}

#[tokio::test]
async fn without_a_secret_or_a_provider_there_is_no_route() {
    let no_secrets = |setup: &mut Setup| {
        setup.keys = Arc::new(Arc::new(KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1)).unwrap()));
    };
    for (embedded, service) in [lab(no_secrets).await, lab(|setup| setup.receipts = Vec::new()).await] {
        for call in [twilio_receipt(&service, &sid(11), "delivered"), vonage_receipt(&service, &uuid(11), "delivered")] {
            for method in [Method::POST, Method::GET, Method::OPTIONS] {
                let mut call = copy(&call);
                call.method = method;
                assert_eq!(service.call(&call).await.status, 404);
            }
        }
        drop(embedded);
    }
    let (_embedded, service) = self::service().await;
    for path in ["", "/", "/ses", "/sns", "/twilio/x", "/twilio2", "twilio", "/Twilio", "/../send"] {
        let mut call = twilio_receipt(&service, &sid(11), "delivered");
        call.path = format!("/api/auth/otp/receipts{path}");
        assert_eq!(service.call(&call).await.status, 404, "{path}");
    }
    assert_eq!(events_of(&sid(11)), BTreeMap::new());
}

#[tokio::test]
async fn odd_requests_are_the_senders_fault() {
    let (_embedded, service) = service().await;
    let genuine = || twilio_receipt(&service, &sid(12), "delivered");
    let typed = |media_type: &'static str| {
        let mut call = genuine();
        call.headers.insert("content-type", HeaderValue::from_static(media_type));
        call
    };
    let with_body = |body: Result<Bytes, UnreadableBody>| Call { body, ..genuine() };
    let mut untyped = genuine();
    untyped.headers.remove("content-type");
    for (what, call, status) in [
        ("GET", Call { method: Method::GET, ..genuine() }, 405),
        ("PUT", Call { method: Method::PUT, ..genuine() }, 405),
        ("JSON", typed("application/json"), 415),
        ("a multipart form", typed("multipart/form-data"), 415),
        ("no type", untyped, 415),
        ("not base64", with_body(Err(UnreadableBody)), 400),
        ("too large", with_body(Ok(vec![b'a'; 8 * 1024 + 1].into())), 413),
        ("nothing", with_body(Ok(Bytes::new())), 400),
        ("not UTF-8", with_body(Ok(Bytes::from_static(b"MessageSid=\xff\xfe&%ff%fe=%80"))), 400),
        ("signs alone", with_body(Ok(Bytes::from_static(b"&&==&%&%%%=&=%zz"))), 400),
    ] {
        assert_eq!(refused(&service, call).await.0, status, "{what}");
    }
    let mut nowhere = genuine();
    nowhere.source = None;
    nowhere.path.push('/');
    assert_taken(&service.call(&nowhere).await);
}

/// How often the store was asked.
struct Asked(Arc<dyn ReceiptStore>, Arc<AtomicUsize>);

#[async_trait]
impl ReceiptStore for Asked {
    async fn is_first(&self, key: &str, request: &RequestId, now: Timestamp) -> Result<bool, StoreError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.is_first(key, request, now).await
    }
}

#[tokio::test]
async fn strangers_cost_no_request_to_the_table_and_a_receipt_costs_one() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let (_embedded, service) =
        lab(move |setup| setup.receipt_store = Arc::new(Asked(Arc::clone(&setup.receipt_store), count))).await;
    let fields = twilio_fields(&sid(13), "delivered");
    for token in ["a", "b", "c"] {
        service.call(&twilio_call(&service, &fields, &twilio_signature(token, &url("twilio"), &fields))).await;
        let body = vonage_body(&uuid(13), "delivered");
        service.call(&vonage_call(&service, &body, &vonage_token("HS256", token, &vonage_claims(&service, &body)))).await;
    }
    service.call(&twilio_receipt(&service, &sid(13), "sent")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    service.call(&twilio_receipt(&service, &sid(13), "delivered")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

struct Down;

#[async_trait]
impl ReceiptStore for Down {
    async fn is_first(&self, _: &str, _: &RequestId, _: Timestamp) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable("Throttling".to_owned()))
    }
}

#[tokio::test]
async fn what_cannot_be_remembered_is_asked_for_again_and_not_counted() {
    let (_embedded, service) = lab(|setup| setup.receipt_store = Arc::new(Down)).await;
    let reply = service.call(&twilio_receipt(&service, &sid(14), "delivered")).await;
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (503, &json!("unavailable")));
    let event: Event = serde_json::from_value(ses_notice(TOPIC, "mail-14", "Delivery")).unwrap();
    let error = lambda::answer(&service.api, event, &Context::default()).await.err().unwrap();
    assert_eq!(error.to_string(), "the store is unavailable: Throttling");
    assert_eq!((events_of(&sid(14)), events_of("\"mail-14\"")), Default::default());
}

async fn notified(service: &Service, event: &Value) -> Value {
    let event: Event = serde_json::from_value(event.clone()).unwrap();
    serde_json::to_value(lambda::answer(&service.api, event, &Context::default()).await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_end_of_a_mail_is_counted() {
    let (_embedded, service) = service().await;
    for (kind, event, reason) in [
        ("Delivery", Some("delivery.confirmed"), None),
        ("Bounce", Some("delivery.failed"), Some("Permanent.General")),
        ("Reject", Some("delivery.failed"), Some("Reject")),
        ("Complaint", Some("delivery.failed"), Some("complaint")),
        ("Send", None, None),
        ("DeliveryDelay", None, None),
        ("Open", None, None),
    ] {
        let message = format!("mail-15-{kind}");
        for _ in 0..3 {
            assert_eq!(notified(&service, &ses_notice(TOPIC, &message, kind)).await, Value::Null);
        }
        assert_eq!(events_of(&message), event.map(counted).unwrap_or_default(), "{kind}");
        assert_eq!(lines_with(&message).first().and_then(|line| line["reason"].as_str()), reason, "{kind}");
    }
}

#[tokio::test]
async fn notices_that_are_not_our_topics_are_noted_and_not_counted() {
    let (_embedded, service) = service().await;
    let other = TOPIC.replace("123456789012", "210987654321");
    let mut unreadable = ses_notice(TOPIC, "mail-16", "Delivery");
    unreadable["Records"][0]["Sns"]["Message"] = json!("no JSON, mail-16");
    let mut greeting = unreadable.clone();
    greeting["Records"][0]["Sns"]["Message"] = json!("Successfully validated SNS topic for Amazon SES event publishing.");
    for (id, event, reason) in [
        ("notice-1", ses_notice(&other, "mail-16", "Delivery"), Some("other_account")),
        ("notice-2", unreadable, Some("unreadable")),
        ("notice-3", greeting, None),
    ] {
        let mut context = Context::default();
        context.request_id = id.to_owned();
        let event: Event = serde_json::from_value(event).unwrap();
        lambda::answer(&service.api, event, &context).await.unwrap();
        let lines = lines_with(id);
        assert_eq!(lines.first().and_then(|line| line["reason"].as_str()), reason, "{id}");
    }
    assert_eq!(events_of("mail-16"), BTreeMap::new());
}

#[tokio::test]
async fn records_of_others_are_no_events() {
    let (_embedded, service) = service().await;
    let mut mixed = ses_notice(TOPIC, "mail-17", "Delivery");
    let of_s3 = json!({ "EventSource": "aws:s3", "Sns": mixed["Records"][0]["Sns"] });
    mixed["Records"].as_array_mut().unwrap().push(of_s3);
    for event in [mixed, json!({ "Records": [] }), json!({ "Records": 1 }), json!({ "Records": [{ "EventSource": "aws:sns" }] })]
    {
        assert_eq!(notified(&service, &event).await["statusCode"], 500, "{event}");
    }
    assert_eq!(events_of("mail-17"), BTreeMap::new());
}

/// A body in a route's own event can look like a topic's: it stays a body.
#[tokio::test]
async fn a_callers_body_is_never_a_notice() {
    let (_embedded, service) = service().await;
    for route in ["send", "verify", "receipts/twilio", "receipts/vonage"] {
        service.post(route, &ses_notice(TOPIC, "mail-18", "Delivery")).await;
    }
    assert_eq!(events_of("mail-18"), BTreeMap::new());
}

#[tokio::test]
async fn the_log_has_neither_the_recipient_nor_a_secret() {
    let (_embedded, service) = service().await;
    for call in [twilio_receipt(&service, &sid(19), "delivered"), vonage_receipt(&service, &uuid(19), "delivered")] {
        service.call(&call).await;
        let mut forged = copy(&call);
        forged.body = Ok(Bytes::from_static(b"To=%2B12345678901&Body=a-private-text"));
        service.call(&forged).await;
    }
    notified(&service, &ses_notice(TOPIC, "mail-19", "Bounce")).await;
    assert_eq!(lines_with("mail-19").len(), 1);
    for private in ["12345678901", "user@example.com", "a-private-text", TWILIO_TOKEN, VONAGE_SIGNATURE_SECRET, "eyJ"] {
        assert_eq!(lines_with(private), Vec::<Value>::new(), "{private}");
    }
}

fn copy(call: &Call) -> Call {
    Call {
        id: call.id.clone(),
        source: call.source,
        method: call.method.clone(),
        path: call.path.clone(),
        headers: call.headers.clone(),
        body: call.body.clone(),
        time_left: call.time_left,
        trace: call.trace,
    }
}
