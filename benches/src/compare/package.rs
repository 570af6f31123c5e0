//! How large the zip is that is uploaded.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::start::StartError;

/// Bytes of a zip for each file in it, beside its content and twice its name: local header and central directory.
const FILE: u64 = 30 + 46;
/// Bytes of its end.
const END: u64 = 22;

/// The zip of a file, or of a directory without the files that Python compiles for itself.
///
/// # Errors
/// Something cannot be read.
pub fn zip_of(path: &Path) -> Result<u64, StartError> {
    Ok(END + entries(path, 0)?)
}

fn entries(path: &Path, depth: u64) -> Result<u64, StartError> {
    let read = || StartError::io(path.display().to_string());
    let name = path.file_name().unwrap_or_default();
    if name == "__pycache__" {
        return Ok(0);
    }
    let length = depth + name.len() as u64;
    if !path.is_dir() {
        return Ok(FILE + 2 * length + deflated(&fs::read(path).map_err(read())?)?);
    }
    let mut bytes = 0;
    for entry in fs::read_dir(path).map_err(read())? {
        bytes += entries(&entry.map_err(read())?.path(), length + 1)?;
    }
    Ok(bytes)
}

fn deflated(content: &[u8]) -> Result<u64, StartError> {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::default());
    let bytes = deflated.write_all(content).and_then(|()| deflated.finish()).map_err(StartError::io("deflate"))?;
    Ok(bytes.len() as u64)
}
