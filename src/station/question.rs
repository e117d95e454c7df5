//! What each gun was asked last, and for how long an answer counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::planted::{Bug, planted};
use super::{Question, Source};
use crate::order::code::Code;
use crate::order::{Action, IntentId, Order, OrderId};

/// One open question a gun.
#[derive(Default)]
pub(super) struct Questions {
    open: BTreeMap<Source, Asked>,
}

/// A question, and what an answer to it does.
pub(super) struct Asked {
    /// The verdict that asks, by its number.
    pub(super) verdict: u64,
    /// Until when an answer counts.
    pub(super) until: Duration,
    pub(super) topic: Topic,
}

/// What a question is about.
pub(super) enum Topic {
    /// Which of these cakes.
    Which(Vec<Arc<Order>>),
    /// Whether to go on with this cake; answered by scanning it again.
    Confirm(Confirm),
    /// Whether the label of this intent came out.
    LabelOut(IntentId),
}

/// What the next scan of a cake confirms.
#[derive(Clone, Copy)]
pub(super) struct Confirm {
    pub(super) order: OrderId,
    pub(super) action: Action,
    /// Whether it was said that another cake of the order is behind.
    pub(super) names_sibling: bool,
}

impl Questions {
    pub(super) fn ask(&mut self, source: Source, asked: Asked) {
        self.open.insert(source, asked);
    }

    pub(super) fn get(&self, source: Source) -> Option<&Asked> {
        let any = || self.open.values().next().filter(|_| planted(Bug::TakesAnyGunsAnswer));
        self.open.get(&source).or_else(any)
    }

    /// Ends what a gun was asked.
    pub(super) fn end(&mut self, source: Source) {
        self.open.remove(&source);
    }

    /// A gun read something else than a number in answer: its question is over, unless it is answered by a scan of the
    /// very cake.
    pub(super) fn passed_over(&mut self, source: Source, read: &Code) {
        let may_answer = |asked: &Asked| match (&asked.topic, read) {
            (Topic::Confirm(confirm), Code::Cake { id, .. }) => {
                let whole = |id: OrderId| OrderId { suffix: None, ..id };
                *id == confirm.order || *id == whole(confirm.order)
            }
            (Topic::Confirm(confirm), Code::Number(number)) => *number == confirm.order.number,
            _ => false,
        };
        if self.get(source).is_some_and(|asked| !may_answer(asked)) {
            self.end(source);
        }
    }

    /// What was asked about a cake, by whichever gun.
    pub(super) fn confirm(&self, order: OrderId) -> Option<Confirm> {
        self.open.values().find_map(|asked| match asked.topic {
            Topic::Confirm(confirm) if confirm.order == order => Some(confirm),
            _ => None,
        })
    }

    /// Ends what was asked about a cake or its label.
    pub(super) fn settle(&mut self, order: OrderId, intent: Option<IntentId>) {
        self.open.retain(|_, asked| match asked.topic {
            Topic::Confirm(confirm) => confirm.order != order,
            Topic::LabelOut(asked) => Some(asked) != intent,
            Topic::Which(_) => true,
        });
    }

    /// Ends every question whose time is over; which verdicts asked them.
    pub(super) fn lapse(&mut self, now: Duration) -> Vec<u64> {
        let mut lapsed = Vec::new();
        self.open.retain(|_, asked| {
            let is_open = now < asked.until || planted(Bug::KeepsQuestionsOpen);
            if !is_open {
                lapsed.push(asked.verdict);
            }
            is_open
        });
        lapsed
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.values().map(|asked| asked.until).min()
    }
}

/// How long an answer to a question counts.
pub(super) fn window(question: &Question) -> Duration {
    match question {
        Question::Which(_) | Question::LabelOut { .. } => PICK_WINDOW,
        Question::SoSoon { .. }
        | Question::NeverFinished { .. }
        | Question::LabelReadLate
        | Question::Returned { .. }
        | Question::SiblingBehind(_) => CONFIRM_WINDOW,
    }
}

/// `workflow.md` 2, the exact cake.
pub(super) const PICK_WINDOW: Duration = Duration::from_secs(20);

/// `workflow.md` 2, guard (c).
const CONFIRM_WINDOW: Duration = Duration::from_secs(8);
