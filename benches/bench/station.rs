//! A backend with its orders, and stations on it; a scan from its last byte to the line that says it is durable.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use serialport::{SerialPort, TTYPort};

use crate::Figure;
use crate::system::{Owned, median, millis, quantile};

pub fn figures() -> Vec<Figure> {
    let backend = Backend::serve(&["--orders", "20000"]);
    let (mut gun, line) = TTYPort::pair().expect("a pseudo terminal");
    let bench = Bench::new(&backend, "bench-covering", "Covering", &gun_at(&line));
    let mut station = Headless::start(&bench);
    let codes =
        backend.codes("orders_bannos?stage=eq.Covering&cancelled_at=is.null&limit=400&order=id&select=id");
    let mut times = Vec::new();
    for code in codes {
        let started = Instant::now();
        gun.write_all(format!("{code}\r").as_bytes()).expect("the line is open");
        station.line(|line| line["verdict"] == "accepted" && line["code"] == code.as_str());
        times.push(millis(started.elapsed()));
    }
    let figure =
        |name, ours| Figure { name, ours, reference: 100.0, unit: "ms", beside: "what staff may wait" };
    vec![figure("scan_accepted", quantile(times.clone(), 0.99)), figure("scan_accepted_p50", median(times))]
}

/// The configuration of a gun on this line.
pub fn gun_at(line: &TTYPort) -> String {
    let path = line.name().expect("a pseudo terminal has a name");
    format!("[[scanner]]\nkind = \"serial\"\npath = {path:?}\n")
}

/// `sandbox serve`.
pub struct Backend {
    ready: Value,
    _process: Owned,
}

impl Backend {
    pub fn serve(arguments: &[&str]) -> Self {
        let mut child = Command::new(build("ORDAK_SANDBOX"))
            .args(["sandbox", "serve"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the release build");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line when ready");
        Self { ready: serde_json::from_str(&line).expect("JSON"), _process: Owned(child) }
    }

    pub fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().expect("interfaces.md names it")
    }

    /// The barcodes of the orders that a table read names.
    pub fn codes(&self, query: &str) -> Vec<String> {
        let key = self.field("service_key");
        let url = format!("{}/rest/v1/{query}", self.field("url"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let rows: Vec<Value> = runtime.block_on(async {
            let request = reqwest::Client::new().get(url).header("apikey", key);
            request.send().await.expect("an answer").json().await.expect("rows")
        });
        let ids = rows.iter().map(|row| row["id"].as_str().expect("text"));
        ids.map(|id| id.parse::<ordak_station::order::OrderId>().expect("an id").barcode()).collect()
    }
}

/// A station's configuration in a folder of its own.
pub struct Bench {
    pub file: String,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// A station that takes every scan at once, whatever came before it.
    pub fn new(backend: &Backend, name: &str, stage: &str, devices: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let password = folder.path().join("password");
        fs::write(&password, backend.field("password")).expect("a file");
        let text = format!(
            "[station]\nname = {name:?}\nstage = {stage:?}\nrepeat_guard = \"1us\"\n\
             dwell = {{ filling = \"0s\", covering = \"0s\", decorating = \"0s\", packing = \"0s\" }}\n\
             [backend]\nurl = {:?}\nanon_key = {:?}\nemail = {:?}\npassword_file = \"{}\"\n[journal]\npath = \"{}\"\n\
             {devices}",
            backend.field("url"),
            backend.field("anon_key"),
            backend.field("email"),
            password.display(),
            folder.path().join("journal.sqlite").display(),
        );
        let file = folder.path().join("station.toml");
        fs::write(&file, text).expect("a file");
        Self { file: file.to_str().expect("a plain path").to_owned(), _folder: folder }
    }
}

/// A station without a screen.
pub struct Headless {
    lines: BufReader<ChildStdout>,
    _process: Owned,
}

impl Headless {
    /// One that is ready and has read its queue.
    pub fn start(bench: &Bench) -> Self {
        let mut child = Command::new(build("ORDAK_KIOSK"))
            .args(["run", "--headless", "--config", &bench.file])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the release build");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut station = Self { lines, _process: Owned(child) };
        let (mut is_ready, mut is_up) = (false, false);
        station.line(|line| {
            is_ready |= line["ready"] == true;
            is_up |= line["link"] == "up";
            is_ready && is_up
        });
        station
    }

    /// Reads up to the line that is wanted.
    pub fn line(&mut self, mut wanted: impl FnMut(&Value) -> bool) {
        let mut text = String::new();
        loop {
            text.clear();
            assert_ne!(self.lines.read_line(&mut text).expect("text"), 0, "the station ended");
            if wanted(&serde_json::from_str(&text).expect("JSON")) {
                return;
            }
        }
    }
}

/// The build that a variable names.
pub fn build(variable: &str) -> std::ffi::OsString {
    std::env::var_os(variable).expect("ORDAK_KIOSK and ORDAK_SANDBOX name a build each: see `make bench`")
}
