//! The words on the pages behind the bottom bar, and of an order's page.

use std::sync::Arc;

use super::answer::{after, answer, printer_name};
use super::fault::{Told, link, printer_brief};
use super::screen::{Mood, post, printer_chip, stores, summary_parts};
use super::time::{Clock, age, hour, span, when};
use crate::order::{OrderId, PictureFault, Post, Stage, Store, Timestamp};
use crate::station::{Freeze, Job, JobState, Look, Notice, PortState, Summary, Verdict, Waiting, Warning};

/// Opens the search.
pub const SEARCH: &str = "Search";
/// Opens the list of all stages.
pub const ALL_STAGES: &str = "All stages";
/// Opens the cards of cakes that nobody has.
pub const UNASSIGNED: &str = "Unassigned";
/// In the search field while nothing is typed.
pub const SEARCH_HINT: &str = "Number, cake, customer or flavour";
/// The key that takes the last letter back.
pub const KEY_DELETE: &str = "Del";
/// The key between words.
pub const KEY_SPACE: &str = "Space";
/// The key that takes all of it back.
pub const KEY_CLEAR: &str = "Clear";
/// The key that leads to capitals.
pub const KEY_CAPITALS: &str = "ABC";
/// The key that leads to small letters.
pub const KEY_SMALL: &str = "abc";
/// The key that leads to signs.
pub const KEY_SIGNS: &str = "!#?";
/// All shops together.
pub const ALL_SHOPS: &str = "All shops";
/// Goes to the first cake due today.
pub const JUMP_TODAY: &str = "Due today";
/// Takes the filter of cakes that nobody has away, or sets it.
pub const ONLY_UNASSIGNED: &str = "Nobody’s";
/// Where a filter leaves nothing.
pub const NONE_SO: &str = "No open cake matches";
/// What a search can and cannot find.
pub const SEARCHED_OPEN: &str =
    "This list has open cakes only. For a finished or cancelled one, type its whole number";
/// Prints the label of a cake once more.
pub const COPY: &str = "Print again";
/// Opens the choice of who has a cake.
pub const ASSIGN: &str = "Give to…";
/// Opens the choice of where a cake is kept.
pub const STORE: &str = "Keep in…";
/// Takes a cake from whoever has it.
pub const NOBODY: &str = "Nobody";
/// Says that a cake is kept nowhere in particular.
pub const NOWHERE: &str = "No place";
/// In place of choices that are not known.
pub const NO_CHOICES: &str = "The choices could not be read from the order system";
/// In place of a picture that is on its way.
pub const PICTURE_COMING: &str = "coming…";
/// In place of an order that was asked for.
pub const ASKING: &str = "Asking the order system…";
/// An order that is not known here and was not found.
pub const NO_SUCH_ORDER: &str = "The shops have no such order";
/// The chips, all well.
pub const ALL_WELL: &str = "All is well";

/// Over the results: `3 found`.
pub fn found(count: usize) -> String {
    match count {
        1 => "1 found".to_owned(),
        count => format!("{count} found"),
    }
}

/// In place of results when there are none.
pub fn nothing_found(typed: &str) -> String {
    format!("No open cake answers to “{}”", typed.trim())
}

/// The button that asks for an order which is not open here: `Ask for #B18612`.
pub fn ask_for(order: OrderId) -> String {
    format!("Ask for {}", order.barcode())
}

/// The heading of a list: `Decorating · Bannos · 14`, with what it leaves out said.
pub fn listed(stage: Option<Stage>, store: Option<Store>, is_unassigned: bool, count: usize) -> String {
    let stage = post(stage.map_or(Post::Any, Post::At));
    let nobody = if is_unassigned { " · nobody’s" } else { "" };
    let store = store.map(|store| format!(" · {}", stores([&store]))).unwrap_or_default();
    format!("{stage}{store}{nobody} · {count}")
}

/// The heading over an order's history, with its age.
pub fn history(look: Option<&Look>, clock: &Clock) -> String {
    match look {
        Some(Look::Asking) => "What was done · asking…".to_owned(),
        Some(Look::Read { at, .. }) => format!("What was done · {}", as_of(*at, clock)),
        Some(Look::Missing) => "What was done · as known here".to_owned(),
        Some(Look::Failed(_)) | None => "What was done · as known here, not by whom".to_owned(),
    }
}

/// Why the history is not there.
pub fn history_lacks(look: Option<&Look>) -> Option<String> {
    match look {
        Some(Look::Failed(fault)) => {
            Some(format!("{}. Open the cake again to ask again", link(fault).happened))
        }
        Some(Look::Missing) => Some(NO_SUCH_ORDER.to_owned()),
        Some(Look::Asking | Look::Read { .. }) | None => None,
    }
}

/// What is to be chosen for a cake.
pub fn choose(is_assignee: bool) -> &'static str {
    if is_assignee { "Who has it?" } else { "Where is it kept?" }
}

/// Why a cake's picture does not show.
pub fn picture(fault: PictureFault) -> &'static str {
    match fault {
        PictureFault::NoAddress => "none: its address makes no sense",
        PictureFault::Unreachable => "none: its address cannot be reached from here",
        PictureFault::TimedOut => "none: it did not come within 5 s. Open the cake again to ask again",
        PictureFault::Refused(404 | 410) => "none: it is not there any more",
        PictureFault::Refused(_) => "none: the server refused to give it",
        PictureFault::TooLarge => "none: it is too large to show here",
        PictureFault::Unreadable => "none: it is no PNG or JPEG, or is broken",
    }
}

/// The moment of what is shown: `as of 10:43`.
fn as_of(at: Timestamp, clock: &Clock) -> String {
    format!("as of {}", hour(at, clock))
}

/// How old the counts of cakes that nobody has are.
pub fn unassigned_age(read_at: Option<Timestamp>, clock: &Clock) -> String {
    format!("from this station’s copy, {}", age(read_at, clock))
}

/// What the network's chip means while all is well.
pub fn link_well() -> Told {
    Told::new("Online", "The order system answers: what is scanned here is known there at once", "")
}

/// What the network's chip means before the first answer.
pub fn link_unknown() -> Told {
    Told::new("Connecting", "The order system has not answered yet. Scans are saved here meanwhile", "")
}

/// What a device's chip means while it is well, or not seen yet.
pub fn device_well(name: &str, is_seen: bool) -> Told {
    let means = if is_seen { "It is ready" } else { "It has not been seen yet" };
    Told::new(name, means, "")
}

/// What a printer that works wants soon.
pub fn warning(name: &str, warning: &Warning) -> Told {
    let chip = printer_chip(name, &PortState::Ready, Some(warning)).text;
    match warning {
        Warning::PaperLow => {
            Told::new(chip, "It still prints: some labels are left on the roll", "Have a new roll ready")
        }
        Warning::Unread { unread, of } => Told::new(
            chip,
            format!(
                "{unread} of its last {of} labels were never read by a gun: its head may be dirty or worn"
            ),
            "Look at a label. If its bars are broken, clean the head or call the on-call person",
        ),
    }
}

/// What became of all that had waited when the order system came back, and what somebody else had done of it.
pub fn summary_told(summary: &Summary, clock: &Clock) -> Vec<Told> {
    let parts = summary_parts(summary, "had been done by others");
    let remedy = match (summary.refused, summary.left) {
        (0, 0) => "",
        (0, _) => "Nothing to do: the rest goes out by itself",
        _ => "Look at what was refused: it stands under Attention",
    };
    let total = Told::new(
        format!("Back at {}: {parts}", hour(summary.back_at, clock)),
        "These had been saved here while the order system did not answer",
        remedy,
    );
    let first = |verdict: &Arc<Verdict>| {
        let name = verdict.order.map_or_else(|| verdict.code.to_string(), |order| order.barcode());
        let words = answer(verdict, clock);
        Told::new(format!("{name}: {}", words.line), words.sentence, "")
    };
    let firsts = summary.firsts.iter().map(first);
    std::iter::once(total).chain(firsts).collect()
}

/// What the chip of what waits means.
pub fn waiting_told(waiting: &Waiting, clock: &Clock) -> Told {
    match waiting.oldest {
        None => Told::new("0 waiting", "Everything scanned here has reached the order system", ""),
        Some(at) => Told::new(
            format!("{} waiting, the oldest for {}", waiting.count, span(clock.now.since(at))),
            "They are saved on this machine and have not reached the order system yet",
            "Go on scanning: they go out by themselves, in their order",
        ),
    }
}

/// What a notice of the journal means.
pub fn notice_told(notice: &Notice, clock: &Clock) -> Told {
    let saved = match (notice.saved, notice.open) {
        (0, _) => "Nothing in it could be read".to_owned(),
        (saved, open) => format!("{saved} records were saved, {open} scans among them still to be sent"),
    };
    Told::new(
        format!("This station’s memory of scans was damaged, found {}", when(notice.at, clock)),
        format!("{saved}. Other scans of before may be lost"),
        "Go on working. Compare the cakes here with the list, and call on-call before you put this away",
    )
    .with(format!("Set aside as {}; {} records unreadable", notice.set_aside, notice.unreadable))
}

/// What it means that records wait for a newer version.
pub fn newer_told(records: u32) -> Told {
    let records = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
    Told::new(
        format!("{records} here can only be read by a newer version of this program"),
        "They are kept and not lost, and wait with what was scanned after them of the same cakes",
        "Go on working, and call on-call: start the newer version",
    )
}

/// The labels that were asked for today.
pub const LABELS_TODAY: &str = "Labels of today";
/// In place of them.
pub const NO_LABELS_TODAY: &str = "No label was asked for here today";

/// Which label: `#B18617`, `#B18617 · copy 2`.
pub fn label_of(job: &Job) -> String {
    let copy = if job.copy > 1 { format!(" · copy {}", job.copy) } else { String::new() };
    format!("{}{copy}", job.order.barcode())
}

/// When a label was asked for, and when it came out, if that was not in the same minute.
pub fn label_asked(job: &Job, clock: &Clock) -> String {
    let asked = hour(job.queued_at, clock);
    let out = job.out_at.map(|at| hour(at, clock)).filter(|out| *out != asked);
    format!("{asked}{}", after(", out ", out.as_deref()))
}

/// What became of a label.
pub fn label_stands(job: &Job, printer: Option<&str>) -> (String, Mood) {
    let at = |said: &str| format!("{said}{}", after(" at printer ", printer));
    match &job.state {
        JobState::Queued => ("Waits".to_owned(), Mood::Warned),
        JobState::Sending => (at("Is printed"), Mood::Unknown),
        JobState::Printed => (at("Printed"), Mood::Well),
        JobState::Sent => (at("Sent"), Mood::Well),
        JobState::Unconfirmed(_) => (at("Label out?"), Mood::Warned),
        JobState::Failed(fault) => {
            (format!("{}: {}", printer_name(printer.unwrap_or_default()), printer_brief(fault)), Mood::Faulty)
        }
        JobState::Cancelled => ("Given up".to_owned(), Mood::Unknown),
    }
}

/// What the chip of a frozen station means.
pub fn frozen_told(freeze: Freeze) -> Told {
    let remedy = match freeze {
        Freeze::Station => "Ask the office to end the freeze: read_only in station.toml",
        Freeze::Office => "Go on working: it ends when the office says so",
    };
    Told::new(
        "Frozen: nothing is sent",
        "Scans are saved and labels are printed. Nothing is sent until the freeze ends",
        remedy,
    )
}

/// What the chip of rows that could not be understood means.
pub fn unreadable_told(rows: usize) -> Told {
    let happened = if rows == 1 {
        "1 cake is not readable".to_owned()
    } else {
        format!("{rows} cakes are not readable")
    };
    Told::new(
        happened,
        "The order system sent them in a form this station does not understand: they are in no list here",
        "Scan their labels as usual, and tell the office",
    )
}
