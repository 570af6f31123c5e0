//! `table create`: the table of a DynamoDB on this machine.

use clap::{Args, Subcommand};
use otp_auth::adapters::dynamodb::table;
use serde::Serialize;

use crate::audit::Change;
use crate::cli::Cli;
use crate::confirm::confirm;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::render::view::{View, show};

/// The table itself, for local use
#[derive(Debug, Subcommand)]
pub enum TableCommand {
    Create(CreateArgs),
}

/// Make the table, as template.yaml does for a deployment
///
/// For a DynamoDB on this machine, named by --endpoint. A table that is there already is left as it is.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  otpctl table create --endpoint http://localhost:8001 --table otp-auth")]
pub struct CreateArgs {}

#[derive(Serialize)]
struct Created {
    table: String,
    created: bool,
}

impl View for Created {
    fn text(&self) -> String {
        let Self { table, created } = self;
        if *created { format!("The table {table} is there now.") } else { format!("The table {table} was there already.") }
    }
}

/// Makes the table.
///
/// # Errors
/// No endpoint is named, it does not answer, or it refuses.
pub async fn run(cli: &Cli, command: &TableCommand) -> Result<(), Failure> {
    let TableCommand::Create(CreateArgs {}) = command;
    if cli.target.local.is_none() && cli.target.endpoint.is_none() {
        return Err(Failure::Usage(
            "table create is for a DynamoDB on this machine: say --endpoint URL. On AWS the table comes from template.yaml.",
        ));
    }
    let connection = Connection::open(cli).await?;
    let mut audit = connection.audit(cli)?;
    confirm(&format!("Make the table {} unless it is there.", connection.table), cli.output.yes)?;
    let creating = async { Ok(table::create(&connection.client, &connection.table).await?) };
    let created = audit.of(Change::named("table.created"), creating, |created| *created).await?;
    show(&Created { table: connection.table, created }, &cli.output)
}
