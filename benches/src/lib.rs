//! What the measurements share. Run them with `make bench-requests` and `make bench-start`.

pub mod forward;
pub mod start;
pub mod table;
