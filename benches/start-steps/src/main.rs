//! The steps of `send-otp`'s start one after another, where the function itself takes them side by side, and after them
//! what the functions do not do. Prints a line for each: its name, a tab, and the CPU time that it took in nanoseconds.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use otp_auth::adapters::aws::{Aws, UnreadableTrust};
use otp_auth::adapters::secrets::{SecretError, VaultKeys};
use otp_auth::adapters::system::SystemClock;
use otp_auth::config::{self, AwsConfig, Faults, SendConfig};
use otp_auth::domain::recipient::Recipient;
use otp_auth::telemetry;

#[derive(Debug, thiserror::Error)]
enum StepsError {
    #[error("settings: {0}")]
    Settings(#[from] Faults),
    #[error(transparent)]
    Trust(#[from] UnreadableTrust),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("no runtime, or no standard output: {0}")]
    Io(#[from] std::io::Error),
    #[error("the CPU clock cannot be read: {0}")]
    Clock(#[from] nix::Error),
}

/// What each step took.
#[derive(Default)]
struct Steps {
    until_now: Duration,
    taken: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// All CPU time since the last step was this one's.
    fn done(&mut self, step: &'static str) -> Result<(), StepsError> {
        let now = Duration::from(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?);
        self.taken.push((step, now.saturating_sub(self.until_now)));
        self.until_now = now;
        Ok(())
    }
}

fn main() -> Result<(), StepsError> {
    let mut steps = Steps::default();
    steps.done("process: exec, linking")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    steps.done("tokio's runtime, current thread")?;
    let aws = runtime.block_on(start(&mut steps))?;
    runtime.block_on(left_out(&mut steps, &aws))?;
    let mut out = std::io::stdout().lock();
    for (step, taken) in steps.taken {
        writeln!(out, "{step}\t{}", taken.as_nanos())?;
    }
    Ok(())
}

/// As in `wiring.rs`.
async fn start(steps: &mut Steps) -> Result<AwsConfig, StepsError> {
    let access = AwsConfig::read(&config::environment)?;
    let config = SendConfig::read(&config::environment)?;
    telemetry::start(config.core.log_level);
    steps.done("settings and log")?;
    let aws = Aws::new(&access)?;
    steps.done("connector, its few roots parsed")?;
    let _sns = aws.sns(config.sns_endpoint.as_deref());
    let _ses = aws.ses(config.ses_endpoint.as_deref());
    let _dynamodb = aws.dynamodb(config.core.dynamodb_endpoint.as_deref());
    let secrets = aws.secrets(config.core.secrets_endpoint.as_deref());
    steps.done("four clients on that connector")?;
    let _metadata = Recipient::parse("+12065550100", None);
    steps.done("phone metadata")?;
    aws.open_connection(&aws.endpoint("dynamodb", config.core.dynamodb_endpoint.as_deref())).await;
    steps.done("connection to DynamoDB, the first of the process")?;
    aws.open_connection(&aws.endpoint("sns", config.sns_endpoint.as_deref())).await;
    steps.done("connection to SNS")?;
    aws.open_connection(&aws.endpoint("email", config.ses_endpoint.as_deref())).await;
    steps.done("connection to SES")?;
    let _keys = VaultKeys::read(secrets, config.core.keys_secret.clone(), Arc::new(SystemClock)).await?;
    steps.done("secret: connection, request, keys")?;
    Ok(access)
}

/// What the recipe saves, for comparison.
async fn left_out(steps: &mut Steps, access: &AwsConfig) -> Result<(), StepsError> {
    let endpoint = config::environment("DYNAMODB_ENDPOINT").unwrap_or_default();
    let own = Aws::new(access)?;
    own.open_connection(&endpoint).await;
    steps.done("left out: a connector and a connection of its own for one more client")?;
    let system = AwsConfig {
        region: access.region.clone(),
        access_key_id: access.access_key_id.clone(),
        secret_access_key: access.secret_access_key.clone(),
        session_token: access.session_token.clone(),
        ca_bundle: config::environment("SSL_CERT_FILE"),
    };
    Aws::new(&system)?.open_connection(&endpoint).await;
    steps.done("left out: the same with the system's roots")
}
