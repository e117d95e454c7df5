use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the two shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// Bannos; `B` on a label.
    Bannos,
    /// Flourlane; `F` on a label.
    Flourlane,
}

impl Store {
    /// Both shops, in the order in which screens name them.
    pub const ALL: [Self; 2] = [Self::Bannos, Self::Flourlane];

    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bannos => "Bannos",
            Self::Flourlane => "Flourlane",
        }
    }

    /// The letter before the number on a label.
    pub fn letter(self) -> char {
        match self {
            Self::Bannos => 'B',
            Self::Flourlane => 'F',
        }
    }

    /// As the backend writes it: the prefix of an order id.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Bannos => "bannos",
            Self::Flourlane => "flourlane",
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// Text that names neither store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAStore;

impl FromStr for Store {
    type Err = NotAStore;

    fn from_str(text: &str) -> Result<Self, NotAStore> {
        Self::ALL.into_iter().find(|store| store.slug() == text).ok_or(NotAStore)
    }
}
