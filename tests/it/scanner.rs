//! Guns on real serial lines (ptys).

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ordak_station::scanner::{self, Config, Handle, Seen};
use ordak_station::station::{PortState, ScannerFault};

use crate::support::pty::Gun;

struct Plugged {
    handle: Handle,
    told: Receiver<Seen>,
}

impl Plugged {
    fn at(path: &Path) -> Self {
        let (tell, told) = mpsc::sync_channel(1024);
        let config = Config::Serial { path: path.into(), baud: 9600 };
        let handle = scanner::spawn(0, &config, move |seen| tell.send(seen).unwrap());
        Self { handle, told }
    }

    fn next(&self) -> Seen {
        self.told.recv_timeout(PATIENCE).expect("the scanner tells something")
    }

    fn expect_frame(&self, text: &str) {
        assert_eq!(self.next(), Seen::Frame(text.into()));
    }

    fn expect_ready(&self) {
        assert_eq!(self.next(), Seen::State(PortState::Ready));
    }

    fn expect_fault(&self, fault: ScannerFault) {
        assert_eq!(self.next(), Seen::State(PortState::Faulted(fault)));
    }
}

#[test]
fn a_scan_is_read_whole_or_in_pieces() {
    let mut gun = Gun::plugged();
    let plugged = Plugged::at(gun.path());
    plugged.expect_ready();
    gun.scan("#B18617");
    plugged.expect_frame("#B18617");
    for piece in ["#B2", "57", "71-A", "\r", "\n#F2", "5649\r\n"] {
        gun.send(piece.as_bytes());
    }
    plugged.expect_frame("#B25771-A");
    plugged.expect_frame("#F25649");
    gun.send(b"#B1\r#B2\n#B3\t\x02#B4\x03");
    for code in ["#B1", "#B2", "#B3", "#B4"] {
        plugged.expect_frame(code);
    }
    drop(plugged.handle);
    assert_eq!(plugged.told.iter().next(), None, "nothing is told that was not asserted");
}

#[test]
fn garbage_and_a_megabyte_without_an_end_do_no_harm() {
    let mut gun = Gun::plugged();
    let plugged = Plugged::at(gun.path());
    plugged.expect_ready();
    gun.send(b"\0\xff\xfe\x1b[A\r");
    plugged.expect_frame("\u{fffd}\u{fffd}\x1b[A");
    for _ in 0..256 {
        gun.send(&[b'x'; 4096]);
    }
    plugged.expect_fault(ScannerFault::Babbling);
    gun.send(b"\r");
    gun.scan("#B18617");
    plugged.expect_ready();
    plugged.expect_frame("#B18617");
}

#[test]
fn a_gun_that_sends_no_end_is_told_and_makes_no_code_of_two() {
    let mut gun = Gun::plugged();
    let plugged = Plugged::at(gun.path());
    plugged.expect_ready();
    gun.send(b"18");
    plugged.expect_fault(ScannerFault::Babbling);
    gun.send(b"25771\r");
    plugged.expect_ready();
    plugged.expect_frame("18\u{fffd}25771");
    gun.scan("#B18617");
    plugged.expect_frame("#B18617");
}

#[test]
fn two_guns_are_two_lines() {
    let (mut left, mut right) = (Gun::plugged(), Gun::plugged());
    let (first, second) = (Plugged::at(left.path()), Plugged::at(right.path()));
    first.expect_ready();
    second.expect_ready();
    left.send(b"#B18");
    right.send(b"#F25");
    left.send(b"617\r");
    right.send(b"649\r");
    first.expect_frame("#B18617");
    second.expect_frame("#F25649");
}

#[test]
fn an_unplugged_gun_is_told_and_read_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let by_id = folder.path().join("usb-Gun-if00");
    let mut gun = Gun::plugged();
    symlink(gun.path(), &by_id).unwrap();
    let plugged = Plugged::at(&by_id);
    plugged.expect_ready();
    gun.scan("#B1");
    plugged.expect_frame("#B1");
    gun.send(b"#B18");
    std::fs::remove_file(&by_id).unwrap();
    drop(gun);
    plugged.expect_fault(ScannerFault::Missing(by_id.to_str().unwrap().into()));

    let mut gun = Gun::plugged();
    symlink(gun.path(), &by_id).unwrap();
    plugged.expect_ready();
    gun.scan("#B2");
    plugged.expect_frame("#B2");
}

#[test]
fn what_is_not_there_and_what_is_no_line_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let plugged = Plugged::at(&missing);
    plugged.expect_fault(ScannerFault::Missing(missing.to_str().unwrap().into()));
    std::fs::write(&missing, "a file").unwrap();
    let Seen::State(PortState::Faulted(ScannerFault::Denied(why))) = plugged.next() else {
        panic!("a file is no serial line")
    };
    assert!(why.contains(missing.to_str().unwrap()), "{why}");
    drop(plugged.handle);
}

#[test]
fn a_port_held_by_another_program_is_denied() {
    let gun = Gun::plugged();
    let holder = Plugged::at(gun.path());
    holder.expect_ready();
    let second = Plugged::at(gun.path());
    let Seen::State(PortState::Faulted(ScannerFault::Denied(_))) = second.next() else {
        panic!("the port is taken")
    };
    drop(holder.handle);
    second.expect_ready();
}

/// Far above any wait of the scanner; only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
