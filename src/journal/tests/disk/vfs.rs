//! The file system that SQLite is given: each call is counted by its disk, and goes on to the system's own unless it fails.
#![allow(unsafe_code, reason = "SQLite takes a file system as C functions, and nothing else")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Once, Weak};

use rusqlite::ffi;

use super::{Change, DISKS, Disk};

/// A file as SQLite holds it: this, and behind it the system's own.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    disk: *const Disk,
    name: *mut String,
}

/// Makes SQLite open its files through here, once.
pub fn register() {
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
            SYSTEM.store(system, Ordering::Release);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1), ffi::SQLITE_OK);
        }
    });
}

static SYSTEM: AtomicPtr<ffi::sqlite3_vfs> = AtomicPtr::new(std::ptr::null_mut());

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.load(Ordering::Acquire)
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
