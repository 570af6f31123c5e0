//! What tests and the local server run on instead of AWS: all of it speaks the real SDK's protocols over real HTTP.

#[cfg(feature = "testing")]
pub mod aws_stand_in;
pub mod clock;
#[cfg(feature = "testing")]
pub mod conformance;
#[cfg(feature = "testing")]
pub mod embedded;
pub mod failing;
#[cfg(feature = "testing")]
pub mod guard_conformance;
pub mod memory;
pub mod memory_guard;
pub mod repeating;
#[cfg(feature = "testing")]
pub mod runtime_api;
pub mod service;
