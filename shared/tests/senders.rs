//! The senders and the vault through the real SDK, against a stand-in that speaks AWS's wire formats: what arrives there,
//! what each fault proves about the message, and that no message is ever tried twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sns::config::retry::RetryConfig;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::outbox::{Outbox, Sent};
use otp_auth::adapters::rotation;
use otp_auth::adapters::secrets::{Needs, SecretError, VaultKeys};
use otp_auth::adapters::ses::{SesSender, SesSettings};
use otp_auth::adapters::sns::{SnsSender, SnsSettings};
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::domain::keys::KeyId;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::signing::Algorithm;
use otp_auth::ports::clock::Clock;
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::sender::{Content, Delivery, Message, RefusalClass, Sender};
use otp_auth::testing::aws_stand_in::{Attribute, AwsStandIn, Fault, Part, SECRET};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::local_credentials;
use tokio::net::TcpSocket;
use zeroize::Zeroizing;

const TEXT: &str = "123456 is your Äcme code.\n\n@example.com #123456";
const HTML: &str = "<p>Ihr Code für \"Äcme\": <b>123456</b> & 日本</p>";

// --- What arrives ---

#[tokio::test]
async fn a_text_arrives_with_every_attribute_that_is_configured() {
    let (aws, outbox) = stand_in().await;
    let settings = SnsSettings {
        sender_id: Some("ACME".to_owned()),
        origination_number: Some("+12065550100".to_owned()),
        max_price_usd: Some("0.10".to_owned()),
    };
    let delivery = SnsSender::new(client().sns(Some(&aws.endpoint())), &settings).deliver(&text()).await;
    assert_accepted(&delivery, "sns");
    let publish = aws.last_text().unwrap();
    assert_eq!((publish.phone_number.as_str(), publish.message.as_str()), ("+12345678901", TEXT));
    let attribute = |data_type: &str, value: &str| Attribute { data_type: data_type.to_owned(), value: value.to_owned() };
    let expected = [
        ("AWS.MM.SMS.OriginationNumber", attribute("String", "+12065550100")),
        ("AWS.SNS.SMS.MaxPrice", attribute("Number", "0.10")),
        ("AWS.SNS.SMS.SMSType", attribute("String", "Transactional")),
        ("AWS.SNS.SMS.SenderID", attribute("String", "ACME")),
    ];
    assert_eq!(publish.attributes, expected.map(|(name, attribute)| (name.to_owned(), attribute)).into());
    let Sent { channel, to, text, provider, sent_at, .. } = outbox.sent().remove(0);
    assert_eq!((channel, to.as_str(), text.as_str(), provider), ("sms", "+12345678901", TEXT, "sns"));
    assert_eq!(sent_at, "2026-11-23T12:00:00Z");
}

#[tokio::test]
async fn a_text_is_transactional_and_nothing_else_when_nothing_is_configured() {
    let (aws, _) = stand_in().await;
    assert_accepted(&sns(&aws).deliver(&text()).await, "sns");
    let attributes = aws.last_text().unwrap().attributes;
    assert_eq!(attributes.into_keys().collect::<Vec<_>>(), ["AWS.SNS.SMS.SMSType"]);
}

#[tokio::test]
async fn a_mail_arrives_whole_and_in_utf_8() {
    let (aws, outbox) = stand_in().await;
    let settings = SesSettings { from: "Acme <login@example.com>".to_owned(), configuration_set: Some("otp".to_owned()) };
    let delivery = SesSender::new(client().ses(Some(&aws.endpoint())), settings).deliver(&mail()).await;
    assert_accepted(&delivery, "ses");
    let received = aws.last_mail().unwrap();
    assert_eq!(received.from, "Acme <login@example.com>");
    assert_eq!(received.to, ["ada@example.com"]);
    assert_eq!(received.configuration_set.as_deref(), Some("otp"));
    let part = |data: &str| Part { data: data.to_owned(), charset: Some("UTF-8".to_owned()) };
    assert_eq!(received.subject, part("Your Äcme code is 123456"));
    let headers: Vec<_> = received.headers.iter().map(|header| (header.name.as_str(), header.value.as_str())).collect();
    assert_eq!(headers, [("Auto-Submitted", "auto-generated")]);
    assert_eq!((received.text, received.html), (Some(part(TEXT)), Some(part(HTML))));
    let Sent { channel, to, subject, text, html, provider, .. } = outbox.sent().remove(0);
    assert_eq!((channel, to.as_str(), provider), ("email", "ada@example.com", "ses"));
    assert_eq!(subject.as_deref(), Some("Your Äcme code is 123456"));
    assert_eq!((text.as_str(), html.as_deref()), (TEXT, Some(HTML)));
}

#[tokio::test]
async fn a_mail_names_no_configuration_set_when_none_is_configured() {
    let (aws, _) = stand_in().await;
    assert_accepted(&ses(&aws).deliver(&mail()).await, "ses");
    assert_eq!(aws.last_mail().unwrap().configuration_set, None);
}

#[tokio::test]
async fn a_message_of_the_other_channel_never_leaves() {
    let (aws, _) = stand_in().await;
    assert_eq!(proof(&sns(&aws).deliver(&mail()).await), Proof::Refused(RefusalClass::Invalid, "NotAText".to_owned()));
    assert_eq!(proof(&ses(&aws).deliver(&text()).await), Proof::Refused(RefusalClass::Invalid, "NotAMail".to_owned()));
    assert_eq!(aws.requests(), 0);
}

// --- What a fault proves, in one attempt ---

/// What a delivery says without its provider.
#[derive(Debug, PartialEq, Eq)]
enum Proof {
    Accepted,
    Refused(RefusalClass, String),
    Unreached(String),
    Ambiguous(String),
}

#[tokio::test]
async fn a_refusal_is_refused_for_its_reason() {
    use RefusalClass::{Account, Credentials, Invalid, OptedOut};
    let (aws, outbox) = stand_in().await;
    for (status, code, class) in [
        (400, "InvalidParameter", Invalid),
        (400, "OptedOut", OptedOut),
        (403, "AuthorizationError", Credentials),
        (403, "InvalidClientTokenId", Credentials),
        (403, "SignatureDoesNotMatch", Credentials),
        (404, "NotFound", Invalid),
    ] {
        assert_one_attempt(&aws, &sns(&aws), &text(), Fault::Refuse(status, code), refused(class, code)).await;
    }
    for (status, code, class) in [
        (400, "MessageRejected", Account),
        (400, "MailFromDomainNotVerifiedException", Account),
        (400, "SendingPausedException", Account),
        (403, "AccessDeniedException", Credentials),
        (404, "NotFoundException", Invalid),
        (400, "BadRequestException", Invalid),
    ] {
        assert_one_attempt(&aws, &ses(&aws), &mail(), Fault::Refuse(status, code), refused(class, code)).await;
    }
    assert_eq!(outbox.sent(), []);
}

#[tokio::test]
async fn a_throttled_message_is_refused_for_its_rate_and_not_tried_again() {
    let (aws, outbox) = stand_in().await;
    let throttled = |code: &str| refused(RefusalClass::Rate, code);
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::Throttle, throttled("Throttled")).await;
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::Refuse(400, "Throttling"), throttled("Throttling")).await;
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::Refuse(429, "Whatever"), throttled("429")).await;
    assert_one_attempt(&aws, &ses(&aws), &mail(), Fault::Throttle, throttled("TooManyRequestsException")).await;
    assert_eq!(outbox.sent(), []);
}

#[tokio::test]
async fn a_server_error_is_ambiguous_whether_or_not_the_message_left() {
    let (aws, outbox) = stand_in().await;
    let failed = || Proof::Ambiguous("status 500, InternalFailure".to_owned());
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::FailBefore, failed()).await;
    assert_one_attempt(&aws, &ses(&aws), &mail(), Fault::FailBefore, failed()).await;
    assert_eq!(outbox.sent(), []);
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::FailAfter, failed()).await;
    assert_one_attempt(&aws, &ses(&aws), &mail(), Fault::FailAfter, failed()).await;
    assert_eq!(outbox.sent().len(), 2);
}

#[tokio::test]
async fn a_reply_that_cannot_be_read_is_ambiguous() {
    let (aws, outbox) = stand_in().await;
    let unreadable = || Proof::Ambiguous("status 200, no error code".to_owned());
    assert_one_attempt(&aws, &sns(&aws), &text(), Fault::Rubbish, unreadable()).await;
    assert_one_attempt(&aws, &ses(&aws), &mail(), Fault::Rubbish, unreadable()).await;
    assert_eq!(outbox.sent().len(), 2);
}

#[tokio::test]
async fn a_connection_cut_after_the_request_is_ambiguous() {
    let (aws, outbox) = stand_in().await;
    let lost = || Proof::Ambiguous("connection lost".to_owned());
    for (fault, left) in [(Fault::Cut, 0), (Fault::CutAfter, 2)] {
        assert_one_attempt(&aws, &sns(&aws), &text(), fault.clone(), lost()).await;
        assert_one_attempt(&aws, &ses(&aws), &mail(), fault, lost()).await;
        assert_eq!(outbox.sent().len(), left);
    }
}

/// Clients like to repeat a request by themselves when a connection that they kept turns out to be closed.
#[tokio::test]
async fn a_kept_connection_that_is_cut_is_not_tried_again_either() {
    let (aws, outbox) = stand_in().await;
    let sender = sns(&aws);
    assert_accepted(&sender.deliver(&text()).await, "sns");
    assert_one_attempt(&aws, &sender, &text(), Fault::Cut, Proof::Ambiguous("connection lost".to_owned())).await;
    assert_eq!(outbox.sent().len(), 1);
}

/// The control: with the SDK's retries on, the stand-in sees what the tests above exclude.
#[tokio::test]
async fn with_retries_one_text_would_be_three() {
    let (aws, outbox) = stand_in().await;
    aws.script([Fault::FailAfter, Fault::FailAfter]);
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = client().sns(Some(&aws.endpoint())).config().to_builder().retry_config(retries).build();
    let sender = SnsSender::new(aws_sdk_sns::Client::from_conf(config), &SnsSettings::default());
    assert_accepted(&sender.deliver(&text()).await, "sns");
    assert_eq!((aws.requests(), outbox.sent().len()), (3, 3));
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_four_seconds_once() {
    for channel in ["sms", "email"] {
        let (aws, outbox) = stand_in().await;
        aws.script([Fault::Silence]);
        let (sender, message): (Box<dyn Sender>, _) =
            if channel == "sms" { (Box::new(sns(&aws)), text()) } else { (Box::new(ses(&aws)), mail()) };
        let started = tokio::time::Instant::now();
        let delivery = while_time_stands_still(&aws, sender.deliver(&message)).await;
        assert_eq!(proof(&delivery), Proof::Ambiguous("timeout".to_owned()), "{channel}");
        assert!((3900..4500).contains(&started.elapsed().as_millis()), "{channel}: {:?}", started.elapsed());
        assert_eq!((aws.requests(), outbox.sent()), (1, vec![]), "{channel}");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_refused_connection_is_unreached() {
    let nobody = format!("http://{}", unused_address().await);
    let unreached = Proof::Unreached("no connection".to_owned());
    assert_eq!(proof(&SnsSender::new(client().sns(Some(&nobody)), &SnsSettings::default()).deliver(&text()).await), unreached);
    assert_eq!(proof(&SesSender::new(client().ses(Some(&nobody)), from_only()).deliver(&mail()).await), unreached);
}

#[tokio::test]
async fn a_name_without_an_address_is_unreached() {
    let sender = SnsSender::new(client().sns(Some("http://sns.invalid")), &SnsSettings::default());
    assert_eq!(proof(&sender.deliver(&text()).await), Proof::Unreached("no connection".to_owned()));
}

#[tokio::test]
async fn a_failed_tls_handshake_is_unreached() {
    let (aws, _) = stand_in().await;
    let https = aws.endpoint().replace("http:", "https:");
    let sender = SnsSender::new(client().sns(Some(&https)), &SnsSettings::default());
    assert_eq!(proof(&sender.deliver(&text()).await), Proof::Unreached("no connection".to_owned()));
    assert_eq!(aws.requests(), 0);
}

/// A listener that accepts nobody, its queue full: as a firewall that drops packets.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_never_stands_is_unreached_after_a_second() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let deaf = socket.listen(0).unwrap();
    let address = deaf.local_addr().unwrap();
    let _in_the_queue = tokio::net::TcpStream::connect(address).await.unwrap();
    let sender = SnsSender::new(client().sns(Some(&format!("http://{address}"))), &SnsSettings::default());
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    assert_eq!(proof(&sender.deliver(&text()).await), Proof::Unreached("no connection".to_owned()));
    assert!((900..1500).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

// --- The vault ---

#[tokio::test]
async fn the_keys_are_those_of_the_secret() {
    let (aws, _) = stand_in().await;
    aws.set_secret(Some(secret("k2", &["k1", "k2"])));
    let keys = vault(&aws, &Arc::default()).await.unwrap();
    let (current, _) = keys.ring().current().unwrap();
    assert_eq!(current, KeyId(2));
    assert!(keys.ring().get(KeyId(1)).is_some() && keys.ring().get(KeyId(3)).is_none());
}

#[tokio::test]
async fn without_a_whole_secret_there_are_no_keys() {
    let (aws, _) = stand_in().await;
    aws.set_secret(None);
    let error = vault(&aws, &Arc::default()).await.err().unwrap();
    assert_eq!(error.to_string(), "the secret could not be read: ResourceNotFoundException");
    aws.set_secret(Some(r#"{"identifiers":"k1","codes":"k2","k1":"0123456789abcdef0123456789abcdef"}"#.to_owned()));
    let error = vault(&aws, &Arc::default()).await.err().unwrap();
    assert_eq!(error.to_string(), "the secret is not complete: key k2 is named but not given");
    aws.set_secret(Some("k1".to_owned()));
    assert!(matches!(vault(&aws, &Arc::default()).await.err(), Some(SecretError::NotJson)));
}

#[tokio::test]
async fn a_vault_that_refuses_or_is_not_there_says_so() {
    let (aws, _) = stand_in().await;
    aws.script([Fault::Refuse(400, "AccessDeniedException")]);
    let error = vault(&aws, &Arc::default()).await.err().unwrap();
    assert_eq!(error.to_string(), "the secret could not be read: AccessDeniedException");
    let nobody = client().secrets(Some(&format!("http://{}", unused_address().await)));
    let error = VaultKeys::read(nobody, SECRET.to_owned(), Arc::new(TestClock::default()), Needs::Codes).await.err().unwrap();
    assert_eq!(error.to_string(), "the secret could not be read: no connection");
}

#[tokio::test]
async fn a_throttling_vault_is_asked_again() {
    let (aws, _) = stand_in().await;
    aws.script([Fault::Throttle, Fault::FailBefore]);
    assert!(vault(&aws, &Arc::default()).await.is_ok());
    assert_eq!(aws.requests(), 3);
}

#[tokio::test]
async fn the_secret_is_read_again_at_most_once_a_minute() {
    let (aws, _) = stand_in().await;
    let clock = Arc::<TestClock>::default();
    let keys = vault(&aws, &clock).await.unwrap();
    aws.set_secret(Some(secret("k2", &["k1", "k2"])));
    assert!(keys.refresh().await.get(KeyId(2)).is_some(), "a key that came just after the start is found at once");
    aws.set_secret(Some(secret("k3", &["k1", "k2", "k3"])));
    clock.advance(Duration::from_millis(59_999));
    for _ in 0..10 {
        assert!(keys.refresh().await.get(KeyId(3)).is_none());
    }
    assert_eq!(aws.requests(), 2);
    clock.advance(Duration::from_millis(1));
    for _ in 0..10 {
        assert!(keys.refresh().await.get(KeyId(3)).is_some());
    }
    assert_eq!(aws.requests(), 3);
}

#[tokio::test]
async fn keys_at_hand_stay_when_the_secret_cannot_be_read_again() {
    let (aws, _) = stand_in().await;
    let clock = Arc::<TestClock>::default();
    let keys = vault(&aws, &clock).await.unwrap();
    for fault in [Fault::Refuse(400, "AccessDeniedException"), Fault::Rubbish] {
        clock.advance(Duration::from_secs(60));
        aws.script([fault]);
        assert!(keys.refresh().await.get(KeyId(1)).is_some());
    }
    aws.set_secret(Some("half-made".to_owned()));
    clock.advance(Duration::from_secs(60));
    assert!(keys.refresh().await.get(KeyId(1)).is_some());
}

#[tokio::test]
async fn keys_older_than_an_hour_are_read_again_before_anything_new_is_made() {
    let (aws, _) = stand_in().await;
    let clock = Arc::<TestClock>::default();
    let keys = vault(&aws, &clock).await.unwrap();
    aws.set_secret(Some(secret("k2", &["k1", "k2"])));
    clock.advance(Duration::from_secs(3599));
    assert_eq!(keys.recent().await.current().unwrap().0, KeyId(1));
    clock.advance(Duration::from_secs(1));
    assert_eq!(keys.recent().await.current().unwrap().0, KeyId(2));
    assert_eq!(aws.requests(), 2);
    keys.recent().await;
    assert_eq!(aws.requests(), 2);
}

#[tokio::test]
async fn tokens_want_a_signing_key_at_the_start_and_after_it() {
    let (aws, _) = stand_in().await;
    let clock = Arc::<TestClock>::default();
    let read = |clock: &Arc<TestClock>| {
        let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
        VaultKeys::read(client().secrets(Some(&aws.endpoint())), SECRET.to_owned(), clock, Needs::CodesAndSigning)
    };
    let error = read(&clock).await.err().unwrap().to_string();
    assert!(error.contains("TOKEN_ISSUER is set") && error.contains("otpctl keys rotate signing"), "{error}");
    let whole = rotation::first_document(clock.now(), Algorithm::EdDsa, &SystemRandomness).unwrap();
    aws.set_secret(Some(whole.to_string()));
    let keys = read(&clock).await.unwrap();
    assert!(keys.ring().signing().is_some());
    aws.set_secret(Some(secret("k1", &["k1"])));
    assert!(keys.refresh().await.signing().is_some(), "a secret that lost its signing key does not take the place of one");
    // Who needs no signing key does not even parse it.
    aws.set_secret(Some(whole.to_string()));
    assert!(vault(&aws, &clock).await.unwrap().ring().signing().is_none());
}

// --- What the tests share ---

async fn stand_in() -> (AwsStandIn, Outbox) {
    let outbox = Outbox::new(Arc::new(TestClock::default()));
    let secret = Some(secret("k1", &["k1"]));
    let aws = AwsStandIn::start(outbox.clone(), secret, (Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
    (aws, outbox)
}

/// A fresh one has no connection yet.
fn client() -> Aws {
    Aws::new(&local_credentials()).unwrap()
}

fn sns(aws: &AwsStandIn) -> SnsSender {
    SnsSender::new(client().sns(Some(&aws.endpoint())), &SnsSettings::default())
}

fn ses(aws: &AwsStandIn) -> SesSender {
    SesSender::new(client().ses(Some(&aws.endpoint())), from_only())
}

fn from_only() -> SesSettings {
    SesSettings { from: "login@example.com".to_owned(), configuration_set: None }
}

async fn vault(aws: &AwsStandIn, clock: &Arc<TestClock>) -> Result<VaultKeys, SecretError> {
    let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(clock);
    VaultKeys::read(client().secrets(Some(&aws.endpoint())), SECRET.to_owned(), clock, Needs::Codes).await
}

fn secret(codes: &str, keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|name| format!(r#""{name}":"{}""#, name.repeat(32))).collect();
    format!(r#"{{"identifiers":"k1","codes":"{codes}",{}}}"#, keys.join(","))
}

fn text() -> Message {
    let content = Content::Sms(Zeroizing::new(TEXT.to_owned()));
    Message { id: "text-1".to_owned(), to: Recipient::parse("+12345678901", None).unwrap(), content }
}

fn mail() -> Message {
    let part = |text: &str| Zeroizing::new(text.to_owned());
    let content = Content::Email { subject: part("Your Äcme code is 123456"), text: part(TEXT), html: part(HTML) };
    Message { id: "mail-1".to_owned(), to: Recipient::parse("Ada@example.com", None).unwrap(), content }
}

async fn assert_one_attempt(aws: &AwsStandIn, sender: &dyn Sender, message: &Message, fault: Fault, expected: Proof) {
    let before = aws.requests();
    aws.script([fault.clone()]);
    assert_eq!(proof(&sender.deliver(message).await), expected, "{fault:?}");
    assert_eq!(aws.requests() - before, 1, "{fault:?}");
}

fn assert_accepted(delivery: &Delivery, by: &str) {
    match delivery {
        Delivery::Accepted { provider, message_id } => assert!(*provider == by && !message_id.is_empty(), "{delivery:?}"),
        _ => panic!("not accepted: {delivery:?}"),
    }
}

fn refused(class: RefusalClass, code: &str) -> Proof {
    Proof::Refused(class, code.to_owned())
}

fn proof(delivery: &Delivery) -> Proof {
    match delivery.clone() {
        Delivery::Accepted { .. } => Proof::Accepted,
        Delivery::Refused { reason, .. } => Proof::Refused(reason.class, reason.code),
        Delivery::Unreached { cause, .. } => Proof::Unreached(cause),
        Delivery::Ambiguous { cause, .. } => Proof::Ambiguous(cause),
    }
}

/// Once the request is read, stops the clock: tokio then jumps to the next thing that waits for a time.
async fn while_time_stands_still<T>(aws: &AwsStandIn, delivery: impl Future<Output = T>) -> T {
    let stop_the_clock = async {
        aws.received(1).await;
        tokio::time::pause();
    };
    tokio::join!(delivery, stop_the_clock).0
}

async fn unused_address() -> SocketAddr {
    tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
}
