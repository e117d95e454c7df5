//! The work queue: claimed by one worker at a time, tried again later and later, given up in the end, never lost.

use serde_json::{Value, json};

use super::outcome;
use crate::support::shop::{Shop, Who, call_within};

async fn enqueue(shop: &Shop, columns: &str, values: &str) -> i64 {
    let sql = format!("insert into public.work_queue ({columns}) values ({values}) returning id");
    shop.client.query_one(&sql, &[]).await.unwrap().get(0)
}

async fn claim(shop: &mut Shop, worker: &str, limit: i32) -> Vec<i64> {
    let arguments = json!({"worker": worker, "limit": limit});
    let rows = shop.rows(Who::Service, "claim_work", arguments).await.unwrap();
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

async fn finish(shop: &mut Shop, id: i64, worker: &str, error: Option<&str>) -> Value {
    let sent = json!({"id": id, "worker": worker, "error": error});
    shop.call(Who::Service, "finish_work", sent).await
}

async fn work(shop: &Shop, id: i64) -> Value {
    shop.ask(&format!("select w from public.work_queue w where w.id = {id}")).await
}

/// Lets time pass for a row.
async fn later(shop: &Shop, id: i64, minutes: i32) {
    let sql = format!(
        "update public.work_queue set locked_at = locked_at - interval '{minutes} minutes',
            next_retry_at = next_retry_at - interval '{minutes} minutes' where id = {id}"
    );
    shop.client.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn work_is_claimed_by_priority_once_and_done() {
    let mut shop = Shop::open().await;
    let third = enqueue(&shop, "topic, priority", "'a', 5").await;
    let first = enqueue(&shop, "topic, priority, payload", "'a', 1, '{\"n\": 1}'").await;
    let fourth = enqueue(&shop, "topic", "'b'").await;
    let second = enqueue(&shop, "topic, priority", "'a', 2").await;
    let resting = enqueue(&shop, "topic, next_retry_at", "'a', clock_timestamp() + interval '1 hour'").await;
    enqueue(&shop, "topic, status", "'a', 'done'").await;
    enqueue(&shop, "topic, status", "'a', 'error'").await;

    assert_eq!(claim(&mut shop, "w1", 1).await, [first]);
    let row = work(&shop, first).await;
    assert_eq!((&row["status"], &row["locked_by"]), (&json!("pending"), &json!("w1")));
    let only_b = json!({"worker": "w2", "topics": "{b}"});
    let rows = shop.rows(Who::Service, "claim_work", only_b).await.unwrap();
    assert_eq!((rows.len(), rows[0]["id"].as_i64()), (1, Some(fourth)));
    // Whole, as the worker needs it.
    assert_eq!(rows[0], work(&shop, fourth).await);
    assert_eq!(claim(&mut shop, "w2", 10).await, [second, third]);
    assert_eq!(claim(&mut shop, "w3", 10).await, Vec::<i64>::new());

    let reply = shop.call(Who::Service, "start_work", json!({"id": first, "worker": "w1"})).await;
    assert_eq!((outcome_of(&reply), &reply["data"]["status"]), ("ok".into(), &json!("processing")));
    let reply = finish(&mut shop, first, "w1", None).await;
    let expected = json!({
        "id": first, "status": "done", "already_done": false, "retry_count": 0, "next_retry_at": null
    });
    assert_eq!(reply["data"], expected);
    let row = work(&shop, first).await;
    assert_eq!((&row["locked_at"], &row["locked_by"]), (&Value::Null, &Value::Null));
    // The answer was lost: the same again.
    let again = finish(&mut shop, first, "w1", None).await;
    assert_eq!(outcome(&again), "already_done");
    later(&shop, resting, 61).await;
    assert_eq!(claim(&mut shop, "w3", 10).await, [resting]);
}

fn outcome_of(reply: &Value) -> String {
    if reply["ok"] == json!(true) { "ok".into() } else { outcome(reply) }
}

#[tokio::test]
async fn a_failure_waits_longer_each_time_and_is_given_up() {
    let mut shop = Shop::open().await;
    let id = enqueue(&shop, "topic, max_retries", "'a', 9").await;
    let waits = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
    for (tried, wait) in waits.into_iter().enumerate() {
        assert_eq!(claim(&mut shop, "w1", 10).await, [id], "try {tried}");
        let before = shop.ask("select clock_timestamp()").await.as_str().unwrap().to_owned();
        let reply = finish(&mut shop, id, "w1", Some("Shopify said 503")).await;
        assert_eq!(outcome_of(&reply), "ok", "{reply}");
        let row = work(&shop, id).await;
        assert_eq!((&row["status"], &row["retry_count"]), (&json!("pending"), &json!(tried + 1)));
        assert_eq!((&row["last_error"], &row["locked_by"]), (&json!("Shopify said 503"), &Value::Null));
        let sql = format!(
            "select w.next_retry_at - interval '{wait} s' between '{before}'::timestamptz and clock_timestamp()
             from public.work_queue w where w.id = {id}"
        );
        assert_eq!(shop.ask(&sql).await, json!(true), "wait {tried}: {row}");
        assert_eq!(claim(&mut shop, "w1", 10).await, Vec::<i64>::new(), "wait {tried}");
        later(&shop, id, 61).await;
    }
    assert_eq!(claim(&mut shop, "w1", 10).await, [id]);
    let reply = finish(&mut shop, id, "w1", Some(&"x".repeat(5000))).await;
    assert_eq!((&reply["data"]["status"], &reply["data"]["retry_count"]), (&json!("error"), &json!(9)));
    assert_eq!(work(&shop, id).await["last_error"].as_str().unwrap().len(), 2000);
    assert_eq!(claim(&mut shop, "w1", 10).await, Vec::<i64>::new());
    assert_eq!(outcome(&finish(&mut shop, id, "w1", None).await), "CONFLICT");
}

#[tokio::test]
async fn a_lock_of_fifteen_minutes_is_free_again_and_not_before() {
    let mut shop = Shop::open().await;
    let [waiting, started] = [enqueue(&shop, "topic", "'a'").await, enqueue(&shop, "topic", "'a'").await];
    assert_eq!(claim(&mut shop, "w1", 10).await, [waiting, started]);
    shop.call(Who::Service, "start_work", json!({"id": started, "worker": "w1"})).await;
    for id in [waiting, started] {
        later(&shop, id, 14).await;
    }
    assert_eq!(claim(&mut shop, "w2", 10).await, Vec::<i64>::new());
    // Still at it: its lock begins anew.
    shop.call(Who::Service, "start_work", json!({"id": started, "worker": "w1"})).await;
    for id in [waiting, started] {
        later(&shop, id, 2).await;
    }
    assert_eq!(claim(&mut shop, "w2", 10).await, [waiting]);
    later(&shop, started, 14).await;
    assert_eq!(claim(&mut shop, "w2", 10).await, [started]);
    let row = work(&shop, started).await;
    assert_eq!((&row["retry_count"], &row["locked_by"]), (&json!(1), &json!("w2")));
    assert_eq!(row["last_error"], json!("no sign of w1 for 15 minutes"));
    // The one that was thought dead has no say any more.
    for id in [waiting, started] {
        let late = shop.call(Who::Service, "start_work", json!({"id": id, "worker": "w1"})).await;
        assert_eq!((outcome(&late), &late["data"]["locked_by"]), ("CONFLICT".into(), &json!("w2")));
        assert_eq!(outcome(&finish(&mut shop, id, "w1", None).await), "CONFLICT");
        assert_eq!(outcome(&finish(&mut shop, id, "w1", Some("late")).await), "CONFLICT");
    }
    // What kills every worker is given up.
    shop.client.batch_execute("update public.work_queue set retry_count = max_retries").await.unwrap();
    for id in [waiting, started] {
        later(&shop, id, 16).await;
    }
    assert_eq!(claim(&mut shop, "w3", 10).await, Vec::<i64>::new());
    assert_eq!(work(&shop, started).await["status"], json!("error"));
}

#[tokio::test]
async fn two_workers_at_once_share_the_work_without_waiting() {
    let shop = Shop::open().await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(enqueue(&shop, "topic", "'a'").await);
    }
    let (mut left, mut right) = (shop.database.connect().await, shop.database.connect().await);
    let held = left.transaction().await.unwrap();
    let rows =
        call_within(&held, Who::Service, "claim_work", &json!({"worker": "w1", "limit": 4})).await.unwrap();
    assert_eq!(rows.len(), 4);
    // The first has not committed: the second takes what is left, and a wait would be an error.
    let other = right.transaction().await.unwrap();
    other.batch_execute("set local lock_timeout = '1ms'").await.unwrap();
    let rest = call_within(&other, Who::Service, "claim_work", &json!({"worker": "w2"})).await.unwrap();
    let rest: Vec<_> = rest.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(rest, ids[4..]);
    other.commit().await.unwrap();
    held.commit().await.unwrap();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let mut shop = Shop::open().await;
    let id = enqueue(&shop, "topic", "'a'").await;
    for worker in [json!(null), json!(" "), json!("x".repeat(101))] {
        let refused = shop.rows(Who::Service, "claim_work", json!({"worker": worker})).await.unwrap_err();
        assert_eq!(refused.code(), "22023");
    }
    assert_eq!(claim(&mut shop, "w1", 0).await, Vec::<i64>::new());
    assert_eq!(claim(&mut shop, "w1", -5).await, Vec::<i64>::new());
    for function in ["start_work", "finish_work"] {
        for (id, worker, expected) in [
            (json!(id), json!("w1"), "CONFLICT"),
            (json!(id), json!(null), "CONFLICT"),
            (json!(id + 1), json!("w1"), "NOT_FOUND"),
            (json!(null), json!("w1"), "NOT_FOUND"),
        ] {
            let reply = shop.call(Who::Service, function, json!({"id": id, "worker": worker})).await;
            assert_eq!(outcome(&reply), expected, "{function} {id} {worker}");
        }
    }
    assert_eq!(work(&shop, id).await["status"], json!("pending"));
}
