//! The real binary as a process: what it writes, line by line, and nothing of its insides.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::pty::Gun;

/// A process of `ordak-station`; killed when dropped.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    /// Lines passed over while waiting for another.
    kept: VecDeque<Value>,
    said: Receiver<String>,
}

impl Program {
    /// Starts it with these arguments.
    pub fn start<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts it with these arguments and environment.
    pub fn start_with<A: AsRef<std::ffi::OsStr>>(arguments: &[A], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ordak-station"))
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let said = lines_of(child.stderr.take().unwrap());
        let input = child.stdin.take();
        Self { child, input, lines, kept: VecDeque::new(), said }
    }

    /// The next line for which `wanted` holds, as JSON; those passed over are kept for later calls.
    pub fn line(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at).unwrap();
        }
        loop {
            let Ok(text) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no such line; passed over {:#?}; stderr: {}", self.kept, self.said());
            };
            let line: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"));
            if wanted(&line) {
                return line;
            }
            self.kept.push_back(line);
        }
    }

    /// The next line, if one comes within `span`.
    pub fn line_within(&mut self, span: Duration) -> Option<Value> {
        let kept = self.kept.pop_front();
        kept.or_else(|| self.lines.recv_timeout(span).ok().map(|text| serde_json::from_str(&text).unwrap()))
    }

    /// Ends it at once, and gives all it had said by then; a line that was cut short is none.
    pub fn kill_and_hear(&mut self) -> Vec<Value> {
        self.kill();
        let left = std::mem::take(&mut self.kept).into_iter();
        left.chain(self.lines.iter().filter_map(|text| serde_json::from_str(&text).ok())).collect()
    }

    /// The next verdict line, whichever it is.
    pub fn verdict(&mut self) -> Value {
        self.line(|line| line.get("verdict").is_some())
    }

    /// Writes to its stdin.
    pub fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Ends its stdin.
    pub fn close(&mut self) {
        drop(self.input.take());
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself; how it ended, and what it said on stderr.
    pub fn end(mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let mut said = String::new();
        loop {
            match self.said.recv_timeout(ENDING) {
                Ok(line) => said.extend([&line, "\n"]),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end; it said: {said}"),
            }
        }
        (self.child.wait().unwrap(), said)
    }

    fn said(&self) -> String {
        let mut said = String::new();
        while let Ok(line) = self.said.recv_timeout(Duration::from_millis(200)) {
            said.push_str(&line);
            said.push('\n');
        }
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// The reference backend as a process.
pub struct Backend {
    _program: Program,
    ready: Value,
}

impl Backend {
    /// `sandbox serve` with `arguments` added.
    pub fn serve(arguments: &[&str]) -> Self {
        let mut program = Program::start(&[&["sandbox", "serve"], arguments].concat());
        let ready = program.line(|line| line.get("url").is_some());
        Self { _program: program, ready }
    }

    /// A field of the ready line.
    pub fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    /// Calls a function as a station's account, signed in.
    pub fn call_as_station(&self, function: &str, arguments: &Value) -> Value {
        let account = json!({"email": self.field("email"), "password": self.field("password")});
        let sign_in = format!("{}/auth/v1/token?grant_type=password", self.field("url"));
        let session = ask(reqwest::Method::POST, &sign_in, self.field("anon_key"), None, Some(&account));
        let url = format!("{}/rest/v1/rpc/{function}", self.field("url"));
        ask(
            reqwest::Method::POST,
            &url,
            self.field("anon_key"),
            session["access_token"].as_str(),
            Some(arguments),
        )
    }

    /// All rows of a table that the query names, such as `stage_events?order_id=eq.bannos-1`, with the service key.
    pub fn rows(&self, query: &str) -> Vec<Value> {
        let url = format!("{}/rest/v1/{query}", self.field("url"));
        ask(reqwest::Method::GET, &url, self.field("service_key"), None, None).as_array().unwrap().clone()
    }
}

fn ask(method: reqwest::Method, url: &str, key: &str, bearer: Option<&str>, body: Option<&Value>) -> Value {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut request = reqwest::Client::new().request(method, url).header("apikey", key).timeout(PATIENCE);
        if let Some(token) = bearer {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    })
}

/// A station with a gun of its own.
pub struct Manned {
    /// The station.
    pub program: Program,
    /// Its gun.
    pub gun: Gun,
}

/// A folder with a station's configuration, password and journal.
pub struct Bench {
    folder: TempDir,
    text: String,
}

impl Bench {
    /// A station of `stage` for `backend`: guards of next to nothing, since a test never waits.
    pub fn new(backend: &Backend, name: &str, stage: &str) -> Self {
        Self::at(
            backend.field("url"),
            backend.field("anon_key"),
            backend.field("email"),
            backend.field("password"),
            name,
            stage,
        )
    }

    /// The same, for an address that may be no backend at all.
    pub fn at(url: &str, key: &str, email: &str, password: &str, name: &str, stage: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("password");
        std::fs::write(&secret, password).unwrap();
        let text = format!(
            "[station]\nname = {name:?}\nstage = {stage:?}\nrepeat_guard = \"1us\"\n\
             dwell = {{ filling = \"0s\", covering = \"0s\", decorating = \"0s\", packing = \"0s\" }}\n\
             [backend]\nurl = {url:?}\nanon_key = {key:?}\nemail = {email:?}\npassword_file = \"{}\"\n\
             [journal]\npath = \"{}\"\n",
            secret.display(),
            folder.path().join("journal.sqlite").display(),
        );
        Self { folder, text }
    }

    /// Adds a gun on a serial line.
    pub fn gun(self, path: &Path) -> Self {
        self.gun_at(path, 9600)
    }

    /// The same, with a speed of its own.
    pub fn gun_at(mut self, path: &Path, baud: u32) -> Self {
        let path = path.display();
        write!(self.text, "[[scanner]]\nkind = \"serial\"\npath = \"{path}\"\nbaud = {baud}\n").unwrap();
        self
    }

    /// Adds a gun that writes to stdin.
    pub fn keyboard(mut self) -> Self {
        self.text.push_str("[[scanner]]\nkind = \"keyboard\"\n");
        self
    }

    /// Adds a printer at a TCP address.
    pub fn printer(mut self, address: &str) -> Self {
        write!(
            self.text,
            "[[printer]]\nname = \"bench\"\nlanguage = \"escpos\"\ntransport = \"tcp://{address}\"\n\
             template = \"100x50\"\ndpi = 203\n"
        )
        .unwrap();
        self
    }

    /// Changes the text of the configuration.
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from} is not in {}", self.text);
        self.text = self.text.replace(from, to);
        self
    }

    /// Writes `station.toml`; where it is.
    pub fn file(&self) -> PathBuf {
        let file = self.folder.path().join("station.toml");
        std::fs::write(&file, &self.text).unwrap();
        file
    }

    /// The folder of the journal and the session.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// As [`Bench::run`], with a gun on a serial line of its own besides.
    pub fn run_with_gun(&self) -> Manned {
        let gun = Gun::plugged();
        let text =
            format!("{}[[scanner]]\nkind = \"serial\"\npath = \"{}\"\n", self.text, gun.path().display());
        let file = self.folder.path().join("station.toml");
        std::fs::write(&file, text).unwrap();
        Manned { program: Self::start(&file), gun }
    }

    /// Starts `run --headless` and waits until scanners and journal are open.
    pub fn run(&self) -> Program {
        Self::start(&self.file())
    }

    fn start(file: &Path) -> Program {
        let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
        let mut program = Program::start(&arguments);
        program.line(|line| line["ready"] == true);
        program
    }
}

fn lines_of(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (out, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if out.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// Far longer than anything takes, on the slowest machine: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longer than any command takes, `scan` with its minute among them.
const ENDING: Duration = Duration::from_mins(2);
