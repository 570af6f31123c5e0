//! Using a code more than once, or too late; and the retries of honest clients, which must not be taken for that.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::repeating::Repeating;
use otp_auth::testing::service::{Service, Setup};

use crate::finding::{Finding, Tried};
use crate::guessing::racy;
use crate::lab::{DAY, HOUR, PHONE, at_once, guess, guess_body, in_turns, lab, parallel, real, send, successes, wrong};
use crate::naive::{ForgetsRequests, Naive};

pub fn parallel_replay_of_a_right_code() -> Finding {
    Finding {
        counted: "requests signed in",
        real: parallel(right_guesses_at_once(real)),
        may: 1.0,
        broken: "a store that reads, decides, writes",
        control: in_turns(right_guesses_at_once(racy)),
    }
}

async fn right_guesses_at_once(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let challenge = send(&service, PHONE).await;
    let body = guess_body(PHONE, &service.last_code(), &challenge);
    let replies = at_once(&service, (0..100).map(|_| service.request("verify", &body)).collect()).await;
    Tried::of(replies.len(), successes(&replies))
}

/// Of each write two replies are lost, and the SDK repeats it.
async fn with_lost_replies(embedded: &Embedded) -> Service {
    let mut setup = Setup::on(embedded).unwrap();
    setup.store = Arc::new(Repeating::new(embedded.store(), Arc::new(AtomicUsize::new(2))));
    setup.build()
}

async fn with_strangers_for_retries(embedded: &Embedded) -> Service {
    let mut setup = Setup::on(embedded).unwrap();
    setup.store = Naive::around(&setup.store, ForgetsRequests);
    setup.build()
}

pub fn the_sdks_own_retry_is_taken_for_a_replay() -> Finding {
    async fn sign_ins(service: Service) -> Tried {
        let mut tried = Tried::default();
        for number in 0..50 {
            let identifier = format!("user{number}@example.com");
            let challenge = send(&service, &identifier).await;
            tried.add(guess(&service, &identifier, &service.last_code(), &challenge).await.status != 200);
        }
        tried
    }
    Finding {
        counted: "right codes used up and refused",
        real: parallel(async {
            let embedded = Embedded::start(None).await.unwrap();
            sign_ins(with_lost_replies(&embedded).await).await
        }),
        may: 0.0,
        broken: "a request id for each attempt of the SDK",
        control: parallel(async {
            let embedded = Embedded::start(None).await.unwrap();
            sign_ins(with_strangers_for_retries(&embedded).await).await
        }),
    }
}

pub fn an_sdk_retry_charges_a_wrong_guess_twice() -> Finding {
    async fn typos(service: Service) -> Tried {
        let mut tried = Tried::default();
        for number in 0..50 {
            let identifier = format!("user{number}@example.com");
            let challenge = send(&service, &identifier).await;
            let reply = guess(&service, &identifier, &wrong(&service.last_code()), &challenge).await;
            tried.add(reply.body["attempts_remaining"] != 4);
        }
        tried
    }
    Finding {
        counted: "typing errors charged more than once",
        real: parallel(async {
            let embedded = Embedded::start(None).await.unwrap();
            typos(with_lost_replies(&embedded).await).await
        }),
        may: 0.0,
        broken: "a request id for each attempt of the SDK",
        control: parallel(async {
            let embedded = Embedded::start(None).await.unwrap();
            typos(with_strangers_for_retries(&embedded).await).await
        }),
    }
}

/// DynamoDB deletes an expired item within two days, not at its time: the items here are never deleted. Codes are tried
/// with and without their challenge.
pub fn ttl_believed_for_expiry() -> Finding {
    Finding {
        counted: "expired codes accepted",
        real: parallel(codes_after_their_time(real)),
        may: 0.0,
        broken: "codes that live until TTL deletes them",
        control: parallel(codes_after_their_time(|setup| {
            setup.policy.sms_lifetime = Duration::from_secs(2 * DAY);
            // A lifetime must not have more cooldowns than there are slots.
            setup.policy.sends.cooldown = Duration::from_secs(HOUR);
        })),
    }
}

async fn codes_after_their_time(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for (number, late) in [0, 1, 60, HOUR, DAY, 2 * DAY - 301].into_iter().enumerate() {
        for named in [true, false] {
            let phone = format!("+1234567{:04}", 8000 + 2 * number + usize::from(named));
            let challenge = send(&service, &phone).await;
            let code = service.last_code();
            service.advance(300 + late);
            let challenge = if named { challenge } else { serde_json::Value::Null };
            tried.add(guess(&service, &phone, &code, &challenge).await.status == 200);
        }
    }
    tried
}
