//! A user as it is named on the command line and as it is shown.

use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::recipient::Recipient;
use otp_auth::domain::user::{Identifier, Standing, User, UserId};
use otp_auth::ports::directory::Directory;
use serde::Serialize;

use crate::failure::Failure;
use crate::render;
use crate::render::view::View;

/// A user. Identifiers and the name are masked unless they are to be revealed.
#[derive(Serialize)]
pub struct Person {
    /// The id.
    pub id: String,
    /// The email address.
    pub email: Option<String>,
    /// Whether a code that was sent there came back.
    pub email_verified: bool,
    /// The phone number.
    pub phone_number: Option<String>,
    /// Whether a code that was sent there came back.
    pub phone_verified: bool,
    /// What people call the user.
    pub name: Option<String>,
    /// When the user was created.
    pub created_at: String,
    /// The last day with a sign-in.
    pub last_sign_in: Option<String>,
    /// Gets no codes and no tokens.
    pub disabled: bool,
}

impl Person {
    /// As it is shown.
    pub fn new(user: &User, reveal: bool) -> Self {
        let text = |identifier: &Option<Identifier>| identifier.as_ref().map(|one| shown(&one.recipient, reveal));
        let verified = |identifier: &Option<Identifier>| identifier.as_ref().is_some_and(|one| one.verified);
        Self {
            id: user.id.as_str().to_owned(),
            email: text(&user.email),
            email_verified: verified(&user.email),
            phone_number: text(&user.phone),
            phone_verified: verified(&user.phone),
            name: user.name.as_ref().map(|name| if reveal { name.as_str().to_owned() } else { initial(name.as_str()) }),
            created_at: user.created_at.to_rfc3339(),
            last_sign_in: user.last_sign_in.map(|time| time.date()),
            disabled: user.disabled,
        }
    }
}

impl View for Person {
    fn text(&self) -> String {
        let identifier = |text: &Option<String>, verified| match text {
            None => "none".to_owned(),
            Some(text) => format!("{text} ({})", if verified { "verified" } else { "not verified" }),
        };
        render::list(&[
            ("User", self.id.clone()),
            ("Email", identifier(&self.email, self.email_verified)),
            ("Phone", identifier(&self.phone_number, self.phone_verified)),
            ("Name", self.name.clone().unwrap_or_else(|| "none".to_owned())),
            ("Created", self.created_at.clone()),
            ("Last sign-in", self.last_sign_in.clone().unwrap_or_else(|| "never".to_owned())),
            ("May sign in", if self.disabled { "no: disabled" } else { "yes" }.to_owned()),
        ])
    }
}

/// An identifier, masked unless it is to be revealed.
pub fn shown(recipient: &Recipient, reveal: bool) -> String {
    if reveal { recipient.canonical().to_owned() } else { recipient.masked() }
}

/// The user whom the operator means: by id, by email address or by phone number.
///
/// # Errors
/// There is none.
pub async fn find(store: &DynamoStore, ring: &KeyRing, who: &str) -> Result<User, Failure> {
    let not_found = |whom: &str| Failure::NotFound(format!("There is no user {whom}."));
    if let Some(id) = UserId::parse(who) {
        return store.find(&id).await?.ok_or_else(|| not_found(id.as_str()));
    }
    let recipient = Recipient::parse(who, None)?;
    match store.look_up(ring, &recipient).await? {
        Standing::Unknown => Err(not_found(&recipient.masked())),
        Standing::Enabled(id) | Standing::Disabled(id) => store.find(&id).await?.ok_or_else(|| not_found(&recipient.masked())),
    }
}

/// The first letter, so that two people in a list can be told apart.
fn initial(name: &str) -> String {
    let first: String = name.chars().take(1).collect();
    format!("{first}***")
}
