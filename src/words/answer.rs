//! The words of an answer.

use std::time::Duration;

use super::fault::printer_brief;
use super::time::{Clock, hour, span, when};
use super::{Words, fault, question};
use crate::order::{Action, Detail, LabelPart, Lacks, Mark, OrderId, Stage, Timestamp};
use crate::station::{Answer, Held, NoScan, StoreFault, Verdict};

/// The words of an answer, for a screen.
pub fn answer(verdict: &Verdict, clock: &Clock) -> Words {
    let about = |line: String, sentence: String| Words { headline: name(verdict), line, sentence };
    match &verdict.answer {
        Answer::Accepted | Answer::Agreed => {
            let (line, sentence) = done(verdict);
            about(line, sentence)
        }
        Answer::AgreedLocally if verdict.action == Some(Action::Reprint) => about(
            past(Action::Reprint).to_owned(),
            "Bin the old label. Only this station notes it".to_owned(),
        ),
        Answer::AgreedLocally => about("Started".to_owned(), "Noted here. Scan again when done".to_owned()),
        Answer::AlreadyDone { mark, done_at, stale } => about(
            already(verdict.action).to_owned(),
            as_of(already_by(mark.as_ref(), *done_at, clock), *stale, "Done earlier"),
        ),
        Answer::AlsoPrinted { mark } => {
            let station = mark.as_ref().and_then(|mark| mark.station.as_deref());
            let at = mark.as_ref().map(|mark| mark.at);
            about("Printed twice".to_owned(), format!("{}. Bin one", also_printed(station, at, clock)))
        }
        Answer::NotHere { stage, since, mark, stale } => about(
            take_it_to(*stage),
            as_of(moved_by(*stage, *since, mark.as_ref(), clock), *stale, "It is not at this stage"),
        ),
        Answer::NoScan(why) => no_scan(*why, verdict),
        Answer::Cancelled { at, stale } => {
            about(cancelled(*at, clock), as_of(None, *stale, "Set the cake aside"))
        }
        Answer::GivenUp => about("Closed".to_owned(), given_up(verdict.action).to_owned()),
        Answer::Refused(refusal) => {
            let (line, sentence) = match &verdict.detail {
                Some(detail) => fault::refused_detail(refusal, detail),
                None => fault::refused(refusal, clock),
            };
            about(line, sentence)
        }
        Answer::NotStored(fault) => about("Not saved".to_owned(), not_stored(fault)),
        Answer::Full => about("Not taken".to_owned(), TOO_MANY.to_owned()),
        Answer::Asks(asked) => question::asks(asked, &name(verdict), clock),
        Answer::LabelReads => {
            about("Label reads".to_owned(), "Scan it again when the cake is filled".to_owned())
        }
        Answer::Looking => about("Looking…".to_owned(), "Asking the order system".to_owned()),
        Answer::Held(Held::Since(at)) => about("Saved already".to_owned(), held(Held::Since(*at), clock)),
        Answer::Held(why) => about("Saved here".to_owned(), held(*why, clock)),
        Answer::LabelOut { printer, is_proved, instead_of, lacks } => {
            let line = if *is_proved { "Label printed" } else { "Label sent" };
            about(
                line.to_owned(),
                label_out(verdict.action, printer, *is_proved, instead_of.as_deref(), *lacks),
            )
        }
        Answer::LabelUnconfirmed { printer, fault } => about(
            "Label out?".to_owned(),
            format!("{}: {}. Did it come out?", printer_name(printer), printer_brief(fault)),
        ),
        Answer::LabelFailed { printer, fault } => {
            let told = fault::printer(printer, fault);
            about("No label".to_owned(), format!("{}. {}", told.happened, told.remedy))
        }
        Answer::LabelComing { printer, fault: None } => about(
            "Label is coming".to_owned(),
            format!("{} has it already. Nothing is printed twice", printer_name(printer)),
        ),
        Answer::LabelComing { printer, fault: Some(fault) } => {
            let told = fault::printer(printer, fault);
            about("Label waits".to_owned(), format!("{}. See to it, and the label comes", told.happened))
        }
    }
}

/// The one line of a verdict line: `#B18617 filled. Next: Covering`.
pub fn text(verdict: &Verdict, clock: &Clock) -> String {
    let words = answer(verdict, clock);
    let mut text = words.headline;
    if !words.line.is_empty() {
        text.push(' ');
        // Where what was read is the line, it stays as it was read.
        let is_code = matches!(verdict.answer, Answer::NoScan(_));
        let mut letters = words.line.chars();
        let first = letters.next().filter(|_| !is_code);
        text.extend(first.map(char::to_lowercase).into_iter().flatten());
        text.push_str(if is_code { &words.line } else { letters.as_str() });
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
        Action::Reprint => "Printed again",
        Action::CompleteFilling => "Filled",
        Action::StartCovering => "Covering started",
        Action::CompleteCovering => "Covered",
        Action::StartDecorating => "Decorating started",
        Action::CompleteDecorating => "Decorated",
        Action::StartPacking => "Packing started",
        Action::CompletePacking => "Packed",
        Action::QcReturn => "Sent back",
        Action::Assign => "Assignee set",
        Action::SetStorage => "Place set",
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
pub(super) fn shortened(code: &str) -> String {
    let shown: String =
        code.chars().filter(|letter| !letter.is_control()).take(CODE_LETTERS_MAX + 1).collect();
    match shown.char_indices().nth(CODE_LETTERS_MAX) {
        None => shown,
        Some((end, _)) => format!("{}…", &shown[..end]),
    }
}

fn done(verdict: &Verdict) -> (String, String) {
    if let Some(detail) = &verdict.detail {
        return set(detail);
    }
    let Some(action) = verdict.action else {
        if verdict.stage.is_none() {
            return ("Saved here".to_owned(), "What it does is told once the order is known".to_owned());
        }
        // The step that this journal alone keeps: the start of rework after a return.
        return ("Rework begins".to_owned(), "Read why it came back, then put it right".to_owned());
    };
    let is_agreed = verdict.answer == Answer::Agreed;
    let line = match action {
        Action::Print if is_agreed => "Filling started",
        Action::Print => "Printing",
        Action::Reprint if !is_agreed => "Printing again",
        _ => past(action),
    };
    let sentence = match action {
        Action::Print if is_agreed => "Put the label on, then scan it".to_owned(),
        Action::Print => "Its label is on the way".to_owned(),
        Action::Reprint if is_agreed => "Bin the old label".to_owned(),
        Action::Reprint => "A copy of its label is on the way".to_owned(),
        Action::StartCovering => "Scan again when it is covered".to_owned(),
        Action::StartDecorating => "Scan again when it is decorated".to_owned(),
        Action::StartPacking => "Scan again when it is packed".to_owned(),
        Action::CompletePacking => "All done: ready to go out".to_owned(),
        Action::QcReturn => next(verdict.stage.unwrap_or(Stage::Decorating)),
        _ => verdict.stage.or(action.stage().and_then(Stage::next)).map(next).unwrap_or_default(),
    };
    (line.to_owned(), sentence)
}

/// What is so once a detail is set.
fn set(detail: &Detail) -> (String, String) {
    let (line, sentence) = match detail {
        Detail::Assignee(Some(staff)) => ("Assigned", format!("To {}", named(&staff.name))),
        Detail::Assignee(None) => ("Not assigned", "Nobody has it now".to_owned()),
        Detail::Storage(Some(place)) => ("Put away", format!("Kept in {}", named(place))),
        Detail::Storage(None) => ("No place", "It is kept nowhere now".to_owned()),
    };
    (line.to_owned(), sentence)
}

/// A name on one line, cut where it would leave the screen.
fn named(name: &str) -> String {
    let name = super::screen::line(name);
    match name.char_indices().nth(NAME_LETTERS_MAX) {
        None => name,
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

fn next(stage: Stage) -> String {
    format!("Next: {stage}")
}

fn already(action: Option<Action>) -> &'static str {
    match action {
        Some(Action::Print | Action::Reprint) => "Already printed",
        Some(Action::CompleteFilling) => "Already filled",
        Some(Action::CompleteCovering) => "Already covered",
        Some(Action::CompleteDecorating) => "Already decorated",
        Some(Action::StartCovering | Action::StartDecorating | Action::StartPacking) => "Already started",
        Some(Action::CompletePacking) => "Already packed",
        Some(Action::QcReturn) => "Already sent back",
        Some(Action::Assign | Action::SetStorage) => "Already so",
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

/// `Also printed at bannos-filling-2, 10:02`.
pub(super) fn also_printed(station: Option<&str>, at: Option<Timestamp>, clock: &Clock) -> String {
    let at = at.map(|at| when(at, clock));
    match (station, at) {
        (Some(station), at) => format!("Also printed at {station}{}", after(", ", at.as_deref())),
        (None, Some(at)) => format!("Also printed {at}"),
        (None, None) => "Also printed elsewhere".to_owned(),
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

fn given_up(action: Option<Action>) -> &'static str {
    match action {
        Some(Action::Print) => "No label comes. Scan the cake to print one",
        Some(Action::Reprint) => "No copy comes. Print it again on the cake's page",
        Some(Action::Assign | Action::SetStorage) => "It was not set. Choose again on the cake's page",
        _ => "It was not done. Scan the cake to begin anew",
    }
}

fn not_stored(fault: &StoreFault) -> String {
    let told = fault::store_fault(fault);
    format!("{}. {}", told.happened, told.remedy)
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
        NoScan::Product => ("Not a cake", read, "A product's code. Scan the label or the docket".to_owned()),
        NoScan::Unreadable => {
            ("Not a cake", read, "The station does not know this code. Scan the cake's label".to_owned())
        }
        NoScan::Unknown => ("No such order", read, "Check the number, or ask the office".to_owned()),
        NoScan::OtherStore => {
            ("Other shop", name(verdict), "This station does not work for that shop".to_owned())
        }
        NoScan::Badge => (
            "Badge not used",
            read,
            "Work here is credited to the account this station is signed in with".to_owned(),
        ),
        NoScan::UnknownCommand => {
            ("Unknown command", read, "No such command at this station. Scan a cake's label".to_owned())
        }
        NoScan::NoExactCake => {
            ("Which cake?", read, "Several have this number, or none. Scan its own label".to_owned())
        }
        NoScan::NothingAsked => {
            ("Nothing asked", read, "No question is open. Scan the cake first".to_owned())
        }
        NoScan::NoNumberAsked => {
            ("No number asked", read, "Not answered by a number: scan the cake again".to_owned())
        }
        NoScan::NotOffered(most) => {
            ("Not offered", read, format!("The answers are 1 to {most}. Scan one of them"))
        }
    };
    Words { headline: headline.to_owned(), line, sentence }
}

fn held(why: Held, clock: &Clock) -> String {
    match why {
        Held::ReadOnly => "The station is frozen: sent when that ends".to_owned(),
        Held::Offline => "Not sent yet: it goes out by itself".to_owned(),
        Held::Upstream(stage) => format!("Not confirmed by {stage} yet: sent after it"),
        Held::NotKnownYet => "Not in the list yet: sent when it is known".to_owned(),
        Held::Since(at) => format!("Since {}. One scan is enough: sent when it is known", when(at, clock)),
    }
}

fn label_out(
    action: Option<Action>,
    printer: &str,
    is_proved: bool,
    instead_of: Option<&str>,
    lacks: Lacks,
) -> String {
    let place = format!("At printer {printer}{}", after(", not ", instead_of));
    let next = match (label_lacks(lacks), instead_of, is_proved) {
        (Some(lacks), _, _) => lacks,
        // A scan of it would be the cake's next step.
        _ if action == Some(Action::Reprint) => "Bin the old one".to_owned(),
        (None, None, false) => "Look if it is out, then scan it".to_owned(),
        (None, _, _) => "Put it on, then scan it".to_owned(),
    };
    format!("{place}. {next}")
}

/// Where a label came out when that is not where it was to come out.
pub fn label_at(printer: &str) -> String {
    format!("The label is at printer {printer}")
}

/// That the label which was read is not the one that came out last.
pub fn label_expected(order: OrderId) -> String {
    format!("Another cake’s label: {} is fresh", order.barcode())
}

/// What a person must look for on a label that came out; nothing where it shows everything.
pub fn label_lacks(lacks: Lacks) -> Option<String> {
    let name = |part| match part {
        LabelPart::Product => "product",
        LabelPart::Size => "size",
        LabelPart::Writing => "writing",
        LabelPart::Notes => "notes",
        LabelPart::Customer => "customer",
        LabelPart::Foot => "station",
    };
    let cuts: Vec<&str> = lacks.cuts().map(name).collect();
    let cut = match *cuts {
        [] => None,
        [one] => Some(format!("{one} cut")),
        [one, other] => Some(format!("{one}, {other} cut")),
        _ => Some(format!("{} parts cut", cuts.len())),
    };
    let said = match (cut, lacks.has_boxes()) {
        // The one that leaves something undone: it stands alone.
        _ if lacks.is_writing_unread() => "writing not on it".to_owned(),
        (None, false) => return None,
        (Some(cut), false) if cuts.len() == 1 => format!("{cut} short"),
        (Some(cut), false) => cut,
        (None, true) => "letters are boxes".to_owned(),
        (Some(cut), true) => format!("{cut}, and boxes"),
    };
    Some(format!("Check the label: {said}"))
}

/// A bound is reached.
const TOO_MANY: &str = "Too many scans wait to be sent. Call the on-call person";

/// As many letters of a name as stand in a verdict's sentence.
const NAME_LETTERS_MAX: usize = 40;

/// As many letters as stand in a verdict's line without shrinking out of sight.
const CODE_LETTERS_MAX: usize = 22;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::order::{OrderId, Store};
    use crate::station::{
        ContractDoubt, LinkFault, PrinterFault, Question, Refusal, RefusalCode, ScannerFault, Since, Source,
    };
    use crate::words::{Told, fault};

    fn clock() -> Clock {
        Clock {
            zone: TimeZone::get("Australia/Sydney").unwrap(),
            now: "2026-11-22T23:43:12Z".parse().unwrap(),
        }
    }

    fn verdict(action: Option<Action>, answer: Answer) -> Verdict {
        let order = OrderId { store: Store::Bannos, number: 18_617, suffix: None };
        Verdict {
            at: clock().now,
            seq: 1,
            source: Source::Scanner(0),
            code: "#B18617".into(),
            order: Some(order),
            cake: None,
            action,
            detail: None,
            stage: None,
            intent: None,
            answer,
        }
    }

    fn refusal(code: RefusalCode, stage: Option<Stage>) -> Refusal {
        Refusal { code, message: "raw words".into(), stage, rework: None, cancelled_at: None }
    }

    fn so_soon(since: Since, action: Action) -> Answer {
        Answer::Asks(Question::SoSoon { ago: Duration::from_secs(20), since, action })
    }

    fn told_of_a_cake() -> Vec<Answer> {
        let mark = Mark {
            action: Action::CompleteCovering,
            at: "2026-11-22T22:14:00Z".parse().unwrap(),
            by: Some("Jin".into()),
            station: Some("covering-1".into()),
        };
        let jam = PrinterFault::Jam;
        let printer: Box<str> = "bench".into();
        let out = |lacks| Answer::LabelOut {
            printer: "bench".into(),
            is_proved: true,
            instead_of: Some("spare".into()),
            lacks,
        };
        vec![
            Answer::AgreedLocally,
            Answer::AlreadyDone { mark: Some(mark.clone()), done_at: None, stale: None },
            Answer::AlsoPrinted { mark: Some(mark.clone()) },
            Answer::NotHere { stage: Stage::Decorating, since: None, mark: Some(mark), stale: None },
            Answer::NotHere { stage: Stage::Filling, since: None, mark: None, stale: None },
            Answer::Cancelled { at: None, stale: None },
            Answer::Cancelled { at: None, stale: Some(Duration::from_secs(40)) },
            Answer::GivenUp,
            Answer::NotStored(StoreFault::Full),
            Answer::NotStored(StoreFault::Hangs),
            Answer::NotStored(StoreFault::Broken("EIO".into())),
            Answer::Full,
            Answer::Asks(Question::Which(Vec::new())),
            so_soon(Since::CameIn, Action::CompleteCovering),
            so_soon(Since::LabelRead, Action::CompleteFilling),
            so_soon(Since::ReworkStarted, Action::CompleteDecorating),
            so_soon(Since::PackingStarted, Action::CompletePacking),
            so_soon(Since::CameIn, Action::StartPacking),
            Answer::Asks(Question::LabelReadLate),
            Answer::Asks(Question::Returned { reason: "crack".into() }),
            Answer::Asks(Question::LabelOut { printer: printer.clone(), fault: jam.clone() }),
            Answer::Asks(Question::SiblingBehind(Vec::new())),
            Answer::LabelReads,
            Answer::Looking,
            Answer::LabelOut {
                printer: printer.clone(),
                is_proved: true,
                instead_of: None,
                lacks: Lacks::default(),
            },
            Answer::LabelOut {
                printer: printer.clone(),
                is_proved: false,
                instead_of: None,
                lacks: Lacks::default(),
            },
            out(Lacks::default()),
            out(Lacks::new([LabelPart::Product], false)),
            out(Lacks::new([LabelPart::Product, LabelPart::Customer], false)),
            out(Lacks::new(LabelPart::ALL, false)),
            out(Lacks::new([], true)),
            out(Lacks::new([LabelPart::Notes], true)),
            out(Lacks::default().unread(true)),
            Answer::LabelUnconfirmed { printer: printer.clone(), fault: jam.clone() },
            Answer::LabelFailed { printer: printer.clone(), fault: jam.clone() },
            Answer::LabelComing { printer: printer.clone(), fault: None },
            Answer::LabelComing { printer, fault: Some(jam) },
        ]
    }

    fn answers() -> Vec<Verdict> {
        let mut answers = told_of_a_cake();
        answers.extend(
            [
                NoScan::Product,
                NoScan::Unreadable,
                NoScan::Unknown,
                NoScan::OtherStore,
                NoScan::Badge,
                NoScan::UnknownCommand,
                NoScan::NoExactCake,
                NoScan::NothingAsked,
                NoScan::NoNumberAsked,
                NoScan::NotOffered(2),
            ]
            .map(Answer::NoScan),
        );
        answers.extend(
            [
                refusal(RefusalCode::InvalidStage, Some(Stage::Packing)),
                refusal(RefusalCode::InvalidStage, None),
                refusal(RefusalCode::PermissionDenied, None),
                refusal(RefusalCode::NotFound, None),
                refusal(RefusalCode::BadInput, None),
                refusal(RefusalCode::Conflict, None),
            ]
            .map(Answer::Refused),
        );
        let held = [
            Held::ReadOnly,
            Held::Offline,
            Held::Upstream(Stage::Decorating),
            Held::NotKnownYet,
            Held::Since(clock().now),
        ];
        answers.extend(held.map(Answer::Held));
        let mut verdicts: Vec<_> = answers.into_iter().map(|answer| verdict(None, answer)).collect();
        for action in crate::words::STEPS {
            verdicts.push(verdict(Some(action), Answer::Agreed));
        }
        verdicts.push(verdict(Some(Action::Print), Answer::Accepted));
        verdicts.push(verdict(Some(Action::Print), Answer::GivenUp));
        let copy_out = Answer::LabelOut {
            printer: "bench".into(),
            is_proved: true,
            instead_of: None,
            lacks: Lacks::default(),
        };
        for answer in [Answer::Accepted, copy_out, Answer::Agreed, Answer::AgreedLocally, Answer::GivenUp] {
            verdicts.push(verdict(Some(Action::Reprint), answer));
        }
        verdicts.extend(details());
        verdicts
    }

    /// What is said of details: each set, refused and given up.
    fn details() -> Vec<Verdict> {
        let name = "Maximiliana Konstantina Papadopoulou-Featherstonehaugh".into();
        let staff = crate::order::Staff { id: crate::order::StaffId("1".into()), name };
        let details = [
            Detail::Assignee(Some(staff)),
            Detail::Assignee(None),
            Detail::Storage(Some("Fridge 2".into())),
            Detail::Storage(None),
        ];
        let of = |detail: &Detail, answer| Verdict {
            detail: Some(detail.clone()),
            ..verdict(Some(detail.action()), answer)
        };
        let mut verdicts: Vec<_> = details.iter().map(|detail| of(detail, Answer::Agreed)).collect();
        for detail in [&details[0], &details[2]] {
            verdicts.push(of(detail, Answer::Refused(refusal(RefusalCode::BadInput, None))));
        }
        for code in [RefusalCode::Conflict, RefusalCode::PermissionDenied] {
            verdicts.push(of(&details[1], Answer::Refused(refusal(code, None))));
        }
        verdicts.push(of(&details[0], Answer::GivenUp));
        verdicts
    }

    #[test]
    fn a_detail_is_told_by_name_and_never_as_cancelled() {
        let said: Vec<_> = details().iter().map(|verdict| text(verdict, &clock())).collect();
        assert_eq!(said[1], "#B18617 not assigned. Nobody has it now");
        assert_eq!(said[2], "#B18617 put away. Kept in Fridge 2");
        let at = Some(clock().now);
        let cancelled = Refusal { cancelled_at: at, ..refusal(RefusalCode::BadInput, None) };
        let detail = Some(Detail::Storage(Some("Fridge 9".into())));
        let refused = verdict(Some(Action::SetStorage), Answer::Refused(cancelled));
        let refused = Verdict { detail, ..refused };
        assert_eq!(text(&refused, &clock()), "#B18617 no such place. Choose one of the shop's places");
    }

    #[test]
    fn what_is_missing_at_the_backend_is_told_as_that() {
        let said = |code, message: &str| {
            let refused = Refusal { message: message.into(), ..refusal(code, None) };
            text(&verdict(Some(Action::CompleteCovering), Answer::Refused(refused)), &clock())
        };
        assert_eq!(
            said(RefusalCode::BadInput, "PGRST202: Could not find the function public.complete_covering"),
            "#B18617 order system not ready. Call the on-call person: a function is missing. Then try again"
        );
        assert_eq!(
            said(
                RefusalCode::PermissionDenied,
                "violates foreign key constraint \"stage_events_staff_id_fkey\""
            ),
            "#B18617 account not set up. Call the on-call person: the account needs its staff row. Then try again"
        );
    }

    #[test]
    fn every_answer_has_words_that_fit() {
        for verdict in answers() {
            let words = answer(&verdict, &clock());
            let (headline, line, sentence) = (&words.headline, &words.line, &words.sentence);
            assert!((1..=16).contains(&headline.chars().count()), "{headline}");
            assert!(line.chars().count() <= 24, "{line}");
            assert!((1..=70).contains(&sentence.chars().count()), "{sentence}");
            assert!(!text(&verdict, &clock()).contains("raw words"), "{verdict:?}");
        }
    }

    #[test]
    fn no_two_answers_say_the_same() {
        let mut said = BTreeMap::new();
        for verdict in answers() {
            let words = answer(&verdict, &clock());
            let before = said.insert(words.sentence.clone(), verdict.answer.clone());
            assert_eq!(before, None, "{}", words.sentence);
        }
    }

    #[test]
    fn a_line_reads_as_staff_would_say_it() {
        let line = |action, answer| text(&verdict(action, answer), &clock());
        assert_eq!(line(Some(Action::CompleteFilling), Answer::Agreed), "#B18617 filled. Next: Covering");
        let at = Some("2026-11-22T23:04:00Z".parse().unwrap());
        assert_eq!(
            line(None, Answer::Cancelled { at, stale: None }),
            "#B18617 cancelled 10:04. Set the cake aside"
        );
        assert_eq!(
            line(None, Answer::Cancelled { at, stale: Some(Duration::from_secs(40)) }),
            "#B18617 cancelled 10:04. Set the cake aside (as of 40 s ago)"
        );
        let label =
            |lacks| Answer::LabelOut { printer: "bench".into(), is_proved: true, instead_of: None, lacks };
        assert_eq!(
            line(Some(Action::Print), label(Lacks::new([LabelPart::Notes], false))),
            "#B18617 label printed. At printer bench. Check the label: notes cut short"
        );
        assert!(!line(Some(Action::Print), label(Lacks::default())).contains("Check"));
        assert_eq!(
            line(Some(Action::Print), label(Lacks::default().unread(true))),
            "#B18617 label printed. At printer bench. Check the label: writing not on it"
        );
        let badge = Verdict {
            order: None,
            code: "%STAFF:1003".into(),
            ..verdict(None, Answer::NoScan(NoScan::Badge))
        };
        assert_eq!(
            text(&badge, &clock()),
            "Badge not used %STAFF:1003. Work here is credited to the account this station is signed in with"
        );
        let fudge: Vec<Arc<crate::order::Order>> = Vec::new();
        assert!(line(None, Answer::Asks(Question::Which(fudge))).starts_with("Which cake? "));
    }

    #[test]
    fn every_fault_says_what_happened_what_it_means_and_what_to_do() {
        let raw = || Box::<str>::from("raw words");
        let links = [
            LinkFault::Unreachable(raw()),
            LinkFault::TimedOut,
            LinkFault::NotSupabase(raw()),
            LinkFault::Malformed(raw()),
            LinkFault::WrongKey,
            LinkFault::WrongPassword,
            LinkFault::Forbidden(raw()),
            LinkFault::NoFunction(raw()),
            LinkFault::NoContract(ContractDoubt::Neither),
            LinkFault::NoContract(ContractDoubt::Both),
            LinkFault::Busy(Duration::from_secs(9)),
            LinkFault::Server(503),
        ];
        let printers = [
            PrinterFault::Unreachable(raw()),
            PrinterFault::NoAnswer,
            PrinterFault::PaperOut,
            PrinterFault::CoverOpen,
            PrinterFault::Jam,
            PrinterFault::RibbonOut,
            PrinterFault::Paused,
            PrinterFault::Attention,
            PrinterFault::Error(raw()),
            PrinterFault::Nonsense,
            PrinterFault::Template(raw()),
            PrinterFault::Interrupted,
        ];
        let scanners = [ScannerFault::Missing(raw()), ScannerFault::Denied(raw()), ScannerFault::Babbling];
        let mut told: Vec<Told> = links.iter().map(fault::link).collect();
        told.extend(printers.iter().map(|fault| fault::printer("bench", fault)));
        told.extend(scanners.iter().map(|fault| fault::scanner("gun", fault)));
        told.extend(
            [StoreFault::Full, StoreFault::Hangs, StoreFault::Broken(raw())].iter().map(fault::store_fault),
        );
        told.push(fault::full());
        let mut remedies = BTreeMap::new();
        for Told { happened, means, remedy, .. } in told {
            for part in [&happened, &means, &remedy] {
                assert!((1..=90).contains(&part.chars().count()), "{part}");
                assert!(!part.contains("raw words"), "{part}");
            }
            assert_eq!(remedies.insert(remedy.clone(), happened), None, "{remedy}");
        }
    }
}
