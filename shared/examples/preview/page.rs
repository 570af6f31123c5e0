//! The page: a row a language, with the text as a phone shows it and the mail in frames of its own.

use otp_auth::domain::recipient::Channel;
use otp_auth::domain::segment::{Alphabet, Size};
use otp_auth::messages::{Locale, Messages};
use otp_auth::ports::sender::Content;

/// An ordinary code.
const CODE: &str = "482913";

/// One as long as failures make them.
const LONGEST_CODE: &str = "7Q2MZK4XW9BHTR3C";

/// How long the codes live.
const MINUTES: u64 = 5;

/// How dark the frames of a mail are, and how wide.
const FRAMES: [(&str, bool, u16); 3] =
    [("Light, 600 pixels", false, 600), ("Dark, 600 pixels", true, 600), ("Dark, 320 pixels", true, 320)];

/// The media query that the layout's dark colours stand behind.
const DARK: &str = "@media (prefers-color-scheme: dark)";

/// The page as HTML, without anything from elsewhere.
pub fn of(messages: &Messages) -> String {
    let rows: String = Locale::ALL.into_iter().map(|locale| row(messages, locale)).collect();
    include_str!("page.html").replace("<!-- languages -->", &rows)
}

fn row(messages: &Messages, locale: Locale) -> String {
    let (tag, dir) = (locale.tag(), locale.direction());
    let texts: String = [CODE, LONGEST_CODE].into_iter().map(|code| text(messages, locale, code)).collect();
    let (plain, mail) = mail(messages, locale);
    format!("<section>\n<h2>{tag} <small>{dir}</small></h2>\n<div class=\"row\">\n{texts}{plain}</div>\n{mail}</section>\n")
}

fn text(messages: &Messages, locale: Locale, code: &str) -> String {
    let Content::Sms(text) = messages.sample(Channel::Sms, locale, code, MINUTES) else { return String::new() };
    let Size { alphabet, units, segments } = Size::of(&text);
    let alphabet_name = match alphabet {
        Alphabet::Gsm7 => "GSM-7",
        Alphabet::Ucs2 => "UCS-2",
    };
    let (lang, text, most) = (locale.tag(), escaped(&text), alphabet.one());
    format!(
        "<figure><div class=\"bubble\" lang=\"{lang}\" dir=\"auto\">{text}</div>\
         <figcaption>{units} of {most} {alphabet_name} characters, {segments} SMS</figcaption></figure>\n"
    )
}

/// The mail's text part, and its subject and HTML part.
fn mail(messages: &Messages, locale: Locale) -> (String, String) {
    let Content::Email { subject, text, html } = messages.sample(Channel::Email, locale, CODE, MINUTES) else {
        return Default::default();
    };
    let (lang, subject, text) = (locale.tag(), escaped(&subject), escaped(&text));
    let frames: String = FRAMES.iter().map(|(title, dark, width)| frame(title, &html, *dark, *width)).collect();
    let plain = format!(
        "<figure><div class=\"plain\" lang=\"{lang}\">{text}</div><figcaption>The mail's text part</figcaption></figure>\n"
    );
    (plain, format!("<p class=\"subject\" lang=\"{lang}\" dir=\"auto\">{subject}</p>\n<div class=\"row\">\n{frames}</div>\n"))
}

/// A mail as a reader's program shows it. A frame has the system's scheme, so the query is decided here.
fn frame(title: &str, html: &str, dark: bool, width: u16) -> String {
    let shown = html.replace(DARK, if dark { "@media all" } else { "@media not all" });
    let source = escaped(&shown);
    format!(
        "<figure><iframe sandbox title=\"{title}\" width=\"{width}\" height=\"520\" srcdoc=\"{source}\"></iframe>\
         <figcaption>{title}</figcaption></figure>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
