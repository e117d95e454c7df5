//! How long a call that got no verdict waits before it is made again.

use std::time::Duration;

use super::LinkFault;
use crate::order::IntentId;

/// Whether the fault would meet every call alike.
pub(super) fn is_of_link(fault: &LinkFault) -> bool {
    match fault {
        LinkFault::Unreachable(_)
        | LinkFault::TimedOut
        | LinkFault::NotSupabase(_)
        | LinkFault::WrongKey
        | LinkFault::WrongPassword => true,
        LinkFault::Malformed(_)
        | LinkFault::Forbidden(_)
        | LinkFault::NoFunction(_)
        | LinkFault::Busy(_)
        | LinkFault::Server(_) => false,
    }
}

/// Doubles from attempt to attempt up to `longest`.
pub(super) fn base(attempts: u32, longest: Duration) -> Duration {
    longest.min(RETRY_MIN * 2_u32.saturating_pow(attempts.min(16)))
}

/// Between half and the whole of it, by the bits of the intent's own name, so that the stations of a fleet do not all call
/// at once and a run can be repeated.
pub(super) fn spread(id: IntentId, attempts: u32, longest: Duration) -> Duration {
    let base = base(attempts, longest);
    let spread = (id.bits().rotate_right(attempts.wrapping_mul(7) % 128) & 0xff) as u32;
    base / 2 + base / 2 * spread / 0xff
}

const RETRY_MIN: Duration = Duration::from_secs(1);

/// The longest wait for a backend that does not answer.
pub(super) const RETRY_MAX: Duration = Duration::from_mins(1);
