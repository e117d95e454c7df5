//! Power cuts at every write and sync, and every call to the disk failing in turn: nothing that was acknowledged is lost,
//! and what failed is told and not there. A disk that lies, or a journal that does not sync, must be caught.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::disk::{Dice, Disk, Fault, Image};
use super::*;

/// A journal on a disk of its own, and what it must hold.
struct Bench {
    place: Place,
    disk: Arc<Disk>,
    journal: Journal,
    /// What it held after so many acknowledged writes.
    held: Vec<Kept>,
    dice: Dice,
}

/// What a journal holds that was told to write all this.
#[derive(Clone, Default)]
struct Held {
    intents: BTreeMap<u64, Intent>,
    jobs: BTreeMap<u64, Job>,
}

impl Held {
    fn take_all(&mut self, records: &[Record]) {
        for record in records {
            self.take(record);
        }
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::Intent(intent) => drop(self.intents.insert(intent.seq, intent.clone())),
            Record::Job(job) => drop(self.jobs.insert(u64::from(job.order.number) - 18_000, job.clone())),
            _ => panic!("no such record here"),
        }
    }

    fn kept(&self) -> Kept {
        Kept {
            intents: self.intents.values().filter(|intent| intent.state.is_open()).cloned().collect(),
            jobs: self.jobs.values().cloned().collect(),
            last_seq: self.intents.keys().max().copied().unwrap_or(0),
            ..Kept::default()
        }
    }
}

impl Bench {
    fn new(seed: u64) -> Self {
        let place = Place::new();
        let folder = place.config.path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        let disk = Disk::at(folder);
        let (journal, kept) = place.open();
        disk.settle();
        Self { place, disk, journal, held: vec![kept], dice: Dice::new(seed) }
    }

    /// Something that a station would write next: a scan, a label, a verdict, now and then something long.
    fn next(&mut self, held: &Held) -> Vec<Record> {
        let seq = held.intents.keys().max().map_or(1, |seq| seq + 1);
        let long = if self.dice.roll(8) == 0 { self.dice.roll(9_000) as usize } else { 8 };
        let scan = |state| Intent { code: "#".repeat(long).into(), ..numbered(seq, state) };
        let open: Vec<_> = held.intents.values().filter(|intent| intent.state.is_open()).collect();
        match self.dice.roll(4) {
            0 => vec![
                Record::Intent(scan(IntentState::Printing)),
                Record::Job(Job {
                    intent: numbered(seq, IntentState::Open).id,
                    ..job(seq, JobState::Queued)
                }),
            ],
            1 if !open.is_empty() => {
                let one = open[self.dice.roll(open.len() as u64) as usize];
                let state =
                    if self.dice.roll(4) == 0 { refused() } else { IntentState::Agreed { already: false } };
                vec![Record::Intent(Intent { state, ..one.clone() })]
            }
            _ => vec![Record::Intent(scan(IntentState::Open))],
        }
    }
}

fn numbered(seq: u64, state: IntentState) -> Intent {
    Intent { id: IntentId::from_random(u128::from(seq).to_be_bytes()), ..intent(seq, state) }
}

/// What a run of power cuts came to.
#[derive(Debug, Default, serde::Serialize)]
struct Figures {
    cuts: usize,
    acked: usize,
    lost: usize,
    corrupt: usize,
}

/// A disk as a power cut left it, after so many acknowledged writes.
struct Cut {
    files: Vec<(String, Vec<u8>)>,
    acked: usize,
}

/// Cuts the power `wanted` times, at any call that changes something.
fn cut_power(wanted: usize, seed: u64, spoil: impl Fn(&mut Bench)) -> Figures {
    let mut figures = Figures::default();
    for round in 0.. {
        if figures.cuts >= wanted {
            break;
        }
        let mut bench = Bench::new(seed + round);
        spoil(&mut bench);
        let cuts = watch(&bench, Dice::new(!seed ^ round));
        let mut held = Held::default();
        for _ in 0..WRITES_A_ROUND {
            let records = bench.next(&held);
            held.take_all(&records);
            // Told before it is written: a cut may come when it is durable and not acknowledged yet.
            bench.held.push(held.kept());
            bench.journal.write(day(20), &records).unwrap();
            cuts.acked.fetch_add(1, Ordering::SeqCst);
            figures.acked += 1;
        }
        bench.disk.state().watch = None;
        for (nth, cut) in cuts.taken.lock().unwrap().iter().enumerate() {
            figures.cuts += 1;
            match after(cut, &bench.held) {
                After::Whole => {}
                After::Lost => figures.lost += 1,
                After::Corrupt => figures.corrupt += 1,
            }
            if figures.lost + figures.corrupt == 1 {
                println!("first at seed {seed} round {round} cut {nth}");
            }
        }
    }
    figures
}

struct Cuts {
    acked: Arc<AtomicUsize>,
    taken: Arc<Mutex<Vec<Cut>>>,
}

/// Takes a cut at some of the calls from now on.
fn watch(bench: &Bench, mut dice: Dice) -> Cuts {
    let (acked, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let cuts = Cuts { acked: acked.clone(), taken: taken.clone() };
    let mark = bench.place.beside(mark::ENDING);
    bench.disk.state().watch = Some(Box::new(move |files: &BTreeMap<String, Image>| {
        if dice.roll(4) == 0 {
            let is_of_sqlite = |name: &&String| !name.ends_with("-shm") && !name.contains(".mark");
            let names = files.keys().filter(is_of_sqlite);
            let mut files: Vec<_> = names.map(|name| (name.clone(), files[name].cut(&mut dice))).collect();
            // Never synced: as it is, or gone.
            if dice.roll(4) > 0 {
                files.push(("journal.db.mark".to_owned(), fs::read(&mark).unwrap()));
            }
            taken.lock().unwrap().push(Cut { files, acked: acked.load(Ordering::SeqCst) });
        }
    }));
    cuts
}

enum After {
    Whole,
    Lost,
    Corrupt,
}

/// Starts from what a cut left: what was acknowledged is there, and of the write under way all or nothing.
fn after(cut: &Cut, held: &[Kept]) -> After {
    let place = Place::new();
    let folder = place.config.path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in cut.files.iter().filter(|(name, _)| name.starts_with("journal.db")) {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let Ok((_journal, kept)) = Journal::open(&place.config) else { return After::Corrupt };
    let is_told = !kept.notices.is_empty();
    let kept = Kept { notices: Vec::new(), ..kept };
    let is_as = |nth: usize| held.get(nth).is_some_and(|held| same(held, &kept));
    match (is_as(cut.acked) || is_as(cut.acked + 1), is_told) {
        (false, _) => After::Lost,
        (true, true) => After::Corrupt,
        (true, false) => After::Whole,
    }
}

fn same(one: &Kept, other: &Kept) -> bool {
    let jobs =
        |kept: &Kept| kept.jobs.iter().map(|job| (job.intent, job.state.clone())).collect::<BTreeMap<_, _>>();
    one.intents == other.intents && jobs(one) == jobs(other) && one.last_seq == other.last_seq
}

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let figures = cut_power(number("CUTS", 3_000), number("SEED", 1), |_| {});
    let line = serde_json::to_string(&figures).unwrap();
    println!("{line}");
    if let Some(file) = std::env::var_os("CUTS_FIGURES") {
        fs::write(file, line + "\n").unwrap();
    }
    assert_eq!((figures.lost, figures.corrupt), (0, 0), "{figures:?}");
}

#[test]
fn a_journal_that_does_not_sync_each_commit_loses_some() {
    let normal = |bench: &mut Bench| {
        let connection = bench.journal.connection.as_ref().unwrap();
        connection.pragma_update(None, "synchronous", "normal").unwrap();
    };
    let figures = cut_power(200, 1, normal);
    assert!(figures.lost > 50, "{figures:?}");
}

#[test]
fn a_disk_that_lies_about_syncing_loses_some() {
    let figures = cut_power(200, 1, |bench| bench.disk.state().is_lying = true);
    assert!(figures.lost > 50, "{figures:?}");
}

/// Each call that the journal makes of the disk fails once, or with some after it; some also for want of room, or on and
/// on: no accept while it does, all that was acknowledged there after a power cut, nothing there that failed.
#[test]
fn every_call_fails_in_turn() {
    let mut met = 0;
    let mut each_met = |count, is_full, step| {
        for at in (0..).step_by(step) {
            if !fails_at(Fault { at, count, is_full }) {
                break;
            }
            met += 1;
        }
    };
    each_met(1, false, 1);
    // The closing of what failed, and its opening anew, fail too.
    each_met(4, false, 2);
    each_met(1, true, 7);
    each_met(u64::MAX, false, 7);
    each_met(u64::MAX, true, 7);
    println!("{met} failures met");
    assert!(met > 800, "{met}");
}

/// Whether the fault was met.
fn fails_at(fault: Fault) -> bool {
    let mut bench = Bench::new(7);
    bench.disk.state().fault = Some(fault);
    let mut held = Held::default();
    let mut refused = 0;
    for _ in 0..WRITES_A_FAULT {
        let records = bench.next(&held);
        let is_accepted = bench.journal.write(day(20), &records).is_ok();
        let has_failed = bench.disk.state().has_failed;
        if is_accepted {
            assert!(!(fault.count == u64::MAX && refused > 0), "{fault:?}: accepted while it fails");
            held.take_all(&records);
        } else {
            assert!(has_failed, "{fault:?}: refused before it failed");
            refused += 1;
        }
    }
    let has_failed = bench.disk.state().has_failed;
    if has_failed && fault.count < u64::MAX {
        assert!(refused <= fault.count + 1, "{fault:?}: {refused} refused");
        let records = bench.next(&held);
        let is_accepted = (0..=fault.count).any(|_| bench.journal.write(day(20), &records).is_ok());
        assert!(is_accepted, "{fault:?}: refused when it was over");
        held.take_all(&records);
    }
    let images = bench.disk.images();
    let files = images.iter().filter(|(name, _)| !name.ends_with("-shm") && !name.contains(".mark"));
    let mut files: Vec<_> = files.map(|(name, image)| (name.clone(), image.synced())).collect();
    files.push(("journal.db.mark".to_owned(), fs::read(bench.place.beside(mark::ENDING)).unwrap()));
    let cut = Cut { files, acked: 0 };
    match after(&cut, &[held.kept()]) {
        After::Whole => {}
        After::Lost => panic!("{fault:?}: what is kept is not what was acknowledged"),
        After::Corrupt => panic!("{fault:?}: taken for damaged"),
    }
    has_failed
}

fn number<T: std::str::FromStr>(variable: &str, otherwise: T) -> T {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Some rounds through the log, with room for long records.
const WRITES_A_ROUND: usize = 90;

/// Enough for the log to be brought into the database at least once.
const WRITES_A_FAULT: usize = 60;
