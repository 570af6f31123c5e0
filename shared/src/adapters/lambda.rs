//! The Lambda runtime: API Gateway events in, replies out, for REST APIs (payload 1.0) and HTTP APIs (payload 2.0); and what a
//! topic brings, which nobody waits for.
//!
//! The replies' shapes are `lambda_http`'s; `lambda_event.rs` reads the events. Turning them into requests is done here, because
//! its own conversion panics on what callers control (a body that is not base64 though it is declared so, a Host that makes no
//! URL), and because two things must be exact: the source address is the gateway's word in `requestContext`, never a header, and
//! the path is without its stage.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Response;
use http::header::SET_COOKIE;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use lambda_http::lambda_runtime::{Error, LambdaEvent, service_fn};
use lambda_http::{Body, Context};

pub use super::lambda_event::Event;
use super::lambda_event::{GatewayEvent, Notices, Record};
use crate::domain::time::{Timestamp, millis};
use crate::http::{Api, Call, Problem, ProblemCode, TakeError, UnreadableBody};
use crate::ports::clock::Clock;
use crate::ports::receipts::Notice;
use crate::ports::traces::Parent;

/// Kept from the end of an invocation for the reply itself.
const FOR_THE_REPLY: Duration = Duration::from_millis(300);

/// Serves `api` until the runtime ends the process.
///
/// # Errors
/// The runtime API failed.
pub async fn serve(api: Arc<Api>) -> Result<(), Error> {
    let serving = lambda_http::lambda_runtime::run(service_fn(move |event: LambdaEvent<Event>| {
        let api = Arc::clone(&api);
        async move { answer(&api, event.payload, &event.context).await.map_err(|error| error.to_string()) }
    }));
    // A task of its own: whenever the future is woken that the runtime itself waits for, it asks the network once more before it
    // sleeps.
    tokio::spawn(serving).await?
}

/// Answers one event in the format of its own kind.
///
/// # Errors
/// What a topic brought could not be taken now. The invocation fails, and so Lambda makes another.
pub async fn answer(api: &Api, event: Event, context: &Context) -> Result<Reply, TakeError> {
    let time_left = time_left(context, api.clock.as_ref());
    let trace = context.xray_trace_id.as_deref().and_then(Parent::from_xray);
    Ok(match event {
        Event::Notices(notices) => take(api, &notices, &context.request_id).await?,
        Event::Rest(event) => {
            let call = Call { trace, time_left, ..to_call(*event, &context.request_id) };
            Reply::rest(api.handle(&call).await)
        }
        Event::Http(event) => {
            let call = Call { trace, time_left, ..to_call(*event, &context.request_id) };
            Reply::http(api.handle(&call).await)
        }
        Event::Unknown(cause) => {
            tracing::error!(request_id = context.request_id, cause, "this is no event of API Gateway's, and no topic's");
            Reply::rest(Problem::new(ProblemCode::Internal).into_response(&context.request_id, &api.catalogs, api.locale))
        }
    })
}

/// Each notice by itself: those before one that could not be taken are not counted twice when all of them come again.
async fn take(api: &Api, notices: &Notices, request_id: &str) -> Result<Reply, TakeError> {
    let Some(receipts) = &api.receipts else {
        tracing::warn!("a topic brings notices, and no receipts are taken here");
        return Ok(Reply::Nothing);
    };
    for Record { sns, .. } in &notices.records {
        receipts.take_notice(&Notice { topic: &sns.topic_arn, message: &sns.message }, request_id).await?;
    }
    Ok(Reply::Nothing)
}

fn to_call(event: GatewayEvent, invocation: &str) -> Call {
    Call {
        id: request_id(event.request_id, invocation),
        source: event.source.and_then(|text| text.parse().ok()),
        method: event.method,
        path: event.path,
        headers: event.headers,
        body: body(event.body, event.is_base64),
        time_left: None,
        trace: None,
    }
}

/// The gateway's id of the request, which its own logs have. A caller can choose it (`x-amzn-RequestId`), so one that does
/// not look like an id gives way to the invocation's.
fn request_id(gateway: Option<String>, invocation: &str) -> String {
    let is_id =
        |id: &String| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b));
    gateway.filter(is_id).unwrap_or_else(|| invocation.to_owned())
}

fn body(text: String, is_base64: bool) -> Result<Bytes, UnreadableBody> {
    if is_base64 { STANDARD.decode(text).map(Bytes::from).map_err(|_| UnreadableBody) } else { Ok(Bytes::from(text)) }
}

/// Until the runtime ends the invocation. Lambda hands over no event that is past its deadline: one that is comes from a
/// local runtime that sets none (`cargo lambda watch` says 600000 milliseconds after 1970), and has all the time it needs.
fn time_left(context: &Context, clock: &dyn Clock) -> Option<Duration> {
    let deadline = Timestamp::from_millis(millis(context.deadline().duration_since(UNIX_EPOCH).ok()?));
    let now = clock.now();
    (deadline > now).then(|| deadline.since(now).saturating_sub(FOR_THE_REPLY))
}

/// A reply in the format that the event's kind of gateway expects.
#[derive(serde::Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// To a REST API.
    Rest(ApiGatewayProxyResponse),
    /// To an HTTP API.
    Http(ApiGatewayV2httpResponse),
    /// To a topic, which does not listen.
    Nothing,
}

impl Reply {
    fn rest(response: Response<String>) -> Self {
        let (parts, body) = response.into_parts();
        let mut reply = ApiGatewayProxyResponse::default();
        reply.status_code = i64::from(parts.status.as_u16());
        reply.multi_value_headers = parts.headers;
        reply.body = Some(Body::Text(body));
        Self::Rest(reply)
    }

    fn http(response: Response<String>) -> Self {
        let (parts, body) = response.into_parts();
        let mut reply = ApiGatewayV2httpResponse::default();
        reply.status_code = i64::from(parts.status.as_u16());
        let cookies = parts.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok().map(str::to_owned));
        reply.cookies = cookies.collect();
        reply.headers = parts.headers;
        reply.headers.remove(SET_COOKIE);
        reply.body = Some(Body::Text(body));
        Self::Http(reply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Cors;
    use crate::messages::{Catalogs, Locale};
    use crate::testing::clock::TestClock;

    #[tokio::test]
    async fn what_is_no_event_gets_a_reply_like_any_other() {
        let (cors, clock) = (Cors::new([].into()), Arc::new(TestClock::default()));
        let (locale, catalogs) = (Locale::default(), Arc::new(Catalogs::compiled()));
        let metrics_namespace = "otp-auth".to_owned();
        let (send, receipts, verify, sessions, published, traces) = (None, None, None, None, None, None);
        let api = Api { send, receipts, verify, sessions, published, locale, catalogs, cors, clock, metrics_namespace, traces };
        let event = serde_json::from_str(r#"{ "Records": [] }"#).unwrap();
        let Ok(Reply::Rest(reply)) = answer(&api, event, &Context::default()).await else { panic!("a REST reply") };
        assert_eq!((reply.status_code, &reply.multi_value_headers["cache-control"]), (500, &"no-store".parse().unwrap()));
    }
}
