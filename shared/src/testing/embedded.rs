//! An embedded DynamoDB (dynoxide) behind its real HTTP protocol.
#![cfg(feature = "testing")]

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::adapters::aws::{Aws, UnreadableTrust};
use crate::adapters::dynamodb::{DynamoStore, table};
use crate::config::AwsConfig;
use crate::ports::store::StoreError;

/// A running embedded DynamoDB with our table. Dropping it stops the server.
pub struct Embedded {
    address: SocketAddr,
    aws: Aws,
    _stop: oneshot::Sender<()>,
}

/// Why the embedded DynamoDB does not run.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The database file cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(String),
    /// No port could be had.
    #[error("no port for the embedded table: {0}")]
    Port(#[from] io::Error),
    /// The client cannot be made.
    #[error(transparent)]
    Client(#[from] UnreadableTrust),
    /// The table cannot be made.
    #[error(transparent)]
    Table(#[from] StoreError),
}

/// The name of the table.
pub const TABLE: &str = "otp-auth";

impl Embedded {
    /// Starts one on a free port of the loopback interface, in memory or in a file.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn start(file: Option<&str>) -> Result<Self, EmbeddedError> {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), file).await
    }

    /// The same on another interface: a container cannot reach the loopback one.
    ///
    /// # Errors
    /// [`EmbeddedError`].
    pub async fn start_on(host: IpAddr, file: Option<&str>) -> Result<Self, EmbeddedError> {
        let database =
            file.map_or_else(Database::memory, Database::new).map_err(|error| EmbeddedError::Database(error.to_string()))?;
        let listener = TcpListener::bind((host, 0)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            let _dropped = stopped.await;
        }));
        let embedded = Self { address, aws: patient()?, _stop: stop };
        table::create(&embedded.client(), TABLE).await?;
        Ok(embedded)
    }

    /// Where it listens.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client with the service's own settings.
    #[must_use]
    pub fn client(&self) -> aws_sdk_dynamodb::Client {
        self.aws.dynamodb(Some(&self.endpoint()))
    }

    /// The store on our table.
    #[must_use]
    pub fn store(&self) -> DynamoStore {
        self.store_at(&self.endpoint())
    }

    /// The same, by way of a server that stands in front of the table.
    #[must_use]
    pub fn store_at(&self, endpoint: &str) -> DynamoStore {
        DynamoStore::new(self.aws.dynamodb(Some(endpoint)), TABLE.to_owned())
    }
}

/// Credentials for endpoints on this machine, which check none.
#[must_use]
pub fn local_credentials() -> AwsConfig {
    AwsConfig {
        region: "eu-west-1".to_owned(),
        access_key_id: "local".to_owned(),
        secret_access_key: Zeroizing::new("local".to_owned()),
        session_token: None,
        ca_bundle: None,
    }
}

/// With time for a hundred requests at once on a machine that has other things to do. What a test waits for is an answer;
/// how long the functions wait is their own setting.
fn patient() -> Result<Aws, UnreadableTrust> {
    Ok(Aws::new(&local_credentials())?.with_store_limits(Duration::from_secs(60), Duration::from_secs(30)))
}
