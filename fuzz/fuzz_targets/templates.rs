//! Messages: an accepted brand fits into one text in every language, with every code. An input is four lines: the app's name,
//! its domain, a language, seconds that are left.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use otp_auth::domain::challenge::{Bound, ChallengeId};
use otp_auth::domain::code::{Code, CodeShape};
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::policy::LIFETIME_MINUTES;
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::messages::{Brand, Catalogs, Files, Locale, Messages};
use otp_auth::ports::sender::Content;
use otp_auth::testing::service::test_keys;

/// Septets of one text (3GPP TS 23.038), and UTF-16 units of one that needs another alphabet.
const SEPTETS: usize = 160;
const UNITS: usize = 70;

static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| test_keys().expect("keys"));
static CATALOGS: LazyLock<Arc<Catalogs>> = LazyLock::new(|| Arc::new(Catalogs::compiled()));
static PHONE: LazyLock<Recipient> = LazyLock::new(|| Recipient::parse("+12345678901", None).expect("a number"));

fuzz_target!(|text: &str| {
    // Not `lines`: a carriage return must reach the brand.
    let mut lines = text.split('\n');
    let (app, domain) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let locale = Locale::negotiate(lines.next(), lines.next(), Locale::default());
    let seconds = lines.next().and_then(|line| line.parse().ok()).unwrap_or(u64::from(*LIFETIME_MINUTES.end()) * 60);
    let remaining = Duration::from_secs(seconds.min(u64::from(*LIFETIME_MINUTES.end()) * 60));
    let Some(messages) = messages(app, domain) else { return };
    for shape in (0..=16).filter_map(CodeShape::of_length) {
        let code = code(shape);
        check_text(&messages.render(Channel::Sms, locale, &code, remaining), &code, domain);
        check_mail(&messages.render(Channel::Email, locale, &code, remaining), locale, &code, domain);
    }
});

fn messages(app: &str, domain: &str) -> Option<Messages> {
    let brand = Brand::new(app.to_owned(), domain.to_owned()).ok()?;
    Messages::new(brand, Arc::clone(&CATALOGS), &Files::new()).ok()
}

fn check_text(content: &Content, code: &Code, domain: &str) {
    let Content::Sms(text) = content else { panic!("a text is no mail") };
    let septets: Option<usize> = text.chars().map(septets).sum();
    let fits = septets.map_or_else(|| text.encode_utf16().count() <= UNITS, |septets| septets <= SEPTETS);
    assert!(fits, "more than one text: {septets:?} septets");
    check_last_line(text, code, domain);
}

fn check_mail(content: &Content, locale: Locale, code: &Code, domain: &str) {
    let Content::Email { subject, text, html } = content else { panic!("a mail is no text") };
    check_last_line(text, code, domain);
    assert!(!subject.contains(['\n', '\r']) && subject.contains(code.expose()));
    assert!(html.contains(code.expose()) && !html.contains("http:") && !html.contains("https:"));
    assert_eq!(markup(html), markup(&plain_html(locale, code)), "the name of the app is markup");
}

/// The origin-bound line ends the text, with nothing after it and none before it
/// (<https://wicg.github.io/sms-one-time-codes/>).
fn check_last_line(text: &str, code: &Code, domain: &str) {
    assert_eq!(text.rsplit('\n').next(), Some(format!("@{domain} #{}", code.expose()).as_str()));
    assert!(!text.contains('\r'));
}

/// What the reader's mail program takes for markup.
fn markup(html: &str) -> Vec<char> {
    html.chars().filter(|c| ['<', '>', '"'].contains(c)).collect()
}

fn plain_html(locale: Locale, code: &Code) -> String {
    let messages = messages("Acme", "example.com").expect("messages");
    match messages.render(Channel::Email, locale, code, Duration::from_secs(600)) {
        Content::Email { html, .. } => html.to_string(),
        Content::Sms(_) => panic!("a mail is no text"),
    }
}

fn code(shape: CodeShape) -> Code {
    let bound = Bound { purpose: Purpose::Login, recipient: &PHONE, id: ChallengeId([9; 16]) };
    Code::derive(RING.get(KeyId(1)).expect("a key"), &bound, shape)
}

/// The GSM 7-bit default alphabet, one septet each, and its extension table, two; `None` for what is in neither.
fn septets(c: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    match c {
        _ if BASIC.contains(c) => Some(1),
        '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' | '\u{c}' => Some(2),
        _ => None,
    }
}
