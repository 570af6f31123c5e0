//! One HTTP request to a provider that is not AWS, and what its fate proves.
//!
//! The same stack as the AWS clients', with a connector of its own: these providers say that their certificates can come from
//! any public authority, so the system's roots are trusted here, and nowhere else.

use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::{HeaderName, HeaderValue, header};
use zeroize::Zeroizing;

use super::aws::{CONNECT, SENDER_ATTEMPT, UnreadableTrust};
use super::delivery::never_connected;
use crate::ports::sender::{Delivery, Refusal, RefusalClass};

/// Longest reply that is read, in bytes; providers' own are far below.
const MAX_REPLY: usize = 64 * 1024;

/// Sends requests to providers.
#[derive(Clone, Debug)]
pub struct Web {
    connector: SharedHttpConnector,
}

/// A request: the body, and how it is authorised.
pub(super) struct Post<'a> {
    pub(super) provider: &'static str,
    pub(super) url: &'a str,
    pub(super) media_type: &'static str,
    pub(super) authorization: Option<Zeroizing<String>>,
    pub(super) body: Zeroizing<String>,
}

/// A whole reply.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Web {
    /// Trusts the system's root certificates, and those of this PEM text.
    ///
    /// # Errors
    /// A certificate cannot be read.
    pub fn new(extra_roots: Option<Vec<u8>>) -> Result<Self, UnreadableTrust> {
        let trusted = tls::TrustStore::empty().with_native_roots(true);
        Self::trusting(extra_roots.into_iter().fold(trusted, tls::TrustStore::with_pem_certificate))
    }

    /// Trusts this PEM text alone.
    ///
    /// # Errors
    /// A certificate cannot be read.
    pub fn trusting_only(roots: Vec<u8>) -> Result<Self, UnreadableTrust> {
        Self::trusting(tls::TrustStore::empty().with_pem_certificate(roots))
    }

    fn trusting(trusted: tls::TrustStore) -> Result<Self, UnreadableTrust> {
        let context = tls::TlsContext::builder().with_trust_store(trusted).build().map_err(UnreadableTrust::of)?;
        let connector = Connector::builder()
            .tls_provider(tls::Provider::rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .tls_context(context)
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
            .build();
        Ok(Self { connector: SharedHttpConnector::new(connector) })
    }

    /// Makes a request once, within 4 s. An error is an outcome that needs no look at a reply.
    pub(super) async fn post(&self, post: Post<'_>) -> Result<Reply, Delivery> {
        let provider = post.provider;
        let request = build(post).ok_or_else(|| refused(provider, RefusalClass::Invalid, "RequestNotBuilt"))?;
        let exchange = async {
            let response = self.connector.call(request).await.map_err(|error| {
                if never_connected(&error) {
                    unreached(provider, "no connection")
                } else {
                    ambiguous(provider, "connection lost")
                }
            })?;
            read(response).await.ok_or_else(|| ambiguous(provider, "unreadable reply"))
        };
        tokio::time::timeout(SENDER_ATTEMPT, exchange).await.unwrap_or_else(|_| Err(ambiguous(provider, "timeout")))
    }
}

fn build(post: Post<'_>) -> Option<aws_smithy_runtime_api::client::orchestrator::HttpRequest> {
    let mut request = http::Request::post(post.url)
        .header(header::CONTENT_TYPE, post.media_type)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_LENGTH, post.body.len())
        .body(SdkBody::from(post.body.as_str()))
        .ok()?;
    if let Some(authorization) = post.authorization {
        let mut value = HeaderValue::from_str(&authorization).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("otp-auth"));
    request.try_into().ok()
}

async fn read(mut response: HttpResponse) -> Option<Reply> {
    let headers = response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let status = response.status().as_u16();
    let mut stream = ByteStream::new(response.take_body());
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.ok()?);
        if body.len() > MAX_REPLY {
            return None;
        }
    }
    Some(Reply { status, body, headers })
}

impl Reply {
    /// The body as JSON.
    pub(super) fn json<'a, T: serde::Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header's value.
    #[cfg_attr(not(feature = "sendgrid"), allow(dead_code, reason = "only SendGrid says something in a header"))]
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name.as_str()).map(|(_, value)| value.as_str())
    }

    /// What a status proves where the body says no more.
    pub(super) fn outcome(&self, provider: &'static str) -> Delivery {
        let code = format!("status {}", self.status);
        match self.status {
            401 | 403 => refused(provider, RefusalClass::Credentials, &code),
            402 => refused(provider, RefusalClass::Funds, &code),
            // A proxy that gave up waiting says so with 408, whatever the provider did meanwhile.
            408 => ambiguous(provider, &code),
            429 => refused(provider, RefusalClass::Rate, &code),
            400..=499 => refused(provider, RefusalClass::Invalid, &code),
            _ => ambiguous(provider, &code),
        }
    }
}

/// `Basic`, as RFC 7617 has it.
#[cfg(any(feature = "twilio", feature = "vonage"))]
pub(super) fn basic(user: &str, password: &str) -> Zeroizing<String> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    Zeroizing::new(format!("Basic {}", STANDARD.encode(Zeroizing::new(format!("{user}:{password}")).as_bytes())))
}

pub(super) fn refused(provider: &'static str, class: RefusalClass, code: &str) -> Delivery {
    Delivery::Refused { provider, reason: Refusal { class, code: code.to_owned() } }
}

pub(super) fn unreached(provider: &'static str, cause: &str) -> Delivery {
    Delivery::Unreached { provider, cause: cause.to_owned() }
}

pub(super) fn ambiguous(provider: &'static str, cause: &str) -> Delivery {
    Delivery::Ambiguous { provider, cause: cause.to_owned() }
}

/// A provider's id of a message: theirs to choose, ours to log.
pub(super) fn accepted(provider: &'static str, id: &str) -> Option<Delivery> {
    let plain = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| Delivery::Accepted { provider, message_id: id.to_owned() })
}
