//! Traces to an OpenTelemetry collector on this machine, such as the Lambda layer of AWS's distribution, by OTLP over HTTP in
//! JSON (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).
//!
//! A Lambda function is frozen once its reply is out, so spans are not gathered for later: they leave before the reply does, in
//! one request, for which nobody waits longer than [`PATIENCE`]. The document is small and its form is stable: it is written here,
//! so that the functions need no further library.

use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::domain::time::{Timestamp, millis};
use crate::ports::clock::{Randomness, random};
use crate::ports::meter::Wait;
use crate::ports::traces::{Parent, RequestTrace, Traces};

/// How long a reply waits for the collector, which is a process beside ours.
const PATIENCE: Duration = Duration::from_millis(100);

/// A collector that is away is away for every request of this process: said once.
static NOT_TAKEN: Once = Once::new();

/// `SPAN_KIND_SERVER` and `SPAN_KIND_CLIENT` of the specification.
const SERVER: u8 = 2;
const CLIENT: u8 = 3;

/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;

/// A collector.
pub struct Otlp {
    connector: SharedHttpConnector,
    url: String,
    service: String,
    randomness: Arc<dyn Randomness>,
}

impl Otlp {
    /// The collector at this endpoint, which is plain HTTP; spans are of this service.
    #[must_use]
    pub fn new(endpoint: &str, service: String, randomness: Arc<dyn Randomness>) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(PATIENCE).build();
        let connector = SharedHttpConnector::new(Connector::builder().connector_settings(settings).build_http());
        Self { connector, url: format!("{}/v1/traces", endpoint.trim_end_matches('/')), service, randomness }
    }

    async fn post(&self, document: &Value) -> Option<()> {
        let body = document.to_string();
        let request = http::Request::post(&self.url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .header(http::header::CONTENT_LENGTH, body.len())
            .body(SdkBody::from(body))
            .ok()?;
        let response = self.connector.call(request.try_into().ok()?).await.ok()?;
        response.status().is_success().then_some(())
    }

    /// A trace of its own where there is none to be part of.
    fn document(&self, request: &RequestTrace<'_>) -> Option<Value> {
        let new = || Some(Parent { trace: random(self.randomness.as_ref()).ok()?, span: None, sampled: true });
        let parent = request.parent.map_or_else(new, Some).filter(|parent| parent.sampled)?;
        let span: [u8; 8] = random(self.randomness.as_ref()).ok()?;
        let mut spans = vec![of_request(request, parent, span)];
        for wait in request.waits {
            spans.push(of_wait(request, wait, parent, span, random(self.randomness.as_ref()).ok()?));
        }
        let service = json!([text("service.name", &self.service)]);
        let scope = json!({ "name": "otp-auth", "version": env!("CARGO_PKG_VERSION") });
        Some(json!({ "resourceSpans": [
            { "resource": { "attributes": service }, "scopeSpans": [{ "scope": scope, "spans": spans }] }
        ] }))
    }
}

#[async_trait]
impl Traces for Otlp {
    async fn finished(&self, request: &RequestTrace<'_>) {
        let Some(document) = self.document(request) else { return };
        if tokio::time::timeout(PATIENCE, self.post(&document)).await.ok().flatten().is_none() {
            NOT_TAKEN.call_once(|| tracing::warn!("the collector did not take a trace"));
        }
    }
}

fn of_request(request: &RequestTrace<'_>, parent: Parent, span: [u8; 8]) -> Value {
    let status = u64::from(request.status);
    let mut value = json!({
        "traceId": hex(&parent.trace), "spanId": hex(&span), "name": request.route, "kind": SERVER,
        "startTimeUnixNano": nanos(request.started, Duration::ZERO),
        "endTimeUnixNano": nanos(request.started, request.took),
        "attributes": [
            text("http.route", request.route),
            text("otp.event", request.event),
            text("faas.invocation_id", request.id),
            // A 64-bit integer is text in the JSON of Protocol Buffers.
            json!({ "key": "http.response.status_code", "value": { "intValue": status.to_string() } }),
        ],
        "status": if request.status >= 500 { json!({ "code": ERROR }) } else { json!({}) },
    });
    if let (Some(above), Some(fields)) = (parent.span, value.as_object_mut()) {
        fields.insert("parentSpanId".to_owned(), json!(hex(&above)));
    }
    value
}

fn of_wait(request: &RequestTrace<'_>, wait: &Wait, parent: Parent, above: [u8; 8], span: [u8; 8]) -> Value {
    json!({
        "traceId": hex(&parent.trace), "spanId": hex(&span), "parentSpanId": hex(&above), "name": wait.of, "kind": CLIENT,
        "startTimeUnixNano": nanos(request.started, wait.after),
        "endTimeUnixNano": nanos(request.started, wait.after.saturating_add(wait.took)),
        "attributes": [text("peer.service", wait.of)],
        "status": {},
    })
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// A point in time as OTLP writes it: nanoseconds, as text.
fn nanos(start: Timestamp, after: Duration) -> String {
    let after = u128::from(millis(after)) * 1_000_000 + u128::from(after.subsec_nanos() % 1_000_000);
    (u128::from(start.as_millis()) * 1_000_000 + after).to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
