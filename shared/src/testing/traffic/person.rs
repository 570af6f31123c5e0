//! Who comes, when, and what they mean to do.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};

use super::chance::Chance;

/// Minutes of the first hour in which things happen.
pub mod minute {
    use std::ops::Range;

    /// The first provider of texts is not reached.
    pub const PROVIDER_AWAY: Range<u64> = 18..25;
    /// Somebody pumps.
    pub const PUMPING: u64 = 34;
    /// One address asks for many people.
    pub const FLOOD: u64 = 12;
    /// The store does not answer, for some of its seconds.
    pub const STORE_AWAY: u64 = 47;
}

/// People in each five minutes of an hour.
const ARRIVALS: [u64; 12] = [22, 27, 33, 40, 52, 66, 61, 47, 41, 34, 30, 24];
/// How busy each hour of the day is, in hundredths.
const HOURS: [u64; 24] = [9, 5, 4, 4, 8, 18, 35, 66, 92, 80, 62, 61, 70, 62, 54, 53, 60, 70, 88, 100, 78, 52, 28, 16];
/// The hour that `ARRIVALS` is of.
const FULL: u64 = 70;

/// What somebody does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Asks for a code.
    Send,
    /// Asks again before the minute is over.
    SendTooSoon,
    /// Asks for the same code again.
    Resend,
    /// Mistypes.
    Wrong,
    /// Enters the code.
    Right,
    /// Fetches the next tokens.
    Refresh,
    /// Uses a token that was used.
    Reuse,
    /// Signs out.
    LogOut,
    /// Adds a mailbox: asks for a code for it.
    Link,
    /// Something that is no request of the contract.
    Nonsense,
    /// Reads the keys.
    Keys,
}

/// Somebody.
#[derive(Clone, Debug)]
pub struct Person {
    /// Number or mailbox.
    pub identifier: String,
    /// `sms` or `email`.
    pub channel: &'static str,
    /// Of a number.
    pub country: &'static str,
    /// Where from.
    pub address: IpAddr,
    /// When they begin, in milliseconds from the start.
    pub begins: u64,
    /// What they do, each after so many milliseconds.
    pub plan: VecDeque<(u64, Act)>,
    /// Why their sends would be refused.
    pub refused_for: &'static str,
    /// The challenge of their last code.
    pub challenge: Option<String>,
    /// Access token, refresh token, and the refresh token before that.
    pub tokens: (String, String, String),
    /// Who brought the first message of that challenge.
    pub brought_by: &'static str,
    /// The purpose of the last code, unless it is to sign in.
    pub purpose: Option<&'static str>,
}

/// Everybody of these hours, from an hour of the day on; so many hundredths of them.
pub fn everybody(chance: &Chance, hours: u64, share: u64, first_hour: u64) -> Vec<Person> {
    let mut people = Vec::new();
    for slot in 0..hours * 12 {
        let hour = usize::try_from((first_hour + slot / 12) % 24).unwrap_or(0);
        let busy = HOURS.get(hour).copied().unwrap_or(FULL);
        let arrivals = ARRIVALS.get(usize::try_from(slot % 12).unwrap_or(0)).copied().unwrap_or(0);
        for _ in 0..arrivals * busy * share / FULL / 100 {
            let begins = slot * 300_000 + chance.between(0, 300_000);
            let number = people.len() as u64;
            people.push(somebody(chance, number, begins));
        }
    }
    people.extend(pumping().chain(flood()).chain(not_served()));
    people
}

fn somebody(chance: &Chance, number: u64, begins: u64) -> Person {
    let (identifier, channel, country) = match chance.between(0, 100) {
        0..40 => (format!("user{number}@example.com"), "email", ""),
        40..68 => (format!("+1415{:07}", 2_000_000 + number * 7_919 % 7_900_000), "sms", "US"),
        68..83 => (format!("+49151{:08}", 20_000_000 + number * 7_919), "sms", "DE"),
        83..93 => (format!("+447400{:06}", 100_000 + number * 7_919 % 890_000), "sms", "GB"),
        _ => (format!("+9198{:08}", 10_000_000 + number * 7_919), "sms", "IN"),
    };
    let address = Ipv4Addr::from(0xc612_0000 + u32::try_from(number).unwrap_or(0));
    let mut person = Person::new(identifier, channel, country, address.into(), begins);
    person.plan = plan(chance, channel).into();
    person
}

/// Most enter the code; the others are why there is more to a log than that.
fn plan(chance: &Chance, channel: &str) -> Vec<(u64, Act)> {
    use Act::{Keys, Link, LogOut, Nonsense, Refresh, Resend, Reuse, Right, Send, SendTooSoon, Wrong};
    let soon = |chance: &Chance| if channel == "sms" { chance.skewed(6_000, 110_000) } else { chance.skewed(14_000, 280_000) };
    let entered = soon(chance);
    let life = if channel == "sms" { 300_000 } else { 600_000 };
    let signed_in = vec![(0, Send), (entered, Right)];
    let then = |more: &[(u64, Act)]| [&signed_in, more].concat();
    match chance.between(0, 1000) {
        0..62 => vec![(0, Send)],
        62..85 => vec![(0, Send), (life + 20_000, Right)],
        85..165 => vec![(0, Send), (entered, Wrong), (9_000, Right)],
        165..210 => vec![(0, Send), (70_000, Resend), (entered.min(60_000), Right)],
        210..235 => vec![(0, Send), (14_000, SendTooSoon), (entered.min(90_000), Right)],
        235..242 => {
            vec![(0, Send), (8_000, Wrong), (4_000, Wrong), (4_000, Wrong), (4_000, Wrong), (4_000, Wrong), (4_000, Wrong)]
        }
        242..255 => then(&[(200_000, Refresh), (150_000, Reuse)]),
        255..460 => then(&[(chance.between(300_000, 900_000), Refresh), (chance.between(300_000, 900_000), Refresh)]),
        460..540 => then(&[(chance.between(60_000, 600_000), LogOut)]),
        540..580 if channel == "sms" => then(&[(30_000, Link), (chance.skewed(12_000, 90_000), Right)]),
        580..590 => [&[(0, Nonsense)], &signed_in[..]].concat(),
        590..600 => [&[(0, Keys)], &signed_in[..]].concat(),
        _ => signed_in,
    }
}

/// A hundred numbers of one block, and a hundred of fifty blocks, from as many addresses: nobody answers.
fn pumping() -> impl Iterator<Item = Person> {
    (0..200_u64).map(|number| {
        let (identifier, reason) = match number {
            0..100 => (format!("+94712345{number:03}"), "prefix_hour"),
            _ => (format!("+9477{:04}{:03}", 1_000 + number % 50 * 17, number), "country_hour"),
        };
        let address = Ipv4Addr::from(0xc633_6400 + u32::try_from(number).unwrap_or(0));
        let mut person = Person::new(identifier, "sms", "LK", address.into(), minute::PUMPING * 60_000 + number * 2_100);
        person.refused_for = reason;
        person
    })
}

/// One address asks for twelve people within a minute.
fn flood() -> impl Iterator<Item = Person> {
    (0..12_u64).map(|number| {
        let address = Ipv4Addr::new(203, 0, 113, 99);
        let begins = minute::FLOOD * 60_000 + 5_000 + number * 2_000;
        let mut person = Person::new(format!("target{number}@example.org"), "email", "", address.into(), begins);
        person.refused_for = "address_window";
        person
    })
}

/// Numbers that no text goes to: of another country, and of premium rate.
fn not_served() -> impl Iterator<Item = Person> {
    (0..9_u64).map(|number| {
        let premium = number % 3 == 2;
        let identifier = if premium { format!("+1900555{:04}", 1_000 + number) } else { format!("+336123456{number:02}") };
        let country = if premium { "US" } else { "FR" };
        let address = Ipv4Addr::new(192, 0, 2, u8::try_from(number).unwrap_or(0));
        let mut person = Person::new(identifier, "sms", country, address.into(), (5 + number * 6) * 60_000);
        person.refused_for = if premium { "number_kind" } else { "country" };
        person
    })
}

impl Person {
    fn new(identifier: String, channel: &'static str, country: &'static str, address: IpAddr, begins: u64) -> Self {
        Self {
            identifier,
            channel,
            country,
            address,
            begins,
            plan: [(0, Act::Send)].into(),
            refused_for: "",
            challenge: None,
            tokens: Default::default(),
            brought_by: "",
            purpose: None,
        }
    }
}
