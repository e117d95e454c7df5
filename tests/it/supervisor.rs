//! The test plays systemd: a station says that it is ready and that it works, and when its loop hangs it says no more.

use std::io::{BufRead, BufReader, Write};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood, SerialPrinter, Tongue};
use crate::support::program::{Backend, Bench, Program};

/// `WatchdogSec=`: shorter than the unit's, so that the test is.
const WATCHDOG: Duration = Duration::from_secs(2);

fn offline() -> Bench {
    Bench::at("http://127.0.0.1:9", "key", "a@b.example", "secret", "test-covering", "Covering")
        .replace("[journal]", "[[scanner]]\nkind = \"keyboard\"\n[journal]")
}

/// The next word; none when none comes in the time that systemd waits.
fn word(socket: &UnixDatagram) -> Option<String> {
    socket.set_read_timeout(Some(WATCHDOG)).unwrap();
    let mut bytes = [0; 256];
    let count = socket.recv(&mut bytes).ok()?;
    Some(String::from_utf8(bytes[..count].to_vec()).unwrap())
}

#[test]
fn it_says_that_it_is_ready_and_works_and_stops() {
    let bench = offline();
    let place = bench.folder().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    let micros = WATCHDOG.as_micros().to_string();
    let environment = [("NOTIFY_SOCKET", place.to_str().unwrap()), ("WATCHDOG_USEC", &micros)];
    let file = bench.file();
    let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
    let mut station = Program::start_with(&arguments, &environment);
    station.line(|line| line["ready"] == true);
    let mut words: Vec<_> = (0..4).map(|_| word(&socket).expect("in time")).collect();
    words.sort();
    assert_eq!(words, ["READY=1\nSTATUS=Scanning", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
    assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
    let last = std::iter::from_fn(|| word(&socket)).find(|word| word != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
    assert!(station.end().0.success());
}

/// Told to stop while a label comes out, it ends when the printer has proved it: nobody is asked about it in the morning,
/// and what was not begun comes out then.
#[test]
fn it_stops_when_the_label_in_the_printer_is_out() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::ProvesLate);
    let bench = Bench::new(&backend, "test-filling", "Filling")
        .printer(&format!("127.0.0.1:{}", printer.port))
        .keyboard();
    let (mut station, socket) = watched(&bench);
    let waiting = unlabelled(&backend);
    let (first, second) = (&*waiting[0], &*waiting[1]);
    for order in [first, second] {
        station.write(format!("{}\n", order.replace("bannos-", "#B")).as_bytes());
        station.line(|line| line["verdict"] == "accepted");
    }
    while printer.tray().labels.is_empty() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
    assert!(std::iter::from_fn(|| word(&socket)).any(|word| word == "STOPPING=1"));
    printer.set(Mood::Healthy);
    station.line(|line| line["verdict"] == "printed" && line["order"] == first);
    assert!(station.end().0.success());
    assert_eq!(printer.tray().labels.len(), 1, "a station that ends begins no label");
    let mut next = bench.run();
    next.line(|line| line["verdict"] == "printed" && line["order"] == second);
    assert_eq!(printer.tray().labels.len(), 2);
    let asked = |line: &serde_json::Value| matches!(line["verdict"].as_str(), Some("unconfirmed" | "choice"));
    assert!(!next.kill_and_hear().iter().any(asked));
}

/// On a line of 9600 bits a second a label alone takes 40 s: a stop waits for it too, and tells systemd that it will.
#[test]
fn it_stops_when_a_label_on_a_slow_line_is_out() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = SerialPrinter::speaking(Tongue::Escpos, Mood::ProvesLate);
    let line = format!("transport = \"serial://{}?baud=9600\"", printer.path.display());
    let bench = Bench::new(&backend, "test-filling", "Filling")
        .printer("127.0.0.1:9")
        .replace("transport = \"tcp://127.0.0.1:9\"", &line)
        .keyboard();
    let (mut station, socket) = watched(&bench);
    let order = &*unlabelled(&backend)[0];
    station.write(format!("{}\n", order.replace("bannos-", "#B")).as_bytes());
    while printer.tray().labels.is_empty() {
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
    let mut words = std::iter::repeat_with(|| word(&socket)).take(STOP_WORDS).flatten();
    let extension = words.find_map(|word| word.strip_prefix("EXTEND_TIMEOUT_USEC=")?.parse().ok());
    let extension = Duration::from_micros(extension.expect("systemd is told"));
    assert!(extension > Duration::from_secs(30), "{extension:?}");
    printer.set(Mood::Healthy);
    station.line(|line| line["verdict"] == "printed" && line["order"] == order);
    assert!(station.end().0.success());
}

/// A station that is online, and where it notifies systemd.
fn watched(bench: &Bench) -> (Program, UnixDatagram) {
    let place = bench.folder().join("notify");
    let socket = UnixDatagram::bind(&place).unwrap();
    let file = bench.file();
    let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
    let mut station = Program::start_with(&arguments, &[("NOTIFY_SOCKET", place.to_str().unwrap())]);
    station.line(|line| line["link"] == "up");
    (station, socket)
}

/// The cakes of Filling that have no label yet, by their ids.
fn unlabelled(backend: &Backend) -> Vec<String> {
    let rows =
        backend.rows("orders_bannos?stage=eq.Filling&filling_start_ts=is.null&cancelled_at=is.null&order=id");
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// So many words, or silences of [`WATCHDOG`], are longer than a station waits for a label on any other line.
const STOP_WORDS: usize = 20;

#[test]
fn an_abstract_socket_will_do_and_nobody_need_watch() {
    let bench = offline();
    let name = format!("ordak-test-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let file = bench.file();
    let arguments = ["run", "--headless", "--config", file.to_str().unwrap()];
    let mut station = Program::start_with(&arguments, &[("NOTIFY_SOCKET", &format!("@{name}"))]);
    station.line(|line| line["ready"] == true);
    assert_eq!(word(&socket).as_deref(), Some("READY=1\nSTATUS=Scanning"));
    assert_eq!(word(&socket), None, "nobody asked for more");
}

/// A station whose loop hangs: nobody reads its lines, which it says, and nobody reads what it says of that, for which it
/// waits. Every other thread of it could go on.
#[test]
fn a_station_that_hangs_is_silent_and_scans_again_in_ten_seconds() {
    let bench = offline();
    let file = bench.file();
    let socket_at = bench.folder().join("notify");
    let socket = UnixDatagram::bind(&socket_at).unwrap();
    let (_unread, mut log) = std::io::pipe().unwrap();
    log.write_all(&vec![b'.'; PIPE_BYTES]).unwrap();
    let start = |log: Stdio| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ordak-station"))
            .args(["run", "--headless", "--config", file.to_str().unwrap()])
            .env("NOTIFY_SOCKET", &socket_at)
            .env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        (child, input)
    };
    let (mut hung, mut input) = start(log.into());
    while word(&socket).expect("it works") != "WATCHDOG=1" {}
    // More lines than the pipe and the channels before it hold; what is not taken is not taken.
    let frozen = Instant::now();
    for nth in 0..6_000 {
        if writeln!(input, "rubbish {nth}").is_err() {
            break;
        }
    }
    let mut words = 0;
    while word(&socket).is_some() {
        words += 1;
        assert!(words < 50, "it goes on working");
    }
    assert!(hung.try_wait().unwrap().is_none(), "hung, not gone");
    // What systemd does.
    hung.kill().unwrap();
    hung.wait().unwrap();
    let (mut child, mut input) = start(Stdio::null());
    writeln!(input, "#B18617").unwrap();
    assert!(says_accepted(&mut child), "it scans again");
    println!("{:?} from the hang to the next scan", frozen.elapsed());
    assert!(frozen.elapsed() < Duration::from_secs(10), "{:?}", frozen.elapsed());
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What a pipe holds (pipe(7), "Pipe capacity").
const PIPE_BYTES: usize = 65_536;

fn says_accepted(child: &mut Child) -> bool {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).any(|line| line.contains("\"accepted\""))
}
