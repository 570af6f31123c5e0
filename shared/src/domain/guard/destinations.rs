//! Where messages may go: the countries that the operator chose, the kinds of number that a person carries, and the mail
//! domains that are not blocked.
//!
//! SMS pumping earns its money on premium ranges and on countries that the service has no users in; both are refused
//! before anything is counted or sent.

use std::collections::BTreeSet;

use crate::domain::recipient::{NumberKind, Recipient};

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

impl SmsCountries {
    /// The country, where it is one alone.
    #[must_use]
    pub fn one(&self) -> Option<&str> {
        let Self::Only(chosen) = self else { return None };
        chosen.first().filter(|_| chosen.len() == 1).map(String::as_str)
    }

    /// How many they are; `None` for every country.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::All => None,
            Self::Only(chosen) => Some(chosen.len()),
        }
    }

    /// May a message go to `recipient`? Mail always may. `voip`: so may a text to a number of Voice over IP.
    ///
    /// # Errors
    /// [`NotServed`] names the rule.
    pub fn check(&self, recipient: &Recipient, voip: bool) -> Result<(), NotServed> {
        let Recipient::Phone(phone) = recipient else { return Ok(()) };
        match phone.kind() {
            NumberKind::Mobile | NumberKind::FixedOrMobile => {}
            NumberKind::Voip if voip => {}
            _ => return Err(NotServed::Kind),
        }
        match (self, phone.country()) {
            (Self::All, _) => Ok(()),
            (Self::Only(chosen), Some(country)) if chosen.contains(country) => Ok(()),
            (Self::Only(_), _) => Err(NotServed::Country),
        }
    }
}

/// Mail domains that no code is sent to, as disposable ones are; each with everything below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedDomains(pub BTreeSet<String>);

impl BlockedDomains {
    /// Is `recipient` a mailbox in one of these domains, or below one?
    #[must_use]
    pub fn has(&self, recipient: &Recipient) -> bool {
        let Recipient::Email(_) = recipient else { return false };
        let domain = recipient.canonical().rsplit_once('@').map_or("", |(_, domain)| domain);
        let dots = domain.match_indices('.').filter_map(|(dot, _)| domain.get(dot + 1..));
        std::iter::once(domain).chain(dots).any(|name| self.0.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(countries: &SmsCountries, number: &str) -> Result<(), NotServed> {
        countries.check(&Recipient::parse(number, None).unwrap(), false)
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

    #[test]
    fn numbers_of_voice_over_ip_are_texted_by_choice() {
        let voip = Recipient::parse("+815012345678", None).unwrap();
        assert_eq!(SmsCountries::All.check(&voip, false), Err(NotServed::Kind));
        assert_eq!(SmsCountries::All.check(&voip, true), Ok(()));
    }

    #[test]
    fn a_blocked_domain_takes_what_is_below_it_along_and_nothing_else() {
        let blocked = BlockedDomains(["trash.example".to_owned()].into());
        for (address, is_blocked) in
            [("a@trash.example", true), ("a@x.y.trash.example", true), ("a@nottrash.example", false), ("a@example", false)]
        {
            let Ok(recipient) = Recipient::parse(address, None) else { continue };
            assert_eq!(blocked.has(&recipient), is_blocked, "{address}");
        }
        assert!(!blocked.has(&Recipient::parse("+12345678901", None).unwrap()));
    }
}
