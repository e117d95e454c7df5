//! `get_order_events`, `get_staff`, `get_staff_by_badge` and `get_settings`: what a station asks about a cake, who works
//! here, a badge and the shop.

use serde_json::{Value, json};

use super::{At, outcome};
use crate::support::shop::{Shop, Who};

#[tokio::test]
async fn a_history_tells_everything_that_was_done_oldest_first() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Packing.put(&shop, id).await;
    // A cake whose id begins alike.
    At::New.put(&shop, "bannos-18617-A").await;
    shop.call(Who::Station, "handle_print_barcode", json!({"id": "bannos-18617-A"})).await;
    let empty = shop.call(Who::Baker, "get_order_events", json!({"id": id})).await;
    assert_eq!(empty, json!({"ok": true, "data": []}));

    let context = json!({"station": "p1"});
    for (function, sent) in [
        ("start_packing", json!({"id": id, "context": context})),
        ("assign_staff", json!({"id": id, "staff_id": Who::Runner.id(), "performed_by": Who::Baker.id()})),
        ("assign_staff", json!({"id": id, "staff_id": null})),
        ("set_storage", json!({"id": id, "storage": "Fridge 1"})),
        ("handle_print_barcode", json!({"id": id})),
        ("qc_return_to_decorating", json!({"id": id, "reason": "cracked"})),
    ] {
        let reply = shop.call(Who::Station, function, sent).await;
        assert_eq!(reply["ok"], json!(true), "{function}: {reply}");
    }
    let reply = shop.call(Who::Baker, "get_order_events", json!({"id": id})).await;
    let events = reply["data"].as_array().unwrap().clone();
    let rows = shop.events(id).await;
    assert_eq!(events.len(), rows.len());
    let station = Who::Station.id();
    let said = |action: &str, stage: &str, by: &str, performed_by: &str, station: Value, meta: Value| {
        json!({
            "action": action, "stage": stage, "by": by, "performed_by": performed_by, "station": station,
            "meta": meta
        })
    };
    let mut expected = [
        said("start", "Packing", "Station", &station, json!("p1"), json!({})),
        said(
            "assign",
            "Packing",
            "Baker",
            &Who::Baker.id(),
            Value::Null,
            json!({"staff_id": Who::Runner.id(), "caller": station}),
        ),
        said("assign", "Packing", "Station", &station, Value::Null, json!({"staff_id": null})),
        said("storage", "Packing", "Station", &station, Value::Null, json!({"storage": "Fridge 1"})),
        said("print", "Packing", "Station", &station, Value::Null, json!({"reprint": true})),
        said("qc_return", "Packing", "Station", &station, Value::Null, json!({"reason": "cracked"})),
    ];
    expected[1]["staff"] = json!("Runner");
    expected[2]["staff"] = Value::Null;
    expected[4]["reprint"] = json!(true);
    for ((event, mut expected), row) in events.into_iter().zip(expected).zip(rows) {
        expected["event_seq"] = row["id"].clone();
        expected["at"] = row["at"].clone();
        assert_eq!(event, expected);
    }
}

#[tokio::test]
async fn of_a_long_history_the_newest_thousand_are_told() {
    let mut shop = Shop::open().await;
    At::New.put(&shop, "bannos-1").await;
    shop.client
        .batch_execute(
            "insert into public.stage_events (order_id, store, stage, action, at)
             select 'bannos-1', 'bannos', 'Filling', 'print', now() from generate_series(1, 1005)",
        )
        .await
        .unwrap();
    let newest = shop.ask("select max(id) from public.stage_events").await.as_i64().unwrap();
    let reply = shop.call(Who::Baker, "get_order_events", json!({"id": "bannos-1"})).await;
    let seqs: Vec<_> =
        reply["data"].as_array().unwrap().iter().map(|event| event["event_seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (newest - 999..=newest).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_history_is_refused_as_its_order_is() {
    let mut shop = Shop::open().await;
    At::New.put(&shop, "bannos-25771-A").await;
    for (who, id, expected) in [
        (Who::Baker, json!("bannos-25771"), "NOT_FOUND"),
        (Who::Baker, json!("#B25771-A"), "BAD_INPUT"),
        (Who::Baker, json!(null), "BAD_INPUT"),
        (Who::Baker, json!("flourlane-1"), "PERMISSION_DENIED"),
        (Who::Miller, json!("bannos-25771-A"), "PERMISSION_DENIED"),
        (Who::Unapproved, json!("bannos-25771-A"), "PERMISSION_DENIED"),
        (Who::Stranger, json!("bannos-25771-A"), "PERMISSION_DENIED"),
    ] {
        for function in ["get_order_events", "get_order"] {
            let reply = shop.call(who, function, json!({"id": id})).await;
            assert_eq!(outcome(&reply), expected, "{function} {who:?} {id}");
        }
    }
}

#[tokio::test]
async fn a_badge_says_who_works_here() {
    let mut shop = Shop::open().await;
    for (who, badge) in [
        (Who::Baker, "1001"),
        (Who::Runner, "1002"),
        (Who::Admin, "9001"),
        (Who::Unapproved, "1003"),
        (Who::Inactive, "1004"),
    ] {
        let sql = "update public.staff_shared set badge = $1 where full_name = $2";
        shop.client.execute(sql, &[&badge, &who.name()]).await.unwrap();
    }
    for (badge, who, role, store) in [
        ("1001", Who::Baker, "Staff", "bannos"),
        // Worker is what older rows have for Staff.
        (" 1002\r", Who::Runner, "Staff", "both"),
        ("9001", Who::Admin, "Admin", "both"),
    ] {
        let expected = json!({"id": who.id(), "full_name": who.name(), "role": role, "store": store});
        for caller in [Who::Station, Who::Supervisor, Who::Admin] {
            let reply = shop.call(caller, "get_staff_by_badge", json!({"badge": badge})).await;
            assert_eq!(reply, json!({"ok": true, "data": expected}), "{badge} asked by {caller:?}");
        }
    }
    let long = "9".repeat(101);
    for (who, badge, expected) in [
        (Who::Station, json!("1003"), "NOT_FOUND"),
        (Who::Station, json!("1004"), "NOT_FOUND"),
        (Who::Station, json!("100"), "NOT_FOUND"),
        (Who::Station, json!("%"), "NOT_FOUND"),
        (Who::Station, json!(" "), "BAD_INPUT"),
        (Who::Station, json!(null), "BAD_INPUT"),
        (Who::Station, json!(long), "BAD_INPUT"),
        // Nobody finds out by trying which badges there are.
        (Who::Baker, json!("9001"), "PERMISSION_DENIED"),
        (Who::Baker, json!("100"), "PERMISSION_DENIED"),
        (Who::Miller, json!("1001"), "PERMISSION_DENIED"),
        (Who::Unapproved, json!("1003"), "PERMISSION_DENIED"),
        (Who::Stranger, json!("1001"), "PERMISSION_DENIED"),
    ] {
        let reply = shop.call(who, "get_staff_by_badge", json!({"badge": badge})).await;
        assert_eq!(outcome(&reply), expected, "{badge} asked by {who:?}");
        assert_eq!(reply["data"], Value::Null);
    }
    let own = shop.call(Who::Baker, "get_staff_by_badge", json!({"badge": "1001"})).await;
    assert_eq!(own["data"]["full_name"], json!("Baker"));
}

#[tokio::test]
async fn who_can_be_assigned_is_told_by_name_and_with_no_admins_badge() {
    let mut shop = Shop::open().await;
    let badges =
        "update public.staff_shared set badge = case full_name when 'Admin' then '9001' else '1001' end
        where full_name in ('Admin', 'Baker')";
    shop.client.batch_execute(badges).await.unwrap();
    let told = |names: &[Who]| {
        let person = |who: &Who| {
            let (role, badge) = match who {
                Who::Admin => ("Admin", None),
                Who::Supervisor => ("Supervisor", None),
                Who::Baker => ("Staff", Some("1001")),
                _ => ("Staff", None),
            };
            json!({"id": who.id(), "full_name": who.name(), "role": role, "badge": badge})
        };
        json!({"ok": true, "data": names.iter().map(person).collect::<Vec<_>>()})
    };
    for caller in [Who::Station, Who::Supervisor, Who::Admin] {
        for (store, people) in [
            ("bannos", [Who::Admin, Who::Baker, Who::Runner, Who::Supervisor]),
            ("flourlane", [Who::Admin, Who::Miller, Who::Runner, Who::Supervisor]),
        ] {
            let reply = shop.call(caller, "get_staff", json!({"store": store})).await;
            assert_eq!(reply, told(&people), "{store} asked by {caller:?}");
        }
    }
    for (caller, store, expected) in [
        (Who::Station, json!("shop"), "BAD_INPUT"),
        (Who::Station, json!(null), "BAD_INPUT"),
        (Who::Baker, json!("bannos"), "PERMISSION_DENIED"),
        (Who::Unapproved, json!("bannos"), "PERMISSION_DENIED"),
        (Who::Inactive, json!("bannos"), "PERMISSION_DENIED"),
    ] {
        let reply = shop.call(caller, "get_staff", json!({"store": store})).await;
        assert_eq!(
            (outcome(&reply), &reply["data"]),
            (expected.into(), &Value::Null),
            "{store} by {caller:?}"
        );
    }
    shop.client.batch_execute("delete from public.staff_shared where not is_station").await.unwrap();
    let reply = shop.call(Who::Station, "get_staff", json!({"store": "bannos"})).await;
    assert_eq!(reply, told(&[]));
}

#[tokio::test]
async fn the_settings_are_the_stores_with_defaults_where_nothing_is_set() {
    let mut shop = Shop::open().await;
    let set = "insert into public.settings (store, key, value) values
        ('bannos', 'storage_places', '[\"Fridge 1\"]'), ('bannos', 'qc_reasons', '[\"cracked\", \"smudged\"]'),
        ('bannos', 'freeze', 'true'), ('bannos', 'opens', '\"07:00\"')";
    shop.client.batch_execute(set).await.unwrap();
    let bannos = shop.call(Who::Baker, "get_settings", json!({"store": "bannos"})).await;
    let expected = json!({
        "timezone": "Australia/Sydney", "storage_places": ["Fridge 1"], "qc_reasons": ["cracked", "smudged"],
        "freeze": true, "opens": "07:00"
    });
    assert_eq!(bannos["data"], expected);
    shop.client.batch_execute("delete from public.settings where store = 'flourlane'").await.unwrap();
    let flourlane = shop.call(Who::Miller, "get_settings", json!({"store": "flourlane"})).await;
    let expected =
        json!({"timezone": "Australia/Sydney", "storage_places": [], "qc_reasons": [], "freeze": false});
    assert_eq!(flourlane["data"], expected);

    // What would break a station is refused where it is set.
    let many: Vec<_> = (0..201).map(|number| number.to_string()).collect();
    for (key, value) in [
        ("storage_places", json!("Fridge 1")),
        ("storage_places", json!([1])),
        ("storage_places", json!(["", "a"])),
        ("storage_places", json!(["x".repeat(101)])),
        ("storage_places", json!(["Fridge 1", "fridge 1 "])),
        ("qc_reasons", json!({})),
        ("qc_reasons", json!([null])),
        ("qc_reasons", json!(many)),
        ("freeze", json!("yes")),
        ("freeze", json!(null)),
        ("timezone", json!("Mars/Olympus")),
    ] {
        let sql = "insert into public.settings (store, key, value) values ('bannos', $1, $2)
            on conflict (store, key) do update set value = excluded.value";
        let refused = shop.client.execute(sql, &[&key, &value]).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23514", "{key} {value}");
    }
}
