//! Where a request came from: what the gateway says, unless a trusted caller says whom it speaks for.
//!
//! | header | from | who is believed |
//! |---|---|---|
//! | `X-Client-Address`, with `X-Api-Key` | a back end that calls for its users | one whose key is in the vault |
//! | `CloudFront-Viewer-Address`, with `X-Origin-Verify` | CloudFront | the operator's own distribution, by the secret that it sends |
//!
//! `X-Forwarded-For` and the like are never read: whoever calls writes them.

use std::net::IpAddr;

use http::HeaderMap;

use super::Call;
use super::problem::Problem;
use crate::domain::address::SourceAddress;
use crate::domain::callers::TrustedCallers;
use crate::messages::Key;

/// The address that counts for a request.
pub(super) fn source(call: &Call, callers: &TrustedCallers) -> Result<SourceAddress, Problem> {
    // Without an address, everybody would share one window, or none: refused.
    let gateway = call.source.ok_or_else(|| Problem::invalid_request(Key::SourceMissing))?;
    let named = match speaks_for(&call.headers, callers) {
        None => return Ok(SourceAddress::new(gateway)),
        Some((header, address)) => address.ok_or_else(|| Problem::invalid_header(Key::SourceNotAnAddress, header)),
    };
    named.map(SourceAddress::new)
}

/// The header in which a trusted caller names its client, and the address there, if it is one.
fn speaks_for(headers: &HeaderMap, callers: &TrustedCallers) -> Option<(&'static str, Option<IpAddr>)> {
    let is = |header: &str, trusted: &dyn Fn(&[u8]) -> bool| headers.get(header).is_some_and(|value| trusted(value.as_bytes()));
    if is("x-api-key", &|key| callers.is_backend(key)) && headers.contains_key("x-client-address") {
        return Some(("X-Client-Address", only(headers, "x-client-address").and_then(|text| text.parse().ok())));
    }
    if is("x-origin-verify", &|secret| callers.is_cloudfront(secret)) {
        let viewer = only(headers, "cloudfront-viewer-address").and_then(without_port);
        return Some(("CloudFront-Viewer-Address", viewer));
    }
    None
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(first)
}

/// `198.51.100.10:46532`, or an IPv6 address with its port, in brackets or not.
fn without_port(text: &str) -> Option<IpAddr> {
    let (address, _port) = text.rsplit_once(':')?;
    address.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_s_address_is_read_without_its_port() {
        for (text, address) in [
            ("198.51.100.10:46532", Some("198.51.100.10")),
            ("2001:db8:1:2:3:4:5:6:46532", Some("2001:db8:1:2:3:4:5:6")),
            ("[2001:db8::1]:46532", Some("2001:db8::1")),
            ("198.51.100.10", None),
            ("somewhere:1", None),
        ] {
            assert_eq!(without_port(text), address.map(|a| a.parse().unwrap()), "{text}");
        }
    }
}
