//! Challenge tokens: nothing opens but what was made here, for this identifier and purpose.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use otp_auth::domain::challenge::{Challenge, ChallengeId};
use otp_auth::domain::code::CodeShape;
use otp_auth::domain::keys::{KeyId, KeyRing};
use otp_auth::domain::purpose::Purpose;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::time::Timestamp;
use otp_auth::testing::service::test_keys;

static RING: LazyLock<Arc<KeyRing>> = LazyLock::new(|| test_keys().expect("keys"));
static OTHER_RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(&[(KeyId(1), vec![8; 64])].into(), KeyId(1), KeyId(1)).expect("keys"));
static PHONE: LazyLock<Recipient> = LazyLock::new(|| Recipient::parse("+12345678901", None).expect("a number"));
static MAIL: LazyLock<Recipient> = LazyLock::new(|| Recipient::parse("ada@example.com", None).expect("an address"));

fuzz_target!(|data: &[u8]| {
    check_forged(&String::from_utf8_lossy(data));
    let mut bytes = data.iter().copied().chain(std::iter::repeat(0));
    let mut next = || bytes.next().unwrap_or_default();
    let (at, change) = (next(), next());
    check_genuine(&challenge(&mut next), at, change.max(1));
});

/// Text from outside never opens, for whomever and whatever.
fn check_forged(text: &str) {
    for recipient in [&*PHONE, &*MAIL] {
        for purpose in Purpose::ALL {
            assert!(Challenge::open(text, &RING, purpose, recipient).is_err(), "a forged token opens");
        }
    }
}

/// A genuine token opens as what it is. Changed in any place, lengthened, shortened or shown elsewhere, it does not.
fn check_genuine(challenge: &Challenge, at: u8, change: u8) {
    let keys = RING.get(challenge.key).expect("the key of the test");
    let token = challenge.token(keys, Purpose::Login, &PHONE);
    let open = |token: &str| Challenge::open(token, &RING, Purpose::Login, &PHONE);
    assert_eq!(open(&token), Ok(*challenge));
    let mut changed = token.clone().into_bytes();
    let place = usize::from(at) % changed.len();
    changed[place] ^= change;
    assert!(open(&String::from_utf8_lossy(&changed)).is_err(), "changed at {place} by {change:#x}, and it opens");
    assert!(open(&token[..place]).is_err() && open(&format!("{token}{}", char::from(change))).is_err());
    assert!(Challenge::open(&token, &RING, Purpose::Signup, &PHONE).is_err());
    assert!(Challenge::open(&token, &RING, Purpose::Login, &MAIL).is_err());
    assert!(Challenge::open(&token, &OTHER_RING, Purpose::Login, &PHONE).is_err());
}

fn challenge(next: &mut impl FnMut() -> u8) -> Challenge {
    Challenge {
        key: KeyId(1),
        slot: next(),
        shape: CodeShape::of_length(6 + next() % 5).unwrap_or(CodeShape::Base32),
        expires: Timestamp::from_millis(u64::from_be_bytes(std::array::from_fn(|_| next()))),
        id: ChallengeId(std::array::from_fn(|_| next())),
    }
}
