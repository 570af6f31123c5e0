//! The settings of the guard.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reader, Stage, fields};
use crate::domain::guard::budget::{Budget, COUNTRY_PERCENT, MESSAGES_PER_DAY, MicroUsd, MoneyBudget};
use crate::domain::guard::destinations::{BlockedDomains, SmsCountries};
use crate::domain::guard::unanswered::{
    COUNTRIES_PER_ADDRESS, COUNTRY_PER_DAY, COUNTRY_PER_HOUR, CountryFloor, PREFIX_PER_DAY, PREFIX_PER_HOUR, PrefixLimits,
};
use crate::domain::guard::{GuardMode, GuardPolicy, TakeBacks};
use crate::domain::policy::Bounded;
use crate::domain::test_identifiers::TestIdentifiers;
use crate::domain::time::Timestamp;

/// Those that both functions have.
pub(super) fn read_take_backs(reader: &mut Reader<'_>) -> Option<TakeBacks> {
    let countries = read_countries(reader);
    let prefix = windows(
        reader,
        ("RATE_UNANSWERED_PER_PREFIX_PER_HOUR", &PREFIX_PER_HOUR),
        ("RATE_UNANSWERED_PER_PREFIX_PER_DAY", &PREFIX_PER_DAY),
    );
    let countries_per_address = reader.number("RATE_COUNTRIES_PER_ADDRESS_PER_DAY", &COUNTRIES_PER_ADDRESS);
    let (per_hour, per_day) = prefix?;
    Some(TakeBacks {
        countries: countries?,
        countries_per_address: countries_per_address?,
        prefix: PrefixLimits { per_hour, per_day },
    })
}

pub(super) fn read(reader: &mut Reader<'_>, take_backs: Option<TakeBacks>) -> Option<GuardPolicy> {
    let mode = reader.choice("GUARD_MODE", "enforce", &[("enforce", GuardMode::Enforce), ("observe", GuardMode::Observe)]);
    let voip = reader.choice("SMS_ALLOW_VOIP", "no", &[("no", false), ("yes", true)]);
    let blocked_domains = read_blocked_domains(reader);
    let country = windows(
        reader,
        ("RATE_UNANSWERED_PER_COUNTRY_PER_HOUR", &COUNTRY_PER_HOUR),
        ("RATE_UNANSWERED_PER_COUNTRY_PER_DAY", &COUNTRY_PER_DAY),
    );
    let budget = read_budget(reader);
    let (per_hour, per_day) = country?;
    Some(GuardPolicy {
        mode: mode?,
        voip: voip?,
        blocked_domains: blocked_domains?,
        country: CountryFloor { per_hour, per_day },
        budget: budget?,
        ..take_backs?.into()
    })
}

/// A window of an hour and one of a day, which must not be the smaller one.
fn windows(reader: &mut Reader<'_>, hour: (&'static str, &Bounded), day: (&'static str, &Bounded)) -> Option<(u32, u32)> {
    let (per_hour, per_day) = (reader.number(hour.0, hour.1), reader.number(day.0, day.1));
    if per_hour > per_day && per_day.is_some() {
        reader.fault(day.0, &format!("must be at least {}", hour.0));
    }
    Some((per_hour?, per_day?))
}

/// `*` stands for every country, on the local server only: elsewhere the operator chooses.
fn read_countries(reader: &mut Reader<'_>) -> Option<SmsCountries> {
    const VARIABLE: &str = "SMS_ALLOWED_COUNTRIES";
    if reader.get(VARIABLE).as_deref() == Some("*") {
        if reader.get("STAGE").as_deref() == Some("local") {
            return Some(SmsCountries::All);
        }
        reader.fault(VARIABLE, "must name countries: * is for the local server only");
        return None;
    }
    reader.parsed_list(VARIABLE, fields::country).map(SmsCountries::Only)
}

/// The list itself, and a file of one domain a line, such as a Lambda layer brings: an environment holds 4 KB.
fn read_blocked_domains(reader: &mut Reader<'_>) -> Option<BlockedDomains> {
    let mut domains = reader.parsed_list("EMAIL_BLOCKED_DOMAINS", fields::domain);
    let file = reader.optional("EMAIL_BLOCKED_DOMAINS_FILE", |path| {
        let text = std::fs::read_to_string(path).map_err(|_| "must be a file that can be read")?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read = lines.map(fields::domain).collect::<Result<BTreeSet<_>, _>>();
        read.map_err(|_| "must have one domain a line, and comments after #")
    });
    if let (Some(domains), Some(file)) = (&mut domains, file) {
        domains.extend(file);
    }
    domains.map(BlockedDomains)
}

fn read_budget(reader: &mut Reader<'_>) -> Option<Budget> {
    let messages = reader.number("SMS_BUDGET_MESSAGES_PER_DAY", &MESSAGES_PER_DAY);
    let country_percent = reader.number("SMS_BUDGET_COUNTRY_PERCENT", &COUNTRY_PERCENT);
    let prices = reader.parsed("SMS_PRICES_USD", "", prices);
    let per_day = reader.optional("SMS_BUDGET_USD_PER_DAY", |text| {
        MicroUsd::parse(text).filter(|usd| usd.0 > 0).ok_or("must be dollars above 0, such as 12.50")
    });
    let prices = prices?;
    let money = per_day.map(|per_day| MoneyBudget { per_day, prices });
    if money.as_ref().is_some_and(|money| money.prices.is_empty()) {
        reader.fault("SMS_PRICES_USD", "must be set when SMS_BUDGET_USD_PER_DAY is");
    }
    Some(Budget { messages: messages?, country_percent: country_percent?, money })
}

fn prices(text: &str) -> Result<BTreeMap<String, MicroUsd>, &'static str> {
    const FORM: &str = "must list prices such as US=0.0075,DE=0.08";
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let price = |pair: &str| {
        let (country, usd) = pair.split_once('=').ok_or(FORM)?;
        Ok((fields::country(country.trim()).map_err(|_| FORM)?, MicroUsd::parse(usd.trim()).ok_or(FORM)?))
    };
    pairs.map(price).collect()
}

/// Testers' identifiers: with an end, and never where users are.
pub(super) fn read_test_identifiers(reader: &mut Reader<'_>, stage: Option<Stage>, now: Timestamp) -> Option<TestIdentifiers> {
    const VARIABLE: &str = "TEST_IDENTIFIERS";
    const UNTIL: &str = "TEST_IDENTIFIERS_UNTIL";
    let until = reader.optional(UNTIL, fields::end_of_date);
    let Some(pairs) = reader.get(VARIABLE) else { return Some(TestIdentifiers::default()) };
    if stage == Some(Stage::Prod) {
        reader.fault(VARIABLE, "must be unset when STAGE is prod: whoever knows a pair signs in");
    }
    if reader.get(UNTIL).is_none() {
        reader.fault(UNTIL, "must be set when TEST_IDENTIFIERS is");
    }
    let testers = TestIdentifiers::parse(&pairs, until?).map_err(|fault| reader.fault(VARIABLE, &fault.to_string())).ok()?;
    if !testers.end_in_time(now) {
        reader.fault(UNTIL, "must be at most 30 days from now");
    }
    Some(testers)
}
