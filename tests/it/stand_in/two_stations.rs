//! Two real stations whose guns read the same cake in the same moment, on a project of contract 2025-12: each reads the order
//! before it writes, and where both have read before either has written only the project's own guard tells them apart. What
//! has none is counted: nothing can prevent it (README).

use serde::Serialize;
use serde_json::json;
use tokio_postgres::Client;

use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench, Program};
use crate::support::shop::insert_order;

/// What is raced for.
struct Step {
    /// Where the cakes stand, as `orders_bannos` has it.
    stage: &'static str,
    /// The event of it.
    event: &'static str,
    /// Scans that come before, at one station after the other, and how each ends.
    before: Option<&'static str>,
    /// Whether the project refuses all but one.
    is_guarded: bool,
}

const STEPS: [Step; 5] = [
    Step { stage: "Filling", event: "print", before: None, is_guarded: false },
    // Its label is read for the first time, which only asks.
    Step { stage: "Filling", event: "complete", before: Some("choice"), is_guarded: true },
    Step { stage: "Covering", event: "complete", before: None, is_guarded: true },
    Step { stage: "Decorating", event: "complete", before: None, is_guarded: true },
    // Packing is started in each station's own journal.
    Step { stage: "Packing", event: "complete", before: Some("agreed"), is_guarded: false },
];

/// What the races came to: as the last line of `make race`, before which it is shown, with what no rule can prevent apart.
#[derive(Debug, Default, Serialize)]
struct Figures {
    orders: usize,
    transitions: usize,
    doubled: usize,
    wins: [usize; 2],
    unguarded: usize,
    prints_doubled: usize,
    packings_doubled: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_stations_at_once_one_makes_each_transition_that_has_a_guard() {
    let per_step =
        std::env::var("ORDERS").map_or(ORDERS, |orders| orders.parse::<usize>().unwrap() / CLIENTS_RACES);
    let database = Database::bare();
    let url = database.url().to_owned();
    let serve = move || Backend::serve(&["--contract", "2025-12", "--orders", "0", "--database-url", &url]);
    let backend = tokio::task::spawn_blocking(serve).await.unwrap();
    let client = database.connect().await;
    for (nth, Step { stage, event, before, .. }) in STEPS.iter().enumerate() {
        let is_printed = *stage == "Filling" && *event == "complete";
        assert_eq!(is_printed, *before == Some("choice"));
        for order in (0..per_step).map(|place| id(nth, place)) {
            insert_order(&client, &order, json!({"stage": stage})).await;
            if is_printed {
                client.execute(PRINTED, &[&order]).await.unwrap();
                client.execute(LABELLED, &[&order]).await.unwrap();
            }
        }
    }
    let races = move || race(&backend, per_step);
    let ends = tokio::task::spawn_blocking(races).await.unwrap();
    let figures = judge(&client, &ends, per_step).await;
    println!("on contract 2025-12: {}", serde_json::to_string(&figures).unwrap());
    assert_eq!((figures.transitions, figures.doubled), (figures.orders, 0), "{figures:?}");
    assert!(figures.wins.iter().all(|wins| *wins > 0), "hardly a race: {figures:?}");
}

/// Has both stations read each cake at once; how either's scan ended.
fn race(backend: &Backend, per_step: usize) -> Vec<[String; 2]> {
    let printers = [(); 2].map(|()| FakePrinter::start(Mood::Healthy));
    let benches = ["filling-1", "covering-1"].map(|name| {
        Bench::new(backend, &format!("test-{name}"), "any")
            .replace(backend.field("email"), &format!("{name}@shop.example"))
            .keyboard()
    });
    let [one, other] = benches;
    let benches = [
        one.printer(&format!("127.0.0.1:{}", printers[0].port)),
        other.printer(&format!("127.0.0.1:{}", printers[1].port)),
    ];
    let mut stations = [benches[0].run(), benches[1].run()];
    for station in &mut stations {
        station.line(|line| line["link"] == "up");
    }
    let mut ends = Vec::new();
    for (nth, step) in STEPS.iter().enumerate() {
        for order in (0..per_step).map(|place| id(nth, place)) {
            if let Some(before) = step.before {
                for station in &mut stations {
                    scan(station, &order);
                    assert_eq!(ended(station, &order), before, "{order}");
                }
            }
            // Neither always comes first.
            if ends.len() % 2 == 1 {
                stations.reverse();
            }
            for station in &mut stations {
                scan(station, &order);
            }
            if ends.len() % 2 == 1 {
                stations.reverse();
            }
            ends.push([0, 1].map(|side| ended(&mut stations[side], &order)));
        }
    }
    ends
}

fn scan(station: &mut Program, order: &str) {
    station.write(format!("{order}\n").as_bytes());
}

/// How a scan of the cake ended.
fn ended(station: &mut Program, order: &str) -> String {
    let is_last = |verdict: Option<&str>| {
        verdict.is_some_and(|verdict| ["agreed", "already_done", "refused", "choice"].contains(&verdict))
    };
    let line = station.line(|line| line["order"] == order && is_last(line["verdict"].as_str()));
    line["verdict"].as_str().unwrap().to_owned()
}

/// Counts by what was said and by what the project has.
async fn judge(client: &Client, ends: &[[String; 2]], per_step: usize) -> Figures {
    let mut figures = Figures::default();
    for (place, ends) in ends.iter().enumerate() {
        let nth = place / per_step;
        let Step { stage, event, is_guarded, .. } = STEPS[nth];
        let order = id(nth, place % per_step);
        let told = ends.each_ref().map(String::as_str);
        let sql = "select count(*) from public.stage_events
            where order_id = $1 and stage::text = $2 and event_type = $3 and staff_id is not null";
        let events: i64 = client.query_one(sql, &[&order, &stage, &event]).await.unwrap().get(0);
        assert!((1..=2).contains(&events), "{order}: {events} times {event}, {told:?}");
        assert!(told.iter().all(|end| matches!(*end, "agreed" | "already_done")), "{order}: {told:?}");
        let is_doubled = events > 1 || told == ["agreed"; 2];
        if !is_guarded {
            figures.unguarded += 1;
            *(if event == "print" { &mut figures.prints_doubled } else { &mut figures.packings_doubled }) +=
                usize::from(is_doubled);
            continue;
        }
        figures.orders += 1;
        figures.transitions += events as usize;
        figures.doubled += usize::from(is_doubled);
        for (wins, end) in figures.wins.iter_mut().zip(told) {
            *wins += usize::from(end == "agreed");
        }
    }
    figures
}

fn id(step: usize, place: usize) -> String {
    format!("bannos-{}", (step + 1) * 10_000 + place)
}

/// A label that came out long ago, noted by nobody who is here.
const PRINTED: &str =
    "update public.orders_bannos set filling_start_ts = now() - interval '1 hour' where id = $1";
const LABELLED: &str = "insert into public.stage_events (store, order_id, stage, event_type, at_ts)
    values ('bannos', $1, 'Filling', 'print', now() - interval '1 hour')";

/// Cakes a step in CI.
const ORDERS: usize = 10;

/// So many races of clients (`rpc/two_stations.rs`) take as long as one a step of whole stations.
const CLIENTS_RACES: usize = 50;
