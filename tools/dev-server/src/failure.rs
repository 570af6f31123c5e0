//! Why the server does not run, for the person who started it.

use std::io;
use std::net::IpAddr;
use std::process::ExitCode;

use otp_auth::config::Faults;
use otp_auth::testing::embedded::EmbeddedError;

use crate::keys::KeysError;

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was started with arguments that it does not have.
    #[error("{0}")]
    Usage(&'static str),
    /// Settings are wrong.
    #[error("These settings cannot be used:\n{}", lines(.0))]
    Settings(#[from] Faults),
    /// Another program listens on the port.
    #[error("Port {0} is taken by another program. Set PORT to a free one, for example PORT={next}.", next = other_port(*.0))]
    PortTaken(u16),
    /// The port cannot be had for another reason.
    #[error("Port {0} cannot be listened on ({1}). Set PORT to another one, for example PORT=8001.")]
    Port(u16, io::Error),
    /// The stand-ins' address cannot be had.
    #[error("The stand-ins cannot listen on {0} ({1}). Set STAND_INS_HOST to an address of this machine.")]
    Host(IpAddr, io::Error),
    /// The table does not run.
    #[error("The embedded table does not start; OTP_DB names its file. {0}")]
    Table(#[from] EmbeddedError),
    /// There are no keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The file of variables cannot be written.
    #[error("{0} cannot be written: {1}")]
    EnvFile(String, io::Error),
    /// The operating system does not tell when to stop.
    #[error("signals cannot be received: {0}")]
    Signals(#[source] io::Error),
}

impl Failure {
    /// 2 for what the person can set right in how it is started, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Settings(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

fn lines(faults: &Faults) -> String {
    let lines: Vec<String> = faults.0.iter().map(|fault| format!("{} {}", fault.variable, fault.problem)).collect();
    lines.join("\n")
}

/// A suggestion.
const fn other_port(taken: u16) -> u16 {
    if taken < u16::MAX { taken + 1 } else { 8000 }
}
