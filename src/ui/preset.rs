//! Named start states: the answers of the design's pictures and the cases that hurt, for pictures and for tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Theme;

mod cakes;
mod spool;

use crate::order::{
    Action, IntentId, LabelPart, Lacks, Mark, Order, OrderId, Post, Staff, StaffId, Stage, Store, Times,
    Timestamp,
};
use crate::station::{
    Answer, Card, Choices, DeviceView, Held, Intent, IntentState, Link, LinkFault, Look, Looked, Matter,
    NoScan, Notice, Offer, Parked, PortState, PrinterFault, Question, QueueView, Refusal, RefusalCode,
    ScannerFault, Shown, Since, Source, StoreFault, Summary, Verdict, View, Waiting, Warning,
};
pub use cakes::queue;
use cakes::{elsewhere, first, long, on_the_list, siblings, stages, unread, wedding};
use spool::spool;

/// The moment of every preset: 10:43:12 on Monday, 23 November 2026, in Sydney.
pub const NOW: Timestamp = Timestamp::from_micros(1_795_390_992_000_000);

/// The names of all presets.
pub const NAMES: [&str; 29] = [
    "ready",
    "ready-empty",
    "ready-unread",
    "agreed",
    "accepted",
    "already",
    "nothere",
    "refused",
    "unknown",
    "badge",
    "choice",
    "choice-many",
    "sosoon",
    "returned",
    "labelout",
    "labelfailed",
    "labelcut",
    "labelunread",
    "labelmoved",
    "wronglabel",
    "reads",
    "held",
    "split",
    "long",
    "faults",
    "back",
    "journal",
    "looked",
    "looked-failed",
];

/// What the station called `name` shows; none where there is no such preset.
pub fn view(name: &str) -> Option<View> {
    let cakes = first();
    let [gelato, fudge, tier, ..] = &cakes[..] else { return None };
    let base = plain;
    let done = Some(Action::CompleteFilling);
    Some(match name {
        "ready" => View { last: Some(Arc::new(last())), ..base() },
        "ready-empty" => View { queue: queue_of(Arc::new([]), base().queue.read_at), ..base() },
        "ready-unread" => {
            let nothing: Arc<[Arc<Order>]> = Arc::new([]);
            let stages = std::array::from_fn(|_| Arc::clone(&nothing));
            let queue = QueueView { rows: nothing, stages, read_at: None, unreadable: 0 };
            View { queue, link: Link::Unknown, ..base() }
        }
        "agreed" => agreed(answered(base(), gelato, done, Answer::Agreed)),
        "accepted" => answered(base(), gelato, done, Answer::Accepted),
        "already" => answered(base(), gelato, done, already()),
        "nothere" => answered(base(), &elsewhere(fudge), None, not_here()),
        "refused" => answered(base(), &cakes[3], None, Answer::Cancelled { at: Some(ago(39)), stale: None }),
        "unknown" => nameless(base(), "#B99999", Answer::NoScan(NoScan::Unknown)),
        "badge" => nameless(base(), "%STAFF:1003", Answer::NoScan(NoScan::Badge)),
        "choice" => nameless(base(), "25771", Answer::Asks(Question::Which(siblings(tier)))),
        "choice-many" => nameless(base(), "25800", Answer::Asks(Question::Which(wedding()))),
        "sosoon" => answered(base(), gelato, None, Answer::Asks(so_soon())),
        "returned" => {
            let reason = "Crack along the left side of the top tier".into();
            answered(base(), gelato, None, Answer::Asks(Question::Returned { reason }))
        }
        "labelout" => {
            let fault = PrinterFault::NoAnswer;
            answered(
                base(),
                gelato,
                Some(Action::Print),
                Answer::LabelUnconfirmed { printer: "bench".into(), fault },
            )
        }
        "labelfailed" => {
            let fault = PrinterFault::PaperOut;
            let printers = vec![DeviceView::new("bench", PortState::Faulted(fault.clone()))];
            let failed = Answer::LabelFailed { printer: "bench".into(), fault };
            View { printers, ..answered(base(), gelato, Some(Action::Print), failed) }
        }
        "labelcut" => labelled(gelato, Lacks::new([LabelPart::Product], false)),
        "labelunread" => labelled(&unread(gelato), Lacks::default().unread(true)),
        "labelmoved" => {
            let view = agreed(answered(base(), gelato, Some(Action::Print), Answer::Agreed));
            let shown = view.shown.map(|shown| Shown { label_at: Some("window".into()), ..shown });
            View { shown, ..view }
        }
        "wronglabel" => wrong_label(gelato, fudge.id),
        "reads" => answered(base(), gelato, None, Answer::LabelReads),
        "held" => offline(answered(base(), gelato, done, Answer::Held(Held::Offline))),
        "back" => back(base(), gelato),
        "split" => agreed(answered(base(), tier, done, Answer::Agreed)),
        "long" => agreed(answered(base(), &long(), done, Answer::Agreed)),
        "looked" => looked(base(), &cakes[0]),
        "looked-failed" => {
            let looked = Looked { order: gelato.id, look: Look::Failed(LinkFault::TimedOut) };
            View { looked: Some(looked), ..base() }
        }
        "journal" => journal(base()),
        "faults" => faults(View { last: Some(Arc::new(last())), ..base() }),
        _ => return None,
    })
}

/// The Filling station of the design, 344 mm wide.
pub fn look(theme: Theme) -> super::Look {
    super::Look {
        width_mm: 344.0,
        theme,
        windowed: true,
        title: "Ordak Station".to_owned(),
        station: "bannos-filling-1".to_owned(),
        post: Post::At(Stage::Filling),
        stores: Store::ALL.to_vec(),
        zone: TimeZone::get("Australia/Sydney").unwrap_or(TimeZone::UTC),
    }
}

fn plain() -> View {
    View {
        shown: None,
        scan: 0,
        last: None,
        queue: queue_of(on_the_list(), Some(NOW.minus(Duration::from_secs(2)))),
        link: Link::Up,
        down_since: None,
        printers: vec![DeviceView::new("bench", PortState::Ready)],
        scanners: vec![DeviceView::new("gun", PortState::Ready)],
        waiting: Waiting::default(),
        summary: None,
        attention: Arc::new([]),
        looked: None,
        freeze: None,
        spool: Arc::new([]),
        journal_fault: None,
        notices: Vec::new(),
        newer: 0,
        choices: Arc::new(choices()),
        offer: None,
    }
}

/// `rows` wait in Filling, and a few cakes further on.
pub fn queue_of(rows: Arc<[Arc<Order>]>, read_at: Option<Timestamp>) -> QueueView {
    QueueView { stages: stages(&rows), rows, read_at, unreadable: 0 }
}

/// Who works in both shops, and where they keep cakes.
fn choices() -> BTreeMap<Store, Choices> {
    let staff = |(nth, name): (u8, &str)| Staff { id: StaffId(nth.to_string().into()), name: name.into() };
    let staff: Vec<Staff> =
        (1..).zip(["Maria K.", "Jin", "Nikos P.", "Aroha", "Tom B."]).map(staff).collect();
    let places = ["Fridge 1", "Fridge 2", "Cool room", "Counter"].map(Into::into).to_vec();
    let choices = Choices { staff: Some(staff), places: Some(places) };
    Store::ALL.map(|store| (store, choices.clone())).into()
}

fn last() -> Verdict {
    let at = NOW.minus(Duration::from_mins(2));
    let order = OrderId { store: Store::Bannos, number: 18_612, suffix: None };
    Verdict {
        at,
        seq: 16,
        source: Source::Scanner(0),
        code: order.barcode().into(),
        order: Some(order),
        cake: None,
        action: Some(Action::CompleteFilling),
        detail: None,
        stage: Some(Stage::Covering),
        intent: None,
        answer: Answer::Agreed,
    }
}

fn answered(view: View, cake: &Arc<Order>, action: Option<Action>, answer: Answer) -> View {
    let stage = action.and_then(Action::stage).and_then(Stage::next);
    let verdict = Verdict {
        at: NOW,
        seq: 17,
        source: Source::Scanner(0),
        code: cake.id.barcode().into(),
        order: Some(cake.id),
        cake: Some(Arc::clone(cake)),
        action,
        detail: None,
        stage,
        intent: action.map(|_| IntentId::from_random([7; 16])),
        answer,
    };
    let is_saved = matches!(verdict.answer, Answer::Accepted | Answer::Agreed | Answer::Held(_));
    let shown = Shown {
        verdict: Arc::new(verdict),
        saved_at: is_saved.then_some(NOW),
        agreed_at: None,
        lacks: Lacks::default(),
        label_at: None,
        expected: None,
    };
    // For the page of that cake.
    let offer = Some((cake.id, Offer::Act(Action::CompleteFilling)));
    View { shown: Some(shown), scan: 1, offer, ..view }
}

/// A label is out, and does not show everything.
fn labelled(cake: &Arc<Order>, lacks: Lacks) -> View {
    let view = agreed(answered(plain(), cake, Some(Action::Print), Answer::Agreed));
    let shown = view.shown.map(|shown| Shown { lacks, ..shown });
    View { shown, ..view }
}

fn nameless(view: View, code: &str, answer: Answer) -> View {
    let verdict = Verdict {
        at: NOW,
        seq: 18,
        source: Source::Scanner(0),
        code: code.into(),
        order: None,
        cake: None,
        action: None,
        detail: None,
        stage: None,
        intent: None,
        answer,
    };
    View {
        shown: Some(Shown {
            verdict: Arc::new(verdict),
            saved_at: None,
            agreed_at: None,
            lacks: Lacks::default(),
            label_at: None,
            expected: None,
        }),
        scan: 1,
        ..view
    }
}

fn agreed(view: View) -> View {
    let shown = view.shown.map(|shown| Shown { agreed_at: Some(NOW), ..shown });
    View { shown, ..view }
}

fn so_soon() -> Question {
    let (ago, action) = (Duration::from_secs(20), Action::CompleteFilling);
    Question::SoSoon { ago, since: Since::LabelRead, action }
}

fn offline(view: View) -> View {
    let queue = QueueView { read_at: Some(ago(6)), ..view.queue };
    let waiting = Waiting { count: 14, oldest: Some(ago(6)) };
    let link = Link::Down(LinkFault::Unreachable("no route".into()));
    View { link, down_since: Some(ago(6)), queue, waiting, ..view }
}

/// The order system answers again, and the paper is nearly out.
fn back(view: View, cake: &Arc<Order>) -> View {
    let done = answered(plain(), cake, Some(Action::CompleteFilling), already());
    let firsts = done.shown.map(|shown| shown.verdict).into_iter().collect();
    let summary = Summary { back_at: ago(2), sent: 12, done_before: 1, firsts, refused: 1, left: 0 };
    let low = vec![Warning::PaperLow];
    let printers = vec![DeviceView { warnings: low, ..DeviceView::new("bench", PortState::Ready) }];
    View { printers, summary: Some(Arc::new(summary)), ..view }
}

/// A label was read that is not the fresh one, and the printer's last ones were hardly read.
fn wrong_label(cake: &Arc<Order>, expected: OrderId) -> View {
    let view = answered(plain(), cake, None, Answer::Asks(so_soon()));
    let shown = view.shown.map(|shown| Shown { expected: Some(expected), ..shown });
    let warnings = vec![Warning::Unread { unread: 6, of: 20 }];
    let printers = vec![DeviceView { warnings, ..DeviceView::new("bench", PortState::Ready) }];
    View { shown, printers, ..view }
}

fn faults(view: View) -> View {
    let scanners = vec![
        DeviceView::new("bench", PortState::Ready),
        DeviceView::new("door", PortState::Faulted(ScannerFault::Missing("ttyUSB1".into()))),
    ];
    let printers = vec![DeviceView::new("bench", PortState::Faulted(PrinterFault::PaperOut))];
    let cakes = view.queue.rows.clone();
    let card = |at: usize, matter: Matter, action| Card {
        order: cakes[at].id,
        cake: Some(Arc::clone(&cakes[at])),
        matter,
        intents: vec![Arc::new(intent(&cakes[at], action))],
    };
    let refusal = Refusal {
        code: RefusalCode::Conflict,
        message: "rework is 1, the scan knew 0".into(),
        stage: Some(Stage::Decorating),
        rework: Some(1),
        cancelled_at: None,
    };
    let twin = Matter::AlsoPrinted { station: Some("bannos-filling-2".into()), at: Some(ago(41)) };
    let attention = [
        card(0, Matter::Parked(Parked::Refused(refusal)), Action::CompleteDecorating),
        card(1, Matter::LabelUnconfirmed, Action::Print),
        card(2, twin, Action::Print),
    ];
    let view = offline(view);
    View { scanners, printers, attention: Arc::from(attention), spool: spool(&cakes), ..view }
}

fn journal(view: View) -> View {
    let notice = Notice {
        at: ago(3),
        set_aside: "/var/lib/ordak/journal.sqlite.corrupt-2026-11-22T23-40-12.000Z".into(),
        saved: 4120,
        open: 14,
        unreadable: 3,
        is_seen_to: false,
    };
    View { journal_fault: Some(StoreFault::Full), notices: vec![notice], newer: 2, ..view }
}

fn intent(cake: &Order, action: Action) -> Intent {
    Intent {
        id: IntentId::from_random([9; 16]),
        seq: 12,
        order: cake.id,
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: ago(48),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: cake.id.barcode().into(),
        state: IntentState::Open,
    }
}

/// The backend has told the history of `cake`.
fn looked(view: View, cake: &Arc<Order>) -> View {
    let times = Times { filling_start: Some(ago(52)), ..cake.times };
    let cake = Arc::new(Order { times, ..Order::clone(cake) });
    let rows: Vec<_> =
        view.queue.rows.iter().map(|row| if row.id == cake.id { &cake } else { row }).cloned().collect();
    let marks = vec![mark(Action::Print, 52, "Maria", "bannos-filling-2")];
    let cake = Arc::new(Order { marks, ..Order::clone(&cake) });
    let looked = Looked { order: cake.id, look: Look::Read { cake, at: NOW } };
    let offer = Some((looked.order, Offer::Act(Action::CompleteFilling)));
    View { queue: queue_of(rows.into(), view.queue.read_at), looked: Some(looked), offer, ..view }
}

fn already() -> Answer {
    let mark = mark(Action::CompleteFilling, 1, "Maria", "bannos-filling-2");
    Answer::AlreadyDone { mark: Some(mark), done_at: None, stale: None }
}

fn not_here() -> Answer {
    let mark = mark(Action::CompleteCovering, 89, "Jin", "covering-1");
    Answer::NotHere { stage: Stage::Decorating, since: Some(mark.at), mark: Some(mark), stale: None }
}

fn mark(action: Action, minutes_ago: u64, by: &str, station: &str) -> Mark {
    Mark { action, at: ago(minutes_ago), by: Some(by.into()), station: Some(station.into()) }
}

fn ago(minutes: u64) -> Timestamp {
    NOW.minus(Duration::from_mins(minutes))
}
