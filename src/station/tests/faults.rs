//! Faults of one call, one read or the journal, and what goes on beside them.

use std::time::Duration;

use super::desk::{Desk, covered, done, shop};
use super::model::order;
use crate::order::{Action, Mark, OrderId, Stage};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

#[test]
fn a_call_that_alone_is_never_answered_becomes_a_card() {
    let faults = [
        LinkFault::Forbidden("staff_id_fkey".into()),
        LinkFault::Malformed("22P02".into()),
        LinkFault::Server(500),
    ];
    for fault in faults {
        let orders = shop(60);
        let mut desk = Desk::new(Stage::Covering, orders.clone());
        desk.scan(SCAN);
        let (mut attempts, mut downs) = (0, 0);
        for other in &orders[1..] {
            desk.scan(&other.id.barcode());
            for _ in 0..10 {
                if desk.answered(X, Reply::Lost(fault.clone())) {
                    attempts += 1;
                    downs += usize::from(matches!(desk.station.view().link, Link::Down(_)));
                }
                desk.answered(&other.id.to_string(), done(&covered(&other.id.to_string())));
                desk.refreshed(Ok(orders.clone()));
                desk.reported(Ok(Heard::default()));
                desk.seconds(3);
            }
        }
        let cards = desk.station.view().attention;
        assert_eq!(cards.len(), 1, "{fault:?}");
        let Matter::Parked(Parked::Refused(refusal)) = &cards[0].matter else { panic!("{cards:?}") };
        let is_forbidden = matches!(fault, LinkFault::Forbidden(_));
        assert_eq!(refusal.code == RefusalCode::PermissionDenied, is_forbidden, "{refusal:?}");
        // Those in quick succession at first, when no other was answered in between, do not count.
        assert!((11..=20).contains(&attempts), "{fault:?}: {attempts}");
        assert_eq!(downs, 1, "{fault:?}: one call says nothing of the link once others are answered");
        // A person sends it again.
        desk.touch(Touch::Retry(X.parse().unwrap()));
        desk.seconds(1);
        assert!(desk.answered(X, done(&covered(X))));
        assert!(desk.station.view().attention.is_empty());
    }
}

#[test]
fn a_label_that_waits_for_its_printer_is_told_with_the_fault() {
    let mut desk = Desk::new(Stage::Filling, vec![order(X, Stage::Filling)]);
    let coming = |desk: &mut Desk| {
        desk.seconds(3);
        desk.scan(SCAN);
        let Answer::LabelComing { fault, .. } = desk.lines.pop().unwrap().answer else {
            panic!("{:?}", desk.lines)
        };
        fault
    };
    desk.scan(SCAN);
    assert_eq!(coming(&mut desk), None);
    for (state, fault) in
        [(PortState::Faulted(PrinterFault::PaperOut), Some(PrinterFault::PaperOut)), (PortState::Ready, None)]
    {
        desk.tell(Event::PrinterSeen { at: desk.at(), printer: 0, state });
        assert_eq!(coming(&mut desk), fault);
    }
    assert_eq!(desk.asked.iter().filter(|asked| matches!(asked, Effect::Print { .. })).count(), 1);
}

#[test]
fn a_function_that_stays_missing_becomes_a_card_that_says_so() {
    let orders = shop(2);
    let mut desk = Desk::new(Stage::Covering, orders.clone());
    desk.scan(SCAN);
    let mut attempts = 0;
    while desk.station.view().attention.is_empty() {
        let missing = LinkFault::NoFunction("Could not find the function public.complete_covering".into());
        attempts += u32::from(desk.answered(X, Reply::Lost(missing)));
        desk.refreshed(Ok(orders.clone()));
        desk.reported(Ok(Heard::default()));
        desk.seconds(3);
        assert!(attempts < 20, "it is asked for ever");
    }
    assert!(attempts >= 5, "a schema cache may be a moment behind: {attempts}");
    let cards = desk.station.view().attention;
    let Matter::Parked(Parked::Refused(refusal)) = &cards[0].matter else { panic!("{cards:?}") };
    assert!(refusal.lacks_function() && refusal.message.contains("complete_covering"), "{refusal:?}");
}

#[test]
fn an_outage_of_all_calls_parks_nothing() {
    let orders = shop(9);
    for fault in [LinkFault::Server(503), LinkFault::Forbidden("".into()), LinkFault::Malformed("".into())] {
        // Reads are answered, or are not.
        for is_read in [false, true] {
            let mut desk = Desk::new(Stage::Covering, orders.clone());
            for order in &orders {
                desk.scan(&order.id.barcode());
            }
            for _ in 0..2_000 {
                for order in &orders {
                    desk.answered(&order.id.to_string(), Reply::Lost(fault.clone()));
                }
                desk.refreshed(if is_read { Ok(orders.clone()) } else { Err(fault.clone()) });
                desk.seconds(3);
            }
            assert!(desk.station.view().attention.is_empty(), "{fault:?}");
            assert_eq!(desk.station.view().waiting.count, 9);
        }
    }
}

#[test]
fn a_fault_of_one_read_is_none_of_the_link() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    for fault in [LinkFault::NoFunction("get_stations".into()), LinkFault::Server(500)] {
        desk.seconds(15);
        assert!(desk.reported(Err(fault)));
        assert_eq!(desk.station.view().link, Link::Up);
        desk.refreshed(Ok(shop(1)));
    }
    desk.scan("#B99999");
    let found = desk.take(|effect| matches!(effect, Effect::Find { .. }));
    let Some(Effect::Find { id, .. }) = found else { panic!("{found:?}") };
    let at = desk.at();
    desk.tell(Event::Read { id, at, result: Err(LinkFault::Malformed("a stage".into())) });
    assert_eq!(desk.station.view().link, Link::Up);
    desk.seconds(15);
    assert!(desk.reported(Err(LinkFault::TimedOut)));
    assert_eq!(desk.station.view().link, Link::Down(LinkFault::TimedOut));
}

#[test]
fn a_backend_that_asks_for_a_pause_gets_it_from_all() {
    let busy = LinkFault::Busy(Duration::from_secs(30));
    let mut desk = Desk::new(Stage::Covering, shop(2));
    assert!(desk.reported(Ok(Heard::default())));
    desk.seconds(3);
    assert!(desk.refreshed(Err(busy.clone())));
    desk.scan(SCAN);
    desk.touch(Touch::Look(X.parse().unwrap()));
    desk.seconds(29);
    assert!(desk.asked.is_empty(), "{:?}", desk.asked);
    desk.seconds(2);
    assert!(desk.refreshed(Ok(shop(2))));
    assert!(desk.reported(Err(busy)));
    desk.seconds(1);
    assert!(desk.answered(X, done(&covered(X))), "{:?}", desk.asked);
    desk.scan("#B18618");
    desk.scan("#B99999");
    desk.seconds(28);
    assert!(desk.asked.is_empty(), "{:?}", desk.asked);
    desk.seconds(4);
    assert!(desk.answered("bannos-18618", done(&covered("bannos-18618"))), "{:?}", desk.asked);
}

#[test]
fn a_forgotten_scan_that_was_seen_to_stays_so() {
    let cake: OrderId = X.parse().unwrap();
    let fleet = || {
        vec![StationSeen {
            name: "D1".into(),
            stage: Some(Stage::Decorating),
            silence: Duration::ZERO,
            backlog: 0,
            owed: vec![(cake, Stage::Covering)],
            twice: Vec::new(),
        }]
    };
    let mut desk = Desk::new(Stage::Covering, shop(1));
    assert!(desk.reported(Ok(Heard { fleet: fleet(), is_frozen: None })));
    assert_eq!(desk.station.view().attention.len(), 1);
    desk.touch(Touch::Close(cake));
    assert!(desk.station.view().attention.is_empty());
    let fact = |record: &Record| match record {
        Record::Fact { order, fact, at } => Some((*order, fact.clone(), *at)),
        _ => None,
    };
    let kept = Kept { facts: desk.records.iter().filter_map(fact).collect(), ..Kept::default() };
    assert_eq!(kept.facts.len(), 1);
    // Closed a second time it is kept once.
    desk.touch(Touch::Close(cake));
    assert_eq!(desk.records.iter().filter_map(fact).count(), 1);
    let mut desk = Desk::with(Stage::Covering, shop(1), kept);
    assert!(desk.reported(Ok(Heard { fleet: fleet(), is_frozen: None })));
    assert!(desk.station.view().attention.is_empty());
}

#[test]
fn a_journal_that_stays_broken_gathers_no_more_than_its_bound() {
    let mut desk = Desk::new(Stage::Filling, vec![order(X, Stage::Filling)]);
    let faulted = PortState::Faulted(PrinterFault::PaperOut);
    let at = desk.at();
    desk.tell(Event::PrinterSeen { at, printer: 0, state: faulted });
    desk.scan(SCAN);
    assert_eq!(desk.said(), ["accepted bannos-18617", "failed bannos-18617"]);
    desk.journal = Some(Err(StoreFault::Full));
    desk.records.clear();
    for _ in 0..3_000 {
        desk.seconds(3);
        // Asks for the label once more, which is a record each time.
        desk.scan(SCAN);
    }
    assert_eq!(desk.said().last().unwrap(), "refused bannos-18617");
    desk.touch(Touch::Retry(X.parse().unwrap()));
    assert_eq!(desk.said(), ["refused bannos-18617"]);
    desk.journal = Some(Ok(()));
    desk.seconds(3);
    assert!((1_000..1_100).contains(&desk.records.len()), "{}", desk.records.len());
    desk.scan(SCAN);
    assert_eq!(desk.said(), ["failed bannos-18617"]);
}

#[test]
fn a_disk_that_hangs_is_told_as_that() {
    let mut desk = Desk::new(Stage::Covering, shop(300));
    desk.journal = None;
    for (nth, order) in shop(300).iter().enumerate() {
        // What comes from now on waits in its gun's own queue, so that none is refused for its number.
        assert_eq!(desk.station.has_room_for_scans(), nth < 128, "{nth}");
        desk.scan(&order.id.barcode());
    }
    let answers: Vec<_> = desk.lines.iter().map(|verdict| &verdict.answer).collect();
    assert_eq!(answers, vec![&Answer::NotStored(StoreFault::Hangs); 44]);
}

#[test]
fn a_row_without_history_gets_none_of_a_single_step() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    desk.scan(SCAN);
    let mark = Mark { action: Action::CompleteCovering, at: desk.at(), by: None, station: Some("S1".into()) };
    let mut reply = done(&covered(X));
    if let Reply::Done { mark: told, .. } = &mut reply {
        *told = Some(mark);
    }
    desk.answered(X, reply);
    let [.., decorating, _] = desk.station.view().queue.stages;
    assert_eq!(decorating[0].marks, []);
}

#[test]
fn a_reply_to_a_repeated_call_is_no_newer_than_the_read_under_way() {
    let mut desk = Desk::new(Stage::Decorating, vec![order(X, Stage::Decorating)]);
    desk.scan(SCAN);
    desk.answered(X, Reply::Lost(LinkFault::TimedOut));
    // It is sent again, and the queue, which the cake has left since, is being read.
    desk.seconds(3);
    assert!(desk.answered(X, done(&order(X, Stage::Packing))));
    assert!(desk.refreshed(Ok(Vec::new())));
    assert!(desk.station.view().queue.stages.iter().all(|rows| rows.is_empty()));
}

#[test]
fn a_reply_from_before_a_cancellation_does_not_undo_it() {
    let mut desk = Desk::new(Stage::Covering, shop(1));
    desk.scan(SCAN);
    desk.seconds(3);
    let mut cancelled = covered(X);
    cancelled.times.cancelled = Some(desk.at());
    assert!(desk.refreshed(Ok(vec![cancelled])));
    desk.seconds(1);
    assert!(desk.answered(X, done(&covered(X))));
    assert!(desk.station.view().queue.stages.iter().all(|rows| rows.is_empty()));
}
