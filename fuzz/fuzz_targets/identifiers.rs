//! Phone numbers and email addresses: one canonical form, and never somebody else's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use otp_auth::domain::recipient::{Channel, Phone, Recipient};

fuzz_target!(|text: &str| {
    let Ok(recipient) = Recipient::parse(text, None) else { return };
    let again = Recipient::parse(recipient.canonical(), Some(recipient.channel()));
    assert!(again.as_ref() == Ok(&recipient), "the canonical form is not its own");
    check_mask(&recipient);
    match &recipient {
        Recipient::Phone(phone) => check_phone(text, phone),
        Recipient::Email(email) => check_mailbox(text.trim_matches(' '), email.as_str()),
    }
});

/// The mask says where an identifier begins and ends, and nothing else of it.
fn check_mask(recipient: &Recipient) {
    let (mask, whole) = (recipient.masked(), recipient.canonical());
    let (start, end) = match recipient.channel() {
        Channel::Sms => (3, whole.len() - 2),
        Channel::Email => (1, whole.find('@').expect("an address has an @")),
    };
    assert_eq!(mask, format!("{}***{}", &whole[..start], &whole[end..]));
    // A local part of stars looks like a mask by itself.
    assert!(whole.contains('*') || !mask.contains(whole), "the mask has all of it");
    assert_eq!(format!("{recipient:?}"), mask, "only the mask prints");
}

/// Punctuation means nothing. Digits may only be dropped or replaced where the numbering plan says that what was typed is no
/// number by itself: two numbers that are both dialled never become one, because each is its own canonical form.
fn check_phone(text: &str, phone: &Phone) {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let canonical = phone.e164();
    assert!(canonical.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()) && rest.len() <= 15));
    let plain = Recipient::parse(&format!("+{digits}"), Some(Channel::Sms));
    assert_eq!(plain.as_ref().map(Recipient::canonical), Ok(canonical), "punctuation changed the number");
    // A calling code has one to three digits.
    assert_eq!(digits.get(..1), canonical.get(1..2), "another part of the world");
}

/// Letter case is all that may differ: the local part byte for byte, each label of the domain read back from its A-label.
fn check_mailbox(text: &str, canonical: &str) {
    let (typed_local, typed_domain) = text.rsplit_once('@').expect("an address has an @");
    let (local, domain) = canonical.rsplit_once('@').expect("an address has an @");
    assert_eq!(typed_local.to_ascii_lowercase(), local);
    assert_eq!(typed_domain.split('.').count(), domain.split('.').count(), "another number of labels");
    assert!(canonical.is_ascii() && canonical.len() <= 254 && domain.contains('.'));
    for (typed, label) in typed_domain.split('.').zip(domain.split('.')) {
        let meant = if typed.is_ascii() { Some(label.to_owned()) } else { label.strip_prefix("xn--").and_then(from_punycode) };
        assert_eq!(meant.as_deref(), Some(lower(typed).as_str()), "a label of another domain");
    }
}

fn from_punycode(label: &str) -> Option<String> {
    idna::punycode::decode_to_string(label)
}

fn lower(label: &str) -> String {
    label.chars().flat_map(char::to_lowercase).collect()
}
