//! Between the SDK and the embedded table: writes down every request, and answers some itself, as a busy table does.
#![cfg(feature = "testing")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::Client;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use super::embedded::{Embedded, TABLE};
use crate::adapters::dynamodb::DynamoStore;

/// What went over the wire. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    seen: Arc<Mutex<Vec<Seen>>>,
    conflicts: Arc<AtomicUsize>,
}

/// One request to the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// `UpdateItem`, `GetItem`, `TransactWriteItems`, …
    pub operation: String,
    /// The body, as the SDK wrote it.
    pub body: Value,
}

impl Seen {
    /// What the request does, without what it does it with: the operation, the kind of each item, and the expressions.
    #[must_use]
    pub fn shape(&self) -> String {
        let parts = match self.body.get("TransactItems").and_then(Value::as_array) {
            Some(items) => items.iter().filter_map(|item| item.get("Update")).map(shape_of).collect(),
            None => vec![shape_of(&self.body)],
        };
        format!("{} {}", self.operation, parts.join("; "))
    }
}

fn shape_of(part: &Value) -> String {
    let key = part.pointer("/Key/pk/S").and_then(Value::as_str).unwrap_or_default();
    let text = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    format!("{} [{}] IF [{}]", key.get(..2).unwrap_or_default(), text("UpdateExpression"), text("ConditionExpression"))
}

impl Wire {
    /// The store on the embedded table, over this wire.
    #[must_use]
    pub fn store(&self, embedded: &Embedded) -> DynamoStore {
        let (wire, plain) = (self.clone(), aws_smithy_http_client::Builder::new().build_http());
        let client = http_client_fn(move |settings, components| {
            let behind = plain.http_connector(settings, components);
            SharedHttpConnector::new(Tapped { behind, wire: wire.clone() })
        });
        let config = embedded.client().config().to_builder().http_client(client).build();
        DynamoStore::new(Client::from_conf(config), TABLE.to_owned())
    }

    /// The requests since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Their shapes.
    #[must_use]
    pub fn take_shapes(&self) -> Vec<String> {
        self.take().iter().map(Seen::shape).collect()
    }

    /// The next `number` writes meet a transaction of somebody else on their item.
    pub fn conflict(&self, number: usize) {
        self.conflicts.store(number, Ordering::SeqCst);
    }

    fn see(&self, request: &HttpRequest) -> String {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(Seen { operation: operation.clone(), body });
        operation
    }

    /// What a table says that is busy with a transaction on the item, if it is to be.
    fn refusal(&self, operation: &str) -> Option<HttpResponse> {
        let body = match operation {
            "UpdateItem" => r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"conflict"}"#,
            "TransactWriteItems" => {
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"cancelled",
                "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#
            }
            _ => return None,
        };
        let due = self.conflicts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        let response = || Some(HttpResponse::new(400.try_into().ok()?, SdkBody::from(body)));
        if due { response() } else { None }
    }
}

#[derive(Debug)]
struct Tapped {
    behind: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Tapped {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = self.wire.see(&request);
        match self.wire.refusal(&operation) {
            Some(response) => HttpConnectorFuture::ready(Ok(response)),
            None => self.behind.call(request),
        }
    }
}
