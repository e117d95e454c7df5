//! `sandbox migrate` at a project of contract 2025-12: never, and with `--extensions-only` nothing of the project's own.

use ordak_station::sandbox::{self, Error};
use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::program::Program;
use crate::support::shop::Shop;

/// Everything that a project has: each object with what it is, who owns it and who may use it, each comment, each row.
const EVERYTHING: &str = "
select jsonb_object_agg(told.what, told.says) from (
    select 'schema ' || n.nspname, concat_ws(' | ', n.nspowner::regrole, n.nspacl, obj_description(n.oid, 'pg_namespace'))
    from pg_namespace n where n.nspname !~ '^pg_'
    union all
    select 'function ' || p.oid::regprocedure, concat_ws(' | ', pg_get_functiondef(p.oid), p.proowner::regrole, p.proacl,
        obj_description(p.oid, 'pg_proc'))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^(pg_|information_schema)' and p.prokind = 'f'
    union all
    select c.relkind::text || ' ' || c.oid::regclass, concat_ws(' | ', c.relowner::regrole, c.relacl, c.relrowsecurity,
        c.reloptions, pg_get_viewdef(case when c.relkind = 'v' then c.oid end), obj_description(c.oid, 'pg_class'))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^(pg_|information_schema)' and c.relkind in ('r', 'v', 'S', 'i', 'c')
    union all
    select 'column ' || a.attrelid::regclass || '.' || a.attname, concat_ws(' | ', format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attnum, a.attacl, (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
        where d.adrelid = a.attrelid and d.adnum = a.attnum))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^(pg_|information_schema)' and a.attnum > 0
    union all
    select 'constraint ' || c.conrelid::regclass || '.' || c.conname, pg_get_constraintdef(c.oid)
    from pg_constraint c where c.connamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union all
    select 'index ' || i.indexrelid::regclass, pg_get_indexdef(i.indexrelid)
    from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
    union all
    select 'trigger ' || t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid) || t.tgenabled::text from pg_trigger t
    where not t.tgisinternal
    union all
    select 'policy ' || p.schemaname || '.' || p.tablename || '.' || p.policyname, to_jsonb(p)::text from pg_policies p
    union all
    select 'type ' || t.oid::regtype, concat_ws(' | ', t.typtype, t.typacl, (select array_agg(e.enumlabel order by
        e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    from pg_type t where t.typnamespace::regnamespace::text !~ '^(pg_|information_schema)' and t.typtype <> 'b'
    union all
    select 'published ' || p.pubname || ' ' || p.tablename, '' from pg_publication_tables p
    union all
    select 'default ' || d.oid, to_jsonb(d)::text from pg_default_acl d
    union all
    select 'rows ' || r.name, r.rows from (
        select 'orders_bannos', (select jsonb_agg(o order by o.id)::text from public.orders_bannos o)
        union all select 'stage_events', (select jsonb_agg(e order by e.at_ts)::text from public.stage_events e)
        union all select 'staff', (select jsonb_agg(s order by s.user_id)::text from public.staff_shared s)
    ) r (name, rows)
) told (what, says)";

/// What the extensions add, but for what hangs on it (columns, constraints, indexes) and the helpers in `ordak`.
const ADDED: [&str; 12] = [
    "function get_ops_signals()",
    "function get_order(text)",
    "function get_order_events(text)",
    "function get_settings(text)",
    "function get_staff(text)",
    "function get_staff_by_badge(text)",
    "function get_stations()",
    "function station_heartbeat(text,jsonb)",
    "function with_intent(text,jsonb,jsonb)",
    "r intents",
    "r stations",
    "schema ordak",
];

/// A project with orders and history, and Supabase's way with what is new in public.
async fn project() -> Shop {
    let mut shop = Shop::stand_in().await;
    shop.client
        .batch_execute(
            "create publication supabase_realtime;
             alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
             alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
             alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;",
        )
        .await
        .unwrap();
    shop.order("bannos-18617", json!({})).await;
    super::write(&mut shop, "print_barcode", "bannos-18617").await.unwrap();
    shop
}

#[tokio::test]
async fn a_project_of_contract_2025_12_is_refused_and_untouched() {
    let shop = project().await;
    let before = shop.ask(EVERYTHING).await;
    assert!(matches!(sandbox::migrate(shop.database.url()).await, Err(Error::OtherContract)));
    assert_eq!(shop.ask(EVERYTHING).await, before);
    let refused = Program::start(&["sandbox", "migrate", "--database-url", shop.database.url()]).end();
    assert_eq!(refused.0.code(), Some(1));
    for said in ["the project runs contract 2025-12", "Nothing in it was changed", "--extensions-only"] {
        assert!(refused.1.contains(said), "{said} is not in: {}", refused.1);
    }
    assert_eq!(shop.ask(EVERYTHING).await, before);
}

#[tokio::test]
async fn extensions_add_themselves_and_change_nothing_that_is_there() {
    let shop = project().await;
    let before = shop.ask(EVERYTHING).await;
    let command = ["sandbox", "migrate", "--extensions-only", "--database-url", shop.database.url()];
    let (status, said) = Program::start(&command).end();
    assert!(status.success(), "{said}");
    let after = shop.ask(EVERYTHING).await;
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    for (what, says) in before {
        assert_eq!(after.get(what), Some(says), "{what} was changed");
    }
    let is_part = |what: &str| {
        let name = what.split(' ').nth(1).unwrap();
        name.starts_with("ordak.")
            || (!what.starts_with("r ")
                && ["intents", "stations"].iter().any(|table| name.starts_with(table)))
    };
    let added: Vec<_> = after
        .keys()
        .filter(|what| !before.contains_key(*what) && !is_part(what))
        .map(String::as_str)
        .collect();
    assert_eq!(added, ADDED);

    sandbox::extend(shop.database.url()).await.unwrap();
    assert_eq!(shop.ask(EVERYTHING).await.as_object().unwrap(), after, "a second time changes nothing");
    assert!(matches!(sandbox::migrate(shop.database.url()).await, Err(Error::OtherContract)));
}

#[tokio::test]
async fn nobody_gets_more_than_to_call_them_signed_in() {
    let shop = project().await;
    sandbox::extend(shop.database.url()).await.unwrap();
    let callable = |role: &str| {
        format!(
            "select jsonb_agg(p.oid::regprocedure::text order by p.oid::regprocedure::text) from pg_proc p
             where (p.pronamespace = 'ordak'::regnamespace or obj_description(p.oid, 'pg_proc') like 'Ordak Station%')
                and has_function_privilege('{role}', p.oid, 'execute')"
        )
    };
    assert_eq!(shop.ask(&callable("anon")).await, Value::Null);
    let functions: Vec<_> = ADDED.iter().filter_map(|what| what.strip_prefix("function ")).collect();
    assert_eq!(shop.ask(&callable("authenticated")).await, json!(functions));
    let readable = "select jsonb_agg(c.oid::regclass::text || ' ' || r.rolname) from pg_class c, pg_roles r
        where (c.relnamespace = 'ordak'::regnamespace or c.relname in ('intents', 'stations')) and c.relkind = 'r'
            and r.rolname in ('anon', 'authenticated') and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')";
    assert_eq!(shop.ask(readable).await, Value::Null);
    let definers =
        "select count(*) from pg_proc p where obj_description(p.oid, 'pg_proc') like 'Ordak Station%'
        and p.prosecdef and 'search_path=pg_catalog, pg_temp' = any (p.proconfig)";
    assert_eq!(shop.ask(definers).await, json!(functions.len()));
}

#[tokio::test]
async fn the_project_stays_free_to_change_what_is_its_own() {
    let shop = project().await;
    sandbox::extend(shop.database.url()).await.unwrap();
    shop.client
        .batch_execute(
            "drop schema standin cascade;
             alter table public.orders_bannos drop column accessories, alter column size type varchar(40);
             drop function public.start_covering(text, text);
             drop function public.get_storage_locations(text);
             alter table public.staff_shared drop column is_station;
             drop table public.work_queue;",
        )
        .await
        .unwrap();
    sandbox::extend(shop.database.url()).await.unwrap();
}

#[tokio::test]
async fn names_that_the_project_has_itself_stop_it() {
    let shop = project().await;
    let theirs = "create function public.get_settings(store text) returns int language sql as 'select 1';
        create table public.stations (station text); create schema ordak;";
    shop.client.batch_execute(theirs).await.unwrap();
    let before = shop.ask(EVERYTHING).await;
    let Err(Error::Migration { file: "extensions/010_guard.sql", source }) =
        sandbox::extend(shop.database.url()).await
    else {
        panic!("not refused")
    };
    let said = source.as_db_error().unwrap().message().to_owned();
    assert_eq!(
        said,
        "the project has these names already: function get_settings(text), schema ordak, table stations"
    );
    assert_eq!(shop.ask(EVERYTHING).await, before);
}

#[tokio::test]
async fn any_other_database_is_refused() {
    drop(Database::migrated());
    let ours = Database::migrated();
    for (database, schema) in [(&ours, ours.schema()), (&Database::bare(), String::new())] {
        assert!(matches!(sandbox::extend(database.url()).await, Err(Error::NotExtensible)));
        if !schema.is_empty() {
            assert_eq!(database.schema(), schema);
        }
    }
    let (status, said) =
        Program::start(&["sandbox", "migrate", "--extensions-only", "--database-url", ours.url()]).end();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("does not run contract 2025-12"), "{said}");
}

#[tokio::test]
async fn a_stand_in_is_laid_over_nothing_else() {
    let serve = |url: &str| {
        let options = sandbox::Options {
            storage: sandbox::Storage::Url(url.to_owned()),
            contract: sandbox::Contract::V2025_12,
            orders: 0,
            ..sandbox::Options::default()
        };
        async move { sandbox::serve(options, &|_| {}).await }
    };
    let ours = Database::migrated();
    let schema = ours.schema();
    assert!(matches!(serve(ours.url()).await, Err(Error::NotStandIn)));
    assert_eq!(ours.schema(), schema);
    // A copy of the shops' project without our mark is not ours to lay out anew.
    let theirs = Database::bare();
    let get_queue = "create function get_queue(p_store text) returns int language sql as 'select 1'";
    theirs.connect().await.batch_execute(get_queue).await.unwrap();
    assert!(matches!(serve(theirs.url()).await, Err(Error::NotStandIn)));
}
