//! `doctor` against what a kiosk may find: each contract, half a project, no project at all. Real binary, real sockets, real PostgreSQL.

use serde_json::{Value, json};

use crate::support::cluster::Database;
use crate::support::http::{Request, Script, Server};
use crate::support::printer::{FakePrinter, Mood};
use crate::support::program::{Backend, Bench, Program};

/// What `doctor --json` says of a station, and whether it exits as able.
struct Seen {
    checks: Vec<Value>,
    is_able: bool,
}

impl Seen {
    fn of(bench: &Bench) -> Self {
        let mut doctor = Program::start(&["doctor", "--json", "--config", bench.file().to_str().unwrap()]);
        let told = doctor.line(|line| line["checks"].is_array());
        let (status, _) = doctor.end();
        let is_able = status.code() == Some(0);
        assert_eq!((told["able"].as_bool(), status.code().unwrap() < 2), (Some(is_able), true), "{told:#}");
        Self { checks: told["checks"].as_array().unwrap().clone(), is_able }
    }

    fn check(&self, name: &str) -> &Value {
        let check = self.checks.iter().find(|check| check["name"] == name);
        check.unwrap_or_else(|| panic!("{name} is not among {:#?}", self.checks))
    }

    fn result(&self, name: &str) -> &str {
        self.check(name)["result"].as_str().unwrap()
    }

    fn seen(&self, name: &str) -> &str {
        self.check(name)["seen"].as_str().unwrap()
    }

    /// The checks of a result; each of those that are not well says what to do.
    fn those(&self, result: &str) -> Vec<&str> {
        let those = self.checks.iter().filter(|check| check["result"] == result);
        those
            .map(|check| {
                let is_helped = !check["do"].as_str().unwrap().is_empty();
                assert_eq!(is_helped, result != "ok", "{check:#}");
                check["name"].as_str().unwrap()
            })
            .collect()
    }
}

fn grant() -> Script {
    Script::json(
        200,
        json!({
            "access_token": "access", "token_type": "bearer", "expires_in": 3600, "refresh_token": "refresh",
            "user": {"id": "0b7c3f5e-0000-4000-8000-000000000001"},
        }),
    )
}

fn missing() -> Script {
    Script::json(
        404,
        json!({"code": "PGRST202", "message": "Could not find the function", "details": null, "hint": null}),
    )
}

/// A station of Covering for a server that signs in and answers everything else with `answer`.
fn against(answer: impl Fn(&Request) -> Script + Send + Sync + 'static) -> (Server, Seen) {
    let server =
        Server::new(move |request| if request.path.starts_with("/auth") { grant() } else { answer(request) });
    let bench = Bench::at(&server.url, "key", "a@b.example", "password", "test-doctor", "Covering");
    let seen = Seen::of(&bench);
    (server, seen)
}

#[test]
fn a_station_of_contract_2025_09_is_able() {
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url()]);
    let printer = FakePrinter::start(Mood::Healthy);
    let bench =
        Bench::new(&backend, "test-doctor", "Filling").printer(&format!("127.0.0.1:{}", printer.port));
    let seen = Seen::of(&bench);
    assert!(seen.is_able, "{:#?}", seen.checks);
    assert_eq!(seen.those("ok").len(), seen.checks.len(), "{:#?}", seen.checks);
    assert!(
        seen.seen("contract").contains("2025-09") && seen.seen("contract").contains("told by the project")
    );
    assert!(seen.seen("journal").contains("none yet") && !bench.folder().join("journal.sqlite").exists());
    assert!(!bench.folder().join("journal.sqlite.session").exists(), "the station's session is its own");
    assert_eq!(backend.rows("stage_events?select=id&at=gt.now").len(), 0);
    let pinned = Bench::new(&backend, "test-doctor", "Covering")
        .replace("[backend]", "[backend]\ncontract = \"2025-09\"");
    assert!(Seen::of(&pinned).seen("contract").contains("pins it"));
    // A table for people.
    let (status, said) = Program::start(&["doctor", "--config", bench.file().to_str().unwrap()]).end();
    assert_eq!(status.code(), Some(0), "{said}");
}

#[test]
fn a_station_of_contract_2025_12_is_able_and_hears_what_it_does_without() {
    let database = Database::bare();
    let backend = Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]);
    let bench = Bench::new(&backend, "test-doctor", "Covering");
    let seen = Seen::of(&bench);
    assert!(seen.is_able, "{:#?}", seen.checks);
    assert!(seen.seen("contract").contains("2025-12"));
    assert_eq!(seen.those("warn"), ["extensions", "exactly once"]);
    assert!(seen.seen("extensions").contains("with_intent"));
    let migrated =
        Program::start(&["sandbox", "migrate", "--extensions-only", "--database-url", database.url()]).end();
    assert_eq!(migrated.0.code(), Some(0), "{}", migrated.1);
    let seen = Seen::of(&bench);
    assert_eq!(seen.those("ok").len(), seen.checks.len(), "{:#?}", seen.checks);
    assert!(seen.seen("contract").contains("2025-12"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_staff_row_is_not_able() {
    for (contract, key) in [("2025-09", "id"), ("2025-12", "user_id")] {
        let database = Database::bare();
        let url = database.url().to_owned();
        let backend = tokio::task::spawn_blocking(move || {
            Backend::serve(&["--contract", contract, "--orders", "0", "--database-url", &url])
        });
        let backend = backend.await.unwrap();
        let client = database.connect().await;
        let sql = format!("delete from public.staff_shared where {key} in (select u.id from auth.users u)");
        client.batch_execute(&sql).await.unwrap();
        let seen =
            tokio::task::spawn_blocking(move || Seen::of(&Bench::new(&backend, "test-doctor", "Covering")));
        let seen = seen.await.unwrap();
        assert!(!seen.is_able);
        assert_eq!(seen.those("fail"), ["staff row"], "{contract}: {:#?}", seen.checks);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_project_is_told_by_what_is_missing() {
    let database = Database::bare();
    let (_backend, bench, client) = of_2025_12(&database).await;
    let half = [
        "print_barcode",
        "complete_covering",
        "start_decorating",
        "complete_packing",
        "get_order_v2",
        "assign_staff",
        "get_storage_locations",
    ];
    let all_but_one = [
        "print_barcode",
        "complete_filling",
        "start_covering",
        "complete_covering",
        "start_decorating",
        "complete_decorating",
        "complete_packing",
        "qc_return_to_decorating",
        "get_order_v2",
        "assign_staff",
        "set_storage",
        "get_order_for_scan",
        "get_storage_locations",
        "get_staff_me",
    ];
    for (missing, there, failed) in
        [(&half[..], 8, &["functions"][..]), (&all_but_one, 1, &["staff row", "functions"])]
    {
        let sql = format!(
            "do $$ declare function regprocedure; begin
                for function in select p.oid::regprocedure from pg_proc p
                    where p.pronamespace = 'public'::regnamespace and p.proname in ('{}')
                loop execute 'drop function ' || function; end loop;
            end $$; notify pgrst, 'reload schema'",
            missing.join("', '")
        );
        client.batch_execute(&sql).await.unwrap();
        let seen = tokio::task::block_in_place(|| Seen::of(&bench));
        assert!(!seen.is_able);
        assert_eq!(seen.those("fail"), failed, "{:#?}", seen.checks);
        let told = format!("missing: {} ({there} of 15 are there)", missing.join(", "));
        assert_eq!(seen.seen("functions"), told);
    }
}

/// No error says so: where rows are hidden, a read of the table is empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_may_not_be_seen_is_not_one_in_which_nothing_happened() {
    let database = Database::bare();
    let (_backend, bench, client) = of_2025_12(&database).await;
    client.batch_execute("drop policy read_signed_in on public.stage_events").await.unwrap();
    let seen = tokio::task::block_in_place(|| Seen::of(&bench));
    assert_eq!(seen.result("history"), "warn", "{:#?}", seen.checks);
    assert!(seen.seen("history").contains("may not see"), "{:#?}", seen.checks);
}

/// The stand-in with its samples, a station there, and a way to break it.
async fn of_2025_12(database: &Database) -> (Backend, Bench, tokio_postgres::Client) {
    let serve = || Backend::serve(&["--contract", "2025-12", "--database-url", database.url()]);
    let backend = tokio::task::block_in_place(serve);
    let bench = Bench::new(&backend, "test-doctor", "Covering");
    (backend, bench, database.connect().await)
}

#[test]
fn neither_contract_and_both_at_once_are_told_and_nothing_is_sent() {
    let (fresh, seen) = against(|_| missing());
    assert!(!seen.is_able && seen.seen("contract").contains("no contract"), "{:#?}", seen.checks);
    let (both, other) = against(|_| Script::json(200, "[]"));
    assert!(!other.is_able && other.seen("contract").contains("two contracts"), "{:#?}", other.checks);
    for server in [fresh, both] {
        let asked = server.requests_to("/rest/");
        assert!(asked.iter().all(|request| request.path.ends_with("get_queue")), "{asked:#?}");
    }
    // One that has a function of the name, with other arguments.
    let (_, odd) = against(|request| match request.body.get("shop") {
        Some(_) => Script::json(200, "[]"),
        None => missing(),
    });
    assert_eq!(odd.result("contract"), "fail");
}

#[test]
fn functions_without_context_are_able_and_told_as_not_exactly_once() {
    let refused = || Script::json(200, json!({"ok": false, "code": "BAD_INPUT", "message": "no order"}));
    let (_, seen) = against(move |request| match () {
        () if request.body.get("context").is_some() || request.body.get("p_store").is_some() => missing(),
        () if request.path.ends_with("get_queue") || request.path.ends_with("get_changes") => {
            Script::json(200, "[]")
        }
        () if request.path.contains("staff_shared") => {
            Script::json(200, json!([{"full_name": "Covering 1"}]))
        }
        () => refused(),
    });
    assert!(seen.is_able, "{:#?}", seen.checks);
    assert_eq!(seen.result("exactly once"), "warn");
    assert!(
        seen.seen("contract").contains("2025-09") && seen.seen("exactly once").contains("no ids of writes")
    );
}

#[test]
fn a_proxy_s_page_and_silence_are_told_apart() {
    let (_, seen) = against(|_| Script::html(200, "<title>Shop Wi-Fi</title>"));
    assert!(!seen.is_able && seen.seen("contract").contains("Shop Wi-Fi"), "{:#?}", seen.checks);
    let server = Server::new(|_| Script::html(200, "<title>Shop Wi-Fi</title>"));
    let seen = Seen::of(&Bench::at(&server.url, "key", "a@b.example", "password", "test-doctor", "Covering"));
    assert_eq!(seen.those("fail"), ["backend"], "{:#?}", seen.checks);
    assert!(seen.seen("backend").contains("Shop Wi-Fi"));
    // Port 9 is nobody's.
    let seen = Seen::of(&Bench::at(
        "http://127.0.0.1:9",
        "key",
        "a@b.example",
        "password",
        "test-doctor",
        "Covering",
    ));
    assert!(!seen.is_able && seen.seen("backend").contains("No network"));
    let refused = Server::new(|_| {
        Script::json(
            400,
            json!({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}),
        )
    });
    let seen =
        Seen::of(&Bench::at(&refused.url, "key", "a@b.example", "password", "test-doctor", "Covering"));
    assert_eq!((seen.result("backend"), seen.result("sign-in")), ("ok", "fail"));
}

#[test]
fn null_for_rows_is_no_answer_and_a_clock_that_is_off_is_a_warning() {
    let (_, seen) = against(|request| match request.body.get("p_store") {
        Some(_) => Script::json(200, "null"),
        None => missing(),
    });
    assert!(!seen.is_able, "{:#?}", seen.checks);
    assert_eq!(seen.result("contract"), "fail");
    let (_, seen) = against(|request| match request.body.get("store") {
        Some(_) => Script::Say(
            200,
            "application/json",
            vec!["date: Sun, 06 Nov 1994 08:49:37 GMT".into()],
            "[]".into(),
        ),
        None => missing(),
    });
    assert_eq!(seen.result("clock"), "warn", "{:#?}", seen.checks);
    assert!(seen.seen("functions").contains("handle_print_barcode"));
}

#[test]
fn devices_and_a_journal_are_looked_at() {
    let bench = Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-doctor", "Filling")
        .gun(std::path::Path::new("/dev/serial/by-id/usb-nobody"))
        .keyboard()
        .printer("127.0.0.1:9");
    let seen = Seen::of(&bench);
    assert_eq!((seen.result("scanner 1"), seen.result("scanner 2")), ("warn", "ok"));
    assert_eq!(seen.result("printer bench"), "fail", "Filling begins with a label");
    let covering =
        Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-doctor", "Covering")
            .keyboard();
    let mut station = covering.run();
    station.write(b"#B18617\n");
    station.line(|line| line["verdict"] == "held");
    let seen = Seen::of(&covering);
    assert_eq!(seen.result("journal"), "ok", "it is read beside the station that runs");
    assert!(seen.seen("journal").contains("1 actions wait"), "{}", seen.seen("journal"));
    station.kill();
    let journal = covering.folder().join("journal.sqlite");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.truncate(100);
    std::fs::write(&journal, bytes).unwrap();
    let seen = Seen::of(&covering);
    assert_eq!(seen.result("journal"), "fail");
}

#[test]
fn a_configuration_that_cannot_be_read_is_the_one_check() {
    let bench = Bench::at("http://127.0.0.1:9", "key", "a@b.example", "password", "test-doctor", "Covering")
        .replace("repeat_guard", "repeat_gard");
    let seen = Seen::of(&bench);
    assert_eq!(seen.those("fail"), ["configuration"]);
    assert_eq!(seen.checks.len(), 1);
    assert!(seen.seen("configuration").contains("repeat_gard"));
}
