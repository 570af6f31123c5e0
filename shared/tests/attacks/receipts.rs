//! Receipts that no provider sent, or that one sent once: a service that believes them thinks that its messages arrive.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use lambda_http::Context;
use otp_auth::adapters::lambda::{self, Event};
use otp_auth::domain::ledger::RequestId;
use otp_auth::domain::provider_secrets::ProviderSecrets;
use otp_auth::domain::receipt::{Fate, MessageId, Receipt};
use otp_auth::domain::recipient::Channel;
use otp_auth::domain::time::Timestamp;
use otp_auth::http::Call;
use otp_auth::ports::receipts::{Letter, NoReceipt, Notice, NoticeReader, ReceiptReader, ReceiptStore};
use otp_auth::ports::store::StoreError;
use otp_auth::testing::receipts::*;
use otp_auth::testing::service::{Service, Setup};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{at_once, lab, parallel, to};

/// How often one receipt is brought.
const TIMES: usize = 50;

/// Unsigned, signed by somebody else, for another URL, changed on the way, of an attacker's own account, too old, from another
/// topic; and JSON to paths where services take such things.
pub fn forged_delivery_receipts() -> Finding {
    Finding {
        counted: "forged receipts counted",
        real: parallel(forged(|_| {})),
        may: 0.0,
        broken: "a route that reads what a receipt says",
        control: parallel(forged(|setup| {
            setup.receipts = vec![Arc::new(Believes("twilio")), Arc::new(Believes("vonage"))];
            setup.notices = Some(Arc::new(Believes("ses")));
        })),
    }
}

/// A genuine receipt, overheard and brought again and again: all at once, and a day later.
pub fn replayed_delivery_receipts() -> Finding {
    Finding {
        counted: "receipts counted of 2 messages",
        real: parallel(replayed(false)),
        may: 2.0,
        broken: "each genuine receipt counted",
        control: parallel(replayed(true)),
    }
}

async fn forged(change: impl FnOnce(&mut Setup)) -> Tried {
    let (counted, _embedded, service) = counting(change, false).await;
    let mut tries = 0;
    for call in twilio(&service).into_iter().chain(vonage(&service)).chain(elsewhere(&service)) {
        service.call(&call).await;
        tries += 1;
    }
    let other_topic = ses_notice(&TOPIC.replace("123456789012", "210987654321"), "mail", "Delivery");
    let event: Event = serde_json::from_value(other_topic).unwrap();
    lambda::answer(&service.api, event, &Context::default()).await.unwrap();
    Tried::of(tries + 1, counted.load(Ordering::SeqCst))
}

async fn replayed(forgets: bool) -> Tried {
    let (counted, _embedded, service) = counting(|_| {}, forgets).await;
    let calls = || {
        let both = (twilio_receipt(&service, &sid(0), "delivered"), vonage_receipt(&service, "aaaa-1", "delivered"));
        [both.0, both.1]
    };
    at_once(&service, (0..TIMES).flat_map(|_| calls()).collect()).await;
    let overheard = calls();
    service.advance(24 * 3600);
    for call in &overheard {
        service.call(call).await;
    }
    Tried::of(2 * TIMES + 2, counted.load(Ordering::SeqCst))
}

/// A service, and how many receipts it has counted. One that forgets counts each.
async fn counting(
    change: impl FnOnce(&mut Setup),
    forgets: bool,
) -> (Arc<AtomicUsize>, otp_auth::testing::embedded::Embedded, Service) {
    let counted = Arc::new(AtomicUsize::new(0));
    let (embedded, service) = lab(|setup| {
        change(setup);
        let behind = Arc::clone(&setup.receipt_store);
        setup.receipt_store = Arc::new(Counting { behind, forgets, counted: Arc::clone(&counted) });
    })
    .await;
    (counted, embedded, service)
}

fn twilio(service: &Service) -> Vec<Call> {
    let mut number = 0;
    let mut fields = || {
        number += 1;
        twilio_fields(&sid(number), "delivered")
    };
    let mut calls = Vec::new();
    for (token, url) in [
        ("a-guess", url("twilio")),
        ("", url("twilio")),
        (TWILIO_TOKEN, url("vonage")),
        (TWILIO_TOKEN, url("twilio").replace("https", "http")),
        (TWILIO_TOKEN, "https://evil.example/api/auth/otp/receipts/twilio".to_owned()),
    ] {
        let fields = fields();
        calls.push(twilio_call(service, &fields, &twilio_signature(token, &url, &fields)));
    }
    // An attacker has an account, too, and signs with its token.
    let mut own = fields();
    own.iter_mut().filter(|(name, _)| name == "AccountSid").for_each(|(_, value)| *value = "AC".to_owned() + &"f".repeat(32));
    calls.push(twilio_call(service, &own, &twilio_signature("the-attackers-own-token", &url("twilio"), &own)));
    // Another end of a message than the one that was signed, and the same end of another message.
    let failed = twilio_fields(&sid(0), "failed");
    let signature = twilio_signature(TWILIO_TOKEN, &url("twilio"), &failed);
    calls.push(twilio_call(service, &fields(), &signature));
    calls.push(twilio_call(service, &twilio_fields(&sid(99), "failed"), &signature));
    let mut unsigned = twilio_call(service, &fields(), "");
    calls.push(twilio_call(service, &fields(), ""));
    unsigned.headers.remove("x-twilio-signature");
    calls.push(unsigned);
    calls
}

fn vonage(service: &Service) -> Vec<Call> {
    let body = |number: u32| vonage_body(&format!("aaaaaaaa-bbbb-cccc-dddd-{number:012}"), "delivered");
    let claims = |number: u32, name: &str, value: Value| {
        let mut claims = vonage_claims(service, body(number));
        claims[name] = value;
        claims
    };
    let as_it_is = |number: u32| vonage_claims(service, body(number));
    let long_ago = json!(service.now().as_secs() - 2 * 24 * 3600);
    let other_hash = as_it_is(99)["payload_hash"].clone();
    [
        (1, "HS256", "a-guess", as_it_is(1)),
        (2, "HS256", "", as_it_is(2)),
        (3, "none", VONAGE_SIGNATURE_SECRET, as_it_is(3)),
        (4, "HS512", VONAGE_SIGNATURE_SECRET, as_it_is(4)),
        (5, "HS256", VONAGE_SIGNATURE_SECRET, claims(5, "payload_hash", other_hash)),
        (6, "HS256", VONAGE_SIGNATURE_SECRET, claims(6, "iat", long_ago)),
        (7, "HS256", VONAGE_SIGNATURE_SECRET, claims(7, "api_key", json!("ffff0000"))),
        (8, "HS256", "the-attackers-own-secret", claims(8, "api_key", json!("ffff0000"))),
    ]
    .into_iter()
    .map(|(number, algorithm, secret, claims)| vonage_call(service, &body(number), &vonage_token(algorithm, secret, &claims)))
    .chain([vonage_call(service, &body(9), "")])
    .collect()
}

fn elsewhere(service: &Service) -> Vec<Call> {
    let paths = ["receipts", "receipt", "receipts/ses", "receipts/sns", "status", "callback", "webhooks/twilio", "sns", "events"];
    let body = json!({ "MessageSid": sid(0), "MessageStatus": "delivered", "AccountSid": TWILIO_ACCOUNT });
    paths.iter().map(|path| to(service.request("send", &body), &format!("/api/auth/otp/{path}"))).collect()
}

fn sid(number: u32) -> String {
    format!("SM{number:032x}")
}

/// Takes every receipt for genuine; each is one of a message of its own.
struct Believes(&'static str);

impl Believes {
    fn receipt(&self, text: &[u8]) -> Receipt {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text);
        let id: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Receipt { provider: self.0, channel: Channel::Sms, message: MessageId::parse(&id).unwrap(), fate: Fate::Delivered }
    }
}

impl ReceiptReader for Believes {
    fn provider(&self) -> &'static str {
        self.0
    }

    fn media_type(&self) -> &'static str {
        if self.0 == "twilio" { "application/x-www-form-urlencoded" } else { "application/json" }
    }

    fn has_secret(&self, _: &ProviderSecrets) -> bool {
        true
    }

    fn read(&self, _: &ProviderSecrets, letter: &Letter<'_>) -> Result<Option<Receipt>, NoReceipt> {
        Ok(Some(self.receipt(letter.body)))
    }
}

impl NoticeReader for Believes {
    fn provider(&self) -> &'static str {
        self.0
    }

    fn read(&self, notice: &Notice<'_>) -> Result<Option<Receipt>, NoReceipt> {
        Ok(Some(self.receipt(notice.message.as_bytes())))
    }
}

/// Counts what is counted.
struct Counting {
    behind: Arc<dyn ReceiptStore>,
    forgets: bool,
    counted: Arc<AtomicUsize>,
}

#[async_trait]
impl ReceiptStore for Counting {
    async fn is_first(&self, key: &str, request: &RequestId, now: Timestamp) -> Result<bool, StoreError> {
        let first = self.forgets || self.behind.is_first(key, request, now).await?;
        self.counted.fetch_add(usize::from(first), Ordering::SeqCst);
        Ok(first)
    }
}
