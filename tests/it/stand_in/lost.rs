//! A reply that never comes, with the extensions: the whole station, killed while its write is under way.

use std::process::Command;

use ordak_station::sandbox;
use serde_json::json;
use tokio::task::block_in_place;

use super::{until, until_waiting};
use crate::support::cluster::Database;
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench};
use crate::support::shop::insert_order;

/// A print has no guard of the project's own: sent again under another id it would be another event.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_station_died_meanwhile_is_made_once() {
    let database = Database::bare();
    let arguments = ["--contract", "2025-12", "--orders", "0", "--database-url", database.url()];
    let backend = block_in_place(|| Backend::serve(&arguments));
    sandbox::extend(database.url()).await.unwrap();
    let client = database.connect().await;
    insert_order(&client, "bannos-1001", json!({})).await;
    let printer = FakePrinter::start(Mood::Healthy);
    let bench = Bench::new(&backend, "test-filling", "Filling")
        .keyboard()
        .printer(&format!("127.0.0.1:{}", printer.port));
    let mut station = block_in_place(|| bench.run());
    block_in_place(|| station.line(|line| line["link"] == "up"));

    let mut holder = database.connect().await;
    let held = holder.transaction().await.unwrap();
    held.execute("select from public.orders_bannos where id = 'bannos-1001' for update", &[]).await.unwrap();
    block_in_place(|| {
        station.write(b"#B1001\n");
        station.line(|line| line["verdict"] == "printed")
    });
    until_waiting(&client, 1).await;
    // It is made, and its station never hears so: a connection that broke would have taken the write back.
    let stopped = Command::new("kill").args(["-STOP", &station.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    held.rollback().await.unwrap();
    until(&client, INTENTS, 1).await;
    station.kill();

    let mut station = block_in_place(|| bench.run());
    let agreed = block_in_place(|| station.line(|line| line["verdict"] == "agreed"));
    assert_eq!((&agreed["action"], &agreed["order"]), (&json!("print"), &json!("bannos-1001")));
    let count = async |sql| client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count("select count(*) from public.stage_events").await, 1);
    assert_eq!(count(INTENTS).await, 1);
    assert_eq!(printer.tray().labels.len(), 1);
}

const INTENTS: &str = "select count(*) from public.intents";
