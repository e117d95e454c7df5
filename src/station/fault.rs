//! What can be wrong around the station, by what is to be done about it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why the backend gave no verdict. Each says what to do next, not what the library called it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkFault {
    /// No connection: network, name or address.
    Unreachable(Box<str>),
    /// Connected, but no answer in time.
    TimedOut,
    /// What answers is not a Supabase project (an HTML page, a foreign JSON).
    NotSupabase(Box<str>),
    /// An answer that cannot be read, or is cut short.
    Malformed(Box<str>),
    /// The anon key is refused.
    WrongKey,
    /// Email or password is refused.
    WrongPassword,
    /// The account is signed in but may not call this.
    Forbidden(Box<str>),
    /// The functions this station needs are not there (`PGRST202`): other contract, or a stale schema cache.
    NoFunction(Box<str>),
    /// Which contract the project speaks cannot be told: nothing is asked of it by guesswork.
    NoContract(ContractDoubt),
    /// Too many requests; try again after this long.
    Busy(Duration),
    /// A server error, by its HTTP status.
    Server(u16),
}

/// What is odd about a project's functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContractDoubt {
    /// It has those of no contract.
    Neither,
    /// It has those of both.
    Both,
}

/// The state of the link as last known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nothing has been tried yet.
    #[default]
    Unknown,
    /// The last call was answered.
    Up,
    /// The last call was not.
    Down(LinkFault),
}

/// A device as last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PortState<F> {
    /// Not seen yet.
    Unknown,
    /// Able to work.
    Ready,
    /// Not able to work, and why.
    Faulted(F),
}

/// What can be wrong with a printer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrinterFault {
    /// It cannot be reached: refused, unplugged, no such address.
    Unreachable(Box<str>),
    /// It took bytes or a question and did not answer in time.
    NoAnswer,
    /// The paper is out.
    PaperOut,
    /// The cover is open.
    CoverOpen,
    /// Paper jam or cutter fault.
    Jam,
    /// Its ribbon is out.
    RibbonOut,
    /// A person paused it, or it paused itself.
    Paused,
    /// It is there and wants a person, and does not say why: some printers say nothing at all with their head open.
    Attention,
    /// It reports an error of another kind.
    Error(Box<str>),
    /// It answered something that is no answer.
    Nonsense,
    /// The label could not be drawn for its stock.
    Template(Box<str>),
    /// The kiosk stopped while the label was being sent.
    Interrupted,
}

/// What can be wrong with a scanner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScannerFault {
    /// It is not plugged in, or was unplugged.
    Missing(Box<str>),
    /// The port exists but may not be opened.
    Denied(Box<str>),
    /// It sends bytes that make no code: more than a frame without a terminator.
    Babbling,
}
