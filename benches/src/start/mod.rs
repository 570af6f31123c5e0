//! What a start costs. The release binaries run as children of a stand-in for Lambda, against stand-ins of AWS behind TLS;
//! their CPU time is read from outside, by the CPU clock of the process.

pub mod binaries;
pub mod cpu;
pub mod people;
pub mod report;
pub mod sample;
pub mod stage;
pub mod steps;
pub mod tls;
pub mod watch;

use std::io;
use std::process::ExitStatus;

use otp_auth::adapters::secrets::SecretError;
use otp_auth::testing::embedded::EmbeddedError;
use otp_auth::testing::forward::ForwardError;
use otp_auth::testing::runtime_api::FunctionError;
use serde_json::Value;

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A build failed.
    #[error("cargo build {arguments}: {status}")]
    Build {
        /// What was built.
        arguments: String,
        /// How cargo ended.
        status: ExitStatus,
    },
    /// A file, a process or a port.
    #[error("{what}: {cause}")]
    Io {
        /// What it was for.
        what: String,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
    /// The embedded table.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// Its requests cannot be counted.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] SecretError),
    /// Certificates could not be made.
    #[error("certificates: {0}")]
    Certificates(#[from] rcgen::Error),
    /// TLS cannot be served with them.
    #[error("TLS: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// A function.
    #[error("{name}: {cause}")]
    Function {
        /// Which.
        name: &'static str,
        /// What went wrong with it.
        #[source]
        cause: FunctionError,
    },
    /// A function answered, but not with what was asked for.
    #[error("{name} answered {reply}\nits log:\n{log}")]
    Reply {
        /// Which.
        name: &'static str,
        /// What it answered.
        reply: Value,
        /// What it logged.
        log: String,
    },
    /// A measurement could not be taken.
    #[error("not measured: {0}")]
    NotMeasured(String),
}

impl StartError {
    /// Turns an I/O error into one that says what it was about.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Io { what, cause }
    }
}
