//! The words of an answer.

use std::time::Duration;

use super::fault::printer_brief;
use super::time::{Clock, hour, span, when};
use super::{Words, fault, question};
use crate::order::{Action, Mark, Stage, Timestamp};
use crate::station::{Answer, Held, NoScan, Verdict};

/// The words of an answer, for a screen.
pub fn answer(verdict: &Verdict, clock: &Clock) -> Words {
    let about = |line: String, sentence: String| Words { headline: name(verdict), line, sentence };
    match &verdict.answer {
        Answer::Accepted | Answer::Agreed => {
            let (line, sentence) = done(verdict);
            about(line, sentence)
        }
        Answer::AgreedLocally => about("Started".to_owned(), "Noted here. Scan again when done".to_owned()),
        Answer::AlreadyDone { mark, done_at, stale } => about(
            already(verdict.action).to_owned(),
            as_of(already_by(mark.as_ref(), *done_at, clock), *stale, "Done earlier"),
        ),
        Answer::AlsoPrinted { mark } => about("Printed twice".to_owned(), also_printed(mark.as_ref(), clock)),
        Answer::NotHere { stage, since, mark, stale } => about(
            take_it_to(*stage),
            as_of(moved_by(*stage, *since, mark.as_ref(), clock), *stale, "It is not at this stage"),
        ),
        Answer::NoScan(why) => no_scan(*why, verdict),
        Answer::Cancelled { at } => about(cancelled(*at, clock), "Set the cake aside".to_owned()),
        Answer::Refused(refusal) => {
            let (line, sentence) = fault::refused(refusal, clock);
            about(line, sentence)
        }
        Answer::NotStored(fault) => {
            let told = fault::store_fault(fault);
            about("Not saved".to_owned(), format!("{}. {}", told.happened, told.remedy))
        }
        Answer::Full => {
            about("Not taken".to_owned(), "Too many scans wait to be sent. Call on-call".to_owned())
        }
        Answer::Asks(asked) => question::asks(asked, verdict, &name(verdict)),
        Answer::LabelReads => {
            about("Label reads".to_owned(), "Scan it again when the cake is filled".to_owned())
        }
        Answer::Looking => about("Looking…".to_owned(), "Asking the order system".to_owned()),
        Answer::Held(why) => about("Saved here".to_owned(), held(*why)),
        Answer::LabelOut { printer, is_proved, instead_of } => {
            let line = if *is_proved { "Label printed" } else { "Label sent" };
            about(line.to_owned(), label_out(printer, *is_proved, instead_of.as_deref()))
        }
        Answer::LabelUnconfirmed { printer, fault } => about(
            "Label out?".to_owned(),
            format!("{}: {}. Did it come out?", printer_name(printer), printer_brief(fault)),
        ),
        Answer::LabelFailed { printer, fault } => {
            let told = fault::printer(printer, fault);
            about("No label".to_owned(), format!("{}. {}", told.happened, told.remedy))
        }
        Answer::LabelComing { printer } => about(
            "Label is coming".to_owned(),
            format!("{} has it already. Nothing is printed twice", printer_name(printer)),
        ),
    }
}

/// The one line of a verdict line: `#B18617 filled. Next: Covering`.
pub fn text(verdict: &Verdict, clock: &Clock) -> String {
    let words = answer(verdict, clock);
    let mut text = words.headline;
    if !words.line.is_empty() {
        let mut letters = words.line.chars();
        text.push(' ');
        text.extend(letters.next().map(char::to_lowercase).into_iter().flatten());
        text.push_str(letters.as_str());
    }
    if !words.sentence.is_empty() {
        text.push_str(if text.ends_with(['?', '…']) { " " } else { ". " });
        text.push_str(&words.sentence);
    }
    text
}

/// What is said of an action once it is done: `Filled`.
pub(super) fn past(action: Action) -> &'static str {
    match action {
        Action::Print => "Printed",
        Action::CompleteFilling => "Filled",
        Action::CompleteCovering => "Covered",
        Action::CompleteDecorating => "Decorated",
        Action::StartPacking => "Packing started",
        Action::CompletePacking => "Packed",
        Action::QcReturn => "Sent back",
    }
}

/// What a printer is called in a sentence.
pub(super) fn printer_name(name: &str) -> String {
    format!("Printer {name}")
}

/// `text` with `before` in front of it; nothing where there is none.
pub(super) fn after(before: &str, text: Option<&str>) -> String {
    text.map(|text| format!("{before}{text}")).unwrap_or_default()
}

fn name(verdict: &Verdict) -> String {
    match verdict.order {
        Some(order) => order.barcode(),
        None => shortened(&verdict.code),
    }
}

/// What was read, if it is short enough to be read from afar.
fn shortened(code: &str) -> String {
    let shown: String =
        code.chars().filter(|letter| !letter.is_control()).take(CODE_LETTERS_MAX + 1).collect();
    match shown.char_indices().nth(CODE_LETTERS_MAX) {
        None => shown,
        Some((end, _)) => format!("{}…", &shown[..end]),
    }
}

fn done(verdict: &Verdict) -> (String, String) {
    let Some(action) = verdict.action else {
        return ("Done".to_owned(), "Nothing more to do here".to_owned());
    };
    let is_agreed = verdict.answer == Answer::Agreed;
    let line = match action {
        Action::Print if is_agreed => "Filling started",
        Action::Print => "Printing",
        _ => past(action),
    };
    let sentence = match action {
        Action::Print if is_agreed => "Put the label on, then scan it".to_owned(),
        Action::Print => "Its label is on the way".to_owned(),
        Action::StartPacking => "Scan again when it is packed".to_owned(),
        Action::CompletePacking => "All done: ready to go out".to_owned(),
        Action::QcReturn => next(verdict.stage.unwrap_or(Stage::Decorating)),
        _ => verdict.stage.or(action.stage().next()).map(next).unwrap_or_default(),
    };
    (line.to_owned(), sentence)
}

fn next(stage: Stage) -> String {
    format!("Next: {stage}")
}

fn already(action: Option<Action>) -> &'static str {
    match action {
        Some(Action::Print) => "Already printed",
        Some(Action::CompleteFilling) => "Already filled",
        Some(Action::CompleteCovering) => "Already covered",
        Some(Action::CompleteDecorating) => "Already decorated",
        Some(Action::StartPacking) => "Already started",
        Some(Action::CompletePacking) => "Already packed",
        Some(Action::QcReturn) => "Already sent back",
        None => "Already done",
    }
}

/// `10:42 today, by Maria, at bannos-filling-2`.
fn already_by(mark: Option<&Mark>, done_at: Option<Timestamp>, clock: &Clock) -> Option<String> {
    let at = mark.map(|mark| mark.at).or(done_at)?;
    let today = if clock.day_of(at) == clock.today() { " today" } else { "" };
    let by = mark.and_then(|mark| mark.by.as_deref());
    let station = mark.and_then(|mark| mark.station.as_deref());
    Some(format!("{}{today}{}{}", when(at, clock), after(", by ", by), after(", at ", station)))
}

fn also_printed(mark: Option<&Mark>, clock: &Clock) -> String {
    match mark {
        Some(Mark { station: Some(station), at, .. }) => {
            format!("Also printed at {station}, {}. Bin one", when(*at, clock))
        }
        Some(mark) => format!("Also printed {}. Bin one", when(mark.at, clock)),
        None => "Also printed elsewhere. Bin one".to_owned(),
    }
}

fn take_it_to(stage: Stage) -> String {
    match stage {
        Stage::Complete => "Finished".to_owned(),
        stage => format!("Take it to {stage}"),
    }
}

/// `Covered 09:14 by Jin`: the step that brought the cake to `stage`.
fn moved_by(stage: Stage, since: Option<Timestamp>, mark: Option<&Mark>, clock: &Clock) -> Option<String> {
    let step = mark.map(|mark| mark.action).or_else(|| {
        Stage::WORKED.into_iter().find(|worked| worked.next() == Some(stage)).and_then(Stage::completion)
    });
    let at = since.or(mark.map(|mark| mark.at));
    let said = match (step, at) {
        (Some(step), Some(at)) => format!("{} {}", past(step), when(at, clock)),
        (None, Some(at)) => format!("There since {}", when(at, clock)),
        (_, None) => return None,
    };
    Some(said + &after(" by ", mark.and_then(|mark| mark.by.as_deref())))
}

fn as_of(said: Option<String>, stale: Option<Duration>, otherwise: &str) -> String {
    let said = said.unwrap_or_else(|| otherwise.to_owned());
    match stale {
        Some(age) => format!("{said} (as of {} ago)", span(age)),
        None => said,
    }
}

fn cancelled(at: Option<Timestamp>, clock: &Clock) -> String {
    match at {
        Some(at) if clock.day_of(at) == clock.today() => format!("Cancelled {}", hour(at, clock)),
        Some(at) => format!("Cancelled {}", when(at, clock)),
        None => "Cancelled".to_owned(),
    }
}

fn no_scan(why: NoScan, verdict: &Verdict) -> Words {
    let read = shortened(&verdict.code);
    let (headline, line, sentence) = match why {
        NoScan::Product => ("Not a cake", read, "A product's code. Scan the label or the docket"),
        NoScan::Unreadable => {
            ("Not a cake", read, "The station does not know this code. Scan the cake's label")
        }
        NoScan::Unknown => ("No such order", read, "Check the number, or ask the office"),
        NoScan::OtherStore => ("Other shop", name(verdict), "This station does not work for that shop"),
        NoScan::UnknownCommand => {
            ("Unknown command", read, "This version does not have it. Use the newest sheet")
        }
        NoScan::NothingAsked => ("Nothing asked", read, "No question is open. Scan the cake first"),
    };
    Words { headline: headline.to_owned(), line, sentence: sentence.to_owned() }
}

fn held(why: Held) -> String {
    match why {
        Held::ReadOnly => "The station is frozen: sent when that ends".to_owned(),
        Held::Offline => "No network: sent when it is back".to_owned(),
        Held::Upstream(stage) => format!("Not confirmed by {stage} yet: sent after it"),
        Held::NotKnownYet => "Not in the list yet: sent when it is known".to_owned(),
    }
}

fn label_out(printer: &str, is_proved: bool, instead_of: Option<&str>) -> String {
    match (instead_of, is_proved) {
        (Some(first), _) => format!("At printer {printer}, not {first}. Put it on, then scan it"),
        (None, true) => format!("At printer {printer}. Put it on, then scan it"),
        (None, false) => format!("At printer {printer}. Look if it is out, then scan it"),
    }
}

/// As many letters as stand in a verdict's line without shrinking out of sight.
const CODE_LETTERS_MAX: usize = 22;
