//! What the measurements share. Run them with `make bench-requests` and `make bench-start`.

pub mod start;
pub mod table;
