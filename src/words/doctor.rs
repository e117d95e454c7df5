//! What `doctor` says: what was seen, and what to do.

use std::path::Path;
use std::time::Duration;

use super::fault::{self, Told};
use crate::station::LinkFault;

/// One thing that was looked at, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was seen.
    pub seen: String,
    /// What to do; empty where nothing is.
    pub remedy: String,
}

/// The last line, when a station is able to work.
pub const ABLE: &str = "This station is able to work.";
/// The last line, when it is not.
pub const NOT_ABLE: &str = "This station is not able to work: see what failed.";

/// A check as one line of a table, and below it what to do.
pub fn line(result: &str, name: &str, finding: &Finding) -> String {
    let line = format!("{result:<4}  {name:<16}  {}", finding.seen);
    if finding.remedy.is_empty() { line } else { format!("{line}\n{:<24}→ {}", "", finding.remedy) }
}

/// A fault of any kind.
pub fn fault(told: &Told) -> Finding {
    let seen = match &told.detail {
        Some(detail) => format!("{}. {} ({detail})", told.happened, told.means),
        None => format!("{}. {}", told.happened, told.means),
    };
    Finding { seen, remedy: told.remedy.clone() }
}

/// Why the order system did not answer.
pub fn link(why: &LinkFault) -> Finding {
    fault(&fault::link(why))
}

/// The configuration was read.
pub fn configured(file: &str) -> Finding {
    well(file)
}

/// A part of it cannot work.
pub fn unworkable(why: &str) -> Finding {
    bad(why, "Mend it in station.toml")
}

/// The project answers.
pub fn reached(url: &str) -> Finding {
    well(format!("{url} answers"))
}

/// How far this machine's clock is from the server's.
pub fn clock(offset: Duration, is_off: bool) -> Finding {
    match is_off {
        true => bad(
            format!("{} s from the order system's clock", offset.as_secs()),
            "Set this machine's clock, and see that its time service runs",
        ),
        false if offset.is_zero() => well("agrees with the order system's within 2 s"),
        false => well(format!("{} s from the order system's: it is corrected for", offset.as_secs())),
    }
}

/// The account is signed in.
pub fn signed_in() -> Finding {
    well("email and password are taken")
}

/// The project speaks a contract.
pub fn contract(name: &str, is_pinned: bool) -> Finding {
    well(if is_pinned {
        format!("{name}, as station.toml pins it")
    } else {
        format!("{name}, told by the project")
    })
}

/// The account has a row of staff.
pub fn staff_row(name: &str) -> Finding {
    let name = if name.is_empty() { "a row without a name" } else { name };
    well(format!("{name}: whatever is done here is credited to it, whoever scans a badge"))
}

/// It has none.
pub fn no_staff_row() -> Finding {
    bad(
        "this account has no approved, active row of staff: no write of it will ever count",
        "Give the account of this station its own row of staff",
    )
}

/// The open orders were read, all of them or all but some.
pub fn queue(orders: usize, unreadable: usize) -> Finding {
    let seen = format!("{orders} open orders were read");
    match unreadable {
        0 => well(seen),
        1 => bad(format!("{seen}, and 1 row that is not understood: it is in no list here"), MEND_ROWS),
        _ => bad(
            format!("{seen}, and {unreadable} rows that are not understood: they are in no list here"),
            MEND_ROWS,
        ),
    }
}

/// No cake's history is told.
pub fn hidden_history() -> Finding {
    bad(
        "not one cake past Filling has a history: this account may not see stage_events, which is not that nothing happened",
        "Let every signed-in account read stage_events: returns and what became of a lost write are read there",
    )
}

/// All functions of the contract are there.
pub fn functions(count: usize) -> Finding {
    well(format!("all that a station uses are there; {count} were asked for"))
}

/// Some of so many are not.
pub fn missing(names: &[&str], of: usize) -> Finding {
    bad(
        format!("missing: {} ({} of {of} are there)", names.join(", "), of - names.len()),
        "If the project is being updated, wait 5 min and look again. Else it lacks part of its migration",
    )
}

/// What stands beside the contract.
pub fn extensions(missing: &[&str]) -> Finding {
    if missing.is_empty() {
        return well("fleet, settings, staff and histories are told");
    }
    bad(
        format!("missing: {}. What rests on them is not offered", missing.join(", ")),
        "`sandbox migrate` adds them; to a project of contract 2025-12 with --extensions-only",
    )
}

/// How long an answer takes.
pub fn latency(round_trip: Duration, is_quick: bool) -> Finding {
    let seen = format!("{} ms to an answer, half of the time", round_trip.as_millis());
    if is_quick { well(seen) } else { bad(seen, "Check the network: a scan waits 1 s for an answer at most") }
}

/// Whether a write that is repeated is harmless.
pub fn exactly_once(is_safe: bool) -> Finding {
    if is_safe {
        return well("each write has an id of its own and is made once");
    }
    bad(
        "the project knows no ids of writes: the order and its history are read before each, and 30 s are waited after a lost reply",
        "A print or an end of packing that is under way longer can still be doubled; the extensions prevent it",
    )
}

/// The journal is whole.
pub fn journal(records: usize, open: usize, parked: usize, unseen: usize) -> Finding {
    let seen = format!("{records} records were read and are what was written; {open} actions wait");
    match (parked, unseen) {
        (0, 0) => well(seen),
        (0, _) => {
            bad(format!("{seen}. A damaged one was set aside"), "Read the notice at the top of the screen")
        }
        _ => bad(
            format!("{seen}, {parked} of them for a person"),
            "See to them in Attention, or with `journal list`",
        ),
    }
}

/// There is no journal yet.
pub fn no_journal(path: &Path) -> Finding {
    well(format!("none yet at {}: the first start makes it", path.display()))
}

/// The journal cannot be read.
pub fn bad_journal(path: &Path, why: &str) -> Finding {
    bad(
        format!("{}: {why}", path.display()),
        "Keep all files beside it and call the on-call person; `journal check` says more",
    )
}

/// A gun is plugged in.
pub fn scanner(path: &Path) -> Finding {
    well(format!("{} is there", path.display()))
}

/// A gun that types.
pub fn keyboard() -> Finding {
    well("types like a keyboard: only a scan shows that it is there")
}

/// A gun is not plugged in.
pub fn no_scanner(path: &Path) -> Finding {
    bad(
        format!("{} is not there", path.display()),
        "Plug it in; `ordak-station devices` lists what is. Until then a finger can do it",
    )
}

/// A printer is there.
pub fn printer(at: &str) -> Finding {
    well(format!("{at} is there"))
}

/// A printer is not.
pub fn no_printer(at: &str, why: &str) -> Finding {
    bad(format!("{at}: {why}"), "Check its power and its cable, and its address on its self-test page")
}

fn well(seen: impl Into<String>) -> Finding {
    Finding { seen: seen.into(), remedy: String::new() }
}

fn bad(seen: impl Into<String>, remedy: &str) -> Finding {
    Finding { seen: seen.into(), remedy: remedy.to_owned() }
}

/// `order::OrderId`: a number has 32 bits.
const MEND_ROWS: &str = "The office mends them: an id is like bannos-18617 or bannos-18617-A, its number at most 4294967295, its stage one of the five";
