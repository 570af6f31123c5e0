//! A mail server over TLS, after RFC 5321: it checks who logs in, keeps what it takes, and fails as it is told.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use otp_auth::adapters::smtp::{SmtpSender, SmtpTrust};
use otp_auth::config::SmtpSettings;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::tls::Tls;
use crate::wire::secrets;

/// A mail as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: String,
    pub data: String,
}

/// How this server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It does not know STARTTLS.
    NoStartTls,
    /// Somebody on the line appends these replies, in the clear, to its answer to STARTTLS.
    AppendedInTheClear(&'static str),
    /// It answers this to the command that begins so; `.` is the end of the content.
    Reply(&'static str, &'static str),
    /// It takes the mail and answers this.
    ReplyAfterTaking(&'static str),
    /// It cuts the connection when this command has come.
    Cut(&'static str),
    CutAfterTaking,
    /// It takes the mail, and stops in the middle of its answer.
    StopInAnswer,
    /// It says nothing more when this command has come.
    Silence(&'static str),
}

struct Shared {
    fault: Fault,
    taken: Mutex<Vec<Taken>>,
    log: Mutex<Vec<String>>,
    silent: watch::Sender<bool>,
}

pub struct MailServer {
    pub port: u16,
    pub tls: Tls,
    shared: Arc<Shared>,
}

impl MailServer {
    /// A server that offers STARTTLS.
    pub async fn start(fault: Fault) -> Self {
        let tls = Tls::new();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Shared { fault, taken: Mutex::default(), log: Mutex::default(), silent: watch::Sender::new(false) });
        let (acceptor, serving) = (tls.acceptor.clone(), Arc::clone(&shared));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                tokio::spawn(async move { serve(client, acceptor, &shared).await });
            }
        });
        Self { port, tls, shared }
    }

    pub fn sender(&self) -> SmtpSender {
        sender("localhost", self.port, &self.tls.root_pem)
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// Every line that came before the content, in order.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }

    pub async fn fell_silent(&self) {
        self.shared.silent.subscribe().wait_for(|silent| *silent).await.unwrap();
    }
}

pub fn sender(host: &str, port: u16, root_pem: &str) -> SmtpSender {
    sender_by(SmtpSettings { host: host.to_owned(), port, tls_at_once: false, user: "ada".to_owned() }, root_pem)
}

pub fn sender_by(settings: SmtpSettings, root_pem: &str) -> SmtpSender {
    let trust = SmtpTrust::Only(root_pem.as_bytes());
    SmtpSender::new(settings, "\"Acme & Co.\" <login@example.com>", &trust, secrets()).unwrap()
}

/// First in the clear, as far as STARTTLS; then the same again inside.
async fn serve(client: tokio::net::TcpStream, acceptor: TlsAcceptor, shared: &Shared) -> Option<()> {
    let mut stream = BufStream::new(client);
    say(&mut stream, "220 localhost ESMTP").await?;
    converse(&mut stream, shared, false).await?;
    let mut stream = BufStream::new(acceptor.accept(stream.into_inner()).await.ok()?);
    converse(&mut stream, shared, true).await
}

/// None when the connection has ended.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, shared: &Shared, encrypted: bool) -> Option<()> {
    let (mut known, mut from, mut to) = (false, String::new(), String::new());
    loop {
        let line = read_line(stream).await?;
        shared.log.lock().unwrap().push(format!("{}{line}", if encrypted { "* " } else { "" }));
        let verb = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        match shared.fault {
            Fault::Reply(to, answer) if to == verb => {
                say(stream, answer).await?;
                continue;
            }
            Fault::Cut(at) if at == verb => return None,
            Fault::Silence(at) if at == verb => silence(shared).await,
            _ => {}
        }
        match verb.as_str() {
            "EHLO" if encrypted => say(stream, "250-localhost\r\n250 AUTH PLAIN LOGIN").await?,
            "EHLO" if shared.fault == Fault::NoStartTls => say(stream, "250-localhost\r\n250 AUTH PLAIN LOGIN").await?,
            "EHLO" => say(stream, "250-localhost\r\n250 STARTTLS").await?,
            "STARTTLS" if !encrypted => {
                let appended = if let Fault::AppendedInTheClear(replies) = shared.fault { replies } else { "" };
                say(stream, &format!("220 go ahead{appended}")).await?;
                return Some(());
            }
            "AUTH" if encrypted => {
                known = line == format!("AUTH PLAIN {}", STANDARD.encode("\0ada\0password"));
                say(stream, if known { "235 2.7.0 accepted" } else { "535 5.7.8 bad credentials" }).await?;
            }
            "MAIL" if known => {
                line["MAIL FROM:".len()..].trim().clone_into(&mut from);
                say(stream, "250 2.1.0 ok").await?;
            }
            "RCPT" if known => {
                line["RCPT TO:".len()..].trim().clone_into(&mut to);
                say(stream, "250 2.1.5 ok").await?;
            }
            "DATA" if known => {
                say(stream, "354 go on").await?;
                let data = content(stream).await?;
                let take = || shared.taken.lock().unwrap().push(Taken { from: from.clone(), to: to.clone(), data });
                match shared.fault {
                    Fault::Reply(".", answer) => say(stream, answer).await?,
                    Fault::Cut(".") => return None,
                    Fault::Silence(".") => silence(shared).await,
                    Fault::CutAfterTaking => {
                        take();
                        return None;
                    }
                    Fault::StopInAnswer => {
                        take();
                        stream.write_all(b"250 2.0").await.ok()?;
                        stream.flush().await.ok()?;
                        silence(shared).await;
                    }
                    Fault::ReplyAfterTaking(answer) => {
                        take();
                        say(stream, answer).await?;
                    }
                    _ => {
                        take();
                        say(stream, "250 2.0.0 queued").await?;
                    }
                }
            }
            "QUIT" => {
                say(stream, "221 bye").await?;
                return None;
            }
            _ => say(stream, "503 5.5.1 not now").await?,
        }
    }
}

/// Up to the dot alone on its line, with doubled dots at the start of lines made single (RFC 5321, 4.5.2).
async fn content<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<String> {
    let mut data = String::new();
    loop {
        let line = read_line(stream).await?;
        if line == "." {
            return Some(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
}

async fn silence(shared: &Shared) {
    shared.silent.send_replace(true);
    std::future::pending::<()>().await;
}

async fn read_line<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, line: &str) -> Option<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
