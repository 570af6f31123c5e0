//! Keeping somebody else out.

use otp_auth::domain::policy::ChallengeBinding;
use otp_auth::testing::service::{Service, Setup};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{HOUR, PHONE, from, guess, lab, parallel, real, send, wrong};
use crate::naive::{LocksOut, Naive, NewestOnly};

pub fn burning_the_victims_guesses() -> Finding {
    Finding {
        counted: "of the victim's 5 guesses burnt",
        real: parallel(guesses_burnt(|setup| setup.policy.binding = ChallengeBinding::Required)),
        may: 0.0,
        broken: "CHALLENGE_BINDING=optional",
        control: parallel(guesses_burnt(real)),
    }
}

/// The attacker has no challenge, one made up, one of their own, or the victim's with a letter changed.
async fn guesses_burnt(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let own = send(&service, "+12345678902").await;
    let challenge = send(&service, PHONE).await;
    let code = service.last_code();
    let text = challenge.as_str().unwrap();
    let changed = format!("{}{}", &text[..text.len() - 2], if text.ends_with("AA") { "BB" } else { "AA" });
    let claims = [Value::Null, json!("made-up"), own, json!(changed)];
    for claim in claims.iter().cycle().take(100) {
        guess(&service, PHONE, &wrong(&code), claim).await;
    }
    let reply = guess(&service, PHONE, &wrong(&code), &challenge).await;
    let left = reply.body["attempts_remaining"].as_u64().unwrap();
    // The victim's own typing error is one of the five.
    let burnt = if reply.body["code"] == "invalid_code" { 4 - left } else { 5 };
    Tried::of(100, usize::try_from(burnt).unwrap())
}

/// As many new codes as the windows allow are asked for while the victim types.
pub fn overwriting_the_live_code() -> Finding {
    Finding {
        counted: "victims' codes made useless",
        real: parallel(codes_overwritten(real)),
        may: 0.0,
        broken: "one code at a time, the newest",
        control: parallel(codes_overwritten(|setup| setup.store = Naive::around(&setup.store, NewestOnly))),
    }
}

async fn codes_overwritten(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for number in 0..10 {
        let victim = format!("victim{number}@example.com");
        let challenge = send(&service, &victim).await;
        let code = service.last_code();
        for _ in 0..4 {
            service.advance(60);
            let attackers = from(service.request("send", &json!({ "identifier": victim })), [198, 51, 100, 7]);
            assert_eq!(service.call(&attackers).await.status, 200);
        }
        service.advance(359);
        tried.add(guess(&service, &victim, &code, &challenge).await.status != 200);
    }
    tried
}

/// Wrong guesses, 10 to 200 of them in a row, at challenges that the attacker asked for; then the owner signs in.
pub fn lockout_as_denial_of_service() -> Finding {
    Finding {
        counted: "owners locked out",
        real: parallel(owners_locked_out(real)),
        may: 0.0,
        broken: "10 failures lock the account",
        control: parallel(owners_locked_out(|setup| setup.store = Naive::around(&setup.store, LocksOut))),
    }
}

async fn owners_locked_out(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for (number, failures) in [10, 30, 100, 200].into_iter().enumerate() {
        let owner = format!("+123456789{number:02}");
        for _ in 0..failures / 5 {
            fail_five_times(&service, &owner).await;
            service.advance(3 * HOUR);
        }
        let challenge = send(&service, &owner).await;
        tried.add(guess(&service, &owner, &service.last_code(), &challenge).await.status != 200);
    }
    tried
}

async fn fail_five_times(service: &Service, identifier: &str) {
    let challenge = send(service, identifier).await;
    for _ in 0..5 {
        guess(service, identifier, &wrong(&service.last_code()), &challenge).await;
    }
}

/// From one address, more sends than its hour has are asked for; after that, sends to the victim.
pub fn a_blocked_address_burns_the_victims_sends() -> Finding {
    Finding {
        counted: "of the victim's 5 sends burnt",
        real: parallel(sends_burnt(|setup| setup.policy.address_per_hour = 20)),
        may: 0.0,
        broken: "no limit per address",
        control: parallel(sends_burnt(real)),
    }
}

async fn sends_burnt(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    for number in 0..20 {
        send(&service, &format!("u{number}@example.com")).await;
    }
    for _ in 0..20 {
        service.post("send", &json!({ "identifier": PHONE })).await;
        service.advance(60);
    }
    let victims = from(service.request("send", &json!({ "identifier": PHONE })), [198, 51, 100, 7]);
    let reply = service.call(&victims).await;
    let burnt = reply.body["remaining_attempts"].as_u64().map_or(5, |left| 4 - left);
    Tried::of(20, usize::try_from(burnt).unwrap())
}
