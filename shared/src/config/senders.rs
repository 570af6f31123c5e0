//! What the message providers are told besides the message. Plain values: settings are read without any provider at hand.

/// How texts are sent. Absent values are SNS's own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SnsSettings {
    /// The name that texts come from, 1 to 11 letters and digits, where the country has it.
    pub sender_id: Option<String>,
    /// The number that texts come from, in E.164.
    pub origination_number: Option<String>,
    /// The most that one text may cost, in USD; SNS sends nothing that costs more.
    pub max_price_usd: Option<String>,
}

/// How mail is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SesSettings {
    /// The verified address that mail comes from, with a display name if wanted.
    pub from: String,
    /// The configuration set to send under.
    pub configuration_set: Option<String>,
}
