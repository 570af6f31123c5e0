//! The ports, on real things: DynamoDB, SNS, SES, the operating system, and the Lambda runtime.

pub mod aws;
pub mod decoy;
mod delivery;
pub mod dynamodb;
pub mod jwt;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod no_tokens;
pub mod outbox;
pub mod rotation;
pub mod secrets;
pub mod ses;
pub mod sns;
pub mod system;
