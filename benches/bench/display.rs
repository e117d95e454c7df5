//! A screen of its own, looked at a pixel at a time.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat};
use x11rb::rust_connection::RustConnection;

use crate::system::Owned;

pub struct Display {
    pub name: String,
    connection: RustConnection,
    root: u32,
    _server: Owned,
}

impl Display {
    pub fn open() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb, which packaging/tools installs");
        let mut number = String::new();
        BufReader::new(server.stdout.take().expect("piped")).read_line(&mut number).expect("a display");
        let name = format!(":{}", number.trim());
        let (connection, screen) = RustConnection::connect(Some(&name)).expect("the server just started");
        let root = connection.setup().roots[screen].root;
        Self { name, connection, root, _server: Owned(server) }
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
