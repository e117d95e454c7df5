//! The backend client against the stand-in of contract 2025-12, over its gateway: one client, another contract.

use std::collections::BTreeSet;
use std::time::Duration;

use ordak_station::backend::{Backend, Config, Contract, ContractPin, Limits, Secret};
use ordak_station::order::{Action, Detail, IntentId, Order, Post, Stage, Store};
use ordak_station::sandbox::{self, Options, Running, Storage, serve};
use ordak_station::station::{
    Found, Heard, Intent, IntentState, LinkFault, Lookup, QueueRead, RefusalCode, Reply, Report, Source,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::support::cluster::Database;
use crate::support::shop::insert_order;

const WITHIN: Duration = Duration::from_secs(30);

/// A project of contract 2025-12 behind its gateway, and who asks it.
struct Project {
    database: Database,
    running: Running,
    client: Client,
    folder: TempDir,
}

impl Project {
    async fn open() -> Self {
        let database = Database::bare();
        let storage = Storage::Url(database.url().into());
        let contract = sandbox::Contract::V2025_12;
        let options = Options { storage, contract, orders: 0, ..Options::default() };
        let running = serve(options, &|_| {}).await.unwrap();
        let client = database.connect().await;
        Self { database, running, client, folder: tempfile::tempdir().unwrap() }
    }

    fn config(&self, station: &str) -> Config {
        Config {
            url: self.running.access.url.as_str().into(),
            anon_key: Secret::new(self.running.access.anon_key.as_str()),
            email: self.running.access.email.as_str().into(),
            password: Secret::new(self.running.access.password.as_str()),
            pin: ContractPin::Auto,
            station: station.into(),
            post: Post::At(Stage::Filling),
            stores: BTreeSet::from(Store::ALL),
            session_path: self.folder.path().join(station),
        }
    }

    fn station(&self, station: &str) -> Backend {
        Backend::new(self.config(station)).unwrap()
    }

    async fn order(&self, id: &str, columns: Value) {
        insert_order(&self.client, id, columns).await;
    }

    async fn sql(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }
}

fn intent(id: &str, action: Action, rework: u32) -> Intent {
    Intent {
        id: IntentId::from_random([action as u8 + 1; 16]),
        seq: 1,
        order: id.parse().unwrap(),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        rework,
        performer: None,
        source: Source::Scanner(0),
        code: "%QC:crack in the icing".into(),
        state: IntentState::Open,
    }
}

async fn one(backend: &Backend, id: &str) -> Order {
    match backend.find(&Lookup::Order(id.parse().unwrap()), WITHIN).await {
        Ok(Found::One(order)) => Order::clone(&order),
        other => panic!("{id}: {other:?}"),
    }
}

async fn ids(backend: &Backend, code: &str) -> Vec<String> {
    match backend.find(&Lookup::Code(code.into()), WITHIN).await.unwrap() {
        Found::Nothing => Vec::new(),
        Found::One(order) => vec![order.id.to_string()],
        Found::Several(orders) => {
            let is_told = |order: &std::sync::Arc<Order>| !order.is_writing_unread;
            assert!(orders.iter().all(is_told), "what is written tells one from another");
            orders.iter().map(|order| order.id.to_string()).collect()
        }
    }
}

fn listed<'a>(read: &'a QueueRead, id: &str) -> &'a Order {
    read.orders.iter().find(|order| order.id.to_string() == id).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_lives_its_whole_life_and_its_history_is_the_witness() {
    let project = Project::open().await;
    project.order("bannos-18617", json!({"product_title": "Cake", "cake_writing": "Happy 40th"})).await;
    let backend = project.station("bannos-filling-1");
    backend.refresh(None).await.unwrap();
    assert_eq!(backend.contract(), Some(Contract::V2025_12));
    let abilities = backend.find_abilities().await.unwrap();
    assert!(!abilities.repeats_safely && !abilities.starts_packing && abilities.starts_stages);
    for (action, stage) in [
        (Action::Print, Stage::Filling),
        (Action::CompleteFilling, Stage::Covering),
        (Action::StartCovering, Stage::Covering),
        (Action::CompleteCovering, Stage::Decorating),
        (Action::CompleteDecorating, Stage::Packing),
        (Action::CompletePacking, Stage::Complete),
    ] {
        let before = one(&backend, "bannos-18617").await;
        assert_eq!(before.mark(action), None, "{action:?}");
        let reply = backend.send(&intent("bannos-18617", action, 0)).await;
        let Reply::Done { already: false, stage: told, times, rework: 0, .. } = reply else {
            panic!("{reply:?}")
        };
        assert_eq!(told, stage, "{action:?}");
        let after = one(&backend, "bannos-18617").await;
        assert_eq!(after.stage, stage);
        let mark = after.mark(action).unwrap_or_else(|| panic!("{action:?}: {:?}", after.marks));
        assert_eq!(mark.station.as_deref(), Some("bannos-filling-1"), "its own account is this station");
        assert_eq!(times.of(action).is_some(), after.times.of(action).is_some(), "{action:?}");
    }
    let whole = one(&backend, "bannos-18617").await;
    let times = whole.times;
    assert!(
        times.filling_start < times.filling_complete && times.decorating_complete < times.packing_complete
    );
    assert_eq!((times.packing_start, times.cancelled), (times.decorating_complete, None));
    assert_eq!(&*whole.writing, "Happy 40th");
    let again = backend.send(&intent("bannos-18617", Action::CompleteFilling, 0)).await;
    let Reply::Refused(refusal) = again else { panic!("{again:?}") };
    assert_eq!((refusal.code, refusal.stage), (RefusalCode::InvalidStage, None), "the order is to be read");
    let none = backend.send(&intent("bannos-99999", Action::CompleteFilling, 0)).await;
    assert!(matches!(none, Reply::Refused(refusal) if refusal.code == RefusalCode::NotFound));
    let started = backend.send(&intent("bannos-18617", Action::StartPacking, 0)).await;
    assert!(matches!(started, Reply::Refused(refusal) if refusal.code == RefusalCode::BadInput));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_account_did_is_not_this_stations() {
    let project = Project::open().await;
    project.order("bannos-18617", json!({})).await;
    let backend = project.station("bannos-filling-1");
    project
        .sql(
            "insert into public.stage_events (store, order_id, stage, event_type) values ('bannos', 'bannos-18617', 'Filling', 'print')",
        )
        .await;
    let order = one(&backend, "bannos-18617").await;
    assert_eq!(order.mark(Action::Print).unwrap().station, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_the_exact_cake_or_a_choice() {
    let project = Project::open().await;
    for id in ["bannos-25771-A", "bannos-25771-B", "bannos-18617", "flourlane-18617", "bannos-3000000000"] {
        let number: i64 = id.split('-').nth(1).unwrap().parse().unwrap();
        let number = (number < i64::from(i32::MAX)).then_some(number);
        project.order(id, json!({"shopify_order_number": number})).await;
    }
    project.order("bannos-186170", json!({})).await;
    let backend = project.station("b");
    for (code, expected) in [
        ("#B25771-B", &["bannos-25771-B"][..]),
        ("bannos-25771-b", &["bannos-25771-B"]),
        ("#B25771-C", &[]),
        ("#B25771", &["bannos-25771-A", "bannos-25771-B"]),
        ("25771", &["bannos-25771-A", "bannos-25771-B"]),
        ("18617", &["bannos-18617", "flourlane-18617"]),
        ("#F18617", &["flourlane-18617"]),
        ("flour-lane-18617", &["flourlane-18617"]),
        ("186170", &["bannos-186170"]),
        ("#B3000000000", &["bannos-3000000000"]),
        ("#B1861", &[]),
        ("99999", &[]),
        ("%CMD:UNDO", &[]),
    ] {
        assert_eq!(ids(&backend, code).await, expected, "{code}");
    }
    assert_eq!(one(&backend, "bannos-25771-B").await.siblings, 2);
    // The scan function answers a row of nulls for it, which takes nothing from its history.
    assert!(matches!(
        backend.send(&intent("bannos-3000000000", Action::CompleteFilling, 0)).await,
        Reply::Done { .. }
    ));
    assert!(one(&backend, "bannos-3000000000").await.times.filling_complete.is_some());
    let missing = backend.find(&Lookup::Order("bannos-25771".parse().unwrap()), WITHIN).await;
    assert_eq!(missing, Ok(Found::Nothing), "a split order has no cake of that id");
    // The sibling's steps are the sibling's: the scan function answers -A for both.
    let done = backend.send(&intent("bannos-25771-A", Action::CompleteFilling, 0)).await;
    assert!(matches!(done, Reply::Done { .. }));
    let (a, b) = (one(&backend, "bannos-25771-A").await, one(&backend, "bannos-25771-B").await);
    assert_eq!((a.stage, b.stage), (Stage::Covering, Stage::Filling));
    assert!(a.times.filling_complete.is_some() && b.times.filling_complete.is_none() && b.marks.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_is_known_although_it_looks_complete() {
    let project = Project::open().await;
    project.order("bannos-1001", json!({"stage": "Complete", "cancelled_at": "2026-11-23T10:04:00Z"})).await;
    project
        .order("bannos-1002-A", json!({"stage": "Complete", "cancelled_at": "2026-11-23T10:04:00Z"}))
        .await;
    project
        .order("bannos-1003", json!({"stage": "Complete", "packing_complete_ts": "2026-11-23T10:04:00Z"}))
        .await;
    project.order("bannos-1004", json!({"stage": "Complete"})).await;
    let backend = project.station("b");
    let cancelled_at = "2026-11-23T10:04:00Z".parse().ok();
    for (id, expected) in [
        ("bannos-1001", cancelled_at),
        ("bannos-1002-A", cancelled_at),
        ("bannos-1003", None),
        ("bannos-1004", None),
    ] {
        assert_eq!(one(&backend, id).await.times.cancelled, expected, "{id}");
    }
    let Found::One(scanned) = backend.find(&Lookup::Code("#B1001".into()), WITHIN).await.unwrap() else {
        panic!("not found")
    };
    assert_eq!(scanned.times.cancelled, cancelled_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_tells_what_its_rows_leave_out() {
    let project = Project::open().await;
    project.order("bannos-1001", json!({"cake_writing": "Χρόνια πολλά", "due_date": "2026-01-01"})).await;
    project.order("bannos-1002", json!({"stage": "Packing"})).await;
    project.order("flourlane-1003-A", json!({"stage": "Covering"})).await;
    project.order("flourlane-1003-B", json!({"stage": "Packing"})).await;
    project.order("bannos-1004", json!({"stage": "Complete"})).await;
    let backend = project.station("b");
    let read = backend.refresh(None).await.unwrap();
    assert_eq!((read.is_whole, read.orders.len(), read.unreadable), (true, 4, 0));
    let first = listed(&read, "bannos-1001");
    assert_eq!((&*first.writing, first.times.filling_start, first.rework), ("Χρόνια πολλά", None, 0));
    assert_eq!(first.priority, ordak_station::order::Priority::High);
    assert_eq!((listed(&read, "bannos-1002").siblings, listed(&read, "flourlane-1003-B").siblings), (1, 2));
    for (id, action) in [("bannos-1001", Action::Print), ("bannos-1002", Action::QcReturn)] {
        assert!(matches!(backend.send(&intent(id, action, 0)).await, Reply::Done { .. }));
    }
    let read = backend.refresh(Some(read.began_at)).await.unwrap();
    assert!(listed(&read, "bannos-1001").times.filling_start.is_some(), "no second label");
    let back = listed(&read, "bannos-1002");
    assert_eq!((back.stage, back.rework), (Stage::Decorating, 1));
    assert_eq!(&*back.returned.as_ref().unwrap().reason, "crack in the icing");
    // Another life knows no less: it reads whole histories.
    let anew = project.station("anew").refresh(None).await.unwrap();
    assert_eq!(listed(&anew, "bannos-1002").rework, 1);
    assert_eq!(listed(&anew, "bannos-1001").times, listed(&read, "bannos-1001").times);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_with_ties_are_read_whole_while_others_move_them() {
    let project = Project::open().await;
    project
        .sql(
            "insert into public.orders_bannos (id, shopify_order_number, stage)
             select 'bannos-' || n, n, 'Filling' from generate_series(10001, 12300) n",
        )
        .await;
    let limits = Limits { tied_page_rows: 300, ..Limits::default() };
    let backend = Backend::with_limits(project.config("b"), limits).unwrap();
    let read = backend.refresh(None).await.unwrap();
    let ids: BTreeSet<_> = read.orders.iter().map(|order| order.id.number).collect();
    assert_eq!((read.orders.len(), ids), (2300, (10001..=12300).collect()));
    let mover = project.database.connect().await;
    let moving = tokio::spawn(async move {
        for number in 10001..10041 {
            let sql =
                format!("update public.orders_bannos set stage = 'Covering' where id = 'bannos-{number}'");
            mover.batch_execute(&sql).await.unwrap();
        }
    });
    for _ in 0..3 {
        match backend.refresh(None).await {
            Ok(read) => {
                let ids: BTreeSet<_> = read.orders.iter().map(|order| order.id.number).collect();
                assert_eq!((read.orders.len(), ids.len()), (2300, 2300), "none missed and none twice");
            }
            Err(fault) => assert!(matches!(fault, LinkFault::Malformed(_)), "{fault:?}"),
        }
    }
    moving.await.unwrap();
    assert_eq!(backend.refresh(None).await.unwrap().orders.len(), 2300);
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_set_and_places_told() {
    let project = Project::open().await;
    project.order("bannos-1001", json!({})).await;
    project
        .sql(
            "insert into public.settings values ('bannos', 'storage_locations', '[\"Fridge 1\", \"Shelf\"]')",
        )
        .await;
    let backend = project.station("b");
    let choices = backend.choices().await.unwrap();
    let places = choices[&Store::Bannos].places.as_ref().unwrap();
    assert_eq!(places.iter().map(|place| &**place).collect::<Vec<_>>(), ["Fridge 1", "Shelf"]);
    assert_eq!(
        (&choices[&Store::Flourlane].places, &choices[&Store::Bannos].staff),
        (&Some(Vec::new()), &None)
    );
    one(&backend, "bannos-1001").await;
    for place in [Some("Shelf"), None] {
        let detail = Some(Detail::Storage(place.map(Into::into)));
        let reply = backend.send(&Intent { detail, ..intent("bannos-1001", Action::SetStorage, 0) }).await;
        assert!(matches!(reply, Reply::Done { stage: Stage::Filling, .. }), "{reply:?}");
        assert_eq!(one(&backend, "bannos-1001").await.storage.as_deref(), place);
    }
    let own = ordak_station::order::Staff { id: backend.account().unwrap(), name: "me".into() };
    for staff in [Some(own), None] {
        let is_given = staff.is_some();
        let detail = Some(Detail::Assignee(staff));
        let reply = backend.send(&Intent { detail, ..intent("bannos-1001", Action::Assign, 0) }).await;
        assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
        assert_eq!(one(&backend, "bannos-1001").await.assignee.is_some(), is_given);
    }
    assert_eq!(backend.report(&Report::default()).await, Ok(Heard::default()), "no fleet");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_staff_row_is_told_so_and_not_sent_again() {
    let project = Project::open().await;
    project.order("bannos-1001", json!({})).await;
    project
        .sql("create table public.kept as select * from public.staff_shared; delete from public.staff_shared")
        .await;
    let backend = project.station("b");
    let fault = backend.refresh(None).await.unwrap_err();
    assert!(matches!(fault, LinkFault::Forbidden(_)), "before its first scan: {fault:?}");
    // Not one call is answered like another account's: the link is not up for a moment.
    assert_eq!(backend.report(&Report::default()).await, Err(fault.clone()));
    assert_eq!(backend.find_abilities().await, Err(fault.clone()));
    assert_eq!(backend.choices().await, Err(fault.clone()));
    assert_eq!(backend.find(&Lookup::Code("#B1001".into()), WITHIN).await, Err(fault.clone()));
    assert_eq!(backend.send(&intent("bannos-1001", Action::Print, 0)).await, Reply::Lost(fault));
    project.sql("insert into public.staff_shared select * from public.kept").await;
    one(&backend, "bannos-1001").await;
    // One that loses it later is told by its next write.
    project.sql("delete from public.staff_shared").await;
    let reply = backend.send(&intent("bannos-1001", Action::Print, 0)).await;
    let Reply::Refused(refusal) = reply else { panic!("{reply:?}") };
    assert_eq!(refusal.code, RefusalCode::PermissionDenied);
    assert!(refusal.lacks_staff_row(), "{}", refusal.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_extensions_a_write_is_made_once_and_the_fleet_is_heard() {
    let project = Project::open().await;
    project.order("bannos-18617", json!({})).await;
    sandbox::extend(project.database.url()).await.unwrap();
    let backend = project.station("bannos-filling-1");
    backend.refresh(None).await.unwrap();
    assert_eq!(backend.contract(), Some(Contract::V2025_12), "the extensions change no contract");
    assert!(backend.find_abilities().await.unwrap().repeats_safely);
    let write = intent("bannos-18617", Action::CompleteFilling, 0);
    let first = backend.send(&write).await;
    assert!(matches!(first, Reply::Done { already: false, stage: Stage::Covering, .. }), "{first:?}");
    assert_eq!(backend.send(&write).await, first, "the same intent answers as the first time");
    let other = Intent { id: IntentId::from_random([99; 16]), ..write };
    assert!(matches!(backend.send(&other).await, Reply::Done { already: true, .. }));
    let stale = intent("bannos-18617", Action::CompleteCovering, 4);
    assert!(
        matches!(backend.send(&stale).await, Reply::Refused(refusal) if refusal.code == RefusalCode::Conflict)
    );
    let order = one(&backend, "bannos-18617").await;
    assert!(order.mark(Action::CompleteFilling).is_some() && order.times.filling_complete.is_some());
    assert_eq!(
        backend.report(&Report { backlog: 2, ..Report::default() }).await,
        Ok(Heard { is_frozen: Some(false), ..Heard::default() })
    );
    let other = project.station("bannos-filling-2");
    let Heard { fleet, .. } = other.report(&Report::default()).await.unwrap();
    assert_eq!((&*fleet[0].name, fleet[0].backlog), ("bannos-filling-1", 2));
    let freeze = "insert into ordak.settings (store, key, value) values ('flourlane', 'freeze', 'true')";
    project.database.connect().await.batch_execute(freeze).await.unwrap();
    assert!(
        other.report(&Report::default()).await.unwrap().is_frozen == Some(true),
        "by either of its shops"
    );
    let choices = backend.choices().await.unwrap();
    assert!(choices[&Store::Bannos].staff.is_some() && choices[&Store::Bannos].places.is_some());
    project.sql("update public.staff_shared set badge = role || user_id").await;
    let coded = backend.coded().await.unwrap().remove(&Store::Bannos).unwrap();
    assert!(coded.places.is_some() && coded.reasons.is_some());
    let badges: Vec<_> = coded.badges.unwrap().iter().map(|one| one.badge.to_string()).collect();
    let people = choices[&Store::Bannos].staff.as_ref().unwrap().len();
    assert!(
        badges.len() + 1 == people && !badges.iter().any(|badge| badge.starts_with("Admin")),
        "{badges:?}"
    );
}
