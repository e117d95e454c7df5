//! The extensions at work on a project of contract 2025-12: the fleet, the settings and the reads.

use ordak_station::sandbox;
use serde_json::{Value, json};

use super::{of, write};
use crate::support::shop::{Shop, Who};

/// A stand-in with the extensions.
pub(super) async fn extended() -> Shop {
    let shop = Shop::stand_in().await;
    sandbox::extend(shop.database.url()).await.unwrap();
    shop
}

#[tokio::test]
async fn the_contract_is_still_told_by_its_arguments() {
    let mut shop = extended().await;
    let refused = shop.rows(Who::Station, "get_queue", json!({"store": "bannos"})).await.unwrap_err();
    assert_eq!(refused.code(), "42883");
    assert_eq!(shop.rows(Who::Station, "get_queue", json!({"p_store": "bannos"})).await, Ok(vec![]));
    // No function of the project has a second form, which PostgREST might take for the first.
    let twice = "select jsonb_agg(twice.proname) from (select p.proname from pg_proc p
        where p.pronamespace = 'public'::regnamespace group by p.proname having count(*) > 1) twice";
    assert_eq!(shop.ask(twice).await, Value::Null);
}

#[tokio::test]
async fn nobody_without_a_staff_row_and_no_wrong_store_gets_anything() {
    let mut shop = extended().await;
    shop.order("bannos-1", json!({})).await;
    let calls = [
        ("get_order", json!({"id": "bannos-1"})),
        ("get_order_events", json!({"id": "bannos-1"})),
        ("get_staff", json!({"store": "bannos"})),
        ("get_staff_by_badge", json!({"badge": "1001"})),
        ("get_settings", json!({"store": "bannos"})),
        ("station_heartbeat", json!({"station": "f1", "report": {}})),
        ("get_stations", json!({})),
        ("get_ops_signals", json!({})),
        (
            "with_intent",
            json!({"function": "print_barcode", "arguments": of("bannos-1", json!({})), "context": {}}),
        ),
    ];
    for (function, arguments) in &calls {
        for who in [Who::Stranger, Who::Unapproved, Who::Inactive] {
            let told = shop.call(who, function, arguments.clone()).await;
            assert_eq!(told["code"], "PERMISSION_DENIED", "{function} by {who:?}: {told}");
        }
        let refused = shop.rows(Who::Anon, function, arguments.clone()).await.unwrap_err();
        assert_eq!(refused.code(), "42501", "{function}");
    }
    for (function, arguments) in calls.iter().filter(|(function, _)| {
        ["get_order", "get_order_events", "get_staff", "get_settings"].contains(function)
    }) {
        let told = shop.call(Who::Miller, function, arguments.clone()).await;
        assert_eq!(told["code"], "PERMISSION_DENIED", "{function}: {told}");
    }
    for id in ["bannos-2", "BANNOS-1", "x"] {
        let expected = if id == "bannos-2" { "NOT_FOUND" } else { "BAD_INPUT" };
        for function in ["get_order", "get_order_events"] {
            assert_eq!(shop.call(Who::Station, function, json!({"id": id})).await["code"], expected, "{id}");
        }
    }
}

#[tokio::test]
async fn the_fleet_reports_and_is_read() {
    let mut shop = extended().await;
    let report = json!({"station": "f1", "report": {"backlog": 3}});
    assert_eq!(shop.call(Who::Station, "station_heartbeat", report.clone()).await["ok"], true);
    assert_eq!(shop.call(Who::Baker, "station_heartbeat", report).await["code"], "PERMISSION_DENIED");
    let fleet = shop.call(Who::Baker, "get_stations", json!({})).await;
    assert_eq!(fleet["data"][0]["station"], "f1");
    assert_eq!(fleet["data"][0]["report"], json!({"backlog": 3}));
    assert!(fleet["data"][0]["silence_ms"].is_u64());
    // Where the project does not say who is a station, any account may be.
    shop.client.batch_execute("alter table public.staff_shared drop column is_station").await.unwrap();
    let report = json!({"station": "f2", "report": {}});
    assert_eq!(shop.call(Who::Baker, "station_heartbeat", report).await["ok"], true);
}

#[tokio::test]
async fn a_freeze_and_the_places_are_settings() {
    let mut shop = extended().await;
    let places = "insert into public.settings values ('bannos', 'storage_locations', '[\"Fridge 1\"]')";
    shop.client.batch_execute(places).await.unwrap();
    let settings = |store: &str| json!({"store": store});
    let told = shop.call(Who::Station, "get_settings", settings("bannos")).await;
    assert_eq!(
        told["data"],
        json!({"timezone": "Australia/Sydney", "storage_places": ["Fridge 1"], "qc_reasons": [], "freeze": false})
    );
    let set = "insert into ordak.settings (store, key, value) values ('bannos', 'freeze', 'true'),
        ('bannos', 'qc_reasons', '[\"cracked\"]')";
    shop.client.batch_execute(set).await.unwrap();
    let told = shop.call(Who::Station, "get_settings", settings("bannos")).await;
    assert_eq!((&told["data"]["freeze"], &told["data"]["qc_reasons"]), (&json!(true), &json!(["cracked"])));
    let other = shop.call(Who::Station, "get_settings", settings("flourlane")).await;
    assert_eq!((&other["data"]["freeze"], &other["data"]["storage_places"]), (&json!(false), &json!([])));
    for wrong in
        ["('bannos', 'freeze', '1')", "('bannos', 'timezone', '\"Mars\"')", "('bannos', 'qc_reasons', '{}')"]
    {
        let sql = format!(
            "insert into ordak.settings (store, key, value) values {wrong} on conflict (store, key) do update set value = excluded.value"
        );
        shop.client.batch_execute(&sql).await.unwrap_err();
    }
}

#[tokio::test]
async fn an_order_has_its_returns_siblings_and_history() {
    let mut shop = extended().await;
    let id = "bannos-25771-B";
    shop.order("bannos-25771-A", json!({})).await;
    shop.order(id, json!({"customer_name": "Anna", "cake_writing": "Hi", "assignee_id": Who::Baker.id()}))
        .await;
    for function in [
        "print_barcode",
        "print_barcode",
        "complete_filling",
        "complete_covering",
        "start_decorating",
        "complete_decorating",
    ] {
        write(&mut shop, function, id).await.unwrap();
    }
    shop.call(Who::Supervisor, "qc_return_to_decorating", of(id, json!({"p_notes": "cracked"}))).await;
    shop.call(Who::Supervisor, "assign_staff", of(id, json!({"p_staff_id": Who::Baker.id()}))).await;
    let told = shop.call(Who::Station, "get_order", json!({"id": id})).await;
    let order = &told["data"];
    assert_eq!(
        (&order["id"], &order["stage"], &order["store"]),
        (&json!(id), &json!("Decorating"), &json!("bannos"))
    );
    assert_eq!((&order["rework"], &order["siblings"]), (&json!(1), &json!(2)));
    assert_eq!(order["returned"]["reason"], "cracked");
    assert_eq!((&order["assignee_name"], &order["cake_writing"]), (&json!("Baker"), &json!("Hi")));
    assert_eq!(order["cancelled_at"], Value::Null);
    assert!(order["decorating_start_ts"].is_string() && order["decorating_complete_ts"].is_null());
    let marks: Vec<_> = order["marks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mark| {
            format!(
                "{} {} {}",
                mark["action"].as_str().unwrap(),
                mark["stage"].as_str().unwrap(),
                mark["by"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        marks,
        [
            "print Filling Station",
            "print Filling Station",
            "complete Filling Station",
            "complete Covering Station",
            "start Decorating Station",
            "complete Decorating Station",
            "qc_return Packing Supervisor",
            "assign Decorating Supervisor",
        ]
    );
    assert_eq!((&order["marks"][0]["reprint"], &order["marks"][1]["reprint"]), (&Value::Null, &json!(true)));

    let events = shop.call(Who::Station, "get_order_events", json!({"id": id})).await;
    let events = events["data"].as_array().unwrap();
    assert_eq!(events.len(), 8);
    assert_eq!(
        (&events[7]["staff"], &events[7]["performed_by"]),
        (&json!("Baker"), &json!(Who::Supervisor.id()))
    );
    assert_eq!(events[6]["meta"], json!({"notes": "cracked"}));
}

#[tokio::test]
async fn staff_are_named_to_those_who_may_ask() {
    let mut shop = extended().await;
    shop.client
        .batch_execute("update public.staff_shared set badge = '1001' where full_name = 'Runner'")
        .await
        .unwrap();
    let staff = shop.call(Who::Station, "get_staff", json!({"store": "bannos"})).await;
    let names: Vec<_> =
        staff["data"].as_array().unwrap().iter().map(|row| row["full_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Admin", "Baker", "Runner", "Supervisor"]);
    assert_eq!(
        shop.call(Who::Baker, "get_staff", json!({"store": "bannos"})).await["code"],
        "PERMISSION_DENIED"
    );
    let badge = |badge: &str| json!({"badge": badge});
    let told = shop.call(Who::Station, "get_staff_by_badge", badge(" 1001\r")).await;
    assert_eq!(
        told["data"],
        json!({"id": Who::Runner.id(), "full_name": "Runner", "role": "Staff", "store": "both"})
    );
    assert_eq!(shop.call(Who::Station, "get_staff_by_badge", badge("1002")).await["code"], "NOT_FOUND");
    assert_eq!(shop.call(Who::Baker, "get_staff_by_badge", badge("1001")).await["code"], "PERMISSION_DENIED");
}

#[tokio::test]
async fn the_signals_count_and_do_without_a_work_queue() {
    let mut shop = extended().await;
    shop.order("bannos-1", json!({"created_at": "2026-11-02T02:00:00+00:00"})).await;
    shop.order("flourlane-1", json!({"stage": "Packing", "assignee_id": Who::Baker.id()})).await;
    shop.client
        .batch_execute(
            "insert into public.work_queue (topic, locked_at) values ('x', now() - interval '1 hour')",
        )
        .await
        .unwrap();
    let told = shop.call(Who::Station, "get_ops_signals", json!({})).await;
    assert_eq!(
        (&told["data"]["work_queue"], &told["data"]["stuck_locks"]),
        (&json!({"pending": 1}), &json!(1))
    );
    assert_eq!(told["data"]["orders"], json!({"bannos": {"Filling": 1}, "flourlane": {"Packing": 1}}));
    assert_eq!(told["data"]["unassigned"], json!({"bannos": {"Filling": 1}, "flourlane": {}}));
    assert_eq!(told["data"]["newest_order"]["bannos"], "2026-11-02T02:00:00+00:00");
    shop.client.batch_execute("drop table public.work_queue").await.unwrap();
    let told = shop.call(Who::Station, "get_ops_signals", json!({})).await;
    assert_eq!((&told["data"]["work_queue"], &told["data"]["oldest_pending_min"]), (&json!({}), &json!(0)));
}
