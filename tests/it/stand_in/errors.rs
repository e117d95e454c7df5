//! The contract's table of errors over HTTP, a row a line: status, code and message as a station gets them.

use std::time::{SystemTime, UNIX_EPOCH};

use ordak_station::sandbox::{self, Contract, Options, Running, Storage};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{COMPLETIONS, of, until_waiting};
use crate::gateway::Client;
use crate::oracle::token;
use crate::support::cluster::Database;
use crate::support::shop::insert_order;

struct Served {
    database: Database,
    running: Running,
}

impl Served {
    async fn start() -> Self {
        let database = Database::stand_in();
        let options = Options {
            storage: Storage::Url(database.url().to_owned()),
            contract: Contract::V2025_12,
            orders: 0,
            ..Options::default()
        };
        let running = sandbox::serve(options, &|_| {}).await.unwrap();
        Self { database, running }
    }

    async fn station(&self) -> Client<'_> {
        Client::signed_in(&self.running.access, &self.running.access.email).await
    }

    /// A token for an account, whatever is known of it.
    async fn of_account(&self, account: &str, lifetime_s: i64) -> Client<'_> {
        let sql = "select value from sandbox.secrets where name = 'jwt'";
        let secret: String = self.database.connect().await.query_one(sql, &[]).await.unwrap().get(0);
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut client = Client::anonymous(&self.running.access);
        client.token =
            Some(token(&secret, account, "authenticated", now_s.saturating_add_signed(lifetime_s)));
        client
    }
}

/// Calls and expects this failure, whole.
async fn fails(client: &Client<'_>, function: &str, arguments: Value, code: &str, message: &str) {
    let (status, body) = client.call(function, arguments).await;
    let expected = json!({"code": code, "message": message, "details": null, "hint": null});
    assert_eq!((status, body), (StatusCode::BAD_REQUEST, expected), "{function}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_stage_says_which_is_needed() {
    let served = Served::start().await;
    let (client, database) = (served.station().await, served.database.connect().await);
    for (number, stage) in super::STAGES.into_iter().enumerate() {
        let id = format!("bannos-{}", 20_000 + number);
        insert_order(&database, &id, json!({"stage": stage})).await;
        for (function, needed, _) in COMPLETIONS.into_iter().filter(|(_, needed, _)| *needed != stage) {
            let said = format!("Order must be in {needed} stage to complete {}", needed.to_lowercase());
            fails(&client, function, of(&id, json!({})), "P0001", &said).await;
        }
        if stage != "Packing" {
            let said =
                format!("Order must be in Packing stage to return to Decorating. Current stage: {stage}");
            fails(&client, "qc_return_to_decorating", of(&id, json!({})), "P0001", &said).await;
        }
    }
    served.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_race_says_that_no_row_was_updated() {
    let served = Served::start().await;
    let mut database = served.database.connect().await;
    insert_order(&database, "bannos-1", json!({})).await;
    let (one, other, looker) =
        (served.station().await, served.station().await, served.database.connect().await);
    let held = database.transaction().await.unwrap();
    held.execute("select from public.orders_bannos for update", &[]).await.unwrap();
    let (one, other, ()) = tokio::join!(
        one.call("complete_filling", of("bannos-1", json!({}))),
        other.call("complete_filling", of("bannos-1", json!({}))),
        async {
            until_waiting(&looker, 2).await;
            held.rollback().await.unwrap();
        }
    );
    let (won, lost) = if one.0 == StatusCode::OK { (one, other) } else { (other, one) };
    assert_eq!(won, (StatusCode::OK, json!(true)));
    let said = "Expected to update exactly 1 row, but updated 0 rows for order bannos-1";
    let expected = json!({"code": "P0001", "message": said, "details": null, "hint": null});
    assert_eq!(lost, (StatusCode::BAD_REQUEST, expected));
    served.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_order_or_store_says_so() {
    let served = Served::start().await;
    let (client, database) = (served.station().await, served.database.connect().await);
    insert_order(&database, "bannos-1", json!({"shopify_order_number": null})).await;
    let more = |function: &str| match function {
        "assign_staff" => json!({"p_staff_id": null}),
        "set_storage" => json!({"p_storage": "x"}),
        _ => json!({}),
    };
    let by_store = "Store must be \"bannos\" or \"flourlane\"";
    for (function, said) in [
        ("complete_filling", "Invalid store: atlantis"),
        ("complete_covering", "Invalid store: atlantis"),
        ("complete_decorating", "Invalid store: atlantis"),
        ("complete_packing", "Invalid store: atlantis"),
        ("qc_return_to_decorating", "Invalid store: atlantis"),
        ("assign_staff", "Invalid store: atlantis"),
        ("print_barcode", by_store),
        ("start_covering", by_store),
        ("start_decorating", by_store),
        ("set_storage", by_store),
    ] {
        fails(&client, function, of("bannos-2", more(function)), "P0001", "Order not found: bannos-2").await;
        let mut wrong = of("bannos-1", more(function));
        wrong["p_store"] = json!("atlantis");
        fails(&client, function, wrong, "P0001", said).await;
    }
    let said = "Cannot print barcode: shopify_order_number is NULL for order bannos-1";
    fails(&client, "print_barcode", of("bannos-1", json!({})), "P0001", said).await;
    served.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_an_old_one_and_an_account_without_staff() {
    let served = Served::start().await;
    let database = served.database.connect().await;
    insert_order(&database, "bannos-1", json!({})).await;
    let anyone = Client::anonymous(&served.running.access);
    for (function, said) in [
        ("complete_filling", "Authentication required"),
        ("print_barcode", "Authentication required: auth.uid() returned NULL"),
    ] {
        fails(&anyone, function, of("bannos-1", json!({})), "P0001", said).await;
    }
    fails(&anyone, "assign_staff", of("bannos-1", json!({"p_staff_id": null})), "P0001", "Not authenticated")
        .await;

    let stranger = "99999999-0000-4000-8000-000000000000";
    let expired = served.of_account(stranger, -60).await;
    let (status, body) = expired.call("complete_filling", of("bannos-1", json!({}))).await;
    let jwt = json!({"code": "PGRST301", "message": "JWT expired", "details": null, "hint": null});
    assert_eq!((status, body), (StatusCode::UNAUTHORIZED, jwt));

    let client = served.of_account(stranger, 3600).await;
    for (function, more, constraint, table) in [
        ("complete_filling", json!({}), "stage_events_staff_id_fkey", "stage_events"),
        ("print_barcode", json!({}), "stage_events_staff_id_fkey", "stage_events"),
        ("start_covering", json!({}), "stage_events_staff_id_fkey", "stage_events"),
        ("assign_staff", json!({"p_staff_id": null}), "stage_events_staff_id_fkey", "stage_events"),
        ("set_storage", json!({"p_storage": "x"}), "audit_log_performed_by_fkey", "audit_log"),
    ] {
        let (status, body) = client.call(function, of("bannos-1", more)).await;
        let said =
            format!("insert or update on table \"{table}\" violates foreign key constraint \"{constraint}\"");
        assert_eq!(
            (status, &body["code"], &body["message"]),
            (StatusCode::CONFLICT, &json!("23503"), &json!(said)),
            "{function}"
        );
    }
    let (_, rows) = served.station().await.read("stage_events", &[("order_id", "eq.bannos-1")]).await;
    assert_eq!(rows, json!([]), "nothing was done");
    served.running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_argument_names_are_no_function() {
    let served = Served::start().await;
    let client = served.station().await;
    for (function, arguments) in [
        ("get_queue", json!({"store": "bannos"})),
        ("get_order_for_scan", json!({"scan": "#B18617"})),
        ("complete_filling", json!({"id": "bannos-1", "performed_by": null, "context": {}})),
        ("handle_print_barcode", json!({"id": "bannos-1"})),
        ("start_packing", json!({"id": "bannos-1"})),
        ("unassign_staff", of("bannos-1", json!({}))),
        ("assign_staff", of("bannos-1", json!({}))),
        ("get_stations", json!({})),
        ("with_intent", json!({"function": "x", "arguments": {}, "context": {}})),
    ] {
        let (status, body) = client.call(function, arguments).await;
        assert_eq!(
            (status, &body["code"]),
            (StatusCode::NOT_FOUND, &json!("PGRST202")),
            "{function}: {body}"
        );
    }
    let (status, rows) = client.call("get_queue", json!({"p_store": "bannos"})).await;
    assert_eq!((status, rows), (StatusCode::OK, json!([])));
    served.running.stop().await.unwrap();
}
