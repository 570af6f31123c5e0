//! Making somebody else's service send texts that earn money: SMS pumping, artificially inflated traffic.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use otp_auth::adapters::dynamodb::guard::STOPS;
use otp_auth::config::SendConfig;
use otp_auth::domain::guard::budget::Budget;
use otp_auth::domain::guard::destinations::{BlockedDomains, SmsCountries};
use otp_auth::domain::guard::unanswered::{CountryFloor, PrefixLimits};
use otp_auth::domain::guard::{GuardMode, GuardPolicy};
use otp_auth::domain::time::Timestamp;
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::memory::MemoryStore;
use otp_auth::testing::memory_guard::RacyGuard;
use otp_auth::testing::service::{Service, Setup, wide_guard};
use serde_json::json;

use crate::finding::{Finding, Tried};
use crate::lab::{at_once, from, in_turns, lab, parallel, real};

/// The windows as they are by default, the budget aside: it is an attack of its own.
fn default_windows(setup: &mut Setup) {
    setup.guard = GuardPolicy { countries: SmsCountries::All, budget: wide_guard().budget, ..GuardPolicy::default() };
}

fn only_watching(setup: &mut Setup) {
    default_windows(setup);
    setup.guard.mode = GuardMode::Observe;
}

/// Texts to as many numbers, each asked for from an address of its own, so many seconds apart.
async fn texts(numbers: Vec<String>, apart: u64, change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    texts_of(&service, &numbers, apart).await
}

async fn texts_of(service: &Service, numbers: &[String], apart: u64) -> Tried {
    for (number, identifier) in numbers.iter().enumerate() {
        service.call(&from(service.request("send", &json!({ "identifier": identifier })), address(number))).await;
        service.advance(apart);
    }
    Tried::of(numbers.len(), service.outbox.sent().len())
}

fn address(number: usize) -> IpAddr {
    let [high, low] = u16::try_from(number).unwrap().to_be_bytes();
    [198, 18, high, low].into()
}

fn adjacent(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("+1206555{number:04}")).collect()
}

/// A number in each of as many prefixes.
fn scattered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("+1206{:03}0100", 200 + number)).collect()
}

pub fn sms_pumping_of_adjacent_numbers() -> Finding {
    Finding {
        counted: "messages to a block of numbers in an hour",
        real: parallel(texts(adjacent(100), 36, default_windows)),
        may: 5.0,
        broken: "GUARD_MODE=observe",
        control: parallel(texts(adjacent(100), 36, only_watching)),
    }
}

pub fn sms_pumping_slowly_through_a_day() -> Finding {
    Finding {
        counted: "messages to a block of numbers in a day",
        real: parallel(texts(adjacent(200), 430, default_windows)),
        may: 15.0,
        broken: "GUARD_MODE=observe",
        control: parallel(texts(adjacent(200), 430, only_watching)),
    }
}

/// No two numbers have a prefix in common.
pub fn sms_pumping_of_scattered_numbers() -> Finding {
    let may = CountryFloor::default().per_hour;
    Finding {
        counted: "messages to one country in an hour",
        real: parallel(texts(scattered(100), 35, default_windows)),
        may: f64::from(may),
        broken: "GUARD_MODE=observe",
        control: parallel(texts(scattered(100), 35, only_watching)),
    }
}

/// A hundred at once: a window that is read before it is written lets them all through.
pub fn parallel_sends_race_the_prefix_window() -> Finding {
    Finding {
        counted: "messages to a block of numbers at once",
        real: parallel(texts_at_once(default_windows)),
        may: f64::from(PrefixLimits::default().per_hour),
        broken: "counters that are read, then written",
        control: in_turns(texts_at_once(racy(default_windows))),
    }
}

/// The stores in memory, so that all requests come to the racy one in one go.
fn racy(change: impl FnOnce(&mut Setup)) -> impl FnOnce(&mut Setup) {
    |setup| {
        change(setup);
        let store = Arc::new(MemoryStore::default());
        (setup.store, setup.claims) = (Arc::clone(&store) as _, store);
        setup.counters = Arc::new(RacyGuard::default());
    }
}

async fn texts_at_once(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let call = |(number, identifier)| from(service.request("send", &json!({ "identifier": identifier })), address(number));
    let calls = adjacent(50).into_iter().enumerate().map(call).collect();
    let replies = at_once(&service, calls).await;
    Tried::of(replies.len(), service.outbox.sent().len())
}

/// Premium rate, shared cost, toll free, pagers, universal access numbers, fixed lines, VoIP; then the dear neighbours of
/// the USA, which share its +1, and satellites.
const DEAR: [&str; 18] = [
    "+19005551234",
    "+18005551234",
    "+18885551234",
    "+449098790000",
    "+448431234567",
    "+448001111111",
    "+447640123456",
    "+445512345678",
    "+442079460958",
    "+815012345678",
    "+18765551234",
    "+18095551234",
    "+12425551234",
    "+12645551234",
    "+14735551234",
    "+16495551234",
    "+881612345678",
    "+882161234567",
];

pub fn premium_ranges_and_dear_neighbours() -> Finding {
    let dear = || DEAR.map(str::to_owned).to_vec();
    Finding {
        counted: "messages, where texts go to US and GB",
        real: parallel(texts(dear(), 0, |setup| {
            setup.guard.countries = SmsCountries::Only(["US".to_owned(), "GB".to_owned()].into());
        })),
        may: 0.0,
        broken: "every country, VoIP too",
        control: parallel(texts(dear(), 0, |setup| setup.guard.voip = true)),
    }
}

/// A mobile number in each of eight countries.
const COUNTRIES: [&str; 8] = [
    "+12065550100",
    "+4915112345678",
    "+33612345678",
    "+447400123456",
    "+34612345678",
    "+393123456789",
    "+31612345678",
    "+48512345678",
];

pub fn one_address_asks_for_many_countries() -> Finding {
    Finding {
        counted: "countries texted for one address in a day",
        real: parallel(countries_texted(default_windows)),
        may: 3.0,
        broken: "GUARD_MODE=observe",
        control: parallel(countries_texted(only_watching)),
    }
}

async fn countries_texted(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    for number in COUNTRIES {
        service.post("send", &json!({ "identifier": number })).await;
    }
    let texted: BTreeSet<String> = service.outbox.sent().into_iter().map(|sent| sent.to).collect();
    Tried::of(COUNTRIES.len(), texted.len())
}

/// Every other window is wide, and no country comes to its share: what is left is the budget of the day. All at once.
pub fn parallel_sends_race_the_daily_budget() -> Finding {
    Finding {
        counted: "messages of a budget of 10",
        real: parallel(texts_of_a_day(ten_texts)),
        may: 10.0,
        broken: "counters that are read, then written",
        control: in_turns(texts_of_a_day(racy(ten_texts))),
    }
}

fn ten_texts(setup: &mut Setup) {
    setup.guard.budget = Budget { messages: 10, country_percent: 100, ..Budget::default() };
}

async fn texts_of_a_day(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let call = |(number, identifier)| from(service.request("send", &json!({ "identifier": identifier })), address(number));
    let numbers = COUNTRIES.iter().flat_map(|number| (0..6).map(move |last| format!("{}{last}", &number[..number.len() - 1])));
    let replies = at_once(&service, numbers.enumerate().map(call).collect()).await;
    Tried::of(replies.len(), service.outbox.sent().len())
}

/// The operator has stopped all texts; a minute later nothing leaves, whatever the windows allow.
pub fn texts_after_the_kill_switch() -> Finding {
    Finding {
        counted: "messages from a minute after the stop on",
        real: parallel(texts_after_a_minute(true)),
        may: 0.0,
        broken: "no stop",
        control: parallel(texts_after_a_minute(false)),
    }
}

async fn texts_after_a_minute(stopped: bool) -> Tried {
    let (embedded, service) = lab(real).await;
    // The process has just read that nothing is stopped.
    texts_of(&service, &["+12065550100".to_owned()], 0).await;
    service.outbox.sent().pop().unwrap();
    if stopped {
        stop(&embedded, "sms").await;
    }
    service.advance(60);
    let Tried { tries, through } = texts_of(&service, &scattered(50), 0).await;
    Tried { tries, through: through - 1.0 }
}

async fn stop(embedded: &Embedded, what: &str) {
    let item = embedded.client().put_item().table_name(TABLE).item("pk", AttributeValue::S(STOPS.to_owned()));
    item.item("s", AttributeValue::Ss(vec![what.to_owned()])).send().await.unwrap();
}

pub fn disposable_mail_domains() -> Finding {
    let addresses = ["a@trash.example", "a@x.trash.example", "A@TRASH.EXAMPLE", "a@mail.trash.example"].map(str::to_owned);
    Finding {
        counted: "mails to a blocked domain",
        real: parallel(texts(addresses.to_vec(), 0, |setup| {
            setup.guard.blocked_domains = BlockedDomains(["trash.example".to_owned()].into());
        })),
        may: 0.0,
        broken: "no list",
        control: parallel(texts(addresses.to_vec(), 0, real)),
    }
}

/// A fixed code for a tester, in every way that it can be written down, where users are.
pub fn a_test_code_reaches_production() -> Finding {
    Finding {
        counted: "configurations accepted",
        real: accepted_in("prod"),
        may: 0.0,
        broken: "STAGE=dev",
        control: accepted_in("dev"),
    }
}

fn accepted_in(stage: &str) -> Tried {
    let now = Timestamp::from_millis(1_795_435_200_000);
    let mut tried = Tried::default();
    for pairs in
        ["+12065550100=123456", "a@example.com=000000", "a@example.com=123456,+12065550100=123456", " a@example.com = 123456 "]
    {
        let setting = |name: &str| {
            let value = match name {
                "STAGE" => stage,
                "TEST_IDENTIFIERS" => pairs,
                "TEST_IDENTIFIERS_UNTIL" => "2026-12-01",
                "TABLE_NAME" | "KEYS_SECRET_ARN" | "APP_NAME" => "Acme",
                "APP_DOMAIN" => "example.com",
                "SMS_ALLOWED_COUNTRIES" => "US",
                "CHALLENGE_BINDING" => "required",
                _ => return None,
            };
            Some(value.to_owned())
        };
        tried.add(SendConfig::read(&setting, now).is_ok());
    }
    tried
}
