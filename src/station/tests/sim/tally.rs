//! What was reached: each fault while each invariant was at stake, and what should happen sometimes.

use std::fmt::Write;

/// Gives an enum a name for each of its words, and a list of those that is `walked`.
macro_rules! words {
    (walked: $(#[$doc:meta])* $name:ident { $($word:ident),* $(,)? }) => {
        words! { $(#[$doc])* $name { $($word),* } }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$word),*];
        }
    };
    ($(#[$doc:meta])* $name:ident { $($word:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($word),* }

        impl $name {
            pub fn name(self) -> &'static str {
                match self { $(Self::$word => stringify!($word)),* }
            }
        }
    };
}
pub(super) use words;

words! { walked:
    /// Everything that goes wrong around a station (`reliability.md`).
    Fault {
        ReplyLostBefore, ReplyLostAfter, Duplicated, Reordered, Late, Partition, Http401, Http403, Http409, Http429,
        Http5xx, Html, CutJson, NoFunction, TokenExpiry, RefreshLost, Kill, PowerCut, DiskFull, FsyncFailed, PaperOut,
        CoverOpen, Jam, Unplugged, PrinterSilent, PrinterLate, PrinterNonsense, ScannerGone, DoubleRead, SplitRead,
        ClockJump, TwoStations, Restored,
    }
}

words! { walked:
    /// The invariants of `reliability.md` that a fault can put at stake here.
    Invariant { I2, I3, I4, I5, I6, I7, I8, I10, I13, I16 }
}

words! { walked:
    /// What a long run must have seen happen.
    Luck {
        HeldThenAgreed, WaitedForUpstream, ConflictParked, TookOver, OtherGunsQuestion, Picked, PickedByFinger,
        LabelSaidOut, LabelSaidMissing, LabelInDoubt, ProvedByQr, InterruptedPrint, SiblingAsked, AskedTooSoon,
        OwesScan, AlsoPrinted, NotStored, WriteTurnedUp, LateRequestLanded, CancelledWhileHeld,
        DecidedLate, AnsweredFromOldCopy, Swallowed, TooSoonParked, FollowersParked, RetriedByPerson, ClosedByPerson,
        AlreadyByOther, Returned, ReworkStarted, RepliedAsTheFirstTime, DetailRefused, Expired, Raced,
        HintTold, HintLost, HintLate, HintDoubled, ReadForHint, Unsubscribed,
    }
}

/// Counts of all these.
#[derive(Clone)]
pub struct Tally {
    pairs: Vec<[u64; Invariant::ALL.len()]>,
    luck: Vec<u64>,
    /// Scans that honest people made through outages, and the cards that came of them.
    pub honest_scans: u64,
    pub honest_cards: u64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            pairs: vec![[0; Invariant::ALL.len()]; Fault::ALL.len()],
            luck: vec![0; Luck::ALL.len()],
            honest_scans: 0,
            honest_cards: 0,
        }
    }
}

impl Tally {
    /// A fault happened while these were at stake, a bit each.
    pub fn fault(&mut self, fault: Fault, at_stake: u16) {
        for (place, count) in self.pairs[fault as usize].iter_mut().enumerate() {
            *count += u64::from(at_stake >> place & 1);
        }
    }

    /// Counts nothing for an invariant that was not looked at.
    pub fn forget(&mut self, invariant: Invariant) {
        self.pairs.iter_mut().for_each(|row| row[invariant as usize] = 0);
    }

    pub fn luck(&mut self, luck: Luck) {
        self.luck[luck as usize] += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (row, more) in self.pairs.iter_mut().zip(&other.pairs) {
            for (count, more) in row.iter_mut().zip(more) {
                *count += more;
            }
        }
        for (count, more) in self.luck.iter_mut().zip(&other.luck) {
            *count += more;
        }
        self.honest_scans += other.honest_scans;
        self.honest_cards += other.honest_cards;
    }

    pub fn pairs_below(&self, least: u64) -> usize {
        self.pairs.iter().flatten().filter(|count| **count < least).count()
    }

    /// What never happened.
    pub fn never(&self) -> Vec<&'static str> {
        let all = Luck::ALL.iter().zip(&self.luck);
        all.filter(|(_, count)| **count == 0).map(|(luck, _)| luck.name()).collect()
    }

    pub fn print(&self) -> String {
        let mut text = format!("{:17}", "fault");
        for invariant in Invariant::ALL {
            write!(text, "{:>9}", invariant.name()).expect("a string takes all");
        }
        for (fault, row) in Fault::ALL.iter().zip(&self.pairs) {
            write!(text, "\n{:17}", fault.name()).expect("a string takes all");
            for count in row {
                write!(text, "{count:>9}").expect("a string takes all");
            }
        }
        text.push('\n');
        for (luck, count) in Luck::ALL.iter().zip(&self.luck) {
            write!(text, "{} {count}, ", luck.name()).expect("a string takes all");
        }
        let Self { honest_scans: scans, honest_cards: cards, .. } = self;
        write!(text, "\nhonest scans through outages {scans}, cards {cards} ({:.2} per 1,000)", self.cards())
            .expect("a string takes all");
        text
    }

    /// Cards per 1,000 scans of honest people.
    pub fn cards(&self) -> f64 {
        self.honest_cards as f64 * 1000.0 / self.honest_scans.max(1) as f64
    }
}
