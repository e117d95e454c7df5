//! The demo in a real window: an X server of its own, a window manager, keys typed by xdotool, pixels read back.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::program::Program;

#[test]
fn a_code_typed_in_the_window_is_answered_on_screen() {
    let display = Display::open();
    let environment = [("DISPLAY", display.name.as_str()), ("WAYLAND_DISPLAY", "")];
    let _demo = Program::start_with(&["demo"], &environment);
    display.wait_for_window("Ordak Station demo");
    assert!(display.share_of(GREEN) < 0.05, "nothing is agreed before a scan");
    assert!(display.share_of(RED) < 0.05, "nothing is refused before a scan");

    display.type_code("#B18617");
    display.wait_for_share(GREEN);
    if let Some(folder) = std::env::var_os("SHOTS_DIR") {
        let picture = std::path::Path::new(&folder).join("window-demo.png");
        display.run("import", &["-window", "root", picture.to_str().unwrap()]);
    }
    display.type_code("4006381333931");
    display.wait_for_share(RED);
}

/// An X server without a screen, and a window manager on it: with none, X11 gives a plain window no keys.
pub struct Display {
    pub name: String,
    server: Child,
    manager: Child,
}

impl Display {
    pub fn open() -> Self {
        // Without `-noreset` it starts anew, and takes the manager along, whenever its last client goes.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let manager = Command::new("openbox").env("DISPLAY", &name).stderr(Stdio::null()).spawn().unwrap();
        let display = Self { name, server, manager };
        // A window that opens while its manager does may stay hidden.
        let started = Instant::now();
        while !display.call("xdotool", &["get_num_desktops"]).status.success() {
            assert!(started.elapsed() < PATIENCE, "no window manager");
        }
        display
    }

    fn call(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program).args(arguments).env("DISPLAY", &self.name).output().unwrap()
    }

    pub fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.call(program, arguments);
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    pub fn wait_for_window(&self, title: &str) {
        let patience = PATIENCE.as_secs().to_string();
        self.run("timeout", &[&patience, "xdotool", "search", "--sync", "--onlyvisible", "--name", title]);
        self.run(
            "timeout",
            &[&patience, "xdotool", "search", "--sync", "--name", title, "windowfocus", "--sync"],
        );
        self.wait_for("the background", |pixels| share(pixels, BACKGROUND) > 0.05);
    }

    /// Types as a gun does: fast, and Enter at the end.
    fn type_code(&self, code: &str) {
        self.run("xdotool", &["type", "--delay", "8", &format!("{code}\n")]);
    }

    fn share_of(&self, color: [u8; 3]) -> f64 {
        share(&self.pixels(), color)
    }

    fn wait_for_share(&self, color: [u8; 3]) {
        self.wait_for(&format!("{color:?}"), |pixels| share(pixels, color) > 0.05);
    }

    /// Looks again and again; each look takes a while of its own.
    pub fn wait_for(&self, what: &str, seen: impl Fn(&[u8]) -> bool) {
        let started = Instant::now();
        while !seen(&self.pixels()) {
            assert!(started.elapsed() < PATIENCE, "{what} never came on screen");
        }
    }

    /// What is on the screen, three bytes a pixel.
    pub fn pixels(&self) -> Vec<u8> {
        self.run("import", &["-window", "root", "-depth", "8", "rgb:-"])
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        for child in [&mut self.manager, &mut self.server] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

/// The part of the screen that has this colour.
pub fn share(pixels: &[u8], color: [u8; 3]) -> f64 {
    let count = pixels.chunks_exact(3).filter(|pixel| **pixel == color).count();
    count as f64 / (pixels.len() / 3) as f64
}

/// `shared/design/README.md`: agreed and held.
pub const GREEN: [u8; 3] = [0x0A, 0x5C, 0x33];
/// Refused.
const RED: [u8; 3] = [0x9B, 0x1C, 0x1C];
/// The dark background.
const BACKGROUND: [u8; 3] = [0x0B, 0x0E, 0x13];

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_mins(1);
