//! The life of orders through four stations: real processes, real ptys, a real socket to a printer, real PostgreSQL.

use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench, Program};
use crate::support::pty::Gun;
use crate::support::reader;

#[test]
fn orders_live_through_four_stations_on_postgresql_15() {
    let database = Database::bare();
    live(&Backend::serve(&["--database-url", database.url()]), Speaks::V2025_09);
}

#[test]
fn orders_live_through_four_stations_on_the_embedded_engine() {
    live(&Backend::serve(&[]), Speaks::V2025_09);
}

#[test]
fn orders_live_through_four_stations_on_contract_2025_12() {
    let database = Database::bare();
    live(&Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]), Speaks::V2025_12);
}

#[test]
fn orders_live_through_four_stations_on_contract_2025_12_with_the_extensions() {
    let database = Database::bare();
    let backend = Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]);
    let extended =
        Program::start(&["sandbox", "migrate", "--extensions-only", "--database-url", database.url()]).end();
    assert_eq!(extended.0.code(), Some(0), "{}", extended.1);
    live(&backend, Speaks::V2025_12);
    let intents = backend.rows("intents?order_id=eq.bannos-18617&order=at&select=function");
    let functions: Vec<_> = intents.iter().map(|intent| intent["function"].as_str().unwrap()).collect();
    // The starts of Packing are the station's own.
    let expected = [
        "print_barcode",
        "complete_filling",
        "complete_covering",
        "complete_decorating",
        "complete_decorating",
        "complete_packing",
    ];
    assert_eq!(functions, expected);
}

#[test]
fn one_scan_from_the_command_line_does_what_a_station_would() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let bench = Bench::new(&backend, "test-command", "Covering");
    let file = bench.file();
    let scan = |code: &str| Program::start(&["scan", code, "--config", file.to_str().unwrap()]).end();
    let rows = backend.rows("orders_bannos?stage=eq.Covering&cancelled_at=is.null&order=id");
    let id = rows[0]["id"].as_str().unwrap().to_owned();
    let (status, said) = scan(&id);
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(order(&backend, &id)["stage"], "Decorating");
    assert_eq!(scan(&id).0.code(), Some(0), "already done is no failure");
    let (status, said) = scan("4006381333931");
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("product"), "{said}");
}

#[test]
fn a_scan_from_the_command_line_lasts_until_its_print_is_agreed() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::Healthy);
    let bench =
        Bench::new(&backend, "test-command", "Filling").printer(&format!("127.0.0.1:{}", printer.port));
    let mut scan = Program::start(&["scan", "#B18617", "--config", bench.file().to_str().unwrap()]);
    for verdict in ["accepted", "printed", "agreed"] {
        assert_eq!(scan.verdict()["verdict"], verdict);
    }
    let (status, said) = scan.end();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(order(&backend, "bannos-18617")["filling_start_ts"].is_string());
}

/// A station with its gun.
struct Bay {
    program: Program,
    gun: Gun,
    _bench: Bench,
}

impl Bay {
    fn open(backend: &Backend, stage: &str, printer: Option<&FakePrinter>) -> Self {
        let gun = Gun::plugged();
        let name = format!("test-{}", stage.to_lowercase());
        let mut bench =
            Bench::new(backend, &name, stage).replace(backend.field("email"), &email(stage)).gun(gun.path());
        if let Some(printer) = printer {
            bench = bench.printer(&format!("127.0.0.1:{}", printer.port));
        }
        let mut program = bench.run();
        program.line(|line| line["link"] == "up");
        Self { program, gun, _bench: bench }
    }

    /// Scans and checks the verdicts that follow, in order.
    fn scan(&mut self, code: &str, verdicts: &[&str]) -> Value {
        self.gun.scan(code);
        let mut last = Value::Null;
        for verdict in verdicts {
            last = self.program.verdict();
            assert_eq!((&last["verdict"], &last["code"]), (&json!(verdict), &json!(code)), "{last:#}");
        }
        last
    }
}

/// Each station signs in with an account of its own.
fn email(stage: &str) -> String {
    format!("{}-1@shop.example", stage.to_lowercase())
}

/// The contract of a backend under test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    V2025_09,
    V2025_12,
}

fn live(backend: &Backend, speaks: Speaks) {
    let printer = FakePrinter::start(Mood::Healthy);
    let mut filling = Bay::open(backend, "Filling", Some(&printer));
    let mut covering = Bay::open(backend, "Covering", None);
    let mut decorating = Bay::open(backend, "Decorating", None);
    let mut packing = Bay::open(backend, "Packing", None);
    for (id, code) in
        [("bannos-18617", "#B18617"), ("bannos-25771-A", "#B25771-A"), ("flourlane-25652", "#F25652")]
    {
        assert_eq!(order(backend, id)["stage"], "Filling", "{id} is in Filling among the samples");

        filling.scan(code, &["accepted", "printed", "agreed"]);
        let tray = printer.tray();
        let label = tray.labels.last().expect("a proved label lies in the tray");
        assert_eq!((reader::code128_of(label), tray.strays.len()), (code.to_owned(), 0));
        assert_eq!(reader::qr_of(label), format!("ORDAK:{}/1", id.to_uppercase()));
        filling.scan(code, &["choice"]);
        let done = filling.scan(code, &["accepted", "agreed"]);
        assert_eq!((&done["action"], &done["stage"]), (&json!("complete_filling"), &json!("Covering")));
        filling.scan(code, &["already_done"]);

        covering.scan(code, &["accepted", "agreed"]);
        covering.scan(code, &["already_done"]);
        filling.scan(code, &["already_done"]);
        decorating.scan(code, &["accepted", "agreed"]);
        let started = packing.scan(code, &["accepted", "agreed"]);
        assert_eq!((&started["action"], &started["stage"]), (&json!("start_packing"), &json!("Packing")));

        return_by_quality_control(backend, speaks, id);
        let rework = decorating.scan(code, &["accepted", "agreed"]);
        assert_eq!((&rework["local"], &rework["action"]), (&json!(true), &Value::Null));
        decorating.scan(code, &["accepted", "agreed"]);

        // Packing has not read the return yet: a completion by its old copy would be refused, as it must be.
        drop(packing);
        packing = Bay::open(backend, "Packing", None);
        packing.scan(code, &["accepted", "agreed"]);
        if id.ends_with("-A") {
            let alone = packing.scan(code, &["choice"]);
            assert!(alone["text"].as_str().unwrap().contains("#B25771-B"), "{alone:#}");
        }
        let packed = packing.scan(code, &["accepted", "agreed"]);
        assert_eq!((&packed["action"], &packed["stage"]), (&json!("complete_packing"), &json!("Complete")));
        packing.scan(code, &["already_done"]);

        check_order(&order(backend, id));
        if speaks == Speaks::V2025_12 {
            check_history_of_2025_12(backend, id);
            continue;
        }
        assert_eq!(order(backend, id)["rework"], 1);
        check_history(backend, id);
        check_intents(backend, id, &packed);
        let again = json!({"id": id, "performed_by": station(backend), "context": {"rework": 1}});
        let reprint = backend.call_as_station("handle_print_barcode", &again);
        assert_eq!(reprint["data"]["already_done"], true, "{reprint:#}");
    }
}

fn order(backend: &Backend, id: &str) -> Value {
    let table = format!("orders_{}", id.split('-').next().unwrap());
    backend.rows(&format!("{table}?id=eq.{id}")).remove(0)
}

/// The account of the stations, as the backend knows it.
fn station(backend: &Backend) -> Value {
    backend.rows("staff_shared?is_station=eq.true&limit=1").remove(0)["id"].clone()
}

/// What the office does: this version's stations have no command for it.
fn return_by_quality_control(backend: &Backend, speaks: Speaks, id: &str) {
    if speaks == Speaks::V2025_12 {
        let arguments =
            json!({"p_order_id": id, "p_store": id.split('-').next(), "p_notes": "Crack in the icing"});
        assert_eq!(backend.call_as_station("qc_return_to_decorating", &arguments), true);
        return;
    }
    let arguments = json!({"id": id, "performed_by": station(backend), "reason": "Crack in the icing"});
    let reply = backend.call_as_station("qc_return_to_decorating", &arguments);
    assert_eq!(reply["ok"], true, "{reply:#}");
}

/// Every timestamp is set, and each lies after the one before.
fn check_order(order: &Value) {
    assert_eq!(order["stage"], "Complete", "{order:#}");
    let times = ["filling_start_ts", "filling_complete_ts", "covering_complete_ts", "decorating_complete_ts"]
        .into_iter()
        .chain(["packing_start_ts", "packing_complete_ts"])
        .map(|name| order[name].as_str().unwrap_or_else(|| panic!("{name} is set: {order:#}")));
    let times: Vec<_> = times.map(|text| text.parse::<ordak_station::order::Timestamp>().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

fn check_history(backend: &Backend, id: &str) {
    let events = backend.rows(&format!("stage_events?order_id=eq.{id}&order=id"));
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let station = event["station_id"].as_str().unwrap_or("office");
            format!("{} {} {station}", event["action"].as_str().unwrap(), event["stage"].as_str().unwrap())
        })
        .collect();
    let told: Vec<_> = told.iter().map(String::as_str).collect();
    let expected = [
        "print Filling test-filling",
        "complete Filling test-filling",
        "complete Covering test-covering",
        "complete Decorating test-decorating",
        "start Packing test-packing",
        "qc_return Packing office",
        "complete Decorating test-decorating",
        "start Packing test-packing",
        "complete Packing test-packing",
    ];
    assert!(told.ends_with(&expected), "{told:#?}");
}

/// Each step once, credited to the account of its station, and no start of Packing, which this contract does not have.
fn check_history_of_2025_12(backend: &Backend, id: &str) {
    let events = backend.rows(&format!("stage_events?order_id=eq.{id}&order=at_ts"));
    let staff = backend.rows("staff_shared?select=user_id,email");
    let told = |event: &Value| {
        let own = staff.iter().find(|row| row["user_id"] == event["staff_id"]).expect("somebody did it");
        let [what, stage, who] = [&event["event_type"], &event["stage"], &own["email"]];
        format!("{} {} {}", what.as_str().unwrap(), stage.as_str().unwrap(), who.as_str().unwrap())
    };
    let told: Vec<_> = events.iter().map(told).collect();
    let expected = [
        ("print", "Filling"),
        ("complete", "Filling"),
        ("complete", "Covering"),
        ("complete", "Decorating"),
        ("qc_return", "Packing"),
        ("complete", "Decorating"),
        ("complete", "Packing"),
    ];
    let by = |(what, stage): (&str, &str)| match what {
        "qc_return" => format!("{what} {stage} {}", backend.field("email")),
        _ => format!("{what} {stage} {}", email(stage)),
    };
    assert_eq!(told, expected.map(by));
}

/// One intent for each scan that acted, under the id that its verdict lines named.
fn check_intents(backend: &Backend, id: &str, packed: &Value) {
    let intents = backend.rows(&format!("intents?order_id=eq.{id}&order=at"));
    let functions: Vec<_> = intents.iter().map(|intent| intent["function"].as_str().unwrap()).collect();
    let expected = [
        "handle_print_barcode",
        "complete_filling",
        "complete_covering",
        "complete_decorating",
        "start_packing",
        "complete_decorating",
        "start_packing",
        "complete_packing",
    ];
    assert_eq!(functions, expected);
    assert_eq!(intents.last().unwrap()["intent_id"], packed["intent"]);
}
