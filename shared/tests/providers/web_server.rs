//! A web interface over TLS that checks who calls it, keeps what it takes, and fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use otp_auth::adapters::web::Web;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

use crate::tls::Tls;

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// A reply as it leaves.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: String,
}

/// How one provider speaks.
pub struct Dialect {
    /// What the header Authorization must be.
    pub authorization: String,
    pub accepted: Answer,
    pub unauthorized: Answer,
    pub broken: Answer,
}

#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing is taken; this is the answer.
    Refuse(Answer),
    FailBefore,
    FailAfter,
    /// The request is read, then the connection is cut.
    Cut,
    /// The message is taken, then the connection is cut.
    CutAfterTaking,
    /// The message is taken; the end of the answer never comes.
    StopInAnswer,
    Silence,
    /// The message is taken; the answer is a 200 that is none of this provider's.
    Rubbish,
}

struct Shared {
    dialect: Dialect,
    faults: Mutex<VecDeque<Fault>>,
    taken: Mutex<Vec<Received>>,
    requests: watch::Sender<usize>,
}

pub struct WebServer {
    pub endpoint: String,
    pub tls: Tls,
    shared: Arc<Shared>,
}

impl WebServer {
    pub async fn start(dialect: Dialect) -> Self {
        let tls = Tls::new();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let shared =
            Arc::new(Shared { dialect, faults: Mutex::default(), taken: Mutex::default(), requests: watch::Sender::new(0) });
        let (acceptor, serving) = (tls.acceptor.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(client).await else { return };
                    serve(stream, &shared).await;
                });
            }
        });
        Self { endpoint, tls, shared }
    }

    /// A client that trusts this server.
    pub fn web(&self) -> Web {
        Web::trusting_only(self.tls.root_pem.clone().into_bytes()).unwrap()
    }

    pub fn script(&self, fault: Fault) {
        self.shared.faults.lock().unwrap().push_back(fault);
    }

    pub fn taken(&self) -> Vec<Received> {
        self.shared.taken.lock().unwrap().clone()
    }

    pub fn requests(&self) -> usize {
        *self.shared.requests.borrow()
    }

    pub async fn received(&self, count: usize) {
        let mut requests = self.shared.requests.subscribe();
        requests.wait_for(|read| *read >= count).await.unwrap();
    }
}

async fn serve(mut stream: TlsStream<tokio::net::TcpStream>, shared: &Shared) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        shared.requests.send_modify(|count| *count += 1);
        let stops = matches!(shared.faults.lock().unwrap().front(), Some(Fault::StopInAnswer));
        let Some(answer) = answer(shared, request).await else { return };
        let mut head =
            format!("HTTP/1.1 {} Status\r\ncontent-length: {}\r\n", answer.status, answer.body.len() + usize::from(stops));
        for (name, value) in answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n{}", answer.body).as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
    }
}

async fn answer(shared: &Shared, request: Received) -> Option<Answer> {
    let fault = shared.faults.lock().unwrap().pop_front();
    let dialect = &shared.dialect;
    let take = || shared.taken.lock().unwrap().push(request.clone());
    match fault {
        Some(Fault::Refuse(answer)) => Some(answer),
        Some(Fault::FailBefore) => Some(dialect.broken.clone()),
        Some(Fault::FailAfter) => {
            take();
            Some(dialect.broken.clone())
        }
        Some(Fault::Cut) => None,
        Some(Fault::CutAfterTaking) => {
            take();
            None
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Rubbish) => {
            take();
            Some(Answer { status: 200, headers: vec![("content-type", "text/html")], body: "<p>It works!".to_owned() })
        }
        None if request.headers.get("authorization") != Some(&dialect.authorization) => Some(dialect.unauthorized.clone()),
        None | Some(Fault::StopInAnswer) => {
            take();
            Some(dialect.accepted.clone())
        }
    }
}

async fn read(stream: &mut TlsStream<tokio::net::TcpStream>, buffer: &mut Vec<u8>) -> Option<Received> {
    let head = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer.drain(..length).collect()).unwrap();
    Some(Received { line, headers, body })
}
