use serde::{Deserialize, Serialize};

use super::{PrinterFault, Refusal, Source};
use crate::order::{Action, Detail, IntentId, OrderId, StaffId, Stage, Timestamp};

/// One thing made durable. Each replaces what the journal held under the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An intent, by its id.
    Intent(Intent),
    /// A print job, by the id of its intent.
    Job(Job),
    /// A fact about a cake that the backend has no place for, by cake and kind; a second label by its station too.
    Fact {
        /// Which cake.
        order: OrderId,
        /// What is known of it here.
        fact: Fact,
        /// Since when.
        at: Timestamp,
    },
    /// What a person must know of the journal itself, by the damaged file.
    Notice(Notice),
}

/// A journal that was damaged: it was set aside, and what could be read of it is in the one that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When it was found.
    pub at: Timestamp,
    /// Where the damaged file is now.
    pub set_aside: Box<str>,
    /// Records that could be read.
    pub saved: u32,
    /// Actions among them that still wait for the backend or a person.
    pub open: u32,
    /// Records that were there and are not what was written.
    pub unreadable: u32,
    /// Whether a person has put the notice away.
    pub is_seen_to: bool,
}

/// What a person wanted done to one cake, from the scan until the backend, or a person, has closed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its name for life.
    pub id: IntentId,
    /// Place in the journal: the order of scans, per cake the order of sending.
    pub seq: u64,
    /// The cake; for a held scan of a code that names no exact cake yet, the number it read.
    pub order: OrderId,
    /// Whether `order` is known to be one exact cake; if not, it is read from the backend before it is sent.
    pub is_exact: bool,
    /// What is to be done.
    pub action: Action,
    /// Whether `action` is still to be chosen, when the order is first read: a supervisor's station held a scan of a
    /// cake that it knew nothing of.
    #[serde(default)]
    pub is_action_open: bool,
    /// What is set, for an action that sets a detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// Where the backend knows no intents: the newest line of the order's history before it was sent first. None of one
    /// that was never sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_after: Option<Timestamp>,
    /// When the scan was made, in corrected wall time; for a print, when the label came out.
    pub captured_at: Timestamp,
    /// What the station last knew of the order's returns; 0 when it knew nothing.
    pub rework: u32,
    /// Who did it; none is the station's own account.
    pub performer: Option<StaffId>,
    /// Which gun or finger.
    pub source: Source,
    /// The frame as read.
    pub code: Box<str>,
    /// Where it stands.
    pub state: IntentState,
}

/// Where an intent stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntentState {
    /// A print whose label is not out yet: not to be sent.
    Printing,
    /// To be sent, or sent with no verdict yet.
    Open,
    /// Stopped in sight, in Attention, until a person decides.
    Parked(Parked),
    /// The backend has it, or had it before; a local step is closed at once.
    Agreed {
        /// Whether it had been done before.
        already: bool,
    },
    /// A person closed it.
    Closed,
}

impl IntentState {
    /// Whether the intent still waits for a verdict or a person.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Agreed { .. } | Self::Closed)
    }
}

/// Why an intent is in Attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Parked {
    /// The backend refused it.
    Refused(Refusal),
    /// Its code names several cakes, or none.
    NoExactCake,
    /// An intent before it on the same cake is parked, or waits for its label.
    Behind,
    /// What a scan does was decided only later, and at its time it would have been asked about: the cake had just come
    /// in, or its label had not been read before.
    TooSoon,
}

/// A label to be printed, by the id of its print intent or, for a further copy, by an id of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The intent it belongs to.
    pub intent: IntentId,
    /// The cake.
    pub order: OrderId,
    /// From 1; higher numbers are marked as copies.
    pub copy: u8,
    /// Whether it is a further copy that somebody asked for: the cake has its label.
    #[serde(default)]
    pub is_reprint: bool,
    /// The printer it was given to, by its place in the configuration.
    pub printer: usize,
    /// Where it stands.
    pub state: JobState,
    /// When it was asked for.
    pub queued_at: Timestamp,
    /// When its label came out.
    pub out_at: Option<Timestamp>,
}

/// Where a print job stands (`workflow.md` 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobState {
    /// Not given to a printer yet.
    Queued,
    /// Given to a printer, no answer yet.
    Sending,
    /// Proved by the printer or by a person.
    Printed,
    /// Out, as far as a printer can tell that cannot prove it.
    Sent,
    /// Nobody knows: a person decides.
    Unconfirmed(PrinterFault),
    /// Stopped before its first byte.
    Failed(PrinterFault),
    /// Given up: by a person, as no longer wanted, or as a further copy that nothing is known of.
    Cancelled,
}

impl JobState {
    /// Whether the label counts as out.
    pub fn is_out(&self) -> bool {
        matches!(self, Self::Printed | Self::Sent)
    }
}

/// Facts kept here only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Its fresh label was first read.
    LabelRead,
    /// A stage of it was started here: the rework after a return, its packing where the backend keeps no start of that, or
    /// what a start scan started. Holds for this count of returns.
    #[serde(rename = "rework_started")]
    Started {
        /// The order's count of returns.
        rework: u32,
        /// Which stage; a version that knows of no other takes it for a rework, which harms no cake.
        #[serde(default = "decorating")]
        stage: Stage,
    },
    /// It was shown here while an earlier stage still had it.
    ShownEarly {
        /// The stage that owes the scan.
        owing: Stage,
    },
    /// A person here has seen to the scan that a stage owes of it.
    ScanSeenTo {
        /// The stage that owes the scan.
        owing: Stage,
    },
    /// Its label came out here and at another station: kept by that station too, and never forgotten before a person
    /// has seen to it.
    AlsoPrinted(Twin),
}

/// The stage of a rework.
fn decorating() -> Stage {
    Stage::Decorating
}

/// The label of another station for a cake that had one from this station too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Twin {
    /// The other station, where known.
    pub station: Option<Box<str>>,
    /// When the other label came out, where known.
    pub out_at: Option<Timestamp>,
    /// Whether this station found out: its label was the second, and the other station is to be told.
    pub is_found_here: bool,
    /// Whether a person has binned one of the two.
    pub is_seen_to: bool,
}

/// What the journal kept from earlier lives: every open intent, every job not older than its retention, all facts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// In the order of `seq`.
    pub intents: Vec<Intent>,
    /// In the order of their intents.
    pub jobs: Vec<Job>,
    /// By cake.
    pub facts: Vec<(OrderId, Fact, Timestamp)>,
    /// The highest `seq` ever given.
    pub last_seq: u64,
    /// Those that nobody has put away.
    pub notices: Vec<Notice>,
    /// How many records are not here because only a newer version understands them, or one before them of the same cake.
    #[serde(default)]
    pub newer: u32,
}
