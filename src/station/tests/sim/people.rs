//! People who carry cakes from station to station, scan what they do, read the screen and answer it, or do not.

use std::time::Duration;

use super::checks::Rule;
use super::plan::{CodeOf, Finger, Manner};
use super::reads::{Aim, Read};
use super::tally::{Fault, Luck};
use super::world::{Item, World};
use crate::order::{Action, Detail, OrderId, Stage};
use crate::station::tests::bench::assignee;
use crate::station::*;

/// A cake as it truly is.
#[derive(Clone, Debug)]
pub struct Cake {
    pub id: OrderId,
    /// The stage whose table it stands on.
    pub stage: Stage,
    /// Whether somebody has begun to pack it.
    pub is_begun: bool,
    /// The label that is stuck on it: of which cake, which copy, out of which station.
    pub label: Option<(OrderId, u8)>,
    /// The station that fills it: whoever began goes on.
    pub filler: Option<usize>,
    /// Somebody has it in hand until then.
    pub busy_until: Duration,
    /// It is not worked on any more: its order was cancelled.
    pub is_aside: bool,
}

/// The next thing that a person does.
pub enum Deed {
    /// Reads the same cake again.
    Again { read: u32 },
    /// Answers a question with the gun that was asked.
    Pick { read: u32, nth: u8 },
}

impl Cake {
    pub fn new(id: OrderId, stage: Stage) -> Self {
        let label = (stage > Stage::Filling).then_some((id, 1));
        Self { id, stage, is_begun: false, label, filler: None, busy_until: Duration::ZERO, is_aside: false }
    }
}

impl World {
    /// A person does what a cake at this place needs next.
    pub fn work(&mut self, place: usize, pick: u8) {
        let kiosk = &self.kiosks[place];
        let is_here = |cake: &Cake| match kiosk.stage() {
            Some(stage) => cake.stage == stage,
            // A supervisor looks at the screen first.
            None => cake.stage != Stage::Complete && self.backend.orders[&cake.id].stage == cake.stage,
        };
        let is_free = |cake: &Cake| {
            !cake.is_aside
                && (self.manner == Manner::Sloppy
                    || (cake.busy_until <= self.now && cake.filler.is_none_or(|filler| filler == place)))
        };
        let is_honest_post = kiosk.stage().is_some() || self.manner == Manner::Sloppy;
        let cakes = self.cakes.iter().enumerate();
        let here: Vec<_> = cakes
            .filter(|(_, cake)| is_honest_post && is_here(cake) && is_free(cake))
            .map(|(at, _)| at)
            .collect();
        if here.is_empty() {
            return;
        }
        self.scan_in_hand(place, 0, here[usize::from(pick) % here.len()], 0);
    }

    /// Reads the cake in hand, by its label if it has one.
    fn scan_in_hand(&mut self, place: usize, gun: u8, cake: usize, tries: u8) {
        let now = self.now;
        let kind = match self.dice.roll(4) {
            0 => CodeOf::Qr,
            1 if self.manner == Manner::Sloppy => CodeOf::Docket,
            _ => CodeOf::Label,
        };
        let kind = if self.cakes[cake].label.is_none() { CodeOf::Docket } else { kind };
        let hand = &mut self.cakes[cake];
        hand.busy_until = now + HAND;
        if hand.stage == Stage::Filling {
            hand.filler = Some(place);
        }
        if self.manner == Manner::Outage {
            self.tally.honest_scans += 1;
        }
        self.scan_cake(place, gun, cake, kind, Some(tries));
    }

    pub fn answer(&mut self, place: usize, source: Source, nth: u8, hand: Option<(usize, u8)>) {
        if let Some(order) = self.kiosks[place].label_asked.get(&source).copied() {
            self.say_of_label(place, order, nth);
        }
        let asked = self.kiosks[place].which.get(&source);
        let asked = asked.filter(|(_, at)| self.now < *at + PICK_WINDOW);
        let picked = asked.and_then(|(cakes, _)| cakes.get(usize::from(nth - 1)));
        if picked.is_some() {
            self.tally.luck(Luck::Picked);
        }
        let aim = picked.map_or(Aim::Nothing, |id| Aim::Cake(*id));
        self.scan(place, source, format!("%PICK:{nth}"), aim, hand);
    }

    /// A finger touches the screen.
    pub fn touch(&mut self, place: usize, cake: usize, finger: Finger, nth: u8) {
        // Whoever deals with cards deals with one that is there.
        let is_of_card = matches!(finger, Finger::Close | Finger::Retry);
        let cards: Vec<_> = self.kiosks[place].cards_now().filter(|_| is_of_card).collect();
        let card = cards.get(usize::from(nth) % cards.len().max(1));
        let id = card.map_or(self.cakes[cake].id, |card| card.order);
        let Some(station) = &self.kiosks[place].station else { return };
        let (touch, aim) = match finger {
            Finger::Act => (Touch::Act(id), Aim::Cake(id)),
            Finger::Pick => {
                let which = station.shown.as_ref().and_then(|shown| match &shown.verdict.answer {
                    Answer::Asks(Question::Which(cakes)) => {
                        cakes.get(usize::from(nth - 1)).map(|cake| cake.id)
                    }
                    _ => None,
                });
                let is_asked = station.shown.as_ref().is_some_and(|shown| {
                    matches!(shown.verdict.answer, Answer::Asks(_) | Answer::LabelUnconfirmed { .. })
                });
                if !is_asked {
                    return;
                }
                if which.is_some() {
                    self.tally.luck(Luck::PickedByFinger);
                }
                (Touch::Pick(nth), which.map_or(Aim::Nothing, Aim::Cake))
            }
            Finger::Dismiss => (Touch::Dismiss, Aim::Nothing),
            Finger::Close => (Touch::Close(id), Aim::Nothing),
            Finger::Retry => (Touch::Retry(id), Aim::Nothing),
            Finger::Assign => (Touch::Set(id, assignee("ana")), Aim::Cake(id)),
            Finger::AssignGone => (Touch::Set(id, assignee("gone")), Aim::Cake(id)),
            Finger::Store => (Touch::Set(id, Detail::Storage(Some("Fridge 1".into()))), Aim::Cake(id)),
            Finger::Copy => (Touch::Reprint(id), Aim::Cake(id)),
            Finger::Look => (Touch::Look(id), Aim::Nothing),
        };
        self.word(place, id, finger, nth);
        let read = self.put_read(place, Source::Touch, "", aim, None);
        self.kiosks[place].recent.push_back(read);
        self.note(|world| format!("{}: a finger: {touch:?}", world.kiosks[place].settings.name));
        let (at, fresh) = (self.at(place), self.reads[read as usize].id);
        self.tell(place, Event::Touched { at, touch, fresh });
    }

    /// A person's word on a cake: what may be printed again, or be closed.
    fn word(&mut self, place: usize, id: OrderId, finger: Finger, nth: u8) {
        match finger {
            Finger::Close => {
                self.tally.luck(Luck::ClosedByPerson);
                let open: Vec<_> = self.kiosks[place]
                    .disk
                    .open()
                    .filter(|open| open.order == id)
                    .map(|open| open.id)
                    .collect();
                for id in open {
                    if let Some(read) = self.read_of_mut(id) {
                        read.is_closed = true;
                    }
                }
                // Whoever closes a label's card has looked for it.
                self.kiosks[place].labels.entry(id).or_default().is_spent = false;
            }
            Finger::Retry | Finger::Copy => {
                self.tally.luck(Luck::RetriedByPerson);
                let open = self.kiosks[place].disk.open().filter(|open| open.order == id);
                let open: Vec<_> = open.map(|open| open.id).collect();
                for id in open {
                    if let Some(read) = self.read_of_mut(id) {
                        read.has_ended = false;
                    }
                }
                self.kiosks[place].labels.entry(id).or_default().is_spent = false;
            }
            Finger::Pick => {
                let shown = self.kiosks[place].station.as_ref().and_then(|station| station.shown.as_ref());
                let (order, source) =
                    shown.map_or((None, Source::Touch), |shown| (shown.verdict.order, shown.verdict.source));
                let asked = self.kiosks[place].label_asked.get(&source).copied();
                for order in order.into_iter().chain(asked) {
                    self.say_of_label(place, order, nth);
                }
            }
            _ => {}
        }
    }

    /// "Did the label come out?"
    pub fn say_of_label(&mut self, place: usize, order: OrderId, nth: u8) {
        let labels = self.kiosks[place].labels.entry(order).or_default();
        match nth {
            1 => labels.is_said_out = true,
            2 => labels.is_spent = false,
            _ => {}
        }
        match nth {
            1 => self.tally.luck(Luck::LabelSaidOut),
            2 => self.tally.luck(Luck::LabelSaidMissing),
            _ => {}
        }
    }

    /// A person who holds a label sticks it on the cake that it is for.
    pub fn stick(&mut self, place: usize, job: &Job) {
        if let Some(cake) = self.cakes.iter_mut().find(|cake| cake.id == job.order) {
            if cake.stage == Stage::Filling || cake.label.is_none() {
                cake.label = Some((job.order, job.copy));
            }
            self.kiosks[place].labels.entry(job.order).or_default().is_stuck = true;
        }
    }

    /// What a person does who reads the answer.
    pub fn heed(&mut self, read: u32, verdict: &Verdict) {
        let Some((cake, tries)) = self.reads[read as usize].hand else { return };
        let place = self.reads[read as usize].place;
        if tries > TRIES_MAX {
            if self.is_excused(self.cakes[cake].id) {
                return;
            }
            self.breach(Rule::Answered, place, || format!("nobody gets an answer for {:?}", verdict.code));
            return;
        }
        let id = self.cakes[cake].id;
        // What is said of another cake is for another.
        let is_own = |order| order == id || order == OrderId { suffix: None, ..id };
        if !verdict.order.is_none_or(is_own) {
            return;
        }
        let again = |delay| Some((delay, Deed::Again { read }));
        let soon = self.dice.millis(2_200, 5_500);
        let later = self.dice.millis(10_000, 60_000);
        let moment = self.dice.millis(500, 3_000);
        let next = match &verdict.answer {
            // Agreed where the screen went dark before it said accepted.
            Answer::Agreed if self.reads[read as usize].is_heeded => None,
            Answer::Accepted | Answer::Agreed => {
                self.reads[read as usize].is_heeded = true;
                self.carry_on(cake, verdict.action);
                None
            }
            // What was so a while ago need not be so now.
            Answer::AlreadyDone { stale: Some(_), .. }
            | Answer::NotStored(_)
            | Answer::Full
            | Answer::NotHere { .. } => again(later),
            Answer::AlreadyDone { .. } => {
                let own = self.kiosks[place].stage().unwrap_or(self.cakes[cake].stage);
                let of_scan = if verdict.intent.is_none() { own.completion() } else { None };
                self.carry_on(cake, verdict.action.or(of_scan));
                None
            }
            Answer::Asks(
                Question::SoSoon { .. }
                | Question::NeverFinished { .. }
                | Question::LabelReadLate
                | Question::SiblingBehind(_),
            ) => again(soon),
            Answer::Asks(Question::Which(cakes)) => {
                let nth = cakes.iter().position(|one| one.id == id);
                nth.map(|nth| (moment, Deed::Pick { read, nth: nth as u8 + 1 }))
            }
            Answer::Asks(Question::LabelOut { .. }) | Answer::LabelUnconfirmed { .. } => {
                let is_out = self.kiosks[place].labels.get(&id).is_some_and(|labels| labels.out > 0);
                Some((moment, Deed::Pick { read, nth: if is_out { 1 } else { 2 } }))
            }
            Answer::Cancelled { .. } => {
                self.cakes[cake].is_aside = true;
                None
            }
            _ => None,
        };
        if let Some((delay, deed)) = next {
            self.cakes[cake].busy_until = self.now + delay + HAND;
            self.later(delay, Item::Deed(deed));
        }
    }

    /// A cake is carried to the next table.
    fn carry_on(&mut self, cake: usize, action: Option<Action>) {
        let cake = &mut self.cakes[cake];
        match action {
            Some(Action::StartPacking) if cake.stage == Stage::Packing => cake.is_begun = true,
            Some(action) if action.is_completion() && action.stage() == Some(cake.stage) => {
                cake.stage = cake.stage.next().unwrap_or(cake.stage);
                cake.filler = None;
                cake.busy_until = self.now;
            }
            _ => {}
        }
    }

    pub fn do_deed(&mut self, deed: &Deed) {
        let (Deed::Again { read } | Deed::Pick { read, .. }) = *deed;
        let Read { place, source, hand, .. } = self.reads[read as usize];
        let Some((cake, tries)) = hand else { return };
        let is_gone = self.kiosks[place].stage().is_some_and(|stage| stage != self.cakes[cake].stage);
        if self.cakes[cake].is_aside || (is_gone && self.manner != Manner::Sloppy) {
            return;
        }
        // While the faults last nobody counts.
        let tries = if self.is_healed { tries + 1 } else { 0 };
        let Source::Scanner(gun) = source else { return };
        match *deed {
            Deed::Again { .. } => {
                let gun = if self.dice.once_in(4) { 1 - gun } else { gun };
                self.scan_in_hand(place, gun, cake, tries);
            }
            Deed::Pick { nth, .. } => self.answer(place, source, nth, Some((cake, tries))),
        }
    }

    /// Two reads of one label, or of two codes on it.
    pub fn twice(&mut self, place: usize, cake: usize, gap: Duration, is_other_gun: bool) {
        self.fault(place, Fault::DoubleRead);
        if self.manner == Manner::Sloppy {
            self.scan_cake(place, 0, cake, CodeOf::Label, None);
        } else {
            self.scan_in_hand(place, 0, cake, 0);
        }
        self.pass(gap);
        let tries = (self.manner != Manner::Sloppy).then_some(0);
        self.scan_cake(place, u8::from(is_other_gun), cake, CodeOf::Label, tries);
    }
}

/// `workflow.md` 2, the exact cake.
const PICK_WINDOW: Duration = Duration::from_secs(20);

/// How long a person keeps a cake in hand.
const HAND: Duration = Duration::from_secs(30);

const TRIES_MAX: u8 = 30;
