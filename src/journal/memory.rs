//! What makes a station wiser and may be lost: its own copy of the orders, and a diary of what the engine was told. In a
//! file beside the journal, written by a thread of its own: neither ever delays an accepted scan, or endangers it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use super::diary::{Diary, ORDERS_A_PAGE, Told};
use super::schema::CACHE_KIB;
use super::{Config, Trouble, copy, file, now};
use crate::order::{Order, OrderId, Timestamp};
use crate::station::{Event, Settings};

/// Where the engine's facts are handed in. Dropping it writes what was handed in, and waits for that.
#[derive(Debug)]
pub struct Memory {
    /// Boxed: the queue has a place for each that it may ever hold.
    queue: Option<SyncSender<Box<(Duration, Event)>>>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

/// Opens what an earlier life remembered and gives it, or nothing, to `recalled`, once, on a thread of its own, which then writes what
/// [`Memory::keep`] is given. What cannot be read or written is begun anew, and said in the log.
pub fn remember(
    config: &Config,
    settings: &Settings,
    recalled: impl FnOnce(copy::Recalled) + Send + 'static,
) -> io::Result<Memory> {
    let (queue, handed) = sync_channel(QUEUE_MAX);
    let lost = Arc::new(AtomicU64::new(0));
    let thread = {
        let (config, settings, lost) = (config.clone(), settings.clone(), Arc::clone(&lost));
        std::thread::Builder::new().name("memory".into()).spawn(move || {
            if let Some(writing) = Writing::begin(&config, &settings, lost, recalled) {
                writing.work(&handed);
            }
        })?
    };
    Ok(Memory { queue: Some(queue), lost, thread: Some(thread) })
}

impl Memory {
    /// Keeps what the engine is told at `now`; never waits. Where the disk does not keep up, it is counted instead.
    pub fn keep(&self, now: Duration, event: &Event) {
        let handed = Box::new((now, event.clone()));
        let is_kept = self.queue.as_ref().is_some_and(|queue| queue.try_send(handed).is_ok());
        if !is_kept {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the memory's thread ended by a panic");
        }
    }
}

/// The thread's own.
struct Writing {
    connection: Connection,
    known: BTreeMap<OrderId, Arc<Order>>,
    diary: Diary,
    lost: Arc<AtomicU64>,
    is_failing: bool,
    /// Whether the copy on the disk may hold what `known` does not.
    is_stale: bool,
}

impl Writing {
    fn begin(
        config: &Config,
        settings: &Settings,
        lost: Arc<AtomicU64>,
        recalled: impl FnOnce(copy::Recalled),
    ) -> Option<Self> {
        let path = path(&config.path);
        let oldest = now().minus(config.retention);
        let open = || {
            let connection = connect(&path)?;
            let found = copy::load(&connection, oldest)?;
            Ok((connection, found))
        };
        let opened = open().or_else(|error: Trouble| {
            tracing::warn!(%error, "the station's memory cannot be read: it begins anew");
            for ending in ENDINGS {
                // What is not there need not go, and what cannot go shows when it is opened.
                fs::remove_file(file::beside(&path, ending)).ok();
            }
            open()
        });
        let untold = |error: &Trouble| tracing::warn!(%error, "nothing is remembered");
        let Ok((mut connection, found)) = opened.inspect_err(untold) else {
            recalled(copy::Recalled::default());
            return None;
        };
        let known: BTreeMap<_, _> = found.orders.iter().map(|order| (order.id, Arc::clone(order))).collect();
        recalled(found);
        let diary = Diary::begin(&mut connection, settings, &known, oldest).inspect_err(untold).ok()?;
        Some(Self { connection, known, diary, lost, is_failing: false, is_stale: false })
    }

    fn work(mut self, handed: &Receiver<Box<(Duration, Event)>>) {
        let mut flush_at: Option<Instant> = None;
        loop {
            let wait = flush_at.map_or(REST, |at| at.saturating_duration_since(Instant::now()));
            match handed.recv_timeout(wait) {
                Ok(handed) => {
                    let (now, event) = *handed;
                    let patience = if is_routine(&event) { REST } else { SOON };
                    let wanted = Instant::now() + patience;
                    flush_at = Some(flush_at.map_or(wanted, |at| at.min(wanted)));
                    self.take(now, event);
                }
                Err(RecvTimeoutError::Timeout) if flush_at.is_none() => {}
                Err(RecvTimeoutError::Timeout) => {
                    flush_at = None;
                    self.flush();
                }
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
            if self.diary.is_full() {
                self.flush();
            }
        }
    }

    fn take(&mut self, now: Duration, event: Event) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "the disk does not keep up: the diary has a gap");
            self.gap(now, lost);
        }
        let told = match event {
            Event::Refreshed { id, at, result: Ok(read) } => {
                let mut news = copy::News::of(&read, &self.known);
                let is_anew = std::mem::take(&mut self.is_stale);
                match copy::write(&mut self.connection, &news, at, is_anew) {
                    Ok(()) => {
                        news.apply(&mut self.known);
                        // Those that the engine holds, so that no order is held twice.
                        self.known.extend(read.orders.iter().map(|order| (order.id, Arc::clone(order))));
                    }
                    Err(error) => {
                        self.fail(&error);
                        return self.gap(now, 1);
                    }
                }
                if news.changed.len() > ORDERS_A_PAGE {
                    if let Err(error) = self.diary.know(&mut self.connection, &news.changed) {
                        self.fail(&error);
                    }
                    news.make_known();
                }
                Told::Queue { id, at, began_at: read.began_at, unreadable: read.unreadable, news }
            }
            Event::Listed { result: Ok(ref choices), .. } => {
                if let Err(error) = copy::write_choices(&self.connection, choices) {
                    self.fail(&error);
                }
                Told::Event(event)
            }
            Event::Recalled { at, read_at, choices, .. } => Told::Recalled { at, read_at, choices },
            event => Told::Event(event),
        };
        self.diary.note(now, &told);
    }

    /// What follows rests on nothing that was kept before: the next whole read is kept whole.
    fn gap(&mut self, now: Duration, lost: u64) {
        self.known.clear();
        self.is_stale = true;
        self.diary.note(now, &Told::Gap { lost });
    }

    fn flush(&mut self) {
        match self.diary.flush(&mut self.connection) {
            Ok(()) => self.is_failing = false,
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &Trouble) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::warn!(%error, "the station's memory cannot be written");
        }
    }
}

/// What comes every few seconds by itself.
fn is_routine(event: &Event) -> bool {
    matches!(
        event,
        Event::Refreshed { .. }
            | Event::Reported { .. }
            | Event::Listed { .. }
            | Event::Subscribed { .. }
            | Event::Hinted { .. }
            | Event::Unsubscribed { .. }
            | Event::Due { .. }
    )
}

/// Where the memory of the journal at `journal` lies.
pub(super) fn path(journal: &Path) -> PathBuf {
    file::beside(journal, ".memory")
}

/// Opens it to read beside the station that writes it.
pub(super) fn connect_to_read(journal: &Path) -> Result<Connection, Trouble> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path(journal), flags)?)
}

fn connect(path: &Path) -> Result<Connection, Trouble> {
    file::make_private(path)?;
    let connection = Connection::open(path)?;
    // A power cut may cost it: what it holds is read anew.
    connection.query_row("pragma journal_mode = wal", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES, |_| Ok(()))?;
    if connection.pragma_query_one::<i64>(None, "user_version")? != VERSION {
        connection
            .execute_batch(&format!("begin; {CLEAR} {SCHEMA} pragma user_version = {VERSION}; commit"))?;
    }
    Ok(connection)
}

/// When something was last written of the copy.
pub(super) fn read_at(connection: &Connection) -> Result<Option<Timestamp>, Trouble> {
    let mut statement = connection.prepare("select at from texts where name = 'orders'")?;
    let at = statement.query_map(params![], |row| row.get(0))?.next().transpose()?;
    Ok(at.map(Timestamp::from_micros))
}

/// Another version's memory is begun anew.
const VERSION: i64 = 1;

const CLEAR: &str = "drop table if exists orders; drop table if exists texts; drop table if exists lives;
    drop table if exists pages;";

const SCHEMA: &str = "
    create table orders (
        key  text    not null primary key, -- the order's id
        body text    not null,             -- as JSON
        seal integer not null
    ) strict, without rowid;
    create table texts (
        name text    not null primary key, -- orders: when they were read; choices: what can be chosen
        at   integer not null,             -- microseconds since 1970
        body text    not null
    ) strict, without rowid;
    create table lives (
        id       integer primary key,
        at       integer not null,         -- begun
        version  text    not null,         -- of the program
        settings text    not null          -- of the engine
    ) strict;
    create table pages (
        id   integer primary key,
        life integer not null,
        at   integer not null,             -- written
        kind integer not null,             -- 0: orders known at its begin, 1: what the engine was told
        body blob    not null              -- lines of JSON, deflated
    ) strict;
";

/// What a first read of a busy shop leaves of the log.
const LOG_BYTES: i64 = 1 << 20;

/// The files that SQLite keeps beside it.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// A quarter of an hour of a station at work: more means that the disk hangs.
const QUEUE_MAX: usize = 2048;

/// What comes by itself waits this long to be written together; a kill loses it.
const REST: Duration = Duration::from_secs(10);

/// What a person did waits this long.
const SOON: Duration = Duration::from_millis(200);
