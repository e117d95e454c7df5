//! A screen of its own, looked at a pixel at a time.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::system::Owned;

pub struct Display {
    pub name: String,
    connection: RustConnection,
    root: u32,
    _manager: Owned,
    _server: Owned,
}

impl Display {
    pub fn open() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which packaging/tools installs");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut number).expect("a display");
        let name = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&name)).expect("the server just started");
        let root = connection.setup().roots[screen].root;
        let manager =
            Command::new("openbox").env("DISPLAY", &name).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let manager = Owned(manager.expect("openbox, which packaging/tools installs"));
        let display = Self { name, connection, root, _manager: manager, _server: Owned(server) };
        display.wait_for_manager();
        display
    }

    /// Without a window manager nobody makes a window full screen, and one that opens while its manager does may stay hidden.
    fn wait_for_manager(&self) {
        let atom = self.connection.intern_atom(false, b"_NET_NUMBER_OF_DESKTOPS").expect("a request");
        let atom = atom.reply().expect("an atom").atom;
        let started = Instant::now();
        let is_there = || {
            let property = self.connection.get_property(false, self.root, atom, AtomEnum::ANY, 0, 1);
            property.expect("a request").reply().expect("a property").length > 0
        };
        while !is_there() {
            assert!(started.elapsed() < PATIENCE, "no window manager");
        }
    }

    /// Looks at one pixel until it has this colour, blue first as X11 stores it.
    pub fn wait_for(&self, (x, y): (i16, i16), color: [u8; 3]) {
        let started = Instant::now();
        loop {
            let image = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, u32::MAX);
            let image = image.expect("a request").reply().expect("a pixel");
            if image.data[..3] == color {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{color:?} never came, but {:?}", image.data);
        }
    }
}

/// Only a bench that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
