//! An order's history, which alone tells its returns and, for a cake of a split order, its stage times.

use serde_json::Value;

use super::super::row;
use super::Author;
use crate::order::{Action, Mark, Order, OrderId, Return, StaffId, Stage, Timestamp};
use crate::station::LinkFault;

/// One line of `stage_events` that stations know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Of which order.
    pub order: OrderId,
    /// What was done.
    pub action: Action,
    /// In which stage the order was.
    pub stage: Option<Stage>,
    /// When.
    pub at: Timestamp,
    /// The account that did it.
    pub by: Option<StaffId>,
    /// Why, of a return.
    pub reason: Box<str>,
}

/// Reads lines; those of a kind that stations do not know, or of no order id, are left out. One that is known and cannot be read
/// is a fault: it may be a return.
pub fn events(rows: &[Value]) -> Result<Vec<Event>, LinkFault> {
    let unreadable = || LinkFault::Malformed("a line of history that cannot be read".into());
    let mut events = Vec::new();
    for row in rows {
        let kind = row.get("event_type").and_then(Value::as_str).ok_or_else(unreadable)?;
        let stage = row::stage(row);
        let action = match kind {
            "print" if is_reprint(row) => Action::Reprint,
            "print" => Action::Print,
            "complete" => stage.and_then(Stage::completion).ok_or_else(unreadable)?,
            "start" => match stage.and_then(Stage::start) {
                Some(start) => start,
                None => continue,
            },
            "qc_return" => Action::QcReturn,
            "assign" => Action::Assign,
            _ => continue,
        };
        let id = row.get("order_id").and_then(Value::as_str).ok_or_else(unreadable)?;
        let Ok(order) = id.parse() else { continue };
        let at = row::time(row, "at_ts").ok().flatten().ok_or_else(unreadable)?;
        let by = row::filled::<Box<str>>(row, "staff_id").map(StaffId);
        events.push(Event { order, action, stage, at, by, reason: reason(row) });
    }
    Ok(events)
}

/// The history as an order carries it. `own` is this station's account; who others are is known by `name_of`.
pub fn marks(
    events: &[Event],
    own: Option<&StaffId>,
    author: &Author,
    name_of: impl Fn(&StaffId) -> Option<Box<str>>,
) -> Vec<Mark> {
    let mark = |event: &Event| {
        let is_own = own.is_some() && event.by.as_ref() == own;
        let by = match &event.by {
            _ if is_own => author.name.clone(),
            Some(account) => name_of(account),
            None => None,
        };
        Mark { action: event.action, at: event.at, by, station: is_own.then(|| author.station.clone()) }
    };
    let mut marks: Vec<_> = events.iter().map(mark).collect();
    marks.sort_by_key(|mark| mark.at);
    marks
}

/// What a history comes to. The same line may be taken in twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    filling_start: Option<Timestamp>,
    filling_complete: Option<Timestamp>,
    covering_complete: Option<Timestamp>,
    decorating_complete: Option<Timestamp>,
    packing_complete: Option<Timestamp>,
    /// The last start of a stage by a scan.
    start: Option<(Timestamp, Action)>,
    /// Each once, oldest first.
    returns: Vec<Return>,
}

impl Past {
    /// Takes a line in.
    pub fn add(&mut self, event: &Event) {
        let last = |known: &mut Option<Timestamp>| *known = (*known).max(Some(event.at));
        match event.action {
            Action::Print | Action::Reprint if event.stage == Some(Stage::Filling) => {
                self.filling_start = Some(self.filling_start.map_or(event.at, |first| first.min(event.at)));
            }
            Action::CompleteFilling => last(&mut self.filling_complete),
            Action::CompleteCovering => last(&mut self.covering_complete),
            Action::CompleteDecorating => last(&mut self.decorating_complete),
            Action::CompletePacking => last(&mut self.packing_complete),
            Action::QcReturn => {
                if let Err(place) = self.returns.binary_search_by_key(&event.at, |back| back.at) {
                    self.returns.insert(place, Return { reason: event.reason.clone(), at: event.at });
                }
            }
            Action::StartCovering | Action::StartDecorating => {
                self.start = self.start.max(Some((event.at, event.action)));
            }
            Action::Print | Action::Reprint | Action::StartPacking | Action::Assign | Action::SetStorage => {}
        }
    }

    /// Writes it on the order: its returns, the start of its stage and its stage times, of which a return takes back those of
    /// Decorating and Packing.
    pub fn write_on(&self, order: &mut Order) {
        let since = self.returns.last().map(|back| back.at);
        let stands = |at: Option<Timestamp>| at.filter(|at| since.is_none_or(|since| *at > since));
        order.rework = u32::try_from(self.returns.len()).unwrap_or(u32::MAX);
        let last = self.returns.last().filter(|_| order.stage == Stage::Decorating);
        order.returned = last.cloned().map(Box::new);
        let is_of_now = |(_, start): &(Timestamp, Action)| Some(*start) == order.stage.start();
        let start = self.start.filter(|start| stands(Some(start.0)).is_some() && is_of_now(start));
        order.marks.extend(start.map(|(at, action)| Mark { action, at, by: None, station: None }));
        let times = &mut order.times;
        times.filling_start = self.filling_start;
        times.filling_complete = self.filling_complete;
        times.covering_complete = self.covering_complete;
        times.decorating_complete = stands(self.decorating_complete);
        // There is no start of Packing but this.
        times.packing_start = times.decorating_complete;
        times.packing_complete = stands(self.packing_complete);
    }
}

/// Whether a label is said not to have been the first.
fn is_reprint(row: &Value) -> bool {
    let is_first = row.get("meta").and_then(|meta| meta.get("first_filling_print"));
    is_first.and_then(Value::as_bool) == Some(false)
}

fn reason(row: &Value) -> Box<str> {
    let meta = row.get("meta").unwrap_or(&Value::Null);
    row::filled(meta, "reason").or_else(|| row::filled(meta, "notes")).unwrap_or_default()
}
