//! The places that logs come from: files, standard input, plain or gzip, as lines or as an export of CloudWatch Logs.

mod document;
mod lines;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// Where standard input is meant.
const STANDARD_INPUT: &str = "-";
/// Bytes that tell what an input is.
const HEAD: usize = 4096;
/// The largest line that is read, in bytes: CloudWatch Logs takes events of up to 1 MiB.
const LONGEST: usize = 1 << 20;
/// What gzip starts with (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Takes what was found, one text a log event.
pub type Take<'a> = dyn FnMut(Found<'_>) + 'a;

/// What stands in an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A log event: a line, or an event of an export.
    Event(&'a str),
    /// What cannot be one: too long, or broken off.
    Broken,
}

/// Reads an input to its end. Holds one event at a time.
///
/// # Errors
/// It cannot be read.
pub fn each(path: &Path, take: &mut Take<'_>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |error| (path.to_owned(), error);
    if path.as_os_str() == STANDARD_INPUT {
        return each_of(io::stdin().lock(), take).map_err(|error| (PathBuf::from("standard input"), error));
    }
    each_of(File::open(path).map_err(failed)?, take).map_err(failed)
}

fn each_of(input: impl Read, take: &mut Take<'_>) -> io::Result<()> {
    let (head, input) = peek(input)?;
    if head.starts_with(&GZIP) {
        let (head, input) = peek(MultiGzDecoder::new(input))?;
        return told_apart(&head, input, take);
    }
    told_apart(&head, input, take)
}

fn told_apart(head: &[u8], input: impl Read, take: &mut Take<'_>) -> io::Result<()> {
    let input = BufReader::new(input);
    if document::is_one(head) { document::each(input, take) } else { lines::each(input, take) }
}

/// The beginning, and all of it.
fn peek(mut input: impl Read) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(HEAD);
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(input)))
}
