//! What the tests of both generations ask and are answered with.

use std::time::Duration;

use crate::backend::http::Answer;
use crate::order::{Action, IntentId, Timestamp};
use crate::station::{Intent, IntentState, Source};

/// A time by its text.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A reply of this status and JSON.
pub fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status,
        media_type: "application/json; charset=utf-8".into(),
        location: None,
        retry_after: None,
        body: body.into(),
        at: at("2026-11-23T10:00:01Z"),
        round_trip: Duration::ZERO,
    }
}

/// A successful reply.
pub fn ok(body: &str) -> Answer {
    answer(200, body)
}

/// An intent of a cake that came back twice.
pub fn intent(action: Action) -> Intent {
    Intent {
        id: IntentId::from_random([7; 16]),
        seq: 1,
        order: "bannos-18617".parse().unwrap(),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: at("2026-11-23T09:59:00Z"),
        rework: 2,
        performer: None,
        source: Source::Scanner(0),
        code: "%QC:crack".into(),
        state: IntentState::Open,
    }
}
