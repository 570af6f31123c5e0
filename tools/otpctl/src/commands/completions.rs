//! `completions`: what the shell has to know.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::console;
use crate::failure::Failure;

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  otpctl completions bash > ~/.local/share/bash-completion/completions/otpctl
  otpctl completions zsh > ~/.zfunc/_otpctl
  otpctl completions fish > ~/.config/fish/completions/otpctl.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints them.
///
/// # Errors
/// None.
pub fn run(arguments: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "otpctl", &mut script);
    console::say(&String::from_utf8_lossy(&script));
    Ok(())
}
