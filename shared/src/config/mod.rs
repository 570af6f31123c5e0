//! Settings: from a lookup function to a checked value, with every fault named at once.
//!
//! An empty value means unset everywhere, since a template parameter cannot be absent. A fault names its variable; the
//! program does not start. The table of all settings is [`settings::SETTINGS`], and `docs/settings.md` is tested against it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::guard::destinations::SmsCountries;
use crate::domain::guard::{GuardPolicy, TakeBacks};
use crate::domain::ledger::SendLimits;
use crate::domain::policy::{self, ChallengeBinding, Policy, SignUp};
use crate::domain::test_identifiers::TestIdentifiers;
use crate::domain::time::Timestamp;
use crate::messages::{Catalogs, Files, Locale, Messages};

mod aws;
mod feedback;
mod fields;
mod guard;
mod messages;
mod providers;
mod reader;
mod senders;
pub mod settings;
mod tokens;

pub use aws::AwsConfig;
pub use feedback::FeedbackConfig;
pub use providers::{EmailProvider, Providers, SmsProvider, SmtpSettings, TwilioFrom, TwilioSettings, VonageApi, VonageSettings};
use reader::Reader;
pub use reader::{Fault, Faults, Lookup};
pub use senders::{SesSettings, SnsSettings};
pub use tokens::{SessionConfig, TokenConfig};

/// What both functions need.
#[derive(Clone, Debug)]
pub struct CoreConfig {
    /// Where this deployment stands.
    pub stage: Stage,
    /// The table.
    pub table: String,
    /// The secret that holds the keys.
    pub keys_secret: String,
    /// The numbers.
    pub policy: Policy,
    /// Who may sign in.
    pub sign_up: SignUp,
    /// By what a text is counted that a right code takes back.
    pub take_backs: TakeBacks,
    /// Browser origins that may call.
    pub origins: BTreeSet<String>,
    /// Access tokens and sessions, where they are on.
    pub tokens: Option<TokenConfig>,
    /// The language when nothing else is wished for.
    pub locale: Locale,
    /// What is said in each language.
    pub catalogs: Arc<Catalogs>,
    /// The namespace of the metrics in CloudWatch.
    pub metrics_namespace: String,
    /// The OpenTelemetry collector that traces go to, where there is one.
    pub otlp_endpoint: Option<String>,
    /// What traces call this service.
    pub service_name: String,
    /// The least severe log lines that are written.
    pub log_level: tracing::Level,
    /// DynamoDB's endpoint, when it is not the region's.
    pub dynamodb_endpoint: Option<String>,
    /// Secrets Manager's endpoint, when it is not the region's.
    pub secrets_endpoint: Option<String>,
}

/// What `send-otp` needs.
#[derive(Clone, Debug)]
pub struct SendConfig {
    /// As both functions.
    pub core: CoreConfig,
    /// What messages say.
    pub messages: Messages,
    /// What may leave.
    pub guard: GuardPolicy,
    /// Identifiers of testers.
    pub test_identifiers: TestIdentifiers,
    /// How texts are sent; none when no country is allowed.
    pub sms: Option<SnsSettings>,
    /// How mail is sent; none without a from address.
    pub email: Option<SesSettings>,
    /// Who delivers, in the order in which they are asked.
    pub providers: Providers,
    /// Whether a mail may stand in for a text that nobody could deliver.
    pub mail_instead_of_texts: bool,
    /// The topic that SES tells what became of mail.
    pub ses_events_topic: Option<String>,
    /// Whether providers hear of right codes.
    pub feedback: bool,
    /// SNS's endpoint, when it is not the region's.
    pub sns_endpoint: Option<String>,
    /// SES's endpoint, when it is not the region's.
    pub ses_endpoint: Option<String>,
}

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The local server.
    Local,
    /// Deployed, for trying things out.
    Dev,
    /// Deployed, for users.
    Prod,
}

impl CoreConfig {
    /// Reads what `verify-otp` needs.
    ///
    /// # Errors
    /// Every fault that the settings have.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let files = messages::read_files(&mut reader);
        let catalogs = messages::read_catalogs(&mut reader, &files);
        let take_backs = guard::read_take_backs(&mut reader);
        let config = Self::read_from(&mut reader, catalogs, take_backs);
        reader.finish(config)
    }

    fn read_from(reader: &mut Reader<'_>, catalogs: Option<Arc<Catalogs>>, take_backs: Option<TakeBacks>) -> Option<Self> {
        let stage = reader.choice("STAGE", "dev", &[("local", Stage::Local), ("dev", Stage::Dev), ("prod", Stage::Prod)]);
        let table = reader.required("TABLE_NAME");
        let keys_secret = reader.required("KEYS_SECRET_ARN");
        let policy = read_policy(reader);
        let sign_up = reader.choice("SIGN_UP", "open", &[("open", SignUp::Open), ("closed", SignUp::Closed)]);
        let origins = reader.parsed_list("CORS_ALLOWED_ORIGINS", fields::origin);
        let tokens = tokens::read(reader);
        let locale = messages::read_locale(reader);
        let metrics_namespace = reader.parsed("METRICS_NAMESPACE", "otp-auth", fields::namespace);
        let otlp_endpoint = read_otlp_endpoint(reader);
        let service_name = reader.parsed("OTEL_SERVICE_NAME", "otp-auth", fields::service_name);
        let log_level = reader.choice(
            "LOG_LEVEL",
            "info",
            &[
                ("error", tracing::Level::ERROR),
                ("warn", tracing::Level::WARN),
                ("info", tracing::Level::INFO),
                ("debug", tracing::Level::DEBUG),
                ("trace", tracing::Level::TRACE),
            ],
        );
        let dynamodb_endpoint = reader.optional("DYNAMODB_ENDPOINT", fields::endpoint);
        let secrets_endpoint = reader.optional("SECRETS_ENDPOINT", fields::endpoint);
        Some(Self {
            stage: stage?,
            table: table?,
            keys_secret: keys_secret?,
            policy: policy?,
            sign_up: sign_up?,
            take_backs: take_backs?,
            origins: origins?,
            tokens: tokens?,
            locale: locale?,
            catalogs: catalogs?,
            metrics_namespace: metrics_namespace?,
            otlp_endpoint,
            service_name: service_name?,
            log_level: log_level?,
            dynamodb_endpoint,
            secrets_endpoint,
        })
    }
}

impl SendConfig {
    /// Reads what `send-otp` needs. Some settings have an end, so the time is asked for.
    ///
    /// # Errors
    /// Every fault that the settings have.
    pub fn read(lookup: Lookup<'_>, now: Timestamp) -> Result<Self, Faults> {
        let mut reader = Reader::new(lookup);
        let config = Self::read_from(&mut reader, now);
        reader.finish(config)
    }

    fn read_from(reader: &mut Reader<'_>, now: Timestamp) -> Option<Self> {
        let files: Files = messages::read_files(reader);
        let catalogs = messages::read_catalogs(reader, &files);
        let take_backs = guard::read_take_backs(reader);
        let core = CoreConfig::read_from(reader, catalogs.clone(), take_backs.clone());
        let messages = messages::read_messages(reader, catalogs, &files);
        let guard = guard::read(reader, take_backs);
        let test_identifiers = guard::read_test_identifiers(reader, core.as_ref().map(|core| core.stage), now);
        let texts = guard.as_ref().is_some_and(|guard| guard.countries != SmsCountries::Only(BTreeSet::new()));
        let sms = read_sms(reader);
        let email = read_email(reader);
        let providers = providers::read(reader);
        let mail_instead_of_texts = read_fallback(reader, core.as_ref().map(|core| core.sign_up));
        if guard.is_some() && !texts && reader.get("DEFAULT_FROM_EMAIL").is_none() {
            reader.fault("DEFAULT_FROM_EMAIL", "must be set when SMS_ALLOWED_COUNTRIES is not: nothing could be sent");
        }
        let feedback = feedback::read(reader, core.as_ref().map(|core| core.sign_up));
        let ses_events_topic = reader.optional("SES_EVENTS_TOPIC_ARN", fields::topic_arn);
        let sns_endpoint = reader.optional("SNS_ENDPOINT", fields::endpoint);
        let ses_endpoint = reader.optional("SES_ENDPOINT", fields::endpoint);
        Some(Self {
            core: core?,
            messages: messages?,
            guard: guard?,
            test_identifiers: test_identifiers?,
            sms: texts.then_some(sms),
            email,
            providers: providers?,
            mail_instead_of_texts: mail_instead_of_texts?,
            ses_events_topic,
            feedback: feedback?,
            sns_endpoint,
            ses_endpoint,
        })
    }
}

/// Only a build with the feature has what traces need.
fn read_otlp_endpoint(reader: &mut Reader<'_>) -> Option<String> {
    let endpoint = reader.optional("OTEL_EXPORTER_OTLP_ENDPOINT", fields::collector)?;
    if !cfg!(feature = "otel") {
        reader.fault("OTEL_EXPORTER_OTLP_ENDPOINT", "needs a build with the feature otel");
    }
    Some(endpoint)
}

/// Reads what messages are made of, and nothing else.
///
/// # Errors
/// Every fault that these settings have.
pub fn read_messages(lookup: Lookup<'_>) -> Result<Messages, Faults> {
    let mut reader = Reader::new(lookup);
    let files = messages::read_files(&mut reader);
    let catalogs = messages::read_catalogs(&mut reader, &files);
    let messages = messages::read_messages(&mut reader, catalogs, &files);
    reader.finish(messages)
}

/// The process environment as a lookup.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn read_policy(reader: &mut Reader<'_>) -> Option<Policy> {
    let code_length = reader.number("OTP_LENGTH", &policy::CODE_LENGTH);
    let minutes = reader.optional_number("OTP_EXPIRY_MINUTES", &policy::LIFETIME_MINUTES);
    let max_guesses = reader.number("OTP_MAX_ATTEMPTS", &policy::MAX_GUESSES);
    let cooldown = reader.number("OTP_RESEND_COOLDOWN_SECONDS", &policy::COOLDOWN_SECONDS);
    let per_hour = reader.number("RATE_SEND_PER_IDENTIFIER_PER_HOUR", &policy::SENDS_PER_HOUR);
    let per_day = reader.number("RATE_SEND_PER_IDENTIFIER_PER_DAY", &policy::SENDS_PER_DAY);
    if per_hour > per_day && per_day.is_some() {
        reader.fault("RATE_SEND_PER_IDENTIFIER_PER_DAY", "must be at least RATE_SEND_PER_IDENTIFIER_PER_HOUR");
    }
    let address_per_minute = reader.number("RATE_SEND_PER_ADDRESS_PER_MINUTE", &policy::ADDRESS_PER_MINUTE);
    let address_per_hour = reader.number("RATE_SEND_PER_ADDRESS_PER_HOUR", &policy::ADDRESS_PER_HOUR);
    let binding = reader.choice(
        "CHALLENGE_BINDING",
        "optional",
        &[("optional", ChallengeBinding::Optional), ("required", ChallengeBinding::Required)],
    );
    let defaults = Policy::default();
    let lifetime = |default: Duration| minutes.map_or(default, |m| Duration::from_secs(u64::from(m) * 60));
    Some(Policy {
        code_length: u8::try_from(code_length?).ok()?,
        sms_lifetime: lifetime(defaults.sms_lifetime),
        email_lifetime: lifetime(defaults.email_lifetime),
        max_guesses: max_guesses?,
        sends: SendLimits { cooldown: Duration::from_secs(u64::from(cooldown?)), per_hour: per_hour?, per_day: per_day? },
        address_per_minute: address_per_minute?,
        address_per_hour: address_per_hour?,
        binding: binding?,
    })
}

/// Under closed sign-up the mail's time would tell who is registered.
fn read_fallback(reader: &mut Reader<'_>, sign_up: Option<SignUp>) -> Option<bool> {
    let fallback = reader.choice("SMS_FALLBACK", "none", &[("none", false), ("email", true)])?;
    if fallback && sign_up == Some(SignUp::Closed) {
        reader
            .fault("SMS_FALLBACK", "must be none with SIGN_UP=closed: the time of a second message would tell who is registered");
    }
    if fallback && reader.get("DEFAULT_FROM_EMAIL").is_none() {
        reader.fault("SMS_FALLBACK", "must be none without DEFAULT_FROM_EMAIL: there is no mail to fall back on");
    }
    Some(fallback)
}

fn read_sms(reader: &mut Reader<'_>) -> SnsSettings {
    SnsSettings {
        sender_id: reader.optional("SMS_SENDER_ID", fields::sender_id),
        origination_number: reader.optional("SMS_ORIGINATION_NUMBER", fields::origination_number),
        max_price_usd: reader.optional("SMS_MAX_PRICE_USD", fields::price),
    }
}

fn read_email(reader: &mut Reader<'_>) -> Option<SesSettings> {
    let from = reader.optional("DEFAULT_FROM_EMAIL", fields::mailbox);
    let configuration_set = reader.optional("SES_CONFIGURATION_SET", fields::configuration_set);
    from.map(|from| SesSettings { from, configuration_set })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guard::GuardMode;
    use crate::domain::guard::budget::MicroUsd;
    use crate::domain::recipient::Recipient;

    const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

    const LEAST: [(&str, &str); 8] = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("TABLE_NAME", "otp"),
        ("KEYS_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys"),
        ("APP_NAME", "Acme"),
        ("APP_DOMAIN", "example.com"),
        ("DEFAULT_FROM_EMAIL", "Acme <login@example.com>"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<SendConfig, Vec<&'static str>> {
        let lookup = |name: &str| {
            let found = changes.iter().chain(&LEAST).find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        SendConfig::read(&lookup, NOW).map_err(|faults| faults.0.iter().map(|fault| fault.variable).collect())
    }

    #[test]
    fn the_defaults_are_those_of_the_policy() {
        let config = read(&[]).unwrap();
        assert_eq!(config.core.policy, Policy::default());
        assert_eq!(config.core.stage, Stage::Dev);
        assert_eq!(config.sms, None, "no country chosen means no texts");
        assert_eq!(config.email.unwrap().from, "Acme <login@example.com>");
    }

    #[test]
    fn an_empty_value_means_unset() {
        let config = read(&[("OTP_LENGTH", ""), ("SMS_SENDER_ID", ""), ("DYNAMODB_ENDPOINT", ""), ("STAGE", " ")]).unwrap();
        assert_eq!(config.core.policy.code_length, 6);
        assert_eq!(config.core.dynamodb_endpoint, None);
    }

    #[test]
    fn one_expiry_sets_both_channels() {
        let policy = read(&[("OTP_EXPIRY_MINUTES", "3")]).unwrap().core.policy;
        assert_eq!(policy.sms_lifetime, Duration::from_secs(180));
        assert_eq!(policy.email_lifetime, Duration::from_secs(180));
    }

    #[test]
    fn feedback_and_events_of_mail_are_off_unless_they_fit() {
        let config = read(&[]).unwrap();
        assert_eq!((config.feedback, config.ses_events_topic), (false, None));
        let topic = "arn:aws:sns:eu-west-1:123456789012:mail-events";
        let config = read(&[("SES_EVENTS_TOPIC_ARN", topic), ("DELIVERY_FEEDBACK", "on")]).unwrap();
        assert_eq!((config.feedback, config.ses_events_topic.as_deref()), (true, Some(topic)));
        assert_eq!(read(&[("DELIVERY_FEEDBACK", "on"), ("SIGN_UP", "closed")]).unwrap_err(), ["DELIVERY_FEEDBACK"]);
        assert_eq!(read(&[("DELIVERY_FEEDBACK", "yes")]).unwrap_err(), ["DELIVERY_FEEDBACK"]);
        for wrong in ["*", "mail-events", "arn:aws:sns:eu-west-1:123456789012", "arn:aws:sqs:eu-west-1:1:x", "arn:aws:sns:*:1:x"]
        {
            assert_eq!(read(&[("SES_EVENTS_TOPIC_ARN", wrong)]).unwrap_err(), ["SES_EVENTS_TOPIC_ARN"], "{wrong}");
        }
    }

    #[test]
    fn every_fault_is_listed_at_once() {
        let faults = read(&[
            ("TABLE_NAME", ""),
            ("OTP_LENGTH", "5"),
            ("OTP_EXPIRY_MINUTES", "11"),
            ("OTP_MAX_ATTEMPTS", "many"),
            ("CHALLENGE_BINDING", "sometimes"),
            ("SIGN_UP", "maybe"),
            ("CORS_ALLOWED_ORIGINS", "https://a.example, *"),
            ("SMS_ALLOWED_COUNTRIES", "US,Germany"),
            ("SMS_MAX_PRICE_USD", "-1"),
            ("APP_DOMAIN", "https://example.com"),
        ]);
        assert_eq!(
            faults.unwrap_err(),
            [
                "SMS_ALLOWED_COUNTRIES",
                "TABLE_NAME",
                "OTP_LENGTH",
                "OTP_EXPIRY_MINUTES",
                "OTP_MAX_ATTEMPTS",
                "CHALLENGE_BINDING",
                "SIGN_UP",
                "CORS_ALLOWED_ORIGINS",
                "APP_DOMAIN",
                "SMS_MAX_PRICE_USD",
            ]
        );
    }

    #[test]
    fn values_outside_the_bounds_are_faults() {
        for (name, value) in [
            ("OTP_LENGTH", "11"),
            ("OTP_EXPIRY_MINUTES", "0"),
            ("OTP_MAX_ATTEMPTS", "11"),
            ("OTP_RESEND_COOLDOWN_SECONDS", "14"),
            ("OTP_RESEND_COOLDOWN_SECONDS", "601"),
            ("RATE_SEND_PER_IDENTIFIER_PER_HOUR", "11"),
            ("RATE_SEND_PER_IDENTIFIER_PER_DAY", "21"),
            ("RATE_SEND_PER_IDENTIFIER_PER_DAY", "4"),
            ("RATE_SEND_PER_ADDRESS_PER_HOUR", "0"),
            ("SMS_SENDER_ID", "TwelveLetter"),
            ("SMS_ORIGINATION_NUMBER", "+1 two"),
            ("DEFAULT_FROM_EMAIL", "a@b.com\r\nBcc: c@d.com"),
            ("DEFAULT_FROM_EMAIL", "logi*@example.com"),
            ("DYNAMODB_ENDPOINT", "localhost:8000"),
            ("DEFAULT_LOCALE", "tlh"),
            ("STAGE", "production"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err(), [name], "{name}={value}");
        }
    }

    #[test]
    fn tokens_are_on_with_an_issuer_and_want_an_audience_then() {
        assert_eq!(read(&[("TOKEN_AUDIENCE", "api"), ("ACCESS_TOKEN_MINUTES", "5")]).unwrap().core.tokens, None);
        let issuer = ("TOKEN_ISSUER", "https://auth.example.com/dev");
        assert_eq!(read(&[issuer]).unwrap_err(), ["TOKEN_AUDIENCE"]);
        let tokens = read(&[issuer, ("TOKEN_AUDIENCE", "https://api.example.com")]).unwrap().core.tokens.unwrap();
        assert_eq!((tokens.jwt.lifetime, tokens.sessions), (Duration::from_secs(3600), None));
        for url in
            ["auth.example.com", "http://auth.example.com", "https://auth.example.com/", "https://a.example/?x", "https://"]
        {
            assert_eq!(read(&[("TOKEN_ISSUER", url), ("TOKEN_AUDIENCE", "api")]).unwrap_err(), ["TOKEN_ISSUER"], "{url}");
        }
    }

    #[test]
    fn sessions_want_tokens_and_cookies_want_pages() {
        let (issuer, audience) = (("TOKEN_ISSUER", "http://localhost:8000"), ("TOKEN_AUDIENCE", "api"));
        assert_eq!(read(&[("SESSIONS", "body")]).unwrap_err(), ["TOKEN_ISSUER"]);
        assert_eq!(read(&[issuer, audience, ("SESSIONS", "cookie")]).unwrap_err(), ["CORS_ALLOWED_ORIGINS"]);
        let sessions = read(&[issuer, audience, ("SESSIONS", "body")]).unwrap().core.tokens.unwrap().sessions.unwrap();
        assert_eq!((sessions.policy.idle, sessions.policy.grace), (Duration::from_secs(7 * 24 * 3600), Duration::ZERO));
        for (name, value) in [
            ("ACCESS_TOKEN_MINUTES", "1441"),
            ("SESSION_IDLE_HOURS", "0"),
            ("SESSION_ABSOLUTE_HOURS", "167"),
            ("SESSION_REUSE_GRACE_SECONDS", "61"),
            ("SESSIONS", "on"),
        ] {
            assert_eq!(read(&[issuer, audience, (name, value)]).unwrap_err(), [name], "{name}={value}");
        }
    }

    #[test]
    fn every_country_at_once_is_for_the_local_server() {
        assert_eq!(read(&[("SMS_ALLOWED_COUNTRIES", "*")]).unwrap_err(), ["SMS_ALLOWED_COUNTRIES"]);
        assert_eq!(read(&[("SMS_ALLOWED_COUNTRIES", "*"), ("STAGE", "local")]).unwrap().guard.countries, SmsCountries::All);
    }

    #[test]
    fn the_guard_is_read_whole() {
        let guard = read(&[
            ("SMS_ALLOWED_COUNTRIES", "US,DE"),
            ("SMS_PRICES_USD", "US=0.0075, DE=0.08"),
            ("SMS_BUDGET_USD_PER_DAY", "12.50"),
            ("EMAIL_BLOCKED_DOMAINS", "Trash.example"),
            ("GUARD_MODE", "observe"),
        ]);
        let guard = guard.unwrap().guard;
        assert_eq!(guard.budget.price("DE"), MicroUsd(80_000));
        assert_eq!(guard.budget.money.unwrap().per_day, MicroUsd(12_500_000));
        assert!(guard.blocked_domains.0.contains("trash.example"));
        assert_eq!(guard.mode, GuardMode::Observe);
        for (name, value, fault) in [
            ("SMS_BUDGET_USD_PER_DAY", "0", "SMS_BUDGET_USD_PER_DAY"),
            ("SMS_BUDGET_USD_PER_DAY", "5", "SMS_PRICES_USD"),
            ("SMS_PRICES_USD", "US:1", "SMS_PRICES_USD"),
            ("SMS_BUDGET_COUNTRY_PERCENT", "101", "SMS_BUDGET_COUNTRY_PERCENT"),
            ("RATE_UNANSWERED_PER_PREFIX_PER_HOUR", "16", "RATE_UNANSWERED_PER_PREFIX_PER_DAY"),
            ("EMAIL_BLOCKED_DOMAINS", "no domain", "EMAIL_BLOCKED_DOMAINS"),
            ("EMAIL_BLOCKED_DOMAINS_FILE", "/nowhere", "EMAIL_BLOCKED_DOMAINS_FILE"),
            ("SMS_ALLOW_VOIP", "perhaps", "SMS_ALLOW_VOIP"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err(), [fault], "{name}={value}");
        }
    }

    #[test]
    fn testers_have_an_end_and_no_place_in_production() {
        let pairs = ("TEST_IDENTIFIERS", "+12065550100=123456");
        let until = |date| ("TEST_IDENTIFIERS_UNTIL", date);
        let tester = Recipient::parse("+12065550100", None).unwrap();
        assert!(read(&[pairs, until("2026-12-22")]).unwrap().test_identifiers.code(&tester, NOW).is_some());
        assert_eq!(read(&[pairs]).unwrap_err(), ["TEST_IDENTIFIERS_UNTIL"]);
        assert_eq!(read(&[pairs, until("2026-12-23")]).unwrap_err(), ["TEST_IDENTIFIERS_UNTIL"], "more than 30 days away");
        assert_eq!(read(&[pairs, until("22.12.2026")]).unwrap_err(), ["TEST_IDENTIFIERS_UNTIL"]);
        assert_eq!(read(&[pairs, until("2026-12-01"), ("STAGE", "prod")]).unwrap_err(), ["TEST_IDENTIFIERS"]);
        assert_eq!(read(&[("TEST_IDENTIFIERS", "x"), until("2026-12-01")]).unwrap_err(), ["TEST_IDENTIFIERS"]);
    }

    #[test]
    fn a_mail_stands_in_for_a_text_only_where_there_is_mail_and_sign_up_is_open() {
        assert!(!read(&[]).unwrap().mail_instead_of_texts);
        let wanted = ("SMS_FALLBACK", "email");
        assert!(read(&[wanted]).unwrap().mail_instead_of_texts);
        assert_eq!(read(&[wanted, ("SIGN_UP", "closed")]).unwrap_err(), ["SMS_FALLBACK"]);
        assert_eq!(read(&[wanted, ("DEFAULT_FROM_EMAIL", ""), ("SMS_ALLOWED_COUNTRIES", "US")]).unwrap_err(), ["SMS_FALLBACK"]);
        assert_eq!(read(&[("SMS_FALLBACK", "yes")]).unwrap_err(), ["SMS_FALLBACK"]);
    }

    #[test]
    fn nothing_to_send_by_is_a_fault() {
        assert_eq!(read(&[("DEFAULT_FROM_EMAIL", "")]).unwrap_err(), ["DEFAULT_FROM_EMAIL"]);
        assert!(read(&[("DEFAULT_FROM_EMAIL", ""), ("SMS_ALLOWED_COUNTRIES", "US")]).is_ok());
    }

    #[test]
    fn the_table_of_settings_names_every_variable_that_is_read() {
        let asked = std::cell::RefCell::new(BTreeSet::new());
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            LEAST.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned())
        };
        SendConfig::read(&lookup, NOW).unwrap();
        AwsConfig::read(&lookup).unwrap();
        let listed: BTreeSet<String> = settings::SETTINGS
            .iter()
            .filter(|setting| setting.scope != settings::Scope::Local)
            .map(|setting| setting.name.to_owned())
            .collect();
        assert_eq!(asked.into_inner(), listed);
    }
}
