//! Damaged files: set aside whole, salvaged, told until a person has put it away. Nothing that is damaged is silent.

use super::*;

#[test]
fn a_file_that_is_no_database_is_set_aside_whole_and_told() {
    let place = Place::new();
    fs::create_dir_all(place.config.path.parent().unwrap()).unwrap();
    let garbage = vec![0x5a; 10_000];
    fs::write(&place.config.path, &garbage).unwrap();
    let (_journal, kept) = place.open();
    let [notice] = &kept.notices[..] else { panic!("not told: {kept:?}") };
    assert_eq!((notice.saved, notice.open, notice.is_seen_to), (0, 0, false));
    assert_eq!(fs::read(&*notice.set_aside).unwrap(), garbage);
}

#[test]
fn a_notice_stays_until_a_person_has_put_it_away() {
    let place = Place::new();
    drop(place.open());
    fs::write(&place.config.path, "").unwrap();
    let notices = place.open().1.notices;
    assert_eq!(notices.len(), 1);
    let (mut journal, kept) = place.open();
    assert_eq!(kept.notices, notices, "another start does not put it away");
    let seen_to = Notice { is_seen_to: true, ..notices[0].clone() };
    journal.write(day(21), &[Record::Notice(seen_to)]).unwrap();
    drop(journal);
    assert_eq!(place.open().1.notices, []);
}

#[test]
fn an_emptied_or_lost_database_is_no_fresh_one() {
    for (what, lose) in [
        ("emptied", (|place| fs::write(&place.config.path, "").unwrap()) as fn(&Place)),
        ("gone", |place| fs::remove_file(&place.config.path).unwrap()),
        ("gone but for a log", |place| {
            fs::remove_file(&place.config.path).unwrap();
            fs::remove_file(place.beside(mark::ENDING)).unwrap();
            fs::write(place.beside("-wal"), "a log with no database").unwrap();
        }),
    ] {
        let place = Place::new();
        drop(place.open());
        lose(&place);
        assert_eq!(place.open().1.notices.len(), 1, "{what}");
        assert!(!place.set_aside().is_empty(), "{what}");
    }
}

#[test]
fn a_salvage_that_was_cut_off_goes_on() {
    for is_moved in [false, true] {
        let place = Place::new();
        let (mut journal, _) = place.open();
        let all = all_kinds();
        journal.write(day(20), &records(&all)).unwrap();
        drop(journal);
        let whole = fs::read(&place.config.path).unwrap();
        let aside = file::set_aside(&place.config.path, day(21)).unwrap();
        if !is_moved {
            // Cut off before the database was moved.
            fs::rename(&aside, &place.config.path).unwrap();
        }
        let (_journal, kept) = place.open();
        assert_eq!(kept.notices.len(), 1, "{is_moved}");
        assert_eq!(Kept { notices: Vec::new(), ..kept }, all, "{is_moved}");
        assert_eq!(fs::read(&aside).unwrap(), whole, "{is_moved}");
    }
}

#[test]
fn long_records_are_salvaged_from_their_further_pages() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    let long = |seq| Intent { code: "#x".repeat(9_000).into(), ..intent(seq, IntentState::Open) };
    let all: Vec<_> = (1..=9).map(long).collect();
    journal.write(day(20), &all.iter().cloned().map(Record::Intent).collect::<Vec<_>>()).unwrap();
    drop(journal);
    flip(&place.config.path, 0, SECTOR, |byte| !byte);
    let kept = place.open().1;
    assert_eq!((kept.notices.len(), kept.intents == all), (1, true));
}

#[test]
fn a_log_that_ends_too_early_is_noticed() {
    let place = Place::new();
    let (mut journal, _) = place.open();
    for seq in 1..=20 {
        journal.write(day(20), &[Record::Intent(intent(seq, IntentState::Open))]).unwrap();
    }
    // As after a kill, with the log's last sectors gone.
    let killed = Killed::of(&place, journal);
    let log = fs::read(killed.place.beside("-wal")).unwrap();
    fs::write(killed.place.beside("-wal"), &log[..log.len() * 2 / 3]).unwrap();
    let kept = killed.place.open().1;
    assert_eq!(kept.notices.len(), 1);
    assert!((10..20).contains(&kept.intents.len()), "{}", kept.intents.len());
}

/// Every sector of a database, and of the log that a kill leaves, damaged in four ways: what is kept is all there, or a
/// person is told; and nothing is lost, since each record stands in two places.
#[test]
fn no_flipped_sector_goes_unseen() {
    let all = all_kinds();
    let place = Place::new();
    let (mut journal, _) = place.open();
    for record in records(&all) {
        journal.write(day(20), &[record]).unwrap();
    }
    let killed = Killed::of(&place, journal);
    drop(place.open());
    let mut seen = Seen::default();
    for (whole, file) in [(&place, ""), (&killed.place, "-wal"), (&killed.place, mark::ENDING)] {
        flip_each_sector(whole, file, &all, &mut seen);
    }
    println!("{seen:?}");
    assert!(seen.flips >= 1000 && seen.told > 300 && seen.lost == 0, "{seen:?}");
}

#[derive(Debug, Default)]
struct Seen {
    flips: usize,
    told: usize,
    harmless: usize,
    lost: usize,
}

fn flip_each_sector(whole: &Place, ending: &str, all: &Kept, seen: &mut Seen) {
    let all_changes = records(all).len();
    let length = fs::read(whole.beside(ending)).unwrap().len();
    for sector in 0..length.div_ceil(SECTOR) {
        for (count, garble) in GARBLES {
            let place = copy(whole);
            // A few bytes in the middle are what SQLite's own check does not see.
            let from = (sector * SECTOR + SECTOR / 2 + 7 * sector % 200).min((sector + 1) * SECTOR - count);
            let is_changed = flip(&place.beside(ending), from, count, garble);
            if !is_changed {
                continue;
            }
            seen.flips += 1;
            let (journal, kept) = place.open();
            let is_told = !kept.notices.is_empty();
            let is_all = Kept { notices: Vec::new(), ..kept.clone() } == *all;
            let mut changes = 0;
            history::each(journal.connection.as_ref().unwrap(), None, |_| changes += 1).unwrap();
            let is_silent = !is_told && (!is_all || changes != all_changes);
            assert!(!is_silent, "{ending} sector {sector}: {changes} changes, {kept:#?}");
            seen.told += usize::from(is_told);
            seen.harmless += usize::from(!is_told);
            if !is_all {
                seen.lost += 1;
                println!("{ending} sector {sector}, {count} bytes: {kept:#?}");
            }
        }
    }
}

/// What a kill leaves of a journal.
struct Killed {
    place: Place,
}

impl Killed {
    /// Copies the files while the journal has them open.
    fn of(place: &Place, journal: Journal) -> Self {
        let copied = copy(place);
        drop(journal);
        Self { place: copied }
    }
}

fn copy(whole: &Place) -> Place {
    let place = Place::new();
    fs::create_dir_all(place.config.path.parent().unwrap()).unwrap();
    for ending in ["", "-wal", mark::ENDING] {
        if whole.beside(ending).exists() {
            fs::copy(whole.beside(ending), place.beside(ending)).unwrap();
        }
    }
    place
}

/// Garbles some bytes of a file; whether that changed it.
fn flip(file: &PathBuf, from: usize, count: usize, garble: Garble) -> bool {
    let whole = fs::read(file).unwrap();
    let mut flipped = whole.clone();
    let end = (from + count).min(flipped.len());
    if let Some(bytes) = flipped.get_mut(from..end) {
        for byte in bytes {
            *byte = garble(*byte);
        }
    }
    fs::write(file, &flipped).unwrap();
    flipped != whole
}

const SECTOR: usize = 512;
const GARBLES: [(usize, Garble); 4] =
    [(SECTOR, |byte| !byte), (SECTOR, |_| 0), (16, |byte| byte ^ 1), (1, |byte| byte ^ 1)];

type Garble = fn(u8) -> u8;
