//! Rows of orders, staff and histories, as far as both contracts write them alike.

use std::sync::Arc;

use serde_json::Value;

use crate::backend::coded::Badge;
use crate::order::{
    Action, Delivery, Details, Mark, Order, OrderId, Priority, Return, Staff, StaffId, Stage, Times,
    Timestamp,
};

/// Reads one order; none when what the rules rest on (id, stage, times, returns) is missing or cannot be read.
pub fn order(row: &Value) -> Option<Order> {
    Some(Order {
        id: row.get("id")?.as_str()?.parse().ok()?,
        stage: stage(row)?,
        product: text(row, "product_title"),
        size: text(row, "size"),
        flavour: text(row, "flavour"),
        writing: text(row, "cake_writing"),
        is_writing_unread: false,
        notes: text(row, "notes"),
        customer: text(row, "customer_name"),
        due: row.get("due_date").and_then(Value::as_str).and_then(|date| date.get(..10)?.parse().ok()),
        priority: priority(row),
        delivery: delivery(row),
        assignee: filled(row, "assignee_name"),
        storage: filled(row, "storage"),
        picture: filled(row, "product_image"),
        times: times(row).ok()?,
        rework: rework(row).ok()?.unwrap_or(0),
        returned: returned(row).ok()?,
        siblings: row.get("siblings").and_then(Value::as_u64).map_or(1, |count| count.clamp(1, 255) as u8),
        marks: row.get("marks").map(marks).unwrap_or_default(),
    })
}

/// What tells a row from the others of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The cake that it is of.
    Cake(OrderId),
    /// An id that names no cake, or without one, all of the row.
    Text(Box<str>),
}

/// That of a row.
pub fn key(row: &Value) -> Key {
    let id = row.get("id").and_then(Value::as_str);
    let text = || Key::Text(id.map_or_else(|| row.to_string().into(), Into::into));
    id.and_then(|id| id.parse().ok()).map_or_else(text, Key::Cake)
}

/// Reads a history, oldest first; lines of a kind that stations do not know are left out.
pub fn marks(list: &Value) -> Vec<Mark> {
    list.as_array().map(|list| list.iter().filter_map(mark).collect()).unwrap_or_default()
}

/// Reads one line of a history.
pub fn mark(mark: &Value) -> Option<Mark> {
    let action = match mark.get("action")?.as_str()? {
        "print" if mark.get("reprint").and_then(Value::as_bool) == Some(true) => Action::Reprint,
        "print" => Action::Print,
        "complete" => stage(mark)?.completion()?,
        "start" => stage(mark)?.start()?,
        "qc_return" => Action::QcReturn,
        "assign" => Action::Assign,
        "storage" => Action::SetStorage,
        _ => return None,
    };
    let (by, station) = (filled(mark, "by"), filled(mark, "station"));
    Some(Mark { action, at: time(mark, "at").ok()??, by, station })
}

/// Who has a cake and where it is kept; none where a reply does not tell.
pub fn details(data: &Value) -> Option<Details> {
    data.get("assignee_name").and_then(|_| data.get("storage"))?;
    Some(Details { assignee: filled(data, "assignee_name"), storage: filled(data, "storage") })
}

/// Someone a cake can be assigned to; none where the id or the name is missing.
pub fn staff(row: &Value) -> Option<Staff> {
    let id = row.get("id")?.as_str().filter(|id| !id.is_empty())?;
    Some(Staff { id: StaffId(id.into()), name: filled(row, "full_name")? })
}

/// Someone's badge; none where there is none, and never an Admin's or that of somebody whose role is not told: no sheet
/// on a wall may give an Admin's rights away.
pub fn badge(row: &Value) -> Option<Badge> {
    let role: Box<str> = filled(row, "role")?;
    if role.eq_ignore_ascii_case("admin") {
        return None;
    }
    Some(Badge { name: filled(row, "full_name")?, badge: filled(row, "badge")? })
}

/// The stage an object names.
pub fn stage(object: &Value) -> Option<Stage> {
    serde_json::from_value(object.get("stage")?.clone()).ok()
}

/// Something that is there and cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The count of returns; none when it is not told.
pub fn rework(object: &Value) -> Result<Option<u32>, Unreadable> {
    match object.get("rework") {
        None | Some(Value::Null) => Ok(None),
        Some(count) => {
            let count = count.as_u64().and_then(|count| count.try_into().ok());
            count.map(Some).ok_or(Unreadable)
        }
    }
}

/// The timestamps, each none when it is not set.
pub fn times(object: &Value) -> Result<Times, Unreadable> {
    Ok(Times {
        filling_start: time(object, "filling_start_ts")?,
        filling_complete: time(object, "filling_complete_ts")?,
        covering_complete: time(object, "covering_complete_ts")?,
        decorating_complete: time(object, "decorating_complete_ts")?,
        packing_start: time(object, "packing_start_ts")?,
        packing_complete: time(object, "packing_complete_ts")?,
        cancelled: time(object, "cancelled_at")?,
    })
}

/// One timestamp; none when it is not set.
pub fn time(object: &Value, key: &str) -> Result<Option<Timestamp>, Unreadable> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| Unreadable),
        Some(_) => Err(Unreadable),
    }
}

/// Null is empty; what is neither null nor text is shown as it stands: a note must never vanish.
pub fn text<T: for<'a> From<&'a str>>(row: &Value, key: &str) -> T {
    match row.get(key) {
        None | Some(Value::Null) => "".into(),
        Some(Value::String(text)) => text.as_str().into(),
        Some(other) => other.to_string().as_str().into(),
    }
}

/// The text of a field; none when it is empty.
pub fn filled<T: for<'a> From<&'a str> + std::ops::Deref<Target = str>>(row: &Value, key: &str) -> Option<T> {
    Some(text::<T>(row, key)).filter(|text| !text.is_empty())
}

fn priority(row: &Value) -> Priority {
    match &*text::<Box<str>>(row, "priority").to_ascii_lowercase() {
        "high" => Priority::High,
        "medium" => Priority::Medium,
        _ => Priority::Low,
    }
}

fn delivery(row: &Value) -> Option<Delivery> {
    match &*text::<Box<str>>(row, "delivery_method").to_ascii_lowercase() {
        "pickup" => Some(Delivery::Pickup),
        "delivery" => Some(Delivery::Delivery),
        _ => None,
    }
}

fn returned(row: &Value) -> Result<Option<Box<Return>>, Unreadable> {
    match row.get("returned") {
        None | Some(Value::Null) => Ok(None),
        Some(back) => {
            let at = time(back, "at")?.ok_or(Unreadable)?;
            Ok(Some(Box::new(Return { reason: text(back, "reason"), at })))
        }
    }
}

/// The names in a list, such as those of places, each once, in the shop's order.
pub fn names(names: &[Value]) -> Vec<Arc<str>> {
    let mut kept: Vec<Arc<str>> = Vec::new();
    for name in names.iter().filter_map(Value::as_str).map(str::trim).filter(|name| !name.is_empty()) {
        if kept.len() < PLACES_MAX && !kept.iter().any(|known| **known == *name) {
            kept.push(name.into());
        }
    }
    kept
}

/// More than anyone chooses from.
pub const PLACES_MAX: usize = 200;
