//! Several providers in a row, through the whole service: who is asked, who is not, and what is said of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use otp_auth::adapters::failover::{ASKED_LAST_FOR, Failover};
use otp_auth::http::Call;
use otp_auth::ports::guard::GuardStore;
use otp_auth::ports::sender::{Delivery, Message, Refusal, RefusalClass, Sender};
use otp_auth::testing::clock::TestClock;
use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::{Service, Setup};
use serde_json::json;

use crate::log;
use crate::message::text;
use crate::outcome::{Proof, proof};
use crate::web_server::{Fault, WebServer};
use crate::wire::Api;

/// A provider that always comes to the same end, and takes some time for it.
struct Named {
    name: &'static str,
    outcome: Delivery,
    asked: AtomicUsize,
    takes: Option<(Arc<TestClock>, Duration)>,
}

impl Named {
    fn new(name: &'static str, outcome: impl Fn(&'static str) -> Delivery) -> Arc<Self> {
        Arc::new(Self { name, outcome: outcome(name), asked: AtomicUsize::new(0), takes: None })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Sender for Named {
    fn provider(&self) -> &'static str {
        self.name
    }

    async fn deliver(&self, _: &Message) -> Delivery {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some((clock, time)) = &self.takes {
            clock.advance(*time);
        }
        self.outcome.clone()
    }
}

fn accepts(provider: &'static str) -> Delivery {
    Delivery::Accepted { provider, message_id: "id".to_owned() }
}

fn unreached(provider: &'static str) -> Delivery {
    Delivery::Unreached { provider, cause: "no connection".to_owned() }
}

fn is_unclear(provider: &'static str) -> Delivery {
    Delivery::Ambiguous { provider, cause: "timeout".to_owned() }
}

fn refuses(class: RefusalClass) -> impl Fn(&'static str) -> Delivery {
    move |provider| Delivery::Refused { provider, reason: Refusal { class, code: "1".to_owned() } }
}

fn over(senders: &[&Arc<Named>], clock: &Arc<TestClock>) -> Arc<dyn Sender> {
    let senders = senders.iter().map(|sender| Arc::clone(sender) as Arc<dyn Sender>).collect();
    Failover::over(senders, Arc::clone(clock) as _).unwrap()
}

#[tokio::test]
async fn the_next_is_asked_only_where_it_could_help_and_nothing_left() {
    use RefusalClass as R;
    for (outcome, next) in [
        (accepts("first"), 0),
        (is_unclear("first"), 0),
        (unreached("first"), 1),
        (refuses(R::BadRecipient)("first"), 0),
        (refuses(R::OptedOut)("first"), 0),
        (refuses(R::BlockedCountry)("first"), 1),
        (refuses(R::Funds)("first"), 1),
        (refuses(R::Credentials)("first"), 1),
        (refuses(R::Account)("first"), 1),
        (refuses(R::Rate)("first"), 1),
        (refuses(R::Policy)("first"), 1),
        (refuses(R::Invalid)("first"), 1),
    ] {
        let (first, second) = (Named::new("first", |_| outcome.clone()), Named::new("second", accepts));
        over(&[&first, &second], &Arc::default()).deliver(&text()).await;
        assert_eq!((first.asked(), second.asked()), (1, next), "{outcome:?}");
    }
}

#[tokio::test]
async fn when_nobody_takes_it_the_last_one_says_why() {
    let clock = Arc::default();
    let (first, second) = (Named::new("first", unreached), Named::new("second", refuses(RefusalClass::OptedOut)));
    let third = Named::new("third", accepts);
    let delivery = over(&[&first, &second, &third], &clock).deliver(&text()).await;
    assert_eq!(proof(&delivery), Proof::Refused(RefusalClass::OptedOut, "1".to_owned()));
    assert_eq!(third.asked(), 0);
}

#[tokio::test]
async fn a_provider_that_fails_is_asked_last_for_a_while() {
    let clock: Arc<TestClock> = Arc::default();
    for failure in [unreached("first"), is_unclear("first"), refuses(RefusalClass::Funds)("first")] {
        let (first, second) = (Named::new("first", |_| failure.clone()), Named::new("second", accepts));
        let sender = over(&[&first, &second], &clock);
        sender.deliver(&text()).await;
        assert_eq!(sender.provider(), "second");
        clock.advance(ASKED_LAST_FOR - Duration::from_millis(1));
        sender.deliver(&text()).await;
        assert_eq!(first.asked(), 1, "{failure:?}");
        clock.advance(Duration::from_millis(1));
        assert_eq!(sender.provider(), "first");
        sender.deliver(&text()).await;
        assert_eq!(first.asked(), 2, "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_one_recipients_changes_no_order() {
    for class in [RefusalClass::BadRecipient, RefusalClass::BlockedCountry, RefusalClass::Policy] {
        let (first, second) = (Named::new("first", refuses(class)), Named::new("second", accepts));
        let sender = over(&[&first, &second], &Arc::default());
        sender.deliver(&text()).await;
        assert_eq!(sender.provider(), "first", "{class:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_who_could_not_answer_in_time() {
    for (left, asked) in [(None, 3), (Some(20_000), 3), (Some(12_200), 3), (Some(12_000), 2), (Some(8_000), 1), (Some(0), 1)] {
        let clock: Arc<TestClock> = Arc::default();
        let takes = Some((Arc::clone(&clock), Duration::from_millis(4_000)));
        let slow = |name| {
            let takes = takes.clone();
            Arc::new(Named { name, outcome: unreached(name), asked: AtomicUsize::new(0), takes })
        };
        let three = [slow("first"), slow("second"), slow("third")];
        let sender = over(&[&three[0], &three[1], &three[2]], &clock);
        sender.deliver_within(&text(), left.map(Duration::from_millis)).await;
        assert_eq!(three.iter().map(|sender| sender.asked()).sum::<usize>(), asked, "{left:?}");
    }
}

// --- Twilio, then Vonage ---

struct Two {
    table: Embedded,
    service: Service,
    twilio: WebServer,
    vonage: WebServer,
}

async fn twilio_then_vonage() -> Two {
    log::start();
    let (twilio, vonage) = (Api::Twilio.start().await, Api::VonageMessages.start().await);
    let senders: Vec<Arc<dyn Sender>> = vec![
        Api::Twilio.sender(twilio.web(), &twilio.endpoint).into(),
        Api::VonageMessages.sender(vonage.web(), &vonage.endpoint).into(),
    ];
    let table = Embedded::start(None).await.unwrap();
    let mut setup = Setup::on(&table).unwrap();
    setup.sender = Failover::over(senders, Arc::clone(&setup.clock) as _).unwrap();
    Two { service: setup.build(), table, twilio, vonage }
}

impl Two {
    async fn send(&self) -> (u16, usize, usize) {
        let reply = self.service.post("send", &json!({ "identifier": "+12345678901" })).await;
        (reply.status.as_u16(), self.twilio.taken().len(), self.vonage.taken().len())
    }

    fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.vonage.taken()[0].body).unwrap();
        body["text"].as_str().unwrap().rsplit_once('#').unwrap().1.to_owned()
    }
}

#[tokio::test]
async fn twilio_refuses_credentials_and_vonage_gets_it_once_and_the_log_says_why() {
    let two = twilio_then_vonage().await;
    two.twilio.script(Fault::Refuse(Api::Twilio.refusal()));
    assert_eq!(two.send().await, (200, 0, 1));
    assert_eq!((two.twilio.requests(), two.vonage.requests()), (1, 1));
    let why = log::with_message("a provider refused the message; it did not leave there").remove(0);
    assert_eq!((&why["provider"], &why["class"], &why["cause"]), (&json!("twilio"), &json!("credentials"), &json!("20003")));
    let request = log::with_message("request").remove(0);
    assert_eq!((&request["delivery"], &request["provider"]), (&json!("accepted"), &json!("vonage")));
}

#[tokio::test]
async fn twilio_is_cut_after_the_request_and_nobody_else_is_asked() {
    for fault in [Fault::Cut, Fault::CutAfterTaking] {
        let two = twilio_then_vonage().await;
        two.twilio.script(fault);
        let (status, _, by_vonage) = two.send().await;
        assert_eq!((status, by_vonage, two.twilio.requests(), two.vonage.requests()), (200, 0, 1, 0));
        let request = log::with_message("request").remove(0);
        let said = (&request["delivery"], &request["provider"], &request["cause"]);
        assert_eq!(said, (&json!("ambiguous"), &json!("twilio"), &json!("connection lost")));
    }
}

#[tokio::test]
async fn a_number_that_is_none_is_nobodys_to_try() {
    let two = twilio_then_vonage().await;
    two.twilio.script(Fault::Refuse(Api::Twilio.bad_recipient().unwrap()));
    assert_eq!(two.send().await, (502, 0, 0));
    assert_eq!(two.vonage.requests(), 0);
}

#[tokio::test]
async fn a_throttled_account_is_asked_later() {
    let two = twilio_then_vonage().await;
    two.twilio.script(Fault::Refuse(Api::Twilio.throttle()));
    two.vonage.script(Fault::Refuse(Api::VonageMessages.throttle()));
    let reply = two.service.post("send", &json!({ "identifier": "+12345678901" })).await;
    assert_eq!((reply.status.as_u16(), &reply.body["code"]), (503, &json!("unavailable")));
}

#[tokio::test]
async fn the_counters_are_those_of_the_provider_that_took_it() {
    let two = twilio_then_vonage().await;
    two.twilio.script(Fault::Refuse(Api::Twilio.refusal()));
    assert_eq!(two.send().await, (200, 0, 1));
    let verify = json!({ "identifier": "+12345678901", "otp_code": two.code() });
    assert_eq!(two.service.post("verify", &verify).await.status.as_u16(), 200);
    let store = two.table.store();
    let days = ["US", "none"].map(|country| async { store.destination_days(country, &[two.service.now().day()]).await.unwrap() });
    let [us, none] = days;
    let day = [us.await, none.await].concat().remove(0);
    let counts = |name: &str| day.providers.get(name).map(|day| (day.messages, day.verified, day.failed));
    assert_eq!((counts("twilio"), counts("vonage")), (Some((0, 0, 1)), Some((1, 1, 0))));
    assert_eq!((day.messages, day.verified, day.unanswered), (1, 1, 0));
}

#[tokio::test]
async fn the_invocations_own_time_counts() {
    let two = twilio_then_vonage().await;
    two.twilio.script(Fault::Refuse(Api::Twilio.refusal()));
    let request = two.service.request("send", &json!({ "identifier": "+12345678901" }));
    let reply = two.service.call(&Call { time_left: Some(Duration::from_secs(4)), ..request }).await;
    assert_eq!((reply.status.as_u16(), two.vonage.requests()), (502, 0));
    assert_eq!(log::with_message("no time is left to ask another provider").len(), 1);
}
