//! The sandbox's gateway beside PostgREST and beside pgbench, all on one PostgreSQL.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::Figure;
use crate::station::{Backend, build};
use crate::support::cluster::Database;
use crate::system::{Owned, millis, quantile};

pub fn figures() -> Vec<Figure> {
    // A station asks for its queue a page at a time. Of the sample orders 13 % are done: 20,000 open ones a store.
    let database = Database::bare();
    let backend = Backend::serve(&["--database-url", database.url(), "--orders", "46200"]);
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let pass = Pass { key: backend.field("anon_key"), token: runtime.block_on(sign_in(&backend)) };
    let code = backend
        .codes("orders_bannos?stage=eq.Covering&cancelled_at=is.null&limit=1&order=id&select=id")
        .remove(0);
    let scan = ("get_order_for_scan", json!({ "scan": code }));
    let queue = ("get_queue", json!({ "store": "bannos", "limit": 500, "offset": 15_000 }));

    let ours = format!("{}/rest/v1/rpc", backend.field("url"));
    let gateway = load(&runtime, &ours, &pass, &scan, CLIENTS, REQUESTS);
    let pages = load(&runtime, &ours, &pass, &queue, 1, PAGES);
    let postgrest = Postgrest::start(&runtime, &database);
    let reference = load(&runtime, &postgrest.url, &pass, &scan, CLIENTS, REQUESTS);
    let claims = runtime.block_on(claims(&database, backend.field("email")));
    let script = format!(
        "begin;\nselect set_config('request.jwt.claims', '{claims}', true), set_config('role', 'authenticated', true);\n\
         select public.get_order_for_scan('{code}');\ncommit;\n"
    );
    let direct = pgbench(database.url(), &script, 1000);

    let figure = |name, ours, reference, unit, beside| Figure { name, ours, reference, unit, beside };
    vec![
        figure("gateway", gateway.rate, reference.rate, "requests/s", "PostgREST"),
        figure("gateway_p99", gateway.p99_ms, reference.p99_ms, "ms", "PostgREST"),
        figure("gateway_pgbench", gateway.rate, direct, "requests/s", "pgbench calling the function"),
        figure("queue_20000", pages.p95_ms, 200.0, "ms, p95", "what a page may take"),
    ]
}

/// What opens the gateway; PostgREST looks at the token alone.
struct Pass<'a> {
    key: &'a str,
    token: String,
}

struct Load {
    rate: f64,
    p95_ms: f64,
    p99_ms: f64,
}

/// As many requests from some connections, each sending its next when the last is answered.
fn load(
    runtime: &Runtime,
    base: &str,
    pass: &Pass,
    call: &(&str, Value),
    clients: usize,
    requests: usize,
) -> Load {
    let (function, body) = call;
    let client = reqwest::Client::builder().pool_max_idle_per_host(clients).build().expect("a client");
    let url = format!("{base}/{function}");
    let many =
        |count| ask(client.post(&url).bearer_auth(&pass.token).header("apikey", pass.key).json(body), count);
    runtime.block_on(async {
        // The first few pay for connections and plans.
        many(50).await;
        let started = Instant::now();
        let asking: JoinSet<Vec<f64>> = (0..clients).map(|_| many(requests / clients)).collect();
        let times = asking.join_all().await.concat();
        Load {
            rate: times.len() as f64 / started.elapsed().as_secs_f64(),
            p95_ms: quantile(times.clone(), 0.95),
            p99_ms: quantile(times, 0.99),
        }
    })
}

/// Sends a request again and again; how long each took.
async fn ask(request: reqwest::RequestBuilder, count: usize) -> Vec<f64> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let request = request.try_clone().expect("a body of bytes");
        let started = Instant::now();
        let answer = request.send().await.expect("an answer");
        assert!(answer.status().is_success(), "{answer:?}");
        answer.bytes().await.expect("a body");
        times.push(millis(started.elapsed()));
    }
    times
}

async fn sign_in(backend: &Backend) -> String {
    let url = format!("{}/auth/v1/token?grant_type=password", backend.field("url"));
    let body = json!({ "email": backend.field("email"), "password": backend.field("password") });
    let request = reqwest::Client::new().post(url).header("apikey", backend.field("anon_key")).json(&body);
    let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
    answer["access_token"].as_str().expect("a token").to_owned()
}

/// The claims of the account that signs in, as a request carries them.
pub async fn claims(database: &Database, email: &str) -> String {
    let account = "select jsonb_build_object('sub', id, 'role', 'authenticated')::text from auth.users where email = $1";
    database.connect().await.query_one(account, &[&email]).await.expect("an account").get(0)
}

/// PostgREST on the same database, which gateway and clients cannot tell from Supabase's own.
struct Postgrest {
    url: String,
    _process: Owned,
}

impl Postgrest {
    fn start(runtime: &Runtime, database: &Database) -> Self {
        let secret: String = runtime.block_on(async {
            let client = database.connect().await;
            let row = client.query_one("select value from sandbox.secrets where name = 'jwt'", &[]).await;
            row.expect("the sandbox keeps it").get(0)
        });
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a port")
            .port();
        let child = Command::new(build("ORDAK_POSTGREST"))
            .env("PGRST_DB_URI", database.url())
            .env("PGRST_DB_SCHEMAS", "public")
            .env("PGRST_DB_ANON_ROLE", "anon")
            .env("PGRST_JWT_SECRET", secret)
            .env("PGRST_SERVER_HOST", "127.0.0.1")
            .env("PGRST_SERVER_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("PostgREST, which packaging/tools installs");
        let postgrest = Self { url: format!("http://127.0.0.1:{port}/rpc"), _process: Owned(child) };
        let started = Instant::now();
        let is_up = || async {
            let root = format!("http://127.0.0.1:{port}/");
            reqwest::get(root).await.is_ok_and(|answer| answer.status().is_success())
        };
        while !runtime.block_on(is_up()) {
            assert!(started.elapsed().as_secs() < 60, "PostgREST does not start");
        }
        postgrest
    }
}

/// Transactions a second of a script, which sets role and claims as a gateway sets them, from as many clients; `n` counts
/// from 0 in each.
pub fn pgbench(url: &str, script: &str, transactions: usize) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("script.sql");
    std::fs::write(&file, script).expect("a file");
    let transactions = transactions.to_string();
    let clients = CLIENTS.to_string();
    let out = Command::new("/usr/lib/postgresql/15/bin/pgbench")
        .args(["-n", "-M", "prepared", "-D", "n=-1", "-c", &clients, "-j", "2", "-t", &transactions, "-f"])
        .arg(&file)
        .arg(url)
        .output()
        .expect("pgbench, which comes with PostgreSQL");
    let said = String::from_utf8_lossy(&out.stdout);
    let rate =
        said.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    rate.unwrap_or_else(|| panic!("pgbench: {said} {}", String::from_utf8_lossy(&out.stderr)))
}

/// `issues` 3: what a small project's pool gives a station.
pub const CLIENTS: usize = 8;
const REQUESTS: usize = 8000;
const PAGES: usize = 400;
