//! The last change that was made durable, beside the database: what a log that ends too early would not tell.
//!
//! SQLite takes the first frame of its log that makes no sense for the log's end, as it must after a power cut. A log that
//! was damaged later ends there too, and what followed is gone without a word. The mark is written after each commit
//! and not synced: it may be behind after a power cut, and is never ahead of an undamaged journal.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::rows::seal;
use super::{Error, file};

/// The open mark of a journal.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
}

impl Mark {
    /// The mark of the journal at `path`, and what it says; none where there was none, or it makes no sense.
    pub fn open(path: &Path) -> Result<(Self, Option<i64>), Error> {
        let beside = file::beside(path, ENDING);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(file::FILE_MODE);
        let file = options.open(&beside).map_err(file::at(&beside))?;
        let last = read(&file);
        Ok((Self { file }, last))
    }

    /// What the mark of the journal at `path` says.
    pub fn read(path: &Path) -> Option<i64> {
        File::open(file::beside(path, ENDING)).ok().as_ref().and_then(read)
    }

    /// This change is durable. A mark that cannot be written takes nothing from what the journal promises.
    pub fn set(&self, last: i64) {
        let sealed = [last.to_le_bytes(), seal([last.to_le_bytes().as_slice()]).to_le_bytes()].concat();
        if let Err(error) = self.file.write_all_at(&sealed, 0) {
            tracing::warn!(%error, "the journal's mark cannot be written");
        }
    }
}

/// Whether there is one beside the journal at `path`: there was a journal then.
pub(super) fn is_there(path: &Path) -> bool {
    std::fs::metadata(file::beside(path, ENDING)).is_ok_and(|mark| mark.len() > 0)
}

fn read(file: &File) -> Option<i64> {
    let mut bytes = [0; LENGTH];
    file.read_exact_at(&mut bytes, 0).ok()?;
    let (last, sealed) = bytes.split_at(size_of::<i64>());
    let whole = |part: &[u8]| part.try_into().map(i64::from_le_bytes).ok();
    let last = whole(last)?;
    (whole(sealed)? == seal([last.to_le_bytes().as_slice()])).then_some(last)
}

pub(super) const ENDING: &str = ".mark";

/// The change and its seal.
const LENGTH: usize = 16;
