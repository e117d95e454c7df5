use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an order stands. Ordered as the work goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The cake is filled; its label comes out here.
    Filling,
    /// The cake is covered.
    Covering,
    /// The cake is decorated.
    Decorating,
    /// The cake is checked and packed.
    Packing,
    /// Nothing is left to do.
    Complete,
}

impl Stage {
    /// The stages that have a station, in the order of the work.
    pub const WORKED: [Self; 4] = [Self::Filling, Self::Covering, Self::Decorating, Self::Packing];

    /// As people and the backend write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filling => "Filling",
            Self::Covering => "Covering",
            Self::Decorating => "Decorating",
            Self::Packing => "Packing",
            Self::Complete => "Complete",
        }
    }

    /// The stage that follows.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Filling => Some(Self::Covering),
            Self::Covering => Some(Self::Decorating),
            Self::Decorating => Some(Self::Packing),
            Self::Packing => Some(Self::Complete),
            Self::Complete => None,
        }
    }

    /// The action that starts this stage without a label; none where a label does, or nothing is left to do.
    pub fn start(self) -> Option<Action> {
        match self {
            Self::Covering => Some(Action::StartCovering),
            Self::Decorating => Some(Action::StartDecorating),
            Self::Packing => Some(Action::StartPacking),
            Self::Filling | Self::Complete => None,
        }
    }

    /// The action that completes this stage.
    pub fn completion(self) -> Option<Action> {
        match self {
            Self::Filling => Some(Action::CompleteFilling),
            Self::Covering => Some(Action::CompleteCovering),
            Self::Decorating => Some(Action::CompleteDecorating),
            Self::Packing => Some(Action::CompletePacking),
            Self::Complete => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What can be done to an order, named as verdict lines name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Its label came out: Filling starts (`handle_print_barcode`).
    Print,
    /// A further copy of its label came out, in any stage; nothing else changes (`handle_print_barcode`).
    Reprint,
    /// Filling → Covering.
    CompleteFilling,
    /// Covering starts, where the backend keeps that; no stage change.
    StartCovering,
    /// Covering → Decorating.
    CompleteCovering,
    /// Decorating starts, where the backend keeps that; no stage change.
    StartDecorating,
    /// Decorating → Packing.
    CompleteDecorating,
    /// Packing starts; no stage change.
    StartPacking,
    /// Packing → Complete.
    CompletePacking,
    /// Packing or Complete → Decorating.
    QcReturn,
    /// It is given to somebody or to nobody, in any stage.
    Assign,
    /// It is said where it is kept, in any stage.
    SetStorage,
}

impl Action {
    /// The stage in which the action is done; none for what is done in any.
    pub fn stage(self) -> Option<Stage> {
        Some(match self {
            Self::Print | Self::CompleteFilling => Stage::Filling,
            Self::StartCovering | Self::CompleteCovering => Stage::Covering,
            Self::StartDecorating | Self::CompleteDecorating => Stage::Decorating,
            Self::StartPacking | Self::CompletePacking | Self::QcReturn => Stage::Packing,
            Self::Reprint | Self::Assign | Self::SetStorage => return None,
        })
    }

    /// Whether a label comes out before the backend is told.
    pub fn is_print(self) -> bool {
        matches!(self, Self::Print | Self::Reprint)
    }

    /// Whether the action starts a stage, and no label does.
    pub fn is_start(self) -> bool {
        self.stage().and_then(Stage::start) == Some(self)
    }

    /// Whether the action moves the order to the next stage.
    pub fn is_completion(self) -> bool {
        self.stage().and_then(Stage::completion) == Some(self)
    }

    /// As verdict lines and the journal write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Print => "print",
            Self::Reprint => "reprint",
            Self::CompleteFilling => "complete_filling",
            Self::StartCovering => "start_covering",
            Self::CompleteCovering => "complete_covering",
            Self::StartDecorating => "start_decorating",
            Self::CompleteDecorating => "complete_decorating",
            Self::StartPacking => "start_packing",
            Self::CompletePacking => "complete_packing",
            Self::QcReturn => "qc_return",
            Self::Assign => "assign",
            Self::SetStorage => "set_storage",
        }
    }
}

/// Where a station stands: at one stage, or a supervisor's that acts for the stage a cake is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Post {
    /// A station of this stage; never `Complete`.
    At(Stage),
    /// A supervisor's station.
    Any,
}
