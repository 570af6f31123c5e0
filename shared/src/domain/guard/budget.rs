//! What a day may cost: texts, or dollars where their prices are known, for everything and for one country.
//!
//! OWASP API4:2023 (Unrestricted Resource Consumption) asks for a spending limit on every provider that is paid per use.

use std::collections::BTreeMap;

use crate::domain::policy::Bounded;

/// Texts in a day of UTC.
pub const MESSAGES_PER_DAY: Bounded = Bounded { default: 500, bounds: 1..=10_000_000 };
/// Of these, how many hundredths one country may have.
pub const COUNTRY_PERCENT: Bounded = Bounded { default: 50, bounds: 1..=100 };

/// Money in millionths of a US dollar: prices of texts have up to five decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroUsd(pub u64);

/// The texts of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Texts in a day.
    pub messages: u32,
    /// Hundredths of the day's texts and money that one country may have.
    pub country_percent: u32,
    /// The same in money.
    pub money: Option<MoneyBudget>,
}

/// The money of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyBudget {
    /// For everything.
    pub per_day: MicroUsd,
    /// What a text costs, by ISO 3166-1 alpha-2 country. One without a price counts as the dearest.
    pub prices: BTreeMap<String, MicroUsd>,
}

/// What is left for a message to fit into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Messages that may have been counted, this one included.
    pub messages: u64,
    /// What may have been spent before this message; none when money is not counted.
    pub spent_before: Option<MicroUsd>,
}

/// What is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The messages.
    Messages,
    /// The money.
    Money,
}

impl MicroUsd {
    /// From a decimal number of dollars with up to six decimals: `0.0075`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return None;
        }
        let micros: u64 = format!("{part:0<6}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros).map(Self)
    }
}

impl std::fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { messages: MESSAGES_PER_DAY.default, country_percent: COUNTRY_PERCENT.default, money: None }
    }
}

impl Budget {
    /// What a text to this country costs; nothing when money is not counted.
    #[must_use]
    pub fn price(&self, country: &str) -> MicroUsd {
        let Some(money) = &self.money else { return MicroUsd(0) };
        let dearest = || money.prices.values().max().copied();
        money.prices.get(country).copied().or_else(dearest).unwrap_or(money.per_day)
    }

    /// What the whole day's counters may be for a message at this price.
    #[must_use]
    pub fn of_the_day(&self, price: MicroUsd) -> Caps {
        self.caps(price, |whole| whole)
    }

    /// The same for one country's counters. A share is rounded up, so that it is never nothing.
    #[must_use]
    pub fn of_a_country(&self, price: MicroUsd) -> Caps {
        self.caps(price, |whole| self.share(whole))
    }

    /// How much of the day is used up by these counters, in hundredths: of the texts or of the money, whichever is more.
    #[must_use]
    pub fn used(&self, messages: u64, spent: MicroUsd) -> f64 {
        self.used_of(|whole| whole, messages, spent)
    }

    /// The same of one country's share, by its counters.
    #[must_use]
    pub fn used_of_a_country(&self, messages: u64, spent: MicroUsd) -> f64 {
        self.used_of(|whole| self.share(whole), messages, spent)
    }

    #[expect(clippy::cast_precision_loss, reason = "a share for people to look at")]
    fn used_of(&self, share: impl Fn(u64) -> u64, messages: u64, spent: MicroUsd) -> f64 {
        let of = |used: u64, whole: u64| 100.0 * used as f64 / share(whole).max(1) as f64;
        let money = self.money.as_ref().map_or(0.0, |money| of(spent.0, money.per_day.0));
        of(messages, u64::from(self.messages)).max(money)
    }

    fn share(&self, whole: u64) -> u64 {
        whole.saturating_mul(u64::from(self.country_percent)).div_ceil(100)
    }

    fn caps(&self, price: MicroUsd, share: impl Fn(u64) -> u64) -> Caps {
        let messages = share(u64::from(self.messages));
        let Some(money) = &self.money else { return Caps { messages, spent_before: None } };
        match share(money.per_day.0).checked_sub(price.0) {
            Some(room) => Caps { messages, spent_before: Some(MicroUsd(room)) },
            // Dearer than all there is: it never fits.
            None => Caps { messages: 0, spent_before: Some(MicroUsd(0)) },
        }
    }
}

impl Caps {
    /// Which of the two a day with these counters has reached.
    #[must_use]
    pub fn reached(&self, messages: u64, spent: MicroUsd) -> Option<Reached> {
        match self.spent_before {
            Some(room) if self.messages == 0 || spent > room => Some(Reached::Money),
            _ => (messages >= self.messages).then_some(Reached::Messages),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_to_the_millionth() {
        assert_eq!(MicroUsd::parse("0.0075"), Some(MicroUsd(7_500)));
        assert_eq!(MicroUsd::parse("12"), Some(MicroUsd(12_000_000)));
        assert_eq!(MicroUsd(7_500).to_string(), "0.007500");
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0.0000001", "99999999999999999999"] {
            assert_eq!(MicroUsd::parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_country_has_its_share_of_the_day() {
        let budget = Budget::default();
        assert_eq!(budget.of_the_day(MicroUsd(0)).messages, 500);
        assert_eq!(budget.of_a_country(MicroUsd(0)).messages, 250);
        let least = Budget { messages: 1, ..Budget::default() };
        assert_eq!(least.of_a_country(MicroUsd(0)).messages, 1);
    }

    #[test]
    fn a_country_without_a_price_counts_as_the_dearest() {
        let prices = [("US".to_owned(), MicroUsd(7)), ("DE".to_owned(), MicroUsd(80))].into();
        let budget = Budget { money: Some(MoneyBudget { per_day: MicroUsd(1_000), prices }), ..Budget::default() };
        assert_eq!(budget.price("US"), MicroUsd(7));
        assert_eq!(budget.price("FR"), MicroUsd(80));
        assert_eq!(budget.of_the_day(MicroUsd(80)).spent_before, Some(MicroUsd(920)));
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these shares are exact")]
    fn what_is_used_up_is_the_texts_or_the_money_whichever_is_more() {
        assert_eq!(Budget::default().used(125, MicroUsd(9_999)), 25.0, "money is not counted");
        let budget = Budget { money: Some(MoneyBudget { per_day: MicroUsd(200), prices: BTreeMap::new() }), ..Budget::default() };
        assert_eq!(budget.used(125, MicroUsd(150)), 75.0);
        assert_eq!(budget.used(450, MicroUsd(150)), 90.0);
    }

    #[test]
    fn money_ends_before_it_is_overspent() {
        let prices = [("DE".to_owned(), MicroUsd(80))].into();
        let budget = Budget { money: Some(MoneyBudget { per_day: MicroUsd(200), prices }), ..Budget::default() };
        let caps = budget.of_the_day(MicroUsd(80));
        assert_eq!(caps.reached(1, MicroUsd(120)), None);
        assert_eq!(caps.reached(1, MicroUsd(121)), Some(Reached::Money));
        assert_eq!(caps.reached(500, MicroUsd(0)), Some(Reached::Messages));
        assert_eq!(budget.of_the_day(MicroUsd(201)).reached(0, MicroUsd(0)), Some(Reached::Money), "dearer than a day");
    }
}
