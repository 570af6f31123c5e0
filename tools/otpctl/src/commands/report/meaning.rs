//! What the names in the log mean, for who reads the page.

/// What kind of refusal a reason is, and in what words.
pub struct Meaning {
    /// Who refuses.
    pub by: By,
    /// The reason, as a sentence's end.
    pub words: &'static str,
}

/// Who refuses a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The guard against SMS pumping, or the operator's stop.
    Guard,
    /// A window on an identifier or an address.
    Limit,
    /// The rest: what the request asked for cannot be.
    Request,
}

impl By {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Limit => "limit",
            Self::Request => "request",
        }
    }
}

/// What a reason means. `docs/guard.md` says more of the guard's.
pub fn of_reason(reason: &str) -> Meaning {
    let (by, words) = match reason {
        "country" => (By::Guard, "no texts are sent to this country"),
        "number_kind" => (By::Guard, "not a kind of number that a person carries"),
        "mail_domain" => (By::Guard, "a blocked mail domain"),
        "stopped" => (By::Guard, "stopped by an operator"),
        "address_countries" => (By::Guard, "one address asked for too many countries"),
        "prefix_hour" => (By::Guard, "too many unanswered texts to a block of numbers in an hour"),
        "prefix_day" => (By::Guard, "too many unanswered texts to a block of numbers in a day"),
        "country_hour" => (By::Guard, "too many unanswered texts to a country in an hour"),
        "country_day" => (By::Guard, "too many unanswered texts to a country in a day"),
        "country_messages" => (By::Guard, "a country's texts of the day are used up"),
        "country_money" => (By::Guard, "a country's money of the day is used up"),
        "day_messages" => (By::Guard, "the day's texts are used up"),
        "day_money" => (By::Guard, "the day's money is used up"),
        "identifier_window" => (By::Limit, "too many sends to one person"),
        "address_window" => (By::Limit, "too many sends from one address"),
        "provider_refused" => (By::Request, "the recipient cannot be reached, or wants no messages"),
        "channel_off" => (By::Request, "this channel is not in use"),
        "forged_challenge" => (By::Request, "a challenge that is not ours"),
        "invalid_token" => (By::Request, "an access token that is not good"),
        "idempotency_key_reused" => (By::Request, "an idempotency key of another request"),
        "replay" => (By::Request, "a repeated request whose first one has ended"),
        _ => (By::Request, ""),
    };
    Meaning { by, words }
}

#[cfg(test)]
mod tests {
    use otp_auth::domain::guard::Reason;

    use super::*;

    #[test]
    fn every_reason_of_the_guard_has_words() {
        let all = [
            Reason::Country,
            Reason::NumberKind,
            Reason::MailDomain,
            Reason::Stopped,
            Reason::AddressCountries,
            Reason::PrefixHour,
            Reason::PrefixDay,
            Reason::CountryHour,
            Reason::CountryDay,
            Reason::CountryMessages,
            Reason::CountryMoney,
            Reason::DayMessages,
            Reason::DayMoney,
        ];
        for reason in all {
            let meaning = of_reason(reason.as_str());
            assert_eq!(meaning.by, By::Guard, "{reason}");
            assert!(!meaning.words.is_empty(), "{reason}");
        }
    }
}
