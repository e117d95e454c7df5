//! Every state that a record went through, and when: a row a change, with what changed.

use rusqlite::{Connection, Transaction, params};
use serde_json::{Map, Value};

use super::rows::{Row, Table, seal};
use super::{Damage, Trouble};
use crate::order::Timestamp;

/// One change of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub id: i64,
    pub table: Table,
    pub key: String,
    pub at: i64,
    pub body: String,
}

impl Change {
    pub fn seal(&self) -> i64 {
        seal_of(self.table.name(), &self.key, &self.body, [self.id, self.at])
    }
}

fn seal_of(record: &str, key: &str, body: &str, numbers: [i64; 2]) -> i64 {
    let numbers = numbers.map(i64::to_le_bytes).concat();
    seal([record.as_bytes(), key.as_bytes(), body.as_bytes(), &numbers])
}

/// Keeps what changed in a record, as change `id`.
pub(super) fn put(
    transaction: &Transaction,
    id: i64,
    at: Timestamp,
    before: Option<&Row>,
    after: &Row,
) -> rusqlite::Result<()> {
    let body = difference(before.map(|row| &*row.body), &after.body);
    restore(transaction, &Change { id, table: after.table, key: after.key.clone(), at: at.micros(), body })
}

/// Keeps a change as it was.
pub(super) fn restore(transaction: &Transaction, change: &Change) -> rusqlite::Result<()> {
    let sql = "insert into changes (id, record, key, at, body, seal) values (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = transaction.prepare_cached(sql)?;
    let Change { id, table, key, at, body } = change;
    statement.execute(params![id, table.name(), key, at, body, change.seal()]).map(drop)
}

/// The last change; 0 when there is none.
pub(super) fn last(connection: &Connection) -> Result<i64, Trouble> {
    Ok(connection.query_row("select coalesce(max(id), 0) from changes", [], |row| row.get(0))?)
}

/// Takes back what a write that failed may have left.
pub(super) fn undo(transaction: &Transaction, last: i64) -> rusqlite::Result<()> {
    transaction.execute("delete from changes where id > ?1", [last]).map(drop)
}

/// Forgets the changes of records that are forgotten. The last one stays: it counts.
pub(super) fn forget(transaction: &Transaction, oldest: Timestamp, most: usize) -> rusqlite::Result<usize> {
    let keys = Table::ALL.map(|table| format!("select key from {}", table.name())).join(" union all ");
    let sql = format!(
        "delete from changes where id in (select id from changes
            where at < ?1 and id < (select max(id) from changes) and key not in ({keys}) order by id limit {most})"
    );
    transaction.execute(&sql, [oldest.micros()])
}

/// Gives every change to `take`, in order, verified; those of one record where `key` is given.
pub(super) fn each(
    connection: &Connection,
    key: Option<&str>,
    mut take: impl FnMut(Change),
) -> Result<(), Trouble> {
    let sql = "select id, record, key, at, body, seal from changes where ?1 is null or key = ?1 order by id";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([key])?;
    while let Some(row) = found.next()? {
        let (id, record, key): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (at, body): (i64, String) = (row.get(3)?, row.get(4)?);
        if seal_of(&record, &key, &body, [id, at]) != row.get::<_, i64>(5)? {
            return Err(Damage::Seal { table: "changes" }.into());
        }
        // Others are of a table that a newer version added.
        if let Some(table) = Table::named(&record) {
            take(Change { id, table, key, at, body });
        }
    }
    Ok(())
}

/// A record as its changes, oldest first, leave it.
pub(super) fn fold<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Map<String, Value> {
    let mut whole = Map::new();
    for change in changes {
        whole.extend(serde_json::from_str::<Map<_, _>>(&change.body).unwrap_or_default());
    }
    whole
}

/// What is otherwise in `after` than in `before`, which lacks none of its keys, as JSON; all of it where there was nothing before.
fn difference(before: Option<&str>, after: &str) -> String {
    let keys = |body: &str| serde_json::from_str::<Map<String, Value>>(body).ok();
    let Some((before, mut changed)) = before.and_then(keys).zip(keys(after)) else { return after.to_owned() };
    changed.retain(|key, value| before.get(key) != Some(value));
    Value::Object(changed).to_string()
}
