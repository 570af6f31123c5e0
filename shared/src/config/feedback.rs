//! Whether providers hear of right codes, and what `verify-otp` needs for that.

use super::reader::{Faults, Lookup, Reader};
use crate::domain::policy::SignUp;

/// The accounts of the providers that hear of right codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedbackConfig {
    /// Twilio's.
    pub twilio: Option<String>,
    /// Vonage's.
    pub vonage: Option<String>,
}

/// Is there anybody in this build who hears?
const SOMEBODY_HEARS: bool = cfg!(any(feature = "twilio", feature = "vonage"));

impl FeedbackConfig {
    /// Reads it; none when it is off.
    ///
    /// # Errors
    /// Every fault that these settings have.
    pub fn read(lookup: Lookup<'_>) -> Result<Option<Self>, Faults> {
        let mut reader = Reader::new(lookup);
        let config = is_wanted(&mut reader).map(|wanted| {
            let twilio = reader.optional("TWILIO_ACCOUNT_SID", super::providers::account_sid);
            let vonage = reader.optional("VONAGE_API_KEY", super::providers::api_key);
            wanted.then_some(Self { twilio, vonage })
        });
        reader.finish(config)
    }
}

/// Under closed sign-up the write that keeps a message's id would tell, by its time, who is registered.
pub(super) fn read(reader: &mut Reader<'_>, sign_up: Option<SignUp>) -> Option<bool> {
    let wanted = is_wanted(reader)?;
    if wanted && sign_up == Some(SignUp::Closed) {
        reader.fault(
            "DELIVERY_FEEDBACK",
            "must be off with SIGN_UP=closed: the time of a further write would tell who is registered",
        );
    }
    Some(wanted)
}

fn is_wanted(reader: &mut Reader<'_>) -> Option<bool> {
    let wanted = reader.choice("DELIVERY_FEEDBACK", "off", &[("off", false), ("on", true)])?;
    if wanted && !SOMEBODY_HEARS {
        reader.fault("DELIVERY_FEEDBACK", "must be off in a build without twilio and vonage: nobody else hears it");
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<FeedbackConfig>, String> {
        let lookup = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        FeedbackConfig::read(&lookup).map_err(|faults| faults.to_string())
    }

    #[test]
    fn verify_needs_the_accounts_and_nothing_else_of_the_providers() {
        let account = "AC0123456789abcdef0123456789abcdef";
        let accounts = [("TWILIO_ACCOUNT_SID", account), ("VONAGE_API_KEY", "abcd1234")];
        assert_eq!(read(&accounts), Ok(None));
        let on = read(&[&accounts[..], &[("DELIVERY_FEEDBACK", "on")]].concat()).unwrap();
        assert_eq!(on, Some(FeedbackConfig { twilio: Some(account.to_owned()), vonage: Some("abcd1234".to_owned()) }));
        assert_eq!(read(&[("DELIVERY_FEEDBACK", "on")]), Ok(Some(FeedbackConfig { twilio: None, vonage: None })));
        let fault = read(&[("DELIVERY_FEEDBACK", "on"), ("TWILIO_ACCOUNT_SID", "AC1/../x")]).unwrap_err();
        assert!(fault.starts_with("TWILIO_ACCOUNT_SID"), "{fault}");
    }
}
