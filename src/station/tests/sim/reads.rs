//! What guns read and fingers touch: which cake is meant, and what the guard must make of it.

use std::sync::Arc;
use std::time::Duration;

use super::kiosk::REPEAT_GUARD;
use super::people::Deed;
use super::plan::CodeOf;
use super::tally::Luck;
use super::world::{Item, World};
use crate::order::code::label_payload;
use crate::order::{IntentId, Order, OrderId, Stage};
use crate::station::tests::bench::fresh;
use crate::station::*;

/// A scan or a touch, by whomever.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that is so or is not")]
pub struct Read {
    pub id: IntentId,
    pub place: usize,
    pub life: u32,
    pub at: Duration,
    pub source: Source,
    pub code: Box<str>,
    pub aim: Aim,
    /// The cake in hand of a person who heeds the answer, and how often they have tried.
    pub hand: Option<(usize, u8)>,
    pub guard: Guarded,
    pub lines: u32,
    /// The station knew that its order was cancelled.
    pub is_of_cancelled: bool,
    /// The station knew that a sibling of the cake was behind.
    pub has_sibling_behind: bool,
    /// Where the station knew the cake to stand.
    pub stage_known: Option<Stage>,
    /// Whether it knew that the cake came back.
    pub is_return_known: bool,
    /// Whoever read it saw that it is done.
    pub is_heeded: bool,
    pub is_accepted: bool,
    pub is_refused: bool,
    /// The backend's verdict was delivered.
    pub is_answered: bool,
    /// Its refusal was.
    pub is_declined: bool,
    pub declined_at: Duration,
    pub accepted_at: Duration,
    /// When a person let it go on.
    pub retried_at: Duration,
    /// A person closed the intent.
    pub is_closed: bool,
    pub has_ended: bool,
    pub sends: u32,
    pub body: Option<Arc<Intent>>,
}

/// Which cake a read means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Exactly this.
    Cake(OrderId),
    /// Whichever open one has this number.
    Number(u32),
    /// One of several open ones by a number: never acted upon.
    Unclear(u32),
    /// None.
    Nothing,
}

/// Whether guard (a) takes a read for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarded {
    Must,
    May,
    MustNot,
}

impl Aim {
    pub fn number(&self) -> Option<u32> {
        match self {
            Self::Cake(id) => Some(id.number),
            Self::Number(number) | Self::Unclear(number) => Some(*number),
            Self::Nothing => None,
        }
    }

    /// Whether this cake may be what was meant.
    pub fn allows(&self, id: OrderId) -> bool {
        match self {
            Self::Cake(aim) => *aim == id,
            Self::Number(number) => *number == id.number,
            Self::Unclear(_) | Self::Nothing => false,
        }
    }
}

impl World {
    pub fn read_of(&self, id: IntentId) -> Option<&Read> {
        self.reads.get((id.bits() >> 96) as usize).filter(|read| read.id == id)
    }

    pub fn read_of_mut(&mut self, id: IntentId) -> Option<&mut Read> {
        self.reads.get_mut((id.bits() >> 96) as usize).filter(|read| read.id == id)
    }

    /// A gun reads a code of a cake.
    pub fn scan_cake(&mut self, place: usize, gun: u8, cake: usize, kind: CodeOf, tries: Option<u8>) {
        let (id, copy) = match (kind, self.cakes[cake].label) {
            (CodeOf::Docket, _) | (_, None) => (self.cakes[cake].id, None),
            (CodeOf::Qr, Some((id, copy))) => (id, Some(copy)),
            (CodeOf::Label, Some((id, _))) => (id, None),
        };
        let is_docket = kind == CodeOf::Docket || self.cakes[cake].label.is_none();
        let bare = OrderId { suffix: None, ..id };
        let code = match copy {
            Some(copy) => label_payload(id, copy),
            None if is_docket && self.dice.once_in(3) => id.number.to_string(),
            None if is_docket => bare.barcode(),
            None => id.barcode(),
        };
        let is_number = code.starts_with(|letter: char| letter.is_ascii_digit());
        let is_open = |order: &Order| order.stage != Stage::Complete && order.times.cancelled.is_none();
        // Nobody knows of what a restored database has brought back.
        let named = self.backend.orders.values().filter(|order| !self.is_excused(order.id)).filter(|order| {
            is_open(order) && order.id.number == id.number && (is_number || order.id.store == id.store)
        });
        let aim = match (named.count(), is_docket) {
            (_, false) => Aim::Cake(id),
            _ if !is_number && id.suffix.is_none() => Aim::Cake(id),
            (0 | 1, true) => Aim::Number(id.number),
            _ => Aim::Unclear(id.number),
        };
        let hand = tries.map(|tries| (cake, tries));
        self.scan(place, Source::Scanner(gun), code, aim, hand);
    }

    /// A gun reads a text.
    pub fn scan(&mut self, place: usize, source: Source, code: String, aim: Aim, hand: Option<(usize, u8)>) {
        if self.kiosks[place].station.is_none() {
            // Nothing on the screen: they try again when it is back.
            if let Some((cake, tries)) = hand {
                let read = self.put_read(place, source, &code, aim, Some((cake, tries)));
                self.later(Duration::from_secs(4), Item::Deed(Deed::Again { read }));
            }
            return;
        }
        let read = self.put_read(place, source, &code, aim, hand);
        let guard = self.guarded(place, read);
        self.reads[read as usize].guard = guard;
        // Of two reads of one cake at a time, by two codes, either is answered.
        let number = self.reads[read as usize].aim.number();
        for other in self.kiosks[place].recent.clone() {
            let other = &mut self.reads[other as usize];
            if other.lines == 0 && other.guard == Guarded::MustNot && other.aim.number() == number {
                other.guard = Guarded::May;
            }
        }
        if guard != Guarded::MustNot {
            self.tally.luck(Luck::Swallowed);
        }
        self.note(|world| format!("{} reads {code} ({source})", world.kiosks[place].settings.name));
        let recent = &mut self.kiosks[place].recent;
        recent.push_back(read);
        if recent.len() > RECENT_MAX {
            recent.pop_front();
        }
        self.later(ANSWER_WITHIN, Item::Answered(read));
        let (at, fresh) = (self.at(place), self.reads[read as usize].id);
        self.tell(place, Event::Scanned { at, source, text: code.into(), fresh });
    }

    pub fn put_read(
        &mut self,
        place: usize,
        source: Source,
        code: &str,
        aim: Aim,
        hand: Option<(usize, u8)>,
    ) -> u32 {
        let number = self.reads.len() as u32;
        let station = self.kiosks[place].station.as_ref();
        let is_of_cancelled = match (&aim, station) {
            (Aim::Cake(id), Some(station)) => {
                station.orders.get(*id).is_some_and(|order| order.times.cancelled.is_some())
            }
            _ => false,
        };
        let is_return_known = match (&aim, station) {
            (Aim::Cake(id), Some(station)) => {
                station.orders.get(*id).is_some_and(|order| order.returned.is_some())
            }
            _ => false,
        };
        let stage_known = match (&aim, station) {
            (Aim::Cake(id), Some(station)) => station.orders.get(*id).map(|order| order.stage),
            _ => None,
        };
        let has_sibling_behind = match (&aim, station) {
            (Aim::Cake(id), Some(station)) if id.suffix.is_some() => station
                .orders
                .cakes(id.store, id.number)
                .any(|cake| cake.id != *id && cake.stage < Stage::Packing && cake.times.cancelled.is_none()),
            _ => false,
        };
        self.reads.push(Read {
            id: fresh_of(number),
            place,
            life: self.kiosks[place].life,
            at: self.now,
            source,
            code: code.into(),
            aim,
            hand,
            guard: Guarded::May,
            lines: 0,
            is_of_cancelled,
            has_sibling_behind,
            stage_known,
            is_return_known,
            is_heeded: false,
            is_accepted: false,
            is_refused: false,
            is_answered: false,
            is_declined: false,
            declined_at: Duration::ZERO,
            accepted_at: Duration::ZERO,
            retried_at: Duration::ZERO,
            is_closed: false,
            has_ended: false,
            sends: 0,
            body: None,
        });
        number
    }

    /// What guard (a) must make of a read, as far as one can tell without knowing what the station knows.
    fn guarded(&self, place: usize, read: u32) -> Guarded {
        let read = &self.reads[read as usize];
        let recent = || self.kiosks[place].recent.iter().map(|read| &self.reads[*read as usize]);
        if read.code.starts_with('%') || matches!(read.aim, Aim::Nothing) {
            return Guarded::May;
        }
        let is_near = |other: &&Read| self.now.saturating_sub(other.at) < REPEAT_MARGIN || other.lines == 0;
        let is_like = |other: &&Read| other.aim.number().is_some() && other.aim.number() == read.aim.number();
        let is_command = |other: &Read| other.code.starts_with('%');
        let same =
            recent().rev().take_while(|other| !is_command(other)).find(|other| other.code == read.code);
        let is_split_or_sure = read.code.starts_with(['#', 'O']);
        match same {
            Some(same) if is_split_or_sure && self.now.saturating_sub(same.at) < REPEAT_GUARD => {
                Guarded::Must
            }
            _ if recent().filter(is_near).any(|other| is_like(&other)) => Guarded::May,
            // A finger or an answer may have been of the same cake.
            _ if recent()
                .any(|other| is_command(other) && self.now.saturating_sub(other.at) < REPEAT_MARGIN) =>
            {
                Guarded::May
            }
            _ => Guarded::MustNot,
        }
    }
}

/// An intent id that begins with the place of its read.
fn fresh_of(number: u32) -> IntentId {
    let bits = fresh(u64::from(number) + 1).bits() as u64;
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes[8..].copy_from_slice(&bits.to_be_bytes());
    IntentId::from_random(bytes)
}

/// Within this a read of the same cake may be taken for none.
const REPEAT_MARGIN: Duration = Duration::from_millis(2_100);

/// A second for a read of the backend, some for a slow disk.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);

const RECENT_MAX: usize = 12;
