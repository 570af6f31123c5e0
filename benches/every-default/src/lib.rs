//! The service as it is, on everything that its dependencies do by default.

use std::sync::Arc;

use aws_config::{BehaviorVersion, SdkConfig};
use lambda_http::request::RequestContext;
use lambda_http::{Error, Request, RequestExt, Response, run, service_fn};
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::adapters::secrets::{Needs, VaultKeys};
use otp_auth::adapters::ses::SesSender;
use otp_auth::adapters::sns::SnsSender;
use otp_auth::adapters::system::{SystemClock, SystemRandomness};
use otp_auth::config::{CoreConfig, SendConfig, environment};
use otp_auth::http::{Api, Call};
use otp_auth::ports::clock::{Clock, Randomness};
use otp_auth::ports::keys::KeySource;
use otp_auth::wiring::{self, Parts, Senders};

/// Serves `send-otp`.
pub async fn send() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let config = SendConfig::read(&environment, SystemClock.now())?;
    let parts = parts(&aws, &config.core).await?;
    let senders = Senders {
        sms: config.sms.as_ref().map(|sms| Arc::new(SnsSender::new(aws_sdk_sns::Client::new(&aws), sms)) as _),
        email: config.email.clone().map(|email| Arc::new(SesSender::new(aws_sdk_sesv2::Client::new(&aws), email)) as _),
    };
    serve(wiring::api(&config.core, &parts, Some(wiring::send_otp(&config, &parts, senders)), None)).await
}

/// Serves `verify-otp`.
pub async fn verify() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let config = CoreConfig::read(&environment)?;
    let parts = parts(&aws, &config).await?;
    serve(wiring::api(&config, &parts, None, Some(wiring::verify_otp(&config, &parts)))).await
}

async fn parts(aws: &SdkConfig, config: &CoreConfig) -> Result<Parts, Error> {
    let secrets = aws_sdk_secretsmanager::Client::new(aws);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = VaultKeys::read(secrets, config.keys_secret.clone(), Arc::clone(&clock), Needs::Codes).await?;
    let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(aws), config.table.clone());
    let (keys, randomness): (Arc<dyn KeySource>, Arc<dyn Randomness>) = (Arc::new(keys), Arc::new(SystemRandomness));
    Ok(Parts { store: Arc::new(store), tokens: wiring::checker(config, &keys, &randomness), keys, clock, randomness })
}

async fn serve(api: Api) -> Result<(), Error> {
    let api = &api;
    run(service_fn(async move |request: Request| Ok::<Response<String>, Error>(api.handle(&call(request)).await))).await
}

fn call(request: Request) -> Call {
    let source = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.clone(),
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        _ => None,
    };
    Call {
        id: "every-default".to_owned(),
        source: source.and_then(|source| source.parse().ok()),
        method: request.method().clone(),
        path: request.raw_http_path().to_owned(),
        headers: request.headers().clone(),
        body: Ok(request.body().to_vec().into()),
        time_left: None,
        trace: None,
    }
}
