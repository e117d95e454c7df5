//! The journal's files: made for this account only, locked, and set aside whole.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Damage, Error, Trouble, schema};
use crate::order::Timestamp;

/// Takes the journal at `path` for this process, making its folder where there is none. The kernel lets go of it when
/// the process ends, by a kill too.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let folder = folder(path);
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder).map_err(at(folder))?;
    let beside = beside(path, ".lock");
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(FILE_MODE);
    let mut file = options.open(&beside).map_err(at(&beside))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(at(&beside))?;
            return Err(Error::InUse { path: path.into(), by: holder.trim().parse().ok() });
        }
        Err(TryLockError::Error(source)) => return Err(Error::File { path: beside, source }),
    }
    file.set_len(0).map_err(at(&beside))?;
    file.write_all(std::process::id().to_string().as_bytes()).map_err(at(&beside))?;
    Ok(file)
}

/// Sees to it that there is a journal at `path`, for this account only. A new one gets its name only when it is
/// whole: so a file that is empty was not always so.
pub(super) fn prepare(path: &Path) -> Result<(), Trouble> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => return Err(Damage::Emptied.into()),
        Ok(_) => {
            for ending in ENDINGS {
                let file = beside(path, ending);
                where_there_is_one(&file, fs::set_permissions(&file, Permissions::from_mode(FILE_MODE)))?;
            }
            return Ok(());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(path)(error).into()),
    }
    if fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0) {
        return Err(Damage::Emptied.into());
    }
    create(path)
}

/// Moves the damaged files of `path` out of the way, unchanged, and gives the database's new name.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, Error> {
    let aside = beside(path, &format!(".corrupt-{}", now.to_string().replace(':', "-")));
    // The database first: were its log moved and it not, it would look whole without it.
    for ending in ENDINGS {
        let from = beside(path, ending);
        where_there_is_one(&from, fs::rename(&from, beside(&aside, ending)))?;
    }
    sync_folder(path)?;
    Ok(aside)
}

fn create(path: &Path) -> Result<(), Trouble> {
    let unnamed = beside(path, ".new");
    for ending in ENDINGS {
        let left_over = beside(&unnamed, ending);
        where_there_is_one(&left_over, fs::remove_file(&left_over))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    let file = options.open(&unnamed).map_err(at(&unnamed))?;
    schema::begin(&unnamed)?;
    file.sync_all().map_err(at(&unnamed))?;
    fs::rename(&unnamed, path).map_err(at(path))?;
    sync_folder(path)?;
    tracing::info!(path = %path.display(), "a new journal begins");
    Ok(())
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = folder(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn where_there_is_one(file: &Path, done: io::Result<()>) -> Result<(), Error> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    |source| Error::File { path, source }
}

/// The database, its log and the log's index (SQLite, "Temporary Files", 2.2 and 2.3).
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// Who ordered what, who scanned what: for the station's account only.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
