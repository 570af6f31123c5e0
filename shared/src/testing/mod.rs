//! What tests and the local server run on instead of AWS: all of it speaks the real SDK's protocols over real HTTP.

pub mod aws_stand_in;
pub mod clock;
pub mod conformance;
pub mod decoy;
pub mod directory;
pub mod embedded;
pub mod failing;
pub mod fault_proxy;
pub mod forward;
pub mod guard_conformance;
pub mod log;
pub mod memory;
pub mod memory_directory;
pub mod memory_guard;
pub mod racy_sessions;
pub mod receipts;
pub mod repeating;
pub mod runtime_api;
pub mod service;
pub mod tokens;
pub mod traffic;
pub mod wire;
