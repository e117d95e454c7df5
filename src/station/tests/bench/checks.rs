//! What must hold at every step of a bench.

use std::collections::{BTreeMap, BTreeSet};

use super::Bench;
use crate::order::{Action, IntentId, OrderId};
use crate::station::*;

/// What must hold at every step, looked at from outside.
#[derive(Default)]
pub struct Checks {
    pub(super) bodies: BTreeMap<IntentId, Intent>,
    pub(super) last_lines: BTreeMap<IntentId, usize>,
    pub(super) accepted: BTreeSet<IntentId>,
    pub sent: BTreeMap<(usize, EffectId), IntentId>,
    pub(super) done: BTreeSet<IntentId>,
    pub(super) closed: BTreeSet<OrderId>,
}

impl Bench {
    /// The invariants of `reliability.md` that can be seen in what a station orders.
    pub(super) fn check(&mut self, place: usize, effect: &Effect) {
        let kiosk = &self.stations[place];
        match effect {
            Effect::Tell { verdict, .. } => {
                let Some(intent) = verdict.intent.filter(|_| verdict.action.is_some()) else { return };
                match verdict.answer.kind().expect("a line has a word") {
                    Kind::Accepted => {
                        assert!(kiosk.journal.intents.contains_key(&intent), "I1: accepted before durable");
                        assert!(self.checks.accepted.insert(intent), "I2: accepted twice");
                    }
                    Kind::Agreed | Kind::AlreadyDone | Kind::Refused => {
                        let lines = self.checks.last_lines.entry(intent).or_default();
                        *lines += 1;
                        assert_eq!(*lines, 1, "two last lines: {verdict:?}");
                    }
                    _ => {}
                }
            }
            Effect::Send { id, intent } => {
                self.checks.sent.insert((place, *id), intent.id);
                let kept = kiosk.journal.intents.get(&intent.id).expect("I1: sent before durable");
                assert_eq!(kept, &**intent, "sent otherwise than kept");
                let body = self.checks.bodies.entry(intent.id).or_insert_with(|| Intent::clone(intent));
                assert_eq!(body, &**intent, "I2: the same intent with another body");
                let before = kiosk.journal.intents.values().find(|other| {
                    !self.checks.done.contains(&other.id)
                        && other.order == intent.order
                        && other.seq < intent.seq
                        && other.state == IntentState::Open
                });
                assert_eq!(before, None, "I4: sent before an earlier one of the same cake");
            }
            Effect::Store { records, .. } => {
                for record in records {
                    let Record::Intent(intent) = record else { continue };
                    match intent.state {
                        IntentState::Agreed { already } => {
                            // What is refused of a copy that is out is closed here, and so is a step that the backend lacks.
                            let is_local = if self.backend.abilities.repeats_safely {
                                intent.action == Action::Reprint
                            } else {
                                intent.action == Action::StartPacking
                                    || self.backend.has_step(intent, already)
                            };
                            let is_known = self.backend.intents.contains_key(&intent.id);
                            assert!(is_known || is_local, "I3: closed without a verdict");
                        }
                        IntentState::Closed => {
                            let is_by_person = self.checks.closed.contains(&intent.order);
                            let was_accepted = self.checks.accepted.contains(&intent.id);
                            let mut others = kiosk.journal.intents.values();
                            let is_replaced = intent.detail.is_some()
                                && others.any(|other| {
                                    (other.order, other.action) == (intent.order, intent.action)
                                        && other.seq > intent.seq
                                });
                            assert!(is_by_person || is_replaced || !was_accepted, "I3: closed by nobody");
                        }
                        _ => {}
                    }
                }
            }
            Effect::Print { job, .. } => {
                let twin = (job.order, job.copy);
                let is_again = kiosk.labels.iter().any(|(order, copy, _)| (*order, *copy) == twin);
                assert!(!is_again, "I6: the same label twice");
            }
            _ => {}
        }
    }
}
