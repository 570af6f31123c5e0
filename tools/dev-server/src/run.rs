//! `make run`: the API, with the same use cases, store and messages as the functions, in one process.

use std::sync::Arc;

use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::system::{SystemClock, SystemRandomness};
use otp_auth::config::SendConfig;
use otp_auth::domain::keys::KeyRing;
use otp_auth::http::Api;
use otp_auth::ports::clock::Randomness;
use otp_auth::ports::keys::KeySource;
use otp_auth::ports::sender::Sender;
use otp_auth::testing::embedded::Embedded;
use otp_auth::wiring::{self, Parts, Senders};
use otp_auth::{http, telemetry};

use crate::announce::Announced;
use crate::failure::Failure;
use crate::listen::Listening;
use crate::settings::Local;
use crate::stop::Stop;
use crate::{api, console, keys, outbox_page, settings, table_page};

/// Serves until the process is told to stop.
pub async fn run(stop: Stop) -> Result<(), Failure> {
    let (local, mut config) = settings::for_the_service()?;
    telemetry::start(config.core.log_level);
    let listening = Listening::on(local.port).await?;
    settings::name_the_issuer(&mut config, listening.port());
    let keys = keys::beside(local.database.as_deref())?;
    let table = Embedded::start(local.database.as_deref()).await?;
    let outbox = Outbox::new(Arc::new(SystemClock));
    let pages = outbox_page::routes(outbox.clone(), None).merge(table_page::routes(&table, &keys.file));
    let routes = pages.merge(api::routes(service(&config, &table, Arc::clone(&keys.ring), &outbox)));
    console::say(&welcome(listening.port(), &local));
    listening.serve(routes, stop).await;
    Ok(())
}

fn service(config: &SendConfig, table: &Embedded, ring: Arc<KeyRing>, outbox: &Outbox) -> Api {
    let (keys, randomness): (Arc<dyn KeySource>, Arc<dyn Randomness>) = (Arc::new(ring), Arc::new(SystemRandomness));
    let tokens = wiring::checker(&config.core, &keys, &randomness);
    let parts = Parts { store: Arc::new(table.store()), tokens, keys, clock: Arc::new(SystemClock), randomness };
    let announced: Arc<dyn Sender> = Arc::new(Announced(outbox.clone()));
    let senders =
        Senders { sms: config.sms.as_ref().map(|_| Arc::clone(&announced)), email: config.email.as_ref().map(|_| announced) };
    let send = wiring::send_otp(config, &parts, senders);
    let verify = wiring::verify_otp(&config.core, &parts);
    Api { receipts: wiring::receipts(config, &parts), ..wiring::api(&config.core, &parts, Some(send), Some(verify)) }
}

fn welcome(port: u16, local: &Local) -> String {
    let api = format!("http://localhost:{port}{}", http::BASE_PATH);
    let table = match &local.database {
        Some(file) => format!("in the file {file}, with its keys in {}", keys::file_beside(file)),
        None => "in memory, gone when this ends (OTP_DB=path keeps it)".to_owned(),
    };
    format!(
        r#"
The API listens on http://localhost:{port}
Texts and mail:    http://localhost:{port}/dev/outbox (codes appear here too)
Keys of tokens:    http://localhost:{port}/.well-known/jwks.json
The table is {table}.

Try it, in another terminal:

curl -X POST {api}/send/ -H "Content-Type: application/json" -d '{{"identifier": "+12345678901", "type": "phone"}}'
curl -X POST {api}/verify/ -H "Content-Type: application/json" -d '{{"identifier": "+12345678901", "otp_code": "<from the console>", "type": "phone"}}'

Ctrl-C ends it.
"#
    )
}
