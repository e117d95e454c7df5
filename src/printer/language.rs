//! What printers speak: each language is an encoder of the one bitmap and a reader of what comes back, both pure.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::config::Setup;
use crate::label::Bitmap;
use crate::station::PrinterFault;

pub(super) mod escpos;
pub(super) mod tspl;
pub(super) mod zpl;

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

impl Language {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Escpos, Self::Zpl, Self::Tspl];

    /// The bytes of one job; `mark` tells it from every other where the language can.
    pub(super) fn job(self, pages: &[Bitmap], mark: [u8; 4], setup: &Setup) -> Vec<u8> {
        match self {
            Self::Escpos => escpos::job(pages, mark, setup),
            Self::Zpl => zpl::job(pages, setup),
            Self::Tspl => tspl::job(pages, setup),
        }
    }

    /// What brings a printer that was left within a label `width_bytes` wide back to its senses.
    pub(super) fn resynchronise(self, width_bytes: usize) -> Vec<u8> {
        match self {
            Self::Escpos => escpos::resynchronise(width_bytes),
            Self::Zpl => zpl::RESYNCHRONISE.to_vec(),
            Self::Tspl => tspl::resynchronise(width_bytes),
        }
    }

    /// Whether a question waits behind pictures that wait for the head: printers of receipts have little memory.
    pub(super) fn answers_in_turn(self) -> bool {
        self == Self::Escpos
    }

    /// A conversation that begins, in which the job of `mark` may be sent.
    pub(super) fn talk(self, mark: Option<[u8; 4]>) -> Box<dyn Talk> {
        match self {
            Self::Escpos => Box::new(escpos::Talk::new(mark)),
            Self::Zpl => Box::new(zpl::Talk::default()),
            Self::Tspl => Box::new(tspl::Talk::default()),
        }
    }
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

impl FromStr for Language {
    type Err = BadLanguage;

    fn from_str(text: &str) -> Result<Self, BadLanguage> {
        Self::ALL.into_iter().find(|language| language.to_string() == text).ok_or(BadLanguage)
    }
}

/// No printer's language is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is escpos, zpl or tspl")]
pub struct BadLanguage;

/// One conversation with a printer, as its language has it. It knows neither port nor time.
pub(super) trait Talk: Send {
    /// The next question about its state, unless one waits for its answer.
    fn question(&mut self) -> Option<&'static [u8]>;

    /// Told that the last question was not answered in time.
    fn unanswered(&mut self);

    /// Told that all of the job is on its way.
    fn sent(&mut self);

    /// What was said, as far as it is whole by these bytes.
    fn hear(&mut self, bytes: &[u8]) -> Vec<Said>;

    /// What it means that the printer says nothing.
    fn silence(&self) -> PrinterFault {
        PrinterFault::NoAnswer
    }
}

/// What a printer said that matters to whoever waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// How it is, by all that it was asked.
    State(Result<Health, PrinterFault>),
    /// A fault that it told unasked.
    Fault(PrinterFault),
    /// All of the job has been printed.
    Printed,
    /// No answer that its language knows.
    Nonsense,
}

/// How a printer without a fault is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// Its paper is nearly out.
    pub is_low: bool,
    /// It has something left to print.
    pub is_busy: bool,
}

/// Whether a printer that does not tell the end of a job has been seen to do it: at work after all of it was sent, and
/// then at rest.
#[derive(Clone, Copy, Debug, Default)]
struct Witness {
    is_sent: bool,
    was_busy: bool,
    rests: u8,
}

impl Witness {
    fn sent(&mut self) {
        *self = Self { is_sent: true, ..Self::default() };
    }

    fn see(&mut self, state: Result<bool, PrinterFault>) -> Said {
        match state {
            Ok(true) => (self.was_busy, self.rests) = (true, 0),
            Ok(false) => self.rests = self.rests.saturating_add(1),
            Err(_) => self.rests = 0,
        }
        if self.is_sent && self.was_busy && self.rests >= RESTS {
            return Said::Printed;
        }
        Said::State(state.map(|is_busy| Health { is_busy, is_low: false }))
    }
}

/// Between two labels of a job a printer may rest for a moment: once is not enough.
const RESTS: u8 = 2;

/// Rows sent in one piece: what a printer waits for when a job is cut off is no more (`findings.md`).
const BAND_ROWS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_work_after_the_job_and_a_rest_after_it_are_a_proof() {
        let said = |states: &[Result<bool, PrinterFault>]| {
            let mut witness = Witness::default();
            assert_ne!(witness.see(Ok(true)), Said::Printed, "another's label");
            witness.sent();
            states.iter().map(|state| witness.see(state.clone())).collect::<Vec<_>>()
        };
        let has_printed = |states: &[_]| said(states).contains(&Said::Printed);
        assert!(has_printed(&[Ok(false), Ok(true), Ok(false), Ok(false)]));
        assert!(!has_printed(&[Ok(false), Ok(false), Ok(false), Ok(false)]), "never seen at work");
        assert!(!has_printed(&[Ok(true), Ok(false), Ok(true), Ok(false)]), "between two labels");
        assert!(!has_printed(&[Ok(true), Ok(false), Err(PrinterFault::PaperOut), Ok(false)]));
        let busy = Health { is_busy: true, is_low: false };
        assert_eq!(said(&[Ok(true)]), [Said::State(Ok(busy))]);
    }

    #[test]
    fn a_language_reads_back() {
        for language in Language::ALL {
            assert_eq!(language.to_string().parse(), Ok(language));
        }
        assert_eq!("epl".parse::<Language>(), Err(BadLanguage));
    }
}
