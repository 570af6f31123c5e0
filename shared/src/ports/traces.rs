//! Where the traces of requests go: spans of a request and of what it waited for, by OpenTelemetry's model.
//!
//! A span says what a log line says, and no more of a person.

use std::time::Duration;

use async_trait::async_trait;

use super::meter::Wait;
use crate::domain::time::Timestamp;

/// Takes the trace of a request that has its reply.
#[async_trait]
pub trait Traces: Send + Sync {
    /// Hands it on. Whoever waits for the reply waits for this, too, so it is quick or gives up; nobody hears of a failure.
    async fn finished(&self, request: &RequestTrace<'_>);
}

/// A request that has its reply.
#[derive(Debug)]
pub struct RequestTrace<'a> {
    /// Whose work it is part of, by the word of the platform; never by the caller's.
    pub parent: Option<Parent>,
    /// The request's id.
    pub id: &'a str,
    /// The route.
    pub route: &'static str,
    /// What it came to.
    pub event: &'static str,
    /// The status.
    pub status: u16,
    /// When it came.
    pub started: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What it waited for.
    pub waits: &'a [Wait],
}

/// A span that is not ours, and the trace that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The trace.
    pub trace: [u8; 16],
    /// The span; none at the head of a trace.
    pub span: Option<[u8; 8]>,
    /// Whether anybody keeps this trace.
    pub sampled: bool,
}

impl Parent {
    /// From X-Ray's tracing header, as Lambda hands it to an invocation:
    /// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`. `None` when it is anything else.
    #[must_use]
    pub fn from_xray(header: &str) -> Option<Self> {
        let field = |name: &str| header.split(';').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
        let (seconds, unique) = field("Root")?.strip_prefix("1-")?.split_once('-')?;
        if (seconds.len(), unique.len()) != (8, 24) {
            return None;
        }
        let trace = bytes(&format!("{seconds}{unique}"))?;
        Some(Self { trace, span: field("Parent").and_then(bytes), sampled: field("Sampled") == Some("1") })
    }
}

/// The bytes of exactly as many pairs of hexadecimal digits.
fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    if hex.len() != 2 * N || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_x_ray_names_the_trace_and_the_span_above() {
        let parent = Parent::from_xray("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1").unwrap();
        assert_eq!(u128::from_be_bytes(parent.trace), 0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793);
        assert_eq!((parent.span.map(u64::from_be_bytes), parent.sampled), (Some(0x5399_5c3f_42cd_8ad8), true));
        let head = Parent::from_xray("Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a:1|b:2").unwrap();
        assert_eq!((head.span, head.sampled), (None, false));
    }

    #[test]
    fn anything_else_is_no_parent() {
        let wrong =
            ["", "Root=", "Root=1-1-2", "Root=2-5759e988-bd862e3fe1be46a994272793", "Root=1-5759e98-bd862e3fe1be46a9942727931"];
        for header in
            wrong.into_iter().chain(["Root=1-+759e988-bd862e3fe1be46a994272793", "Root=1-5759e98é-bd862e3fe1be46a99427279"])
        {
            assert_eq!(Parent::from_xray(header), None, "{header}");
        }
    }
}
