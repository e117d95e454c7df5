use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::order::{Post, StaffId, Stage, Store};

/// What the engine is told once, at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The station's name, unique in the fleet, such as `bannos-filling-1`.
    pub name: Box<str>,
    /// Where it stands.
    pub post: Post,
    /// Whose cakes it handles.
    pub stores: BTreeSet<Store>,
    /// The same cake again within this time is no scan (`workflow.md` 2, guard a).
    pub repeat_guard: Duration,
    /// How long a cake must have been in a stage before one scan completes it (guard c).
    pub dwell: Dwell,
    /// Whether the first scan at Covering and Decorating is a start, where the backend keeps one.
    #[serde(default)]
    pub has_start_scans: bool,
    /// Freeze: accept, print and journal, but send nothing.
    pub is_read_only: bool,
    /// The printers' names, in the order of the configuration, the first preferred; a job names its printer by its
    /// place here.
    pub printers: Vec<Box<str>>,
    /// How many scanners there are, numbered in the order of the configuration.
    pub scanners: usize,
    /// Who performs what is scanned here when no badge says otherwise: the station's own account.
    pub performer: Option<StaffId>,
}

/// Dwell of each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dwell {
    /// Since the label was first read.
    pub filling: Duration,
    /// Since the cake came in.
    pub covering: Duration,
    /// Since the cake came in.
    pub decorating: Duration,
    /// Since packing was started.
    pub packing: Duration,
}

impl Dwell {
    /// The dwell of `stage`; none for Complete.
    pub fn of(&self, stage: Stage) -> Duration {
        match stage {
            Stage::Filling => self.filling,
            Stage::Covering => self.covering,
            Stage::Decorating => self.decorating,
            Stage::Packing => self.packing,
            Stage::Complete => Duration::ZERO,
        }
    }
}

impl Default for Dwell {
    /// `interfaces.md`, `[station] dwell`.
    fn default() -> Self {
        let minute = Duration::from_mins(1);
        Self { filling: minute, covering: minute, decorating: minute, packing: Duration::from_secs(10) }
    }
}
