//! One station with all that it stands on: its disk, its line to the backend, its printers and its clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::tally::Fault;
use std::sync::Arc;

use crate::order::{IntentId, Order, OrderId, Post, Stage, Store, Timestamp};
use crate::station::*;

/// A station, and what the world knows of it that it does not know itself.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that is so or is not")]
pub struct Kiosk {
    pub settings: Settings,
    /// None while the machine is off.
    pub station: Option<Station>,
    pub disk: Disk,
    /// Counts the starts: what was ordered in an earlier life is answered to nobody.
    pub life: u32,
    /// Whether this life was told what the backend can do.
    pub is_acquainted: bool,
    pub born: Duration,
    /// When the station wants to be called.
    pub deadline: Option<Duration>,
    /// Effects under way, the routine ones aside.
    pub pending: u32,

    pub net: Option<(Fault, u8)>,
    /// From when on it is told of changes.
    pub hints_from: Option<Duration>,
    pub is_signed_out: bool,
    /// The power goes at the next write, for so long.
    pub cut: Option<Duration>,
    /// What is being written.
    pub writing: Vec<Record>,
    pub printers: Vec<Option<Fault>>,
    /// Whether its printers can prove that a label came out.
    pub is_proving: bool,
    /// Corrected wall time less true time.
    pub clock_error_us: i64,
    pub was_clock_set: bool,
    pub reported: Option<(Duration, Report)>,

    /// What it knew of the orders when it went off, and when it had read them.
    pub memory: (Option<Timestamp>, Vec<Arc<Order>>),
    /// The last reads of this life.
    pub recent: VecDeque<u32>,
    /// What each gun was asked last: which of these.
    pub which: BTreeMap<Source, (Vec<OrderId>, Duration)>,
    /// What each gun was asked last: whether this label came out.
    pub label_asked: BTreeMap<Source, OrderId>,
    /// When a further scan of a cake was last asked for.
    pub asked: BTreeMap<OrderId, Duration>,
    /// When it was last said that a sibling of a cake is behind.
    pub asked_sibling: BTreeMap<OrderId, Duration>,
    /// When a cake was started here.
    pub began: BTreeMap<OrderId, Duration>,
    /// When a label was first read here.
    pub label_reads: BTreeMap<OrderId, Duration>,
    /// Reworks whose start is durable here.
    pub reworks: BTreeSet<(OrderId, u32)>,
    pub labels: BTreeMap<OrderId, Labels>,
    /// Whether the last write failed.
    pub is_failing: bool,
    pub cards: BTreeSet<(OrderId, u8)>,
}

/// The labels of one cake at one station, as they truly are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Labels {
    /// How many are out.
    pub out: u8,
    /// The highest number that may be out.
    pub copy: u8,
    /// Whether one was given to a printer that may have printed it, and no person has said a word since.
    pub is_spent: bool,
    /// Whether a person said that it is out.
    pub is_said_out: bool,
    /// Whether somebody has it in hand.
    pub is_stuck: bool,
}

impl Kiosk {
    pub fn new(name: String, post: Post, printers: usize, now: Duration) -> Self {
        let names = ["bench", "second"];
        let settings = Settings {
            name: name.into(),
            post,
            stores: Store::ALL.into_iter().collect(),
            repeat_guard: REPEAT_GUARD,
            dwell: DWELL,
            is_read_only: false,
            has_start_scans: false,
            printers: names.iter().take(printers).map(|name| (*name).into()).collect(),
            scanners: 2,
            performer: None,
        };
        Self {
            settings,
            station: None,
            disk: Disk::default(),
            life: 0,
            is_acquainted: false,
            born: now,
            deadline: None,
            pending: 0,
            net: None,
            hints_from: None,
            is_signed_out: false,
            cut: None,
            writing: Vec::new(),
            printers: vec![None; printers],
            is_proving: true,
            clock_error_us: 0,
            was_clock_set: false,
            reported: None,
            memory: (None, Vec::new()),
            recent: VecDeque::new(),
            which: BTreeMap::new(),
            label_asked: BTreeMap::new(),
            asked: BTreeMap::new(),
            asked_sibling: BTreeMap::new(),
            began: BTreeMap::new(),
            label_reads: BTreeMap::new(),
            reworks: BTreeSet::new(),
            labels: BTreeMap::new(),
            is_failing: false,
            cards: BTreeSet::new(),
        }
    }

    pub fn stage(&self) -> Option<Stage> {
        match self.settings.post {
            Post::At(stage) => Some(stage),
            Post::Any => None,
        }
    }

    /// What is gone with the process.
    pub fn die(&mut self) {
        if let Some(station) = &self.station {
            let queue = station.view().queue;
            self.memory = (queue.read_at, queue.stages.iter().flat_map(|rows| rows.to_vec()).collect());
        }
        self.life += 1;
        self.is_acquainted = false;
        self.hints_from = None;
        self.station = None;
        self.deadline = None;
        self.pending = 0;
        self.cut = None;
        self.is_failing = false;
        self.recent.clear();
        self.which.clear();
        self.label_asked.clear();
        self.asked.clear();
        self.asked_sibling.clear();
    }

    pub fn is_offline(&self) -> bool {
        // Offline, or asked by the backend not to ask.
        self.station.as_ref().is_none_or(|station| {
            let is_pausing = station.link.not_before(station.now) > station.now;
            matches!(station.link.state, Link::Down(_)) || is_pausing
        })
    }

    /// Cards on this station's screen.
    pub fn cards_now(&self) -> impl Iterator<Item = Card> {
        let cards = self.station.as_ref().map(|station| station.attention.cards());
        cards.into_iter().flat_map(|cards| cards.to_vec())
    }
}

/// What a journal holds, by the words of its contract: each record replaces what stood under its name.
#[derive(Default)]
pub struct Disk {
    pub intents: BTreeMap<IntentId, Intent>,
    /// The open ones, in the order of their scans.
    pub open: BTreeMap<u64, IntentId>,
    pub jobs: BTreeMap<IntentId, Job>,
    pub facts: Vec<(OrderId, Fact, Timestamp)>,
    /// Written by a call that failed: it may turn up after the next start.
    pub limbo: Vec<Record>,
    pub fault: Option<Fault>,
}

impl Disk {
    pub fn write(&mut self, record: Record) {
        match record {
            Record::Intent(intent) => {
                if intent.state.is_open() {
                    self.open.insert(intent.seq, intent.id);
                } else {
                    self.open.remove(&intent.seq);
                }
                self.intents.insert(intent.id, intent);
            }
            Record::Job(job) => drop(self.jobs.insert(job.intent, job)),
            // What a damaged file came to: no file is damaged here.
            Record::Notice(_) => {}
            Record::Fact { order, fact, at } => {
                let is_same = |(of, old, _): &(OrderId, Fact, Timestamp)| {
                    *of == order
                        && match (old, &fact) {
                            (Fact::AlsoPrinted(old), Fact::AlsoPrinted(new)) => old.station == new.station,
                            (old, new) => std::mem::discriminant(old) == std::mem::discriminant(new),
                        }
                };
                self.facts.retain(|kept| !is_same(kept));
                self.facts.push((order, fact, at));
            }
        }
    }

    /// The open intents, in the order of their scans.
    pub fn open(&self) -> impl Iterator<Item = &Intent> {
        self.open.values().filter_map(|id| self.intents.get(id))
    }

    pub fn kept(&self) -> Kept {
        let last_seq = self.intents.values().map(|intent| intent.seq).max().unwrap_or(0);
        let jobs = self.jobs.values().cloned().collect();
        Kept {
            intents: self.open().cloned().collect(),
            jobs,
            facts: self.facts.clone(),
            last_seq,
            notices: Vec::new(),
            newer: 0,
        }
    }
}

pub const REPEAT_GUARD: Duration = Duration::from_secs(2);

/// Short, so that a run holds more than waiting.
pub const DWELL: Dwell = Dwell {
    filling: Duration::from_secs(6),
    covering: Duration::from_secs(6),
    decorating: Duration::from_secs(6),
    packing: Duration::from_secs(5),
};
