//! Access to AWS, from the environment that Lambda gives a function.

use zeroize::Zeroizing;

use super::reader::{Faults, Lookup, Reader};

/// Region and credentials. Does not print.
pub struct AwsConfig {
    /// The region.
    pub region: String,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key.
    pub secret_access_key: Zeroizing<String>,
    /// The session's token.
    pub session_token: Option<Zeroizing<String>>,
    /// A PEM file of further root certificates to trust.
    pub ca_bundle: Option<String>,
}

impl AwsConfig {
    /// Reads it. There are no profile files and no metadata service: a function has all of it in its environment.
    ///
    /// # Errors
    /// Every variable that is missing.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let config = Self::read_from(&mut reader);
        reader.finish(config)
    }

    fn read_from(reader: &mut Reader<'_>) -> Option<Self> {
        let region = reader.required("AWS_REGION");
        let access_key_id = reader.required("AWS_ACCESS_KEY_ID");
        let secret_access_key = reader.required("AWS_SECRET_ACCESS_KEY").map(Zeroizing::new);
        Some(Self {
            region: region?,
            access_key_id: access_key_id?,
            secret_access_key: secret_access_key?,
            session_token: reader.get("AWS_SESSION_TOKEN").map(Zeroizing::new),
            ca_bundle: reader.get("AWS_CA_BUNDLE"),
        })
    }
}
