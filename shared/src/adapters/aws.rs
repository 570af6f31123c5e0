//! The AWS clients' common ground: one connector for all of them, a small trust bundle, explicit credentials.
//!
//! The SDK's own defaults build a TLS configuration and a pool for each client, parse every root certificate of the
//! system, and look for credentials in files and on the network. All of that is start-up time that a function pays for
//! nothing: its credentials are in its environment, and AWS's endpoints chain to Amazon's roots.
#![cfg(feature = "aws")]

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};

use super::aws_requests::{no_stream_watch, plain_requests};
use super::metered::Metered;
use crate::config::AwsConfig;

/// Amazon's root certificates, from <https://www.amazontrust.com/repository/>.
const AMAZON_ROOTS: &[u8] = include_bytes!("trust/amazon.pem");

/// A whole store operation, retries included.
const STORE_OPERATION: Duration = Duration::from_secs(2);
/// One attempt at the store.
const STORE_ATTEMPT: Duration = Duration::from_millis(600);
/// The only attempt at a message provider.
pub(super) const SENDER_ATTEMPT: Duration = Duration::from_secs(4);
/// Until a connection stands, TLS included.
pub(super) const CONNECT: Duration = Duration::from_secs(1);

/// Access to AWS: a region, credentials, and the connector that every client shares.
#[derive(Clone, Debug)]
pub struct Aws {
    region: Region,
    credentials: Credentials,
    connector: SharedHttpConnector,
    extra_roots: Option<Vec<u8>>,
    /// A whole store operation, and one attempt at it.
    store_limits: (Duration, Duration),
}

/// The trust bundle could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the trusted root certificates cannot be read: {0}")]
pub struct UnreadableTrust(String);

impl UnreadableTrust {
    pub(super) fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl Aws {
    /// With this region and these credentials, trusting Amazon's roots and those of the CA bundle if there is one.
    ///
    /// # Errors
    /// A root certificate cannot be read.
    pub fn new(config: &AwsConfig) -> Result<Self, UnreadableTrust> {
        let extra_roots = config.ca_bundle.as_ref().map(std::fs::read).transpose().map_err(UnreadableTrust::of)?;
        Ok(Self {
            region: Region::new(config.region.clone()),
            credentials: Credentials::new(
                &config.access_key_id,
                config.secret_access_key.as_str(),
                config.session_token.as_ref().map(|token| token.to_string()),
                None,
                "environment",
            ),
            connector: SharedHttpConnector::new(Metered(connector(extra_roots.clone())?)),
            extra_roots,
            store_limits: (STORE_OPERATION, STORE_ATTEMPT),
        })
    }

    /// With this much time for a whole store operation, and for each attempt: for machines that are busy with a hundred
    /// requests at once.
    #[must_use]
    pub const fn with_store_limits(mut self, operation: Duration, attempt: Duration) -> Self {
        self.store_limits = (operation, attempt);
        self
    }

    /// The root certificates of the CA bundle, in PEM.
    #[must_use]
    pub fn extra_roots(&self) -> Option<&[u8]> {
        self.extra_roots.as_deref()
    }

    /// DynamoDB: three attempts of 600 ms inside 2 s. Every write of ours can be repeated safely.
    #[must_use]
    pub fn dynamodb(&self, endpoint: Option<&str>) -> aws_sdk_dynamodb::Client {
        let retries = RetryConfig::standard()
            .with_max_attempts(3)
            .with_initial_backoff(Duration::from_millis(50))
            .with_max_backoff(Duration::from_millis(300));
        let timeouts =
            TimeoutConfig::builder().operation_timeout(self.store_limits.0).operation_attempt_timeout(self.store_limits.1);
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http_client())
            .retry_config(retries)
            .timeout_config(timeouts.build())
            .stalled_stream_protection(no_stream_watch());
        config.push_interceptor(plain_requests());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    /// SNS: one attempt of 4 s, no retries, since a second attempt can be a second message.
    #[must_use]
    pub fn sns(&self, endpoint: Option<&str>) -> aws_sdk_sns::Client {
        let mut config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http_client())
            .retry_config(RetryConfig::disabled())
            .timeout_config(one_attempt())
            .stalled_stream_protection(no_stream_watch());
        config.push_interceptor(plain_requests());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        aws_sdk_sns::Client::from_conf(config.build())
    }

    /// SES v2: as SNS.
    #[must_use]
    pub fn ses(&self, endpoint: Option<&str>) -> aws_sdk_sesv2::Client {
        let mut config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http_client())
            .retry_config(RetryConfig::disabled())
            .timeout_config(one_attempt())
            .stalled_stream_protection(no_stream_watch());
        config.push_interceptor(plain_requests());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        aws_sdk_sesv2::Client::from_conf(config.build())
    }

    /// Secrets Manager: read once at start.
    #[must_use]
    pub fn secrets(&self, endpoint: Option<&str>) -> aws_sdk_secretsmanager::Client {
        let mut config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http_client())
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(100)))
            .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(4)).build());
        config.set_endpoint_url(endpoint.map(str::to_owned));
        aws_sdk_secretsmanager::Client::from_conf(config.build())
    }

    /// The region's standard endpoint of a service, or the override.
    #[must_use]
    pub fn endpoint(&self, service: &str, overridden: Option<&str>) -> String {
        overridden.map_or_else(|| format!("https://{service}.{}.amazonaws.com", self.region), str::to_owned)
    }

    /// Opens a connection to `endpoint` and leaves it in the pool, by one request that costs nothing and needs no
    /// permission. Start-up has more CPU than the requests that follow; a failure here is theirs to report.
    pub async fn open_connection(&self, endpoint: &str) {
        let Ok(request) = http::Request::get(endpoint).body(aws_smithy_types::body::SdkBody::empty()) else { return };
        let Ok(request) = request.try_into() else { return };
        let response = tokio::time::timeout(CONNECT, self.connector.call(request)).await;
        if !matches!(response, Ok(Ok(_))) {
            tracing::info!(endpoint, "no connection during start");
        }
    }

    fn http_client(&self) -> SharedHttpClient {
        let connector = self.connector.clone();
        http_client_fn(move |_, _| connector.clone())
    }
}

/// An HTTP client that trusts what [`Aws`] trusts, to look for credentials with.
///
/// # Errors
/// The CA bundle cannot be read.
pub fn http_client(ca_bundle: Option<&str>) -> Result<SharedHttpClient, UnreadableTrust> {
    let extra_roots = ca_bundle.map(std::fs::read).transpose().map_err(UnreadableTrust::of)?;
    let connector = SharedHttpConnector::new(connector(extra_roots)?);
    Ok(http_client_fn(move |_, _| connector.clone()))
}

fn connector(extra_roots: Option<Vec<u8>>) -> Result<Connector, UnreadableTrust> {
    let mut trusted = tls::TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    if let Some(pem) = extra_roots {
        trusted = trusted.with_pem_certificate(pem);
    }
    let context = tls::TlsContext::builder().with_trust_store(trusted).build().map_err(UnreadableTrust::of)?;
    Ok(Connector::builder()
        .tls_provider(tls::Provider::rustls(tls::rustls_provider::CryptoMode::AwsLc))
        .tls_context(context)
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
        .build())
}

fn one_attempt() -> TimeoutConfig {
    TimeoutConfig::builder().operation_timeout(SENDER_ATTEMPT).build()
}
