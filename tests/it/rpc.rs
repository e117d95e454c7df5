//! The backend's rules, on a real PostgreSQL: every function of contract 2025-09 as PostgREST calls it.

mod access;
mod exactly_once;
mod history;
mod matrix;
mod migration;
mod places;
mod plans;
mod races;
mod reads;
mod runbook;
mod scans;
mod stock;
mod two_stations;
mod unassigned;
mod work;
mod writes;

use serde_json::{Value, json};

use crate::support::shop::Shop;

/// The functions that change an order, with the action and stage of their events when done where they belong.
const WRITES: [(&str, &str, &str); 7] = [
    ("handle_print_barcode", "print", "Filling"),
    ("complete_filling", "complete", "Filling"),
    ("complete_covering", "complete", "Covering"),
    ("complete_decorating", "complete", "Decorating"),
    ("start_packing", "start", "Packing"),
    ("complete_packing", "complete", "Packing"),
    ("qc_return_to_decorating", "qc_return", "Packing"),
];

/// Where an order can stand after honest work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    New,
    Printed,
    Covering,
    Decorating,
    Packing,
    Started,
    Complete,
}

impl At {
    const ALL: [Self; 7] = [
        Self::New,
        Self::Printed,
        Self::Covering,
        Self::Decorating,
        Self::Packing,
        Self::Started,
        Self::Complete,
    ];

    /// Where a write of this stage is done: the first place in it where nothing speaks against it.
    fn ready(function: &str, stage: &str) -> Self {
        match function {
            "complete_packing" => Self::Started,
            _ => Self::ALL.into_iter().find(|at| at.stage() == stage).unwrap(),
        }
    }

    fn stage(self) -> &'static str {
        match self {
            Self::New | Self::Printed => "Filling",
            Self::Covering => "Covering",
            Self::Decorating => "Decorating",
            Self::Packing | Self::Started => "Packing",
            Self::Complete => "Complete",
        }
    }

    /// The columns of an order that got there, an hour a step from `T0`.
    fn columns(self) -> Value {
        let steps = [
            (Self::Printed, "filling_start_ts"),
            (Self::Covering, "filling_complete_ts"),
            (Self::Decorating, "covering_complete_ts"),
            (Self::Packing, "decorating_complete_ts"),
            (Self::Started, "packing_start_ts"),
            (Self::Complete, "packing_complete_ts"),
        ];
        let mut columns = json!({"stage": self.stage()});
        for (hour, (_, column)) in steps.iter().enumerate().filter(|(_, (step, _))| *step <= self) {
            columns[column] = json!(format!("2026-11-02T{hour:02}:00:00+00:00"));
        }
        columns
    }

    /// Puts an order in that stands here.
    async fn put(self, shop: &Shop, id: &str) {
        shop.order(id, self.columns()).await;
    }
}

/// The arguments a write needs, for this order.
fn arguments(function: &str, id: &str) -> Value {
    match function {
        "qc_return_to_decorating" => json!({"id": id, "reason": "cracked"}),
        _ => json!({"id": id}),
    }
}

/// The arguments with a context.
fn with(function: &str, id: &str, context: Value) -> Value {
    let mut arguments = arguments(function, id);
    arguments["context"] = context;
    arguments
}

/// A stage's own completion.
fn completion(stage: &str) -> String {
    format!("complete_{}", stage.to_lowercase())
}

/// An intent id; the same number gives the same id.
fn intent(number: u32) -> String {
    format!("10000000-0000-4000-8000-{number:012}")
}

/// In short what a reply says: `done`, `already_done`, or the code of the refusal.
fn outcome(reply: &Value) -> String {
    match (&reply["ok"], &reply["data"]["already_done"]) {
        (Value::Bool(true), Value::Bool(false)) => "done".into(),
        (Value::Bool(true), Value::Bool(true)) => "already_done".into(),
        (Value::Bool(false), _) => {
            assert!(reply["message"].as_str().is_some_and(|text| !text.is_empty()), "{reply}");
            reply["code"].as_str().unwrap().into()
        }
        _ => panic!("no envelope: {reply}"),
    }
}
