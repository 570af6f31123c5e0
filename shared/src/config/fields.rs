//! The formats of single settings: each gives back the checked value, or says what it must be.

use crate::domain::numbering::is_country;
use std::time::Duration;

use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::Timestamp;

/// `https://host[:port]`, or `http://localhost[:port]`: an origin as browsers send it, never `*`.
pub(super) fn origin(text: &str) -> Result<String, &'static str> {
    let local = text.strip_prefix("http://").filter(|rest| ["localhost", "127.0.0.1"].contains(&host(rest)));
    let rest = text.strip_prefix("https://").or(local).unwrap_or_default();
    let plain = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:".contains(&b));
    if plain { Ok(text.to_owned()) } else { Err("must list origins such as https://app.example.com, separated by commas") }
}

/// `https://host[:port][/path]`, or `http://localhost…`: what stands before `/.well-known/` in the key set's URL.
pub(super) fn issuer(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "must be a URL such as https://auth.example.com, without a slash at its end";
    let (scheme, rest) = text.split_once("://").ok_or(FORM)?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, "x"));
    origin(&format!("{scheme}://{authority}")).map_err(|_| FORM)?;
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~".contains(&b));
    if plain && !path.is_empty() && !path.ends_with('/') { Ok(text.to_owned()) } else { Err(FORM) }
}

/// `https://host[/path]`: where this service is for everybody. Without a port, because providers sign URLs with and without.
pub(super) fn public_url(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "must be an https URL such as https://auth.example.com, without a port and without a slash at its end";
    let plain = text.strip_prefix("https://").is_some_and(|rest| !rest.contains(':'));
    if plain { issuer(text).map_err(|_| FORM) } else { Err(FORM) }
}

/// The ARN of an SNS topic.
pub(super) fn topic_arn(text: &str) -> Result<String, &'static str> {
    let parts: Vec<&str> = text.split(':').collect();
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match parts.as_slice() {
        ["arn", partition, "sns", rest @ ..] if rest.len() == 3 && plain(partition) && rest.iter().all(|part| plain(part)) => {
            Ok(text.to_owned())
        }
        _ => Err("must be the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:mail-events"),
    }
}

/// A name or URL of the resource servers.
pub(super) fn audience(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic() && !b"\"\\".contains(&b));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be up to 200 visible characters without spaces, such as https://api.example.com")
    }
}

/// A namespace as CloudWatch takes it: up to 255 of these characters, and not one of AWS's own.
pub(super) fn namespace(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 255 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_/#:".contains(&b));
    if fits && !text.starts_with("AWS/") && !text.starts_with(':') {
        Ok(text.to_owned())
    } else {
        Err("must be up to 255 of the characters A-Z a-z 0-9 . - _ / # :, such as otp-auth/prod, and not begin with AWS/ or :")
    }
}

/// What traces call the service.
pub(super) fn service_name(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 100 && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err("must be up to 100 visible characters without spaces, such as otp-auth") }
}

/// `http://…`: a collector is a process beside ours, and there is no TLS on the way to it.
pub(super) fn collector(text: &str) -> Result<String, &'static str> {
    let parsed = text.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("http") && uri.query().is_none());
    if parsed.is_some_and(|uri| uri.host().is_some()) {
        Ok(text.to_owned())
    } else {
        Err("must be the http URL of a collector on this machine, such as http://localhost:4318")
    }
}

/// `http://…` or `https://…`.
pub(super) fn endpoint(text: &str) -> Result<String, &'static str> {
    let parsed = text.parse::<http::Uri>().ok();
    let known = parsed.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
    if known { Ok(text.to_owned()) } else { Err("must be a URL such as http://localhost:8001") }
}

/// ISO 3166-1 alpha-2, in capitals.
pub(super) fn country(text: &str) -> Result<String, &'static str> {
    let code = text.to_ascii_uppercase();
    if is_country(&code) { Ok(code) } else { Err("must list ISO 3166-1 country codes such as US,DE, separated by commas") }
}

/// A mail domain, in the form that addresses are compared in.
pub(super) fn domain(text: &str) -> Result<String, &'static str> {
    let mailbox = Recipient::parse(&format!("postmaster@{text}"), Some(Channel::Email));
    let domain = mailbox.ok().and_then(|mailbox| mailbox.canonical().split_once('@').map(|(_, domain)| domain.to_owned()));
    domain.ok_or("must list mail domains such as trash.example, separated by commas")
}

/// The end of a day of UTC, from its date.
pub(super) fn end_of_date(text: &str) -> Result<Timestamp, &'static str> {
    let start = time::OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &time::format_description::well_known::Rfc3339);
    let seconds = start.ok().and_then(|start| u64::try_from(start.unix_timestamp()).ok());
    let start = seconds.map(|seconds| Timestamp::from_millis(seconds * 1000));
    start.map(|start| start.plus(Duration::from_secs(24 * 60 * 60))).ok_or("must be a date such as 2026-12-31")
}

/// SNS: 1 to 11 letters and digits, one letter at least.
pub(super) fn sender_id(text: &str) -> Result<String, &'static str> {
    let fits =
        text.len() <= 11 && text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.bytes().any(|b| b.is_ascii_alphabetic());
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 11 letters and digits, with at least one letter") }
}

/// SNS: 5 to 14 digits, with or without a plus.
pub(super) fn origination_number(text: &str) -> Result<String, &'static str> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let fits = (5..=14).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if fits { Ok(text.to_owned()) } else { Err("must be a number of 5 to 14 digits, such as +12065550100") }
}

/// A positive decimal number of dollars.
pub(super) fn price(text: &str) -> Result<String, &'static str> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let positive = text.parse::<f64>().is_ok_and(|price| price > 0.0 && price <= 10.0);
    if plain && positive { Ok(text.to_owned()) } else { Err("must be a price in USD above 0 and at most 10, such as 0.10") }
}

/// SES: letters, digits, dashes and underscores.
pub(super) fn configuration_set(text: &str) -> Result<String, &'static str> {
    let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 64 letters, digits, dashes and underscores") }
}

/// `login@example.com` or `Acme <login@example.com>`.
pub(super) fn mailbox(text: &str) -> Result<String, &'static str> {
    const FORM: &str = "must be an address such as login@example.com or Acme <login@example.com>";
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (name.trim(), address),
        None => ("", text),
    };
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || " -_.'!&".contains(c));
    let recipient = Recipient::parse(address, Some(Channel::Email)).map_err(|_| FORM)?;
    // In the permission to send from this address (`ses:FromAddress`) an asterisk would stand for anything.
    if address.contains('*') {
        return Err("must be an address without an asterisk");
    }
    match (plain, name) {
        (false, _) => Err(FORM),
        (true, "") => Ok(recipient.canonical().to_owned()),
        // Quoted, so that a dot or an ampersand in the name needs no thought (RFC 5322, 3.2.4).
        (true, name) if name.contains(['.', '&', '!', '\'']) => Ok(format!("\"{name}\" <{}>", recipient.canonical())),
        (true, name) => Ok(format!("{name} <{}>", recipient.canonical())),
    }
}

/// What stands where a logo would.
pub(super) fn logo(text: &str) -> Result<String, &'static str> {
    let fits = text.chars().count() <= 40 && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err("must be 1 to 40 characters, without line breaks") }
}

fn host(authority: &str) -> &str {
    authority.split(':').next().unwrap_or_default()
}
