//! Finding the code by trying.

use std::sync::Arc;

use otp_auth::domain::challenge::{Bound, ChallengeId};
use otp_auth::domain::code::{Code, CodeShape};
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::Recipient;
use otp_auth::testing::memory::{MemoryStore, RacyStore};
use otp_auth::testing::memory_guard::MemoryGuard;
use otp_auth::testing::service::{Service, Setup, test_keys};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{DAY, HOUR, PHONE, at_once, guess, guess_body, in_turns, lab, parallel, real, send, with_code, wrong};
use crate::naive::{Naive, NoLevels, ResendStartsOver, SuccessForgives};

/// The control of every race. The other windows are in memory, so that all requests come to the racy store in one go.
pub fn racy(setup: &mut Setup) {
    setup.store = Arc::new(RacyStore::default());
    setup.claims = Arc::new(MemoryStore::default());
    setup.counters = Arc::new(MemoryGuard::default());
}

pub fn parallel_guesses_race_the_attempt_counter() -> Finding {
    Finding {
        counted: "guesses judged",
        real: parallel(wrong_guesses_at_once(real)),
        may: 5.0,
        broken: "a store that reads, decides, writes",
        control: in_turns(wrong_guesses_at_once(racy)),
    }
}

async fn wrong_guesses_at_once(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let challenge = send(&service, PHONE).await;
    let body = guess_body(PHONE, &wrong(&service.last_code()), &challenge);
    let replies = at_once(&service, (0..100).map(|_| service.request("verify", &body)).collect()).await;
    Tried::of(replies.len(), with_code(&replies, "invalid_code"))
}

/// Five challenges are under way before the first guess, each with five guesses: 25 of six digits. All later ones are longer.
pub fn many_challenges_with_a_cap_on_each_only() -> Finding {
    Finding {
        counted: "guesses at a 6-digit code in 4 days",
        real: parallel(guesses_at_six_digits(real)),
        may: 25.0,
        broken: "failures counted per challenge alone",
        control: parallel(guesses_at_six_digits(|setup| setup.store = Naive::around(&setup.store, NoLevels))),
    }
}

async fn guesses_at_six_digits(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for pause in [HOUR, DAY - HOUR].repeat(4) {
        let mut challenges = Vec::new();
        for _ in 0..5 {
            challenges.push((send(&service, PHONE).await, service.last_code()));
            service.advance(60);
        }
        // Some seconds back, so that the first of the five still lives: it is 300 s old by now.
        for (challenge, code) in &challenges[1..] {
            five_wrong_guesses(&service, PHONE, code, challenge, &mut tried).await;
        }
        service.advance(pause - 300);
    }
    tried
}

/// Counts those that are judged against six digits.
async fn five_wrong_guesses(service: &Service, identifier: &str, code: &str, challenge: &Value, tried: &mut Tried) {
    for _ in 0..5 {
        let reply = guess(service, identifier, &wrong(code), challenge).await;
        tried.add(reply.body["code"] == "invalid_code" && code.len() == 6);
    }
}

pub fn a_resend_gives_the_guesses_back() -> Finding {
    Finding {
        counted: "guesses judged at one code",
        real: parallel(guesses_between_resends(real)),
        may: 5.0,
        broken: "a resend that starts the challenge over",
        control: parallel(guesses_between_resends(|setup| {
            setup.store = Naive::around(&setup.store, ResendStartsOver::default());
        })),
    }
}

async fn guesses_between_resends(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let challenge = send(&service, PHONE).await;
    let code = service.last_code();
    let mut tried = Tried::default();
    for _ in 0..4 {
        for _ in 0..4 {
            tried.add(guess(&service, PHONE, &wrong(&code), &challenge).await.body["code"] == "invalid_code");
        }
        service.advance(60);
        service.post("send", &json!({ "identifier": PHONE, "challenge_id": challenge })).await;
    }
    tried
}

/// Every day the victim signs in once, and the attacker guesses at four challenges. Unsolved failures are counted when a
/// challenge's slot is taken by a later one: with six slots, up to 30 of them are not counted yet when the 20th is.
pub fn the_victims_success_forgives_the_attacker() -> Finding {
    Finding {
        counted: "guesses at a 6-digit code in 8 days",
        real: parallel(guesses_between_sign_ins(real)),
        may: 50.0,
        broken: "a success that forgives every failure",
        control: parallel(guesses_between_sign_ins(|setup| setup.store = Naive::around(&setup.store, SuccessForgives))),
    }
}

async fn guesses_between_sign_ins(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let mut tried = Tried::default();
    for _ in 0..8 {
        for _ in 0..4 {
            let challenge = send(&service, PHONE).await;
            five_wrong_guesses(&service, PHONE, &service.last_code(), &challenge, &mut tried).await;
            service.advance(3 * HOUR + 60);
        }
        let challenge = send(&service, PHONE).await;
        assert_eq!(guess(&service, PHONE, &service.last_code(), &challenge).await.status, 200, "the victim is served");
        service.advance(12 * HOUR);
    }
    tried
}

/// Each of six digits and each of five pairs of neighbours must be as frequent as chance has it. The bounds are the 99.99 %
/// points of chi-square with 9 and 99 degrees of freedom: the fixed challenges used here pass for ever, or show a bias.
pub fn biased_codes() -> Finding {
    let (ring, recipient) = (test_keys().unwrap(), Recipient::parse(PHONE, None).unwrap());
    let (_, keys) = ring.current().unwrap();
    let derived = |number: u32| {
        let bound = Bound { purpose: Purpose::Login, recipient: &recipient, id: ChallengeId(u128::from(number).to_be_bytes()) };
        let code = Code::derive(keys, &bound, CodeShape::Digits(6));
        std::array::from_fn(|place| code.expose().as_bytes()[place] - b'0')
    };
    // As a published sample has it: `randomInt(0, 9)`, whose upper end is exclusive.
    let without_nines = |number: u32| derived(number).map(|digit| if digit == 9 { (number % 9) as u8 } else { digit });
    Finding {
        counted: "of 11 distributions skewed",
        real: skewed(&derived),
        may: 0.0,
        broken: "digits from randomInt(0, 9)",
        control: skewed(&without_nines),
    }
}

const CODES: u32 = 1_000_000;

fn skewed(code: &dyn Fn(u32) -> [u8; 6]) -> Tried {
    let (mut places, mut pairs) = ([[0_u32; 10]; 6], [[0_u32; 100]; 5]);
    for digits in (0..CODES).map(code) {
        for (place, digit) in digits.iter().enumerate() {
            places[place][usize::from(*digit)] += 1;
        }
        for (place, pair) in digits.windows(2).enumerate() {
            pairs[place][usize::from(pair[0] * 10 + pair[1])] += 1;
        }
    }
    let skewed_places = places.iter().filter(|counts| chi_square(*counts) >= 33.72).count();
    let skewed_pairs = pairs.iter().filter(|counts| chi_square(*counts) >= 161.3).count();
    Tried::of(CODES as usize, skewed_places + skewed_pairs)
}

fn chi_square(counts: &[u32]) -> f64 {
    let expected = f64::from(CODES) / counts.len() as f64;
    counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}
