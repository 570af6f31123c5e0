//! Twilio, Vonage and SendGrid: what arrives, and what their replies prove.

use std::sync::Arc;

use otp_auth::adapters::feedback::ProviderFeedback;
use otp_auth::adapters::sendgrid::SendGridSender;
use otp_auth::adapters::twilio::TwilioSender;
use otp_auth::adapters::vonage::VonageSender;
use otp_auth::adapters::web::Web;
use otp_auth::config::{FeedbackConfig, TwilioFrom, TwilioSettings, VonageApi, VonageSettings};
use otp_auth::ports::feedback::Feedback;
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::sender::RefusalClass::{
    self, Account, BadRecipient, BlockedCountry, Credentials, Funds, Invalid, OptedOut, Policy, Rate,
};
use otp_auth::ports::sender::{Message, Sender};
use serde_json::{Value, json};

use crate::message::{HTML, SUBJECT, TEXT, keys, mail, text, text_of};
use crate::outcome::{Proof, ambiguous, proof, refused, unreached, while_time_stands_still};
use crate::tls::Tls;
use crate::web_server::{Answer, Dialect, Fault, Received, WebServer};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SECRETS: &[(&str, &str)] = &[
    ("twilio:auth_token", "token"),
    ("vonage:api_secret", "secret"),
    ("sendgrid:api_key", "SG.key"),
    ("smtp:password", "password"),
];

/// A web interface of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    Twilio,
    VonageMessages,
    VonageSms,
    SendGrid,
}

pub const APIS: [Api; 4] = [Api::Twilio, Api::VonageMessages, Api::VonageSms, Api::SendGrid];

pub fn secrets() -> Arc<dyn KeySource> {
    keys(SECRETS)
}

impl Api {
    pub async fn start(self) -> WebServer {
        WebServer::start(self.dialect()).await
    }

    pub fn sender(self, web: Web, endpoint: &str) -> Box<dyn Sender> {
        let vonage = |api| VonageSettings { api_key: "abcd1234".to_owned(), sender: "Acme".to_owned(), api, receipts: None };
        match self {
            Self::Twilio => {
                let from = TwilioFrom::Sender("+12065550100".to_owned());
                let settings = TwilioSettings { account_sid: ACCOUNT.to_owned(), from, receipts: None };
                Box::new(TwilioSender::new(web, endpoint, settings, secrets()))
            }
            Self::VonageMessages => Box::new(VonageSender::new(web, Some(endpoint), vonage(VonageApi::Messages), secrets())),
            Self::VonageSms => Box::new(VonageSender::new(web, Some(endpoint), vonage(VonageApi::Sms), secrets())),
            Self::SendGrid => Box::new(SendGridSender::new(web, endpoint, "\"Acme & Co.\" <login@example.com>", secrets())),
        }
    }

    pub fn message(self) -> Message {
        if self == Self::SendGrid { mail() } else { text() }
    }

    /// `printf '%s' user:password | base64`.
    fn dialect(self) -> Dialect {
        let basic_vonage = "Basic YWJjZDEyMzQ6c2VjcmV0".to_owned();
        let broken = |body: &str| json(500, body);
        match self {
            Self::Twilio => Dialect {
                authorization: "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbg==".to_owned(),
                accepted: json(201, r#"{"account_sid":"AC","sid":"SM0001","status":"queued","error_code":null,"body":"…"}"#),
                unauthorized: twilio(401, 20003),
                broken: broken(r#"{"code":20500,"message":"Internal Server Error","status":500}"#),
            },
            Self::VonageMessages => Dialect {
                authorization: basic_vonage,
                accepted: json(202, r#"{"message_uuid":"aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}"#),
                unauthorized: vonage_problem(401, "https://developer.vonage.com/api-errors#unauthorized"),
                broken: broken(r#"{"type":"https://developer.vonage.com/api-errors/messages#1030","title":"Internal error"}"#),
            },
            Self::VonageSms => Dialect {
                authorization: basic_vonage,
                accepted: vonage_parts(&["0"]),
                unauthorized: vonage_parts(&["4"]),
                broken: broken("{}"),
            },
            Self::SendGrid => Dialect {
                authorization: "Bearer SG.key".to_owned(),
                accepted: Answer { status: 202, headers: vec![("x-message-id", "14c5d75ce93.dfd.64b469")], body: String::new() },
                unauthorized: sendgrid(401, "The provided authorization grant is invalid, expired, or revoked"),
                broken: broken(r#"{"errors":[{"message":"Internal Server Error"}]}"#),
            },
        }
    }

    /// The refusal of credentials, as this provider says it.
    pub fn refusal(self) -> Answer {
        self.dialect().unauthorized
    }

    pub fn throttle(self) -> Answer {
        match self {
            Self::Twilio => twilio(429, 20429),
            Self::VonageMessages => vonage_problem(429, "https://developer.vonage.com/api-errors#throttled"),
            Self::VonageSms => vonage_parts(&["1"]),
            Self::SendGrid => sendgrid(429, "too many requests"),
        }
    }

    pub fn bad_recipient(self) -> Option<Answer> {
        match self {
            Self::Twilio => Some(twilio(400, 21211)),
            Self::VonageMessages => Some(vonage_problem(422, "https://developer.vonage.com/api-errors/messages#1240")),
            Self::VonageSms => Some(vonage_parts(&["6"])),
            Self::SendGrid => None,
        }
    }
}

fn json(status: u16, body: &str) -> Answer {
    Answer { status, headers: vec![("content-type", "application/json")], body: body.to_owned() }
}

pub fn twilio(status: u16, code: u32) -> Answer {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    json(
        status,
        &json!({ "code": code, "message": "The 'To' number +12345678901 …", "more_info": more, "status": status }).to_string(),
    )
}

pub fn vonage_problem(status: u16, kind: &str) -> Answer {
    json(status, &json!({ "type": kind, "title": "…", "detail": "+12345678901", "instance": "bf0ca0bf" }).to_string())
}

pub fn vonage_parts(statuses: &[&str]) -> Answer {
    let part = |status: &&str| match *status {
        "0" => json!({ "to": "12345678901", "message-id": "0A0000000123ABCD1", "status": "0", "remaining-balance": "3.14" }),
        other => json!({ "status": other, "error-text": "…" }),
    };
    let parts: Vec<Value> = statuses.iter().map(part).collect();
    json(200, &json!({ "message-count": parts.len().to_string(), "messages": parts }).to_string())
}

fn sendgrid(status: u16, sentence: &str) -> Answer {
    json(status, &json!({ "errors": [{ "message": sentence, "field": null, "help": null }] }).to_string())
}

async fn deliver(api: Api, fault: Option<Fault>, message: &Message) -> (Proof, WebServer) {
    let server = api.start().await;
    fault.into_iter().for_each(|fault| server.script(fault));
    let delivery = api.sender(server.web(), &server.endpoint).deliver(message).await;
    (proof(&delivery), server)
}

async fn received(api: Api, message: &Message) -> Received {
    let (outcome, server) = deliver(api, None, message).await;
    assert!(matches!(outcome, Proof::Accepted(_)), "{api:?}: {outcome:?}");
    server.taken().remove(0)
}

fn assert_headers(received: &Received, media_type: &str, authorization: &str) {
    let mut headers = received.headers.clone();
    assert!(headers.remove("host").unwrap().starts_with("localhost:"));
    assert_eq!(headers.remove("content-length").unwrap(), received.body.len().to_string());
    let expected = [
        ("accept", "application/json"),
        ("authorization", authorization),
        ("content-type", media_type),
        ("user-agent", "otp-auth"),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

fn form(body: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

// --- What arrives ---

#[tokio::test]
async fn twilio_gets_a_form_and_nothing_in_the_text_escapes_its_field() {
    let received = received(Api::Twilio, &text()).await;
    assert_eq!(received.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1"));
    let basic = "Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0b2tlbg==";
    assert_headers(&received, "application/x-www-form-urlencoded", basic);
    let expected = [("To", "+12345678901"), ("From", "+12065550100"), ("Body", TEXT), ("ValidityPeriod", "600")];
    assert_eq!(form(&received.body), pairs(&expected));
}

#[tokio::test]
async fn twilio_can_be_a_messaging_service_and_an_api_key() {
    let server = Api::Twilio.start().await;
    let from = TwilioFrom::Service("MG0123456789abcdef0123456789abcdef".to_owned());
    let settings = TwilioSettings { account_sid: ACCOUNT.to_owned(), from, receipts: None };
    let keys = keys(&[("twilio:auth_token", "token"), ("twilio:api_key", "SK1"), ("twilio:api_key_secret", "s")]);
    let outcome = TwilioSender::new(server.web(), &server.endpoint, settings, keys).deliver(&text()).await;
    // The key is not the account's: the server that knows the account's alone refuses it.
    assert_eq!(proof(&outcome), refused(Credentials, "20003"));
    server.script(Fault::Rubbish);
    let from = TwilioFrom::Service("MG0123456789abcdef0123456789abcdef".to_owned());
    let settings = TwilioSettings { account_sid: ACCOUNT.to_owned(), from, receipts: None };
    let keys = crate::message::keys(&[("twilio:api_key", "SK1"), ("twilio:api_key_secret", "s")]);
    TwilioSender::new(server.web(), &server.endpoint, settings, keys).deliver(&text()).await;
    let received = server.taken().remove(0);
    assert_eq!(received.headers["authorization"], "Basic U0sxOnM=");
    assert_eq!(form(&received.body)[1], ("MessagingServiceSid".to_owned(), "MG0123456789abcdef0123456789abcdef".to_owned()));
}

const RECEIPTS: &str = "https://auth.example.com/prod/api/auth/otp/receipts";

/// A text through Twilio, with these secrets.
async fn twilio_form(feedback: bool, secrets: &[(&str, &str)]) -> Vec<(String, String)> {
    let server = Api::Twilio.start().await;
    server.script(Fault::Rubbish);
    let from = TwilioFrom::Sender("+12065550100".to_owned());
    let receipts = Some(format!("{RECEIPTS}/twilio"));
    let settings = TwilioSettings { account_sid: ACCOUNT.to_owned(), from, receipts };
    let sender = TwilioSender::new(server.web(), &server.endpoint, settings, keys(secrets)).with_feedback(feedback);
    sender.deliver(&text()).await;
    form(&server.taken().remove(0).body)
}

#[tokio::test]
async fn twilio_is_asked_for_what_can_be_checked() {
    let more = |form: Vec<(String, String)>| form[4..].to_vec();
    let callback = ("StatusCallback", "https://auth.example.com/prod/api/auth/otp/receipts/twilio");
    let token = ("twilio:auth_token", "token");
    let key = [("twilio:api_key", "SK1"), ("twilio:api_key_secret", "s")];
    assert_eq!(more(twilio_form(false, &[token]).await), pairs(&[callback]));
    assert_eq!(more(twilio_form(true, &[token, key[0], key[1]]).await), pairs(&[callback, ("ProvideFeedback", "true")]));
    assert_eq!(more(twilio_form(false, &key).await), [], "its callbacks are signed with the token");
}

#[tokio::test]
async fn vonage_is_asked_for_what_can_be_checked() {
    for (signature, wanted) in [(Some("signs"), json!(format!("{RECEIPTS}/vonage"))), (None, Value::Null)] {
        let server = Api::VonageMessages.start().await;
        let receipts = Some(format!("{RECEIPTS}/vonage"));
        let (api_key, sender, api) = ("abcd1234".to_owned(), "Acme".to_owned(), VonageApi::Messages);
        let settings = VonageSettings { api_key, sender, api, receipts };
        let known = signature.map(|secret| ("vonage:signature_secret", secret));
        let secrets: Vec<_> = [("vonage:api_secret", "secret")].into_iter().chain(known).collect();
        VonageSender::new(server.web(), Some(&server.endpoint), settings, keys(&secrets)).deliver(&text()).await;
        let body: Value = serde_json::from_str(&server.taken().remove(0).body).unwrap();
        assert_eq!(body["webhook_url"], wanted);
        assert_eq!(body["webhook_version"], if signature.is_some() { json!("v1") } else { Value::Null });
    }
}

/// The accounts that hear of right codes, at this server.
fn feedback(server: &WebServer, secrets: &[(&str, &str)]) -> ProviderFeedback {
    let config = FeedbackConfig { twilio: Some(ACCOUNT.to_owned()), vonage: Some("abcd1234".to_owned()) };
    ProviderFeedback::new(server.web(), config, keys(secrets), Some(server.endpoint.clone()))
}

const SID: &str = "SM0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn twilio_and_vonage_hear_of_right_codes() {
    let server = Api::Twilio.start().await;
    feedback(&server, SECRETS).arrived("twilio", SID).await;
    let received = server.taken().remove(0);
    assert_eq!(received.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Feedback.json HTTP/1.1"));
    assert_eq!(form(&received.body), pairs(&[("Outcome", "confirmed")]));
    let server = Api::VonageSms.start().await;
    server.script(Fault::Rubbish);
    feedback(&server, SECRETS).arrived("vonage", "0A0000000123ABCD1").await;
    let received = server.taken().remove(0);
    assert_eq!(received.line, "POST /conversions/sms HTTP/1.1");
    let told = [("message-id", "0A0000000123ABCD1"), ("delivered", "true"), ("api_key", "abcd1234"), ("api_secret", "secret")];
    assert_eq!(form(&received.body), pairs(&told));
}

#[tokio::test]
async fn nobody_is_told_without_credentials_or_by_what_is_no_id() {
    let server = Api::Twilio.start().await;
    for message in ["", "SM1", "../../../Accounts", &format!("{SID}/x"), &format!("{SID}?a=b")] {
        feedback(&server, SECRETS).arrived("twilio", message).await;
    }
    feedback(&server, &[]).arrived("twilio", SID).await;
    feedback(&server, &[]).arrived("vonage", "0A0000000123ABCD1").await;
    feedback(&server, SECRETS).arrived("sns", "some-id").await;
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_provider_that_does_not_listen_is_waited_for_no_longer_than_a_second() {
    let server = Api::Twilio.start().await;
    for fault in [Fault::Cut, Fault::FailBefore, Fault::Refuse(Api::Twilio.refusal())] {
        server.script(fault);
        feedback(&server, SECRETS).arrived("twilio", SID).await;
    }
    server.script(Fault::Silence);
    let told = feedback(&server, SECRETS);
    let started = tokio::time::Instant::now();
    while_time_stands_still(server.received(4), told.arrived("twilio", SID)).await;
    assert!((950..1500).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
    assert_eq!(server.requests(), 4, "once each");
}

#[tokio::test]
async fn vonage_messages_gets_json_and_nothing_in_the_text_escapes_its_field() {
    let received = received(Api::VonageMessages, &text()).await;
    assert_eq!(received.line, "POST /v1/messages HTTP/1.1");
    assert_headers(&received, "application/json", "Basic YWJjZDEyMzQ6c2VjcmV0");
    let body: Value = serde_json::from_str(&received.body).unwrap();
    let expected = json!({
        "message_type": "text", "channel": "sms", "to": "12345678901", "from": "Acme", "text": TEXT, "ttl": 600,
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn vonage_sms_gets_a_form_that_says_how_the_text_is_encoded() {
    let plain = received(Api::VonageSms, &text_of("123456 is your code.")).await;
    assert_eq!(plain.line, "POST /sms/json HTTP/1.1");
    assert_headers(&plain, "application/x-www-form-urlencoded", "Basic YWJjZDEyMzQ6c2VjcmV0");
    let form_of = |text, kind| [("from", "Acme"), ("to", "12345678901"), ("text", text), ("type", kind), ("ttl", "600000")];
    assert_eq!(form(&plain.body), pairs(&form_of("123456 is your code.", "text")));
    assert_eq!(form(&received(Api::VonageSms, &text()).await.body), pairs(&form_of(TEXT, "text")));
    // Not ASCII and in the GSM alphabet, and the other way round; then neither.
    for (text, kind) in [("Er läuft ab. 5 €", "text"), ("`123456`", "unicode"), ("código", "unicode"), ("验证码", "unicode")]
    {
        assert_eq!(form(&received(Api::VonageSms, &text_of(text)).await.body), pairs(&form_of(text, kind)), "{text}");
    }
}

#[tokio::test]
async fn sendgrid_gets_both_parts_untracked() {
    let received = received(Api::SendGrid, &mail()).await;
    assert_eq!(received.line, "POST /v3/mail/send HTTP/1.1");
    assert_headers(&received, "application/json", "Bearer SG.key");
    let body: Value = serde_json::from_str(&received.body).unwrap();
    let expected = json!({
        "personalizations": [{ "to": [{ "email": "ada@example.com" }] }],
        "from": { "email": "login@example.com", "name": "Acme & Co." },
        "subject": SUBJECT,
        "content": [{ "type": "text/plain", "value": TEXT }, { "type": "text/html", "value": HTML }],
        "headers": { "Auto-Submitted": "auto-generated" },
        "tracking_settings": {
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
            "subscription_tracking": { "enable": false },
        },
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn the_provider_names_the_message() {
    let ids = ["SM0001", "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab", "0A0000000123ABCD1", "14c5d75ce93.dfd.64b469"];
    for (api, id) in APIS.into_iter().zip(ids) {
        assert_eq!(deliver(api, None, &api.message()).await.0, Proof::Accepted(id.to_owned()), "{api:?}");
    }
}

#[tokio::test]
async fn a_message_of_the_other_channel_never_leaves() {
    for api in APIS {
        let other = if api == Api::SendGrid { text() } else { mail() };
        let (outcome, server) = deliver(api, None, &other).await;
        assert!(matches!(outcome, Proof::Refused(Invalid, _)), "{api:?}: {outcome:?}");
        assert_eq!(server.requests(), 0);
    }
}

#[tokio::test]
async fn without_its_secret_nothing_is_asked() {
    let server = Api::Twilio.start().await;
    let from = TwilioFrom::Sender("+12065550100".to_owned());
    let settings = TwilioSettings { account_sid: ACCOUNT.to_owned(), from, receipts: None };
    let sender = TwilioSender::new(server.web(), &server.endpoint, settings, keys(&[]));
    assert_eq!(proof(&sender.deliver(&text()).await), refused(Credentials, "NoSecret"));
    assert_eq!(server.requests(), 0);
}

// --- What a reply proves ---

async fn assert_refused(api: Api, answer: Answer, class: RefusalClass, code: &str) {
    let (outcome, server) = deliver(api, Some(Fault::Refuse(answer)), &api.message()).await;
    assert_eq!(outcome, refused(class, code), "{api:?}");
    assert_eq!((server.requests(), server.taken().len()), (1, 0), "{api:?}");
}

#[tokio::test]
async fn twilio_refuses_by_code() {
    for (status, code, class) in [
        (400, 21211, BadRecipient),
        (400, 21614, BadRecipient),
        (400, 21268, BadRecipient),
        (400, 21610, OptedOut),
        (400, 21408, BlockedCountry),
        (401, 20003, Credentials),
        (404, 20404, Credentials),
        (400, 21608, Account),
        (400, 21606, Account),
        (400, 30002, Account),
        (400, 21612, Policy),
        (429, 20429, Rate),
        (429, 21611, Rate),
        (402, 99999, Funds),
        (403, 99999, Credentials),
        (400, 21602, Invalid),
    ] {
        assert_refused(Api::Twilio, twilio(status, code), class, &code.to_string()).await;
    }
    assert_refused(Api::Twilio, json(403, "<html>"), Credentials, "status 403").await;
}

#[tokio::test]
async fn vonage_messages_refuses_by_the_name_of_its_problem() {
    let messages = "https://developer.vonage.com/api-errors/messages#";
    let generic = "https://developer.vonage.com/api-errors#";
    for (status, kind, code, class) in [
        (422, messages, "1240", BadRecipient),
        (422, messages, "1170", BadRecipient),
        (422, messages, "1050", OptedOut),
        (422, messages, "1120", Account),
        (402, messages, "1070", Funds),
        (403, messages, "1210", Policy),
        (429, messages, "1000", Rate),
        (401, generic, "unauthorized", Credentials),
        (402, generic, "low-balance", Funds),
        (403, generic, "account-suspended", Account),
        (422, generic, "invalid-params", Invalid),
    ] {
        assert_refused(Api::VonageMessages, vonage_problem(status, &format!("{kind}{code}")), class, code).await;
    }
    assert_refused(Api::VonageMessages, vonage_problem(422, "x#+12345678901\n"), Invalid, "status 422").await;
}

#[tokio::test]
async fn vonage_sms_refuses_by_status() {
    for (status, class) in [
        ("1", Rate),
        ("2", Invalid),
        ("4", Credentials),
        ("6", BadRecipient),
        ("7", OptedOut),
        ("8", Account),
        ("9", Funds),
        ("15", Account),
        ("29", Account),
        ("33", BadRecipient),
    ] {
        assert_refused(Api::VonageSms, vonage_parts(&[status]), class, status).await;
    }
}

#[tokio::test]
async fn a_text_that_vonage_took_in_part_is_never_sent_again() {
    for (statuses, cause) in
        [(&["0", "9"][..], "taken in part"), (&["9", "0"], "taken in part"), (&["5"], "status 5"), (&[], "unreadable reply")]
    {
        let (outcome, _) = deliver(Api::VonageSms, Some(Fault::Refuse(vonage_parts(statuses))), &text()).await;
        assert_eq!(outcome, ambiguous(cause), "{statuses:?}");
    }
}

#[tokio::test]
async fn sendgrid_refuses_by_status() {
    for (status, sentence, class, code) in [
        (401, "The provided authorization grant is invalid, expired, or revoked", Credentials, "status 401"),
        (401, "Maximum credits exceeded", Funds, "MaximumCreditsExceeded"),
        (403, "The from address does not match a verified Sender Identity.", Account, "UnverifiedSender"),
        (400, "Does not contain a valid address.", Invalid, "status 400"),
        (413, "too large", Invalid, "status 413"),
        (429, "too many requests", Rate, "status 429"),
    ] {
        assert_refused(Api::SendGrid, sendgrid(status, sentence), class, code).await;
    }
}

#[tokio::test]
async fn whatever_is_unclear_is_ambiguous_in_one_attempt() {
    for api in APIS {
        for (fault, cause, taken) in [
            (Fault::FailBefore, "status 500", 0),
            (Fault::FailAfter, "status 500", 1),
            (Fault::Refuse(json(503, "{}")), "status 503", 0),
            (Fault::Refuse(json(408, "{}")), "status 408", 0),
            (Fault::Refuse(json(302, "{}")), "status 302", 0),
            (Fault::Cut, "connection lost", 0),
            (Fault::CutAfterTaking, "connection lost", 1),
        ] {
            let (outcome, server) = deliver(api, Some(fault.clone()), &api.message()).await;
            assert_eq!(outcome, ambiguous(cause), "{api:?} {fault:?}");
            assert_eq!((server.requests(), server.taken().len()), (1, taken), "{api:?} {fault:?}");
        }
        let (outcome, server) = deliver(api, Some(Fault::Rubbish), &api.message()).await;
        assert!(matches!(outcome, Proof::Ambiguous(_)), "{api:?}: {outcome:?}");
        assert_eq!((server.requests(), server.taken().len()), (1, 1), "{api:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_is_cut_is_not_tried_again() {
    for api in APIS {
        let server = api.start().await;
        let sender = api.sender(server.web(), &server.endpoint);
        sender.deliver(&api.message()).await;
        server.script(Fault::Cut);
        assert_eq!(proof(&sender.deliver(&api.message()).await), ambiguous("connection lost"), "{api:?}");
        assert_eq!((server.requests(), server.taken().len()), (2, 1), "{api:?}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_given_four_seconds_once() {
    for api in APIS {
        let server = api.start().await;
        server.script(Fault::Silence);
        let sender = api.sender(server.web(), &server.endpoint);
        let started = tokio::time::Instant::now();
        let delivery = while_time_stands_still(server.received(1), sender.deliver(&api.message())).await;
        assert_eq!(proof(&delivery), ambiguous("timeout"), "{api:?}");
        assert!((3900..4500).contains(&started.elapsed().as_millis()), "{api:?}: {:?}", started.elapsed());
        assert_eq!((server.requests(), server.taken().len()), (1, 0), "{api:?}");
    }
}

#[tokio::test]
async fn without_a_connection_that_can_be_trusted_nothing_leaves() {
    for api in APIS {
        let server = api.start().await;
        let nobody = "https://localhost:1";
        let none = unreached("no connection");
        assert_eq!(proof(&api.sender(server.web(), nobody).deliver(&api.message()).await), none, "{api:?}");
        let stranger = Web::trusting_only(Tls::new().root_pem.into_bytes()).unwrap();
        assert_eq!(proof(&api.sender(stranger, &server.endpoint).deliver(&api.message()).await), none, "{api:?}");
        let another_name = server.endpoint.replace("localhost", "127.0.0.1");
        assert_eq!(proof(&api.sender(server.web(), &another_name).deliver(&api.message()).await), none, "{api:?}");
        let system = Web::new(None).unwrap();
        assert_eq!(proof(&api.sender(system, &server.endpoint).deliver(&api.message()).await), none, "{api:?}");
        assert_eq!(server.requests(), 0, "{api:?}");
    }
}
