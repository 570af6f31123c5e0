//! The keys by name and use.

use std::collections::BTreeMap;

use otp_auth::adapters::secrets;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::connection::Vault;
use crate::failure::Failure;
use crate::render::view::View;
use crate::render::{self, Column};

/// Fields of the vault that name keys, and what the key they name does.
const ROLES: [(&str, &str); 3] =
    [("identifiers", "names identifiers, for good"), ("codes", "makes codes"), ("signing", "signs tokens")];

type Fields = BTreeMap<String, Zeroizing<String>>;

/// Every key.
#[derive(Serialize)]
pub struct Inventory {
    keys: Vec<KeyLine>,
}

/// A key.
#[derive(Serialize)]
struct KeyLine {
    /// Its name in the vault.
    name: String,
    /// `codes` or `signing`.
    kind: &'static str,
    /// What it does.
    role: String,
    /// What it signs with.
    algorithm: Option<&'static str>,
    /// Its id in tokens and in the published key set.
    kid: Option<String>,
}

impl Inventory {
    /// Of a vault that is whole.
    ///
    /// # Errors
    /// It is not.
    pub fn of(vault: &Vault) -> Result<Self, Failure> {
        let damaged = |cause| Failure::Keys { place: vault.place.clone(), cause };
        let ring = secrets::parse(&vault.document).map_err(damaged)?;
        let texts: BTreeMap<String, String> =
            serde_json::from_str(&vault.document).map_err(|_| damaged(secrets::SecretError::NotJson))?;
        let fields: Fields = texts.into_iter().map(|(name, text)| (name, Zeroizing::new(text))).collect();
        let current = |field: &str| fields.get(field).map(|name| name.to_string());
        let mut keys = Vec::new();
        for number in numbers(&fields, 'k') {
            let name = format!("k{number}");
            keys.push(KeyLine {
                role: role(&name, 'k', &fields, current("codes")),
                name,
                kind: "codes",
                algorithm: None,
                kid: None,
            });
        }
        let published: Vec<_> = ring.signing().into_iter().flat_map(|keys| keys.published()).collect();
        for (number, public) in numbers(&fields, 's').into_iter().zip(published) {
            let name = format!("s{number}");
            let (algorithm, kid) = (Some(public.algorithm.as_str()), Some(public.id.clone()));
            keys.push(KeyLine { role: role(&name, 's', &fields, current("signing")), name, kind: "signing", algorithm, kid });
        }
        Ok(Self { keys })
    }
}

impl View for Inventory {
    fn text(&self) -> String {
        let columns = [Column::Text("Key"), Column::Text("Role"), Column::Text("Algorithm"), Column::Text("kid")];
        let row = |key: &KeyLine| {
            let algorithm = key.algorithm.unwrap_or_default().to_owned();
            vec![key.name.clone(), key.role.clone(), algorithm, key.kid.clone().unwrap_or_default()]
        };
        render::table(&columns, self.keys.iter().map(row))
    }
}

fn role(name: &str, prefix: char, fields: &Fields, current: Option<String>) -> String {
    let named = ROLES.iter().filter(|(field, _)| fields.get(*field).is_some_and(|key| key.as_str() == name));
    let roles: Vec<&str> = named.map(|(_, role)| *role).collect();
    if roles.iter().any(|role| *role != ROLES[0].1) {
        return roles.join("; ");
    }
    let after = number(name, prefix) > current.as_deref().and_then(|current| number(current, prefix));
    let standing = if after { "next" } else { "previous" };
    roles.iter().copied().chain([standing]).collect::<Vec<_>>().join("; ")
}

fn numbers(fields: &Fields, prefix: char) -> Vec<u32> {
    let mut numbers: Vec<u32> = fields.keys().filter_map(|name| number(name, prefix)).collect();
    numbers.sort_unstable();
    numbers
}

fn number(name: &str, prefix: char) -> Option<u32> {
    name.strip_prefix(prefix)?.parse().ok()
}
