//! Mail through a mail server, by SMTP over TLS: from the first byte on port 465, after a STARTTLS that must be offered on
//! every other port. Never in the clear.
//!
//! The dialogue is taken step by step, since what a failure proves depends on where it happens. Before the content is sent,
//! nothing was taken (RFC 5321, 4.1.1.4); after that, only a reply of the server says that it was not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use lettre::{Address, Message as Letter};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::aws::{CONNECT, SENDER_ATTEMPT, UnreadableTrust};
use super::line_by_line::LineByLine;
use crate::config::SmtpSettings;
use crate::domain::provider_secrets::field;
use crate::ports::keys::KeySource;
use crate::ports::sender::{Content, Delivery, MAIL_HEADERS, Message, Refusal, RefusalClass, SMTP as PROVIDER, Sender};

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(100);

/// Sends mail through a mail server.
pub struct SmtpSender {
    settings: SmtpSettings,
    from: Mailbox,
    tls: TlsParameters,
    keys: Arc<dyn KeySource>,
}

/// Why there is no sender.
#[derive(Debug, thiserror::Error)]
pub enum UnfitSmtp {
    /// The trusted root certificates.
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    /// The from address.
    #[error("DEFAULT_FROM_EMAIL is not an address for SMTP")]
    From,
}

/// Which root certificates a mail server's chains to.
pub enum SmtpTrust<'a> {
    /// The system's, and those of this PEM text.
    System(Option<&'a [u8]>),
    /// Those of this PEM text alone.
    Only(&'a [u8]),
}

impl SmtpSender {
    /// From an address or `Name <address>`, with the password that `keys` has at the time of each mail.
    ///
    /// # Errors
    /// [`UnfitSmtp`].
    pub fn new(settings: SmtpSettings, from: &str, trust: &SmtpTrust<'_>, keys: Arc<dyn KeySource>) -> Result<Self, UnfitSmtp> {
        let from = from.parse().map_err(|_| UnfitSmtp::From)?;
        let tls = tls(&settings.host, trust)?;
        Ok(Self { settings, from, tls, keys })
    }

    fn credentials(&self) -> Option<Credentials> {
        let ring = self.keys.ring();
        let password = ring.provider_secrets().get(field::SMTP_PASSWORD)?;
        let without_spaces = || password.chars().filter(|c| !c.is_whitespace()).collect();
        let password = if self.settings.password_has_spaces() { without_spaces() } else { password.to_string() };
        Some(Credentials::new(self.settings.user.clone(), password))
    }

    fn letter(&self, to: &Address, message: &Message) -> Option<Vec<u8>> {
        let Content::Email { subject, text, html } = &message.content else { return None };
        let letter = Letter::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(subject.as_str())
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())));
        let letter = MAIL_HEADERS.iter().fold(letter, |letter, (name, value)| {
            letter.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), (*value).to_owned()))
        });
        let parts = MultiPart::alternative_plain_html(text.to_string(), html.to_string());
        Some(letter.multipart(parts).ok()?.formatted())
    }

    /// A connection that is encrypted and knows who we are.
    async fn connect(&self, credentials: &Credentials) -> Result<AsyncSmtpConnection, Delivery> {
        let mut connection = if self.settings.tls_at_once { self.tls_at_once().await? } else { self.starttls().await? };
        let login = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
        login.map_err(|error| Step::Login.failed(&error))?;
        Ok(connection)
    }

    async fn tls_at_once(&self) -> Result<AsyncSmtpConnection, Delivery> {
        let (server, we) = ((self.settings.host.as_str(), self.settings.port), self.we());
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(CONNECT), &we, Some(self.tls.clone()), None);
        connecting.await.map_err(|error| Step::Greeting.failed(&error))
    }

    async fn starttls(&self) -> Result<AsyncSmtpConnection, Delivery> {
        let tcp = dial(&self.settings).await.ok_or_else(|| unreached("no connection"))?;
        let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(LineByLine(tcp)), &self.we()).await;
        let mut connection = connecting.map_err(|error| Step::Greeting.failed(&error))?;
        if !connection.can_starttls() {
            connection.abort().await;
            return Err(unreached("no STARTTLS"));
        }
        connection.starttls(self.tls.clone(), &self.we()).await.map_err(|error| Step::Greeting.failed(&error))?;
        Ok(connection)
    }

    fn we(&self) -> ClientId {
        ClientId::Domain(self.from.email.domain().to_owned())
    }

    /// Up to the content, for which the server then waits.
    async fn open(&self, credentials: &Credentials, to: Address) -> Result<AsyncSmtpConnection, Delivery> {
        let mut connection = self.connect(credentials).await?;
        let from = Some(self.from.email.clone());
        connection.command(Mail::new(from, Vec::new())).await.map_err(|error| Step::From.failed(&error))?;
        connection.command(Rcpt::new(to, Vec::new())).await.map_err(|error| Step::To.failed(&error))?;
        connection.command(Data).await.map_err(|error| Step::Content.failed(&error))?;
        Ok(connection)
    }
}

#[async_trait]
impl Sender for SmtpSender {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let Ok(to) = message.to.canonical().parse::<Address>() else {
            return refused(RefusalClass::BadRecipient, "NotAnAddress");
        };
        let Some(letter) = self.letter(&to, message) else { return refused(RefusalClass::Invalid, "NotAMail") };
        let Some(credentials) = self.credentials() else { return refused(RefusalClass::Credentials, "NoSecret") };
        let content_begins = AtomicBool::new(false);
        let conversation = async {
            let mut connection = match self.open(&credentials, to).await {
                Ok(connection) => connection,
                Err(outcome) => return outcome,
            };
            content_begins.store(true, Ordering::SeqCst);
            let outcome = of_content(connection.message(&letter).await, message.id.clone());
            // The server has what it needs; a goodbye that fails changes nothing.
            let _ = timeout(GOODBYE, connection.quit()).await;
            outcome
        };
        let done = timeout(SENDER_ATTEMPT, conversation).await;
        done.unwrap_or_else(|_| if content_begins.load(Ordering::SeqCst) { ambiguous("timeout") } else { unreached("timeout") })
    }
}

/// To the first of the server's addresses that answers.
async fn dial(SmtpSettings { host, port, .. }: &SmtpSettings) -> Option<TcpStream> {
    for address in lookup_host((host.as_str(), *port)).await.ok()? {
        if let Ok(Ok(tcp)) = timeout(CONNECT, TcpStream::connect(address)).await {
            return Some(tcp);
        }
    }
    None
}

fn tls(host: &str, trust: &SmtpTrust<'_>) -> Result<TlsParameters, UnreadableTrust> {
    let builder = TlsParameters::builder(host.to_owned());
    let (builder, pem) = match trust {
        SmtpTrust::System(extra) => (builder, *extra),
        SmtpTrust::Only(pem) => (builder.certificate_store(CertificateStore::None), Some(*pem)),
    };
    let with_roots = pem.into_iter().try_fold(builder, |builder, pem| {
        Certificate::from_pem(pem).map(|certificate| builder.add_root_certificate(certificate))
    });
    with_roots.and_then(|builder| builder.build_rustls()).map_err(UnreadableTrust::of)
}

/// Where in the dialogue a server says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Greeting,
    Login,
    From,
    To,
    Content,
}

impl Step {
    /// A failure while nothing was taken. A server that says "not now" is as good as not there.
    fn failed(self, error: &Error) -> Delivery {
        match error.status() {
            Some(code) if error.is_permanent() => {
                let enhanced = enhanced(error);
                let said = enhanced.as_ref().map_or_else(|| code.to_string(), |enhanced| format!("{code} {enhanced}"));
                refused(self.class_of(&code.to_string(), enhanced.as_deref().unwrap_or_default()), &said)
            }
            Some(code) => unreached(&format!("reply {code}")),
            None if self == Self::Greeting => unreached("no connection"),
            None => unreached("connection lost"),
        }
    }

    /// By the reply codes of RFC 5321 (4.2.3) and the enhanced ones of RFC 3463 and RFC 4954 (6).
    fn class_of(self, code: &str, enhanced: &str) -> RefusalClass {
        match (self, code, enhanced) {
            // Gmail's limit of the day.
            (_, _, "5.4.5") => RefusalClass::Rate,
            (Self::Login, ..) | (_, "530" | "535", _) | (_, _, "5.7.8" | "5.7.9") => RefusalClass::Credentials,
            (Self::Greeting | Self::From, ..) => RefusalClass::Account,
            (Self::To, _, enhanced) if enhanced.starts_with("5.1.") || enhanced.starts_with("5.2.") => RefusalClass::BadRecipient,
            (Self::To, "550" | "551" | "553", "") => RefusalClass::BadRecipient,
            (Self::To | Self::Content, ..) => RefusalClass::Policy,
        }
    }
}

/// The enhanced code at the start of the reply's text, if there is one.
fn enhanced(error: &Error) -> Option<String> {
    let text = std::error::Error::source(error)?.to_string();
    let word = text.split_whitespace().next()?;
    let parts: Vec<&str> = word.split('.').collect();
    let number = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (parts.len() == 3 && parts.iter().all(number)).then(|| word.to_owned())
}

/// What the end of the content proves.
fn of_content(sent: Result<Response, Error>, id: String) -> Delivery {
    match sent {
        Ok(_) => Delivery::Accepted { provider: PROVIDER, message_id: id },
        Err(error) if error.status().is_some() => Step::Content.failed(&error),
        Err(_) => ambiguous("connection lost"),
    }
}

fn refused(class: RefusalClass, code: &str) -> Delivery {
    Delivery::Refused { provider: PROVIDER, reason: Refusal { class, code: code.to_owned() } }
}

fn unreached(cause: &str) -> Delivery {
    Delivery::Unreached { provider: PROVIDER, cause: cause.to_owned() }
}

fn ambiguous(cause: &str) -> Delivery {
    Delivery::Ambiguous { provider: PROVIDER, cause: cause.to_owned() }
}
