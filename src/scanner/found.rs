//! What is plugged in that may be a gun.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::{BAUD, Config};

/// Something that may be a gun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name, as its maker gave it.
    pub what: String,
    /// How it is best configured, at the speed that guns are shipped with.
    pub config: Config,
}

/// Looks for guns below `root`, which is `/` but in a test. What cannot be read is not there.
pub fn found(root: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let serial = |path| Config::Serial { path, baud: BAUD };
    // udev's links keep their names over a replug and a restart; `ttyACM0` does not.
    let lines = links(root, "/dev/serial/by-id");
    for (path, _) in &lines {
        let what = maker(&path.file_name().unwrap_or_default().to_string_lossy());
        found.push(Found { what, config: serial(path.clone()) });
    }
    for (name, port) in entries(&root.join("sys/class/tty")) {
        if lines.iter().all(|(_, target)| *target != name) && is_there(&port) {
            let config = serial(Path::new("/dev").join(name));
            found.push(Found { what: "serial port".into(), config });
        }
    }
    let devices = links(root, "/dev/input/by-id");
    let typists = fs::read_to_string(root.join("proc/bus/input/devices")).unwrap_or_default();
    found.extend(typists.split("\n\n").filter_map(|block| typist(block, &devices)));
    found
}

/// udev's links in a folder, each with the name of the device file that it leads to.
fn links(root: &Path, folder: &str) -> Vec<(PathBuf, OsString)> {
    let links = entries(&root.join(folder.trim_start_matches('/'))).into_iter().filter_map(|(name, link)| {
        let target = fs::read_link(link).ok()?;
        Some((Path::new(folder).join(name), target.file_name()?.to_owned()))
    });
    links.collect()
}

/// The entries of a folder by name; none where there is no folder.
fn entries(folder: &Path) -> Vec<(OsString, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut entries: Vec<_> = entries.map(|entry| (entry.file_name(), entry.path())).collect();
    entries.sort();
    entries
}

/// `usb-Honeywell_1950g_19023-if00` → `Honeywell 1950g 19023`.
fn maker(link: &str) -> String {
    let name = link.strip_prefix("usb-").unwrap_or(link);
    let name = name.rsplit_once("-if").map_or(name, |(name, _)| name);
    name.replace('_', " ")
}

/// A port with a device behind it. The kernel lists serial ports that the board does not have: their UART is of type 0
/// (`PORT_UNKNOWN` of `linux/serial_core.h`).
fn is_there(port: &Path) -> bool {
    let kind = fs::read_to_string(port.join("type"));
    port.join("device").is_dir() && kind.map_or(true, |kind| kind.trim() != "0")
}

/// An input device that types and hangs on USB or Bluetooth (bus 3 and 5 of `linux/input.h`).
fn typist(block: &str, devices: &[(PathBuf, OsString)]) -> Option<Found> {
    let line = |mark: &str| block.lines().find_map(|line| line.strip_prefix(mark));
    let is_plugged =
        ["Bus=0003", "Bus=0005"].iter().any(|bus| line("I: ").is_some_and(|line| line.starts_with(bus)));
    let handlers = || line("H: Handlers=").unwrap_or_default().split_whitespace();
    // Repeating keys (EV_REP, bit 20) tell a keyboard from a power button.
    let events = u64::from_str_radix(line("B: EV=")?.trim(), 16).ok()?;
    if !is_plugged || handlers().all(|handler| handler != "kbd") || events & 1 << 20 == 0 {
        return None;
    }
    let what = line("N: Name=")?.trim_matches('"').to_owned();
    let config = match handlers().find(|handler| handler.starts_with("event")) {
        Some(event) => {
            let named = devices.iter().find(|(_, target)| target == event).map(|(path, _)| path.clone());
            Config::Evdev { path: named.unwrap_or_else(|| Path::new("/dev/input").join(event)) }
        }
        None => Config::Keyboard {},
    };
    Some(Found { what, config })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(root: &Path) -> Vec<(String, Option<String>)> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        found(root).into_iter().map(|found| (found.what, found.config.path().map(path))).collect()
    }

    #[test]
    fn every_line_is_found_once_by_the_name_that_lasts() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["dev/serial/by-id", "sys/class/tty/ttyACM0/device", "sys/class/tty/ttyUSB0/device"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        symlink("../../ttyACM0", at("dev/serial/by-id/usb-Honeywell_1950g_19023-if00")).unwrap();
        for (port, kind) in [("ttyS0", "4\n"), ("ttyS1", "0\n")] {
            fs::create_dir_all(at("sys/class/tty").join(port).join("device")).unwrap();
            fs::write(at("sys/class/tty").join(port).join("type"), kind).unwrap();
        }
        fs::create_dir_all(at("sys/class/tty/tty1")).unwrap();
        let is = |what: &str, path: &str| (what.to_owned(), Some(path.to_owned()));
        assert_eq!(
            names(root.path()),
            [
                is("Honeywell 1950g 19023", "/dev/serial/by-id/usb-Honeywell_1950g_19023-if00"),
                is("serial port", "/dev/ttyS0"),
                is("serial port", "/dev/ttyUSB0"),
            ]
        );
    }

    #[test]
    fn what_types_is_found_and_a_power_button_is_not() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/bus/input")).unwrap();
        let devices = "I: Bus=0019 Vendor=0000 Product=0001 Version=0000\nN: Name=\"Power Button\"\nH: Handlers=kbd event0 \n\
                       B: EV=3\n\nI: Bus=0003 Vendor=0c2e Product=0b61 Version=0111\nN: Name=\"Honeywell Scanner 1950g\"\n\
                       H: Handlers=sysrq kbd event4 leds \nB: EV=120013\n\nI: Bus=0003 Vendor=1 Product=2 Version=1\n\
                       N: Name=\"Mouse\"\nH: Handlers=mouse0 event5 \nB: EV=17\n";
        fs::write(root.path().join("proc/bus/input/devices"), devices).unwrap();
        let gun = |config| [Found { what: "Honeywell Scanner 1950g".into(), config }];
        assert_eq!(found(root.path()), gun(Config::Evdev { path: "/dev/input/event4".into() }));
        let by_id = root.path().join("dev/input/by-id");
        fs::create_dir_all(&by_id).unwrap();
        symlink("../event5", by_id.join("usb-Mouse-event-mouse")).unwrap();
        symlink("../event4", by_id.join("usb-Honeywell-event-kbd")).unwrap();
        let lasting = "/dev/input/by-id/usb-Honeywell-event-kbd";
        assert_eq!(found(root.path()), gun(Config::Evdev { path: lasting.into() }));
        let devices = devices.replace("event4 leds", "leds");
        fs::write(root.path().join("proc/bus/input/devices"), devices).unwrap();
        assert_eq!(found(root.path()), gun(Config::Keyboard {}), "nothing to read but the window");
    }

    #[test]
    fn where_nothing_can_be_read_nothing_is_found() {
        assert_eq!(found(Path::new("/nowhere")), []);
    }
}
