//! A folder as a printer: one file a label.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Why a file was not put.
#[derive(Debug)]
pub(in crate::printer) enum NotPut {
    /// It is not there.
    Absent(io::Error),
    /// It is there, but might not survive a power cut.
    Unsure(io::Error),
}

/// Puts a whole file of this name into `folder`: it appears at once and stays, or not at all.
pub(in crate::printer) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), NotPut> {
    let unfinished = folder.join(format!(".{name}.tmp"));
    let written = write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, folder.join(name)));
    if let Err(error) = written {
        if let Err(left) = fs::remove_file(&unfinished)
            && left.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %unfinished.display(), %left, "an unfinished label is left behind");
        }
        return Err(NotPut::Absent(error));
    }
    // The name itself is durable only when its folder is.
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(NotPut::Unsure)
}

/// Whether labels can be put into `folder`.
pub(in crate::printer) fn check(folder: &Path) -> io::Result<()> {
    match fs::metadata(folder)? {
        found if found.is_dir() => Ok(()),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
