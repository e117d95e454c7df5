//! What the world will do to the stations: a list that follows from the seed alone, made before the run, so that it can be
//! shrunk.

use std::time::Duration;

use super::dice::Dice;
use super::tally::Fault;
use crate::order::{OrderId, Post, Stage, Store, Suffix};

/// How the people of a run are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// They scan what they do, and only the network, the power and the disk fail.
    Outage,
    /// They scan what they do, and everything fails.
    Honest,
    /// They forget, hurry, mix up and ignore.
    Sloppy,
}

/// A run before it is run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    pub manner: Manner,
    /// Whether the backend knows no intents.
    pub is_weak: bool,
    /// Whether Covering and Decorating are started by a scan, where the backend keeps that.
    pub has_start_scans: bool,
    pub posts: Vec<Post>,
    pub cakes: Vec<(OrderId, Stage)>,
    pub moves: Vec<Move>,
}

/// One thing that the world does, `after` the one before it.
#[derive(Clone, Debug)]
pub struct Move {
    pub after: Duration,
    pub what: What,
}

/// What the world can do. Places and cakes are numbers that the run takes by what there is.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A person does what a cake at this place needs next, and heeds the answer.
    Work { place: u8, pick: u8 },
    /// Somebody reads something with a gun, and may heed the answer.
    Scan { place: u8, gun: u8, cake: u8, code: CodeOf, is_heeded: bool },
    /// A gun reads a label twice.
    Twice { place: u8, cake: u8, gap: Duration, is_other_gun: bool },
    /// A gun's read is cut in two.
    Split { place: u8, cake: u8 },
    /// A gun reads what is no cake.
    Junk { place: u8, kind: u8 },
    /// A gun answers a question.
    Answer { place: u8, gun: u8, nth: u8 },
    /// A finger.
    Touch { place: u8, cake: u8, finger: Finger, nth: u8 },
    /// A cake is carried on without a scan.
    Carry { cake: u8 },
    /// The label of a cake is stuck on its sibling.
    Mislabel { cake: u8 },
    /// Calls of this place fail, this often of four.
    Net { place: u8, fault: Fault, odds: u8 },
    /// The network of this place is well again.
    NetWell { place: u8 },
    /// The sign-in of this place dies or lives again.
    SignIn { place: u8, is_dead: bool },
    /// Writes of this place fail from now on.
    Disk { place: u8, fault: Option<Fault> },
    /// The process dies and is started again.
    Kill { place: u8, down: Duration },
    /// The power goes at the next write.
    PowerCut { place: u8, down: Duration },
    /// A printer.
    Printer { place: u8, printer: u8, fault: Option<Fault> },
    /// The wall clock is set.
    Clock { place: u8, jump_s: i64 },
    /// A gun is unplugged and comes back.
    Scanner { place: u8 },
    /// Quality control sends a cake back.
    Return { cake: u8 },
    /// The office cancels a cake, assigns it, or takes an account away.
    Cancel { cake: u8 },
    /// The database is dumped.
    Dump,
    /// It is restored from that dump.
    Restore,
    /// Nothing but time.
    Wait,
}

/// What a finger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finger {
    Act,
    Pick,
    Dismiss,
    Close,
    Retry,
    Assign,
    AssignGone,
    Store,
    Copy,
    Look,
}

/// Which code of a cake is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeOf {
    /// The docket's bare number, or the number without a suffix for one cake of several.
    Docket,
    /// The label's Code 128.
    Label,
    /// The label's QR.
    Qr,
}

/// Network faults that can be set at a place.
const NET: &[Fault] = &[
    Fault::ReplyLostBefore,
    Fault::ReplyLostAfter,
    Fault::Duplicated,
    Fault::Reordered,
    Fault::Late,
    Fault::Partition,
    Fault::Http403,
    Fault::Http409,
    Fault::Http429,
    Fault::Http5xx,
    Fault::Html,
    Fault::CutJson,
    Fault::NoFunction,
    Fault::TokenExpiry,
    Fault::RefreshLost,
];

/// Those that pass by themselves: the others are for a person sooner or later.
const OUTAGE: &[Fault] = &[
    Fault::ReplyLostBefore,
    Fault::ReplyLostAfter,
    Fault::Duplicated,
    Fault::Reordered,
    Fault::Late,
    Fault::Partition,
    Fault::Http429,
    Fault::Http5xx,
    Fault::Html,
    Fault::CutJson,
    Fault::TokenExpiry,
    Fault::RefreshLost,
];

const PRINTER: &[Fault] = &[
    Fault::PaperOut,
    Fault::CoverOpen,
    Fault::Jam,
    Fault::Unplugged,
    Fault::PrinterSilent,
    Fault::PrinterLate,
    Fault::PrinterNonsense,
];

/// A step of the clock: a year either way, an hour for daylight saving, and a clock that was merely wrong.
const JUMPS_S: &[i64] = &[31_536_000, -31_536_000, 3600, -3600, 240, -240];

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let manner = match seed % 4 {
            0 => Manner::Outage,
            1 => Manner::Honest,
            _ => Manner::Sloppy,
        };
        let mut posts: Vec<_> = Stage::WORKED.into_iter().map(Post::At).collect();
        for _ in 0..dice.roll(4) {
            let more =
                [Post::At(Stage::Filling), Post::At(Stage::Covering), Post::At(Stage::Decorating), Post::Any];
            posts.push(dice.pick(&more));
        }
        let cakes = cakes(&mut dice, manner);
        let mut plan =
            Self { seed, manner, is_weak: false, has_start_scans: false, posts, cakes, moves: Vec::new() };
        // Some faults and habits are left out of each run, so that the others come closer together.
        let enabled = dice.roll(1 << 30) | dice.roll(1 << 30) | 1;
        let pace = dice.pick(&[400, 1500, 4000]);
        for _ in 0..50 + dice.roll(70) {
            let what = plan.a_move(&mut dice, enabled);
            let after = match dice.roll(24) {
                0 => dice.millis(20_000, 90_000),
                1..=3 => dice.millis(5_000, 12_000),
                _ => dice.millis(50, pace),
            };
            plan.moves.push(Move { after, what });
        }
        // Often where nobody asks that the database ends equal to the cakes.
        let is_restored = match manner {
            Manner::Outage => false,
            Manner::Honest => dice.once_in(6),
            Manner::Sloppy => !dice.once_in(3),
        };
        if is_restored {
            plan.restores(&mut dice);
        }
        if manner != Manner::Outage && dice.once_in(4) {
            plan.cuts_the_power_at_a_wrong_time(&mut dice);
        }
        plan
    }

    /// The same people and faults, on contract 2025-12; some stations scan starts.
    pub fn weak(seed: u64) -> Self {
        Self { is_weak: true, has_start_scans: seed % 3 == 1, ..Self::of(seed) }
    }

    /// A dump somewhere, and after it a restoration.
    fn restores(&mut self, dice: &mut Dice) {
        let dumped = dice.roll(self.moves.len() as u64 / 2);
        let restored = dumped + 1 + dice.roll(self.moves.len() as u64 / 2);
        for (place, what) in [(restored, What::Restore), (dumped, What::Dump)] {
            self.moves.insert(place as usize, Move { after: Duration::from_millis(100), what });
        }
    }

    /// Somewhere a clock is set without a network, and the power goes while somebody works there.
    fn cuts_the_power_at_a_wrong_time(&mut self, dice: &mut Dice) {
        let (at, place) = (dice.roll(self.moves.len() as u64), dice.byte(self.posts.len() as u64));
        let work = What::Work { place, pick: dice.byte(16) };
        let moves = [
            What::Net { place, fault: Fault::Partition, odds: 4 },
            What::Clock { place, jump_s: dice.pick(JUMPS_S) },
            work,
            What::PowerCut { place, down: dice.millis(500, 20_000) },
            work,
        ];
        let moves = moves.map(|what| Move { after: Duration::from_millis(500), what });
        self.moves.splice(at as usize..at as usize, moves);
    }

    fn a_move(&self, dice: &mut Dice, enabled: u64) -> What {
        let place = dice.byte(self.posts.len() as u64);
        let cake = dice.byte(self.cakes.len() as u64);
        loop {
            let kind = dice.roll(37);
            let what = match kind {
                0..=1 => {
                    let faults = if self.manner == Manner::Outage { OUTAGE } else { NET };
                    What::Net { place, fault: dice.pick(faults), odds: 1 + dice.byte(4) }
                }
                2 => What::NetWell { place },
                3 => What::SignIn { place, is_dead: dice.once_in(2) },
                4 => What::Disk { place, fault: disk(dice) },
                5 => What::Kill { place, down: dice.millis(500, 20_000) },
                6 => What::PowerCut { place, down: dice.millis(500, 20_000) },
                7 if self.manner != Manner::Outage => What::Clock { place, jump_s: dice.pick(JUMPS_S) },
                8..=9 | 30..=33 if self.manner != Manner::Outage => {
                    let fault = if dice.once_in(4) { None } else { Some(dice.pick(PRINTER)) };
                    What::Printer { place, printer: dice.byte(2), fault }
                }
                10 => What::Scanner { place },
                11 | 34..=36 if self.manner != Manner::Outage => What::Return { cake },
                12 if self.manner != Manner::Outage && dice.once_in(6) => What::Cancel { cake },
                13 => What::Twice { place, cake, gap: dice.millis(20, 1_900), is_other_gun: dice.once_in(3) },
                14 => What::Split { place, cake },
                15 => {
                    What::Junk { place, kind: dice.byte(if self.manner == Manner::Outage { 3 } else { 4 }) }
                }
                16 if dice.once_in(8) => What::Wait,
                17..=22 if self.manner == Manner::Sloppy => Self::a_slip(dice, place, cake),
                17.. => What::Work { place, pick: dice.byte(16) },
                _ => continue,
            };
            // Work and slips are never left out.
            if kind >= 17 || enabled >> kind & 1 == 1 {
                return what;
            }
        }
    }

    fn a_slip(dice: &mut Dice, place: u8, cake: u8) -> What {
        let nth = 1 + dice.byte(3);
        match dice.roll(20) {
            0..=8 => {
                let code = dice.pick(&[CodeOf::Docket, CodeOf::Label, CodeOf::Label, CodeOf::Qr]);
                What::Scan { place, gun: dice.byte(2), cake, code, is_heeded: dice.once_in(2) }
            }
            9..=10 => What::Answer { place, gun: dice.byte(2), nth },
            11 => What::Carry { cake },
            12 => What::Mislabel { cake },
            _ => {
                let fingers = [
                    Finger::Act,
                    Finger::Act,
                    Finger::Pick,
                    Finger::Pick,
                    Finger::Dismiss,
                    Finger::Close,
                    Finger::Retry,
                    Finger::Retry,
                    Finger::Retry,
                    Finger::Assign,
                    Finger::AssignGone,
                    Finger::Store,
                    Finger::Copy,
                    Finger::Look,
                ];
                What::Touch { place, cake, finger: dice.pick(&fingers), nth }
            }
        }
    }
}

fn disk(dice: &mut Dice) -> Option<Fault> {
    dice.pick(&[None, None, Some(Fault::DiskFull), Some(Fault::FsyncFailed)])
}

/// A few cakes of both stores, some of one order, and a number that both stores have.
fn cakes(dice: &mut Dice, manner: Manner) -> Vec<(OrderId, Stage)> {
    let mut cakes = Vec::new();
    let stage = |dice: &mut Dice| Stage::WORKED[dice.roll(9).saturating_sub(5) as usize];
    for nth in 0..2 + dice.roll(6) as u32 {
        let store = dice.pick(&Store::ALL);
        cakes.push((OrderId { store, number: 18_617 + nth, suffix: None }, stage(dice)));
    }
    if !dice.once_in(3) {
        for nth in 1..=2 + dice.byte(2) {
            let id = OrderId { store: Store::Bannos, number: 25_771, suffix: Suffix::nth(nth) };
            cakes.push((id, stage(dice)));
        }
    }
    if manner == Manner::Sloppy && dice.once_in(2) {
        cakes.extend(Store::ALL.map(|store| (OrderId { store, number: 25_649, suffix: None }, stage(dice))));
    }
    cakes
}

/// A long wait: longer than any patience of the rules.
pub const LONG_WAIT: Duration = Duration::from_mins(16);
