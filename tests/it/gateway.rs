//! The reference backend over real HTTP: PostgREST's and GoTrue's surface on both engines.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Mutex;
use std::time::Duration;

use ordak_station::sandbox::{self, Access, Options, Progress, Running, Storage};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::cluster::Database;

/// Somebody who asks: the project's key and, once signed in, a token.
pub struct Client<'a> {
    http: reqwest::Client,
    access: &'a Access,
    /// The access token.
    pub token: Option<String>,
}

impl<'a> Client<'a> {
    pub fn anonymous(access: &'a Access) -> Self {
        Self { http: reqwest::Client::new(), access, token: None }
    }

    pub async fn signed_in(access: &'a Access, email: &str) -> Self {
        let mut client = Self::anonymous(access);
        let tokens = client.sign_in(email, &access.password).await;
        client.token = Some(tokens["access_token"].as_str().unwrap().to_owned());
        client
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header("apikey", &self.access.anon_key).timeout(Duration::from_mins(1));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn sign_in(&self, email: &str, password: &str) -> Value {
        self.grant("password", &json!({ "email": email, "password": password })).await.1
    }

    async fn grant(&self, kind: &str, body: &Value) -> (StatusCode, Value) {
        let url = format!("{}/auth/v1/token?grant_type={kind}", self.access.url);
        let response = self.with_key(self.http.post(url)).json(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    async fn auth(&self, method: Method, path: &str) -> (StatusCode, Value) {
        let url = format!("{}/auth/v1/{path}", self.access.url);
        let response = self.with_key(self.http.request(method, url)).send().await.unwrap();
        (response.status(), serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
    }

    pub async fn post(&self, function: &str, body: impl Into<reqwest::Body>) -> Response {
        let url = format!("{}/rest/v1/rpc/{function}", self.access.url);
        self.with_key(self.http.post(url)).body(body).send().await.unwrap()
    }

    pub async fn call(&self, function: &str, arguments: Value) -> (StatusCode, Value) {
        let response = self.post(function, arguments.to_string()).await;
        (response.status(), response.json().await.unwrap())
    }

    async fn ask(&self, path: &str, name: &str, value: &str) -> Response {
        let url = format!("{}/rest/v1/{path}", self.access.url);
        self.with_key(self.http.get(url)).header(name, value).send().await.unwrap()
    }

    pub async fn read(&self, table: &str, query: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("{}/rest/v1/{table}", self.access.url);
        let url = reqwest::Url::parse_with_params(&url, query).unwrap();
        let response = self.with_key(self.http.get(url)).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }
}

async fn serve(storage: Storage, orders: usize) -> Running {
    let options = Options { storage, orders, ..Options::default() };
    sandbox::serve(options, &|_| {}).await.unwrap()
}

/// Everything that the station relies on; every order it touches is a curated one.
async fn surface(access: &Access) {
    signing_in(access).await;
    signing_out(access).await;
    keys_and_tokens(access).await;
    calls(access).await;
    shelves(access).await;
    failures(access).await;
    reads(access).await;
    shapes(access).await;
    writes(access).await;
}

async fn signing_in(access: &Access) {
    let client = Client::anonymous(access);
    let tokens = client.sign_in(&access.email, &access.password).await;
    assert_eq!(tokens["token_type"], "bearer");
    assert_eq!(tokens["expires_in"], 3600);
    assert_eq!(tokens["user"]["email"], access.email.as_str());
    assert!(tokens["expires_at"].is_u64() && tokens["user"]["id"].is_string());

    for (email, password) in [(access.email.as_str(), "wrong"), ("nobody@shop.example", &access.password)] {
        let refused = client.sign_in(email, password).await;
        assert_eq!(
            refused,
            json!({ "code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials" })
        );
    }

    let refresh = |token: &Value| json!({ "refresh_token": token });
    let (status, second) = client.grant("refresh_token", &refresh(&tokens["refresh_token"])).await;
    assert_eq!(status, StatusCode::OK);
    assert_ne!(second["refresh_token"], tokens["refresh_token"]);
    assert_eq!(second["user"]["id"], tokens["user"]["id"]);
    // A reply that was lost: for ten seconds the first token works again.
    let (status, third) = client.grant("refresh_token", &refresh(&tokens["refresh_token"])).await;
    assert_eq!(status, StatusCode::OK, "{third}");
    for body in [refresh(&json!("unheard-of")), json!({ "refresh_token": 7 }), json!({})] {
        let (status, body) = client.grant("refresh_token", &body).await;
        assert_eq!((status, &body["code"]), (StatusCode::BAD_REQUEST, &json!(400)), "{body}");
    }

    let (status, body) = client.grant("password", &json!({ "email": access.email })).await;
    assert_eq!((status, &body["error_code"]), (StatusCode::BAD_REQUEST, &json!("invalid_credentials")));
    let (status, body) = client.grant("password", &json!({})).await;
    assert_eq!((status, &body["error_code"]), (StatusCode::BAD_REQUEST, &json!("validation_failed")));
    let (status, _) = client.grant("magic", &json!({})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

/// Signed in, asked who one is, and signed out again: here, elsewhere, everywhere.
async fn signing_out(access: &Access) {
    let mut client = Client::anonymous(access);
    let (status, nobody) = client.auth(Method::GET, "user").await;
    assert_eq!((status, &nobody["error_code"]), (StatusCode::UNAUTHORIZED, &json!("no_authorization")));
    client.token = Some("not.a.token".to_owned());
    let (status, bad) = client.auth(Method::GET, "user").await;
    assert_eq!((status, &bad["error_code"]), (StatusCode::FORBIDDEN, &json!("bad_jwt")));

    for (scope, ends_this, ends_other) in
        [("local", true, false), ("others", false, true), ("global", true, true)]
    {
        let this = client.sign_in(&access.email, &access.password).await;
        let other = client.sign_in(&access.email, &access.password).await;
        let of = |tokens: &Value| Client {
            token: tokens["access_token"].as_str().map(str::to_owned),
            ..Client::anonymous(access)
        };
        let (status, user) = of(&this).auth(Method::GET, "user").await;
        assert_eq!((status, &user), (StatusCode::OK, &this["user"]));
        let (status, _) = of(&this).auth(Method::POST, &format!("logout?scope={scope}")).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        for (tokens, is_ended) in [(&this, ends_this), (&other, ends_other)] {
            let (status, user) = of(tokens).auth(Method::GET, "user").await;
            let (refreshed, _) =
                client.grant("refresh_token", &json!({ "refresh_token": tokens["refresh_token"] })).await;
            let expected = if is_ended { (403, 400) } else { (200, 200) };
            assert_eq!((status.as_u16(), refreshed.as_u16()), expected, "{scope}: {user}");
        }
    }
    let again = Client::signed_in(access, &access.email).await;
    let (status, wrong) = again.auth(Method::POST, "logout?scope=nowhere").await;
    assert_eq!((status, &wrong["error_code"]), (StatusCode::BAD_REQUEST, &json!("validation_failed")));
}

async fn keys_and_tokens(access: &Access) {
    let http = reqwest::Client::new();
    let url = format!("{}/rest/v1/rpc/get_unassigned_counts", access.url);
    let body = json!({ "store": "bannos" }).to_string();
    let keyless = http.post(&url).body(body.clone()).send().await.unwrap();
    assert_eq!(keyless.status(), StatusCode::UNAUTHORIZED);
    let wrong = http.post(&url).header("apikey", "sb_publishable_wrong").body(body).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    let wrong: Value = wrong.json().await.unwrap();
    assert_eq!(wrong["message"], "Invalid API key");

    // Without a token it is anon, who may not call; the same account signed in may.
    let mut client = Client::anonymous(access);
    let response = client.post("get_unassigned_counts", json!({ "store": "bannos" }).to_string()).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    assert_eq!(response.json::<Value>().await.unwrap()["code"], "42501");

    client.token = Some("not.a.token".to_owned());
    let (status, bad) = client.call("get_unassigned_counts", json!({ "store": "bannos" })).await;
    assert_eq!((status, &bad["code"]), (StatusCode::UNAUTHORIZED, &json!("PGRST301")));

    // The key of the service passes row level security.
    let service = Access { anon_key: access.service_key.clone(), ..access.clone() };
    let (status, rows) = Client::anonymous(&service).read("intents", &[("limit", "1")]).await;
    assert_eq!((status, rows.is_array()), (StatusCode::OK, true));
}

async fn calls(access: &Access) {
    let client = Client::signed_in(access, &access.email).await;
    let response = client.post("get_queue", json!({ "store": "bannos" }).to_string()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("date"), "clocks are compared by it");
    let queue: Vec<Value> = response.json().await.unwrap();
    let first = queue.iter().find(|order| order["id"] == "bannos-18617").expect("it is overdue");
    assert_eq!(first["cake_writing"], "Χρόνια Πολλά Νίκο!");
    assert_eq!((&first["priority"], &first["stage"]), (&json!("High"), &json!("Filling")));

    let me = client.read("staff_shared", &[("select", "id")]).await.1[0]["id"].clone();
    let print = json!({ "id": "bannos-18617", "performed_by": me });
    let (status, printed) = client.call("handle_print_barcode", print.clone()).await;
    assert_eq!((status, &printed["ok"]), (StatusCode::OK, &json!(true)), "{printed}");
    assert_eq!(printed["data"]["already_done"], false);
    let (_, again) = client.call("handle_print_barcode", print).await;
    assert_eq!(again["data"]["already_done"], true, "{again}");

    let (status, beat) = client
        .call("station_heartbeat", json!({ "station": "filling-1", "report": { "version": "0.1.0" } }))
        .await;
    assert_eq!(status, StatusCode::OK, "{beat}");
}

/// Who, where and in what stock: the samples say it and the functions know it.
async fn shelves(access: &Access) {
    let client = Client::signed_in(access, &access.email).await;
    let settings = client.call("get_settings", json!({ "store": "bannos" })).await.1;
    assert_eq!(settings["data"]["storage_places"][1], "Fridge 2", "{settings}");
    assert_eq!(settings["data"]["qc_reasons"].as_array().unwrap().len(), 4);
    let maria = client.call("get_staff_by_badge", json!({ "badge": "1001" })).await.1;
    assert_eq!(maria["data"]["full_name"], "Maria K.", "{maria}");

    let id = "bannos-18640";
    let assign = json!({ "id": id, "staff_id": maria["data"]["id"] });
    let (status, assigned) = client.call("assign_staff", assign).await;
    assert_eq!(
        (status, &assigned["data"]["assignee_name"]),
        (StatusCode::OK, &json!("Maria K.")),
        "{assigned}"
    );
    let stored = client.call("set_storage", json!({ "id": id, "storage": "fridge 2" })).await.1;
    assert_eq!(stored["data"]["storage"], "Fridge 2", "{stored}");
    let unassigned = client.call("assign_staff", json!({ "id": id, "staff_id": null })).await.1;
    assert_eq!(unassigned["data"]["assignee_id"], Value::Null, "{unassigned}");
    let list = client.call("get_unassigned_list", json!({ "store": "bannos", "stage": "Filling" })).await.1;
    let row = list.as_array().unwrap().iter().find(|row| row["id"] == id).expect("nobody has it");
    assert_eq!(row["storage"], "Fridge 2");
    let history = client.call("get_order_events", json!({ "id": id })).await.1;
    let actions: Vec<_> = history["data"].as_array().unwrap().iter().map(|event| &event["action"]).collect();
    assert_eq!(actions[actions.len() - 3..], ["assign", "storage", "assign"]);

    let lines = json!([{ "title": row["product_title"], "variant_title": row["size"], "quantity": 1 }]);
    let order = json!({
        "order_gid": "gid://shopify/Order/1", "payload": { "store": "bannos", "line_items": lines }
    });
    let (status, refused) = client.call("deduct_on_order_create", order.clone()).await;
    assert_eq!((status, &refused["code"]), (StatusCode::FORBIDDEN, &json!("42501")));
    let url = format!("{}/rest/v1/rpc/deduct_on_order_create", access.url);
    let request = client.http.post(url).header("apikey", &access.service_key).body(order.to_string());
    let taken: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&taken["data"]["lines"], &taken["data"]["untracked"]), (&json!(1), &json!(0)), "{taken}");
}

async fn failures(access: &Access) {
    let client = Client::signed_in(access, &access.email).await;
    let (status, other) = client.call("get_queue", json!({ "p_store": "bannos", "p_stage": null })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(
        other,
        json!({
            "code": "PGRST202",
            "message": "Could not find the function public.get_queue(p_stage, p_store) in the schema cache",
            "details": "Searched for the function public.get_queue with parameters p_stage, p_store or with a single \
                        unnamed json/jsonb parameter, but no matches were found in the schema cache.",
            "hint": null,
        })
    );
    let (_, near) = client.call("get_queues", json!({})).await;
    assert_eq!(near["hint"], "Perhaps you meant to call the function public.get_queue");
    let (status, unknown) = client.call("no\"; drop table orders_bannos; --", json!({})).await;
    assert_eq!((status, &unknown["code"]), (StatusCode::NOT_FOUND, &json!("PGRST202")));
    let (status, foreign) = client.call("get_queue", json!({ "store": { "a": 1 }, "limit": "many" })).await;
    assert_eq!((status, &foreign["code"]), (StatusCode::BAD_REQUEST, &json!("22P02")));
    for body in ["{", "", "[]", "\"text\"", "{\"store\":\"bannos\"} x", "<html>"] {
        let response = client.post("get_unassigned_counts", body).await;
        let status = response.status();
        let failure: Value = response.json().await.unwrap();
        // What is JSON but no object has no arguments.
        let is_json = ["", "[]", "\"text\""].contains(&body);
        let expected = if is_json { (404, "PGRST202") } else { (400, "PGRST102") };
        assert_eq!((status.as_u16(), failure["code"].as_str().unwrap()), expected, "{body:?}");
    }
    // A server that has heard enough closes the connection, so this one is not used again.
    let huge = format!("{{\"store\":\"{}\"}}", "x".repeat(1 << 20));
    let once = Client { http: reqwest::Client::new(), access, token: client.token.clone() };
    assert_eq!(once.post("get_queue", huge).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let nowhere = client.with_key(client.http.get(format!("{}/nowhere", access.url))).send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
}

async fn reads(access: &Access) {
    let client = Client::signed_in(access, &access.email).await;
    let query = [
        ("select", "id,stage"),
        ("shopify_order_number", "eq.25771"),
        ("order", "id.desc"),
        ("limit", "1"),
        ("offset", "1"),
    ];
    let (status, rows) = client.read("orders_bannos", &query).await;
    assert_eq!((status, rows), (StatusCode::OK, json!([{ "id": "bannos-25771-A", "stage": "Filling" }])));
    let (_, rows) = client
        .read("orders_bannos", &[("id", "in.(bannos-25771-B,bannos-18617)"), ("stage", "not.eq.Filling")])
        .await;
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["flavour"], "Chocolate");
    let quote = [("id", "eq.x' or true --")];
    assert_eq!(client.read("orders_bannos", &quote).await, (StatusCode::OK, json!([])));

    let (status, denied) = client.read("intents", &[]).await;
    assert_eq!((status, &denied["code"]), (StatusCode::FORBIDDEN, &json!("42501")));
    let (status, denied) = Client::anonymous(access).read("orders_bannos", &[]).await;
    assert_eq!((status, &denied["code"]), (StatusCode::UNAUTHORIZED, &json!("42501")));
    let (status, missing) = client.read("orders_atlantis", &[]).await;
    assert_eq!((status, &missing["code"]), (StatusCode::NOT_FOUND, &json!("PGRST205")));
    let (status, missing) = client.read("orders_bannos", &[("select", "a\0b:id")]).await;
    assert_eq!((status, &missing["code"]), (StatusCode::BAD_REQUEST, &json!("PGRST100")));
    let (status, missing) = client.read("orders_bannos", &[("price", "gt.1")]).await;
    assert_eq!((status, &missing["code"]), (StatusCode::BAD_REQUEST, &json!("42703")));
    let (status, wrong) = client.read("orders_bannos", &[("stage", "eq.Baking")]).await;
    assert_eq!((status, &wrong["code"]), (StatusCode::BAD_REQUEST, &json!("22P02")));
}

/// Counts, ranges, one object alone, and what the root tells of: `make oracle` compares all of it, this looks at some.
async fn shapes(access: &Access) {
    let client = Client::signed_in(access, &access.email).await;
    let header = |response: &Response, name: &str| response.headers()[name].to_str().unwrap().to_owned();
    let split = "orders_bannos?select=id&shopify_order_number=eq.25771&order=id";
    for (path, status, range) in
        [(split.to_owned(), 200, "0-1/2"), (format!("{split}&limit=1"), 206, "0-0/2")]
    {
        let counted = client.ask(&path, "prefer", "count=exact").await;
        assert_eq!(
            (counted.status().as_u16(), &*header(&counted, "content-range")),
            (status, range),
            "{path}"
        );
        assert_eq!(header(&counted, "preference-applied"), "count=exact");
    }
    let all = "orders_bannos?select=id&order=id";
    let rows: Vec<Value> = client.ask(all, "accept", "*/*").await.json().await.unwrap();
    let ranged = client.ask(all, "range", "1-3").await;
    assert_eq!(header(&ranged, "content-range"), "1-3/*");
    assert_eq!(ranged.json::<Vec<Value>>().await.unwrap(), rows[1..=3]);

    let object = "application/vnd.pgrst.object+json";
    let one = client.ask("orders_bannos?select=id&id=eq.bannos-18617", "accept", object).await;
    assert_eq!(one.json::<Value>().await.unwrap(), json!({ "id": "bannos-18617" }));
    for path in [split, "orders_bannos?select=id&id=eq.none"] {
        let refused = client.ask(path, "accept", object).await;
        assert_eq!(refused.status(), StatusCode::NOT_ACCEPTABLE);
        assert_eq!(refused.json::<Value>().await.unwrap()["code"], "PGRST116", "{path}");
    }

    assert_eq!(told(&client).await, [true, false, true, false]);
    assert_eq!(told(&Client::anonymous(access)).await, [false; 4]);
    let key = Access { anon_key: access.service_key.clone(), ..access.clone() };
    assert_eq!(told(&Client::anonymous(&key)).await, [false, true, true, true]);
}

/// Whether the root tells of a station's function, the service's, a table that stations read, and one that they do not.
async fn told(client: &Client<'_>) -> [bool; 4] {
    let root: Value = client.ask("", "accept", "*/*").await.json().await.unwrap();
    let names = ["/rpc/get_queue", "/rpc/claim_work", "/orders_bannos", "/intents"];
    names.map(|name| root["paths"].get(name).is_some())
}

/// Tables are not written through the gateway, which says so to each in true words.
async fn writes(access: &Access) {
    let signed_in = Client::signed_in(access, &access.email).await;
    let anonymous = Client::anonymous(access);
    let key = Access { anon_key: access.service_key.clone(), ..access.clone() };
    let service = Client::anonymous(&key);
    for method in [Method::POST, Method::PATCH, Method::PUT, Method::DELETE] {
        for (client, table, expected) in [
            (&signed_in, "orders_bannos", (403, "42501")),
            (&anonymous, "orders_bannos", (401, "42501")),
            (&service, "orders_bannos", (501, "0A000")),
            (&signed_in, "orders_atlantis", (404, "PGRST205")),
            (&service, "orders_atlantis", (404, "PGRST205")),
        ] {
            let url = format!("{}/rest/v1/{table}", access.url);
            let request = client.with_key(client.http.request(method.clone(), url)).body("{}");
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let failure: Value = response.json().await.unwrap();
            assert_eq!((status, failure["code"].as_str().unwrap()), expected, "{method} {table}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_surface_on_the_embedded_engine() {
    let running = serve(Storage::Temporary, 60).await;
    surface(&running.access).await;
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_folder_keeps_its_keys_its_orders_and_its_sign_ins() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(folder.path().join("data"));
    let seen = Mutex::new(Vec::new());
    let options = Options { storage: storage.clone(), orders: 1, ..Options::default() };
    let first = sandbox::serve(options, &|progress| seen.lock().unwrap().push(progress)).await.unwrap();
    let curated = match seen.into_inner().unwrap()[..] {
        [Progress::Starting, Progress::Migrating, Progress::Sampling { done, of }] if done == of => done,
        ref other => panic!("{other:?}"),
    };
    let access = first.access.clone();
    let tokens = Client::anonymous(&access).sign_in(&access.email, &access.password).await;
    first.stop().await.unwrap();

    let second = serve(storage, 60).await;
    assert_eq!(second.access.anon_key, access.anon_key);
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let (status, tokens) = Client::anonymous(&second.access).grant("refresh_token", &refresh).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let service = Access { anon_key: second.access.service_key.clone(), ..second.access.clone() };
    let client = Client::anonymous(&service);
    let mut orders = Vec::new();
    for table in ["orders_bannos", "orders_flourlane"] {
        let (_, rows) = client.read(table, &[]).await;
        orders.extend(rows.as_array().unwrap().clone());
    }
    assert_eq!(orders.len(), curated, "a filled database gets no more samples");
    assert_ne!(second.access.url, access.url);
    pictures(&client, &orders).await;
    second.stop().await.unwrap();
}

/// Every sample cake's picture is where its row says, and no other is there.
async fn pictures(client: &Client<'_>, orders: &[Value]) {
    let addresses: BTreeSet<_> =
        orders.iter().map(|order| order["product_image"].as_str().unwrap()).collect();
    assert!(addresses.len() > 4, "{addresses:?}");
    for address in addresses {
        assert!(address.starts_with(&client.access.url), "{address}");
        let bytes = client.http.get(address).send().await.unwrap().bytes().await.unwrap();
        let mut picture = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
        let mut dots = vec![0; picture.output_buffer_size().unwrap()];
        picture.next_frame(&mut dots).unwrap();
        assert!(dots.chunks(3).collect::<BTreeSet<_>>().len() > 10, "{address} is empty");
    }
    for name in ["3-lemon.png", "1-lemon", "-.png", "1-plum.png"] {
        let address = format!("{}/storage/v1/object/public/cakes/{name}", client.access.url);
        assert_eq!(client.http.get(address).send().await.unwrap().status(), StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_told_from_a_bad_one() {
    let options = Options { orders: 0, token_lifetime: Duration::ZERO, ..Options::default() };
    let running = sandbox::serve(options, &|_| {}).await.unwrap();
    let client = Client::signed_in(&running.access, &running.access.email).await;
    let (status, expired) = client.call("get_unassigned_counts", json!({ "store": "bannos" })).await;
    assert_eq!(
        (status, expired),
        (
            StatusCode::UNAUTHORIZED,
            json!({ "code": "PGRST301", "message": "JWT expired", "details": null, "hint": null })
        )
    );
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_surface_on_postgresql_and_twenty_thousand_orders() {
    let database = Database::bare();
    let running = serve(Storage::Url(database.url().to_owned()), 20_000).await;
    surface(&running.access).await;
    let client = database.connect().await;
    let count = "select (select count(*) from orders_bannos) + (select count(*) from orders_flourlane)";
    assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 20_000);

    let signed_in = Client::signed_in(&running.access, &running.access.email).await;
    let all = json!({ "store": "bannos", "limit": 5000 });
    let (_, page) = signed_in.call("get_queue", all).await;
    assert_eq!(page.as_array().unwrap().len(), 1000, "a read is cut at a thousand rows");
    let (_, page) = signed_in.read("orders_bannos", &[("select", "id")]).await;
    assert_eq!(page.as_array().unwrap().len(), 1000);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_again_late_ends_its_session() {
    let database = Database::migrated();
    let running = serve(Storage::Url(database.url().to_owned()), 0).await;
    let client = Client::anonymous(&running.access);
    let refresh = |token: &Value| json!({ "refresh_token": token });
    let first =
        client.sign_in(&running.access.email, &running.access.password).await["refresh_token"].clone();
    let second = client.grant("refresh_token", &refresh(&first)).await.1["refresh_token"].clone();
    let eleven_seconds_later = "update sandbox.refresh_tokens set used_at = used_at - interval '11 s'";
    database.connect().await.batch_execute(eleven_seconds_later).await.unwrap();
    for (token, code) in [(&first, "refresh_token_already_used"), (&second, "refresh_token_not_found")] {
        let (status, refused) = client.grant("refresh_token", &refresh(token)).await;
        assert_eq!((status, &refused["error_code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{refused}");
    }
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_read_again_when_told_and_when_something_is_missing() {
    let database = Database::migrated();
    let running = serve(Storage::Url(database.url().to_owned()), 0).await;
    let client = Client::signed_in(&running.access, &running.access.email).await;
    let schema = database.connect().await;
    schema.batch_execute("create function told() returns integer language sql as 'select 1'").await.unwrap();
    assert_eq!(client.call("told", json!({})).await.1, json!(1), "it was missing");
    let changed =
        "drop function told; create function told() returns setof integer language sql as 'select 1';
                   notify pgrst, 'reload schema'";
    schema.batch_execute(changed).await.unwrap();
    let read = async {
        while client.call("told", json!({})).await.1 != json!([1]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), read).await.expect("it was told");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_read_again_after_the_connection_that_listens_broke() {
    let database = Database::migrated();
    let running = serve(Storage::Url(database.url().to_owned()), 0).await;
    let client = Client::signed_in(&running.access, &running.access.email).await;
    let schema = database.connect().await;
    schema.batch_execute("create function told() returns integer language sql as 'select 1'").await.unwrap();
    assert_eq!(client.call("told", json!({})).await.1, json!(1));
    let cut = "select count(pg_terminate_backend(a.pid)) from pg_stat_activity a
        where a.datname = current_database() and a.application_name = 'ordak-sandbox-listening'";
    assert_eq!(schema.query_one(cut, &[]).await.unwrap().get::<_, i64>(0), 1);
    // Not told of: whoever was deaf for a while looks for itself.
    let changed =
        "drop function told; create function told() returns setof integer language sql as 'select 1'";
    schema.batch_execute(changed).await.unwrap();
    let read = async {
        while client.call("told", json!({})).await.1 != json!([1]) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), read).await.expect("it listens again");
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sample_pictures_move_with_the_address_and_no_others_do() {
    let database = Database::migrated();
    let client = database.connect().await;
    // An address of this test's own, so that its port is known beforehand.
    let listen = "127.86.17.1:4321".parse().unwrap();
    let old = "http://127.86.17.1:43210/storage/v1/object/public/cakes/1-lemon.png";
    let foreign = "https://cdn.example/storage/v1/object/public/cakes/1-lemon.png";
    for (number, address) in [(1, old), (2, foreign)] {
        let sql = "insert into orders_bannos (id, shopify_order_number, product_image) values ($1, $2, $3)";
        client.execute(sql, &[&format!("bannos-{number}"), &number, &address]).await.unwrap();
    }
    let storage = Storage::Url(database.url().to_owned());
    let running = sandbox::serve(Options { listen, storage, ..Options::default() }, &|_| {}).await.unwrap();
    let rows = client.query("select product_image from orders_bannos order by id", &[]).await.unwrap();
    let stand: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(stand, ["http://127.86.17.1:4321/storage/v1/object/public/cakes/1-lemon.png", foreign]);
    running.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn migrating_is_repeatable_and_leaves_the_other_contract_alone() {
    let database = Database::bare();
    sandbox::migrate(database.url()).await.unwrap();
    let schema = database.schema();
    sandbox::migrate(database.url()).await.unwrap();
    assert_eq!(database.schema(), schema);

    let other = Database::bare();
    let client = other.connect().await;
    let get_queue = "create function get_queue(p_store text) returns int language sql as 'select 1'";
    client.batch_execute(get_queue).await.unwrap();
    let schema = other.schema();
    assert!(matches!(sandbox::migrate(other.url()).await, Err(sandbox::Error::OtherContract)));
    assert_eq!(other.schema(), schema, "nothing was touched");

    let supabase = Database::bare();
    let client = supabase.connect().await;
    client.batch_execute("create schema auth; create table auth.users (instance_id uuid)").await.unwrap();
    let options = Options { storage: Storage::Url(supabase.url().to_owned()), ..Options::default() };
    assert!(matches!(sandbox::serve(options, &|_| {}).await, Err(sandbox::Error::Supabase)));
}
