//! A queue that is sent across the ends of several access tokens, through the real gateway: every token that is refused is
//! renewed once, and every action is done once.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::tz::TimeZone;
use ordak_station::backend::{self, ContractPin, Secret};
use ordak_station::journal::{self, Journal};
use ordak_station::order::{Action, IntentId, OrderId, Post, Store, Timestamp};
use ordak_station::sandbox::{Access, Options, Storage, serve};
use ordak_station::shell;
use ordak_station::station::{Dwell, Intent, IntentState, Link, Record, Settings, Source};
use serde_json::json;
use tokio_postgres::Client;

use crate::support::cluster::Database;
use crate::support::shop::insert_order;

#[test]
fn tokens_that_end_in_mid_queue_lose_and_double_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let database = Database::bare();
    let options = Options {
        storage: Storage::Url(database.url().into()),
        orders: 0,
        token_lifetime: Duration::from_secs(1),
        ..Options::default()
    };
    let served = runtime.block_on(serve(options, &|_| {})).unwrap();
    let client = runtime.block_on(database.connect());
    let cakes: Vec<OrderId> =
        (0..CAKES).map(|nth| format!("bannos-{}", 20_000 + nth).parse().unwrap()).collect();
    for cake in &cakes {
        let columns = json!({ "product_title": "Cake", "stage": "Covering" });
        runtime.block_on(insert_order(&client, &cake.to_string(), columns));
    }

    let folder = tempfile::tempdir().unwrap();
    let between = Between::the_station_and(&served.access.url);
    let config = config(&served.access, &between.url, folder.path());
    fill(&config.journal, &cakes);
    // What the first life did not come to note is asked again by the second, and answered as before.
    for _ in 0..2 {
        let (running, _) = shell::start(config.clone()).unwrap();
        let mut views = running.handle().views();
        runtime.block_on(async {
            views.wait_for(|view| view.link == Link::Up && view.waiting.count == 0).await.map(drop).unwrap();
        });
    }

    let count = |sql| runtime.block_on(count(&client, sql));
    let steps = i64::try_from(CAKES * STEPS.len()).unwrap();
    assert_eq!(count("select count(*) from public.intents"), steps);
    assert_eq!(count("select count(*) from public.stage_events"), steps);
    let each =
        "select count(*) from (select from public.stage_events group by order_id, action, stage) as each";
    assert_eq!(count(each), steps);
    assert_eq!(
        count("select count(*) from public.orders_bannos where stage = 'Packing'"),
        i64::try_from(CAKES).unwrap()
    );
    let renewals = count("select count(*) from sandbox.refresh_tokens where used_at is not null") as usize;
    let heard = between.heard.lock().unwrap();
    let refused = heard.refused.len();
    println!("{} calls met 401, by {refused} tokens; {renewals} renewals", heard.refusals);
    assert!(refused >= 3 && heard.refusals >= refused, "{refused} tokens were refused");
    // The last one of the first life may not come to be renewed, and that of the second may have ended before it.
    assert!(refused.abs_diff(renewals) <= 1, "{refused} tokens were refused, {renewals} renewed");
    assert_eq!(heard.renewals, renewals, "none was asked for twice");
    let sign_ins = count("select count(distinct session_id) from sandbox.refresh_tokens");
    assert_eq!(sign_ins, 1, "no renewal was refused");
    runtime.block_on(served.stop()).unwrap();
}

/// A supervisor's station with neither guns nor printers.
fn config(access: &Access, url: &str, folder: &Path) -> shell::Config {
    let stores = BTreeSet::from(Store::ALL);
    let settings = Settings {
        name: "test-any".into(),
        post: Post::Any,
        stores: stores.clone(),
        repeat_guard: Duration::from_secs(2),
        dwell: Dwell::default(),
        is_read_only: false,
        has_start_scans: false,
        printers: Vec::new(),
        scanners: 0,
        performer: None,
    };
    let backend = backend::Config {
        url: url.into(),
        anon_key: Secret::new(access.anon_key.as_str()),
        email: access.email.as_str().into(),
        password: Secret::new(access.password.as_str()),
        pin: ContractPin::Auto,
        station: "test-any".into(),
        post: Post::Any,
        stores,
        session_path: folder.join("session.json"),
    };
    shell::Config {
        settings,
        zone: TimeZone::UTC,
        journal: journal::Config {
            path: folder.join("journal.sqlite"),
            retention: Duration::from_hours(24 * 365),
        },
        backend,
        scanners: Vec::new(),
        printers: Vec::new(),
    }
}

/// What an earlier life accepted and could not send.
fn fill(config: &journal::Config, cakes: &[OrderId]) {
    let (mut journal, _) = Journal::open(config).unwrap();
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let intents = (1_u64..).zip(cakes.iter().flat_map(|cake| STEPS.map(|action| (*cake, action))));
    let records: Vec<_> = intents
        .map(|(seq, (order, action))| {
            Record::Intent(Intent {
                id: IntentId::from_random(u128::from(seq).to_le_bytes()),
                seq,
                order,
                is_exact: true,
                is_action_open: false,
                action,
                detail: None,
                tried_after: None,
                captured_at: at,
                rework: 0,
                performer: None,
                source: Source::Scanner(0),
                code: order.barcode().into(),
                state: IntentState::Open,
            })
        })
        .collect();
    journal.write(at, &records).unwrap();
}

/// Stands between a station and its gateway: tokens are said to live longer than they do, so that they end in use.
struct Between {
    url: String,
    heard: Arc<Mutex<Heard>>,
}

/// What went through.
#[derive(Default)]
struct Heard {
    /// The tokens that a call met a 401 with.
    refused: BTreeSet<String>,
    /// How many calls did.
    refusals: usize,
    /// How often a renewal was asked for.
    renewals: usize,
}

impl Between {
    fn the_station_and(gateway: &str) -> Self {
        let gateway = gateway.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            for station in listener.incoming() {
                let station = station.unwrap();
                // Both are gone at the end of the test.
                let Ok(gateway) = TcpStream::connect(&gateway) else { return };
                pass_on(&station, &gateway, &told);
            }
        });
        Self { url, heard }
    }
}

/// Hands on what each says to the other. A connection has one call at a time, so that a reply is to the last one.
fn pass_on(station: &TcpStream, gateway: &TcpStream, heard: &Arc<Mutex<Heard>>) {
    let bearer = Arc::new(Mutex::new(String::new()));
    let (used, counted) = (Arc::clone(&bearer), Arc::clone(heard));
    copy(station, gateway, move |said| {
        let text = String::from_utf8_lossy(said);
        counted.lock().unwrap().renewals += text.matches("grant_type=refresh_token").count();
        if let Some((_, rest)) = text.split_once("authorization: Bearer ") {
            rest.lines().next().unwrap_or_default().clone_into(&mut used.lock().unwrap());
        }
    });
    let heard = Arc::clone(heard);
    copy(gateway, station, move |said| {
        if said.starts_with(b"HTTP/1.1 401") {
            let mut heard = heard.lock().unwrap();
            heard.refusals += 1;
            heard.refused.insert(bearer.lock().unwrap().clone());
        }
        if let Some(at) = said.windows(SHORT_LIFE.len()).position(|part| part == SHORT_LIFE) {
            said[at..at + LONG_LIFE.len()].copy_from_slice(LONG_LIFE);
        }
    });
}

fn copy(from: &TcpStream, to: &TcpStream, mut hear: impl FnMut(&mut [u8]) + Send + 'static) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(count) = from.read(&mut piece) {
            hear(&mut piece[..count]);
            if count == 0 || to.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        // Either may be gone already.
        to.shutdown(Shutdown::Both).ok();
    });
}

async fn count(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap().get(0)
}

const STEPS: [Action; 2] = [Action::CompleteCovering, Action::CompleteDecorating];

/// Some seconds' work, with tokens that are good for one.
const CAKES: usize = 1_500;

const SHORT_LIFE: &[u8] = br#""expires_in":1,"#;
const LONG_LIFE: &[u8] = br#""expires_in":9,"#;
