//! `otpctl report`, on a log that the real service wrote, and on what else may stand in a log.
//!
//! A program of its own: `tracing` decides for the whole process which lines are wanted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod inputs;
mod lines;
mod page;
#[path = "../otpctl/program.rs"]
#[allow(dead_code, reason = "what the other tests need")]
mod program;
mod traffic;
