//! What people read: every language, at its longest and as it arrives; and what an operator may change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use otp_auth::domain::recipient::Channel;
use otp_auth::domain::segment::{Alphabet, Size};
use otp_auth::messages::{Brand, Catalogs, Color, Fault, Files, Key, Locale, Look, Messages, UnfitBrand, UnfitMessages};
use otp_auth::ports::sender::Content;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup, with_header};
use serde_json::json;

const LONGEST_CODE: &str = "0123456789ABCDEF";

/// Longer than the sign-in domains that one meets, and with room for more: 40 characters.
const LONGEST_DOMAIN: &str = "accounts.international-trading.example.com";

fn brand(app: &str, domain: &str) -> Brand {
    Brand::new(app.to_owned(), domain.to_owned()).unwrap()
}

fn messages_of(brand: Brand, files: &[(&str, &str)]) -> Result<Messages, UnfitMessages> {
    let files: Files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let catalogs = Catalogs::with_files(&files).map_err(UnfitMessages::Files)?;
    Messages::new(brand, Arc::new(catalogs), &files)
}

fn plain(app: &str, domain: &str) -> Messages {
    messages_of(brand(app, domain), &[]).unwrap()
}

fn text(messages: &Messages, locale: Locale, code: &str, minutes: u64) -> String {
    match messages.sample(Channel::Sms, locale, code, minutes) {
        Content::Sms(text) => text.to_string(),
        Content::Email { .. } => panic!("a mail"),
    }
}

fn mail(messages: &Messages, locale: Locale, code: &str) -> [String; 3] {
    match messages.sample(Channel::Email, locale, code, 10) {
        Content::Email { subject, text, html } => [subject, text, html].map(|part| part.to_string()),
        Content::Sms(_) => panic!("a text"),
    }
}

// --- The last line, as phones read it ---

/// "Parse an origin-bound one-time code message", https://wicg.github.io/sms-one-time-codes/#parsing (draft of the WICG): the
/// top-level host, the code and the embedded host.
fn parse_origin_bound(message: &str) -> Option<(String, String, Option<String>)> {
    let normalized = message.replace("\r\n", "\n").replace('\r', "\n");
    let line: Vec<char> = normalized.split('\n').next_back()?.chars().collect();
    let mut position = 0;
    let host = marked_token(&line, &mut position, '@')?;
    if *line.get(position)? != ' ' {
        return None;
    }
    position += 1;
    let code = marked_token(&line, &mut position, '#')?;
    let embedded = match line.get(position) {
        Some(' ') => {
            position += 1;
            marked_token(&line, &mut position, '%')
        }
        _ => None,
    };
    Some((host, code, embedded))
}

/// "Extract a marked token".
fn marked_token(line: &[char], position: &mut usize, marker: char) -> Option<String> {
    if *line.get(*position)? != marker {
        return None;
    }
    *position += 1;
    let is_whitespace = |c: &&char| matches!(c, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let token: String = line.get(*position..)?.iter().take_while(|c| !is_whitespace(c)).collect();
    *position += token.len();
    (!token.is_empty()).then_some(token)
}

#[test]
fn the_parser_agrees_with_the_draft_s_examples() {
    let bound = |host: &str, embedded: Option<&str>| Some((host.to_owned(), "747723".to_owned(), embedded.map(str::to_owned)));
    let explained = "747723 is your ExampleCo authentication code.\n\n@example.com #747723";
    assert_eq!(parse_origin_bound(explained), bound("example.com", None));
    assert_eq!(parse_origin_bound(&format!("{explained} %ecommerce.example")), bound("example.com", Some("ecommerce.example")));
    assert_eq!(
        parse_origin_bound("@example.com #747723 %ecommerce.example $future"),
        bound("example.com", Some("ecommerce.example"))
    );
    for none in
        ["something @example.com #747723", "#747723 %ecommerce.example @example.com", "@example.com code #747723", "", "@ #1"]
    {
        assert_eq!(parse_origin_bound(none), None, "{none}");
    }
}

// --- Every language ---

#[test]
fn every_language_at_its_longest_is_one_sms_that_phones_can_read() {
    assert!(LONGEST_DOMAIN.len() >= 40);
    let messages = plain("Wonderful Widgets AG", LONGEST_DOMAIN);
    for locale in Locale::ALL {
        for code in ["482913", "4829130000", LONGEST_CODE] {
            for minutes in 1..=10 {
                let text = text(&messages, locale, code, minutes);
                assert_eq!(Size::of(&text).segments, 1, "{}: {text}", locale.tag());
                let bound = Some((LONGEST_DOMAIN.to_owned(), code.to_owned(), None));
                assert_eq!(parse_origin_bound(&text), bound, "{}: {text}", locale.tag());
                assert!(text.ends_with(&format!("@{LONGEST_DOMAIN} #{code}")), "nothing comes after the last line");
            }
        }
    }
}

#[test]
fn an_ordinary_text_says_all_of_it() {
    let messages = plain("Acme", "example.com");
    let catalogs = Catalogs::compiled();
    for locale in Locale::ALL {
        let text = text(&messages, locale, "482913", 5);
        assert!(text.contains(&catalogs.minutes(locale, 5)) && text.contains("Acme"), "{}: {text}", locale.tag());
        assert_eq!(text.matches("482913").count(), 2, "in the sentence and in the last line: {text}");
    }
}

#[test]
fn languages_of_the_gsm_alphabet_keep_to_it_and_to_the_whole_sentence() {
    let messages = plain("Wonderful Widgets AG", "login.example.com");
    for locale in [Locale::En, Locale::Es, Locale::Fr, Locale::De, Locale::Pt, Locale::It] {
        let text = text(&messages, locale, "4829130000", 10);
        assert_eq!(Size::of(&text).alphabet, Alphabet::Gsm7, "{}: {text}", locale.tag());
        assert!(text.contains(&Catalogs::compiled().minutes(locale, 10)), "{}: {text}", locale.tag());
    }
}

#[test]
fn a_text_is_worded_as_a_native_reader_expects() {
    let messages = plain("Acme", "example.com");
    let first_line = |locale| text(&messages, locale, "482913", 2).lines().next().unwrap().to_owned();
    for (locale, line) in [
        (Locale::En, "482913 is your Acme code. It expires in 2 minutes. Do not share it."),
        (Locale::Es, "482913 es tu clave de Acme. Caduca en 2 minutos. No la compartas."),
        (Locale::De, "482913 ist dein Code für Acme. Er läuft in 2 Minuten ab. Gib ihn nicht weiter."),
        (Locale::Ar, "رمز Acme هو 482913، صالح دقيقتين. لا تشاركه."),
        (Locale::Hi, "Acme कोड 482913, 2 मिनट मान्य। किसी को न बताएँ।"),
        (Locale::ZhHans, "【Acme】验证码 482913，2 分钟内有效，请勿告诉他人。"),
        (Locale::Ja, "Acmeのコードは 482913 です（2分間有効）。他の人に教えないでください。"),
    ] {
        assert_eq!(first_line(locale), line);
    }
}

#[test]
fn the_text_part_of_every_mail_ends_with_the_bound_line_too() {
    let messages = plain("Acme", "example.com");
    for locale in Locale::ALL {
        let [subject, text, _] = mail(&messages, locale, LONGEST_CODE);
        let bound = Some(("example.com".to_owned(), LONGEST_CODE.to_owned(), None));
        assert_eq!(parse_origin_bound(&text), bound, "{text}");
        assert!(subject.contains(LONGEST_CODE) && subject.contains("Acme") && !subject.contains('\n'), "{subject}");
    }
}

#[test]
fn every_mail_says_its_language_and_direction_and_asks_nobody_for_anything() {
    let messages = plain("Acme", "example.com");
    for locale in Locale::ALL {
        let [_, text, html] = mail(&messages, locale, "482913");
        let dir = if locale == Locale::Ar { "rtl" } else { "ltr" };
        assert!(html.contains(&format!("<html lang=\"{}\" dir=\"{dir}\">", locale.tag())));
        assert!(html.contains("<p class=\"code\" dir=\"ltr\">482913</p>"), "the code is read from the left in every language");
        assert!(html.contains("<bdi>example.com</bdi>") && html.contains("<bdi>Acme</bdi>"), "names are isolated");
        assert!(html.contains("prefers-color-scheme: dark") && html.contains("user-select: all"));
        for remote in ["http:", "https:", "//", "url(", "<img", "<link", "<script", "<a ", "@import", "src="] {
            assert!(!html.contains(remote), "{remote} in {}", locale.tag());
        }
        for part in [text, html] {
            assert!(!part.contains("{ $") && !part.contains("{$"), "no placeholder is left: {part}");
        }
    }
}

#[test]
fn names_from_the_left_are_isolated_in_arabic_mail_and_add_nothing_to_a_text() {
    let messages = plain("Acme", "example.com");
    let [subject, text_part, _] = mail(&messages, Locale::Ar, "482913");
    assert!(subject.contains("\u{2068}Acme\u{2069}") && text_part.contains("\u{2068}example.com\u{2069}"));
    assert!(!text(&messages, Locale::Ar, "482913", 5).contains('\u{2068}'));
}

#[test]
fn markup_in_a_name_stays_text() {
    let mut brand = brand("A<b>&\"", "example.com");
    brand.look.logo = Some("</p><script>".to_owned());
    let messages = messages_of(brand, &[]).unwrap();
    for locale in Locale::ALL {
        let [_, text, html] = mail(&messages, locale, "482913");
        assert!(html.contains("A&lt;b&gt;&amp;&quot;") && !html.contains("<b>") && !html.contains("<script>"));
        assert!(text.contains("A<b>&\""), "text has no markup to escape");
    }
}

#[test]
fn a_domain_that_leaves_no_room_is_refused_at_start() {
    let domain = format!("{}.example.com", "a".repeat(60));
    let unfit = messages_of(brand("Acme", &domain), &[]).unwrap_err();
    assert!(matches!(unfit, UnfitMessages::Brand(UnfitBrand::TooLong { units: 71.., most: 70, .. })), "{unfit}");
}

// --- What an operator may change ---

fn faults(files: &[(&str, &str)]) -> Vec<(String, Fault)> {
    match messages_of(brand("Acme", "example.com"), files) {
        Err(UnfitMessages::Files(faults)) => faults.into_iter().map(|fault| (fault.file, fault.fault)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn sentences_layouts_and_colours_are_the_operator_s_to_change() {
    let mut brand = brand("Acme", "example.com");
    brand.look = Look { logo: Some("ACME Ltd".to_owned()), color: Color::parse("#0b5fff"), dark_color: Color::parse("#93b7ff") };
    let files = [
        ("es.ftl", "# ours\nsms = { $code }: { $app }\n"),
        ("email.txt", "{ $intro }: { $code }\r\n\r\n@{ $domain } #{ $code }\r\n"),
        ("de.email.html", "<p style=\"color: { $color }\">{ $code } { $minutes }</p>\n"),
    ];
    let messages = messages_of(brand, &files).unwrap();
    assert_eq!(text(&messages, Locale::Es, "482913", 5), "482913: Acme\n\n@example.com #482913");
    assert!(text(&messages, Locale::En, "482913", 5).contains("is your Acme code"), "other languages are as they were");
    let [_, text, html] = mail(&messages, Locale::De, "482913");
    assert_eq!(text, "Dein Code für Acme: 482913\n\n@example.com #482913");
    assert_eq!(html, "<p style=\"color: #0b5fff\">482913 10 Minuten</p>");
    let [_, _, html] = mail(&messages, Locale::It, "482913");
    assert!(html.contains("ACME Ltd") && html.contains("color: #0b5fff") && html.contains("color: #93b7ff"));
}

#[test]
fn every_fault_of_the_files_is_named_at_once() {
    let long = format!("sms = {} {{ $code }}\n", "ж".repeat(60));
    let files = [
        ("sms.txt", "{ $text }\n@{ $domain } #{ $code }\nBye"),
        ("email.txt", "{ $intro }"),
        ("email.html", "<p>{ $warning }</p>"),
        ("en.ftl", &long),
    ];
    assert_eq!(
        faults(&files),
        [
            ("en.ftl".to_owned(), Fault::TooLong { place: "sms", units: 92, most: 70 }),
            ("sms.txt".to_owned(), Fault::MissingOriginLine),
            ("email.txt".to_owned(), Fault::MissingCode),
            ("email.html".to_owned(), Fault::MissingCode),
        ]
    );
    let unknown = |place, name: &str| Fault::UnknownPlaceholder { place, name: name.to_owned() };
    assert_eq!(
        faults(&[("email.html", "{ $code } { $cod }"), ("sms.text", ""), ("tlh.ftl", "")]),
        [
            ("email.html".to_owned(), unknown("it", "cod")),
            ("sms.text".to_owned(), Fault::UnknownFile),
            ("tlh.ftl".to_owned(), Fault::UnknownFile),
        ]
    );
}

#[test]
fn a_layout_of_texts_that_is_too_long_is_named() {
    let layout = format!("{}{{ $text }}\n\n@{{ $domain }} #{{ $code }}", "x".repeat(130));
    assert_eq!(faults(&[("sms.txt", &layout)])[0].0, "sms.txt");
    let ending = "The code is { $code }\n\n@{ $domain } #{ $code } ";
    assert!(messages_of(brand("Acme", "example.com"), &[("sms.txt", ending)]).is_ok(), "spaces at the end are an editor's");
}

// --- Through the service ---

async fn service(locale: Locale) -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    setup.locale = locale;
    let service = setup.build();
    (embedded, service)
}

#[tokio::test]
async fn a_message_is_in_the_language_of_the_body_else_of_the_header_else_of_the_settings() {
    let (_embedded, service) = service(Locale::De).await;
    let to = |n: u32| format!("+120655501{n:02}");
    let sent = async |call| {
        let reply = service.call(&call).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        service.outbox.sent().last().unwrap().text.clone()
    };
    let stated = service.request("send", &json!({ "identifier": to(1), "locale": "pt-BR" }));
    assert!(sent(with_header(stated, "accept-language", "ja")).await.starts_with("Digite "));
    let header = service.request("send", &json!({ "identifier": to(2), "locale": "tlh" }));
    assert!(sent(with_header(header, "accept-language", "xx, zh-CN;q=0.9, en;q=0.1")).await.starts_with("【Acme】验证码"));
    let neither = service.request("send", &json!({ "identifier": to(3) }));
    assert!(sent(neither).await.contains("ist dein Code für Acme"));
}

#[tokio::test]
async fn a_problem_is_told_in_the_caller_s_language() {
    let (_embedded, service) = service(Locale::En).await;
    let body = json!({ "identifier": "+12345678901", "otp_code": "123456" });
    let reply = service.call(&with_header(service.request("verify", &body), "accept-language", "fr-CA, en;q=0.5")).await;
    assert_eq!(
        (reply.body["code"].as_str(), reply.body["title"].as_str()),
        (Some("challenge_expired"), Some("No code is waiting"))
    );
    let sentence = Catalogs::compiled().sentence(Locale::Fr, Key::ChallengeExpired, &[]);
    assert_eq!((reply.body["detail"].as_str(), reply.body["error"].as_str()), (Some(&*sentence), Some(&*sentence)));
    assert_eq!(reply.headers["content-language"], "fr");
    assert_eq!(reply.headers["vary"], "Origin, Accept-Language");

    let stated = json!({ "identifier": "nobody", "locale": "ar" });
    let reply = service.call(&with_header(service.request("send", &stated), "accept-language", "fr")).await;
    assert_eq!(reply.headers["content-language"], "ar");
    assert_eq!(reply.body["detail"], Catalogs::compiled().sentence(Locale::Ar, Key::IdentifierPhone, &[]));

    let nowhere = with_header(service.request("elsewhere", &json!({})), "accept-language", "ja");
    assert_eq!(service.call(&nowhere).await.headers["content-language"], "ja", "before any body is read");
}

#[tokio::test]
async fn each_field_at_fault_is_told_in_the_caller_s_language() {
    let (_embedded, service) = service(Locale::En).await;
    let reply = service.post("send", &json!({ "type": "fax", "locale": "de" })).await;
    assert_eq!(
        reply.body["errors"],
        json!([
            { "field": "identifier", "message": "Dieses Feld ist erforderlich." },
            { "field": "type", "message": "Muss phone oder email sein." },
        ])
    );
    assert_eq!(reply.body["detail"], "identifier: Dieses Feld ist erforderlich. type: Muss phone oder email sein.");
    let english = service.post("send", &json!({ "type": "fax" })).await;
    assert_eq!(english.body["detail"], "identifier: This field is required. type: Must be phone or email.");
    assert_eq!(english.headers["content-language"], "en");
}

#[tokio::test]
async fn a_reply_that_is_no_problem_has_no_language() {
    let (_embedded, service) = service(Locale::De).await;
    let reply = service.post("send", &json!({ "identifier": "+12065550101", "locale": "ja" })).await;
    assert!(reply.headers.get("content-language").is_none());
    assert_eq!(reply.headers["vary"], "Origin");
    assert_eq!(reply.body["message"], "Verification code sent to +12***01");
}
