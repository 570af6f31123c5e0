//! Servers that others wrote, out of the project's `.venv`: a mail server that takes mail and parses it, and AWS.

use std::path::PathBuf;
use std::process::Stdio;

use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::ses::SesSender;
use otp_auth::adapters::sns::SnsSender;
use otp_auth::config::{SesSettings, SmtpSettings, SnsSettings};
use otp_auth::ports::sender::{RefusalClass, Sender};
use otp_auth::testing::embedded::local_credentials;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::mail_server::sender_by;
use crate::message::{HTML, TEXT, mail, text};
use crate::outcome::{Proof, proof, refused};
use crate::tls::Tls;

struct Python {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
    _child: Child,
}

impl Python {
    async fn start(script: &str, arguments: &[&str]) -> Self {
        let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let interpreter = root.join(".venv/bin/python");
        assert!(interpreter.exists(), "{} is not there: run make tools", interpreter.display());
        let mut child = Command::new(interpreter)
            .arg(root.join("shared/tests/providers").join(script))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().expect("the server starts").parse().unwrap();
        Self { port, lines, input: child.stdin.take().unwrap(), _child: child }
    }

    async fn seen(&mut self) -> Value {
        serde_json::from_str(&self.lines.next_line().await.unwrap().unwrap()).unwrap()
    }
}

/// Files that are gone when the test is over.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, tls: &Tls) -> Self {
        let folder = std::env::temp_dir().join(format!("otp-auth-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("certificate.pem"), &tls.certificate_pem).unwrap();
        std::fs::write(folder.join("key.pem"), &tls.key_pem).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn a_mail_arrives(mode: &str) {
    let tls = Tls::new();
    let files = Files::new(mode, &tls);
    let mut server = Python::start("receive_mail.py", &[&files.path("certificate.pem"), &files.path("key.pem"), mode]).await;
    let settings = |user: &str| SmtpSettings {
        host: "localhost".to_owned(),
        port: server.port,
        tls_at_once: mode == "tls",
        user: user.to_owned(),
    };
    let refusal = sender_by(settings("eve"), &tls.root_pem).deliver(&mail()).await;
    assert_eq!(proof(&refusal), refused(RefusalClass::Credentials, "535 5.7.8"));
    let Proof::Accepted(id) = proof(&sender_by(settings("ada"), &tls.root_pem).deliver(&mail()).await) else {
        panic!("not accepted")
    };
    let seen = server.seen().await;
    assert_eq!(
        (&seen["encrypted"], &seen["from"], &seen["to"]),
        (&json!(true), &json!("login@example.com"), &json!(["ada@example.com"]))
    );
    let unix = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(unix(seen["text"].as_str().unwrap()), unix(TEXT));
    assert_eq!(unix(seen["html"].as_str().unwrap()), unix(HTML));
    let headers = &seen["headers"];
    assert_eq!(headers["From"], "\"Acme & Co.\" <login@example.com>");
    assert_eq!(headers["To"], "ada@example.com");
    assert_eq!(headers["Message-ID"], format!("<{id}@example.com>"));
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert!(headers["Subject"].as_str().unwrap().starts_with("Your Äcme code"), "{headers}");
    assert_eq!((&headers["Bcc"], &seen["defects"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn a_mail_arrives_whole_over_starttls() {
    a_mail_arrives("starttls").await;
}

#[tokio::test]
async fn a_mail_arrives_whole_over_tls_from_the_first_byte() {
    a_mail_arrives("tls").await;
}

/// What moto keeps: of a text its number and words, of a mail its sender, recipient, subject and HTML.
#[tokio::test]
async fn aws_as_others_understand_it_takes_a_text_and_a_mail() {
    let mut moto = Python::start("pretend_to_be_aws.py", &[]).await;
    let endpoint = format!("http://127.0.0.1:{}", moto.port);
    let aws = Aws::new(&local_credentials()).unwrap();
    let sns = SnsSender::new(aws.sns(Some(&endpoint)), &SnsSettings::default());
    let Proof::Accepted(text_id) = proof(&sns.deliver(&text()).await) else { panic!("no text") };
    let settings = SesSettings { from: "login@example.com".to_owned(), configuration_set: None };
    let Proof::Accepted(mail_id) = proof(&SesSender::new(aws.ses(Some(&endpoint)), settings).deliver(&mail()).await) else {
        panic!("no mail")
    };
    moto.input.write_all(b"\n").await.unwrap();
    let record = moto.seen().await;
    let sent = json!([{ "message": TEXT, "message_id": text_id, "phone_number": "+12345678901" }]);
    assert_eq!(record["sns"]["SMS"], sent);
    let mails = record["ses"]["Message"].as_array().unwrap();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((&mail["id"], &mail["source"]), (&json!(mail_id), &json!("login@example.com")));
    assert_eq!(mail["destinations"]["ToAddresses"], json!(["ada@example.com"]));
    assert_eq!((&mail["subject"], &mail["body"]), (&json!(crate::message::SUBJECT), &json!(HTML)));
}
