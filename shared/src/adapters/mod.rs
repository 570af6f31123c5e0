//! The ports, on real things: DynamoDB, message providers, the operating system, and the Lambda runtime.

pub mod aws;
mod aws_requests;
pub mod decoy;
mod delivery;
pub mod dynamodb;
pub mod failover;
#[cfg(any(feature = "twilio", feature = "vonage"))]
pub mod feedback;
pub mod jwt;
#[cfg(feature = "lambda")]
pub mod lambda;
#[cfg(feature = "lambda")]
pub mod lambda_event;
#[cfg(feature = "smtp")]
mod line_by_line;
#[cfg(feature = "aws")]
mod metered;
pub mod no_tokens;
#[cfg(feature = "otel")]
pub mod otlp;
pub mod outbox;
pub mod providers;
pub mod receipts;
pub mod rotation;
pub mod secrets;
#[cfg(feature = "sendgrid")]
pub mod sendgrid;
pub mod ses;
#[cfg(feature = "smtp")]
pub mod smtp;
pub mod sns;
pub mod system;
#[cfg(feature = "twilio")]
pub mod twilio;
#[cfg(feature = "vonage")]
pub mod vonage;
#[cfg(any(feature = "twilio", feature = "vonage", feature = "sendgrid"))]
pub mod web;
