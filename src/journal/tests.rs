use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;

use tempfile::TempDir;

mod cuts;
mod damage;
mod disk;
mod failures;
mod memory;
mod versions;

use super::rows::Table;
use super::*;
use crate::order::{Action, IntentId, OrderId, StaffId, Stage};
use crate::station::{
    EffectId, Fact, Intent, IntentState, Job, JobState, Notice, Parked, PrinterFault, Refusal, RefusalCode,
    Source, Twin,
};

struct Place {
    _folder: TempDir,
    config: Config,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("journal.db");
        Self { _folder: folder, config: Config { path, retention: Duration::from_hours(24 * 30) } }
    }

    fn open(&self) -> (Journal, Kept) {
        Journal::open(&self.config).unwrap()
    }

    fn beside(&self, ending: &str) -> PathBuf {
        format!("{}{ending}", self.config.path.display()).into()
    }

    fn set_aside(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.config.path.parent().unwrap()).unwrap();
        let paths = folder.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.to_str().unwrap().contains(".corrupt-")).collect()
    }

    /// A record as its table holds it.
    fn row(&self, table: Table, key: &str) -> Row {
        let connection = Connection::open(&self.config.path).unwrap();
        let mut found = None;
        let keep = |row: Row| {
            found = Some(row).filter(|row| row.key == key).or_else(|| found.take());
            Ok(())
        };
        table.each(&connection, keep).unwrap();
        found.unwrap()
    }

    /// What changed in an intent.
    fn changes(&self, seq: u64) -> Vec<history::Change> {
        let (journal, _) = self.open();
        let mut changes = Vec::new();
        let key = intent(seq, IntentState::Open).id.to_string();
        history::each(journal.connection.as_ref().unwrap(), Some(&key), |change| changes.push(change))
            .unwrap();
        changes
    }

    /// Its states, by name, and when.
    fn history(&self, seq: u64) -> Vec<(Timestamp, String)> {
        let name = |state: &serde_json::Value| match state {
            serde_json::Value::String(name) => name.clone(),
            state => state.as_object().unwrap().keys().next().unwrap().clone(),
        };
        let changes = self.changes(seq);
        let state = |change| name(&history::fold([change])["state"]);
        changes.iter().map(|change| (Timestamp::from_micros(change.at), state(change))).collect()
    }

    /// Changes the database as another program would, with no journal open.
    fn sql(&self, sql: &str) {
        Connection::open(&self.config.path).unwrap().execute_batch(sql).unwrap();
    }
}

fn day(day: u32) -> Timestamp {
    format!("2026-11-{day:02}T10:00:00Z").parse().unwrap()
}

fn order(number: u32) -> OrderId {
    format!("bannos-{number}").parse().unwrap()
}

fn intent(seq: u64, state: IntentState) -> Intent {
    Intent {
        id: IntentId::from_random([seq as u8; 16]),
        seq,
        order: order(18_000 + seq as u32),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action: Action::CompleteFilling,
        detail: None,
        captured_at: day(20),
        rework: 2,
        performer: Some(StaffId("0a1b".into())),
        source: Source::Scanner(1),
        code: "#B18617\u{fffd}\"".into(),
        state,
    }
}

fn job(seq: u64, state: JobState) -> Job {
    Job {
        intent: IntentId::from_random([seq as u8; 16]),
        order: order(18_000 + seq as u32),
        copy: 1,
        is_reprint: false,
        printer: 1,
        state,
        queued_at: day(20),
        out_at: Some(day(21)),
    }
}

fn twin(station: &str, is_seen_to: bool) -> Twin {
    Twin { station: Some(station.into()), out_at: Some(day(20)), is_found_here: true, is_seen_to }
}

fn refused() -> IntentState {
    IntentState::Parked(Parked::Refused(Refusal {
        code: RefusalCode::Conflict,
        message: "cancelled".into(),
        stage: Some(Stage::Packing),
        rework: Some(1),
        cancelled_at: Some(day(19)),
    }))
}

/// Every kind of record in every state that must survive.
fn all_kinds() -> Kept {
    let states = [
        IntentState::Printing,
        IntentState::Open,
        refused(),
        IntentState::Parked(Parked::NoExactCake),
        IntentState::Parked(Parked::Behind),
    ];
    let jobs = [
        JobState::Queued,
        JobState::Sending,
        JobState::Printed,
        JobState::Sent,
        JobState::Unconfirmed(PrinterFault::Error("E4".into())),
        JobState::Failed(PrinterFault::PaperOut),
        JobState::Cancelled,
    ];
    let mut facts = vec![
        (order(1), Fact::LabelRead, day(20)),
        (order(1), Fact::Started { rework: 3, stage: Stage::Decorating }, day(20)),
        (order(2), Fact::ShownEarly { owing: Stage::Covering }, day(20)),
        (order(2), Fact::AlsoPrinted(twin("bannos-filling-1", true)), day(20)),
        (order(2), Fact::AlsoPrinted(twin("bannos-filling-3", false)), day(20)),
    ];
    facts.sort_unstable();
    Kept {
        intents: (1..).zip(states).map(|(seq, state)| intent(seq, state)).collect(),
        jobs: (1..).zip(jobs).map(|(seq, state)| job(seq, state)).collect(),
        facts,
        last_seq: 7,
        ..Kept::default()
    }
}

fn records(kept: &Kept) -> Vec<Record> {
    let closed = [intent(6, IntentState::Agreed { already: true }), intent(7, IntentState::Closed)];
    let intents = kept.intents.iter().chain(&closed).cloned().map(Record::Intent);
    let jobs = kept.jobs.iter().cloned().map(Record::Job);
    let facts = kept.facts.iter().cloned().map(|(order, fact, at)| Record::Fact { order, fact, at });
    intents.chain(jobs).chain(facts).collect()
}

#[test]
fn every_kind_of_record_is_kept_as_it_was_written() {
    let place = Place::new();
    let (mut journal, kept) = place.open();
    assert_eq!(kept, Kept::default());
    let all = all_kinds();
    journal.write(day(20), &records(&all)).unwrap();
    drop(journal);
    assert_eq!(place.open().1, all);
}

#[test]
fn a_record_replaces_what_was_kept_under_its_name() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Printing))]).unwrap();
    journal
        .write(day(20), &[Record::Job(job(1, JobState::Queued)), Record::Job(job(1, JobState::Sent))])
        .unwrap();
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Open))]).unwrap();
    for rework in [1, 2] {
        let fact = Fact::Started { rework, stage: Stage::Decorating };
        journal.write(day(20), &[Record::Fact { order: order(1), fact, at: day(20) }]).unwrap();
    }
    drop(journal);
    let (mut journal, kept) = place.open();
    assert_eq!(kept.intents, [intent(1, IntentState::Open)]);
    assert_eq!(kept.jobs, [job(1, JobState::Sent)]);
    assert_eq!(kept.facts, [(order(1), Fact::Started { rework: 2, stage: Stage::Decorating }, day(20))]);
    journal.write(day(20), &[Record::Intent(intent(1, IntentState::Closed))]).unwrap();
    drop(journal);
    let kept = place.open().1;
    assert_eq!((kept.intents, kept.last_seq), (vec![], 1));
}

#[test]
fn what_is_old_and_done_is_forgotten_and_nothing_else() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let old = "2026-09-01T10:00:00Z".parse().unwrap();
    let aged = |seq, state| Record::Intent(Intent { captured_at: old, ..intent(seq, state) });
    let aged_job = |seq, state| Record::Job(Job { queued_at: old, ..job(seq, state) });
    let agreed = IntentState::Agreed { already: false };
    let [second, seen_to] = [false, true].map(|is_seen_to| Fact::AlsoPrinted(twin("f2", is_seen_to)));
    journal
        .write(
            day(20),
            &[
                aged(1, agreed.clone()),
                aged(2, IntentState::Open),
                aged(3, agreed.clone()),
                aged(9, agreed),
                aged_job(1, JobState::Printed),
                aged_job(2, JobState::Printed),
                aged_job(3, JobState::Unconfirmed(PrinterFault::NoAnswer)),
                Record::Fact { order: order(1), fact: Fact::LabelRead, at: old },
                Record::Fact { order: order(2), fact: Fact::LabelRead, at: day(20) },
                Record::Fact { order: order(3), fact: seen_to, at: old },
                Record::Fact { order: order(4), fact: second.clone(), at: old },
            ],
        )
        .unwrap();
    drop(journal);
    for _ in 0..2 {
        let kept = place.open().1;
        let orders = |jobs: &[Job]| jobs.iter().map(|job| job.order).collect::<Vec<_>>();
        assert_eq!(kept.intents.iter().map(|intent| intent.seq).collect::<Vec<_>>(), [2]);
        assert_eq!(orders(&kept.jobs), [order(18_002), order(18_003)]);
        assert_eq!(kept.facts, [(order(2), Fact::LabelRead, day(20)), (order(4), second.clone(), old)]);
        assert_eq!(kept.last_seq, 9, "no seq is ever given twice");
    }
    let (journal, _) = place.open();
    let count = |sql: &str| {
        let connection = journal.connection.as_ref().unwrap();
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count("select count(*) from intents"), 3);
    assert_eq!(count("select count(*) from jobs"), 2);
    assert_eq!(count("select count(*) from facts"), 2);
}

#[test]
fn a_clock_that_jumps_ahead_forgets_nothing() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let long_ago: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    journal.write(day(20), &[Record::Fact { order: order(1), fact: Fact::LabelRead, at: long_ago }]).unwrap();
    drop(journal);
    assert_eq!(place.open().1.facts.len(), 1);
}

#[test]
fn its_files_are_for_the_stations_account_only() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    journal.write(day(20), &records(&all_kinds())).unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for ending in ["", "-wal", "-shm", ".lock"] {
        assert_eq!(mode(place.beside(ending)), 0o600, "{ending}");
    }
    assert_eq!(mode(place.config.path.parent().unwrap().into()), 0o700);
    drop(journal);
    fs::set_permissions(&place.config.path, fs::Permissions::from_mode(0o644)).unwrap();
    let _journal = place.open();
    assert_eq!(mode(place.config.path.clone()), 0o600);
}

#[test]
fn every_state_of_an_intent_is_kept_with_its_time() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    for (at, state) in
        [(20, IntentState::Printing), (21, IntentState::Open), (22, refused()), (23, IntentState::Open)]
    {
        let other = Record::Intent(intent(2, state.clone()));
        journal.write(day(at), &[Record::Intent(intent(1, state)), other]).unwrap();
    }
    journal.write(day(24), &[Record::Intent(intent(1, IntentState::Agreed { already: true }))]).unwrap();
    drop(journal);
    let told = place.history(1);
    let told: Vec<_> = told.iter().map(|(at, state)| (*at, &**state)).collect();
    let expected = [(20, "Printing"), (21, "Open"), (22, "Parked"), (23, "Open"), (24, "Agreed")];
    assert_eq!(told, expected.map(|(at, state)| (day(at), state)));
    let changes = place.changes(1);
    let whole = serde_json::from_value(history::fold(&changes).into()).ok();
    assert_eq!(
        whole,
        Some(intent(1, IntentState::Agreed { already: true })),
        "all of it, not its states alone"
    );
    assert!(changes[1].body.len() < 40, "only what changed: {}", changes[1].body);
}

#[test]
fn the_history_of_what_is_forgotten_is_forgotten_too() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let old: Timestamp = "2026-09-01T10:00:00Z".parse().unwrap();
    let aged = |seq, state| Record::Intent(Intent { captured_at: old, ..intent(seq, state) });
    journal.write(old, &[aged(1, IntentState::Closed), aged(2, IntentState::Open)]).unwrap();
    journal.write(day(20), &[Record::Intent(intent(3, IntentState::Open))]).unwrap();
    drop(journal);
    drop(place.open());
    let kept = [1, 2, 3].map(|seq| place.history(seq).len());
    assert_eq!(kept, [0, 1, 1]);
}

#[test]
fn the_thread_writes_in_order_and_finishes_what_it_has() {
    let place = Place::new();
    let (journal, _) = place.open();
    let (tell, told) = mpsc::channel();
    let writer = spawn(journal, move |done| tell.send(done).unwrap());
    for seq in 1..=100 {
        writer.store(EffectId(seq), day(20), vec![Record::Intent(intent(seq, IntentState::Open))]).unwrap();
    }
    drop(writer);
    let told: Vec<_> = told.into_iter().collect();
    assert_eq!(told, (1..=100).map(|id| Done::Stored(EffectId(id), Ok(()))).collect::<Vec<_>>());
    let (_journal, kept) = place.open();
    assert_eq!((kept.intents.len(), kept.last_seq), (100, 100));
}
