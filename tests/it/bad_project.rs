//! Projects that are not as they should be: a station says so where staff read it, keeps every scan and sends nothing by
//! guesswork; `doctor` says the same of them (`doctor.rs`). Real binary, real sockets, real PostgreSQL.

use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::http::{Request, Script, Server};
use crate::support::program::{Backend, Bench, Manned, Program};

/// Signs in whoever asks, and leaves all else to `answer`.
fn project(answer: impl Fn(&Request) -> Script + Send + Sync + 'static) -> Server {
    Server::new(move |request| {
        let grant = json!({
            "access_token": "access", "token_type": "bearer", "expires_in": 3600, "refresh_token": "refresh",
            "user": {"id": "0b7c3f5e-0000-4000-8000-000000000001"},
        });
        if request.path.starts_with("/auth") { Script::json(200, grant) } else { answer(request) }
    })
}

fn missing() -> Script {
    Script::json(
        404,
        json!({"code": "PGRST202", "message": "Could not find the function", "details": null, "hint": null}),
    )
}

/// A function that is there under these argument names only, and answers this.
fn only(argument: &'static str, answer: &'static str) -> impl Fn(&Request) -> Script {
    move |request| match request.body.get(argument) {
        Some(_) => Script::json(200, answer),
        None => missing(),
    }
}

/// The next verdict of a station is this one; its text.
fn said(station: &mut Program, verdict: &str) -> String {
    let line = station.verdict();
    assert_eq!(line["verdict"], verdict, "{line:#}");
    line["text"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_no_project_of_ours_is_told_and_sent_nothing() {
    for (server, why) in [
        (project(|_| missing()), "Not an order system of ours"),
        (project(only("shop", "[]")), "Not an order system of ours"),
        (project(|_| Script::json(200, "[]")), "Two order systems in one"),
        (project(only("store", "null")), "Wrong address, or a login page"),
        (project(only("p_store", "null")), "Wrong address, or a login page"),
        (project(|_| Script::html(200, "<title>Shop Wi-Fi</title>")), "Wrong address, or a login page"),
    ] {
        let bench = Bench::at(&server.url, "key", "a@b.example", "password", "test-covering", "Covering");
        let Manned { program: mut station, mut gun } = bench.run_with_gun();
        let told = station.line(|line| line["link"].is_string());
        assert_eq!((&told["link"], told["why"].as_str()), (&json!("down"), Some(why)));
        gun.scan("#B18617");
        said(&mut station, "accepted");
        assert!(said(&mut station, "held").contains("saved here"), "{why}");
        station.kill();
        let asked = server.requests_to("/rest/");
        assert!(asked.iter().all(|request| request.path.ends_with("get_queue")), "{why}: {asked:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_other_argument_names_is_told_and_made_by_no_other() {
    let database = Database::bare();
    let (backend, client) = stand_in(&database).await;
    let sql = "insert into public.orders_bannos (id, shopify_order_number, stage) values ('bannos-1001', 1001, 'Covering');
        drop function public.complete_covering(text, text, text);
        create function public.complete_covering(p_id text, p_shop text) returns boolean language sql
            as 'update public.orders_bannos set stage = ''Decorating'' where id = p_id; select true';
        notify pgrst, 'reload schema'";
    client.batch_execute(sql).await.unwrap();
    let look = move || {
        let bench = Bench::new(&backend, "test-covering", "Covering");
        let functions = checked(&bench, "functions");
        assert_eq!(
            (&functions["result"], &functions["seen"]),
            (&json!("fail"), &json!("missing: complete_covering (14 of 15 are there)"))
        );
        let Manned { program: mut station, mut gun } = bench.run_with_gun();
        station.line(|line| line["link"] == "up");
        gun.scan("#B1001");
        said(&mut station, "accepted");
        let down = station.line(|line| line["link"] == "down");
        assert_eq!(down["why"], "The order system is being updated");
        // What is asked again is the contract; the rest of the work goes on.
        station.line(|line| line["link"] == "up");
        said(&mut station, "held");
    };
    tokio::task::spawn_blocking(look).await.unwrap();
    let moved =
        client.query("select from public.orders_bannos where stage <> 'Covering'", &[]).await.unwrap();
    assert!(moved.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_staff_row_is_told_before_its_first_scan_and_works_once_it_has_one() {
    for contract in ["2025-09", "2025-12"] {
        let database = Database::bare();
        let url = database.url().to_owned();
        let serve =
            move || Backend::serve(&["--contract", contract, "--orders", "0", "--database-url", &url]);
        let backend = tokio::task::spawn_blocking(serve).await.unwrap();
        let client = database.connect().await;
        let sql = "insert into public.orders_bannos (id, shopify_order_number, stage) values ('bannos-1001', 1001, 'Covering');
            create table public.kept as select * from public.staff_shared; delete from public.staff_shared";
        client.batch_execute(sql).await.unwrap();
        let bench = Bench::new(&backend, "test-covering", "Covering");
        let Manned { program: mut station, mut gun } = bench.run_with_gun();
        let link = station.line(|line| line["link"].is_string());
        assert_eq!(
            (&link["link"], link["why"].as_str()),
            (&json!("down"), Some("No permission")),
            "{contract}"
        );
        gun.scan("#B1001");
        said(&mut station, "accepted");
        assert!(said(&mut station, "held").contains("saved here"), "{contract}");
        let events = client.query("select from public.stage_events", &[]).await.unwrap();
        assert!(events.is_empty(), "{contract}");
        client.batch_execute("insert into public.staff_shared select * from public.kept").await.unwrap();
        said(&mut station, "agreed");
        let events = client.query("select from public.stage_events", &[]).await.unwrap();
        assert_eq!(events.len(), 1, "{contract}");
        let told = station.kill_and_hear();
        let links: Vec<_> =
            told.iter().filter(|line| line["link"].is_string()).map(|line| &line["why"]).collect();
        assert_eq!(links, [&Value::Null], "{contract}: it is down until then, and up after");
    }
}

/// A row of nulls and `null` itself say that there is no such order; what the history tells of one still stands.
#[tokio::test(flavor = "multi_thread")]
async fn null_for_a_composite_is_no_order_and_holds_no_other_up() {
    let database = Database::bare();
    let (backend, client) = stand_in(&database).await;
    let sql = "insert into public.orders_bannos (id, shopify_order_number, stage)
        select 'bannos-' || n, null, 'Covering' from generate_series(1001, 1003) n";
    client.batch_execute(sql).await.unwrap();
    let bench = Bench::new(&backend, "test-covering", "Covering");
    let Manned { program: mut station, mut gun } = bench.run_with_gun();
    station.line(|line| line["link"] == "up");
    // The stand-in finds no order without a number, and answers a row of nulls.
    for (code, returns) in
        [("#B1001", None), ("#B1002", Some("public.scanned_order")), ("#B1003", Some("jsonb"))]
    {
        if let Some(kind) = returns {
            let sql = format!(
                "drop function public.get_order_for_scan(text);
                 create function public.get_order_for_scan(p_scan text) returns {kind} language sql as 'select null::{kind}';
                 notify pgrst, 'reload schema'"
            );
            client.batch_execute(&sql).await.unwrap();
        }
        gun.scan("#B9999");
        let told = said(&mut station, "refused");
        assert!(told.contains("No such order"), "{returns:?}: {told}");
        gun.scan(code);
        said(&mut station, "accepted");
        said(&mut station, "agreed");
    }
    let sql = "select order_id from public.stage_events where event_type = 'complete' order by at_ts";
    let done: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(done, ["bannos-1001", "bannos-1002", "bannos-1003"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_number_that_is_too_large_is_counted_on_screen_and_in_doctor() {
    let database = Database::bare();
    let (backend, client) = stand_in(&database).await;
    // Above 2³¹ no integer column holds it; above 2³² nor does an order's number here.
    let sql = "insert into public.orders_bannos (id, shopify_order_number, stage) values
        ('bannos-1001', 1001, 'Covering'), ('bannos-3000000000', null, 'Covering'), ('bannos-5000000000', null, 'Covering')";
    client.batch_execute(sql).await.unwrap();
    let look = move || {
        let bench = Bench::new(&backend, "test-covering", "Covering");
        let queue = checked(&bench, "queue");
        assert_eq!(queue["result"], "warn", "{queue:#}");
        let seen = queue["seen"].as_str().unwrap();
        assert!(seen.contains("2 open orders") && seen.contains("1 row that is not understood"), "{seen}");
        let Manned { program: mut station, mut gun } = bench.run_with_gun();
        station.line(|line| line["link"] == "up");
        gun.scan("#B5000000000");
        assert!(said(&mut station, "refused").contains("does not know this code"));
        gun.scan("#B3000000000");
        said(&mut station, "accepted");
        station.line(|line| line["verdict"] == "agreed")
    };
    let agreed: Value = tokio::task::spawn_blocking(look).await.unwrap();
    assert_eq!((&agreed["order"], &agreed["stage"]), (&json!("bannos-3000000000"), &json!("Decorating")));
    let sql = "select id from public.orders_bannos where stage = 'Decorating'";
    let moved: Vec<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(moved, ["bannos-3000000000"]);
}

/// What no table of errors knows is parked with its own words, after one call, and the next cake goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_nobody_knows_is_shown_as_it_is_and_waits_for_a_person() {
    let database = Database::bare();
    let (backend, client) = stand_in(&database).await;
    // A sequence goes on although what asked it is undone.
    let sql = "insert into public.orders_bannos (id, shopify_order_number, stage)
            values ('bannos-1001', 1001, 'Covering'), ('bannos-1002', 1002, 'Decorating');
        create sequence public.calls;
        create or replace function public.complete_covering(p_order_id text, p_store text, p_notes text default null)
            returns boolean language plpgsql security definer as
            $$ begin perform nextval('public.calls'); raise exception 'The oven is on fire'; end $$";
    client.batch_execute(sql).await.unwrap();
    let look = move || {
        let bench = Bench::new(&backend, "test-any", "any");
        let Manned { program: mut station, mut gun } = bench.run_with_gun();
        station.line(|line| line["link"] == "up");
        gun.scan("#B1001");
        said(&mut station, "accepted");
        said(&mut station, "refused");
        gun.scan("#B1002");
        said(&mut station, "accepted");
        said(&mut station, "agreed");
        let mut list =
            Program::start(&["journal", "list", "--json", "--config", bench.file().to_str().unwrap()]);
        list.line(|line| !line.is_null())
    };
    let parked = tokio::task::spawn_blocking(look).await.unwrap().to_string();
    assert!(parked.contains("bannos-1001") && parked.contains("The oven is on fire"), "{parked}");
    let calls: i64 = client.query_one("select last_value from public.calls", &[]).await.unwrap().get(0);
    assert_eq!(calls, 1, "it is not sent again");
}

/// The stand-in without orders, and a way to break it.
async fn stand_in(database: &Database) -> (Backend, tokio_postgres::Client) {
    let url = database.url().to_owned();
    let serve = move || Backend::serve(&["--contract", "2025-12", "--orders", "0", "--database-url", &url]);
    (tokio::task::spawn_blocking(serve).await.unwrap(), database.connect().await)
}

/// What `doctor` says of one thing.
fn checked(bench: &Bench, what: &str) -> Value {
    let mut doctor = Program::start(&["doctor", "--json", "--config", bench.file().to_str().unwrap()]);
    let told = doctor.line(|line| line["checks"].is_array());
    let checks = told["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == what).unwrap().clone()
}
