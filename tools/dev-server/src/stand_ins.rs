//! `dev-server --stand-ins`: what the functions need from AWS, for `make watch` and `make sam-local`.

use std::sync::Arc;

use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::system::SystemClock;
use otp_auth::config::settings::{SETTINGS, Scope};
use otp_auth::testing::aws_stand_in::{AwsStandIn, SECRET};
use otp_auth::testing::embedded::{Embedded, TABLE, local_credentials};

use crate::announce::announce;
use crate::env_file::EnvFile;
use crate::failure::Failure;
use crate::keys::{KeysError, fresh_secret};
use crate::listen::Listening;
use crate::stop::Stop;
use crate::{console, outbox_page, settings};

/// Where `cargo lambda watch` serves the functions: what the page's examples call.
const FUNCTIONS: &str = "http://localhost:9000";

/// Where the functions find out about the stand-ins.
const ENV_FILE: &str = "target/watch.env";

/// Runs the stand-ins until the process is told to stop.
pub async fn run(stop: Stop) -> Result<(), Failure> {
    let settings = settings::for_the_stand_ins()?;
    let listening = Listening::on(settings.port).await?;
    let table = Embedded::start_on(settings.host, None).await?;
    let outbox = Outbox::new(Arc::new(SystemClock));
    let secret = fresh_secret().map_err(KeysError::Unmade)?;
    let aws = AwsStandIn::start(outbox.clone(), Some(secret.to_string()), (settings.host, 0).into());
    let aws = aws.await.map_err(|error| Failure::Host(settings.host, error))?;
    aws.tell(|sent| announce(&sent.to, &sent.text));
    let _removed_at_the_end = EnvFile::write(ENV_FILE, &variables(&table.endpoint(), &aws.endpoint()))?;
    console::say(&welcome(listening.port(), &table.endpoint(), &aws.endpoint()));
    listening.serve(outbox_page::routes(outbox, Some(FUNCTIONS)), stop).await;
    Ok(())
}

/// Every variable that a function reads and that has a value here: what leads to the stand-ins, then the environment's
/// own, then defaults.
fn variables(table: &str, aws: &str) -> Vec<(&'static str, String)> {
    let known = |name: &str| to_the_stand_ins(name, table, aws).or_else(|| settings::set(name)).or_else(|| default(name));
    let value = |name: &str| known(name).filter(|value| !value.is_empty());
    let read_by_functions = SETTINGS.iter().filter(|setting| setting.scope != Scope::Local);
    read_by_functions.filter_map(|setting| Some((setting.name, value(setting.name)?))).collect()
}

/// Credentials are never the environment's own: what stands here ends up in a file.
fn to_the_stand_ins(name: &str, table: &str, aws: &str) -> Option<String> {
    let credentials = local_credentials();
    let value = match name {
        "AWS_REGION" => credentials.region,
        "AWS_ACCESS_KEY_ID" => credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY" => credentials.secret_access_key.to_string(),
        "AWS_SESSION_TOKEN" | "AWS_CA_BUNDLE" => String::new(),
        "TABLE_NAME" => TABLE.to_owned(),
        "KEYS_SECRET_ARN" => SECRET.to_owned(),
        "DYNAMODB_ENDPOINT" => table.to_owned(),
        "SECRETS_ENDPOINT" | "SNS_ENDPOINT" | "SES_ENDPOINT" => aws.to_owned(),
        _ => return None,
    };
    Some(value)
}

/// As for the service, except that the functions are deployed ones: they insist on countries, and log each request.
fn default(name: &str) -> Option<String> {
    match name {
        "STAGE" => Some("dev".to_owned()),
        "SMS_ALLOWED_COUNTRIES" => Some("US".to_owned()),
        "LOG_LEVEL" => None,
        "TOKEN_ISSUER" => Some(FUNCTIONS.to_owned()),
        _ => settings::default(name),
    }
}

fn welcome(port: u16, table: &str, aws: &str) -> String {
    format!(
        "\nStand-ins of AWS: DynamoDB on {table}; SNS, SES and Secrets Manager on {aws}\n\
         Texts and mail:   http://localhost:{port}/dev/outbox (codes appear here too)\n\
         What the functions need to find them is in {ENV_FILE}.\n"
    )
}
