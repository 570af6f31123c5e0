//! Settings: whatever the environment says, either a checked configuration or faults that name variables and quote nothing.
//! An input is lines of `NAME=value`.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use otp_auth::config::settings::SETTINGS;
use otp_auth::config::{AwsConfig, CoreConfig, Faults, SendConfig, Stage};
use otp_auth::domain::guard::GuardPolicy;
use otp_auth::domain::guard::budget::{COUNTRY_PERCENT, MESSAGES_PER_DAY};
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::domain::guard::unanswered::{
    COUNTRIES_PER_ADDRESS, COUNTRY_PER_DAY, COUNTRY_PER_HOUR, PREFIX_PER_DAY, PREFIX_PER_HOUR,
};
use otp_auth::domain::policy::{
    ADDRESS_PER_HOUR, ADDRESS_PER_MINUTE, Bounded, CODE_LENGTH, COOLDOWN_SECONDS, LIFETIME_MINUTES, MAX_GUESSES, Policy,
    SENDS_PER_DAY, SENDS_PER_HOUR,
};
use otp_auth::domain::time::Timestamp;
use otp_auth::messages::Brand;

/// No value has this by chance.
const MARK: &str = "\u{2603}snowman";

/// 2026-11-23T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

fuzz_target!(|text: &str| {
    let values: BTreeMap<&str, &str> = text
        .split('\n')
        .filter_map(|line| line.split_once('='))
        // These name files, and some files never end.
        .filter(|(name, _)| !["EMAIL_BLOCKED_DOMAINS_FILE", "MESSAGES_DIR"].contains(name))
        .collect();
    let lookup = |name: &str| values.get(name).map(|value| (*value).to_owned());
    match SendConfig::read(&lookup, NOW) {
        Ok(config) => check(&config),
        Err(faults) => check_faults(&faults),
    }
    assert!(CoreConfig::read(&lookup).is_ok() || SendConfig::read(&lookup, NOW).is_err(), "send-otp reads all that both read");
    let marked = |name: &str| values.get(name).map(|value| format!("{value}{MARK}"));
    let faults = [SendConfig::read(&marked, NOW).err(), AwsConfig::read(&marked).err()];
    assert!(faults.iter().flatten().all(|faults| !faults.to_string().contains(MARK)), "a fault quotes a value");
});

fn check_faults(faults: &Faults) {
    assert!(!faults.0.is_empty(), "refused without a reason");
    for fault in &faults.0 {
        assert!(SETTINGS.iter().any(|setting| setting.name == fault.variable), "{} is no setting", fault.variable);
        assert!(fault.problem.starts_with("must ") || fault.problem.starts_with("is "), "{}", fault.problem);
    }
}

fn check(config: &SendConfig) {
    check_policy(&config.core.policy);
    check_guard(&config.guard);
    let brand = config.messages.brand();
    let names = Brand::new(brand.app.clone(), brand.domain.clone()).map(|names| Brand { look: brand.look.clone(), ..names });
    assert_eq!(names.as_ref(), Ok(brand));
    let plain = |text: &str| !text.contains(['\r', '\n', '*']);
    assert!(config.core.origins.iter().all(|origin| plain(origin) && origin.starts_with("http")));
    assert!(config.email.iter().all(|email| plain(&email.from) && email.from.contains('@')));
    assert!(config.core.stage == Stage::Local || config.guard.countries != SmsCountries::All, "every country, and not local");
    assert!(config.sms.is_some() || config.email.is_some(), "nothing to send by");
    assert!(!config.core.table.is_empty() && !config.core.keys_secret.is_empty());
}

fn within(value: u32, setting: &Bounded) {
    assert!(setting.bounds.contains(&value), "{value} is out of bounds");
}

fn check_guard(guard: &GuardPolicy) {
    within(guard.prefix.per_hour, &PREFIX_PER_HOUR);
    within(guard.prefix.per_day, &PREFIX_PER_DAY);
    within(guard.country.per_hour, &COUNTRY_PER_HOUR);
    within(guard.country.per_day, &COUNTRY_PER_DAY);
    within(guard.countries_per_address, &COUNTRIES_PER_ADDRESS);
    within(guard.budget.messages, &MESSAGES_PER_DAY);
    within(guard.budget.country_percent, &COUNTRY_PERCENT);
    assert!(guard.prefix.per_hour <= guard.prefix.per_day && guard.country.per_hour <= guard.country.per_day);
    assert!(guard.budget.money.iter().all(|money| money.per_day.0 > 0 && !money.prices.is_empty()));
}

fn check_policy(policy: &Policy) {
    within(policy.code_length.into(), &CODE_LENGTH);
    within(policy.max_guesses, &MAX_GUESSES);
    within(u32::try_from(policy.sends.cooldown.as_secs()).unwrap_or(u32::MAX), &COOLDOWN_SECONDS);
    within(policy.sends.per_hour, &SENDS_PER_HOUR);
    within(policy.sends.per_day, &SENDS_PER_DAY);
    within(policy.address_per_minute, &ADDRESS_PER_MINUTE);
    within(policy.address_per_hour, &ADDRESS_PER_HOUR);
    for lifetime in [policy.sms_lifetime, policy.email_lifetime] {
        assert!((1..=LIFETIME_MINUTES.end() * 60).contains(&u32::try_from(lifetime.as_secs()).unwrap_or(u32::MAX)));
    }
    assert!(policy.sends.per_hour <= policy.sends.per_day);
}
