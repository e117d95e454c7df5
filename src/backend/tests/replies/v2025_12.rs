//! The same of contract 2025-12, whose replies are bare: every reading of one, and what must hold of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{answer_of, intent, is_short, parts, verdict, words};
use crate::backend::contract::rows;
use crate::backend::contract::v2025_12::history::{Past, events, marks};
use crate::backend::contract::v2025_12::pages::{Pages, Row, Step};
use crate::backend::contract::v2025_12::{
    Author, exact_read, me_read, of_number, order, places_read, reply, scanned_read,
};
use crate::backend::fault::PostgrestError;
use crate::backend::http::Answer;
use crate::order::{Action, OrderId, Stage, Store};
use crate::station::Reply;

/// Reads a reply as text, of the form of [`super::of_text`].
pub fn of_text(text: &[u8]) {
    let (status, media_type, body) = parts(text);
    judge(status, &media_type, body);
}

/// Reads a reply in every way, and gives what it is as the answer to a completion.
pub fn judge(status: u16, media_type: &str, body: &[u8]) -> Reply {
    let answer = answer_of(status, media_type, body);
    let cake = intent(Action::Print).order;
    one_order(cake, &answer);
    lists(cake, &answer);
    past(&answer);
    let [told, ..] = ACTIONS.map(|action| write(&answer, action));
    told
}

/// A write is done only by the bare answer that its function gives.
fn write(answer: &Answer, action: Action) -> Reply {
    let intent = intent(action);
    let told = reply(&intent, None, &author(), answer);
    verdict(&told);
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    match &told {
        Reply::Done { stage, already, .. } => {
            assert!(answer.is_success(), "done, by status {}", answer.status);
            match action {
                Action::Print => {
                    assert_eq!(body["order_id"], intent.order.to_string(), "done, by another order");
                    assert_eq!(body["stage"], stage.name());
                }
                Action::StartCovering => {
                    assert!(body == true || body["success"] == true, "{body}");
                    assert_eq!(*already, body["skipped"] == true);
                }
                Action::SetStorage => assert!(body == true || answer.body.trim_ascii().is_empty(), "{body}"),
                _ => assert_eq!(body, true, "done, by something else"),
            }
        }
        Reply::Refused(_) => {
            assert!([400, 409].contains(&answer.status), "refused, by status {}", answer.status);
            assert!(!PostgrestError::of(answer).code.is_empty(), "refused, by no code");
        }
        Reply::Lost(_) => {}
    }
    let spaced = serde_json::to_vec_pretty(&body).expect("a value can be written");
    // What is no JSON has no other spelling, nor has a number that is rounded.
    if !body.is_null() && serde_json::from_slice(&spaced).ok() == Some(body) {
        let spaced = Answer { body: spaced, ..answer.clone() };
        assert_eq!(reply(&intent, None, &author(), &spaced), told, "the same, written otherwise");
    }
    told
}

/// What is told of an order is of that very order.
fn one_order(cake: OrderId, answer: &Answer) {
    match exact_read(cake, answer) {
        Ok(Some(row)) => assert_eq!(row["id"], cake.to_string()),
        Ok(None) => {}
        Err(fault) => is_short(words(&fault)),
    }
    match scanned_read(cake, answer) {
        Ok(Some(_)) => {
            let body: Value = serde_json::from_slice(&answer.body).expect("it was read");
            let row = body.get(0).unwrap_or(&body);
            assert_eq!(row["id"], cake.to_string());
        }
        Ok(None) => {}
        Err(fault) => is_short(words(&fault)),
    }
    if let Ok(Some(name)) = me_read(answer) {
        assert!(name.len() <= answer.body.len());
    }
}

/// A page is taken whole or not at all, and nothing of it twice.
fn lists(cake: OrderId, answer: &Answer) {
    let page = match rows(answer) {
        Ok(page) => page,
        Err(fault) => return is_short(words(&fault)),
    };
    let mut pages = Pages::new(PAGE_ROWS);
    match pages.take(page.iter().cloned().map(Row::read).collect()) {
        Ok(Step::Ask { limit, .. }) => assert!((1..=PAGE_ROWS).contains(&limit), "{limit} rows"),
        Ok(Step::Finished) => {}
        Err(fault) => is_short(words(&fault)),
    }
    let (listed, unreadable) = pages.rows();
    assert!(listed.count() + unreadable <= page.len());
    for order in page.iter().filter_map(order) {
        assert!(order.siblings > 0, "a cake that is not even one");
    }
    for row in of_number(Store::Bannos, cake.number, page).unwrap_or_default() {
        let id = row["id"].as_str().and_then(|id| id.parse::<OrderId>().ok());
        assert!(id.is_some_and(|id| id.store == Store::Bannos && id.number == cake.number), "{row}");
    }
    let places = places_read(answer).unwrap_or_default();
    assert!(places.len() <= 200 && places.iter().all(|place| !place.is_empty()));
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "a place twice");
}

/// A history in any order and twice over comes to the same: as many returns as it has, and no step of Decorating that a later
/// one took back.
fn past(answer: &Answer) {
    let events = match rows(answer).and_then(|rows| events(&rows)) {
        Ok(events) => events,
        Err(fault) => return is_short(words(&fault)),
    };
    let (mut once, mut twice) = (Past::default(), Past::default());
    for event in &events {
        once.add(event);
    }
    for event in events.iter().rev().chain(&events) {
        twice.add(event);
    }
    let returns: BTreeSet<_> =
        events.iter().filter(|event| event.action == Action::QcReturn).map(|event| event.at).collect();
    let mut cake = order(&serde_json::json!({ "id": "bannos-18617", "stage": Stage::Decorating }))
        .expect("a row of an order");
    once.write_on(&mut cake);
    assert_eq!(cake.rework as usize, returns.len());
    assert_eq!(cake.returned.as_ref().map(|back| back.at), returns.last().copied());
    assert!(cake.times.decorating_complete.is_none_or(|at| returns.iter().all(|back| *back < at)));
    let times = cake.times;
    twice.write_on(&mut cake);
    assert_eq!((cake.times, cake.rework as usize), (times, returns.len()), "the same, in another order");
    let marks = marks(&events, None, &author(), |_| None);
    assert!(marks.len() == events.len() && marks.is_sorted_by_key(|mark| mark.at));
}

fn author() -> Author {
    Author { name: Some("Filling 1".into()), station: "bannos-filling-1".into() }
}

/// One of each form of reply.
const ACTIONS: [Action; 6] = [
    Action::CompleteFilling,
    Action::Print,
    Action::StartCovering,
    Action::QcReturn,
    Action::Assign,
    Action::SetStorage,
];

const PAGE_ROWS: usize = 1000;
