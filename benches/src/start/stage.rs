//! What the measured functions run against: an embedded table and stand-ins of SNS, SES and Secrets Manager, each behind
//! TLS on a port of its own, and the events that they are given.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::secrets;
use otp_auth::adapters::system::SystemClock;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::Channel;
use otp_auth::domain::time::{Timestamp, millis};
use otp_auth::ports::clock::Clock;
use otp_auth::testing::aws_stand_in::{self, AwsStandIn};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::{self, Embedded};
use otp_auth::testing::forward::Forward;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

use super::StartError;
use super::people::People;
use super::tls::Tls;
use super::watch::Watch;

/// Where systems keep the roots that they trust: Debian, Amazon Linux.
const SYSTEM_ROOTS: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
/// Longer than the cooldown between two sends.
const A_WHILE: Duration = Duration::from_secs(90);

/// A stage for one run.
pub struct Stage {
    /// Sees the connections that a function makes.
    pub watch: Watch,
    /// The environment variables of every function.
    pub environment: Vec<(&'static str, String)>,
    /// Counts the requests to the table.
    pub table: Forward,
    embedded: Embedded,
    outbox: Outbox,
    keys: Arc<KeyRing>,
    send_event: Value,
    verify_event: Value,
    people: People,
    /// Keeps the stand-ins alive.
    _aws: AwsStandIn,
}

/// Whether requests to the table are counted: then they take longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// They are.
    On,
    /// They go to the table directly.
    Off,
}

impl Stage {
    /// Sets everything up, with files under `root`'s `target`.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn new(root: &Path, counting: Counting) -> Result<Self, StartError> {
        let secret = json!({ "identifiers": "k1", "codes": "k1", "k1": "k".repeat(64) }).to_string();
        let keys = Arc::new(secrets::parse(&secret)?);
        let embedded = Embedded::start(None).await?;
        let outbox = Outbox::new(Arc::new(SystemClock));
        let aws = AwsStandIn::start(outbox.clone(), Some(secret), SocketAddr::from(([127, 0, 0, 1], 0)));
        let aws = aws.await.map_err(StartError::io("a port for the stand-ins"))?;
        let (watch, tls) = (Watch::default(), Tls::new()?);
        let mut environment = settings();
        environment.extend(trust(&root.join("target/bench-start"), &tls.root_pem)?);
        let forward = Forward::to(&embedded.endpoint())?;
        let table = if counting == Counting::On { forward.listen().await? } else { embedded.endpoint() };
        environment.extend(endpoints(&tls, &watch, address(&table)?, address(&aws.endpoint())?).await?);
        let event = |name: &str| event(&root.join("events").join(name));
        let (send_event, verify_event) = (event("send-otp.phone.json")?, event("verify-otp.phone.json")?);
        Ok(Self {
            watch,
            environment,
            table: forward,
            embedded,
            outbox,
            keys,
            send_event,
            verify_event,
            people: People::default(),
            _aws: aws,
        })
    }

    /// `count` requests for a code by `channel`, from people who were never here.
    pub fn sends(&mut self, count: usize, channel: Channel) -> Vec<Value> {
        let people: Vec<String> = (0..count).map(|_| self.people.somebody_new(channel)).collect();
        people.iter().map(|person| with_body(&self.send_event, &json!({ "identifier": person }))).collect()
    }

    /// `count` right codes, from people who have signed in before.
    ///
    /// # Errors
    /// They could not be signed in.
    pub async fn verifies(&mut self, count: usize, channel: Channel) -> Result<Vec<Value>, StartError> {
        let clock = Arc::new(TestClock::at(Timestamp::from_millis(SystemClock.now().as_millis() - millis(A_WHILE))));
        let keys = Arc::new(Arc::clone(&self.keys));
        // As the measured functions are set up: no tokens, whose keys are not in the secret.
        let service = Setup { clock, keys, jwt: None, ..Setup::on(&self.embedded)? };
        let outbox = service.outbox.clone();
        let service = Service { outbox, ..service.build() };
        let mut people = Vec::with_capacity(count);
        for _ in 0..count {
            let person = self.people.somebody_new(channel);
            let answer = code(&service, &person).await?;
            expect_success(&service.post("verify", &answer).await)?;
            people.push(person);
        }
        service.clock.advance(A_WHILE);
        let mut events = Vec::with_capacity(count);
        for person in &people {
            events.push(with_body(&self.verify_event, &code(&service, person).await?));
        }
        Ok(events)
    }

    /// The event that answers `send` with the code that came last, as one of the other languages' functions sent it.
    ///
    /// # Errors
    /// No message came.
    pub fn answer_to(&self, send: &Value) -> Result<Value, StartError> {
        let not_answered = || StartError::NotMeasured(format!("no code came for {send}"));
        let body = send.get("body").and_then(Value::as_str).and_then(|body| serde_json::from_str::<Value>(body).ok());
        let identifier = body.and_then(|body| body.get("identifier").cloned()).ok_or_else(not_answered)?;
        let message = self.outbox.sent().pop().filter(|message| identifier == message.to).ok_or_else(not_answered)?;
        let code = code_in(&message.text).ok_or_else(not_answered)?;
        Ok(with_body(&self.verify_event, &json!({ "identifier": identifier, "otp_code": code })))
    }
}

/// The first six digits or more in a row.
fn code_in(message: &str) -> Option<&str> {
    message.split(|letter: char| !letter.is_ascii_digit()).find(|digits| digits.len() >= 6)
}

/// Asks for a code; gives back the body that answers it.
async fn code(service: &Service, person: &str) -> Result<Value, StartError> {
    let sent = service.post("send", &json!({ "identifier": person })).await;
    expect_success(&sent)?;
    let message = service.outbox.sent().pop().map(|message| message.text).unwrap_or_default();
    Ok(json!({ "identifier": person, "otp_code": code_in(&message), "challenge_id": sent.body.get("challenge_id") }))
}

fn expect_success(reply: &TestReply) -> Result<(), StartError> {
    let refused = || StartError::NotMeasured(format!("the service answered {}: {}", reply.status, reply.body));
    if reply.status.is_success() { Ok(()) } else { Err(refused()) }
}

fn settings() -> Vec<(&'static str, String)> {
    let owned = |(name, value): (&'static str, &str)| (name, value.to_owned());
    let fixed = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "example"),
        ("AWS_SESSION_TOKEN", "example"),
        ("TABLE_NAME", embedded::TABLE),
        ("KEYS_SECRET_ARN", aws_stand_in::SECRET),
        ("APP_NAME", "Acme"),
        ("APP_DOMAIN", "example.com"),
        ("DEFAULT_FROM_EMAIL", "login@example.com"),
        ("SMS_ALLOWED_COUNTRIES", "US"),
        ("RATE_SEND_PER_ADDRESS_PER_MINUTE", "100000"),
        ("RATE_SEND_PER_ADDRESS_PER_HOUR", "100000"),
        ("RATE_UNANSWERED_PER_COUNTRY_PER_HOUR", "1000000"),
        ("RATE_UNANSWERED_PER_COUNTRY_PER_DAY", "1000000"),
        ("SMS_BUDGET_MESSAGES_PER_DAY", "10000000"),
        ("SMS_BUDGET_COUNTRY_PERCENT", "100"),
        // What the other languages' functions name codes with.
        ("CODE_PEPPER", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"),
    ];
    fixed.into_iter().map(owned).collect()
}

/// Whom to trust: our functions and Python's SDK take `AWS_CA_BUNDLE`; the Rust SDK's default takes the system's certificates,
/// with this one among them; Node takes one certificate more than its own.
fn trust(directory: &Path, root_pem: &str) -> Result<[(&'static str, String); 3], StartError> {
    std::fs::create_dir_all(directory).map_err(StartError::io(directory.display().to_string()))?;
    let system = SYSTEM_ROOTS.iter().find_map(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let ours = write(directory.join("root.pem"), root_pem)?;
    let all = write(directory.join("all-roots.pem"), &format!("{system}\n{root_pem}"))?;
    Ok([("AWS_CA_BUNDLE", ours.clone()), ("NODE_EXTRA_CA_CERTS", ours), ("SSL_CERT_FILE", all)])
}

fn write(path: PathBuf, text: &str) -> Result<String, StartError> {
    let path = path.display().to_string();
    std::fs::write(&path, text).map_err(StartError::io(&path))?;
    Ok(path)
}

/// Each service at an endpoint of its own, as with AWS; under our variables and under the SDK's.
async fn endpoints(
    tls: &Tls,
    watch: &Watch,
    table: SocketAddr,
    others: SocketAddr,
) -> Result<Vec<(&'static str, String)>, StartError> {
    let services = [
        ("DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB", table),
        ("SECRETS_ENDPOINT", "AWS_ENDPOINT_URL_SECRETS_MANAGER", others),
        ("SNS_ENDPOINT", "AWS_ENDPOINT_URL_SNS", others),
        ("SES_ENDPOINT", "AWS_ENDPOINT_URL_SESV2", others),
    ];
    let mut variables = Vec::new();
    for (ours, sdks, server) in services {
        let endpoint = tls.before(server, watch).await?;
        variables.extend([(ours, endpoint.clone()), (sdks, endpoint)]);
    }
    Ok(variables)
}

fn address(endpoint: &str) -> Result<SocketAddr, StartError> {
    let parsed = endpoint.strip_prefix("http://").and_then(|address| address.parse().ok());
    parsed.ok_or_else(|| StartError::NotMeasured(format!("{endpoint} is not http://address:port")))
}

fn event(path: &Path) -> Result<Value, StartError> {
    let text = std::fs::read_to_string(path).map_err(StartError::io(path.display().to_string()))?;
    serde_json::from_str(&text).map_err(|error| StartError::NotMeasured(format!("{}: {error}", path.display())))
}

fn with_body(event: &Value, body: &Value) -> Value {
    let mut event = event.clone();
    if let Some(place) = event.get_mut("body") {
        *place = Value::String(body.to_string());
    }
    event
}
