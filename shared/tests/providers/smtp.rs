//! SMTP: what arrives, what a failure at each step proves, and that nothing travels in the clear.

use otp_auth::ports::sender::RefusalClass::{Account, BadRecipient, Credentials, Policy, Rate};
use otp_auth::ports::sender::Sender;

use crate::mail_server::{Fault, MailServer, sender};
use crate::message::{mail, text};
use crate::outcome::{Proof, ambiguous, proof, refused, unreached, while_time_stands_still};
use crate::tls::Tls;

async fn deliver(fault: Fault) -> (Proof, MailServer) {
    let server = MailServer::start(fault).await;
    let delivery = server.sender().deliver(&mail()).await;
    (proof(&delivery), server)
}

#[tokio::test]
async fn nothing_but_a_greeting_travels_in_the_clear() {
    let (outcome, server) = deliver(Fault::None).await;
    let Proof::Accepted(id) = outcome else { panic!("{outcome:?}") };
    assert_eq!(
        server.log(),
        [
            "EHLO example.com",
            "STARTTLS",
            "* EHLO example.com",
            "* AUTH PLAIN AGFkYQBwYXNzd29yZA==",
            "* MAIL FROM:<login@example.com>",
            "* RCPT TO:<ada@example.com>",
            "* DATA",
            "* QUIT",
        ]
    );
    let taken = server.taken().remove(0);
    assert_eq!((taken.from.as_str(), taken.to.as_str()), ("<login@example.com>", "<ada@example.com>"));
    assert_eq!(id, mail().id);
    assert!(taken.data.contains(&format!("Message-ID: <{id}@example.com>\r\n")), "{}", taken.data);
}

#[tokio::test]
async fn nothing_in_a_mail_becomes_a_header() {
    let (_, server) = deliver(Fault::None).await;
    let data = server.taken().remove(0).data;
    let (head, _) = data.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut names: Vec<&str> = unfolded.split("\r\n").map(|line| line.split_once(": ").unwrap().0).collect();
    names.sort_unstable();
    assert_eq!(names, ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"]);
    // "Acme & Co.", as RFC 2047 has it.
    assert!(unfolded.contains("From: =?utf-8?b?QWNtZSAmIENvLg==?= <login@example.com>"), "{unfolded}");
    assert!(data.is_ascii());
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_mail_and_no_password() {
    let (outcome, server) = deliver(Fault::NoStartTls).await;
    assert_eq!(outcome, unreached("no STARTTLS"));
    assert_eq!(server.log(), ["EHLO example.com", "QUIT"]);
    let (outcome, server) = deliver(Fault::Reply("STARTTLS", "454 4.7.0 TLS not available")).await;
    assert_eq!(outcome, unreached("reply 454"));
    assert!(!server.log().iter().any(|line| line.contains("AUTH")));
}

/// "NO STARTTLS" (2021): replies that a stranger appends to "220 go ahead" must not be taken for the server's. These would turn
/// a mail that the server takes into one that it refused, and the next provider would send it again.
#[tokio::test]
async fn replies_from_before_the_encryption_count_for_nothing() {
    const FORGED: &str = "\r\n250-localhost\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n554 5.7.1 refused";
    let (outcome, server) = deliver(Fault::AppendedInTheClear(FORGED)).await;
    assert_eq!((outcome, server.taken().len()), (unreached("no connection"), 0));
    assert_eq!(server.log(), ["EHLO example.com", "STARTTLS"]);
}

#[tokio::test]
async fn without_a_connection_that_can_be_trusted_nothing_leaves() {
    let server = MailServer::start(Fault::None).await;
    let none = unreached("no connection");
    let stranger = Tls::new().root_pem;
    assert_eq!(proof(&sender("localhost", server.port, &stranger).deliver(&mail()).await), none);
    assert_eq!(proof(&sender("127.0.0.1", server.port, &server.tls.root_pem).deliver(&mail()).await), none);
    assert_eq!(proof(&sender("localhost", 1, &server.tls.root_pem).deliver(&mail()).await), none);
    assert!(!server.log().iter().any(|line| line.contains("AUTH")), "{:?}", server.log());
}

#[tokio::test]
async fn a_refusal_is_of_the_step_that_it_comes_at() {
    for (command, reply, class, code) in [
        ("AUTH", "535 5.7.8 Username and Password not accepted", Credentials, "535 5.7.8"),
        ("AUTH", "534 5.7.9 Application-specific password required", Credentials, "534 5.7.9"),
        ("MAIL", "530 5.7.0 Authentication Required", Credentials, "530 5.7.0"),
        ("MAIL", "550 The from address does not match a verified Sender Identity", Account, "550"),
        ("RCPT", "550 5.1.1 The email account that you tried to reach does not exist", BadRecipient, "550 5.1.1"),
        ("RCPT", "552 5.2.2 Mailbox full", BadRecipient, "552 5.2.2"),
        ("RCPT", "553 bad address", BadRecipient, "553"),
        ("RCPT", "550 5.7.1 Relaying denied", Policy, "550 5.7.1"),
        ("DATA", "554 5.7.1 no", Policy, "554 5.7.1"),
        (".", "550 5.4.5 Daily user sending limit exceeded", Rate, "550 5.4.5"),
        (".", "550-5.7.26 Unauthenticated email\r\n550 5.7.26 is not accepted", Policy, "550 5.7.26"),
        (".", "554 5.7.0 Message rejected", Policy, "554 5.7.0"),
    ] {
        let (outcome, server) = deliver(Fault::Reply(command, reply)).await;
        assert_eq!(outcome, refused(class, code), "{command}: {reply}");
        assert_eq!(server.taken(), [], "{command}: {reply}");
    }
}

#[tokio::test]
async fn a_server_that_says_not_now_took_nothing() {
    for (command, reply, cause) in [
        ("EHLO", "421 4.3.2 shutting down", "reply 421"),
        ("AUTH", "454 4.7.0 Temporary authentication failure", "reply 454"),
        ("MAIL", "452 4.3.1 Insufficient system storage", "reply 452"),
        ("RCPT", "450 4.2.1 try again later", "reply 450"),
        ("DATA", "451 4.3.0 no", "reply 451"),
        (".", "451 4.7.1 Greylisted", "reply 451"),
    ] {
        let (outcome, server) = deliver(Fault::Reply(command, reply)).await;
        assert_eq!(outcome, unreached(cause), "{command}: {reply}");
        assert_eq!(server.taken(), [], "{command}: {reply}");
    }
}

#[tokio::test]
async fn a_cut_proves_something_only_before_the_content() {
    for command in ["EHLO", "STARTTLS"] {
        assert_eq!(deliver(Fault::Cut(command)).await.0, unreached("no connection"), "{command}");
    }
    for command in ["AUTH", "MAIL", "RCPT", "DATA"] {
        assert_eq!(deliver(Fault::Cut(command)).await.0, unreached("connection lost"), "{command}");
    }
    assert_eq!(deliver(Fault::Cut(".")).await.0, ambiguous("connection lost"));
    let (outcome, server) = deliver(Fault::CutAfterTaking).await;
    assert_eq!((outcome, server.taken().len()), (ambiguous("connection lost"), 1));
    let (outcome, server) = deliver(Fault::ReplyAfterTaking("<p>It works!")).await;
    assert_eq!((outcome, server.taken().len()), (ambiguous("connection lost"), 1));
}

#[tokio::test]
async fn a_slow_server_is_given_four_seconds() {
    for (command, expected) in [("AUTH", unreached("timeout")), (".", ambiguous("timeout"))] {
        let server = MailServer::start(Fault::Silence(command)).await;
        let sender = server.sender();
        let started = tokio::time::Instant::now();
        let delivery = while_time_stands_still(server.fell_silent(), sender.deliver(&mail())).await;
        assert_eq!(proof(&delivery), expected, "{command}");
        assert!((3900..4500).contains(&started.elapsed().as_millis()), "{command}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_text_is_no_mail() {
    let server = MailServer::start(Fault::None).await;
    assert!(matches!(proof(&server.sender().deliver(&text()).await), Proof::Refused(..)));
    assert!(server.log().is_empty());
}
