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
    /// The languages it says it speaks; empty where it does not say.
    pub languages: String,
}

/// Looks for printers below `root`, which is `/` but in a test. What cannot be read is not there.
pub fn found(root: &Path) -> Vec<Found> {
    let entries = fs::read_dir(root.join("dev/usb")).into_iter().flatten().flatten();
    let names =
        entries.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().starts_with("lp"));
    let mut found: Vec<_> = names
        .map(|name| {
            let id = root.join("sys/class/usbmisc").join(&name).join("device/ieee1284_id");
            let id = fs::read_to_string(id).unwrap_or_default();
            let told = |keys: [&str; 2]| keys.iter().find_map(|key| field(&id, key)).unwrap_or_default();
            let what = format!("{} {}", told(["MFG", "MANUFACTURER"]), told(["MDL", "MODEL"]));
            Found {
                what: what.trim().to_owned(),
                path: Path::new("/dev/usb").join(name),
                languages: told(["CMD", "COMMAND SET"]).to_owned(),
            }
        })
        .collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
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
        let is = |what: &str, path: &str, languages: &str| Found {
            what: what.into(),
            path: path.into(),
            languages: languages.into(),
        };
        let wanted = [is("", "/dev/usb/lp0", ""), is("Zebra GK420d", "/dev/usb/lp1", "EPL,ZPL")];
        assert_eq!(found(root.path()), wanted);
    }

    #[test]
    fn where_nothing_can_be_read_nothing_is_found() {
        assert_eq!(found(Path::new("/nowhere")), []);
    }
}
