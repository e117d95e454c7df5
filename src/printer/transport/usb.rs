//! A printer on USB: the device file of Linux's usblp.

use std::io;
use std::path::{Path, PathBuf};

use super::Transport;
use super::device::{self, Device, Kind};
use crate::printer::found;

pub(super) mod port;

/// Who a printer is, as far as it tells.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// Its device id and serial number.
    name: String,
    /// Whether no other was there that tells the same, as cheap ones without a serial number do.
    is_only: bool,
}

/// An address, by its path and what stands behind it.
pub(super) fn address(path: &str, options: &[(&str, &str)]) -> Option<Transport> {
    let serial = match options {
        [] => None,
        [("serial", serial)] if !serial.is_empty() => Some((*serial).into()),
        _ => return None,
    };
    Some(Transport::Usb { path: path.into(), serial })
}

/// Opens the printer, wherever it is plugged in now, and remembers who it is.
pub(super) fn open(path: &Path, serial: Option<&str>, known: &mut Option<Identity>) -> io::Result<Device> {
    let root = Path::new("/");
    let path = find(root, path, serial, known.as_ref())?;
    let device = Device::new(device::open(&path)?, Kind::Usb)?;
    if known.is_none() {
        *known = identity(root, &path);
    }
    Ok(device)
}

/// The device file of the printer with this serial number, else of the one known, else the one named.
pub(super) fn find(
    root: &Path,
    path: &Path,
    serial: Option<&str>,
    known: Option<&Identity>,
) -> io::Result<PathBuf> {
    let is_wanted = |path: &PathBuf| match (serial, known) {
        (Some(wanted), _) => found::serial(root, path).as_deref() == Some(wanted),
        (None, Some(known)) => name(root, path).as_ref() == Some(&known.name),
        (None, None) => true,
    };
    let named = path.to_owned();
    // Of two alike the one at its own place is taken; the other is not it, wherever this one has gone.
    let may_be_elsewhere = serial.is_some() || known.is_none_or(|known| known.is_only);
    let elsewhere = may_be_elsewhere.then(|| found::device_files(root)).into_iter().flatten();
    let mut places = std::iter::once(named).chain(elsewhere);
    places.find(is_wanted).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "no printer on USB is the one that was set up here")
    })
}

fn identity(root: &Path, path: &Path) -> Option<Identity> {
    let is_alike = |other: &PathBuf| other != path && name(root, other) == name(root, path);
    Some(Identity { name: name(root, path)?, is_only: !found::device_files(root).iter().any(is_alike) })
}

fn name(root: &Path, path: &Path) -> Option<String> {
    let serial = found::serial(root, path).unwrap_or_default();
    Some(format!("{} {serial}", found::id(root, path)?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_printer_is_found_again_at_another_place() {
        let bus = Bus::new(&[("lp0", "MDL:GK420d;", "K1"), ("lp1", "MDL:TTP-245;", "T1")]);
        let zebra = identity(bus.root(), Path::new("/dev/usb/lp0")).unwrap();
        assert_eq!(bus.find("lp0", None, Some(&zebra)).unwrap(), "/dev/usb/lp0");
        bus.move_to("lp0", "lp2");
        assert_eq!(bus.find("lp0", None, Some(&zebra)).unwrap(), "/dev/usb/lp2");
        bus.move_to("lp1", "lp0");
        assert_eq!(bus.find("lp0", None, Some(&zebra)).unwrap(), "/dev/usb/lp2", "not the one in its place");
        bus.move_to("lp2", "hidden");
        assert_eq!(bus.find("lp0", None, Some(&zebra)).unwrap_err(), io::ErrorKind::NotFound);
    }

    #[test]
    fn one_that_is_alike_is_not_taken_for_one_that_is_gone() {
        let bus = Bus::new(&[("lp0", "MDL:XP-420B;", ""), ("lp1", "MDL:XP-420B;", "")]);
        let first = identity(bus.root(), Path::new("/dev/usb/lp0")).unwrap();
        bus.move_to("lp0", "hidden");
        assert_eq!(bus.find("lp0", None, Some(&first)).unwrap_err(), io::ErrorKind::NotFound);
        bus.move_to("hidden", "lp0");
        assert_eq!(bus.find("lp0", None, Some(&first)).unwrap(), "/dev/usb/lp0");
    }

    #[test]
    fn a_serial_number_finds_its_printer_from_the_start() {
        let bus = Bus::new(&[("lp0", "MDL:GK420d;", "K1"), ("lp1", "MDL:GK420d;", "K2")]);
        assert_eq!(bus.find("lp0", Some("K2"), None).unwrap(), "/dev/usb/lp1");
        assert_eq!(bus.find("lp0", Some("K3"), None).unwrap_err(), io::ErrorKind::NotFound);
        assert_eq!(
            bus.find("lp7", None, None).unwrap(),
            "/dev/usb/lp7",
            "as it was named, where nothing is known"
        );
    }

    /// What the system shows of printers on USB.
    struct Bus(tempfile::TempDir);

    impl Bus {
        fn new(printers: &[(&str, &str, &str)]) -> Self {
            let bus = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(bus.root().join("dev/usb")).unwrap();
            for (name, id, serial) in printers {
                let class = bus.class(name);
                fs::create_dir_all(class.join("device")).unwrap();
                fs::write(class.join("device/ieee1284_id"), id).unwrap();
                fs::write(class.join("serial"), format!("{serial}\n")).unwrap();
                fs::write(bus.root().join("dev/usb").join(name), "").unwrap();
            }
            bus
        }

        fn root(&self) -> &Path {
            self.0.path()
        }

        fn class(&self, name: &str) -> PathBuf {
            self.root().join("sys/class/usbmisc").join(name)
        }

        fn move_to(&self, from: &str, to: &str) {
            fs::rename(self.class(from), self.class(to)).unwrap();
            let files = self.root().join("dev/usb");
            fs::rename(files.join(from), files.join(to)).unwrap();
        }

        fn find(
            &self,
            name: &str,
            serial: Option<&str>,
            known: Option<&Identity>,
        ) -> Result<String, io::ErrorKind> {
            find(self.root(), &Path::new("/dev/usb").join(name), serial, known)
                .map(|path| path.display().to_string())
                .map_err(|error| error.kind())
        }
    }
}
