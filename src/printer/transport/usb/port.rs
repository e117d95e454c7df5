//! What a printer port on USB knows by itself, whatever its printer speaks.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use crate::station::PrinterFault;

/// The printer's status lines (Linux's `lp.h`, `LPGETSTATUS`).
#[allow(unsafe_code, reason = "the driver is asked by an ioctl, for which there is no safe function")]
pub fn status(file: &File) -> io::Result<u8> {
    let mut status: libc::c_int = 0;
    // SAFETY: the file is open, and the driver writes one int to where it is told, which outlives the call.
    let asked = unsafe { libc::ioctl(file.as_raw_fd(), LPGETSTATUS, &raw mut status) };
    if asked < 0 { Err(io::Error::last_os_error()) } else { Ok(status.to_le_bytes()[0]) }
}

/// The fault in a status; some printers tell paper alone.
pub fn fault(status: u8) -> Option<PrinterFault> {
    if status & PAPER_OUT != 0 {
        return Some(PrinterFault::PaperOut);
    }
    (status & NO_ERROR == 0 || status & SELECTED == 0).then_some(PrinterFault::Attention)
}

const LPGETSTATUS: libc::c_ulong = 0x060b;

/// `LP_POUTPA`, `LP_PSELECD` and `LP_PERRORP`, which is set while there is no error.
const PAPER_OUT: u8 = 0x20;
const SELECTED: u8 = 0x10;
const NO_ERROR: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_port_are_its_faults() {
        assert_eq!(fault(0x18), None);
        assert_eq!(fault(0x38), Some(PrinterFault::PaperOut));
        assert_eq!(fault(0x30), Some(PrinterFault::PaperOut));
        assert_eq!(fault(0x10), Some(PrinterFault::Attention));
        assert_eq!(fault(0x08), Some(PrinterFault::Attention));
    }

    #[test]
    fn what_is_no_printer_port_has_no_status() {
        assert!(status(&File::open("/dev/null").unwrap()).is_err());
    }
}
