//! Every reading of a reply, and what must hold of it whatever was sent; a panic says what does not.

pub mod v2025_12;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::backend::contract::extensions::{
    badges_read, places_read, reasons_read, refused, staff_read, stations_seen,
};
use crate::backend::contract::row::{Key, key, order};
use crate::backend::contract::rows;
use crate::backend::contract::v2025_09::{found, probed, reply};
use crate::backend::fault::{self, CallFault, MESSAGE_MAX, RefreshFault};
use crate::backend::http::Answer;
use crate::backend::session::grant::Grant;
use crate::order::{Action, IntentId, Timestamp};
use crate::station::{Found, Intent, IntentState, LinkFault, Lookup, Reply, Source};

/// Reads a reply as text: a line of its status and media type, then the body.
pub fn of_text(text: &[u8]) {
    let (status, media_type, body) = parts(text);
    judge(status, &media_type, body);
}

fn parts(text: &[u8]) -> (u16, String, &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (head, body) = (String::from_utf8_lossy(&text[..end]), text.get(end + 1..).unwrap_or_default());
    let (status, media_type) = head.split_once(' ').unwrap_or((&head, ""));
    (status.parse().unwrap_or(200), media_type.to_owned(), body)
}

fn answer_of(status: u16, media_type: &str, body: &[u8]) -> Answer {
    Answer {
        status,
        media_type: media_type.into(),
        location: None,
        retry_after: None,
        body: body.into(),
        at: Timestamp::from_micros(1_795_428_000_000_000),
        round_trip: Duration::ZERO,
    }
}

/// Reads a reply in every way, and gives what it is as the answer to a write.
pub fn judge(status: u16, media_type: &str, body: &[u8]) -> Reply {
    let answer = answer_of(status, media_type, body);
    faults(&answer);
    orders(&answer);
    lists(&answer);
    if let Some(grant) = Grant::read(&answer.body) {
        let tokens = [&grant.access_token, &grant.refresh_token];
        assert!(tokens.iter().all(|token| !token.reveal().contains(['\r', '\n'])), "a token of two lines");
    }
    let told = [Action::CompleteFilling, Action::QcReturn].map(|action| write(&answer, action));
    let [told, _] = told;
    told
}

/// A write that any reply could answer.
pub fn intent(action: Action) -> Intent {
    Intent {
        id: IntentId::from_random([7; 16]),
        seq: 1,
        order: "bannos-18617".parse().expect("an order's id"),
        is_exact: true,
        is_action_open: false,
        tried_after: None,
        action,
        detail: None,
        captured_at: Timestamp::from_micros(1_795_428_000_000_000),
        rework: 0,
        performer: None,
        source: Source::Scanner(0),
        code: "#B18617".into(),
        state: IntentState::Open,
    }
}

/// A verdict rests on an envelope that says so, however it is spaced.
fn write(answer: &Answer, action: Action) -> Reply {
    let intent = intent(action);
    let told = reply(&intent, answer);
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let (ok, code) = (&body["ok"], body["code"].as_str());
    verdict(&told);
    match &told {
        Reply::Done { .. } => {
            assert!(answer.is_success(), "done, by status {}", answer.status);
            assert!(*ok == true || (*ok == false && code == Some("ALREADY_DONE")), "done, by {body}");
            let about = body["data"]["id"].as_str().filter(|id| id.parse() != Ok(intent.order));
            assert_eq!(about, None, "done, by an answer about another order");
        }
        Reply::Refused(_) => {
            assert!(code.is_some(), "refused, by no code");
            assert!(
                if answer.is_success() { *ok == false } else { answer.status == 400 },
                "refused, by {body}"
            );
        }
        Reply::Lost(_) => {}
    }
    let spaced = serde_json::to_vec_pretty(&body).expect("a value can be written");
    // What is no JSON has no other spelling, nor has a number that is rounded.
    if !body.is_null() && serde_json::from_slice(&spaced).ok() == Some(body) {
        let spaced = Answer { body: spaced, ..answer.clone() };
        assert_eq!(reply(&intent, &spaced), told, "the same, written otherwise");
    }
    told
}

/// Whatever was told by others is kept short.
pub fn verdict(told: &Reply) {
    match told {
        Reply::Done { .. } => {}
        Reply::Refused(refusal) => is_short(&refusal.message),
        Reply::Lost(fault) => is_short(words(fault)),
    }
}

/// Whatever it says, a bad answer is one fault, told in few words.
fn faults(answer: &Answer) {
    let of_call = match fault::of_call(answer) {
        CallFault::Expired(words) => LinkFault::Forbidden(words),
        CallFault::Link(fault) => fault,
    };
    let of_refresh = match fault::of_refresh(answer) {
        RefreshFault::Dead => LinkFault::WrongPassword,
        RefreshFault::Link(fault) => fault,
    };
    let of_probe = probed(answer).err().unwrap_or(LinkFault::TimedOut);
    for fault in [of_call, of_refresh, of_probe, fault::of_sign_in(answer), fault::of_body(answer)] {
        is_short(words(&fault));
    }
    is_short(&refused(answer).unwrap_or_default());
}

/// An order asked for by its id is that one or none, and several are more than one.
fn orders(answer: &Answer) {
    let exact = "bannos-25771-A".parse().expect("an order's id");
    for lookup in [Lookup::Order(exact), Lookup::Code("25771".into())] {
        match found(&lookup, answer) {
            Ok(Found::Several(orders)) => assert!(orders.len() > 1, "several, and not even two"),
            Ok(Found::One(order)) if lookup == Lookup::Order(exact) => assert_eq!(order.id, exact),
            Ok(_) => {}
            Err(fault) => is_short(words(&fault)),
        }
    }
    for row in rows(answer).unwrap_or_default() {
        let Some(order) = order(&row) else { continue };
        assert_eq!(key(&row), Key::Cake(order.id), "one cake under two names");
        assert!(order.siblings > 0, "a cake that is not even one");
    }
}

/// Lists are as long as a screen can bear, and hold nothing without a name.
fn lists(answer: &Answer) {
    for station in stations_seen("me", answer).unwrap_or_default() {
        assert_ne!(&*station.name, "me");
        assert!(station.silence <= Duration::from_hours(365 * 24));
    }
    let staff = staff_read(answer).ok().flatten().unwrap_or_default();
    assert!(staff.len() <= 500 && staff.iter().all(|one| !one.name.is_empty() && !one.id.0.is_empty()));
    let badges = badges_read(answer).ok().flatten().unwrap_or_default();
    assert!(badges.len() <= 500 && badges.iter().all(|one| !one.name.is_empty() && !one.badge.is_empty()));
    for names in [places_read(answer), reasons_read(answer)] {
        let names = names.ok().flatten().unwrap_or_default();
        assert!(names.len() <= 200 && names.iter().all(|name| !name.is_empty()));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a name twice");
    }
}

fn words(fault: &LinkFault) -> &str {
    match fault {
        LinkFault::Unreachable(words)
        | LinkFault::NotSupabase(words)
        | LinkFault::Malformed(words)
        | LinkFault::Forbidden(words)
        | LinkFault::NoFunction(words) => words,
        _ => "",
    }
}

/// As long as what others wrote may be, with the mark that it was cut.
fn is_short(words: &str) {
    assert!(words.chars().count() <= MESSAGE_MAX + 1 && !words.contains('\n'), "{} bytes", words.len());
}
