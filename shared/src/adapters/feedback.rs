//! Right codes, told to the providers that want to hear of them.
//!
//! | | |
//! |---|---|
//! | Twilio | <https://www.twilio.com/docs/messaging/api/message-feedback-resource> |
//! | Vonage, for texts of its SMS API | <https://developer.vonage.com/en/api/conversion> |
//!
//! SNS has no such thing: AWS's message feedback is for texts that went out by another of its interfaces (`SendTextMessage`).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::web::{Post, Web};
use crate::config::FeedbackConfig;
use crate::domain::provider_secrets::ProviderSecrets;
use crate::ports::feedback::Feedback;
use crate::ports::keys::KeySource;

/// Somebody waits for the reply to a right code, and not for this.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells the providers that are configured.
pub struct ProviderFeedback {
    web: Web,
    config: FeedbackConfig,
    keys: Arc<dyn KeySource>,
    endpoint: Option<String>,
}

/// What a provider is told.
pub(super) struct Told {
    pub(super) url: String,
    pub(super) authorization: Option<Zeroizing<String>>,
    pub(super) form: Zeroizing<String>,
}

impl ProviderFeedback {
    /// At the providers' own endpoints, or all of them at this one.
    #[must_use]
    pub const fn new(web: Web, config: FeedbackConfig, keys: Arc<dyn KeySource>, endpoint: Option<String>) -> Self {
        Self { web, config, keys, endpoint }
    }

    /// None for a provider that does not want to hear.
    fn told(&self, provider: &str, message: &str, secrets: &ProviderSecrets) -> Option<(&'static str, Told)> {
        let endpoint = self.endpoint.as_deref();
        match provider {
            #[cfg(feature = "twilio")]
            "twilio" => {
                let account = self.config.twilio.as_deref()?;
                Some(("twilio", super::twilio::feedback(endpoint, account, message, secrets)?))
            }
            #[cfg(feature = "vonage")]
            "vonage" => {
                let account = self.config.vonage.as_deref()?;
                Some(("vonage", super::vonage::conversion(endpoint, account, message, secrets)?))
            }
            _ => None,
        }
    }
}

#[async_trait]
impl Feedback for ProviderFeedback {
    async fn arrived(&self, provider: &str, message: &str) {
        let ring = self.keys.ring();
        let Some((provider, told)) = self.told(provider, message, ring.provider_secrets()) else { return };
        let post = Post {
            provider,
            url: &told.url,
            media_type: "application/x-www-form-urlencoded",
            authorization: told.authorization,
            body: told.form,
        };
        let cause = match tokio::time::timeout(PATIENCE, self.web.post(post)).await {
            Ok(Ok(reply)) if (200..300).contains(&reply.status) => return,
            Ok(Ok(reply)) => format!("status {}", reply.status),
            Ok(Err(_)) => "no connection".to_owned(),
            Err(_) => "timeout".to_owned(),
        };
        tracing::warn!(provider, cause, "the provider did not take the news of a right code");
    }
}
