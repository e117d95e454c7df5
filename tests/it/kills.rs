//! The real station killed at random moments between a scan and its label, again and again on one journal: every scan
//! that was accepted is in the journal or agreed, and no label comes out twice by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ordak_station::journal::Reader;
use ordak_station::order::OrderId;
use ordak_station::station::{IntentState, JobState};
use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::dice::{Dice, number};
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench};
use crate::support::reader;
use crate::support::shop::insert_order;

/// What the kills came to; the last line of `make kills` (`interfaces.md`) has the first four.
#[derive(Debug, Default, serde::Serialize)]
struct Figures {
    cuts: usize,
    acked: usize,
    lost: usize,
    corrupt: usize,
    #[serde(skip)]
    labels: usize,
    /// Of which so many can be told from each other: a kill cuts off some, more of them on a machine that is busy.
    #[serde(skip)]
    legible: usize,
    #[serde(skip)]
    doubled: usize,
    #[serde(skip)]
    unconfirmed: usize,
    /// At how many kills the last word was none, `accepted`, of a label, and later ones.
    #[serde(skip)]
    last_words: [usize; 4],
}

#[test]
fn a_kill_at_any_moment_loses_no_scan_and_doubles_no_label() {
    let kills: usize = number("KILLS", 30);
    let seed = number("SEED", 1);
    let mut dice = Dice::new(seed);
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let orders: Vec<OrderId> =
        (0..kills + 2).map(|nth| format!("bannos-{}", 60_000 + nth).parse().unwrap()).collect();
    fill(&database, &orders);
    let printer = FakePrinter::start(Mood::Healthy);
    let bench =
        Bench::new(&backend, "test-filling", "Filling").printer(&format!("127.0.0.1:{}", printer.port));
    let path = bench.folder().join("journal.sqlite");
    let mut accepted: BTreeSet<String> = BTreeSet::new();
    let mut figures = Figures::default();
    let mut lost = BTreeSet::new();
    // From a scan to its agreed label, on this machine as busy as it is.
    let mut whole = Duration::ZERO;
    for (nth, order) in orders.iter().enumerate() {
        let mut station = bench.run_with_gun();
        station.program.line(|line| line["link"] == "up");
        let (present, is_damaged) = intents(&path);
        figures.corrupt += usize::from(is_damaged);
        lost.extend(accepted.difference(&present).cloned());
        assert!(lost.is_empty(), "seed {seed}, after kill {nth}: {lost:?}");
        let scanned = Instant::now();
        station.gun.scan(&order.barcode());
        // The first one shows how long it takes, and by the last all that can be agreed is.
        if nth == 0 || nth > kills {
            station.program.line(|line| line["verdict"] == "agreed" && line["order"] == json!(order));
            whole = scanned.elapsed();
            accepted.extend(station.program.kill_and_hear().iter().filter_map(accepted_id));
            continue;
        }
        let end = scanned + whole.mul_f64(f64::from(dice.roll(1_000)) / 900.0);
        let mut heard = Vec::new();
        while let Some(line) = station.program.line_within(end.saturating_duration_since(Instant::now())) {
            heard.push(line);
        }
        heard.extend(station.program.kill_and_hear());
        accepted.extend(heard.iter().filter_map(accepted_id));
        let spoken = heard.iter().rfind(|line| line["order"] == json!(order));
        figures.last_words[spoken.map_or(0, |line| word(&line["verdict"]))] += 1;
        figures.cuts += 1;
    }
    figures.acked = accepted.len();
    let agreed = agreed(&path, &accepted, &mut figures);
    let known: BTreeSet<String> =
        backend.rows("intents?select=intent_id&limit=100000").iter().map(id_of).collect();
    assert_eq!(agreed.difference(&known).next(), None, "agreed here, and not there");
    count_labels(&printer, &mut figures);
    let line = serde_json::to_string(&figures).unwrap();
    println!("{figures:?}");
    if let Some(file) = std::env::var_os("KILLS_FIGURES") {
        std::fs::write(file, line + "\n").unwrap();
    }
    assert_eq!((figures.lost, figures.corrupt, figures.doubled), (0, 0, 0), "seed {seed}: {figures:?}");
    let is_spread =
        figures.acked * 3 > kills && figures.legible * 5 > kills && figures.unconfirmed * 10 > kills;
    assert!(is_spread, "hardly anything was under way: {figures:?}");
}

/// All intents of the journal, read beside the station that runs, and whether it was found damaged.
fn intents(path: &std::path::Path) -> (BTreeSet<String>, bool) {
    let contents = Reader::open(path).unwrap().contents().unwrap();
    let ids = contents.intents.iter().map(|intent| intent.id.to_string()).collect();
    (ids, !contents.notices.is_empty())
}

/// Those that the journal says the backend has; counts what it does not have any more, and what a person must decide.
fn agreed(path: &std::path::Path, accepted: &BTreeSet<String>, figures: &mut Figures) -> BTreeSet<String> {
    let contents = Reader::open(path).unwrap().contents().unwrap();
    let states: BTreeMap<_, _> =
        contents.intents.iter().map(|intent| (intent.id.to_string(), &intent.state)).collect();
    figures.lost += accepted.iter().filter(|id| !states.contains_key(*id)).count();
    let in_doubt = |job: &&ordak_station::station::Job| matches!(job.state, JobState::Unconfirmed(_));
    figures.unconfirmed = contents.jobs.iter().filter(in_doubt).count();
    let is_agreed = |state: &IntentState| matches!(state, IntentState::Agreed { .. });
    states.into_iter().filter(|(_, state)| is_agreed(state)).map(|(id, _)| id).collect()
}

fn count_labels(printer: &FakePrinter, figures: &mut Figures) {
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    let labels_out = printer.tray().labels;
    // A life that finds a label cut off lets a blank one out first.
    for label in labels_out.iter().filter(|label| label.iter().flatten().any(|dot| *dot)) {
        // What a kill cut off stands above the label that came out next.
        let whole = &label[label.len().saturating_sub(LABEL_ROWS)..];
        figures.labels += 1;
        if let Some(code) = reader::code128_in(whole) {
            *labels.entry(code).or_default() += 1;
        }
    }
    figures.doubled = labels.values().filter(|count| **count > 1).count();
    figures.legible = labels.values().sum();
}

fn accepted_id(line: &Value) -> Option<String> {
    (line["verdict"] == "accepted").then(|| line["intent"].as_str().unwrap().to_owned())
}

fn word(verdict: &Value) -> usize {
    match verdict.as_str() {
        Some("accepted" | "held") => 1,
        Some("printed" | "sent" | "unconfirmed" | "failed") => 2,
        _ => 3,
    }
}

fn id_of(row: &Value) -> String {
    row["intent_id"].as_str().unwrap().to_owned()
}

fn fill(database: &Database, orders: &[OrderId]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = database.connect().await;
        for order in orders {
            insert_order(&client, &order.to_string(), json!({ "product_title": "Cake" })).await;
        }
    });
}

/// Of a label of 100 × 50 mm at 203 dpi.
const LABEL_ROWS: usize = 400;
