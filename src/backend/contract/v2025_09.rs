//! Contract 2025-09 (`contract.md` 2): named arguments, an envelope around every reply but the lists.

mod row;

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::backend::fault::{self, CallFault};
use crate::backend::http::Answer;
use crate::order::{Action, Detail, OrderId, Post, Staff, StaffId, Stage, Store, Timestamp};
use crate::station::{Found, Intent, LinkFault, Lookup, Refusal, RefusalCode, Reply, Report, StationSeen};

pub use row::{key, order};

/// One remote procedure call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Its named arguments.
    pub arguments: Value,
}

/// The call that carries an intent out; without its `context` where the functions take none.
pub fn send(intent: &Intent, station: &str, account: &StaffId, context: Context) -> Call {
    let function = match intent.action {
        Action::Print | Action::Reprint => "handle_print_barcode",
        Action::CompleteFilling => "complete_filling",
        Action::StartCovering => "start_covering",
        Action::CompleteCovering => "complete_covering",
        Action::StartDecorating => "start_decorating",
        Action::CompleteDecorating => "complete_decorating",
        Action::StartPacking => "start_packing",
        Action::CompletePacking => "complete_packing",
        Action::QcReturn => "qc_return_to_decorating",
        Action::Assign => "assign_staff",
        Action::SetStorage => "set_storage",
    };
    let performer = intent.performer.as_ref().unwrap_or(account);
    let mut arguments = json!({ "id": intent.order, "performed_by": performer });
    if context == Context::Taken {
        arguments["context"] = json!({
            "intent_id": intent.id,
            "station": station,
            "captured_at": intent.captured_at,
            "rework": intent.rework,
        });
    }
    if intent.action == Action::QcReturn {
        arguments["reason"] = intent.code.strip_prefix("%QC:").unwrap_or_default().into();
    }
    // Left out is not null: without its detail nobody is unassigned.
    match &intent.detail {
        Some(Detail::Assignee(staff)) => arguments["staff_id"] = json!(staff.as_ref().map(|staff| &staff.id)),
        Some(Detail::Storage(place)) => arguments["storage"] = json!(place),
        None => {}
    }
    Call { function, arguments }
}

/// Whether the project's functions take `context`; where they do not, nothing makes a repeated call harmless but the
/// order's own stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// They do.
    Taken,
    /// They do not.
    Unknown,
}

/// Reads what answered a [`send`].
pub fn reply(intent: &Intent, answer: &Answer) -> Reply {
    if !answer.is_success() {
        return match fault::of_call(answer) {
            CallFault::Link(LinkFault::Malformed(message)) if is_bad_input(answer) => {
                Reply::Refused(refusal(RefusalCode::BadInput, message, &Value::Null))
            }
            CallFault::Link(fault) => Reply::Lost(fault),
            CallFault::Expired(words) => Reply::Lost(LinkFault::Forbidden(words)),
        };
    }
    match Envelope::of(answer) {
        Ok(Envelope::Ok(data)) => done(intent, &data, is_true(&data, "already_done")),
        Ok(Envelope::Refused { code, data, .. }) if code == "ALREADY_DONE" => done(intent, &data, true),
        Ok(Envelope::Refused { code, message, data }) => Reply::Refused(match code_of(&code) {
            Some(code) => refusal(code, message, &data),
            None => refusal(RefusalCode::BadInput, format!("{code}: {message}").into(), &data),
        }),
        Err(fault) => Reply::Lost(fault),
    }
}

/// The call that reads an order by its exact id, with its history.
pub fn find_exact(id: OrderId) -> Call {
    Call { function: "get_order", arguments: json!({ "id": id }) }
}

/// The call that reads whatever answers to a code.
pub fn find_code(code: &str) -> Call {
    Call { function: "get_order_for_scan", arguments: json!({ "scan": code }) }
}

/// Reads what answered a [`find_exact`] or [`find_code`]. A candidate that cannot be read is a fault: with one left out, two
/// cakes could look like one.
pub fn found(lookup: &Lookup, answer: &Answer) -> Result<Found, LinkFault> {
    let data = match Envelope::of(answer)? {
        Envelope::Ok(data) => data,
        Envelope::Refused { code, .. } if code == "NOT_FOUND" || code == "BAD_INPUT" => {
            return Ok(Found::Nothing);
        }
        Envelope::Refused { message, .. } => return Err(LinkFault::Forbidden(message)),
    };
    let unreadable = || LinkFault::Malformed("an order that cannot be read".into());
    if let Some(candidates) = data.get("candidates").and_then(Value::as_array) {
        let orders: Option<Vec<_>> = candidates.iter().map(|row| order(row).map(Arc::new)).collect();
        let mut orders = orders.ok_or_else(unreadable)?;
        if let Lookup::Order(id) = lookup {
            orders.retain(|order| order.id == *id);
        }
        return Ok(match orders.len() {
            0 => Found::Nothing,
            1 => Found::One(orders.remove(0)),
            _ => Found::Several(orders),
        });
    }
    let row = data.get("order").unwrap_or(&data);
    if row.is_null() {
        return Ok(Found::Nothing);
    }
    let mut order = order(row).ok_or_else(unreadable)?;
    if let Some(marks) = data.get("marks") {
        order.marks = row::marks(marks);
    }
    match lookup {
        Lookup::Order(id) if *id != order.id => {
            Err(LinkFault::Malformed("another order than the one asked for".into()))
        }
        _ => Ok(Found::One(Arc::new(order))),
    }
}

/// The call for a page of the open orders of a store, in the queue's order.
pub fn queue(store: Store, limit: usize, offset: usize) -> Call {
    Call { function: "get_queue", arguments: json!({ "store": store, "limit": limit, "offset": offset }) }
}

/// The call for a page of the orders of a store that changed since a server time, finished and cancelled ones included.
pub fn changes(store: Store, since: Timestamp, limit: usize, offset: usize) -> Call {
    let arguments = json!({ "store": store, "since": since, "limit": limit, "offset": offset });
    Call { function: "get_changes", arguments }
}

/// Reads the rows of a list.
pub fn rows(answer: &Answer) -> Result<Vec<Value>, LinkFault> {
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Array(rows)) => Ok(rows),
        Ok(body) => match Envelope::of_body(&body) {
            Some(Envelope::Refused { message, .. }) => Err(LinkFault::Forbidden(message)),
            _ => Err(fault::of_body(answer)),
        },
        Err(_) => Err(fault::of_body(answer)),
    }
}

/// The call that tells the fleet how this station is.
pub fn heartbeat(station: &str, post: Post, version: &str, report: &Report) -> Call {
    let stage = match post {
        Post::At(stage) => Some(stage),
        Post::Any => None,
    };
    let body = json!({
        "backlog": report.backlog,
        "owed": report.owed,
        "twice": report.twice,
        "stage": stage,
        "printers_ready": report.printers_ready,
        "scanners_ready": report.scanners_ready,
        "version": version,
    });
    Call { function: "station_heartbeat", arguments: json!({ "station": station, "report": body }) }
}

/// Why a [`heartbeat`] was refused, if it was.
pub fn refused(answer: &Answer) -> Option<Box<str>> {
    match Envelope::of(answer) {
        Ok(Envelope::Refused { message, .. }) => Some(message),
        _ => None,
    }
}

/// The call that reads the fleet.
pub fn stations() -> Call {
    Call { function: "get_stations", arguments: json!({}) }
}

/// Reads the fleet, this station left out; stations whose row cannot be read are left out too.
pub fn stations_seen(own: &str, answer: &Answer) -> Result<Vec<StationSeen>, LinkFault> {
    let Envelope::Ok(Value::Array(rows)) = Envelope::of(answer)? else {
        return Err(fault::of_body(answer));
    };
    let seen = rows.iter().filter_map(station_seen);
    Ok(seen.filter(|station| *station.name != *own).collect())
}

/// The call that reads who works at a store.
pub fn staff(store: Store) -> Call {
    Call { function: "get_staff", arguments: json!({ "store": store }) }
}

/// Reads them, in the backend's order; none where this account may not ask. Who cannot be read is left out.
pub fn staff_read(answer: &Answer) -> Result<Option<Vec<Staff>>, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(None) };
    let rows = data.as_array().ok_or_else(|| fault::of_body(answer))?;
    Ok(Some(rows.iter().filter_map(row::staff).take(STAFF_MAX).collect()))
}

/// The call that reads what a shop has set.
pub fn settings(store: Store) -> Call {
    Call { function: "get_settings", arguments: json!({ "store": store }) }
}

/// Reads the places where cakes are kept, in the shop's order; none where this account may not ask.
pub fn places_read(answer: &Answer) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(None) };
    let names = data.get("storage_places").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut places: Vec<Arc<str>> = Vec::new();
    for name in names.iter().filter_map(Value::as_str).map(str::trim).filter(|name| !name.is_empty()) {
        if places.len() < PLACES_MAX && !places.iter().any(|place| **place == *name) {
            places.push(name.into());
        }
    }
    Ok(Some(places))
}

/// A call that changes nothing and tells which contract a project speaks: the argument names of 2025-12.
pub fn queue_as_2025_12(store: Store) -> Call {
    Call { function: "get_queue", arguments: json!({ "p_store": store, "p_stage": "Filling", "p_limit": 1 }) }
}

/// A call on no order, which changes nothing: are there functions of this form?
pub fn probe(account: &StaffId, form: Context) -> Call {
    let mut arguments = json!({ "id": "", "performed_by": account });
    if form == Context::Taken {
        arguments["context"] = json!({});
    }
    Call { function: "start_packing", arguments }
}

/// Reads what answered a [`probe`]: only an envelope, or the function's own refusal of an empty id, shows that it is there.
pub fn probed(answer: &Answer) -> Result<(), LinkFault> {
    if answer.is_success() {
        return Envelope::of(answer).map(drop);
    }
    match fault::of_call(answer) {
        CallFault::Link(LinkFault::Malformed(_)) if is_bad_input(answer) => Ok(()),
        CallFault::Link(fault) => Err(fault),
        CallFault::Expired(words) => Err(LinkFault::Forbidden(words)),
    }
}

/// The envelope of every reply but the lists.
enum Envelope {
    Ok(Value),
    Refused { code: String, message: Box<str>, data: Value },
}

impl Envelope {
    fn of(answer: &Answer) -> Result<Self, LinkFault> {
        let body = serde_json::from_slice(&answer.body).map_err(|_| fault::of_body(answer))?;
        Self::of_body(&body).ok_or_else(|| fault::of_body(answer))
    }

    fn of_body(body: &Value) -> Option<Self> {
        let data = body.get("data").cloned().unwrap_or_default();
        if body.get("ok")?.as_bool()? {
            return Some(Self::Ok(data));
        }
        let code = body.get("code")?.as_str()?.to_owned();
        let message =
            fault::cut(body.get("message").and_then(Value::as_str).unwrap_or_default(), fault::MESSAGE_MAX);
        Some(Self::Refused { code, message, data })
    }
}

fn done(intent: &Intent, data: &Value, already: bool) -> Reply {
    if let Some(id) = data.get("id").and_then(Value::as_str)
        && id.parse() != Ok(intent.order)
    {
        return Reply::Lost(LinkFault::Malformed("an answer about another order".into()));
    }
    let Ok(times) = row::times(data) else {
        return Reply::Lost(LinkFault::Malformed("timestamps that cannot be read".into()));
    };
    Reply::Done {
        already,
        stage: row::stage(data).unwrap_or_else(|| stage_after(intent.action)),
        rework: row::rework(data).ok().flatten().unwrap_or(intent.rework),
        times,
        details: row::details(data),
        mark: data.get("mark").and_then(row::mark),
    }
}

/// Where an action leaves an order, for a backend whose reply does not say.
fn stage_after(action: Action) -> Stage {
    match action {
        Action::QcReturn => Stage::Decorating,
        _ => match action.stage() {
            Some(own) if action.is_completion() => own.next().unwrap_or(Stage::Complete),
            Some(own) => own,
            // It moves none: the least that can be said.
            None => Stage::Filling,
        },
    }
}

fn refusal(code: RefusalCode, message: Box<str>, data: &Value) -> Refusal {
    Refusal {
        code,
        message,
        stage: row::stage(data),
        rework: row::rework(data).ok().flatten(),
        cancelled_at: row::time(data, "cancelled_at").ok().flatten(),
    }
}

fn code_of(code: &str) -> Option<RefusalCode> {
    Some(match code {
        "INVALID_STAGE" => RefusalCode::InvalidStage,
        "PERMISSION_DENIED" => RefusalCode::PermissionDenied,
        "NOT_FOUND" => RefusalCode::NotFound,
        "BAD_INPUT" => RefusalCode::BadInput,
        "CONFLICT" => RefusalCode::Conflict,
        _ => return None,
    })
}

/// PostgreSQL refused the values themselves (SQLSTATE classes 22 and 23, or a function's own `raise`): asking again cannot help.
fn is_bad_input(answer: &Answer) -> bool {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
    answer.status == 400
        && (code == "P0001" || (code.len() == 5 && (code.starts_with("22") || code.starts_with("23"))))
}

fn is_true(data: &Value, key: &str) -> bool {
    data.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn station_seen(row: &Value) -> Option<StationSeen> {
    let report = row.get("report")?;
    let silence = Duration::from_millis(row.get("silence_ms")?.as_u64()?);
    let backlog = report.get("backlog").and_then(Value::as_u64).unwrap_or(0);
    Some(StationSeen {
        name: row.get("station")?.as_str()?.into(),
        stage: row::stage(report),
        silence: silence.min(SILENCE_MAX),
        backlog: u32::try_from(backlog).unwrap_or(u32::MAX),
        owed: pairs(report, "owed"),
        twice: pairs(report, "twice"),
    })
}

/// The pairs of a list that can be read; none where an older version reports no such list.
fn pairs<T: DeserializeOwned>(report: &Value, key: &str) -> Vec<T> {
    let pairs = report.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    pairs.iter().filter_map(|pair| T::deserialize(pair).ok()).collect()
}

/// More people, and more places, than anyone chooses from on a screen.
const STAFF_MAX: usize = 500;
const PLACES_MAX: usize = 200;

/// A station that has been silent for a year is as silent as one can be.
const SILENCE_MAX: Duration = Duration::from_hours(365 * 24);

#[cfg(test)]
mod tests;
