//! Who wants to hear that a message did what it was for.

use async_trait::async_trait;

/// Tells providers that their messages arrived: their codes were entered.
#[async_trait]
pub trait Feedback: Send + Sync {
    /// The code of this message was entered. Whether the provider hears it is nobody's concern here: it takes no longer than a
    /// second, and has no outcome.
    async fn arrived(&self, provider: &str, message: &str);
}
