//! A run: the plan's moves one after the other, then all faults end, and what is left is looked at.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::checks::{Breach, Rule, Short};
use super::plan::{LONG_WAIT, Manner, Plan, What};
use super::reads::Aim;
use super::tally::{Fault, Luck, Tally};
use super::weak::Harm;
use super::world::World;
use crate::order::{Action, Order, OrderId, Stage};
use crate::station::tests::bench::fresh;
use crate::station::*;

/// How a run ended.
pub struct Run {
    pub steps: u64,
    pub trace: u64,
    pub tally: Tally,
    pub breach: Option<Breach>,
    pub story: String,
    /// What the backend did and nobody could prevent.
    pub harm: Harm,
}

impl Run {
    /// Runs a plan; a panic of the engine is a finding like any other.
    pub fn of(plan: &Plan, has_story: bool) -> Self {
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut world = World::new(plan, has_story);
            world.run(plan);
            world
        }));
        match run {
            Ok(world) => Self {
                steps: world.steps,
                trace: world.trace,
                tally: world.tally,
                breach: world.breach,
                story: world.story.unwrap_or_default(),
                harm: world.weak.harm,
            },
            Err(panic) => {
                let words = panic.downcast_ref::<String>().cloned();
                let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
                let breach = Breach { rule: Rule::Panic, text: words.unwrap_or_default() };
                Self {
                    steps: 0,
                    trace: 0,
                    tally: Tally::default(),
                    breach: Some(breach),
                    story: String::new(),
                    harm: Harm::default(),
                }
            }
        }
    }
}

impl World {
    fn run(&mut self, plan: &Plan) {
        for next in &plan.moves {
            self.pass(next.after);
            if self.breach.is_some() {
                return;
            }
            self.note(|_| format!("  * {:?}", next.what));
            self.make(next.what);
            self.count_cards();
        }
        self.heal();
        self.settle();
        // What stations tell each other is heard.
        self.pass(Duration::from_secs(90));
        if self.breach.is_none() {
            self.check_end();
        }
    }

    fn make(&mut self, what: What) {
        let places = self.kiosks.len();
        let of = |place: u8| usize::from(place) % places;
        let cakes = self.cakes.len();
        let cake_of = |cake: u8| usize::from(cake) % cakes;
        match what {
            What::Work { place, pick } => self.work(of(place), pick),
            What::Scan { place, gun, cake, code, is_heeded } => {
                if self.is_raced_by(of(place), cake_of(cake)) {
                    self.fault(of(place), Fault::TwoStations);
                }
                self.scan_cake(of(place), gun, cake_of(cake), code, is_heeded.then_some(0));
            }
            What::Twice { place, cake, gap, is_other_gun } => {
                let (place, cake) = (of(place), self.near(of(place), cake_of(cake)));
                if let Some(cake) = cake {
                    self.twice(place, cake, gap, is_other_gun);
                }
            }
            What::Split { place, cake } => self.split(of(place), cake_of(cake)),
            What::Junk { place, kind } => {
                let text = ["9312345678907", "junk", "%CMD:UNDO", "#B99999"][usize::from(kind)];
                self.scan(of(place), Source::Scanner(0), text.into(), Aim::Nothing, None);
            }
            What::Answer { place, gun, nth } => self.answer(of(place), Source::Scanner(gun), nth, None),
            What::Touch { place, cake, finger, nth } => self.touch(of(place), cake_of(cake), finger, nth),
            What::Carry { cake } => {
                let cake = &mut self.cakes[cake_of(cake)];
                cake.stage = cake.stage.next().unwrap_or(cake.stage);
            }
            What::Mislabel { cake } => self.mislabel(cake_of(cake)),
            What::Net { place, fault, odds } => {
                self.kiosks[of(place)].net = Some((fault, odds));
                self.unsubscribe(of(place));
            }
            What::NetWell { place } => self.kiosks[of(place)].net = None,
            What::SignIn { place, is_dead } => self.kiosks[of(place)].is_signed_out = is_dead,
            What::Disk { place, fault } => self.kiosks[of(place)].disk.fault = fault,
            What::Kill { place, down } => {
                self.fault(of(place), Fault::Kill);
                self.switch_off(of(place), down);
            }
            What::PowerCut { place, down } => self.kiosks[of(place)].cut = Some(down),
            What::Printer { place, printer, fault } => self.set_printer(of(place), printer.into(), fault),
            What::Clock { place, jump_s } => self.set_clock(of(place), jump_s),
            What::Scanner { place } => self.unplug_scanner(of(place)),
            What::Return { cake } => self.send_back(cake_of(cake)),
            What::Cancel { cake } => {
                let (id, now) = (self.cakes[cake_of(cake)].id.to_string(), self.server_now());
                self.backend.cancel(&id, now);
                self.hint();
            }
            What::Dump => self.dump(),
            What::Restore => self.restore(),
            What::Wait => self.pass(LONG_WAIT),
        }
    }

    /// A cake on this station's table; a reader cannot read another's.
    fn near(&self, place: usize, cake: usize) -> Option<usize> {
        if self.manner == Manner::Sloppy {
            return Some(cake);
        }
        let stage = self.kiosks[place].stage()?;
        let here = |at: &usize| {
            let cake = &self.cakes[*at];
            cake.stage == stage && cake.label.is_some() && !cake.is_aside && cake.busy_until <= self.now
        };
        Some(cake).filter(here)
    }

    fn is_raced_by(&self, place: usize, cake: usize) -> bool {
        let id = self.cakes[cake].id;
        let others = self.kiosks.iter().enumerate().filter(|(other, _)| *other != place);
        others.flat_map(|(_, kiosk)| kiosk.disk.open()).any(|intent| intent.order == id)
    }

    fn split(&mut self, place: usize, cake: usize) {
        self.fault(place, Fault::SplitRead);
        let code = self.cakes[cake].id.barcode();
        let other = self.cakes[0].id.barcode();
        let cut = 1 + self.dice.roll(code.len() as u64 - 1) as usize;
        // Half of a code names no cake, or another one: only junk is certain to be none.
        let text =
            if self.dice.once_in(2) { format!("{}{other}", &code[..cut]) } else { format!("{code}{code}") };
        self.scan(place, Source::Scanner(1), text, Aim::Nothing, None);
    }

    fn mislabel(&mut self, cake: usize) {
        let id = self.cakes[cake].id;
        let label = self.cakes[cake].label;
        let sibling = self
            .cakes
            .iter_mut()
            .find(|other| other.id != id && other.id.number == id.number && other.label.is_some());
        if let (Some(sibling), Some(_)) = (sibling, label) {
            let swapped = std::mem::replace(&mut sibling.label, label);
            self.cakes[cake].label = swapped.or(label);
        }
    }

    fn unplug_scanner(&mut self, place: usize) {
        self.fault(place, Fault::ScannerGone);
        let at = self.at(place);
        let gone = ScannerFault::Missing("gone".into());
        self.tell_later(
            Duration::ZERO,
            place,
            Event::ScannerSeen { at, scanner: 0, state: PortState::Faulted(gone) },
        );
        let state = PortState::Ready;
        self.tell_later(Duration::from_secs(5), place, Event::ScannerSeen { at, scanner: 0, state });
    }

    /// Quality control at the packing table, by a tool of the office.
    fn send_back(&mut self, cake: usize) {
        let id = self.cakes[cake].id;
        let order = self.backend.orders[&id].clone();
        let is_there = self.cakes[cake].stage == Stage::Packing || self.manner == Manner::Sloppy;
        if order.stage != Stage::Packing || order.times.cancelled.is_some() || !is_there {
            return;
        }
        let now = self.server_now();
        let intent = Intent {
            id: fresh(1 << 63 | self.now.as_micros() as u64),
            seq: 0,
            order: id,
            is_exact: true,
            is_action_open: false,
            tried_after: None,
            action: Action::QcReturn,
            detail: None,
            captured_at: now,
            rework: order.rework,
            performer: None,
            source: Source::Command,
            code: "".into(),
            state: IntentState::Open,
        };
        if let Reply::Done { already: false, .. } = self.backend.call(now, "office", &intent) {
            self.tally.luck(Luck::Returned);
            self.returns.insert(id, self.now);
            self.cakes[cake].stage = Stage::Decorating;
            self.cakes[cake].is_begun = false;
            self.hint();
        }
    }

    /// All faults end.
    fn heal(&mut self) {
        self.note(|_| "  * everything is well again".into());
        self.is_healed = true;
        for place in 0..self.kiosks.len() {
            let kiosk = &mut self.kiosks[place];
            (kiosk.net, kiosk.is_signed_out, kiosk.disk.fault, kiosk.cut) = (None, false, None, None);
            for printer in 0..kiosk.printers.len() {
                self.set_printer(place, printer, None);
            }
        }
    }

    /// I7: time passes until nothing is on its way any more, each stage with its patience for the one before.
    fn settle(&mut self) {
        for round in 0..ROUNDS_MAX {
            self.pass(if round < 6 { Duration::from_secs(20) } else { Duration::from_mins(5) });
            if self.breach.is_some() || (self.is_quiet() && self.kiosks.iter().all(is_drained)) {
                return;
            }
        }
        let stuck = (0..self.kiosks.len()).find(|place| !is_drained(&self.kiosks[*place]));
        let place = stuck.unwrap_or(0);
        let left: Vec<_> = self.kiosks[place].disk.open().map(|intent| Short(intent).to_string()).collect();
        let pending = self.kiosks[place].pending;
        self.breach(Rule::I7, place, || {
            format!("stuck with {pending} effects under way, {}", left.join("; "))
        });
    }

    fn count_cards(&mut self) {
        if self.manner != Manner::Outage {
            return;
        }
        for kiosk in &mut self.kiosks {
            let now: Vec<_> = kiosk.cards_now().map(|card| (card.order, kind(&card.matter))).collect();
            kiosk.cards.extend(now);
        }
    }

    fn check_end(&mut self) {
        self.count_cards();
        if self.manner == Manner::Outage {
            self.tally.honest_cards += self.kiosks.iter().map(|kiosk| kiosk.cards.len() as u64).sum::<u64>();
        }
        for place in 0..self.kiosks.len() {
            let cards: Vec<_> = self.kiosks[place].cards_now().collect();
            for card in &cards {
                match card.matter {
                    Matter::OwesScan { .. } => self.tally.luck(Luck::OwesScan),
                    Matter::LabelExpired => self.tally.luck(Luck::Expired),
                    _ => {}
                }
            }
            let is_seen = |intent: &&Intent| cards.iter().any(|card| card.order == intent.order);
            let hidden = self.kiosks[place].disk.open().find(|intent| !is_seen(intent)).cloned();
            if let Some(hidden) = hidden {
                self.breach(Rule::I7, place, || format!("left open with no card: {}", Short(&hidden)));
            }
            let is_sending = |job: &&Job| job.state == JobState::Sending;
            if let Some(job) = self.kiosks[place].disk.jobs.values().find(is_sending).cloned() {
                self.breach(Rule::I7, place, || format!("a label for ever on its way: {job:?}"));
            }
        }
        self.check_events();
        self.check_twins();
        self.check_queues();
        if self.manner != Manner::Sloppy {
            self.check_equal();
        }
    }

    /// The database ends equal to the cakes on the tables, or a person has a card.
    fn check_equal(&mut self) {
        for at in 0..self.cakes.len() {
            let cake = self.cakes[at].clone();
            let order: &Order = &self.backend.orders[&cake.id];
            let is_begun =
                order.stage != Stage::Packing || order.times.packing_start.is_some() == cake.is_begun;
            // Where no start of packing is kept there is none to compare.
            let is_begun = is_begun || self.is_weak();
            // One whose suffix was never learned is of either sibling.
            let bare = OrderId { suffix: None, ..cake.id };
            let is_of = |order| order == cake.id || order == bare;
            let is_equal = order.stage == cake.stage && is_begun;
            let has_card = || self.kiosks.iter().any(|kiosk| kiosk.cards_now().any(|card| is_of(card.order)));
            let is_spared = order.times.cancelled.is_some() || self.is_excused(cake.id);
            if !is_equal && !is_spared && !has_card() {
                let (stage, start) = (order.stage, order.times.packing_start);
                self.breach(Rule::Equal, 0, || {
                    format!("{cake:?} stands in {stage} in the database, start {start:?}")
                });
            }
        }
    }
}

/// Whether nothing of a station is on its way.
fn is_drained(kiosk: &super::kiosk::Kiosk) -> bool {
    kiosk.pending == 0
        && kiosk.disk.open().all(|intent| intent.state != IntentState::Open)
        && kiosk.disk.jobs.values().all(|job| job.state != JobState::Sending)
        && kiosk.station.is_some()
        && kiosk
            .disk
            .open()
            .filter(|intent| intent.state == IntentState::Printing)
            .all(|intent| kiosk.cards_now().any(|card| card.order == intent.order))
}

fn kind(matter: &Matter) -> u8 {
    match matter {
        Matter::Parked(_) => 0,
        Matter::LabelUnconfirmed => 1,
        Matter::LabelExpired => 2,
        Matter::AlsoPrinted { .. } => 3,
        Matter::OwesScan { .. } => 4,
    }
}

/// Four stages, half an hour of patience each, and as much again.
const ROUNDS_MAX: u32 = 54;
