//! The backend client against the sandbox's gateway: the same functions, sessions and rows that a shop's project has.

use std::time::Duration;

use ordak_station::backend::{Backend, Contract};
use ordak_station::order::{Action, IntentId, Order, Stage};
use ordak_station::sandbox::{Options, Storage, serve};
use ordak_station::station::{Found, Heard, Intent, Lookup, RefusalCode, Reply, Report};

use crate::support::client;
use crate::support::cluster::Database;

fn intent(order: &Order, action: Action) -> Intent {
    client::intent([action as u8 + 1; 16], order.id, action)
}

/// Everything a shop does to one cake, in order.
const STEPS: [(Action, Stage); 6] = [
    (Action::Print, Stage::Filling),
    (Action::CompleteFilling, Stage::Covering),
    (Action::CompleteCovering, Stage::Decorating),
    (Action::CompleteDecorating, Stage::Packing),
    (Action::StartPacking, Stage::Packing),
    (Action::CompletePacking, Stage::Complete),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_order_lives_its_whole_life_through_the_client() {
    let database = Database::bare();
    let storage = Storage::Url(database.url().into());
    let running = serve(Options { storage, orders: 60, ..Options::default() }, &|_| {}).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = |name| client::config(&running.access, name, folder.path());
    let backend = Backend::new(config("bannos-filling-1")).unwrap();
    let read = backend.refresh(None).await.unwrap();
    assert_eq!((read.is_whole, read.unreadable, backend.contract()), (true, 0, Some(Contract::V2025_09)));
    assert!(backend.account().is_some());
    let fresh = |order: &&std::sync::Arc<Order>| {
        order.stage == Stage::Filling
            && order.times.filling_start.is_none()
            && order.times.cancelled.is_none()
            && !order.is_split()
    };
    let order = read.orders.iter().find(fresh).unwrap();

    live(&backend, order).await;

    let within = Duration::from_secs(30);
    for lookup in [Lookup::Order(order.id), Lookup::Code(order.id.barcode().into())] {
        let Ok(Found::One(found)) = backend.find(&lookup, within).await else { panic!("{lookup:?}") };
        assert_eq!((found.id, found.stage), (order.id, Stage::Complete));
        assert!(STEPS.iter().all(|(action, _)| found.mark(*action).is_some()), "{:?}", found.marks);
    }
    let split = read.orders.iter().find(|order| order.is_split()).unwrap();
    let number = Lookup::Code(format!("#{}{}", split.id.store.letter(), split.id.number).into());
    assert!(matches!(backend.find(&number, within).await, Ok(Found::Several(_))));
    assert_eq!(backend.find(&Lookup::Code("#B999999".into()), within).await, Ok(Found::Nothing));

    let changed = backend.refresh(Some(read.began_at)).await.unwrap();
    assert!(!changed.is_whole);
    assert!(changed.orders.iter().any(|changed| changed.id == order.id && changed.stage == Stage::Complete));

    let report = Report {
        backlog: 2,
        owed: vec![(order.id, Stage::Filling)],
        twice: vec![(order.id, read.began_at)],
        printers_ready: 1,
        scanners_ready: 1,
    };
    assert_eq!(
        backend.report(&report).await,
        Ok(Heard { is_frozen: Some(false), ..Heard::default() }),
        "no other station yet"
    );
    let other = Backend::new(config("bannos-filling-2")).unwrap();
    let Heard { fleet, is_frozen } = other.report(&Report::default()).await.unwrap();
    assert_eq!(
        (&*fleet[0].name, fleet[0].stage, fleet[0].backlog),
        ("bannos-filling-1", Some(Stage::Filling), 2)
    );
    assert_eq!(fleet[0].owed, [(order.id, Stage::Filling)]);
    assert_eq!(fleet[0].twice, [(order.id, read.began_at)]);
    assert_eq!(is_frozen, Some(false));
    running.stop().await.unwrap();
}

/// Writes: each step once, one of them again, one that rests on a return that never was.
async fn live(backend: &Backend, order: &Order) {
    for (action, stage) in STEPS {
        let Reply::Done { already, stage: now, times, mark, .. } = backend.send(&intent(order, action)).await
        else {
            panic!("{action:?}")
        };
        assert_eq!((already, now), (false, stage), "{action:?}");
        assert!(times.of(action).is_some(), "{action:?}");
        let mark = mark.unwrap();
        assert_eq!((mark.action, mark.station.as_deref()), (action, Some("bannos-filling-1")));
    }
    let again = backend.send(&intent(order, Action::Print)).await;
    assert!(
        matches!(again, Reply::Done { already: false, .. }),
        "the same intent answers as the first time: {again:?}"
    );
    let fresh_id = Intent { id: IntentId::from_random([99; 16]), ..intent(order, Action::Print) };
    assert!(matches!(backend.send(&fresh_id).await, Reply::Done { already: true, .. }));
    let stale =
        Intent { rework: 3, id: IntentId::from_random([98; 16]), ..intent(order, Action::CompletePacking) };
    let Reply::Refused(refusal) = backend.send(&stale).await else { panic!("not refused") };
    assert_eq!((refusal.code, refusal.rework), (RefusalCode::Conflict, Some(0)));
}
