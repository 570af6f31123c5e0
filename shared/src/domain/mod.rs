//! What one-time-passcode sign-in *is*: pure, synchronous, and unaware of HTTP, AWS, clocks and the environment.

pub mod address;
pub mod callers;
pub mod challenge;
pub mod claims;
pub mod code;
pub mod guard;
pub mod keys;
pub mod ledger;
pub mod numbering;
pub mod policy;
pub mod provider_secrets;
pub mod purpose;
pub mod receipt;
pub mod recipient;
pub mod segment;
pub mod session;
pub mod signing;
pub mod test_identifiers;
pub mod time;
pub mod user;
