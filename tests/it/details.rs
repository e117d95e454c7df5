//! Who has a cake and where it is kept, from a finger on the screen to the row in PostgreSQL.

use std::time::Duration;

use ordak_station::config::Config;
use ordak_station::order::{Detail, OrderId, Staff, StaffId, Store};
use ordak_station::shell::{self, Handle, Input};
use ordak_station::station::{Choices, Dwell, Kind, Link, Look, Settings, Touch, View};
use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::program::{Backend, Bench};

/// A running station without a screen, and what a screen would hold of it.
struct Kiosk {
    running: Option<shell::Running>,
    handle: Handle,
}

impl Kiosk {
    fn start(bench: &Bench) -> Self {
        let Config { station, backend, journal, .. } = Config::read(&bench.file()).unwrap();
        let settings = Settings {
            name: station.name,
            post: station.post,
            stores: station.stores,
            repeat_guard: station.repeat_guard,
            dwell: Dwell::default(),
            is_read_only: false,
            has_start_scans: false,
            printers: Vec::new(),
            scanners: 0,
            performer: None,
        };
        let zone = station.zone;
        let (scanners, printers) = (Vec::new(), Vec::new());
        let config = shell::Config { settings, zone, journal, backend, scanners, printers };
        let (running, lines) = shell::start(config).unwrap();
        drop(lines);
        Self { handle: running.handle(), running: Some(running) }
    }

    fn set(&self, order: OrderId, detail: Detail) {
        self.handle.tell(Input::Touch(Touch::Set(order, detail))).unwrap();
    }

    /// Waits until the view shows it.
    fn shows(&self, what: &str, wanted: impl Fn(&View) -> bool) -> View {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut views = self.handle.views();
        let seen = runtime.block_on(async {
            let seen = tokio::time::timeout(PATIENCE, views.wait_for(&wanted)).await;
            seen.map(|view| view.unwrap().clone())
        });
        seen.unwrap_or_else(|_| panic!("never showed {what}: {:#?}", self.handle.views().borrow().shown))
    }

    /// Waits until a detail's verdict of this kind is on the screen.
    fn says(&self, kind: Kind, detail: &Detail) -> View {
        self.shows(&format!("{kind:?} {detail:?}"), |view| {
            view.shown.as_ref().is_some_and(|shown| {
                shown.verdict.detail.as_ref() == Some(detail) && shown.verdict.answer.kind() == Some(kind)
            })
        })
    }

    fn stop(&mut self) {
        drop(self.running.take());
    }
}

/// What of a cake's history is of details: the action, and what was set.
fn events(backend: &Backend, order: OrderId) -> Vec<(Value, Value)> {
    let rows = backend.rows(&format!("stage_events?order_id=eq.{order}&order=id"));
    let details = rows.into_iter().filter(|row| row["action"] == "assign" || row["action"] == "storage");
    details
        .map(|row| {
            let set = &row["meta"][if row["action"] == "assign" { "staff_id" } else { "storage" }];
            (row["action"].clone(), set.clone())
        })
        .collect()
}

fn row(backend: &Backend, order: OrderId) -> Value {
    backend.rows(&format!("orders_bannos?id=eq.{order}"))[0].clone()
}

/// A Bannos cake in Covering that nobody has.
fn cake(backend: &Backend) -> OrderId {
    let rows =
        backend.rows("orders_bannos?stage=eq.Covering&assignee_id=is.null&cancelled_at=is.null&order=id");
    rows[0]["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_finger_gives_a_cake_to_somebody_and_puts_it_away() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let bench = Bench::new(&backend, "test-covering", "Covering");
    let kiosk = Kiosk::start(&bench);
    let order = cake(&backend);
    let view = kiosk.shows("choices", |view| !view.choices.is_empty());
    let Choices { staff, places } = &view.choices[&Store::Bannos];
    let names: Vec<_> = staff.as_ref().unwrap().iter().map(|staff| &*staff.name).collect();
    assert!(names.contains(&"Jack T.") && names.contains(&"Maria K."), "{names:?}");
    assert!(
        !names.contains(&"Wei L.") && !names.contains(&"covering-1"),
        "of the other shop, or no person: {names:?}"
    );
    let place = places.as_ref().unwrap()[0].clone();
    let jack = staff.as_ref().unwrap().iter().find(|staff| &*staff.name == "Jack T.").unwrap().clone();

    kiosk.handle.tell(Input::Touch(Touch::Look(order))).unwrap();
    kiosk.shows(
        "the page",
        |view| matches!(&view.looked, Some(looked) if matches!(looked.look, Look::Read { .. })),
    );
    let assign = Detail::Assignee(Some(jack.clone()));
    let store = Detail::Storage(Some(place.clone()));
    kiosk.set(order, assign.clone());
    kiosk.says(Kind::Agreed, &assign);
    kiosk.set(order, store.clone());
    let view = kiosk.says(Kind::Agreed, &store);
    let Some(Look::Read { cake, .. }) = view.looked.map(|looked| looked.look) else { panic!("no page") };
    assert_eq!((cake.assignee.as_deref(), cake.storage.as_deref()), (Some("Jack T."), Some(&*place)));
    let stands = row(&backend, order);
    assert_eq!((&stands["assignee_id"], &stands["storage"]), (&json!(jack.id), &json!(place)));
    assert_eq!(stands["stage"], "Covering");

    // Again is no second time, and somebody who is not there is a card.
    kiosk.set(order, assign.clone());
    kiosk.says(Kind::AlreadyDone, &assign);
    let stranger =
        Staff { id: StaffId("00000000-0000-4000-8000-00000000dead".into()), name: "Nobody".into() };
    let gone = Detail::Assignee(Some(stranger));
    kiosk.set(order, gone.clone());
    let view = kiosk.says(Kind::Refused, &gone);
    assert_eq!(view.attention.iter().map(|card| card.order).collect::<Vec<_>>(), [order]);
    assert_eq!(row(&backend, order)["assignee_id"], json!(jack.id));
    kiosk.set(order, Detail::Assignee(None));
    let view = kiosk.says(Kind::Agreed, &Detail::Assignee(None));
    assert!(view.attention.is_empty(), "another choice replaces it");
    let set =
        [(json!("assign"), json!(jack.id)), (json!("storage"), json!(place)), (json!("assign"), Value::Null)];
    assert_eq!(events(&backend, order), set, "each once");
}

#[test]
fn what_was_accepted_with_no_network_is_set_once_whatever_kills_the_station() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let order = cake(&backend);
    let people = backend.rows("staff_shared?full_name=eq.Jack T.");
    let jack = Staff { id: StaffId(people[0]["id"].as_str().unwrap().into()), name: "Jack T.".into() };
    // A port that nobody listens on.
    let url = backend.field("url").to_owned();
    let bench = Bench::new(&backend, "test-covering", "Covering").replace(&url, "http://127.0.0.1:9");
    let mut kiosk = Kiosk::start(&bench);
    kiosk.shows("that it is offline", |view| matches!(view.link, Link::Down(_)));
    let (assign, store) = (Detail::Assignee(Some(jack.clone())), Detail::Storage(Some("Fridge 1".into())));
    for detail in [&assign, &store] {
        kiosk.set(order, detail.clone());
        kiosk.says(Kind::Held, detail);
    }
    kiosk.stop();
    let bench = bench.replace("http://127.0.0.1:9", &url);
    // Killed as soon as it may send, then left to finish.
    let mut program = bench.run();
    program.kill();
    let mut program = bench.run();
    program.line(|line| line["link"] == "up");
    let is_last = |line: &Value| {
        line["action"] == "set_storage" && (line["verdict"] == "agreed" || line["verdict"] == "already_done")
    };
    // Of what was agreed before the kill nothing is left to say; what is set is in the database.
    while events(&backend, order).len() < 2 {
        program.line(is_last);
    }
    let set = [(json!("assign"), json!(jack.id)), (json!("storage"), json!("Fridge 1"))];
    assert_eq!(events(&backend, order), set, "each once, in turn");
    let stands = row(&backend, order);
    assert_eq!((&stands["assignee_id"], &stands["storage"]), (&json!(jack.id), &json!("Fridge 1")));
}

/// Far longer than anything takes: only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);
