//! `run --headless` and `scan` as scripts use them: real pipes, a real journal, no backend.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::cluster::Database;
use crate::support::program::{Backend, Bench, Program};

/// A station of Covering whose gun writes to its stdin. Port 9 is nobody's.
fn bench() -> Bench {
    Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-stdin", "Covering").keyboard()
}

fn codes(count: u32) -> Vec<u8> {
    (0..count).flat_map(|nth| format!("#B{}\n", 10_000 + nth).into_bytes()).collect()
}

#[test]
fn whatever_comes_by_stdin_every_code_is_taken() {
    let bench = bench();
    let mut station = bench.run();
    station.line(|line| line["link"] == "down");
    station.write(b"\xff\xfe\n");
    assert_eq!(station.verdict()["verdict"], "refused");
    station.write(&[b"7".repeat(1_000_000), b"\n#B9999\n".to_vec()].concat());
    for verdict in ["accepted", "held"] {
        let line = station.verdict();
        assert_eq!((&line["verdict"], &line["code"]), (&verdict.into(), &"#B9999".into()));
    }
    // Far more at once than any queue holds; the last without its end.
    let many = codes(5_000);
    station.write(&many[..many.len() - 1]);
    station.close();
    for nth in 0..5_000 {
        let line = station.line(|line| line["verdict"] != "held");
        assert_eq!(
            (&line["verdict"], &line["order"]),
            (&"accepted".into(), &format!("bannos-{}", 10_000 + nth).into())
        );
    }
}

#[test]
fn a_reader_that_stalls_stops_neither_the_work_nor_who_ends_it() {
    let bench = bench();
    let file = bench.file();
    let mut station = Command::new(env!("CARGO_BIN_EXE_ordak-station"))
        .args(["run", "--headless", "--config", file.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = station.stdin.take().unwrap();
    let (told, taken) = mpsc::channel();
    thread::spawn(move || {
        // More than the pipes and queues in between hold: it is all written only if the station takes it.
        let written = input.write_all(&codes(20_000));
        told.send(written.is_ok()).unwrap();
        input
    });
    assert_eq!(taken.recv_timeout(Duration::from_mins(1)), Ok(true), "the station waits for its reader");
    assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
    let (told, ended) = mpsc::channel();
    let id = station.id();
    thread::spawn(move || told.send(station.wait().unwrap().code()).unwrap());
    let ended = ended.recv_timeout(Duration::from_secs(30));
    if ended.is_err() {
        Command::new("kill").args(["-KILL", &id.to_string()]).status().unwrap();
    }
    assert_eq!(ended, Ok(Some(0)));
}

#[test]
fn a_scan_whose_label_does_not_come_out_is_no_success() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let bench = Bench::new(&backend, "test-command", "Filling").printer("127.0.0.1:9");
    let scan = Program::start(&["scan", "#B18617", "--config", bench.file().to_str().unwrap()]);
    let (status, said) = scan.end();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("never prints it twice"), "{said}");
}
