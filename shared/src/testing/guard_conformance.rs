//! What every store of the guard's counters must do; like `conformance`, and made to be run anywhere at any time.
#![cfg(feature = "testing")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::conformance::{Outcome, check, same};
use crate::adapters::system::SystemRandomness;
use crate::domain::guard::Reason;
use crate::domain::guard::budget::{Caps, MicroUsd};
use crate::domain::guard::unanswered::{Allowance, PrefixLimits};
use crate::domain::ledger::RequestId;
use crate::domain::time::Timestamp;
use crate::ports::clock::random;
use crate::ports::guard::{
    AddressCount, AddressLimits, AddressWrite, AskedCountry, DayCount, DayWrite, DestinationCount, DestinationDay,
    DestinationTakeBack, DestinationWrite, GuardStore, PrefixCount, PrefixWrite, ProviderChange, ProviderDay, TakenBack,
};

const LIMITS: PrefixLimits = PrefixLimits { per_hour: 5, per_day: 15 };

/// Every promise of a store of the guard's counters, one after another.
///
/// # Errors
/// The first promise that is broken.
pub async fn guard<S: GuardStore + 'static>(store: Arc<S>) -> Outcome {
    an_address_has_its_countries(&*store).await?;
    minutes_and_hours_of_an_address_fill_and_open_again(&*store).await?;
    an_address_that_never_rests_has_every_minute(&*store).await?;
    the_windows_of_a_prefix_hold_and_slide(&*store).await?;
    an_answered_text_leaves_its_prefix(&*store).await?;
    a_text_that_lower_limits_no_longer_see_is_not_taken_back(&*store).await?;
    a_single_register_is_a_window_too(&*store).await?;
    a_destination_counts_and_refuses(&*store).await?;
    a_destination_takes_messages_back(&*store).await?;
    messages_of_two_days_are_taken_back_on_both(&*store).await?;
    a_message_can_go_by_another_provider(&*store).await?;
    a_day_has_its_budget(&*store).await?;
    parallel_sends_stay_within_an_address(Arc::clone(&store)).await?;
    parallel_texts_stay_within_a_prefix(Arc::clone(&store)).await?;
    parallel_texts_stay_within_a_day(store).await
}

/// A place of its own in every dimension: a day far in the past that no other run has, and names that nobody else has.
struct Place {
    name: String,
    now: Timestamp,
}

impl Place {
    fn new() -> Result<Self, String> {
        let unique = u64::from_be_bytes(random::<8>(&SystemRandomness).map_err(|e| e.to_string())?);
        // Up to the year 9900.
        let day = unique % 2_900_000;
        Ok(Self { name: format!("test-{unique:016x}"), now: Timestamp::from_millis((day * 24 + 12) * 3_600_000) })
    }

    fn after(&self, seconds: u64) -> Timestamp {
        self.now.plus(Duration::from_secs(seconds))
    }

    fn address(&self) -> String {
        format!("A#{}", self.name)
    }

    /// Two countries, and more sends than anybody makes here.
    fn send(&self, now: Timestamp, country: Option<&str>) -> AddressWrite {
        let country = country.map(|name| AskedCountry { name: name.to_owned(), most: 2 });
        AddressWrite { key: self.address(), now, limits: AddressLimits { per_minute: 100, per_hour: 100 }, country }
    }

    fn prefix(&self, number: u8, now: Timestamp) -> PrefixWrite {
        PrefixWrite { key: format!("P#{}", self.name), now, limits: LIMITS, request: RequestId::new([number; 9]) }
    }

    fn message(&self, now: Timestamp) -> DestinationWrite {
        DestinationWrite {
            destination: self.name.clone(),
            now,
            provider: "sns".to_owned(),
            price: MicroUsd(10),
            allowance: Allowance { per_hour: 3, per_day: 5 },
            caps: Some(Caps { messages: 100, spent_before: Some(MicroUsd(1_000)) }),
        }
    }

    async fn day(&self, store: &dyn GuardStore, day: u64) -> Result<DestinationDay, String> {
        let days = store.destination_days(&self.name, &[day]).await.map_err(|e| e.to_string())?;
        Ok(days.into_iter().next().unwrap_or_default())
    }
}

async fn an_address_has_its_countries(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let count = async |country| ask(store, &place.send(place.now, Some(country))).await;
    same("the first country", count("US").await?, AddressCount::Counted)?;
    same("a second", count("DE").await?, AddressCount::Counted)?;
    same("not a third", count("FR").await?, AddressCount::TooManyCountries)?;
    same("one that is counted already", count("US").await?, AddressCount::Counted)?;
    same("no country at all", ask(store, &place.send(place.now, None)).await?, AddressCount::Counted)?;
    store.take_back_country_of_address(&place.address(), "US").await.map_err(|e| e.to_string())?;
    same("another in the place of an answered one", count("FR").await?, AddressCount::Counted)
}

async fn ask(store: &dyn GuardStore, write: &AddressWrite) -> Result<AddressCount, String> {
    store.count_address(write).await.map_err(|e| e.to_string())
}

/// From noon on. What is refused counts nowhere: neither a send for its country, nor a country for its send.
async fn minutes_and_hours_of_an_address_fill_and_open_again(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let limits = AddressLimits { per_minute: 2, per_hour: 3 };
    for (seconds, country, wanted) in [
        (310, Some("US"), AddressCount::Counted),
        (315, Some("DE"), AddressCount::Counted),
        (330, Some("US"), AddressCount::Full(place.after(360))),
        (360, Some("FR"), AddressCount::TooManyCountries),
        (361, None, AddressCount::Counted),
        (362, None, AddressCount::Full(place.after(3600))),
        (3599, Some("FR"), AddressCount::Full(place.after(3600))),
        (3600, Some("US"), AddressCount::Counted),
        (3600, Some("FR"), AddressCount::TooManyCountries),
    ] {
        let write = AddressWrite { limits, ..place.send(place.after(seconds), country) };
        same(&format!("the windows {seconds} s into the hour"), ask(store, &write).await?, wanted)?;
    }
    Ok(())
}

/// What is tidied up was over: a write that comes late from the minute before still finds it full.
async fn an_address_that_never_rests_has_every_minute(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let limits = AddressLimits { per_minute: 1, per_hour: 1_000 };
    let send = |minute: u64, second: u64| AddressWrite { limits, ..place.send(place.after(60 * minute + second), None) };
    for minute in 0..30 {
        same(&format!("minute {minute}"), ask(store, &send(minute, 0)).await?, AddressCount::Counted)?;
        for (minute, second) in [(minute, 59), (minute.saturating_sub(1), 59)] {
            let full = AddressCount::Full(place.after(60 * minute + 60));
            same(&format!("minute {minute} once more, maybe late"), ask(store, &send(minute, second)).await?, full)?;
        }
    }
    Ok(())
}

async fn text(store: &dyn GuardStore, write: &PrefixWrite) -> Result<PrefixCount, String> {
    store.count_prefix(write).await.map_err(|e| e.to_string())
}

async fn the_windows_of_a_prefix_hold_and_slide(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    for number in 0..5_u8 {
        let counted = text(store, &place.prefix(number, place.after(u64::from(number)))).await?;
        same("five unanswered texts an hour", counted, PrefixCount::Counted)?;
    }
    same("a retry of the last one", text(store, &place.prefix(4, place.after(4))).await?, PrefixCount::Counted)?;
    let unanswered = (0..5).rev().map(|at| place.after(at)).collect();
    same("not a sixth", text(store, &place.prefix(5, place.after(3_599))).await?, PrefixCount::Full(unanswered))?;
    for (round, number) in (5..15_u8).enumerate() {
        let at = place.after(3_600 * (1 + round as u64 / 5) + round as u64 + 10);
        same("as the windows slide", text(store, &place.prefix(number, at)).await?, PrefixCount::Counted)?;
    }
    let full = matches!(text(store, &place.prefix(15, place.after(86_399))).await?, PrefixCount::Full(_));
    check("not a sixteenth in a day", full)?;
    same("when the first has left it", text(store, &place.prefix(16, place.after(86_400))).await?, PrefixCount::Counted)
}

async fn an_answered_text_leaves_its_prefix(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    for number in 0..5_u8 {
        text(store, &place.prefix(number, place.after(u64::from(number)))).await?;
    }
    let key = place.prefix(0, place.now).key;
    for answered in [2, 4, 2] {
        store.take_back_prefix(&key, place.after(answered), LIMITS).await.map_err(|e| e.to_string())?;
    }
    for number in 5..7_u8 {
        let counted = text(store, &place.prefix(number, place.after(10 + u64::from(number)))).await?;
        same("two are answered, and make room for two", counted, PrefixCount::Counted)?;
    }
    let left = [16, 15, 3, 1, 0].map(|at| place.after(at)).to_vec();
    same("and for no third", text(store, &place.prefix(7, place.after(20))).await?, PrefixCount::Full(left))
}

async fn a_text_that_lower_limits_no_longer_see_is_not_taken_back(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    for number in 0..5_u8 {
        text(store, &place.prefix(number, place.after(u64::from(number)))).await?;
    }
    let (key, lower) = (place.prefix(0, place.now).key, PrefixLimits { per_hour: 2, per_day: 2 });
    store.take_back_prefix(&key, place.after(2), lower).await.map_err(|e| e.to_string())?;
    let all = (0..5).rev().map(|at| place.after(at)).collect();
    same("it is the third last", text(store, &place.prefix(5, place.after(10))).await?, PrefixCount::Full(all))?;
    store.take_back_prefix(&key, place.after(3), lower).await.map_err(|e| e.to_string())?;
    let second_last = PrefixWrite { limits: lower, ..place.prefix(6, place.after(20)) };
    same("the second last makes room", text(store, &second_last).await?, PrefixCount::Counted)
}

async fn a_single_register_is_a_window_too(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let limits = PrefixLimits { per_hour: 1, per_day: 1 };
    let one = |number, at| PrefixWrite { limits, ..place.prefix(number, place.after(at)) };
    same("one a day", text(store, &one(0, 0)).await?, PrefixCount::Counted)?;
    check("and no other", matches!(text(store, &one(1, 3_600)).await?, PrefixCount::Full(_)))
}

async fn a_destination_counts_and_refuses(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let count = async |write: &DestinationWrite| store.count_destination(write).await.map_err(|e| e.to_string());
    for _ in 0..3 {
        check("three unanswered an hour", is_counted(&count(&place.message(place.now)).await?))?;
    }
    let DestinationCount::Full(day) = count(&place.message(place.now)).await? else {
        return Err("a fourth unanswered message is refused".to_owned());
    };
    same("with what was counted", (day.messages, day.unanswered, day.spent), (3, 3, MicroUsd(30)))?;
    for _ in 0..2 {
        check("the next hour", is_counted(&count(&place.message(place.after(3_600))).await?))?;
    }
    let sixth = place.message(place.after(7_200));
    check("not a sixth in a day", matches!(count(&sixth).await?, DestinationCount::Full(_)))?;
    let free = DestinationWrite { allowance: Allowance::UNLIMITED, ..sixth };
    let caps =
        |messages, room| DestinationWrite { caps: Some(Caps { messages, spent_before: Some(MicroUsd(room)) }), ..free.clone() };
    check("not beyond the messages", matches!(count(&caps(5, 1_000)).await?, DestinationCount::Full(_)))?;
    check("not beyond the money", matches!(count(&caps(100, 49)).await?, DestinationCount::Full(_)))?;
    check("within both", is_counted(&count(&caps(6, 50)).await?))?;
    let DestinationCount::Counted(day) = count(&DestinationWrite { caps: None, ..free }).await? else {
        return Err("without caps".to_owned());
    };
    same("with what is counted now", (day.messages, day.unanswered, day.messages_by_hour.values().sum::<u64>()), (7, 7, 7))
}

const fn is_counted(count: &DestinationCount) -> bool {
    matches!(count, DestinationCount::Counted(_))
}

async fn a_destination_takes_messages_back(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    for _ in 0..3 {
        store.count_destination(&place.message(place.now)).await.map_err(|e| e.to_string())?;
    }
    for because in
        [TakenBack::Answered, TakenBack::Undelivered(MicroUsd(10)), TakenBack::Withheld(MicroUsd(10)), TakenBack::Answered]
    {
        let write =
            DestinationTakeBack { destination: place.name.clone(), sent: vec![place.now], provider: "sns".to_owned(), because };
        // Nothing is left for the last one: it must change nothing that limits.
        store.take_back_destination(&write).await.map_err(|e| e.to_string())?;
    }
    let day = place.day(store, place.now.day()).await?;
    same("one message is left, answered", (day.messages, day.unanswered, day.spent), (1, 0, MicroUsd(10)))?;
    let hour = place.now.hour_of_day();
    same("in its hour", (day.messages_by_hour.get(&hour), day.unanswered_by_hour.get(&hour)), (Some(&1), None))?;
    let provider = day.providers.get("sns").copied().unwrap_or_default();
    check("its provider knows", provider.messages == 1 && provider.failed == 1 && provider.verified >= 1)
}

async fn a_message_can_go_by_another_provider(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    store.count_destination(&place.message(place.now)).await.map_err(|e| e.to_string())?;
    let change =
        ProviderChange { destination: place.name.clone(), sent: place.now, from: "sns".to_owned(), to: "other".to_owned() };
    for _ in 0..2 {
        // There is nothing to change the second time.
        store.change_provider(&change).await.map_err(|e| e.to_string())?;
    }
    let day = place.day(store, place.now.day()).await?;
    let counts = |name: &str| day.providers.get(name).map(|day| (day.messages, day.failed));
    same("it counts for the one that took it", (counts("sns"), counts("other")), (Some((0, 1)), Some((1, 0))))?;
    same("and once", (day.messages, day.unanswered), (1, 1))
}

async fn messages_of_two_days_are_taken_back_on_both(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let (evening, morning) = (place.after(12 * 3_600 - 30), place.after(12 * 3_600 + 30));
    for time in [evening, morning] {
        store.count_destination(&place.message(time)).await.map_err(|e| e.to_string())?;
    }
    let write = DestinationTakeBack {
        destination: place.name.clone(),
        sent: vec![evening, morning],
        provider: "sns".to_owned(),
        because: TakenBack::Answered,
    };
    store.take_back_destination(&write).await.map_err(|e| e.to_string())?;
    let (first, second) = (place.day(store, evening.day()).await?, place.day(store, morning.day()).await?);
    same("both are answered", (first.unanswered, second.unanswered), (0, 0))?;
    same("the challenge counts once, when it was sent", (first.verified, second.verified), (1, 0))?;
    let provider = ProviderDay { messages: 1, verified: 1, failed: 0 };
    same("for its provider as well", first.providers.get("sns"), Some(&provider))
}

async fn a_day_has_its_budget(store: &dyn GuardStore) -> Outcome {
    let place = Place::new()?;
    let write = |country: &str, messages, room| DayWrite {
        now: place.now,
        country: country.to_owned(),
        price: MicroUsd(10),
        caps: Caps { messages, spent_before: Some(MicroUsd(room)) },
        watched: [Reason::PrefixHour].into(),
    };
    let count = async |write: DayWrite| store.count_day(&write).await.map_err(|e| e.to_string());
    check("the first text", matches!(count(write("US", 2, 90)).await?, DayCount::Counted(_)))?;
    let DayCount::Counted(day) = count(write("DE", 2, 90)).await? else { return Err("the second".to_owned()) };
    same("with what is counted now", (day.messages, day.spent), (2, MicroUsd(20)))?;
    let DayCount::Full(day) = count(write("DE", 2, 90)).await? else { return Err("not a third".to_owned()) };
    same("with what was counted", (day.messages, day.spent), (2, MicroUsd(20)))?;
    same("its countries", day.countries, ["DE".to_owned(), "US".to_owned()].into())?;
    same("what was watched", day.watched.get("prefix_hour"), Some(&2))?;
    check("not beyond the money", matches!(count(write("DE", 9, 19)).await?, DayCount::Full(_)))?;
    store.take_back_day(place.now, MicroUsd(10)).await.map_err(|e| e.to_string())?;
    store.name_country("FR", place.now).await.map_err(|e| e.to_string())?;
    let DayCount::Counted(day) = count(write("DE", 2, 10)).await? else { return Err("not in the place of one".to_owned()) };
    same("a country that is named counts nothing", (day.messages, day.countries.contains("FR")), (2, true))
}

/// A race over the last sends of an address's minute, and over its last country.
///
/// # Errors
/// More sends or countries than the windows allow were counted, or fewer.
pub async fn parallel_sends_stay_within_an_address<S: GuardStore + 'static>(store: Arc<S>) -> Outcome {
    let place = Place::new()?;
    let limits = AddressLimits { per_minute: 5, per_hour: 20 };
    let race = async |writes: Vec<AddressWrite>| {
        let sends = writes.into_iter().map(|write| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.count_address(&write).await })
        });
        join_all(sends).await.iter().filter(|count| matches!(count, Ok(Ok(AddressCount::Counted)))).count()
    };
    let sends = race((0..60).map(|_| AddressWrite { limits, ..place.send(place.now, None) }).collect()).await;
    same("of 60 parallel sends as many are counted as the minute has", sends, 5)?;
    let place = Place::new()?;
    let countries = race((0..60).map(|number| place.send(place.now, Some(&format!("C{number}")))).collect()).await;
    same("of 60 parallel countries two are counted", countries, 2)
}

/// A race over the last places in a prefix's windows.
///
/// # Errors
/// More texts than the windows allow were counted, or fewer.
pub async fn parallel_texts_stay_within_a_prefix<S: GuardStore + 'static>(store: Arc<S>) -> Outcome {
    let place = Place::new()?;
    let texts = (0..60_u8).map(|number| {
        let (store, write) = (Arc::clone(&store), place.prefix(number, place.after(u64::from(number))));
        tokio::spawn(async move { store.count_prefix(&write).await })
    });
    let counts = join_all(texts).await;
    let counted = counts.iter().filter(|count| matches!(count, Ok(Ok(PrefixCount::Counted)))).count();
    same("of 60 parallel texts to a prefix, five are counted", counted, 5)
}

/// A race over the last places of a country: in its budget, and among its unanswered texts.
///
/// # Errors
/// More texts than the limits allow were counted, or fewer.
pub async fn parallel_texts_stay_within_a_country<S: GuardStore + 'static>(store: Arc<S>) -> Outcome {
    let race = async |write: DestinationWrite| {
        let texts = (0..60).map(|_| {
            let (store, write) = (Arc::clone(&store), write.clone());
            tokio::spawn(async move { store.count_destination(&write).await })
        });
        join_all(texts).await.iter().filter(|count| matches!(count, Ok(Ok(DestinationCount::Counted(_))))).count()
    };
    let text = || Place::new().map(|place| DestinationWrite { allowance: Allowance::UNLIMITED, ..place.message(place.now) });
    let budget = DestinationWrite { caps: Some(Caps { messages: 7, spent_before: None }), ..text()? };
    same("of 60 parallel texts to a country with seven, seven are counted", race(budget).await, 7)?;
    let money = DestinationWrite { caps: Some(Caps { messages: 60, spent_before: Some(MicroUsd(60)) }), ..text()? };
    same("of 60 at 10 each, seven fit into 70", race(money).await, 7)?;
    let unanswered = DestinationWrite { allowance: Allowance { per_hour: 7, per_day: 60 }, ..text()? };
    same("of 60 unanswered ones in an hour with seven, seven are counted", race(unanswered).await, 7)
}

/// A race over the last places in a day's budget.
///
/// # Errors
/// More texts than the budget allows were counted, or fewer.
pub async fn parallel_texts_stay_within_a_day<S: GuardStore + 'static>(store: Arc<S>) -> Outcome {
    let place = Place::new()?;
    let texts = (0..60).map(|_| {
        let caps = Caps { messages: 7, spent_before: None };
        let write = DayWrite { now: place.now, country: "US".to_owned(), price: MicroUsd(0), caps, watched: [].into() };
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.count_day(&write).await })
    });
    let counts = join_all(texts).await;
    let counted = counts.iter().filter(|count| matches!(count, Ok(Ok(DayCount::Counted(_))))).count();
    same("of 60 parallel texts on a day with seven, seven are counted", counted, 7)
}
