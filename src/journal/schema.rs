//! The database: how it is opened, checked and brought up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Damage, Error, Trouble, mark};

/// Opens the database at `path`, which must be there, so that a commit is durable when it returns. Closing it leaves
/// the log as it was found until [`trust`] is called: a damaged journal is set aside untouched.
pub(super) fn connect(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.busy_timeout(BUSY_MAX)?;
    is_journal(&connection, path)?;
    tune(&connection)?;
    Ok(connection)
}

/// Opens the database at `path` to read beside the station that writes it. Nothing is changed.
pub(super) fn connect_to_read(path: &Path) -> Result<Connection, Trouble> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.busy_timeout(BUSY_MAX)?;
    is_journal(&connection, path)?;
    Ok(connection)
}

/// The schema that the database has.
pub(super) fn version(connection: &Connection) -> Result<usize, Trouble> {
    Ok(connection.pragma_query_one::<u32>(None, "user_version")? as usize)
}

/// The newest schema that this version knows.
pub(super) const VERSION: usize = MIGRATIONS.len();

fn is_journal(connection: &Connection, path: &Path) -> Result<(), Trouble> {
    if connection.pragma_query_one::<i32>(None, "application_id")? == APPLICATION_ID {
        return Ok(());
    }
    if mark::is_there(path) {
        return Err(Damage::Structure("it does not say that it is a journal".to_owned()).into());
    }
    Err(Error::NotAJournal { path: path.into() }.into())
}

/// Makes a database of the newest schema in the empty file at `path`, with what `fill` puts into it.
pub(super) fn begin(
    path: &Path,
    fill: impl FnOnce(&mut Connection) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    tune(&connection)?;
    migrate(&mut connection)?;
    fill(&mut connection)?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Checks the structure of the whole file.
pub(super) fn check(connection: &Connection) -> Result<(), Trouble> {
    let found: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Damage::Structure(found).into()) }
}

/// Brings the schema up to date. A schema of a newer version is left as it is: newer versions only add.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    let version: u32 = connection.pragma_query_one(None, "user_version")?;
    let missing = MIGRATIONS.get(version as usize..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    Ok(transaction.commit()?)
}

/// Brings the whole log into the database, synced, and empties it.
pub(super) fn begin_log_anew(connection: &Connection) -> Result<(), Trouble> {
    let is_blocked: bool = connection.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
    if is_blocked {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(Trouble::Sqlite(rusqlite::Error::SqliteFailure(busy, None)));
    }
    Ok(())
}

/// Lets the log be brought into the database when this connection closes: the journal has been found whole.
pub(super) fn trust(connection: &Connection) -> Result<(), Trouble> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

fn tune(connection: &Connection) -> Result<(), Trouble> {
    let mode: String = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Damage::Structure(format!("journal mode {mode}")).into());
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    Ok(())
}

/// "ORDK", so that no other program's database is taken for a journal (SQLite file format, 1.3.16).
const APPLICATION_ID: i32 = 0x4f52_444b;

/// A kiosk has little memory, and next to nothing is read twice. Negative: in KiB (sqlite.org/pragma.html).
pub(super) const CACHE_KIB: i32 = -256;

/// Some 40 commits: a log that grows long is what makes the slowest commits (`findings.md`, Journal).
const LOG_PAGES: i32 = 128;

/// Only someone reading the journal beside us can be in the way, for as long as a read takes.
const BUSY_MAX: Duration = Duration::from_secs(2);

/// Each brings the schema from its index to the next. Frozen once released; only adds (a column with a default, a
/// table), because the version before has to work on it: it writes the columns it knows and leaves the others.
///
/// The tables of records have one shape. `key` names a record, `seq` is an intent's place, `at` is what retention counts
/// from, `is_open` tells what is never forgotten, `body` is the record as JSON, `seal` vouches for all of these.
const MIGRATIONS: [&str; 2] = [
    "
    create table intents (
        key      text    not null primary key, -- the intent's id
        order_id text    not null,
        seq      integer not null,
        at       integer not null,             -- captured, microseconds since 1970
        is_open  integer not null,
        body     text    not null,
        seal     integer not null
    ) strict, without rowid;
    create table jobs (
        key      text    not null primary key, -- the id of its intent
        order_id text    not null,
        seq      integer not null,             -- 0
        at       integer not null,             -- queued
        is_open  integer not null,
        body     text    not null,
        seal     integer not null
    ) strict, without rowid;
    create table facts (
        key      text    not null primary key, -- order id and kind, of a second label its station
        order_id text    not null,
        seq      integer not null,             -- 0
        at       integer not null,             -- since when
        is_open  integer not null,             -- 1 for a second label that nobody has seen to
        body     text    not null,
        seal     integer not null
    ) strict, without rowid;
",
    "
    create table changes (
        id     integer primary key,   -- counts the changes of this journal, from 1
        record text    not null,      -- the table of the record
        key    text    not null,      -- the record
        at     integer not null,      -- microseconds since 1970
        body   text    not null,      -- as JSON: of a new record all, later what changed in it
        seal   integer not null
    ) strict;
    create table notices (
        key      text    not null primary key, -- where the damaged file is
        order_id text    not null,             -- empty
        seq      integer not null,             -- 0
        at       integer not null,             -- found
        is_open  integer not null,             -- 1 until a person has put it away
        body     text    not null,
        seal     integer not null
    ) strict, without rowid;
",
];
