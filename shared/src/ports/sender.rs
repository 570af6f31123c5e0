//! Who delivers a message.

use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::domain::recipient::Recipient;

/// The headers that every mail carries, whoever delivers it. Nobody's absence note answers a mail that says so (RFC 3834, 5).
pub const MAIL_HEADERS: [(&str, &str); 1] = [("Auto-Submitted", "auto-generated")];

/// Amazon SES's name in logs, counters and slots.
pub const SES: &str = "ses";
/// The name of a mail server.
pub const SMTP: &str = "smtp";
/// The name of SendGrid's web API.
pub const SENDGRID: &str = "sendgrid";
/// Those who deliver mail.
pub const MAIL_PROVIDERS: [&str; 3] = [SES, SMTP, SENDGRID];

/// One provider, or several behind one face.
///
/// A provider makes **at most one attempt** per call: a repeated attempt can be a second message. It says
/// [`Delivery::Refused`] or [`Delivery::Unreached`] only on proof that no message left; anything unclear is
/// [`Delivery::Ambiguous`].
#[async_trait]
pub trait Sender: Send + Sync {
    /// The name of the provider that is asked first.
    fn provider(&self) -> &'static str;

    /// Hands `message` to the provider once.
    async fn deliver(&self, message: &Message) -> Delivery;

    /// The same while somebody waits for this long. A single provider has a time limit of its own; several ask no further one
    /// that could not answer in time.
    async fn deliver_within(&self, message: &Message, _patience: Option<Duration>) -> Delivery {
        self.deliver(message).await
    }
}

/// A rendered message. Its `Debug` shows neither the recipient nor the text.
pub struct Message {
    /// Its own name, in letters that a Message-ID may have: the same whoever is asked to deliver it.
    pub id: String,
    /// Whom it goes to.
    pub to: Recipient,
    /// What it says.
    pub content: Content,
}

/// The text of a message, by channel.
pub enum Content {
    /// A text message.
    Sms(Zeroizing<String>),
    /// A mail, as text and as HTML.
    Email {
        /// The subject line.
        subject: Zeroizing<String>,
        /// The plain-text part.
        text: Zeroizing<String>,
        /// The HTML part.
        html: Zeroizing<String>,
    },
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("to", &self.to).finish_non_exhaustive()
    }
}

/// What became of an attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The provider took the message, under this id of its own.
    Accepted {
        /// The provider's name.
        provider: &'static str,
        /// The provider's id of the message.
        message_id: String,
    },
    /// The provider refused the message for good: no message left.
    Refused {
        /// The provider's name.
        provider: &'static str,
        /// Why, in the provider's own error code.
        reason: Refusal,
    },
    /// The provider could not be reached or is throttling: no message left, a later try may work.
    Unreached {
        /// The provider's name.
        provider: &'static str,
        /// What happened, without anything of the message.
        cause: String,
    },
    /// The message may or may not have left.
    Ambiguous {
        /// The provider's name.
        provider: &'static str,
        /// What happened, without anything of the message.
        cause: String,
    },
}

/// Why a provider refused: its class, and the provider's own error code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of refusal it is.
    pub class: RefusalClass,
    /// The provider's error code, such as `OptedOutException`.
    pub code: String,
}

/// Kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// The recipient cannot be reached: not a number or mailbox, or suppressed.
    BadRecipient,
    /// The recipient asked for no more messages.
    OptedOut,
    /// Our account does not send to this country.
    BlockedCountry,
    /// Our account has no money left, or has reached its spend limit.
    Funds,
    /// Our credentials or permissions do not suffice.
    Credentials,
    /// Our account may not send this: sandbox, suspended, or a sender that is not ours to use.
    Account,
    /// Too many messages at once.
    Rate,
    /// A filter or a carrier's rule keeps this message from being sent.
    Policy,
    /// The request was not acceptable to the provider in another way.
    Invalid,
}

impl RefusalClass {
    /// Could another provider deliver what this one refused? Not to nobody, and not against the recipient's will.
    #[must_use]
    pub const fn another_could_help(self) -> bool {
        !matches!(self, Self::BadRecipient | Self::OptedOut)
    }

    /// Would the provider refuse every other message, too?
    #[must_use]
    pub const fn is_of_the_account(self) -> bool {
        matches!(self, Self::Funds | Self::Credentials | Self::Account | Self::Rate)
    }

    /// Its name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRecipient => "bad_recipient",
            Self::OptedOut => "opted_out",
            Self::BlockedCountry => "blocked_country",
            Self::Funds => "funds",
            Self::Credentials => "credentials",
            Self::Account => "account",
            Self::Rate => "rate",
            Self::Policy => "policy",
            Self::Invalid => "invalid",
        }
    }
}

impl Delivery {
    /// Whom the outcome is of.
    #[must_use]
    pub const fn provider(&self) -> &'static str {
        match self {
            Self::Accepted { provider, .. }
            | Self::Refused { provider, .. }
            | Self::Unreached { provider, .. }
            | Self::Ambiguous { provider, .. } => provider,
        }
    }
}
