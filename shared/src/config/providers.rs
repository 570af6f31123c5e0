//! Who delivers: the providers in their order, and the settings of those that are not AWS. Their secrets are the vault's.

use super::fields;
use super::reader::Reader;
use crate::domain::receipt::RECEIPTS_PATH;

/// The providers of each channel, the one that is asked first first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Providers {
    /// Of texts.
    pub sms: Vec<SmsProvider>,
    /// Of mail.
    pub email: Vec<EmailProvider>,
}

/// Who delivers texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsProvider {
    /// Amazon SNS.
    Sns,
    /// Twilio.
    Twilio(TwilioSettings),
    /// Vonage.
    Vonage(VonageSettings),
}

/// Who delivers mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailProvider {
    /// Amazon SES.
    Ses,
    /// A mail server.
    Smtp(SmtpSettings),
    /// SendGrid's web API.
    SendGrid,
}

/// How Twilio sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwilioSettings {
    /// The account.
    pub account_sid: String,
    /// Whom texts come from.
    pub from: TwilioFrom,
    /// Where it is asked to tell what became of texts, if anywhere.
    pub receipts: Option<String>,
}

/// Whom Twilio's texts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TwilioFrom {
    /// A number, a short code or an alphanumeric sender.
    Sender(String),
    /// A Messaging Service, which chooses.
    Service(String),
}

/// How Vonage sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VonageSettings {
    /// The account.
    pub api_key: String,
    /// Whom texts come from.
    pub sender: String,
    /// Through which of its interfaces.
    pub api: VonageApi,
    /// Where it is asked to tell what became of texts, if anywhere. Not through the SMS API, whose receipts are signed in
    /// another way.
    pub receipts: Option<String>,
}

/// Vonage's interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VonageApi {
    /// The Messages API.
    Messages,
    /// The older SMS API.
    Sms,
}

/// A mail server. The connection to it is always encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte, as on port 465; every other one must offer STARTTLS.
    pub tls_at_once: bool,
    /// Who we are there.
    pub user: String,
}

/// The port that speaks TLS from the first byte (RFC 8314, 3.3).
const SUBMISSIONS: u16 = 465;

const GMAIL: &str = "smtp.gmail.com";
const SENDGRID: &str = "smtp.sendgrid.net";

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Providers> {
    let sms_names = names(reader, "SMS_PROVIDERS", "sns", &[("sns", true), ("twilio", TWILIO), ("vonage", VONAGE)]);
    let email_names = names(reader, "EMAIL_PROVIDERS", "ses", &[("ses", true), ("smtp", SMTP), ("sendgrid", SENDGRID_API)]);
    let named = |names: &Option<Vec<String>>, name: &str| names.iter().flatten().any(|named| named == name);
    let receipts = reader.optional("RECEIPTS_URL", fields::public_url);
    let twilio = read_twilio(reader, named(&sms_names, "twilio"), receipts.as_deref());
    let vonage = read_vonage(reader, named(&sms_names, "vonage"), receipts.as_deref());
    let smtp = read_smtp(reader, named(&email_names, "smtp"));
    let sms = sms_names?.into_iter().map(|name| match name.as_str() {
        "twilio" => twilio.clone().map(SmsProvider::Twilio),
        "vonage" => vonage.clone().map(SmsProvider::Vonage),
        _ => Some(SmsProvider::Sns),
    });
    let email = email_names?.into_iter().map(|name| match name.as_str() {
        "smtp" => smtp.clone().map(EmailProvider::Smtp),
        "sendgrid" => Some(EmailProvider::SendGrid),
        _ => Some(EmailProvider::Ses),
    });
    Some(Providers { sms: sms.collect::<Option<_>>()?, email: email.collect::<Option<_>>()? })
}

const TWILIO: bool = cfg!(feature = "twilio");
const VONAGE: bool = cfg!(feature = "vonage");
const SMTP: bool = cfg!(feature = "smtp");
const SENDGRID_API: bool = cfg!(feature = "sendgrid");

/// Names of providers, each once; `known` says which of them this build has.
fn names(reader: &mut Reader<'_>, variable: &'static str, default: &str, known: &[(&str, bool)]) -> Option<Vec<String>> {
    let value = reader.get(variable).unwrap_or_else(|| default.to_owned());
    let mut chosen: Vec<String> = Vec::new();
    for name in value.split(',').map(str::trim) {
        let fault = match known.iter().find(|(known, _)| *known == name) {
            None => format!("must list {}, separated by commas", known.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ")),
            Some((name, false)) => format!("names {name}, which this build is without: build with the feature {name}"),
            Some((name, true)) if chosen.iter().any(|chosen| chosen == name) => format!("names {name} twice"),
            Some((name, true)) => {
                chosen.push((*name).to_owned());
                continue;
            }
        };
        reader.fault(variable, &fault);
        return None;
    }
    Some(chosen)
}

/// A setting that must be there if its provider is named.
fn wanted<T>(
    reader: &mut Reader<'_>,
    (variable, provider): (&'static str, &str),
    named: bool,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Option<T> {
    if named && reader.get(variable).is_none() {
        reader.fault(variable, &format!("must be set when {provider} is named"));
    }
    reader.optional(variable, parse)
}

fn read_twilio(reader: &mut Reader<'_>, named: bool, receipts: Option<&str>) -> Option<TwilioSettings> {
    let account_sid = wanted(reader, ("TWILIO_ACCOUNT_SID", "twilio"), named, account_sid);
    let sender = reader.optional("TWILIO_FROM_NUMBER", sender);
    let service = reader.optional("TWILIO_MESSAGING_SERVICE_SID", |text| sid(text, "MG"));
    let given = ["TWILIO_FROM_NUMBER", "TWILIO_MESSAGING_SERVICE_SID"].map(|variable| reader.get(variable).is_some());
    if named && given == [false, false] || given == [true, true] {
        reader.fault("TWILIO_FROM_NUMBER", "or TWILIO_MESSAGING_SERVICE_SID must be set for twilio, one of them alone");
    }
    let from = sender.map(TwilioFrom::Sender).or_else(|| service.map(TwilioFrom::Service));
    let receipts = receipts.map(|url| format!("{url}{RECEIPTS_PATH}/twilio"));
    Some(TwilioSettings { account_sid: account_sid?, from: from?, receipts })
}

fn read_vonage(reader: &mut Reader<'_>, named: bool, receipts: Option<&str>) -> Option<VonageSettings> {
    let api_key = wanted(reader, ("VONAGE_API_KEY", "vonage"), named, api_key);
    let sender = wanted(reader, ("VONAGE_SENDER", "vonage"), named, sender);
    let api = reader.choice("VONAGE_API", "messages", &[("messages", VonageApi::Messages), ("sms", VonageApi::Sms)]);
    let receipts = receipts.filter(|_| api == Some(VonageApi::Messages)).map(|url| format!("{url}{RECEIPTS_PATH}/vonage"));
    Some(VonageSettings { api_key: api_key?, sender: sender?, api: api?, receipts })
}

fn read_smtp(reader: &mut Reader<'_>, named: bool) -> Option<SmtpSettings> {
    let host = wanted(reader, ("EMAIL_HOST", "smtp"), named, host);
    let port = reader.get("EMAIL_PORT").map_or(Some(587), |_| reader.optional_number("EMAIL_PORT", &(1..=65_535)));
    let encrypted = reader.optional("EMAIL_USE_TLS", yes_or_no).unwrap_or(true);
    if !encrypted && port != Some(u32::from(SUBMISSIONS)) {
        reader.fault("EMAIL_USE_TLS", "must not be off, save on port 465, which is TLS anyway: mail never travels unencrypted");
    }
    let is_sendgrid = host.as_deref() == Some(SENDGRID);
    // SendGrid's user is the same for everybody; the password is the key.
    let user = if is_sendgrid && reader.get("EMAIL_HOST_USER").is_none() {
        Some("apikey".to_owned())
    } else {
        wanted(reader, ("EMAIL_HOST_USER", "smtp"), named, user)
    };
    let port = u16::try_from(port?).ok()?;
    Some(SmtpSettings { host: host?, port, tls_at_once: port == SUBMISSIONS, user: user? })
}

impl SmtpSettings {
    /// Gmail shows its app passwords in groups of four letters; the spaces are not part of them.
    #[must_use]
    pub fn password_has_spaces(&self) -> bool {
        self.host == GMAIL
    }
}

/// Twilio's account.
pub(super) fn account_sid(text: &str) -> Result<String, &'static str> {
    sid(text, "AC")
}

/// Vonage's account.
pub(super) fn api_key(text: &str) -> Result<String, &'static str> {
    let plain = text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { Ok(text.to_owned()) } else { Err("must be up to 32 letters and digits") }
}

/// Twilio's ids: two letters and 32 hexadecimal digits.
fn sid(text: &str, prefix: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    let fits = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let problem = if prefix == "AC" { "must be AC and 32 hexadecimal digits" } else { "must be MG and 32 hexadecimal digits" };
    if fits { Ok(text.to_owned()) } else { Err(problem) }
}

/// A number in E.164, a short code, or up to 11 letters, digits and spaces with a letter among them.
fn sender(text: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let number = (3..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let name = text.len() <= 11
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ')
        && text.bytes().any(|b| b.is_ascii_alphabetic());
    if number || name {
        Ok(text.to_owned())
    } else {
        Err("must be a number such as +12065550100, or a name of up to 11 letters and digits")
    }
}

fn host(text: &str) -> Result<String, &'static str> {
    let name = text.to_ascii_lowercase();
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let fits = name.len() <= 253 && name.split('.').all(label);
    if fits { Ok(name) } else { Err("must be a host name such as smtp.gmail.com") }
}

fn user(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 254 && text.chars().all(|c| !c.is_control());
    if fits { Ok(text.to_owned()) } else { Err("must be a user name, without control characters") }
}

/// As people write it for Django.
fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("must be true or false"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Providers, String> {
        let lookup = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let mut reader = Reader::new(&lookup);
        let providers = super::read(&mut reader);
        reader.finish(providers).map_err(|faults| faults.to_string())
    }

    const TWILIO: [(&str, &str); 3] = [
        ("SMS_PROVIDERS", "sns, twilio"),
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_FROM_NUMBER", "+12065550100"),
    ];

    #[test]
    fn aws_delivers_where_nothing_else_is_said() {
        assert_eq!(read(&[]).unwrap(), Providers { sms: vec![SmsProvider::Sns], email: vec![EmailProvider::Ses] });
    }

    #[test]
    fn providers_stay_in_their_order() {
        let sms = read(&TWILIO).unwrap().sms;
        assert!(matches!(sms.as_slice(), [SmsProvider::Sns, SmsProvider::Twilio(_)]));
    }

    #[test]
    fn a_provider_that_is_named_must_be_complete() {
        let twice = [("SMS_PROVIDERS", "sns,sns")];
        assert_eq!(read(&twice).unwrap_err(), "SMS_PROVIDERS names sns twice");
        let unknown = [("EMAIL_PROVIDERS", "pigeon")];
        assert_eq!(read(&unknown).unwrap_err(), "EMAIL_PROVIDERS must list ses, smtp, sendgrid, separated by commas");
        let faults = read(&[("SMS_PROVIDERS", "twilio,vonage"), ("EMAIL_PROVIDERS", "smtp")]).unwrap_err();
        for variable in
            ["TWILIO_ACCOUNT_SID", "TWILIO_FROM_NUMBER", "VONAGE_API_KEY", "VONAGE_SENDER", "EMAIL_HOST", "EMAIL_HOST_USER"]
        {
            assert!(faults.contains(variable), "{variable}: {faults}");
        }
    }

    #[test]
    fn receipts_come_to_a_public_url_and_only_where_they_can_be_checked() {
        let url = ("RECEIPTS_URL", "https://abc.execute-api.eu-west-1.amazonaws.com/prod");
        let twilio = read(&[&TWILIO[..], &[url]].concat()).unwrap().sms;
        let path = "https://abc.execute-api.eu-west-1.amazonaws.com/prod/api/auth/otp/receipts/twilio";
        assert!(matches!(twilio.as_slice(), [_, SmsProvider::Twilio(settings)] if settings.receipts.as_deref() == Some(path)));
        for (api, wanted) in [("messages", true), ("sms", false)] {
            let vonage =
                [("SMS_PROVIDERS", "vonage"), ("VONAGE_API_KEY", "key"), ("VONAGE_SENDER", "Acme"), ("VONAGE_API", api), url];
            let vonage = read(&vonage).unwrap().sms;
            assert!(
                matches!(vonage.as_slice(), [SmsProvider::Vonage(settings)] if settings.receipts.is_some() == wanted),
                "{api}"
            );
        }
        for wrong in [
            "http://auth.example.com",
            "http://localhost",
            "https://auth.example.com/",
            "https://auth.example.com:443",
            "https://auth.example.com/x?y=z",
            "https://Auth.example.com",
            "auth.example.com",
            "https://",
        ] {
            assert!(read(&[("RECEIPTS_URL", wrong)]).unwrap_err().starts_with("RECEIPTS_URL must be an https URL"), "{wrong}");
        }
    }

    #[test]
    fn nothing_that_an_operator_writes_breaks_a_header() {
        for (name, value) in [
            ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcde/"),
            ("TWILIO_FROM_NUMBER", "Acme\r\nX: y"),
            ("VONAGE_SENDER", "<b>Acme</b>"),
            ("VONAGE_API_KEY", "key&to=1"),
            ("EMAIL_HOST", "smtp.example.com\r\n"),
            ("EMAIL_HOST", "http://smtp.example.com"),
            ("EMAIL_HOST_USER", "a\r\nMAIL FROM:<b@c>"),
            ("EMAIL_PORT", "0"),
            ("EMAIL_USE_TLS", "perhaps"),
        ] {
            let read = read(&[(name, value)]);
            // White space around a value is trimmed before it is looked at.
            assert!(read.is_err() || value.trim() != value, "{name}={value:?}");
        }
    }

    #[test]
    fn mail_servers_have_presets_and_never_speak_in_the_clear() {
        let smtp = |more: &[(&'static str, &'static str)]| read(&[&[("EMAIL_PROVIDERS", "smtp")], more].concat());
        let settings = |host: &str, port, user: &str| SmtpSettings {
            host: host.to_owned(),
            port,
            tls_at_once: false,
            user: user.to_owned(),
        };
        let gmail = smtp(&[
            ("EMAIL_HOST", "smtp.gmail.com"),
            ("EMAIL_PORT", "587"),
            ("EMAIL_USE_TLS", "True"),
            ("EMAIL_HOST_USER", "a@gmail.com"),
        ]);
        assert_eq!(gmail.unwrap().email, [EmailProvider::Smtp(settings("smtp.gmail.com", 587, "a@gmail.com"))]);
        let sendgrid = smtp(&[("EMAIL_HOST", "smtp.sendgrid.net")]);
        assert_eq!(sendgrid.unwrap().email, [EmailProvider::Smtp(settings("smtp.sendgrid.net", 587, "apikey"))]);
        let host = [("EMAIL_HOST", "mail.example.com"), ("EMAIL_HOST_USER", "a"), ("EMAIL_USE_TLS", "False")];
        assert!(smtp(&host).unwrap_err().starts_with("EMAIL_USE_TLS must not be off"));
        let at_once = smtp(&[&host[..], &[("EMAIL_PORT", "465")]].concat()).unwrap().email;
        assert!(matches!(at_once.as_slice(), [EmailProvider::Smtp(SmtpSettings { tls_at_once: true, .. })]));
    }
}
