//! Who reads which table, and what is done for somebody who is not signed in.

use serde_json::{Value, json};

use super::of;
use crate::support::shop::{Shop, Who};

async fn shop() -> Shop {
    let shop = Shop::stand_in().await;
    shop.order("bannos-1", json!({})).await;
    shop.order("bannos-2", json!({"assignee_id": Who::Baker.id()})).await;
    shop.order("flourlane-1", json!({"customer_name": "Ana"})).await;
    let event = "insert into public.stage_events (store, order_id, stage, event_type) values ('bannos', 'bannos-1', 'Filling', 'print')";
    shop.client.batch_execute(event).await.unwrap();
    shop
}

#[tokio::test]
async fn orders_are_rows_only_for_those_who_lead_and_the_assignee() {
    let mut shop = shop().await;
    for (who, bannos, flourlane) in [
        (Who::Anon, 0, 0),
        (Who::Stranger, 0, 0),
        (Who::Station, 0, 0),
        (Who::Runner, 0, 0),
        (Who::Miller, 0, 0),
        (Who::Baker, 1, 0),
        (Who::Supervisor, 2, 1),
        (Who::Admin, 2, 1),
    ] {
        for (table, seen) in [("orders_bannos", bannos), ("orders_flourlane", flourlane)] {
            let sql = format!("select * from public.{table}");
            assert_eq!(shop.statement(who, &sql).await, Ok(seen), "{table} by {who:?}");
        }
    }
}

#[tokio::test]
async fn history_is_open_to_every_signed_in_account() {
    let mut shop = shop().await;
    for who in [Who::Stranger, Who::Station, Who::Miller, Who::Supervisor] {
        let sql = "select * from public.stage_events where order_id = 'bannos-1'";
        assert_eq!(shop.statement(who, sql).await, Ok(1), "{who:?}");
    }
    let columns = "select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
        where a.attrelid = 'public.stage_events'::regclass and a.attnum > 0";
    assert_eq!(
        shop.ask(columns).await,
        json!(["store", "order_id", "stage", "event_type", "at_ts", "staff_id", "meta"])
    );
}

#[tokio::test]
async fn no_client_writes_a_table() {
    let mut shop = shop().await;
    for who in [Who::Anon, Who::Station, Who::Baker, Who::Supervisor, Who::Admin] {
        for sql in [
            "update public.orders_bannos set stage = 'Complete'",
            "delete from public.orders_bannos",
            "insert into public.stage_events (store, order_id, stage, event_type) values ('bannos', 'x', 'Filling', 'print')",
            "update public.staff_shared set role = 'Admin'",
            "select * from public.audit_log",
            "select * from public.settings",
        ] {
            assert_eq!(shop.statement(who, sql).await.unwrap_err().code(), "42501", "{who:?}: {sql}");
        }
    }
}

#[tokio::test]
async fn being_not_signed_in_is_not_always_refused() {
    let mut shop = shop().await;
    let storage = of("flourlane-1", json!({"p_storage": "The moon"}));
    shop.rows(Who::Anon, "set_storage", storage).await.unwrap();
    assert_eq!(shop.row("flourlane-1").await["storage"], "The moon", "anybody moves a cake");
    for (function, arguments) in [
        ("get_queue", json!({"p_store": "flourlane"})),
        ("get_order_v2", of("flourlane-1", json!({}))),
        ("get_order_for_scan", json!({"p_scan": "flourlane-1"})),
    ] {
        let rows = shop.rows(Who::Anon, function, arguments).await.unwrap();
        assert_eq!(rows[0]["customer_name"], "Ana", "{function}");
    }
    let counts = shop.rows(Who::Anon, "get_unassigned_counts", json!({"p_store": "bannos"})).await.unwrap();
    assert_eq!(counts.len(), 1);
    for (function, said) in [
        ("complete_filling", "Authentication required"),
        ("qc_return_to_decorating", "Authentication required"),
        ("print_barcode", "Authentication required: auth.uid() returned NULL"),
        ("start_covering", "Authentication required: auth.uid() returned NULL"),
    ] {
        let refused = shop.rows(Who::Anon, function, of("bannos-1", json!({}))).await.unwrap_err();
        assert_eq!((refused.code(), refused.message.as_str()), ("P0001", said), "{function}");
    }
    let assign = of("bannos-1", json!({"p_staff_id": Value::Null}));
    let refused = shop.rows(Who::Anon, "assign_staff", assign).await.unwrap_err();
    assert_eq!(refused.message, "Not authenticated");
}
