//! Passes requests on to a server on this machine, and remembers which operations they asked for, on which kind of item.

#![cfg(feature = "testing")]

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::uri::{Authority, InvalidUri, Scheme};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;

/// No request to the table comes near it, in bytes.
const LARGEST: usize = 1 << 20;

/// Passes requests on to one server.
#[derive(Clone)]
pub struct Forward {
    to: Authority,
    client: Client<HttpConnector, Body>,
    operations: Arc<Mutex<Vec<Operation>>>,
}

/// One request to the table.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it asked for, such as `UpdateItem`.
    pub name: String,
    /// The kind of its item: what its key begins with, such as `I` of `I#…`; none of an operation on several items.
    pub item: Option<String>,
}

/// Why there is no forwarding server.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// The endpoint to forward to is not `http://host:port`.
    #[error("{0} is not http://host:port")]
    NotAnEndpoint(String),
    /// It is, but cannot be read.
    #[error(transparent)]
    Unreadable(#[from] InvalidUri),
    /// There was no port to listen on.
    #[error("no port: {0}")]
    Port(#[from] io::Error),
}

impl Forward {
    /// To `endpoint`, which is `http://host:port`.
    ///
    /// # Errors
    /// It is not.
    pub fn to(endpoint: &str) -> Result<Self, ForwardError> {
        let authority = endpoint.strip_prefix("http://").ok_or_else(|| ForwardError::NotAnEndpoint(endpoint.to_owned()))?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { to: authority.trim_end_matches('/').parse()?, client, operations: Arc::default() })
    }

    /// Listens on a free port and forwards from there, until the process ends. Gives back where it listens.
    ///
    /// # Errors
    /// There is no port.
    pub async fn listen(&self) -> Result<String, ForwardError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        tokio::spawn(axum::serve(listener, self.routes()).into_future());
        Ok(endpoint)
    }

    /// Every route, forwarded.
    pub fn routes(&self) -> Router {
        Router::new().fallback(pass_on).with_state(self.clone())
    }

    /// The operations that requests named in `X-Amz-Target` since this was last asked, in the order of their arrival.
    #[must_use]
    pub fn take_operations(&self) -> Vec<Operation> {
        std::mem::take(&mut self.operations.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, headers: &HeaderMap, body: &[u8]) {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
        let name = target.and_then(|target| target.rsplit('.').next()).unwrap_or("none").to_owned();
        let key =
            serde_json::from_slice::<Value>(body).ok().and_then(|body| Some(body.pointer("/Key/pk/S")?.as_str()?.to_owned()));
        let item = key.and_then(|key| key.split('#').next().map(str::to_owned));
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).push(Operation { name, item });
    }

    fn address(&self, uri: &Uri) -> Option<Uri> {
        let mut parts = uri.clone().into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.to.clone());
        Uri::from_parts(parts).ok()
    }
}

async fn pass_on(State(forward): State<Forward>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    forward.note(&parts.headers, &body);
    let Some(uri) = forward.address(&parts.uri) else { return StatusCode::BAD_REQUEST.into_response() };
    parts.uri = uri;
    match forward.client.request(Request::from_parts(parts, Body::from(body))).await {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
