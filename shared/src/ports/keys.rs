//! Where the keys come from, and how a running process learns of a new one.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::keys::KeyRing;

/// The keys of the process.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The keys as they were last read.
    fn ring(&self) -> Arc<KeyRing>;

    /// Reads the keys again, because a token names one that is not here. An implementation bounds how often it really
    /// does, since anybody can send such tokens, and keeps what it has when reading fails.
    async fn refresh(&self) -> Arc<KeyRing>;

    /// The keys to make something new with. An implementation reads them again when they are so old that a rotation may
    /// have passed them by.
    async fn recent(&self) -> Arc<KeyRing>;
}

/// Keys that never change: for the local server and tests.
#[async_trait]
impl KeySource for Arc<KeyRing> {
    fn ring(&self) -> Arc<KeyRing> {
        Self::clone(self)
    }

    async fn refresh(&self) -> Arc<KeyRing> {
        Self::clone(self)
    }

    async fn recent(&self) -> Arc<KeyRing> {
        Self::clone(self)
    }
}
