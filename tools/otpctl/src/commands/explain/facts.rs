//! What the table knows about a send.

use std::net::IpAddr;

use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::adapters::dynamodb::guard::AddressToday;
use otp_auth::domain::address::SourceAddress;
use otp_auth::domain::guard::GuardPolicy;
use otp_auth::domain::guard::stops::Stops;
use otp_auth::domain::guard::unanswered::{DAYS_REMEMBERED, prefix};
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::ledger::Ledger;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use otp_auth::domain::user::Standing;
use otp_auth::ports::directory::Directory;
use otp_auth::ports::guard::{Day, DestinationDay, GuardStore, MAIL, NO_COUNTRY};
use otp_auth::ports::store::{ChallengeStore, StoreError};

/// What the table knows about a send.
pub struct Facts {
    /// Whom it would go to.
    pub recipient: Recipient,
    /// The identifier's item.
    pub ledger: Ledger,
    /// What the directory says of the identifier.
    pub standing: Standing,
    /// What is stopped.
    pub stops: Stops,
    /// The address, if one was named.
    pub address: Option<AddressToday>,
    /// The unanswered texts to the number's prefix, newest first.
    pub prefix: Vec<Timestamp>,
    /// The destination's counters of today.
    pub today: DestinationDay,
    /// The most that was verified there on one of the last days.
    pub best_day: u64,
    /// All texts of today.
    pub day: Day,
}

impl Facts {
    /// Reads them. Nothing is counted.
    ///
    /// # Errors
    /// The table does not answer, or an item is out of shape.
    pub async fn read(
        store: &DynamoStore,
        ring: &KeyRing,
        recipient: &Recipient,
        address: Option<IpAddr>,
        guard: &GuardPolicy,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let today = now.day();
        let days: Vec<u64> = (0..=DAYS_REMEMBERED).filter_map(|back| today.checked_sub(back)).collect();
        let days = store.destination_days(destination(recipient), &days).await?;
        let best_day = days.iter().filter(|day| day.day != today).map(|day| day.verified).max().unwrap_or(0);
        Ok(Self {
            recipient: recipient.clone(),
            ledger: store.read(&ring.ledger_key(recipient), now).await?,
            standing: store.look_up(ring, recipient).await?,
            stops: store.stops().await?,
            address: match address {
                Some(address) => Some(store.address_today(&ring.address_key(&SourceAddress::new(address), today), now).await?),
                None => None,
            },
            prefix: match recipient {
                Recipient::Phone(phone) => store.unanswered_of_prefix(&ring.prefix_key(prefix(phone.e164()))).await?,
                Recipient::Email(_) => Vec::new(),
            },
            today: days.into_iter().find(|day| day.day == today).unwrap_or_default(),
            best_day,
            day: day(store, guard, today).await?,
        })
    }

    /// The country of a phone number.
    pub fn country(&self) -> Option<&str> {
        let Recipient::Phone(phone) = &self.recipient else { return None };
        phone.country()
    }
}

/// All texts of a day, by its own counter or by that of the one country that has them all.
async fn day(store: &DynamoStore, guard: &GuardPolicy, number: u64) -> Result<Day, StoreError> {
    let Some(country) = guard.countries.one().filter(|_| !guard.counts_days()) else {
        return Ok(store.days(&[number]).await?.remove(&number).unwrap_or_default());
    };
    let days = store.destination_days(country, &[number]).await?;
    let texts = days.into_iter().next().unwrap_or_default();
    Ok(Day { messages: texts.messages, spent: texts.spent, ..Day::default() })
}

/// The destination that a message is counted under.
pub fn destination(recipient: &Recipient) -> &str {
    match recipient {
        Recipient::Phone(phone) => phone.country().unwrap_or(NO_COUNTRY),
        Recipient::Email(_) => MAIL,
    }
}
