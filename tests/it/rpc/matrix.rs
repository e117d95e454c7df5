//! Who may do what, all of it: role × table × verb, and role × function × store, denials included, on PostgreSQL 15 and on
//! the embedded engine.

use std::fmt::Write as _;

use pglite_oxide::PgliteServer;
use serde_json::{Value, json};
use tokio_postgres::{Client, Config, NoTls};

use super::At;
use crate::support::cluster::{Database, migrate};
use crate::support::shop::{Who, call_within, hire, insert_order, statement};

/// A column of the table each.
const ROLES: [(&str, Who); 9] = [
    ("anon", Who::Anon),
    ("pending", Who::Unapproved),
    ("bannos", Who::Baker),
    ("flourlane", Who::Miller),
    ("both", Who::Runner),
    ("station", Who::Station),
    ("supervisor", Who::Supervisor),
    ("admin", Who::Admin),
    ("service", Who::Service),
];

/// Every table: what an insert gives it, and a column that an update may set to itself.
const TABLES: [(&str, &str, &str); 10] = [
    (
        "intents",
        "(intent_id, function, order_id, arguments_hash, reply) values (gen_random_uuid(), 'f', 'o', 'h', '{}')",
        "reply",
    ),
    ("inventory_items", "(store, sku) values ('bannos', 'new')", "ats"),
    (
        "inventory_txn",
        "(order_gid, line, reason, store, delta, at) values ('g', 1, 'count', 'bannos', 1, now())",
        "delta",
    ),
    ("orders_bannos", "(id, shopify_order_number) values ('bannos-9', 9)", "stage"),
    ("orders_flourlane", "(id, shopify_order_number) values ('flourlane-9', 9)", "stage"),
    ("settings", "(store, key, value) values ('bannos', 'new', '1')", "value"),
    ("staff_shared", "(id, full_name) values ('00000000-0000-4000-8000-000000000007', 'New')", "role"),
    (
        "stage_events",
        "(order_id, store, stage, action, at) values ('bannos-9', 'bannos', 'Filling', 'print', now())",
        "meta",
    ),
    ("stations", "(station, report, reported_at) values ('new', '{}', now())", "report"),
    ("work_queue", "(topic) values ('new')", "status"),
];

/// Every function: where the order stands that it is called on, and its arguments; `STORE` and `ORDER` are those of the line.
const FUNCTIONS: [(&str, At, &str); 27] = [
    ("assign_staff", At::New, r#"{"id": "ORDER", "staff_id": null}"#),
    ("claim_work", At::New, r#"{"worker": "w"}"#),
    ("complete_covering", At::Covering, r#"{"id": "ORDER"}"#),
    ("complete_decorating", At::Decorating, r#"{"id": "ORDER"}"#),
    ("complete_filling", At::Printed, r#"{"id": "ORDER"}"#),
    ("complete_packing", At::Started, r#"{"id": "ORDER"}"#),
    (
        "deduct_on_order_create",
        At::New,
        r#"{"order_gid": "gid://shopify/Order/1", "payload": {"store": "STORE", "line_items": []}}"#,
    ),
    ("finish_work", At::New, r#"{"id": 1, "worker": "w"}"#),
    ("get_changes", At::New, r#"{"store": "STORE", "since": null}"#),
    ("get_ops_signals", At::New, "{}"),
    ("get_order", At::New, r#"{"id": "ORDER"}"#),
    ("get_order_events", At::New, r#"{"id": "ORDER"}"#),
    ("get_order_for_scan", At::New, r#"{"scan": "ORDER"}"#),
    ("get_queue", At::New, r#"{"store": "STORE"}"#),
    ("get_settings", At::New, r#"{"store": "STORE"}"#),
    ("get_staff", At::New, r#"{"store": "STORE"}"#),
    ("get_staff_by_badge", At::New, r#"{"badge": "1001"}"#),
    ("get_stations", At::New, "{}"),
    ("get_unassigned_counts", At::New, r#"{"store": "STORE"}"#),
    ("get_unassigned_list", At::New, r#"{"store": "STORE", "stage": "Filling"}"#),
    ("handle_print_barcode", At::New, r#"{"id": "ORDER"}"#),
    ("qc_return_to_decorating", At::Packing, r#"{"id": "ORDER", "reason": "cracked"}"#),
    // From Complete: for those whose role is Admin.
    ("qc_return_to_decorating", At::Complete, r#"{"id": "ORDER", "reason": "cracked"}"#),
    ("set_storage", At::New, r#"{"id": "ORDER", "storage": "Fridge 1"}"#),
    ("start_packing", At::Packing, r#"{"id": "ORDER"}"#),
    ("start_work", At::New, r#"{"id": 1, "worker": "w"}"#),
    ("station_heartbeat", At::New, r#"{"station": "new", "report": {}}"#),
];

const STORES: [&str; 2] = ["bannos", "flourlane"];

#[tokio::test]
async fn who_may_do_what_on_postgresql_15() {
    let database = Database::migrated();
    let mut client = database.connect().await;
    assert_eq!(
        client
            .query_one("select current_setting('server_version_num')::int / 10000", &[])
            .await
            .unwrap()
            .get::<_, i32>(0),
        15
    );
    assert_matrix(&mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_do_what_on_the_embedded_engine() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join(".s.PGSQL.5432");
    let server = tokio::task::spawn_blocking(|| PgliteServer::builder().unix(socket).temporary().start());
    let server = server.await.unwrap().unwrap();
    let mut config = Config::new();
    config.host_path(folder.path()).user("postgres").dbname("template1");
    let (mut client, connection) = config.connect(NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    migrate(&client).await;
    assert_matrix(&mut client).await;
    drop(client);
    connection.await.unwrap().unwrap();
    tokio::task::spawn_blocking(move || server.shutdown()).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_matrix_leaves_nothing_out() {
    let database = Database::migrated();
    let client = database.connect().await;
    let listed = |sql: &'static str| {
        let client = &client;
        async move { client.query_one(sql, &[]).await.unwrap().get::<_, Vec<String>>(0) }
    };
    let tables = listed(
        "select array_agg(c.relname::text order by c.relname) from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')",
    );
    assert_eq!(tables.await, TABLES.map(|(name, ..)| name));
    let functions = listed(
        "select array_agg(p.proname::text order by p.proname) from pg_proc p
         where p.pronamespace = 'public'::regnamespace",
    );
    let mut called = FUNCTIONS.map(|(name, ..)| name).to_vec();
    called.dedup();
    assert_eq!(functions.await, called);
}

async fn assert_matrix(client: &mut Client) {
    stock(client).await;
    let mut told = header("rows of");
    for (table, insert, column) in TABLES {
        for (verb, sql) in [
            ("select", format!("select * from public.{table}")),
            ("insert", format!("insert into public.{table} {insert}")),
            ("update", format!("update public.{table} set {column} = {column}")),
            ("delete", format!("delete from public.{table}")),
        ] {
            let mut cells = Vec::new();
            for (_, who) in ROLES {
                cells.push(match statement(client, who, &sql).await {
                    Ok(rows) => rows.to_string(),
                    Err(code) if code.code() == "42501" => "-".to_owned(),
                    Err(code) => code.code().to_owned(),
                });
            }
            line(&mut told, &format!("{verb} {table}"), &cells);
        }
    }
    told.push('\n');
    told += &header("call of");
    for (place, (function, at, arguments)) in FUNCTIONS.into_iter().enumerate() {
        for store in STORES {
            let order = format!("{store}-{}", 100 + place);
            let arguments = arguments.replace("ORDER", &order).replace("STORE", store);
            let arguments: Value = serde_json::from_str(&arguments).unwrap();
            let mut cells = Vec::new();
            for (_, who) in ROLES {
                cells.push(called(client, who, function, &arguments).await);
            }
            let stage = if at == At::Complete { " from Complete" } else { "" };
            line(&mut told, &format!("{function} {store}{stage}"), &cells);
        }
    }
    // Not assert_eq: both as one line would hide what differs.
    assert!(told.trim_end() == MATRIX.trim(), "the matrix is now:\n{told}");
}

/// Something in every table, and an order where each function needs it.
async fn stock(client: &Client) {
    hire(client).await;
    for (place, (_, at, _)) in FUNCTIONS.into_iter().enumerate() {
        for store in STORES {
            insert_order(client, &format!("{store}-{}", 100 + place), at.columns()).await;
        }
    }
    client
        .batch_execute(&format!(
            "update public.staff_shared set badge = '1001' where id = '{}';
             insert into public.stage_events (order_id, store, stage, action, at) values
                ('bannos-100', 'bannos', 'Filling', 'print', now()),
                ('flourlane-100', 'flourlane', 'Filling', 'print', now());
             insert into public.stations (station, report, reported_at) values ('s1', '{{}}', now());
             insert into public.intents (intent_id, function, order_id, arguments_hash, reply)
                values (gen_random_uuid(), 'f', 'o', 'h', '{{}}');
             insert into public.inventory_items (store, sku) values ('bannos', 'a'), ('flourlane', 'a');
             insert into public.inventory_txn (order_gid, line, reason, store, delta, at)
                values ('gid', 1, 'order_create', 'bannos', -1, now());
             insert into public.work_queue (topic, locked_at, locked_by) values ('t', now(), 'w'), ('t', null, null);
             insert into auth.users (id, email) values ('00000000-0000-4000-8000-000000000007', 'new@x')
                on conflict do nothing;",
            Who::Baker.id()
        ))
        .await
        .unwrap();
}

/// In a word how a call ended; it is taken back.
async fn called(client: &mut Client, who: Who, function: &str, arguments: &Value) -> String {
    let transaction = client.transaction().await.unwrap();
    let told = call_within(&transaction, who, function, arguments).await;
    transaction.rollback().await.unwrap();
    match told {
        Err(code) if code.code() == "42501" => "-".to_owned(),
        Err(code) => code.code().to_owned(),
        Ok(rows) => match rows.as_slice() {
            [row] if row["ok"] == json!(true) => "ok".to_owned(),
            [row] if row["code"] == json!("PERMISSION_DENIED") => "no".to_owned(),
            [row] if row["ok"] == json!(false) => row["code"].to_string(),
            rows => format!("{} rows", rows.len()),
        },
    }
}

fn header(title: &str) -> String {
    let mut told = String::new();
    line(&mut told, title, &ROLES.map(|(role, _)| role.to_owned()));
    told
}

fn line(told: &mut String, head: &str, cells: &[String]) {
    let mut text = format!("{head:<47}");
    for cell in cells {
        write!(text, " {cell:<9}").unwrap();
    }
    told.push_str(text.trim_end());
    told.push('\n');
}

/// A number is of rows seen or changed, `-` a refusal with SQLSTATE 42501, `ok` an envelope that says so, `no` one that says
/// `PERMISSION_DENIED`.
const MATRIX: &str = "
rows of                                         anon      pending   bannos    flourlane both      station   supervisor admin     service
select intents                                  -         -         -         -         -         -         -         -         1
insert intents                                  -         -         -         -         -         -         -         -         1
update intents                                  -         -         -         -         -         -         -         -         1
delete intents                                  -         -         -         -         -         -         -         -         1
select inventory_items                          -         -         -         -         -         -         -         -         2
insert inventory_items                          -         -         -         -         -         -         -         -         1
update inventory_items                          -         -         -         -         -         -         -         -         2
delete inventory_items                          -         -         -         -         -         -         -         -         2
select inventory_txn                            -         -         -         -         -         -         -         -         1
insert inventory_txn                            -         -         -         -         -         -         -         -         1
update inventory_txn                            -         -         -         -         -         -         -         -         1
delete inventory_txn                            -         -         -         -         -         -         -         -         1
select orders_bannos                            -         0         27        0         27        27        27        27        27
insert orders_bannos                            -         -         -         -         -         -         -         -         1
update orders_bannos                            -         -         -         -         -         -         -         -         27
delete orders_bannos                            -         -         -         -         -         -         -         -         27
select orders_flourlane                         -         0         0         27        27        27        27        27        27
insert orders_flourlane                         -         -         -         -         -         -         -         -         1
update orders_flourlane                         -         -         -         -         -         -         -         -         27
delete orders_flourlane                         -         -         -         -         -         -         -         -         27
select settings                                 -         -         -         -         -         -         -         -         2
insert settings                                 -         -         -         -         -         -         -         -         1
update settings                                 -         -         -         -         -         -         -         -         2
delete settings                                 -         -         -         -         -         -         -         -         2
select staff_shared                             -         1         1         1         1         1         1         1         8
insert staff_shared                             -         -         -         -         -         -         -         -         1
update staff_shared                             -         -         -         -         -         -         -         -         8
delete staff_shared                             -         -         -         -         -         -         -         -         8
select stage_events                             -         0         1         1         2         2         2         2         2
insert stage_events                             -         -         -         -         -         -         -         -         1
update stage_events                             -         -         -         -         -         -         -         -         2
delete stage_events                             -         -         -         -         -         -         -         -         2
select stations                                 -         -         -         -         -         -         -         -         1
insert stations                                 -         -         -         -         -         -         -         -         1
update stations                                 -         -         -         -         -         -         -         -         1
delete stations                                 -         -         -         -         -         -         -         -         1
select work_queue                               -         -         -         -         -         -         -         -         2
insert work_queue                               -         -         -         -         -         -         -         -         1
update work_queue                               -         -         -         -         -         -         -         -         2
delete work_queue                               -         -         -         -         -         -         -         -         2

call of                                         anon      pending   bannos    flourlane both      station   supervisor admin     service
assign_staff bannos                             -         no        ok        no        ok        ok        ok        ok        -
assign_staff flourlane                          -         no        no        ok        ok        ok        ok        ok        -
claim_work bannos                               -         -         -         -         -         -         -         -         1 rows
claim_work flourlane                            -         -         -         -         -         -         -         -         1 rows
complete_covering bannos                        -         no        ok        no        ok        ok        ok        ok        -
complete_covering flourlane                     -         no        no        ok        ok        ok        ok        ok        -
complete_decorating bannos                      -         no        ok        no        ok        ok        ok        ok        -
complete_decorating flourlane                   -         no        no        ok        ok        ok        ok        ok        -
complete_filling bannos                         -         no        ok        no        ok        ok        ok        ok        -
complete_filling flourlane                      -         no        no        ok        ok        ok        ok        ok        -
complete_packing bannos                         -         no        ok        no        ok        ok        ok        ok        -
complete_packing flourlane                      -         no        no        ok        ok        ok        ok        ok        -
deduct_on_order_create bannos                   -         -         -         -         -         -         -         -         ok
deduct_on_order_create flourlane                -         -         -         -         -         -         -         -         ok
finish_work bannos                              -         -         -         -         -         -         -         -         ok
finish_work flourlane                           -         -         -         -         -         -         -         -         ok
get_changes bannos                              -         -         27 rows   -         27 rows   27 rows   27 rows   27 rows   -
get_changes flourlane                           -         -         -         27 rows   27 rows   27 rows   27 rows   27 rows   -
get_ops_signals bannos                          -         no        ok        ok        ok        ok        ok        ok        -
get_ops_signals flourlane                       -         no        ok        ok        ok        ok        ok        ok        -
get_order bannos                                -         no        ok        no        ok        ok        ok        ok        -
get_order flourlane                             -         no        no        ok        ok        ok        ok        ok        -
get_order_events bannos                         -         no        ok        no        ok        ok        ok        ok        -
get_order_events flourlane                      -         no        no        ok        ok        ok        ok        ok        -
get_order_for_scan bannos                       -         no        ok        no        ok        ok        ok        ok        -
get_order_for_scan flourlane                    -         no        no        ok        ok        ok        ok        ok        -
get_queue bannos                                -         -         26 rows   -         26 rows   26 rows   26 rows   26 rows   -
get_queue flourlane                             -         -         -         26 rows   26 rows   26 rows   26 rows   26 rows   -
get_settings bannos                             -         no        ok        no        ok        ok        ok        ok        -
get_settings flourlane                          -         no        no        ok        ok        ok        ok        ok        -
get_staff bannos                                -         no        no        no        no        ok        ok        ok        -
get_staff flourlane                             -         no        no        no        no        ok        ok        ok        -
get_staff_by_badge bannos                       -         no        ok        no        no        ok        ok        ok        -
get_staff_by_badge flourlane                    -         no        ok        no        no        ok        ok        ok        -
get_stations bannos                             -         no        ok        ok        ok        ok        ok        ok        -
get_stations flourlane                          -         no        ok        ok        ok        ok        ok        ok        -
get_unassigned_counts bannos                    -         no        ok        no        ok        ok        ok        ok        -
get_unassigned_counts flourlane                 -         no        no        ok        ok        ok        ok        ok        -
get_unassigned_list bannos                      -         -         21 rows   -         21 rows   21 rows   21 rows   21 rows   -
get_unassigned_list flourlane                   -         -         -         21 rows   21 rows   21 rows   21 rows   21 rows   -
handle_print_barcode bannos                     -         no        ok        no        ok        ok        ok        ok        -
handle_print_barcode flourlane                  -         no        no        ok        ok        ok        ok        ok        -
qc_return_to_decorating bannos                  -         no        ok        no        ok        ok        ok        ok        -
qc_return_to_decorating flourlane               -         no        no        ok        ok        ok        ok        ok        -
qc_return_to_decorating bannos from Complete    -         no        no        no        no        no        no        ok        -
qc_return_to_decorating flourlane from Complete -         no        no        no        no        no        no        ok        -
set_storage bannos                              -         no        ok        no        ok        ok        ok        ok        -
set_storage flourlane                           -         no        no        ok        ok        ok        ok        ok        -
start_packing bannos                            -         no        ok        no        ok        ok        ok        ok        -
start_packing flourlane                         -         no        no        ok        ok        ok        ok        ok        -
start_work bannos                               -         -         -         -         -         -         -         -         ok
start_work flourlane                            -         -         -         -         -         -         -         -         ok
station_heartbeat bannos                        -         no        no        no        no        ok        no        no        -
station_heartbeat flourlane                     -         no        no        no        no        ok        no        no        -
";
