//! What every store must do. A store passes when each of these returns `Ok`; the text of an `Err` names the broken promise.
//!
//! The suite needs nothing but the port: it makes its own keys and identifiers, so it can run on any table at any time.
#![cfg(feature = "testing")]

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::service::test_keys;
use crate::adapters::system::SystemRandomness;
use crate::domain::challenge::ChallengeId;
use crate::domain::code::{CodeName, CodeShape};
use crate::domain::keys::{KeyId, LedgerKey};
use crate::domain::ledger::{
    GuessVerdict, GuessWrite, Level, RequestId, ResendVerdict, ResendWrite, SendLimits, SendVerdict, SendWrite, SlotState,
};
use crate::domain::purpose::Purpose;
use crate::domain::recipient::Recipient;
use crate::domain::time::Timestamp;
use crate::ports::clock::random;
use crate::ports::store::{ChallengeStore, IdempotencyStore, IdempotencyVerdict, TakenBy};

/// A broken promise, or a store that did not answer.
pub type Outcome = Result<(), String>;

const LIFETIME: Duration = Duration::from_secs(300);
const RIGHT: &str = "name-of-the-right-code";
const WRONG: &str = "name-of-a-wrong-code";
const MAX_GUESSES: u32 = 5;

/// Every promise of a store of challenges, one after another.
///
/// # Errors
/// The first promise that is broken.
pub async fn challenges<S: ChallengeStore + 'static>(store: Arc<S>) -> Outcome {
    windows_hold_and_slide(&*store).await?;
    a_living_challenge_keeps_its_slot(&*store).await?;
    a_right_guess_is_right_once(&*store).await?;
    guesses_end(&*store).await?;
    expiry_is_part_of_the_condition(&*store).await?;
    only_the_named_challenge_is_touched(&*store).await?;
    failures_survive_sends_and_make_codes_longer(&*store).await?;
    a_repeated_request_hears_its_first_outcome(&*store).await?;
    an_idempotency_key_sends_once(&*store).await?;
    a_resend_changes_nothing_but_the_windows(&*store).await?;
    an_undelivered_code_is_dead(&*store).await?;
    the_provider_that_delivered_is_noted(&*store).await?;
    parallel_sends_are_one(store.clone()).await?;
    parallel_wrong_guesses_are_counted(store.clone()).await?;
    parallel_right_guesses_are_one(store).await
}

/// Every promise of a store of Idempotency-Keys.
///
/// # Errors
/// The first promise that is broken.
pub async fn claims(store: &dyn IdempotencyStore) -> Outcome {
    an_idempotency_key_belongs_to_one_request(store).await
}

/// One identifier that nobody else uses, and the writes that concern it.
struct Subject {
    key: LedgerKey,
    now: Timestamp,
}

impl Subject {
    fn new() -> Result<Self, String> {
        let unique = random::<16>(&SystemRandomness).map_err(|e| e.to_string())?;
        let address = format!("{:032x}@example.com", u128::from_be_bytes(unique));
        let recipient = Recipient::parse(&address, None).map_err(|e| e.to_string())?;
        let keys = test_keys().map_err(|e| e.to_string())?;
        Ok(Self { key: keys.ledger_key(&recipient), now: Timestamp::from_millis(1_795_435_200_000) })
    }

    fn after(&self, seconds: u64) -> Timestamp {
        self.now.plus(Duration::from_secs(seconds))
    }

    fn send(&self, number: u8, now: Timestamp) -> SendWrite {
        let request = request(number);
        SendWrite {
            key: self.key.clone(),
            now,
            limits: SendLimits::default(),
            level: Level::default(),
            idempotency: request.as_str().to_owned(),
            request,
            slot: number % 6,
            id: ChallengeId([number; 16]),
            name: CodeName::from_stored(RIGHT.to_owned()),
            purpose: Purpose::Login,
            keys: KeyId(1),
            shape: CodeShape::Digits(6),
            expires: now.plus(LIFETIME),
            provider: "outbox".to_owned(),
            is_counted: true,
        }
    }

    fn guess(&self, of: &SendWrite, name: &str, number: u8, now: Timestamp) -> GuessWrite {
        GuessWrite {
            key: self.key.clone(),
            now,
            slot: of.slot,
            id: of.id,
            name: CodeName::from_stored(name.to_owned()),
            max_guesses: MAX_GUESSES,
            request: request(number),
        }
    }

    fn resend(&self, of: &SendWrite, number: u8, now: Timestamp) -> ResendWrite {
        let request = request(number);
        ResendWrite {
            key: self.key.clone(),
            now,
            limits: of.limits,
            idempotency: request.as_str().to_owned(),
            request,
            slot: of.slot,
            id: of.id,
            max_guesses: MAX_GUESSES,
        }
    }
}

fn request(number: u8) -> RequestId {
    RequestId::new([number; 9])
}

pub(super) fn check(promise: &str, holds: bool) -> Outcome {
    if holds { Ok(()) } else { Err(promise.to_owned()) }
}

pub(super) fn same<T: PartialEq + std::fmt::Debug>(promise: &str, got: T, wanted: T) -> Outcome {
    if got == wanted { Ok(()) } else { Err(format!("{promise}: got {got:?}, wanted {wanted:?}")) }
}

async fn send(store: &dyn ChallengeStore, write: &SendWrite) -> Result<SendVerdict, String> {
    store.send(write).await.map(|written| write.verdict(&written)).map_err(|e| e.to_string())
}

async fn resend(store: &dyn ChallengeStore, write: &ResendWrite) -> Result<ResendVerdict, String> {
    store.resend(write).await.map(|written| write.verdict(&written)).map_err(|e| e.to_string())
}

async fn guess(store: &dyn ChallengeStore, write: &GuessWrite) -> Result<GuessVerdict, String> {
    store.guess(write).await.map(|written| write.verdict(&written)).map_err(|e| e.to_string())
}

/// A send that must be accepted.
async fn sent(store: &dyn ChallengeStore, subject: &Subject, number: u8, now: Timestamp) -> Result<SendWrite, String> {
    let write = subject.send(number, now);
    same("a send inside every window is accepted", send(store, &write).await?, SendVerdict::Ours)?;
    Ok(write)
}

async fn windows_hold_and_slide(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    for (number, at) in [0, 60, 120, 180, 240].into_iter().enumerate() {
        let number = u8::try_from(number).unwrap_or(0);
        sent(store, &subject, number, subject.after(at)).await?;
        let too_soon = subject.send(100 + number, subject.after(at + 59));
        let refused = matches!(send(store, &too_soon).await?, SendVerdict::RateLimited(_));
        check("a second send within the cooldown is refused", refused)?;
    }
    let sixth = send(store, &subject.send(5, subject.after(3599))).await?;
    same("the sixth send of an hour waits for the first to leave it", sixth, SendVerdict::RateLimited(subject.after(3600)))?;
    for (number, at) in [3600, 3660, 3720, 3780, 3840].into_iter().enumerate() {
        sent(store, &subject, 10 + u8::try_from(number).unwrap_or(0), subject.after(at)).await?;
    }
    let eleventh = send(store, &subject.send(20, subject.after(80_000))).await?;
    same(
        "the eleventh send of a day waits for the first to leave it",
        eleventh,
        SendVerdict::RateLimited(subject.after(86_400)),
    )?;
    sent(store, &subject, 21, subject.after(86_400)).await.map(|_| ())
}

async fn a_living_challenge_keeps_its_slot(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let first = sent(store, &subject, 1, subject.now).await?;
    let second = SendWrite { slot: first.slot, ..subject.send(2, subject.after(60)) };
    same("a slot with a living challenge is not taken", send(store, &second).await?, SendVerdict::Slot(0))?;
    let moved = SendWrite { slot: 0, ..second };
    same("a free one is", send(store, &moved).await?, SendVerdict::Ours)?;
    let third = SendWrite { slot: first.slot, ..subject.send(3, subject.after(300)) };
    same("and so is one whose challenge has ended", send(store, &third).await?, SendVerdict::Ours)
}

async fn a_right_guess_is_right_once(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    let wrong = guess(store, &subject.guess(&challenge, WRONG, 2, subject.after(1))).await?;
    same("a wrong guess is counted", wrong, GuessVerdict::Wrong { left: 4 })?;
    same(
        "a right guess is right",
        guess(store, &subject.guess(&challenge, RIGHT, 3, subject.after(2))).await?,
        GuessVerdict::Right,
    )?;
    let again = guess(store, &subject.guess(&challenge, RIGHT, 4, subject.after(3))).await?;
    same("a used code is gone", again, GuessVerdict::Gone)?;
    let ledger = store.read(&subject.key, subject.after(4)).await.map_err(|e| e.to_string())?;
    same("a success ends the consecutive failures", ledger.failures, 0)
}

async fn guesses_end(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    for number in 0..5 {
        let verdict = guess(store, &subject.guess(&challenge, WRONG, 10 + number, subject.after(1))).await?;
        same("five guesses are judged", verdict, GuessVerdict::Wrong { left: 4 - u32::from(number) })?;
    }
    let sixth = guess(store, &subject.guess(&challenge, RIGHT, 20, subject.after(2))).await?;
    same("the sixth is not, even with the right code", sixth, GuessVerdict::Exhausted)
}

async fn expiry_is_part_of_the_condition(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    let late = guess(store, &subject.guess(&challenge, RIGHT, 2, subject.after(300))).await?;
    same("an expired code is gone, whatever the garbage collector does", late, GuessVerdict::Gone)?;
    let in_time = guess(store, &subject.guess(&challenge, RIGHT, 3, subject.after(299))).await?;
    same("until then it works", in_time, GuessVerdict::Right)
}

async fn only_the_named_challenge_is_touched(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let first = sent(store, &subject, 1, subject.now).await?;
    let second = sent(store, &subject, 2, subject.after(60)).await?;
    let stranger = GuessWrite { id: ChallengeId([99; 16]), ..subject.guess(&first, RIGHT, 3, subject.after(61)) };
    same("a guess at another challenge in the slot is not judged", guess(store, &stranger).await?, GuessVerdict::Gone)?;
    let wrong = guess(store, &subject.guess(&second, WRONG, 4, subject.after(61))).await?;
    same("each challenge has its own guesses", wrong, GuessVerdict::Wrong { left: 4 })?;
    let older = guess(store, &subject.guess(&first, RIGHT, 5, subject.after(62))).await?;
    same("a newer send does not overwrite a living code", older, GuessVerdict::Right)
}

async fn failures_survive_sends_and_make_codes_longer(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    for number in 0..2 {
        let challenge = sent(store, &subject, number, subject.after(u64::from(number) * 60)).await?;
        for attempt in 0..5 {
            let wrong = subject.guess(&challenge, WRONG, 10 + number * 10 + attempt, subject.after(u64::from(number) * 60 + 1));
            guess(store, &wrong).await?;
        }
    }
    let ledger = store.read(&subject.key, subject.after(119)).await.map_err(|e| e.to_string())?;
    same("a send gives no failures back", ledger.failures, 10)?;
    let short = subject.send(3, subject.after(120));
    let level = Level::of(10, 0);
    same("after ten failures a short code is refused", send(store, &short).await?, SendVerdict::Level(level))?;
    let long = SendWrite { level, ..short };
    same("and a longer one accepted", send(store, &long).await?, SendVerdict::Ours)?;
    same("the right guess", guess(store, &subject.guess(&long, RIGHT, 90, subject.after(121))).await?, GuessVerdict::Right)?;
    // The slots of the unsolved challenges are taken over six cooldowns later: their failures are kept beyond the success.
    let later = subject.send(6, subject.after(360));
    same("a success ends consecutive failures", send(store, &later).await?, SendVerdict::Ours)?;
    let ledger = store.read(&subject.key, subject.after(361)).await.map_err(|e| e.to_string())?;
    same("failures of unsolved challenges are not forgiven", (ledger.failures, ledger.unsolved), (0, 5))
}

async fn a_repeated_request_hears_its_first_outcome(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    same("a repeated send is still ours", send(store, &challenge).await?, SendVerdict::Ours)?;
    let wrong = subject.guess(&challenge, WRONG, 2, subject.after(1));
    same("a wrong guess", guess(store, &wrong).await?, GuessVerdict::Wrong { left: 4 })?;
    let other = subject.guess(&challenge, WRONG, 3, subject.after(1));
    same("somebody else's in between", guess(store, &other).await?, GuessVerdict::Wrong { left: 3 })?;
    same("the repeated one is not charged again", guess(store, &wrong).await?, GuessVerdict::Wrong { left: 3 })?;
    let right = subject.guess(&challenge, RIGHT, 4, subject.after(2));
    same("a right guess", guess(store, &right).await?, GuessVerdict::Right)?;
    same("the repeated right guess is right", guess(store, &right).await?, GuessVerdict::Right)?;
    let loser = guess(store, &wrong).await?;
    check("an earlier wrong guess does not become right by that", matches!(loser, GuessVerdict::Wrong { .. }))?;
    let again = subject.resend(&sent(store, &subject, 5, subject.after(60)).await?, 6, subject.after(120));
    same("a resend", resend(store, &again).await?, ResendVerdict::Send(SendVerdict::Ours))?;
    same("a repeated resend is still ours", resend(store, &again).await?, ResendVerdict::Send(SendVerdict::Ours))
}

async fn an_idempotency_key_sends_once(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let keyed = |number, now| SendWrite { idempotency: "K#key".to_owned(), ..subject.send(number, now) };
    let first = keyed(1, subject.now);
    same("the first request sends", send(store, &first).await?, SendVerdict::Ours)?;
    same("its retry does not", send(store, &keyed(2, subject.after(1))).await?, SendVerdict::Replay(first.slot))?;
    same("nor after the cooldown", send(store, &keyed(3, subject.after(61))).await?, SendVerdict::Replay(first.slot))
}

async fn a_resend_changes_nothing_but_the_windows(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    guess(store, &subject.guess(&challenge, WRONG, 2, subject.after(1))).await?;
    let soon = resend(store, &subject.resend(&challenge, 3, subject.after(59))).await?;
    same("a resend keeps the cooldown", soon, ResendVerdict::Send(SendVerdict::RateLimited(subject.after(60))))?;
    let in_time = resend(store, &subject.resend(&challenge, 4, subject.after(60))).await?;
    same("a resend of a living challenge is accepted", in_time, ResendVerdict::Send(SendVerdict::Ours))?;
    let ledger = store.read(&subject.key, subject.after(61)).await.map_err(|e| e.to_string())?;
    let slot = ledger.slots.get(&challenge.slot).ok_or("the slot is there")?;
    same("a resend gives no guesses back", (slot.attempts, ledger.failures, ledger.sends.len()), (1, 1, 2))?;
    same("a resend is not counted before the guard counts it", &slot.counted, &vec![subject.now])?;
    for _ in 0..2 {
        let counted = store.add_counted(&subject.key, challenge.slot, challenge.id, subject.after(60)).await;
        counted.map_err(|e| e.to_string())?;
    }
    let ledger = store.read(&subject.key, subject.after(61)).await.map_err(|e| e.to_string())?;
    let counted = ledger.slots.get(&challenge.slot).map(|slot| slot.counted.clone());
    same("then it is, once", counted, Some(vec![subject.now, subject.after(60)]))?;
    same("the right guess", guess(store, &subject.guess(&challenge, RIGHT, 5, subject.after(62))).await?, GuessVerdict::Right)?;
    let used = resend(store, &subject.resend(&challenge, 6, subject.after(120))).await?;
    same("a used challenge is not sent again", used, ResendVerdict::Gone)?;
    let expired = sent(store, &subject, 9, subject.after(180)).await?;
    let late = resend(store, &subject.resend(&expired, 8, subject.after(480))).await?;
    same("nor is an expired one", late, ResendVerdict::Gone)?;
    let exhausted = sent(store, &subject, 9, subject.after(480)).await?;
    for number in 0..5 {
        guess(store, &subject.guess(&exhausted, WRONG, 20 + number, subject.after(481))).await?;
    }
    let helpless = resend(store, &subject.resend(&exhausted, 30, subject.after(540))).await?;
    same("nor one that has no guesses left", helpless, ResendVerdict::Gone)
}

async fn the_provider_that_delivered_is_noted(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    let set = |id, provider, message| store.set_provider(&subject.key, challenge.slot, id, TakenBy { provider, message });
    let noted = async || {
        let ledger = store.read(&subject.key, subject.after(1)).await.map_err(|e| e.to_string())?;
        Ok::<_, String>(ledger.slots.get(&challenge.slot).map(|slot| (slot.provider.clone(), slot.message.clone())))
    };
    set(challenge.id, "other", Some("SM1")).await.map_err(|e| e.to_string())?;
    set(ChallengeId([77; 16]), "stranger", Some("SM2")).await.map_err(|e| e.to_string())?;
    same("the provider is that of the challenge", noted().await?, Some(("other".to_owned(), Some("SM1".to_owned()))))?;
    set(challenge.id, "another", None).await.map_err(|e| e.to_string())?;
    same("and so is its id of the message", noted().await?, Some(("another".to_owned(), None)))?;
    let verdict = guess(store, &subject.guess(&challenge, RIGHT, 2, subject.after(1))).await?;
    same("and nothing else has changed", verdict, GuessVerdict::Right)
}

async fn an_undelivered_code_is_dead(store: &dyn ChallengeStore) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(store, &subject, 1, subject.now).await?;
    store.kill(&subject.key, challenge.slot, ChallengeId([77; 16])).await.map_err(|e| e.to_string())?;
    store.kill(&subject.key, challenge.slot, challenge.id).await.map_err(|e| e.to_string())?;
    let verdict = guess(store, &subject.guess(&challenge, RIGHT, 2, subject.after(1))).await?;
    same("a killed code does not work", verdict, GuessVerdict::Gone)?;
    let solved = sent(store, &subject, 3, subject.after(60)).await?;
    let right = subject.guess(&solved, RIGHT, 4, subject.after(61));
    same("the right guess", guess(store, &right).await?, GuessVerdict::Right)?;
    store.kill(&subject.key, solved.slot, solved.id).await.map_err(|e| e.to_string())?;
    same("a solved challenge stays solved", guess(store, &right).await?, GuessVerdict::Right)?;
    let ledger = store.read(&subject.key, subject.after(1)).await.map_err(|e| e.to_string())?;
    same("and says what it is", ledger.slots.get(&challenge.slot).map(|slot| slot.state.clone()), Some(SlotState::Dead))?;
    same("its send stays counted", ledger.sends.len(), 2)
}

/// Of 50 sends at once, one is accepted.
///
/// # Errors
/// More, or fewer, were.
pub async fn parallel_sends_are_one<S: ChallengeStore + 'static>(store: Arc<S>) -> Outcome {
    let subject = Arc::new(Subject::new()?);
    let sends = (0..50).map(|number| {
        let (store, write) = (Arc::clone(&store), subject.send(number, subject.now));
        tokio::spawn(async move { send(&*store, &write).await })
    });
    let ours = count(join_all(sends).await, |verdict| *verdict == SendVerdict::Ours)?;
    same("of 50 parallel sends one is accepted", ours, 1)
}

/// Of 100 wrong guesses at once, five are judged.
///
/// # Errors
/// More, or fewer, were.
pub async fn parallel_wrong_guesses_are_counted<S: ChallengeStore + 'static>(store: Arc<S>) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(&*store, &subject, 200, subject.now).await?;
    let guesses = (0..100).map(|number| {
        let (store, write) = (Arc::clone(&store), subject.guess(&challenge, WRONG, number, subject.after(1)));
        tokio::spawn(async move { guess(&*store, &write).await })
    });
    let judged = count(join_all(guesses).await, |verdict| matches!(verdict, GuessVerdict::Wrong { .. }))?;
    same("of 100 parallel wrong guesses five are judged", judged, 5)
}

/// Of 50 right guesses at once, one is right.
///
/// # Errors
/// More, or fewer, were.
pub async fn parallel_right_guesses_are_one<S: ChallengeStore + 'static>(store: Arc<S>) -> Outcome {
    let subject = Subject::new()?;
    let challenge = sent(&*store, &subject, 200, subject.now).await?;
    let guesses = (0..50).map(|number| {
        let (store, write) = (Arc::clone(&store), subject.guess(&challenge, RIGHT, number, subject.after(1)));
        tokio::spawn(async move { guess(&*store, &write).await })
    });
    let right = count(join_all(guesses).await, |verdict| *verdict == GuessVerdict::Right)?;
    same("of 50 parallel right guesses one is right", right, 1)
}

type Joined<T> = Result<Result<T, String>, tokio::task::JoinError>;

fn count<T>(outcomes: Vec<Joined<T>>, counts: impl Fn(&T) -> bool) -> Result<usize, String> {
    let mut number = 0;
    for outcome in outcomes {
        if counts(&outcome.map_err(|e| e.to_string())??) {
            number += 1;
        }
    }
    Ok(number)
}

async fn an_idempotency_key_belongs_to_one_request(store: &dyn IdempotencyStore) -> Outcome {
    let unique = random::<16>(&SystemRandomness).map_err(|e| e.to_string())?;
    let (key, now) = (format!("K#{:032x}", u128::from_be_bytes(unique)), Timestamp::from_millis(1_795_435_200_000));
    for (fingerprint, wanted) in
        [("one", IdempotencyVerdict::Same), ("one", IdempotencyVerdict::Same), ("two", IdempotencyVerdict::Other)]
    {
        let got = store.claim_idempotency(&key, fingerprint, now).await.map_err(|e| e.to_string())?;
        same("an idempotency key belongs to the request it first came with", got, wanted)?;
    }
    Ok(())
}
