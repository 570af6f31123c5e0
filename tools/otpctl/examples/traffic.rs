//! A scripted hour of traffic through the real service, and its log: `make report`.
//!
//! The arguments are the file of the log, and how many hours it should be (1).
#![allow(clippy::print_stderr, reason = "it is a program")]

use std::error::Error;
use std::fs::File;

use otp_auth::testing::embedded::Embedded;
use otp_auth::testing::traffic::Traffic;

/// The same traffic each time.
const SEED: u64 = 8;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let hours = arguments.next().map_or(Ok(1), |hours| hours.parse())?;
    let embedded = Embedded::start(None).await?;
    let did = Traffic::new(&embedded, (hours, 100), SEED)?.run(File::create(&file)?).await;
    let requests: u64 = did.requests.values().sum();
    eprintln!("{requests} requests in {hours} h of traffic; the log is in {file}.");
    if did.unexpected.is_empty() { Ok(()) } else { Err(did.unexpected.join("\n").into()) }
}
