//! Contract 2025-09 (`contract.md` 2): named arguments, an envelope around every reply but the lists.

pub mod talk;

use std::sync::Arc;

use serde_json::{Value, json};

use super::row::{self, order};
use super::{Call, Context, Envelope, Table, stage_after};
use crate::backend::fault::{self, CallFault};
use crate::backend::http::Answer;
use crate::order::{Action, Detail, OrderId, StaffId, Store, Timestamp};
use crate::station::{Found, Intent, LinkFault, Lookup, Refusal, RefusalCode, Reply};

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
        arguments["context"] = super::context(intent, station);
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
            None => refusal(RefusalCode::BadInput, unknown(&code, &message), &data),
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

/// A call on no order, which changes nothing: are there functions of this form?
pub fn probe(account: &StaffId, form: Context) -> Call {
    let mut arguments = json!({ "id": "", "performed_by": account });
    if form == Context::Taken {
        arguments["context"] = json!({});
    }
    Call { function: "start_packing", arguments }
}

/// A call on no order for each function of the contract, and for what answers changes.
pub fn probes(store: Store, account: &StaffId) -> (Vec<Call>, Vec<Call>) {
    let mut writes: Vec<_> = [
        ("handle_print_barcode", json!({})),
        ("complete_filling", json!({})),
        ("complete_covering", json!({})),
        ("complete_decorating", json!({})),
        ("start_packing", json!({})),
        ("complete_packing", json!({})),
        ("qc_return_to_decorating", json!({ "reason": "" })),
        ("assign_staff", json!({ "staff_id": null })),
        ("set_storage", json!({ "storage": null })),
    ]
    .into_iter()
    .map(|(function, mut arguments)| {
        (arguments["id"], arguments["performed_by"]) = ("".into(), json!(account));
        Call { function, arguments }
    })
    .collect();
    writes.extend([find_code(""), queue(store, 1, 0)]);
    (writes, vec![changes(store, Timestamp::from_micros(0), 1, 0)])
}

/// The read of the account's own row of staff.
pub fn own_row(account: &StaffId) -> Table {
    let query = format!("id=eq.{account}&approved=is.true&is_active=is.true&select=full_name");
    Table { table: "staff_shared", query }
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

fn refusal(code: RefusalCode, message: Box<str>, data: &Value) -> Refusal {
    Refusal {
        code,
        message,
        stage: row::stage(data),
        rework: row::rework(data).ok().flatten(),
        cancelled_at: row::time(data, "cancelled_at").ok().flatten(),
    }
}

/// A code that is none of the contract's, told with its words.
fn unknown(code: &str, message: &str) -> Box<str> {
    fault::cut(&format!("{code}: {message}"), fault::MESSAGE_MAX)
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

#[cfg(test)]
mod tests;
