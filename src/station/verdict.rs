use std::sync::Arc;
use std::time::Duration;

use super::{PrinterFault, Refusal, Source, StoreFault};
use crate::order::{Action, Detail, IntentId, Lacks, Mark, Order, OrderId, Stage, Timestamp};

/// One answer to one scan or touch, as a screen shows it and a verdict line tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// When.
    pub at: Timestamp,
    /// Counts the verdict lines of this life, from 1; 0 for what is shown and never a line.
    pub seq: u64,
    /// Which gun or finger.
    pub source: Source,
    /// The frame as read.
    pub code: Box<str>,
    /// The exact cake, if one was meant.
    pub order: Option<OrderId>,
    /// All that is known of that cake.
    pub cake: Option<Arc<Order>>,
    /// What is done, if something is.
    pub action: Option<Action>,
    /// What that sets, if it sets a detail.
    pub detail: Option<Detail>,
    /// The stage of the cake after it, where known.
    pub stage: Option<Stage>,
    /// The intent, if the scan acts.
    pub intent: Option<IntentId>,
    /// The answer.
    pub answer: Answer,
}

/// The word of a verdict line (`interfaces.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Durable here.
    Accepted,
    /// The backend has it.
    Agreed,
    /// It had been done before.
    AlreadyDone,
    /// The cake belongs to another stage.
    NotHere,
    /// It cannot be done.
    Refused,
    /// A person has to say which, or to scan again.
    Choice,
    /// Something was read; nothing changes.
    Reads,
    /// Durable here, to be sent later.
    Held,
    /// The printer proved the label.
    Printed,
    /// The label is out as far as can be told.
    Sent,
    /// Nobody knows whether the label is out.
    Unconfirmed,
    /// The label did not come out.
    Failed,
}

impl Kind {
    /// As verdict lines write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Agreed => "agreed",
            Self::AlreadyDone => "already_done",
            Self::NotHere => "not_here",
            Self::Refused => "refused",
            Self::Choice => "choice",
            Self::Reads => "reads",
            Self::Held => "held",
            Self::Printed => "printed",
            Self::Sent => "sent",
            Self::Unconfirmed => "unconfirmed",
            Self::Failed => "failed",
        }
    }
}

/// An answer with all that its sentence needs. `words` makes the sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The action of the verdict is durable here.
    Accepted,
    /// The backend has it.
    Agreed,
    /// The step exists in this journal only, and is done.
    AgreedLocally,
    /// It had been done.
    AlreadyDone {
        /// By whom, where and when, as far as known.
        mark: Option<Mark>,
        /// When it was done, if only that is known.
        done_at: Option<Timestamp>,
        /// How old the copy is that says so, when the backend could not be asked.
        stale: Option<Duration>,
    },
    /// A label was printed here and elsewhere: one must go.
    AlsoPrinted {
        /// The other one.
        mark: Option<Mark>,
    },
    /// The cake belongs to another stage.
    NotHere {
        /// Which.
        stage: Stage,
        /// Since when, where known.
        since: Option<Timestamp>,
        /// Who moved it there, where known.
        mark: Option<Mark>,
        /// How old the copy is that says so, when the backend could not be asked.
        stale: Option<Duration>,
    },
    /// Not a code of a cake, or no cake of that code.
    NoScan(NoScan),
    /// The order is cancelled.
    Cancelled {
        /// When.
        at: Option<Timestamp>,
        /// How old the copy is that says so, when the backend could not be asked.
        stale: Option<Duration>,
    },
    /// A person closed it: it is not done, and is not tried any more.
    GivenUp,
    /// The backend's rules refuse it.
    Refused(Refusal),
    /// The journal cannot be written: nothing is accepted.
    NotStored(StoreFault),
    /// A bound is reached: so many actions wait that no more are taken.
    Full,
    /// A person must say more.
    Asks(Question),
    /// A fresh label was read.
    LabelReads,
    /// Being looked up in the backend; shown only when it takes a moment, never a verdict line.
    Looking,
    /// Durable here, to be sent later.
    Held(Held),
    /// The label is out; told by the printer's proof or, as `Sent`, without one.
    LabelOut {
        /// On which printer, by name.
        printer: Box<str>,
        /// Whether the printer proved it.
        is_proved: bool,
        /// The printer that was to do it and could not.
        instead_of: Option<Box<str>>,
        /// What it does not show.
        lacks: Lacks,
    },
    /// Nobody knows whether the label is out; also the question on screen.
    LabelUnconfirmed {
        /// On which printer, by name.
        printer: Box<str>,
        /// What happened.
        fault: PrinterFault,
    },
    /// The label did not come out; it comes when the fault clears.
    LabelFailed {
        /// On which printer, by name.
        printer: Box<str>,
        /// What is wrong.
        fault: PrinterFault,
    },
    /// A label for this cake is on its way already.
    LabelComing {
        /// On which printer, by name.
        printer: Box<str>,
        /// What keeps that printer from it just now.
        fault: Option<PrinterFault>,
    },
}

impl Answer {
    /// The word for a verdict line; none for what is never one.
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::Accepted => Kind::Accepted,
            Self::Agreed | Self::AgreedLocally => Kind::Agreed,
            Self::AlreadyDone { .. } | Self::AlsoPrinted { .. } => Kind::AlreadyDone,
            Self::NotHere { .. } => Kind::NotHere,
            Self::NoScan(_)
            | Self::Cancelled { .. }
            | Self::GivenUp
            | Self::Refused(_)
            | Self::NotStored(_)
            | Self::Full => Kind::Refused,
            Self::Asks(_) => Kind::Choice,
            Self::LabelReads | Self::LabelComing { .. } => Kind::Reads,
            Self::Looking => return None,
            Self::Held(_) => Kind::Held,
            Self::LabelOut { is_proved: true, .. } => Kind::Printed,
            Self::LabelOut { is_proved: false, .. } => Kind::Sent,
            Self::LabelUnconfirmed { .. } => Kind::Unconfirmed,
            Self::LabelFailed { .. } => Kind::Failed,
        })
    }
}

/// Why a scan names no cake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoScan {
    /// A product's code (EAN, UPC), not an order's.
    Product,
    /// Nothing this station knows.
    Unreadable,
    /// A code of the right form that no order answers to.
    Unknown,
    /// An order of a store that this station does not handle.
    OtherStore,
    /// A badge: all that is done here is credited to the station's account, and can be to nobody else.
    Badge,
    /// A station's command that this version does not have.
    UnknownCommand,
    /// A code that several cakes answer to, or none, found when nobody was there any more to be asked which.
    NoExactCake,
    /// An answer (`%PICK`) with no question open for this gun.
    NothingAsked,
    /// An answer by number to a question that a further scan of the cake answers.
    NoNumberAsked,
    /// An answer by a number above the highest that the open question offers.
    NotOffered(usize),
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    /// Which of these cakes? Answered by `%PICK:n`, a touch, or the exact label.
    Which(Vec<Arc<Order>>),
    /// So long after this a further scan would take the action: scan again to take it.
    SoSoon {
        /// How long ago.
        ago: Duration,
        /// What was so long ago.
        since: Since,
        /// What a further scan does.
        action: Action,
    },
    /// It is brought here, and an earlier stage that was started was never finished: scan again to complete that.
    NeverFinished {
        /// Which stage.
        stage: Stage,
        /// When it was started.
        started: Timestamp,
    },
    /// Its label was first read only now, late: scan again to finish.
    LabelReadLate,
    /// Returned by quality control: read the reason, scan again when done.
    Returned {
        /// Why it came back.
        reason: Box<str>,
    },
    /// Did the label come out? Answers: 1 yes, 2 no, 3 don't know.
    LabelOut {
        /// On which printer, by name.
        printer: Box<str>,
        /// What happened.
        fault: PrinterFault,
    },
    /// Another cake of the order is behind: scan again to pack this one alone.
    SiblingBehind(Vec<Arc<Order>>),
}

/// What a cake has just been through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It came into its stage.
    CameIn,
    /// Its fresh label was first read.
    LabelRead,
    /// Its rework was started.
    ReworkStarted,
    /// Its packing was started.
    PackingStarted,
    /// Its covering or decorating was started.
    Started,
}

/// Why an accepted action waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The station is frozen.
    ReadOnly,
    /// There is no network, or the backend does not answer.
    Offline,
    /// An earlier stage has not confirmed the cake yet.
    Upstream(Stage),
    /// The code is well formed but the local copy does not know the cake.
    NotKnownYet,
    /// It has been held since then, and what it does is not known yet: a further scan is no further action.
    Since(Timestamp),
}
