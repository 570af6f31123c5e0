//! Lines as the service writes them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::program::Ran;

/// A line of a request at noon; `with` changes members of it.
pub fn line(with: Value) -> String {
    let mut line = json!({
        "timestamp": "2026-11-23T12:00:00.000Z",
        "level": "INFO",
        "request_id": "request-1",
        "route": "send",
        "event": "otp.sent",
        "status": 200,
        "code": "ok",
        "channel": "sms",
        "purpose": "login",
        "country": "US",
        "recipient": "c0ffee",
        "masked": "+1***01",
        "delivery": "accepted",
        "provider": "sns",
        "duration_ms": 120,
        "table_requests": 3,
        "table_ms": 9,
        "provider_ms": 100,
        "message": "request",
        "target": "otp_auth::http::record",
        "_aws": { "Timestamp": 1, "CloudWatchMetrics": [{ "Namespace": "otp-auth" }] },
        "Route": "send",
    });
    line.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    line.to_string()
}

/// A right code.
pub fn verified(with: Value) -> String {
    let mut members = json!({ "route": "verify", "event": "otp.verified", "time_to_verify_s": 21, "duration_ms": 15 });
    members.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    line(members)
}

/// Runs the program with this on its standard input.
pub fn piped(arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otpctl"));
    command.arg("report").args(arguments).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writer = std::thread::spawn(move || {
        // A program that refuses its arguments does not read.
        let _gone = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// The numbers of such a log.
pub fn numbers(input: impl AsRef<[u8]>) -> Value {
    piped(&["--json"], input.as_ref()).json()
}
