//! What every attack starts from.

use std::future::Future;
use std::net::IpAddr;

use futures_util::future::join_all;
use http::Method;
use otp_auth::http::Call;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

pub const PHONE: &str = "+12345678901";
pub const HOUR: u64 = 3600;
pub const DAY: u64 = 24 * HOUR;

/// The service as it is.
pub fn real(_: &mut Setup) {}

/// A service on its own table, changed by `change`.
pub async fn lab(change: impl FnOnce(&mut Setup)) -> (Embedded, Service) {
    let embedded = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&embedded).unwrap();
    change(&mut setup);
    (embedded, setup.build())
}

/// Runs an attack with real parallelism.
pub fn parallel<T>(attack: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap().block_on(attack)
}

/// Runs an attack on one thread, where tasks take turns in order: a racy store then always loses its races.
pub fn in_turns<T>(attack: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(attack)
}

/// Without a line for each panic on purpose.
pub fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = run();
    std::panic::set_hook(hook);
    result
}

/// All of these calls at once.
pub async fn at_once(service: &Service, calls: Vec<Call>) -> Vec<TestReply> {
    let tasks = calls.into_iter().map(|call| {
        let service = service.clone();
        tokio::spawn(async move { service.call(&call).await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// A code is asked for, and comes.
pub async fn send(service: &Service, identifier: &str) -> Value {
    let reply = service.post("send", &json!({ "identifier": identifier })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body["challenge_id"].clone()
}

/// A code is tried; `challenge` is null for a guess that names none.
pub async fn guess(service: &Service, identifier: &str, code: &str, challenge: &Value) -> TestReply {
    service.post("verify", &guess_body(identifier, code, challenge)).await
}

pub fn guess_body(identifier: &str, code: &str, challenge: &Value) -> Value {
    json!({ "identifier": identifier, "otp_code": code, "challenge_id": challenge })
}

/// A code of the same shape that is another in every place.
pub fn wrong(code: &str) -> String {
    code.chars().map(|c| if c == '0' { '1' } else { '0' }).collect()
}

pub fn with_code(replies: &[TestReply], code: &str) -> usize {
    replies.iter().filter(|reply| reply.body["code"] == code).count()
}

pub fn successes(replies: &[TestReply]) -> usize {
    replies.iter().filter(|reply| reply.status == 200).count()
}

/// The same call from another address.
pub fn from(mut call: Call, source: impl Into<IpAddr>) -> Call {
    call.source = Some(source.into());
    call
}

/// The same call to another path.
pub fn to(mut call: Call, path: &str) -> Call {
    (call.path, call.method) = (path.to_owned(), Method::POST);
    call
}

/// A call whose body is these bytes.
pub fn raw(service: &Service, route: &str, body: impl Into<Vec<u8>>) -> Call {
    let mut call = service.request(route, &Value::Null);
    call.body = Ok(body.into().into());
    call
}
