//! The port with a double in the place of the kernel's device, since no build machine has `/dev/uinput`; and what is no device.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::Port as _;
use super::*;
use crate::scanner::worker::{Raw, Teller};
use crate::scanner::{Seen, start};
use crate::station::PortState;

/// A device that does as it was told beforehand, and is unplugged after that.
struct Scripted {
    script: VecDeque<Said>,
    is_held: bool,
    is_grabbed: Arc<Mutex<bool>>,
    grab: Result<(), io::ErrorKind>,
}

#[derive(Clone, Copy)]
enum Said {
    Key(u16),
    Silence { is_held: bool },
}
use Said::{Key, Silence};

impl Device for Scripted {
    fn event(&mut self, _: Duration) -> io::Result<Option<Event>> {
        match self.script.pop_front().ok_or(io::ErrorKind::NotConnected)? {
            Key(code) => Ok(Some(down(code))),
            Silence { is_held } => {
                self.is_held = is_held;
                Ok(None)
            }
        }
    }

    fn is_held(&self) -> io::Result<bool> {
        Ok(self.is_held)
    }

    fn grab(&mut self) -> io::Result<()> {
        self.grab?;
        *self.is_grabbed.lock().unwrap() = true;
        Ok(())
    }
}

fn down(code: u16) -> Event {
    Event { at: Duration::ZERO, kind: 1, code, value: 1 }
}

/// Opens the port of a scripted device that stands at `path`; what came of it, and whether it was grabbed.
fn opened(
    path: &Path,
    script: impl IntoIterator<Item = Said>,
    grab: Result<(), io::ErrorKind>,
) -> (Result<Box<dyn super::super::Line>, ScannerFault>, bool) {
    let is_grabbed = Arc::new(Mutex::new(false));
    let mut device = Some(Scripted {
        script: script.into_iter().collect(),
        is_held: false,
        is_grabbed: Arc::clone(&is_grabbed),
        grab,
    });
    let open = |_: &Path| -> io::Result<Box<dyn Device>> { Ok(Box::new(device.take().unwrap())) };
    let line = Port { place: Place::new(path), open }.open();
    let is_grabbed = *is_grabbed.lock().unwrap();
    (line, is_grabbed)
}

fn bytes(mut line: Box<dyn super::super::Line>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Ok(heard) = line.hear() {
        if let Heard::Bytes { bytes, .. } = heard {
            all.extend(bytes);
        }
    }
    all
}

const ENTER: u16 = 28;
const HERE: &str = "/dev/null";

#[test]
fn it_is_taken_between_two_codes_with_all_keys_up() {
    let held = Silence { is_held: true };
    let free = Silence { is_held: false };
    let script =
        [Key(9), Key(7), held, Key(2), Key(8), Key(ENTER), held, free, Key(3), Key(6), Key(ENTER), held];
    let (line, is_grabbed) = opened(Path::new(HERE), script, Ok(()));
    assert_eq!(bytes(line.ok().unwrap()), b"25\r", "half a code that was under way is none");
    assert!(is_grabbed);
}

#[test]
fn a_key_that_stays_down_or_keys_without_an_end_are_told_and_nothing_is_taken() {
    for said in [Silence { is_held: true }, Key(9)] {
        let (line, is_grabbed) = opened(Path::new(HERE), std::iter::repeat_n(said, 10_000), Ok(()));
        assert_eq!((line.err(), is_grabbed), (Some(ScannerFault::Babbling), false));
    }
}

#[test]
fn a_device_that_another_program_has_is_denied_and_one_that_went_away_is_missing() {
    let free = Silence { is_held: false };
    let (line, _) = opened(Path::new(HERE), [free], Err(io::ErrorKind::ResourceBusy));
    let Some(ScannerFault::Denied(why)) = line.err() else { panic!("it is taken") };
    assert_eq!(&*why, "/dev/null: resource busy");
    let (line, _) = opened(Path::new("/dev/input/by-id/none"), [], Ok(()));
    assert_eq!(line.err(), Some(ScannerFault::Missing("/dev/input/by-id/none".into())));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_input_device_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    for path in [Path::new("/dev/null"), &file] {
        let Some(ScannerFault::Denied(why)) = Port::new(Place::new(path)).open().err() else {
            panic!("{} is no input device", path.display())
        };
        assert_eq!(*why, format!("{}: it is no input device", path.display()));
    }
    let none = folder.path().join("none");
    let missing = ScannerFault::Missing(none.to_str().unwrap().into());
    assert_eq!(Port::new(Place::new(&none)).open().err(), Some(missing));
}

/// A device that a test types on; hanging up is an unplug.
struct Typed(Receiver<Event>);

impl Device for Typed {
    fn event(&mut self, within: Duration) -> io::Result<Option<Event>> {
        match self.0.recv_timeout(within) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn is_held(&self) -> io::Result<bool> {
        Ok(false)
    }

    fn grab(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_is_opened_again_wherever_its_name_leads_after_a_replug() {
    let folder = tempfile::tempdir().unwrap();
    let by_id = folder.path().join("usb-Gun-event-kbd");
    // What is plugged in, by where it is.
    let bus: Arc<Mutex<Vec<(PathBuf, Typed)>>> = Arc::default();
    let plug = |event: &str| -> Sender<Event> {
        let (typist, typed) = channel();
        let node = folder.path().join(event);
        fs::write(&node, "").unwrap();
        bus.lock().unwrap().push((node.clone(), Typed(typed)));
        symlink(node, &by_id).unwrap();
        typist
    };
    let open = {
        let bus = Arc::clone(&bus);
        move |path: &Path| -> io::Result<Box<dyn Device>> {
            let node = fs::read_link(path)?;
            let mut bus = bus.lock().unwrap();
            let at = bus.iter().position(|(place, _)| *place == node).ok_or(io::ErrorKind::NotFound)?;
            Ok(Box::new(bus.remove(at).1))
        }
    };
    let (tell, told) = channel();
    let mut teller = Teller::new(0, move |seen| tell.send(seen).unwrap());
    let port = Port { place: Place::new(&by_id), open };
    let gun = start(0, &by_id, port, move |raw: Raw| teller.hear(raw));
    let next = || told.recv_timeout(Duration::from_secs(30)).unwrap();

    assert_eq!(next(), Seen::State(PortState::Faulted(missing(&by_id))));
    let typist = plug("event3");
    assert_eq!(next(), Seen::State(PortState::Ready));
    for code in [3, 6, 8, 8, 2, ENTER, 9] {
        typist.send(down(code)).unwrap();
    }
    assert_eq!(next(), Seen::Frame("25771".into()));
    fs::remove_file(&by_id).unwrap();
    drop(typist);
    assert_eq!(next(), Seen::State(PortState::Faulted(missing(&by_id))));
    let typist = plug("event7");
    assert_eq!(next(), Seen::State(PortState::Ready));
    for code in [3, 6, 8, 8, 3, ENTER] {
        typist.send(down(code)).unwrap();
    }
    assert_eq!(next(), Seen::Frame("25772".into()), "what the unplug cut off is gone");
    drop(gun);
    assert_eq!(told.iter().next(), None);
}

fn missing(path: &Path) -> ScannerFault {
    ScannerFault::Missing(path.to_str().unwrap().into())
}
