//! Two sessions at once. Each race is held open: the first has written and not committed, the second is seen to wait.

use serde_json::{Value, json};
use tokio_postgres::Client;

use super::{At, WRITES, intent, outcome, with};
use crate::support::shop::{Shop, Who, call_within};

/// What two sessions were told when the second called before the first had committed.
struct Race {
    first: Value,
    second: Value,
    /// The server's clock just before the first committed.
    committed_after: String,
}

/// Runs two calls, the second while the first holds its locks.
async fn race(shop: &Shop, first: (Who, &str, Value), second: (Who, &str, Value), ends: End) -> Race {
    let (mut left, mut right) = (shop.database.connect().await, shop.database.connect().await);
    let held = left.transaction().await.unwrap();
    let told = call_within(&held, first.0, first.1, &first.2).await.unwrap().remove(0);

    let process: i32 = right.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    let function = second.1.to_owned();
    let waiting = tokio::spawn(async move {
        let transaction = right.transaction().await.unwrap();
        let told = call_within(&transaction, second.0, &function, &second.2).await.unwrap().remove(0);
        transaction.commit().await.unwrap();
        told
    });
    until_waiting(&shop.client, process).await;
    let committed_after = shop.ask("select clock_timestamp() at time zone 'UTC'").await;
    match ends {
        End::Commit => held.commit().await.unwrap(),
        End::Rollback => held.rollback().await.unwrap(),
    }
    let committed_after = committed_after.as_str().unwrap().to_owned() + "+00:00";
    Race { first: told, second: waiting.await.unwrap(), committed_after }
}

/// How the first session ends.
#[derive(Clone, Copy)]
enum End {
    Commit,
    Rollback,
}

/// Returns when the session waits for a lock.
async fn until_waiting(client: &Client, process: i32) {
    let sql = "select exists (select from pg_locks l where l.pid = $1 and not l.granted)";
    // Bounded by looks, not by time: each is a round trip.
    for _ in 0..100_000 {
        if client.query_one(sql, &[&process]).await.unwrap().get(0) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the second session did not wait for the first");
}

fn places() -> impl Iterator<Item = (&'static str, At)> {
    WRITES.into_iter().map(|(function, _, stage)| (function, At::ready(function, stage)))
}

#[tokio::test]
async fn of_two_stations_one_makes_the_transition() {
    let shop = Shop::open().await;
    for (number, (function, at)) in places().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        at.put(&shop, &id).await;
        let call = |who, name: &str, intent_number| {
            let context = json!({"station": name, "intent_id": intent(intent_number)});
            (who, function, with(function, &id, context))
        };
        let number = number as u32;
        let race =
            race(&shop, call(Who::Baker, "s1", number), call(Who::Admin, "s2", 100 + number), End::Commit)
                .await;
        assert_eq!(outcome(&race.first), "done", "{function}: {}", race.first);
        assert_eq!(outcome(&race.second), "already_done", "{function}: {}", race.second);
        assert_eq!(race.second["data"]["mark"]["station"], json!("s1"), "{function}");
        let real = shop.events(&id).await.into_iter().filter(|event| event["meta"]["reprint"].is_null());
        assert_eq!(real.count(), 1, "{function}");
    }
}

#[tokio::test]
async fn the_same_intent_twice_at_once_is_one_action() {
    let shop = Shop::open().await;
    for (number, (function, at)) in places().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        at.put(&shop, &id).await;
        let call = (Who::Baker, function, with(function, &id, json!({"intent_id": intent(number as u32)})));
        let race = race(&shop, call.clone(), call, End::Commit).await;
        assert_eq!(outcome(&race.first), "done", "{function}: {}", race.first);
        assert_eq!(race.second, race.first, "{function}");
        assert_eq!(shop.events(&id).await.len(), 1, "{function}");
    }
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(WRITES.len()));
}

#[tokio::test]
async fn the_same_intent_for_two_orders_at_once_is_one_action() {
    let shop = Shop::open().await;
    let function = "complete_covering";
    let ids = ["bannos-20001", "flourlane-20001"];
    for id in ids {
        At::Covering.put(&shop, id).await;
    }
    let [one, other] =
        ids.map(|id| (Who::Station, function, with(function, id, json!({"intent_id": intent(1)}))));
    let race = race(&shop, one, other, End::Commit).await;
    assert_eq!((outcome(&race.first), outcome(&race.second)), ("done".into(), "CONFLICT".into()));
    assert_eq!(shop.row(ids[1]).await["stage"], json!("Covering"));
}

#[tokio::test]
async fn a_first_that_fails_leaves_the_second_to_do_it() {
    let shop = Shop::open().await;
    for (number, (function, at)) in places().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        at.put(&shop, &id).await;
        let call = (Who::Baker, function, with(function, &id, json!({"intent_id": intent(number as u32)})));
        let race = race(&shop, call.clone(), call, End::Rollback).await;
        assert_eq!(outcome(&race.second), "done", "{function}: {}", race.second);
        assert_eq!(shop.events(&id).await.len(), 1, "{function}");
    }
}

#[tokio::test]
async fn a_write_that_waited_has_the_time_after_its_wait() {
    let shop = Shop::open().await;
    let id = "bannos-18617";
    At::New.put(&shop, id).await;
    let race = race(
        &shop,
        (Who::Baker, "handle_print_barcode", with("handle_print_barcode", id, json!({}))),
        (Who::Baker, "complete_filling", with("complete_filling", id, json!({}))),
        End::Commit,
    )
    .await;
    let at = race.second["data"]["filling_complete_ts"].as_str().unwrap();
    assert!(at > race.committed_after.as_str(), "{at} is before {}", race.committed_after);
    assert_eq!(shop.row(id).await["updated_at"].as_str().unwrap().cmp(at), std::cmp::Ordering::Greater);
}

#[tokio::test]
async fn a_completion_that_raced_a_return_is_told_of_it() {
    let shop = Shop::open().await;
    let id = "bannos-18617";
    At::Started.put(&shop, id).await;
    let race = race(
        &shop,
        (Who::Baker, "qc_return_to_decorating", with("qc_return_to_decorating", id, json!({}))),
        (Who::Admin, "complete_packing", with("complete_packing", id, json!({}))),
        End::Commit,
    )
    .await;
    assert_eq!(outcome(&race.second), "CONFLICT", "{}", race.second);
    assert_eq!(race.second["data"]["rework"], json!(1));
    assert_eq!(shop.row(id).await["stage"], json!("Decorating"));
}

#[tokio::test]
async fn an_assignment_waits_for_a_completion_and_is_not_undone_by_it() {
    let shop = Shop::open().await;
    let id = "bannos-18617";
    At::Covering.put(&shop, id).await;
    let assign = json!({"id": id, "staff_id": Who::Baker.id()});
    let store = json!({"id": id, "storage": "Fridge 1"});
    let complete = with("complete_covering", id, json!({}));
    let race_one = race(
        &shop,
        (Who::Baker, "complete_covering", complete),
        (Who::Station, "assign_staff", assign.clone()),
        End::Commit,
    )
    .await;
    assert_eq!(outcome(&race_one.second), "done", "{}", race_one.second);
    assert_eq!(race_one.second["data"]["stage"], json!("Decorating"));
    let row = shop.row(id).await;
    assert_eq!((&row["stage"], &row["assignee_id"]), (&json!("Decorating"), &json!(Who::Baker.id())));

    let race_two =
        race(&shop, (Who::Baker, "set_storage", store), (Who::Station, "assign_staff", assign), End::Commit)
            .await;
    assert_eq!(outcome(&race_two.second), "already_done", "{}", race_two.second);
    assert_eq!(race_two.second["data"]["storage"], json!("Fridge 1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_stations_on_few_orders_never_lock_each_other_out() {
    const STATIONS: u32 = 6;
    let shop = Shop::open().await;
    let ids = ["bannos-20001", "bannos-20002", "flourlane-20001"];
    for id in ids {
        At::New.put(&shop, id).await;
    }
    let mut stations = Vec::new();
    for station in 0..STATIONS {
        let mut client = shop.database.connect().await;
        stations.push(tokio::spawn(async move {
            let mut done = 0;
            let life = WRITES.into_iter().take(6);
            for (step, (function, ..)) in life.enumerate() {
                // Each from another end, and two of them at a time under the same ids.
                for turn in 0..ids.len() {
                    let order = (turn + station as usize) % ids.len();
                    let id = ids[order];
                    let number = (step * 100 + order) as u32 + (station / 2) * 10_000;
                    let context = json!({"intent_id": intent(number)});
                    let transaction = client.transaction().await.unwrap();
                    let arguments = with(function, id, context);
                    let told = call_within(&transaction, Who::Station, function, &arguments).await.unwrap();
                    transaction.commit().await.unwrap();
                    done += u32::from(outcome(&told[0]) == "done");
                }
            }
            done
        }));
    }
    let mut done = 0;
    for station in stations {
        done += station.await.unwrap();
    }
    // An answer under an intent that two share counts twice; what was done did not happen twice.
    let steps = 6 * ids.len() as u32;
    assert!((steps..=2 * steps).contains(&done), "{done}");
    for id in ids {
        assert_eq!(shop.row(id).await["stage"], json!("Complete"), "{id}");
        let mut seen: Vec<_> = shop
            .events(id)
            .await
            .into_iter()
            .filter(|event| event["meta"]["reprint"].is_null())
            .map(|event| format!("{} {}", event["action"], event["stage"]))
            .collect();
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{id}: {seen:?}");
    }
}
