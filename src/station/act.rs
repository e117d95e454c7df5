//! From one exact cake to what its scan does: the rule of its stage, the intent or the fact, the answer.

use std::borrow::Cow;
use std::sync::Arc;

use super::commit::{Accept, Keep, Then};
use super::open::Name;
use super::phase;
use super::question::{Confirm, Topic};
use super::rules::{self, Basis, Case, Decision, Starts};
use super::scan::Scan;
use super::{Answer, Fact, Held, Intent, IntentState, Lookup, NoScan, Parked, Question, Record, Station};
use crate::order::{Action, Order, OrderId, Post, Stage, Timestamp};

impl Station {
    /// The rule, for one exact cake.
    pub(super) fn decide(&mut self, scan: Scan, id: OrderId, basis: Basis) {
        if basis == Basis::Copy && self.orders.is_recalled(id) {
            return self.look_up(scan, Lookup::Order(id));
        }
        if self.proves_label(&scan, id) {
            return;
        }
        let name = self.name_of(&scan, id);
        let held = self.open.of(name).find(|intent| undecided(intent)).cloned();
        if let Some(held) = held {
            return self.held_again(&scan, &held);
        }
        let known = self.orders.get(id).cloned();
        let raw = match (&known, basis) {
            (Some(order), _) => order.clone(),
            (None, Basis::Copy) => return self.look_up(scan, Lookup::Order(id)),
            (None, Basis::Stale(_)) => match self.settings.post {
                Post::At(stage) => Arc::new(phase::unknown(id, stage)),
                Post::Any => return self.hold_undecided(scan, id),
            },
            (None, Basis::Fresh) => return self.answer(&scan, Some(id), Answer::NoScan(NoScan::Unknown)),
        };
        let order = self.effective(&raw, name);
        let case = Case { label: self.label(name), ..self.case(scan.at, &order, raw.stage, basis) };
        let decision = rules::decide(&case);
        // What the backend is asked first may be the answer to it.
        if decision != Decision::Verify {
            self.questions.end(scan.source);
        }
        match decision {
            Decision::Answer(Answer::Asks(question)) => self.ask(&scan, id, question, None),
            Decision::Answer(answer) => self.say(&scan, id, answer),
            Decision::Verify => self.look_up(scan, Lookup::Order(id)),
            Decision::Ask(question, action) => self.ask(&scan, id, question, Some(action)),
            Decision::Keep(fact, answer, then) => self.keep(scan, id, fact, answer, then),
            Decision::Do(action) => {
                let early = action.stage().filter(|own| raw.stage < *own).map(|_| raw.stage);
                self.act(
                    scan,
                    &raw,
                    known.is_some(),
                    action,
                    early.filter(|_| self.settings.post != Post::Any),
                );
            }
            Decision::Hold(action, stage) => self.act(scan, &raw, known.is_some(), action, Some(stage)),
        }
    }

    /// The cake with what this station did to it, which the backend may not have yet or may not have told: its own actions,
    /// and its own label.
    pub(super) fn effective(&self, raw: &Order, name: impl Into<Name>) -> Order {
        let name = name.into();
        let mut order = phase::effective(&self.as_started(raw), self.open.of(name).map(AsRef::as_ref));
        if name == Name::Cake(raw.id) {
            let start = &mut order.times.filling_start;
            *start = start.or_else(|| self.labels.out.get(&raw.id)?.at);
        }
        order
    }

    /// The cake with its packing started as this journal alone keeps it. It is there, whatever the backend has been told;
    /// and what a backend without such a start calls one is the end of Decorating, by the time of both where nothing else is known
    /// of the backend yet.
    fn as_started<'a>(&self, order: &'a Order) -> Cow<'a, Order> {
        if self.abilities.is_some_and(|abilities| abilities.starts_packing) {
            return Cow::Borrowed(order);
        }
        let started = self.facts.started(order.id, Stage::Packing, order.rework);
        let mut own = order.clone();
        let ended = order.times.decorating_complete;
        let told = order.times.packing_start.filter(|_| self.abilities.is_none());
        own.times.packing_start = started.or(told.filter(|told| Some(*told) != ended));
        own.stage = if started.is_some() { order.stage.max(Stage::Packing) } else { order.stage };
        Cow::Owned(own)
    }

    pub(super) fn case<'a>(
        &'a self,
        at: Timestamp,
        order: &'a Order,
        raw_stage: Stage,
        basis: Basis,
    ) -> Case<'a> {
        let id = order.id;
        let here = match self.settings.post {
            Post::At(stage) => stage,
            Post::Any => order.stage,
        };
        let is_of_here = |stage| stage == here || stage == order.stage;
        let confirm =
            self.questions.confirm(id).filter(|confirm| confirm.action.stage().is_some_and(is_of_here));
        let behind = |cake: &&Arc<Order>| {
            cake.id != id && cake.stage < Stage::Packing && cake.times.cancelled.is_none()
        };
        let siblings = self.orders.cakes(id.store, id.number).filter(behind).cloned();
        Case {
            at,
            post: self.settings.post,
            order,
            basis,
            dwell: &self.settings.dwell,
            label: self.label(id),
            label_read: self.facts.label_read(id),
            started: self.facts.started(id, order.stage, order.rework).or_else(|| order.started_at()),
            starts: self.starts(),
            confirm,
            is_upstream_late: self.fleet.is_late(&self.settings.name, raw_stage, here),
            was_not_here: self.fleet.was_not_here(id, at),
            behind: if id.suffix.is_some() { siblings.collect() } else { Vec::new() },
        }
    }

    /// What is made of starts, as far as is known yet of the backend.
    fn starts(&self) -> Starts {
        match self.abilities {
            Some(abilities) if !abilities.starts_stages => Starts::None,
            _ if self.settings.has_start_scans => Starts::Scanned,
            Some(_) => Starts::Kept,
            None => Starts::None,
        }
    }

    /// Takes the action: an intent, durable before anyone is told.
    pub(super) fn act(
        &mut self,
        scan: Scan,
        raw: &Order,
        is_known: bool,
        action: Action,
        early: Option<Stage>,
    ) {
        let id = raw.id;
        if let Some(refused) = self.cannot_accept() {
            return self.answer(&scan, Some(id), refused);
        }
        let moves_cake = action.stage().is_some();
        if moves_cake {
            self.questions.settle(id, None);
        }
        self.last_seq += 1;
        let is_action_open = !is_known && moves_cake && self.settings.post == Post::Any;
        let intent = Intent {
            id: scan.fresh,
            seq: self.last_seq,
            order: id,
            is_exact: is_known || (id.suffix.is_some() && !is_action_open),
            action,
            is_action_open,
            detail: None,
            tried_after: None,
            captured_at: scan.at,
            rework: if is_known { raw.rework } else { 0 },
            performer: self.settings.performer.clone(),
            source: scan.source,
            code: scan.text.clone(),
            state: if action.is_print() { IntentState::Printing } else { IntentState::Open },
        };
        let mut records = vec![Record::Intent(intent.clone())];
        if action.is_print() {
            records.push(Record::Job(self.job_of(&intent)));
        }
        let owing = early.filter(|_| is_known && self.fleet.was_not_here(id, scan.at));
        if let Some(owing) = owing {
            records.push(Record::Fact { order: id, fact: Fact::ShownEarly { owing }, at: scan.at });
        }
        let held = rules::held(self.freeze().is_some(), self.is_offline(), early, is_known);
        self.commit(records, Then::Accept(Box::new(Accept { scan, intent, held, owing })));
    }

    /// Why no intent can be taken now.
    pub(super) fn cannot_accept(&self) -> Option<Answer> {
        if let Some(fault) = self.commits.stopped_by() {
            return Some(Answer::NotStored(fault));
        }
        (self.open.len() + self.commits.accepting() >= OPEN_MAX).then_some(Answer::Full)
    }

    fn keep(&mut self, scan: Scan, order: OrderId, fact: Fact, answer: Answer, then: Option<Action>) {
        if let Some(fault) = self.commits.stopped_by() {
            return self.answer(&scan, Some(order), Answer::NotStored(fault));
        }
        let record = Record::Fact { order, fact: fact.clone(), at: scan.at };
        self.commit(vec![record], Then::Keep(Box::new(Keep { scan, order, fact, answer, then })));
    }

    /// A kept fact is durable.
    pub(super) fn kept(&mut self, keep: Keep) {
        let Keep { scan, order, fact, answer, then } = keep;
        self.facts.keep(order, &fact, scan.at);
        match answer {
            Answer::Asks(question @ Question::Returned { .. }) => self.started_here(&scan, order, question),
            Answer::Asks(question) => self.ask(&scan, order, question, then),
            answer => self.answer(&scan, Some(order), answer),
        }
    }

    /// The step that this journal alone keeps is accepted and agreed at once; the screen asks for its end.
    fn started_here(&mut self, scan: &Scan, order: OrderId, question: Question) {
        for answer in [Answer::Accepted, Answer::AgreedLocally] {
            let mut verdict = self.verdict(scan, Some(order), answer);
            verdict.intent = Some(scan.fresh);
            verdict.stage = Some(Stage::Decorating);
            self.tell(&mut verdict);
        }
        let verdict = self.verdict(scan, Some(order), Answer::Asks(question));
        self.show(scan, verdict);
    }

    /// What a scan is kept under that was taken for this cake.
    pub(super) fn name_of(&self, scan: &Scan, id: OrderId) -> Name {
        self.open.name_of(&scan.code, id, self.orders.get(id).is_some())
    }

    /// Says something of a cake that is no question.
    fn say(&mut self, scan: &Scan, id: OrderId, answer: Answer) {
        if let Answer::NotHere { stage, .. } = &answer
            && matches!(self.settings.post, Post::At(here) if *stage < here)
        {
            self.fleet.say_not_here(id, scan.at);
        }
        match (&answer, self.printing(self.name_of(scan, id))) {
            (Answer::LabelFailed { .. }, Some(intent)) => self.label_failed_again(scan, intent, answer),
            _ => self.answer(scan, Some(id), answer),
        }
    }

    fn ask(&mut self, scan: &Scan, order: OrderId, question: Question, action: Option<Action>) {
        let topic = match (&question, action, self.printing(self.name_of(scan, order))) {
            (Question::LabelOut { .. }, _, Some(intent)) => Some(Topic::LabelOut(intent)),
            (question, Some(action), _) => {
                let names_sibling = matches!(question, Question::SiblingBehind(_));
                Some(Topic::Confirm(Confirm { order, action, names_sibling }))
            }
            _ => None,
        };
        self.put(scan, Some(order), question, topic);
    }

    /// A scan at a supervisor's station of a cake that the copy does not know and that cannot be looked up: what it
    /// does is decided by where the cake stood, when that can be read.
    fn hold_undecided(&mut self, scan: Scan, id: OrderId) {
        self.questions.end(scan.source);
        let unknown = phase::unknown(id, Stage::Packing);
        // A version that knows of no undecided actions would send this one: it moves no cake.
        self.act(scan, &unknown, false, Action::StartPacking, None);
    }

    /// A scan that was held without an action gets the one that its cake needed then, by the rules of a live scan made
    /// at its time. What nobody can be asked any more is not done: a person lets it go on, or closes it.
    pub(super) fn decide_late(&mut self, intent: &Intent, order: &Order) {
        let id = order.id;
        let earlier = self.open.of(id).filter(|open| open.seq < intent.seq);
        let order = phase::effective(&self.as_started(order), earlier.map(AsRef::as_ref));
        let action = rules::action_at(&order, intent.captured_at, self.starts());
        // What was done since, by whomever, needs no care: the backend will say so, and change nothing.
        let is_over = order.times.of(action).is_some() || order.times.cancelled.is_some();
        // What was asked since was not asked about that scan.
        let case = Case { confirm: None, ..self.case(intent.captured_at, &order, order.stage, Basis::Fresh) };
        let has_label = case.label.is_some();
        let decision = if is_over { Decision::Do(action) } else { rules::decide(&case) };
        let parked = match &decision {
            // Its label is about to come out, or in doubt, for another scan.
            Decision::Answer(_) if has_label => return self.park(intent.id, &Parked::Behind),
            Decision::Ask(..) | Decision::Keep(Fact::LabelRead, ..) => Some(Parked::TooSoon),
            // Rework that was not known of, or a stage that the office changed: the backend refuses it, with the reason.
            _ => None,
        };
        if let Decision::Keep(fact @ Fact::LabelRead, ..) = decision {
            self.facts.keep(id, &fact, intent.captured_at);
            self.commit(vec![Record::Fact { order: id, fact, at: intent.captured_at }], Then::Done);
        }
        let is_print = action == Action::Print && !is_over;
        let decided = self.open.change(intent.id, |intent| {
            intent.order = id;
            intent.is_exact = true;
            intent.action = action;
            intent.is_action_open = false;
            intent.state = if is_print { IntentState::Printing } else { IntentState::Open };
        });
        let Some(decided) = decided else { return };
        let mut records = vec![Record::Intent(decided.clone())];
        if is_print {
            self.queue_label(&decided);
            records.extend(self.labels.job(decided.id).cloned().map(Record::Job));
        }
        self.commit(records, Then::Release(decided.id));
        if let Some(why) = parked {
            self.park(decided.id, &why);
        }
    }

    /// What the next action would be is not known before the first has been decided.
    fn held_again(&mut self, scan: &Scan, held: &Intent) {
        self.questions.end(scan.source);
        let mut verdict = self.verdict_of(held, Answer::Held(Held::Since(held.captured_at)));
        self.tell(&mut verdict);
        self.show(scan, verdict);
    }
}

/// Whether what a held scan does is still to be decided.
pub(super) fn undecided(intent: &Arc<Intent>) -> bool {
    intent.is_action_open && intent.state == IntentState::Open
}

/// A 24 h outage of 20,000 scans (`reliability.md` I4), with room.
pub(super) const OPEN_MAX: usize = 25_000;
