//! The guard through the handlers: what leaves and what does not, on the embedded DynamoDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::net::IpAddr;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use http::StatusCode;
use otp_auth::adapters::dynamodb::guard::STOPS;
use otp_auth::domain::callers::{SharedSecret, TrustedCallers};
use otp_auth::domain::guard::GuardMode;
use otp_auth::domain::guard::budget::{Budget, MicroUsd, MoneyBudget};
use otp_auth::domain::guard::destinations::{BlockedDomains, SmsCountries};
use otp_auth::domain::guard::unanswered::{CountryFloor, PrefixLimits, prefix};
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::test_identifiers::TestIdentifiers;
use otp_auth::ports::clock::Clock;
use otp_auth::ports::guard::{Day, DestinationDay, GuardStore};
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::failing::FixedSender;
use otp_auth::testing::service::{Service, Setup, TestReply, test_keys, with_header};
use serde_json::{Value, json};

const HOUR: u64 = 3_600;

/// A service with the guard that a test asks for.
async fn guarded(change: impl FnOnce(&mut Setup)) -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    change(&mut setup);
    let service = setup.build();
    (embedded, service)
}

/// The number of a block: they differ in their last three digits.
fn neighbour(number: usize) -> String {
    format!("+1206555{number:04}")
}

async fn send(service: &Service, identifier: &str) -> TestReply {
    service.post("send", &json!({ "identifier": identifier })).await
}

/// A send from an address of its own.
async fn send_from(service: &Service, identifier: &str, last: u8) -> TestReply {
    let mut call = service.request("send", &json!({ "identifier": identifier }));
    call.source = Some(IpAddr::from([198, 51, 100, last]));
    service.call(&call).await
}

async fn answer(service: &Service, identifier: &str, sent: &TestReply) -> TestReply {
    let body = json!({ "identifier": identifier, "otp_code": service.last_code(), "challenge_id": sent.body["challenge_id"] });
    service.post("verify", &body).await
}

fn code(reply: &TestReply) -> (u16, Value) {
    (reply.status.as_u16(), reply.body["code"].clone())
}

fn limited() -> (u16, Value) {
    (429, json!("rate_limited"))
}

fn unavailable() -> (u16, Value) {
    (503, json!("unavailable"))
}

fn strict(setup: &mut Setup) {
    setup.guard.prefix = PrefixLimits::default();
}

#[tokio::test]
async fn of_100_neighbours_in_an_hour_five_are_texted() {
    let (_embedded, service) = guarded(strict).await;
    for number in 0..100 {
        send_from(&service, &neighbour(number), u8::try_from(number).unwrap()).await;
        service.advance(36);
    }
    assert_eq!(service.outbox.sent().len(), 5);
}

#[tokio::test]
async fn a_full_prefix_says_when_it_opens_and_leaves_others_alone() {
    let (_embedded, service) = guarded(strict).await;
    for number in 0..5 {
        assert_eq!(send(&service, &neighbour(number)).await.status, StatusCode::OK);
        service.advance(60);
    }
    let refused = send(&service, &neighbour(5)).await;
    assert_eq!(code(&refused), limited());
    assert_eq!(refused.headers["retry-after"], "3300");
    assert_eq!(send(&service, "+12065561000").await.status, StatusCode::OK, "the next block");
    service.advance(3_300);
    assert_eq!(send(&service, &neighbour(6)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_answered_text_makes_room_for_another() {
    let (_embedded, service) = guarded(strict).await;
    for number in 0..30 {
        let sent = send(&service, &neighbour(number)).await;
        assert_eq!(answer(&service, &neighbour(number), &sent).await.status, StatusCode::OK, "{number}");
    }
}

#[tokio::test]
async fn every_message_of_an_answered_challenge_makes_room() {
    let (_embedded, service) = guarded(strict).await;
    let sent = send(&service, &neighbour(0)).await;
    for _ in 0..3 {
        service.advance(60);
        let again = json!({ "identifier": neighbour(0), "challenge_id": sent.body["challenge_id"] });
        assert_eq!(service.post("send", &again).await.status, StatusCode::OK);
    }
    assert_eq!(answer(&service, &neighbour(0), &sent).await.status, StatusCode::OK);
    for number in 1..6 {
        assert_eq!(send(&service, &neighbour(number)).await.status, StatusCode::OK, "{number}");
    }
    assert_eq!(code(&send(&service, &neighbour(6)).await), limited());
}

#[tokio::test]
async fn an_answer_takes_back_no_message_that_was_not_counted() {
    let (embedded, service) = guarded(strict).await;
    for number in 1..5 {
        send(&service, &neighbour(number)).await;
    }
    let sent = send(&service, &neighbour(0)).await;
    for _ in 0..3 {
        service.advance(60);
        let again = json!({ "identifier": neighbour(0), "challenge_id": sent.body["challenge_id"] });
        assert_eq!(code(&service.post("send", &again).await), limited(), "the prefix is full");
    }
    assert_eq!(answer(&service, &neighbour(0), &sent).await.status, StatusCode::OK);
    let day = embedded.store().destination_days("US", &[service.now().day()]).await.unwrap().remove(0);
    assert_eq!((day.messages, day.unanswered, day.verified), (5, 4, 1));
}

#[tokio::test]
async fn a_refused_text_leaves_no_code_behind() {
    let (_embedded, service) = guarded(strict).await;
    for number in 0..5 {
        send(&service, &neighbour(number)).await;
    }
    send(&service, &neighbour(5)).await;
    let guess = service.post("verify", &json!({ "identifier": neighbour(5), "otp_code": "123456" })).await;
    assert_eq!(code(&guess), (400, json!("challenge_expired")));
}

/// What is counted of texts to a US number: unanswered ones to its prefix, its country, and the day.
async fn counted(embedded: &Embedded, service: &Service, number: &str) -> (usize, DestinationDay, Day) {
    let (store, today) = (embedded.store(), service.now().day());
    let key = test_keys().unwrap().prefix_key(prefix(number));
    let country = store.destination_days("US", &[today]).await.unwrap().pop().unwrap_or_default();
    let day = store.days(&[today]).await.unwrap().remove(&today).unwrap_or_default();
    (store.unanswered_of_prefix(&key).await.unwrap().len(), country, day)
}

/// So many texts, or so much money, in a day; for one country so many hundredths of it.
fn budget(messages: u32, usd: u64, country_percent: u32) -> Budget {
    let prices = [("US".to_owned(), MicroUsd(7_500))].into();
    Budget { messages, country_percent, money: Some(MoneyBudget { per_day: MicroUsd(usd * 1_000_000), prices }) }
}

#[tokio::test]
async fn what_one_of_the_counters_refuses_is_taken_back_from_the_others() {
    for (name, only_watches, change) in [
        ("the prefix", true, (|setup| setup.guard.prefix = PrefixLimits { per_hour: 2, per_day: 2 }) as fn(&mut Setup)),
        ("the country", true, |setup| setup.guard.country = CountryFloor { per_hour: 2, per_day: 2 }),
        ("the country's budget", false, |setup| setup.guard.budget = budget(4, 1_000, 50)),
        ("the day", false, |setup| setup.guard.budget = budget(2, 1_000, 100)),
    ] {
        for mode in [GuardMode::Enforce, GuardMode::Observe] {
            let (embedded, service) = guarded(|setup| {
                setup.guard.budget = budget(1_000, 1_000, 100);
                setup.guard.mode = mode;
                change(setup);
            })
            .await;
            for number in 0..2 {
                assert_eq!(send(&service, &neighbour(number)).await.status, StatusCode::OK, "{name}");
            }
            let before = counted(&embedded, &service, &neighbour(2)).await;
            assert_eq!((before.0, before.1.unanswered, before.1.spent, before.2.messages), (2, 2, MicroUsd(15_000), 2), "{name}");
            let third = send(&service, &neighbour(2)).await;
            let leaves = only_watches && mode == GuardMode::Observe;
            assert_eq!(third.status == StatusCode::OK, leaves, "{name}");
            if !leaves {
                assert_eq!(counted(&embedded, &service, &neighbour(2)).await, before, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn what_one_of_the_counters_cannot_count_is_taken_back_from_the_others() {
    let number = neighbour(0);
    for mode in [GuardMode::Enforce, GuardMode::Observe] {
        for broken in ["prefix", "country", "day"] {
            let (embedded, service) = guarded(|setup| {
                strict(setup);
                setup.guard.mode = mode;
            })
            .await;
            let today = service.now().date();
            let (key, attribute) = match broken {
                "prefix" => (test_keys().unwrap().prefix_key(prefix(&number)), "l0"),
                "country" => (format!("C#US#{today}"), "m"),
                _ => (format!("D#{today}"), "n"),
            };
            let put = embedded.client().put_item().table_name(TABLE).item("pk", AttributeValue::S(key));
            let put = put.item(attribute, AttributeValue::S("no number".to_owned())).item("l4", AttributeValue::Bool(true));
            put.send().await.unwrap();
            assert_eq!(send(&service, &number).await.status.as_u16(), 500, "{broken}");
            assert!(service.outbox.sent().is_empty(), "{broken}");
            let (store, day) = (embedded.store(), service.now().day());
            if broken != "prefix" {
                let key = test_keys().unwrap().prefix_key(prefix(&number));
                assert_eq!(store.unanswered_of_prefix(&key).await.unwrap(), [], "{broken}");
            }
            if broken != "country" {
                let country = store.destination_days("US", &[day]).await.unwrap().remove(0);
                assert_eq!((country.messages, country.unanswered), (0, 0), "{broken}");
            }
            if broken != "day" {
                let texts = store.days(&[day]).await.unwrap().get(&day).map_or(0, |day| day.messages);
                assert_eq!(texts, 0, "{broken}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_texts_at_once_those_that_left_are_counted_and_no_others() {
    let limited = |setup: &mut Setup| {
        setup.guard.prefix = PrefixLimits { per_hour: 3, per_day: 3 };
        setup.guard.country = CountryFloor { per_hour: 20, per_day: 20 };
        setup.guard.budget = budget(10, 1_000, 100);
    };
    for round in 0..6 {
        let one_country = round % 2 == 1;
        let (embedded, service) = guarded(|setup| {
            limited(setup);
            if one_country {
                setup.guard.countries = SmsCountries::Only(["US".to_owned()].into());
            }
        })
        .await;
        // Eight texts to each of five prefixes: every counter refuses some.
        let texts = (0..40).map(|number| {
            let (service, to) = (service.clone(), format!("+1206{}01{:02}", 200 + number % 5, number));
            tokio::spawn(async move { send_from(&service, &to, u8::try_from(number).unwrap()).await })
        });
        let replies = join_all(texts).await;
        let accepted = replies.iter().filter(|reply| reply.as_ref().unwrap().status == StatusCode::OK).count();
        let left = service.outbox.sent().len();
        assert_eq!(accepted, left, "round {round}");
        assert!(left <= 10, "round {round}: {left}");
        let mut of_prefixes = 0;
        for number in 200..205 {
            let (of_prefix, country, day) = counted(&embedded, &service, &format!("+1206{number}0100")).await;
            assert!(of_prefix <= 3, "round {round}");
            of_prefixes += of_prefix;
            let counts = [country.messages, country.unanswered, country.spent.0 / 7_500];
            assert_eq!(counts, [left as u64; 3], "round {round}");
            let of_the_day = if one_country { 0 } else { left as u64 };
            assert_eq!([day.messages, day.spent.0 / 7_500], [of_the_day; 2], "round {round}");
        }
        assert_eq!(of_prefixes, left, "round {round}");
        // What was refused has left its room to others, to the last place.
        for number in 0..12_u8 {
            send_from(&service, &format!("+12063{number:02}0100"), 100 + number).await;
        }
        assert_eq!(service.outbox.sent().len(), 10, "round {round}");
    }
}

fn poor_country(setup: &mut Setup) {
    setup.guard.country = CountryFloor { per_hour: 3, per_day: 4 };
}

/// Numbers of as many prefixes.
fn stranger(number: usize) -> String {
    format!("+1206{number:03}0100", number = 200 + number)
}

#[tokio::test]
async fn a_country_that_does_not_answer_is_closed_for_the_hour_and_the_day() {
    let (_embedded, service) = guarded(poor_country).await;
    for number in 0..3 {
        assert_eq!(send(&service, &stranger(number)).await.status, StatusCode::OK);
    }
    assert_eq!(code(&send(&service, &stranger(3)).await), limited());
    service.advance(HOUR);
    assert_eq!(send(&service, &stranger(4)).await.status, StatusCode::OK, "the next hour");
    let refused = send(&service, &stranger(5)).await;
    assert_eq!(code(&refused), limited(), "the day");
    assert_eq!(send(&service, "+4915112345678").await.status, StatusCode::OK, "another country");
    assert_eq!(send(&service, "user@example.com").await.status, StatusCode::OK, "mail");
    assert_eq!(service.outbox.sent().len(), 6);
}

#[tokio::test]
async fn a_country_s_allowance_grows_with_what_was_verified_there() {
    let (_embedded, service) = guarded(poor_country).await;
    for number in 0..40 {
        let sent = send(&service, &stranger(number)).await;
        assert_eq!(answer(&service, &stranger(number), &sent).await.status, StatusCode::OK);
    }
    // A fifth of 40.
    for number in 40..48 {
        assert_eq!(send(&service, &stranger(number)).await.status, StatusCode::OK, "{number}");
    }
    assert_eq!(code(&send(&service, &stranger(48)).await), limited());
    service.advance(24 * HOUR);
    // The best of the last days carries the next one's day; its hour has the floor.
    for number in 49..52 {
        assert_eq!(send(&service, &stranger(number)).await.status, StatusCode::OK, "{number}");
    }
    assert_eq!(code(&send(&service, &stranger(52)).await), limited());
}

#[tokio::test]
async fn an_address_asks_for_three_countries_that_do_not_answer() {
    let (_embedded, service) = guarded(|setup| setup.guard.countries_per_address = 3).await;
    let numbers = ["+12065550100", "+4915112345678", "+33612345678", "+447400123456"];
    let first = send(&service, numbers[0]).await;
    for number in &numbers[1..3] {
        assert_eq!(send(&service, number).await.status, StatusCode::OK);
    }
    assert_eq!(code(&send(&service, numbers[3]).await), limited());
    assert_eq!(send_from(&service, numbers[3], 9).await.status, StatusCode::OK, "another address");
    let body = json!({ "identifier": numbers[0], "otp_code": code_of(&service, numbers[0]), "challenge_id": first.body["challenge_id"] });
    assert_eq!(service.post("verify", &body).await.status, StatusCode::OK);
    service.advance(60);
    assert_eq!(send(&service, numbers[3]).await.status, StatusCode::OK, "one has answered");
}

/// Whoever may ask for every country there is cannot ask for too many.
#[tokio::test]
async fn the_countries_of_an_address_are_counted_only_where_they_can_be_too_many() {
    let numbers = [("US", "+12065550100"), ("DE", "+4915112345678"), ("FR", "+33612345678"), ("GB", "+447400123456")];
    for allowed in 1..=4 {
        let (embedded, service) = guarded(|setup| {
            setup.guard.countries =
                SmsCountries::Only(numbers[..allowed].iter().map(|(country, _)| (*country).to_owned()).collect());
            setup.guard.countries_per_address = 3;
        })
        .await;
        let mut replies = Vec::new();
        for (_, number) in &numbers[..allowed] {
            replies.push(send(&service, number).await);
        }
        let left = replies.iter().filter(|reply| reply.status == StatusCode::OK).count();
        assert_eq!((left, service.outbox.sent().len()), (allowed.min(3), allowed.min(3)), "{allowed}");
        let all = embedded.client().scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        let addresses: Vec<_> = all.iter().filter(|item| item["pk"].as_s().unwrap().starts_with("A#")).collect();
        assert_eq!(addresses.len(), 1);
        assert_eq!(addresses[0].get("c").map(|asked| asked.as_ss().unwrap().len()), (allowed > 3).then_some(3), "{allowed}");
        let first = json!({ "identifier": numbers[0].1, "otp_code": code_of(&service, numbers[0].1), "challenge_id": replies[0].body["challenge_id"] });
        assert_eq!(service.post("verify", &first).await.status, StatusCode::OK, "{allowed}");
    }
}

/// What is refused for its country is a send of the address all the same.
#[tokio::test]
async fn whoever_tries_one_country_after_another_is_soon_out_of_sends() {
    let (_embedded, service) = guarded(|setup| {
        setup.guard.countries_per_address = 3;
        setup.policy.address_per_minute = 5;
    })
    .await;
    let numbers = ["+12065550100", "+4915112345678", "+33612345678", "+447400123456", "+393401234567"];
    for number in &numbers[..3] {
        assert_eq!(send(&service, number).await.status, StatusCode::OK);
    }
    for number in &numbers[3..] {
        assert_eq!(code(&send(&service, number).await), limited());
    }
    // Somebody else in a country that it has asked for already: only the address's minute is in the way.
    let neighbour = "+12065550101";
    assert_eq!(code(&send(&service, neighbour).await), limited(), "the minute's five");
    assert_eq!(send_from(&service, neighbour, 9).await.status, StatusCode::OK, "another address");
    service.advance(60);
    assert_eq!(send(&service, neighbour).await.status, StatusCode::OK, "the next minute");
}

/// The code that was sent to a number.
fn code_of(service: &Service, number: &str) -> String {
    let sent = service.outbox.sent();
    let text = &sent.iter().rev().find(|sent| sent.to == number).unwrap().text;
    text.rsplit_once('#').unwrap().1.to_owned()
}

#[tokio::test]
async fn the_day_s_budget_holds_for_everything_and_for_a_country() {
    let (_embedded, service) = guarded(|setup| setup.guard.budget = Budget { messages: 4, ..Budget::default() }).await;
    for number in 0..2 {
        assert_eq!(send(&service, &stranger(number)).await.status, StatusCode::OK);
    }
    let refused = send(&service, &stranger(2)).await;
    assert_eq!(code(&refused), unavailable(), "half of it is for one country");
    for number in ["+4915112345678", "+33612345678"] {
        assert_eq!(send(&service, number).await.status, StatusCode::OK);
    }
    assert_eq!(code(&send(&service, "+447400123456").await), unavailable());
    assert_eq!(send(&service, "user@example.com").await.status, StatusCode::OK, "mail has no budget");
    service.advance(24 * HOUR);
    assert_eq!(send(&service, "+447400123456").await.status, StatusCode::OK, "the next day");
}

#[tokio::test]
async fn money_is_a_budget_too() {
    let prices = [("US".to_owned(), MicroUsd(7_500)), ("DE".to_owned(), MicroUsd(80_000))].into();
    let money = MoneyBudget { per_day: MicroUsd(100_000), prices };
    let budget = Budget { country_percent: 100, money: Some(money), ..Budget::default() };
    let (_embedded, service) = guarded(|setup| setup.guard.budget = budget).await;
    assert_eq!(send(&service, "+4915112345678").await.status, StatusCode::OK);
    assert_eq!(code(&send(&service, "+4915112345679").await), unavailable(), "a second one costs too much");
    assert_eq!(send(&service, &stranger(0)).await.status, StatusCode::OK, "a cheap one fits");
}

#[tokio::test]
async fn in_observe_mode_windows_only_watch_and_the_budget_holds() {
    let observe = |setup: &mut Setup| {
        strict(setup);
        poor_country(setup);
        setup.guard.mode = GuardMode::Observe;
        setup.guard.budget = Budget { messages: 20, ..Budget::default() };
    };
    let (embedded, service) = guarded(observe).await;
    for number in 0..10 {
        assert_eq!(send(&service, &neighbour(number)).await.status, StatusCode::OK, "{number}");
    }
    assert_eq!(code(&send(&service, &neighbour(10)).await), unavailable(), "half of the budget");
    let day = day(&embedded, &service).await;
    assert_eq!(day["w_prefix_hour"], AttributeValue::N("5".to_owned()));
    assert_eq!(day["w_country_hour"], AttributeValue::N("1".to_owned()));
    assert_eq!(day["w_country_day"], AttributeValue::N("6".to_owned()));
}

async fn day(embedded: &Embedded, service: &Service) -> std::collections::HashMap<String, AttributeValue> {
    let key = AttributeValue::S(format!("D#{}", service.now().date()));
    embedded.client().get_item().table_name(TABLE).key("pk", key).send().await.unwrap().item.unwrap()
}

#[tokio::test]
async fn what_is_stopped_stops_within_a_minute_and_says_so() {
    let (embedded, service) = guarded(|_| {}).await;
    assert_eq!(send(&service, &stranger(0)).await.status, StatusCode::OK);
    for (stop, texts, mail) in [("sms", 503, 200), ("email", 200, 503), ("US", 503, 200), ("DE", 200, 200)] {
        let stops = AttributeValue::Ss(vec![stop.to_owned()]);
        let put = embedded.client().put_item().table_name(TABLE).item("pk", AttributeValue::S(STOPS.to_owned()));
        put.item("s", stops).send().await.unwrap();
        service.advance(60);
        let reply = send(&service, &stranger(0)).await;
        assert_eq!(reply.status, texts, "{stop}");
        assert_eq!(send(&service, "user@example.com").await.status, mail, "{stop}");
        if texts == 503 {
            assert_eq!((code(&reply), &reply.headers["retry-after"] == "300"), (unavailable(), true));
        }
        service.advance(HOUR);
    }
}

#[tokio::test]
async fn a_stop_that_is_not_understood_stops_everything() {
    let (embedded, service) = guarded(|_| {}).await;
    let put = embedded.client().put_item().table_name(TABLE).item("pk", AttributeValue::S(STOPS.to_owned()));
    put.item("s", AttributeValue::Ss(vec!["voice".to_owned()])).send().await.unwrap();
    assert_eq!(send(&service, &stranger(0)).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(service.outbox.sent().len(), 0);
}

#[tokio::test]
async fn a_text_that_the_provider_refuses_uses_nothing_up() {
    let reason = Refusal { class: RefusalClass::OptedOut, code: "OptedOut".to_owned() };
    let refusing = Arc::new(FixedSender::new(Delivery::Refused { provider: "fixed", reason }));
    let (embedded, service) = guarded(|setup| {
        strict(setup);
        setup.guard.budget = Budget { messages: 2, country_percent: 100, ..Budget::default() };
        setup.sender = refusing;
    })
    .await;
    for number in 0..8 {
        assert_eq!(code(&send(&service, &neighbour(number)).await), (502, json!("delivery_failed")), "{number}");
    }
    let today = service.now().day();
    let country = embedded.store().destination_days("US", &[today]).await.unwrap().remove(0);
    assert_eq!((country.messages, country.unanswered, country.providers["fixed"].failed), (0, 0, 8));
}

/// A service that trusts a CloudFront and a back end, and lets one address send once an hour.
async fn trusting() -> (Embedded, Service) {
    guarded(|setup| {
        let secret = |text: &str| SharedSecret::new(text.repeat(32).into()).unwrap();
        let ring = KeyRing::new(&[(KeyId(1), vec![7; 64])].into(), KeyId(1), KeyId(1)).unwrap();
        setup.keys = Arc::new(Arc::new(ring.with_callers(TrustedCallers::new(Some(secret("c")), vec![secret("b")]))));
        setup.policy.address_per_hour = 1;
    })
    .await
}

/// The status of a send to a new number with these headers.
async fn send_with(service: &Service, number: usize, headers: &[(&'static str, &str)]) -> u16 {
    let call = service.request("send", &json!({ "identifier": stranger(number) }));
    let call = headers.iter().fold(call, |call, (name, value)| with_header(call, name, value));
    service.call(&call).await.status.as_u16()
}

#[tokio::test]
async fn trusted_callers_name_the_address_of_their_client() {
    let (_embedded, service) = trusting().await;
    let (cloudfront, backend) = ("c".repeat(32), "b".repeat(32));
    for last in 0..3 {
        let viewer = format!("203.0.113.{last}:4711");
        let edge = [("x-origin-verify", cloudfront.as_str()), ("cloudfront-viewer-address", viewer.as_str())];
        assert_eq!(send_with(&service, last, &edge).await, 200, "a viewer of its own");
        assert_eq!(send_with(&service, 10 + last, &edge).await, 429, "who has windows of its own");
        let client = format!("2001:db8:0:{last}::1");
        let shop = [("x-api-key", backend.as_str()), ("x-client-address", client.as_str())];
        assert_eq!(send_with(&service, 20 + last, &shop).await, 200, "a client of its own");
        assert_eq!(send_with(&service, 30 + last, &shop).await, 429, "who has windows of its own");
    }
    for unreadable in [
        [("x-origin-verify", cloudfront.as_str()), ("cloudfront-viewer-address", "somewhere")],
        [("x-api-key", backend.as_str()), ("x-client-address", "somewhere")],
    ] {
        assert_eq!(send_with(&service, 40, &unreadable).await, 400);
    }
    assert_eq!(send_with(&service, 40, &[("x-origin-verify", &cloudfront)]).await, 400, "CloudFront always says");
    assert_eq!(send_with(&service, 41, &[("x-api-key", &backend)]).await, 200, "a back end may speak for itself");
}

#[tokio::test]
async fn nobody_else_names_an_address() {
    let (_embedded, service) = trusting().await;
    assert_eq!(send_with(&service, 0, &[]).await, 200);
    for (number, headers) in [
        [("x-forwarded-for", "198.51.100.1"), ("forwarded", "for=198.51.100.1")],
        [("x-client-address", "198.51.100.2"), ("x-real-ip", "198.51.100.2")],
        [("x-client-address", "198.51.100.3"), ("x-api-key", "guessed")],
        [("cloudfront-viewer-address", "198.51.100.4:1"), ("x-origin-verify", "")],
    ]
    .iter()
    .enumerate()
    {
        assert_eq!(send_with(&service, 1 + number, headers).await, 429, "{headers:?}");
    }
}

#[tokio::test]
async fn a_blocked_mail_domain_gets_no_code() {
    let blocked = BlockedDomains(["trash.example".to_owned()].into());
    let (_embedded, service) = guarded(|setup| setup.guard.blocked_domains = blocked).await;
    for address in ["a@trash.example", "a@deep.trash.example"] {
        assert_eq!(code(&send(&service, address).await), (403, json!("destination_not_allowed")));
    }
    assert_eq!(send(&service, "a@example.com").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_tester_signs_in_with_the_fixed_code_and_gets_no_message() {
    let (_embedded, service) = guarded(|setup| {
        let until = setup.clock.now().plus(std::time::Duration::from_secs(60 * 60));
        setup.test_identifiers = TestIdentifiers::parse("+12065550100=4242424", until).unwrap();
    })
    .await;
    let sent = send(&service, "+12065550100").await;
    assert_eq!((sent.status, &sent.body["code_length"]), (StatusCode::OK, &json!(7)));
    let guess =
        |otp_code: &str| json!({ "identifier": "+12065550100", "otp_code": otp_code, "challenge_id": sent.body["challenge_id"] });
    assert_eq!(service.post("verify", &guess("4242423")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(service.post("verify", &guess("4242424")).await.status, StatusCode::OK);
    assert_eq!(service.outbox.sent().len(), 0);
    service.advance(HOUR);
    send(&service, "+12065550100").await;
    assert_eq!(service.outbox.sent().len(), 1, "after the end, it is an identifier like any other");
}

#[tokio::test]
async fn messages_and_answers_are_counted_by_destination_provider_and_hour() {
    let (embedded, service) = guarded(|_| {}).await;
    for identifier in ["user@example.com", "+12065550100"] {
        let sent = send(&service, identifier).await;
        assert_eq!(answer(&service, identifier, &sent).await.status, StatusCode::OK);
        service.advance(60);
        send(&service, identifier).await;
    }
    let (today, hour) = (service.now().day(), service.now().hour_of_day());
    for destination in ["email", "US"] {
        let day = embedded.store().destination_days(destination, &[today]).await.unwrap().remove(0);
        assert_eq!((day.messages, day.verified, day.unanswered), (2, 1, 1), "{destination}");
        assert_eq!((day.messages_by_hour[&hour], day.verified_by_hour[&hour]), (2, 1), "{destination}");
        assert_eq!((day.providers["outbox"].messages, day.providers["outbox"].verified), (2, 1), "{destination}");
    }
}
