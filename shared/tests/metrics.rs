//! Every request puts its measures into its own log line, in the Embedded Metric Format.
//!
//! One test alone in this file: it reads the lines of its own thread, and `tracing` decides for the whole process which lines
//! are wanted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use otp_auth::adapters::failover::Failover;
use otp_auth::adapters::outbox::Outbox;
use otp_auth::domain::guard::GuardPolicy;
use otp_auth::domain::guard::budget::Budget;
use otp_auth::domain::guard::destinations::SmsCountries;
use otp_auth::domain::session::{SessionPolicy, Transport};
use otp_auth::ports::clock::Clock;
use otp_auth::ports::metrics::Metric;
use otp_auth::ports::sender::{Delivery, Refusal, RefusalClass};
use otp_auth::telemetry;
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::failing::{FixedSender, PanickingSender};
use otp_auth::testing::log::Written;
use otp_auth::testing::service::{METRICS_NAMESPACE, Service, Setup, wide_guard};
use serde_json::{Value, json};

const PHONE: &str = "+12345678901";

/// The lines since the last call.
fn take(written: &Written) -> Vec<Value> {
    written.take().lines().map(|line| serde_json::from_str(line).expect("a line is one JSON object")).collect()
}

/// The only request's line since the last call.
fn take_request(written: &Written) -> Value {
    let mut requests: Vec<Value> = take(written).into_iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(requests.len(), 1, "one line a request: {requests:?}");
    requests.remove(0)
}

/// The metrics of a line as CloudWatch would read them: `Name{dimensions}` to value.
fn metrics(line: &Value) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        assert_eq!(directive["Namespace"], METRICS_NAMESPACE);
        for set in directive["Dimensions"].as_array().unwrap() {
            let names = set.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
            let values: Vec<&str> = names.map(|name| line[name].as_str().expect("a dimension has a value")).collect();
            for metric in directive["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                let value = line[name].as_f64().expect("a metric has a value");
                found.insert(format!("{name}{{{}}}", values.join(",")), value);
            }
        }
    }
    found
}

/// The metrics of a line but for durations, which tell of the machine.
fn counts(line: &Value) -> BTreeMap<String, f64> {
    let mut counts = metrics(line);
    counts.retain(|name, _| !name.contains("Latency"));
    counts
}

fn expected<const N: usize>(values: [(&str, f64); N]) -> BTreeMap<String, f64> {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

struct World {
    embedded: Embedded,
    clock: Arc<TestClock>,
    written: Written,
    /// The metrics that were seen so far.
    seen: Mutex<BTreeSet<String>>,
}

impl World {
    fn service(&self, change: impl FnOnce(&mut Setup)) -> Service {
        let mut setup = Setup::on(&self.embedded).unwrap();
        setup.clock = Arc::clone(&self.clock);
        setup.outbox = Outbox::new(Arc::clone(&self.clock) as _);
        setup.sender = Arc::new(setup.outbox.clone());
        change(&mut setup);
        setup.build()
    }

    async fn line(&self, service: &Service, route: &str, body: Value) -> Value {
        let _earlier = self.written.take();
        service.post(route, &body).await;
        let line = take_request(&self.written);
        self.note(&line);
        line
    }

    fn note(&self, line: &Value) {
        let names = metrics(line).into_keys().map(|name| name.split('{').next().unwrap().to_owned());
        self.seen.lock().unwrap().extend(names);
    }
}

async fn a_code_is_sent_and_entered(world: &World) {
    let service = world.service(|_| {});
    let line = world.line(&service, "send", json!({ "identifier": PHONE })).await;
    assert_eq!((&line["event"], &line["timestamp"]), (&json!("otp.sent"), &json!("2026-11-23T12:00:00.000Z")));
    assert_eq!(line["_aws"]["Timestamp"], json!(world.clock.now().as_millis()));
    let requests = line["table_requests"].as_f64().unwrap();
    assert!(requests >= 5.0 && line["table_ms"].is_u64(), "the requests to the table are counted: {line}");
    let sent = [
        ("Requests{send}", 1.0),
        ("Faults{send}", 0.0),
        ("TableRequests{send}", requests),
        ("MessagesAccepted{sms}", 1.0),
        ("MessagesAccepted{sms,outbox}", 1.0),
        ("MessagesFailed{sms}", 0.0),
        ("MessagesFailed{sms,outbox}", 0.0),
        ("MessagesUnclear{sms}", 0.0),
        ("MessagesUnclear{sms,outbox}", 0.0),
        ("CodesSent{sms}", 1.0),
        ("CodesSent{sms,outbox}", 1.0),
        ("CodesSent{US}", 1.0),
        ("BudgetUsed{}", 0.00001),
    ];
    assert_eq!(counts(&line), expected(sent));
    assert!(metrics(&line).contains_key("Latency{send}") && metrics(&line).contains_key("ProviderLatency{outbox}"));

    let line = world.line(&service, "verify", json!({ "identifier": PHONE, "otp_code": "00000000" })).await;
    assert_eq!(line["event"], "otp.wrong_code");
    assert_eq!(counts(&line)["WrongCodes{sms}"], 1.0);

    service.advance(42);
    let line = world.line(&service, "verify", json!({ "identifier": PHONE, "otp_code": service.last_code() })).await;
    assert_eq!(
        (&line["event"], &line["time_to_verify_s"], &line["user"]),
        (&json!("otp.verified"), &json!(42), &json!("created"))
    );
    let requests = line["table_requests"].as_f64().unwrap();
    let verified = [
        ("Requests{verify}", 1.0),
        ("Faults{verify}", 0.0),
        ("TableRequests{verify}", requests),
        ("CodesVerified{sms}", 1.0),
        ("CodesVerified{sms,outbox}", 1.0),
        ("CodesVerified{US}", 1.0),
        ("TimeToVerify{sms}", 42.0),
        ("UsersCreated{}", 1.0),
    ];
    assert_eq!(counts(&line), expected(verified));

    let line = world.line(&service, "verify", json!({ "identifier": PHONE, "otp_code": service.last_code() })).await;
    assert_eq!((&line["event"], counts(&line)["ExpiredCodes{sms}"]), (&json!("otp.no_challenge"), 1.0));
}

async fn a_resend_is_no_second_code(world: &World) {
    let service = world.service(|_| {});
    service.advance(60);
    let mail = "ada@example.com";
    let _earlier = world.written.take();
    let sent = service.post("send", &json!({ "identifier": mail })).await;
    let line = take_request(&world.written);
    assert_eq!((counts(&line)["CodesSent{email}"], line.get("Country")), (1.0, None), "a mail has no country");
    service.advance(60);
    let again = json!({ "identifier": mail, "challenge_id": sent.body["challenge_id"] });
    let line = world.line(&service, "send", again).await;
    assert_eq!((&line["event"], counts(&line)["MessagesAccepted{email}"]), (&json!("otp.resent"), 1.0));
    assert!(!counts(&line).contains_key("CodesSent{email}"), "the same code is one code");
}

async fn guesses_run_out_and_codes_grow(world: &World) {
    let service = world.service(|_| {});
    for challenge in 0..2 {
        service.advance(60);
        service.post("send", &json!({ "identifier": "+12345678902" })).await;
        for guess in 1..=5 {
            let line = world.line(&service, "verify", json!({ "identifier": "+12345678902", "otp_code": "00000000" })).await;
            let raised = (challenge, guess) == (1, 5);
            assert_eq!(counts(&line).contains_key("LevelsRaised{}"), raised, "ten failures make codes longer");
            assert_eq!(line["level_raised"], if raised { json!(1) } else { Value::Null });
        }
    }
    let line = world.line(&service, "verify", json!({ "identifier": "+12345678902", "otp_code": "00000000" })).await;
    assert_eq!((&line["event"], counts(&line)["ExhaustedCodes{sms}"]), (&json!("otp.exhausted"), 1.0));
}

async fn refusals_are_nobodys_fault(world: &World) {
    let budget = Budget { messages: 40, country_percent: 100, money: None };
    let tight = world.service(|setup| setup.guard = GuardPolicy { budget, ..wide_guard() });
    let mut last = Value::Null;
    for number in 0..40 {
        last = world.line(&tight, "send", json!({ "identifier": format!("+1234567{:04}", 3000 + number * 10) })).await;
        if last["event"] != "otp.sent" {
            break;
        }
    }
    assert_eq!((&last["status"], &last["event"]), (&json!(503), &json!("otp.send_refused")), "{last}");
    let counts = counts(&last);
    assert_eq!((counts["Faults{send}"], counts["Refusals{country_messages}"]), (0.0, 1.0), "the budget is no fault");
    // Of 24 and more texts to the country in this hour, one was answered.
    let line = world.line(&world.service(|_| {}), "send", json!({ "identifier": "+12345679009" })).await;
    let unanswered = metrics(&line)["CountryUnanswered{US}"];
    assert!((90.0..100.0).contains(&unanswered), "{unanswered}");
    assert_eq!(metrics(&line)["CountryUnanswered{}"], unanswered);
    let again = world.line(&world.service(|_| {}), "send", json!({ "identifier": "+12345679009" })).await;
    assert_eq!((metrics(&again)["Refusals{identifier_window}"], &again["level"]), (1.0, &json!("INFO")));
}

/// Where one country stands for the day, of its share, whose end is the end of texts: also when it refuses them.
async fn one_country_tells_of_the_budget(world: &World) {
    let (countries, budget) =
        (SmsCountries::Only(["DE".to_owned()].into()), Budget { messages: 4, country_percent: 50, money: None });
    let service = world.service(|setup| setup.guard = GuardPolicy { countries, budget, ..wide_guard() });
    for (number, used) in [("+4915112345671", 50.0), ("+4915112345672", 100.0), ("+4915112345673", 100.0)] {
        let line = world.line(&service, "send", json!({ "identifier": number })).await;
        assert_eq!((&line["budget_used_percent"], counts(&line)["BudgetUsed{}"]), (&json!(used), used), "{line}");
    }
}

async fn providers_fail_over(world: &World) {
    let refusal = Refusal { class: RefusalClass::Credentials, code: "20003".to_owned() };
    let twilio = Arc::new(FixedSender::new(Delivery::Refused { provider: "twilio", reason: refusal.clone() }));
    let service = world.service(|setup| {
        let vonage = Arc::new(FixedSender::new(Delivery::Accepted { provider: "vonage", message_id: "1".to_owned() }));
        setup.sender = Failover::over(vec![twilio, vonage], Arc::clone(&setup.clock) as _).unwrap();
    });
    let _earlier = world.written.take();
    service.post("send", &json!({ "identifier": "+4915112345678" })).await;
    let lines = take(&world.written);
    let with = |message: &str| lines.iter().find(|line| line["message"] == message).unwrap();
    let (attempt, request) = (with("attempt"), with("request"));
    world.note(attempt);
    assert_eq!(counts(attempt)["MessagesFailed{sms,twilio}"], 1.0);
    assert_eq!((counts(attempt)["Failovers{sms}"], counts(attempt)["MessagesAccepted{sms,twilio}"]), (1.0, 0.0));
    assert_eq!((&request["tried"], &request["provider"]), (&json!("twilio:credentials,vonage:accepted"), &json!("vonage")));
    assert_eq!(counts(request)["MessagesAccepted{sms,vonage}"], 1.0);
    assert!(!counts(request).contains_key("Failovers{sms}"));

    let broken = world.service(|setup| {
        setup.sender = Arc::new(FixedSender::new(Delivery::Refused { provider: "sns", reason: refusal }));
    });
    let line = world.line(&broken, "send", json!({ "identifier": "+4915112345688" })).await;
    assert_eq!((&line["level"], &line["event"]), (&json!("ERROR"), &json!("otp.send_failed")));
    assert_eq!((counts(&line)["Faults{send}"], counts(&line)["MessagesFailed{sms,sns}"]), (1.0, 1.0));
    let bug = world.service(|setup| setup.sender = Arc::new(PanickingSender));
    let line = world.line(&bug, "send", json!({ "identifier": "+4915112345708" })).await;
    assert_eq!(
        (&line["cause"], &line["event"], counts(&line)["Faults{send}"]),
        (&json!("panic"), &json!("otp.send_failed"), 1.0)
    );
    let nobody = world.service(|setup| {
        let reason = Refusal { class: RefusalClass::BadRecipient, code: "21211".to_owned() };
        setup.sender = Arc::new(FixedSender::new(Delivery::Refused { provider: "twilio", reason }));
    });
    let line = world.line(&nobody, "send", json!({ "identifier": "+4915112345698" })).await;
    assert_eq!(counts(&line)["Faults{send}"], 0.0, "nobody can deliver to nobody");
}

async fn sessions_go_on_and_end(world: &World) {
    let hour = Duration::from_secs(3600);
    let policy = SessionPolicy { idle: hour, absolute: hour, grace: Duration::ZERO };
    let service = world.service(|setup| setup.sessions = Some((policy, Transport::Body)));
    service.post("send", &json!({ "identifier": "bob@example.com" })).await;
    let signed_in = service.post("verify", &json!({ "identifier": "bob@example.com", "otp_code": service.last_code() })).await;
    for (event, metric) in [("session.refreshed", "SessionsRefreshed{}"), ("session.reused", "SessionsReused{}")] {
        let mut call = service.request("verify", &json!({ "refresh_token": signed_in.body["refresh_token"] }));
        call.path = "/api/auth/token/refresh".to_owned();
        let _earlier = world.written.take();
        service.call(&call).await;
        let line = take_request(&world.written);
        world.note(&line);
        assert_eq!((&line["event"], counts(&line)[metric]), (&json!(event), 1.0));
    }
}

async fn the_guard_watches(world: &World) {
    let watching = world.service(|setup| {
        let prefix = otp_auth::domain::guard::unanswered::PrefixLimits { per_hour: 1, per_day: 1 };
        let mode = otp_auth::domain::guard::GuardMode::Observe;
        setup.guard = GuardPolicy { prefix, mode, ..wide_guard() };
    });
    world.line(&watching, "send", json!({ "identifier": "+12345688001" })).await;
    let line = world.line(&watching, "send", json!({ "identifier": "+12345688002" })).await;
    assert_eq!((&line["would_refuse"], counts(&line)["WouldRefuse{}"]), (&json!("prefix_day"), 1.0));
}

#[test]
fn each_request_tells_its_measures_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (written, clock) = (Written::default(), Arc::new(TestClock::default()));
    let writer = written.clone();
    let subscriber = telemetry::subscriber(tracing::Level::INFO, move || writer.clone(), Arc::clone(&clock) as _);
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let world = World { embedded: Embedded::start(None).await.unwrap(), clock, written, seen: Mutex::default() };
            a_code_is_sent_and_entered(&world).await;
            a_resend_is_no_second_code(&world).await;
            guesses_run_out_and_codes_grow(&world).await;
            refusals_are_nobodys_fault(&world).await;
            one_country_tells_of_the_budget(&world).await;
            providers_fail_over(&world).await;
            sessions_go_on_and_end(&world).await;
            the_guard_watches(&world).await;
            every_metric_was_seen(&world);
        });
    });
}

/// Whatever the catalogue has is put down by something, but for what only receipts do.
fn every_metric_was_seen(world: &World) {
    let receipts = [Metric::DeliveriesConfirmed, Metric::DeliveriesFailed, Metric::ReceiptsRejected];
    let seen = world.seen.lock().unwrap();
    let unseen: Vec<_> = Metric::ALL.iter().filter(|metric| !seen.contains(metric.name())).collect();
    assert_eq!(unseen, receipts.iter().collect::<Vec<_>>());
}
