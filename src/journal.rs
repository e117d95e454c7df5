//! The local journal: SQLite, one writer on its own thread. What it says is durable is durable; what it cannot vouch
//! for it never passes over in silence.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use thiserror::Error;

use crate::order::Timestamp;
use crate::station::{Kept, Record, StoreFault};

mod copy;
mod diary;
mod file;
mod history;
mod mark;
mod memory;
mod newer;
mod pages;
mod reader;
mod rows;
mod salvage;
mod schema;
mod writer;

use mark::Mark;
use rows::{Doubt, Row};

pub use copy::Recalled;
pub use diary::{Life, lives};
pub use memory::{Memory, remember};
pub use reader::{Checked, Contents, Reader, Step, Unknown};
pub use writer::{Done, Writer, spawn};

/// `[journal]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The database file; its write-ahead log, its lock, its mark and what is set aside lie beside it.
    pub path: PathBuf,
    /// How long closed intents, finished jobs and facts are kept.
    pub retention: Duration,
}

/// The open journal of this station; no other process has it open for writing.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// None after a failed write, until it could be opened anew.
    connection: Option<Connection>,
    /// What the rows of a failed write were before it: it may have left them changed.
    doubts: Vec<Doubt>,
    /// The last change that is durable.
    last: i64,
    mark: Mark,
    /// Held by the kernel until this process ends, however it does. Released after the connection is closed.
    _lock: File,
}

impl Journal {
    /// Opens the journal, or begins one where there is none, and gives what it kept. Checks the whole file and every
    /// record's seal first, and forgets what is older than the retention. A damaged one is set aside whole, and what can
    /// be read of it is in a fresh one, with a notice that stays until a person has put it away.
    ///
    /// # Errors
    /// None of them changes anything, but for [`Error::Corrupt`]: the damaged files are set aside, and starting again
    /// goes on with what can be read of them.
    pub fn open(config: &Config) -> Result<(Self, Kept), Error> {
        assert!(rusqlite::version_number() >= SQLITE_MIN, "linked against a SQLite that can corrupt a WAL");
        let path = &config.path;
        let lock = file::lock(path)?;
        salvage::go_on(path)?;
        let loaded = match load(config) {
            Err(Trouble::Damaged(source)) => {
                tracing::error!(path = %path.display(), %source, "journal damaged");
                salvage::salvage(path)?;
                load(config)
            }
            loaded => loaded,
        };
        let Loaded { connection, mark, last, kept } = loaded.map_err(|trouble| trouble.at(path))?;
        for notice in &kept.notices {
            tracing::error!(
                set_aside = &*notice.set_aside,
                saved = notice.saved,
                "a damaged journal was set aside, and nobody has put the notice of it away yet"
            );
        }
        tracing::info!(open = kept.intents.len(), last_seq = kept.last_seq, "journal open");
        let journal = Self {
            path: path.clone(),
            connection: Some(connection),
            doubts: Vec::new(),
            last,
            mark,
            _lock: lock,
        };
        Ok((journal, kept))
    }

    /// Makes `records` durable, all or none, with what changed in them at `at`: when it returns `Ok`, they survive a power
    /// cut. After a failure the database is closed and opened anew, and nothing is taken before that has worked.
    pub fn write(&mut self, at: Timestamp, records: &[Record]) -> Result<(), StoreFault> {
        let rows: Vec<Row> = records.iter().map(Row::of).collect();
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen().map_err(|trouble| fault(&trouble))?,
        };
        match rows::commit(&mut connection, at, &rows, self.last, &mut self.doubts) {
            Ok(last) => {
                self.doubts.clear();
                self.last = last;
                self.mark.set(last);
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "journal write failed");
                drop(connection);
                match self.reopen() {
                    Ok(connection) => self.connection = Some(connection),
                    Err(error) => tracing::error!(%error, "journal cannot be opened anew"),
                }
                Err(fault(&error))
            }
        }
    }

    /// Whether the journal can be read, found out by reading it.
    pub fn is_readable(&self) -> bool {
        let Some(connection) = &self.connection else { return false };
        let read = connection.query_row("select count(*) from intents where is_open", [], |row| row.get(0));
        read.inspect_err(|error| tracing::error!(%error, "journal cannot be read")).map(|_: i64| ()).is_ok()
    }

    /// Opens the database again after a failure. A failed sync may have left pages that look written and are not: so
    /// all that the log holds is first brought into the database and synced, and the log begun anew.
    fn reopen(&mut self) -> Result<Connection, Trouble> {
        let mut connection = schema::connect(&self.path)?;
        schema::check(&connection)?;
        rows::settle(&mut connection, &self.doubts, self.last)?;
        schema::begin_log_anew(&connection)?;
        schema::trust(&connection)?;
        self.doubts.clear();
        tracing::info!("journal opened anew");
        Ok(connection)
    }
}

/// An undamaged journal, and what it kept.
struct Loaded {
    connection: Connection,
    mark: Mark,
    last: i64,
    kept: Kept,
}

fn load(config: &Config) -> Result<Loaded, Trouble> {
    let path = &config.path;
    file::prepare(path)?;
    let mut connection = schema::connect(path)?;
    schema::check(&connection)?;
    schema::migrate(&mut connection)?;
    let (mark, marked) = Mark::open(path)?;
    let last = history::last(&connection)?;
    if let Some(marked) = marked.filter(|marked| *marked > last) {
        return Err(Damage::CutShort { lost: marked - last }.into());
    }
    history::each(&connection, None, |_| ())?;
    let oldest = rows::newest(&connection)?.min(now()).minus(config.retention);
    let kept = rows::load(&connection, oldest)?;
    rows::forget(&mut connection, oldest)?;
    schema::trust(&connection)?;
    mark.set(last);
    Ok(Loaded { connection, mark, last, kept })
}

/// Why there is no journal to work with. Each says what is to be done next.
#[derive(Debug, Error)]
pub enum Error {
    /// Another process works with it: end that one first.
    #[error("the journal {} is in use by {}: end that one first", path.display(),
        by.map_or_else(|| "another process".into(), |id| format!("process {id}")))]
    InUse {
        /// The journal.
        path: PathBuf,
        /// The process, where it could be told.
        by: Option<u32>,
    },
    /// The journal is damaged, and so is what was made of it: the disk is at fault. Change it; the damaged files stand
    /// beside the journal.
    #[error("the journal {} is damaged, and what was saved of it too", path.display())]
    Corrupt {
        /// The journal.
        path: PathBuf,
        /// What was found.
        source: Damage,
    },
    /// The journal is damaged, found out by reading it: the station's next start salvages it.
    #[error("the journal {} is damaged", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What was found.
        source: Damage,
    },
    /// The file is a database of some other program: name another path.
    #[error("{} is a database, but no journal of a station: nothing was touched, name another path", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be made, read or changed: mend its rights or the disk.
    #[error("the journal's file {} cannot be used", path.display())]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// SQLite cannot work with the file, undamaged as far as known: mend its rights or the disk.
    #[error("the journal {} cannot be opened", path.display())]
    Sqlite {
        /// The journal.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

/// How a journal is damaged.
#[derive(Debug, Error)]
pub enum Damage {
    /// SQLite finds that it is no database, or a broken one.
    #[error("SQLite cannot read it")]
    Sqlite(#[from] rusqlite::Error),
    /// SQLite's own check of the file's structure fails.
    #[error("its structure is broken: {0}")]
    Structure(String),
    /// A record is not what was written.
    #[error("a record in {table} is not what was written")]
    Seal {
        /// Where.
        table: &'static str,
    },
    /// The database file is empty or gone, and was not.
    #[error("its database file is empty or gone")]
    Emptied,
    /// Changes that were durable are not there any more.
    #[error("its last {lost} changes are gone")]
    CutShort {
        /// How many.
        lost: i64,
    },
}

/// What can go wrong between opening and working, before it is known what to do about it.
#[derive(Debug, Error)]
enum Trouble {
    #[error(transparent)]
    Damaged(Damage),
    #[error(transparent)]
    Other(#[from] Error),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    /// What the system refuses says nothing of the file; anything else that goes wrong in reading a journal of one's
    /// own is damage.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(
                Code::SystemIoFailure
                | Code::DiskFull
                | Code::CannotOpen
                | Code::PermissionDenied
                | Code::ReadOnly
                | Code::DatabaseBusy
                | Code::DatabaseLocked
                | Code::FileLockingProtocolFailed
                | Code::OutOfMemory,
            ) => Self::Sqlite(error),
            _ => Self::Damaged(Damage::Sqlite(error)),
        }
    }
}

impl Trouble {
    /// What a command is told that only reads the file at `path`.
    fn read_at(self, path: &Path) -> Error {
        match self {
            Self::Damaged(source) => Error::Damaged { path: path.into(), source },
            other => other.at(path),
        }
    }

    /// What is told of trouble with the file at `path`.
    fn at(self, path: &Path) -> Error {
        match self {
            Self::Damaged(source) => Error::Corrupt { path: path.into(), source },
            Self::Other(error) => error,
            Self::Sqlite(source) => Error::Sqlite { path: path.into(), source },
        }
    }
}

impl From<Damage> for Trouble {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

fn fault(trouble: &Trouble) -> StoreFault {
    match trouble {
        Trouble::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => {
            StoreFault::Full
        }
        other => StoreFault::Broken(other.to_string().into()),
    }
}

fn now() -> Timestamp {
    let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}

/// 3.51.3: all before it, from 3.7.0, can corrupt a write-ahead log that is reset (`findings.md`, Journal).
const SQLITE_MIN: i32 = 3_051_003;

#[cfg(test)]
mod tests;
