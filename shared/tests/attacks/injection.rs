//! Getting something of one's own into the message.

use std::sync::Arc;

use async_trait::async_trait;
use otp_auth::adapters::outbox::{Outbox, Sent};
use otp_auth::ports::sender::{Content, Delivery, Message, Sender};
use otp_auth::testing::service::{Service, Setup, with_header};
use serde_json::json;
use zeroize::Zeroizing;

use crate::finding::{Finding, Tried};
use crate::lab::{lab, parallel, real};

/// The word that none of our texts has.
const MARK: &str = "zzinjected";

/// Mailboxes that are legal, and texts that are none.
const IDENTIFIERS: [&str; 12] = [
    "zzinjected@example.com",
    "{{zzinjected}}@example.com",
    "zzinjected&'*=?^_`{|}~@example.com",
    "a@zzinjected.example",
    "a@example.com\r\nBcc: zzinjected@example.org",
    "a@example.com%0d%0aBcc:zzinjected@example.org",
    "a@example.com\n\nzzinjected",
    "a@example.com,zzinjected@example.org",
    "a@example.com;zzinjected@example.org",
    "<zzinjected@example.com>",
    "\"zzinjected <script>\"@example.com",
    "zzinjected<a@example.com>",
];

pub fn header_injection_and_markup() -> Finding {
    Finding {
        counted: "messages with something of the caller's",
        real: parallel(messages_with_the_mark(real)),
        may: 0.0,
        broken: "a mail that greets its reader",
        control: parallel(messages_with_the_mark(|setup| setup.sender = Arc::new(Greeting(setup.outbox.clone())))),
    }
}

/// Every identifier, with the mark in every other field and header that the service could read too.
async fn messages_with_the_mark(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    for identifier in IDENTIFIERS {
        let body = json!({ "identifier": identifier, "locale": MARK, "name": MARK, "message": MARK, "domain": MARK });
        let call = with_header(service.request("send", &body), "user-agent", MARK);
        let call = with_header(with_header(call, "accept-language", MARK), "origin", &format!("https://{MARK}.example"));
        service.call(&with_header(call, "referer", &format!("https://{MARK}.example"))).await;
    }
    let sent = service.outbox.sent();
    assert!(sent.len() >= 4, "the legal mailboxes were written to");
    assert!(sent.iter().all(|message| !message.to.contains(['\r', '\n', ',', ';', '<', ' '])));
    Tried::of(IDENTIFIERS.len(), sent.iter().filter(|message| says(message, MARK)).count())
}

fn says(message: &Sent, what: &str) -> bool {
    let parts = [Some(&message.text), message.subject.as_ref(), message.html.as_ref()];
    parts.into_iter().flatten().any(|part| part.contains(what))
}

/// "Hello …", as many a template has it.
struct Greeting(Outbox);

#[async_trait]
impl Sender for Greeting {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let greeting = |text: &str| Zeroizing::new(format!("Hello {}!\n{text}", message.to.canonical()));
        let content = match &message.content {
            Content::Sms(text) => Content::Sms(greeting(text)),
            Content::Email { subject, text, html } => {
                Content::Email { subject: subject.clone(), text: greeting(text), html: html.clone() }
            }
        };
        self.0.deliver(&Message { id: message.id.clone(), to: message.to.clone(), content }).await
    }
}

/// Phones offer a code on the domain that the message's last line names.
pub fn the_host_header_in_origin_lines() -> Finding {
    Finding {
        counted: "messages that name the attacker's domain",
        real: parallel(messages_with_a_domain_of(|_, _| {})),
        may: 0.0,
        broken: "the domain from the Host header",
        control: parallel(messages_with_a_domain_of(|service, host| {
            let api = Arc::get_mut(&mut service.api).unwrap();
            api.send.as_mut().unwrap().messages.name_unchecked(host);
        })),
    }
}

async fn messages_with_a_domain_of(change: impl Fn(&mut Service, &str)) -> Tried {
    let (_embedded, mut service) = lab(real).await;
    let hosts = ["evil.example", "example.com.evil.example", "example.com@evil.example", "evil.example:443", "evil.example#"];
    for (number, host) in hosts.into_iter().enumerate() {
        change(&mut service, host);
        for identifier in [format!("u{number}@example.com"), format!("+123456789{number:02}")] {
            let mut call = service.request("send", &json!({ "identifier": identifier }));
            for name in ["host", "x-forwarded-host", "x-original-host", "forwarded", "origin", "referer"] {
                call = with_header(call, name, host);
            }
            assert_eq!(service.call(&call).await.status, 200);
        }
    }
    let sent = service.outbox.sent();
    let evil = sent.iter().filter(|message| says(message, "evil")).count();
    assert!(sent.iter().all(|message| says(message, "evil") || message.text.contains("\n@example.com #")));
    Tried::of(sent.len(), evil)
}
