//! What stations say, line by line.

use std::time::Duration;

use super::checks::{Hearing, Rule};
use super::reads::{Aim, Guarded, Read};
use super::tally::Luck;
use super::world::World;
use crate::order::{Action, IntentId, Stage};
use crate::station::tests::bench::NOON;
use crate::station::*;

impl World {
    /// A station says something: it is checked, and whoever waits for it heeds it.
    pub fn hear(&mut self, place: usize, verdict: &Verdict) {
        self.fold(verdict.seq ^ u64::from(verdict.order.map_or(0, |order| order.number)) << 8);
        self.note(|world| {
            let name = &world.kiosks[place].settings.name;
            let order = verdict.order.map_or("-".into(), |order| order.to_string());
            let action = verdict.action.map_or("", Action::name);
            format!("{name} says {order} {action} {:?}", Brief(&verdict.answer))
        });
        self.check_negative(place, verdict);
        self.remember_question(place, verdict);
        match verdict.intent {
            Some(intent) => self.hear_of_intent(place, verdict, intent),
            None => self.hear_answer(place, verdict),
        }
    }

    /// A line of an intent, or of a fact that was kept.
    fn hear_of_intent(&mut self, place: usize, verdict: &Verdict, intent: IntentId) {
        let life = self.kiosks[place].life;
        if matches!(verdict.answer, Answer::LabelOut { .. }) && self.hearing == Hearing::Scan {
            let last = self.kiosks[place].recent.back().map(|read| &self.reads[*read as usize]);
            if last.is_some_and(|read| read.code.starts_with('O')) {
                self.tally.luck(Luck::ProvedByQr);
            }
        }
        let is_weak = self.is_weak();
        let Some(read) = self.read_of_mut(intent) else { return };
        let number = (read.id.bits() >> 96) as u32;
        if read.guard == Guarded::Must && read.lines == 0 {
            return self.breach(Rule::Guard, place, || format!("acts within the guard: {:?}", verdict.code));
        }
        read.lines += 1;
        // By what was read or is kept here, as well as by an answer.
        let is_over = matches!(verdict.answer.kind(), Some(Kind::Agreed | Kind::AlreadyDone));
        read.is_answered |= is_weak && is_over;
        let is_further = read.lines > 1;
        let is_of_before = read.life != life;
        match verdict.answer.kind() {
            Some(Kind::Accepted) => {
                let is_right = self.hear_accepted(place, verdict, intent);
                if !is_right {
                    return;
                }
            }
            Some(Kind::Held) => {
                self.reads_held.insert(intent);
                if matches!(verdict.answer, Answer::Held(Held::Upstream(_))) {
                    self.tally.luck(Luck::WaitedForUpstream);
                }
            }
            Some(Kind::Agreed | Kind::AlreadyDone | Kind::Refused)
                if verdict.answer != Answer::AgreedLocally =>
            {
                let was_ended = std::mem::replace(&mut read.has_ended, true);
                let is_old = read.life != self.kiosks[place].life;
                if was_ended && !is_old {
                    return self.breach(Rule::Answered, place, || format!("two last words: {verdict:?}"));
                }
                if verdict.answer == Answer::Agreed {
                    self.check_once(place, verdict);
                }
                // Whoever was first began it earlier.
                if let (Answer::AlreadyDone { .. }, Some(order)) = (&verdict.answer, verdict.order) {
                    self.kiosks[place].began.remove(&order);
                }
            }
            _ => {}
        }
        self.heed(number, verdict);
        // A scan of a cake that waits for its label, or is held, is answered by what is said of that.
        let is_new = is_further || is_of_before;
        if is_new && self.hearing != Hearing::Other && verdict.detail.is_none() {
            self.hear_instead(place, verdict);
        }
    }

    /// An action is accepted; whether rightly.
    fn hear_accepted(&mut self, place: usize, verdict: &Verdict, intent: IntentId) -> bool {
        let kiosk = &self.kiosks[place];
        let (now, is_failing) = (self.now, kiosk.is_failing);
        let is_durable = kiosk.disk.intents.contains_key(&intent);
        // The start of a rework is kept here alone, and is no intent.
        let is_begun = verdict.order.is_some_and(|order| kiosk.reworks.iter().any(|(of, _)| *of == order));
        let is_kept = !is_durable && is_begun;
        let Some(read) = self.read_of_mut(intent) else { return false };
        let (read_at, is_here, was_accepted) = (read.at, read.place == place, read.is_accepted);
        read.is_accepted |= is_durable;
        if is_durable && !was_accepted {
            read.accepted_at = now;
        }
        let is_cancelled = verdict.cake.as_ref().is_some_and(|cake| cake.times.cancelled.is_some());
        let is_step = verdict.action.is_some_and(|action| action.stage().is_some());
        let is_of_cancelled = read.is_of_cancelled && is_cancelled && is_step;
        let broken = if (!is_durable && !is_kept) || !is_here {
            Some((Rule::I1, "accepted before it was durable"))
        } else if is_failing {
            Some((Rule::I10, "accepted after a write failed"))
        } else if was_accepted && !is_kept {
            Some((Rule::I2, "accepted twice"))
        } else if is_of_cancelled {
            Some((Rule::Cancelled, "moves on"))
        } else {
            None
        };
        if let Some((rule, what)) = broken {
            self.breach(rule, place, || format!("{}: {what}", verdict.code));
            return false;
        }
        self.check_dwell(place, verdict, read_at);
        true
    }

    fn hear_instead(&mut self, place: usize, verdict: &Verdict) {
        let recent = self.kiosks[place].recent.iter().copied();
        let is_of = |aim: &Aim| {
            verdict.order.is_some_and(|order| match aim {
                Aim::Cake(id) => *id == order,
                Aim::Number(number) | Aim::Unclear(number) => *number == order.number,
                Aim::Nothing => false,
            })
        };
        let waits = |read: &u32| {
            let read = &self.reads[*read as usize];
            let is_meant = is_of(&read.aim) || read.code == verdict.code;
            read.lines == 0 && read.guard != Guarded::Must && is_meant && !read.code.starts_with('%')
        };
        let waiting: Vec<_> = recent.filter(waits).collect();
        for read in waiting {
            self.reads[read as usize].lines += 1;
            self.heed(read, verdict);
        }
    }

    /// The one answer to a scan that does not act.
    fn hear_answer(&mut self, place: usize, verdict: &Verdict) {
        if let Answer::NotStored(_) = verdict.answer {
            self.tally.luck(Luck::NotStored);
        }
        let is_of = |read: &&Read| {
            read.code == verdict.code && read.source == verdict.source && read.lines == 0 && !read.is_accepted
        };
        let recent =
            || self.kiosks[place].recent.iter().map(|read| &self.reads[*read as usize]).filter(is_of);
        let of = recent().find(|read| read.guard != Guarded::Must).or_else(|| recent().next());
        let Some(read) = of else { return };
        let number = (read.id.bits() >> 96) as u32;
        if read.guard == Guarded::Must {
            return self
                .breach(Rule::Guard, place, || format!("answered within the guard: {}", verdict.code));
        }
        let read = &mut self.reads[number as usize];
        read.lines += 1;
        read.is_refused |= matches!(verdict.answer, Answer::NotStored(_));
        self.heed(number, verdict);
    }

    /// A negative answer rests on a read, or says how old it is.
    fn check_negative(&mut self, place: usize, verdict: &Verdict) {
        let stale = match &verdict.answer {
            Answer::AlreadyDone { stale, .. }
            | Answer::NotHere { stale, .. }
            | Answer::Cancelled { stale, .. } => *stale,
            Answer::NoScan(NoScan::Unknown) => None,
            _ => return,
        };
        if verdict.intent.is_some() {
            return;
        }
        let own = self.kiosks[place].stage();
        if matches!(verdict.answer, Answer::NotHere { stage, .. } if own > Some(stage)) && stale.is_some() {
            return self.breach(Rule::ReadFirst, place, || "not here, by an old copy".into());
        }
        let is_right = match stale {
            None => self.hearing == Hearing::Read,
            Some(_) => {
                self.kiosks[place].is_offline() || self.hearing == Hearing::NoRead || self.is_late(place)
            }
        };
        if stale.is_some() {
            self.tally.luck(Luck::AnsweredFromOldCopy);
        }
        if !is_right {
            let hearing = self.hearing;
            self.breach(Rule::ReadFirst, place, || format!("{:?} told {hearing:?}", verdict.answer));
        }
    }

    /// Whether somebody has waited for a read as long as they are let wait.
    fn is_late(&self, place: usize) -> bool {
        let mut recent = self.kiosks[place].recent.iter().map(|read| &self.reads[*read as usize]);
        recent.any(|read| read.lines == 0 && self.now >= read.at + READ_WITHIN)
    }

    fn remember_question(&mut self, place: usize, verdict: &Verdict) {
        let kiosk = &mut self.kiosks[place];
        let shown = kiosk.station.as_ref().and_then(|station| station.shown.as_ref());
        let is_on_screen = shown.is_some_and(|shown| shown.verdict.seq == verdict.seq);
        let luck = match (&verdict.answer, verdict.order) {
            (Answer::Asks(Question::Which(cakes)), _) => {
                kiosk.label_asked.remove(&verdict.source);
                let others = kiosk
                    .which
                    .insert(verdict.source, (cakes.iter().map(|cake| cake.id).collect(), self.now));
                let is_other = kiosk.which.len() > 1 && others.is_none();
                is_other.then_some(Luck::OtherGunsQuestion)
            }
            (Answer::Asks(Question::LabelOut { .. }) | Answer::LabelUnconfirmed { .. }, Some(order))
                if is_on_screen =>
            {
                kiosk.label_asked.insert(verdict.source, order);
                None
            }
            (Answer::Asks(question), Some(order)) => {
                kiosk.asked.insert(order, self.now);
                if let Question::SiblingBehind(_) = question {
                    kiosk.asked_sibling.insert(order, self.now);
                }
                match question {
                    Question::SiblingBehind(_) => Some(Luck::SiblingAsked),
                    Question::SoSoon { .. } => Some(Luck::AskedTooSoon),
                    _ => None,
                }
            }
            _ => None,
        };
        if let Some(luck) = luck {
            self.tally.luck(luck);
        }
    }

    /// What came in just now is asked about; so is what came back.
    pub fn check_dwell(&mut self, place: usize, verdict: &Verdict, read_at: Duration) {
        let (Some(action), Some(cake), Some(order)) = (verdict.action, &verdict.cake, verdict.order) else {
            return;
        };
        let read = verdict.intent.and_then(|intent| self.read_of(intent));
        let is_return_known = read.is_some_and(|read| read.is_return_known);
        let kiosk = &self.kiosks[place];
        let kept = verdict.intent.and_then(|intent| kiosk.disk.intents.get(&intent));
        let rework = kept.map_or(cake.rework, |intent| intent.rework);
        if action == Action::CompleteDecorating
            && cake.stage == Stage::Decorating
            && cake.returned.is_some()
            && is_return_known
            && !kiosk.reworks.contains(&(order, rework))
        {
            return self.breach(Rule::Rework, place, || format!("completed with its return unread: {order}"));
        }
        if !action.is_completion() || !are_clocks_right(self) {
            return;
        }
        let was_behind = read.is_some_and(|read| read.has_sibling_behind);
        let told = kiosk.asked_sibling.get(&order);
        let was_told = told.is_some_and(|at| (*at..*at + CONFIRM_WINDOW).contains(&read_at));
        if action == Action::CompletePacking && was_behind && !was_told {
            return self.breach(Rule::Sibling, place, || format!("packed {order} with its sibling behind"));
        }
        let own = action.stage().unwrap_or(Stage::Filling);
        let dwell = kiosk.settings.dwell.of(own);
        let asked =
            kiosk.asked.get(&order).is_some_and(|asked| (*asked..*asked + CONFIRM_WINDOW).contains(&read_at));
        let was_here = read.is_some_and(|read| read.stage_known == Some(own));
        let entered =
            if was_here && cake.stage == own && own < Stage::Packing { cake.entered_at() } else { None };
        let since = entered.map(|at| NOON.plus(read_at).since(at));
        let is_first_here = cake.times.packing_start.is_none();
        let began = match own {
            Stage::Packing => kiosk.began.get(&order).filter(|_| is_first_here),
            Stage::Filling => kiosk.label_reads.get(&order),
            _ => None,
        };
        if own == Stage::Filling && cake.stage == own && began.is_none() && !asked {
            return self.breach(Rule::Dwell, place, || format!("filled {order}, its label unread"));
        }
        let began = began.map(|at| read_at.saturating_sub(*at));
        let least = since.into_iter().chain(began).min();
        if !asked && least.is_some_and(|least| least + CLOCKS_DIFFER < dwell) {
            self.breach(Rule::Dwell, place, || format!("{} {order} after {least:?}", action.name()));
        }
    }

    /// One of two stations that agreed to the same step of the same cake, and another intent.
    pub fn check_once(&mut self, place: usize, verdict: &Verdict) {
        let (Some(action), Some(order), Some(intent)) = (verdict.action, verdict.order, verdict.intent)
        else {
            return;
        };
        if action.stage().is_none() {
            return;
        }
        let rework = self.read_of(intent).and_then(|read| read.body.as_ref()).map_or(0, |body| body.rework);
        let first = *self.agreed.entry((order, action, rework)).or_insert(intent);
        // Of two of its own intents a station cannot always tell which one it was.
        let is_own = self.is_weak() && self.read_of(first).is_some_and(|read| read.place == place);
        if first != intent && !is_own && !self.is_excused(order) {
            self.breach(Rule::I5, place, || format!("{} of {order} agreed twice", action.name()));
        }
    }
}

/// `workflow.md` 2, guard (c).
const CONFIRM_WINDOW: Duration = Duration::from_secs(8);

/// Stamps of two stations, and the moment that a write takes.
const CLOCKS_DIFFER: Duration = Duration::from_millis(1500);

/// Whether the wall times that people and stations go by are right everywhere.
pub fn are_clocks_right(world: &World) -> bool {
    world.kiosks.iter().all(|kiosk| !kiosk.was_clock_set)
}

/// `workflow.md` 1, what a negative answer may rest on.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// An answer in a few words.
struct Brief<'a>(&'a Answer);

impl std::fmt::Debug for Brief<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Answer::Asks(Question::Which(cakes)) => {
                let cakes: Vec<_> = cakes.iter().map(|cake| cake.id.to_string()).collect();
                write!(f, "asks which: {}", cakes.join(", "))
            }
            Answer::Asks(Question::SiblingBehind(cakes)) => {
                write!(f, "asks: {} siblings are behind", cakes.len())
            }
            Answer::AlreadyDone { mark, stale, .. } => {
                let station = mark.as_ref().and_then(|mark| mark.station.as_deref()).unwrap_or("?");
                write!(f, "already done at {station}, stale {stale:?}")
            }
            Answer::NotHere { stage, stale, .. } => write!(f, "not here but in {stage}, stale {stale:?}"),
            answer => write!(f, "{answer:?}"),
        }
    }
}
