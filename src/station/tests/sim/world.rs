//! The world around the stations: one clock, an agenda, and what becomes of every order that a station gives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::checks::{Breach, Hearing, Rule};
use super::dice::Dice;
use super::kiosk::Kiosk;
use super::people::{Cake, Deed};
use super::plan::{Manner, Plan};
use super::reads::Read;
use super::tally::{Luck, Tally};
use super::weak::Weak;
use crate::order::{Action, IntentId, Lacks, OrderId, Post, Timestamp};
use crate::station::tests::bench::{NOON, answered_at};
use crate::station::tests::model::Backend;
use crate::station::tests::weak;
use crate::station::*;

/// Everything.
pub struct World {
    pub manner: Manner,
    pub backend: Backend,
    pub kiosks: Vec<Kiosk>,
    pub cakes: Vec<Cake>,
    /// Every scan and touch; an intent's id begins with its place here.
    pub reads: Vec<Read>,
    pub now: Duration,
    pub dice: Dice,
    agenda: BTreeMap<(Duration, u64), Box<Item>>,
    tickets: u64,
    /// Faults are over.
    pub is_healed: bool,
    pub hearing: Hearing,
    /// Whether a station is being told a hint.
    is_hinting: bool,
    /// Facts told to stations.
    pub steps: u64,
    /// A hash of all that they ordered.
    pub trace: u64,
    /// Which intent each call is of.
    pub calls: BTreeMap<(usize, EffectId), IntentId>,
    /// Who had each step of a cake agreed first, by its count of returns.
    pub agreed: BTreeMap<(OrderId, Action, u32), IntentId>,
    pub reads_held: BTreeSet<IntentId>,
    /// When each cake was returned last.
    pub returns: BTreeMap<OrderId, Duration>,
    pub weak: Weak,
    /// What the database was.
    pub dumped: Option<Backend>,
    /// Intents that were answered, and that a restored database has lost.
    pub forgotten: BTreeSet<IntentId>,
    pub tally: Tally,
    pub breach: Option<Breach>,
    pub story: Option<String>,
}

/// What will happen.
pub enum Item {
    /// A station is told a fact.
    Event { place: usize, life: u32, event: Event },
    /// A write ends.
    Written { place: usize, life: u32, id: EffectId },
    /// A request reaches the backend.
    Arrive {
        place: usize,
        life: u32,
        id: Option<EffectId>,
        intent: Arc<Intent>,
        /// When it was sent.
        sent: Duration,
        reply: Result<Duration, LinkFault>,
    },
    /// A machine is switched on.
    Boot { place: usize, life: u32 },
    /// A label comes out.
    LabelOut { place: usize, job: Job },
    /// A person does the next thing.
    Deed(Deed),
    /// A person has waited long enough for an answer.
    Answered(u32),
}

impl World {
    pub fn new(plan: &Plan, has_story: bool) -> Self {
        let mut dice = Dice::new(plan.seed ^ 0x5eed);
        let mut backend = Backend::default();
        backend.gone.insert("gone".into());
        if plan.is_weak {
            backend.abilities = weak::ABILITIES;
        }
        for (id, stage) in &plan.cakes {
            backend.add(&id.to_string(), *stage);
        }
        let mut names = [0; 5];
        let mut kiosks = Vec::new();
        for post in &plan.posts {
            let (letter, place) = match post {
                Post::At(stage) => (&stage.name()[..1], *stage as usize),
                Post::Any => ("S", 4),
            };
            names[place] += 1;
            let name = format!("{letter}{}", names[place]);
            let mut kiosk = Kiosk::new(name, *post, 1 + usize::from(dice.once_in(2)), Duration::ZERO);
            kiosk.is_proving = !dice.once_in(4);
            kiosk.settings.has_start_scans = plan.has_start_scans;
            kiosks.push(kiosk);
        }
        let cakes = plan.cakes.iter().map(|(id, stage)| Cake::new(*id, *stage)).collect();
        let mut world = Self {
            manner: plan.manner,
            backend,
            kiosks,
            cakes,
            reads: Vec::new(),
            now: Duration::ZERO,
            dice,
            agenda: BTreeMap::new(),
            tickets: 0,
            is_healed: false,
            hearing: Hearing::Other,
            is_hinting: false,
            steps: 0,
            trace: 0xcbf2_9ce4_8422_2325,
            weak: Weak::default(),
            dumped: None,
            forgotten: BTreeSet::new(),
            calls: BTreeMap::new(),
            agreed: BTreeMap::new(),
            reads_held: BTreeSet::new(),
            returns: BTreeMap::new(),
            tally: Tally::default(),
            breach: None,
            story: has_story.then(String::new),
        };
        for place in 0..world.kiosks.len() {
            world.boot(place);
        }
        world.pass(Duration::from_secs(2));
        world
    }

    pub fn at(&self, place: usize) -> Timestamp {
        let true_us = i64::try_from(self.now.as_micros()).expect("a run is short");
        Timestamp::from_micros(NOON.micros() + true_us + self.kiosks[place].clock_error_us)
    }

    pub fn server_now(&self) -> Timestamp {
        NOON.plus(self.now)
    }

    pub fn later(&mut self, delay: Duration, item: Item) {
        self.tickets += 1;
        self.agenda.insert((self.now + delay, self.tickets), Box::new(item));
    }

    /// A fact comes to a station later, unless it is not the same life any more.
    pub fn tell_later(&mut self, delay: Duration, place: usize, event: Event) {
        let life = self.kiosks[place].life;
        self.later(delay, Item::Event { place, life, event });
    }

    /// Whether anything is still to happen beside what stations do every few seconds.
    pub fn is_quiet(&self) -> bool {
        self.agenda.values().all(|item| match &**item {
            Item::Event { event, .. } => {
                matches!(event, Event::Refreshed { .. } | Event::Reported { .. } | Event::Listed { .. })
            }
            _ => false,
        })
    }

    /// Time passes.
    pub fn pass(&mut self, span: Duration) {
        let until = self.now + span;
        while self.breach.is_none() {
            let due = self.kiosks.iter().enumerate();
            let due = due.filter_map(|(place, kiosk)| Some((kiosk.deadline?, place))).min();
            let next = self.agenda.first_key_value().map(|(key, _)| *key);
            match (due.filter(|(at, _)| *at <= until), next.filter(|(at, _)| *at <= until)) {
                (Some((at, place)), next) if next.is_none_or(|(next, _)| at < next) => {
                    self.now = self.now.max(at);
                    let at = self.at(place);
                    self.tell(place, Event::Due { at });
                    if self.kiosks[place].deadline.is_some_and(|again| again <= self.now) {
                        self.breach(Rule::I7, place, || "a deadline that never passes".into());
                    }
                }
                (_, Some(key)) => {
                    self.now = self.now.max(key.0);
                    if let Some(item) = self.agenda.remove(&key) {
                        self.happen(*item);
                    }
                }
                _ => break,
            }
        }
        self.now = until;
    }

    fn happen(&mut self, item: Item) {
        match item {
            Item::Event { place, life, mut event } => {
                if self.kiosks[place].life == life {
                    let at = self.at(place);
                    stamp(&mut event, at);
                    if let Event::Refreshed { result: Ok(read), .. } = &mut event
                        && self.is_weak()
                    {
                        self.backend.write_pasts(&mut read.orders);
                    }
                    self.end_effect(place, &event);
                    self.tell(place, event);
                }
            }
            Item::Written { place, life, id } => {
                if self.kiosks[place].life == life {
                    self.written(place, id);
                }
            }
            Item::Arrive { place, life, id, intent, sent, reply } => {
                self.arrive(place, life, id, &intent, sent, reply);
            }
            Item::Boot { place, life } => {
                if self.kiosks[place].life == life {
                    self.boot(place);
                }
            }
            Item::LabelOut { place, job } => self.label_is_out(place, &job),
            Item::Deed(deed) => self.do_deed(&deed),
            Item::Answered(read) => self.check_answered(read),
        }
    }

    /// Tells a station a fact, and takes up all that it orders.
    pub fn tell(&mut self, place: usize, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(mut event) = events.pop_front() {
            if let Some(at) = answered_at(&event)
                && !std::mem::replace(&mut self.kiosks[place].is_acquainted, true)
            {
                events.push_front(event);
                event = Event::ContractFound { at, abilities: self.backend.abilities };
            }
            self.steps += 1;
            self.hearing = Hearing::of(&event);
            self.is_hinting = matches!(event, Event::Hinted { .. });
            self.check_event(place, &event);
            let kiosk = &mut self.kiosks[place];
            let Some(station) = &mut kiosk.station else { return };
            for effect in station.handle(self.now.saturating_sub(kiosk.born), event) {
                self.check_effect(place, &effect);
                match effect {
                    Effect::Tell { id, verdict } => {
                        self.hear(place, &verdict);
                        events.push_back(Event::Told { id });
                    }
                    Effect::Sound { id, .. } => events.push_back(Event::Told { id }),
                    effect => self.carry_out(place, effect),
                }
            }
        }
        let kiosk = &mut self.kiosks[place];
        kiosk.deadline = kiosk.station.as_ref().and_then(Station::next_deadline).map(|at| at + kiosk.born);
    }

    fn carry_out(&mut self, place: usize, effect: Effect) {
        let life = self.kiosks[place].life;
        let at = self.at(place);
        match effect {
            Effect::Store { id, records } => {
                self.kiosks[place].pending += 1;
                let slow = self.dice.once_in(40);
                let delay = if slow { self.dice.millis(300, 3000) } else { self.dice.millis(2, 25) };
                self.kiosks[place].writing = records;
                self.later(delay, Item::Written { place, life, id });
            }
            Effect::Send { id, intent } => {
                self.kiosks[place].pending += 1;
                self.send(place, id, intent);
            }
            Effect::Find { id, lookup, within } => {
                self.kiosks[place].pending += 1;
                let (delay, result) = match self.fate(place).reply {
                    Ok(delay) if delay < within => (delay, Ok(self.backend.find(&lookup))),
                    Err((fault, delay)) if delay < within => (delay, Err(fault)),
                    Ok(_) | Err(_) => (within, Err(LinkFault::TimedOut)),
                };
                self.tell_later(delay, place, Event::Read { id, at, result });
            }
            Effect::Refresh { id, since } => {
                if self.is_hinting {
                    self.tally.luck(Luck::ReadForHint);
                }
                let (delay, fault) = self.routine(place);
                let result = match fault {
                    None => Ok(self.backend.changes(self.server_now(), since)),
                    Some(fault) => Err(fault),
                };
                self.tell_later(delay, place, Event::Refreshed { id, at, result });
            }
            Effect::Report { id, report } => {
                let (delay, fault) = self.routine(place);
                if fault.is_none() {
                    self.kiosks[place].reported = Some((self.now, report));
                }
                let result =
                    fault.map_or_else(|| Ok(Heard { fleet: self.fleet(place), is_frozen: None }), Err);
                self.tell_later(delay, place, Event::Reported { id, at, result });
            }
            Effect::List { id } => {
                let (delay, fault) = self.routine(place);
                let result = fault.map_or_else(|| Ok(self.backend.choices.clone()), Err);
                self.tell_later(delay, place, Event::Listed { id, at, result });
            }
            Effect::Print { id, job, .. } => {
                self.kiosks[place].pending += 1;
                self.print(place, id, job);
            }
            Effect::Tell { .. } | Effect::Sound { .. } => {}
        }
    }

    /// What a station reads by itself: slowly once the faults are over, so that waiting costs little.
    fn routine(&mut self, place: usize) -> (Duration, Option<LinkFault>) {
        let calm = if self.is_healed { Duration::from_secs(9) } else { Duration::ZERO };
        match self.fate(place).reply {
            Ok(delay) => (delay + calm, None),
            Err((fault, delay)) => (delay + calm, Some(fault)),
        }
    }

    /// One effect less is under way.
    pub fn end_effect(&mut self, place: usize, event: &Event) {
        let is_work = matches!(
            event,
            Event::Stored { .. } | Event::Answered { .. } | Event::Read { .. } | Event::Printed { .. }
        );
        self.kiosks[place].pending -= u32::from(is_work);
    }

    pub fn note(&mut self, text: impl FnOnce(&Self) -> String) {
        if let Some(mut story) = self.story.take() {
            let line = [format!("{:9.3}  ", self.now.as_secs_f64()), text(self), "\n".into()];
            story.extend(line);
            self.story = Some(story);
        }
    }

    pub fn fold(&mut self, word: u64) {
        self.trace = (self.trace ^ word).wrapping_mul(0x100_0000_01b3).rotate_left(23);
    }
}

/// An event comes with the wall time at which it comes.
fn stamp(event: &mut Event, now: Timestamp) {
    match event {
        Event::Stored { at, .. }
        | Event::Answered { at, .. }
        | Event::Read { at, .. }
        | Event::ContractFound { at, .. }
        | Event::Refreshed { at, .. }
        | Event::Reported { at, .. }
        | Event::Listed { at, .. }
        | Event::Subscribed { at }
        | Event::Hinted { at }
        | Event::Unsubscribed { at }
        | Event::Printed { at, .. }
        | Event::PrinterSeen { at, .. }
        | Event::PaperSeen { at, .. }
        | Event::Recalled { at, .. }
        | Event::ScannerSeen { at, .. } => *at = now,
        Event::Recovered { .. }
        | Event::PrintAsked { .. }
        | Event::Scanned { .. }
        | Event::Touched { .. }
        | Event::Told { .. }
        | Event::Stopping { .. }
        | Event::Due { .. } => {}
    }
}

/// A label that lacks nothing.
pub fn whole() -> Lacks {
    Lacks::default()
}
