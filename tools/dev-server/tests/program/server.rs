//! The real program, started on a free port, and a plain HTTP client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(20);

/// A running dev server. Dropping it kills it.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    /// What it printed until it listened.
    pub welcome: String,
    /// Where it listens.
    pub port: u16,
}

/// A reply.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Server {
    /// Starts it with these settings and no others, and waits until it says where it listens.
    pub fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut child = program(arguments, settings).stdout(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let mut server = Self { child, lines, welcome: String::new(), port: 0 };
        let outbox = server.line_with("/dev/outbox");
        server.port = outbox.split("localhost:").nth(1).unwrap().split('/').next().unwrap().parse().unwrap();
        server
    }

    /// The next line that has `part`; those before it are part of the welcome.
    pub fn line_with(&mut self, part: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {part}: {}", self.welcome));
            self.welcome.push_str(&format!("{line}\n"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The code of the next `OTP for …: …` line for `mask`.
    pub fn code_for(&mut self, mask: &str) -> String {
        let start = format!("OTP for {mask}: ");
        self.line_with(&start).strip_prefix(&start).unwrap().to_owned()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request(&format!("GET {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", self.port))
    }

    pub fn post(&self, path: &str, body: &str) -> Reply {
        self.request(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        ))
    }

    /// Sends these bytes, all of them before it reads.
    pub fn request(&self, text: &str) -> Reply {
        self.request_at(([127, 0, 0, 1], self.port).into(), text)
    }

    pub fn request_at(&self, address: SocketAddr, text: &str) -> Reply {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// Sends it a signal and waits for its end.
    pub fn end_by(&mut self, signal: &str) -> ExitStatus {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        wait(&mut self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Runs it to its end, which must come by itself: its exit code, and what it complained about.
pub fn run_to_its_end(arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String) {
    let mut child = program(arguments, settings).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let status = wait(&mut child);
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    (status.code().unwrap(), complaint)
}

/// An empty folder of the test's own.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _not_there_yet = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn program(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-server"));
    command
        .args(arguments)
        .env_clear()
        .env("PORT", "0")
        .env("TMPDIR", env!("CARGO_TARGET_TMPDIR"))
        .envs(settings.iter().copied());
    if let Some((_, folder)) = settings.iter().find(|(name, _)| *name == "PWD") {
        command.current_dir(folder);
    }
    command
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (to, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _nobody_listens = to.send(line);
        }
    });
    lines
}

#[allow(clippy::disallowed_methods, reason = "a real program takes real time")]
fn wait(child: &mut Child) -> ExitStatus {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _already_ended = child.kill();
    panic!("it does not end");
}
