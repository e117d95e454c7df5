//! The journal's words, for whoever looks after a station.

use super::answer::past;
use super::fault::Told;
use crate::station::{Intent, IntentState, JobState, Notice, Parked};

/// What names neither an action nor a cake.
pub const NEITHER: &str = "neither the id of an action nor a cake such as bannos-18617";
/// A journal in which nothing is open.
pub const NOTHING_WAITS: &str =
    "Nothing waits: all that was scanned has reached the order system, or a person closed it.";
/// Before an action's id.
pub const ID: &str = "Action";
/// Before the time and place of a scan.
pub const SCANNED: &str = "Scanned";

/// One line of a list.
pub fn row(at: &str, cake: &str, action: &str, state: &str, id: &str) -> String {
    format!("{at:<19}  {cake:<18}  {action:<22}  {state:<34}  {id}")
}

/// What an action does.
pub fn action(intent: &Intent) -> &'static str {
    if intent.is_action_open { "not decided yet" } else { past(intent.action) }
}

/// Where an action stands; `job` is its label's, if it has one.
pub fn state(state: &IntentState, job: Option<&JobState>) -> String {
    match (state, job) {
        (IntentState::Printing, Some(JobState::Unconfirmed(_))) => "did the label come out?".to_owned(),
        (IntentState::Printing, _) => "waits for its label".to_owned(),
        (IntentState::Open, _) => "to be sent".to_owned(),
        (IntentState::Parked(why), _) => match why {
            Parked::Refused(refusal) => format!("refused: {}", refusal.message),
            Parked::NoExactCake => "parked: which cake?".to_owned(),
            Parked::Behind => "parked: waits behind another".to_owned(),
            Parked::TooSoon => "parked: scanned too soon".to_owned(),
        },
        (IntentState::Agreed { already: false }, _) => "agreed".to_owned(),
        (IntentState::Agreed { already: true }, _) => "had been done before".to_owned(),
        (IntentState::Closed, _) => "closed by a person".to_owned(),
    }
}

/// A check that found nothing.
pub fn checked(records: usize, changes: usize, open: usize) -> String {
    format!(
        "The journal is whole: {records} records and {changes} changes are what was written, {open} actions wait."
    )
}

/// Records that this version does not understand.
pub fn newer(records: usize) -> String {
    let records = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
    format!("{records} can only be read by a newer version: kept as written, in `journal export` too.")
}

/// A notice that nobody has put away.
pub fn noticed(notice: &Notice, at: &str) -> String {
    format!(
        "Found damaged {at} and set aside as {}: {} records were saved, {} actions among them to be sent. \
         Its screen says so until a person puts it away.",
        notice.set_aside, notice.saved, notice.open
    )
}

/// A person's word is kept.
pub fn decided(count: usize, is_retry: bool) -> String {
    let actions = if count == 1 { "1 action".to_owned() } else { format!("{count} actions") };
    if is_retry {
        format!("{actions} will be sent when the station is started.")
    } else {
        format!("{actions} closed.")
    }
}

/// There is no such action, or none that waits.
pub fn no_such_action(which: &str) -> Told {
    Told::new(
        format!("The journal holds nothing open of {which}"),
        "Nothing was changed",
        "`journal list --all` shows what it holds, as far back as it is kept",
    )
}

/// The station that runs would not know of it.
pub fn station_runs(by: Option<u32>, is_retry: bool) -> Told {
    let by = by.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
    let button = if is_retry { "Try again" } else { "Close" };
    Told::new(
        format!("A station runs on this journal: {by}"),
        "It would not know of a change made behind its back, so nothing was changed",
        format!(
            "On its screen, open Attention and touch “{button}” on the cake’s card; or end the station first"
        ),
    )
}

/// What is named goes its way without a person.
pub fn not_for_a_person(is_retry: bool) -> Told {
    if is_retry {
        Told::new(
            "Nothing of it is parked",
            "What is to be sent is sent by itself; a label is asked for again on the station’s screen",
            "Start the station; nothing was changed",
        )
    } else {
        Told::new(
            "It is still to be sent, and may have been",
            "Closing it here takes nothing back that the order system has",
            "Start the station, which sends it; or close it all the same with --unsent",
        )
    }
}

/// There is no journal to read.
pub fn no_journal(path: &std::path::Path) -> Told {
    Told::new(
        format!("There is no journal at {}", path.display()),
        "No station has run with this configuration on this machine",
        "See [journal] path in station.toml, or name the file with --config",
    )
}

/// The journal is damaged, found out beside the station or without one.
pub fn damaged(path: &std::path::Path, why: &str) -> Told {
    Told::new(
        format!("The journal {} is damaged", path.display()),
        "Scans in it may not have reached the order system",
        "Call on-call, and start the station anew: it sets the file aside and saves what can be read",
    )
    .with(why)
}
