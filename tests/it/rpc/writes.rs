//! The stage functions one by one: what each does, and what it refuses.

use serde_json::{Value, json};

use super::{At, WRITES, arguments, completion, outcome, with};
use crate::support::shop::{Shop, Who};

#[tokio::test]
async fn an_order_lives_from_print_to_complete_and_through_a_return() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    shop.order(id, json!({})).await;
    // Function, timestamp that it sets, stage after it.
    let life = [
        ("handle_print_barcode", "filling_start_ts", "Filling"),
        ("complete_filling", "filling_complete_ts", "Covering"),
        ("complete_covering", "covering_complete_ts", "Decorating"),
        ("complete_decorating", "decorating_complete_ts", "Packing"),
        ("start_packing", "packing_start_ts", "Packing"),
        ("qc_return_to_decorating", "", "Decorating"),
        ("complete_decorating", "decorating_complete_ts", "Packing"),
        ("start_packing", "packing_start_ts", "Packing"),
        ("complete_packing", "packing_complete_ts", "Complete"),
    ];
    let mut rework = 0;
    for (step, (function, column, stage)) in life.into_iter().enumerate() {
        let (_, action, done_in) = WRITES.into_iter().find(|(name, ..)| *name == function).unwrap();
        let reply = shop
            .call(Who::Station, function, with(function, id, json!({"rework": rework, "station": "s1"})))
            .await;
        assert_eq!(outcome(&reply), "done", "{function}: {reply}");
        rework += i32::from(action == "qc_return");
        let (data, row) = (&reply["data"], shop.row(id).await);
        assert_eq!(
            (&data["id"], &data["stage"], &data["rework"]),
            (&json!(id), &json!(stage), &json!(rework))
        );
        assert_eq!((&row["stage"], &row["rework"]), (&json!(stage), &json!(rework)), "{function}");
        for (name, value) in row.as_object().unwrap() {
            if name.ends_with("_ts") || name == "cancelled_at" {
                assert_eq!(&data[name], value, "{function}: {name}");
            }
        }
        if action == "qc_return" {
            for cleared in ["decorating_complete_ts", "packing_start_ts", "packing_complete_ts"] {
                assert_eq!(row[cleared], Value::Null, "{cleared}");
            }
        } else {
            assert_eq!(row[column], data["mark"]["at"], "{function}");
        }

        let events = shop.events(id).await;
        let event = events.last().unwrap();
        assert_eq!(events.len(), step + 1, "{function}");
        assert_eq!((&event["id"], &event["at"]), (&data["event_seq"], &data["mark"]["at"]), "{function}");
        assert_eq!(event["performed_by"], json!(Who::Station.id()));
        let expected = json!({
            "action": action, "stage": done_in, "at": event["at"], "by": "Station", "station": "s1"
        });
        assert_eq!(data["mark"], expected, "{function}");
    }
    let events = shop.events(id).await;
    assert_eq!(events[5]["meta"], json!({"reason": "cracked"}));
    assert!(events.is_sorted_by_key(|event| event["at"].as_str().unwrap().to_owned()), "{events:?}");
}

#[tokio::test]
async fn every_function_in_every_stage_does_what_the_contract_says() {
    use At::{Complete, Covering, Decorating, New, Packing, Printed, Started};
    // For a plain member of staff. What is not named is INVALID_STAGE.
    let table: [(&str, &[At], &[At]); 7] = [
        ("handle_print_barcode", &[New], &[Printed, Covering, Decorating, Packing, Started, Complete]),
        ("complete_filling", &[New, Printed], &[Covering, Decorating, Packing, Started, Complete]),
        ("complete_covering", &[Covering], &[Decorating, Packing, Started, Complete]),
        ("complete_decorating", &[Decorating], &[Packing, Started, Complete]),
        ("start_packing", &[Packing], &[Started, Complete]),
        ("complete_packing", &[Started], &[Complete]),
        ("qc_return_to_decorating", &[Packing, Started], &[]),
    ];
    let mut shop = Shop::open().await;
    let mut number = 10_000;
    for (function, done, already) in table {
        for at in At::ALL {
            number += 1;
            let id = format!("bannos-{number}");
            at.put(&shop, &id).await;
            let before = shop.row(&id).await;
            let reply = shop.call(Who::Baker, function, arguments(function, &id)).await;
            let expected = match at {
                _ if done.contains(&at) => "done",
                _ if already.contains(&at) => "already_done",
                Complete if function == "qc_return_to_decorating" => "PERMISSION_DENIED",
                _ => "INVALID_STAGE",
            };
            assert_eq!(outcome(&reply), expected, "{function} at {at:?}: {reply}");
            if expected == "done" {
                continue;
            }
            assert_eq!(shop.row(&id).await, before, "{function} at {at:?} changed the order");
            assert_eq!(reply["data"]["stage"], json!(at.stage()), "{function} at {at:?}");
            // A reprint is told to history, without a timestamp; nothing else is.
            let events = shop.events(&id).await;
            if function == "handle_print_barcode" {
                assert_eq!(events[0]["meta"], json!({"reprint": true}));
                assert_eq!(events[0]["stage"], json!(at.stage()));
            } else {
                assert!(events.is_empty(), "{function} at {at:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_repeat_answers_who_was_first() {
    let mut shop = Shop::open().await;
    for (number, (function, action, stage)) in WRITES.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        At::ready(function, stage).put(&shop, &id).await;
        let first = shop.call(Who::Baker, function, with(function, &id, json!({"station": "s1"}))).await;
        assert_eq!(outcome(&first), "done", "{first}");
        let row = shop.row(&id).await;
        // A return that is repeated still knows of none.
        let again = shop.call(Who::Admin, function, with(function, &id, json!({"station": "s2"}))).await;
        assert_eq!(outcome(&again), "already_done", "{again}");
        assert_eq!(again["data"]["mark"], first["data"]["mark"], "{function}");
        assert_eq!(again["data"]["mark"]["by"], json!("Baker"), "{function}");
        assert_eq!(again["data"]["mark"]["action"], json!(action));
        assert_eq!(again["data"]["event_seq"], first["data"]["event_seq"], "{function}");
        assert_eq!(shop.row(&id).await, row, "{function} moved something");
    }
}

#[tokio::test]
async fn what_was_completed_without_its_label_cannot_be_started_any_more() {
    let mut shop = Shop::open().await;
    shop.order("bannos-18617", json!({"stage": "Covering", "filling_complete_ts": "2026-11-02T01:00:00Z"}))
        .await;
    let reply = shop.call(Who::Baker, "handle_print_barcode", json!({"id": "bannos-18617"})).await;
    assert_eq!(outcome(&reply), "INVALID_STAGE", "{reply}");
    assert_eq!(reply["data"]["stage"], json!("Covering"));
}

#[tokio::test]
async fn completions_and_returns_clear_the_assignee_and_prints_and_starts_do_not() {
    let mut shop = Shop::open().await;
    for (number, (function, action, stage)) in WRITES.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        let mut columns = At::ready(function, stage).columns();
        columns["assignee_id"] = json!(Who::Baker.id());
        shop.order(&id, columns).await;
        let reply = shop.call(Who::Station, function, arguments(function, &id)).await;
        assert_eq!(outcome(&reply), "done", "{reply}");
        let left = shop.row(&id).await["assignee_id"].clone();
        let stays = matches!(action, "print" | "start");
        assert_eq!(left, if stays { json!(Who::Baker.id()) } else { Value::Null }, "{function}");
    }
}

#[tokio::test]
async fn every_write_refuses_what_makes_no_sense_and_changes_nothing() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    shop.order(id, json!({"stage": "Packing", "packing_start_ts": "2026-11-02T01:00:00Z"})).await;
    let before = shop.row(id).await;
    let long = "x".repeat(501);
    let cases = [
        ("unknown id", json!({"id": "bannos-99999"}), "NOT_FOUND"),
        ("unknown cake of a known order", json!({"id": "bannos-18617-A"}), "NOT_FOUND"),
        ("no id", json!({"id": null}), "BAD_INPUT"),
        ("no id at all", json!({"id": "25771"}), "BAD_INPUT"),
        ("not the canonical form", json!({"id": "Bannos-18617"}), "BAD_INPUT"),
        ("an id and more", json!({"id": "bannos-18617'; drop table intents"}), "BAD_INPUT"),
        ("no object", json!({"context": [1]}), "BAD_INPUT"),
        ("intent id", json!({"context": {"intent_id": "1"}}), "BAD_INPUT"),
        ("time", json!({"context": {"captured_at": "yesterdayish"}}), "BAD_INPUT"),
        ("time before all times", json!({"context": {"captured_at": "-infinity"}}), "BAD_INPUT"),
        ("count", json!({"context": {"rework": "many"}}), "BAD_INPUT"),
        ("negative count", json!({"context": {"rework": -1}}), "BAD_INPUT"),
        ("count too large", json!({"context": {"rework": 99_999_999_999_i64}}), "BAD_INPUT"),
        ("station", json!({"context": {"station": long}}), "BAD_INPUT"),
        ("performer without a row", json!({"performed_by": Who::Stranger.id()}), "PERMISSION_DENIED"),
        ("performer not approved", json!({"performed_by": Who::Unapproved.id()}), "PERMISSION_DENIED"),
        ("performer gone", json!({"performed_by": Who::Inactive.id()}), "PERMISSION_DENIED"),
        ("a return nobody saw", json!({"context": {"rework": 1}}), "CONFLICT"),
    ];
    for (function, ..) in WRITES {
        for (case, change, code) in &cases {
            let mut arguments = arguments(function, id);
            arguments.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let reply = shop.call(Who::Station, function, arguments).await;
            assert_eq!(outcome(&reply), *code, "{function}, {case}: {reply}");
        }
    }
    for reason in [json!(null), json!(" "), json!(long)] {
        let arguments = json!({"id": id, "reason": reason});
        let reply = shop.call(Who::Station, "qc_return_to_decorating", arguments).await;
        assert_eq!(outcome(&reply), "BAD_INPUT", "{reply}");
    }
    assert_eq!(shop.row(id).await, before);
    assert!(shop.events(id).await.is_empty());
}

#[tokio::test]
async fn a_cancelled_order_refuses_every_write_in_every_stage() {
    let mut shop = Shop::open().await;
    let mut number = 30_000;
    for (function, ..) in WRITES {
        for at in At::ALL {
            number += 1;
            let id = format!("flourlane-{number}");
            let mut columns = at.columns();
            columns["cancelled_at"] = json!("2026-11-03T10:04:00+00:00");
            shop.order(&id, columns).await;
            let before = shop.row(&id).await;
            let reply = shop.call(Who::Admin, function, arguments(function, &id)).await;
            assert_eq!(outcome(&reply), "CONFLICT", "{function} at {at:?}");
            assert_eq!(reply["data"]["cancelled_at"], json!("2026-11-03T10:04:00+00:00"), "{reply}");
            assert_eq!(shop.row(&id).await, before);
            assert!(shop.events(&id).await.is_empty());
        }
    }
}

#[tokio::test]
async fn only_staff_of_the_store_may_write() {
    let mut shop = Shop::open().await;
    for (number, (function, _, stage)) in WRITES.into_iter().enumerate() {
        let id = format!("bannos-{}", 40_000 + number);
        let at = At::ALL.into_iter().rev().find(|at| at.stage() == stage && *at != At::Printed).unwrap();
        at.put(&shop, &id).await;
        let before = shop.row(&id).await;
        for who in [Who::Unapproved, Who::Inactive, Who::Stranger, Who::Miller] {
            let reply = shop.call(who, function, arguments(function, &id)).await;
            assert_eq!(outcome(&reply), "PERMISSION_DENIED", "{function} by {who:?}: {reply}");
        }
        for who in [Who::Anon, Who::Service] {
            let refused = shop.rows(who, function, arguments(function, &id)).await.unwrap_err();
            assert_eq!(refused.code(), "42501", "{function} by {who:?}");
        }
        assert_eq!(shop.row(&id).await, before);
    }
}

#[tokio::test]
async fn only_a_station_acts_for_someone_else_and_history_keeps_both() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Covering.put(&shop, id).await;
    let function = completion("Covering");
    let arguments = json!({"id": id, "performed_by": Who::Baker.id()});
    let reply = shop.call(Who::Admin, &function, arguments.clone()).await;
    assert_eq!(outcome(&reply), "PERMISSION_DENIED", "{reply}");

    let reply = shop.call(Who::Station, &function, arguments).await;
    assert_eq!(outcome(&reply), "done", "{reply}");
    let event = &shop.events(id).await[0];
    assert_eq!(event["performed_by"], json!(Who::Baker.id()));
    assert_eq!(event["meta"], json!({"caller": Who::Station.id()}));

    // Naming oneself is not acting for someone else.
    let arguments = json!({"id": id, "performed_by": Who::Baker.id()});
    let reply = shop.call(Who::Baker, "complete_decorating", arguments).await;
    assert_eq!(outcome(&reply), "done", "{reply}");
    assert_eq!(shop.events(id).await[1]["meta"], json!({}));
}

#[tokio::test]
async fn the_performers_role_decides_over_a_return_from_complete() {
    let mut shop = Shop::open().await;
    let function = "qc_return_to_decorating";
    let cases = [
        (Who::Baker, Who::Baker, "PERMISSION_DENIED"),
        (Who::Station, Who::Station, "PERMISSION_DENIED"),
        (Who::Station, Who::Baker, "PERMISSION_DENIED"),
        (Who::Admin, Who::Admin, "done"),
        (Who::Station, Who::Admin, "done"),
    ];
    for (number, (caller, performer, expected)) in cases.into_iter().enumerate() {
        let id = format!("bannos-{}", 50_000 + number);
        At::Complete.put(&shop, &id).await;
        let arguments = json!({"id": id, "reason": "cracked", "performed_by": performer.id()});
        let reply = shop.call(caller, function, arguments).await;
        assert_eq!(outcome(&reply), expected, "{caller:?} for {performer:?}: {reply}");
        if expected == "done" {
            assert_eq!(reply["data"]["mark"]["stage"], json!("Complete"));
            assert_eq!(shop.row(&id).await["stage"], json!("Decorating"));
        }
    }
}
