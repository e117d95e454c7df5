//! The words on the screens around the answer: chips, headings, buttons.

use std::time::Duration;

use super::answer::{after, past};
use super::fault::{printer_brief, scanner_brief};
use super::question::LABEL_OUT_PICKS;
use super::time::{Clock, second, span, when};
use crate::order::{Action, Delivery, Mark, Order, Post, Store, Timestamp};
use crate::station::{
    Answer, Held, Link, LinkFault, Offer, PortState, PrinterFault, Remedy, ScannerFault, Shown, StoreFault,
    Summary, Verdict, Waiting, Warning,
};

/// What a person is to do when nothing was scanned lately.
pub const READY: &str = "Scan a cake";
/// Under the number of orders in this stage.
pub const WAITING_HERE: &str = "waiting here";
/// Under the number of orders due today.
pub const DUE_TODAY: &str = "due today";
/// Under the number of orders whose day is over.
pub const OVERDUE: &str = "overdue";
/// The mark before a customer's notes.
pub const NOTES: &str = "NOTES";
/// The mark of a cake that quality control sent back.
pub const RETURNED: &str = "CAME BACK";
/// What stands where a cake has no writing, among cakes that differ by it.
pub const NO_WRITING: &str = "no writing";
/// What stands there until it has been read.
const WRITING_UNREAD: &str = "Writing: not read yet";
/// The one way back.
pub const BACK: &str = "Back";
/// Opens the list of what a person must decide.
pub const ATTENTION: &str = "Attention";
/// In place of that list when it is empty.
pub const NO_ATTENTION: &str = "Nothing needs you";
/// A person has dealt with a card.
pub const CLOSE: &str = "Close";
/// Does so, once asked.
pub const CLOSE_SURE: &str = "Yes, close it";
/// Leaves the card where it is.
pub const CLOSE_NOT: &str = "No, keep it";
/// Sends what waits on a card again.
pub const TRY_AGAIN: &str = "Try again";
/// Puts the notices of a damaged journal away.
pub const PUT_AWAY: &str = "On-call knows";
/// Heading of the faults behind the chips.
pub const TROUBLES: &str = "What is wrong";
/// Under an answer that stays until it is touched.
pub const CLEAR: &str = "Touch to clear";
/// In place of a number that is not known yet.
pub const UNKNOWN: &str = "–";
/// An empty queue that was read.
pub const QUEUE_EMPTY: &str = "No cakes wait here";
/// A queue that was never read.
pub const QUEUE_UNREAD: &str = "The list has not been read yet";
/// The station takes no more input just now.
pub const BUSY: &str = "Not taken: too much at once. Scan again";
/// Heading of the demo's panel.
pub const DEMO: &str = "Demo scanner";
/// Opens the demo's panel.
pub const DEMO_SHOW: &str = "Show demo";
/// Closes the demo's panel.
pub const DEMO_HIDE: &str = "Hide demo";
/// In the demo's empty code field.
pub const DEMO_TYPE: &str = "Type a code";
/// Scans what was typed.
pub const DEMO_SCAN: &str = "Scan";
/// Heading of the orders that can be scanned by touch.
pub const DEMO_ORDERS: &str = "Touch a cake to scan it";
/// Heading of the printed labels.
pub const DEMO_LABELS: &str = "Printed labels";
/// Before the first label is printed.
pub const DEMO_NO_LABELS: &str = "Scan a cake at Filling: its label shows here";

/// The button that does something about a card.
pub fn remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Close => CLOSE,
        Remedy::Retry => TRY_AGAIN,
        Remedy::Out => LABEL_OUT_PICKS[0],
        Remedy::NotOut => LABEL_OUT_PICKS[1],
    }
}

/// A chip in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// What it says.
    pub text: String,
    /// Whether all is well.
    pub mood: Mood,
}

/// How loud a chip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mood {
    /// All is well.
    Well,
    /// Not known yet.
    Unknown,
    /// Work goes on, with something to know.
    Warned,
    /// Something does not work.
    Faulty,
}

/// The heading of the station: its stage.
pub fn post(post: Post) -> &'static str {
    match post {
        Post::At(stage) => stage.name(),
        Post::Any => "All stages",
    }
}

/// The shops it works for: `Bannos + Flourlane`.
pub fn stores<'a>(stores: impl IntoIterator<Item = &'a Store>) -> String {
    stores.into_iter().map(|store| store.name()).collect::<Vec<_>>().join(" + ")
}

/// The network's chip; `since` is when the link was lost.
pub fn link_chip(link: &Link, since: Option<Timestamp>, clock: &Clock) -> Chip {
    let chip = |text: &str, mood| Chip { text: text.to_owned(), mood };
    match link {
        Link::Unknown => chip("Connecting", Mood::Unknown),
        Link::Up => chip("Online", Mood::Well),
        Link::Down(fault) => match fault {
            LinkFault::Unreachable(_) | LinkFault::TimedOut => match since {
                Some(at) => {
                    Chip { text: format!("Offline {}", span(clock.now.since(at))), mood: Mood::Warned }
                }
                None => chip("Offline", Mood::Warned),
            },
            LinkFault::WrongKey | LinkFault::WrongPassword => chip("Sign-in refused", Mood::Faulty),
            LinkFault::Forbidden(_) => chip("No permission", Mood::Faulty),
            LinkFault::NotSupabase(_) => chip("Wrong address", Mood::Faulty),
            LinkFault::NoFunction(_) => chip("Being updated", Mood::Warned),
            LinkFault::NoContract(_) => chip("Wrong order system", Mood::Faulty),
            LinkFault::Busy(_) => chip("Server busy", Mood::Warned),
            LinkFault::Malformed(_) | LinkFault::Server(_) => chip("Server fault", Mood::Warned),
        },
    }
}

/// A printer's chip.
pub fn printer_chip(name: &str, state: &PortState<PrinterFault>, warning: Option<&Warning>) -> Chip {
    let (said, mood) = match (state, warning) {
        (PortState::Ready, Some(Warning::PaperLow)) => (": paper low", Mood::Warned),
        (PortState::Ready, Some(Warning::Unread { .. })) => (": labels unread", Mood::Warned),
        (PortState::Ready, None) => ("", Mood::Well),
        (PortState::Unknown, _) => ("", Mood::Unknown),
        (PortState::Faulted(fault), _) => {
            return Chip { text: format!("Printer {name}: {}", printer_brief(fault)), mood: Mood::Faulty };
        }
    };
    Chip { text: format!("Printer {name}{said}"), mood }
}

/// A scanner's chip; the name counts only beside others.
pub fn scanner_chip(name: Option<&str>, state: &PortState<ScannerFault>) -> Chip {
    let name = name.map_or_else(|| "Scanner".to_owned(), |name| format!("Scanner {name}"));
    match state {
        PortState::Unknown => Chip { text: name, mood: Mood::Unknown },
        PortState::Ready => Chip { text: name, mood: Mood::Well },
        PortState::Faulted(fault) => {
            Chip { text: format!("{name}: {}", scanner_brief(fault)), mood: Mood::Faulty }
        }
    }
}

/// The chip of what is not sent yet, and for how long: `14 waiting, 6 min`.
pub fn waiting_chip(waiting: &Waiting, clock: &Clock) -> Chip {
    let mood = if waiting.count == 0 { Mood::Well } else { Mood::Warned };
    let age = waiting.oldest.map(|at| clock.now.since(at)).filter(|age| *age >= Duration::from_mins(1));
    let age = age.map(span);
    Chip { text: format!("{} waiting{}", waiting.count, after(", ", age.as_deref())), mood }
}

/// The chip of what became of all that had waited: `12 sent, 1 done before, 1 refused`.
pub fn summary_chip(summary: &Summary) -> Chip {
    let is_plain = summary.done_before + summary.refused + summary.left == 0;
    Chip {
        text: summary_parts(summary, "done before"),
        mood: if is_plain { Mood::Well } else { Mood::Warned },
    }
}

/// What became of all that had waited, in numbers.
pub(super) fn summary_parts(summary: &Summary, done_before: &str) -> String {
    let parts = [
        (summary.sent, "sent"),
        (summary.done_before, done_before),
        (summary.refused, "refused"),
        (summary.left, "to go"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    parts.map(|(count, what)| format!("{count} {what}")).collect::<Vec<_>>().join(", ")
}

/// The chip of a journal that cannot be written.
pub fn store_chip(fault: &StoreFault) -> Chip {
    let text = match fault {
        StoreFault::Full => "Disk full: do not scan",
        StoreFault::Hangs => "Disk hangs: do not scan",
        StoreFault::Broken(_) => "Disk fault: do not scan",
    };
    Chip { text: text.to_owned(), mood: Mood::Faulty }
}

/// The chip of a journal that was damaged.
pub fn notice_chip() -> Chip {
    Chip { text: "Scans may be lost".to_owned(), mood: Mood::Faulty }
}

/// The chip of records that wait for a newer version.
pub fn newer_chip() -> Chip {
    Chip { text: "Old program: scans wait".to_owned(), mood: Mood::Faulty }
}

/// The chip of a frozen station.
pub fn frozen_chip() -> Chip {
    Chip { text: "Frozen: nothing is sent".to_owned(), mood: Mood::Warned }
}

/// The chip of rows that could not be understood.
pub fn unreadable_chip(rows: usize) -> Chip {
    let cakes =
        if rows == 1 { "1 cake not readable".to_owned() } else { format!("{rows} cakes not readable") };
    Chip { text: cakes, mood: Mood::Faulty }
}

/// Both truths under an answer that acts: `Saved 10:43:12 · Agreed 10:43:12`.
pub fn truths(shown: &Shown, clock: &Clock) -> Option<String> {
    let saved = format!("Saved {}", second(shown.saved_at?, clock));
    Some(match (shown.agreed_at, &shown.verdict.answer) {
        (Some(at), _) => format!("{saved} · Agreed {}", second(at, clock)),
        (None, Answer::Held(_)) => format!("{saved} · Not sent yet"),
        (None, Answer::Accepted) if !shown.verdict.action.is_some_and(Action::is_print) => {
            format!("{saved} · Sending")
        }
        (None, _) => saved,
    })
}

/// The sentence of an answer that could not be sent, with what else waits.
pub fn held_with(why: Held, waiting: &Waiting, clock: &Clock) -> Option<String> {
    match (why, waiting.oldest) {
        (Held::Offline, Some(at)) if waiting.count > 1 => {
            Some(format!("Not sent yet: {} waiting, oldest {}", waiting.count, span(clock.now.since(at))))
        }
        _ => None,
    }
}

/// The quiet line of what was done last: `Last: #B18612 filled 10:41`.
pub fn last(verdict: &Verdict, clock: &Clock) -> Option<String> {
    let (order, action) = (verdict.order?, verdict.action?);
    Some(format!("Last: {} {} {}", order.barcode(), past(action).to_lowercase(), when(verdict.at, clock)))
}

/// A sentence whose last two words stay together, so that no word stands alone on a second line.
pub fn glued(sentence: &str) -> String {
    match sentence.rsplit_once(' ') {
        Some((most, last)) if last.chars().count() <= 6 => format!("{most}\u{A0}{last}"),
        _ => sentence.to_owned(),
    }
}

/// Title and size: `Gelato Celebration Cake, 10 inch`.
pub fn title(order: &Order) -> String {
    let product = line(&order.product);
    match order.size.trim() {
        "" => product,
        // A short size stays on one line: "30 × 40" in two parts is read as two numbers.
        size if size.chars().count() <= 12 => format!("{product}, {}", line(size).replace(' ', "\u{A0}")),
        size => format!("{product}, {}", line(size)),
    }
}

/// A customer's text on one line.
pub fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is written on the cake, in quotes; nothing when nothing is.
pub fn writing(order: &Order) -> Option<String> {
    if order.is_writing_unread {
        return Some(WRITING_UNREAD.to_owned());
    }
    let writing = line(&order.writing);
    (!writing.is_empty()).then(|| format!("“{writing}”"))
}

/// How it leaves the shop.
pub fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Pickup => "Pickup",
        Delivery::Delivery => "Delivery",
    }
}

/// Which cake of a split order: `1 of 2`.
pub fn place(order: &Order) -> Option<String> {
    let suffix = order.id.suffix.filter(|_| order.is_split())?;
    Some(format!("{} of {}", suffix.place(), order.siblings))
}

/// How long a cake has been in its stage: `40 min here`.
pub fn here(order: &Order, clock: &Clock) -> Option<String> {
    Some(format!("{} here", span(clock.now.since(order.entered_at()?))))
}

/// A line of an order's history: `Filled 09:14 by Jin, at bannos-filling-1`.
pub fn mark(mark: &Mark, clock: &Clock) -> String {
    let (by, station) = (after(" by ", mark.by.as_deref()), after(", at ", mark.station.as_deref()));
    format!("{} {}{by}{station}", past(mark.action), when(mark.at, clock))
}

/// A step done, without its history: `Filled 09:14`.
pub fn step(action: Action, at: Timestamp, clock: &Clock) -> String {
    format!("{} {}", past(action), when(at, clock))
}

/// The steps of a cake's way, in the order of the work.
pub const STEPS: [Action; 6] = [
    Action::Print,
    Action::CompleteFilling,
    Action::CompleteCovering,
    Action::CompleteDecorating,
    Action::StartPacking,
    Action::CompletePacking,
];

/// The button that does what a scan would do now: `action`, or only an answer where there is none.
pub fn act(offer: Option<Offer>) -> &'static str {
    match offer {
        Some(Offer::Act(action)) => match action {
            Action::Print => "Print its label",
            Action::Reprint => super::COPY,
            Action::CompleteFilling => "Filling is done",
            Action::StartCovering => "Start covering",
            Action::CompleteCovering => "Covering is done",
            Action::StartDecorating => "Start decorating",
            Action::CompleteDecorating => "Decorating is done",
            Action::StartPacking => "Start packing",
            Action::CompletePacking => "Packing is done",
            Action::QcReturn => "Send it back",
            Action::Assign => "Assign it",
            Action::SetStorage => "Put it away",
        },
        Some(Offer::ReadLabel) => "Its label is on",
        Some(Offer::StartRework) => "Start the rework",
        Some(Offer::LabelFailed) => "Try its label again",
        Some(Offer::LabelInDoubt) => "Is its label out?",
        Some(Offer::LabelComing | Offer::Nothing) | None => "Scan it",
    }
}

/// What stands over that button where it needs a word more.
pub fn act_first(offer: Offer) -> Option<&'static str> {
    match offer {
        Offer::Act(_) => None,
        Offer::ReadLabel => Some("The first scan of its label only checks that it reads"),
        Offer::StartRework => Some("The first scan starts the rework, the next one ends it"),
        Offer::LabelComing => Some("Its label is on its way. Nothing is printed twice"),
        Offer::LabelFailed => Some("The printer could not print its label"),
        Offer::LabelInDoubt => Some("Nobody knows if its label came out"),
        Offer::Nothing => Some("Nothing to do for it here: a scan only says where it stands"),
    }
}

/// Names of the facts on an order's page.
pub mod fact {
    /// Whose name stands on it.
    pub const CUSTOMER: &str = "Customer";
    /// What is in it.
    pub const FLAVOUR: &str = "Flavour";
    /// What is written on it.
    pub const WRITING: &str = "Writing";
    /// When it must be ready.
    pub const DUE: &str = "Due";
    /// Where it is now.
    pub const STANDS: &str = "Stands";
    /// Who has it.
    pub const ASSIGNED: &str = "With";
    /// Where the finished cake is kept.
    pub const STORAGE: &str = "Kept in";
    /// What the customer wants it to look like.
    pub const PICTURE: &str = "Picture";
    /// Which shop's.
    pub const SHOP: &str = "Shop";
}
