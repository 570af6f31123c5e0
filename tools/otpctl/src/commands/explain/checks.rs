//! What each check of a send says: the same decisions as in `app/send_otp.rs` and `app/guard.rs`, in their order, from what was
//! read. A test drives both through the same days and compares.

use std::collections::BTreeMap;
use std::time::Duration;

use otp_auth::adapters::dynamodb::guard::AddressToday;
use otp_auth::config::SendConfig;
use otp_auth::domain::guard::budget::{MicroUsd, Reached};
use otp_auth::domain::guard::unanswered::{Allowance, Verified};
use otp_auth::domain::guard::{GuardMode, GuardPolicy, Reason};
use otp_auth::domain::policy::{Policy, SignUp};
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::domain::time::Timestamp;
use otp_auth::domain::user::{Standing, Withheld};
use serde::Serialize;

use super::facts::{Facts, destination};
use crate::render::usd;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One check.
#[derive(Serialize)]
pub struct Check {
    /// What is looked at.
    pub name: &'static str,
    /// What it says.
    pub says: Says,
    /// The figures.
    pub because: String,
    /// The machine-readable reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// When it would pass.
    #[serde(skip)]
    pub opens: Option<Timestamp>,
}

/// What a check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// Go on.
    Passes,
    /// No message leaves.
    Refuses,
    /// It would refuse, and only watches (GUARD_MODE=observe).
    Watches,
}

/// Every check, in the order in which a send meets them.
pub fn all(facts: &Facts, config: &SendConfig, now: Timestamp) -> Vec<Check> {
    let (policy, guard) = (&config.core.policy, &config.guard);
    let mut checks = vec![place(facts, guard), channel(facts, config), stopped(facts)];
    if let Some(address) = &facts.address {
        checks.push(address_window(address, policy, now));
        checks.extend(address_countries(facts, address, guard, now));
    }
    checks.push(identifier(facts, policy, now));
    if matches!(facts.recipient, Recipient::Phone(_)) {
        checks.extend([prefix(facts, guard, now), country_budget(facts, guard, now), country(facts, guard, now)]);
        checks.push(day_budget(facts, guard, now));
    }
    checks.push(user(facts, config.core.sign_up));
    checks
}

fn place(facts: &Facts, guard: &GuardPolicy) -> Check {
    let because = match facts.country() {
        Some(country) => format!("a number of {country}"),
        None => "a mailbox, or a number of no country".to_owned(),
    };
    match guard.destination(&facts.recipient) {
        Ok(()) => Check::passes("destination", because),
        Err(reason) => Check::refuses("destination", because, reason.as_str(), None),
    }
}

fn channel(facts: &Facts, config: &SendConfig) -> Check {
    let (name, on) = match facts.recipient.channel() {
        Channel::Sms => ("texts", config.sms.is_some()),
        Channel::Email => ("mail", config.email.is_some()),
    };
    if on {
        Check::passes("channel", format!("{name} are configured"))
    } else {
        Check::refuses("channel", format!("{name} are not configured"), "channel_off", None)
    }
}

fn stopped(facts: &Facts) -> Check {
    let stops: Vec<&str> = facts.stops.0.iter().map(|stop| stop.as_str()).collect();
    let because = if stops.is_empty() { "nothing is stopped".to_owned() } else { format!("stopped: {}", stops.join(", ")) };
    if facts.stops.hold(&facts.recipient) {
        Check::refuses("stops", because, Reason::Stopped.as_str(), None)
    } else {
        Check::passes("stops", because)
    }
}

fn address_window(address: &AddressToday, policy: &Policy, now: Timestamp) -> Check {
    let (minute, hour) = (address.this_minute, address.this_hour);
    let (per_minute, per_hour) = (u64::from(policy.address_per_minute), u64::from(policy.address_per_hour));
    let because = format!("{minute} of {per_minute} sends in this minute, {hour} of {per_hour} in this hour");
    let span = if hour >= per_hour { HOUR } else { MINUTE };
    if hour >= per_hour || minute >= per_minute {
        Check::refuses("address", because, "address_window", Some(now.end_of(span)))
    } else {
        Check::passes("address", because)
    }
}

fn address_countries(facts: &Facts, address: &AddressToday, guard: &GuardPolicy, now: Timestamp) -> Option<Check> {
    let Recipient::Phone(_) = facts.recipient else { return None };
    if !guard.counts_countries_of_addresses() {
        let because = format!("not counted: it may ask for {}, and no more are allowed", guard.countries_per_address);
        return Some(Check::passes("address countries", because));
    }
    let known = address.countries.contains(destination(&facts.recipient));
    let full = !known && address.countries.len() >= guard.countries_per_address as usize;
    let because = format!("{} of {} countries today", address.countries.len(), guard.countries_per_address);
    Some(windowed("address countries", because, full.then(|| (Reason::AddressCountries, now.end_of(DAY))), guard))
}

fn identifier(facts: &Facts, policy: &Policy, now: Timestamp) -> Check {
    let limits = &policy.sends;
    let opens = facts.ledger.next_send_at(limits);
    let left = facts.ledger.sends_left(now, limits);
    let because = format!("{left} more sends by the windows of {} an hour and {} a day", limits.per_hour, limits.per_day);
    if opens > now {
        Check::refuses("identifier", because, "identifier_window", Some(opens))
    } else {
        Check::passes("identifier", because)
    }
}

fn prefix(facts: &Facts, guard: &GuardPolicy, now: Timestamp) -> Check {
    let within = |span: Duration| facts.prefix.iter().filter(|sent| sent.plus(span) > now).count();
    let because = format!(
        "{} of {} unanswered in the last hour, {} of {} in the last day",
        within(HOUR),
        guard.prefix.per_hour,
        within(DAY),
        guard.prefix.per_day
    );
    let [hour, day] = guard.prefix.open_at(&facts.prefix);
    let full = if day > now { Some((Reason::PrefixDay, day)) } else { (hour > now).then_some((Reason::PrefixHour, hour)) };
    windowed("prefix", because, full, guard)
}

fn country(facts: &Facts, guard: &GuardPolicy, now: Timestamp) -> Check {
    let hour = now.hour_of_day();
    let in_this_hour = |counts: &BTreeMap<u64, u64>| counts.get(&hour).copied().unwrap_or(0);
    let verified = Verified {
        best_day: facts.best_day,
        today: facts.today.verified,
        this_hour: in_this_hour(&facts.today.verified_by_hour),
    };
    let allowance = Allowance::of(guard.country, verified);
    let (unanswered, this_hour) = (facts.today.unanswered, in_this_hour(&facts.today.unanswered_by_hour));
    let because = format!(
        "{this_hour} of {} unanswered in this hour, {unanswered} of {} today; {} verified today, {} on the best of the last days",
        allowance.per_hour, allowance.per_day, facts.today.verified, facts.best_day
    );
    let full = if unanswered >= allowance.per_day {
        Some((Reason::CountryDay, now.end_of(DAY)))
    } else {
        (this_hour >= allowance.per_hour).then(|| (Reason::CountryHour, now.end_of(HOUR)))
    };
    windowed("country", because, full, guard)
}

fn country_budget(facts: &Facts, guard: &GuardPolicy, now: Timestamp) -> Check {
    let price = guard.budget.price(destination(&facts.recipient));
    let caps = guard.budget.of_a_country(price);
    let because = format!("{} of {} texts today{}", facts.today.messages, caps.messages, spent(guard, facts.today.spent));
    match caps.reached(facts.today.messages, facts.today.spent) {
        None => Check::passes("country budget", because),
        Some(Reached::Messages) => {
            Check::refuses("country budget", because, Reason::CountryMessages.as_str(), Some(now.end_of(DAY)))
        }
        Some(Reached::Money) => Check::refuses("country budget", because, Reason::CountryMoney.as_str(), Some(now.end_of(DAY))),
    }
}

fn day_budget(facts: &Facts, guard: &GuardPolicy, now: Timestamp) -> Check {
    let caps = guard.budget.of_the_day(guard.budget.price(destination(&facts.recipient)));
    let because = format!("{} of {} texts today{}", facts.day.messages, caps.messages, spent(guard, facts.day.spent));
    match caps.reached(facts.day.messages, facts.day.spent) {
        None => Check::passes("day budget", because),
        Some(Reached::Messages) => Check::refuses("day budget", because, Reason::DayMessages.as_str(), Some(now.end_of(DAY))),
        Some(Reached::Money) => Check::refuses("day budget", because, Reason::DayMoney.as_str(), Some(now.end_of(DAY))),
    }
}

/// The reply does not tell, and neither does its time; no message leaves. Where sign-up is open, a send goes by the identifier's own
/// item, which must agree with the directory.
fn user(facts: &Facts, sign_up: SignUp) -> Check {
    let (by_directory, by_item) = (facts.standing.admit(sign_up), facts.ledger.barred);
    let disabled = matches!(by_directory, Err(Withheld::Disabled));
    let because = match facts.standing {
        Standing::Unknown => "nobody has this identifier yet",
        Standing::Enabled(_) => "it signs in a user",
        Standing::Disabled(_) => "its user is disabled; the reply does not tell",
    };
    match (sign_up, by_directory) {
        (SignUp::Open, _) if disabled && !by_item => {
            Check::passes("user", format!("its user is disabled, but {INCONSISTENT} users disable puts it right"))
        }
        (SignUp::Open, _) if by_item && !disabled => {
            let because = format!("its item says that a user is disabled, but {INCONSISTENT} users enable puts it right");
            Check::refuses("user", because, "user_disabled", None)
        }
        (_, Ok(())) => Check::passes("user", because.to_owned()),
        (_, Err(Withheld::Disabled)) => Check::refuses("user", because.to_owned(), "user_disabled", None),
        (_, Err(Withheld::Unknown)) => {
            let closed = "nobody has this identifier, and SIGN_UP is closed; the reply does not tell";
            Check::refuses("user", closed.to_owned(), "sign_up_closed", None)
        }
    }
}

/// What only somebody else than this program, or an older one, can have done.
const INCONSISTENT: &str = "not all of the table says so;";

fn spent(guard: &GuardPolicy, spent: MicroUsd) -> String {
    if guard.budget.money.is_some() { format!(", USD {} spent", usd(spent)) } else { String::new() }
}

/// A window that only watches in `GUARD_MODE=observe`.
fn windowed(name: &'static str, because: String, full: Option<(Reason, Timestamp)>, guard: &GuardPolicy) -> Check {
    match full {
        None => Check::passes(name, because),
        Some((reason, opens)) => {
            let says = if guard.mode == GuardMode::Observe { Says::Watches } else { Says::Refuses };
            Check { name, says, because, reason: Some(reason.as_str()), opens: Some(opens) }
        }
    }
}

impl Check {
    const fn passes(name: &'static str, because: String) -> Self {
        Self { name, says: Says::Passes, because, reason: None, opens: None }
    }

    const fn refuses(name: &'static str, because: String, reason: &'static str, opens: Option<Timestamp>) -> Self {
        Self { name, says: Says::Refuses, because, reason: Some(reason), opens }
    }
}

impl Says {
    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Refuses => "refuses",
            Self::Watches => "would refuse",
        }
    }
}
