//! Using a code for what it was not made for.

use http::Method;
use otp_auth::domain::policy::ChallengeBinding;
use otp_auth::domain::purpose::Purpose;
use otp_auth::testing::service::{Service, Setup, TestReply};
use serde_json::{Value, json};

use crate::finding::{Finding, Tried};
use crate::lab::{guess, lab, parallel, real, send};

pub fn a_code_for_one_purpose_used_for_another() -> Finding {
    Finding {
        counted: "codes accepted for another purpose",
        real: parallel(codes_for_other_purposes(false)),
        may: 0.0,
        broken: "a service that overlooks the purpose",
        control: parallel(codes_for_other_purposes(true)),
    }
}

/// Every purpose's code for every other purpose, with its challenge named and without.
async fn codes_for_other_purposes(overlooked: bool) -> Tried {
    let (_embedded, service) = lab(real).await;
    let mut tried = Tried::default();
    for made_for in Purpose::ALL {
        for used_for in Purpose::ALL.into_iter().filter(|purpose| *purpose != made_for) {
            for named in [true, false] {
                let identifier = format!("u{}@example.com", tried.tries);
                let ask = json!({ "identifier": identifier, "purpose": made_for.as_str() });
                let sent = post(&service, "send", ask, overlooked).await;
                let challenge = if named { sent.body["challenge_id"].clone() } else { Value::Null };
                let answer = json!({ "identifier": identifier, "purpose": used_for.as_str(),
                    "otp_code": service.last_code(), "challenge_id": challenge });
                tried.add(post(&service, "verify", answer, overlooked).await.status == 200);
            }
        }
    }
    tried
}

async fn post(service: &Service, route: &str, mut body: Value, purpose_overlooked: bool) -> TestReply {
    if purpose_overlooked {
        body.as_object_mut().unwrap().remove("purpose");
    }
    let call = service.request(route, &body);
    assert_eq!(call.method, Method::POST);
    service.call(&call).await
}

/// The code was overheard; what the reply to the one who asked for it said was not.
pub fn a_code_not_bound_to_the_request() -> Finding {
    Finding {
        counted: "overheard codes accepted",
        real: parallel(overheard_codes(|setup| setup.policy.binding = ChallengeBinding::Required)),
        may: 0.0,
        broken: "CHALLENGE_BINDING=optional",
        control: parallel(overheard_codes(real)),
    }
}

async fn overheard_codes(change: impl FnOnce(&mut Setup)) -> Tried {
    let (_embedded, service) = lab(change).await;
    let own = send(&service, "attacker@example.com").await;
    let mut tried = Tried::default();
    for number in 0..10 {
        let victim = format!("victim{number}@example.com");
        let challenge = send(&service, &victim).await;
        let code = service.last_code();
        for claimed in [own.clone(), json!("AAAA"), Value::Null] {
            tried.add(guess(&service, &victim, &code, &claimed).await.status == 200);
        }
        // Whoever asked for it is served, unless somebody was first.
        let served = guess(&service, &victim, &code, &challenge).await.status == 200;
        assert_eq!(served, tried.through == 0.0);
    }
    tried
}
