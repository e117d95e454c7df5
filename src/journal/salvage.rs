//! What is left of a damaged journal, brought into a fresh one that says so.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::history::{self, Change};
use super::mark::Mark;
use super::pages::{self, Found};
use super::rows::{Row, Table};
use super::{Error, Trouble, file, now};
use crate::station::{Notice, Record};

/// Sets the damaged journal at `path` aside and puts a fresh one in its place: with every record whose seal verifies,
/// wherever it stands in the damaged files, and a notice for a person.
pub(super) fn salvage(path: &Path) -> Result<(), Error> {
    let aside = file::set_aside(path, now())?;
    begin_anew(path, &aside)
}

/// Goes on with what a process that ended had begun.
pub(super) fn go_on(path: &Path) -> Result<(), Error> {
    match file::being_set_aside(path)? {
        Some(aside) => begin_anew(path, &aside),
        None => Ok(()),
    }
}

fn begin_anew(path: &Path, aside: &Path) -> Result<(), Error> {
    let found = pages::read(aside, Mark::read(aside))?;
    let unreadable = count(found.unreadable);
    let (rows, changes) = chosen(found);
    let notice = Notice {
        at: now(),
        set_aside: aside.display().to_string().into(),
        saved: count(rows.len()),
        open: count(rows.iter().filter(|row| row.table == Table::Intents && row.is_open).count()),
        unreadable,
        is_seen_to: false,
    };
    tracing::error!(
        path = %path.display(), set_aside = &*notice.set_aside, saved = notice.saved, open = notice.open, unreadable,
        "the journal was damaged: it was set aside, and what could be read of it is in a new one"
    );
    let filled = file::create(path, |connection| fill(connection, &rows, &changes, notice));
    filled.map_err(|trouble| trouble.at(path))?;
    file::set_aside_is_done(path)
}

fn fill(
    connection: &mut Connection,
    rows: &[Row],
    changes: &[Change],
    notice: Notice,
) -> Result<(), Trouble> {
    let at = notice.at;
    let transaction = connection.transaction()?;
    for row in rows {
        row.put(&transaction)?;
    }
    for change in changes {
        history::restore(&transaction, change)?;
    }
    let last = changes.last().map_or(0, |change| change.id);
    let notice = Row::of(&Record::Notice(notice));
    notice.put(&transaction)?;
    history::put(&transaction, last + 1, at, None, &notice)?;
    Ok(transaction.commit()?)
}

/// One row a record, open intents first, and one change a number.
fn chosen(found: Found) -> (Vec<Row>, Vec<Change>) {
    let changes: BTreeMap<i64, Change> =
        found.changes.into_iter().map(|change| (change.id, change)).collect();
    let mut histories: BTreeMap<(Table, String), Vec<&Change>> = BTreeMap::new();
    for change in changes.values() {
        histories.entry((change.table, change.key.clone())).or_default().push(change);
    }
    // A record that is gone from its table, or is an older copy there, is still there in its history.
    let mut told: BTreeMap<(Table, String), Row> = BTreeMap::new();
    for (key, changes) in histories {
        let body = serde_json::Value::Object(history::fold(changes)).to_string();
        told.extend(Row::of_body(key.0, &body).map(|row| (key, row)));
    }
    let mut best: BTreeMap<(Table, String), (Worth, Row)> = BTreeMap::new();
    for (age, row) in found.rows {
        let key = (row.table, row.key.clone());
        let worth = Worth { is_closed: !row.is_open, is_told: told.get(&key) == Some(&row), age };
        if best.get(&key).is_none_or(|(other, _)| *other <= worth) {
            best.insert(key, (worth, row));
        }
    }
    let mut rows = told;
    rows.extend(best.into_iter().map(|(key, (_, row))| (key, row)));
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.table != Table::Intents || !row.is_open, row.seq, row.key.clone()));
    (rows, changes.into_values().collect())
}

/// Which of several copies of a record is the newest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Worth {
    /// Nothing that was closed is ever open again.
    is_closed: bool,
    /// Its history, of which all may be there while a page is not, ends with it.
    is_told: bool,
    age: usize,
}

/// How many, for a person.
fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
