//! Every provider of messages, against servers in this process that speak its wire format over TLS: what arrives there, what
//! each fault proves, and what several providers in a row do with it.
//!
//! | server | written from |
//! |---|---|
//! | Twilio | <https://www.twilio.com/docs/messaging/api/message-resource>, <https://www.twilio.com/docs/api/errors> |
//! | Vonage | <https://developer.vonage.com/en/api/messages>, <https://developer.vonage.com/en/api/sms>, <https://developer.vonage.com/en/api-errors> |
//! | SendGrid | <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send> |
//! | SMTP | RFC 5321, RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 8314 (TLS on port 465) |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs
)]

mod failover;
mod log;
mod mail_server;
mod matrix;
mod message;
mod outcome;
mod page;
mod python;
mod smtp;
mod tls;
mod web_server;
mod wire;
