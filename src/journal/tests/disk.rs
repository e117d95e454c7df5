//! A disk under SQLite that can lose its power and fail: the system's own files, with what is synced and what is not kept
//! apart beside them (sqlite.org/vfs). Files outside the folders of such disks are SQLite's own business, as ever.
#![allow(unsafe_code, reason = "SQLite takes a file system as C functions, and nothing else")]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, Once, Weak};

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
        register();
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

/// A file as SQLite holds it: this, and behind it the system's own.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    disk: *const Disk,
    name: *mut String,
}

static DISKS: Mutex<Vec<Weak<Disk>>> = Mutex::new(Vec::new());

fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the system's own file system is registered before any other and stays for the life of the process, and
        // so does this one, which is leaked.
        unsafe {
            let system = ffi::sqlite3_vfs_find(std::ptr::null());
            let mut ours = *system;
            ours.zName = c"power".as_ptr();
            ours.pNext = std::ptr::null_mut();
            ours.szOsFile += c_int::try_from(size_of::<File>()).unwrap();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            SYSTEM.store(system, std::sync::atomic::Ordering::Release);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), ffi::SQLITE_OK);
        }
    });
}

static SYSTEM: std::sync::atomic::AtomicPtr<ffi::sqlite3_vfs> =
    std::sync::atomic::AtomicPtr::new(std::ptr::null_mut());

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.load(std::sync::atomic::Ordering::Acquire)
}

/// The disk that a path is on, and the file's name there.
fn disk_of(path: *const c_char) -> Option<(Arc<Disk>, String)> {
    if path.is_null() {
        return None;
    }
    // SAFETY: SQLite hands in a path that ends with a zero.
    let path = Path::new(unsafe { CStr::from_ptr(path) }.to_str().ok()?);
    let disks = DISKS.lock().unwrap();
    let disk = disks.iter().filter_map(Weak::upgrade).find(|disk| path.starts_with(&disk.folder))?;
    Some((disk, path.file_name()?.to_str()?.to_owned()))
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    path: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives room for `szOsFile` bytes, which is ours and the system's together; the system's file comes
    // first where the path is on none of our disks.
    unsafe {
        let system = system();
        let system_open = (*system).xOpen.unwrap();
        let Some((disk, name)) = disk_of(path) else { return system_open(system, path, file, flags, out) };
        (*file).pMethods = std::ptr::null();
        if let Some(code) = disk.call(false, ffi::SQLITE_CANTOPEN) {
            return code;
        }
        let code = system_open(system, path, real(file), flags, out);
        if code == ffi::SQLITE_OK {
            disk.state().files.entry(name.clone()).or_default();
            let ours = file.cast::<File>();
            (*ours).disk = Arc::into_raw(disk);
            (*ours).name = Box::into_raw(Box::new(name));
            (*ours).base.pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, path: *const c_char, sync: c_int) -> c_int {
    let system = system();
    if let Some((disk, name)) = disk_of(path) {
        if let Some(code) = disk.call(true, ffi::SQLITE_IOERR_DELETE) {
            return code;
        }
        disk.state().files.remove(&name);
    }
    // SAFETY: as SQLite called us.
    unsafe { (*system).xDelete.unwrap()(system, path, sync) }
}

/// The system's file behind ours.
fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    file.wrapping_byte_add(size_of::<File>())
}

/// The disk and name of a file that [`open`] opened.
unsafe fn ours<'a>(file: *mut ffi::sqlite3_file) -> (&'a Disk, &'a str) {
    // SAFETY: set by `open`, and alive until `close`.
    unsafe { (&*(*file.cast::<File>()).disk, &*(*file.cast::<File>()).name) }
}

/// Hands a call on to the system's file.
macro_rules! passed {
    ($name:ident, $method:ident, $failing:expr $(, $argument:ident: $kind:ty)*) => {
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $argument: $kind)*) -> c_int {
            // SAFETY: as SQLite called us, on a file that `open` opened.
            unsafe {
                let failing: Option<c_int> = $failing;
                if let Some(code) = failing.and_then(|failing| ours(file).0.call(false, failing)) {
                    return code;
                }
                (*(*real(file)).pMethods).$method.unwrap()(real(file) $(, $argument)*)
            }
        }
    };
}

passed!(read, xRead, Some(ffi::SQLITE_IOERR_READ), to: *mut c_void, count: c_int, start: i64);
passed!(file_size, xFileSize, Some(ffi::SQLITE_IOERR_FSTAT), size: *mut i64);
passed!(lock, xLock, Some(ffi::SQLITE_IOERR_LOCK), level: c_int);
passed!(unlock, xUnlock, None, level: c_int);
passed!(reserved, xCheckReservedLock, None, out: *mut c_int);
passed!(control, xFileControl, None, operation: c_int, argument: *mut c_void);
passed!(sector_size, xSectorSize, None);
passed!(characteristics, xDeviceCharacteristics, None);
passed!(
    map,
    xShmMap,
    Some(ffi::SQLITE_IOERR_SHMMAP),
    page: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void
);
passed!(shared_lock, xShmLock, None, start: c_int, count: c_int, flags: c_int);
passed!(unmap, xShmUnmap, None, delete: c_int);

unsafe extern "C" fn barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as SQLite called us, on a file that `open` opened.
    unsafe { (*(*real(file)).pMethods).xShmBarrier.unwrap()(real(file)) }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: as SQLite called us, once, on a file that `open` opened; nothing uses it afterwards.
    unsafe {
        let code = (*(*real(file)).pMethods).xClose.unwrap()(real(file));
        let ours = file.cast::<File>();
        drop(Arc::from_raw((*ours).disk));
        drop(Box::from_raw((*ours).name));
        code
    }
}

unsafe extern "C" fn write_file(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    count: c_int,
    start: i64,
) -> c_int {
    // SAFETY: as SQLite called us, on a file that `open` opened, with `count` bytes to write.
    unsafe {
        let (disk, name) = ours(file);
        let system_write = (*(*real(file)).pMethods).xWrite.unwrap();
        let failed = disk.call(true, ffi::SQLITE_IOERR_WRITE);
        // A write that fails may have been half done.
        let count = if failed.is_some() { count / 2 } else { count };
        let code = if count > 0 { system_write(real(file), from, count, start) } else { ffi::SQLITE_OK };
        if code == ffi::SQLITE_OK {
            let bytes = std::slice::from_raw_parts(from.cast::<u8>(), count as usize).to_vec();
            disk.change(name, Change::Write(start as usize, bytes));
        }
        failed.unwrap_or(code)
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: as SQLite called us, on a file that `open` opened.
    unsafe {
        let (disk, name) = ours(file);
        if let Some(code) = disk.call(true, ffi::SQLITE_IOERR_TRUNCATE) {
            return code;
        }
        disk.change(name, Change::Truncate(size as usize));
        (*(*real(file)).pMethods).xTruncate.unwrap()(real(file), size)
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: as SQLite called us, on a file that `open` opened.
    let (disk, name) = unsafe { ours(file) };
    let failed = disk.call(true, ffi::SQLITE_IOERR_FSYNC);
    let mut state = disk.state();
    let is_lying = state.is_lying;
    let image = state.files.entry(name.to_owned()).or_default();
    if failed.is_some() {
        // As Linux does it: what could not be written is dropped, still read as written, and never tried again.
        image.unsynced.clear();
    } else if !is_lying {
        image.sync();
    }
    failed.unwrap_or(ffi::SQLITE_OK)
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write_file),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(reserved),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map),
    xShmLock: Some(shared_lock),
    xShmBarrier: Some(barrier),
    xShmUnmap: Some(unmap),
    xFetch: None,
    xUnfetch: None,
};

/// What a disk writes all of or nothing of.
const SECTOR: usize = 512;
