//! Verdicts: what is told to scripts, shown on the screen and sounded.

use std::sync::Arc;

use super::open::Name;
use super::planted::{Bug, planted};
use super::scan::Scan;
use super::{Answer, Effect, Intent, Kind, Live, Shown, Station, Tone, Verdict};
use crate::order::{Action, IntentId, OrderId, Stage, Timestamp};

impl Station {
    /// Answers a scan that does not act.
    pub(super) fn answer(&mut self, scan: &Scan, order: Option<OrderId>, answer: Answer) {
        let mut verdict = self.verdict(scan, order, answer);
        self.tell(&mut verdict);
        self.show(scan, verdict);
    }

    pub(super) fn verdict(&self, scan: &Scan, order: Option<OrderId>, answer: Answer) -> Verdict {
        let order = order.filter(|id| self.name_of(scan, *id) == Name::Cake(*id));
        let cake = order.and_then(|id| self.orders.shown(id).cloned());
        Verdict {
            at: self.at,
            seq: 0,
            source: scan.source,
            code: scan.text.clone(),
            order,
            stage: cake.as_ref().map(|cake| cake.stage),
            cake,
            action: None,
            detail: None,
            intent: None,
            answer,
        }
    }

    /// A verdict on an intent, late or not.
    pub(super) fn verdict_of(&self, intent: &Intent, answer: Answer) -> Verdict {
        // A bare number that either store may have names neither's cake.
        let order = Some(intent.order).filter(|id| self.open.name(intent) == Name::Cake(*id));
        let cake = order.and_then(|id| self.orders.shown(id).cloned());
        let action = Some(intent.action).filter(|_| !intent.is_action_open);
        let own = action.and_then(Action::stage);
        let after = if intent.action.is_completion() { own.and_then(Stage::next) } else { own };
        let stage = match answer.kind() {
            _ if intent.action.stage().is_none() => cake.as_ref().map(|cake| cake.stage),
            Some(Kind::Refused | Kind::AlreadyDone) => cake.as_ref().map(|cake| cake.stage),
            _ => after,
        };
        Verdict {
            at: self.at,
            seq: 0,
            source: intent.source,
            code: intent.code.clone(),
            order,
            cake,
            action,
            detail: intent.detail.clone(),
            stage,
            intent: Some(intent.id),
            answer,
        }
    }

    /// Writes the verdict's line, and with it numbers the verdict.
    pub(super) fn tell(&mut self, verdict: &mut Verdict) {
        self.verdicts += 1;
        verdict.seq = self.verdicts;
        let id = self.next_id();
        self.effects.push(Effect::Tell { id, verdict: verdict.clone() });
    }

    /// Shows the answer to a scan, unless a newer one owns the screen and this one can wait unseen.
    pub(super) fn show(&mut self, scan: &Scan, verdict: Verdict) {
        let must_be_seen = matches!(verdict.answer.kind(), Some(Kind::Refused | Kind::Choice));
        if scan.number < self.shown_scan && !must_be_seen {
            return;
        }
        self.shown_scan = self.shown_scan.max(scan.number);
        self.sound(&verdict.answer);
        self.shown = Some(Shown { expected: scan.expected, ..Shown::new(verdict) });
    }

    /// Shows that a scan is being looked up.
    pub(super) fn show_quietly(&mut self, scan: &Scan, verdict: Verdict) {
        if scan.number >= self.shown_scan {
            self.shown_scan = scan.number;
            self.shown = Some(Shown::new(verdict));
        }
    }

    /// Tells a further line of an intent, unless it had its last, and shows it if that intent is what the screen shows.
    pub(super) fn tell_of(&mut self, intent: &Intent, answer: Answer) -> bool {
        let is_ended = self.open.live(intent.id).is_some_and(|live| live.is_ended);
        self.tell_unless(is_ended, intent, answer)
    }

    /// Tells the last line of an intent that is not open any more, unless it had one.
    pub(super) fn end(&mut self, live: &Live, answer: Answer) {
        self.tell_unless(live.is_ended && !planted(Bug::AnswersTwice), &live.intent, answer);
    }

    fn tell_unless(&mut self, is_ended: bool, intent: &Intent, answer: Answer) -> bool {
        let mut verdict = self.verdict_of(intent, answer);
        if !is_ended {
            self.tell(&mut verdict);
        }
        let Some(shown) = self.shown.as_mut().filter(|shown| shown.verdict.intent == Some(intent.id)) else {
            return false;
        };
        let is_agreed = matches!(verdict.answer.kind(), Some(Kind::Agreed));
        shown.agreed_at = if is_agreed { Some(verdict.at) } else { shown.agreed_at };
        if let Answer::LabelOut { printer, instead_of, lacks, .. } = &verdict.answer {
            shown.lacks = *lacks;
            shown.label_at = instead_of.as_ref().map(|_| printer.clone());
        }
        let answer = verdict.answer.clone();
        shown.verdict = Arc::new(verdict);
        if !is_agreed {
            self.sound(&answer);
        }
        true
    }

    /// Shows an intent's first answer as that of its scan.
    pub(super) fn show_saved(
        &mut self,
        scan: &Scan,
        intent: IntentId,
        verdict: Verdict,
        saved_at: Timestamp,
    ) {
        self.show(scan, verdict);
        if let Some(shown) = self.shown.as_mut().filter(|shown| shown.verdict.intent == Some(intent)) {
            shown.saved_at = Some(saved_at);
        }
    }

    /// Brings an intent back to the screen: a person just spoke about it.
    pub(super) fn show_intent(&mut self, intent: &Intent) {
        let verdict = self.verdict_of(intent, Answer::Accepted);
        self.show_newest(verdict);
    }

    pub(super) fn show_newest(&mut self, verdict: Verdict) {
        self.shown_scan = self.scans;
        self.shown = Some(Shown::new(verdict));
    }

    pub(super) fn sound(&mut self, answer: &Answer) {
        let tone = match answer.kind() {
            Some(Kind::Accepted | Kind::Agreed) => Tone::Accepted,
            Some(Kind::AlreadyDone) => match answer {
                Answer::AlsoPrinted { .. } => Tone::Refused,
                _ => Tone::AlreadyDone,
            },
            Some(Kind::NotHere) => Tone::NotHere,
            Some(Kind::Refused | Kind::Failed) => Tone::Refused,
            Some(Kind::Choice | Kind::Unconfirmed) => Tone::Choice,
            Some(Kind::Reads) => Tone::Reads,
            Some(Kind::Held) => Tone::Held,
            // The scan of a label that came out was sounded when it was accepted.
            Some(Kind::Printed | Kind::Sent) | None => return,
        };
        let id = self.next_id();
        self.effects.push(Effect::Sound { id, tone });
    }
}
