//! One-time-passcode sign-in that a team owns.
pub mod domain;
pub mod ports;
