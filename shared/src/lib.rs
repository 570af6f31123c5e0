//! One-time-passcode sign-in that a team owns: the library behind the functions `send-otp` and `verify-otp`.
//!
//! Read it in this order: [`domain`] is what the thing is, [`ports`] what it needs, [`app`] what it does, [`http`] how it
//! is spoken to, [`adapters`] how it meets the world, [`wiring`] how all of that is put together.

pub mod adapters;
pub mod app;
pub mod config;
pub mod domain;
pub mod http;
pub mod messages;
pub mod ports;
pub mod telemetry;
#[cfg(feature = "doubles")]
pub mod testing;
#[cfg(feature = "aws")]
pub mod wiring;
