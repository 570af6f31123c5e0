//! The real program, as its users start it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod serve;
mod server;
mod stand_ins;
