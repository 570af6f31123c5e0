//! What every directory must do. A directory passes when each of these returns `Ok`; the text of an `Err` names the broken
//! promise. The suite makes its own identifiers, so it can run on any table at any time.
#![cfg(feature = "testing")]

use std::sync::Arc;

use futures_util::future::join_all;

use super::conformance::Outcome;
use super::service::test_keys;
use crate::adapters::system::SystemRandomness;
use crate::domain::keys::KeyRing;
use crate::domain::recipient::{Channel, Recipient};
use crate::domain::time::Timestamp;
use crate::domain::user::{DisplayName, Identifier, Standing, User, UserId};
use crate::ports::clock::random;
use crate::ports::directory::{Administration, Directory, DirectoryError, Noted, PageEnd};
use crate::ports::store::ChallengeStore;

const NOW: Timestamp = Timestamp::from_millis(1_795_435_200_000);

/// Every promise of a directory, one after another.
///
/// # Errors
/// The first promise that is broken.
pub async fn directory<D: Directory + 'static>(directory: Arc<D>) -> Outcome {
    a_user_is_found_by_every_identifier(&*directory).await?;
    an_identifier_belongs_to_one_user(&*directory).await?;
    a_linked_identifier_signs_in_the_same_user(&*directory).await?;
    a_sign_in_is_noted_of_the_user_that_was_read(&*directory).await?;
    parallel_creations_are_one(Arc::clone(&directory)).await?;
    parallel_links_are_one(directory).await
}

/// Every promise of what operators do, of the directory and of what the items of its identifiers then say.
///
/// # Errors
/// The first promise that is broken.
pub async fn administration<D: Administration + ChallengeStore + 'static>(directory: Arc<D>) -> Outcome {
    a_disabled_user_is_disabled_everywhere(&*directory).await?;
    an_identifier_that_was_taken_away_is_free(&*directory).await?;
    a_name_can_be_changed(&*directory).await?;
    every_user_is_in_the_list_once(&*directory).await
}

/// Identifiers that nobody else uses, and a name for a user.
struct People {
    keys: Arc<KeyRing>,
    mail: Recipient,
    phone: Recipient,
}

impl People {
    fn new() -> Result<Self, String> {
        let unique: [u8; 8] = random(&SystemRandomness).map_err(|e| e.to_string())?;
        let number = u64::from_be_bytes(unique);
        let parse = |text: String| Recipient::parse(&text, None).map_err(|e| e.to_string());
        Ok(Self {
            keys: test_keys().map_err(|e| e.to_string())?,
            mail: parse(format!("{number:016x}@example.com"))?,
            // German mobile numbers have room for as many users as a run of the suite makes.
            phone: parse(format!("+49151{:08}", number % 100_000_000))?,
        })
    }

    fn user(&self, identifiers: &[&Recipient]) -> Result<User, String> {
        let user = User::new(user_id()?, NOW);
        Ok(identifiers.iter().fold(user, |user, recipient| user.with(identifier(recipient, false))))
    }
}

fn user_id() -> Result<UserId, String> {
    Ok(UserId::new(NOW, random(&SystemRandomness).map_err(|e| e.to_string())?))
}

fn identifier(recipient: &Recipient, verified: bool) -> Identifier {
    Identifier { recipient: recipient.clone(), verified }
}

fn check(promise: &str, holds: bool) -> Outcome {
    if holds { Ok(()) } else { Err(promise.to_owned()) }
}

fn same<T: PartialEq + std::fmt::Debug>(promise: &str, got: T, wanted: T) -> Outcome {
    if got == wanted { Ok(()) } else { Err(format!("{promise}: got {got:?}, wanted {wanted:?}")) }
}

fn plain<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

async fn found<D: Directory + ?Sized>(directory: &D, id: &UserId) -> Result<User, String> {
    plain(directory.find(id).await)?.ok_or_else(|| "a user that is there is found".to_owned())
}

async fn a_user_is_found_by_every_identifier<D: Directory + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let mut user = people.user(&[&people.mail, &people.phone])?;
    user.name = DisplayName::parse("Ada").ok();
    for recipient in [&people.mail, &people.phone] {
        same("nobody has a new identifier", plain(directory.look_up(&people.keys, recipient).await)?, Standing::Unknown)?;
    }
    same("nobody has a new id", plain(directory.find(&user.id).await)?, None)?;
    plain(directory.create(&people.keys, &user).await)?;
    for recipient in [&people.mail, &people.phone] {
        let standing = plain(directory.look_up(&people.keys, recipient).await)?;
        same("each identifier names the user", standing, Standing::Enabled(user.id.clone()))?;
    }
    same("the user is as it was created", found(directory, &user.id).await?, user.clone())?;
    same("the same creation once more is no other", plain(directory.create(&people.keys, &user).await), Ok(()))
}

async fn an_identifier_belongs_to_one_user<D: Directory + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let first = people.user(&[&people.mail])?;
    plain(directory.create(&people.keys, &first).await)?;
    let second = people.user(&[&people.mail, &people.phone])?;
    let taken = matches!(directory.create(&people.keys, &second).await, Err(DirectoryError::Taken(Channel::Email)));
    check("an identifier that somebody has is taken", taken)?;
    same("nothing of that user is there", plain(directory.find(&second.id).await)?, None)?;
    same("not even the free identifier", plain(directory.look_up(&people.keys, &people.phone).await)?, Standing::Unknown)?;
    same("the first user is as before", found(directory, &first.id).await?, first)
}

async fn a_linked_identifier_signs_in_the_same_user<D: Directory + ?Sized>(directory: &D) -> Outcome {
    let (people, others) = (People::new()?, People::new()?);
    let (user, other) = (people.user(&[&people.phone])?, others.user(&[&others.mail])?);
    plain(directory.create(&people.keys, &user).await)?;
    plain(directory.create(&people.keys, &other).await)?;
    let link = |recipient: &Recipient, verified| {
        let (identifier, keys, id) = (identifier(recipient, verified), &people.keys, &user.id);
        async move { directory.link(keys, id, &identifier, NOW).await }
    };
    check(
        "an identifier of another user is not given away",
        matches!(link(&others.mail, true).await, Err(DirectoryError::Taken(_))),
    )?;
    let linked = plain(link(&people.mail, false).await)?;
    same("a free one is linked", linked.email.clone(), Some(identifier(&people.mail, false)))?;
    same("what is said of it is so", found(directory, &user.id).await?, linked)?;
    let standing = plain(directory.look_up(&people.keys, &people.mail).await)?;
    same("it names the user", standing, Standing::Enabled(user.id.clone()))?;
    let verified = plain(link(&people.mail, true).await)?;
    same("once more, it is verified", verified.email.clone(), Some(identifier(&people.mail, true)))?;
    same("and that is remembered", found(directory, &user.id).await?, verified.clone())?;
    same("linking what is linked changes nothing", plain(link(&people.mail, true).await)?, verified)?;
    let third = People::new()?;
    let set = matches!(link(&third.mail, true).await, Err(DirectoryError::AlreadySet(Channel::Email)));
    check("a user has one identifier of a kind", set)?;
    same("the other stays free", plain(directory.look_up(&people.keys, &third.mail).await)?, Standing::Unknown)?;
    let nobody = directory.link(&people.keys, &user_id()?, &identifier(&third.mail, true), NOW).await;
    check("nobody is no user", matches!(nobody, Err(DirectoryError::NoSuchUser)))
}

async fn a_sign_in_is_noted_of_the_user_that_was_read<D: Directory + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    plain(directory.create(&people.keys, &people.user(&[&people.phone])?).await)?;
    let Standing::Enabled(id) = plain(directory.look_up(&people.keys, &people.phone).await)? else {
        return Err("the user is there".to_owned());
    };
    let user = found(directory, &id).await?;
    let noted = plain(directory.sign_in(&people.keys, &user, &people.phone, NOW).await)?;
    same("a sign-in is noted", noted, Noted::Yes)?;
    let after = found(directory, &id).await?;
    same(
        "with its time and the identifier's proof",
        (after.last_sign_in, after.phone.map(|p| p.verified)),
        (Some(NOW), Some(true)),
    )?;
    plain(directory.link(&people.keys, &id, &identifier(&people.mail, true), NOW).await)?;
    let stale = plain(directory.sign_in(&people.keys, &user, &people.phone, NOW).await)?;
    same("of a user who has changed since, nothing is noted", stale, Noted::Changed)
}

/// Of 20 users at once with one identifier, one is created.
///
/// # Errors
/// More, or fewer, were.
pub async fn parallel_creations_are_one<D: Directory + 'static>(directory: Arc<D>) -> Outcome {
    let people = Arc::new(People::new()?);
    let users = (0..20).map(|_| people.user(&[&people.mail])).collect::<Result<Vec<_>, _>>()?;
    let tasks = users.into_iter().map(|user| {
        let (directory, people) = (Arc::clone(&directory), Arc::clone(&people));
        tokio::spawn(async move { directory.create(&people.keys, &user).await.is_ok() })
    });
    let created = join_all(tasks).await.into_iter().filter(|outcome| matches!(outcome, Ok(true))).count();
    same("of 20 parallel creations with one identifier one succeeds", created, 1)
}

/// Of 20 users who want one identifier at once, one gets it, and it names that one.
///
/// # Errors
/// More, or fewer, did.
pub async fn parallel_links_are_one<D: Directory + 'static>(directory: Arc<D>) -> Outcome {
    let wanted = People::new()?;
    let mut tasks = Vec::new();
    for _ in 0..20 {
        let people = People::new()?;
        let user = people.user(&[&people.phone])?;
        plain(directory.create(&people.keys, &user).await)?;
        let (directory, identifier) = (Arc::clone(&directory), identifier(&wanted.mail, true));
        tasks.push(async move { directory.link(&people.keys, &user.id, &identifier, NOW).await.ok().map(|user| user.id) });
    }
    let owners: Vec<UserId> = join_all(tasks.into_iter().map(tokio::spawn)).await.into_iter().flatten().flatten().collect();
    same("of 20 parallel links of one identifier one succeeds", owners.len(), 1)?;
    let standing = plain(directory.look_up(&wanted.keys, &wanted.mail).await)?;
    same("the identifier names that user", Some(standing), owners.first().cloned().map(Standing::Enabled))
}

/// Does the identifier's own item keep messages back?
async fn barred<D: ChallengeStore + ?Sized>(store: &D, people: &People, recipient: &Recipient) -> Result<bool, String> {
    Ok(plain(store.read(&people.keys.ledger_key(recipient), NOW).await)?.barred)
}

async fn a_disabled_user_is_disabled_everywhere<D: Administration + ChallengeStore + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let user = people.user(&[&people.mail, &people.phone])?;
    plain(directory.create(&people.keys, &user).await)?;
    for disabled in [true, true, false] {
        let changed = plain(directory.set_disabled(&people.keys, &user.id, disabled, NOW).await)?;
        same("what is said of the user is so", found(directory, &user.id).await?, changed.clone())?;
        same("the user is disabled or enabled", changed.disabled, disabled)?;
        for recipient in [&people.mail, &people.phone] {
            let standing = plain(directory.look_up(&people.keys, recipient).await)?;
            let id = user.id.clone();
            same("and so says each pointer", standing, if disabled { Standing::Disabled(id) } else { Standing::Enabled(id) })?;
            same("and each identifier's item", barred(directory, &people, recipient).await?, disabled)?;
        }
        let noted = plain(directory.sign_in(&people.keys, &changed, &people.mail, NOW).await)?;
        same("a disabled user does not sign in", noted, if disabled { Noted::Changed } else { Noted::Yes })?;
        let link = directory.link(&people.keys, &user.id, &identifier(&people.mail, true), NOW).await;
        check("nor get an identifier", matches!(link, Err(DirectoryError::Disabled)) == disabled)?;
    }
    let nobody = directory.set_disabled(&people.keys, &user_id()?, true, NOW).await;
    check("nobody is no user", matches!(nobody, Err(DirectoryError::NoSuchUser)))
}

async fn an_identifier_that_was_taken_away_is_free<D: Administration + ChallengeStore + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let user = people.user(&[&people.mail, &people.phone])?;
    plain(directory.create(&people.keys, &user).await)?;
    plain(directory.set_disabled(&people.keys, &user.id, true, NOW).await)?;
    let without = plain(directory.unlink(&people.keys, &user.id, Channel::Sms, NOW).await)?;
    same("the user has it no more", without.phone.clone(), None)?;
    same("what is said of the user is so", found(directory, &user.id).await?, without.clone())?;
    same("nobody has it", plain(directory.look_up(&people.keys, &people.phone).await)?, Standing::Unknown)?;
    same("its item keeps nothing back", barred(directory, &people, &people.phone).await?, false)?;
    same("that of the user's other one does", barred(directory, &people, &people.mail).await?, true)?;
    same("twice is once", plain(directory.unlink(&people.keys, &user.id, Channel::Sms, NOW).await)?, without)?;
    let other = people.user(&[&people.phone])?;
    plain(directory.create(&people.keys, &other).await)?;
    let standing = plain(directory.look_up(&people.keys, &people.phone).await)?;
    same("another user can have it, and nothing sticks to it", standing, Standing::Enabled(other.id))
}

async fn a_name_can_be_changed<D: Administration + ChallengeStore + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let user = people.user(&[&people.mail])?;
    plain(directory.create(&people.keys, &user).await)?;
    for name in [DisplayName::parse("Ada").ok(), DisplayName::parse("Grace").ok(), None] {
        let renamed = plain(directory.rename(&people.keys, &user.id, name.clone(), NOW).await)?;
        same("the user has the name", renamed.name.clone(), name)?;
        same("what is said of the user is so", found(directory, &user.id).await?, renamed)?;
    }
    plain(directory.set_disabled(&people.keys, &user.id, true, NOW).await)?;
    plain(directory.rename(&people.keys, &user.id, DisplayName::parse("Ada").ok(), NOW).await)?;
    same("under another name a disabled user is disabled", barred(directory, &people, &people.mail).await?, true)
}

async fn every_user_is_in_the_list_once<D: Administration + ?Sized>(directory: &D) -> Outcome {
    let people = People::new()?;
    let user = people.user(&[&people.mail, &people.phone])?;
    plain(directory.create(&people.keys, &user).await)?;
    let (mut times, mut end): (usize, Option<PageEnd>) = (0, None);
    loop {
        let page = plain(directory.page(end).await)?;
        times += page.users.iter().filter(|listed| **listed == user).count();
        check("a piece of the list was read", page.items_read > 0 || page.end.is_none())?;
        end = page.end;
        if end.is_none() {
            return same("the user is in the list once", times, 1);
        }
    }
}
