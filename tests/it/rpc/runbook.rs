//! The runbook's SQL, word for word: what a person pastes at three in the morning works on this schema.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tokio_postgres::SimpleQueryMessage;

use crate::support::shop::{Shop, Who};

/// What `../shared/runbook.md` prints, its blocks one after another with an empty line between: for clones that stand alone.
const PRINTED: &str = include_str!("runbook.sql");

/// The document, where it lies beside the clone.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/runbook.md");

/// The blocks of SQL of a document, in their order.
fn blocks(document: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in document.lines() {
        match (&mut open, line.trim()) {
            (None, "```sql") => open = Some(String::new()),
            (Some(_), "```") => blocks.extend(open.take()),
            (Some(block), _) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

#[test]
fn the_copy_is_what_the_runbook_prints() {
    if Path::new(DOCUMENT).exists() {
        assert_eq!(blocks(&fs::read_to_string(DOCUMENT).unwrap()).join("\n"), PRINTED);
    }
    assert_eq!(blocks("x\n```sql\na\n```\n```bash\nb\n```\n```sql\nc\n\nd;\n```\n"), ["a\n", "c\n\nd;\n"]);
}

/// The statements, as printed.
fn statements() -> Vec<&'static str> {
    PRINTED.split_inclusive(';').filter(|sql| !sql.trim().is_empty()).collect()
}

/// A day on which there is something to see.
async fn bad_day() -> Shop {
    let shop = Shop::open().await;
    shop.client
        .batch_execute(
            "insert into public.orders_bannos (id, shopify_order_number, stage, created_at) values
                ('bannos-1', 1, 'Filling', '2026-11-01'), ('bannos-2', 2, 'Packing', '2026-11-02'),
                ('bannos-3', 3, 'Complete', '2026-11-01');
             insert into public.orders_flourlane (id, shopify_order_number) values ('flourlane-1', 1);
             insert into public.stage_events (order_id, store, stage, action, at)
                values ('bannos-1', 'bannos', 'Filling', 'print', '2026-11-01');
             insert into public.work_queue (topic, created_at, locked_at, locked_by) values
                ('stuck', now() - interval '2 hours', now() - interval '16 min', 'w1'),
                ('at work', now(), now() - interval '14 min', 'w2'),
                ('waiting', now(), null, null);
             insert into public.work_queue (topic, status) values ('done', 'done');",
        )
        .await
        .unwrap();
    shop
}

/// The rows of a statement, their columns joined.
async fn run(shop: &Shop, sql: &str) -> Vec<String> {
    let messages = shop.client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let mut rows = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => {
                let cells: Vec<_> = (0..row.len()).map(|at| row.get(at).unwrap_or("null")).collect();
                rows.push(cells.join(" "));
            }
            SimpleQueryMessage::CommandComplete(count) if sql.contains("update ") => {
                rows.push(format!("{count} changed"));
            }
            _ => {}
        }
    }
    rows.sort();
    rows
}

#[tokio::test]
async fn every_statement_of_the_runbook_runs_and_tells_what_is_wrong() {
    let shop = bad_day().await;
    let statements = statements();
    assert_eq!(statements.len(), 12, "{statements:?}");
    // As whoever sits at the SQL editor, and with the service key.
    for role in ["postgres", "service_role"] {
        for sql in &statements {
            shop.client.batch_execute(&format!("begin; set local role {role}")).await.unwrap();
            let rows = run(&shop, sql).await;
            shop.client.batch_execute("rollback").await.unwrap();
            let flat = sql.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
            let expected: &[&str] = if flat.contains("select status, count(*)") {
                &["done 1", "pending 3"]
            } else if flat.contains("oldest_min") {
                assert!(rows[0].parse::<f64>().unwrap() >= 120.0, "{rows:?}");
                continue;
            } else if flat.contains("from public.orders_bannos;") {
                &["2026-11-02 00:00:00+00"]
            } else if flat.contains("select max(created_at)") {
                assert!(rows[0].starts_with("20"), "{rows:?}");
                continue;
            } else if flat.contains("select * from work_queue") {
                assert!(rows.len() == 1 && rows[0].contains("stuck"), "{rows:?}");
                continue;
            } else if flat.contains("update work_queue") {
                &["1 changed"]
            } else if flat.contains("as store, count(*)") {
                &["bannos 3", "flourlane 1"]
            } else if flat.contains("assignee_id is null") {
                &["Filling 1", "Packing 1"]
            } else if flat.contains("'bannos' store, stage") {
                &["bannos Complete 1", "bannos Filling 1", "bannos Packing 1", "flourlane Filling 1"]
            } else if flat.contains("stage_events") {
                &["bannos-1 print 2026-11-01 00:00:00+00"]
            } else {
                panic!("what should {sql} tell?");
            };
            assert_eq!(rows, expected, "{sql} as {role}");
        }
    }
}

#[tokio::test]
async fn a_stuck_row_that_was_unlocked_is_claimed_at_once() {
    let mut shop = bad_day().await;
    let claim = serde_json::json!({"worker": "w3", "topics": "{stuck}"});
    let unlock = statements().into_iter().find(|sql| sql.contains("update work_queue")).unwrap();
    assert_eq!(run(&shop, unlock).await, ["1 changed"]);
    let rows = shop.rows(Who::Service, "claim_work", claim).await.unwrap();
    assert_eq!((rows.len(), &rows[0]["retry_count"]), (1, &serde_json::json!(0)));
}

#[tokio::test]
async fn the_signals_are_what_the_statements_tell() {
    let mut shop = bad_day().await;
    let signals = shop.call(Who::Station, "get_ops_signals", serde_json::json!({})).await;
    let data = &signals["data"];
    let mut told = 0;
    for sql in statements().into_iter().filter(|sql| !sql.contains("update ")) {
        let rows = run(&shop, sql).await;
        let flat = sql.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        // As the statement's rows would be, from the signals.
        let pairs = |counts: &Value, before: &str| -> Vec<String> {
            let counts = counts.as_object().unwrap().iter();
            counts.map(|(name, count)| format!("{before}{name} {count}")).collect()
        };
        let mut expected = if flat.contains("select status, count(*)") {
            pairs(&data["work_queue"], "")
        } else if flat.contains("oldest_min") {
            let (asked, signalled) =
                (rows[0].parse::<f64>().unwrap(), data["oldest_pending_min"].as_f64().unwrap());
            assert!(signalled >= 120.0 && (0.0..1.0).contains(&(asked - signalled)), "{asked} {signalled}");
            told += 1;
            continue;
        } else if flat.contains("max(created_at)") {
            let store = if flat.contains("orders_bannos") { "bannos" } else { "flourlane" };
            let newest = data["newest_order"][store].as_str().unwrap();
            vec![newest.replacen('T', " ", 1).replace("+00:00", "+00")]
        } else if flat.contains("select * from work_queue") {
            assert_eq!(data["stuck_locks"], rows.len());
            told += 1;
            continue;
        } else if flat.contains("assignee_id is null") {
            pairs(&data["unassigned"]["bannos"], "")
        } else if flat.contains("'bannos' store, stage") {
            let of_flourlane = pairs(&data["orders"]["flourlane"], "flourlane ");
            pairs(&data["orders"]["bannos"], "bannos ").into_iter().chain(of_flourlane).collect()
        } else {
            // How many orders there are is the sum of the stages; the events are no signal.
            continue;
        };
        expected.sort();
        assert_eq!(rows, expected, "{sql}");
        told += 1;
    }
    assert_eq!(told, 9, "statements that the signals tell");
}
