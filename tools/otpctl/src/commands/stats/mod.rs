//! `stats`: sends and successes of a period, from the daily counters that the functions write.

mod draw;
mod period;
mod summary;

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use otp_auth::adapters::dynamodb::DynamoStore;
use otp_auth::ports::guard::{DestinationDay, GuardStore, MAIL};
use otp_auth::ports::store::StoreError;

use crate::cli::Cli;
use crate::connection::{self, Connection};
use crate::failure::Failure;
use crate::render::view::show;
use period::Period;
use summary::Summary;

/// Show sends, successes and conversion by channel, provider and country, and when they happen
///
/// Reads the daily counters that the functions keep for 100 days; people's items are not read. It costs half a read unit for each
/// day, and for each day and destination (a country, or mail): 30 days with 4 countries and mail are 90 read units, in 6 requests.
///
/// Days and hours are those of UTC. Conversion is right codes per message; a resend is a message too. A right code counts on the
/// day on which its message was sent.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl --local stats                                    the last 7 days, today included
  otpctl --local stats --days 30
  otpctl --local stats --from 2026-11-01 --to 2026-11-15 --json")]
pub struct StatsArgs {
    /// This many days, today included
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=100))]
    #[arg(conflicts_with_all = ["from", "to"])]
    days: u64,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The last day; today when it is not named
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<String>,
}

/// Shows them.
///
/// # Errors
/// The period is none, or the table does not answer.
pub async fn run(cli: &Cli, arguments: &StatsArgs) -> Result<(), Failure> {
    let period = Period::of(arguments.days, arguments.from.as_deref(), arguments.to.as_deref(), connection::now(cli))?;
    let connection = Connection::open(cli).await?;
    let store = connection.store();
    let days = store.days(&period.days()).await?;
    let mut countries: BTreeSet<&str> = days.values().flat_map(|day| day.countries.iter().map(String::as_str)).collect();
    countries.insert(MAIL);
    let destinations = read(&store, &countries, &period).await?;
    show(&Summary::new(&period, &days, &destinations), &cli.output)
}

async fn read(
    store: &DynamoStore,
    names: &BTreeSet<&str>,
    period: &Period,
) -> Result<BTreeMap<String, Vec<DestinationDay>>, StoreError> {
    let mut destinations = BTreeMap::new();
    for name in names {
        destinations.insert((*name).to_owned(), store.destination_days(name, &period.days()).await?);
    }
    Ok(destinations)
}
