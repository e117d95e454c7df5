//! The sandbox's side, frame by frame.

use std::time::Duration;

use ordak_station::sandbox::{self, Access, Options, Running, Storage};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::support::cluster::Database;
use crate::support::ear::Ear;
use crate::support::shop::insert_order;

const TABLES: [&str; 2] = ["orders_bannos", "orders_flourlane"];
const TOPIC: &str = "realtime:test";

async fn serve(database: &Database) -> Running {
    serve_with(database, Options::default()).await
}

async fn serve_with(database: &Database, options: Options) -> Running {
    let options = Options { storage: Storage::Url(database.url().to_owned()), orders: 0, ..options };
    sandbox::serve(options, &|_| {}).await.unwrap()
}

/// A token of a sample account.
async fn token(access: &Access, email: &str) -> String {
    let url = format!("{}/auth/v1/token?grant_type=password", access.url);
    let account = json!({ "email": email, "password": access.password });
    let request = reqwest::Client::new().post(url).header("apikey", &access.anon_key).json(&account);
    let grant: Value = request.send().await.unwrap().json().await.unwrap();
    grant["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_hears_the_rows_it_may_read_and_no_others() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let client = database.connect().await;
    let access = &running.access;
    let mut of_bannos = Ear::open(access).await;
    of_bannos.join(TOPIC, Some(&token(access, "jack@shop.example").await), &TABLES).await;
    let mut of_flourlane = Ear::open(access).await;
    of_flourlane.join(TOPIC, Some(&token(access, "wei@shop.example").await), &TABLES).await;
    let mut of_nobody = Ear::open(access).await;
    of_nobody.join(TOPIC, None, &TABLES).await;
    let mut of_the_office =
        Ear::open_with(access, &format!("apikey={}&vsn=2.0.0", access.service_key)).await.unwrap();
    of_the_office.join(TOPIC, None, &["*"]).await;

    insert_order(&client, "bannos-1", json!({ "customer_name": "Ada" })).await;
    insert_order(&client, "flourlane-2", json!({ "customer_name": "Bea" })).await;
    client.batch_execute("update orders_bannos set storage = 'Shelf 1' where id = 'bannos-1'").await.unwrap();
    client.batch_execute("update orders_flourlane set storage = 'A' where id = 'flourlane-2'").await.unwrap();

    // Each hears its own rows in turn, and nothing in between.
    for kind in ["INSERT", "UPDATE"] {
        for (ear, id) in [(&mut of_bannos, "bannos-1"), (&mut of_flourlane, "flourlane-2")] {
            let data = ear.hears_change().await;
            assert_eq!((&data["type"], &data["record"]["id"]), (&json!(kind), &json!(id)), "{data}");
            assert_eq!((&data["schema"], &data["errors"]), (&json!("public"), &Value::Null));
            assert_eq!(data["table"], format!("orders_{}", id.split('-').next().unwrap()));
            let old = if kind == "INSERT" { json!({}) } else { json!({ "id": id }) };
            assert_eq!(data["old_record"], old);
            assert!(data["record"]["customer_name"].is_string() && data["commit_timestamp"].is_string());
        }
        assert_eq!(of_the_office.hears_change().await["record"]["id"], "bannos-1");
        if kind == "INSERT" {
            assert_eq!(of_the_office.hears_change().await["record"]["id"], "flourlane-2");
        }
    }
    let beat = of_nobody.ask("phoenix", "heartbeat", json!({})).await;
    assert_eq!(beat, ("ok".to_owned(), json!({})), "who is not signed in hears nothing");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_hears_what_its_newest_token_may_read() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let client = database.connect().await;
    let access = &running.access;
    let mut ear = Ear::open(access).await;
    ear.join(TOPIC, Some(&token(access, "jack@shop.example").await), &TABLES).await;
    let other = token(access, "wei@shop.example").await;
    ear.say(TOPIC, "access_token", json!({ "access_token": other })).await;
    assert_eq!(ear.ask("phoenix", "heartbeat", json!({})).await.0, "ok", "nothing is said to a new token");
    insert_order(&client, "bannos-1", json!({})).await;
    insert_order(&client, "flourlane-2", json!({})).await;
    assert_eq!(ear.hears_change().await["record"]["id"], "flourlane-2");

    ear.say(TOPIC, "access_token", json!({ "access_token": other + "x" })).await;
    let (_, event, said) = ear.hears().await;
    assert_eq!((&*event, &said["status"]), ("system", &json!("error")), "{said}");
    assert_eq!(ear.hears().await.1, "phx_close", "a token that is none ends the channel");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_ends_with_its_token() {
    let database = Database::migrated();
    let lifetime = Options { token_lifetime: Duration::from_secs(1), ..Options::default() };
    let running = serve_with(&database, lifetime).await;
    let access = &running.access;
    let token = token(access, &access.email).await;
    let mut ear = Ear::open(access).await;
    let joined = json!({ "config": { "postgres_changes": [] }, "access_token": token });
    let status = ear.ask(TOPIC, "phx_join", joined.clone()).await.0;
    if status == "ok" {
        let (_, event, said) = ear.hears().await;
        assert_eq!((&*event, &said["message"]), ("system", &json!("Token has expired")));
        assert_eq!(ear.hears().await.1, "phx_close");
    }
    let (status, why) = ear.ask(TOPIC, "phx_join", joined).await;
    assert_eq!((&*status, &why["reason"]), ("error", &json!("InvalidJWTToken: Token has expired")));
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn joining_and_leaving_are_phoenix_s() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let client = database.connect().await;
    let access = &running.access;
    let token = token(access, &access.email).await;
    let mut ear = Ear::open(access).await;
    for (topic, event, payload, reason) in [
        ("realtime:unheard-of", "access_token", json!({}), "unmatched topic"),
        ("elsewhere", "phx_join", json!({}), "unmatched topic"),
        ("realtime:", "phx_join", json!({}), "unmatched topic"),
        (
            TOPIC,
            "phx_join",
            json!({ "access_token": "a.b.c" }),
            "JwtSignatureError: Failed to validate JWT signature",
        ),
    ] {
        let (status, response) = ear.ask(topic, event, payload).await;
        assert_eq!((&*status, &response["reason"]), ("error", &json!(reason)), "{topic} {event}");
    }
    for wanted in [
        json!({ "event": "*", "schema": "public", "table": "staff_shared" }),
        json!({ "event": "*", "schema": "auth", "table": "orders_bannos" }),
        json!({ "event": "DELETE", "schema": "public", "table": "orders_bannos" }),
        json!({ "event": "*", "schema": "public", "table": "orders_bannos", "filter": "id=eq.bannos-1" }),
    ] {
        let config = json!({ "config": { "postgres_changes": [wanted] }, "access_token": token });
        assert_eq!(ear.ask("realtime:odd", "phx_join", config).await.0, "ok");
        let (_, event, said) = ear.hears().await;
        assert_eq!((&*event, &said["status"]), ("system", &json!("error")), "{said}");
        assert_eq!(ear.ask("realtime:odd", "phx_leave", json!({})).await.0, "ok");
        assert_eq!(ear.hears().await.1, "phx_close");
    }

    ear.join(TOPIC, Some(&token), &TABLES).await;
    assert_eq!(ear.ask(TOPIC, "what", json!({})).await.1["reason"], "unmatched event");
    // Joined again, the first channel is closed.
    ear.say(TOPIC, "phx_join", json!({ "access_token": token })).await;
    assert_eq!(ear.hears().await.1, "phx_close");
    assert_eq!(ear.hears().await.1, "phx_reply");
    ear.join("realtime:second", Some(&token), &["orders_bannos"]).await;
    insert_order(&client, "flourlane-1", json!({})).await;
    insert_order(&client, "bannos-2", json!({})).await;
    let (topic, _, payload) = ear.hears().await;
    assert_eq!((&*topic, &payload["data"]["record"]["id"]), ("realtime:second", &json!("bannos-2")));
    assert_eq!(ear.ask("realtime:second", "phx_leave", json!({})).await.0, "ok");
    assert_eq!(ear.hears().await.1, "phx_close");
    insert_order(&client, "bannos-3", json!({})).await;
    assert_eq!(ear.ask("realtime:second", "phx_leave", json!({})).await.1["reason"], "unmatched topic");

    for nth in 0..16 {
        let full = ear.ask(&format!("realtime:{nth}"), "phx_join", json!({ "access_token": token })).await;
        assert_eq!(full.0, if nth < 15 { "ok" } else { "error" }, "one is joined already: {nth}");
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_socket_without_a_key_or_in_another_version() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let access = &running.access;
    let key = &access.anon_key;
    for (query, status) in [
        ("vsn=2.0.0".to_owned(), 401),
        ("apikey=wrong&vsn=2.0.0".to_owned(), 401),
        (format!("apikey={key}"), 400),
        (format!("apikey={key}&vsn=1.0.0"), 400),
    ] {
        assert_eq!(Ear::open_with(access, &query).await.err(), Some(status), "{query}");
    }
    let plain = format!("{}/realtime/v1/websocket?apikey={key}&vsn=2.0.0", access.url);
    assert!(reqwest::get(plain).await.unwrap().status().is_client_error(), "it asks for no socket");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_says_nonsense_or_nothing_is_ended() {
    let database = Database::migrated();
    let short = Options { silence_max: Duration::from_millis(100), ..Options::default() };
    let running = serve_with(&database, short).await;
    Ear::open(&running.access).await.ends().await;
    running.stop().await.unwrap();

    let running = serve(&database).await;
    let long = format!(r#"["1","1","phoenix","heartbeat",{{"x":"{}"}}]"#, "x".repeat(64 * 1024));
    for nonsense in [
        Message::text("nonsense"),
        Message::text("[]"),
        Message::text(r#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"1"}"#),
        Message::text("[".repeat(10_000)),
        Message::text(long),
        Message::binary(vec![0; 8]),
    ] {
        let mut ear = Ear::open(&running.access).await;
        ear.send(nonsense).await;
        ear.ends().await;
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_have_missed_something_has_to_come_again() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let client = database.connect().await;
    let access = &running.access;
    let token = token(access, &access.email).await;
    let mut ear = Ear::open(access).await;
    ear.join(TOPIC, Some(&token), &TABLES).await;
    let cut = "select count(pg_terminate_backend(a.pid)) from pg_stat_activity a
        where a.datname = current_database() and a.application_name = 'ordak-sandbox-listening'";
    assert_eq!(client.query_one(cut, &[]).await.unwrap().get::<_, i64>(0), 1);
    ear.ends().await;
    let query = format!("apikey={}&vsn=2.0.0", access.anon_key);
    let mut ear = loop {
        match Ear::open_with(access, &query).await {
            Ok(ear) => break ear,
            Err(status) => assert_eq!(status, 503),
        }
    };
    ear.join(TOPIC, Some(&token), &TABLES).await;
    insert_order(&client, "bannos-1", json!({})).await;
    assert_eq!(ear.hears_change().await["record"]["id"], "bannos-1");

    // More at once than wait for a subscriber that reads row by row.
    let many = "insert into orders_bannos (id, shopify_order_number) select 'bannos-' || n, n from generate_series(2, 5000) n";
    client.batch_execute(many).await.unwrap();
    let mut heard = 0;
    while let Some((_, event, _)) = ear.hears_or_ends().await {
        assert_eq!(event, "postgres_changes");
        heard += 1;
    }
    assert!(heard < 4999, "none was missed");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_server() {
    let database = Database::migrated();
    let running = serve(&database).await;
    let token = token(&running.access, &running.access.email).await;
    let mut ear = Ear::open(&running.access).await;
    ear.join(TOPIC, Some(&token), &TABLES).await;
    running.stop().await.unwrap();
    ear.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_engine_tells_too() {
    let running = sandbox::serve(Options::default(), &|_| {}).await.unwrap();
    let access = &running.access;
    let token = token(access, &access.email).await;
    let mut ear = Ear::open(access).await;
    ear.join(TOPIC, Some(&token), &TABLES).await;
    let stored = json!({
        "id": "bannos-18617", "storage": "Coolroom", "performed_by": "5f1a0000-0000-4000-8000-000000000001",
    });
    let url = format!("{}/rest/v1/rpc/set_storage", access.url);
    let request = reqwest::Client::new().post(url).header("apikey", &access.anon_key).bearer_auth(&token);
    let reply: Value = request.json(&stored).send().await.unwrap().json().await.unwrap();
    assert_eq!(reply["ok"], true, "{reply}");
    let data = ear.hears_change().await;
    assert_eq!((&data["type"], &data["record"]["storage"]), (&json!("UPDATE"), &json!("Coolroom")));
    running.stop().await.unwrap();
}
