//! The stores in memory: the reference that the DynamoDB expressions are compared with, and two broken ones.
//!
//! [`Item`] is the same decisions in plain Rust, as pure transitions of one item; [`MemoryStore`] runs them under one lock,
//! and the model of the service (`tests/model`) in every order. [`RacyStore`] makes them from a read that is no longer true
//! when it writes, as a service with "read, decide, write" does: the control of every race test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::domain::challenge::ChallengeId;
use crate::domain::keys::LedgerKey;
use crate::domain::ledger::{
    GuessWrite, LastSend, Ledger, RequestId, ResendWrite, SendLimits, SendWrite, Slot, SlotState, Written, period,
};
use crate::domain::time::Timestamp;
use crate::ports::receipts::ReceiptStore;
use crate::ports::store::{ChallengeStore, IdempotencyStore, IdempotencyVerdict, StoreError, TakenBy};

/// An item, and what each write does to it: `true` when its condition held and the change was made, `false` when nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Item {
    /// What it says, the failures of unsolved challenges aside.
    pub ledger: Ledger,
    /// Those, by period.
    pub unsolved: BTreeMap<u64, u32>,
}

impl Item {
    /// The image of the item at `now`.
    #[must_use]
    pub fn image(&self, now: Timestamp) -> Ledger {
        Ledger { unsolved: self.unsolved.get(&period(now)).copied().unwrap_or(0), ..self.ledger.clone() }
    }

    fn windows_open(&self, limits: &SendLimits, now: Timestamp, idempotency: &str) -> bool {
        let replayed = self.ledger.last_send.as_ref().is_some_and(|last| last.idempotency == idempotency);
        self.ledger.next_send_at(limits) <= now && !replayed
    }

    fn count(&mut self, limits: &SendLimits, now: Timestamp, request: &RequestId, idempotency: &str, slot: u8) {
        self.ledger.sends.insert(0, now);
        self.ledger.sends.truncate(limits.per_day as usize);
        self.ledger.last_send = Some(LastSend { request: request.clone(), idempotency: idempotency.to_owned(), slot });
    }

    /// A new challenge.
    pub fn send(&mut self, write: &SendWrite) -> bool {
        let image = self.image(write.now);
        let level_fits = write.level.ceiling().is_none_or(|(f, w)| image.failures < f && image.unsolved < w);
        let taken = image.slots.get(&write.slot).is_some_and(|slot| slot.expires > write.now);
        if !self.windows_open(&write.limits, write.now, &write.idempotency) || !level_fits || taken {
            return false;
        }
        let lost = self.ledger.slots.get(&write.slot).map_or(0, |slot| slot.attempts);
        *self.unsolved.entry(period(write.now)).or_default() += lost;
        self.unsolved.retain(|p, _| *p >= period(write.now));
        self.count(&write.limits, write.now, &write.request, &write.idempotency, write.slot);
        let slot = Slot {
            id: write.id,
            purpose: write.purpose,
            keys: write.keys,
            shape: write.shape,
            expires: write.expires,
            attempts: 0,
            state: SlotState::Live(write.name.clone()),
            requests: vec![write.request.clone()],
            counted: write.is_counted.then_some(write.now).into_iter().collect(),
            provider: write.provider.clone(),
            message: None,
        };
        self.ledger.slots.insert(write.slot, slot);
        true
    }

    /// The same challenge once more.
    pub fn resend(&mut self, write: &ResendWrite) -> bool {
        let live = self
            .ledger
            .slots
            .get(&write.slot)
            .is_some_and(|slot| slot.id == write.id && slot.is_live(write.now) && slot.attempts < write.max_guesses);
        if !live || !self.windows_open(&write.limits, write.now, &write.idempotency) {
            return false;
        }
        self.count(&write.limits, write.now, &write.request, &write.idempotency, write.slot);
        true
    }

    /// A guess.
    pub fn guess(&mut self, write: &GuessWrite) -> bool {
        let failures = self.ledger.failures;
        let Some(slot) = self.ledger.slots.get_mut(&write.slot) else { return false };
        let judged = slot.requests.contains(&write.request);
        if slot.id != write.id || !slot.is_live(write.now) || slot.attempts >= write.max_guesses || judged {
            return false;
        }
        slot.requests.push(write.request.clone());
        let right = slot.state == SlotState::Live(write.name.clone());
        if right {
            slot.state = SlotState::Used;
        }
        slot.attempts = if right { 0 } else { slot.attempts + 1 };
        self.ledger.failures = if right { 0 } else { failures + 1 };
        true
    }

    /// The end of a challenge whose message did not leave.
    pub fn kill(&mut self, slot: u8, id: ChallengeId) -> bool {
        let live = |slot: &&mut Slot| slot.id == id && matches!(slot.state, SlotState::Live(_));
        let slot = self.ledger.slots.get_mut(&slot).filter(live);
        slot.map(|slot| slot.state = SlotState::Dead).is_some()
    }
}

/// The reference: every decision under one lock.
#[derive(Clone, Default)]
pub struct MemoryStore {
    items: Arc<Mutex<BTreeMap<LedgerKey, Item>>>,
    idempotency: Arc<Mutex<BTreeMap<String, String>>>,
    receipts: Arc<Mutex<BTreeMap<String, RequestId>>>,
}

impl MemoryStore {
    fn apply(&self, key: &LedgerKey, now: Timestamp, transition: impl FnOnce(&mut Item) -> bool) -> Written {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let item = items.entry(key.clone()).or_default();
        if transition(item) { Written::Applied(item.image(now)) } else { Written::Refused(item.image(now)) }
    }

    fn load(&self, key: &LedgerKey) -> Item {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned().unwrap_or_default()
    }

    fn store(&self, key: &LedgerKey, item: Item) {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), item);
    }
}

#[async_trait]
impl ChallengeStore for MemoryStore {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.send(write)))
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.resend(write)))
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.guess(write)))
    }

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.apply(key, Timestamp::from_millis(0), |item| {
            let slot = item.ledger.slots.get_mut(&slot).filter(|slot| slot.id == id && !slot.counted.contains(&at));
            slot.map(|slot| slot.counted.push(at)).is_some()
        });
        Ok(())
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        self.apply(key, Timestamp::from_millis(0), |item| item.kill(slot, id));
        Ok(())
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        self.apply(key, Timestamp::from_millis(0), |item| {
            let Some(slot) = item.ledger.slots.get_mut(&slot).filter(|slot| slot.id == id) else { return false };
            (slot.provider, slot.message) = (by.provider.to_owned(), by.message.map(str::to_owned));
            true
        });
        Ok(())
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        Ok(self.load(key).image(now))
    }
}

#[async_trait]
impl IdempotencyStore for MemoryStore {
    async fn claim_idempotency(&self, key: &str, fingerprint: &str, _now: Timestamp) -> Result<IdempotencyVerdict, StoreError> {
        let mut claims = self.idempotency.lock().unwrap_or_else(PoisonError::into_inner);
        let claimed = claims.entry(key.to_owned()).or_insert_with(|| fingerprint.to_owned());
        Ok(if claimed == fingerprint { IdempotencyVerdict::Same } else { IdempotencyVerdict::Other })
    }
}

#[async_trait]
impl ReceiptStore for MemoryStore {
    async fn is_first(&self, key: &str, request: &RequestId, _now: Timestamp) -> Result<bool, StoreError> {
        let mut receipts = self.receipts.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(receipts.entry(key.to_owned()).or_insert_with(|| request.clone()) == request)
    }
}

/// Broken on purpose: reads, lets others in, decides, and writes what it decided over whatever is there by then.
#[derive(Clone, Default)]
pub struct RacyStore(MemoryStore);

impl RacyStore {
    async fn apply(&self, key: &LedgerKey, now: Timestamp, transition: impl FnOnce(&mut Item) -> bool + Send) -> Written {
        let mut item = self.0.load(key);
        tokio::task::yield_now().await;
        if transition(&mut item) {
            self.0.store(key, item.clone());
            Written::Applied(item.image(now))
        } else {
            Written::Refused(item.image(now))
        }
    }
}

#[async_trait]
impl ChallengeStore for RacyStore {
    async fn send(&self, write: &SendWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.send(write)).await)
    }

    async fn resend(&self, write: &ResendWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.resend(write)).await)
    }

    async fn guess(&self, write: &GuessWrite) -> Result<Written, StoreError> {
        Ok(self.apply(&write.key, write.now, |item| item.guess(write)).await)
    }

    async fn add_counted(&self, key: &LedgerKey, slot: u8, id: ChallengeId, at: Timestamp) -> Result<(), StoreError> {
        self.0.add_counted(key, slot, id, at).await
    }

    async fn kill(&self, key: &LedgerKey, slot: u8, id: ChallengeId) -> Result<(), StoreError> {
        self.0.kill(key, slot, id).await
    }

    async fn set_provider(&self, key: &LedgerKey, slot: u8, id: ChallengeId, by: TakenBy<'_>) -> Result<(), StoreError> {
        self.0.set_provider(key, slot, id, by).await
    }

    async fn read(&self, key: &LedgerKey, now: Timestamp) -> Result<Ledger, StoreError> {
        self.0.read(key, now).await
    }
}
