//! Four stations that worked while the backend was away, and send it all when it is back: intents a second, beside pgbench
//! calling one of the same functions on the same PostgreSQL.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Client;

use crate::Figure;
use crate::gateway::{CLIENTS, claims, pgbench};
use crate::station::{Backend, Bench, build};
use crate::support::cluster::Database;
use crate::system::Owned;

pub fn figures() -> Vec<Figure> {
    let scans: usize = std::env::var("SCANS").ok().and_then(|text| text.parse().ok()).unwrap_or(SCANS);
    let cakes = scans / SCANS_A_CAKE;
    let database = Database::bare();
    let listen = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let listen = listen.to_string();
    let serve = || Backend::serve(&["--database-url", database.url(), "--orders", "0", "--listen", &listen]);
    let backend = serve();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = runtime.block_on(database.connect());
    fill(&runtime, &client, FIRST, cakes, "Filling");
    fill(&runtime, &client, REFERENCE_FIRST, CLIENTS * REFERENCE_EACH, "Covering");

    let labels = tempfile::tempdir().expect("a temporary folder");
    let printer = format!(
        "[[printer]]\nname = \"bench\"\ntransport = \"file://{}/\"\n",
        labels.path().to_str().expect("a plain path")
    );
    let mut stations = STAGES.map(|stage| {
        let devices = format!("[[scanner]]\nkind = \"keyboard\"\n{printer}");
        Kiosk::start(Bench::new(&backend, &format!("bench-{}", stage.to_lowercase()), stage, &devices))
    });
    for station in &mut stations {
        station.hear(1, |line| line["link"] == "up");
    }
    let email = backend.field("email").to_owned();
    drop(backend);
    work_offline(&mut stations, cakes);

    let backend = serve();
    let began = Instant::now();
    let verdicts = [2 * cakes, cakes, cakes, 2 * cakes];
    for (station, verdicts) in stations.iter_mut().zip(verdicts) {
        station.hear(verdicts, |line| line["verdict"] == "agreed");
    }
    let drained = began.elapsed().as_secs_f64();
    let intents = verdicts.iter().sum::<usize>();
    check(&runtime, &client, cakes, intents);
    drop((stations, backend));

    let claims = runtime.block_on(claims(&database, &email));
    let script = format!(
        "\\set n :n + 1\n\\set number {REFERENCE_FIRST} + {REFERENCE_EACH} * :client_id + :n\nbegin;\n\
         select set_config('request.jwt.claims', '{claims}', true), set_config('role', 'authenticated', true);\n\
         select public.complete_covering('bannos-' || :number, ('{claims}'::jsonb ->> 'sub')::uuid, jsonb_build_object(\
         'intent_id', gen_random_uuid(), 'station', 'reference', 'captured_at', now(), 'rework', 0));\ncommit;\n"
    );
    let reference = pgbench(database.url(), &script, REFERENCE_EACH);
    let done = runtime.block_on(count(&client, "public.orders_bannos where stage = 'Decorating'"));
    assert_eq!(done, CLIENTS * REFERENCE_EACH, "the reference did its work");
    vec![Figure {
        name: "drain",
        ours: intents as f64 / drained,
        reference,
        unit: "intents/s, from the backend's return",
        beside: "pgbench calling complete_covering",
    }]
}

/// A day's scans with no backend: each cake goes through all four stations.
fn work_offline(stations: &mut [Kiosk; 4], cakes: usize) {
    let codes: Vec<_> = (FIRST..FIRST + cakes).map(|number| format!("#B{number}\n")).collect();
    let codes = codes.concat();
    for station in &mut *stations {
        station.hear(1, |line| line["link"] == "down");
    }
    let [filling, covering, decorating, packing] = stations;
    // Its label is read when it is out, and completed by a scan more.
    filling.scan(&codes);
    filling.hear(cakes, |line| line["verdict"] == "sent");
    for (words, word) in [("Scan again", "choice"), ("", "held")] {
        filling.scan(&codes);
        let is_told = |line: &Value| {
            line["verdict"] == word && line["text"].as_str().is_some_and(|text| text.contains(words))
        };
        filling.hear(cakes, is_told);
    }
    for station in [covering, decorating, &mut *packing] {
        station.scan(&codes);
        station.hear(cakes, |line| line["verdict"] == "held");
    }
    packing.scan(&codes);
    packing.hear(cakes, |line| line["verdict"] == "held");
}

/// Everything was done, once, in order.
fn check(runtime: &Runtime, client: &Client, cakes: usize, intents: usize) {
    let ours = format!("shopify_order_number between {FIRST} and {}", FIRST + cakes - 1);
    let out_of_order = "(select lag(stage) over cake > stage or lag(at) over cake > at as is_wrong
        from public.stage_events window cake as (partition by order_id order by id)) e where is_wrong";
    let counts = [
        (format!("public.orders_bannos where stage = 'Complete' and {ours}"), cakes),
        ("public.intents".to_owned(), intents),
        ("public.stage_events".to_owned(), intents),
        (out_of_order.to_owned(), 0),
    ];
    for (what, expected) in counts {
        assert_eq!(runtime.block_on(count(client, &what)), expected, "{what}");
    }
}

async fn count(client: &Client, what: &str) -> usize {
    let row = client.query_one(&format!("select count(*) from {what}"), &[]).await.expect("a table");
    usize::try_from(row.get::<_, i64>(0)).expect("a count")
}

/// Plain cakes, due some day.
fn fill(runtime: &Runtime, client: &Client, first: usize, cakes: usize, stage: &str) {
    let sql = format!(
        "insert into public.orders_bannos (id, shopify_order_number, product_title, stage)
         select 'bannos-' || n, n, 'Cake', '{stage}' from generate_series({first}, {}) n",
        first + cakes - 1
    );
    runtime.block_on(client.batch_execute(&sql)).expect("orders");
}

/// A station that reads codes from its stdin.
struct Kiosk {
    codes: ChildStdin,
    lines: Receiver<Value>,
    _process: Owned,
    _bench: Bench,
}

impl Kiosk {
    fn start(bench: Bench) -> Self {
        let mut child = Command::new(build("ORDAK_KIOSK"))
            .args(["run", "--headless", "--config", &bench.file])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the release build");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (told, heard) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line = serde_json::from_str(&line).expect("JSON");
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        let codes = child.stdin.take().expect("piped");
        Self { codes, lines: heard, _process: Owned(child), _bench: bench }
    }

    fn scan(&mut self, codes: &str) {
        self.codes.write_all(codes.as_bytes()).expect("the station reads");
    }

    /// Waits for so many lines of this kind; all others are let go.
    fn hear(&mut self, count: usize, is_one: impl Fn(&Value) -> bool) {
        let mut heard = 0;
        while heard < count {
            let line = self.lines.recv_timeout(SILENT_MAX);
            let line = line.unwrap_or_else(|error| panic!("{heard} of {count} lines: {error}"));
            heard += usize::from(is_one(&line));
        }
    }
}

const STAGES: [&str; 4] = ["Filling", "Covering", "Decorating", "Packing"];

/// `issues` 4: 20,000 scans at four stations.
const SCANS: usize = 20_000;

/// Three at Filling, one each at Covering and Decorating, two at Packing.
const SCANS_A_CAKE: usize = 7;

const FIRST: usize = 100_000;
const REFERENCE_FIRST: usize = 200_000;
const REFERENCE_EACH: usize = 500;

/// Longer than any wait of a station for the next try.
const SILENT_MAX: Duration = Duration::from_mins(3);
