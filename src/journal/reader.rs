//! The journal as a command reads it, beside the station that writes it. Nothing is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Map, Value};

use super::mark::Mark;
use super::rows::{self, Row, Table};
use super::{Damage, Error, Trouble, history, schema};
use crate::order::{IntentId, OrderId, Timestamp};
use crate::station::{Fact, Intent, Job, Notice};

/// A journal that is read.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    connection: Connection,
    /// Schema 1 kept no history.
    has_history: bool,
}

/// Every record of a journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// In the order of their scans, open and closed.
    pub intents: Vec<Intent>,
    /// By the id of their intents.
    pub jobs: Vec<Job>,
    /// By cake.
    pub facts: Vec<(OrderId, Fact, Timestamp)>,
    /// Of damaged journals.
    pub notices: Vec<Notice>,
    /// What only a newer version understands.
    pub unknown: Vec<Unknown>,
}

/// A record that only a newer version understands.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// The table that it is in.
    pub table: &'static str,
    /// Its name there.
    pub key: String,
    /// Whether it must not be forgotten.
    pub is_open: bool,
    /// All of it.
    pub body: Value,
}

/// One step of a record's life.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When it was made durable.
    pub at: Timestamp,
    /// Of an intent, or of its label.
    pub of: &'static str,
    /// What changed, by the record's own keys; at first all.
    pub what: Map<String, Value>,
}

/// What a check went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Of the schema.
    pub version: usize,
    /// All records.
    pub records: usize,
    /// All changes.
    pub changes: usize,
}

impl Reader {
    /// Opens the journal at `path`, which must be there.
    pub fn open(path: &Path) -> Result<Self, Error> {
        std::fs::metadata(path).map_err(|source| Error::File { path: path.into(), source })?;
        let open = || {
            let connection = schema::connect_to_read(path)?;
            let has_history = schema::version(&connection)? >= schema::VERSION;
            Ok(Self { path: path.into(), connection, has_history })
        };
        open().map_err(|trouble: Trouble| trouble.read_at(path))
    }

    /// Every record, each verified.
    pub fn contents(&self) -> Result<Contents, Error> {
        let read = || {
            let mut all = Contents::default();
            self.each(|row| {
                let read = match row.table {
                    Table::Intents => row.parse().map(|intent| all.intents.push(intent)),
                    Table::Jobs => row.parse().map(|job| all.jobs.push(job)),
                    Table::Facts => rows::fact(&row).map(|fact| all.facts.push(fact)),
                    Table::Notices => row.parse().map(|notice| all.notices.push(notice)),
                };
                if read.is_err() {
                    let body = row.parse().unwrap_or_else(|_| Value::String(row.body.clone()));
                    let (table, key, is_open) = (row.table.name(), row.key, row.is_open);
                    all.unknown.push(Unknown { table, key, is_open, body });
                }
                Ok(())
            })?;
            all.intents.sort_by_key(|intent| intent.seq);
            Ok(all)
        };
        read().map_err(|trouble: Trouble| trouble.read_at(&self.path))
    }

    /// What an intent went through, its label with it, oldest first.
    pub fn history(&self, intent: IntentId) -> Result<Vec<Step>, Error> {
        let key = intent.to_string();
        Ok(self.steps(Some(&key))?.remove(&key).unwrap_or_default())
    }

    /// What every intent went through, by its id.
    pub fn histories(&self) -> Result<BTreeMap<String, Vec<Step>>, Error> {
        self.steps(None)
    }

    /// Goes through the structure of the whole file and verifies every record and change.
    pub fn check(&self) -> Result<Checked, Error> {
        let check = || {
            // Before the changes: the station that runs is ahead of it by the time they are counted.
            let marked = Mark::read(&self.path);
            schema::check(&self.connection)?;
            let mut checked = Checked { version: schema::version(&self.connection)?, ..Checked::default() };
            self.each(|_| {
                checked.records += 1;
                Ok(())
            })?;
            if self.has_history {
                history::each(&self.connection, None, |_| checked.changes += 1)?;
                let last = history::last(&self.connection)?;
                if let Some(marked) = marked.filter(|marked| *marked > last) {
                    return Err(Damage::CutShort { lost: marked - last }.into());
                }
            }
            Ok(checked)
        };
        check().map_err(|trouble: Trouble| trouble.read_at(&self.path))
    }

    /// The steps of all records, or of those with this key.
    fn steps(&self, key: Option<&str>) -> Result<BTreeMap<String, Vec<Step>>, Error> {
        let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
        let read = history::each(&self.connection, key, |change| {
            let what = history::fold([&change]);
            let step = Step { at: Timestamp::from_micros(change.at), of: change.table.singular(), what };
            steps.entry(change.key).or_default().push(step);
        });
        if self.has_history {
            read.map_err(|trouble| trouble.read_at(&self.path))?;
        }
        Ok(steps)
    }

    fn each(&self, mut take: impl FnMut(Row) -> Result<(), Trouble>) -> Result<(), Trouble> {
        let tables = Table::ALL.into_iter().filter(|table| self.has_history || *table != Table::Notices);
        for table in tables {
            table.each(&self.connection, &mut take)?;
        }
        Ok(())
    }
}
