//! `label` and `print`, of the real binary.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench, Program};
use crate::support::reader;

#[test]
fn every_command_tells_its_version_and_a_mistyped_log_level_is_refused() {
    for command in ["label", "scan", "sheet", "devices"] {
        let ran = run(&[command, "--version"], "");
        assert_eq!(ran.status.code(), Some(0), "{command}: {}", said(&ran));
        assert!(String::from_utf8_lossy(&ran.stdout).contains(env!("CARGO_PKG_VERSION")));
    }
    let program = env!("CARGO_BIN_EXE_ordak-station");
    for (level, code) in [("ifno", 2), ("ordak_station=ifno", 2), ("info", 0), ("ordak_station=debug", 0)] {
        let ran = Command::new(program).args(["devices", "--json"]).env("ORDAK_LOG", level).output().unwrap();
        assert_eq!(ran.status.code(), Some(code), "{level}: {}", said(&ran));
        assert_eq!(said(&ran).contains("ORDAK_LOG"), code == 2, "{}", said(&ran));
    }
}

#[test]
fn an_order_from_a_file_becomes_a_picture() {
    let folder = tempfile::tempdir().unwrap();
    let order = folder.path().join("order.json");
    let picture = folder.path().join("label.png");
    let notes = "No nuts. ".repeat(555);
    let text = serde_json::json!({"id": "bannos-25771-A", "product": "Bad\u{0}\u{202e}cake", "notes": notes, "siblings": 2});
    std::fs::write(&order, text.to_string()).unwrap();
    let file = order.to_str().unwrap();
    let ran = run(&["label", "--order-json", file, "-o", picture.to_str().unwrap()], "");
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    assert_eq!(reader::code128_of(&reader::dots(&picture)), "#B25771-A");
    let further = folder.path().join("label-2.png");
    assert!(further.exists() && String::from_utf8_lossy(&ran.stdout).contains("label-2.png"));
}

#[test]
fn an_order_from_stdin_is_drawn_for_any_stock_and_what_it_lacks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (template, dpi) in [("62x29", "203"), ("100x50", "300"), ("roll80", "203")] {
        let picture = folder.path().join(format!("{template}.png"));
        let arguments =
            ["label", "--order-json", "-", "--template", template, "--dpi", dpi, "--copy", "3", "-o"];
        let arguments = [&arguments[..], &[picture.to_str().unwrap()]].concat();
        let ran = run(&arguments, r#"{"id": "flourlane-25649", "writing": "बधाई", "due": null}"#);
        assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
        assert!(said(&ran).contains("letters are boxes"), "{}", said(&ran));
        assert_eq!(reader::code128_of(&reader::dots(&picture)), "#F25649");
    }
    let bytes = folder.path().join("label.bin");
    let ran = run(&["label", "--order-json", "-", "-o", bytes.to_str().unwrap()], r#"{"id": "bannos-1"}"#);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    assert!(std::fs::read(&bytes).unwrap().starts_with(b"\x1b@"), "ESC @ begins a job");
}

#[test]
fn a_template_of_ones_own_is_drawn_or_refused_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let (file, picture) = (folder.path().join("wide.toml"), folder.path().join("label.png"));
    let built_in = include_str!("../../assets/templates/100x50.toml");
    let wide = built_in.replace("width_mm = 100", "width_mm = 105");
    std::fs::write(&file, &wide).unwrap();
    let arguments =
        ["label", "--sample", "--template", file.to_str().unwrap(), "-o", picture.to_str().unwrap()];
    let ran = run(&arguments, "");
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
    let rows = reader::dots(&picture);
    assert_eq!((rows[0].len(), rows.len()), (840, 400));
    assert_eq!(reader::code128_of(&rows), "#B25771-A");
    assert_eq!(reader::qr_of(&rows), "ORDAK:BANNOS-25771-A/1");

    std::fs::remove_file(&picture).unwrap();
    for (right, wrong, needle) in [
        ("width_mm = 105", "width_mm = 80", "is not all on the label"),
        ("size_mm = [66.25, 9.25]", "size_mm = [66.25, 6]", "number is not all on the label"),
        ("size_mm = [96.75, 10.25]", "size_mm = [40, 10.25]", "for a gun to read it"),
        ("row = \"notes\"", "row = \"price\"", "cannot be understood: unknown variant `price`"),
    ] {
        std::fs::write(&file, wide.replacen(right, wrong, 1)).unwrap();
        let line = wide.lines().position(|line| line.contains(right)).unwrap() + 1;
        let ran = run(&arguments, "");
        assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
        let place =
            if wrong.contains("80") { "line ".to_owned() } else { format!("wide.toml, line {line}: ") };
        assert!(
            said(&ran).contains(&place) && said(&ran).contains(needle),
            "{place}, {needle}: {}",
            said(&ran)
        );
        assert!(!picture.exists());
    }
    std::fs::remove_file(&file).unwrap();
    assert!(said(&run(&arguments, "")).contains("wide.toml cannot be used"));
}

#[test]
fn what_cannot_be_drawn_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("label.png");
    let output = picture.to_str().unwrap();
    let order = r#"{"id": "bannos-18617"}"#;
    for (arguments, input, needle) in [
        (&["--order-json", "-", "--template", "62x30"][..], order, "62x29, 100x50, roll80"),
        (&["--order-json", "-", "--dpi", "600"], order, "203 or 300"),
        (&["--order-json", "-"], "{\"id\": 18617}", "stdin holds no order"),
        (&["--order-json", "-"], "{\"product\": \"cake\"}", "missing field `id`"),
        (&["--order-json", "/nowhere/order.json"], "", "/nowhere/order.json holds no order"),
        (&["--order-json", "-", "bannos-18618"], order, "holds bannos-18617, not bannos-18618"),
    ] {
        let ran = run(&[&["label", "-o", output], arguments].concat(), input);
        assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
        assert!(said(&ran).contains(needle), "{needle:?} is not in {}", said(&ran));
        assert!(!picture.exists());
    }
    let ran = run(&["label", "--order-json", "-", "--language", "epl", "-o", output], order);
    assert!(ran.status.code() == Some(2) && said(&ran).contains("escpos, zpl or tspl"), "{}", said(&ran));
    let ran = run(&["label", "--order-json", "-", "-o", "/nowhere/label.png"], order);
    assert!(said(&ran).contains("/nowhere/label.png cannot be used"), "{}", said(&ran));
    assert_eq!(run(&["label", "not-an-order", "-o", output], "").status.code(), Some(2));
}

#[test]
fn an_order_of_the_backend_is_drawn_and_one_from_a_file_is_printed() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let folder = tempfile::tempdir().unwrap();
    let labels = folder.path().join("labels");
    std::fs::create_dir(&labels).unwrap();
    let bench = Bench::new(&backend, "test-filling", "Filling")
        .printer("bench:9100")
        .replace("tcp://bench:9100", &format!("file://{}/", labels.display()))
        .replace("template = \"100x50\"", "template = \"62x29\"");
    let file = bench.file();
    let config = ["--config", file.to_str().unwrap()];
    let picture = folder.path().join("label.png");
    let drawn = run(&[&["label", "bannos-18617", "-o", picture.to_str().unwrap()], &config[..]].concat(), "");
    assert_eq!(drawn.status.code(), Some(0), "{}", said(&drawn));
    let rows = reader::dots(&picture);
    assert_eq!((rows[0].len(), rows.len()), (496, 232), "the station's own stock");
    assert_eq!(reader::code128_of(&rows), "#B18617");

    // One from a file is printed, and that is all.
    let sheet = r#"{"id": "bannos-18617"}"#;
    let printed = run(&[&["print", "--order-json", "-", "--copy", "2"], &config[..]].concat(), sheet);
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed));
    assert!(String::from_utf8_lossy(&printed.stdout).contains("Label sent: at printer bench"));
    let files: Vec<_> = std::fs::read_dir(&labels).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(files.len() == 1 && files[0].to_string_lossy().starts_with("bannos-18617-2-"), "{files:?}");
    let order = backend.rows("orders_bannos?id=eq.bannos-18617").remove(0);
    assert!(order["filling_start_ts"].is_null(), "the backend is told nothing");
    assert_eq!(
        run(&[&["print", "bannos-18617", "--copy", "2"], &config[..]].concat(), "").status.code(),
        Some(2)
    );
    assert_eq!(run(&[&["print"], &config[..]].concat(), "").status.code(), Some(2));
}

#[test]
fn print_is_a_stations_print_and_then_a_numbered_copy() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::Healthy);
    let bench =
        Bench::new(&backend, "test-command", "Covering").printer(&format!("127.0.0.1:{}", printer.port));
    let file = bench.file();
    let print = |order: &str| Program::start(&["print", order, "--config", file.to_str().unwrap()]);
    let last_qr = || reader::qr_of(printer.tray().labels.last().expect("a label lies in the tray"));

    assert_eq!(lines(print("bannos-18617")), ["accepted print", "printed print", "agreed print"]);
    assert_eq!(last_qr(), "ORDAK:BANNOS-18617/1");
    let before = row(&backend, "bannos-18617");
    assert!(before["filling_start_ts"].is_string());
    assert_eq!(lines(print("bannos-18617")), ["accepted reprint", "printed reprint", "agreed reprint"]);
    assert_eq!(last_qr(), "ORDAK:BANNOS-18617/2");
    assert_eq!(row(&backend, "bannos-18617"), before, "a copy changes nothing");
    let told = backend.rows("stage_events?order_id=eq.bannos-18617&action=eq.print&order=id");
    let told: Vec<_> = told.iter().map(|event| (&event["station_id"], &event["meta"]["reprint"])).collect();
    assert_eq!(told, [(&json!("test-command"), &Value::Null), (&json!("test-command"), &json!(true))]);

    // One that is packed is in no queue, and has its copy.
    let packed = backend.rows("orders_bannos?stage=eq.Complete&order=id").remove(0);
    let packed = packed["id"].as_str().unwrap();
    assert_eq!(lines(print(packed)), ["accepted reprint", "printed reprint", "agreed reprint"]);
    assert_eq!(row(&backend, packed)["stage"], "Complete");

    let (status, said) = print("bannos-999999").end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("No such order: bannos-999999"), "{said}");
    let cancelled = backend.rows("orders_bannos?cancelled_at=not.is.null&order=id").remove(0);
    let (status, said) = print(cancelled["id"].as_str().unwrap()).end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("Set the cake aside"), "{said}");
}

#[test]
fn a_copy_that_cannot_come_out_is_kept_over_a_kill() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::PaperOut);
    let bench =
        Bench::new(&backend, "test-command", "Covering").printer(&format!("127.0.0.1:{}", printer.port));
    let file = bench.file();
    let covering = backend.rows("orders_bannos?stage=eq.Covering&cancelled_at=is.null&order=id").remove(0);
    let order = covering["id"].as_str().unwrap();
    let mut print = Program::start(&["print", order, "--config", file.to_str().unwrap()]);
    let failed = print.line(|line| line["verdict"] == "failed");
    print.kill();
    let (status, said) = Program::start(&["print", order, "--config", file.to_str().unwrap()]).end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("Printer bench: no paper"), "{said}");
    assert!(printer.tray().labels.is_empty());
    printer.set(Mood::Healthy);
    let mut station = bench.run();
    let agreed = station.line(|line| line["verdict"] == "agreed");
    assert_eq!((&agreed["intent"], &agreed["action"]), (&failed["intent"], &json!("reprint")));
    // A strip without a dot may come first: a copy may be in place of a label that was half sent.
    let mut labels = printer.tray().labels;
    labels.retain(|label| label.iter().flatten().any(|is_black| *is_black));
    assert_eq!(labels.len(), 1, "two words of a person about one job");
    assert_eq!(reader::qr_of(&labels[0]), format!("ORDAK:{}/2", order.to_uppercase()));
    assert_eq!(row(&backend, order)["stage"], "Covering");
}

/// The verdicts of a command that ends well, with their actions.
fn lines(mut program: Program) -> Vec<String> {
    let line = |line: Value| {
        format!("{} {}", line["verdict"].as_str().unwrap(), line["action"].as_str().unwrap_or_default())
    };
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|last: &String| last.starts_with("agreed")) {
        lines.push(line(program.verdict()));
    }
    let (status, said) = program.end();
    assert_eq!(status.code(), Some(0), "{said}");
    lines
}

fn row(backend: &Backend, order: &str) -> Value {
    backend.rows(&format!("orders_bannos?id=eq.{order}")).remove(0)
}

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ordak-station"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that refuses its arguments reads nothing.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
