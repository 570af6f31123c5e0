//! `send-test`: one message, or one by each provider, to see that messages arrive.

mod report;

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
use otp_auth::ports::sender::{Content, Message, Sender};
use otp_auth::wiring;
use serde_json::json;

use crate::cli::{Cli, SettingsArgs};
use crate::confirm::confirm;
use crate::connection::{self, Settings};
use crate::failure::Failure;
use crate::render::view::show;
use report::{Asked, Tested};

/// Send one message through the configured providers
///
/// The message looks like a real one, but its code belongs to no challenge and the table is not touched. It goes by the
/// settings that the functions have (SMS_ALLOWED_COUNTRIES, SMS_PROVIDERS, DEFAULT_FROM_EMAIL and so on): from --set,
/// --env-file or the environment. Providers are asked one after another until one takes it, as the functions ask them; with --each,
/// every one of them, though another has taken it: a message each. Their secrets are where the keys are.
///
/// With --local, the running server is asked for a real code: the message appears in its outbox, and counts as a send.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local send-test +12345678901
  otpctl --profile prod --region eu-west-1 send-test me@example.com --set DEFAULT_FROM_EMAIL=login@example.com
  otpctl --profile prod send-test +12345678901 --env-file prod.env --each   does the second provider work, too?")]
pub struct SendTestArgs {
    /// A phone number or an email address that is yours
    identifier: String,
    /// The language of the message
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Through every provider of the channel, though one has taken it
    #[arg(long)]
    each: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Sends it.
///
/// # Errors
/// The destination is not served, or the provider does not take it.
pub async fn run(cli: &Cli, arguments: &SendTestArgs) -> Result<(), Failure> {
    let to = Recipient::parse(&arguments.identifier, None)?;
    let shown = if cli.output.reveal { to.canonical().to_owned() } else { to.masked() };
    if let Some(port) = cli.target.local {
        confirm(&format!("Ask the local server for a code for {shown}."), cli.output.yes)?;
        return report(shown, by_the_local_server(port, &to, arguments).await?, cli, false);
    }
    let config = Settings::read(&arguments.settings, [].into())?.send(connection::now(cli))?;
    let not_served = |reason| Failure::NotSent(format!("Not served: {reason}. Nothing was sent."));
    config.guard.destination(&to).map_err(not_served)?;
    let aws = connection::access(cli).await?;
    let locale = locale(arguments, &config)?;
    let message = || Ok(Message { id: random_id()?, to: to.clone(), content: content(&config, &to, locale)? });
    let senders = senders(cli, &config, &aws, to.channel()).await?;
    let what = if arguments.each { "a test message through each provider" } else { "a test message" };
    confirm(&format!("Send {what} to {shown}. Providers charge for it."), cli.output.yes)?;
    report(shown, by_providers(senders, message, arguments.each).await?, cli, arguments.each)
}

/// A real request to the running server, whose outbox is its own.
async fn by_the_local_server(port: u16, to: &Recipient, arguments: &SendTestArgs) -> Result<Vec<Asked>, Failure> {
    let mut body = json!({ "identifier": to.canonical() });
    if let (Some(locale), Some(fields)) = (&arguments.locale, body.as_object_mut()) {
        fields.insert("locale".to_owned(), json!(locale));
    }
    let reply = connection::post(port, "/api/auth/otp/send", body.to_string()).await?;
    if reply.status == 200 {
        return Ok(vec![Asked::the_outbox()]);
    }
    let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let detail = problem.get("detail").and_then(|detail| detail.as_str()).unwrap_or("no reason given");
    Err(Failure::NotSent(format!("The local server sent nothing ({}): {detail}", reply.status)))
}

/// Every sender of the channel, in the order of the settings.
async fn senders(cli: &Cli, config: &SendConfig, aws: &Aws, channel: Channel) -> Result<Vec<Arc<dyn Sender>>, Failure> {
    let every = wiring::every_sender(config, aws, &keys(cli, config, aws).await?)
        .map_err(|error| Failure::NotSent(format!("{error}. Nothing was sent.")))?;
    let senders = if channel == Channel::Sms { every.sms } else { every.email };
    if senders.is_empty() {
        return Err(Failure::Usage("This channel is off: texts need SMS_ALLOWED_COUNTRIES, mail needs DEFAULT_FROM_EMAIL."));
    }
    Ok(senders)
}

/// Asks one provider after another: as the functions do, until one has taken it or none could help; or each, with a
/// message of its own: of two mails with one Message-ID, mailboxes show one.
async fn by_providers(
    senders: Vec<Arc<dyn Sender>>,
    message: impl Fn() -> Result<Message, NoRandomness>,
    each: bool,
) -> Result<Vec<Asked>, Failure> {
    let mut asked: Vec<Asked> = Vec::new();
    for sender in senders {
        if !each && asked.last().is_some_and(Asked::is_last) {
            break;
        }
        asked.push(sender.deliver(&message()?).await.into());
    }
    Ok(asked)
}

/// Prints who was asked. It is a failure where nobody took it, or, with `--each`, where somebody did not.
fn report(to: String, asked: Vec<Asked>, cli: &Cli, each: bool) -> Result<(), Failure> {
    if asked.iter().all(Asked::has_failed) {
        let lines: Vec<String> = asked.iter().map(|asked| asked.line(&to)).collect();
        return Err(Failure::NotSent(format!("{} Nothing was sent.", lines.join("\n"))));
    }
    let incomplete = each && asked.iter().any(Asked::has_failed);
    show(&Tested { to, asked }, &cli.output)?;
    if incomplete { Err(Failure::NotSent("Not every provider took it.".to_owned())) } else { Ok(()) }
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
