//! Makes a sender from its settings: the only list of providers.
#![cfg(feature = "aws")]

use std::sync::Arc;

use super::aws::{Aws, UnreadableTrust};
use super::ses::SesSender;
use super::sns::SnsSender;
use crate::config::{EmailProvider, FeedbackConfig, SendConfig, SesSettings, SmsProvider, SnsSettings, VonageApi};
#[cfg(any(feature = "twilio", feature = "vonage", feature = "smtp", feature = "sendgrid"))]
use crate::domain::provider_secrets::field;
use crate::ports::feedback::Feedback;
use crate::ports::keys::KeySource;
use crate::ports::receipts::ReceiptReader;
use crate::ports::sender::Sender;

/// What senders are made of.
pub struct Providers<'a> {
    config: &'a SendConfig,
    aws: &'a Aws,
    #[cfg_attr(
        not(any(feature = "twilio", feature = "vonage", feature = "smtp", feature = "sendgrid")),
        allow(dead_code, reason = "AWS's own providers have no secrets")
    )]
    keys: &'a Arc<dyn KeySource>,
}

/// Why a provider cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum UnfitProvider {
    /// The vault has no secret for it.
    #[error("the secret's field {0} must be set: its provider is named in the settings")]
    Secret(&'static str),
    /// It is not in this build, though the settings were read as if it were.
    #[error("the provider {0} is not in this build")]
    Absent(&'static str),
    /// A root certificate cannot be read.
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    /// The mail server's settings.
    #[cfg(feature = "smtp")]
    #[error(transparent)]
    Smtp(#[from] super::smtp::UnfitSmtp),
}

/// Who tells a provider's receipts; nobody where it is not told where to bring them.
#[must_use]
#[cfg_attr(
    not(any(feature = "twilio", feature = "vonage", feature = "doubles")),
    allow(clippy::missing_const_for_fn, reason = "SNS brings no receipts")
)]
pub fn receipts(provider: &SmsProvider) -> Option<Arc<dyn ReceiptReader>> {
    match provider {
        #[cfg(any(feature = "twilio", feature = "doubles"))]
        SmsProvider::Twilio(settings) => {
            let url = settings.receipts.clone()?;
            Some(Arc::new(super::receipts::twilio::TwilioReceipts::new(url, settings.account_sid.clone())))
        }
        #[cfg(any(feature = "vonage", feature = "doubles"))]
        SmsProvider::Vonage(settings) => {
            settings.receipts.as_ref()?;
            Some(Arc::new(super::receipts::vonage::VonageReceipts::new(settings.api_key.clone())))
        }
        _ => None,
    }
}

/// Who tells providers of right codes; nobody where that is off, or in a build without any that wants to hear.
///
/// # Errors
/// A root certificate cannot be read.
#[cfg(any(feature = "twilio", feature = "vonage"))]
pub fn feedback(
    config: Option<FeedbackConfig>,
    aws: &Aws,
    keys: &Arc<dyn KeySource>,
) -> Result<Option<Arc<dyn Feedback>>, UnreadableTrust> {
    let Some(config) = config else { return Ok(None) };
    let web = super::web::Web::new(aws.extra_roots().map(<[u8]>::to_vec))?;
    Ok(Some(Arc::new(super::feedback::ProviderFeedback::new(web, config, Arc::clone(keys), None))))
}

/// The same in a build without such a provider, where the settings refuse it.
///
/// # Errors
/// Never.
#[cfg(not(any(feature = "twilio", feature = "vonage")))]
pub fn feedback(
    _: Option<FeedbackConfig>,
    _: &Aws,
    _: &Arc<dyn KeySource>,
) -> Result<Option<Arc<dyn Feedback>>, UnreadableTrust> {
    Ok(None)
}

/// The name of a provider that wants to hear of right codes. Vonage's Conversion API knows the texts of its SMS API alone.
#[must_use]
pub fn hears_of_right_codes(provider: &SmsProvider) -> Option<&'static str> {
    match provider {
        SmsProvider::Twilio(_) => Some("twilio"),
        SmsProvider::Vonage(settings) if settings.api == VonageApi::Sms => Some("vonage"),
        SmsProvider::Vonage(_) | SmsProvider::Sns => None,
    }
}

type Made = Result<Arc<dyn Sender>, UnfitProvider>;

impl<'a> Providers<'a> {
    /// With these settings, clients and secrets.
    #[must_use]
    pub const fn new(config: &'a SendConfig, aws: &'a Aws, keys: &'a Arc<dyn KeySource>) -> Self {
        Self { config, aws, keys }
    }

    /// A sender of texts.
    ///
    /// # Errors
    /// [`UnfitProvider`].
    pub fn sms(&self, provider: &SmsProvider, sns: &SnsSettings) -> Made {
        match provider {
            SmsProvider::Sns => Ok(Arc::new(SnsSender::new(self.aws.sns(self.config.sns_endpoint.as_deref()), sns))),
            #[cfg(feature = "twilio")]
            SmsProvider::Twilio(settings) => {
                use super::twilio::{ENDPOINT, TwilioSender, has_secrets};
                if !has_secrets(self.keys.ring().provider_secrets()) {
                    return Err(UnfitProvider::Secret(field::TWILIO_AUTH_TOKEN));
                }
                let sender = TwilioSender::new(self.web()?, ENDPOINT, settings.clone(), Arc::clone(self.keys));
                Ok(Arc::new(sender.with_feedback(self.config.feedback)))
            }
            #[cfg(feature = "vonage")]
            SmsProvider::Vonage(settings) => {
                self.secret(field::VONAGE_API_SECRET)?;
                let keys = Arc::clone(self.keys);
                Ok(Arc::new(super::vonage::VonageSender::new(self.web()?, None, settings.clone(), keys)))
            }
            #[cfg(not(feature = "twilio"))]
            SmsProvider::Twilio(_) => Err(UnfitProvider::Absent("twilio")),
            #[cfg(not(feature = "vonage"))]
            SmsProvider::Vonage(_) => Err(UnfitProvider::Absent("vonage")),
        }
    }

    /// A sender of mail.
    ///
    /// # Errors
    /// [`UnfitProvider`].
    pub fn email(&self, provider: &EmailProvider, ses: &SesSettings) -> Made {
        match provider {
            EmailProvider::Ses => Ok(Arc::new(SesSender::new(self.aws.ses(self.config.ses_endpoint.as_deref()), ses.clone()))),
            #[cfg(feature = "smtp")]
            EmailProvider::Smtp(settings) => {
                use super::smtp::{SmtpSender, SmtpTrust};
                self.secret(field::SMTP_PASSWORD)?;
                let trust = SmtpTrust::System(self.aws.extra_roots());
                Ok(Arc::new(SmtpSender::new(settings.clone(), &ses.from, &trust, Arc::clone(self.keys))?))
            }
            #[cfg(feature = "sendgrid")]
            EmailProvider::SendGrid => {
                use super::sendgrid::{ENDPOINT, SendGridSender};
                self.secret(field::SENDGRID_API_KEY)?;
                Ok(Arc::new(SendGridSender::new(self.web()?, ENDPOINT, &ses.from, Arc::clone(self.keys))))
            }
            #[cfg(not(feature = "smtp"))]
            EmailProvider::Smtp(_) => Err(UnfitProvider::Absent("smtp")),
            #[cfg(not(feature = "sendgrid"))]
            EmailProvider::SendGrid => Err(UnfitProvider::Absent("sendgrid")),
        }
    }

    #[cfg(any(feature = "twilio", feature = "vonage", feature = "sendgrid"))]
    fn web(&self) -> Result<super::web::Web, UnreadableTrust> {
        super::web::Web::new(self.aws.extra_roots().map(<[u8]>::to_vec))
    }

    #[cfg(any(feature = "vonage", feature = "smtp", feature = "sendgrid"))]
    fn secret(&self, field: &'static str) -> Result<(), UnfitProvider> {
        let known = self.keys.ring().provider_secrets().get(field).is_some();
        if known { Ok(()) } else { Err(UnfitProvider::Secret(field)) }
    }
}
