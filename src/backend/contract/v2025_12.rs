//! Contract 2025-12 (`contract.md` 3): arguments with the prefix `p_`, bare replies, PostgreSQL's own errors, no intents. An order is put together
//! from its row, the queue's, which alone tells a cancellation, and its history, which alone tells its returns and the
//! stage times of an exact cake.

mod chronicle;
pub mod history;
pub mod pages;
pub mod talk;

use std::sync::Arc;

use serde_json::{Value, json};

use super::row::{self, Unreadable};
use super::{Call, Table, errors, rows, stage_after};
use crate::backend::fault;
use crate::backend::http::Answer;
use crate::order::{Action, Detail, Mark, Order, OrderId, Stage, Store, Times, Timestamp};
use crate::station::{Intent, LinkFault, Refusal, RefusalCode, Reply};

pub use chronicle::Chronicle;

/// The call that carries an intent out; none for a step that this contract does not have.
pub fn send(intent: &Intent) -> Option<Call> {
    let function = match intent.action {
        Action::Print | Action::Reprint => "print_barcode",
        Action::CompleteFilling => "complete_filling",
        Action::StartCovering => "start_covering",
        Action::StartDecorating => "start_decorating",
        Action::CompleteCovering => "complete_covering",
        Action::CompleteDecorating => "complete_decorating",
        Action::CompletePacking => "complete_packing",
        Action::QcReturn => "qc_return_to_decorating",
        Action::Assign => "assign_staff",
        Action::SetStorage => "set_storage",
        Action::StartPacking => return None,
    };
    let mut arguments = json!({ "p_order_id": intent.order, "p_store": intent.order.store });
    if intent.action == Action::QcReturn {
        arguments["p_notes"] = intent.code.strip_prefix("%QC:").unwrap_or_default().into();
    }
    // Left out is not null: without its detail nobody is unassigned.
    match &intent.detail {
        Some(Detail::Assignee(staff)) => {
            arguments["p_staff_id"] = json!(staff.as_ref().map(|staff| &staff.id));
        }
        Some(Detail::Storage(place)) => arguments["p_storage"] = json!(place),
        None => {}
    }
    Some(Call { function, arguments })
}

/// Reads what answered a [`send`]. `known` is the order as it was read last, a moment ago: the reply says nothing of it. `by` is
/// who the backend credits.
pub fn reply(intent: &Intent, known: Option<&Order>, by: &Author, answer: &Answer) -> Reply {
    if !answer.is_success() {
        return errors::reply(answer);
    }
    let (is_done, is_started, is_skipped) = {
        let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        (body == true, body["success"] == true, body["skipped"] == true)
    };
    let stage_then = match known.filter(|_| intent.detail.is_some()) {
        Some(order) => order.stage,
        None => stage_after(intent.action),
    };
    let (at, stage, already) = match intent.action {
        Action::Print | Action::Reprint => match printed(intent.order, answer) {
            Ok((at, stage)) => (at, stage, false),
            Err(fault) => return Reply::Lost(fault),
        },
        start if start.is_start() && is_started => (answer.at, stage_then, is_skipped),
        Action::SetStorage if answer.body.trim_ascii().is_empty() => (answer.at, stage_then, false),
        _ if is_done => (answer.at, stage_then, false),
        _ => return Reply::Lost(fault::of_body(answer)),
    };
    let rework =
        known.map_or(intent.rework, |order| order.rework) + u32::from(intent.action == Action::QcReturn);
    let mark = Mark { action: intent.action, at, by: by.name.clone(), station: Some(by.station.clone()) };
    let times = times_after(known.map(|order| order.times).unwrap_or_default(), intent.action, stage, at);
    Reply::Done { already, stage, rework, times, details: None, mark: Some(mark).filter(|_| !already) }
}

/// Refuses a step that this contract does not have.
pub fn no_such_step() -> Reply {
    let message = "contract 2025-12 has no such step".into();
    let code = RefusalCode::BadInput;
    Reply::Refused(Refusal { code, message, stage: None, rework: None, cancelled_at: None })
}

/// Who acts for this station: every account is one station's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Its account's name, once known.
    pub name: Option<Box<str>>,
    /// Its own.
    pub station: Box<str>,
}

/// A call that changes nothing and tells whether a project speaks this contract.
pub fn probe(store: Store) -> Call {
    page(store, Extent::Stage(Stage::Filling), 1, 0)
}

/// A call on no order for each function that a station uses.
pub fn probes(store: Store) -> Vec<Call> {
    let no_order = json!({ "p_order_id": "", "p_store": store });
    let of_no_order = [
        "print_barcode",
        "complete_filling",
        "start_covering",
        "complete_covering",
        "start_decorating",
        "complete_decorating",
        "complete_packing",
        "qc_return_to_decorating",
        "get_order_v2",
    ];
    let mut probes: Vec<_> =
        of_no_order.map(|function| Call { function, arguments: no_order.clone() }).into();
    for (function, detail) in [("assign_staff", "p_staff_id"), ("set_storage", "p_storage")] {
        let mut arguments = no_order.clone();
        arguments[detail] = Value::Null;
        probes.push(Call { function, arguments });
    }
    let scan = Call { function: "get_order_for_scan", arguments: json!({ "p_scan": "" }) };
    probes.extend([scan, probe(store), places(store), me()]);
    probes
}

/// What a page of the queue is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The orders of one stage: without one `get_queue` gives finished and cancelled orders too.
    Stage(Stage),
    /// All orders that this number is found in, finished and cancelled ones included.
    Number(u32),
}

/// The call for a page of a store's orders.
pub fn page(store: Store, extent: Extent, limit: usize, offset: usize) -> Call {
    let mut arguments = json!({ "p_store": store, "p_limit": limit, "p_offset": offset });
    match extent {
        Extent::Stage(stage) => arguments["p_stage"] = json!(stage),
        Extent::Number(number) => arguments["p_search"] = number.to_string().into(),
    }
    Call { function: "get_queue", arguments }
}

/// The call that reads an order by its exact id.
pub fn exact(id: OrderId) -> Call {
    Call { function: "get_order_v2", arguments: json!({ "p_order_id": id, "p_store": id.store }) }
}

/// Reads what answered an [`exact`]: the row of this very order, if there is one.
pub fn exact_read(id: OrderId, answer: &Answer) -> Result<Option<Value>, LinkFault> {
    let rows = rows(answer)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let own = rows.into_iter().find(|row| names(row, id));
    own.map(Some).ok_or_else(|| LinkFault::Malformed("another order than the one asked for".into()))
}

/// The call that reads an order's own stage times, for an id without a suffix. With one, it answers a sibling's.
pub fn scanned(id: OrderId) -> Option<Call> {
    let arguments = json!({ "p_scan": id });
    id.suffix.is_none().then_some(Call { function: "get_order_for_scan", arguments })
}

/// Reads what answered a [`scanned`]: the order's times; none for another order's row, and for the row of nulls that means
/// that there is none.
pub fn scanned_read(id: OrderId, answer: &Answer) -> Result<Option<Times>, LinkFault> {
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| fault::of_body(answer))?;
    let row = match &body {
        Value::Array(rows) => rows.first().unwrap_or(&Value::Null),
        Value::Object(_) | Value::Null => &body,
        _ => return Err(fault::of_body(answer)),
    };
    if !names(row, id) {
        return Ok(None);
    }
    row::times(row).map(Some).map_err(|Unreadable| LinkFault::Malformed("times that cannot be read".into()))
}

/// The read of these orders' histories, oldest first.
pub fn histories(store: Store, ids: &[OrderId], offset: usize) -> Table {
    let ids = ids.iter().map(OrderId::to_string).collect::<Vec<_>>().join(",");
    events(store, &format!("order_id=in.({ids})"), offset)
}

/// The read of all that happened in a store since a server time, oldest first.
pub fn happened(store: Store, since: Timestamp, offset: usize) -> Table {
    events(store, &format!("at_ts=gte.{since}"), offset)
}

fn events(store: Store, filter: &str, offset: usize) -> Table {
    let query = format!("store=eq.{store}&{filter}&order=at_ts.asc&limit={EVENTS_PAGE}&offset={offset}");
    Table { table: "stage_events", query }
}

/// The call that reads the account's own row of staff.
pub fn me() -> Call {
    Call { function: "get_staff_me", arguments: json!({}) }
}

/// Reads the account's name, empty where it has none; none for an account without a row.
pub fn me_read(answer: &Answer) -> Result<Option<Box<str>>, LinkFault> {
    Ok(rows(answer)?.first().map(|row| row::text(row, "full_name")))
}

/// The call that reads where a shop keeps its cakes.
pub fn places(store: Store) -> Call {
    Call { function: "get_storage_locations", arguments: json!({ "p_store": store }) }
}

/// Reads the places, in the shop's order; none are configured where the list is empty.
pub fn places_read(answer: &Answer) -> Result<Vec<Arc<str>>, LinkFault> {
    rows(answer).map(|names| row::names(&names))
}

/// Reads an order of a list, or by its exact id, still without its history; a list does not tell what is written on it.
pub fn order(row: &Value) -> Option<Order> {
    let mut order = row::order(row)?;
    order.is_writing_unread = row.get("cake_writing").is_none();
    // Somebody whose row has no name is somebody.
    order.assignee = order.assignee.or_else(|| row::filled(row, "assignee_id"));
    Some(order)
}

/// The orders among `rows` that share a number, as they stand; a fault where one cannot be told to be, or not to be, one of them:
/// with one left out, two cakes could look like one.
pub fn of_number(store: Store, number: u32, rows: Vec<Value>) -> Result<Vec<Value>, LinkFault> {
    let mut found = Vec::new();
    for row in rows {
        let id = row.get("id").and_then(Value::as_str).and_then(|id| id.parse::<OrderId>().ok());
        match id {
            Some(id) if id.store == store && id.number == number => found.push(row),
            None if row.get("shopify_order_number").and_then(Value::as_u64) == Some(number.into()) => {
                return Err(LinkFault::Malformed("an order that cannot be read".into()));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Whether a row is of this very order. Ids are case-sensitive.
pub fn names(row: &Value, id: OrderId) -> bool {
    row.get("id").and_then(Value::as_str).is_some_and(|text| text == id.to_string())
}

/// Reads a label's reply: when it was noted and where the order stands. Its `barcode_content` lacks the suffix of a split cake and is
/// not looked at.
fn printed(id: OrderId, answer: &Answer) -> Result<(Timestamp, Stage), LinkFault> {
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| fault::of_body(answer))?;
    match body.get("order_id").and_then(Value::as_str) {
        Some(text) if text == id.to_string() => {}
        Some(_) => return Err(LinkFault::Malformed("an answer about another order".into())),
        None => return Err(fault::of_body(answer)),
    }
    let at = row::time(&body, "printed_at");
    let (Ok(at), Some(stage)) = (at, row::stage(&body)) else {
        return Err(LinkFault::Malformed("a label's answer that cannot be read".into()));
    };
    Ok((at.unwrap_or(answer.at), stage))
}

/// An order's times after an action that was just done to it.
fn times_after(mut times: Times, action: Action, stage: Stage, at: Timestamp) -> Times {
    match action {
        Action::Print | Action::Reprint if stage == Stage::Filling => {
            times.filling_start = times.filling_start.or(Some(at));
        }
        Action::CompleteFilling => times.filling_complete = Some(at),
        Action::CompleteCovering => times.covering_complete = Some(at),
        Action::CompleteDecorating => (times.decorating_complete, times.packing_start) = (Some(at), Some(at)),
        Action::CompletePacking => times.packing_complete = Some(at),
        Action::QcReturn => {
            (times.decorating_complete, times.packing_start, times.packing_complete) = (None, None, None);
        }
        Action::Print
        | Action::Reprint
        | Action::StartCovering
        | Action::StartDecorating
        | Action::StartPacking
        | Action::Assign
        | Action::SetStorage => {}
    }
    times
}

/// `contract.md` 2: Supabase cuts any read at 1,000 rows.
const EVENTS_PAGE: usize = 1000;

#[cfg(test)]
mod tests;
