//! Several callers at once, each having looked before any has written: what has a guard refuses all but one, what has none
//! succeeds for each.

use serde_json::{Value, json};

use super::{COMPLETIONS, STAGES, history, of, until_waiting};
use crate::support::shop::{Refused, Shop, Who, call_within};

/// Calls a function so often at once, held at the order's row until all have looked.
pub(super) async fn at_once(shop: &Shop, calls: &[(&str, Value)], id: &str) -> Vec<Result<Value, Refused>> {
    let mut holder = shop.database.connect().await;
    let held = holder.transaction().await.unwrap();
    let table = format!("orders_{}", super::store_of(id));
    held.execute(&format!("select from public.{table} where id = $1 for update"), &[&id]).await.unwrap();
    let mut running = Vec::new();
    for (function, arguments) in calls {
        let mut client = shop.database.connect().await;
        let (function, arguments) = ((*function).to_owned(), arguments.clone());
        running.push(tokio::spawn(async move {
            let transaction = client.transaction().await.unwrap();
            let told = call_within(&transaction, Who::Station, &function, &arguments).await;
            match told {
                Ok(_) => transaction.commit().await.unwrap(),
                Err(_) => transaction.rollback().await.unwrap(),
            }
            told.map(|mut rows| rows.remove(0))
        }));
    }
    until_waiting(&shop.client, i64::try_from(calls.len()).unwrap()).await;
    held.rollback().await.unwrap();
    let mut told = Vec::new();
    for call in running {
        told.push(call.await.unwrap());
    }
    told
}

#[tokio::test]
async fn four_callers_four_successes_four_events() {
    let shop = Shop::stand_in().await;
    for (number, (function, stage, event)) in [
        ("print_barcode", "Filling", "print"),
        ("start_covering", "Covering", "start"),
        ("start_decorating", "Decorating", "start"),
        ("complete_packing", "Packing", "complete"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, json!({"stage": stage})).await;
        let calls = vec![(function, of(&id, json!({}))); 4];
        let told = at_once(&shop, &calls, &id).await;
        for reply in &told {
            let reply = reply.as_ref().unwrap_or_else(|refused| panic!("{function}: {refused:?}"));
            assert_eq!(reply["skipped"], Value::Null, "{function} noticed the others");
        }
        assert_eq!(history(&shop, &id).await, [event; 4], "{function}");
    }
}

#[tokio::test]
async fn of_four_who_complete_an_earlier_stage_three_lose() {
    let shop = Shop::stand_in().await;
    for (number, (function, stage, next)) in COMPLETIONS[..3].iter().enumerate() {
        let id = format!("flourlane-{}", 20_000 + number);
        shop.order(&id, json!({"stage": stage})).await;
        let calls = vec![(*function, of(&id, json!({}))); 4];
        let told = at_once(&shop, &calls, &id).await;
        assert_eq!(told.iter().filter(|reply| **reply == Ok(json!(true))).count(), 1, "{told:?}");
        let lost = format!("Expected to update exactly 1 row, but updated 0 rows for order {id}");
        let losers = told.iter().filter_map(|reply| reply.as_ref().err());
        for loser in losers.clone() {
            assert_eq!((loser.code(), &loser.message), ("P0001", &lost));
        }
        assert_eq!(losers.count(), 3);
        assert_eq!(history(&shop, &id).await, ["complete"]);
        assert_eq!(shop.row(&id).await["stage"], **next);
    }
    assert_eq!(STAGES.len(), COMPLETIONS.len() + 1);
}

#[tokio::test]
async fn of_two_who_return_a_cake_one_loses() {
    let shop = Shop::stand_in().await;
    let id = "bannos-18605";
    shop.order(id, json!({"stage": "Packing"})).await;
    let calls = vec![("qc_return_to_decorating", of(id, json!({}))); 2];
    let told = at_once(&shop, &calls, id).await;
    assert_eq!(told.iter().filter(|reply| reply.is_ok()).count(), 1, "{told:?}");
    assert_eq!(history(&shop, id).await, ["qc_return"]);
}
