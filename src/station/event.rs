use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Abilities, Choices, EffectId, Kept, LinkFault, PortState, PrinterFault, Refusal, ScannerFault};
use crate::order::{Detail, Details, IntentId, Lacks, Mark, Order, OrderId, Stage, Store, Times, Timestamp};

/// A fact that the station is told. `at` is wall time, corrected to the server's clock, stamped by the shell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The journal is open; this is what it kept. The first event of every life.
    Recovered {
        /// When.
        at: Timestamp,
        /// What was kept.
        kept: Kept,
    },
    /// What an earlier life knew of the orders, when it comes back to mind. A read that came before knows better.
    Recalled {
        /// When.
        at: Timestamp,
        /// When all this was last read; none when there is nothing.
        read_at: Option<Timestamp>,
        /// The orders.
        orders: Vec<Arc<Order>>,
        /// What could be chosen.
        choices: BTreeMap<Store, Choices>,
    },
    /// It was found out what the backend is able to do, at sign-in or anew.
    ContractFound {
        /// When.
        at: Timestamp,
        /// What it is.
        abilities: Abilities,
    },
    /// A gun read something.
    Scanned {
        /// When its last byte came.
        at: Timestamp,
        /// Which gun.
        source: Source,
        /// The frame as read, without its terminator; not yet trusted.
        text: Box<str>,
        /// An id never used before, for the intent that may come of it.
        fresh: IntentId,
    },
    /// A finger touched something that acts.
    Touched {
        /// When.
        at: Timestamp,
        /// What was touched.
        touch: Touch,
        /// An id never used before, for the intent that may come of it.
        fresh: IntentId,
    },
    /// `ordak-station print` wants the label of a cake, once more if it has one.
    PrintAsked {
        /// When.
        at: Timestamp,
        /// Which cake.
        order: OrderId,
        /// An id never used before, for the intent that may come of it.
        fresh: IntentId,
    },
    /// `Store` ended: durable, or not done at all.
    Stored {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// Whether the records are durable.
        result: Result<(), StoreFault>,
    },
    /// `Send` ended.
    Answered {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// What the backend said, or that nothing is known.
        reply: Reply,
    },
    /// `Find` ended.
    Read {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// The order or orders that answer to the code.
        result: Result<Found, LinkFault>,
    },
    /// `Refresh` ended.
    Refreshed {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// The queue, or what changed in it.
        result: Result<QueueRead, LinkFault>,
    },
    /// `Report` ended.
    Reported {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// What was heard.
        result: Result<Heard, LinkFault>,
    },
    /// `List` ended.
    Listed {
        /// Of the effect.
        id: EffectId,
        /// When.
        at: Timestamp,
        /// What can be chosen for the cakes of each store.
        result: Result<BTreeMap<Store, Choices>, LinkFault>,
    },
    /// The backend tells of changes from now on; what changed before may not have been told.
    Subscribed {
        /// When.
        at: Timestamp,
    },
    /// The backend told that an order changed.
    Hinted {
        /// When.
        at: Timestamp,
    },
    /// The backend tells of changes no longer.
    Unsubscribed {
        /// When.
        at: Timestamp,
    },
    /// `Print` ended.
    Printed {
        /// Of the effect.
        id: EffectId,
        /// When; for a label that came out, the time at which it did.
        at: Timestamp,
        /// How it ended.
        outcome: Outcome,
        /// What its label does not show.
        lacks: Lacks,
    },
    /// The station is about to end: no label is given to a printer any more, and what a printer has is waited for.
    Stopping {
        /// When.
        at: Timestamp,
    },
    /// `Sound` or `Tell` ended.
    Told {
        /// Of the effect.
        id: EffectId,
    },
    /// A printer's state was seen, asked or not.
    PrinterSeen {
        /// When.
        at: Timestamp,
        /// Its place in the configuration.
        printer: usize,
        /// Ready, or what is wrong.
        state: PortState<PrinterFault>,
    },
    /// A printer's paper is nearly out, or is not any more.
    PaperSeen {
        /// When.
        at: Timestamp,
        /// Its place in the configuration.
        printer: usize,
        /// Whether it is.
        is_low: bool,
    },
    /// A scanner came or went.
    ScannerSeen {
        /// When.
        at: Timestamp,
        /// Its place in the configuration.
        scanner: usize,
        /// Ready, or what is wrong.
        state: PortState<ScannerFault>,
    },
    /// The deadline that the station named has come.
    Due {
        /// When.
        at: Timestamp,
    },
}

impl Event {
    /// The wall time it brings, if it does.
    pub fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Recovered { at, .. }
            | Self::Recalled { at, .. }
            | Self::ContractFound { at, .. }
            | Self::Scanned { at, .. }
            | Self::Touched { at, .. }
            | Self::PrintAsked { at, .. }
            | Self::Stored { at, .. }
            | Self::Answered { at, .. }
            | Self::Read { at, .. }
            | Self::Refreshed { at, .. }
            | Self::Reported { at, .. }
            | Self::Listed { at, .. }
            | Self::Subscribed { at }
            | Self::Hinted { at }
            | Self::Unsubscribed { at }
            | Self::Printed { at, .. }
            | Self::PrinterSeen { at, .. }
            | Self::PaperSeen { at, .. }
            | Self::ScannerSeen { at, .. }
            | Self::Stopping { at }
            | Self::Due { at } => Some(*at),
            Self::Told { .. } => None,
        }
    }
}

/// Where a scan came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// A gun, by its place in the configuration.
    Scanner(u8),
    /// Keys typed at the screen, or a keyboard wedge without a grab.
    Keyboard,
    /// A finger, or the demo's on-screen scanner.
    Touch,
    /// `ordak-station scan` or `print`.
    Command,
}

impl fmt::Display for Source {
    /// As verdict lines write it: `scanner:0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scanner(place) => write!(f, "scanner:{place}"),
            Self::Keyboard => f.write_str("keyboard"),
            Self::Touch => f.write_str("touch"),
            Self::Command => f.write_str("command"),
        }
    }
}

/// What a finger can ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Touch {
    /// Do to this cake what a scan of its label would do.
    Act(OrderId),
    /// Read it with its history and say what that would be, from now on; nothing is done to it.
    Look(OrderId),
    /// Set a detail of this cake: who has it, or where it is kept.
    Set(OrderId, Detail),
    /// Print the label of this cake once more; nothing else changes.
    Reprint(OrderId),
    /// Choose the n-th answer of the question on screen, from 1.
    Pick(u8),
    /// Put the answer on screen away.
    Dismiss,
    /// Close a card in Attention: a person has dealt with it.
    Close(OrderId),
    /// Send, or print, what waits on a card again.
    Retry(OrderId),
    /// Say of the label in doubt on a card whether it came out.
    Label {
        /// Of which cake.
        order: OrderId,
        /// Whether it did.
        is_out: bool,
    },
    /// Put the notices of the journal away: a person has read them.
    PutAway,
}

/// Why a record could not be made durable. Nothing is accepted after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreFault {
    /// The disk is full.
    Full,
    /// The disk does not finish what it was given.
    Hangs,
    /// The disk or the file failed; the journal must be opened anew.
    Broken(Box<str>),
}

/// How a call that changes an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// The backend has it: done now, or done before.
    Done {
        /// Whether it had been done before this call.
        already: bool,
        /// The order's stage now.
        stage: Stage,
        /// The order's count of returns now.
        rework: u32,
        /// The order's timestamps now.
        times: Times,
        /// Who has it and where it is kept now, when the backend tells.
        details: Option<Details>,
        /// Who did it, when the backend tells: for `already`, who was first.
        mark: Option<Mark>,
    },
    /// The backend will not do it; nothing changed.
    Refused(Refusal),
    /// No verdict: it may or may not have been done. The same intent may be sent again.
    Lost(LinkFault),
}

/// What a read by code found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Found {
    /// No order answers to the code.
    Nothing,
    /// Exactly one cake does; with its history.
    One(Arc<Order>),
    /// Several do; in the backend's order.
    Several(Vec<Arc<Order>>),
}

/// A read of the queue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueRead {
    /// Whether `orders` is every open order of the stores (else only what changed since the last read, finished and
    /// cancelled orders included).
    pub is_whole: bool,
    /// The orders.
    pub orders: Vec<Arc<Order>>,
    /// Server time at which the read began, to be given back as `since` next time.
    pub began_at: Timestamp,
    /// Rows that could not be understood and were left out.
    pub unreadable: usize,
}

/// What a station hears when it reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// The fleet as last reported; empty where the backend keeps no fleet.
    pub fleet: Vec<StationSeen>,
    /// Whether the office has announced that nothing is to be written; none where that could not be read.
    pub is_frozen: Option<bool>,
}

/// Another station of the fleet, as it last reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StationSeen {
    /// Its name.
    pub name: Box<str>,
    /// Its stage; none for a supervisor's station.
    pub stage: Option<Stage>,
    /// Time since it last reported, at the moment of the answer.
    pub silence: Duration,
    /// Actions in its journal that the backend does not have yet.
    pub backlog: u32,
    /// Cakes that it was shown before the stage named had let them go: that stage owes a scan.
    pub owed: Vec<(OrderId, Stage)>,
    /// Cakes whose label came out there although another station's had, and when it came out there.
    pub twice: Vec<(OrderId, Timestamp)>,
}

/// How a print ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The printer proved that the label came out.
    Printed,
    /// All bytes went out to a printer that cannot prove more, and it reports no fault.
    Sent,
    /// Bytes went out and nothing more is known, or the printer faulted meanwhile.
    Unconfirmed(PrinterFault),
    /// It stopped before its first byte went out.
    Failed(PrinterFault),
}
