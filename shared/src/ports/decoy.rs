//! What happens in the place of a delivery that must not happen.

use async_trait::async_trait;

use super::sender::Delivery;
use crate::domain::recipient::Channel;

/// Takes as long as a delivery and sends nothing, so that the time of a reply does not tell who gets messages.
#[async_trait]
pub trait Decoy: Send + Sync {
    /// Passes the time that a delivery by this channel would take, and comes to an end that one could come to.
    async fn deliver_nothing(&self, channel: Channel) -> Delivery;
}
