//! The files themselves: repeatable, and careful with what a Supabase project already has.

use std::future::poll_fn;
use std::time::Duration;

use ordak_station::sandbox::{self, Error};
use serde_json::json;
use tokio_postgres::{AsyncMessage, Config, NoTls};

use super::outcome;
use crate::support::cluster::{Database, migrate};
use crate::support::shop::{Shop, Who, hire};

#[tokio::test]
async fn running_the_files_again_changes_neither_schema_nor_rows() {
    let mut shop = Shop::open().await;
    shop.order("bannos-1", json!({})).await;
    shop.call(Who::Station, "complete_filling", json!({"id": "bannos-1"})).await;
    shop.client
        .batch_execute("update public.settings set value = '\"Europe/Athens\"' where store = 'bannos'")
        .await
        .unwrap();
    let rows = "select jsonb_build_array(
        (select jsonb_agg(o) from public.orders_bannos o), (select jsonb_agg(e) from public.stage_events e),
        (select jsonb_agg(s order by s.id) from public.staff_shared s),
        (select jsonb_agg(s order by s.store) from public.settings s))";
    let before = (shop.database.schema(), shop.ask(rows).await);
    migrate(&shop.client).await;
    assert_eq!(shop.database.schema(), before.0);
    assert_eq!(shop.ask(rows).await, before.1);
    let reply = shop.call(Who::Station, "complete_filling", json!({"id": "bannos-1"})).await;
    assert_eq!(outcome(&reply), "already_done");
}

/// What a Supabase project has before ours comes: its own auth, its publication, and grants on all that is new.
const SUPABASE: &str = "
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
    create table auth.users (instance_id uuid, id uuid primary key, email varchar(255), deleted_at timestamptz);
    create function auth.jwt() returns jsonb language sql stable as
        $$select nullif(current_setting('request.jwt.claims', true), '')::jsonb /* theirs */$$;
    create function auth.uid() returns uuid language sql stable as
        $$select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid /* theirs */$$;
    create publication supabase_realtime;
    alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
    alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
    alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
";

#[tokio::test]
async fn a_supabase_project_keeps_what_is_its_own_and_opens_nothing_more() {
    // Roles belong to the cluster and must be there first.
    drop(Database::migrated());
    let database = Database::bare();
    let client = database.connect().await;
    client.batch_execute(SUPABASE).await.unwrap();
    migrate(&client).await;
    migrate(&client).await;
    let shop = Shop { database, client };

    let theirs = "select jsonb_build_array(
        (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a
            where a.attrelid = 'auth.users'::regclass and a.attnum > 0),
        (select count(*) from pg_proc p where p.pronamespace = 'auth'::regnamespace and p.prosrc like '%theirs%'))";
    assert_eq!(shop.ask(theirs).await, json!([["instance_id", "id", "email", "deleted_at"], 2]));
    let published = "select jsonb_agg(t.tablename order by t.tablename) from pg_publication_tables t
        where t.pubname = 'supabase_realtime'";
    assert_eq!(shop.ask(published).await, json!(["orders_bannos", "orders_flourlane"]));

    let plain = Shop::open().await;
    for rights in [
        "select jsonb_agg(jsonb_build_array(p.oid::regprocedure, r.rolname) order by p.oid::regprocedure::text, r.rolname)
         from pg_proc p, pg_roles r
         where p.pronamespace in ('public'::regnamespace, 'ordak'::regnamespace)
            and r.rolname in ('anon', 'authenticated', 'service_role')
            and has_function_privilege(r.oid, p.oid, 'execute')",
        "select jsonb_agg(jsonb_build_array(c.relname, r.rolname, v.verb) order by c.relname, r.rolname, v.verb)
         from pg_class c, pg_roles r, unnest(array['select', 'insert', 'update', 'delete', 'truncate']) v (verb)
         where c.relnamespace in ('public'::regnamespace, 'ordak'::regnamespace) and c.relkind in ('r', 'v')
            and r.rolname in ('anon', 'authenticated', 'service_role') and has_table_privilege(r.oid, c.oid, v.verb)",
        "select jsonb_agg(jsonb_build_array(r.rolname, s.relname)) from pg_roles r, pg_class s
         where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace and r.rolname in ('anon', 'authenticated')
            and has_sequence_privilege(r.oid, s.oid, 'usage')",
    ] {
        assert_eq!(shop.ask(rights).await, plain.ask(rights).await);
    }
}

/// What the schema was before assignments, storage, stock and the work queue, where it differs in more than what is added.
const FIRST_VERSION: &str = "
    alter table public.stage_events drop constraint stage_events_action_check;
    alter table public.stage_events add constraint stage_events_action_check
        check (action in ('print', 'complete', 'start', 'qc_return'));
    alter table public.settings drop constraint settings_value;
    drop function ordak.act(text, text, uuid, jsonb, text, jsonb);
    drop function ordak.judge(text, ordak.orders, public.staff_shared, integer, jsonb);
    alter type ordak.verdict drop attribute details;
    create function ordak.act(text, text, uuid, jsonb, text default null) returns jsonb
        language sql as 'select null::jsonb';
    create function ordak.judge(text, ordak.orders, public.staff_shared, integer) returns ordak.verdict
        language sql as 'select null::ordak.verdict';
    drop index public.orders_bannos_unassigned_queue;
    create index orders_bannos_unassigned on public.orders_bannos (stage)
        where assignee_id is null and stage <> 'Complete';
    drop table public.inventory_txn, public.inventory_items, public.work_queue cascade;
";

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_with_its_rows() {
    let mut shop = Shop::open().await;
    shop.order("bannos-1", json!({})).await;
    let newest = shop.database.schema();
    shop.client.batch_execute(FIRST_VERSION).await.unwrap();
    assert_ne!(shop.database.schema(), newest);
    migrate(&shop.client).await;
    assert_eq!(shop.database.schema(), newest);
    let reply =
        shop.call(Who::Station, "set_storage", json!({"id": "bannos-1", "storage": "Fridge 1"})).await;
    assert_eq!(outcome(&reply), "done", "{reply}");
}

/// What a project of the runbook may have made itself: less than ours, in another order, and more.
const OF_THE_RUNBOOK: &str = "
    create type public.stage_type as enum ('Filling', 'Covering', 'Decorating', 'Packing', 'Complete');
    create table public.orders_bannos (
        theirs text default 'kept', stage public.stage_type not null default 'Filling',
        id text primary key, shopify_order_number integer, product_title text, created_at timestamptz default now()
    );
    create table public.orders_flourlane (id text primary key, shopify_order_number integer);
    create table public.stage_events (order_id text, action text, at timestamptz, id bigserial primary key);
    create table public.work_queue (id bigserial primary key, status text, created_at timestamptz, locked_at timestamptz);
    insert into public.orders_bannos (id, shopify_order_number, product_title) values ('bannos-1', 1, 'Tart');
";

#[tokio::test]
async fn a_project_whose_tables_lack_columns_is_brought_up_with_its_rows() {
    drop(Database::migrated());
    let database = Database::bare();
    let client = database.connect().await;
    client.batch_execute(OF_THE_RUNBOOK).await.unwrap();
    sandbox::migrate(database.url()).await.unwrap();
    hire(&client).await;
    let mut shop = Shop { database, client };
    let reply = shop.call(Who::Station, "complete_filling", json!({"id": "bannos-1"})).await;
    assert_eq!(outcome(&reply), "done", "{reply}");
    let row = shop.row("bannos-1").await;
    assert_eq!(
        (&row["theirs"], &row["stage"], &row["rework"], &row["product_title"]),
        (&json!("kept"), &json!("Covering"), &json!(0), &json!("Tart"))
    );
    let queue = shop.rows(Who::Station, "get_queue", json!({"store": "bannos"})).await.unwrap();
    assert_eq!((&queue[0]["stage"], &queue[0]["product_title"]), (&json!("Covering"), &json!("Tart")));
    let schema = shop.database.schema();
    sandbox::migrate(shop.database.url()).await.unwrap();
    assert_eq!(shop.database.schema(), schema);
}

#[tokio::test]
async fn other_forms_of_our_functions_stop_the_migration_and_are_named() {
    drop(Database::migrated());
    let database = Database::bare();
    let client = database.connect().await;
    let theirs = "
        create function public.complete_filling(id text, performed_by uuid) returns void language sql as '';
        create function public.get_settings() returns void language sql as '';
        create function public.get_weather(text) returns void language sql as '';";
    client.batch_execute(theirs).await.unwrap();
    let schema = database.schema();
    let Err(Error::Migration { file: "backend/090_grants.sql", source }) =
        sandbox::migrate(database.url()).await
    else {
        panic!("not refused")
    };
    assert_eq!(database.schema(), schema, "nothing was touched");
    let hint = source.as_db_error().unwrap().hint().unwrap();
    let (_, drops) = hint.split_once(": ").unwrap();
    assert_eq!(drops, "drop function complete_filling(text,uuid); drop function get_settings();");
    client.batch_execute(drops).await.unwrap();
    sandbox::migrate(database.url()).await.unwrap();
}

#[tokio::test]
async fn postgrest_is_told_of_the_new_schema() {
    let database = Database::bare();
    let config: Config = database.url().parse().unwrap();
    let (client, mut connection) = config.connect(NoTls).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(word) = message {
                tell.send(word.payload().to_owned()).unwrap();
            }
        }
    });
    client.batch_execute("listen pgrst").await.unwrap();
    sandbox::migrate(database.url()).await.unwrap();
    let word = tokio::time::timeout(Duration::from_mins(1), told.recv()).await.expect("it is told");
    assert_eq!(word.as_deref(), Some("reload schema"));
}

#[tokio::test]
async fn an_order_id_always_says_store_and_number() {
    let shop = Shop::open().await;
    for (table, id, number) in [
        ("orders_bannos", "flourlane-1", 1),
        ("orders_bannos", "bannos-1", 2),
        ("orders_bannos", "bannos-01", 1),
        ("orders_bannos", "bannos-1-K", 1),
        ("orders_flourlane", "flour-lane-1", 1),
    ] {
        let sql = format!("insert into public.{table} (id, shopify_order_number) values ('{id}', {number})");
        let refused = shop.client.batch_execute(&sql).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "23514", "{id}");
    }
}
