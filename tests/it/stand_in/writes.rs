//! What a single caller can do, and should not be able to.

use serde_json::{Value, json};

use super::{COMPLETIONS, STAGES, history, of, write};
use crate::support::shop::{Shop, Who};

#[tokio::test]
async fn a_cake_goes_its_way_and_loses_its_assignee_but_in_packing() {
    let mut shop = Shop::stand_in().await;
    let id = "bannos-18617";
    let baker = Who::Baker.id();
    shop.order(id, json!({})).await;
    for (function, stage, next) in COMPLETIONS {
        let assign = of(id, json!({"p_staff_id": baker}));
        assert_eq!(shop.call(Who::Station, "assign_staff", assign).await, json!(true));
        let done = of(id, json!({"p_notes": "as ordered"}));
        assert_eq!(shop.call(Who::Station, function, done).await, json!(true), "{function}");
        let row = shop.row(id).await;
        assert_eq!(row["stage"], next, "{function}");
        let stamp = format!("{}_complete_ts", stage.to_lowercase());
        assert!(row[&stamp].is_string(), "{stamp}");
        let kept = if stage == "Packing" { json!(baker) } else { Value::Null };
        assert_eq!(row["assignee_id"], kept, "{function}");
        // There is no function that starts packing: the stage before does.
        assert_eq!(
            row["packing_start_ts"].is_string(),
            ["Packing", "Complete"].contains(&next),
            "{function}"
        );
    }
    let events = shop.events_by("e.at_ts", id).await;
    assert_eq!(events.len(), 8);
    assert_eq!(
        events[1],
        json!({"store": "bannos", "order_id": id, "stage": "Filling", "event_type": "complete",
            "at_ts": events[1]["at_ts"], "staff_id": Who::Station.id(), "meta": {"notes": "as ordered"}})
    );
}

#[tokio::test]
async fn nothing_refuses_a_cancelled_order() {
    let mut shop = Shop::stand_in().await;
    let cancelled = "2026-11-02T08:00:00+00:00";
    for (number, (function, stage, next)) in COMPLETIONS.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, json!({"stage": stage, "cancelled_at": cancelled})).await;
        assert_eq!(write(&mut shop, function, &id).await, Ok(json!(true)), "{function}");
        assert_eq!(shop.row(&id).await["stage"], next);
    }
    for (number, stage) in STAGES.into_iter().enumerate() {
        let id = format!("bannos-{}", 30_000 + number);
        shop.order(&id, json!({"stage": stage, "cancelled_at": cancelled})).await;
        assert_eq!(write(&mut shop, "print_barcode", &id).await.unwrap()["order_id"], json!(id));
        assert_eq!(history(&shop, &id).await, ["print"]);
        assert_eq!(write(&mut shop, "start_covering", &id).await.unwrap()["success"], json!(true));
        let return_it = write(&mut shop, "qc_return_to_decorating", &id).await;
        assert_eq!(return_it.is_ok(), stage == "Packing", "{stage}");
    }
}

#[tokio::test]
async fn filling_needs_no_label_and_packing_no_start() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-1", json!({})).await;
    assert_eq!(write(&mut shop, "complete_filling", "bannos-1").await, Ok(json!(true)));
    assert_eq!(shop.row("bannos-1").await["filling_start_ts"], Value::Null);
    shop.order("bannos-2", json!({"stage": "Packing"})).await;
    assert_eq!(write(&mut shop, "complete_packing", "bannos-2").await, Ok(json!(true)));
    assert_eq!(shop.row("bannos-2").await["packing_start_ts"], Value::Null);
}

#[tokio::test]
async fn a_print_says_too_little_too_loudly_and_each_is_an_event() {
    let mut shop = Shop::stand_in().await;
    let today: String = shop.ask("select standin.today()").await.as_str().unwrap().to_owned();
    let id = "flourlane-25771-B";
    shop.order(id, json!({"due_date": today, "customer_name": "Anna", "product_title": "Slab", "size": "8"}))
        .await;
    let told = write(&mut shop, "print_barcode", id).await.unwrap();
    assert_eq!(
        told,
        json!({"order_number": 25771, "order_id": id, "product_title": "Slab", "size": "8", "due_date": today,
            "customer_name": "Anna", "stage": "Filling", "priority": "HIGH", "barcode_content": "#F25771",
            "printed_at": told["printed_at"], "printed_by": Who::Station.id()})
    );
    let queued = shop.rows(Who::Station, "get_queue", json!({"p_search": id})).await.unwrap();
    assert_eq!(queued[0]["priority"], "High");
    let first = shop.row(id).await["filling_start_ts"].clone();
    assert!(first.is_string());
    write(&mut shop, "print_barcode", id).await.unwrap();
    assert_eq!(shop.row(id).await["filling_start_ts"], first, "set once");
    assert_eq!(history(&shop, id).await, ["print"; 2]);
    for (number, stage) in STAGES.into_iter().enumerate().skip(1) {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, json!({"stage": stage})).await;
        write(&mut shop, "print_barcode", &id).await.unwrap();
        assert_eq!(shop.row(&id).await["filling_start_ts"], Value::Null, "{stage}");
    }
}

#[tokio::test]
async fn a_start_asks_no_stage_and_passes_over_what_was_started() {
    let mut shop = Shop::stand_in().await;
    for (number, stage) in STAGES.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, json!({"stage": stage})).await;
        for function in ["start_covering", "start_decorating"] {
            let stamp = format!(
                "{}_ts",
                function
                    .replace("start_covering", "covering_start")
                    .replace("start_decorating", "decorating_start")
            );
            let told = write(&mut shop, function, &id).await.unwrap();
            assert_eq!((&told["success"], told.get("skipped")), (&json!(true), None), "{told}");
            assert!(told["message"].is_string());
            let row = shop.row(&id).await;
            assert_eq!((&row["stage"], row[&stamp].is_string()), (&json!(stage), true));
            let again = write(&mut shop, function, &id).await.unwrap();
            assert_eq!((&again["success"], &again["skipped"]), (&json!(true), &json!(true)));
        }
        assert_eq!(history(&shop, &id).await, ["start"; 2]);
    }
}

#[tokio::test]
async fn a_return_is_known_by_its_event_alone() {
    let mut shop = Shop::stand_in().await;
    for id in ["bannos-1", "bannos-2"] {
        shop.order(id, json!({"stage": "Decorating", "covering_complete_ts": "2026-11-02T02:00:00+00:00"}))
            .await;
        write(&mut shop, "start_decorating", id).await.unwrap();
    }
    write(&mut shop, "complete_decorating", "bannos-1").await.unwrap();
    let reason = of("bannos-1", json!({"p_notes": "cracked"}));
    assert_eq!(shop.call(Who::Station, "qc_return_to_decorating", reason).await, json!(true));
    let (returned, mut never) = (shop.row("bannos-1").await, shop.row("bannos-2").await);
    assert!(returned["decorating_start_ts"].is_string(), "left as it was");
    for own in ["id", "shopify_order_number", "decorating_start_ts", "created_at", "updated_at"] {
        never[own] = returned[own].clone();
    }
    assert_eq!(returned, never, "the row tells of no return");
    let events = shop.events_by("e.at_ts", "bannos-1").await;
    let last = events.last().unwrap();
    assert_eq!((&last["event_type"], &last["meta"]), (&json!("qc_return"), &json!({"notes": "cracked"})));
    // Decorating begins anew and is passed over as begun.
    let told = write(&mut shop, "start_decorating", "bannos-1").await.unwrap();
    assert_eq!(told["skipped"], json!(true));
    assert_eq!(write(&mut shop, "complete_decorating", "bannos-1").await, Ok(json!(true)));
}

#[tokio::test]
async fn an_explicit_null_unassigns_and_nothing_else_does() {
    let mut shop = Shop::stand_in().await;
    let id = "bannos-18617";
    shop.order(id, json!({"assignee_id": Who::Baker.id()})).await;
    let refused = write(&mut shop, "assign_staff", id).await.unwrap_err();
    assert_eq!(refused.code(), "42883", "without p_staff_id there is no such function");
    let refused = write(&mut shop, "unassign_staff", id).await.unwrap_err();
    assert_eq!(refused.code(), "42883");
    let nobody = of(id, json!({"p_staff_id": null}));
    assert_eq!(shop.call(Who::Station, "assign_staff", nobody).await, json!(true));
    assert_eq!(shop.row(id).await["assignee_id"], Value::Null);
    assert_eq!(history(&shop, id).await, ["assign"]);
}

#[tokio::test]
async fn storage_is_whatever_was_said_and_no_event() {
    let mut shop = Shop::stand_in().await;
    let id = "flourlane-18617";
    shop.order(id, json!({})).await;
    let list = "insert into public.settings values ('flourlane', 'storage_locations', '[\"Fridge 2\", \"Fridge 1\"]')";
    shop.client.batch_execute(list).await.unwrap();
    for (place, stored) in
        [(json!("The moon"), json!("The moon")), (json!(""), json!("")), (Value::Null, Value::Null)]
    {
        shop.rows(Who::Station, "set_storage", of(id, json!({"p_storage": place}))).await.unwrap();
        assert_eq!(shop.row(id).await["storage"], stored);
    }
    assert!(history(&shop, id).await.is_empty());
    let places = |store: &str| json!({"p_store": store});
    assert_eq!(
        shop.call(Who::Station, "get_storage_locations", places("flourlane")).await,
        json!(["Fridge 2", "Fridge 1"])
    );
    assert_eq!(shop.call(Who::Station, "get_storage_locations", places("bannos")).await, json!([]));
}

#[tokio::test]
async fn ids_are_compared_letter_by_letter() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-18617", json!({})).await;
    for function in ["print_barcode", "complete_filling", "start_covering", "qc_return_to_decorating"] {
        let shouted = json!({"p_store": "bannos", "p_order_id": "BANNOS-18617"});
        let refused = shop.rows(Who::Station, function, shouted).await.unwrap_err();
        assert_eq!(refused.message, "Order not found: BANNOS-18617", "{function}");
    }
    let shouted = json!({"p_store": "bannos", "p_order_id": "BANNOS-18617"});
    assert_eq!(shop.rows(Who::Station, "get_order_v2", shouted).await, Ok(vec![]));
    let shouted = json!({"p_search": "BANNOS-18617"});
    assert_eq!(shop.rows(Who::Station, "get_queue", shouted).await, Ok(vec![]));
    let shouted = json!({"p_scan": "BANNOS-18617"});
    assert_eq!(shop.call(Who::Station, "get_order_for_scan", shouted).await["id"], json!("bannos-18617"));
}

#[tokio::test]
async fn two_names_of_the_other_contract_lead_nowhere() {
    let mut shop = Shop::stand_in().await;
    shop.order("bannos-18617", json!({})).await;
    for function in ["handle_print_barcode", "start_packing"] {
        assert_eq!(write(&mut shop, function, "bannos-18617").await.unwrap_err().code(), "P0001");
        // As contract 2025-09 calls it there is no such function.
        let other = shop.rows(Who::Station, function, json!({"id": "bannos-18617"})).await.unwrap_err();
        assert_eq!(other.code(), "42883");
    }
    assert!(history(&shop, "bannos-18617").await.is_empty());
}
