//! The real `otpctl`, on an embedded DynamoDB over HTTP, as an operator and as a script use it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod audit;
mod command_line;
mod day;
mod documentation;
mod guard;
mod keys;
mod local;
mod program;
mod records;
mod send_test;
mod simulate;
mod users;
