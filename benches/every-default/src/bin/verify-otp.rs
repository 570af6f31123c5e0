//! `verify-otp` with every default.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    every_default::verify().await
}
