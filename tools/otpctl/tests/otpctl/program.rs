//! Runs the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use otp_auth::testing::embedded::{Embedded, TABLE};
use otp_auth::testing::service::{Service, Setup};
use serde_json::Value;

/// When the test clock starts: everything is looked at from a point of it.
pub const NOON: &str = "2026-11-23T12:00:00Z";

/// A table, its service, and the file of its keys.
pub struct Operator {
    pub embedded: Embedded,
    pub service: Service,
    pub keys: PathBuf,
}

/// What a run left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Operator {
    /// On an empty table in memory; `name` is the test's own.
    pub async fn new(name: &str) -> Self {
        Self::with(name, |setup| setup).await
    }

    /// The same with a service that is set up differently.
    pub async fn with(name: &str, change: impl FnOnce(Setup) -> Setup) -> Self {
        let embedded = Embedded::start(None).await.unwrap();
        let service = change(Setup::on(&embedded).unwrap()).build();
        let keys = file(name, "keys", &keys_of_the_test_service());
        Self { embedded, service, keys }
    }

    /// Runs it on the table, at noon.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_at(NOON, arguments)
    }

    /// Runs it on the table, at another time.
    pub fn run_at(&self, now: &str, arguments: &[&str]) -> Ran {
        let (endpoint, keys) = (self.embedded.endpoint(), self.keys.to_str().unwrap());
        let target = ["--endpoint", &endpoint, "--table", TABLE, "--keys-file", keys, "--now", now];
        run(&[arguments, &target].concat())
    }
}

impl Ran {
    /// What it printed, when it was done.
    #[track_caller]
    pub fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// What it complained about, when it failed with this code and printed nothing else.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        self.err
    }

    /// What it printed as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }
}

/// Runs it with nothing but these arguments and a home of the tests', 80 columns wide, without a terminal.
pub fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &[])
}

/// The same with these variables.
pub fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otpctl"));
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("otpctl/home");
    command
        .args(arguments)
        .env_clear()
        .env("COLUMNS", "80")
        .env("HOME", home)
        .envs(variables.iter().copied())
        .stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A file of the test's own.
pub fn file(test: &str, name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("otpctl").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// What `testing::service::test_keys` is made of.
fn keys_of_the_test_service() -> String {
    serde_json::json!({ "identifiers": "k1", "codes": "k1", "k1": "\u{7}".repeat(64) }).to_string()
}

/// A program that answers on a port as `make run` does: what it says of its table, and 200 to whatever is posted.
pub fn local_server(page: &Value) -> u16 {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let page = page.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let known = request[..length].starts_with(b"GET /dev/table.json ") || request[..length].starts_with(b"POST /api/");
            let (status, body) = if known { ("200 OK", page.as_str()) } else { ("404 Not Found", "{}") };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    port
}
