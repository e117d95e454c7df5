use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Intent, Job, Record, Verdict};
use crate::order::{Order, OrderId, Stage, Timestamp};

/// Names one order to the shell; it comes back with the event that completes it, exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectId(pub u64);

/// What the station orders to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Make these records durable, all or none; completes with `Stored`. At most one is under way at a time.
    Store {
        /// Comes back.
        id: EffectId,
        /// What to write.
        records: Vec<Record>,
    },
    /// Call the backend for this intent; completes with `Answered`.
    Send {
        /// Comes back.
        id: EffectId,
        /// What to send, under its own id.
        intent: Arc<Intent>,
    },
    /// Read the order or orders that a code names; completes with `Read`.
    Find {
        /// Comes back.
        id: EffectId,
        /// What to look for.
        lookup: Lookup,
        /// Bound on the whole read.
        within: Duration,
    },
    /// Read the queue of the station's stores; completes with `Refreshed`.
    Refresh {
        /// Comes back.
        id: EffectId,
        /// Only what changed since this server time, where the backend can tell; none reads everything.
        since: Option<Timestamp>,
    },
    /// Tell the fleet how this station is and hear how the others are; completes with `Reported`.
    Report {
        /// Comes back.
        id: EffectId,
        /// What to tell.
        report: Report,
    },
    /// Read what can be chosen for the cakes of the station's stores; completes with `Listed`.
    List {
        /// Comes back.
        id: EffectId,
    },
    /// Print a label; completes with `Printed`.
    Print {
        /// Comes back.
        id: EffectId,
        /// The job, already durable as `sending`; names its printer and copy.
        job: Job,
        /// What the label says.
        order: Arc<Order>,
    },
    /// Sound a tone; completes with `Told`.
    Sound {
        /// Comes back.
        id: EffectId,
        /// Which.
        tone: Tone,
    },
    /// Write a verdict line where lines are wanted; completes with `Told`.
    Tell {
        /// Comes back.
        id: EffectId,
        /// The verdict.
        verdict: Verdict,
    },
}

/// What to look for in the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Exactly this cake, with its history.
    Order(OrderId),
    /// Whatever answers to this code (`contract.md` 6), already in its canonical form.
    Code(Box<str>),
}

/// What a station tells the fleet of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Actions in the journal that the backend does not have yet.
    pub backlog: u32,
    /// Cakes shown here before the stage named had let them go.
    pub owed: Vec<(OrderId, Stage)>,
    /// Cakes whose label came out here although another station's had, and when it came out here.
    pub twice: Vec<(OrderId, Timestamp)>,
    /// Printers that are able to work.
    pub printers_ready: u32,
    /// Scanners that are able to work.
    pub scanners_ready: u32,
}

/// The sound of an answer (`workflow.md` 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Short high.
    Accepted,
    /// Two equal mid tones.
    AlreadyDone,
    /// Low, then high.
    NotHere,
    /// Long low.
    Refused,
    /// Rising.
    Choice,
    /// One soft tick.
    Reads,
    /// Short high, softer.
    Held,
}
