//! Several guns and several printers at one station.

use serde_json::json;

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench};
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
