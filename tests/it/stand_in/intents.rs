//! `with_intent`: the project's own writes, each once for one intent, races among them.

use serde_json::{Value, json};

use super::crowd::at_once;
use super::extensions::extended;
use super::{COMPLETIONS, history, of, with};
use crate::support::shop::{Shop, Who};

/// A write with an intent; the same number is the same intent.
fn intended(function: &str, arguments: Value, number: u32, more: Value) -> Value {
    let context = json!({"intent_id": format!("10000000-0000-4000-8000-{number:012}"), "station": "f1"});
    let mut body = json!({"function": function, "context": with(context, more)});
    body["arguments"] = arguments;
    body
}

/// The same for an order and no more arguments.
fn plain(function: &str, id: &str, number: u32) -> Value {
    intended(function, of(id, json!({})), number, json!({}))
}

async fn send(shop: &mut Shop, body: Value) -> Value {
    shop.call(Who::Station, "with_intent", body).await
}

/// In short what a reply says.
fn outcome(reply: &Value) -> String {
    match &reply["data"]["already_done"] {
        Value::Bool(true) if reply["ok"] == true => "already_done".into(),
        Value::Bool(false) if reply["ok"] == true => "done".into(),
        _ => reply["code"].as_str().unwrap_or_else(|| panic!("no envelope: {reply}")).into(),
    }
}

/// Every write of the project, with what it takes beside the order and where the order is for it.
fn writes() -> Vec<(&'static str, Value, Value)> {
    let mut writes: Vec<_> = COMPLETIONS
        .into_iter()
        .map(|(function, stage, _)| (function, json!({"p_notes": "x"}), json!({"stage": stage})))
        .collect();
    writes.extend([
        ("print_barcode", json!({}), json!({})),
        ("start_covering", json!({}), json!({"stage": "Covering"})),
        ("start_decorating", json!({}), json!({"stage": "Decorating"})),
        ("qc_return_to_decorating", json!({"p_notes": "cracked"}), json!({"stage": "Packing"})),
        ("assign_staff", json!({"p_staff_id": Who::Baker.id()}), json!({})),
        ("set_storage", json!({"p_storage": "Fridge 1"}), json!({})),
    ]);
    writes
}

#[tokio::test]
async fn each_write_is_done_once_and_answers_the_same_for_ever() {
    let mut shop = extended().await;
    for (number, (function, more, columns)) in writes().into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, columns).await;
        let body = intended(function, of(&id, more), number as u32, json!({}));
        let first = send(&mut shop, body.clone()).await;
        assert_eq!(outcome(&first), "done", "{function}: {first}");
        let row = shop.row(&id).await;
        for column in ["stage", "assignee_id", "storage"] {
            assert_eq!(first["data"][column], row[column], "{function}");
        }
        let returned = u32::from(function == "qc_return_to_decorating");
        assert_eq!((&first["data"]["id"], &first["data"]["rework"]), (&json!(id), &json!(returned)));
        let expected = match function {
            "set_storage" => Value::Null,
            "print_barcode" => json!("LOW"),
            _ => json!(true),
        };
        let result = &first["data"]["result"];
        let told = match function {
            "print_barcode" => &result["priority"],
            "start_covering" | "start_decorating" => &result["success"],
            _ => result,
        };
        assert_eq!(*told, expected, "{function}: what the project's function returned");
        let mark = &first["data"]["mark"];
        assert_eq!(
            mark["by"].as_str(),
            (function != "set_storage").then_some("Station"),
            "{function}: {mark}"
        );

        // Whatever happened since: cancelled, moved on, and with a corrected clock and another count of returns.
        let since = "update public.orders_bannos set cancelled_at = now(), stage = 'Filling', storage = null, assignee_id = null where id = $1";
        shop.client.execute(since, &[&id]).await.unwrap();
        let (row, events) = (shop.row(&id).await, history(&shop, &id).await);
        let mut again = body;
        again["context"]["captured_at"] = json!("2026-11-01T00:00:00Z");
        again["context"]["rework"] = json!(7);
        assert_eq!(send(&mut shop, again).await, first, "{function}");
        assert_eq!((shop.row(&id).await, history(&shop, &id).await), (row, events), "{function}");
    }
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(writes().len()));
}

#[tokio::test]
async fn the_same_intent_with_another_body_is_refused() {
    let mut shop = extended().await;
    for id in ["bannos-1", "bannos-2"] {
        shop.order(id, json!({})).await;
    }
    assert_eq!(outcome(&send(&mut shop, plain("complete_filling", "bannos-1", 1)).await), "done");
    let noted = intended("complete_filling", of("bannos-1", json!({"p_notes": "x"})), 1, json!({}));
    for other in [plain("complete_filling", "bannos-2", 1), plain("complete_covering", "bannos-1", 1), noted]
    {
        let told = send(&mut shop, other).await;
        assert_eq!((&told["code"], told.get("data")), (&json!("CONFLICT"), None), "{told}");
    }
    assert_eq!(shop.row("bannos-1").await["stage"], "Covering");
    assert_eq!(shop.row("bannos-2").await["stage"], "Filling");
}

#[tokio::test]
async fn what_is_done_already_is_said_and_not_done_again() {
    let mut shop = extended().await;
    let id = "bannos-1";
    shop.order(id, json!({})).await;
    let mut number = 0;
    for (function, more) in [
        ("complete_filling", json!({})),
        ("complete_covering", json!({})),
        ("start_decorating", json!({})),
        ("assign_staff", json!({"p_staff_id": Who::Baker.id()})),
        ("complete_decorating", json!({})),
        ("set_storage", json!({"p_storage": "Fridge 1"})),
        ("complete_packing", json!({})),
    ] {
        for expected in ["done", "already_done"] {
            number += 1;
            let body = intended(function, of(id, more.clone()), number, json!({}));
            let told = send(&mut shop, body).await;
            assert_eq!(outcome(&told), expected, "{function}: {told}");
        }
    }
    assert_eq!(history(&shop, id).await, ["complete", "complete", "start", "assign", "complete", "complete"]);
    // Filling was completed without a label; one that comes now is a copy, and an event.
    let told = send(&mut shop, plain("print_barcode", id, 90)).await;
    assert_eq!((outcome(&told).as_str(), &told["data"]["result"]["order_id"]), ("already_done", &json!(id)));
    shop.order("bannos-2", json!({})).await;
    let first = send(&mut shop, plain("print_barcode", "bannos-2", 91)).await;
    let second = send(&mut shop, plain("print_barcode", "bannos-2", 92)).await;
    assert_eq!((outcome(&first).as_str(), outcome(&second).as_str()), ("done", "already_done"));
    assert_eq!(history(&shop, "bannos-2").await, ["print"; 2]);
    assert_eq!(second["data"]["filling_start_ts"], first["data"]["filling_start_ts"]);
}

#[tokio::test]
async fn a_view_that_is_a_return_behind_changes_nothing() {
    let mut shop = extended().await;
    let id = "bannos-1";
    shop.order(id, json!({"stage": "Packing", "decorating_complete_ts": "2026-11-02T02:00:00+00:00"})).await;
    let returning = |number, rework| {
        intended(
            "qc_return_to_decorating",
            of(id, json!({"p_notes": "x"})),
            number,
            json!({"rework": rework}),
        )
    };
    assert_eq!(outcome(&send(&mut shop, returning(1, 0)).await), "done");
    for function in ["complete_decorating", "print_barcode", "start_decorating", "set_storage"] {
        let more = if function == "set_storage" { json!({"p_storage": "x"}) } else { json!({}) };
        for rework in [0, 2] {
            let body = intended(function, of(id, more.clone()), 2, json!({"rework": rework}));
            let told = send(&mut shop, body).await;
            assert_eq!(told["code"], "CONFLICT", "{function} with {rework}: {told}");
            assert_eq!(
                told["data"],
                json!({"id": id, "stage": "Decorating", "rework": 1, "cancelled_at": null}),
                "{function}"
            );
        }
    }
    assert_eq!(outcome(&send(&mut shop, returning(3, 0)).await), "already_done");
    let done = intended("complete_decorating", of(id, json!({})), 2, json!({"rework": 1}));
    assert_eq!(outcome(&send(&mut shop, done).await), "done", "a refusal kept nothing of the id");
    assert_eq!(history(&shop, id).await, ["qc_return", "complete"]);
}

#[tokio::test]
async fn refusals_say_why_and_keep_nothing() {
    let mut shop = extended().await;
    shop.order("bannos-1", json!({})).await;
    shop.order("bannos-2", json!({"cancelled_at": "2026-11-02T02:00:00+00:00"})).await;
    shop.order("bannos-3", json!({"stage": "Complete", "cancelled_at": "2026-11-02T02:00:00+00:00"})).await;
    let stored = of("bannos-1", json!({"p_storage": "x"}));
    for (who, body, code) in [
        (Who::Station, plain("complete_packing", "bannos-1", 1), "INVALID_STAGE"),
        (Who::Station, plain("qc_return_to_decorating", "bannos-1", 1), "INVALID_STAGE"),
        (Who::Station, plain("complete_filling", "bannos-2", 1), "CONFLICT"),
        (Who::Station, plain("print_barcode", "bannos-3", 1), "CONFLICT"),
        (Who::Station, plain("start_covering", "bannos-3", 1), "CONFLICT"),
        (Who::Station, plain("complete_packing", "bannos-3", 1), "CONFLICT"),
        (Who::Station, plain("complete_filling", "bannos-4", 1), "NOT_FOUND"),
        (Who::Station, plain("complete_filling", "BANNOS-1", 1), "BAD_INPUT"),
        (Who::Station, plain("drop_everything", "bannos-1", 1), "BAD_INPUT"),
        (Who::Station, plain("assign_staff", "bannos-1", 1), "BAD_INPUT"),
        (Who::Station, plain("set_storage", "bannos-1", 1), "BAD_INPUT"),
        (Who::Station, intended("complete_filling", stored.clone(), 1, json!({})), "BAD_INPUT"),
        (Who::Station, intended("complete_filling", json!([]), 1, json!({})), "BAD_INPUT"),
        (
            Who::Station,
            intended("print_barcode", of("bannos-1", json!({})), 1, json!({"intent_id": null})),
            "BAD_INPUT",
        ),
        (
            Who::Station,
            intended("print_barcode", of("bannos-1", json!({})), 1, json!({"intent_id": "x"})),
            "BAD_INPUT",
        ),
        (
            Who::Station,
            intended("print_barcode", of("bannos-1", json!({"p_store": "flourlane"})), 1, json!({})),
            "BAD_INPUT",
        ),
        (Who::Miller, plain("complete_filling", "bannos-1", 1), "PERMISSION_DENIED"),
        (Who::Stranger, plain("complete_filling", "bannos-1", 1), "PERMISSION_DENIED"),
    ] {
        let told = shop.call(who, "with_intent", body.clone()).await;
        assert_eq!((&told["ok"], told["code"].as_str()), (&json!(false), Some(code)), "{body}: {told}");
        assert!(told["message"].is_string());
    }
    // A cancelled cake has to stand somewhere.
    let storage = of("bannos-3", json!({"p_storage": "x"}));
    assert_eq!(outcome(&send(&mut shop, intended("set_storage", storage, 1, json!({}))).await), "done");
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(1));
    assert!(history(&shop, "bannos-1").await.is_empty());
}

#[tokio::test]
async fn what_the_projects_own_function_raises_comes_through() {
    let mut shop = extended().await;
    shop.order("bannos-1", json!({"shopify_order_number": null})).await;
    let refused =
        shop.rows(Who::Station, "with_intent", plain("print_barcode", "bannos-1", 1)).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message.as_str()),
        ("P0001", "Cannot print barcode: shopify_order_number is NULL for order bannos-1")
    );
    shop.client.batch_execute("update public.orders_bannos set shopify_order_number = 1").await.unwrap();
    assert_eq!(outcome(&send(&mut shop, plain("print_barcode", "bannos-1", 1)).await), "done");
}

#[tokio::test]
async fn of_four_at_once_one_makes_the_change() {
    let shop = extended().await;
    for (number, (function, more, columns)) in writes().into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, columns).await;
        let calls: Vec<_> = (0..4)
            .map(|caller| {
                let intent = 100 * number as u32 + caller;
                ("with_intent", intended(function, of(&id, more.clone()), intent, json!({})))
            })
            .collect();
        let told: Vec<_> = at_once(&shop, &calls, &id).await.into_iter().map(Result::unwrap).collect();
        let mut outcomes: Vec<_> = told.iter().map(outcome).collect();
        outcomes.sort();
        assert_eq!(
            outcomes,
            ["already_done", "already_done", "already_done", "done"],
            "{function}: {told:?}"
        );
        let expected = match function {
            // A copy is an event; a place is none.
            "print_barcode" => 4,
            "set_storage" => 0,
            _ => 1,
        };
        assert_eq!(history(&shop, &id).await.len(), expected, "{function}");
    }
}

#[tokio::test]
async fn the_same_intent_four_times_at_once_is_one_action() {
    let shop = extended().await;
    for (number, (function, more, columns)) in writes().into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        shop.order(&id, columns).await;
        let body = intended(function, of(&id, more), number as u32, json!({}));
        let told = at_once(&shop, &vec![("with_intent", body); 4], &id).await;
        assert!(told.iter().all(|reply| reply == &told[0]), "{function}: {told:?}");
        assert_eq!(outcome(told[0].as_ref().unwrap()), "done", "{function}");
        assert_eq!(history(&shop, &id).await.len(), usize::from(function != "set_storage"), "{function}");
    }
    assert_eq!(shop.ask("select count(*) from public.intents").await, json!(writes().len()));
}
