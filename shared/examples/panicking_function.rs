//! A function with a bug, served by the very code that serves the real ones: for the test that shows it lives through it.

use std::sync::Arc;

use lambda_http::Error;
use otp_auth::adapters::lambda;
use otp_auth::telemetry;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::PanickingSender;
use otp_auth::testing::service::Setup;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start(tracing::Level::INFO);
    let embedded = Embedded::start(None).await?;
    let mut setup = Setup::on(&embedded)?;
    setup.sender = Arc::new(PanickingSender);
    lambda::serve(setup.build().api).await
}
