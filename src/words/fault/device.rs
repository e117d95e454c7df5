//! The faults of printers and scanners.

use super::Told;
use crate::station::{PrinterFault, ScannerFault};
use crate::words::answer::printer_name;

/// What is wrong with the printer called `name`.
pub fn printer(name: &str, fault: &PrinterFault) -> Told {
    let happened = format!("{}: {}", printer_name(name), printer_brief(fault));
    let (means, remedy) = match fault {
        PrinterFault::Unreachable(_) => ("Labels wait until it is found", "Check its power and its cable"),
        PrinterFault::NoAnswer => {
            ("Labels wait until it answers", "Switch it off and on, and check its cable")
        }
        PrinterFault::PaperOut => ("Labels wait for a new roll", "Put in a roll: they come by themselves"),
        PrinterFault::CoverOpen => ("Labels wait for the cover", "Close the cover until it clicks"),
        PrinterFault::Jam => ("A label is stuck inside", "Open it, take the label out, close it"),
        PrinterFault::RibbonOut => {
            ("Labels wait for a new ribbon", "Put in a ribbon: they come by themselves")
        }
        PrinterFault::Paused => ("Labels wait for its button", "Press its pause or feed button"),
        PrinterFault::Attention => {
            ("Labels wait until it answers", "Look at its paper and its cover, then switch it off and on")
        }
        PrinterFault::Error(_) => ("It stopped and does not print", "Switch it off, wait 10 s, switch it on"),
        PrinterFault::Nonsense => (
            "It may be another kind of printer",
            "Call the on-call person: [[printer]] language in station.toml",
        ),
        PrinterFault::Template(_) => {
            ("This label cannot be drawn", "Write it by hand and call the on-call person")
        }
        PrinterFault::Interrupted => {
            ("The kiosk stopped before it could print", "Scan the cake again to print its label")
        }
    };
    let detail = match fault {
        PrinterFault::Unreachable(why) | PrinterFault::Error(why) | PrinterFault::Template(why) => &**why,
        PrinterFault::NoAnswer
        | PrinterFault::PaperOut
        | PrinterFault::CoverOpen
        | PrinterFault::Jam
        | PrinterFault::RibbonOut
        | PrinterFault::Paused
        | PrinterFault::Attention
        | PrinterFault::Nonsense
        | PrinterFault::Interrupted => "",
    };
    Told::new(happened, means, remedy).with(detail)
}

/// A printer's fault in two or three words.
pub(in crate::words) fn printer_brief(fault: &PrinterFault) -> &'static str {
    match fault {
        PrinterFault::Unreachable(_) => "not found",
        PrinterFault::NoAnswer => "no answer",
        PrinterFault::PaperOut => "no paper",
        PrinterFault::CoverOpen => "cover open",
        PrinterFault::Jam => "paper jam",
        PrinterFault::RibbonOut => "no ribbon",
        PrinterFault::Paused => "paused",
        PrinterFault::Attention => "needs a look",
        PrinterFault::Error(_) => "has a fault",
        PrinterFault::Nonsense => "wrong answers",
        PrinterFault::Template(_) => "cannot draw it",
        PrinterFault::Interrupted => "was cut off",
    }
}

/// What is wrong with the scanner called `name`.
pub fn scanner(name: &str, fault: &ScannerFault) -> Told {
    let (happened, means, remedy, detail) = match fault {
        ScannerFault::Missing(why) => (
            "not plugged in",
            "Its scans do not arrive",
            "Plug it in. Until then touch the cake in the list",
            &**why,
        ),
        ScannerFault::Denied(why) => (
            "not allowed",
            "The system does not let us use its port",
            "Call the on-call person: the port's access rights",
            &**why,
        ),
        ScannerFault::Babbling => {
            ("sends rubbish", "What it sends is no code", "Unplug it, plug it in, scan its set-up sheet", "")
        }
    };
    Told::new(format!("Scanner {name}: {happened}"), means, remedy).with(detail)
}

/// A scanner's fault in two or three words.
pub(in crate::words) fn scanner_brief(fault: &ScannerFault) -> &'static str {
    match fault {
        ScannerFault::Missing(_) => "unplugged",
        ScannerFault::Denied(_) => "no access",
        ScannerFault::Babbling => "sends rubbish",
    }
}
