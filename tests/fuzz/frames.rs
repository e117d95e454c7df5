//! Frames of Realtime: what is told is short and rests on the frame's own topic and event, however it is spaced.

use ordak_station::backend::realtime::frame::{Said, read};
use serde_json::Value;

pub fn fuzz(bytes: &[u8]) {
    let Ok(said) = read(bytes) else { return };
    let words = match &said {
        Said::Answered { refused, .. } => refused.as_deref().unwrap_or_default(),
        Said::Ended(words) => words,
        Said::Subscribed | Said::Changed | Said::Nothing => "",
    };
    assert!(words.chars().count() <= WORDS_MAX, "{} bytes", words.len());
    // A payload that nobody looks at may be no JSON.
    let Ok(frame) = serde_json::from_slice::<Value>(bytes) else { return };
    let [_, reference, topic, event, payload] = frame.as_array().map_or(&[][..], Vec::as_slice) else {
        panic!("{said:?} of {frame}");
    };
    let is_own = topic == "realtime:station";
    match &said {
        Said::Answered { reference: told, refused } => {
            assert!((is_own || topic == "phoenix") && event == "phx_reply", "answered by {frame}");
            assert_eq!(**told, *reference.as_str().unwrap_or_default());
            assert_eq!(refused.is_none(), payload["status"] == "ok", "{frame}");
        }
        Said::Subscribed => assert!(is_own && payload["extension"] == "postgres_changes", "{frame}"),
        Said::Changed => assert!(is_own && event == "postgres_changes", "{frame}"),
        Said::Ended(_) => assert!(is_own && event != "postgres_changes", "{frame}"),
        Said::Nothing => assert!(!is_own || event != "postgres_changes", "{frame}"),
    }
    let spaced = serde_json::to_vec_pretty(&frame).expect("a value can be written");
    assert_eq!(read(&spaced), Ok(said), "the same, written otherwise");
}

/// As many as a log needs.
const WORDS_MAX: usize = 200;
