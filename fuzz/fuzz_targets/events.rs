//! What API Gateway and a topic hand over, as JSON: every event gets a reply in the format of its own kind of gateway, a topic none.
#![no_main]

use lambda_http::Context;
use libfuzzer_sys::fuzz_target;
use otp_auth::adapters::lambda::{Event, answer};
use otp_auth::testing::service::Service;
use otp_auth_fuzz::reply::{self, Reply};
use otp_auth_fuzz::service::{block_on, fresh};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    // What is not JSON never gets past the Lambda runtime.
    let Ok(event) = serde_json::from_slice::<Event>(data) else { return };
    let service = fresh();
    let (is_http, is_known) = (matches!(event, Event::Http(_)), !matches!(event, Event::Unknown(_)));
    let is_notice = matches!(event, Event::Notices(_));
    let reply = block_on(answer(&service.api, event, &context(&service))).expect("the store in memory answers");
    let reply = serde_json::to_value(reply).expect("a reply is JSON");
    if is_notice {
        return assert!(reply.is_null(), "a topic does not listen: {reply}");
    }
    check_shape(&reply, is_http);
    if is_known {
        check(&reply, is_http);
    }
});

fn context(service: &Service) -> Context {
    let mut context = Context::default();
    context.request_id = "invocation-id".to_owned();
    context.deadline = service.now().as_millis() + 10_000;
    context
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>: payload 1.0
/// has `multiValueHeaders`, payload 2.0 `headers` alone.
fn check_shape(reply: &Value, is_http: bool) {
    assert!(reply["statusCode"].as_u64().is_some_and(|status| (200..600).contains(&status)), "{reply}");
    assert!(reply["body"].is_string() && reply["isBase64Encoded"] == false, "{reply}");
    let headers = if is_http { &reply["headers"] } else { &reply["multiValueHeaders"] };
    let values = headers.as_object().expect("headers").values();
    assert!(values.into_iter().all(|value| if is_http { value.is_string() } else { value.is_array() }), "{reply}");
}

fn check(reply: &Value, is_http: bool) {
    let header = |name: &str| {
        let value = if is_http { &reply["headers"][name] } else { &reply["multiValueHeaders"][name][0] };
        value.as_str().map(str::to_owned)
    };
    let status = u16::try_from(reply["statusCode"].as_u64().unwrap_or_default()).unwrap_or_default();
    reply::check(&Reply { status, header: &header, body: reply["body"].as_str().unwrap_or_default() });
}
