//! A proxy in front of the embedded DynamoDB that breaks what it is told to break: on the wire, as a network and a store do.
#![cfg(feature = "testing")]

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Longer than any client of ours waits: one that has no limit is answered late, and its test does not hang.
const FOR_EVER: Duration = Duration::from_secs(60);

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 400 `ProvisionedThroughputExceededException`; nothing is applied.
    Throttle,
    /// 500 `InternalServerError`; nothing is applied.
    FailBefore,
    /// Applied, then 500 `InternalServerError`.
    FailAfter,
    /// Applied, then the connection ends without a reply.
    DropReply,
    /// Applied, then the connection ends in the middle of the reply.
    CutReply,
    /// Applied, then nothing more comes after the middle of the reply, and the connection stays.
    StopInReply,
    /// Applied, and answered only after this many milliseconds.
    Delay(u64),
    /// Applied twice, as by a retry of what must be attempted once: a control.
    Twice,
}

/// Which requests a fault meets: after `skip` of them, the next `times`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The operation and the beginning of the key that it concerns, as [`FaultProxy::seen`] names them; empty for every request.
    pub target: String,
    /// Requests to the target that pass first.
    pub skip: usize,
    /// Requests that the fault meets then.
    pub times: usize,
    /// The fault.
    pub fault: Fault,
}

/// A running proxy. It ends with its runtime.
#[derive(Clone)]
pub struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    to: String,
    rule: Mutex<Option<Rule>>,
    seen: Mutex<Vec<String>>,
    under_way: AtomicUsize,
    met: Notify,
}

impl FaultProxy {
    /// In front of `endpoint`, which is `http://host:port`.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(endpoint: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let to = endpoint.trim_start_matches("http://").to_owned();
        let shared =
            Shared { to, rule: Mutex::default(), seen: Mutex::default(), under_way: AtomicUsize::new(0), met: Notify::new() };
        let proxy = Self { address: listener.local_addr()?, shared: Arc::new(shared) };
        let shared = Arc::clone(&proxy.shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.connection(client).await });
            }
        });
        Ok(proxy)
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this goes wrong, or nothing.
    pub fn script(&self, rule: Option<Rule>) {
        *self.shared.rule.lock().unwrap_or_else(PoisonError::into_inner) = rule;
    }

    /// The requests since this was last asked: operation and first letter of the key, such as `UpdateItem I`.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until a fault has met a request.
    pub async fn met(&self) {
        self.shared.met.notified().await;
    }

    /// Waits until no request is on its way to the store: what was given up on may still be applied.
    pub async fn quiet(&self) {
        let mut still = 0;
        while still < 3 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            still = if self.shared.under_way.load(Ordering::SeqCst) == 0 { still + 1 } else { 0 };
        }
    }
}

impl Shared {
    /// Serves one connection until either side ends it.
    async fn connection(&self, mut client: TcpStream) -> Option<()> {
        loop {
            let request = read_message(&mut client).await?;
            let target = target(&request);
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(target.clone());
            match self.fault_for(&target) {
                Some(Fault::Throttle) => {
                    client.write_all(&refusal(400, "ProvisionedThroughputExceededException")).await.ok()?;
                }
                Some(Fault::FailBefore) => client.write_all(&refusal(500, "InternalServerError")).await.ok()?,
                fault => {
                    if fault == Some(Fault::Twice) {
                        self.applied(&request).await?;
                    }
                    let reply = self.applied(&request).await?;
                    answer(&mut client, &reply, fault).await?;
                }
            }
        }
    }

    /// Once a request is here it reaches the store, whatever becomes of the client.
    async fn applied(&self, request: &[u8]) -> Option<Vec<u8>> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let reply = self.forward(request).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        reply
    }

    async fn forward(&self, request: &[u8]) -> Option<Vec<u8>> {
        let mut store = TcpStream::connect(&self.to).await.ok()?;
        store.write_all(request).await.ok()?;
        read_message(&mut store).await
    }

    fn fault_for(&self, target: &str) -> Option<Fault> {
        let mut rule = self.rule.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rule.as_mut().filter(|rule| rule.target.is_empty() || rule.target == target)?;
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times = rule.times.checked_sub(1)?;
        self.met.notify_one();
        Some(rule.fault)
    }
}

/// Gives the store's reply on, as far as the fault lets it.
async fn answer(client: &mut TcpStream, reply: &[u8], fault: Option<Fault>) -> Option<()> {
    match fault {
        Some(Fault::FailAfter) => client.write_all(&refusal(500, "InternalServerError")).await.ok(),
        Some(Fault::DropReply) => None,
        Some(Fault::CutReply) => {
            begin(client, reply).await?;
            None
        }
        Some(Fault::StopInReply) => {
            begin(client, reply).await?;
            // Until the client gives up.
            tokio::time::timeout(FOR_EVER, client.read(&mut [0])).await.ok().and(None)
        }
        Some(Fault::Delay(millis)) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            client.write_all(reply).await.ok()
        }
        _ => client.write_all(reply).await.ok(),
    }
}

/// All but the end of the reply.
async fn begin(client: &mut TcpStream, reply: &[u8]) -> Option<()> {
    let most = reply.len() - reply.len().min(20);
    client.write_all(reply.get(..most)?).await.ok()?;
    client.flush().await.ok()
}

/// A whole HTTP message whose length is declared, as the SDK and the store write them.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut message, mut chunk) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(length) = whole_length(&message)
            && message.len() >= length
        {
            return Some(message);
        }
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        message.extend_from_slice(chunk.get(..read)?);
    }
}

/// Head and body together, once the head is there.
fn whole_length(message: &[u8]) -> Option<usize> {
    let head = message.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(message.get(..head)?).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    Some(head + length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0))
}

/// The operation, and the first letter of the key that it concerns.
fn target(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let operation = text.lines().find(|line| line.to_lowercase().starts_with("x-amz-target:"));
    let operation = operation.and_then(|line| line.trim().rsplit('.').next()).unwrap_or("none");
    let key = text.split_once("\"pk\":{\"S\":\"").and_then(|(_, key)| key.chars().next()).unwrap_or('-');
    format!("{operation} {key}")
}

fn refusal(status: u16, code: &str) -> Vec<u8> {
    let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{code}\",\"message\":\"As scripted.\"}}");
    let head =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}", body.len());
    format!("{head}\r\n\r\n{body}").into_bytes()
}
