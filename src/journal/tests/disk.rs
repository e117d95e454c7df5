//! A disk under SQLite that can lose its power and fail: the system's own files, with what is synced and what is not kept
//! apart beside them (sqlite.org/vfs). Files outside the folders of such disks are SQLite's own business, as ever.

mod vfs;

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use rusqlite::ffi;

/// One disk: a folder.
pub struct Disk {
    folder: PathBuf,
    state: Mutex<State>,
}

/// What it holds and how it behaves.
#[derive(Default)]
pub struct State {
    files: BTreeMap<String, Image>,
    /// Calls since it was last settled.
    pub calls: u64,
    pub fault: Option<Fault>,
    /// Whether the fault was met.
    pub has_failed: bool,
    /// Whether it says that it synced, and does not.
    pub is_lying: bool,
    /// Called before each call that changes something.
    pub watch: Option<Watch>,
}

/// Sees the files as they are.
pub type Watch = Box<dyn FnMut(&BTreeMap<String, Image>) + Send>;

/// Which calls fail.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The first, from 0.
    pub at: u64,
    /// How many.
    pub count: u64,
    /// For want of room, where that can be.
    pub is_full: bool,
}

/// One file.
#[derive(Clone, Default)]
pub struct Image {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// A small source of chance (xorshift64*), so that a seed is a run.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

impl Image {
    /// What is on the disk after a power cut.
    pub fn cut(&self, dice: &mut Dice) -> Vec<u8> {
        let mut left = self.synced.clone();
        // A third of all cuts lose everything that was not synced, and a third hardly anything.
        let luck = dice.roll(3);
        for change in &self.unsynced {
            match change {
                Change::Truncate(length) if luck == 2 || (luck == 1 && dice.roll(2) == 0) => {
                    left.resize(*length, 0);
                }
                Change::Truncate(_) => {}
                Change::Write(start, bytes) => write_torn(&mut left, *start, bytes, luck, dice),
            }
        }
        left
    }

    /// What is on the disk when all that was not synced is lost.
    pub fn synced(&self) -> Vec<u8> {
        self.synced.clone()
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Truncate(length) => self.synced.resize(length, 0),
                Change::Write(start, bytes) => write(&mut self.synced, start, &bytes),
            }
        }
    }
}

/// Writes what a power cut leaves of a write: of each sector all, nothing, its begin, or rubbish.
fn write_torn(left: &mut Vec<u8>, start: usize, bytes: &[u8], luck: u64, dice: &mut Dice) {
    let mut place = 0;
    while place < bytes.len() {
        let sector_end = SECTOR - (start + place) % SECTOR;
        let piece = &bytes[place..bytes.len().min(place + sector_end)];
        match if luck == 0 { 0 } else { dice.roll(if luck == 1 { 4 } else { 40 }) } {
            0 => {}
            1 => write(left, start + place, &piece[..dice.roll(piece.len() as u64) as usize]),
            2 => {
                let rubbish: Vec<u8> = piece.iter().map(|_| dice.roll(256) as u8).collect();
                write(left, start + place, &rubbish);
            }
            _ => write(left, start + place, piece),
        }
        place += piece.len();
    }
}

fn write(file: &mut Vec<u8>, start: usize, bytes: &[u8]) {
    file.resize(file.len().max(start + bytes.len()), 0);
    file[start..start + bytes.len()].copy_from_slice(bytes);
}

impl Disk {
    /// Every file that SQLite opens in this folder from now on is on this disk.
    pub fn at(folder: &Path) -> Arc<Self> {
        vfs::register();
        let disk = Arc::new(Self { folder: folder.into(), state: Mutex::default() });
        let mut disks = DISKS.lock().unwrap();
        disks.retain(|disk| disk.strong_count() > 0);
        disks.push(Arc::downgrade(&disk));
        disk
    }

    /// All that its files hold is synced, and counting begins.
    pub fn settle(&self) {
        let mut state = self.state();
        state.files.clear();
        for entry in fs::read_dir(&self.folder).unwrap() {
            let entry = entry.unwrap();
            let image = Image { synced: fs::read(entry.path()).unwrap(), unsynced: Vec::new() };
            state.files.insert(entry.file_name().into_string().unwrap(), image);
        }
        (state.calls, state.has_failed) = (0, false);
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A file as it is.
    pub fn images(&self) -> BTreeMap<String, Image> {
        self.state().files.clone()
    }

    /// Counts a call; what it fails with, if it does.
    fn call(&self, is_change: bool, failing: c_int) -> Option<c_int> {
        let mut state = self.state();
        if is_change && let Some(mut watch) = state.watch.take() {
            watch(&state.files);
            state.watch = Some(watch);
        }
        let nth = state.calls;
        state.calls += 1;
        let is_met = |fault: &Fault| nth.checked_sub(fault.at).is_some_and(|after| after < fault.count);
        let fault = state.fault.filter(is_met)?;
        state.has_failed = true;
        let can_be_full = failing == ffi::SQLITE_IOERR_WRITE;
        Some(if fault.is_full && can_be_full { ffi::SQLITE_FULL } else { failing })
    }

    fn change(&self, name: &str, change: Change) {
        self.state().files.entry(name.to_owned()).or_default().unsynced.push(change);
    }
}

static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

/// What a disk writes all of or nothing of.
const SECTOR: usize = 512;
