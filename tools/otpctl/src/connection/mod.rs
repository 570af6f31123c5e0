//! The table that the operator named, and the keys that its identifiers are named by.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::adapters::system::SystemClock;
use otp_auth::domain::keys::KeyRing;
use otp_auth::domain::time::Timestamp;
use otp_auth::ports::clock::Clock;

use crate::audit::Audit;
use crate::cli::{Cli, SettingsArgs};
use crate::failure::Failure;

mod access;
mod keys;
mod local;
mod settings;
mod vault;

use access::Access;
pub use keys::KeysPlace;
use local::LocalServer;
pub use local::post;
pub use settings::Settings;
pub use vault::Vault;

/// A table, opened.
pub struct Connection {
    /// The table's client.
    pub client: Client,
    /// The table's name.
    pub table: String,
    access: Access,
    keys: Option<KeysPlace>,
    local: Option<LocalServer>,
}

impl Connection {
    /// Opens the table that the command line names. Nothing is asked of it yet.
    ///
    /// # Errors
    /// No table is named, or it cannot be reached with what is there.
    pub async fn open(cli: &Cli) -> Result<Self, Failure> {
        let target = &cli.target;
        if let Some(port) = target.local {
            let local = LocalServer::on(port).await?;
            let access = access::on_this_machine()?;
            let keys = target.keys_file.clone().unwrap_or_else(|| local.keys_file.clone());
            return Ok(Self {
                client: access.aws.dynamodb(Some(&local.endpoint)),
                table: local.table.clone(),
                access,
                keys: Some(KeysPlace::File(keys)),
                local: Some(local),
            });
        }
        let table = target.table.clone().ok_or(Failure::NoTable)?;
        let access = access::to(target).await?;
        Ok(Self {
            client: access.aws.dynamodb(target.endpoint.as_deref()),
            table,
            access,
            keys: KeysPlace::of(target),
            local: None,
        })
    }

    /// Where a change of the table is put on record.
    ///
    /// # Errors
    /// Nowhere: nothing may be changed then.
    pub fn audit(&self, cli: &Cli) -> Result<Audit, Failure> {
        Audit::open(cli, &self.access.operator, &self.table)
    }

    /// The store on the table.
    pub fn store(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), self.table.clone())
    }

    /// The keys.
    ///
    /// # Errors
    /// None are named, or they cannot be read.
    pub async fn ring(&self) -> Result<Arc<KeyRing>, Failure> {
        self.keys.as_ref().ok_or(Failure::NoKeys)?.read(&self.access.aws).await
    }

    /// The settings that the functions on this table are taken to have.
    ///
    /// # Errors
    /// The file of settings cannot be read.
    pub fn settings(&self, arguments: &SettingsArgs) -> Result<Settings, Failure> {
        let served = self.local.as_ref().map(|local| local.settings.clone()).unwrap_or_default();
        Settings::read(arguments, served)
    }
}

/// The document that holds the keys, for commands that need no table.
///
/// # Errors
/// None is named, or it cannot be read.
pub async fn vault(cli: &Cli) -> Result<Vault, Failure> {
    if let Some(port) = cli.target.local {
        let file = LocalServer::on(port).await?.keys_file;
        return Vault::read(&KeysPlace::File(file), access::on_this_machine()?).await;
    }
    match KeysPlace::of(&cli.target).ok_or(Failure::NoKeys)? {
        place @ KeysPlace::File(_) => Vault::read(&place, access::on_this_machine()?).await,
        place @ KeysPlace::Secret(_) => Vault::read(&place, access::to(&cli.target).await?).await,
    }
}

/// Access to the services beside the table, for commands that need no table.
///
/// # Errors
/// No region, no credentials, or a CA bundle that cannot be read.
pub async fn access(cli: &Cli) -> Result<Aws, Failure> {
    Ok(access::to(&cli.target).await?.aws)
}

/// The time to look from.
pub fn now(cli: &Cli) -> Timestamp {
    cli.output.now.unwrap_or_else(|| SystemClock.now())
}
