//! Where texts may go to one country alone, that country is the day: it refuses what the two would refuse together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use http::StatusCode;
use otp_auth::domain::guard::GuardMode;
use otp_auth::domain::guard::budget::{Budget, MicroUsd, MoneyBudget};
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::domain::guard::unanswered::{CountryFloor, PrefixLimits};
use otp_auth::ports::guard::{DestinationDay, GuardStore};
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::failing::FixedSender;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::json;

const HOUR: u64 = 3_600;

/// What a text costs.
const PRICE: u64 = 7_500;

fn one_country() -> SmsCountries {
    SmsCountries::Only(["US".to_owned()].into())
}

async fn service(change: impl FnOnce(&mut Setup)) -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    change(&mut setup);
    (embedded, setup.build())
}

/// Room for so many texts and the price of so many, and for one country so many hundredths of both.
fn budget(messages: u32, paid: u64, country_percent: u32) -> Budget {
    let prices = [("US".to_owned(), MicroUsd(PRICE))].into();
    Budget { messages, country_percent, money: Some(MoneyBudget { per_day: MicroUsd(paid * PRICE), prices }) }
}

async fn send(service: &Service, identifier: &str) -> TestReply {
    service.post("send", &json!({ "identifier": identifier })).await
}

/// Two texts to each of six prefixes; a code in three is entered.
async fn texts(service: &Service) -> Vec<String> {
    let mut replies = Vec::new();
    for number in 0..12 {
        let to = format!("+1206{}010{}", 200 + number % 6, number / 6);
        let sent = send(service, &to).await;
        let retry_after = sent.headers.get("retry-after");
        replies.push(format!("{to} {} {} {retry_after:?}", sent.status, sent.body["code"]));
        if sent.status == StatusCode::OK && number % 3 == 0 {
            let body = json!({ "identifier": to, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
            assert_eq!(service.post("verify", &body).await.status, StatusCode::OK);
        }
        service.advance(61);
    }
    replies
}

async fn country(embedded: &Embedded, service: &Service) -> DestinationDay {
    embedded.store().destination_days("US", &[service.now().day()]).await.unwrap().pop().unwrap_or_default()
}

/// All of it but its key and its end.
async fn item_of_the_day(embedded: &Embedded, service: &Service) -> Vec<(String, AttributeValue)> {
    let key = AttributeValue::S(format!("D#{}", service.now().date()));
    let Some(item) = embedded.client().get_item().table_name(TABLE).key("pk", key).send().await.unwrap().item else {
        return vec![];
    };
    let ttl: u64 = item["ttl"].as_n().unwrap().parse().unwrap();
    assert!((90..=100).contains(&((ttl - service.now().as_secs()) / (24 * HOUR))), "statistics look back over three months");
    let mut attributes: Vec<_> = item.into_iter().filter(|(name, _)| name != "pk" && name != "ttl").collect();
    attributes.sort_by(|a, b| a.0.cmp(&b.0));
    attributes
}

type Change = fn(&mut Setup);

#[tokio::test]
async fn one_country_is_refused_what_every_country_is() {
    let settings: [(&str, usize, Change); 7] = [
        ("nothing is full", 12, |_| {}),
        ("the prefixes", 8, |setup| setup.guard.prefix = PrefixLimits { per_hour: 1, per_day: 1 }),
        ("the country", 6, |setup| setup.guard.country = CountryFloor { per_hour: 4, per_day: 4 }),
        ("the country's share", 5, |setup| setup.guard.budget = budget(10, 1_000, 50)),
        ("the whole budget", 5, |setup| setup.guard.budget = budget(5, 1_000, 100)),
        ("its money", 5, |setup| setup.guard.budget = budget(1_000, 5, 100)),
        ("a text dearer than a day", 0, |setup| {
            setup.guard.budget = Budget {
                money: Some(MoneyBudget { per_day: MicroUsd(PRICE - 1), prices: [("US".to_owned(), MicroUsd(PRICE))].into() }),
                ..Budget::default()
            }
        }),
    ];
    for (name, left, change) in settings {
        let mut seen = Vec::new();
        for countries in [SmsCountries::All, one_country()] {
            let (embedded, service) = service(|setup| {
                change(setup);
                setup.guard.countries = countries;
            })
            .await;
            let replies = texts(&service).await;
            assert_eq!(service.outbox.sent().len(), left, "{name}");
            seen.push((replies, country(&embedded, &service).await));
        }
        let one = seen.pop();
        assert_eq!(one, seen.pop(), "{name}");
    }
}

#[tokio::test]
async fn the_day_only_names_its_one_country() {
    let (embedded, service) = service(|setup| {
        setup.guard.countries = one_country();
        setup.guard.budget = budget(3, 1_000, 100);
    })
    .await;
    assert_eq!(send(&service, "someone@example.com").await.status, StatusCode::OK);
    assert_eq!(item_of_the_day(&embedded, &service).await, [], "a mail is none of its texts");
    texts(&service).await;
    assert_eq!((service.outbox.sent().len(), country(&embedded, &service).await.messages), (1 + 3, 3));
    let named = ("c".to_owned(), AttributeValue::Ss(vec!["US".to_owned()]));
    assert_eq!(item_of_the_day(&embedded, &service).await, [named]);
    service.advance(24 * HOUR);
    assert_eq!(item_of_the_day(&embedded, &service).await, []);
    assert_eq!(send(&service, "+12062000199").await.status, StatusCode::OK, "the next day has its own");
    assert_eq!(item_of_the_day(&embedded, &service).await.len(), 1);
}

#[tokio::test]
async fn texts_that_did_not_leave_are_in_no_counter() {
    let reason = Refusal { class: RefusalClass::OptedOut, code: "OptedOut".to_owned() };
    let (embedded, service) = service(|setup| {
        setup.guard.countries = one_country();
        setup.guard.budget = budget(2, 1_000, 100);
        setup.sender = Arc::new(FixedSender::new(Delivery::Refused { provider: "fixed", reason }));
    })
    .await;
    for number in 0..8 {
        assert_eq!(send(&service, &format!("+1206{}0100", 200 + number)).await.status, StatusCode::BAD_GATEWAY, "{number}");
    }
    let country = country(&embedded, &service).await;
    assert_eq!((country.messages, country.unanswered, country.spent), (0, 0, MicroUsd(0)));
    assert!(item_of_the_day(&embedded, &service).await.iter().all(|(name, _)| name == "c"));
}

#[tokio::test]
async fn where_windows_only_watch_the_day_counts_what_they_would_have_refused() {
    let (embedded, service) = service(|setup| {
        setup.guard.countries = one_country();
        setup.guard.mode = GuardMode::Observe;
        setup.guard.prefix = PrefixLimits { per_hour: 1, per_day: 1 };
    })
    .await;
    texts(&service).await;
    let day = item_of_the_day(&embedded, &service).await;
    assert!(day.contains(&("n".to_owned(), AttributeValue::N("12".to_owned()))), "{day:?}");
    assert!(day.iter().any(|(name, _)| name == "w_prefix_day"), "{day:?}");
}

/// Its first text is held back by a prefix whose window began on the day before.
#[tokio::test]
async fn a_day_that_begins_with_a_refusal_names_its_country_as_well() {
    let (embedded, service) = service(|setup| {
        setup.guard.countries = one_country();
        setup.guard.prefix = PrefixLimits { per_hour: 1, per_day: 1 };
    })
    .await;
    assert_eq!(send(&service, "+12062000100").await.status, StatusCode::OK);
    service.advance(13 * HOUR);
    assert_eq!(send(&service, "+12062000101").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(item_of_the_day(&embedded, &service).await, []);
    assert_eq!(send(&service, "+12062010100").await.status, StatusCode::OK);
    assert_eq!(item_of_the_day(&embedded, &service).await.len(), 1);
}

#[tokio::test]
async fn a_country_that_could_not_be_named_is_named_later() {
    let (embedded, service) = service(|setup| setup.guard.countries = one_country()).await;
    assert_eq!(send(&service, "+12062000100").await.status, StatusCode::OK);
    let key = AttributeValue::S(format!("D#{}", service.now().date()));
    embedded.client().delete_item().table_name(TABLE).key("pk", key).send().await.unwrap();
    assert_eq!(send(&service, "+12062000101").await.status, StatusCode::OK);
    assert_eq!(item_of_the_day(&embedded, &service).await.len(), 1);
}

#[tokio::test]
async fn statistics_that_fail_keep_no_text_back() {
    let (embedded, service) = service(|setup| setup.guard.countries = one_country()).await;
    let key = AttributeValue::S(format!("D#{}", service.now().date()));
    let put = embedded.client().put_item().table_name(TABLE).item("pk", key);
    put.item("c", AttributeValue::S("no set".to_owned())).send().await.unwrap();
    assert_eq!(send(&service, "+12062000100").await.status, StatusCode::OK);
    assert_eq!(service.outbox.sent().len(), 1);
}
