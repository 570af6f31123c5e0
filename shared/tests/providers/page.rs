//! `docs/providers.md`: its tables are what the code does with each code that they name.

use std::sync::Arc;

use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::adapters::sns::SnsSender;
use otp_auth::config::SnsSettings;
use otp_auth::ports::sender::Sender;
use otp_auth::testing::aws_stand_in::{AwsStandIn, Fault as AwsFault};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::local_credentials;

use crate::message::text;
use crate::outcome::{Proof, proof};
use crate::web_server::{Answer, Fault, WebServer};
use crate::wire::{Api, twilio, vonage_parts, vonage_problem};

/// No provider has an error of this name.
const UNKNOWN: &str = "99999";

/// The cells of the rows of the first table below this heading whose first cell is not the table's own.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/providers.md")).unwrap();
    let section = page.split_once(&format!("\n### {heading}\n")).unwrap().1.split("\n### ").next().unwrap().to_owned();
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', "")).collect();
    section.lines().filter(|line| line.starts_with("| ")).skip(1).map(cells).collect()
}

/// The codes that a cell names, and the statuses: `20003, 20404; status 401, 403`, or statuses alone where no code is looked at.
/// Ranges are written out.
fn named(cell: &str, class: &str) -> (Vec<String>, Vec<u16>) {
    let (mut codes, mut statuses) = (Vec::new(), Vec::new());
    for part in cell.split("; ") {
        match part.strip_prefix("status ").or((class == "ambiguous").then_some(part)) {
            Some(list) => statuses.extend(list.split(", ").filter_map(|status| status.parse::<u16>().ok())),
            None => codes.extend(part.split(", ").flat_map(written_out)),
        }
    }
    (codes, statuses)
}

fn written_out(code: &str) -> Vec<String> {
    match code.split_once('–') {
        Some((first, last)) => (first.parse().unwrap()..=last.parse::<u32>().unwrap()).map(|code| code.to_string()).collect(),
        // `jwt-…` stands for several; `another 4xx` for none by name.
        None if code.is_empty() || code.contains(['…', ' ']) => Vec::new(),
        None => vec![code.to_owned()],
    }
}

/// The class of a refusal; `ambiguous` else.
fn class(proof: &Proof) -> &'static str {
    match proof {
        Proof::Refused(class, _) => class.as_str(),
        Proof::Ambiguous(_) => "ambiguous",
        _ => "neither",
    }
}

async fn asked(api: Api, server: &WebServer, answer: Answer) -> &'static str {
    server.script(Fault::Refuse(answer));
    class(&proof(&api.sender(server.web(), &server.endpoint).deliver(&text()).await))
}

#[tokio::test]
async fn twilios_codes_are_what_the_page_says() {
    let server = Api::Twilio.start().await;
    let mut seen = 0;
    for row in rows("Twilio") {
        let (codes, statuses) = named(&row[0], &row[1]);
        let answers = codes.iter().map(|code| twilio(400, code.parse().unwrap()));
        for answer in answers.chain(statuses.into_iter().map(|status| twilio(status, UNKNOWN.parse().unwrap()))) {
            let body = answer.body.clone();
            assert_eq!(asked(Api::Twilio, &server, answer).await, row[1], "{body}");
            seen += 1;
        }
    }
    assert!(seen > 35, "{seen} codes on the page");
    assert_eq!(asked(Api::Twilio, &server, twilio(400, UNKNOWN.parse().unwrap())).await, "invalid");
}

#[tokio::test]
async fn vonages_codes_are_what_the_page_says() {
    let (messages, sms) = (Api::VonageMessages.start().await, Api::VonageSms.start().await);
    let mut seen = 0;
    for row in rows("Vonage").into_iter().filter(|row| row.len() == 3) {
        let (names, statuses) = named(&row[0], &row[2]);
        let by_name = names.iter().map(|name| vonage_problem(422, &format!("https://developer.vonage.com/api-errors#{name}")));
        for answer in by_name.chain(statuses.into_iter().map(|status| vonage_problem(status, UNKNOWN))) {
            let body = answer.body.clone();
            assert_eq!(asked(Api::VonageMessages, &messages, answer).await, row[2], "{body}");
            seen += 1;
        }
        for status in named(&row[1], "").0 {
            assert_eq!(asked(Api::VonageSms, &sms, vonage_parts(&[&status])).await, row[2], "status {status}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} codes on the page");
    assert_eq!(asked(Api::VonageSms, &sms, vonage_parts(&["77"])).await, "ambiguous", "an unknown one");
}

#[tokio::test]
async fn aws_exceptions_are_what_the_page_says() {
    let outbox = Outbox::new(Arc::new(TestClock::default()));
    let aws = AwsStandIn::start(outbox.clone(), None, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = Aws::new(&local_credentials()).unwrap().sns(Some(&aws.endpoint()));
    let sender = SnsSender::new(client, &SnsSettings::default());
    let mut seen = 0;
    for row in rows("Amazon SNS and SES") {
        for name in named(&row[0], &row[1]).0.into_iter().filter(|name| name.starts_with(char::is_uppercase)) {
            let exception = Box::leak(format!("{name}Exception").into_boxed_str());
            let plain: &'static str = Box::leak(name.into_boxed_str());
            // The query protocol's codes end in nothing, those of JSON in "Exception"; each name is one of either or of both.
            let mut classes = Vec::new();
            for code in [plain, exception] {
                aws.script([AwsFault::Refuse(400, code)]);
                classes.push(class(&proof(&sender.deliver(&text()).await)));
            }
            assert!(classes.contains(&row[1].as_str()), "{plain}: {classes:?}");
            assert!(classes.iter().all(|class| [row[1].as_str(), "invalid"].contains(class)), "{plain}: {classes:?}");
            seen += 1;
        }
    }
    assert!(seen > 18 && outbox.sent().is_empty(), "{seen} exceptions on the page");
}
