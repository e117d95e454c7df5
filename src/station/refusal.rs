use serde::{Deserialize, Serialize};

use crate::order::{Stage, Timestamp};

/// A refusal by the backend's rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which rule.
    pub code: RefusalCode,
    /// The backend's own words, for the on-call person.
    pub message: Box<str>,
    /// The order's stage, where told.
    pub stage: Option<Stage>,
    /// The order's count of returns, where told.
    pub rework: Option<u32>,
    /// When the order was cancelled, where it was.
    pub cancelled_at: Option<Timestamp>,
}

impl Refusal {
    /// Whether the backend has no row of staff for this account: no write of it will ever work.
    pub fn lacks_staff_row(&self) -> bool {
        self.code == RefusalCode::PermissionDenied && STAFF_KEYS.iter().any(|key| self.message.contains(key))
    }

    /// Whether the backend never took the call: it has no function of this name with these arguments.
    pub fn lacks_function(&self) -> bool {
        self.message.starts_with(NO_FUNCTION)
    }
}

/// The codes of contract 2025-09's envelope, `ALREADY_DONE` aside, which is [`Reply::Done`](super::Reply::Done).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefusalCode {
    /// The order is in another stage.
    InvalidStage,
    /// This account may not.
    PermissionDenied,
    /// There is no such order.
    NotFound,
    /// The arguments make no sense to the backend.
    BadInput,
    /// Cancelled, returned meanwhile, or an intent id used for something else.
    Conflict,
}

/// PostgREST's code, before the words of a refusal that was none: the function was missing for too long.
pub(super) const NO_FUNCTION: &str = "PGRST202: ";

/// Foreign keys that every write of an account without a row breaks (`contract.md` 3).
const STAFF_KEYS: [&str; 2] = ["stage_events_staff_id_fkey", "audit_log_performed_by_fkey"];
