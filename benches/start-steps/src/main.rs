//! The steps of `send-otp`'s start one after another, where the function itself takes them side by side, and after them
//! what the functions do not do. After each it prints the step's name, and goes on when it reads a line: in between, whoever
//! started it reads its CPU clock.

use std::io::{BufRead, Write};
use std::sync::Arc;

use otp_auth::adapters::aws::{Aws, UnreadableTrust};
use otp_auth::adapters::secrets::{Needs, SecretError, VaultKeys};
use otp_auth::adapters::system::SystemClock;
use otp_auth::config::{self, AwsConfig, Faults, SendConfig};
use otp_auth::domain::recipient::Recipient;
use otp_auth::ports::clock::Clock;
use otp_auth::telemetry;

#[derive(Debug, thiserror::Error)]
enum StepsError {
    #[error("settings: {0}")]
    Settings(#[from] Faults),
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("no runtime, or nobody who reads: {0}")]
    Io(#[from] std::io::Error),
}

fn main() -> Result<(), StepsError> {
    done("process: exec, linking")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    done("tokio's runtime, current thread")?;
    let aws = runtime.block_on(start())?;
    runtime.block_on(left_out(&aws))
}

/// A step is done; the next one waits for its reader.
fn done(step: &str) -> Result<(), StepsError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "step\t{step}")?;
    out.flush()?;
    std::io::stdin().lock().read_line(&mut String::new())?;
    Ok(())
}

/// As in `wiring.rs`.
async fn start() -> Result<AwsConfig, StepsError> {
    let _metadata = Recipient::parse("+12065550100", None);
    done("phone metadata")?;
    let access = AwsConfig::read(&config::environment)?;
    let config = SendConfig::read(&config::environment, SystemClock.now())?;
    done("settings")?;
    telemetry::start(config.core.log_level);
    done("log")?;
    let aws = Aws::new(&access)?;
    done("connector, its few roots parsed")?;
    let _sns = aws.sns(config.sns_endpoint.as_deref());
    let _ses = aws.ses(config.ses_endpoint.as_deref());
    let _dynamodb = aws.dynamodb(config.core.dynamodb_endpoint.as_deref());
    let secrets = aws.secrets(config.core.secrets_endpoint.as_deref());
    done("four clients on that connector")?;
    aws.open_connection(&aws.endpoint("dynamodb", config.core.dynamodb_endpoint.as_deref())).await;
    done("connection to DynamoDB, the first of the process")?;
    aws.open_connection(&aws.endpoint("sns", config.sns_endpoint.as_deref())).await;
    done("connection to SNS")?;
    aws.open_connection(&aws.endpoint("email", config.ses_endpoint.as_deref())).await;
    done("connection to SES")?;
    let _keys = VaultKeys::read(secrets, config.core.keys_secret.clone(), Arc::new(SystemClock), Needs::Codes).await?;
    done("secret: connection, request, keys")?;
    Ok(access)
}

/// What the recipe saves, for comparison.
async fn left_out(access: &AwsConfig) -> Result<(), StepsError> {
    let endpoint = config::environment("DYNAMODB_ENDPOINT").unwrap_or_default();
    let own = Aws::new(access)?;
    own.open_connection(&endpoint).await;
    done("left out: a connector and a connection of its own for one more client")?;
    let system = AwsConfig {
        region: access.region.clone(),
        access_key_id: access.access_key_id.clone(),
        secret_access_key: access.secret_access_key.clone(),
        session_token: access.session_token.clone(),
        ca_bundle: config::environment("SSL_CERT_FILE"),
    };
    Aws::new(&system)?.open_connection(&endpoint).await;
    done("left out: the same with the system's roots")
}
