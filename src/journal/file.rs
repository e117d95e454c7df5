//! The journal's files: made for this account only, locked, and set aside whole.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Damage, Error, Trouble, mark, schema};
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
    if fs::metadata(beside(path, "-wal")).is_ok_and(|log| log.len() > 0) || mark::is_there(path) {
        return Err(Damage::Emptied.into());
    }
    create(path, |_| Ok(()))
}

/// Moves the damaged files of `path` out of the way, unchanged, and gives the database's new name. Until
/// [`set_aside_is_done`] is told, [`being_set_aside`] gives that name, however this process ends.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, Error> {
    let aside = beside(path, &format!(".corrupt-{}", now.to_string().replace(':', "-")));
    let note = beside(path, NOTE);
    let name = aside.file_name().unwrap_or_default().as_encoded_bytes();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(FILE_MODE);
    let mut file = options.open(&note).map_err(at(&note))?;
    file.write_all(name).and_then(|()| file.sync_all()).map_err(at(&note))?;
    sync_folder(path)?;
    move_aside(path, &aside)?;
    Ok(aside)
}

/// Where damaged files were being moved to when the process before this one ended; what was not moved yet is.
pub(super) fn being_set_aside(path: &Path) -> Result<Option<PathBuf>, Error> {
    let note = beside(path, NOTE);
    let name = match fs::read(&note) {
        Ok(name) => name,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(&note)(error)),
    };
    let name = String::from_utf8_lossy(&name);
    // Cut off before it was whole: nothing was moved yet.
    if name.len() < path.file_name().map_or(0, OsStr::len) + ".corrupt-2026-01-01T00-00-00.000Z".len() {
        set_aside_is_done(path)?;
        return Ok(None);
    }
    let aside = folder(path).join(&*name);
    // A journal beside the files that were moved is the salvaged one: only the note was left to be removed.
    if aside.exists() && path.exists() {
        set_aside_is_done(path)?;
        return Ok(None);
    }
    move_aside(path, &aside)?;
    Ok(Some(aside))
}

/// There is a journal at `path` again that knows of the files that were set aside.
pub(super) fn set_aside_is_done(path: &Path) -> Result<(), Error> {
    let note = beside(path, NOTE);
    where_there_is_one(&note, fs::remove_file(&note))?;
    sync_folder(path)
}

fn move_aside(path: &Path, aside: &Path) -> Result<(), Error> {
    // The database last: while it stands at its place, it is not the salvaged one.
    for ending in ENDINGS.iter().rev() {
        let from = beside(path, ending);
        where_there_is_one(&from, fs::rename(&from, beside(aside, ending)))?;
    }
    sync_folder(path)
}

/// Makes a journal at `path`, with what `fill` puts into it.
pub(super) fn create(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let unnamed = beside(path, ".new");
    for ending in ENDINGS {
        let left_over = beside(&unnamed, ending);
        where_there_is_one(&left_over, fs::remove_file(&left_over))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(FILE_MODE);
    let begun = options.open(&unnamed).map_err(at(&unnamed))?;
    schema::begin(&unnamed, fill)?;
    begun.sync_all().map_err(at(&unnamed))?;
    fs::rename(&unnamed, path).map_err(at(path))?;
    sync_folder(path)?;
    tracing::info!(path = %path.display(), "a new journal begins");
    Ok(())
}

/// Sees to it that the file at `path`, and what lies beside it, is for this account only.
pub(super) fn make_private(path: &Path) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(FILE_MODE);
    options.open(path).map_err(at(path))?;
    for ending in ["", "-wal", "-shm"] {
        let file = beside(path, ending);
        where_there_is_one(&file, fs::set_permissions(&file, Permissions::from_mode(FILE_MODE)))?;
    }
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

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
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

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    |source| Error::File { path, source }
}

/// The database, its log and the log's index (SQLite, "Temporary Files", 2.2 and 2.3), and the mark.
const ENDINGS: [&str; 4] = ["", "-wal", "-shm", mark::ENDING];

/// Holds where damaged files are being moved to.
const NOTE: &str = ".salvaging";

/// Who ordered what, who scanned what: for the station's account only.
pub(super) const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
