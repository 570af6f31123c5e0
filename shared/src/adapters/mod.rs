//! The ports, on real things: DynamoDB, SNS, SES, the operating system, and the Lambda runtime.

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
mod delivery;
#[cfg(feature = "aws")]
pub mod dynamodb;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod outbox;
#[cfg(feature = "aws")]
pub mod secrets;
pub mod sender_settings;
#[cfg(feature = "aws")]
pub mod ses;
#[cfg(feature = "aws")]
pub mod sns;
pub mod system;
