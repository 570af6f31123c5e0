//! Take a receipt: each of a message's fates counts once, however often it is brought.
//!
//! A receipt decides nothing: it becomes a line of the log and two metrics. So the write comes first, and a line that is lost
//! after it is one receipt too few; a replayed one is never one too many.

use std::sync::Arc;

use crate::domain::ledger::RequestId;
use crate::domain::receipt::{Fate, Receipt};
use crate::ports::clock::{Clock, NoRandomness, Randomness, random};
use crate::ports::keys::KeySource;
use crate::ports::metrics::{Dimension, Measures, Metric};
use crate::ports::receipts::{NoReceipt, ReceiptStore};
use crate::ports::store::StoreError;

/// Everything that taking a receipt needs.
pub struct TakeReceipt {
    /// Which receipts were counted.
    pub store: Arc<dyn ReceiptStore>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
    /// The namespace of the metrics in CloudWatch.
    pub metrics_namespace: String,
}

/// Why a receipt was not taken. Whoever brought it may bring it again.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl TakeReceipt {
    /// Counts a genuine receipt, unless it was counted before.
    ///
    /// # Errors
    /// [`TakeError`]: it was not counted.
    pub async fn execute(&self, receipt: &Receipt, request_id: &str) -> Result<(), TakeError> {
        let request = RequestId::new(random(self.randomness.as_ref())?);
        let key = self.keys.ring().receipt_key(receipt);
        if self.store.is_first(&key, &request, self.clock.now()).await? {
            self.count(receipt, request_id);
        }
        Ok(())
    }

    /// Notes what came as a receipt and is none.
    pub fn reject(&self, provider: &'static str, why: NoReceipt, request_id: &str) {
        let mut measures = Measures::default();
        measures.count(Metric::ReceiptsRejected).at(Dimension::Provider, provider);
        let metrics = self.emf(&measures);
        tracing::warn!(request_id, event = "receipt.rejected", provider, reason = %why, metrics, "no receipt");
    }

    fn count(&self, receipt: &Receipt, request_id: &str) {
        let Receipt { provider, channel, message, fate } = receipt;
        let (channel, cause) = (channel.medium(), message.as_str());
        let mut measures = Measures::default();
        let (event, reason) = match fate {
            Fate::Delivered => {
                measures.count(Metric::DeliveriesConfirmed);
                ("delivery.confirmed", "")
            }
            Fate::Lost(why) => {
                measures.count(Metric::DeliveriesFailed);
                ("delivery.failed", why.as_str())
            }
            // It did arrive, and was counted as that.
            Fate::Complained => ("delivery.failed", "complaint"),
        };
        let metrics = self.emf(measures.at(Dimension::Channel, channel).at(Dimension::Provider, provider));
        let reason = Some(reason).filter(|reason| !reason.is_empty());
        tracing::info!(request_id, event, channel, provider, cause, reason, metrics, "receipt");
    }

    fn emf(&self, measures: &Measures) -> Option<String> {
        measures.to_emf(&self.metrics_namespace, self.clock.now())
    }
}
