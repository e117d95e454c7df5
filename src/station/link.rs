//! The link to the backend: whether it is up, since when it is not, and how long the backend is to be left alone.

use std::time::Duration;

use super::refusal::NO_FUNCTION;
use super::{Link, LinkFault, Refusal, RefusalCode, Station};
use crate::order::{IntentId, Timestamp};

/// The link as last known.
#[derive(Default)]
pub(super) struct Connection {
    pub(super) state: Link,
    /// Calls and reads that failed one after the other.
    failures: u32,
    /// While the link is down nothing is sent before.
    probe_at: Duration,
    /// The backend asked not to be called before.
    busy_until: Duration,
    /// Since when the link is up.
    pub(super) up_at: Duration,
    /// When the link was lost, by the clock on the wall.
    pub(super) down_since: Option<Timestamp>,
}

impl Connection {
    pub(super) fn is_down(&self) -> bool {
        matches!(self.state, Link::Down(_))
    }

    /// When something that is due `at` may be asked of the backend.
    pub(super) fn not_before(&self, at: Duration) -> Duration {
        at.max(self.busy_until)
    }

    /// From when on an action may be sent.
    pub(super) fn sends_from(&self) -> Duration {
        self.not_before(if self.is_down() { self.probe_at } else { Duration::ZERO })
    }
}

impl Station {
    /// Something was answered.
    pub(super) fn link_up(&mut self) {
        (self.link.failures, self.link.probe_at) = (0, Duration::ZERO);
        self.link.down_since = None;
        if self.link.state != Link::Up {
            self.link.state = Link::Up;
            self.came_back();
            self.link.up_at = self.now;
            self.open.link_is_up(self.now);
        }
    }

    /// Something that would be answered if the link were up was not.
    pub(super) fn link_down(&mut self, fault: LinkFault) {
        self.heed(&fault);
        // Reads that fail before put the next call off no further: it may be answered where they are not.
        if self.now >= self.link.probe_at {
            self.link.probe_at = self.now + backoff_base(self.link.failures, RETRY_MAX);
            self.link.failures = self.link.failures.saturating_add(1);
        }
        if is_of_link(&fault) {
            self.refresh.is_whole_due = true;
        }
        if !self.link.is_down() {
            self.link.down_since = Some(self.at);
        }
        self.link.state = Link::Down(fault);
    }

    /// Something that the work does not rest on was not answered: it says that the link is down only where the same
    /// would meet every call.
    pub(super) fn not_answered(&mut self, fault: &LinkFault) {
        if is_of_link(fault) { self.link_down(fault.clone()) } else { self.heed(fault) }
    }

    /// A backend that asks for a pause gets it, from everything the station does.
    pub(super) fn heed(&mut self, fault: &LinkFault) {
        if let LinkFault::Busy(wait) = fault {
            self.link.busy_until = self.link.busy_until.max(self.now + (*wait).min(RETRY_MAX));
        }
    }
}

/// Whether the fault would meet every call alike.
pub(super) fn is_of_link(fault: &LinkFault) -> bool {
    match fault {
        LinkFault::Unreachable(_)
        | LinkFault::TimedOut
        | LinkFault::NotSupabase(_)
        | LinkFault::WrongKey
        | LinkFault::WrongPassword
        | LinkFault::NoContract(_) => true,
        LinkFault::Malformed(_)
        | LinkFault::Forbidden(_)
        | LinkFault::NoFunction(_)
        | LinkFault::Busy(_)
        | LinkFault::Server(_) => false,
    }
}

/// Doubles from attempt to attempt up to `longest`.
fn backoff_base(attempts: u32, longest: Duration) -> Duration {
    longest.min(RETRY_MIN * 2_u32.saturating_pow(attempts.min(16)))
}

/// Between half and the whole of it, by the bits of the intent's own name, so that the stations of a fleet do not all call
/// at once and a run can be repeated.
pub(super) fn backoff(id: IntentId, attempts: u32, longest: Duration) -> Duration {
    let base = backoff_base(attempts, longest);
    // The halves in one: some bits are the same in every name (RFC 9562).
    let bits = (id.bits() >> 64) as u64 ^ id.bits() as u64;
    let spread = bits.rotate_left(attempts.wrapping_mul(7) % 64).wrapping_mul(SPREADS) >> 56;
    base / 2 + base / 2 * spread as u32 / 0xff
}

/// What a person reads of an intent that is never answered.
pub(super) fn never_answered(fault: &LinkFault, is_detail: bool) -> Refusal {
    let code = match fault {
        LinkFault::Forbidden(_) => RefusalCode::PermissionDenied,
        LinkFault::NoFunction(_) if is_detail => RefusalCode::PermissionDenied,
        _ => RefusalCode::BadInput,
    };
    let message = match fault {
        LinkFault::NoFunction(what) => format!("{NO_FUNCTION}{what}").into(),
        LinkFault::Forbidden(what) | LinkFault::Malformed(what) => what.clone(),
        LinkFault::Server(status) => format!("HTTP {status}").into(),
        _ => "".into(),
    };
    Refusal { code, message, stage: None, rework: None, cancelled_at: None }
}

/// 2⁶⁴ by the golden ratio: neighbours land far apart in the highest bits (Knuth, The Art of Computer Programming 3, 6.4).
const SPREADS: u64 = 0x9e37_79b9_7f4a_7c15;

const RETRY_MIN: Duration = Duration::from_secs(1);

/// The longest wait for a backend that does not answer.
pub(super) const RETRY_MAX: Duration = Duration::from_mins(1);
