//! From a frame or a finger to what it does: the code, the guards, the exact cake, the rule, the intent.

use std::sync::Arc;
use std::time::Duration;

use super::guard::{COMMAND_GUARD, Key};
use super::open::Name;
use super::planted::{Bug, planted};
use super::question::{Asked, Topic, window};
use super::rules::Basis;
use super::{Answer, Lookup, NoScan, Question, Source, Station, Touch};
use crate::order::code::Code;
use crate::order::{IntentId, Order, OrderId, Timestamp};

/// One scan or touch, until it is answered.
#[derive(Clone)]
pub(super) struct Scan {
    pub(super) at: Timestamp,
    /// Counts the scans of this life: the newest owns the screen.
    pub(super) number: u64,
    pub(super) source: Source,
    pub(super) text: Box<str>,
    pub(super) code: Code,
    pub(super) key: Key,
    pub(super) fresh: IntentId,
    /// The cake whose label was expected, when another's was read.
    pub(super) expected: Option<OrderId>,
}

/// What a code may mean, as far as the local copy tells.
enum Meaning {
    One(OrderId),
    Several(Vec<Arc<Order>>),
    Unsure,
}

impl Scan {
    /// The order that the code names by itself.
    pub(super) fn order(&self) -> Option<OrderId> {
        match (&self.code, &self.key) {
            (Code::Cake { id, .. }, _) | (_, Key::Cake(id)) => Some(*id),
            _ => None,
        }
    }
}

impl Station {
    /// `Scanned`.
    pub(super) fn scanned(&mut self, at: Timestamp, source: Source, text: Box<str>, fresh: IntentId) {
        let code = Code::parse(&text);
        let key = self.guard_key(&code, source, &text);
        self.scans += 1;
        let mut scan = Scan { at, number: self.scans, source, text, code, key, fresh, expected: None };
        if self.swallow(&scan) {
            return;
        }
        scan.expected = self.verify(&scan);
        if let Some(fault) = self.commits.stopped_by().filter(|_| self.commits.is_clogged()) {
            return self.answer(&scan, scan.order(), Answer::NotStored(fault));
        }
        if !matches!(scan.code, Code::Pick(_)) {
            self.questions.passed_over(source, &scan.code);
        }
        match scan.code {
            Code::Product => self.answer(&scan, None, Answer::NoScan(NoScan::Product)),
            Code::Unreadable => self.answer(&scan, None, Answer::NoScan(NoScan::Unreadable)),
            Code::Badge => self.answer(&scan, None, Answer::NoScan(NoScan::Badge)),
            Code::Command => self.answer(&scan, None, Answer::NoScan(NoScan::UnknownCommand)),
            Code::Pick(nth) => self.pick(scan, nth),
            Code::Cake { id, .. } if !self.settings.stores.contains(&id.store) => {
                self.answer(&scan, Some(id), Answer::NoScan(NoScan::OtherStore));
            }
            Code::Cake { .. } | Code::Number(_) => self.consider(scan),
        }
    }

    /// `Touched`.
    pub(super) fn touched(&mut self, at: Timestamp, touch: Touch, fresh: IntentId) {
        if let Touch::Look(id) = touch {
            return self.look_at(id);
        }
        self.scans += 1;
        let number = self.scans;
        let scan = |code: Code, key| {
            let text = code.canonical().unwrap_or_default().into();
            Scan { at, number, source: Source::Touch, text, code, key, fresh, expected: None }
        };
        let stopped = self.commits.stopped_by().filter(|_| self.commits.is_clogged());
        if let (Some(fault), false) = (stopped, touch == Touch::Dismiss) {
            let order = match &touch {
                Touch::Act(id)
                | Touch::Set(id, _)
                | Touch::Reprint(id)
                | Touch::Close(id)
                | Touch::Retry(id)
                | Touch::Label { order: id, .. } => Some(*id),
                Touch::Look(_) | Touch::Pick(_) | Touch::Dismiss | Touch::PutAway => None,
            };
            let key = Key::Text("".into());
            return self.answer(&scan(Code::Unreadable, key), order, Answer::NotStored(fault));
        }
        match touch {
            Touch::Act(id) => {
                let scan = scan(Code::Cake { id, copy: None }, Key::Cake(id));
                if !self.swallow(&scan) {
                    self.decide(scan, id, self.basis(id));
                }
            }
            Touch::Pick(nth) => {
                let asker = self.shown.as_ref().map_or(Source::Touch, |shown| shown.verdict.source);
                let picked = self.asked(asker, nth);
                self.questions.end(asker);
                match picked {
                    Some(Picked::Cake(id)) => {
                        self.decide_picked(scan(Code::Cake { id, copy: None }, Key::Cake(id)), id);
                    }
                    Some(Picked::Label(intent)) => self.label_answered(intent, nth, at),
                    None => {}
                }
            }
            Touch::Set(id, detail) => {
                let scan = scan(Code::Cake { id, copy: None }, Key::Cake(id));
                self.set_detail(scan, id, detail);
            }
            Touch::Dismiss => {
                if let Some(shown) = self.shown.take() {
                    self.questions.end(shown.verdict.source);
                }
            }
            Touch::Look(_) => {}
            Touch::Reprint(id) => {
                let scan = scan(Code::Cake { id, copy: None }, Key::Copy(id));
                self.copy_label(scan, id);
            }
            Touch::Close(order) => self.close(order),
            Touch::Retry(order) => self.retry(order),
            Touch::Label { order, is_out } => self.label_told(order, is_out, at),
            Touch::PutAway => self.put_notices_away(),
        }
    }

    /// The exact cake, or the question which.
    fn consider(&mut self, scan: Scan) {
        match self.meaning(&scan.code) {
            Meaning::One(id) => self.decide(scan, id, self.basis(id)),
            Meaning::Several(cakes) => self.ask_which(&scan, cakes),
            Meaning::Unsure => match lookup(&scan.code) {
                Some(lookup) if self.may_look_up() => self.look_up(scan, lookup),
                _ => self.without_backend(scan),
            },
        }
    }

    fn meaning(&self, code: &Code) -> Meaning {
        let cakes: Vec<_> = match *code {
            Code::Cake { id, .. } if id.suffix.is_some() => {
                return self.orders.get(id).map_or(Meaning::Unsure, |_| Meaning::One(id));
            }
            Code::Cake { id, .. } => self.orders.cakes(id.store, id.number).cloned().collect(),
            Code::Number(number) => self.numbered(number).cloned().collect(),
            _ => Vec::new(),
        };
        // A number that both stores may have is never guessed at while the backend can be asked.
        let is_sure = !matches!(code, Code::Number(_)) || self.settings.stores.len() == 1;
        let of_store = |store| cakes.iter().filter(|cake| cake.id.store == store).count();
        let has_all = |cake: &Arc<Order>| of_store(cake.id.store) >= usize::from(cake.siblings);
        match &cakes[..] {
            [first, ..] if planted(Bug::GuessesTheCake) => Meaning::One(first.id),
            [one] if !one.is_split() && is_sure => Meaning::One(one.id),
            [_, _, ..] if cakes.iter().all(has_all) && self.knows_all(code) => Meaning::Several(cakes),
            _ => Meaning::Unsure,
        }
    }

    /// The cakes of all stores of this station that are known under a number.
    fn numbered(&self, number: u32) -> impl Iterator<Item = &Arc<Order>> {
        self.settings.stores.iter().flat_map(move |&store| self.orders.cakes(store, number))
    }

    /// Whether no other order than those known may be meant: a bare number is the other store's as well, until this life has
    /// read the queue.
    fn knows_all(&self, code: &Code) -> bool {
        !matches!(code, Code::Number(_)) || self.settings.stores.len() == 1 || self.orders.has_been_read()
    }

    /// What a code means when the backend cannot be asked.
    pub(super) fn without_backend(&mut self, scan: Scan) {
        let number = match scan.code {
            Code::Cake { id, .. } if id.suffix.is_some() => {
                return self.decide(scan, id, self.stale(id));
            }
            Code::Cake { id, .. } => id.number,
            Code::Number(number) => number,
            // Whoever scans has an answer, whatever was read.
            _ => return self.answer(&scan, None, Answer::NoScan(NoScan::Unreadable)),
        };
        let (cakes, first): (Vec<_>, _) = match scan.code {
            Code::Cake { id, .. } => (self.orders.cakes(id.store, number).cloned().collect(), Some(id.store)),
            _ => (self.numbered(number).cloned().collect(), self.settings.stores.first().copied()),
        };
        match (&cakes[..], first) {
            ([one], _) if !one.is_split() && self.knows_all(&scan.code) => {
                self.decide(scan, one.id, self.stale(one.id));
            }
            ([], Some(store)) => {
                let id = OrderId { store, number, suffix: None };
                self.decide(scan, id, self.stale(id));
            }
            _ => self.ask_which(&scan, cakes),
        }
    }

    pub(super) fn ask_which(&mut self, scan: &Scan, cakes: Vec<Arc<Order>>) {
        let topic = Topic::Which(cakes.clone());
        self.put(scan, None, Question::Which(cakes), Some(topic));
    }

    pub(super) fn put(
        &mut self,
        scan: &Scan,
        order: Option<OrderId>,
        question: Question,
        topic: Option<Topic>,
    ) {
        let until = self.now + window(&question);
        let mut verdict = self.verdict(scan, order, Answer::Asks(question));
        self.tell(&mut verdict);
        self.questions.end(scan.source);
        if let Some(topic) = topic {
            self.questions.ask(scan.source, Asked { verdict: verdict.seq, until, topic });
        }
        self.show(scan, verdict);
    }

    /// The cake that a number or a finger chose: from now on it is the cake that was read.
    fn decide_picked(&mut self, scan: Scan, id: OrderId) {
        let scan = Scan { key: Key::Cake(id), code: Code::Cake { id, copy: None }, ..scan };
        if !self.swallow(&scan) {
            self.decide(scan, id, self.basis(id));
        }
    }

    /// `%PICK:n`.
    fn pick(&mut self, scan: Scan, nth: u8) {
        let picked = self.asked(scan.source, nth);
        match picked {
            Some(Picked::Cake(id)) => {
                self.questions.end(scan.source);
                self.decide_picked(scan, id);
            }
            Some(Picked::Label(intent)) => {
                self.questions.end(scan.source);
                self.label_answered(intent, nth, scan.at);
            }
            None => {
                let why = match self.questions.get(scan.source).map(|asked| &asked.topic) {
                    None => NoScan::NothingAsked,
                    Some(Topic::Confirm(_)) => NoScan::NoNumberAsked,
                    Some(Topic::Which(cakes)) => NoScan::NotOffered(cakes.len()),
                    Some(Topic::LabelOut(_)) => NoScan::NotOffered(LABEL_OUT_PICKS),
                };
                self.answer(&scan, None, Answer::NoScan(why));
            }
        }
    }

    fn asked(&self, source: Source, nth: u8) -> Option<Picked> {
        match &self.questions.get(source)?.topic {
            Topic::Which(cakes) => {
                cakes.get(usize::from(nth.checked_sub(1)?)).map(|cake| Picked::Cake(cake.id))
            }
            Topic::LabelOut(intent) => {
                (1..=LABEL_OUT_PICKS).contains(&usize::from(nth)).then_some(Picked::Label(*intent))
            }
            Topic::Confirm(_) => None,
        }
    }

    fn guard_key(&self, code: &Code, source: Source, text: &str) -> Key {
        match code {
            Code::Cake { id, .. } => Key::Cake(*id),
            Code::Number(_) => match self.meaning_offline(code) {
                Some(id) => Key::Cake(id),
                None => Key::Text(code.canonical().unwrap_or_default().into()),
            },
            Code::Pick(_) | Code::Badge | Code::Command => Key::Command(source, text.into()),
            Code::Product | Code::Unreadable => Key::Text(text.chars().take(GUARDED_TEXT_MAX).collect()),
        }
    }

    /// The one cake that a bare number names, as far as the copy tells.
    fn meaning_offline(&self, code: &Code) -> Option<OrderId> {
        let Code::Number(number) = code else { return None };
        let mut cakes = self.numbered(*number);
        match (cakes.next(), cakes.next()) {
            (Some(one), None) if !one.is_split() && self.knows_all(code) => Some(one.id),
            _ => None,
        }
    }

    /// Notes a read, and says whether it is none: a repeat, or one of a cake whose scan still waits for its answer.
    pub(super) fn swallow(&mut self, scan: &Scan) -> bool {
        let is_command = matches!(scan.key, Key::Command(..));
        let within = if is_command { COMMAND_GUARD } else { self.settings.repeat_guard };
        let is_repeat = self.guard.note(self.now, within, scan.key.clone(), scan.source);
        if is_command && !is_repeat {
            self.guard.clear(scan.source);
        }
        is_repeat || self.is_being_answered(&scan.key, &scan.code)
    }

    /// The same, for the cake that a code turned out to name: whether it was read by another code just before.
    pub(super) fn swallow_as(&mut self, scan: &Scan, id: OrderId) -> bool {
        let key = Key::Cake(id);
        scan.key != key
            && (self.guard.note(self.now, self.settings.repeat_guard, key.clone(), scan.source)
                || self.is_being_answered(&key, &scan.code))
    }

    /// Whether a scan of the same cake still waits for its answer.
    fn is_being_answered(&self, key: &Key, code: &Code) -> bool {
        let name = match (key, code, self.settings.stores.first()) {
            (Key::Cake(id), ..) => Some(Name::Cake(*id)),
            (Key::Text(_), Code::Number(number), Some(&store)) => {
                let id = OrderId { store, number: *number, suffix: None };
                Some(self.open.name_of(code, id, false))
            }
            _ => None,
        };
        let is_busy = match key {
            Key::Copy(id) => self.commits.is_printing(*id),
            _ => name.is_some_and(|name| self.commits.is_busy(&self.open, name)),
        };
        is_busy || self.lookups.scans().any(|scan| scan.key == *key)
    }

    /// What the local copy of a cake is worth now.
    pub(super) fn basis(&self, id: OrderId) -> Basis {
        if self.may_look_up() { Basis::Copy } else { self.stale(id) }
    }

    pub(super) fn stale(&self, id: OrderId) -> Basis {
        Basis::Stale(self.orders.age(id, self.now).unwrap_or(Duration::ZERO))
    }
}

/// What a `%PICK` or a touch chose.
enum Picked {
    Cake(OrderId),
    Label(IntentId),
}

/// How the backend is asked for what a code names: a split cake by its whole id, never by its number.
pub(super) fn lookup(code: &Code) -> Option<Lookup> {
    match code {
        Code::Cake { id, .. } if id.suffix.is_some() => Some(Lookup::Order(*id)),
        code => code.canonical().map(|text| Lookup::Code(text.into())),
    }
}

/// Answers to "Did the label come out?": yes, no, don't know.
const LABEL_OUT_PICKS: usize = 3;

/// What of a foreign text is kept to tell a repeat.
const GUARDED_TEXT_MAX: usize = 64;
