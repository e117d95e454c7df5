//! Several guns and several printers at one station, and guns that are tried.

use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench, Program};
use crate::support::pty::Gun;
use crate::support::reader;

#[test]
fn a_second_printer_takes_over_and_every_gun_is_told_apart() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let (mut left, mut right) = (Gun::plugged(), Gun::plugged());
    let (first, second) = (FakePrinter::start(Mood::CoverOpen), FakePrinter::start(Mood::Healthy));
    let bench = Bench::new(&backend, "test-filling", "Filling")
        .gun(left.path())
        .gun(right.path())
        .printer(&format!("127.0.0.1:{}", first.port))
        .replace("name = \"bench\"", "name = \"window\"")
        .printer(&format!("127.0.0.1:{}", second.port));
    let mut station = bench.run();
    station.line(|line| line["link"] == "up");

    right.scan("#B18617");
    let accepted = station.verdict();
    assert_eq!((&accepted["verdict"], &accepted["source"]), (&json!("accepted"), &json!("scanner:1")));
    let printed = station.line(|line| line["verdict"] == "printed");
    let said = printed["text"].as_str().unwrap();
    assert!(
        said.contains("bench") && said.contains("window"),
        "where the label is, and why not there: {said}"
    );
    station.line(|line| line["verdict"] == "agreed");
    assert_eq!(reader::code128_of(second.tray().labels.last().unwrap()), "#B18617");
    assert!(first.tray().labels.is_empty(), "a label came out of an open printer");

    left.scan("#B18617");
    let read = station.verdict();
    assert_eq!((&read["verdict"], &read["source"]), (&json!("choice"), &json!("scanner:0")), "{read:#}");
}

/// Tries the gun of a line; the first line says that it is ready.
fn trial(arguments: &[&str]) -> Program {
    let mut trial = Program::start(&[&["devices", "--json", "--test"], arguments].concat());
    let first = trial.line(|line| line.get("state").is_some());
    assert_eq!(first["state"], "ready", "{first:#}");
    trial
}

fn read(trial: &mut Program) -> Value {
    trial.line(|line| line.get("raw").is_some())
}

#[test]
fn a_gun_that_is_tried_shows_what_it_sends_and_how_often_it_reads_a_label_left_lying() {
    let mut gun = Gun::plugged();
    let path = gun.path().to_str().unwrap().to_owned();
    let mut trial = trial(&[&path]);
    gun.send(b"\x02]C1#B25771-A\x03\r\n");
    let told = read(&mut trial);
    for (field, value) in [
        ("source", json!(path)),
        ("raw", json!("\\x02]C1#B25771-A\\x03\\r\\n")),
        ("terminator", json!("ETX CR LF")),
        ("aim", json!("]C1")),
        ("symbology", json!("Code 128")),
        ("code", json!("]C1#B25771-A")),
        ("means", json!("order bannos-25771-A")),
        ("bytes", json!(16)),
        ("again_ms", json!(null)),
    ] {
        assert_eq!(told[field], value, "{field} of {told:#}");
    }
    // A label with two codes, which are one cake.
    let mut told = Value::Null;
    for code in ["#B18617", "]Q1ORDAK:BANNOS-18617/1", "#B18617", "bannos-18617"] {
        assert_eq!(told.get("config"), None, "too few to rest anything on: {told:#}");
        gun.scan(code);
        told = read(&mut trial);
    }
    assert!(told["again_ms"].as_f64().unwrap() <= told["longest_ms"].as_f64().unwrap(), "{told:#}");
    assert_eq!(told["config"], "repeat_guard = \"2s\"");
    gun.send(b"#B18617");
    let told = read(&mut trial);
    assert_eq!((&told["terminator"], &told["code"]), (&json!(null), &json!("#B18617")));
    drop(gun);
    let gone = trial.line(|line| line.get("state").is_some());
    assert_eq!((&gone["state"], &gone["source"]), (&json!("faulted"), &json!(path)));
}

#[test]
fn the_guns_of_the_configuration_are_tried_together_or_one_by_its_number() {
    let (mut left, mut right) = (Gun::plugged(), Gun::plugged());
    let bench = Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-trial", "Covering")
        .gun(left.path())
        .gun(right.path())
        .keyboard();
    let file = bench.file();
    let config = ["--config", file.to_str().unwrap()];
    let mut both = trial(&config);
    both.line(|line| line["state"] == "ready");
    for (gun, source) in [(&mut right, "scanner:1"), (&mut left, "scanner:0")] {
        gun.scan("#B18617");
        assert_eq!(read(&mut both)["source"], source);
    }
    // The one that has them keeps every other from them.
    let denied = Program::start(&["devices", "--test", "0", config[0], config[1]]);
    let (status, said) = denied.end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("scanner:0 cannot be tried") && said.contains("Stop the station"), "{said}");
    drop(both);
    let mut one = trial(&["1", config[0], config[1]]);
    right.scan("25771");
    assert_eq!(read(&mut one)["means"], "order number 25771 of either store");
    for number in ["2", "3"] {
        let none = Program::start(&["devices", "--test", number, config[0], config[1]]);
        let (status, said) = none.end();
        assert_eq!((status.code(), said.contains("no such gun")), (Some(1), true), "{number}: {said}");
    }
}

#[test]
fn a_gun_that_is_not_plugged_in_yet_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let by_id = folder.path().join("usb-Gun-if00");
    let mut trial = Program::start(&["devices", "--json", "--test", by_id.to_str().unwrap()]);
    let first = trial.line(|_| true);
    assert_eq!(first["state"], "faulted", "{first:#}");
    let gun = Gun::plugged();
    std::os::unix::fs::symlink(gun.path(), &by_id).unwrap();
    let next = trial.line(|_| true);
    assert_eq!(next["state"], "ready", "{next:#}");
}
