//! The real program, as its users start it.

mod serve;
mod server;
mod stand_ins;
