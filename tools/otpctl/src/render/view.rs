//! A result: a document for programs, and text for people.

use serde::Serialize;

use crate::cli::OutputArgs;
use crate::console;
use crate::failure::Failure;

/// A result that can be shown both ways.
pub trait View: Serialize {
    /// For people.
    fn text(&self) -> String;
}

/// Shows it the way that was asked for.
///
/// # Errors
/// It cannot be written as JSON.
pub fn show(view: &impl View, output: &OutputArgs) -> Result<(), Failure> {
    let text = if output.json { serde_json::to_string_pretty(view)? } else { view.text() };
    console::say(&text);
    Ok(())
}
