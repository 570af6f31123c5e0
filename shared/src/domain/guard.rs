//! Where texts may go: the countries that the operator chose, and the kinds of number that a person carries.
//!
//! SMS pumping earns its money on premium ranges and on countries that the service has no users in; both are refused
//! before anything is counted or sent.

use std::collections::BTreeSet;

use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::recipient::{NumberKind, Recipient};

/// The countries that texts may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SmsCountries {
    /// Every country: for the local server.
    All,
    /// These, as ISO 3166-1 alpha-2 codes in capitals; none means no texts at all.
    Only(BTreeSet<String>),
}

/// Why a destination is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    /// The operator did not choose this country.
    #[error("country not allowed")]
    Country,
    /// Premium-rate, shared-cost, toll-free, pager, UAN, voicemail, fixed or unknown.
    #[error("kind of number not allowed")]
    Kind,
}

/// Is this the ISO 3166-1 alpha-2 code, in capitals, of a country that has phone numbers?
#[must_use]
pub fn is_country(code: &str) -> bool {
    PHONE_NUMBER_UTIL.get_supported_regions().any(|region| region.as_region_str().as_str() == code)
}

impl SmsCountries {
    /// May a message go to `recipient`? Mail always may.
    ///
    /// # Errors
    /// [`NotServed`] names the rule.
    pub fn check(&self, recipient: &Recipient) -> Result<(), NotServed> {
        let Recipient::Phone(phone) = recipient else { return Ok(()) };
        if !matches!(phone.kind(), NumberKind::Mobile | NumberKind::FixedOrMobile) {
            return Err(NotServed::Kind);
        }
        match (self, phone.country()) {
            (Self::All, _) => Ok(()),
            (Self::Only(chosen), Some(country)) if chosen.contains(country) => Ok(()),
            (Self::Only(_), _) => Err(NotServed::Country),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(countries: &SmsCountries, number: &str) -> Result<(), NotServed> {
        countries.check(&Recipient::parse(number, None).unwrap())
    }

    #[test]
    fn only_chosen_countries_are_served() {
        let us = SmsCountries::Only(["US".to_owned()].into());
        assert_eq!(check(&us, "+12345678901"), Ok(()));
        assert_eq!(check(&us, "+18765551234"), Err(NotServed::Country), "Jamaica is +1 too");
        assert_eq!(check(&SmsCountries::Only([].into()), "+12345678901"), Err(NotServed::Country));
        assert_eq!(check(&SmsCountries::All, "+4915112345678"), Ok(()));
        assert_eq!(check(&SmsCountries::Only([].into()), "a@example.com"), Ok(()));
    }

    #[test]
    fn numbers_that_cost_or_cannot_be_texted_are_refused_everywhere() {
        for number in ["+18005551234", "+19005551234", "+442079460958"] {
            assert_eq!(check(&SmsCountries::All, number), Err(NotServed::Kind), "{number}");
        }
    }
}
