//! What each alarm is for, made to happen: the real handlers on failing or slow parts, by a clock that this program moves. Writes the
//! log lines of each scenario to a file of its own; `make game-day` judges them by the alarms of `template.yaml`.

use std::error::Error;
use std::fs::{File, create_dir_all};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use otp_auth::telemetry;
use tracing::Level;

mod parts;
mod scenarios;
mod world;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/game-day".to_owned()));
    create_dir_all(&folder)?;
    for name in scenarios::NAMES {
        let setup = world::setup()?;
        let file = Mutex::new(File::create(folder.join(name).with_extension("jsonl"))?);
        let lines = telemetry::subscriber(Level::INFO, file, Arc::clone(&setup.clock) as _);
        let _until_the_next = tracing::subscriber::set_default(lines);
        scenarios::play(name, setup).await;
    }
    Ok(())
}
