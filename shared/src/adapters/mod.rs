//! The ports, on real things: DynamoDB, SNS, SES, the operating system, and the Lambda runtime.

pub mod aws;
mod delivery;
pub mod dynamodb;
pub mod outbox;
pub mod ses;
pub mod sns;
pub mod system;
