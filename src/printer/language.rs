//! What printers speak.

use std::fmt;

use serde::Deserialize;

pub(super) mod escpos;

/// What a printer speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// ESC/POS, of Epson and many others.
    #[default]
    Escpos,
    /// ZPL, of Zebra.
    Zpl,
    /// TSPL, of TSC.
    Tspl,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Escpos => "escpos",
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
        })
    }
}
