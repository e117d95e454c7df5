//! Effect → worker → Event: the thin shell around the engine. It stamps time and draws ids for the core, hands each
//! effect to its worker and tells the station how it ended. Every channel is bounded.

use tokio::sync::{mpsc, watch};

use crate::order::Timestamp;
use crate::station::{Source, Touch, View};

/// What a screen holds of the running station: the newest view, and a way to say what a person did.
#[derive(Clone, Debug)]
pub struct Handle {
    inputs: mpsc::Sender<Input>,
    views: watch::Receiver<View>,
}

/// What a person did at the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Touched something that acts.
    Touch(Touch),
    /// Scanned with a gun that the screen itself is: keys, or the demo's on-screen scanner.
    Scan(Source, Box<str>),
    /// Pressed a key; a keyboard wedge is told from a person by the shell's scanner.
    Key(char),
}

/// The station takes no more input just now; what was done is not accepted, and the person sees that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl Handle {
    /// A handle with no station behind it, for screens under test: what they say comes out of the receiver.
    pub fn detached(view: View) -> (Self, watch::Sender<View>, mpsc::Receiver<Input>) {
        let (inputs, said) = mpsc::channel(INPUTS_MAX);
        let (shows, views) = watch::channel(view);
        (Self { inputs, views }, shows, said)
    }

    /// Tells the station what a person did; never waits.
    pub fn tell(&self, input: Input) -> Result<(), Busy> {
        self.inputs.try_send(input).map_err(|_| Busy)
    }

    /// The newest view and its successors.
    pub fn views(&self) -> watch::Receiver<View> {
        self.views.clone()
    }

    /// The station's corrected wall time now.
    pub fn now(&self) -> Timestamp {
        let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A person makes a few inputs a second; a keyboard wedge some hundred keys.
const INPUTS_MAX: usize = 1024;
