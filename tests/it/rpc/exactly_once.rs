//! `context`: an intent is one action for ever, a stale view changes nothing, and time never moves backward.

use serde_json::{Value, json};

use super::{At, WRITES, arguments, intent, outcome, with};
use crate::support::shop::{Shop, Who};

#[tokio::test]
async fn the_same_intent_answers_the_same_for_ever() {
    let mut shop = Shop::open().await;
    for (number, (function, _, stage)) in WRITES.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        At::ready(function, stage).put(&shop, &id).await;
        let context = json!({"intent_id": intent(number as u32), "station": "s1"});
        let first = shop.call(Who::Baker, function, with(function, &id, context.clone())).await;
        assert_eq!(outcome(&first), "done", "{first}");

        // Whatever happened since: cancelled, moved on, returned.
        let sql = "update public.orders_bannos set cancelled_at = now(), stage = 'Filling', rework = 7 where id = $1";
        shop.client.execute(sql, &[&id]).await.unwrap();
        let before = (shop.row(&id).await, shop.events(&id).await);
        // A station may correct its clock, and be told of a return, before it sends again.
        let later =
            json!({"intent_id": intent(number as u32), "captured_at": "2026-11-01T00:00:00Z", "rework": 7});
        for context in [context, later] {
            let again = shop.call(Who::Baker, function, with(function, &id, context)).await;
            assert_eq!(again, first, "{function}");
        }
        assert_eq!((shop.row(&id).await, shop.events(&id).await), before, "{function}");
    }
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(WRITES.len()));
}

#[tokio::test]
async fn already_done_is_an_answer_for_ever_too() {
    // Trace answered_then_returned.
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Decorating.put(&shop, id).await;
    let function = "complete_decorating";
    let first = shop.call(Who::Baker, function, with(function, id, json!({"intent_id": intent(1)}))).await;
    assert_eq!(outcome(&first), "done");
    let second = with(function, id, json!({"intent_id": intent(2)}));
    let told = shop.call(Who::Admin, function, second.clone()).await;
    assert_eq!(outcome(&told), "already_done");
    let returned =
        shop.call(Who::Baker, "qc_return_to_decorating", json!({"id": id, "reason": "cracked"})).await;
    assert_eq!(outcome(&returned), "done");
    let row = shop.row(id).await;
    assert_eq!(shop.call(Who::Admin, function, second).await, told);
    assert_eq!(shop.row(id).await, row);
}

#[tokio::test]
async fn the_same_intent_with_another_body_is_refused() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Packing.put(&shop, id).await;
    At::Packing.put(&shop, "bannos-18618").await;
    let body = json!({
        "id": id, "reason": "cracked", "performed_by": Who::Baker.id(), "context": {"intent_id": intent(1)}
    });
    let first = shop.call(Who::Station, "qc_return_to_decorating", body.clone()).await;
    assert_eq!(outcome(&first), "done", "{first}");
    let before = (shop.row(id).await, shop.row("bannos-18618").await, shop.events(id).await);

    let changes = [
        ("another order", json!({"id": "bannos-18618"})),
        ("an order that is not there", json!({"id": "bannos-18619"})),
        ("another performer", json!({"performed_by": Who::Admin.id()})),
        ("no performer", json!({"performed_by": null})),
        ("another reason", json!({"reason": "smudged"})),
    ];
    for (case, change) in changes {
        let mut other = body.clone();
        other.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = shop.call(Who::Station, "qc_return_to_decorating", other).await;
        assert_eq!(outcome(&reply), "CONFLICT", "{case}: {reply}");
    }
    for (function, ..) in WRITES.into_iter().take(6) {
        let context = json!({"intent_id": intent(1), "rework": 1});
        let reply = shop.call(Who::Station, function, with(function, id, context)).await;
        assert_eq!(outcome(&reply), "CONFLICT", "{function}: {reply}");
    }
    assert_eq!((shop.row(id).await, shop.row("bannos-18618").await, shop.events(id).await), before);
    assert_eq!(shop.call(Who::Station, "qc_return_to_decorating", body).await, first);
}

#[tokio::test]
async fn a_refusal_stores_nothing_and_may_be_sent_again() {
    let mut shop = Shop::open().await;
    let id = "bannos-18617";
    At::Printed.put(&shop, id).await;
    let held = with("complete_covering", id, json!({"intent_id": intent(1)}));
    let early = shop.call(Who::Baker, "complete_covering", held.clone()).await;
    assert_eq!(outcome(&early), "INVALID_STAGE");
    assert_eq!(early["data"]["stage"], json!("Filling"));
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(0));

    shop.call(Who::Baker, "complete_filling", json!({"id": id})).await;
    assert_eq!(outcome(&shop.call(Who::Baker, "complete_covering", held).await), "done");
}

#[tokio::test]
async fn what_did_not_know_of_a_return_changes_nothing() {
    // Traces held_completion_after_return and absent_rework.
    let mut shop = Shop::open().await;
    let mut number = 60_000;
    for (function, ..) in WRITES {
        for at in At::ALL {
            for (seen, actual) in [(Some(0), 1), (None, 1), (Some(1), 2), (Some(2), 1)] {
                number += 1;
                let id = format!("bannos-{number}");
                let mut columns = at.columns();
                columns["rework"] = json!(actual);
                shop.order(&id, columns).await;
                let before = shop.row(&id).await;
                let context = seen.map_or(json!({}), |seen| json!({"rework": seen}));
                let reply = shop.call(Who::Admin, function, with(function, &id, context)).await;
                // A return that knew of fewer returns has been made.
                let is_made = function == "qc_return_to_decorating" && seen.unwrap_or(0) < actual;
                let expected = if is_made { "already_done" } else { "CONFLICT" };
                assert_eq!(outcome(&reply), expected, "{function} at {at:?}, {seen:?} of {actual}: {reply}");
                assert_eq!(reply["data"]["rework"], json!(actual));
                assert_eq!(shop.row(&id).await, before);
            }
        }
    }
}

#[tokio::test]
async fn a_scan_made_offline_keeps_its_time_and_time_never_moves_backward() {
    let mut shop = Shop::open().await;
    let life = ["handle_print_barcode", "complete_filling", "complete_covering", "complete_decorating"];
    let early = "2026-11-02T01:00:00+00:00";
    let late = "2026-11-02T02:00:00+00:00";
    let future = "2999-01-01T00:00:00+00:00";
    // Captured at, and the time it must get: none is the server's own.
    let steps = [(early, Some(early)), (late, Some(late)), (early, Some(late)), (future, None)];
    let id = "bannos-18617";
    shop.order(id, json!({})).await;
    for (function, (captured_at, expected)) in life.into_iter().zip(steps) {
        let before = clock(&shop).await;
        let reply =
            shop.call(Who::Baker, function, with(function, id, json!({"captured_at": captured_at}))).await;
        let at = reply["data"]["mark"]["at"].as_str().unwrap().to_owned();
        match expected {
            Some(expected) => assert_eq!(at, expected, "{function}"),
            None => assert!(before < at && at < clock(&shop).await, "{function}: {at}"),
        }
        // The answer itself tells the server's time.
        assert!(reply["data"]["at"].as_str().unwrap() > before.as_str());
    }
    // A return clears timestamps, but not what history remembers.
    let latest = shop.events(id).await.last().unwrap()["at"].clone();
    let context = json!({"captured_at": early});
    let function = "qc_return_to_decorating";
    let reply = shop.call(Who::Baker, function, with(function, id, context)).await;
    assert_eq!(reply["data"]["mark"]["at"], latest);
    let function = "complete_decorating";
    let context = json!({"captured_at": early, "rework": 1});
    let reply = shop.call(Who::Baker, function, with(function, id, context)).await;
    assert_eq!(reply["data"]["decorating_complete_ts"], latest);
}

#[tokio::test]
async fn without_a_context_a_write_is_made_at_the_servers_time() {
    let mut shop = Shop::open().await;
    for (number, context) in
        [json!({}), json!(null), json!({"station": " ", "captured_at": null})].iter().enumerate()
    {
        let id = format!("bannos-{}", 70_000 + number);
        shop.order(&id, json!({})).await;
        let before = clock(&shop).await;
        let mut arguments = arguments("complete_filling", &id);
        arguments["context"] = context.clone();
        let reply = shop.call(Who::Baker, "complete_filling", arguments).await;
        let at = reply["data"]["filling_complete_ts"].as_str().unwrap();
        assert!(before.as_str() < at, "{reply}");
        assert_eq!(reply["data"]["mark"]["station"], Value::Null);
    }
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(0));
}

/// The server's clock, as replies write it.
async fn clock(shop: &Shop) -> String {
    shop.ask("select clock_timestamp() at time zone 'UTC'").await.as_str().unwrap().to_owned() + "+00:00"
}
