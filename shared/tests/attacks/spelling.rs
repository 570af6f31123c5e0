//! One mailbox or phone under many names, each with limits of its own.

use otp_auth::testing::service::Setup;
use serde_json::json;

use crate::finding::{Finding, Tried};
use crate::lab::{lab, parallel, real};
use crate::naive::{Naive, WindowsPerRequest};

/// Two mailboxes: one message each. What has odd Unicode in it is nobody's.
const MAILBOXES: [&str; 20] = [
    "mike@example.org",
    "MIKE@EXAMPLE.ORG",
    "Mike@Example.Org",
    " mike@example.org ",
    "mike@M\u{dc}NCHEN.example",
    "mike@m\u{fc}nchen.example",
    "mike@xn--mnchen-3ya.example",
    "mike@XN--MNCHEN-3YA.example",
    "m\u{131}ke@example.org",
    "mi\u{212a}e@example.org",
    "mike@example.or\u{ff47}",
    "mike@example\u{3002}org",
    "mike@examp\u{2113}e.org",
    "\u{ff4d}ike@example.org",
    "mike\u{200b}@example.org",
    "mike@exam\u{ad}ple.org",
    "\"mike\"@example.org",
    "mike(x)@example.org",
    "mike@example.org.",
    "mike@xn--example-.org",
];

pub fn spellings_of_one_mailbox() -> Finding {
    Finding {
        counted: "messages to 2 mailboxes",
        real: parallel(messages(&MAILBOXES, &["mike@example.org", "mike@xn--mnchen-3ya.example"], real)),
        may: 2.0,
        broken: "limits by what was typed",
        control: parallel(messages(&MAILBOXES, &["mike@example.org", "mike@xn--mnchen-3ya.example"], by_what_was_typed)),
    }
}

/// One phone: one message. An extension is somebody else's phone, or nobody's.
const PHONES: [&str; 20] = [
    "+12345678901",
    "+1 234 567 8901",
    "+1 (234) 567-8901",
    "+1.234.567.8901",
    "+1-234-567-8901",
    " +12345678901 ",
    "+1\u{a0}234\u{2011}567 8901",
    "+1 [234] 5678901",
    "+12345678901x5",
    "+12345678901 ext. 5",
    "+12345678901;ext=5",
    "+12345678901,5",
    "+12345678901#5",
    "0012345678901",
    "tel:+12345678901",
    "++12345678901",
    "\u{ff0b}12345678901",
    "+\u{661}2345678901",
    "+1234567890\u{ff11}",
    "+12345678901\u{0}",
];

pub fn spellings_of_one_phone_number() -> Finding {
    Finding {
        counted: "messages to one phone",
        real: parallel(messages(&PHONES, &["+12345678901"], real)),
        may: 1.0,
        broken: "limits by what was typed",
        control: parallel(messages(&PHONES, &["+12345678901"], by_what_was_typed)),
    }
}

fn by_what_was_typed(setup: &mut Setup) {
    setup.store = Naive::around(&setup.store, WindowsPerRequest::default());
}

/// Whatever is accepted goes to the one canonical recipient that was meant.
async fn messages(spellings: &[&str], meant: &[&str], change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    for spelling in spellings {
        let status = service.post("send", &json!({ "identifier": spelling })).await.status;
        assert!([200, 400, 429].contains(&status.as_u16()), "{spelling:?}: {status}");
    }
    let sent = service.outbox.sent();
    assert!(sent.iter().all(|message| meant.contains(&message.to.as_str())));
    Tried::of(spellings.len(), sent.len())
}
