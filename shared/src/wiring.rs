//! The composition root: every client, key and setting is made here, once, at start and in parallel.

use std::sync::Arc;

use crate::adapters::aws::{Aws, UnreadableTrust};
use crate::adapters::decoy::{self, Observed, RecentDeliveries};
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::failover::Failover;
use crate::adapters::jwt::Jwt;
use crate::adapters::no_tokens::NoTokens;
#[cfg(feature = "otel")]
use crate::adapters::otlp::Otlp;
use crate::adapters::providers::{self, Providers, UnfitProvider};
use crate::adapters::receipts::ses::SesNotices;
use crate::adapters::secrets::{Needs, SecretError, VaultKeys};
use crate::adapters::system::{SystemClock, SystemRandomness};
use crate::app::grant::{Grants, Sessions};
use crate::app::guard::Guard;
use crate::app::log_out::LogOut;
use crate::app::refresh_session::RefreshSession;
use crate::app::send_otp::SendOtp;
use crate::app::take_receipt::TakeReceipt;
use crate::app::verify_otp::VerifyOtp;
use crate::config::{
    AwsConfig, CoreConfig, EmailProvider, Faults, FeedbackConfig, Lookup, SendConfig, SessionConfig, SmsProvider, Stage,
};
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::session::Transport;
use crate::http::{Api, Cors, Receipts, SessionRoutes};
use crate::ports::clock::{Clock, Randomness};
use crate::ports::keys::KeySource;
use crate::ports::sender::Sender;
use crate::ports::tokens::{PublishedKeys, TokenChecker, TokenIssuer};
use crate::ports::traces::Traces;
use crate::telemetry;

/// Why a function does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing or wrong.
    #[error("settings: {0}")]
    Settings(#[from] Faults),
    /// A root certificate cannot be read.
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    /// There are no keys.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A message provider cannot be asked.
    #[error(transparent)]
    Provider(#[from] UnfitProvider),
}

/// What the use cases share, whatever it is made of.
#[derive(Clone)]
pub struct Parts {
    /// Every store, in one table.
    pub store: Arc<DynamoStore>,
    /// Who tells genuine access tokens.
    pub tokens: Arc<dyn TokenChecker>,
    /// The keys.
    pub keys: Arc<dyn KeySource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub randomness: Arc<dyn Randomness>,
}

/// Who delivers on each channel.
#[derive(Clone, Default)]
pub struct Senders {
    /// Texts.
    pub sms: Option<Arc<dyn Sender>>,
    /// Mail.
    pub email: Option<Arc<dyn Sender>>,
}

/// `send-otp`, ready to serve.
///
/// # Errors
/// [`StartError`], which names everything that is wrong.
pub async fn send_function(lookup: Lookup<'_>) -> Result<Api, StartError> {
    let (aws, config) = both(AwsConfig::read(lookup), SendConfig::read(lookup, SystemClock.now()))?;
    telemetry::start(config.core.log_level);
    let aws = Aws::new(&aws)?;
    let by_sns = config.sms.is_some() && config.providers.sms.contains(&SmsProvider::Sns);
    let by_ses = config.email.is_some() && config.providers.email.contains(&EmailProvider::Ses);
    let sns = by_sns.then(|| aws.endpoint("sns", config.sns_endpoint.as_deref()));
    let ses = by_ses.then(|| aws.endpoint("email", config.ses_endpoint.as_deref()));
    let (parts, (), (), ()) = tokio::join!(parts(&aws, &config.core), open(&aws, sns), open(&aws, ses), warm_up());
    let parts = parts?;
    let senders = every_sender(&config, &aws, &parts.keys)?.with_failover(&parts.clock);
    let receipts = receipts(&config, &parts);
    Ok(Api { receipts, ..api(&config.core, &parts, Some(send_otp(&config, &parts, senders)), None) })
}

/// Receipts, of the providers that are configured and told where to bring them; none where there is no such provider.
#[must_use]
pub fn receipts(config: &SendConfig, parts: &Parts) -> Option<Receipts> {
    let texts = config.sms.iter().flat_map(|_| &config.providers.sms);
    let readers: Vec<_> = texts.filter_map(providers::receipts).collect();
    let by_ses = config.email.is_some() && config.providers.email.contains(&EmailProvider::Ses);
    let topic = config.ses_events_topic.clone().filter(|_| by_ses);
    let take = TakeReceipt {
        store: Arc::clone(&parts.store) as _,
        keys: Arc::clone(&parts.keys),
        clock: Arc::clone(&parts.clock),
        randomness: Arc::clone(&parts.randomness),
        metrics_namespace: config.core.metrics_namespace.clone(),
    };
    let some = !readers.is_empty() || topic.is_some();
    some.then(|| Receipts { readers, notices: topic.map(|topic| Arc::new(SesNotices::new(topic)) as _), take })
}

/// Every sender that is configured, by channel, in the order of the settings. Each has its provider's name
/// ([`Sender::provider`]) and tries nobody else.
pub struct EverySender {
    /// Of texts.
    pub sms: Vec<Arc<dyn Sender>>,
    /// Of mail.
    pub email: Vec<Arc<dyn Sender>>,
}

impl EverySender {
    /// One face for each channel.
    #[must_use]
    pub fn with_failover(self, clock: &Arc<dyn Clock>) -> Senders {
        let Self { sms, email } = self;
        Senders { sms: Failover::over(sms, Arc::clone(clock)), email: Failover::over(email, Arc::clone(clock)) }
    }
}

/// Makes every sender that is configured; their secrets are those of `keys`.
///
/// # Errors
/// A provider's secret is missing, or a root certificate cannot be read.
pub fn every_sender(config: &SendConfig, aws: &Aws, keys: &Arc<dyn KeySource>) -> Result<EverySender, StartError> {
    let providers = Providers::new(config, aws, keys);
    let sms = config.sms.iter().flat_map(|settings| config.providers.sms.iter().map(move |provider| (provider, settings)));
    let email = config.email.iter().flat_map(|settings| config.providers.email.iter().map(move |provider| (provider, settings)));
    Ok(EverySender {
        sms: sms.map(|(provider, settings)| providers.sms(provider, settings)).collect::<Result<_, _>>()?,
        email: email.map(|(provider, settings)| providers.email(provider, settings)).collect::<Result<_, _>>()?,
    })
}

/// `verify-otp`, ready to serve.
///
/// # Errors
/// [`StartError`], which names everything that is wrong.
pub async fn verify_function(lookup: Lookup<'_>) -> Result<Api, StartError> {
    let settings = both(AwsConfig::read(lookup), CoreConfig::read(lookup));
    let ((aws, config), feedback) = both(settings, FeedbackConfig::read(lookup))?;
    telemetry::start(config.log_level);
    let aws = Aws::new(&aws)?;
    let (parts, ()) = tokio::join!(parts(&aws, &config), warm_up());
    let parts = parts?;
    let feedback = providers::feedback(feedback, &aws, &parts.keys)?;
    Ok(api(&config, &parts, None, Some(VerifyOtp { feedback, ..verify_otp(&config, &parts) })))
}

/// Sending, by these settings.
#[must_use]
pub fn send_otp(config: &SendConfig, parts: &Parts, senders: Senders) -> SendOtp {
    // The local server's outbox takes no time, so nothing there stands for a provider's.
    let usual = if config.core.stage == Stage::Local { 0..=0 } else { decoy::USUAL };
    let deliveries = Arc::new(RecentDeliveries::new(usual, Arc::clone(&parts.randomness)));
    let observed =
        |sender, channel| Arc::new(Observed { sender, channel, deliveries: Arc::clone(&deliveries) }) as Arc<dyn Sender>;
    let email = senders.email.map(|sender| observed(sender, Channel::Email));
    SendOtp {
        store: Arc::clone(&parts.store) as _,
        claims: Arc::clone(&parts.store) as _,
        directory: Arc::clone(&parts.store) as _,
        tokens: Arc::clone(&parts.tokens),
        sms: senders.sms.map(|sender| observed(sender, Channel::Sms)),
        fallback: email.clone().filter(|_| config.mail_instead_of_texts),
        email,
        feedback_to: feedback_to(config),
        decoy: deliveries,
        sign_up: config.core.sign_up,
        keys: Arc::clone(&parts.keys),
        clock: Arc::clone(&parts.clock),
        randomness: Arc::clone(&parts.randomness),
        policy: config.core.policy.clone(),
        guard: Arc::new(Guard::new(Arc::clone(&parts.store) as _, config.guard.clone())),
        test_identifiers: config.test_identifiers.clone(),
        messages: config.messages.clone(),
    }
}

/// The providers that are to hear of right codes.
fn feedback_to(config: &SendConfig) -> Vec<&'static str> {
    let providers = config.providers.sms.iter().filter(|_| config.feedback);
    providers.filter_map(providers::hears_of_right_codes).collect()
}

/// Verifying, by these settings; no provider hears of it.
#[must_use]
pub fn verify_otp(config: &CoreConfig, parts: &Parts) -> VerifyOtp {
    VerifyOtp {
        store: Arc::clone(&parts.store) as _,
        directory: Arc::clone(&parts.store) as _,
        tokens: Arc::clone(&parts.tokens),
        sign_up: config.sign_up,
        keys: Arc::clone(&parts.keys),
        clock: Arc::clone(&parts.clock),
        randomness: Arc::clone(&parts.randomness),
        policy: config.policy.clone(),
        grants: issuer(config, parts)
            .map(|issuer| Grants { issuer, sessions: sessions(config, parts).map(|(sessions, _)| sessions) }),
        guard: Arc::new(Guard::new(Arc::clone(&parts.store) as _, config.take_backs.clone().into())),
        feedback: None,
    }
}

/// Access tokens, by these settings: made, checked and published; none without an issuer.
#[must_use]
pub fn jwt(config: &CoreConfig, keys: &Arc<dyn KeySource>, randomness: &Arc<dyn Randomness>) -> Option<Jwt> {
    let settings = config.tokens.as_ref()?.jwt.clone();
    Some(Jwt::new(Arc::clone(keys), Arc::clone(randomness), settings))
}

/// Who tells genuine access tokens: nobody takes one for genuine where tokens are off.
#[must_use]
pub fn checker(config: &CoreConfig, keys: &Arc<dyn KeySource>, randomness: &Arc<dyn Randomness>) -> Arc<dyn TokenChecker> {
    jwt(config, keys, randomness).map_or_else(|| Arc::new(NoTokens) as _, |jwt| Arc::new(jwt) as _)
}

fn issuer(config: &CoreConfig, parts: &Parts) -> Option<Arc<dyn TokenIssuer>> {
    jwt(config, &parts.keys, &parts.randomness).map(|jwt| Arc::new(jwt) as _)
}

fn sessions(config: &CoreConfig, parts: &Parts) -> Option<(Sessions, Transport)> {
    let SessionConfig { policy, transport } = config.tokens.as_ref()?.sessions?;
    let sessions = Sessions {
        store: Arc::clone(&parts.store) as _,
        keys: Arc::clone(&parts.keys),
        randomness: Arc::clone(&parts.randomness),
        policy,
    };
    Some((sessions, transport))
}

fn session_routes(config: &CoreConfig, parts: &Parts) -> Option<SessionRoutes> {
    let (sessions, transport) = sessions(config, parts)?;
    let log_out = LogOut { sessions: sessions.clone() };
    let refresh = RefreshSession {
        sessions,
        issuer: issuer(config, parts)?,
        directory: Arc::clone(&parts.store) as _,
        clock: Arc::clone(&parts.clock),
    };
    Some(SessionRoutes { refresh, log_out, transport })
}

/// The routes that a process serves: sessions and keys beside `verify`.
#[must_use]
pub fn api(config: &CoreConfig, parts: &Parts, send: Option<SendOtp>, verify: Option<VerifyOtp>) -> Api {
    let sessions = verify.as_ref().and_then(|_| session_routes(config, parts));
    let published = verify.as_ref().and_then(|_| jwt(config, &parts.keys, &parts.randomness));
    let cookies = sessions.as_ref().is_some_and(|routes| routes.transport == Transport::Cookie);
    let cors = Cors::new(config.origins.clone());
    Api {
        send,
        receipts: None,
        verify,
        sessions,
        published: published.map(|jwt| Arc::new(jwt) as Arc<dyn PublishedKeys>),
        locale: config.locale,
        catalogs: Arc::clone(&config.catalogs),
        cors: if cookies { cors.with_credentials() } else { cors },
        clock: Arc::clone(&parts.clock),
        metrics_namespace: config.metrics_namespace.clone(),
        traces: traces(config, parts),
    }
}

/// Traces, where a collector is named; a build without them refuses to start with one.
#[cfg(feature = "otel")]
fn traces(config: &CoreConfig, parts: &Parts) -> Option<Arc<dyn Traces>> {
    let (endpoint, randomness) = (config.otlp_endpoint.as_ref()?, Arc::clone(&parts.randomness));
    Some(Arc::new(Otlp::new(endpoint, config.service_name.clone(), randomness)))
}

#[cfg(not(feature = "otel"))]
const fn traces(_: &CoreConfig, _: &Parts) -> Option<Arc<dyn Traces>> {
    None
}

/// The store and the keys; the connection to the table is opened while the keys are read.
async fn parts(aws: &Aws, config: &CoreConfig) -> Result<Parts, StartError> {
    let needs = if config.tokens.is_some() { Needs::CodesAndSigning } else { Needs::Codes };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let table = aws.endpoint("dynamodb", config.dynamodb_endpoint.as_deref());
    let secrets = aws.secrets(config.secrets_endpoint.as_deref());
    let keys = VaultKeys::read(secrets, config.keys_secret.clone(), Arc::clone(&clock), needs);
    let (keys, ()) = tokio::join!(keys, open(aws, Some(table)));
    let store = DynamoStore::new(aws.dynamodb(config.dynamodb_endpoint.as_deref()), config.table.clone());
    let (keys, randomness): (Arc<dyn KeySource>, Arc<dyn Randomness>) = (Arc::new(keys?), Arc::new(SystemRandomness));
    Ok(Parts { store: Arc::new(store), tokens: checker(config, &keys, &randomness), keys, clock, randomness })
}

async fn open(aws: &Aws, endpoint: Option<String>) {
    if let Some(endpoint) = endpoint {
        aws.open_connection(&endpoint).await;
    }
}

/// Phone metadata takes milliseconds at its first use: during start, beside the waits for the network.
async fn warm_up() {
    tokio::task::yield_now().await;
    let _read = Recipient::parse("+12065550100", None);
}

/// Both values, or the faults of both.
fn both<A, B>(a: Result<A, Faults>, b: Result<B, Faults>) -> Result<(A, B), Faults> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(Faults(mut a)), Err(Faults(b))) => {
            a.extend(b);
            Err(Faults(a))
        }
        (Err(faults), Ok(_)) | (Ok(_), Err(faults)) => Err(faults),
    }
}
