use std::os::unix::fs::symlink;

use super::*;

/// What the system shows of guns on USB.
pub struct Bus(tempfile::TempDir);

impl Bus {
    pub fn new() -> Self {
        let bus = Self(tempfile::tempdir().unwrap());
        for (class, files) in CLASSES {
            fs::create_dir_all(bus.root().join(class)).unwrap();
            fs::create_dir_all(bus.root().join(files).join("by-id")).unwrap();
        }
        fs::create_dir_all(bus.root().join("dev/serial/by-id")).unwrap();
        bus
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Plugs a gun in as `name`, such as `ttyACM0`, its device file a link to `file`; `serial` is empty where it has none.
    pub fn plug(&self, name: &str, serial: &str, file: &Path) {
        let usb = self.root().join("devices").join(name);
        let interface = usb.join("1-1:1.0");
        fs::create_dir_all(&interface).unwrap();
        for (what, told) in [("idVendor", "0c2e"), ("idProduct", "0b61"), ("serial", serial)] {
            fs::write(usb.join(what), format!("{told}\n")).unwrap();
        }
        fs::write(interface.join("bInterfaceNumber"), "00\n").unwrap();
        let (class, files) = CLASSES[usize::from(name.starts_with("event"))];
        // A keyboard's device is a folder further in.
        let device = if name.starts_with("event") { interface.join("input7") } else { interface };
        fs::create_dir_all(&device).unwrap();
        let node = self.root().join(class).join(name);
        fs::create_dir_all(&node).unwrap();
        symlink(device, node.join("device")).unwrap();
        symlink(file, self.root().join(files).join(name)).unwrap();
    }

    pub fn unplug(&self, name: &str) {
        let (class, files) = CLASSES[usize::from(name.starts_with("event"))];
        fs::remove_dir_all(self.root().join("devices").join(name)).unwrap();
        fs::remove_dir_all(self.root().join(class).join(name)).unwrap();
        fs::remove_file(self.root().join(files).join(name)).unwrap();
    }

    /// The file that is opened for the gun of this place; none when it is missing. `taken` cannot be.
    fn opened(&self, place: &mut Place, taken: &[&str]) -> Option<String> {
        let opened = place.open(|path| {
            let name = path.strip_prefix(self.root()).unwrap().to_str().unwrap().to_owned();
            match taken.contains(&&*name) {
                true => Err(ScannerFault::Denied(name.into())),
                false if path.exists() => Ok(name),
                false => Err(ScannerFault::Missing(name.into())),
            }
        });
        opened.ok()
    }

    fn place(&self, named: &str) -> Place {
        Place::below(self.root(), Path::new(named))
    }
}

#[test]
fn a_gun_is_found_again_at_another_place_and_another_in_its_own_is_not_taken() {
    for [own, other, further] in [["ttyACM0", "ttyACM1", "ttyACM2"], ["event3", "event4", "event5"]] {
        let files = if own.starts_with("event") { "dev/input" } else { "dev" };
        let at = |name: &str| Some(format!("{files}/{name}"));
        let bus = Bus::new();
        bus.plug(own, "K1", Path::new("/dev/null"));
        bus.plug(other, "K2", Path::new("/dev/null"));
        let mut place = bus.place(&format!("/{files}/{own}"));
        assert_eq!(bus.opened(&mut place, &[]), at(own));
        bus.unplug(own);
        assert_eq!(bus.opened(&mut place, &[]), None, "another gun is not it");
        bus.plug(further, "K1", Path::new("/dev/null"));
        assert_eq!(bus.opened(&mut place, &[]), at(further));
        bus.unplug(other);
        bus.plug(own, "K2", Path::new("/dev/null"));
        assert_eq!(bus.opened(&mut place, &[]), at(further), "not the one in its place");
    }
}

#[test]
fn of_two_alike_the_one_in_its_place_is_taken_and_one_that_is_in_use_never() {
    let bus = Bus::new();
    bus.plug("ttyACM0", "", Path::new("/dev/null"));
    bus.plug("ttyACM1", "", Path::new("/dev/null"));
    let mut place = bus.place("/dev/ttyACM1");
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/ttyACM1");
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/ttyACM1");
    bus.unplug("ttyACM1");
    let fault = place.open(|_| -> Result<(), _> { Err(ScannerFault::Denied("in use".into())) });
    assert_eq!(fault, Err(ScannerFault::Missing("/dev/ttyACM1".into())), "nothing is wrong with the other");
    bus.plug("ttyACM2", "", Path::new("/dev/null"));
    assert_eq!(bus.opened(&mut place, &["dev/ttyACM0"]).unwrap(), "dev/ttyACM2");
}

#[test]
fn what_keeps_it_from_being_opened_in_its_place_is_told() {
    let bus = Bus::new();
    bus.plug("ttyACM0", "K1", Path::new("/dev/null"));
    let mut place = bus.place("/dev/ttyACM0");
    let denied = || Err::<(), _>(ScannerFault::Denied("no access".into()));
    assert_eq!(place.open(|_| denied()), denied());
    assert_eq!(place.open(|_| Ok(())), Ok(()));
    assert_eq!(place.open(|_| denied()), denied());
}

#[test]
fn a_link_leads_to_its_gun_and_only_while_that_is_the_same() {
    let bus = Bus::new();
    let link = bus.root().join("dev/serial/by-id/usb-Gun-if00");
    bus.plug("ttyACM0", "K1", Path::new("/dev/null"));
    symlink("../../ttyACM0", &link).unwrap();
    let mut place = bus.place("/dev/serial/by-id/usb-Gun-if00");
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/serial/by-id/usb-Gun-if00");
    fs::remove_file(&link).unwrap();
    bus.unplug("ttyACM0");
    bus.plug("ttyACM0", "K2", Path::new("/dev/null"));
    symlink("../../ttyACM0", &link).unwrap();
    assert_eq!(bus.opened(&mut place, &[]), None);
    bus.plug("ttyACM1", "K1", Path::new("/dev/null"));
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/ttyACM1", "before udev has made its link");
}

#[test]
fn what_is_not_on_usb_is_where_it_was() {
    let bus = Bus::new();
    fs::write(bus.root().join("dev/ttyS0"), "").unwrap();
    let mut place = bus.place("/dev/ttyS0");
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/ttyS0");
    assert!(place.known.is_none());
    assert_eq!(bus.opened(&mut place, &[]).unwrap(), "dev/ttyS0");
}
