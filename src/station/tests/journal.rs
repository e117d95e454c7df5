//! The journal in trouble: seen before anybody scans, and until a person has put it away.

use super::bench::{Bench, NOON};
use super::desk::Desk;
use super::model::order;
use crate::order::{Post, Stage};
use crate::station::*;

const X: &str = "bannos-18617";

#[test]
fn a_full_disk_shows_until_a_write_succeeds() {
    let mut bench = Bench::new(&[(X, Stage::Covering)]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    bench.seconds(120);
    assert_eq!(bench.view(covering).journal_fault, None);
    bench.stations[covering].journal_fault = Some(StoreFault::Full);
    bench.scan(covering, "#B18617");
    bench.seconds(30);
    assert_eq!(bench.view(covering).journal_fault, Some(StoreFault::Full), "long after the scan was refused");
    bench.stations[covering].journal_fault = None;
    bench.seconds(3);
    assert_eq!(bench.view(covering).journal_fault, None);
    assert_eq!(bench.stage(X), Stage::Covering, "what was refused is not done");
}

#[test]
fn a_notice_stays_over_restarts_until_a_person_puts_it_away() {
    let mut bench = Bench::new(&[]);
    let covering = bench.station("C1", Post::At(Stage::Covering));
    let notice = Notice {
        at: NOON,
        set_aside: "journal.corrupt-1".into(),
        saved: 7,
        open: 2,
        unreadable: 0,
        is_seen_to: false,
    };
    bench.stations[covering].journal.write(Record::Notice(notice.clone()));
    for _ in 0..2 {
        bench.restart(covering);
        assert_eq!(bench.view(covering).notices, std::slice::from_ref(&notice));
    }
    bench.touch(covering, Touch::PutAway);
    assert_eq!(bench.view(covering).notices, []);
    bench.restart(covering);
    assert_eq!(bench.view(covering).notices, []);
}

#[test]
fn a_station_is_at_work_until_what_it_accepted_is_durable() {
    let mut desk = Desk::new(Stage::Covering, vec![order(X, Stage::Covering)]);
    assert!(!desk.station.is_at_work());
    desk.journal = None;
    desk.scan(X);
    assert!(desk.station.is_at_work());
    let Some(Effect::Store { id, .. }) = desk.asked.pop_back() else { panic!("{:?}", desk.asked) };
    desk.tell(Event::Stored { id, at: desk.at(), result: Ok(()) });
    assert!(!desk.station.is_at_work(), "what is to be sent is sent by the next life");
}
