//! An accepted scan made durable, beside a plain append and fdatasync on the same disk.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use ordak_station::journal;
use ordak_station::order::{Action, IntentId, Timestamp};
use ordak_station::station::{Intent, IntentState, Record, Source};

use crate::Figure;
use crate::system::{median, millis};

pub fn figures() -> Vec<Figure> {
    let folder =
        tempfile::tempdir_in(std::env::var_os("HOME").unwrap_or("/tmp".into())).expect("a folder on a disk");
    let config =
        journal::Config { path: folder.path().join("journal.sqlite"), retention: Duration::from_hours(24) };
    let (mut journal, _) = journal::Journal::open(&config).expect("a new journal");
    let mut raw = File::create(folder.path().join("raw")).expect("a file");
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    // One after the other, so that both meet the same disk.
    for seq in 0..COMMITS {
        let record = Record::Intent(intent(seq));
        let started = Instant::now();
        journal.write(Timestamp::from_micros(1_795_392_000_000_000), &[record]).expect("the disk has room");
        ours.push(millis(started.elapsed()));
        let started = Instant::now();
        raw.write_all(&FRAME).expect("the disk has room");
        raw.sync_data().expect("a disk");
        reference.push(millis(started.elapsed()));
    }
    vec![Figure {
        name: "commit",
        ours: median(ours),
        reference: median(reference),
        unit: "ms",
        beside: "raw write + fdatasync",
    }]
}

fn intent(seq: u64) -> Intent {
    Intent {
        id: IntentId::from_random(u128::from(seq).to_le_bytes()),
        seq,
        order: "bannos-18617".parse().expect("an id"),
        is_exact: true,
        action: Action::CompleteCovering,
        detail: None,
        is_action_open: false,
        tried_after: None,
        captured_at: Timestamp::from_micros(1_795_392_000_000_000),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: "#B18617".into(),
        state: IntentState::Open,
    }
}

const COMMITS: u64 = 2000;

/// What SQLite appends for a page: 4,096 bytes and a frame header of 24 (sqlite.org/fileformat2, "WAL file format").
const FRAME: [u8; 4120] = [0x5A; 4120];
