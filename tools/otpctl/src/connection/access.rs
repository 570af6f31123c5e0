//! Access to AWS as an operator has it: profiles, sessions and roles, by the default chain of the AWS SDK.

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::provider::ProvideCredentials;
use otp_auth::adapters::aws::{self, Aws};
use otp_auth::config::{AwsConfig, environment};
use otp_auth::testing::embedded::local_credentials;
use zeroize::Zeroizing;

use crate::audit::local_operator;
use crate::cli::TargetArgs;
use crate::failure::Failure;

/// A whole operation on the table, and one attempt: a page of a scan takes longer than a write, and a person waits for it.
const LIMITS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));

/// Access, and who has it.
pub struct Access {
    /// The clients' common ground.
    pub aws: Aws,
    /// Who changes what is changed, for the audit log: the id of an access key, or a name on this machine.
    pub operator: String,
}

/// Access to what `target` names.
///
/// # Errors
/// No region, no credentials, or a CA bundle that cannot be read.
pub async fn to(target: &TargetArgs) -> Result<Access, Failure> {
    if target.endpoint.as_deref().is_some_and(is_on_this_machine) {
        return on_this_machine();
    }
    let ca_bundle = environment("AWS_CA_BUNDLE").filter(|path| !path.is_empty());
    let config = loader(target, ca_bundle.as_deref())?.load().await;
    let region = config.region().ok_or(Failure::NoRegion)?.to_string();
    let provider = config.credentials_provider().ok_or_else(|| Failure::Credentials("none were found".to_owned()))?;
    let found = provider.provide_credentials().await.map_err(|error| Failure::Credentials(error.to_string()))?;
    let credentials = AwsConfig {
        region,
        access_key_id: found.access_key_id().to_owned(),
        secret_access_key: Zeroizing::new(found.secret_access_key().to_owned()),
        session_token: found.session_token().map(|token| Zeroizing::new(token.to_owned())),
        ca_bundle,
    };
    let aws = Aws::new(&credentials)?.with_store_limits(LIMITS.0, LIMITS.1);
    Ok(Access { aws, operator: credentials.access_key_id })
}

/// Access to endpoints that check no credentials: the operator's own are not looked for.
///
/// # Errors
/// The trust bundle cannot be read, which cannot be.
pub fn on_this_machine() -> Result<Access, Failure> {
    let aws = Aws::new(&local_credentials())?.with_store_limits(LIMITS.0, LIMITS.1);
    Ok(Access { aws, operator: local_operator() })
}

fn loader(target: &TargetArgs, ca_bundle: Option<&str>) -> Result<ConfigLoader, Failure> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(aws::http_client(ca_bundle)?);
    if let Some(region) = &target.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &target.profile {
        loader = loader.profile_name(profile);
    }
    Ok(loader)
}

fn is_on_this_machine(endpoint: &str) -> bool {
    let host = endpoint.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_on_this_machine;

    #[test]
    fn only_loopback_endpoints_need_no_credentials() {
        for local in ["http://localhost:8001", "http://127.0.0.1:1", "http://[::1]:8001/"] {
            assert!(is_on_this_machine(local), "{local}");
        }
        for other in ["https://dynamodb.eu-west-1.amazonaws.com", "http://localhost.example.com", "http://10.0.0.1:8000", ""] {
            assert!(!is_on_this_machine(other), "{other}");
        }
    }
}
