//! The service on this machine: `dev-server` serves the API on an embedded table, `dev-server --stand-ins` only what the
//! functions need from AWS.

use std::process::ExitCode;

use failure::Failure;
use stop::Stop;

mod announce;
mod api;
mod console;
mod env_file;
mod failure;
mod keys;
mod listen;
mod outbox_page;
mod run;
mod settings;
mod stand_ins;
mod stop;
mod table_page;

const USAGE: &str = "\
dev-server               the API, with an embedded table and an outbox page
dev-server --stand-ins   stand-ins of AWS for the functions, and the outbox page

Settings are environment variables: docs/settings.md.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let ended = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => serve().await,
        ["--stand-ins"] => stand_in().await,
        ["--help" | "-h"] => {
            console::say(USAGE);
            Ok(())
        }
        _ => Err(Failure::Usage(USAGE)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

async fn serve() -> Result<(), Failure> {
    run::run(Stop::watch()?).await
}

async fn stand_in() -> Result<(), Failure> {
    stand_ins::run(Stop::watch()?).await
}
