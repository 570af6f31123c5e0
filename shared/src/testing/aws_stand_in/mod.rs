//! A stand-in of the AWS services that the functions call, speaking their real wire formats over real HTTP.
//!
//! | service | request | file |
//! |---|---|---|
//! | SNS `Publish` | AWS query protocol: a form in, XML out | `sns.rs` |
//! | SES v2 `SendEmail` | REST JSON | `ses.rs` |
//! | Secrets Manager `GetSecretValue`, `PutSecretValue` | AWS JSON 1.1 | `secrets.rs` |
//!
//! Messages land in an [`Outbox`]. A test can script what goes wrong with the next requests ([`AwsStandIn::script`]), and
//! read what the last ones said.
#![cfg(feature = "testing")]

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::pending;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::adapters::outbox::{Outbox, Sent};

mod secrets;
mod ses;
mod sns;

pub use ses::{Header, Part, SendEmail};
pub use sns::{Attribute, Publish};

/// The name of the secret that it holds.
pub const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:otp-auth-keys";

/// Largest body that it reads: SNS's and SES's own limits are far above any message of ours.
const MAX_BODY: usize = 1024 * 1024;

/// A running stand-in. Dropping it stops the server; requests under way are cut.
pub struct AwsStandIn {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: watch::Sender<()>,
}

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is recorded; the answer is this status and error code, in the service's own format.
    Refuse(u16, &'static str),
    /// The service's own way to say "slow down". Nothing is recorded.
    Throttle,
    /// A 500 in the service's format, and nothing was recorded.
    FailBefore,
    /// A 500 in the service's format, though the message was recorded.
    FailAfter,
    /// The request is read and never answered. Nothing is recorded.
    Silence,
    /// The request is read, then the connection is cut. Nothing is recorded.
    Cut,
    /// The message is recorded, then the connection is cut.
    CutAfter,
    /// The message is recorded; the answer begins, and has no end.
    StopInAnswer,
    /// The message is recorded; the answer is a 200 that is no answer of the service.
    Rubbish,
}

type Listener = Box<dyn Fn(&Sent) + Send + Sync>;

struct Shared {
    outbox: Outbox,
    listener: OnceLock<Listener>,
    requests: watch::Sender<usize>,
    stopped: watch::Receiver<()>,
    state: Mutex<Scripted>,
}

#[derive(Default)]
struct Scripted {
    faults: VecDeque<Fault>,
    secret: Option<String>,
    /// How often the secret was put.
    version: u64,
    last_text: Option<Publish>,
    last_mail: Option<SendEmail>,
}

impl AwsStandIn {
    /// Starts one on `address`, holding `secret` under any name.
    ///
    /// # Errors
    /// The address cannot be had.
    pub async fn start(outbox: Outbox, secret: Option<String>, address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, mut stopped) = watch::channel(());
        let shared = Arc::new(Shared {
            outbox,
            listener: OnceLock::new(),
            requests: watch::Sender::new(0),
            stopped: stopped.clone(),
            state: Mutex::new(Scripted { secret, ..Scripted::default() }),
        });
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let serving = axum::serve(listener, routes).with_graceful_shutdown(async move {
            let _dropped = stopped.changed().await;
        });
        tokio::spawn(async { serving.await });
        Ok(Self { address, shared, _stop: stop })
    }

    /// Where it listens, for every service.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls `listener` with every message from now on, as it is recorded. The first listener stays.
    pub fn tell(&self, listener: impl Fn(&Sent) + Send + Sync + 'static) {
        let _first_stays = self.shared.listener.set(Box::new(listener));
    }

    /// What goes wrong with the next requests, one each; after them, nothing.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.state().faults.extend(faults);
    }

    /// Replaces the secret; without one, Secrets Manager knows none.
    pub fn set_secret(&self, secret: Option<String>) {
        self.shared.state().secret = secret;
    }

    /// How many requests to a service were read to their end.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.shared.requests.borrow()
    }

    /// Waits until `count` requests to a service were read to their end.
    pub async fn received(&self, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        let _open_as_long_as_self = requests.wait_for(|read| *read >= count).await;
    }

    /// What the last text's request said.
    #[must_use]
    pub fn last_text(&self) -> Option<Publish> {
        self.shared.state().last_text.clone()
    }

    /// What the last mail's request said.
    #[must_use]
    pub fn last_mail(&self) -> Option<SendEmail> {
        self.shared.state().last_mail.clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, Scripted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request and says what is to go wrong with it.
    fn next_fault(&self) -> Option<Fault> {
        let fault = self.state().faults.pop_front();
        self.requests.send_modify(|count| *count += 1);
        fault
    }

    fn record(&self, sent: Sent) {
        self.outbox.record(sent.clone());
        if let Some(listener) = self.listener.get() {
            listener(&sent);
        }
    }

    /// An id for the next message, unlike any before it.
    fn message_id(&self) -> String {
        format!("00000000-0000-4000-8000-{:012}", *self.requests.borrow())
    }
}

/// Which service a request speaks to.
#[derive(Clone, Copy)]
enum Service {
    Sns,
    Ses,
    /// `GetSecretValue`.
    Secrets,
    /// `PutSecretValue`.
    PutSecret,
}

/// An answer of a service: what it gives, or its error code and the sentence with it.
type Outcome = Result<String, (StatusCode, &'static str, &'static str)>;

impl Service {
    fn of(parts: &Parts) -> Option<Self> {
        match (&parts.method, parts.uri.path()) {
            (&Method::POST, ses::PATH) => Some(Self::Ses),
            (&Method::POST, "/") if secrets::is_called(&parts.headers) => Some(Self::Secrets),
            (&Method::POST, "/") if secrets::is_put(&parts.headers) => Some(Self::PutSecret),
            (&Method::POST, "/") => Some(Self::Sns),
            _ => None,
        }
    }

    fn serve(self, shared: &Shared, body: &[u8]) -> Outcome {
        match self {
            Self::Sns => sns::publish(shared, body),
            Self::Ses => ses::send_email(shared, body),
            Self::Secrets => secrets::get_secret_value(shared, body),
            Self::PutSecret => secrets::put_secret_value(shared, body),
        }
    }

    fn response(self, outcome: Outcome) -> Response {
        match (self, outcome) {
            (Self::Sns, Ok(given)) => reply(StatusCode::OK, sns::MEDIA_TYPE, given),
            (Self::Ses, Ok(given)) => reply(StatusCode::OK, ses::MEDIA_TYPE, given),
            (Self::Secrets | Self::PutSecret, Ok(given)) => reply(StatusCode::OK, secrets::MEDIA_TYPE, given),
            (Self::Sns, Err((status, code, message))) => sns::error(status, code, message),
            (Self::Ses, Err((status, code, message))) => ses::error(status, code, message),
            (Self::Secrets | Self::PutSecret, Err((status, code, message))) => secrets::error(status, code, message),
        }
    }

    fn refusal(self, status: u16, code: &'static str) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        self.response(Err((status, code, "As scripted.")))
    }

    fn throttled(self) -> Response {
        match self {
            Self::Sns => self.refusal(429, "Throttled"),
            Self::Ses => self.refusal(429, "TooManyRequestsException"),
            Self::Secrets | Self::PutSecret => self.refusal(400, "ThrottlingException"),
        }
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(service) = Service::of(&parts) else { return reply(StatusCode::NOT_FOUND, "text/plain", String::new()) };
    if !is_signed(&parts) {
        return service.refusal(403, "MissingAuthenticationToken");
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return service.refusal(413, "RequestEntityTooLarge") };
    answer_as_scripted(&shared, service, &body).await
}

async fn answer_as_scripted(shared: &Shared, service: Service, body: &Bytes) -> Response {
    match shared.next_fault() {
        None => service.response(service.serve(shared, body)),
        Some(Fault::Refuse(status, code)) => service.refusal(status, code),
        Some(Fault::Throttle) => service.throttled(),
        Some(Fault::FailBefore) => service.refusal(500, "InternalFailure"),
        Some(Fault::FailAfter) => {
            let _unheard = service.serve(shared, body);
            service.refusal(500, "InternalFailure")
        }
        Some(Fault::Rubbish) => {
            let _unheard = service.serve(shared, body);
            reply(StatusCode::OK, "text/html", "<p>It works!".to_owned())
        }
        Some(Fault::Silence) => {
            let _dropped = shared.stopped.clone().changed().await;
            cut()
        }
        Some(Fault::Cut) => cut(),
        Some(Fault::CutAfter) => {
            let _unheard = service.serve(shared, body);
            cut()
        }
        Some(Fault::StopInAnswer) => service.response(service.serve(shared, body)).map(without_end),
    }
}

fn without_end(body: Body) -> Body {
    Body::from_stream(body.into_data_stream().chain(pending()))
}

/// Signatures are not checked, but nobody gets anything without one.
fn is_signed(parts: &Parts) -> bool {
    parts.headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "))
}

/// Ends the connection without an answer. A handler cannot say that to its server, so it takes the connection's task
/// down with it; unlike a panic, this prints nothing.
fn cut() -> ! {
    std::panic::resume_unwind(Box::new("the connection is cut, as scripted"))
}

fn reply(status: StatusCode, media_type: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, axum::http::HeaderValue::from_static(media_type));
    response
}
