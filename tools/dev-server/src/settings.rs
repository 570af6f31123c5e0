//! The local server's settings: the environment's values first, then defaults that let a newcomer set nothing.

use std::net::{IpAddr, Ipv4Addr};

use otp_auth::adapters::system::SystemClock;
use otp_auth::config::{Fault, Faults, SendConfig, environment};
use otp_auth::ports::clock::Clock;

/// What the service's own settings are when the environment does not say.
const DEFAULTS: [(&str, &str); 12] = [
    ("STAGE", "local"),
    ("TABLE_NAME", "otp-auth"),
    ("KEYS_SECRET_ARN", "local"),
    ("APP_NAME", "otp-auth"),
    ("APP_DOMAIN", "localhost"),
    ("SMS_ALLOWED_COUNTRIES", "*"),
    ("DEFAULT_FROM_EMAIL", "no-reply@example.com"),
    ("CORS_ALLOWED_ORIGINS", "http://localhost:5173"),
    // The port that is really listened on takes its place (`run.rs`).
    ("TOKEN_ISSUER", "http://localhost:8000"),
    ("TOKEN_AUDIENCE", "otp-auth"),
    ("SESSIONS", "cookie"),
    // A line for each request would bury the codes.
    ("LOG_LEVEL", "warn"),
];

/// The port of both modes.
const PORT: u16 = 8000;

/// What the local server alone has to know.
pub struct Local {
    /// Where to listen; 0 for any free port.
    pub port: u16,
    /// The file of the table.
    pub database: Option<String>,
}

/// What the stand-ins have to know.
pub struct StandIns {
    /// Where the outbox page is.
    pub port: u16,
    /// The interface that the stand-ins listen on.
    pub host: IpAddr,
}

/// Reads what the service needs.
///
/// # Errors
/// Every fault at once.
pub fn for_the_service() -> Result<(Local, SendConfig), Faults> {
    let port = read_port();
    let config = SendConfig::read(&|name| set(name).or_else(|| default(name)), SystemClock.now());
    match (port, config) {
        (Ok(port), Ok(config)) => Ok((Local { port, database: set("OTP_DB") }, config)),
        (port, config) => {
            Err(Faults(port.err().into_iter().chain(config.err().into_iter().flat_map(|faults| faults.0)).collect()))
        }
    }
}

/// Tokens are from where the keys are: the port that is listened on, unless the environment says otherwise.
pub fn name_the_issuer(config: &mut SendConfig, port: u16) {
    if let Some(tokens) = config.core.tokens.as_mut().filter(|_| set("TOKEN_ISSUER").is_none()) {
        tokens.jwt.issuer = format!("http://localhost:{port}");
    }
}

/// Reads what the stand-ins need.
///
/// # Errors
/// Every fault at once.
pub fn for_the_stand_ins() -> Result<StandIns, Faults> {
    match (read_port(), read_host()) {
        (Ok(port), Ok(host)) => Ok(StandIns { port, host }),
        (port, host) => Err(Faults(port.err().into_iter().chain(host.err()).collect())),
    }
}

/// The environment's value; an empty one is none.
pub fn set(name: &str) -> Option<String> {
    environment(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The local default.
pub fn default(name: &str) -> Option<String> {
    DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn read_port() -> Result<u16, Fault> {
    let problem = || "must be a whole number from 1 to 65535".to_owned();
    set("PORT").map_or(Ok(PORT), |text| text.parse().map_err(|_| Fault { variable: "PORT", problem: problem() }))
}

fn read_host() -> Result<IpAddr, Fault> {
    let problem = || "must be an address of this machine, such as 127.0.0.1".to_owned();
    let host =
        set("STAND_INS_HOST").map(|text| text.parse().map_err(|_| Fault { variable: "STAND_INS_HOST", problem: problem() }));
    host.unwrap_or(Ok(Ipv4Addr::LOCALHOST.into()))
}
