//! What is plugged in that prints.

use std::fs;
use std::path::{Path, PathBuf};

/// A printer on a USB port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Maker and model, as it tells them.
    pub what: String,
    /// Its device file.
    pub path: PathBuf,
    /// Its serial number, where it has one.
    pub serial: Option<String>,
    /// The languages it says it speaks; empty where it does not say.
    pub languages: String,
}

/// Looks for printers below `root`, which is `/` but in a test. What cannot be read is not there.
pub fn found(root: &Path) -> Vec<Found> {
    let found = device_files(root).into_iter().map(|path| {
        let id = id(root, &path).unwrap_or_default();
        let told = |keys: [&str; 2]| keys.iter().find_map(|key| field(&id, key)).unwrap_or_default();
        let what = format!("{} {}", told(["MFG", "MANUFACTURER"]), told(["MDL", "MODEL"]));
        Found {
            what: what.trim().to_owned(),
            serial: serial(root, &path),
            path,
            languages: told(["CMD", "COMMAND SET"]).to_owned(),
        }
    });
    found.collect()
}

/// The device files of printers, in the order of their names, as they are called from the real root.
pub(super) fn device_files(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("dev/usb")).into_iter().flatten().flatten();
    let names =
        entries.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().starts_with("lp"));
    let mut paths: Vec<_> = names.map(|name| Path::new("/dev/usb").join(name)).collect();
    paths.sort();
    paths
}

/// The IEEE 1284 device id of the printer behind a device file.
pub(super) fn id(root: &Path, path: &Path) -> Option<String> {
    told(root, path, "ieee1284_id")
}

/// The serial number of the device that the printer's interface is part of.
pub(super) fn serial(root: &Path, path: &Path) -> Option<String> {
    told(root, path, "../serial")
}

fn told(root: &Path, path: &Path, what: &str) -> Option<String> {
    let device = root.join("sys/class/usbmisc").join(path.file_name()?).join("device");
    let text = fs::read_to_string(device.join(what)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A value of an IEEE 1284 device id: `MFG:Zebra;MDL:GK420d;CMD:ZPL;`.
fn field<'a>(id: &'a str, key: &str) -> Option<&'a str> {
    id.split(';')
        .filter_map(|pair| pair.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printer_tells_what_it_is_or_is_found_without() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["dev/usb", "sys/class/usbmisc/lp1/device"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for name in ["lp1", "lp0", "hiddev0"] {
            fs::write(root.path().join("dev/usb").join(name), "").unwrap();
        }
        let id = "MANUFACTURER:Zebra ;MODEL:GK420d;COMMAND SET:EPL,ZPL;CLS:PRINTER;\n";
        fs::write(root.path().join("sys/class/usbmisc/lp1/device/ieee1284_id"), id).unwrap();
        fs::write(root.path().join("sys/class/usbmisc/lp1/serial"), "K1234\n").unwrap();
        let is = |what: &str, path: &str, serial: Option<&str>, languages: &str| Found {
            what: what.into(),
            path: path.into(),
            serial: serial.map(Into::into),
            languages: languages.into(),
        };
        let wanted =
            [is("", "/dev/usb/lp0", None, ""), is("Zebra GK420d", "/dev/usb/lp1", Some("K1234"), "EPL,ZPL")];
        assert_eq!(found(root.path()), wanted);
    }

    #[test]
    fn where_nothing_can_be_read_nothing_is_found() {
        assert_eq!(found(Path::new("/nowhere")), []);
    }
}
