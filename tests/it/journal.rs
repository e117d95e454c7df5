//! The journal of a process that is killed, or that another one already has, or whose disk takes no more.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use ordak_station::journal::{self, Config, Done, Error, Journal};
use ordak_station::order::{Action, IntentId, Timestamp};
use ordak_station::station::{EffectId, Intent, IntentState, Record, Source};

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut acked = BTreeSet::new();
    for round in 0..KILLS {
        let (mut child, mut lines) = start(&path, "");
        for _ in 0..=round * 37 {
            acked.insert(ack(&mut lines).expect("the writer writes until it is killed"));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What the pipe still holds was acknowledged before the kill.
        acked.extend(std::iter::from_fn(|| ack(&mut lines)));
        let (_journal, kept) = Journal::open(&config(&path)).unwrap();
        let kept: BTreeSet<u64> = kept.intents.iter().map(|intent| intent.seq).collect();
        assert_eq!(acked.difference(&kept).collect::<Vec<_>>(), Vec::<&u64>::new(), "round {round}");
    }
    assert!(acked.len() > 100);
}

#[test]
fn a_second_process_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (mut child, mut lines) = start(&path, "");
    ack(&mut lines).unwrap();
    let Err(Error::InUse { by, .. }) = Journal::open(&config(&path)) else { panic!("two processes have it") };
    assert_eq!(by, Some(child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    Journal::open(&config(&path)).unwrap();
}

#[test]
fn a_disk_that_takes_no_more_is_told_and_what_was_acknowledged_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    // Files may grow to 200 blocks of 512 bytes; the signal for it is ignored, so the write fails instead.
    let (mut child, mut lines) = start(&path, "trap '' XFSZ; ulimit -f 200; ");
    let acked: BTreeSet<u64> = std::iter::from_fn(|| ack(&mut lines)).collect();
    assert!(child.wait().unwrap().success(), "the writer ends when it is told of the fault");
    assert!(!acked.is_empty());
    let (_journal, kept) = Journal::open(&config(&path)).unwrap();
    let kept: BTreeSet<u64> = kept.intents.iter().map(|intent| intent.seq).collect();
    assert_eq!(kept, acked, "all that was acknowledged, and nothing that was told to have failed");
}

/// Not a test of its own: what the tests above start as a process of its own. Writes intents, says which are durable,
/// and ends at the first that is not.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(PATH_VARIABLE) else { return };
    let (journal, kept) = Journal::open(&config(&PathBuf::from(path))).unwrap();
    let (tell, told) = mpsc::channel();
    let writer = journal::spawn(journal, move |done| {
        let Done::Stored(id, result) = done else { return };
        if result.is_ok() {
            writeln!(std::io::stdout(), "{ACK}{}", id.0).unwrap();
        }
        tell.send(result).unwrap();
    });
    for seq in (kept.last_seq + 1..).take(WRITES_MAX) {
        writer
            .store(
                EffectId(seq),
                Timestamp::from_micros(1_700_000_000_000_000),
                vec![Record::Intent(intent(seq))],
            )
            .unwrap();
        // Four are under way at a time, as on a busy day.
        if seq > kept.last_seq + 4 && told.recv().unwrap().is_err() {
            return;
        }
    }
    panic!("neither killed nor told of a fault");
}

fn start(path: &Path, limits: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new("sh")
        .args(["-c", &format!("{limits}exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["journal::writer", "--exact", "--nocapture"])
        .env(PATH_VARIABLE, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

/// The next acknowledgement; none when the process is gone. A line that the kill cut short is none.
fn ack(lines: &mut BufReader<ChildStdout>) -> Option<u64> {
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        if !line.ends_with('\n') {
            return None;
        }
        if let Some((_, seq)) = line.trim_end().split_once(ACK) {
            return Some(seq.parse().unwrap());
        }
    }
}

fn config(path: &Path) -> Config {
    Config { path: path.into(), retention: Duration::from_hours(24) }
}

fn intent(seq: u64) -> Intent {
    Intent {
        id: IntentId::from_random(u128::from(seq).to_be_bytes()),
        seq,
        order: "bannos-18617".parse().unwrap(),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action: Action::CompleteFilling,
        detail: None,
        captured_at: Timestamp::from_micros(1_700_000_000_000_000),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: "#B18617".into(),
        state: IntentState::Open,
    }
}

const PATH_VARIABLE: &str = "ORDAK_TEST_JOURNAL";
const ACK: &str = "durable ";
const KILLS: usize = 6;
/// Far more than any of the tests waits for.
const WRITES_MAX: usize = 20_000;
