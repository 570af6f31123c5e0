//! What the measurements share. Run them with `make bench`, `make bench-requests` and `make bench-start`.

pub mod compare;
pub mod operations;
pub mod start;
pub mod table;
