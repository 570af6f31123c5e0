//! Every provider and every fault, with a second provider behind it: at most one message is ever taken.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::failover::Failover;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::ses::SesSender;
use otp_auth::adapters::sns::SnsSender;
use otp_auth::adapters::web::Web;
use otp_auth::config::{SesSettings, SnsSettings};
use otp_auth::ports::sender::{Delivery, Message, Sender};
use otp_auth::testing::aws_stand_in::{AwsStandIn, Fault as AwsFault};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::{Embedded, local_credentials};
use otp_auth::testing::service::Setup;
use serde_json::json;

use crate::log;
use crate::mail_server::{self, Fault as MailFault, MailServer};
use crate::tls::Tls;
use crate::web_server::Fault as WebFault;
use crate::wire::Api;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Sns,
    Ses,
    Web(Api),
    Smtp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    None,
    Credentials,
    Recipient,
    Throttled,
    FailsBefore,
    FailsAfter,
    NoConnection,
    Tls,
    Cut,
    CutAfter,
    StopInAnswer,
    Silence,
    Rubbish,
}

const PROVIDERS: [Provider; 7] = [
    Provider::Sns,
    Provider::Web(Api::Twilio),
    Provider::Web(Api::VonageMessages),
    Provider::Web(Api::VonageSms),
    Provider::Ses,
    Provider::Smtp,
    Provider::Web(Api::SendGrid),
];

const CASES: [Case; 13] = [
    Case::None,
    Case::Credentials,
    Case::Recipient,
    Case::Throttled,
    Case::FailsBefore,
    Case::FailsAfter,
    Case::NoConnection,
    Case::Tls,
    Case::Cut,
    Case::CutAfter,
    Case::StopInAnswer,
    Case::Silence,
    Case::Rubbish,
];

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A provider with one fault.
struct Rig {
    sender: Box<dyn Sender>,
    taken: Box<dyn Fn() -> usize>,
    /// When the provider has read all that it is going to.
    silent: Option<Wait>,
}

/// Stops the clock while its provider is silent.
struct Patient(Box<dyn Sender>, Mutex<Option<Wait>>);

#[async_trait]
impl Sender for Patient {
    fn provider(&self) -> &'static str {
        self.0.provider()
    }

    async fn deliver(&self, message: &Message) -> Delivery {
        let silent = self.1.lock().unwrap().take();
        match silent {
            Some(silent) => crate::outcome::while_time_stands_still(silent, self.0.deliver(message)).await,
            None => self.0.deliver(message).await,
        }
    }
}

impl Provider {
    fn name(self) -> String {
        match self {
            Self::Web(Api::VonageMessages) => "vonage (messages)".to_owned(),
            Self::Web(Api::VonageSms) => "vonage (sms)".to_owned(),
            other => format!("{other:?}").to_ascii_lowercase().replace("web(", "").replace(')', ""),
        }
    }

    fn identifier(self) -> &'static str {
        match self {
            Self::Ses | Self::Smtp | Self::Web(Api::SendGrid) => "ada@example.com",
            _ => "+12345678901",
        }
    }

    /// None where the provider has no such fault.
    async fn with(self, case: Case) -> Option<Rig> {
        match self {
            Self::Sns | Self::Ses => aws(self, case).await,
            Self::Web(api) => web(api, case).await,
            Self::Smtp => smtp(case).await,
        }
    }

    /// Messages that this provider takes, messages that the next one takes, and the status of the reply.
    fn expected(self, case: Case) -> (usize, usize, u16) {
        match case {
            Case::None => (1, 0, 200),
            Case::Credentials | Case::Throttled | Case::NoConnection | Case::Tls => (0, 1, 200),
            Case::Recipient => (0, 0, 502),
            // An SMTP server that says it failed has taken nothing: that is what its reply means.
            Case::FailsBefore if self == Self::Smtp => (0, 1, 200),
            Case::FailsBefore | Case::Cut | Case::Silence => (0, 0, 200),
            Case::FailsAfter | Case::CutAfter | Case::StopInAnswer | Case::Rubbish => (1, 0, 200),
        }
    }
}

impl Case {
    /// The one metric of a hand-over to `provider` that is 1.
    fn metric(self, provider: Provider) -> &'static str {
        match self {
            Self::None => "MessagesAccepted",
            Self::Credentials | Self::Recipient | Self::Throttled | Self::NoConnection | Self::Tls => "MessagesFailed",
            Self::FailsBefore if provider == Provider::Smtp => "MessagesFailed",
            Self::FailsBefore | Self::FailsAfter | Self::Cut | Self::CutAfter => "MessagesUnclear",
            Self::StopInAnswer | Self::Silence | Self::Rubbish => "MessagesUnclear",
        }
    }

    /// Only time ends it.
    fn is_silent(self) -> bool {
        matches!(self, Self::StopInAnswer | Self::Silence)
    }
}

/// The metrics of hand-overs and failovers that the log's lines carry and that are not 0, each with its provider.
fn measured() -> Vec<(String, String)> {
    let lines = log::lines().into_iter().filter(|line| line["_aws"].is_object());
    let of_line = |line: serde_json::Value| {
        let counted = ["MessagesAccepted", "MessagesFailed", "MessagesUnclear", "Failovers"];
        let provider = line["Provider"].as_str().unwrap_or_default().to_owned();
        let counted = counted.into_iter().filter(|name| line[*name].as_f64().is_some_and(|value| value != 0.0));
        counted.map(|name| (provider.clone(), name.to_owned())).collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

async fn aws(provider: Provider, case: Case) -> Option<Rig> {
    let outbox = Outbox::new(Arc::new(TestClock::default()));
    let stand_in = Arc::new(AwsStandIn::start(outbox.clone(), None, (Ipv4Addr::LOCALHOST, 0).into()).await.unwrap());
    let fault = match case {
        Case::None | Case::NoConnection | Case::Tls => None,
        Case::Credentials => Some(AwsFault::Refuse(403, "InvalidClientTokenId")),
        Case::Recipient if provider == Provider::Sns => Some(AwsFault::Refuse(400, "OptedOut")),
        // SES takes mail to anybody, and says later who could not be reached.
        Case::Recipient => return None,
        Case::Throttled => Some(AwsFault::Throttle),
        Case::FailsBefore => Some(AwsFault::FailBefore),
        Case::FailsAfter => Some(AwsFault::FailAfter),
        Case::Cut => Some(AwsFault::Cut),
        Case::CutAfter => Some(AwsFault::CutAfter),
        Case::StopInAnswer => Some(AwsFault::StopInAnswer),
        Case::Silence => Some(AwsFault::Silence),
        Case::Rubbish => Some(AwsFault::Rubbish),
    };
    stand_in.script(fault);
    let endpoint = match case {
        Case::NoConnection => "http://127.0.0.1:1".to_owned(),
        Case::Tls => stand_in.endpoint().replace("http:", "https:"),
        _ => stand_in.endpoint(),
    };
    let aws = Aws::new(&local_credentials()).unwrap();
    let sender: Box<dyn Sender> = match provider {
        Provider::Sns => Box::new(SnsSender::new(aws.sns(Some(&endpoint)), &SnsSettings::default())),
        _ => {
            let settings = SesSettings { from: "login@example.com".to_owned(), configuration_set: None };
            Box::new(SesSender::new(aws.ses(Some(&endpoint)), settings))
        }
    };
    let kept = Arc::clone(&stand_in);
    let silent: Wait = Box::pin(async move { kept.received(1).await });
    let taken = move || {
        let _alive = &stand_in;
        outbox.sent().len()
    };
    Some(Rig { sender, taken: Box::new(taken), silent: case.is_silent().then_some(silent) })
}

async fn web(api: Api, case: Case) -> Option<Rig> {
    let server = Arc::new(api.start().await);
    let fault = match case {
        Case::None | Case::NoConnection | Case::Tls => None,
        Case::Credentials => Some(WebFault::Refuse(api.refusal())),
        Case::Recipient => Some(WebFault::Refuse(api.bad_recipient()?)),
        Case::Throttled => Some(WebFault::Refuse(api.throttle())),
        Case::FailsBefore => Some(WebFault::FailBefore),
        Case::FailsAfter => Some(WebFault::FailAfter),
        Case::Cut => Some(WebFault::Cut),
        Case::CutAfter => Some(WebFault::CutAfterTaking),
        Case::StopInAnswer => Some(WebFault::StopInAnswer),
        Case::Silence => Some(WebFault::Silence),
        Case::Rubbish => Some(WebFault::Rubbish),
    };
    fault.into_iter().for_each(|fault| server.script(fault));
    let client = match case {
        Case::Tls => Web::trusting_only(Tls::new().root_pem.into_bytes()).unwrap(),
        _ => server.web(),
    };
    let endpoint = if case == Case::NoConnection { "https://localhost:1" } else { &server.endpoint };
    let sender = api.sender(client, endpoint);
    let kept = Arc::clone(&server);
    let silent: Wait = Box::pin(async move { kept.received(1).await });
    let silent = case.is_silent().then_some(silent);
    Some(Rig { sender, taken: Box::new(move || server.taken().len()), silent })
}

async fn smtp(case: Case) -> Option<Rig> {
    let fault = match case {
        Case::None | Case::NoConnection | Case::Tls => MailFault::None,
        Case::Credentials => MailFault::Reply("AUTH", "535 5.7.8 bad credentials"),
        Case::Recipient => MailFault::Reply("RCPT", "550 5.1.1 no such mailbox"),
        Case::Throttled => MailFault::Reply("MAIL", "421 4.7.0 too many messages"),
        Case::FailsBefore => MailFault::Reply(".", "451 4.3.0 failed"),
        // A server that takes a mail and says that it has not breaks the protocol.
        Case::FailsAfter => return None,
        Case::Cut => MailFault::Cut("."),
        Case::CutAfter => MailFault::CutAfterTaking,
        Case::StopInAnswer => MailFault::StopInAnswer,
        Case::Silence => MailFault::Silence("."),
        Case::Rubbish => MailFault::ReplyAfterTaking("<p>It works!"),
    };
    let server = Arc::new(MailServer::start(fault).await);
    let port = if case == Case::NoConnection { 1 } else { server.port };
    let stranger = Tls::new().root_pem;
    let trusted = if case == Case::Tls { &stranger } else { &server.tls.root_pem };
    let sender = Box::new(mail_server::sender("localhost", port, trusted));
    let kept = Arc::clone(&server);
    let silent: Wait = Box::pin(async move { kept.fell_silent().await });
    let silent = case.is_silent().then_some(silent);
    Some(Rig { sender, taken: Box::new(move || server.taken().len()), silent })
}

/// What the log says of a send: of each provider that did not take it, and of the request.
fn said() -> String {
    let warnings = log::lines().into_iter().filter(|line| line["level"] == "WARN" && line["provider"].is_string());
    let mut said: Vec<String> = warnings.map(|line| format!("{} {}", line["provider"], line["cause"])).collect();
    let request = log::with_message("request").remove(0);
    let outcome = if request["delivery"].is_string() { &request["delivery"] } else { &request["reason"] };
    said.push(format!("{outcome} {} {}", request["provider"], request["cause"]));
    said.join("; ").replace('"', "").replace(" null", "")
}

#[tokio::test]
async fn fault_matrix() {
    let table = Embedded::start(None).await.unwrap();
    println!("\n{:<18} {:<13} {:>5} {:>4}  {:>5}  {:<51}  log", "provider", "fault", "taken", "next", "reply", "metrics");
    let mut day = 0;
    for provider in PROVIDERS {
        for case in CASES {
            let Some(rig) = provider.with(case).await else { continue };
            day += 2;
            let mut setup = Setup::on(&table).unwrap();
            let patient = Arc::new(Patient(rig.sender, Mutex::new(rig.silent)));
            let providers: Vec<Arc<dyn Sender>> = vec![patient, Arc::new(setup.outbox.clone())];
            setup.sender = Failover::over(providers, Arc::clone(&setup.clock) as _).unwrap();
            let service = setup.build();
            service.advance(day * 24 * 60 * 60);
            log::start();
            let reply = service.post("send", &json!({ "identifier": provider.identifier() })).await;
            let (taken, next, status) = ((rig.taken)(), service.outbox.sent().len(), reply.status.as_u16());
            let (name, fault) = (provider.name(), format!("{case:?}").to_ascii_lowercase());
            let metrics = measured();
            let short = |metric: &str| metric.trim_start_matches("Messages").trim_end_matches('s').to_lowercase();
            let shown: Vec<String> = metrics.iter().map(|(of, metric)| format!("{of} {}", short(metric))).collect();
            println!("{name:<18} {fault:<13} {taken:>5} {next:>4}  {status:>5}  {:<51}  {}", shown.join(", "), said());
            assert!(taken + next <= 1, "{name}, {fault}: {} messages were taken", taken + next);
            assert_eq!((taken, next, status), provider.expected(case), "{name}, {fault}: taken there, taken by the next, reply");
            let code = if status == 200 { "ok" } else { "delivery_failed" };
            assert_eq!(log::with_message("request")[0]["code"], code, "{name}, {fault}");
            let (ours, outbox) = (rig_name(provider).to_owned(), "outbox".to_owned());
            let mut expected = vec![(ours.clone(), case.metric(provider).to_owned())];
            if next == 1 {
                expected.extend([(ours, "Failovers".to_owned()), (outbox, "MessagesAccepted".to_owned())]);
            }
            assert_eq!(metrics, expected, "{name}, {fault}: metrics");
            assert!(next == 0 || said().starts_with(rig_name(provider)), "{name}, {fault}: the log does not say why: {}", said());
        }
    }
}

const fn rig_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Sns => "sns",
        Provider::Ses => "ses",
        Provider::Smtp => "smtp",
        Provider::Web(Api::Twilio) => "twilio",
        Provider::Web(Api::SendGrid) => "sendgrid",
        Provider::Web(Api::VonageMessages | Api::VonageSms) => "vonage",
    }
}
