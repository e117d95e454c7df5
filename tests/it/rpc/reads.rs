//! The queue, what changed, single orders, counts, the fleet.

use serde_json::{Value, json};

use super::{At, arguments, outcome, with};
use crate::support::shop::{Shop, Who};

const KEYS: [&str; 28] = [
    "assignee_id",
    "assignee_name",
    "cake_writing",
    "cancelled_at",
    "covering_complete_ts",
    "customer_name",
    "decorating_complete_ts",
    "delivery_method",
    "due_date",
    "filling_complete_ts",
    "filling_start_ts",
    "flavour",
    "id",
    "notes",
    "packing_complete_ts",
    "packing_start_ts",
    "priority",
    "product_image",
    "product_title",
    "returned",
    "rework",
    "shopify_order_number",
    "siblings",
    "size",
    "stage",
    "storage",
    "store",
    "updated_at",
];

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_order_is_the_same_wherever_it_appears() {
    let mut shop = Shop::open().await;
    let id = "bannos-25771-A";
    shop.order("bannos-25771-B", json!({"stage": "Complete"})).await;
    shop.order("flourlane-25771", json!({})).await;
    let typed = json!({
        "customer_name": "Ἀθηνᾶ Παπαδοπούλου", "product_title": "Gelato Cake", "size": "10 inch",
        "flavour": "Pistachio, Lemon", "cake_writing": "Χρόνια πολλά 🎂", "notes": "no nuts \"at all\"\n!",
        "due_date": "2026-11-28", "delivery_method": "Pickup", "storage": "Fridge 2",
        "product_image": "https://x.example/1.jpg", "assignee_id": Who::Baker.id(),
        "total_amount": 99.5, "currency": "AUD", "shopify_order_gid": "gid://shopify/Order/1",
    });
    shop.order(id, typed.clone()).await;
    shop.call(
        Who::Station,
        "handle_print_barcode",
        with("handle_print_barcode", id, json!({"station": "s1"})),
    )
    .await;

    let queue = shop.rows(Who::Baker, "get_queue", json!({"store": "bannos"})).await.unwrap();
    let [order] = queue.as_slice() else { panic!("{queue:?}") };
    assert_eq!(order.as_object().unwrap().keys().collect::<Vec<_>>(), KEYS);
    let row = shop.row(id).await;
    for key in KEYS {
        let expected = match key {
            "store" => json!("bannos"),
            "assignee_name" => json!("Baker"),
            "siblings" => json!(2),
            "returned" => Value::Null,
            "priority" => order[key].clone(),
            _ => row[key].clone(),
        };
        assert_eq!(order[key], expected, "{key}");
    }
    for key in typed.as_object().unwrap().keys().filter(|key| KEYS.contains(&key.as_str())) {
        assert_eq!(order[key], typed[key], "{key}");
    }

    let changes = json!({"store": "bannos", "since": row["updated_at"]});
    assert_eq!(shop.rows(Who::Baker, "get_changes", changes).await.unwrap(), queue);
    let mut marked = order.clone();
    marked["marks"] = json!([{
        "action": "print", "stage": "Filling", "at": row["filling_start_ts"], "by": "Station", "station": "s1"
    }]);
    assert_eq!(shop.call(Who::Baker, "get_order", json!({"id": id})).await["data"], marked);
    let scanned = shop.call(Who::Baker, "get_order_for_scan", json!({"scan": "#B25771-A"})).await;
    assert_eq!(scanned["data"], json!({"order": marked}));
    let several = shop.call(Who::Baker, "get_order_for_scan", json!({"scan": "25771"})).await;
    assert_eq!(several["data"]["candidates"][0], marked);
}

#[tokio::test]
async fn the_queue_is_sorted_and_paged_without_loss() {
    let mut shop = Shop::open().await;
    let today = shop.ask("select (now() at time zone 'Australia/Sydney')::date").await;
    let today = today.as_str().unwrap().to_owned();
    let sizes = [Some("6 inch"), Some("10 inch"), Some("éclair"), Some("Zebra"), None];
    for number in 0..150_i64 {
        // 7 and 11 share no factor with the counts: all mixes occur, in no order.
        let day = (number * 7 % 6) - 2;
        let due = shop.ask(&format!("select '{today}'::date + {day}")).await;
        let stage = At::ALL[(number % 7) as usize].stage();
        let columns = json!({
            "due_date": if number % 10 == 3 { Value::Null } else { due },
            "size": sizes[(number * 11 % 5) as usize],
            "stage": stage,
        });
        let suffix = if number % 4 == 0 { "-A" } else { "" };
        shop.order(&format!("bannos-{}{suffix}", 90_000 - number / 2 * 13 - number % 2), columns).await;
    }
    let whole = shop.rows(Who::Station, "get_queue", json!({"store": "bannos"})).await.unwrap();
    assert!(whole.iter().all(|row| row["stage"] != json!("Complete")));
    let open = shop.ask("select count(*) from public.orders_bannos where stage <> 'Complete'").await;
    assert_eq!(json!(whole.len()), open);

    let tomorrow = shop.ask(&format!("select '{today}'::date + 1")).await;
    for row in &whole {
        let expected = match row["due_date"].as_str() {
            Some(due) if due <= today.as_str() => "High",
            Some(due) if json!(due) == tomorrow => "Medium",
            _ => "Low",
        };
        assert_eq!(row["priority"], json!(expected), "{row}");
    }
    let place = |row: &Value| {
        let priority =
            ["High", "Medium", "Low"].iter().position(|name| row["priority"] == json!(name)).unwrap();
        let due = row["due_date"].as_str().unwrap_or("9999").to_owned();
        let size = row["size"].as_str().unwrap_or_default().to_owned();
        (priority, due, size, row["shopify_order_number"].as_i64(), row["id"].as_str().unwrap().to_owned())
    };
    assert!(whole.is_sorted_by_key(place));

    for limit in [1, 7, 50] {
        let mut paged = Vec::new();
        loop {
            let arguments = json!({"store": "bannos", "limit": limit, "offset": paged.len()});
            let page = shop.rows(Who::Station, "get_queue", arguments).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit);
            paged.extend(page);
        }
        assert_eq!(paged, whole, "by {limit}");
    }
}

#[tokio::test]
async fn the_queues_dates_bound_what_has_a_date() {
    let mut shop = Shop::open().await;
    for (id, due) in
        [("bannos-1", json!("2026-11-01")), ("bannos-2", json!("2026-11-02")), ("bannos-3", Value::Null)]
    {
        shop.order(id, json!({"due_date": due})).await;
    }
    let cases: [(Value, Value, &[&str]); 4] = [
        (Value::Null, Value::Null, &["bannos-1", "bannos-2", "bannos-3"]),
        (json!("2026-11-02"), Value::Null, &["bannos-2", "bannos-3"]),
        (Value::Null, json!("2026-11-01"), &["bannos-1", "bannos-3"]),
        (json!("2026-11-03"), json!("2026-11-04"), &["bannos-3"]),
    ];
    for (from, to, expected) in cases {
        let arguments = json!({"store": "bannos", "date_from": from, "date_to": to});
        assert_eq!(ids(&shop.rows(Who::Baker, "get_queue", arguments).await.unwrap()), expected);
    }
}

#[tokio::test]
async fn the_day_is_the_shops() {
    let mut shop = Shop::open().await;
    // 26 hours apart: never the same day.
    for zone in ["Pacific/Kiritimati", "Etc/GMT+12"] {
        let value = json!(zone);
        let sql = "update public.settings set value = $1 where key = 'timezone' and store = 'flourlane'";
        shop.client.execute(sql, &[&value]).await.unwrap();
        let day = format!("select (now() at time zone '{zone}')::date");
        // Again if midnight came between the question and the answer.
        loop {
            let today = shop.ask(&day).await;
            shop.client.batch_execute("delete from public.orders_flourlane").await.unwrap();
            for (days, number) in [(-1, 1), (0, 2), (1, 3), (2, 4)] {
                let due = shop.ask(&format!("select ({today})::text::date + {days}").replace('"', "'")).await;
                shop.order(&format!("flourlane-{number}"), json!({"due_date": due})).await;
            }
            let rows = shop.rows(Who::Miller, "get_queue", json!({"store": "flourlane"})).await.unwrap();
            if shop.ask(&day).await == today {
                let priorities: Vec<_> = rows.iter().map(|row| row["priority"].as_str().unwrap()).collect();
                assert_eq!(priorities, ["High", "High", "Medium", "Low"], "{zone}");
                break;
            }
        }
    }
    let sql = "update public.settings set value = '\"Sydney\"' where key = 'timezone'";
    let refused = shop.client.batch_execute(sql).await.unwrap_err();
    assert_eq!(refused.code().unwrap().code(), "23514");
}

#[tokio::test]
async fn lists_refuse_rather_than_look_empty() {
    let mut shop = Shop::open().await;
    shop.order("bannos-1", json!({})).await;
    let cases = [
        (Who::Anon, json!("bannos"), "42501"),
        (Who::Unapproved, json!("bannos"), "42501"),
        (Who::Inactive, json!("bannos"), "42501"),
        (Who::Stranger, json!("bannos"), "42501"),
        (Who::Miller, json!("bannos"), "42501"),
        (Who::Station, json!("Bannos"), "22023"),
        (Who::Station, json!(null), "22023"),
    ];
    for (who, store, expected) in cases {
        for list in ["get_queue", "get_changes"] {
            let mut arguments = json!({"store": store});
            if list == "get_changes" {
                arguments["since"] = Value::Null;
            }
            let refused = shop.rows(who, list, arguments).await.unwrap_err();
            assert_eq!(refused.code(), expected, "{list} by {who:?} of {store}");
        }
    }
}

#[tokio::test]
async fn what_changed_is_told_finished_and_cancelled_included() {
    let mut shop = Shop::open().await;
    for number in 1..=6 {
        shop.order(
            &format!("bannos-{number}"),
            json!({"stage": "Packing", "packing_start_ts": "2026-11-01"}),
        )
        .await;
    }
    let since = shop.ask("select clock_timestamp()").await;
    let changes = |limit: i32, offset: i32| json!({"store": "bannos", "since": since, "limit": limit, "offset": offset});
    assert!(shop.rows(Who::Station, "get_changes", changes(500, 0)).await.unwrap().is_empty());
    shop.call(Who::Station, "complete_packing", json!({"id": "bannos-4"})).await;
    shop.client
        .batch_execute("update public.orders_bannos set cancelled_at = now() where id = 'bannos-2'")
        .await
        .unwrap();
    shop.call(Who::Station, "qc_return_to_decorating", arguments("qc_return_to_decorating", "bannos-6"))
        .await;
    // A repeat changes nothing, so there is nothing to tell.
    shop.call(Who::Station, "start_packing", json!({"id": "bannos-1"})).await;
    let all = shop.rows(Who::Station, "get_changes", changes(500, 0)).await.unwrap();
    assert_eq!(ids(&all), ["bannos-4", "bannos-2", "bannos-6"]);
    for offset in 0..3 {
        let page = shop.rows(Who::Station, "get_changes", changes(1, offset)).await.unwrap();
        assert_eq!(page[0], all[offset as usize]);
    }
    let everything = json!({"store": "bannos", "since": null});
    assert_eq!(shop.rows(Who::Station, "get_changes", everything).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_return_is_told_until_decorating_is_done_again() {
    let mut shop = Shop::open().await;
    let id = "bannos-1";
    At::Packing.put(&shop, id).await;
    for (rework, reason) in ["cracked", "smudged"].into_iter().enumerate() {
        let context = json!({"rework": rework});
        let sent = json!({"id": id, "reason": reason, "context": context});
        let reply = shop.call(Who::Station, "qc_return_to_decorating", sent).await;
        let expected = json!({"reason": reason, "at": reply["data"]["mark"]["at"]});
        let order = shop.call(Who::Baker, "get_order", json!({"id": id})).await;
        assert_eq!(order["data"]["returned"], expected);
        let context = json!({"rework": rework + 1});
        let reply =
            shop.call(Who::Station, "complete_decorating", with("complete_decorating", id, context)).await;
        assert_eq!(outcome(&reply), "done", "{reply}");
        let order = shop.call(Who::Baker, "get_order", json!({"id": id})).await;
        assert_eq!(order["data"]["returned"], Value::Null);
    }
    let order = shop.call(Who::Baker, "get_order", json!({"id": id})).await;
    let marks = order["data"]["marks"].as_array().unwrap();
    let words: Vec<_> = marks.iter().map(|mark| mark["action"].as_str().unwrap()).collect();
    assert_eq!(words, ["qc_return", "complete", "qc_return", "complete"]);
}

#[tokio::test]
async fn one_order_is_read_by_its_exact_id_only() {
    let mut shop = Shop::open().await;
    shop.order("bannos-25771-A", json!({})).await;
    let cases = [
        (Who::Baker, json!("bannos-25771"), "NOT_FOUND"),
        (Who::Baker, json!("bannos-25771-B"), "NOT_FOUND"),
        (Who::Baker, json!("#B25771-A"), "BAD_INPUT"),
        (Who::Baker, json!(null), "BAD_INPUT"),
        (Who::Baker, json!("flourlane-25771"), "PERMISSION_DENIED"),
        (Who::Miller, json!("bannos-25771-A"), "PERMISSION_DENIED"),
        (Who::Unapproved, json!("bannos-25771-A"), "PERMISSION_DENIED"),
        (Who::Inactive, json!("bannos-25771-A"), "PERMISSION_DENIED"),
        (Who::Stranger, json!("bannos-25771-A"), "PERMISSION_DENIED"),
    ];
    for (who, id, expected) in cases {
        let reply = shop.call(who, "get_order", json!({"id": id})).await;
        assert_eq!(outcome(&reply), expected, "{who:?} {id}");
    }
}

#[tokio::test]
async fn unassigned_is_counted_as_the_runbook_counts_it() {
    let mut shop = Shop::open().await;
    let empty = shop.call(Who::Station, "get_unassigned_counts", json!({"store": "bannos"})).await;
    assert_eq!(
        empty,
        json!({"ok": true, "data": {"filling": 0, "covering": 0, "decorating": 0, "packing": 0}})
    );
    let stages = ["Filling", "Filling", "Filling", "Covering", "Packing", "Complete"];
    for (number, stage) in stages.into_iter().enumerate() {
        shop.order(&format!("bannos-{}", number + 1), json!({"stage": stage})).await;
        shop.order(
            &format!("bannos-{}", number + 11),
            json!({"stage": stage, "assignee_id": Who::Baker.id()}),
        )
        .await;
        shop.order(&format!("flourlane-{}", number + 1), json!({"stage": "Decorating"})).await;
    }
    let counts = shop.call(Who::Baker, "get_unassigned_counts", json!({"store": "bannos"})).await;
    assert_eq!(counts["data"], json!({"filling": 3, "covering": 1, "decorating": 0, "packing": 1}));
    let runbook = "select jsonb_object_agg(lower(stage::text), n) from (
        select stage, count(*) as n from public.orders_bannos
        where assignee_id is null and stage <> 'Complete' group by stage) counted";
    for (stage, count) in shop.ask(runbook).await.as_object().unwrap() {
        assert_eq!(&counts["data"][stage], count, "{stage}");
    }
    for (who, store, expected) in [
        (Who::Station, json!("x"), "BAD_INPUT"),
        (Who::Station, json!(null), "BAD_INPUT"),
        (Who::Miller, json!("bannos"), "PERMISSION_DENIED"),
        (Who::Stranger, json!("bannos"), "PERMISSION_DENIED"),
    ] {
        for function in ["get_unassigned_counts", "get_settings"] {
            let reply = shop.call(who, function, json!({"store": store})).await;
            assert_eq!(outcome(&reply), expected, "{function} {who:?} {store}");
        }
    }
    let settings = shop.call(Who::Baker, "get_settings", json!({"store": "bannos"})).await;
    let expected = json!({
        "timezone": "Australia/Sydney", "storage_places": [], "qc_reasons": [], "freeze": false
    });
    assert_eq!(settings["data"], expected);
}

#[tokio::test]
async fn the_fleet_is_one_row_a_station() {
    let mut shop = Shop::open().await;
    let report = json!({"backlog": 3, "stage": "Filling"});
    for (station, report) in [("f1", json!({})), ("c1", json!({"backlog": 0})), (" f1 ", report.clone())] {
        let reply =
            shop.call(Who::Station, "station_heartbeat", json!({"station": station, "report": report})).await;
        assert_eq!(reply["ok"], json!(true), "{reply}");
    }
    let fleet = shop.call(Who::Miller, "get_stations", json!({})).await;
    let [c1, f1] = fleet["data"].as_array().unwrap().as_slice() else { panic!("{fleet}") };
    assert_eq!((&c1["station"], &f1["station"], &f1["report"]), (&json!("c1"), &json!("f1"), &report));
    assert!(
        f1["silence_ms"].as_i64().unwrap() >= 0 && c1["silence_ms"].as_i64() >= f1["silence_ms"].as_i64()
    );
    assert!(f1["reported_at"].as_str().unwrap() > c1["reported_at"].as_str().unwrap());

    for (station, report) in [
        (json!(null), json!({})),
        (json!(" "), json!({})),
        (json!("x".repeat(101)), json!({})),
        (json!("f1"), json!(null)),
        (json!("f1"), json!([])),
        (json!("f1"), json!({"x": "y".repeat(20_000)})),
    ] {
        let reply =
            shop.call(Who::Station, "station_heartbeat", json!({"station": station, "report": report})).await;
        assert_eq!(outcome(&reply), "BAD_INPUT", "{station}");
    }
    let beat = json!({"station": "f1", "report": {}});
    for who in [Who::Unapproved, Who::Stranger] {
        assert_eq!(outcome(&shop.call(who, "station_heartbeat", beat.clone()).await), "PERMISSION_DENIED");
        assert_eq!(outcome(&shop.call(who, "get_stations", json!({})).await), "PERMISSION_DENIED");
    }
}

#[tokio::test]
async fn a_stations_row_is_its_own_accounts() {
    let mut shop = Shop::open().await;
    let beat = |backlog: u32| json!({"station": "f1", "report": {"backlog": backlog}});
    let backlog = "select s.report -> 'backlog' from public.stations s where s.station = 'f1'";
    assert_eq!(outcome(&shop.call(Who::Admin, "station_heartbeat", beat(9)).await), "PERMISSION_DENIED");
    shop.call(Who::Station, "station_heartbeat", beat(1)).await;
    let another = "update public.staff_shared set is_station = true where full_name = $1";
    shop.client.execute(another, &[&Who::Runner.name()]).await.unwrap();
    assert_eq!(outcome(&shop.call(Who::Runner, "station_heartbeat", beat(2)).await), "CONFLICT");
    assert_eq!(shop.ask(backlog).await, json!(1));
    // A kiosk that was replaced: its name is free a day after its last word.
    let silent = "update public.stations set reported_at = reported_at - interval '25 hours'";
    shop.client.batch_execute(silent).await.unwrap();
    assert_eq!(shop.call(Who::Runner, "station_heartbeat", beat(3)).await["ok"], json!(true));
    assert_eq!(shop.ask(backlog).await, json!(3));
    assert_eq!(outcome(&shop.call(Who::Station, "station_heartbeat", beat(4)).await), "CONFLICT");

    let mut told = Vec::new();
    for name in 0..21 {
        let beat = json!({"station": format!("name-{name}"), "report": {}});
        told.push(shop.call(Who::Station, "station_heartbeat", beat).await);
    }
    assert_eq!(told.iter().filter(|reply| reply["ok"] == true).count(), 20);
    assert_eq!(outcome(&told[20]), "CONFLICT", "an account cannot fill the fleet");
    let again = json!({"station": "name-7", "report": {}});
    assert_eq!(shop.call(Who::Station, "station_heartbeat", again).await["ok"], json!(true));
}
