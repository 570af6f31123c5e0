//! Sessions in memory that are judged by a read, a pause and a write: the control of the races.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::domain::session::{Family, FamilyId, Judged, StartWrite, TokenName, UseWrite};
use crate::ports::sessions::SessionStore;
use crate::ports::store::StoreError;

/// A service with "read, decide, write". Broken on purpose.
#[derive(Clone, Default)]
pub struct RacySessions {
    families: Arc<Mutex<BTreeMap<FamilyId, (Family, TokenName)>>>,
}

impl RacySessions {
    fn read(&self, id: FamilyId) -> Option<(Family, TokenName)> {
        self.families.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn write(&self, id: FamilyId, family: Family, token: TokenName) {
        self.families.lock().unwrap_or_else(PoisonError::into_inner).insert(id, (family, token));
    }
}

#[async_trait]
impl SessionStore for RacySessions {
    async fn start(&self, write: &StartWrite) -> Result<(), StoreError> {
        let family = Family {
            user: write.user.clone(),
            channel: write.channel,
            alive: true,
            idle_end: write.idle_end,
            end: write.end,
            used: None,
            request: write.request.clone(),
        };
        self.write(write.family, family, write.token.clone());
        Ok(())
    }

    async fn judge(&self, write: &UseWrite) -> Result<Judged, StoreError> {
        let Some((mut family, living)) = self.read(write.family) else { return Ok(Judged::Refused(None)) };
        // What a request to a store takes: everybody else reads in this time.
        tokio::task::yield_now().await;
        if !family.alive || family.idle_end <= write.now || family.end <= write.now {
            return Ok(Judged::Refused(Some(family)));
        }
        family.alive = living == write.token;
        family.used = Some((write.token.clone(), write.now));
        family.idle_end = write.idle_end;
        family.request = write.request.clone();
        self.write(write.family, family.clone(), write.successor.clone());
        Ok(Judged::Applied(family))
    }

    async fn end(&self, id: FamilyId) -> Result<(), StoreError> {
        if let Some((family, token)) = self.read(id) {
            self.write(id, Family { alive: false, ..family }, token);
        }
        Ok(())
    }
}
