//! One short life of an order through the gateway, on the embedded engine and on a PostgreSQL elsewhere, as
//! `sandbox serve --contract 2025-12` serves it.

use ordak_station::sandbox::{self, Contract, Error, Options, Storage};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{COMPLETIONS, of};
use crate::gateway::Client;
use crate::support::cluster::Database;
use crate::support::program::Program;

async fn life(storage: Storage) {
    let options = Options { storage, contract: Contract::V2025_12, ..Options::default() };
    let running = sandbox::serve(options, &|_| {}).await.unwrap();
    let access = &running.access;
    let station = Client::signed_in(access, &access.email).await;
    let (_, me) = station.call("get_staff_me", json!({})).await;
    assert_eq!((&me[0]["role"], &me[0]["email"]), (&json!("Staff"), &json!(access.email)));
    samples(&station, &Client::signed_in(access, "supervisor@shop.example").await).await;

    let id = "bannos-18617";
    let (status, printed) = station.call("print_barcode", of(id, json!({}))).await;
    assert_eq!((status, &printed["barcode_content"]), (StatusCode::OK, &json!("#B18617")));
    for (function, stage, next) in COMPLETIONS {
        let (status, done) = station.call(function, of(id, json!({}))).await;
        assert_eq!((status, done), (StatusCode::OK, json!(true)), "{function}");
        let (status, body) = station.call(function, of(id, json!({}))).await;
        let said = format!("Order must be in {stage} stage to complete {}", stage.to_lowercase());
        assert_eq!((status, &body["message"]), (StatusCode::BAD_REQUEST, &json!(said)));
        let (_, row) = station.call("get_order_for_scan", json!({"p_scan": "#B18617"})).await;
        assert_eq!(row["stage"], next);
    }
    let stored = station.post("set_storage", of(id, json!({"p_storage": "Fridge 1"})).to_string()).await;
    assert_eq!((stored.status(), stored.text().await.unwrap().as_str()), (StatusCode::NO_CONTENT, ""));
    let (_, events) =
        station.read("stage_events", &[("order_id", "eq.bannos-18617"), ("order", "at_ts")]).await;
    let types: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    assert_eq!(types, ["print", "complete", "complete", "complete", "complete"]);
    running.stop().await.unwrap();
}

/// What a station meets: split orders, cancelled ones, a number in both stores, and what a plain account may see.
async fn samples(station: &Client<'_>, supervisor: &Client<'_>) {
    let (status, row) = station.call("get_order_for_scan", json!({"p_scan": "bannos-25771-B"})).await;
    assert_eq!((status, &row["id"]), (StatusCode::OK, &json!("bannos-25771-A")));
    let (_, row) = station.call("get_order_for_scan", json!({"p_scan": "25649"})).await;
    assert_eq!(row["store"], "bannos");
    let (status, row) = station.call("get_order_for_scan", json!({"p_scan": "#B25771-B"})).await;
    assert_eq!(status, StatusCode::OK);
    assert!(row["id"].is_null() && row.as_object().unwrap().len() == 20, "{row}");

    let cancelled = [("cancelled_at", "not.is.null"), ("select", "id,stage,packing_complete_ts")];
    assert_eq!(station.read("orders_bannos", &cancelled).await, (StatusCode::OK, json!([])));
    let (_, rows) = supervisor.read("orders_bannos", &cancelled).await;
    assert!(
        rows.as_array()
            .unwrap()
            .contains(&json!({"id": "bannos-18622", "stage": "Complete", "packing_complete_ts": null})),
        "{rows}"
    );

    // What filters a reply is asked after the limit, so that it can leave nothing of a page.
    let queue = json!({"p_store": "bannos", "p_stage": "Filling", "p_sort_by": "shopify_order_number", "p_sort_order": "ASC", "p_limit": 1});
    let response =
        station.post("get_queue?assignee_id=is.null&id=eq.bannos-25771-A", queue.to_string()).await;
    assert_eq!(response.json::<Value>().await.unwrap(), json!([]));
    let whole = json!({"p_store": "bannos", "p_stage": "Filling", "p_limit": 1000});
    let response = station.post("get_queue?id=eq.bannos-25771-A", whole.to_string()).await;
    assert_eq!(response.json::<Value>().await.unwrap().as_array().unwrap().len(), 1);
    let (_, counts) = station.call("get_unassigned_counts", json!({"p_store": "bannos"})).await;
    assert!(counts.as_array().unwrap().iter().all(|row| row["count"].as_u64() > Some(0)), "{counts}");
    let (_, returned) = station
        .read("stage_events", &[("event_type", "eq.qc_return"), ("order_id", "eq.flourlane-25641")])
        .await;
    assert_eq!(
        (&returned[0]["order_id"], &returned[0]["meta"]),
        (&json!("flourlane-25641"), &json!({"notes": "Writing misspelt"}))
    );
    let (_, nameless) =
        supervisor.read("orders_flourlane", &[("human_id", "is.null"), ("select", "id")]).await;
    assert!(!nameless.as_array().unwrap().is_empty(), "some have no name for people");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_on_the_embedded_engine() {
    life(Storage::Temporary).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_on_a_postgresql_elsewhere() {
    let database = Database::bare();
    life(Storage::Url(database.url().to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extensions_are_served_as_soon_as_they_are_there() {
    let database = Database::bare();
    let storage = Storage::Url(database.url().to_owned());
    let options = Options { storage, contract: Contract::V2025_12, ..Options::default() };
    let running = sandbox::serve(options, &|_| {}).await.unwrap();
    let station = Client::signed_in(&running.access, &running.access.email).await;
    assert_eq!(station.call("get_stations", json!({})).await.0, StatusCode::NOT_FOUND);
    sandbox::extend(database.url()).await.unwrap();
    let body = json!({
        "function": "complete_filling", "arguments": of("bannos-18617", json!({})),
        "context": {"intent_id": "10000000-0000-4000-8000-000000000001", "station": "filling-1", "rework": 0},
    });
    let (status, first) = station.call("with_intent", body.clone()).await;
    assert_eq!(
        (status, &first["ok"], &first["data"]["stage"]),
        (StatusCode::OK, &json!(true), &json!("Covering"))
    );
    assert_eq!(station.call("with_intent", body).await, (StatusCode::OK, first));
    let (status, body) = station.call("get_queue", json!({"store": "bannos"})).await;
    assert_eq!(
        (status, &body["code"]),
        (StatusCode::NOT_FOUND, &json!("PGRST202")),
        "still the other contract"
    );
    assert_eq!(station.call("get_stations", json!({})).await.1, json!({"ok": true, "data": []}));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_folder_keeps_its_contract() {
    let folder = tempfile::tempdir().unwrap();
    let options = |contract| Options {
        storage: Storage::Folder(folder.path().join("data")),
        contract,
        ..Options::default()
    };
    let serve = |contract| sandbox::serve(options(contract), &|_| {});
    serve(Contract::V2025_12).await.unwrap().stop().await.unwrap();
    assert!(matches!(serve(Contract::V2025_09).await, Err(Error::OtherContract)));
    serve(Contract::V2025_12).await.unwrap().stop().await.unwrap();
}

#[test]
fn the_command_says_how_to_use_it() {
    let database = Database::bare();
    let mut served =
        Program::start(&["sandbox", "serve", "--contract", "2025-12", "--database-url", database.url()]);
    let line = served.line(|line| line.get("url").is_some());
    assert_eq!(line["email"], "filling-1@shop.example");
    for key in ["anon_key", "service_key", "password", "stations", "webhook_secrets"] {
        assert!(!line[key].is_null(), "{key}");
    }
}
