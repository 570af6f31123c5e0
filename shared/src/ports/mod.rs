//! What the use cases need from the world: few-method traits, each saying what must be atomic, and their typed errors; and what
//! is told of a request beside its reply.

pub mod clock;
pub mod decoy;
pub mod directory;
pub mod feedback;
pub mod guard;
pub mod keys;
pub mod meter;
pub mod metrics;
pub mod receipts;
pub mod sender;
pub mod sessions;
pub mod store;
pub mod tokens;
pub mod traces;
