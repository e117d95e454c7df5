//! Who may read and call what: row level security and grants, denials too.

use serde_json::{Value, json};

use super::At;
use crate::support::shop::{Shop, Who};

const EVERYONE: [Who; 11] = [
    Who::Anon,
    Who::Station,
    Who::Baker,
    Who::Admin,
    Who::Miller,
    Who::Unapproved,
    Who::Inactive,
    Who::Stranger,
    Who::Service,
    Who::Runner,
    Who::Supervisor,
];

const TABLES: [&str; 10] = [
    "orders_bannos",
    "orders_flourlane",
    "stage_events",
    "staff_shared",
    "intents",
    "settings",
    "stations",
    "inventory_items",
    "inventory_txn",
    "work_queue",
];

async fn stocked() -> Shop {
    let mut shop = Shop::open().await;
    At::New.put(&shop, "bannos-1").await;
    At::New.put(&shop, "flourlane-1").await;
    for id in ["bannos-1", "flourlane-1"] {
        shop.call(Who::Station, "handle_print_barcode", json!({"id": id})).await;
    }
    shop.call(Who::Station, "station_heartbeat", json!({"station": "f1", "report": {}})).await;
    shop
}

#[tokio::test]
async fn who_may_not_work_here_reads_nothing_but_its_own_row() {
    let mut shop = stocked().await;
    for (who, own) in [(Who::Unapproved, 1), (Who::Inactive, 1), (Who::Stranger, 0)] {
        for name in TABLES {
            let expected = match name {
                "orders_bannos" | "orders_flourlane" | "stage_events" => Ok(0),
                "staff_shared" => Ok(own),
                _ => Err("42501".to_owned()),
            };
            let seen = shop.statement(who, &format!("select * from public.{name}")).await;
            assert_eq!(seen.map_err(|code| code.code().to_owned()), expected, "{name} by {who:?}");
        }
    }
}

#[tokio::test]
async fn no_client_writes_a_table() {
    let mut shop = stocked().await;
    for who in EVERYONE.into_iter().filter(|who| *who != Who::Service) {
        for name in TABLES {
            for sql in [
                format!("insert into public.{name} default values"),
                format!("update public.{name} set {} = null", column_of(name)),
                format!("delete from public.{name}"),
                format!("truncate public.{name}"),
                format!("select * from public.{name} for update"),
            ] {
                let refused = shop.statement(who, &sql).await.unwrap_err();
                assert_eq!(refused.code(), "42501", "{who:?}: {sql}");
            }
        }
        for sql in [
            "select nextval('public.stage_events_id_seq')",
            "select nextval('public.work_queue_id_seq')",
            "select nextval('public.inventory_items_id_seq')",
            "select nextval('public.inventory_txn_id_seq')",
            "select * from ordak.orders",
            "select ordak.act('complete_filling', 'bannos-1', null, '{}')",
            "create table public.mine (id int)",
        ] {
            let refused = shop.statement(who, sql).await.unwrap_err();
            assert_eq!(refused.code(), "42501", "{who:?}: {sql}");
        }
    }
}

fn column_of(table: &str) -> &'static str {
    match table {
        "settings" => "value",
        "intents" => "reply",
        "stations" => "report",
        "stage_events" => "meta",
        "staff_shared" => "role",
        "inventory_items" => "ats",
        "inventory_txn" => "delta",
        "work_queue" => "status",
        _ => "stage",
    }
}

#[tokio::test]
async fn the_service_key_writes_what_the_office_writes() {
    let mut shop = stocked().await;
    for sql in [
        "insert into public.orders_bannos (id, shopify_order_number) values ('bannos-2', 2)",
        "update public.orders_flourlane set cancelled_at = now()",
        "delete from public.orders_flourlane",
        "insert into public.settings (store, key, value) values ('bannos', 'freeze', 'true')",
        "update public.settings set value = '\"Europe/Athens\"' where key = 'timezone'",
        "update public.staff_shared set is_active = false",
        "insert into public.stage_events (order_id, store, stage, action, at)
            values ('bannos-1', 'bannos', 'Filling', 'print', now())",
    ] {
        let changed =
            shop.statement(Who::Service, sql).await.unwrap_or_else(|refused| panic!("{sql}: {refused:?}"));
        assert!(changed > 0, "{sql}");
    }
}

#[tokio::test]
async fn what_is_called_by_whom_is_listed_here() {
    let shop = Shop::open().await;
    let callable = |role: &str| {
        format!(
            "select jsonb_agg(p.oid::regprocedure::text order by p.oid::regprocedure::text) from pg_proc p
             where p.pronamespace in ('public'::regnamespace, 'ordak'::regnamespace)
                and has_function_privilege('{role}', p.oid, 'execute')
                and has_schema_privilege('{role}', p.pronamespace, 'usage')"
        )
    };
    assert_eq!(shop.ask(&callable("anon")).await, json!(null));
    let of_the_service = [
        "claim_work(text,integer,text[])",
        "deduct_on_order_create(text,jsonb,jsonb)",
        "finish_work(bigint,text,text)",
        "start_work(bigint,text)",
    ];
    assert_eq!(shop.ask(&callable("service_role")).await, json!(of_the_service));
    let public = shop.ask(&callable("authenticated")).await;
    let expected = [
        "assign_staff(text,uuid,uuid,text,jsonb)",
        "complete_covering(text,uuid,jsonb)",
        "complete_decorating(text,uuid,jsonb)",
        "complete_filling(text,uuid,jsonb)",
        "complete_packing(text,uuid,jsonb)",
        "get_changes(text,timestamp with time zone,integer,integer)",
        "get_ops_signals()",
        "get_order(text)",
        "get_order_events(text)",
        "get_order_for_scan(text)",
        "get_queue(text,date,date,integer,integer)",
        "get_settings(text)",
        "get_staff(text)",
        "get_staff_by_badge(text)",
        "get_stations()",
        "get_unassigned_counts(text)",
        "get_unassigned_list(text,stage_type,integer,integer)",
        "handle_print_barcode(text,uuid,jsonb)",
        "qc_return_to_decorating(text,uuid,text,jsonb)",
        "set_storage(text,text,uuid,jsonb)",
        "start_packing(text,uuid,jsonb)",
        "station_heartbeat(text,jsonb)",
    ];
    assert_eq!(public, json!(expected));

    // Whoever runs with its owner's rights must not be led astray by the caller's search path.
    let unpinned = "select jsonb_agg(p.oid::regprocedure) from pg_proc p
        where p.pronamespace in ('public'::regnamespace, 'ordak'::regnamespace) and p.prosecdef
            and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)";
    assert_eq!(shop.ask(unpinned).await, json!(null));
    let definers =
        "select count(*) from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef";
    assert_eq!(shop.ask(definers).await, json!(expected.len() + of_the_service.len()));
}

#[tokio::test]
async fn a_callers_own_objects_lead_nothing_astray() {
    let shop = Shop::open().await;
    for id in ["bannos-1", "bannos-2"] {
        At::New.put(&shop, id).await;
    }
    let mut client = shop.database.connect().await;
    let transaction = client.transaction().await.unwrap();
    let claims = format!(r#"set local "request.jwt.claims" = '{{"sub": "{}"}}'"#, Who::Station.id());
    transaction.batch_execute(&claims).await.unwrap();
    // What is first on the path is found first; a copy whose path is not pinned takes the bait.
    transaction
        .batch_execute(
            "create schema bait;
             create function bait.clock_timestamp() returns timestamptz language sql as $$select '1999-01-01'::timestamptz$$;
             create function public.unpinned(id text) returns jsonb language sql security definer as
                 $$select ordak.act('complete_filling', id, null, '{}')$$;
             set local search_path = bait, pg_catalog, public",
        )
        .await
        .unwrap();
    let astray: Value =
        transaction.query_one("select public.unpinned('bannos-1')", &[]).await.unwrap().get(0);
    assert!(astray["data"]["filling_complete_ts"].as_str().unwrap() < "2000", "no bait: {astray}");
    // A temporary type or table is found before all else, unless the path says otherwise.
    transaction
        .batch_execute("create domain pg_temp.jsonb as text; create temporary table pg_proc (x int)")
        .await
        .unwrap();
    let sql = "select public.complete_filling('bannos-2', null, '{}'::pg_catalog.jsonb)";
    let reply: Value = transaction.query_one(sql, &[]).await.unwrap().get(0);
    assert!(reply["data"]["filling_complete_ts"].as_str().unwrap() > "2026", "{reply}");
    transaction.rollback().await.unwrap();
}
