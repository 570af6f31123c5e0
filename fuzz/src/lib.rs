//! What the fuzz targets share: a service that is new for every input, and what every reply has to be.

pub mod reply;
pub mod service;
