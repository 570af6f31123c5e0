//! `otpctl`: what an operator asks the table, and tells it.

use std::process::ExitCode;

use clap::Parser;

use cli::Cli;

mod audit;
mod cli;
mod commands;
mod confirm;
mod connection;
mod console;
mod failure;
mod render;
mod scan;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(&cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}
