//! A stand-in for Lambda's execution environment: it starts a function's real binary as a child process and speaks the
//! [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) with it over HTTP.
//!
//! ```no_run
//! # use otp_auth::testing::runtime_api::{Function, FunctionError};
//! # async fn demo(event: serde_json::Value) -> Result<(), FunctionError> {
//! let mut function = Function::start("target/release/send-otp", [("AWS_REGION", "eu-west-1")]).await?;
//! let answer = function.invoke(&event).await?;
//! assert_eq!(answer.reply["statusCode"], 200, "{}", function.log());
//! # Ok(())
//! # }
//! ```
//!
//! As in Lambda, a function handles one event at a time, has an environment of its own, and is killed without notice: here
//! when its [`Function`] is dropped. Unlike in Lambda, its log can be read. Waiting is by the real clock.
#![cfg(feature = "testing")]

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path as Segment, State};
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::adapters::system::SystemClock;
use crate::domain::time::millis;
use crate::ports::clock::Clock;

/// How long an event may take unless the caller says otherwise: the functions' own timeout in `template.yaml`.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// How long a function may take to start. Lambda gives it ten seconds; a busy machine more.
const START: Duration = Duration::from_secs(30);
/// How long a late reply is waited for, and a dead function's last words.
const GRACE: Duration = Duration::from_secs(2);
/// Largest reply that Lambda takes.
const MAX_REPLY: usize = 6 * 1024 * 1024;

/// A running function. Dropping it kills the process.
pub struct Function {
    child: Child,
    started: Instant,
    /// When it asked for the event that it has not been given yet.
    waiting_since: Option<Instant>,
    events: mpsc::UnboundedSender<Event>,
    news: mpsc::UnboundedReceiver<News>,
    log: Arc<Lock<Vec<u8>>>,
    invocations: u64,
    /// The server and the readers of the log; they end with the function.
    tasks: JoinSet<()>,
}

/// A function's answer to one event.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it answered.
    pub reply: Value,
    /// From handing over the event to the end of the reply.
    pub took: Duration,
}

/// What went wrong with a function.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// There was no port for the Runtime API.
    #[error("no port for the Runtime API: {0}")]
    Port(#[source] io::Error),
    /// The binary could not be run.
    #[error("{} cannot be run: {cause}", binary.display())]
    NotRun {
        /// The binary.
        binary: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It reported that it cannot start.
    #[error("the function reported a failed start: {0}")]
    Init(String),
    /// It reported that it failed on the event.
    #[error("the function reported an error instead of a reply: {0}")]
    Failed(String),
    /// It answered something other than JSON.
    #[error("the reply is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// The process ended.
    #[error("the function ended ({status}); its log:\n{log}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// All that it logged.
        log: String,
    },
    /// It neither ended nor did what was waited for.
    #[error("the function is stuck: no {awaited} within {waited:?}; its log:\n{log}")]
    Stuck {
        /// What was waited for.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// All that it logged.
        log: String,
    },
}

/// An event on its way to the function.
struct Event {
    id: String,
    deadline_ms: u64,
    payload: String,
}

/// What the function said, and when.
struct News {
    at: Instant,
    said: Said,
}

enum Said {
    Next,
    Reply(String, Bytes),
    Error(String, Bytes),
    InitError(Bytes),
}

impl Function {
    /// Runs `binary` with these environment variables and what Lambda adds to them, and with nothing of the caller's own.
    ///
    /// # Errors
    /// [`FunctionError::Port`], [`FunctionError::NotRun`].
    pub async fn start<K, V>(
        binary: impl AsRef<Path>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, FunctionError>
    where
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        Self::start_with(binary, [""; 0], environment).await
    }

    /// As [`Function::start`], for a program that takes arguments, such as an interpreter.
    ///
    /// # Errors
    /// [`FunctionError::Port`], [`FunctionError::NotRun`].
    pub async fn start_with<A, K, V>(
        binary: impl AsRef<Path>,
        arguments: impl IntoIterator<Item = A>,
        environment: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, FunctionError>
    where
        A: AsRef<OsStr>,
        K: AsRef<OsStr>,
        V: AsRef<OsStr>,
    {
        let binary = binary.as_ref();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(FunctionError::Port)?;
        let address = listener.local_addr().map_err(FunctionError::Port)?;
        let (tell, news) = mpsc::unbounded_channel();
        let (events, queue) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, RuntimeApi { tell, queue: Arc::new(Mutex::new(queue)) }));
        let mut command = command(binary, address);
        command.args(arguments).envs(environment);
        let started = now();
        let mut child = command.spawn().map_err(|cause| FunctionError::NotRun { binary: binary.to_owned(), cause })?;
        let log = Arc::default();
        tasks.spawn(keep(child.stdout.take(), Arc::clone(&log)));
        tasks.spawn(keep(child.stderr.take(), Arc::clone(&log)));
        Ok(Self { child, started, waiting_since: None, events, news, log, invocations: 0, tasks })
    }

    /// Waits until the function asks for its next event, and says how long after the start of the process it did. Before
    /// the first event that is its start-up time; after an event, all work on that event is done by then.
    ///
    /// # Errors
    /// [`FunctionError::Init`], [`FunctionError::Ended`], [`FunctionError::Stuck`].
    pub async fn idle(&mut self) -> Result<Duration, FunctionError> {
        let since = match self.waiting_since {
            Some(since) => since,
            None => self.until("request for an event", START, |said| matches!(said, Said::Next).then_some(Ok(()))).await?.0,
        };
        self.waiting_since = Some(since);
        Ok(since.duration_since(self.started))
    }

    /// Gives the function one event and waits for its answer, as long as [`TIMEOUT`].
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke(&mut self, event: &Value) -> Result<Answer, FunctionError> {
        self.invoke_within(event, TIMEOUT).await
    }

    /// As [`Function::invoke`], with another time limit, which the function is told.
    ///
    /// # Errors
    /// [`FunctionError`].
    pub async fn invoke_within(&mut self, event: &Value, timeout: Duration) -> Result<Answer, FunctionError> {
        self.idle().await?;
        self.waiting_since = None;
        self.invocations += 1;
        let id = format!("8476a536-e9f4-11e8-9739-{:012}", self.invocations);
        let handed_over = now();
        let deadline_ms = SystemClock.now().as_millis() + millis(timeout);
        // With nobody at the other end the wait below finds out why.
        let _sent = self.events.send(Event { id: id.clone(), deadline_ms, payload: event.to_string() });
        let (at, reply) = self.until("reply", timeout + GRACE, |said| answer_to(&id, said)).await?;
        Ok(Answer { reply, took: at.duration_since(handed_over) })
    }

    /// All that the function has written to its standard output and error so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// The process, while it lives.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the function says what `wanted` looks for, and when it did.
    async fn until<T>(
        &mut self,
        awaited: &'static str,
        patience: Duration,
        wanted: impl Fn(Said) -> Option<Result<T, FunctionError>>,
    ) -> Result<(Instant, T), FunctionError> {
        let patience_ends = tokio::time::Instant::now() + patience;
        loop {
            tokio::select! {
                biased;
                Some(News { at, said }) = self.news.recv() => match said {
                    Said::InitError(body) => return Err(FunctionError::Init(lossy(&body))),
                    said => if let Some(found) = wanted(said) { return found.map(|found| (at, found)) },
                },
                ended = self.child.wait() => return Err(self.ended(ended).await),
                () = tokio::time::sleep_until(patience_ends) => {
                    return Err(FunctionError::Stuck { awaited, waited: patience, log: self.log() });
                }
            }
        }
    }

    /// The process is gone: its pipes run dry soon, then its log is whole.
    async fn ended(&mut self, status: io::Result<ExitStatus>) -> FunctionError {
        let readers_done = async { while self.tasks.len() > 1 && self.tasks.join_next().await.is_some() {} };
        let _in_time = tokio::time::timeout(GRACE, readers_done).await;
        FunctionError::Ended { status: status.unwrap_or_default(), log: self.log() }
    }
}

/// The answer to the invocation `id`, if that is what the function said.
fn answer_to(id: &str, said: Said) -> Option<Result<Value, FunctionError>> {
    match said {
        Said::Reply(of, body) if of == id => Some(serde_json::from_slice(&body).map_err(FunctionError::NotJson)),
        Said::Error(of, body) if of == id => Some(Err(FunctionError::Failed(lossy(&body)))),
        _ => None,
    }
}

/// `binary` in the environment that Lambda makes.
fn command(binary: &Path, runtime_api: SocketAddr) -> Command {
    let name = binary.file_name().unwrap_or_default();
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "stand-in")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stand-in")
        .env("_HANDLER", "bootstrap")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Keeps what comes through a pipe.
async fn keep(pipe: Option<impl AsyncRead + Unpin>, log: Arc<Lock<Vec<u8>>>) {
    let Some(mut pipe) = pipe else { return };
    let mut chunk = Vec::with_capacity(4096);
    while matches!(pipe.read_buf(&mut chunk).await, Ok(1..)) {
        log.lock().unwrap_or_else(PoisonError::into_inner).append(&mut chunk);
    }
}

/// The server's side: events out, news in.
#[derive(Clone)]
struct RuntimeApi {
    tell: mpsc::UnboundedSender<News>,
    queue: Arc<Mutex<mpsc::UnboundedReceiver<Event>>>,
}

impl RuntimeApi {
    fn tell(&self, said: Said) -> StatusCode {
        // Nobody listens once the function is being dropped.
        let _sent = self.tell.send(News { at: now(), said });
        StatusCode::ACCEPTED
    }
}

async fn serve(listener: TcpListener, api: RuntimeApi) {
    let routes = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(MAX_REPLY))
        .with_state(api);
    // It accepts until it is aborted.
    let _never = axum::serve(listener, routes).await;
}

/// Answers when there is an event.
async fn next(State(api): State<RuntimeApi>) -> (StatusCode, [(&'static str, String); 5], String) {
    api.tell(Said::Next);
    let Some(event) = api.queue.lock().await.recv().await else { return std::future::pending().await };
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:stand-in".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-69230000-000000000000000000000000;Sampled=0".to_owned()),
    ];
    (StatusCode::OK, headers, event.payload)
}

async fn response(State(api): State<RuntimeApi>, Segment(id): Segment<String>, body: Bytes) -> StatusCode {
    api.tell(Said::Reply(id, body))
}

async fn error(State(api): State<RuntimeApi>, Segment(id): Segment<String>, body: Bytes) -> StatusCode {
    api.tell(Said::Error(id, body))
}

async fn init_error(State(api): State<RuntimeApi>, body: Bytes) -> StatusCode {
    api.tell(Said::InitError(body))
}

fn lossy(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

#[allow(clippy::disallowed_methods, reason = "test equipment: what a real process does is timed by the real clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    /// A function that does as its events say, in a language that needs no build.
    const OBEDIENT: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys
host, api = os.environ["AWS_LAMBDA_RUNTIME_API"], "/2018-06-01/runtime/"
def ask(method, path, body=None):
    connection = http.client.HTTPConnection(host)
    connection.request(method, api + path, body)
    response = connection.getresponse()
    return response.headers, response.read()
while True:
    headers, body = ask("GET", "invocation/next")
    event, invocation = json.loads(body), "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    print("told to", event["do"], flush=True)
    if event["do"] == "end":
        sys.exit("the end")
    if event["do"] == "fail":
        ask("POST", invocation + "/error", "no")
    else:
        seen = {"deadline": int(headers["Lambda-Runtime-Deadline-Ms"]), "environment": os.environ.get("GIVEN")}
        ask("POST", invocation + "/response", json.dumps(seen))
"#;

    fn obedient() -> PathBuf {
        let path = std::env::temp_dir().join(format!("otp-auth-obedient-{}", std::process::id()));
        std::fs::write(&path, OBEDIENT).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        path
    }

    /// One test, since a file that is being written cannot be run, and another test's child could hold it open.
    #[tokio::test]
    async fn a_function_is_started_and_given_events_until_it_ends() {
        let path = obedient();
        let mut function = Function::start(&path, [("GIVEN", "yes")]).await.unwrap();
        let started = function.idle().await.unwrap();
        assert!(started > Duration::ZERO);

        let before = SystemClock.now().as_millis();
        let answer = function.invoke_within(&json!({ "do": "answer" }), Duration::from_secs(60)).await.unwrap();
        assert_eq!(answer.reply["environment"], "yes");
        let deadline = answer.reply["deadline"].as_u64().unwrap();
        assert!((before + 60_000..before + 120_000).contains(&deadline), "{deadline}");

        let failed = function.invoke(&json!({ "do": "fail" })).await.unwrap_err();
        assert!(matches!(&failed, FunctionError::Failed(body) if body == "no"), "{failed}");
        assert!(function.invoke(&json!({ "do": "answer" })).await.is_ok(), "it lives on");
        assert!(function.idle().await.unwrap() > started);

        let ended = function.invoke(&json!({ "do": "end" })).await.unwrap_err();
        let FunctionError::Ended { status, log } = ended else { panic!("{ended}") };
        assert_eq!(status.code(), Some(1));
        assert!(log.contains("told to end") && log.contains("the end"), "{log}");

        std::fs::remove_file(&path).unwrap();
        let gone = Function::start(&path, [("GIVEN", "yes")]).await.map(|_| ());
        assert!(matches!(gone, Err(FunctionError::NotRun { .. })));
    }
}
