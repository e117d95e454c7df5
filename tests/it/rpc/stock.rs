//! `deduct_on_order_create`: a new order takes its lines from stock, once.

use serde_json::{Value, json};

use super::{intent, outcome};
use crate::support::shop::{Shop, Who, call_within};

const GID: &str = "gid://shopify/Order/5400000018617";

async fn stocked() -> Shop {
    let shop = Shop::open().await;
    shop.client
        .batch_execute(
            "insert into public.inventory_items (store, sku, title, size, ats, shopify_inventory_item_id) values
                ('bannos', 'GEL-10', 'Gelato Celebration Cake', '10 inch', 5, 71),
                ('bannos', 'GEL', 'Gelato Celebration Cake', null, 50, 70),
                ('bannos', 'CANDLE', 'Candles', null, 2, 80),
                ('flourlane', 'GEL-10', 'Gelato Celebration Cake', '10 inch', 9, 91)",
        )
        .await
        .unwrap();
    shop
}

fn order(gid: &str, lines: &Value) -> Value {
    json!({"order_gid": gid, "payload": {"store": "bannos", "line_items": lines}})
}

async fn ats(shop: &Shop) -> Value {
    shop.ask("select jsonb_object_agg(i.store || ' ' || i.sku, i.ats) from public.inventory_items i").await
}

#[tokio::test]
async fn an_order_takes_its_lines_from_stock_once() {
    let mut shop = stocked().await;
    let lines = json!([
        {"title": "Gelato Celebration Cake", "variant_title": "10 Inch", "quantity": 2},
        {"title": "anything", "sku": "CANDLE", "quantity": 3},
        {"title": "gelato celebration cake", "size": "8 inch"},
        {"title": "Delivery", "quantity": 1},
        {"title": "Candles", "quantity": 1},
        {"title": "Candles", "quantity": 0},
    ]);
    let before = shop.ask("select clock_timestamp()").await;
    let reply = shop.call(Who::Service, "deduct_on_order_create", order(GID, &lines)).await;
    let work_id = reply["data"]["work_id"].clone();
    let data = json!({
        "order_gid": GID, "store": "bannos", "already_done": false, "work_id": work_id, "lines": 5,
        "untracked": 1,
        "items": [
            {"sku": "GEL-10", "ats": 3, "oos": false},
            {"sku": "GEL", "ats": 49, "oos": false},
            {"sku": "CANDLE", "ats": -2, "oos": true},
        ]
    });
    assert_eq!(reply, json!({"ok": true, "data": data}));
    let left = json!({"bannos GEL-10": 3, "bannos GEL": 49, "bannos CANDLE": -2, "flourlane GEL-10": 9});
    assert_eq!(ats(&shop).await, left);

    let ledger = shop
        .ask(
            "select jsonb_agg(jsonb_build_array(t.line, t.delta, i.sku, t.sku, t.title, t.reason, t.order_gid)
             order by t.line) from public.inventory_txn t left join public.inventory_items i on i.id = t.item_id",
        )
        .await;
    let expected = json!([
        [1, -2, "GEL-10", null, "Gelato Celebration Cake", "order_create", GID],
        [2, -3, "CANDLE", "CANDLE", "anything", "order_create", GID],
        [3, -1, "GEL", null, "gelato celebration cake", "order_create", GID],
        [4, -1, null, null, "Delivery", "order_create", GID],
        [5, -1, "CANDLE", null, "Candles", "order_create", GID],
    ]);
    assert_eq!(ledger, expected);
    let times = shop.ask("select jsonb_agg(distinct t.at) from public.inventory_txn t").await;
    assert!(times.as_array().unwrap().len() == 1 && times[0].as_str() > before.as_str(), "{times}");

    let work = shop.ask("select jsonb_agg(to_jsonb(w) - 'created_at') from public.work_queue w").await;
    let expected = json!([{
        "id": work_id, "topic": "inventory_push", "status": "pending", "priority": 5,
        "dedupe_key": format!("inventory_push:{GID}"), "retry_count": 0, "max_retries": 3, "next_retry_at": null,
        "locked_at": null, "locked_by": null, "last_error": null,
        "payload": {"store": "bannos", "order_gid": GID, "items": [
            {"sku": "GEL-10", "shopify_inventory_item_id": 71},
            {"sku": "GEL", "shopify_inventory_item_id": 70},
            {"sku": "CANDLE", "shopify_inventory_item_id": 80},
        ]},
    }]);
    assert_eq!(work, expected);

    // A replay, and one of an order that was edited meanwhile; also when the work is long done.
    for status in ["pending", "done"] {
        let sql = "update public.work_queue set status = $1";
        shop.client.execute(sql, &[&status]).await.unwrap();
        for lines in [lines.clone(), json!([{"sku": "GEL", "quantity": 9}])] {
            let reply = shop.call(Who::Service, "deduct_on_order_create", order(GID, &lines)).await;
            let mut expected = data.clone();
            expected["already_done"] = json!(true);
            assert_eq!(reply, json!({"ok": true, "data": expected}));
        }
    }
    assert_eq!(ats(&shop).await, left);
    assert_eq!(shop.ask("select count(*) from public.inventory_txn").await, json!(5));
    assert_eq!(shop.ask("select count(*) from public.work_queue").await, json!(1));
}

#[tokio::test]
async fn the_store_is_the_orders_where_the_payload_says_none() {
    let mut shop = stocked().await;
    let sent = json!({"order_gid": GID, "payload": {"line_items": [{"sku": "GEL-10"}]}});
    let reply = shop.call(Who::Service, "deduct_on_order_create", sent.clone()).await;
    assert_eq!(outcome(&reply), "BAD_INPUT", "{reply}");
    for id in ["flourlane-18617-A", "flourlane-18617-B"] {
        shop.order(id, json!({"shopify_order_gid": GID})).await;
    }
    let reply = shop.call(Who::Service, "deduct_on_order_create", sent).await;
    assert_eq!((outcome(&reply), &reply["data"]["store"]), ("done".into(), &json!("flourlane")));
    assert_eq!(ats(&shop).await["flourlane GEL-10"], json!(8));
    assert_eq!(ats(&shop).await["bannos GEL-10"], json!(5));
}

#[tokio::test]
async fn what_is_no_order_takes_nothing() {
    let mut shop = stocked().await;
    let before = ats(&shop).await;
    let line = |quantity: Value| json!([{"sku": "GEL"}, {"sku": "GEL", "quantity": quantity}]);
    let many: Vec<_> = (0..501).map(|_| json!({"sku": "GEL"})).collect();
    let mut cases: Vec<_> = [json!(-1), json!(1.5), json!("many"), json!(100_000), json!([]), json!(true)]
        .into_iter()
        .map(|quantity| order(GID, &line(quantity)))
        .collect();
    cases.extend([
        order(GID, &json!(many)),
        order(GID, &json!({})),
        order(GID, &json!(null)),
        order("5400000018617", &line(json!(1))),
        order("gid://shopify/Order/0", &line(json!(1))),
        order("gid://shopify/Order/1'; drop table intents", &line(json!(1))),
        json!({"order_gid": null, "payload": {"store": "bannos", "line_items": []}}),
        json!({"order_gid": GID, "payload": null}),
        json!({"order_gid": GID, "payload": [1]}),
        json!({"order_gid": GID, "payload": {"store": "x", "line_items": []}}),
        json!({"order_gid": GID, "payload": {"store": "bannos", "line_items": []}, "context": [1]}),
    ]);
    for sent in cases {
        let reply = shop.call(Who::Service, "deduct_on_order_create", sent.clone()).await;
        assert_eq!(outcome(&reply), "BAD_INPUT", "{sent}: {reply}");
    }
    assert_eq!(ats(&shop).await, before);
    assert_eq!(shop.ask("select count(*) from public.inventory_txn").await, json!(0));
    assert_eq!(shop.ask("select count(*) from public.work_queue").await, json!(0));
    // A refusal stands in nobody's way; odd lines are kept and take nothing.
    let odd = json!(["text", 7, null, {}]);
    let reply = shop.call(Who::Service, "deduct_on_order_create", order(GID, &odd)).await;
    assert_eq!((&reply["data"]["lines"], &reply["data"]["untracked"]), (&json!(4), &json!(4)), "{reply}");
    assert_eq!(ats(&shop).await, before);
}

#[tokio::test]
async fn an_intent_is_answered_as_the_first_time() {
    let mut shop = stocked().await;
    let mut sent = order(GID, &json!([{"sku": "GEL"}]));
    sent["context"] = json!({"intent_id": intent(1), "captured_at": "2026-11-02T01:00:00Z"});
    let first = shop.call(Who::Service, "deduct_on_order_create", sent.clone()).await;
    assert_eq!(outcome(&first), "done");
    assert_eq!(shop.ask("select t.at from public.inventory_txn t").await, json!("2026-11-02T01:00:00+00:00"));
    assert_eq!(shop.call(Who::Service, "deduct_on_order_create", sent.clone()).await, first);
    sent["payload"]["line_items"] = json!([]);
    let reply = shop.call(Who::Service, "deduct_on_order_create", sent).await;
    assert_eq!(outcome(&reply), "CONFLICT", "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_at_once_take_each_order_once_and_never_lock_each_other_out() {
    let shop = stocked().await;
    let mut hooks = Vec::new();
    for hook in 0..6_u32 {
        let mut client = shop.database.connect().await;
        hooks.push(tokio::spawn(async move {
            let mut done = 0;
            for number in 1..=20_u32 {
                // The items in another order each time, and every order sent by two.
                let mut lines =
                    vec![json!({"sku": "GEL"}), json!({"sku": "GEL-10"}), json!({"sku": "CANDLE"})];
                lines.rotate_left((hook + number) as usize % 3);
                let sent =
                    order(&format!("gid://shopify/Order/{}", number + 100 * (hook / 2)), &json!(lines));
                let transaction = client.transaction().await.unwrap();
                let told = call_within(&transaction, Who::Service, "deduct_on_order_create", &sent).await;
                transaction.commit().await.unwrap();
                done += u32::from(outcome(&told.unwrap()[0]) == "done");
            }
            done
        }));
    }
    let mut done = 0;
    for hook in hooks {
        done += hook.await.unwrap();
    }
    assert_eq!(done, 60);
    let left = json!({
        "bannos GEL-10": 5 - 60, "bannos GEL": 50 - 60, "bannos CANDLE": 2 - 60, "flourlane GEL-10": 9
    });
    assert_eq!(ats(&shop).await, left);
}
