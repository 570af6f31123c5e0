//! What message providers know us by: fields of the vault's secret, each named by its provider, as `twilio:auth_token`.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The fields that are read, in the vault's spelling.
pub mod field {
    /// The token of the Twilio account.
    pub const TWILIO_AUTH_TOKEN: &str = "twilio:auth_token";
    /// The SID of a Twilio API key, used instead of the account's token when it is there.
    pub const TWILIO_API_KEY: &str = "twilio:api_key";
    /// That key's secret.
    pub const TWILIO_API_KEY_SECRET: &str = "twilio:api_key_secret";
    /// The secret of the Vonage account.
    pub const VONAGE_API_SECRET: &str = "vonage:api_secret";
    /// The secret that Vonage signs its webhooks with.
    pub const VONAGE_SIGNATURE_SECRET: &str = "vonage:signature_secret";
    /// The password at the SMTP server.
    pub const SMTP_PASSWORD: &str = "smtp:password";
    /// The key for SendGrid's web API.
    pub const SENDGRID_API_KEY: &str = "sendgrid:api_key";
    /// All of them.
    pub const ALL: [&str; 7] = [
        TWILIO_AUTH_TOKEN,
        TWILIO_API_KEY,
        TWILIO_API_KEY_SECRET,
        VONAGE_API_SECRET,
        VONAGE_SIGNATURE_SECRET,
        SMTP_PASSWORD,
        SENDGRID_API_KEY,
    ];
}

/// The providers' secrets. Does not print.
#[derive(Default)]
pub struct ProviderSecrets(BTreeMap<&'static str, Zeroizing<String>>);

impl ProviderSecrets {
    /// Those that `lookup` gives by the names of [`field`]; empty ones are none.
    #[must_use]
    pub fn from_fields(lookup: impl Fn(&str) -> Option<Zeroizing<String>>) -> Self {
        let given = |name: &'static str| Some((name, lookup(name).filter(|secret| !secret.is_empty())?));
        Self(field::ALL.into_iter().filter_map(given).collect())
    }

    /// A secret by the name of its field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Zeroizing<String>> {
        self.0.get(field)
    }
}
