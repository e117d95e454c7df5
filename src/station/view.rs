use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Intent, Job, Link, LinkFault, Notice, Parked, PortState, PrinterFault, ScannerFault, StoreFault, Verdict,
};
use crate::order::{Action, Lacks, Order, OrderId, Staff, Stage, Store, Timestamp};

/// What a screen may show, cheap to clone: made anew after every event.
#[derive(Clone, Debug)]
pub struct View {
    /// The answer on screen.
    pub shown: Option<Shown>,
    /// Which scan or touch of this life that is, counted from 1; later lines of an earlier one do not change it.
    pub scan: u64,
    /// The last cake that an action was agreed for, for the quiet line below.
    pub last: Option<Arc<Verdict>>,
    /// Open orders, as last read.
    pub queue: QueueView,
    /// The link as last known.
    pub link: Link,
    /// When the link was lost; none while it is not.
    pub down_since: Option<Timestamp>,
    /// Printers, in the order of the configuration.
    pub printers: Vec<DeviceView<PrinterFault>>,
    /// Scanners, in the order of the configuration.
    pub scanners: Vec<DeviceView<ScannerFault>>,
    /// Actions that the backend does not have yet.
    pub waiting: Waiting,
    /// What became of what had waited for the backend, for a while after it came back.
    pub summary: Option<Arc<Summary>>,
    /// What a person must decide, one card a cake.
    pub attention: Arc<[Card]>,
    /// The order that a page was last opened of, as the backend has it.
    pub looked: Option<Looked>,
    /// Who froze the station, if it is frozen.
    pub freeze: Option<Freeze>,
    /// The labels that were asked for here of late, the oldest first.
    pub spool: Arc<[Job]>,
    /// Why nothing can be saved, while nothing can.
    pub journal_fault: Option<StoreFault>,
    /// What a person has yet to know of the journal.
    pub notices: Vec<Notice>,
    /// Records of the journal that wait for a newer version of the program.
    pub newer: u32,
    /// What can be chosen for the cakes of each store, as far as it was read.
    pub choices: Arc<BTreeMap<Store, Choices>>,
    /// What a scan of the cake that a person looks at would do.
    pub offer: Option<(OrderId, Offer)>,
}

/// Why a station accepts, prints and journals, but sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freeze {
    /// Its own configuration says so.
    Station,
    /// The office has announced it.
    Office,
}

/// What a scan of a cake would do (`workflow.md` 2), for a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// The action is taken, or asked about first.
    Act(Action),
    /// Its fresh label is read; nothing else changes.
    ReadLabel,
    /// Its rework after a return begins.
    StartRework,
    /// Nothing: its label is on its way.
    LabelComing,
    /// Its label could not come out; it is asked for once more.
    LabelFailed,
    /// A question: did its label come out?
    LabelInDoubt,
    /// Nothing: it only says where the cake stands.
    Nothing,
}

/// What a person can choose for the cakes of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Who a cake can be assigned to, by name; none where the backend does not tell: then nobody can be assigned.
    pub staff: Option<Vec<Staff>>,
    /// Where a cake can be kept, in the shop's order, empty where the shop lists no places; none where the backend does
    /// not tell: then no place can be set.
    pub places: Option<Vec<Arc<str>>>,
}

/// An order that a person looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Which.
    pub order: OrderId,
    /// How far the asking is.
    pub look: Look,
}

/// What the backend says of an order that a person looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// It has not answered yet.
    Asking,
    /// It has the order, with its history.
    Read {
        /// The order.
        cake: Arc<Order>,
        /// When it was read.
        at: Timestamp,
    },
    /// It has no such order.
    Missing,
    /// It did not answer.
    Failed(LinkFault),
}

/// The answer on screen, with both truths.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The answer.
    pub verdict: Arc<Verdict>,
    /// When the action became durable here.
    pub saved_at: Option<Timestamp>,
    /// When the backend agreed.
    pub agreed_at: Option<Timestamp>,
    /// What the cake's label that came out does not show; it stays said while the answer shows.
    pub lacks: Lacks,
    /// The printer that its label came out of, by name, when that is not the one it was to come out of; it stays said too.
    pub label_at: Option<Box<str>>,
    /// The cake whose fresh label was expected, when that of another cake was read; it stays said too.
    pub expected: Option<OrderId>,
}

impl Shown {
    /// An answer of which no more is known yet.
    pub fn new(verdict: Verdict) -> Self {
        Self {
            verdict: Arc::new(verdict),
            saved_at: None,
            agreed_at: None,
            lacks: Lacks::default(),
            label_at: None,
            expected: None,
        }
    }
}

/// The queue as last read.
#[derive(Clone, Debug)]
pub struct QueueView {
    /// Orders of this station's stage (all stages at a supervisor's), in the queue's order.
    pub rows: Arc<[Arc<Order>]>,
    /// The open orders of each stage of [`Stage::WORKED`], each in the queue's order.
    pub stages: [Arc<[Arc<Order>]>; Stage::WORKED.len()],
    /// When it was last read whole or confirmed unchanged; none if never.
    pub read_at: Option<Timestamp>,
    /// Rows that the backend sent and that could not be understood.
    pub unreadable: usize,
}

/// What became of the actions that had waited when the backend came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// When it came back.
    pub back_at: Timestamp,
    /// How many it has taken.
    pub sent: usize,
    /// How many somebody else had done before.
    pub done_before: usize,
    /// The last verdicts on the first of those.
    pub firsts: Vec<Arc<Verdict>>,
    /// How many it refused: these are in Attention.
    pub refused: usize,
    /// How many still wait.
    pub left: usize,
}

impl Summary {
    /// Whether there is anything to tell.
    pub fn is_any(&self) -> bool {
        self.sent + self.done_before + self.refused > 0
    }
}

/// A printer or scanner on a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceView<F> {
    /// Its name.
    pub name: Box<str>,
    /// As last seen.
    pub state: PortState<F>,
    /// What a printer that works wants soon.
    pub warnings: Vec<Warning>,
}

impl<F> DeviceView<F> {
    /// A device that wants nothing.
    pub fn new(name: impl Into<Box<str>>, state: PortState<F>) -> Self {
        Self { name: name.into(), state, warnings: Vec::new() }
    }
}

/// What is told of a printer before it stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Its paper is nearly out.
    PaperLow,
    /// Many of its last labels were never read by a gun: its head may be failing.
    Unread {
        /// How many.
        unread: usize,
        /// Of so many.
        of: usize,
    },
}

/// How much waits in the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Actions not agreed yet, parked ones aside.
    pub count: usize,
    /// The oldest of them.
    pub oldest: Option<Timestamp>,
}

/// Something that only a person can decide; one card a cake.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Which cake.
    pub order: OrderId,
    /// What is known of it.
    pub cake: Option<Arc<Order>>,
    /// What happened.
    pub matter: Matter,
    /// What waits on it, oldest first.
    pub intents: Vec<Arc<Intent>>,
}

impl Card {
    /// What a person can do about it, the last resort first.
    pub fn remedies(&self) -> &'static [Remedy] {
        match &self.matter {
            // Whatever is sent again, the order is not wanted.
            Matter::Parked(Parked::Refused(why)) if why.cancelled_at.is_some() => &[Remedy::Close],
            Matter::Parked(_) | Matter::LabelExpired => &[Remedy::Close, Remedy::Retry],
            Matter::LabelUnconfirmed => &[Remedy::Close, Remedy::NotOut, Remedy::Out],
            Matter::AlsoPrinted { .. } | Matter::OwesScan { .. } => &[Remedy::Close],
        }
    }
}

/// What a person can do about a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Say that it has been dealt with: [`super::Touch::Close`].
    Close,
    /// Have it sent, or printed, again: [`super::Touch::Retry`].
    Retry,
    /// Say that the label in doubt is out: [`super::Touch::Label`].
    Out,
    /// Say that it is not: another one is printed, with a number of its own.
    NotOut,
}

/// What a card is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Matter {
    /// An action that could not be carried out.
    Parked(Parked),
    /// A label that nobody knows the fate of.
    LabelUnconfirmed,
    /// A label that could not come out in time, and does not any more by itself.
    LabelExpired,
    /// A label that was printed here and at another station.
    AlsoPrinted {
        /// The other station, where known.
        station: Option<Box<str>>,
        /// When the other label came out, where known.
        at: Option<Timestamp>,
    },
    /// Another station was shown the cake, and this stage owes its scan.
    OwesScan {
        /// Which station was shown it.
        station: Box<str>,
        /// The stage that owes the scan.
        stage: Stage,
    },
}
