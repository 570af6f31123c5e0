//! People who sign in, or do not, by a clock that they move.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use otp_auth::domain::session::{SessionPolicy, Transport};
use otp_auth::ports::receipts::Notice;
use otp_auth::testing::receipts::{TOPIC, ses_event};
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

/// A service and the people who use it.
pub struct World {
    service: Service,
    people: AtomicU32,
}

/// The parts of a service in memory with sessions, some of which a scenario replaces.
pub fn setup() -> Result<Setup, Box<dyn Error>> {
    let mut setup = Setup::in_memory()?;
    let policy = SessionPolicy { idle: hours(24), absolute: hours(72), grace: Duration::ZERO };
    setup.sessions = Some((policy, Transport::Body));
    Ok(setup)
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(3600 * hours)
}

impl World {
    pub fn of(setup: Setup) -> Self {
        Self { service: setup.build(), people: AtomicU32::new(0) }
    }

    fn next(&self) -> u32 {
        self.people.fetch_add(1, Ordering::Relaxed)
    }

    /// Somebody's number in California; no two are of one block of a thousand.
    pub fn phone(&self) -> String {
        format!("+1415{}", 2_000_000 + self.next() * 1009)
    }

    /// Somebody's number in Sri Lanka.
    pub fn phone_in_sri_lanka(&self) -> String {
        format!("+9477{}", 1_000_000 + self.next() * 1009)
    }

    /// Somebody's address.
    pub fn mailbox(&self) -> String {
        format!("person{}@example.com", self.next())
    }

    /// Time passes.
    pub fn wait(&self, seconds: u64) {
        self.service.advance(seconds);
    }

    pub async fn ask(&self, identifier: &str) -> TestReply {
        self.service.post("send", &json!({ "identifier": identifier })).await
    }

    /// Enters a code for what a request to send was answered with.
    pub async fn enter(&self, identifier: &str, code: &str, sent: &TestReply) -> TestReply {
        let challenge = sent.body.get("challenge_id");
        self.service.post("verify", &json!({ "identifier": identifier, "otp_code": code, "challenge_id": challenge })).await
    }

    /// Asks for a code, and enters it half a minute later.
    pub async fn sign_in(&self, identifier: &str) -> TestReply {
        let sent = self.ask(identifier).await;
        let code = self.service.last_code();
        self.wait(30);
        self.enter(identifier, &code, &sent).await
    }

    /// Mistypes once on the way.
    pub async fn sign_in_at_the_second_try(&self, identifier: &str) {
        let sent = self.ask(identifier).await;
        let code = self.service.last_code();
        self.wait(20);
        self.enter(identifier, &wrong(&code), &sent).await;
        self.wait(10);
        self.enter(identifier, &code, &sent).await;
    }

    /// Asks for a code and enters another one.
    pub async fn guess(&self, identifier: &str) {
        let sent = self.ask(identifier).await;
        self.enter(identifier, &wrong(&self.service.last_code()), &sent).await;
    }

    /// SES says through its topic what became of the mail to a mailbox.
    pub async fn is_told_by_ses(&self, mailbox: &str, kind: &str) {
        let Some(receipts) = &self.service.api.receipts else { return };
        let event = ses_event(&format!("mail-to-{mailbox}"), kind);
        // What could not be taken would leave the alarm silent, which fails the game day.
        let _taken = receipts.take_notice(&Notice { topic: TOPIC, message: &event }, "game-day").await;
    }

    /// Uses a refresh token; the next one.
    pub async fn refresh(&self, reply: &TestReply) -> TestReply {
        let token = reply.body.get("refresh_token").cloned().unwrap_or(Value::Null);
        let mut call = self.service.request("verify", &json!({ "refresh_token": token }));
        "/api/auth/token/refresh".clone_into(&mut call.path);
        self.service.call(&call).await
    }
}

/// Another code of the same length.
fn wrong(code: &str) -> String {
    let turned = |digit: char| if digit == '0' { '1' } else { '0' };
    code.chars().map(turned).collect()
}
