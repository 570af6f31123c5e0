//! The wire: plain `http` types in and out, the same behind API Gateway and the local server.
//!
//! [`Api::handle`] is the whole of it: find the route, let it answer, add what every reply carries, write one log line.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use crate::app::send_otp::SendOtp;
use crate::app::verify_otp::VerifyOtp;
use crate::domain::address::SourceAddress;
use crate::domain::callers::TrustedCallers;
use crate::domain::keys::KeyRing;
use crate::domain::receipt::RECEIPTS_PATH;
use crate::domain::session::Transport;
use crate::domain::time::Timestamp;
use crate::messages::{Catalogs, Key, Locale};
use crate::ports::clock::Clock;
use crate::ports::meter::Meter;
use crate::ports::receipts::ReceiptReader;
use crate::ports::tokens::PublishedKeys;
use crate::ports::traces::{Parent, RequestTrace, Traces};

mod body;
mod cookie;
mod cors;
mod event;
mod grant;
mod headers;
mod measures;
mod problem;
mod receipts;
mod record;
mod send_otp;
mod sessions;
mod source;
mod verify_otp;
mod well_known;

pub use crate::app::take_receipt::TakeError;
pub use cors::Cors;
pub use problem::{FieldError, Problem, ProblemCode};
pub use receipts::Receipts;
use record::{Ended, Record};
pub use sessions::SessionRoutes;
use sessions::{Presented, log_out, refresh};

/// Where the routes of codes are.
pub const BASE_PATH: &str = "/api/auth/otp";

/// Largest body that is read, in bytes: no request of the contract comes near it.
pub const MAX_BODY: usize = 8 * 1024;

/// The routes that one process serves.
pub struct Api {
    /// `POST /api/auth/otp/send`, where it is served.
    pub send: Option<SendOtp>,
    /// `POST /api/auth/otp/receipts/{provider}`, where receipts are taken.
    pub receipts: Option<Receipts>,
    /// `POST /api/auth/otp/verify`, where it is served.
    pub verify: Option<VerifyOtp>,
    /// `POST /api/auth/token/refresh` and `POST /api/auth/logout`, where sessions are on.
    pub sessions: Option<SessionRoutes>,
    /// `GET /.well-known/…`, where tokens are on.
    pub published: Option<Arc<dyn PublishedKeys>>,
    /// The language when none is wished for.
    pub locale: Locale,
    /// What problems are called in each language.
    pub catalogs: Arc<Catalogs>,
    /// Browser origins that may call.
    pub cors: Cors,
    /// The time, for durations in the log.
    pub clock: Arc<dyn Clock>,
    /// The namespace of the metrics in CloudWatch.
    pub metrics_namespace: String,
    /// Where traces go; none unless the operator wants them.
    pub traces: Option<Arc<dyn Traces>>,
}

/// A request as it arrived, whatever it came through.
#[derive(Debug)]
pub struct Call {
    /// The id that the reply and the log line carry.
    pub id: String,
    /// The address that it came from, as the gateway or the socket says; never from a header.
    pub source: Option<IpAddr>,
    /// The method.
    pub method: Method,
    /// The path, without a stage.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, if it could be read.
    pub body: Result<Bytes, UnreadableBody>,
    /// How long the caller of this process will wait, where that is known.
    pub time_left: Option<Duration>,
    /// The trace that the request is part of, by the platform's word.
    pub trace: Option<Parent>,
}

/// The body was declared to be base64, and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnreadableBody;

/// What a route answers: a reply or a problem, and what the log says of it.
struct Answer {
    reply: Result<Response<String>, Problem>,
    record: Record,
    /// The language that the body states, once it is read.
    locale: Option<Locale>,
}

enum Route<'a> {
    Send(&'a SendOtp),
    Receipt(&'a Receipts, &'a dyn ReceiptReader),
    Verify(&'a VerifyOtp),
    Refresh(&'a SessionRoutes),
    LogOut(&'a SessionRoutes),
    KeySet(&'a dyn PublishedKeys),
    Discovery(&'a dyn PublishedKeys),
}

impl Api {
    /// Answers a request. Every outcome is a reply, a panic included.
    pub async fn handle(&self, call: &Call) -> Response<String> {
        let started = self.clock.now();
        let meter = Meter::default();
        let answered = meter.observe(AssertUnwindSafe(self.answer_in_time(call, started)).catch_unwind()).await;
        let Answer { reply, record, locale } = answered.unwrap_or_else(|_| {
            Answer::problem(Problem::new(ProblemCode::Internal), Record::new(self.route_name(&call.path)).because("panic"))
        });
        let locale = locale.unwrap_or_else(|| Locale::negotiate(None, headers::accept_language(&call.headers), self.locale));
        let mut response = reply.unwrap_or_else(|problem| problem.into_response(&call.id, &self.catalogs, locale));
        headers::add_to_every_reply(&mut response, &call.id);
        self.cors.add_to_reply(&mut response, &call.headers);
        let (at, notes, status) = (self.clock.now(), meter.notes(), response.status());
        let (took, namespace) = (at.since(started), self.metrics_namespace.as_str());
        let ended = Ended { request_id: &call.id, status, at, took, notes: &notes, namespace };
        record.write(&ended);
        if let Some(traces) = &self.traces {
            traces.finished(&trace(&record, &ended, call, started)).await;
        }
        response
    }

    /// Stores and providers have time limits of their own; even all of them together stay inside a function's. This one only
    /// keeps a process that was called late from being killed without a reply.
    async fn answer_in_time(&self, call: &Call, started: Timestamp) -> Answer {
        let Some(time_left) = call.time_left else { return self.answer(call, None).await };
        tokio::time::timeout(time_left, self.answer(call, Some(started.plus(time_left)))).await.unwrap_or_else(|_| {
            let problem = Problem::new(ProblemCode::Unavailable).retry_after(Duration::from_secs(5));
            Answer::problem(problem, Record::new(self.route_name(&call.path)).because("out of time"))
        })
    }

    async fn answer(&self, call: &Call, deadline: Option<Timestamp>) -> Answer {
        let Some((name, route)) = self.route(&call.path) else {
            return Answer::problem(Problem::new(ProblemCode::NotFound), Record::new("none"));
        };
        let record = Record::new(name);
        if call.method == Method::OPTIONS {
            return Answer { reply: Ok(self.cors.preflight(&call.headers)), record, locale: None };
        }
        match route {
            Route::KeySet(keys) if call.method == Method::GET => well_known::answer(keys.key_set().await, &call.headers, record),
            Route::Discovery(keys) if call.method == Method::GET => {
                well_known::answer(keys.discovery().await, &call.headers, record)
            }
            Route::KeySet(_) | Route::Discovery(_) => Answer::problem(Problem::method_not_allowed("GET"), record),
            Route::Receipt(receipts, reader) => receipts::answer(receipts, reader, call, record).await,
            route => self.answer_post(route, call, deadline, record).await,
        }
    }

    async fn answer_post(&self, route: Route<'_>, call: &Call, deadline: Option<Timestamp>, record: Record) -> Answer {
        let Some(ring) = route.ring() else { return Answer::problem(Problem::method_not_allowed("GET"), record) };
        let (source, body) = match admit(call, ring.callers()) {
            Ok(admitted) => admitted,
            Err(problem) => return Answer::problem(problem, record),
        };
        let presented = Presented { headers: &call.headers, body, cors: &self.cors };
        match route {
            Route::Send(send) => send_otp::answer(send, self.locale, (source, deadline), &call.headers, body, record).await,
            Route::Verify(verify) => {
                let (transport, default) = (self.transport(), self.locale);
                verify_otp::answer(verify, transport, default, source, &call.headers, body, record).await
            }
            Route::Refresh(routes) => refresh(routes, presented, record).await,
            Route::LogOut(routes) => log_out(routes, presented, record).await,
            Route::Receipt(..) | Route::KeySet(_) | Route::Discovery(_) => {
                Answer::problem(Problem::method_not_allowed("GET"), record)
            }
        }
    }

    fn transport(&self) -> Transport {
        self.sessions.as_ref().map_or(Transport::Body, |routes| routes.transport)
    }

    /// For a line that tells of no answer: a panic or a timeout is a fault of its route, and counts there.
    fn route_name(&self, path: &str) -> &'static str {
        self.route(path).map_or("none", |(name, _)| name)
    }

    /// The route of a path; one trailing slash is forgiven, since clients written for Django send it.
    fn route(&self, path: &str) -> Option<(&'static str, Route<'_>)> {
        let (sessions, published) = (self.sessions.as_ref(), self.published.as_deref());
        match path.strip_suffix('/').unwrap_or(path) {
            "/api/auth/otp/send" => self.send.as_ref().map(|send| ("send", Route::Send(send))),
            "/api/auth/otp/verify" => self.verify.as_ref().map(|verify| ("verify", Route::Verify(verify))),
            "/api/auth/token/refresh" => sessions.map(|routes| ("refresh", Route::Refresh(routes))),
            "/api/auth/logout" => sessions.map(|routes| ("logout", Route::LogOut(routes))),
            path if path.starts_with(RECEIPTS_PATH) => self.receipt_route(path),
            "/.well-known/jwks.json" => published.map(|keys| ("jwks", Route::KeySet(keys))),
            "/.well-known/openid-configuration" => published.map(|keys| ("discovery", Route::Discovery(keys))),
            _ => None,
        }
    }
}

impl Api {
    fn receipt_route(&self, path: &str) -> Option<(&'static str, Route<'_>)> {
        let receipts = self.receipts.as_ref()?;
        receipts.reader(path).map(|reader| ("receipts", Route::Receipt(receipts, reader)))
    }
}

impl Route<'_> {
    /// The keys of the routes that take a body.
    fn ring(&self) -> Option<Arc<KeyRing>> {
        match self {
            Self::Send(send) => Some(send.keys.ring()),
            Self::Verify(verify) => Some(verify.keys.ring()),
            Self::Refresh(routes) | Self::LogOut(routes) => Some(routes.refresh.sessions.keys.ring()),
            Self::Receipt(..) | Self::KeySet(_) | Self::Discovery(_) => None,
        }
    }
}

/// The same that the log line says, as a trace.
fn trace<'a>(record: &Record, ended: &Ended<'a>, call: &'a Call, started: Timestamp) -> RequestTrace<'a> {
    RequestTrace {
        parent: call.trace,
        id: &call.id,
        route: record.route,
        event: event::of(record, ended.status),
        status: ended.status.as_u16(),
        started,
        took: ended.took,
        waits: &ended.notes.waits,
    }
}

/// The checks that every route with a body makes before it reads it.
fn admit<'a>(call: &'a Call, callers: &TrustedCallers) -> Result<(SourceAddress, &'a Bytes), Problem> {
    if call.method != Method::POST {
        return Err(Problem::method_not_allowed("POST"));
    }
    if !headers::is_json(&call.headers) {
        return Err(Problem::new(ProblemCode::UnsupportedMediaType));
    }
    let body = call.body.as_ref().map_err(|UnreadableBody| Problem::invalid_request(Key::BodyNotBase64))?;
    if body.len() > MAX_BODY {
        return Err(Problem::new(ProblemCode::PayloadTooLarge));
    }
    Ok((source::source(call, callers)?, body))
}

impl Answer {
    fn problem(problem: Problem, record: Record) -> Self {
        let record = record.with_code(problem.code());
        Self { reply: Err(problem), record, locale: None }
    }

    fn in_language(mut self, locale: Locale) -> Self {
        self.locale = Some(locale);
        self
    }

    fn json(body: &serde_json::Value, headers: Vec<(HeaderName, HeaderValue)>, record: Record) -> Self {
        let mut response = Response::new(body.to_string());
        response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().extend(headers);
        Self { reply: Ok(response), record, locale: None }
    }
}
