//! `send-test`: one message, to see that messages arrive.

use std::sync::Arc;

use clap::Args;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::system::SystemRandomness;
use otp_auth::config::{EmailProvider, Providers, SendConfig, SmsProvider};
use otp_auth::domain::challenge::{Bound, ChallengeId};
use otp_auth::domain::code::{Code, CodeShape};
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::{Channel, Recipient};
use otp_auth::messages::Locale;
use otp_auth::ports::clock::{NoRandomness, random};
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::sender::{Content, Delivery, Message};
use otp_auth::wiring;
use serde::Serialize;
use serde_json::json;

use crate::cli::{Cli, SettingsArgs};
use crate::confirm::confirm;
use crate::connection::{self, Settings};
use crate::failure::Failure;
use crate::render::view::{View, show};

/// Send one message through the configured providers
///
/// The message looks like a real one, but its code belongs to no challenge and the table is not touched. It goes by the
/// settings that the functions have (SMS_ALLOWED_COUNTRIES, SMS_PROVIDERS, DEFAULT_FROM_EMAIL and so on): from --set,
/// --env-file or the environment. Providers are asked one after another until one takes it; their secrets are where the keys are.
///
/// With --local, the running server is asked for a real code: the message appears in its outbox, and counts as a send.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local send-test +12345678901
  otpctl --profile prod --region eu-west-1 send-test me@example.com --set DEFAULT_FROM_EMAIL=login@example.com
  otpctl --profile prod send-test +12345678901 --env-file prod.env --yes")]
pub struct SendTestArgs {
    /// A phone number or an email address that is yours
    identifier: String,
    /// The language of the message
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    #[command(flatten)]
    settings: SettingsArgs,
}

#[derive(Serialize)]
struct Tested {
    to: String,
    provider: String,
    message_id: Option<String>,
    certain: bool,
    /// Who was asked before, and why they did not take it.
    refused: Vec<String>,
}

impl View for Tested {
    fn text(&self) -> String {
        let Self { to, provider, message_id, certain, refused } = self;
        let outcome = match (certain, message_id) {
            (true, Some(id)) => format!("{provider} took the message to {to} (its id: {id})."),
            (true, None) => format!("{provider} took the message to {to}."),
            (false, _) => format!("{provider} may or may not have taken the message to {to}: look whether it arrived."),
        };
        refused.iter().chain([&outcome]).cloned().collect::<Vec<_>>().join("\n")
    }
}

/// Sends it.
///
/// # Errors
/// The destination is not served, or the provider does not take it.
pub async fn run(cli: &Cli, arguments: &SendTestArgs) -> Result<(), Failure> {
    let to = Recipient::parse(&arguments.identifier, None)?;
    let shown = if cli.output.reveal { to.canonical().to_owned() } else { to.masked() };
    let tested = if let Some(port) = cli.target.local {
        confirm(&format!("Ask the local server for a code for {shown}."), cli.output.yes)?;
        by_the_local_server(port, &to, arguments).await?
    } else {
        let config = Settings::read(&arguments.settings, [].into())?.send(connection::now(cli))?;
        let not_served = |reason| Failure::NotSent(format!("Not served: {reason}. Nothing was sent."));
        config.guard.destination(&to).map_err(not_served)?;
        let aws = connection::access(cli).await?;
        confirm(&format!("Send a test message to {shown}. Providers charge for it."), cli.output.yes)?;
        by_its_provider(cli, &config, &aws, &to, locale(arguments, &config)?).await?
    };
    show(&Tested { to: shown, ..tested }, &cli.output)
}

/// A real request to the running server, whose outbox is its own.
async fn by_the_local_server(port: u16, to: &Recipient, arguments: &SendTestArgs) -> Result<Tested, Failure> {
    let mut body = json!({ "identifier": to.canonical() });
    if let (Some(locale), Some(fields)) = (&arguments.locale, body.as_object_mut()) {
        fields.insert("locale".to_owned(), json!(locale));
    }
    let reply = connection::post(port, "/api/auth/otp/send", body.to_string()).await?;
    if reply.status == 200 {
        return Ok(Tested {
            to: String::new(),
            provider: "The outbox".to_owned(),
            message_id: None,
            certain: true,
            refused: Vec::new(),
        });
    }
    let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let detail = problem.get("detail").and_then(|detail| detail.as_str()).unwrap_or("no reason given");
    Err(Failure::NotSent(format!("The local server sent nothing ({}): {detail}", reply.status)))
}

/// Asks one provider after another, as the functions do, until one has taken it or nobody knows.
async fn by_its_provider(cli: &Cli, config: &SendConfig, aws: &Aws, to: &Recipient, locale: Locale) -> Result<Tested, Failure> {
    let every = wiring::every_sender(config, aws, &keys(cli, config, aws).await?)
        .map_err(|error| Failure::NotSent(format!("{error}. Nothing was sent.")))?;
    let senders = if to.channel() == Channel::Sms { every.sms } else { every.email };
    if senders.is_empty() {
        return Err(Failure::Usage("This channel is off: texts need SMS_ALLOWED_COUNTRIES, mail needs DEFAULT_FROM_EMAIL."));
    }
    let message = Message { id: random_id()?, to: to.clone(), content: content(config, to, locale)? };
    let mut refused = Vec::new();
    for sender in senders {
        let tested = |provider: &str, message_id| Tested {
            to: String::new(),
            provider: provider.to_owned(),
            certain: Option::is_some(&message_id),
            message_id,
            refused: refused.clone(),
        };
        match sender.deliver(&message).await {
            Delivery::Accepted { provider, message_id } => return Ok(tested(provider, Some(message_id))),
            Delivery::Ambiguous { provider, .. } => return Ok(tested(provider, None)),
            Delivery::Refused { provider, reason } => {
                refused.push(format!("{provider} refused the message: {} ({}).", reason.code, reason.class.as_str()));
            }
            Delivery::Unreached { provider, cause } => refused.push(format!("{provider} was not reached: {cause}.")),
        }
    }
    Err(Failure::NotSent(format!("{} Nothing was sent.", refused.join("\n"))))
}

/// The vault's, where a provider has its secret there; AWS's own need none.
async fn keys(cli: &Cli, config: &SendConfig, aws: &Aws) -> Result<Arc<dyn KeySource>, Failure> {
    let Providers { sms, email } = &config.providers;
    let aws_alone = *sms == [SmsProvider::Sns] && *email == [EmailProvider::Ses];
    let ring = match connection::KeysPlace::of(&cli.target) {
        Some(place) if !aws_alone => place.read(aws).await?,
        _ => Arc::new(keys_of_nobody()?),
    };
    Ok(Arc::new(ring))
}

/// The name of a message that nobody will ask about.
fn random_id() -> Result<String, NoRandomness> {
    Ok(keys_of_nobody()?.fingerprint(&[b"test"]))
}

/// An ordinary message, whose code is made with keys that nobody keeps.
fn content(config: &SendConfig, to: &Recipient, locale: Locale) -> Result<Content, NoRandomness> {
    let id: [u8; 16] = random(&SystemRandomness)?;
    let ring = keys_of_nobody()?;
    let (_, keys) = ring.current().ok_or(NoRandomness)?;
    let policy = &config.core.policy;
    let bound = Bound { purpose: Purpose::Login, recipient: to, id: ChallengeId(id) };
    let code = Code::derive(keys, &bound, CodeShape::Digits(policy.code_length));
    Ok(config.messages.render(to.channel(), locale, &code, policy.lifetime(to.channel())))
}

fn keys_of_nobody() -> Result<KeyRing, NoRandomness> {
    let secret: [u8; 32] = random(&SystemRandomness)?;
    KeyRing::new(&[(KeyId(1), secret.to_vec())].into(), KeyId(1), KeyId(1)).map_err(|_| NoRandomness)
}

fn locale(arguments: &SendTestArgs, config: &SendConfig) -> Result<Locale, Failure> {
    let Some(tag) = &arguments.locale else { return Ok(config.core.locale) };
    let problem = || Failure::Value { option: "--locale", problem: "messages do not exist in this language".to_owned() };
    Locale::of_tag(tag).ok_or_else(problem)
}
