//! The journal as a command reads it, beside the station that writes it. Nothing is changed.

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// In the order of their scans, open and closed.
    pub intents: Vec<Intent>,
    /// By the id of their intents.
    pub jobs: Vec<Job>,
    /// By cake.
    pub facts: Vec<(OrderId, Fact, Timestamp)>,
    /// Of damaged journals.
    pub notices: Vec<Notice>,
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
                match row.table {
                    Table::Intents => all.intents.push(row.parse()?),
                    Table::Jobs => all.jobs.push(row.parse()?),
                    Table::Facts => all.facts.push(rows::fact(&row)?),
                    Table::Notices => all.notices.push(row.parse()?),
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
        let mut steps = Vec::new();
        let read = history::each(&self.connection, Some(&intent.to_string()), |change| {
            let what = history::fold([&change]);
            steps.push(Step { at: Timestamp::from_micros(change.at), of: change.table.singular(), what });
        });
        if self.has_history {
            read.map_err(|trouble| trouble.read_at(&self.path))?;
        }
        Ok(steps)
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

    fn each(&self, mut take: impl FnMut(Row) -> Result<(), Trouble>) -> Result<(), Trouble> {
        let tables = Table::ALL.into_iter().filter(|table| self.has_history || *table != Table::Notices);
        for table in tables {
            table.each(&self.connection, &mut take)?;
        }
        Ok(())
    }
}
