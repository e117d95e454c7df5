//! The words of what a person is asked.

use super::Words;
use super::fault::printer_brief;
use super::time::{Clock, hour, span, when};
use crate::order::{Action, Order, Stage};
use crate::station::{Answer, Question, Since};

pub(super) fn asks(question: &Question, name: &str, clock: &Clock) -> Words {
    let about =
        |line: &str, sentence: String| Words { headline: name.to_owned(), line: line.to_owned(), sentence };
    match question {
        Question::Which(cakes) => Words {
            headline: "Which cake?".to_owned(),
            line: String::new(),
            sentence: match shared_number(cakes) {
                // The copy knows one of several.
                Some(number) if cakes.len() == 1 => {
                    format!("{number} is more than one cake. Scan its label, or touch it")
                }
                Some(number) => {
                    format!("{number} is {} cakes. Scan its label, or touch one.", count(cakes.len()))
                }
                None => format!("{} orders have this number. Touch one.", capital(&count(cakes.len()))),
            },
        },
        Question::SoSoon { ago, since, action } => {
            let since = match since {
                Since::CameIn => "Came in",
                Since::LabelRead => "Label read",
                Since::ReworkStarted => "Rework began",
                Since::PackingStarted => "Packing started",
                Since::Started => "Started",
            };
            let (line, what) = match action {
                Action::StartPacking => ("Start packing?", "start packing"),
                _ => ("Finished?", "finish"),
            };
            about(line, format!("{since} {} ago. Scan again to {what}", span(*ago)))
        }
        Question::NeverFinished { stage, started } => about(
            "Never finished",
            format!("{stage} started {}, never finished: complete it? Scan again", when(*started, clock)),
        ),
        Question::LabelReadLate => about("Label reads", "Filled already? Scan again to finish".to_owned()),
        Question::Returned { reason } if reason.trim().is_empty() => {
            about("Came back", "Returned, no reason given. Scan again when it is right".to_owned())
        }
        Question::Returned { reason } => {
            about("Came back", format!("Returned: {}. Scan again when it is right", reason.trim()))
        }
        Question::LabelOut { printer, fault } => {
            about("Label out?", format!("Look at printer {printer}: {}", printer_brief(fault)))
        }
        Question::SiblingBehind(behind) => {
            let first =
                behind.first().map(|cake| format!("{} is still at {}. ", cake.id.barcode(), cake.stage));
            about("Pack it alone?", format!("{}Scan again to pack this one", first.unwrap_or_default()))
        }
    }
}

/// What the answers to a question by number are called, in the order of their numbers; none where a scan answers.
pub fn picks(answer: &Answer) -> &'static [&'static str] {
    match answer {
        Answer::LabelUnconfirmed { .. } | Answer::Asks(Question::LabelOut { .. }) => &LABEL_OUT_PICKS,
        _ => &[],
    }
}

/// The button that answers a question as a second scan would; none where the hands have work to do first.
pub fn confirm(question: &Question) -> Option<&'static str> {
    match question {
        Question::SoSoon { action: Action::StartPacking, .. } => Some("Start packing"),
        Question::SoSoon { .. } => Some("Finish it"),
        Question::NeverFinished { .. } => Some("Complete it"),
        Question::LabelReadLate => Some("Yes, filled"),
        Question::SiblingBehind(_) => Some("Pack this one"),
        Question::Which(_) | Question::Returned { .. } | Question::LabelOut { .. } => None,
    }
}

/// Where a cake stands, in a few words: `At Filling, no label yet`, `At Covering since 09:50`.
pub fn standing(order: &Order, clock: &Clock) -> String {
    if order.times.cancelled.is_some() {
        return "Cancelled".to_owned();
    }
    match (order.stage, order.entered_at()) {
        (Stage::Filling, _) if order.times.filling_start.is_none() => "At Filling, no label yet".to_owned(),
        (Stage::Complete, Some(at)) => format!("Packed {}", when(at, clock)),
        (Stage::Complete, None) => "Packed".to_owned(),
        (stage, Some(at)) if clock.day_of(at) == clock.today() => {
            format!("At {stage} since {}", hour(at, clock))
        }
        (stage, Some(at)) => format!("At {stage} since {}", when(at, clock)),
        (stage, None) => format!("At {stage}"),
    }
}

fn shared_number(cakes: &[std::sync::Arc<Order>]) -> Option<u32> {
    let first = cakes.first()?.id;
    cakes
        .iter()
        .all(|cake| (cake.id.store, cake.id.number) == (first.store, first.number))
        .then_some(first.number)
}

/// Under the cards of some cakes of a number, when it has more than cards can show.
pub fn beyond_the_cards(more: usize) -> String {
    format!("And {} more: scan that cake’s own label.", count(more))
}

fn count(count: usize) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    WORDS.get(count).map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters.as_str().chars()).collect()
}

pub(super) const LABEL_OUT_PICKS: [&str; 3] = ["Yes, it is out", "No label", "Don’t know"];
