//! Faults of one call, one read or the journal, and what goes on beside them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::bench::{NOON, fresh};
use super::model::order;
use crate::order::{Action, Details, Mark, Order, OrderId, Post, Stage, Store, Timestamp};
use crate::station::*;

const X: &str = "bannos-18617";
const SCAN: &str = "#B18617";

fn covered(id: &str) -> Order {
    let mut order = order(id, Stage::Decorating);
    order.times.covering_complete = Some(NOON);
    order
}

/// Orders in Covering, numbered from 18,617.
fn shop(count: u32) -> Vec<Order> {
    (0..count).map(|nth| order(&format!("bannos-{}", 18_617 + nth), Stage::Covering)).collect()
}

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
                desk.reported(Ok(Vec::new()));
                desk.seconds(3);
            }
        }
        let cards = desk.station.view().attention;
        assert_eq!(cards.len(), 1, "{fault:?}");
        assert!(matches!(&cards[0].matter, Matter::Parked(Parked::Refused(_))), "{cards:?}");
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
fn a_function_that_stays_missing_becomes_a_card_that_says_so() {
    let orders = shop(2);
    let mut desk = Desk::new(Stage::Covering, orders.clone());
    desk.scan(SCAN);
    let mut attempts = 0;
    while desk.station.view().attention.is_empty() {
        let missing = LinkFault::NoFunction("Could not find the function public.complete_covering".into());
        attempts += u32::from(desk.answered(X, Reply::Lost(missing)));
        desk.refreshed(Ok(orders.clone()));
        desk.reported(Ok(Vec::new()));
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
    assert!(desk.reported(Ok(Vec::new())));
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
    assert!(desk.reported(Ok(fleet())));
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
    assert!(desk.reported(Ok(fleet())));
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
    for order in shop(300) {
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

/// One station whose every order the test answers itself, with whatever fault it likes.
struct Desk {
    station: Station,
    now: Duration,
    /// Orders that are not answered yet, oldest first.
    asked: VecDeque<Effect>,
    lines: Vec<Verdict>,
    /// How writes end; none leaves them without an end, as a disk that hangs does.
    journal: Option<Result<(), StoreFault>>,
    records: Vec<Record>,
    scans: u64,
}

impl Desk {
    /// A station of both stores that has read this queue.
    fn new(stage: Stage, orders: Vec<Order>) -> Self {
        Self::with(stage, orders, Kept::default())
    }

    /// The same, with what an earlier life left.
    fn with(stage: Stage, orders: Vec<Order>, kept: Kept) -> Self {
        let station = Station::new(Settings {
            name: "S1".into(),
            post: Post::At(stage),
            stores: Store::ALL.into_iter().collect(),
            repeat_guard: Duration::from_secs(2),
            dwell: Dwell::default(),
            is_read_only: false,
            has_start_scans: false,
            printers: vec!["bench".into()],
            scanners: 1,
            performer: None,
        });
        let mut desk = Self {
            station,
            now: Duration::ZERO,
            asked: VecDeque::new(),
            lines: Vec::new(),
            journal: Some(Ok(())),
            records: Vec::new(),
            scans: 0,
        };
        desk.tell(Event::Recovered { at: NOON, kept });
        desk.tell(Event::ContractFound { at: NOON, abilities: Abilities::default() });
        desk.refreshed(Ok(orders));
        desk
    }

    fn at(&self) -> Timestamp {
        NOON.plus(self.now)
    }

    fn tell(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.station.handle(self.now, event) {
                let at = self.at();
                match effect {
                    Effect::Store { id, records } => match self.journal.clone() {
                        Some(result) => {
                            if result.is_ok() {
                                self.records.extend(records);
                            }
                            events.push_back(Event::Stored { id, at, result });
                        }
                        None => self.asked.push_back(Effect::Store { id, records }),
                    },
                    Effect::Tell { id, verdict } => {
                        self.lines.push(verdict);
                        events.push_back(Event::Told { id });
                    }
                    Effect::Sound { id, .. } => events.push_back(Event::Told { id }),
                    Effect::List { id } => {
                        events.push_back(Event::Listed { id, at, result: Ok(BTreeMap::default()) });
                    }
                    other => self.asked.push_back(other),
                }
            }
        }
    }

    fn scan(&mut self, code: &str) {
        self.scans += 1;
        let (at, fresh) = (self.at(), fresh(self.scans));
        self.tell(Event::Scanned { at, source: Source::Scanner(0), text: code.into(), fresh });
    }

    fn touch(&mut self, touch: Touch) {
        self.scans += 1;
        let (at, fresh) = (self.at(), fresh(self.scans));
        self.tell(Event::Touched { at, touch, fresh });
    }

    /// Time passes; what falls due is told at once.
    fn seconds(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.station.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let at = self.at();
            self.tell(Event::Due { at });
            let again = self.station.next_deadline();
            assert!(again.is_none_or(|again| again > self.now), "a deadline that never passes");
        }
        self.now = until;
    }

    /// Takes the first order of a kind that still waits for its end.
    fn take(&mut self, is_it: impl Fn(&Effect) -> bool) -> Option<Effect> {
        let place = self.asked.iter().position(is_it)?;
        self.asked.remove(place)
    }

    /// Answers the read of the queue that is under way, if one is.
    fn refreshed(&mut self, result: Result<Vec<Order>, LinkFault>) -> bool {
        let taken = self.take(|effect| matches!(effect, Effect::Refresh { .. }));
        let Some(Effect::Refresh { id, .. }) = taken else { return false };
        let began_at = self.at();
        let read = |orders: Vec<Order>| QueueRead {
            is_whole: true,
            orders: orders.into_iter().map(Into::into).collect(),
            began_at,
            unreadable: 0,
        };
        self.tell(Event::Refreshed { id, at: began_at, result: result.map(read) });
        true
    }

    /// Answers the report that is under way, if one is.
    fn reported(&mut self, result: Result<Vec<StationSeen>, LinkFault>) -> bool {
        let taken = self.take(|effect| matches!(effect, Effect::Report { .. }));
        let Some(Effect::Report { id, .. }) = taken else { return false };
        let at = self.at();
        self.tell(Event::Reported { id, at, result });
        true
    }

    /// Answers the call for a cake that is under way, if one is.
    fn answered(&mut self, order: &str, reply: Reply) -> bool {
        let order = order.parse().unwrap();
        let taken =
            self.take(|effect| matches!(effect, Effect::Send { intent, .. } if intent.order == order));
        let Some(Effect::Send { id, .. }) = taken else { return false };
        let at = self.at();
        self.tell(Event::Answered { id, at, reply });
        true
    }

    /// The verdict words since the last call, with their orders.
    fn said(&mut self) -> Vec<String> {
        let word = |verdict: Verdict| {
            let order = verdict.order.map_or("-".into(), |order| order.to_string());
            format!("{} {order}", verdict.answer.kind().expect("a line has a word").name())
        };
        self.lines.drain(..).map(word).collect()
    }
}

/// The reply to an action that was done, by a cake as it is now.
fn done(order: &Order) -> Reply {
    Reply::Done {
        already: false,
        stage: order.stage,
        rework: order.rework,
        times: order.times,
        details: Some(Details::of(order)),
        mark: None,
    }
}
