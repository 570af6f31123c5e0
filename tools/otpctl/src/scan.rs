//! A scan of the table, with its progress on standard error.

use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::types::AttributeValue;
use indicatif::{ProgressBar, ProgressStyle};
use otp_auth::adapters::dynamodb;
use otp_auth::domain::ledger::Ledger;
use otp_auth::domain::time::Timestamp;

use crate::connection::Connection;
use crate::failure::Failure;

/// What a scan for identifiers found.
#[derive(Default)]
pub struct Found {
    /// The items, by their key.
    pub ledgers: Vec<(String, Ledger)>,
    /// The keys of items that are out of shape.
    pub damaged: Vec<String>,
}

/// Every identifier's item. Reads each item of the table once, eventually consistent.
///
/// # Errors
/// The table does not answer, or refuses.
pub async fn ledgers(connection: &Connection, now: Timestamp) -> Result<Found, Failure> {
    let mut found = Found::default();
    pages(connection, "I#", |page| {
        for item in page.items() {
            let Some(key) = item.get("pk").and_then(|key| key.as_s().ok()) else { continue };
            match dynamodb::ledger_of(item, now) {
                Ok(ledger) => found.ledgers.push((key.clone(), ledger)),
                Err(_) => found.damaged.push(key.clone()),
            }
        }
    })
    .await?;
    Ok(found)
}

/// Every page of the items whose key starts with `prefix`.
async fn pages(connection: &Connection, prefix: &str, mut each: impl FnMut(&ScanOutput)) -> Result<(), Failure> {
    let progress = progress(connection).await;
    let scan = connection.client.scan().table_name(&connection.table).filter_expression("begins_with(pk, :prefix)");
    let mut pages = scan.expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned())).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| dynamodb::to_store_error(&error))?;
        progress.inc(u64::try_from(page.scanned_count()).unwrap_or(0));
        each(&page);
    }
    progress.finish_and_clear();
    Ok(())
}

/// A bar as long as the table was when DynamoDB last counted (it does every six hours); nothing where nobody watches.
pub async fn progress(connection: &Connection) -> ProgressBar {
    let table = connection.client.describe_table().table_name(&connection.table).send().await;
    let items = table.ok().and_then(|table| table.table?.item_count).and_then(|count| u64::try_from(count).ok());
    let style = ProgressStyle::with_template("{wide_bar} {pos} of about {len} items").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(items.unwrap_or(0)).with_style(style)
}
