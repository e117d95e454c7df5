//! The engine: a pure state machine. It is told facts ([`Event`]) and gives orders ([`Effect`]); it has no clock,
//! no IO, no async, no randomness and no logging, so that a night of failures replays in a millisecond.

mod effect;
mod event;
mod record;
mod settings;
mod verdict;
mod view;

pub use effect::{Effect, EffectId, Lookup, Report, Tone};
pub use event::{
    Event, Found, Link, LinkFault, Outcome, PortState, PrinterFault, QueueRead, Refusal, RefusalCode, Reply,
    ScannerFault, Source, StationSeen, StoreFault, Touch,
};
pub use record::{Fact, Intent, IntentState, Job, JobState, Kept, Parked, Record};
pub use settings::{Dwell, Settings};
pub use verdict::{Answer, Held, Kind, NoScan, Question, Verdict};
pub use view::{Card, DeviceView, Matter, QueueView, Shown, View, Waiting};
