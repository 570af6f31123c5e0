//! Every store against the same promises: the reference, the embedded DynamoDB, and any endpoint that is given.
//!
//! `DYNAMODB_ENDPOINT=http://localhost:8001 cargo test --test store` runs the suite there too (DynamoDB Local, or AWS with
//! credentials in the environment and `TABLE_NAME`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;

use otp_auth::adapters::aws::Aws;
use otp_auth::adapters::dynamodb::{DynamoStore, table};
use otp_auth::config::{self, AwsConfig};
use otp_auth::testing::embedded::{Embedded, local_credentials};
use otp_auth::testing::memory::{MemoryStore, RacyStore};
use otp_auth::testing::memory_directory::{MemoryDirectory, RacyDirectory};
use otp_auth::testing::memory_guard::{MemoryGuard, RacyGuard};
use otp_auth::testing::{conformance, directory, guard_conformance};

/// How often each race is run: one lucky order proves nothing.
const ROUNDS: usize = 20;

/// The same for races that begin with twenty transactions to prepare them.
const TRANSACTION_ROUNDS: usize = 5;

#[tokio::test]
async fn the_reference_keeps_every_promise() {
    let store = Arc::new(MemoryStore::default());
    conformance::challenges(Arc::clone(&store)).await.unwrap();
    conformance::claims(&*store).await.unwrap();
    guard_conformance::guard(Arc::new(MemoryGuard::default())).await.unwrap();
    directory::directory(Arc::new(MemoryDirectory::default())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_keeps_every_promise() {
    let embedded = Embedded::start(None).await.unwrap();
    let store = Arc::new(embedded.store());
    conformance::challenges(Arc::clone(&store)).await.unwrap();
    conformance::claims(&*store).await.unwrap();
    directory::directory(Arc::clone(&store)).await.unwrap();
    directory::administration(Arc::clone(&store)).await.unwrap();
    guard_conformance::guard(Arc::clone(&store)).await.unwrap();
    for _ in 0..TRANSACTION_ROUNDS {
        directory::parallel_creations_are_one(Arc::clone(&store)).await.unwrap();
        directory::parallel_links_are_one(Arc::clone(&store)).await.unwrap();
    }
    for _ in 0..ROUNDS {
        conformance::parallel_sends_are_one(Arc::clone(&store)).await.unwrap();
        conformance::parallel_wrong_guesses_are_counted(Arc::clone(&store)).await.unwrap();
        conformance::parallel_right_guesses_are_one(Arc::clone(&store)).await.unwrap();
        guard_conformance::parallel_sends_stay_within_an_address(Arc::clone(&store)).await.unwrap();
        guard_conformance::parallel_texts_stay_within_a_prefix(Arc::clone(&store)).await.unwrap();
        guard_conformance::parallel_texts_stay_within_a_country(Arc::clone(&store)).await.unwrap();
        guard_conformance::parallel_texts_stay_within_a_day(Arc::clone(&store)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_endpoint_keeps_every_promise() {
    let Some(endpoint) = config::environment("DYNAMODB_ENDPOINT").filter(|endpoint| !endpoint.is_empty()) else {
        println!("skipped: DYNAMODB_ENDPOINT is not set");
        return;
    };
    let credentials = AwsConfig::read(&config::environment).unwrap_or_else(|_| local_credentials());
    let client = Aws::new(&credentials).unwrap().dynamodb(Some(&endpoint));
    let name = config::environment("TABLE_NAME").unwrap_or_else(|| "otp-auth-conformance".to_owned());
    table::create(&client, &name).await.unwrap();
    let store = Arc::new(DynamoStore::new(client, name));
    conformance::challenges(Arc::clone(&store)).await.unwrap();
    conformance::claims(&*store).await.unwrap();
    directory::directory(Arc::clone(&store)).await.unwrap();
    directory::administration(Arc::clone(&store)).await.unwrap();
    guard_conformance::guard(store).await.unwrap();
}

/// The controls: a store that reads before it writes fails each race, so the races can fail. On one thread, where tasks take
/// turns in order, every one of them reads before the first one writes.
#[tokio::test]
async fn a_store_that_reads_before_it_writes_breaks_every_race() {
    let store = Arc::new(RacyStore::default());
    conformance::parallel_sends_are_one(Arc::clone(&store)).await.unwrap_err();
    conformance::parallel_wrong_guesses_are_counted(Arc::clone(&store)).await.unwrap_err();
    conformance::parallel_right_guesses_are_one(store).await.unwrap_err();
    let directory = Arc::new(RacyDirectory::default());
    directory::parallel_creations_are_one(Arc::clone(&directory)).await.unwrap_err();
    directory::parallel_links_are_one(directory).await.unwrap_err();
    let guard = Arc::new(RacyGuard::default());
    guard_conformance::parallel_sends_stay_within_an_address(Arc::clone(&guard)).await.unwrap_err();
    guard_conformance::parallel_texts_stay_within_a_prefix(Arc::clone(&guard)).await.unwrap_err();
    guard_conformance::parallel_texts_stay_within_a_country(Arc::clone(&guard)).await.unwrap_err();
    guard_conformance::parallel_texts_stay_within_a_day(guard).await.unwrap_err();
}
