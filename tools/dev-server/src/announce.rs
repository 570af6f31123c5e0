//! Codes on the console.

use async_trait::async_trait;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::ports::sender::{Content, Delivery, Message, Sender};

use crate::console;

/// The recording outbox, whose codes also appear on the console.
pub struct Announced(pub Outbox);

#[async_trait]
impl Sender for Announced {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let delivery = self.0.deliver(message).await;
        let (Content::Sms(text) | Content::Email { text, .. }) = &message.content;
        announce(message.to.canonical(), text);
        delivery
    }
}

/// Prints the code of a message.
pub fn announce(to: &str, text: &str) {
    if let Some(code) = bound_code(text) {
        console::say(&format!("OTP for {}: {code}", mask(to)));
    }
}

/// The code in the last line, `@domain #code`, which every message ends with.
fn bound_code(text: &str) -> Option<&str> {
    text.lines().last()?.strip_prefix('@')?.split_once(" #").map(|(_, code)| code)
}

/// Enough to tell two people apart on a console that somebody else may see: `+1***01`, `a***@example.com`.
fn mask(to: &str) -> String {
    if let Some((local, domain)) = to.split_once('@') {
        let first: String = local.chars().take(1).collect();
        return format!("{first}***@{domain}");
    }
    let start: String = to.chars().take(2).collect();
    let end = to.len().checked_sub(2).and_then(|at| to.get(at..)).unwrap_or_default();
    format!("{start}***{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_that_phones_read() {
        assert_eq!(bound_code("123456 is your code #9.\n\n@example.com #654321"), Some("654321"));
        assert_eq!(bound_code("no such line"), None);
        assert_eq!(bound_code(""), None);
    }

    #[test]
    fn a_mask_tells_people_apart_and_no_more() {
        assert_eq!(mask("+12345678901"), "+1***01");
        assert_eq!(mask("ada@example.com"), "a***@example.com");
    }
}
