//! Records ↔ rows: sealed when written, verified when read.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::newer::Newer;
use super::{Damage, Trouble, history};
use crate::order::{OrderId, Stage, Timestamp};
use crate::station::{Fact, Intent, Job, JobState, Kept, Notice, Record};

/// One record as its table holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub table: Table,
    pub key: String,
    pub order: String,
    pub seq: i64,
    pub at: i64,
    pub is_open: bool,
    pub body: String,
}

/// What a row was before a write that failed; none if it was not there.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    table: Table,
    key: String,
    before: Option<Row>,
}

/// Where a record lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Intents,
    Jobs,
    Facts,
    Notices,
}

impl Row {
    /// The row of a record.
    pub fn of(record: &Record) -> Self {
        match record {
            Record::Intent(intent) => Self {
                table: Table::Intents,
                key: intent.id.to_string(),
                order: intent.order.to_string(),
                seq: i64::try_from(intent.seq).unwrap_or(i64::MAX),
                at: intent.captured_at.micros(),
                is_open: intent.state.is_open(),
                body: json(intent),
            },
            Record::Job(job) => Self {
                table: Table::Jobs,
                key: job.intent.to_string(),
                order: job.order.to_string(),
                seq: 0,
                at: job.queued_at.micros(),
                is_open: !(job.state.is_out() || job.state == JobState::Cancelled),
                body: json(job),
            },
            Record::Fact { order, fact, at } => Self {
                table: Table::Facts,
                key: format!("{order} {}", kind(fact)),
                order: order.to_string(),
                seq: 0,
                at: at.micros(),
                is_open: matches!(fact, Fact::AlsoPrinted(twin) if !twin.is_seen_to),
                body: json(&KeptFact { order: *order, fact: fact.clone(), at: *at }),
            },
            Record::Notice(notice) => Self {
                table: Table::Notices,
                key: notice.set_aside.to_string(),
                order: String::new(),
                seq: 0,
                at: notice.at.micros(),
                is_open: !notice.is_seen_to,
                body: json(notice),
            },
        }
    }

    /// The row of a record whose body is all that is left of it; none where it makes no sense.
    pub fn of_body(table: Table, body: &str) -> Option<Self> {
        let record = match table {
            Table::Intents => Record::Intent(serde_json::from_str(body).ok()?),
            Table::Jobs => Record::Job(serde_json::from_str(body).ok()?),
            Table::Facts => {
                let KeptFact { order, fact, at } = serde_json::from_str(body).ok()?;
                Record::Fact { order, fact, at }
            }
            Table::Notices => Record::Notice(serde_json::from_str(body).ok()?),
        };
        Some(Self::of(&record))
    }

    /// Of all columns: what changed without a change in the file's structure,
    /// which SQLite's own check does not look at, does not go unseen.
    pub fn seal(&self) -> i64 {
        let numbers = [self.seq, self.at, i64::from(self.is_open)].map(i64::to_le_bytes).concat();
        let texts = [self.table.name(), &self.key, &self.order, &self.body].map(str::as_bytes);
        seal(texts.into_iter().chain([numbers.as_slice()]))
    }

    /// The same row as a version with other words would write it.
    #[cfg(test)]
    pub fn reworded(mut self, from: &str, to: &str) -> Self {
        assert!(self.body.contains(from));
        self.body = self.body.replace(from, to);
        self
    }

    pub fn put(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        // An update, not a replacement: columns of a newer version stay.
        let sql = format!(
            "insert into {} (key, order_id, seq, at, is_open, body, seal) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             on conflict (key) do update set order_id = ?2, seq = ?3, at = ?4, is_open = ?5, body = ?6, seal = ?7",
            self.table.name()
        );
        let Self { key, order, seq, at, is_open, body, .. } = self;
        let mut statement = transaction.prepare_cached(&sql)?;
        statement.execute(params![key, order, seq, at, is_open, body, self.seal()]).map(drop)
    }

    /// The record; an error where only a newer version understands it.
    pub fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(&self.body)
    }

    /// The row as it replaces `before`, with the keys of it that a newer version put there. A key of this version's own that
    /// may be given up again is therefore always written.
    fn in_place_of(&self, before: Option<&Self>) -> Cow<'_, Self> {
        let keys = |row: &Self| row.parse::<Map<String, Value>>().ok();
        let Some((before, mut after)) = before.and_then(keys).zip(keys(self)) else {
            return Cow::Borrowed(self);
        };
        let added: Vec<_> = before.into_iter().filter(|(key, _)| !after.contains_key(key)).collect();
        if added.is_empty() {
            return Cow::Borrowed(self);
        }
        after.extend(added);
        Cow::Owned(Self { body: json(&after), ..self.clone() })
    }
}

impl Table {
    pub const ALL: [Self; 4] = [Self::Intents, Self::Jobs, Self::Facts, Self::Notices];

    pub fn name(self) -> &'static str {
        match self {
            Self::Intents => "intents",
            Self::Jobs => "jobs",
            Self::Facts => "facts",
            Self::Notices => "notices",
        }
    }

    /// One of its records, in a word.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Intents => "intent",
            Self::Jobs => "label",
            Self::Facts => "fact",
            Self::Notices => "notice",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    fn row(self, key: &str, connection: &Connection) -> Result<Option<Row>, Trouble> {
        let sql = format!("{} where key = ?1", self.select());
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement.query_row([key], |row| self.read(row)).optional()?;
        found.map(|found| self.verified(found)).transpose()
    }

    /// Gives every row of the table to `take`, verified.
    pub fn each(
        self,
        connection: &Connection,
        mut take: impl FnMut(Row) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut statement = connection.prepare(&self.select())?;
        for found in statement.query_map([], |row| self.read(row))? {
            take(self.verified(found?)?)?;
        }
        Ok(())
    }

    fn select(self) -> String {
        format!("select key, order_id, seq, at, is_open, body, seal from {}", self.name())
    }

    fn read(self, row: &rusqlite::Row) -> rusqlite::Result<(Row, i64)> {
        let found = Row {
            table: self,
            key: row.get(0)?,
            order: row.get(1)?,
            seq: row.get(2)?,
            at: row.get(3)?,
            is_open: row.get(4)?,
            body: row.get(5)?,
        };
        Ok((found, row.get(6)?))
    }

    fn verified(self, (row, seal): (Row, i64)) -> Result<Row, Trouble> {
        if row.seal() == seal { Ok(row) } else { Err(Damage::Seal { table: self.name() }.into()) }
    }
}

/// Writes all rows or none, with what changed in each since `last`, durable when it returns; gives the last change.
/// `doubts` gets what they were before.
pub(super) fn commit(
    connection: &mut Connection,
    at: Timestamp,
    rows: &[Row],
    last: i64,
    doubts: &mut Vec<Doubt>,
) -> Result<i64, Trouble> {
    let mut last = last;
    let transaction = connection.transaction()?;
    for row in rows {
        let before = row.table.row(&row.key, &transaction)?;
        let row = row.in_place_of(before.as_ref());
        row.put(&transaction)?;
        last += 1;
        history::put(&transaction, last, at, before.as_ref(), &row)?;
        doubts.push(Doubt { table: row.table, key: row.key.clone(), before });
    }
    transaction.commit()?;
    Ok(last)
}

/// Makes the rows of a failed write what they were before it, `last` being the last change that was durable.
pub(super) fn settle(connection: &mut Connection, doubts: &[Doubt], last: i64) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    // A record twice in one write: what it was first is what it was before.
    for doubt in doubts.iter().rev() {
        if doubt.table.row(&doubt.key, &transaction)? == doubt.before {
            continue;
        }
        if let Some(row) = &doubt.before {
            row.put(&transaction)?;
        } else {
            let sql = format!("delete from {} where key = ?1", doubt.table.name());
            transaction.execute(&sql, [&doubt.key])?;
        }
    }
    history::undo(&transaction, last)?;
    Ok(transaction.commit()?)
}

/// The newest time of any record; the epoch when there is none. Retention counts from it, so that a clock that jumps
/// ahead forgets nothing.
pub(super) fn newest(connection: &Connection) -> Result<Timestamp, Trouble> {
    let mut newest = 0;
    for table in Table::ALL {
        let sql = format!("select coalesce(max(at), 0) from {}", table.name());
        newest = newest.max(connection.query_row(&sql, [], |row| row.get(0))?);
    }
    Ok(Timestamp::from_micros(newest))
}

/// Reads and verifies every record, and gives those that the station starts from: open ones, and jobs and facts not
/// before `oldest`. What only a newer version understands is left as it is.
pub(super) fn load(connection: &Connection, oldest: Timestamp) -> Result<Kept, Trouble> {
    let mut kept = Kept::default();
    let mut newer = Newer::default();
    let mut intents = HashMap::new();
    Table::Intents.each(connection, |row| {
        kept.last_seq = kept.last_seq.max(u64::try_from(row.seq).unwrap_or(0));
        if row.is_open {
            kept.intents.extend(newer.read::<Intent>(&row, Some(row.seq)));
        }
        intents.insert(row.key, (row.seq, row.is_open));
        Ok(())
    })?;
    let mut jobs = Vec::new();
    Table::Jobs.each(connection, |row| {
        let (seq, is_intent_open) = intents.get(&row.key).copied().unwrap_or((i64::MAX, false));
        if row.is_open || is_intent_open || row.at >= oldest.micros() {
            let job = newer.read::<Job>(&row, is_intent_open.then_some(seq));
            jobs.extend(job.map(|job| (seq, job)));
        }
        Ok(())
    })?;
    Table::Facts.each(connection, |row| {
        if row.is_open || row.at >= oldest.micros() {
            kept.facts.extend(newer.read::<KeptFact>(&row, None).map(KeptFact::parts));
        }
        Ok(())
    })?;
    Table::Notices.each(connection, |row| {
        if row.is_open {
            kept.notices.extend(newer.read::<Notice>(&row, None));
        }
        Ok(())
    })?;
    kept.newer = newer.keep_back(&mut kept.intents);
    kept.intents.sort_by_key(|intent| intent.seq);
    jobs.sort_by_key(|(seq, job)| (*seq, job.intent));
    kept.jobs = jobs.into_iter().map(|(_, job)| job).collect();
    kept.facts.sort_unstable();
    Ok(kept)
}

/// Forgets closed intents, finished jobs and facts from before `oldest`: so many at most that a start stays quick.
pub(super) fn forget(connection: &mut Connection, oldest: Timestamp) -> Result<(), Trouble> {
    let transaction = connection.transaction()?;
    let mut forgotten = 0;
    for (table, stale) in STALE {
        let sql = format!(
            "delete from {table} where key in
                (select key from {table} where at < ?1 and {stale} order by at limit {FORGOTTEN_MAX})"
        );
        forgotten += transaction.execute(&sql, [oldest.micros()])?;
    }
    forgotten += history::forget(&transaction, oldest, FORGOTTEN_MAX)?;
    transaction.commit()?;
    tracing::debug!(forgotten, "journal records older than the retention");
    Ok(())
}

/// The fact in a row of facts.
pub(super) fn fact(row: &Row) -> serde_json::Result<(OrderId, Fact, Timestamp)> {
    row.parse().map(KeptFact::parts)
}

#[derive(Serialize, Deserialize)]
struct KeptFact {
    order: OrderId,
    fact: Fact,
    at: Timestamp,
}

impl KeptFact {
    fn parts(self) -> (OrderId, Fact, Timestamp) {
        (self.order, self.fact, self.at)
    }
}

fn kind(fact: &Fact) -> Cow<'static, str> {
    match fact {
        Fact::LabelRead => "label_read".into(),
        Fact::Started { stage: Stage::Decorating, .. } => "rework_started".into(),
        Fact::Started { stage, .. } => format!("started {stage}").into(),
        Fact::ShownEarly { .. } => "shown_early".into(),
        Fact::ScanSeenTo { owing } => format!("scan_seen_to {owing}").into(),
        Fact::AlsoPrinted(twin) => {
            format!("also_printed {}", twin.station.as_deref().unwrap_or_default()).into()
        }
    }
}

/// FNV-1a of all parts, each with its length before it.
pub(super) fn seal<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> i64 {
    let mut hash = FNV_OFFSET;
    for part in parts {
        for byte in part.len().to_le_bytes().iter().chain(part) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
        }
    }
    hash.cast_signed()
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("records are structs and enums with text for keys")
}

/// What of each table may be forgotten once it is old. The newest intent stays: it carries the highest `seq` given.
const STALE: [(&str, &str); 4] = [
    (
        "intents",
        "not is_open and seq < (select max(seq) from intents)
         and key not in (select key from jobs where is_open)",
    ),
    ("jobs", "not is_open and key not in (select key from intents where is_open)"),
    ("facts", "not is_open"),
    ("notices", "not is_open"),
];

/// More than a month of a busy station.
const FORGOTTEN_MAX: usize = 50_000;

/// FNV-1a, 64 bit (RFC 9923).
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
