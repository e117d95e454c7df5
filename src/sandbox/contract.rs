use std::fmt;

/// A generation of the contract between station and backend (`contract.md` 2 and 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contract {
    /// The runbook's, which the reference backend implements.
    V2025_09,
    /// The one that the shops' project runs, of which there is a stand-in with its weaknesses.
    V2025_12,
}

impl Contract {
    /// Both, the older first.
    pub const ALL: [Self; 2] = [Self::V2025_09, Self::V2025_12];

    /// As configurations and commands name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2025_09 => "2025-09",
            Self::V2025_12 => "2025-12",
        }
    }
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
