//! Who brings receipts, who tells genuine ones, and where it is remembered which of them were counted.

use async_trait::async_trait;
use http::HeaderMap;

use super::store::StoreError;
use crate::domain::ledger::RequestId;
use crate::domain::provider_secrets::ProviderSecrets;
use crate::domain::receipt::Receipt;
use crate::domain::time::Timestamp;

/// Tells the receipts that a provider has signed. Nothing of a body is believed, or looked at for more than the signature
/// needs, before its signature is right.
pub trait ReceiptReader: Send + Sync {
    /// The provider's name, which is also the end of the path that its receipts come to.
    fn provider(&self) -> &'static str;

    /// The media type that it sends.
    fn media_type(&self) -> &'static str;

    /// Is there a secret to check signatures with? Without one there is no route.
    fn has_secret(&self, secrets: &ProviderSecrets) -> bool;

    /// The receipt in a request; none where the provider tells of a state that is not a message's end.
    ///
    /// # Errors
    /// [`NoReceipt`]: the request is not to be believed.
    fn read(&self, secrets: &ProviderSecrets, letter: &Letter<'_>) -> Result<Option<Receipt>, NoReceipt>;
}

/// A request that may hold a receipt.
#[derive(Clone, Copy)]
pub struct Letter<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// When it came.
    pub now: Timestamp,
}

/// Tells the receipts among the notices of a topic, whose publisher and way here need no signature.
pub trait NoticeReader: Send + Sync {
    /// The provider's name.
    fn provider(&self) -> &'static str;

    /// The receipt in a notice; none where the provider tells of a state that is not a message's end.
    ///
    /// # Errors
    /// [`NoReceipt`]: the notice is not to be believed.
    fn read(&self, notice: &Notice<'_>) -> Result<Option<Receipt>, NoReceipt>;
}

/// One notice.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The topic that it was published to.
    pub topic: &'a str,
    /// What it says.
    pub message: &'a str,
}

/// Why something is no receipt. Carries nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReceipt {
    /// Receipts of this provider are not taken here.
    #[error("not_served")]
    NotServed,
    /// It has no signature, or nothing that could be one.
    #[error("unsigned")]
    Unsigned,
    /// Its signature is wrong.
    #[error("forged")]
    Forged,
    /// It has the signature of another body.
    #[error("tampered")]
    Tampered,
    /// It was signed too long ago, or in the future.
    #[error("stale")]
    Stale,
    /// It is signed, and about another account or from another topic.
    #[error("other_account")]
    OtherAccount,
    /// It is signed, and not as the provider describes it.
    #[error("unreadable")]
    Unreadable,
}

/// Which receipts were counted.
#[async_trait]
pub trait ReceiptStore: Send + Sync {
    /// Is this the first time that the receipt item `key` (`KeyRing::receipt_key`) comes? Decides and remembers in one atomic
    /// step, for [`REMEMBERED_DAYS`]. The same request, repeated after a lost reply, is the first as well.
    async fn is_first(&self, key: &str, request: &RequestId, now: Timestamp) -> Result<bool, StoreError>;
}

/// Days for which a counted receipt is remembered: 30 times as long as any provider tries to bring one again.
pub const REMEMBERED_DAYS: u64 = 30;
