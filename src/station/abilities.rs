//! What the station's rules rest on and backends differ in.

use serde::{Deserialize, Serialize};

use crate::order::Action;

/// What the backend is able to do, as far as the station's rules rest on it. Which contract it speaks is the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// A write that is repeated under its intent's id changes nothing and answers as the first time. Where it does not,
    /// the order and its history are read before every write, and tell whether an earlier attempt was carried out: the
    /// client names this station in the marks of its own account.
    pub repeats_safely: bool,
    /// Packing has a start that the backend keeps; else this journal alone does.
    pub starts_packing: bool,
    /// Covering and Decorating have starts that the backend keeps.
    pub starts_stages: bool,
}

impl Abilities {
    /// Whether the backend has the step; else it is kept in this journal alone.
    pub(super) fn keeps(self, action: Action) -> bool {
        match action {
            Action::StartPacking => self.starts_packing,
            Action::StartCovering | Action::StartDecorating => self.starts_stages,
            _ => true,
        }
    }
}

impl Default for Abilities {
    /// Contract 2025-09 (`contract.md` 2).
    fn default() -> Self {
        Self { repeats_safely: true, starts_packing: true, starts_stages: false }
    }
}
