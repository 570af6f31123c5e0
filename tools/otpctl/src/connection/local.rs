//! A `make run` on this machine: it says where its table is on `/dev/table.json`, to programs on this machine only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde::Deserialize;

use crate::failure::Failure;

/// It answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the local server says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct LocalServer {
    /// The endpoint of its table.
    pub endpoint: String,
    /// The name of its table.
    pub table: String,
    /// The file that holds its keys, readable by its owner.
    pub keys_file: PathBuf,
    /// The settings that it runs by.
    pub settings: BTreeMap<String, String>,
}

/// A reply of the local server.
pub struct LocalReply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl LocalServer {
    /// Asks the server on `port`.
    ///
    /// # Errors
    /// None answers there, or another program does.
    pub async fn on(port: u16) -> Result<Self, Failure> {
        let reply = call(port, http::Method::GET, "/dev/table.json", String::new()).await?;
        let not_ours = || Failure::NoLocalServer { port, cause: "another program does".to_owned() };
        serde_json::from_slice(&reply.body).map_err(|_| not_ours())
    }
}

/// Posts a JSON document to the local server on `port`.
///
/// # Errors
/// It does not answer.
pub async fn post(port: u16, path: &str, body: String) -> Result<LocalReply, Failure> {
    call(port, http::Method::POST, path, body).await
}

async fn call(port: u16, method: http::Method, path: &str, body: String) -> Result<LocalReply, Failure> {
    let failed = |cause: &str| Failure::NoLocalServer { port, cause: cause.to_owned() };
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://localhost:{port}{path}"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::CONTENT_LENGTH, body.len())
        .body(SdkBody::from(body));
    let request = HttpRequest::try_from(request.map_err(|_| failed("no request"))?).map_err(|_| failed("no request"))?;
    let exchange = async {
        let reply = connector().call(request).await.map_err(|_| failed("no connection"))?;
        let status = reply.status().as_u16();
        let body = ByteStream::new(reply.into_body()).collect().await.map_err(|_| failed("the reply broke off"))?;
        Ok(LocalReply { status, body: body.to_vec() })
    };
    tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| failed("no answer in 5 s"))?
}

fn connector() -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(PATIENCE).build();
    Connector::builder().connector_settings(settings).build_http()
}
