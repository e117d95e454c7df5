//! The gateway beside real PostgREST on the same database: `make oracle`, or any run that finds `ORDAK_POSTGREST`. That is
//! 12.0.2, the only version that npm has; Supabase runs later ones, so where they differ the gateway follows these, see
//! [`KNOWN`].

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use ordak_station::sandbox::{self, Contract, Options, Storage};
use reqwest::{Client, Method, Url};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::cluster::Database;

/// One line of `requests.txt` or `stand_in.txt`.
struct Request<'a> {
    line: &'a str,
    who: &'a str,
    method: Method,
    path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn read(line: &'a str) -> Self {
        let mut parts = line.split(" | ");
        let mut words = parts.next().unwrap().splitn(3, ' ');
        let mut word = || words.next().unwrap_or_else(|| panic!("{line}"));
        let (who, method, path) = (word(), word().parse().unwrap(), word());
        let (mut headers, mut body) = (Vec::new(), None);
        for part in parts {
            match part.split_once(": ").unwrap() {
                ("Body", text) => body = Some(text),
                header => headers.push(header),
            }
        }
        Self { line, who, method, path, headers, body }
    }

    async fn ask(&self, side: &Side) -> Answer {
        let url = Url::parse(&format!("{}/{}", side.url, self.path.trim_start_matches('/'))).unwrap();
        let mut request = side.http.request(self.method.clone(), url).timeout(Duration::from_mins(1));
        request = request.header("apikey", &side.key);
        if let Some(token) = side.tokens.get(self.who) {
            request = request.bearer_auth(token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = self.body {
            if !self.headers.iter().any(|(name, _)| *name == "Content-Type") {
                request = request.header("Content-Type", "application/json");
            }
            request = request.body(body.to_owned());
        }
        Answer::read(request.send().await.unwrap()).await
    }
}

/// What is compared. Of headers those that clients act on; a body's JSON, so that its spaces do not count.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Value,
}

impl Answer {
    async fn read(response: reqwest::Response) -> Self {
        let headers = response.headers();
        let header = |name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()));
        let (status, headers) =
            (response.status().as_u16(), HEADERS.into_iter().filter_map(header).collect());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let body = if body["swagger"].is_null() { body } else { described(&body) };
        Self { status, headers, body }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, self.body)
    }
}

/// What a client learns from the root: what there is, each function's arguments, each table's columns and their types. The
/// rest is prose and the writes of tables, which the gateway does not offer.
fn described(root: &Value) -> Value {
    let mut definitions = root["definitions"].clone();
    for column in definitions
        .as_object_mut()
        .into_iter()
        .flat_map(serde_json::Map::values_mut)
        .flat_map(|table| table["properties"].as_object_mut().unwrap().values_mut())
    {
        column.as_object_mut().unwrap().retain(|key, _| ["type", "format", "items"].contains(&key.as_str()));
    }
    let arguments = |path: &Value| {
        let parameters = path["post"]["parameters"].as_array()?;
        let mut arguments = parameters.iter().find(|parameter| parameter["name"] == "args")?.clone();
        arguments["schema"].as_object_mut()?.remove("description");
        Some(arguments)
    };
    let paths = root["paths"].as_object().unwrap().iter();
    let paths: BTreeMap<_, _> = paths.map(|(path, methods)| (path, arguments(methods))).collect();
    json!({ "definitions": definitions, "paths": paths })
}

struct Side {
    http: Client,
    url: String,
    key: String,
    tokens: BTreeMap<&'static str, String>,
}

/// A client that opens a connection a request: one that a server is about to close is never used again.
fn unpooled() -> Client {
    Client::builder().pool_max_idle_per_host(0).build().unwrap()
}

/// PostgREST, until it is dropped.
struct Postgrest(Child);

impl Postgrest {
    async fn start(binary: &str, database: &Database, secret: &str) -> (Self, String) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // It ends with the tests, however they end.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", binary])
            .env("PGRST_DB_URI", database.url())
            .env("PGRST_DB_SCHEMAS", "public")
            .env("PGRST_DB_ANON_ROLE", "anon")
            .env("PGRST_DB_MAX_ROWS", "1000")
            .env("PGRST_JWT_SECRET", secret)
            .env("PGRST_SERVER_HOST", "127.0.0.1")
            .env("PGRST_SERVER_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (postgrest, url) = (Self(child), format!("http://127.0.0.1:{port}"));
        let started = Instant::now();
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
            assert!(started.elapsed() < Duration::from_mins(1), "PostgREST does not start");
            tokio::task::yield_now().await;
        }
        (postgrest, url)
    }
}

impl Drop for Postgrest {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A token as GoTrue would sign it.
pub fn token(secret: &str, account: &str, role: &str, exp: u64) -> String {
    let claims = json!({
        "sub": account, "role": role, "aud": "authenticated", "email": "", "session_id": account, "iat": 0, "exp": exp,
    });
    let [header, claims] = [r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(), claims.to_string()];
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(&signed);
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_answers_as_postgrest() {
    let Some(binary) = std::env::var("ORDAK_POSTGREST").ok().filter(|binary| !binary.is_empty()) else {
        eprintln!("skipped: the gateway beside PostgREST, no ORDAK_POSTGREST; `make oracle` brings it");
        return;
    };
    let ours = Database::migrated();
    let client = ours.connect().await;
    client.batch_execute(include_str!("oracle/schema.sql")).await.unwrap();
    let mut tally = Tally::default();
    tally.compare(&binary, &ours, Contract::V2025_09, include_str!("oracle/requests.txt")).await;
    let stand_in = Database::stand_in();
    sandbox::extend(stand_in.url()).await.unwrap();
    tally.compare(&binary, &stand_in, Contract::V2025_12, include_str!("oracle/stand_in.txt")).await;
    if let Ok(figures) = std::env::var("ORACLE_FIGURES") {
        let told = json!({ "requests": tally.requests, "equal": tally.equal });
        std::fs::write(figures, format!("{told}\n")).unwrap();
    }
    assert_eq!(tally.unexpected, 0, "requests that PostgREST answers otherwise");
}

/// How many requests there were, and how the answers compared.
#[derive(Default)]
struct Tally {
    requests: usize,
    equal: usize,
    unexpected: usize,
}

impl Tally {
    /// Serves the database by both and asks each the same, telling every difference.
    async fn compare(&mut self, binary: &str, database: &Database, contract: Contract, requests: &str) {
        let storage = Storage::Url(database.url().to_owned());
        let running =
            sandbox::serve(Options { storage, contract, ..Options::default() }, &|_| {}).await.unwrap();
        let client = database.connect().await;
        let sql = "select value from sandbox.secrets where name = 'jwt'";
        let secret: String = client.query_one(sql, &[]).await.unwrap().get(0);
        let (_postgrest, url) = Postgrest::start(binary, database, &secret).await;
        let tokens = tokens(&client, &secret).await;
        let side = |url| Side {
            http: unpooled(),
            url,
            key: running.access.anon_key.clone(),
            tokens: tokens.clone(),
        };
        let (ours, theirs) = (side(format!("{}/rest/v1", running.access.url)), side(url));
        for request in requests.lines().filter(|line| !line.starts_with('#')).map(Request::read) {
            let (our, their) = (request.ask(&ours).await, request.ask(&theirs).await);
            let known = KNOWN.iter().find(|(line, _)| *line == request.line);
            self.requests += 1;
            self.equal += usize::from(our == their);
            match known {
                None if our == their => {}
                Some((_, why)) if our != their => println!("{}\n  known: {why}", request.line),
                Some(_) => {
                    self.unexpected += 1;
                    println!("{}\n  is listed as different and is not", request.line);
                }
                None => {
                    self.unexpected += 1;
                    println!("{}\n  ours   {our}\n  theirs {their}", request.line);
                }
            }
        }
        running.stop().await.unwrap();
    }
}

/// Those who ask: accounts by name, a stranger without a staff row, and tokens with something wrong.
async fn tokens(client: &tokio_postgres::Client, secret: &str) -> BTreeMap<&'static str, String> {
    let account = |email: &'static str| async move {
        let sql = "select id::text from auth.users where email = $1";
        client.query_one(sql, &[&email]).await.unwrap().get::<_, String>(0)
    };
    let (station, supervisor) =
        (account("filling-1@shop.example").await, account("supervisor@shop.example").await);
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signed_in = |account: &str| token(secret, account, "authenticated", now_s + 3600);
    let another_secret = "another secret of enough length".repeat(2);
    BTreeMap::from([
        ("station", signed_in(&station)),
        ("supervisor", signed_in(&supervisor)),
        ("stranger", signed_in("99999999-0000-4000-8000-000000000000")),
        ("service", token(secret, &station, "service_role", now_s + 3600)),
        ("expired", token(secret, &station, "authenticated", 1)),
        ("wrongly", token(&another_secret, &station, "authenticated", now_s + 3600)),
        ("bad", "not.a.token".to_owned()),
    ])
}

const HEADERS: [&str; 4] = ["content-type", "content-range", "preference-applied", "www-authenticate"];

/// Where the gateway differs knowingly, and why.
const KNOWN: [(&str, &str); 8] = [
    (
        "station GET orders_bannos?id=eq.bannos-18617&select=id,stage | Accept: text/csv",
        "CSV is not offered: no station or office tool asks for it",
    ),
    ("station GET orders_atlantis", UNKNOWN_TABLE),
    ("station GET order_bannos", UNKNOWN_TABLE),
    (
        "bad GET orders_bannos",
        "what is wrong with a broken token is told in PostgREST's JWT library's own words",
    ),
    (
        r#"station POST rpc/oracle_raises | Body: {"code":"21000"}"#,
        "a cardinality violation is 500 in later versions than 12, which Supabase runs; 12 says 400",
    ),
    (
        r#"station POST rpc/get_queue?select=id,total_count&assignee_id=is.null | Body: {"p_store":"bannos","p_stage":"Filling","p_sort_by":"shopify_order_number","p_sort_order":"ASC","p_limit":3}"#,
        "12 filters a function's rows by no column that select leaves out; its issue 3965, since closed",
    ),
    (
        r#"station POST rpc/with_intent | Body: {"function":"complete_filling"}"#,
        "advice: PostgREST's library finds a long list of names near a short one, ours does not",
    ),
    ("station GET a/b", "a path outside every route is answered by Supabase's gateway, in its words"),
];

const UNKNOWN_TABLE: &str = "PGRST205 since PostgREST 13, which Supabase runs; 12 lets PostgreSQL say 42P01";
