//! Counts what a request asks of the table, at the wire: the SDK's retries are requests, too.

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::time::Instant;

use crate::ports::meter;

/// What every operation of DynamoDB's names itself by begins so.
const TABLE: &str = "DynamoDB_";

/// A connector whose requests to the table are counted.
#[derive(Debug)]
pub(super) struct Metered<C>(pub(super) C);

impl<C: HttpConnector> HttpConnector for Metered<C> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let to_the_table = request.headers().get("x-amz-target").is_some_and(|target| target.starts_with(TABLE));
        let response = self.0.call(request);
        if !to_the_table {
            return response;
        }
        HttpConnectorFuture::new(async move {
            let _running = Running(Instant::now());
            response.await
        })
    }
}

/// A request to the table. One that is given up on has been made as well.
struct Running(Instant);

impl Drop for Running {
    fn drop(&mut self) {
        meter::table_request(self.0.elapsed());
    }
}
