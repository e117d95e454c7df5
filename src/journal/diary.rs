//! What the engine was told, in its order: the same events told to a new engine at the same times bring it to the same
//! place. Bounded by time and by size, oldest lives first; a life that is too long loses its begin.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::copy::News;
use super::rows::json;
use super::{Trouble, memory, now};
use crate::order::{Order, OrderId, Store, Timestamp};
use crate::station::{Choices, EffectId, Event, QueueRead, Settings};

/// The diary of one life.
pub(super) struct Diary {
    life: i64,
    unwritten: Vec<u8>,
    size_bytes: usize,
    pub size_max_bytes: usize,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Told {
    /// As it was told.
    Event(Event),
    /// A read of the queue that succeeded, less what was known.
    Queue { id: EffectId, at: Timestamp, began_at: Timestamp, unreadable: usize, news: News },
    /// What an earlier life knew; the orders are those of this life's begin.
    Recalled { at: Timestamp, read_at: Option<Timestamp>, choices: BTreeMap<Store, Choices> },
    /// So many events are missing here, and nothing is known of the orders from before.
    Gap { lost: u64 },
}

#[derive(Serialize, Deserialize)]
struct Line<T> {
    /// The engine's steady time, in nanoseconds.
    now: u64,
    told: T,
}

impl Diary {
    /// Begins a life that knows `orders`, and forgets lives from before `oldest`.
    pub fn begin(
        connection: &mut Connection,
        settings: &Settings,
        orders: &BTreeMap<OrderId, Arc<Order>>,
        oldest: Timestamp,
    ) -> Result<Self, Trouble> {
        let transaction = connection.transaction()?;
        let old = "select id from lives l where not exists
            (select 1 from pages p where p.life = l.id and p.at >= ?1) and l.at < ?1";
        transaction.execute(&format!("delete from pages where life in ({old})"), [oldest.micros()])?;
        transaction.execute(&format!("delete from lives where id in ({old})"), [oldest.micros()])?;
        let sql = "insert into lives (at, version, settings) values (?1, ?2, ?3)";
        let at = now().micros();
        transaction.execute(sql, params![at, env!("CARGO_PKG_VERSION"), json(settings)])?;
        let life = transaction.last_insert_rowid();
        put_orders(&transaction, life, orders.values())?;
        transaction.commit()?;
        let sql = "select coalesce(sum(length(body)), 0) from pages";
        let size: i64 = connection.query_row(sql, [], |row| row.get(0))?;
        let size_bytes = usize::try_from(size).unwrap_or(0);
        Ok(Self { life, unwritten: Vec::new(), size_bytes, size_max_bytes: SIZE_MAX })
    }

    pub fn note(&mut self, now: Duration, told: &Told) {
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.unwritten.extend(json(&Line { now, told }).into_bytes());
        self.unwritten.push(b'\n');
    }

    /// Keeps many orders as known from here on, before the read that brought them is noted: a page at a time, since all of
    /// a busy shop's would be a great deal of memory.
    pub fn know(&mut self, connection: &mut Connection, orders: &[Arc<Order>]) -> Result<(), Trouble> {
        self.flush(connection)?;
        let transaction = connection.transaction()?;
        self.size_bytes += put_orders(&transaction, self.life, orders.iter())?;
        Ok(transaction.commit()?)
    }

    /// Whether enough waits to be written now.
    pub fn is_full(&self) -> bool {
        self.unwritten.len() >= PAGE_BYTES
    }

    /// Writes what was noted. What cannot be written is not kept for later: a full disk fills no memory.
    pub fn flush(&mut self, connection: &mut Connection) -> Result<(), Trouble> {
        let lines = std::mem::take(&mut self.unwritten);
        if lines.is_empty() {
            return Ok(());
        }
        let transaction = connection.transaction()?;
        self.size_bytes += put(&transaction, self.life, Kind::Told, &lines)?;
        while self.size_bytes > self.size_max_bytes {
            let sql = "delete from pages where id = (select min(id) from pages) returning length(body)";
            let size: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
            self.size_bytes = self.size_bytes.saturating_sub(usize::try_from(size).unwrap_or(0));
            transaction.execute("delete from lives where id < (select min(life) from pages)", [])?;
        }
        Ok(transaction.commit()?)
    }
}

/// One life of a station, as its diary tells it.
#[derive(Clone, Debug)]
pub struct Life {
    /// When it began.
    pub at: Timestamp,
    /// The program's version.
    pub version: String,
    /// What the engine was told once.
    pub settings: Settings,
    /// What it was told since, in order, each with the engine's steady time.
    pub events: Vec<(Duration, Event)>,
    /// Whether nothing is missing: only then it can be replayed.
    pub is_whole: bool,
}

/// The lives that the diary beside the journal at `path` still has, oldest first; none where there is no diary.
///
/// # Errors
/// It cannot be read.
pub fn lives(path: &Path) -> Result<Vec<Life>, super::Error> {
    if !memory::path(path).exists() {
        return Ok(Vec::new());
    }
    let read = || {
        let connection = memory::connect_to_read(path)?;
        let mut statement = connection.prepare("select id, at, version, settings from lives order by id")?;
        let found: Vec<(i64, i64, String, String)> = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        let mut lives = Vec::new();
        for (id, at, version, settings) in found {
            let Ok(settings) = serde_json::from_str(&settings) else { continue };
            let (events, is_whole) = events(&connection, id)?;
            lives.push(Life { at: Timestamp::from_micros(at), version, settings, events, is_whole });
        }
        Ok(lives)
    };
    read().map_err(|trouble: Trouble| trouble.read_at(&memory::path(path)))
}

fn events(connection: &Connection, life: i64) -> Result<(Vec<(Duration, Event)>, bool), Trouble> {
    let mut known: BTreeMap<OrderId, Arc<Order>> = BTreeMap::new();
    let mut events = Vec::new();
    let mut is_whole = true;
    let mut statement = connection.prepare("select kind, body from pages where life = ?1 order by id")?;
    let mut pages = statement.query([life])?;
    while let Some(page) = pages.next()? {
        let body = page.get_ref(1)?.as_blob().unwrap_or_default();
        let Ok(lines) = miniz_oxide::inflate::decompress_to_vec_with_limit(body, INFLATED_MAX) else {
            is_whole = false;
            continue;
        };
        if page.get::<_, i64>(0)? == Kind::Orders as i64 {
            let orders: Vec<Arc<Order>> = serde_json::from_slice(&lines).unwrap_or_default();
            known.extend(orders.into_iter().map(|order| (order.id, order)));
            continue;
        }
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Ok(Line { now, told }) = serde_json::from_slice::<Line<Told>>(line) else {
                is_whole = false;
                continue;
            };
            let event = match told {
                Told::Event(event) => event,
                Told::Queue { id, at, began_at, unreadable, news } => {
                    news.apply(&mut known);
                    let result = Ok(read(&known, &news, began_at, unreadable));
                    Event::Refreshed { id, at, result }
                }
                Told::Recalled { at, read_at, choices } => {
                    Event::Recalled { at, read_at, orders: known.values().cloned().collect(), choices }
                }
                Told::Gap { .. } => {
                    known.clear();
                    is_whole = false;
                    continue;
                }
            };
            events.push((Duration::from_nanos(now), event));
        }
    }
    is_whole &= matches!(events.first(), Some((_, Event::Recovered { .. })));
    Ok((events, is_whole))
}

/// A read as it was, from what it brought and what was known.
fn read(
    known: &BTreeMap<OrderId, Arc<Order>>,
    news: &News,
    began_at: Timestamp,
    unreadable: usize,
) -> QueueRead {
    let orders = if news.is_whole {
        known.values().cloned().collect()
    } else {
        let same = news.same.iter().filter_map(|id| known.get(id).cloned());
        news.changed.iter().cloned().chain(same).collect()
    };
    QueueRead { is_whole: news.is_whole, orders, began_at, unreadable }
}

#[derive(Clone, Copy)]
enum Kind {
    Orders = 0,
    Told = 1,
}

fn put(connection: &Connection, life: i64, kind: Kind, lines: &[u8]) -> Result<usize, Trouble> {
    let body = miniz_oxide::deflate::compress_to_vec(lines, DEFLATE_LEVEL);
    let sql = "insert into pages (life, at, kind, body) values (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(params![life, now().micros(), kind as i64, body])?;
    Ok(body.len())
}

fn put_orders<'a>(
    connection: &Connection,
    life: i64,
    mut orders: impl Iterator<Item = &'a Arc<Order>>,
) -> Result<usize, Trouble> {
    let mut size = 0;
    loop {
        let page: Vec<_> = orders.by_ref().take(ORDERS_A_PAGE).collect();
        if page.is_empty() {
            return Ok(size);
        }
        size += put(connection, life, Kind::Orders, json(&page).as_bytes())?;
    }
}

/// What a page holds before it is deflated, so that a page is little work and little memory.
const PAGE_BYTES: usize = 64 * 1024;
pub(super) const ORDERS_A_PAGE: usize = 200;

/// No page inflates to more: a busy shop's whole read, with each order written out.
const INFLATED_MAX: usize = 256 << 20;

/// Quick, and small enough: a day is some 3 MB.
const DEFLATE_LEVEL: u8 = 3;

/// Weeks of a station; less than a kiosk's smallest disk notices.
const SIZE_MAX: usize = 64 << 20;
