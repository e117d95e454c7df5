//! Two stations that work on the same cake at the same moment, each through its own client and the gateway: one makes the
//! transition, the other is told that it is made.

use std::sync::Arc;

use ordak_station::backend::{Backend, Config};
use ordak_station::order::{Action, OrderId, Stage};
use ordak_station::sandbox::{Options, Running, Storage, serve};
use ordak_station::station::{Intent, Reply};
use serde::Serialize;
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio_postgres::Client;

use super::At;
use crate::support::client::{config, intent};
use crate::support::cluster::Database;
use crate::support::shop::insert_order;

/// What a number of races came to: the last line of `make race` (`interfaces.md`).
#[derive(Debug, Default, Serialize)]
struct Figures {
    orders: usize,
    transitions: usize,
    doubled: usize,
    /// How often each side was the one that made the transition.
    wins: [usize; 2],
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_stations_at_once_one_makes_each_transition() {
    let orders = std::env::var("ORDERS").map_or(ORDERS, |orders| orders.parse().unwrap());
    let track = Track::open().await;
    let figures = track.races(orders).await;
    track.close().await;
    let line = serde_json::to_string(&figures).unwrap();
    println!("{line}");
    if let Some(file) = std::env::var_os("RACE_FIGURES") {
        std::fs::write(file, line + "\n").unwrap();
    }
    assert_eq!((figures.transitions, figures.doubled), (orders, 0), "{figures:?}");
    assert_eq!(figures.wins.iter().sum::<usize>(), orders, "{figures:?}");
    assert!(figures.wins.iter().all(|wins| wins * 5 >= orders), "hardly a race: {figures:?}");
}

/// A test that cannot fail shows nothing: the same races where no row is locked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_lock_transitions_are_doubled() {
    let track = Track::open().await;
    let sql = "select pg_get_functiondef('ordak.lock_order(text)'::regprocedure)";
    let locking: String = track.client.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(locking.matches(" for update").count(), 2, "{locking}");
    track.client.batch_execute(&locking.replace(" for update", "")).await.unwrap();
    let figures = track.races(ORDERS_UNLOCKED).await;
    track.close().await;
    println!("unlocked: {figures:?}");
    assert!(figures.doubled > 0 && figures.transitions > ORDERS_UNLOCKED, "{figures:?}");
}

/// A database of its own, the gateway on it, and two stations there.
struct Track {
    client: Client,
    running: Running,
    stations: [Arc<Backend>; 2],
    _folder: TempDir,
    _database: Database,
}

impl Track {
    async fn open() -> Self {
        let database = Database::bare();
        let storage = Storage::Url(database.url().into());
        let running = serve(Options { storage, orders: 0, ..Options::default() }, &|_| {}).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let access = &running.access;
        let stations = [0, 1].map(|side| {
            let account = &access.stations[side];
            let config =
                Config { email: account.email.into(), ..config(access, account.name, folder.path()) };
            Arc::new(Backend::new(config).unwrap())
        });
        // So that neither is signed in by its first race.
        for station in &stations {
            station.refresh(None).await.unwrap();
        }
        let client = database.connect().await;
        Self { client, running, stations, _folder: folder, _database: database }
    }

    /// Puts `count` orders in and has both stations work on each at once, one order after the other.
    async fn races(&self, count: usize) -> Figures {
        for nth in 0..count {
            let columns = STEPS[nth % STEPS.len()].1.columns();
            insert_order(&self.client, &order(nth).to_string(), columns).await;
        }
        let start = Arc::new(Barrier::new(self.stations.len()));
        let sides = [0, 1].map(|side| {
            let (station, start) = (Arc::clone(&self.stations[side]), Arc::clone(&start));
            tokio::spawn(async move {
                let mut replies = Vec::with_capacity(count);
                for nth in 0..count {
                    let intent = intent_of(side, nth);
                    // Whoever comes last, which is who lost the race before, goes on at once; the other is woken.
                    start.wait().await;
                    replies.push(station.send(&intent).await);
                }
                replies
            })
        });
        let [left, right] = sides;
        self.judge(&left.await.unwrap(), &right.await.unwrap()).await
    }

    /// Counts what each race came to, by what was answered and by what is in the database.
    async fn judge(&self, left: &[Reply], right: &[Reply]) -> Figures {
        let mut figures = Figures { orders: left.len(), ..Figures::default() };
        for (nth, replies) in left.iter().zip(right).enumerate() {
            let (action, _, stage) = STEPS[nth % STEPS.len()];
            let did = [replies.0, replies.1].map(|reply| match reply {
                Reply::Done { already, stage: told, .. } if *told == stage => !already,
                _ => panic!("{action:?} of {}: {reply:?}", order(nth)),
            });
            let events = self.events(order(nth), stage).await;
            figures.transitions += events;
            figures.doubled += usize::from(did == [true, true] || events > 1);
            for (wins, did) in figures.wins.iter_mut().zip(did) {
                *wins += usize::from(did);
            }
        }
        figures
    }

    /// How many times something was done to an order, which must have come to `stage`; a reprint, the answer to a second
    /// print, is not that.
    async fn events(&self, id: OrderId, stage: Stage) -> usize {
        let sql = "select o.stage::text, (
                select count(*) from public.stage_events e where e.order_id = o.id and not e.meta ? 'reprint'
            ) from ordak.orders o where o.store = $1 and o.id = $2";
        let row = self.client.query_one(sql, &[&id.store.to_string(), &id.to_string()]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), stage.name(), "{id}");
        row.get::<_, i64>(1) as usize
    }

    async fn close(self) {
        self.running.stop().await.unwrap();
    }
}

fn order(nth: usize) -> OrderId {
    format!("bannos-{}", 100_000 + nth).parse().unwrap()
}

fn intent_of(side: usize, nth: usize) -> Intent {
    let action = STEPS[nth % STEPS.len()].0;
    let id = (nth * 2 + side + 1) as u128;
    let intent = intent(id.to_be_bytes(), order(nth), action);
    match action {
        Action::QcReturn => Intent { code: "%QC:cracked".into(), ..intent },
        _ => intent,
    }
}

/// All that is raced for: where the order stands before it, and in which stage after it.
const STEPS: [(Action, At, Stage); 7] = [
    (Action::Print, At::New, Stage::Filling),
    (Action::CompleteFilling, At::Printed, Stage::Covering),
    (Action::CompleteCovering, At::Covering, Stage::Decorating),
    (Action::CompleteDecorating, At::Decorating, Stage::Packing),
    (Action::StartPacking, At::Packing, Stage::Packing),
    (Action::CompletePacking, At::Started, Stage::Complete),
    (Action::QcReturn, At::Started, Stage::Decorating),
];

/// The short form (`reliability.md`).
const ORDERS: usize = 1_000;

/// Without the lock most of them are doubled; on a busy machine, where the sides meet less often, a few in a hundred.
const ORDERS_UNLOCKED: usize = 300;
