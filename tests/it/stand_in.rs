//! The stand-in of contract 2025-12, on a real PostgreSQL: every line of `contract.md` 3, its weaknesses above all. A stand-in
//! that were any better would let a station pass that the shops' project defeats.

mod access;
mod crowd;
mod errors;
mod extend;
mod extensions;
mod intents;
mod life;
mod lost;
mod paging;
mod reads;
mod scans;
mod two_stations;
mod writes;

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::shop::{Refused, Shop, Who};

/// The completions, with the stage that each needs and the one it leads to.
const COMPLETIONS: [(&str, &str, &str); 4] = [
    ("complete_filling", "Filling", "Covering"),
    ("complete_covering", "Covering", "Decorating"),
    ("complete_decorating", "Decorating", "Packing"),
    ("complete_packing", "Packing", "Complete"),
];

const STAGES: [&str; 5] = ["Filling", "Covering", "Decorating", "Packing", "Complete"];

/// The store of an order's id.
fn store_of(id: &str) -> &str {
    id.split('-').next().unwrap()
}

/// The arguments that name an order, and more.
fn of(id: &str, more: Value) -> Value {
    with(json!({"p_store": store_of(id), "p_order_id": id}), more)
}

/// An object with more in it.
fn with(mut object: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("no object: {more}") };
    object.as_object_mut().unwrap().extend(more);
    object
}

/// Calls a write for an order: the one value that it returns, or what it raises.
async fn write(shop: &mut Shop, function: &str, id: &str) -> Result<Value, Refused> {
    shop.rows(Who::Station, function, of(id, json!({}))).await.map(|mut rows| rows.remove(0))
}

/// What was done to an order, oldest first: event types alone.
async fn history(shop: &Shop, id: &str) -> Vec<String> {
    let events = shop.events_by("e.at_ts", id).await;
    events.iter().map(|event| event["event_type"].as_str().unwrap().to_owned()).collect()
}

/// Returns when so many sessions of the database wait for a lock.
async fn until_waiting(client: &Client, sessions: i64) {
    let sql = "select count(distinct l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
        where not l.granted and a.datname = current_database()";
    until(client, sql, sessions).await;
}

/// Returns when a count has come to as much.
async fn until(client: &Client, sql: &str, count: i64) {
    // Bounded by looks, not by time: each is a round trip.
    for _ in 0..100_000 {
        if client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) >= count {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("never {count}: {sql}");
}
