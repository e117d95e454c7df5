//! `journal`: beside a station that runs, and where none does; and what a station that starts offline still knows.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ordak_station::journal::{self, Config, Journal};
use ordak_station::order::{Action, IntentId, Timestamp};
use ordak_station::station::{Intent, IntentState, Job, JobState, Parked, PrinterFault, Record, Source};
use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::program::{Backend, Bench, Program};

fn offline(name: &str) -> Bench {
    Bench::at("http://127.0.0.1:9", "key", "a@b.example", "secret", name, "Covering")
}

/// Runs `journal` with these arguments: its exit code, stdout and stderr.
fn journal(config: &Path, arguments: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_ordak-station"))
        .arg("journal")
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

fn told(config: &Path, arguments: &[&str]) -> String {
    let (code, out, err) = journal(config, arguments);
    assert_eq!((code, &*err), (0, ""), "{arguments:?}");
    out
}

fn listed(config: &Path) -> Vec<Value> {
    let list: Value = serde_json::from_str(&told(config, &["list", "--json"])).unwrap();
    list["intents"].as_array().unwrap().clone()
}

#[test]
fn it_is_read_beside_a_station_that_runs_and_changed_only_without_one() {
    let bench = offline("test-covering");
    let mut station = bench.run_with_gun();
    let config = bench.folder().join("station.toml");
    station.program.line(|line| line["link"] == "down");
    station.gun.scan("#B18617");
    let accepted = station.program.line(|line| line["verdict"] == "accepted");
    let id = accepted["intent"].as_str().unwrap();

    let open = listed(&config);
    assert_eq!((open.len(), &open[0]["id"], &open[0]["state"]), (1, &json!(id), &json!("Open")));
    let text = told(&config, &["list"]);
    assert!(text.contains("bannos-18617") && text.contains("to be sent") && text.contains(id), "{text}");
    for which in [id, "bannos-18617"] {
        let shown: Value = serde_json::from_str(&told(&config, &["show", which, "--json"])).unwrap();
        let history = shown["intents"][0]["history"].as_array().unwrap();
        assert_eq!((history.len(), &history[0]["what"]["state"]), (1, &json!("Open")), "{shown:#}");
        assert!(history[0]["at"].as_str().unwrap().starts_with("20"), "{shown:#}");
    }
    let checked: Value = serde_json::from_str(&told(&config, &["check", "--json"])).unwrap();
    assert_eq!((&checked["ok"], &checked["open"]), (&json!(true), &json!(1)), "{checked:#}");
    assert!(told(&config, &["check"]).contains("whole"));

    for word in ["retry", "close"] {
        let (code, _, err) = journal(&config, &[word, id]);
        let process = station.program.id().to_string();
        assert!(code == 1 && err.contains(&process) && err.contains("Attention"), "{word}: {err}");
    }
    station.program.kill();
    let (code, _, err) = journal(&config, &["retry", id]);
    assert!(code == 1 && err.contains("Nothing of it is parked"), "{err}");
    let (code, _, err) = journal(&config, &["close", id]);
    assert!(code == 1 && err.contains("--unsent"), "{err}");
    assert_eq!(listed(&config).len(), 1);
    assert!(told(&config, &["close", "bannos-18617", "--unsent"]).contains("1 action closed"));
    assert!(told(&config, &["list"]).contains("Nothing waits"));
    let all = told(&config, &["list", "--all"]);
    assert!(all.contains("closed by a person"), "{all}");
    let shown: Value = serde_json::from_str(&told(&config, &["show", id, "--json"])).unwrap();
    assert_eq!(shown["intents"][0]["history"][1]["what"], json!({ "state": "Closed" }));
}

#[test]
fn what_is_parked_is_retried_or_closed_and_a_label_with_it() {
    let bench = offline("test-filling");
    let config = bench.file();
    let parked = intent(1, "bannos-18617", IntentState::Parked(Parked::TooSoon));
    let printing = intent(2, "bannos-18618", IntentState::Printing);
    let job = Job {
        intent: printing.id,
        order: printing.order,
        copy: 1,
        printer: 0,
        is_reprint: false,
        state: JobState::Unconfirmed(PrinterFault::NoAnswer),
        queued_at: at(),
        out_at: None,
    };
    let records = [Record::Intent(parked.clone()), Record::Intent(printing), Record::Job(job)];
    open(&bench).write(at(), &records).unwrap();
    let text = told(&config, &["list"]);
    assert!(text.contains("scanned too soon") && text.contains("did the label come out?"), "{text}");
    assert!(told(&config, &["retry", &parked.id.to_string()]).contains("1 action will be sent"));
    assert!(told(&config, &["close", "bannos-18618"]).contains("1 action closed"));
    let open = listed(&config);
    assert_eq!((open.len(), &open[0]["state"]), (1, &json!("Open")));
    let exported = told(&config, &["export"]);
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["journal", "intent", "intent", "job"]);
    assert_eq!(
        (&lines[0]["station"], &lines[0]["project"]),
        (&json!("test-filling"), &json!("http://127.0.0.1:9"))
    );
    let states = |nth: usize| {
        let history = lines[nth]["history"].as_array().unwrap();
        history.iter().map(|step| step["what"]["state"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(states(1), [json!({ "Parked": "TooSoon" }), json!("Open")]);
    assert_eq!(lines[3]["state"], "Cancelled", "a label that is closed does not come out");
}

#[test]
fn it_says_what_is_wrong_in_words() {
    let bench = offline("test-covering");
    let config = bench.file();
    for arguments in [&["list"] as &[&str], &["check"], &["export"], &["retry", "bannos-1"]] {
        let (code, _, err) = journal(&config, arguments);
        assert!(code == 1 && err.contains("There is no journal"), "{arguments:?}: {err}");
    }
    assert!(!bench.folder().join("journal.sqlite").exists(), "and none is begun");
    assert_eq!(journal(&config, &["show", "nonsense"]).0, 2);
    open(&bench).write(at(), &[Record::Intent(intent(1, "bannos-18617", IntentState::Open))]).unwrap();
    let (code, _, err) = journal(&config, &["show", "bannos-99999"]);
    assert!(code == 1 && err.contains("holds nothing open of bannos-99999"), "{err}");

    let path = bench.folder().join("journal.sqlite");
    let mut bytes = std::fs::read(&path).unwrap();
    let place = bytes.windows(6).position(|window| window == b"#B1861").unwrap();
    bytes[place] = b'%';
    std::fs::write(&path, bytes).unwrap();
    for arguments in [&["check"] as &[&str], &["list"], &["export"]] {
        let (code, _, err) = journal(&config, arguments);
        assert!(code == 1 && err.contains("is damaged") && err.contains("saves what can be read"), "{err}");
    }
    // The station's next start salvages it, from the history that it has beside it.
    let mut station = bench.run_with_gun();
    station.program.line(|line| line["link"] == "down");
    assert_eq!(listed(&config)[0]["code"], "#B18617");
    assert!(told(&config, &["check"]).contains("Found damaged"));
}

#[test]
fn a_station_started_offline_knows_what_it_read_before() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let rows = backend.rows("orders_bannos?stage=eq.Packing&cancelled_at=is.null&order=id");
    let ids = rows.iter().map(|row| row["id"].as_str().unwrap());
    let id = ids.clone().find(|id| id.matches('-').count() == 1).unwrap().to_owned();
    let url = backend.field("url").to_owned();
    let bench = Bench::new(&backend, "test-covering", "Covering");
    let mut station = bench.run();
    station.line(|line| line["link"] == "up");
    stop(station);
    let mode = std::fs::metadata(bench.folder().join("journal.sqlite.memory")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let bench = bench.replace(&url, "http://127.0.0.1:9");
    let mut station = bench.run_with_gun();
    station.program.line(|line| line["link"] == "down");
    station.gun.scan(&id.parse::<ordak_station::order::OrderId>().unwrap().barcode());
    let answer = station.program.verdict();
    assert_eq!((&answer["verdict"], &answer["intent"]), (&json!("already_done"), &Value::Null), "{answer:#}");

    // What was told in both lives is there to be replayed.
    let config = bench.folder().join("station.toml");
    stop(station.program);
    let file = bench.folder().join("export.jsonl");
    told(&config, &["export", "--events", "-o", file.to_str().unwrap()]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let lives = journal::lives(&bench.folder().join("journal.sqlite")).unwrap();
    assert_eq!(lives.len(), 2);
    assert!(lives[0].is_whole && lives[0].events.len() >= 3);
    let exported = std::fs::read_to_string(&file).unwrap();
    assert_eq!(exported.lines().filter(|line| line.contains("\"kind\":\"life\"")).count(), 2);
}

/// Ends a station as systemd does.
fn stop(station: Program) {
    assert!(Command::new("kill").args(["-TERM", &station.id().to_string()]).status().unwrap().success());
    let (status, said) = station.end();
    assert!(status.success(), "{said}");
}

fn open(bench: &Bench) -> Journal {
    let path = bench.folder().join("journal.sqlite");
    Journal::open(&Config { path, retention: Duration::from_hours(24) }).unwrap().0
}

fn at() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn intent(seq: u64, order: &str, state: IntentState) -> Intent {
    Intent {
        id: IntentId::from_random([seq as u8; 16]),
        seq,
        order: order.parse().unwrap(),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action: Action::CompleteCovering,
        detail: None,
        captured_at: at(),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: "#B18617".into(),
        state,
    }
}
