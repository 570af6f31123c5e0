//! The windows over 48 simulated hours of an eager client, through the handler.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::service::Setup;
use serde_json::json;

/// Every 20 s somebody asks for a code. In no 60 s, hour or day do more messages leave than the policy has, and as many do
/// as it allows: ten in each of the two days.
#[tokio::test(flavor = "multi_thread")]
async fn over_48_hours_every_window_holds_and_none_is_wasted() {
    let embedded = Embedded::start(None).await.unwrap();
    let service = Setup::on(&embedded).unwrap().build();
    let start = service.now().as_secs();
    let mut accepted = Vec::new();
    while service.now().as_secs() < start + 48 * 3600 {
        let reply = service.post("send", &json!({ "identifier": "+12345678901" })).await;
        if reply.status == 200 {
            accepted.push(service.now().as_secs());
            service.advance(20);
        } else {
            let wait = reply.body["retry_after_seconds"].as_u64().unwrap();
            // Whoever asks a second too early is refused; at the very second it works. Between, ask now and then.
            assert!(wait >= 1);
            service.advance(if wait > 600 {
                600
            } else if wait > 20 {
                20
            } else {
                wait
            });
        }
    }
    for (window, most) in [(60, 1), (3600, 5), (86_400, 10)] {
        for from in &accepted {
            let within = accepted.iter().filter(|at| (*from..from + window).contains(*at)).count();
            assert!(within <= most, "{within} sends in {window} s from {from}");
        }
    }
    assert_eq!(accepted.len(), 20);
    assert_eq!(service.outbox.sent().len(), 20);
}
