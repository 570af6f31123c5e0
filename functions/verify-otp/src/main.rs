//! The Lambda function that serves `POST /api/auth/otp/verify`.

use std::sync::Arc;

use lambda_http::Error;
use mimalloc::MiMalloc;
use otp_auth::{adapters::lambda, config, telemetry, wiring};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match wiring::verify_function(&config::environment).await {
        Ok(api) => lambda::serve(Arc::new(api)).await,
        Err(error) => {
            // Logged here, since the settings that say how to log may be among the faults.
            telemetry::start(tracing::Level::INFO);
            tracing::error!(%error, "the function does not start");
            Err(error.into())
        }
    }
}
