//! The pages of a damaged database and its log, read without SQLite (sqlite.org/fileformat2): every row of ours whose seal
//! verifies, wherever it stands.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::history::Change;
use super::rows::{Row, Table};
use super::{Error, file};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Rows, each with how new its page is: a later page of the log is newer, one of an earlier round is oldest.
    pub rows: Vec<(usize, Row)>,
    /// Changes.
    pub changes: Vec<Change>,
    /// Rows that look like ours and are not what was written.
    pub unreadable: usize,
}

/// Reads the damaged database `path` and the log beside it; what is not there has no pages. `marked` is the last change
/// that is known to have been durable: only where it is not found is what follows the log's last commit looked at, since
/// that commit may be what is damaged.
pub(super) fn read(path: &Path, marked: Option<i64>) -> Result<Found, Error> {
    let database = bytes(path)?;
    let log = bytes(&file::beside(path, "-wal"))?;
    let log = Log::of(&log);
    let found = rows_of(&database, &log, log.committed);
    let last = found.changes.iter().map(|change| change.id).max().unwrap_or(0);
    if marked.is_some_and(|marked| marked > last) {
        return Ok(rows_of(&database, &log, log.present.len()));
    }
    Ok(found)
}

fn rows_of(database: &[u8], log: &Log, frames: usize) -> Found {
    let mut pages = Pages::default();
    for (number, page) in &log.earlier {
        pages.add(0, *number, page);
    }
    for (place, page) in database.chunks(PAGE).enumerate() {
        pages.add(1, place + 1, page);
    }
    for (place, (number, page)) in log.present.iter().take(frames).enumerate() {
        pages.add(place + 2, *number, page);
    }
    let mut found = Found::default();
    for (age, number, page) in &pages.all {
        let header = if *number == 1 { DATABASE_HEADER } else { 0 };
        for cell in cells(page, header) {
            if let Some(record) = pages.payload(cell).as_deref().and_then(values) {
                found.take(*age, cell.row, &record);
            }
        }
    }
    found
}

impl Found {
    fn take(&mut self, age: usize, id: Option<i64>, record: &[Column]) {
        match (id, record) {
            (
                None,
                [
                    Column::Text(key),
                    Column::Text(order),
                    Column::Number(seq),
                    Column::Number(at),
                    Column::Number(is_open),
                    Column::Text(body),
                    Column::Number(seal),
                ],
            ) => {
                let row = |table| Row {
                    table,
                    key: key.clone(),
                    order: order.clone(),
                    seq: *seq,
                    at: *at,
                    is_open: *is_open != 0,
                    body: body.clone(),
                };
                match Table::ALL.into_iter().map(row).find(|row| row.seal() == *seal) {
                    Some(row) => self.rows.push((age, row)),
                    None => self.unreadable += 1,
                }
            }
            (
                Some(id),
                [
                    Column::Null,
                    Column::Text(table),
                    Column::Text(key),
                    Column::Number(at),
                    Column::Text(body),
                    Column::Number(seal),
                ],
            ) => {
                let change = Table::named(table).map(|table| Change {
                    id,
                    table,
                    key: key.clone(),
                    at: *at,
                    body: body.clone(),
                });
                match change.filter(|change| change.seal() == *seal) {
                    Some(change) => self.changes.push(change),
                    None => self.unreadable += 1,
                }
            }
            _ => {}
        }
    }
}

/// Pages of the database and of its log.
#[derive(Default)]
struct Pages<'a> {
    all: Vec<(usize, usize, &'a [u8])>,
    /// The newest of each number.
    newest: BTreeMap<usize, &'a [u8]>,
}

impl<'a> Pages<'a> {
    fn add(&mut self, age: usize, number: usize, page: &'a [u8]) {
        if page.len() == PAGE {
            self.all.push((age, number, page));
            self.newest.insert(number, page);
        }
    }

    /// A cell's payload with what spilled to overflow pages.
    fn payload(&self, cell: Cell<'a>) -> Option<Vec<u8>> {
        let mut payload = cell.local.to_vec();
        let mut next = cell.overflow;
        // Each page brings some bytes, so this ends.
        while payload.len() < cell.length {
            let page = self.newest.get(&next)?;
            let (number, content) = page.split_at_checked(4)?;
            next = usize::try_from(u32::from_be_bytes(number.try_into().ok()?)).ok()?;
            payload.extend(content.iter().take(cell.length - payload.len()));
        }
        Some(payload)
    }
}

/// A row as it stands on a page.
#[derive(Clone, Copy)]
struct Cell<'a> {
    /// In a table of numbered rows.
    row: Option<i64>,
    length: usize,
    local: &'a [u8],
    overflow: usize,
}

/// One value of a row.
#[derive(Debug)]
enum Column {
    Null,
    Number(i64),
    Text(String),
}

/// The rows of a page; none if it is no page of rows.
fn cells(page: &[u8], header: usize) -> Vec<Cell<'_>> {
    let at = |place: usize| page.get(header + place).copied();
    let (pointers, child, is_numbered) = match at(0) {
        Some(0x0d) => (8, 0, true),
        Some(0x0a) => (8, 0, false),
        // The inner pages of a table without numbers hold rows too, each behind the page before it.
        Some(0x02) => (12, 4, false),
        _ => return Vec::new(),
    };
    let count = usize::from(u16::from_be_bytes([at(3).unwrap_or(0), at(4).unwrap_or(0)]));
    (0..count)
        .map_while(|nth| {
            let place = pointers + 2 * nth;
            Some(usize::from(u16::from_be_bytes([at(place)?, at(place + 1)?])))
        })
        .filter_map(|start| cell(page.get(start + child..)?, is_numbered))
        .collect()
}

fn cell(bytes: &[u8], is_numbered: bool) -> Option<Cell<'_>> {
    let (length, bytes) = varint(bytes)?;
    let length = usize::try_from(length).ok().filter(|length| *length <= PAYLOAD_MAX)?;
    let (row, bytes) = if is_numbered {
        let (row, bytes) = varint(bytes)?;
        (Some(row.cast_signed()), bytes)
    } else {
        (None, bytes)
    };
    // "B-tree Pages": what of a payload stays on the page.
    let most = if is_numbered { PAGE - 35 } else { (PAGE - 12) * 64 / 255 - 23 };
    let least = (PAGE - 12) * 32 / 255 - 23;
    if length <= most {
        return Some(Cell { row, length, local: bytes.get(..length)?, overflow: 0 });
    }
    let wanted = least + (length - least) % (PAGE - 4);
    let (local, rest) = bytes.split_at_checked(if wanted <= most { wanted } else { least })?;
    let overflow = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
    Some(Cell { row, length, local, overflow: usize::try_from(overflow).ok()? })
}

/// The columns of a record ("Record Format"); none if it is none, or has what ours never have.
fn values(payload: &[u8]) -> Option<Vec<Column>> {
    let (length, _) = varint(payload)?;
    let (header, mut body) = payload.split_at_checked(usize::try_from(length).ok()?)?;
    let (_, mut header) = varint(header)?;
    let mut columns = Vec::new();
    while !header.is_empty() {
        let (kind, rest) = varint(header)?;
        header = rest;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 => 8,
            kind if kind >= 13 && kind % 2 == 1 => usize::try_from((kind - 13) / 2).ok()?,
            _ => return None,
        };
        let (value, rest) = body.split_at_checked(size)?;
        body = rest;
        columns.push(match kind {
            0 => Column::Null,
            8 => Column::Number(0),
            9 => Column::Number(1),
            1..=6 => Column::Number(number(value)),
            _ => Column::Text(String::from_utf8(value.to_vec()).ok()?),
        });
    }
    Some(columns)
}

/// A big-endian number with its sign, of up to 8 bytes.
fn number(bytes: &[u8]) -> i64 {
    let first = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(first, |number, byte| number << 8 | i64::from(*byte))
}

/// A variable-length number, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number: u64 = 0;
    for (place, byte) in bytes.iter().enumerate().take(9) {
        if place == 8 {
            return Some((number << 8 | u64::from(*byte), &bytes[9..]));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
}

/// The pages in a log ("WAL File Format") with their numbers, whether their checksums hold or not.
#[derive(Default)]
struct Log<'a> {
    /// Of its present round, oldest first.
    present: Vec<(usize, &'a [u8])>,
    /// How many of those stand before its last commit.
    committed: usize,
    /// Of rounds before, which the database had already: or of the present one, where the log's own header is damaged.
    earlier: Vec<(usize, &'a [u8])>,
}

impl<'a> Log<'a> {
    fn of(log: &'a [u8]) -> Self {
        let salts = log.get(16..24).unwrap_or_default();
        let mut found = Self::default();
        for frame in log.get(LOG_HEADER..).unwrap_or_default().chunks_exact(FRAME_HEADER + PAGE) {
            let (header, page) = frame.split_at(FRAME_HEADER);
            let word =
                |place| header[place..][..4].iter().fold(0, |word, byte| word << 8 | usize::from(*byte));
            let (number, is_commit) = (word(0), word(4) != 0);
            if &header[8..16] == salts {
                found.present.push((number, page));
                found.committed = if is_commit { found.present.len() } else { found.committed };
            } else {
                found.earlier.push((number, page));
            }
        }
        found
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(file::at(path)(error)),
    }
}

/// What SQLite makes where nothing else is said, and every journal was made so.
const PAGE: usize = 4096;

const DATABASE_HEADER: usize = 100;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Far more than any record: a length that was damaged is not followed.
const PAYLOAD_MAX: usize = 1 << 20;
