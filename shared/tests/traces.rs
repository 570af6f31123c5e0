//! The trace of a request, as a collector receives it over HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::{Arc, Mutex};

use lambda_http::Context;
use otp_auth::adapters::lambda;
use otp_auth::adapters::otlp::Otlp;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const XRAY: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// A collector that keeps what it is sent: the request's head and its body.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<(String, Value)>>>);

impl Collector {
    async fn start(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::clone(&self.0);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let received = Arc::clone(&received);
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    while stream.read_buf(&mut bytes).await.unwrap_or(0) > 0 {
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                        let Ok(body) = serde_json::from_str(body) else { continue };
                        received.lock().unwrap().push((head.to_owned(), body));
                        bytes.clear();
                        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
                    }
                });
            }
        });
        format!("http://{address}")
    }

    /// The only document, and its spans.
    fn spans(&self) -> (String, Vec<Value>) {
        let mut received = self.0.lock().unwrap();
        assert_eq!(received.len(), 1, "one request for each trace");
        let (head, document) = received.remove(0);
        let resource = &document["resourceSpans"][0];
        let name = json!([{ "key": "service.name", "value": { "stringValue": "send-otp" } }]);
        assert_eq!(resource["resource"]["attributes"], name);
        (head, resource["scopeSpans"][0]["spans"].as_array().unwrap().clone())
    }
}

async fn service(embedded: &Embedded, endpoint: &str) -> Service {
    let mut setup = Setup::on(embedded).unwrap();
    setup.traces = Some(Arc::new(Otlp::new(endpoint, "send-otp".to_owned(), Arc::new(SystemRandomness))));
    setup.build()
}

async fn invoke(service: &Service, trace: Option<&str>) {
    let event = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/send-otp.phone.json")).unwrap();
    let mut context = Context::default();
    context.xray_trace_id = trace.map(str::to_owned);
    lambda::answer(&service.api, serde_json::from_str(&event).unwrap(), &context).await.unwrap();
}

#[tokio::test]
async fn a_request_is_a_span_in_the_trace_of_its_invocation_and_has_one_for_each_wait() {
    let (embedded, collector) = (Embedded::start(None).await.unwrap(), Collector::default());
    let service = service(&embedded, &collector.start().await).await;
    invoke(&service, Some(XRAY)).await;
    let (head, spans) = collector.spans();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1") && head.contains("application/json"), "{head}");
    let (request, waits) = spans.split_first().unwrap();
    assert_eq!(request["traceId"], "5759e988bd862e3fe1be46a994272793");
    assert_eq!((&request["parentSpanId"], &request["name"]), (&json!("53995c3f42cd8ad8"), &json!("send")));
    assert!(
        request["attributes"]
            .as_array()
            .unwrap()
            .contains(&json!({ "key": "otp.event", "value": { "stringValue": "otp.sent" } }))
    );
    let of = |name: &str| waits.iter().filter(|span| span["name"] == name).count();
    assert!(of("dynamodb") >= 5 && of("delivery") == 1, "{waits:?}");
    for span in waits {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&request["traceId"], &request["spanId"]));
        let time = |name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"));
    }
    let text = serde_json::to_string(&spans).unwrap();
    assert!(!text.contains("+1") && !text.contains("2345678901"), "nothing of a person");
}

#[tokio::test]
async fn a_trace_that_nobody_keeps_is_not_sent_and_one_without_a_head_starts_here() {
    let (embedded, collector) = (Embedded::start(None).await.unwrap(), Collector::default());
    let service = service(&embedded, &collector.start().await).await;
    invoke(&service, Some(&XRAY.replace("Sampled=1", "Sampled=0"))).await;
    assert!(collector.0.lock().unwrap().is_empty());
    invoke(&service, None).await;
    let (_, spans) = collector.spans();
    assert_eq!((spans[0].get("parentSpanId"), spans[0]["traceId"].as_str().unwrap().len()), (None, 32));
}

#[tokio::test]
async fn a_collector_that_is_not_there_changes_nothing() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = service(&embedded, "http://127.0.0.1:1").await;
    let reply = service.post("send", &json!({ "identifier": "+12345678901" })).await;
    assert_eq!(reply.status, 200);
}
