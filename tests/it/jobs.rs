//! Thousands of labels through the real engine and the real printers' workers, with two printers that fail in every way they
//! can, and a person who says of a label in doubt whether it lies in the tray: none comes out twice by itself, and none is
//! said to be out that is not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use ordak_station::order::code::label_payload;
use ordak_station::order::{Order, OrderId};
use ordak_station::station::{Answer, JobState};

use crate::support::dice::{Dice, number};
use crate::support::hurtful;
use crate::support::kitchen::{Kitchen, SHORT};
use crate::support::printer::{Mood, Tongue};

/// What the run came to; the last line of `make jobs`.
#[derive(Debug, Default, serde::Serialize)]
struct Figures {
    jobs: usize,
    /// Whose label is in a tray at the end.
    out: usize,
    /// How often a person had to say what became of a label.
    unconfirmed: usize,
    /// How often that was not in a tray: the next one has the next number.
    copies: usize,
    /// How many came out of the second printer.
    moved: usize,
    doubled: usize,
    lost: usize,
}

#[test]
fn whatever_the_printers_do_no_label_is_doubled_or_lost() {
    let jobs: usize = number("JOBS", 450);
    let seed = number("SEED", 1);
    let each = jobs.div_ceil(Tongue::ALL.len());
    let days: Vec<_> = thread::scope(|scope| {
        let run = |tongue| scope.spawn(move || Day::new(tongue, each, seed).run());
        Tongue::ALL.map(run).into_iter().map(|day| day.join().unwrap()).collect()
    });
    let mut whole = Figures::default();
    let mut wrong = String::new();
    for (tongue, (figures, story)) in Tongue::ALL.into_iter().zip(&days) {
        println!("{}: {figures:?}", tongue.name());
        whole.add(figures);
        wrong += story;
    }
    if let Some(file) = std::env::var_os("JOBS_FIGURES") {
        std::fs::write(file, serde_json::to_string(&whole).unwrap() + "\n").unwrap();
    }
    assert_eq!((whole.doubled, whole.lost, whole.out), (0, 0, whole.jobs), "seed {seed}: {wrong}");
    for (figures, _) in days {
        assert!(figures.moved > 0 && figures.unconfirmed > 0, "hardly a fault: {figures:?}");
    }
    assert!(whole.moved * 30 > jobs && whole.unconfirmed * 30 > jobs, "hardly a fault: {whole:?}");
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.out += other.out;
        self.unconfirmed += other.unconfirmed;
        self.copies += other.copies;
        self.moved += other.moved;
        self.doubled += other.doubled;
        self.lost += other.lost;
    }
}

/// A day at a station whose printers fail all the time.
struct Day {
    kitchen: Kitchen,
    dice: Dice,
    orders: Vec<Order>,
    /// How many were scanned.
    scanned: usize,
    figures: Figures,
    /// How often a person said of a cake's label that it is not out.
    noes: BTreeMap<OrderId, usize>,
    /// What went wrong, in words.
    story: String,
}

impl Day {
    fn new(tongue: Tongue, jobs: usize, seed: u64) -> Self {
        let orders: Vec<_> = (0..jobs).map(order).collect();
        let kitchen = Kitchen::open(tongue, 2, orders.clone(), SHORT);
        let dice = Dice::new(seed * 3 + tongue as u64);
        let figures = Figures { jobs, ..Figures::default() };
        Self { kitchen, dice, orders, scanned: 0, figures, noes: BTreeMap::new(), story: String::new() }
    }

    fn run(mut self) -> (Figures, String) {
        let mut quiet = 0;
        while self.has_more() || self.is_any_open() {
            self.scan_some();
            let is_heard = self.kitchen.hear(STEP);
            quiet = if is_heard { 0 } else { quiet + 1 };
            assert!(quiet < QUIET_MAX, "it is stuck: {:?}", self.open());
            self.hear_verdicts();
            self.answer();
            // Some faults outlast a label, and some do not.
            self.happen(if is_heard { 3 } else { 12 });
        }
        self.end()
    }

    /// A few cakes are always on their way: what waits behind a fault counts too.
    fn scan_some(&mut self) {
        while self.has_more() && self.open().len() < AT_ONCE {
            self.scan();
        }
    }

    fn scan(&mut self) {
        self.kitchen.scan(&self.orders[self.scanned].id.barcode());
        self.scanned += 1;
    }

    /// Whether there is more to scan but the last label of each printer.
    fn has_more(&self) -> bool {
        self.scanned + 2 < self.orders.len()
    }

    /// One of the printers fails or is looked after.
    fn happen(&mut self, once_in: u32) {
        if self.dice.once_in(once_in) {
            let printer = self.dice.roll(2) as usize;
            let mood = if self.dice.once_in(2) { Mood::Healthy } else { self.fault() };
            self.kitchen.printers[printer].set(mood);
        }
    }

    fn fault(&mut self) -> Mood {
        let faults: &[Mood] = if self.dice.once_in(3) { &FAULTS } else { &FAULTS_IN_JOB };
        match self.dice.pick(faults) {
            Mood::CutsOff(bytes_max) => Mood::CutsOff(self.dice.roll(bytes_max as u32) as usize),
            mood => mood,
        }
    }

    /// What is said to be out is out, of the printer that is named.
    fn hear_verdicts(&mut self) {
        for verdict in std::mem::take(&mut self.kitchen.verdicts) {
            let Answer::LabelOut { printer, is_proved, instead_of, .. } = &verdict.answer else { continue };
            let order = verdict.order.unwrap();
            let copy = self.kitchen.jobs[&verdict.intent.unwrap()].copy;
            let place = usize::from(&**printer == "second");
            self.figures.moved += place;
            assert_eq!(instead_of.as_deref(), (place == 1).then_some("first"), "{order}");
            if *is_proved && self.kitchen.out(place, order, copy) == 0 {
                self.figures.lost += 1;
                writeln!(self.story, "{order} copy {copy} is not in the tray of {printer}").unwrap();
            }
        }
    }

    /// A person looks into the tray and says what became of a label, sooner or later.
    fn answer(&mut self) {
        for job in self.kitchen.in_doubt() {
            if !self.dice.once_in(3) {
                continue;
            }
            self.figures.unconfirmed += 1;
            self.kitchen.look();
            let is_out = self.kitchen.out(job.printer, job.order, job.copy) > 0;
            if is_out && self.dice.once_in(2) {
                self.kitchen.scan(&label_payload(job.order, job.copy));
            } else {
                self.figures.copies += usize::from(!is_out);
                *self.noes.entry(job.order).or_default() += usize::from(!is_out);
                self.kitchen.say(job.order, is_out);
            }
        }
    }

    /// One label more of each printer, now looked after, lets out before it whatever it still has.
    fn empty(&mut self) {
        for (printer, other) in [(0, Mood::Healthy), (1, Mood::Gone)] {
            self.kitchen.printers[0].set(other);
            self.kitchen.printers[1].set(Mood::Healthy);
            self.kitchen.hear_until_ready(printer);
            self.scan();
            while self.is_any_open() {
                self.kitchen.hear(STEP);
                self.hear_verdicts();
                self.answer();
            }
        }
        self.kitchen.look();
    }

    /// Everything is counted.
    fn end(mut self) -> (Figures, String) {
        self.empty();
        for job in self.kitchen.jobs.values().cloned().collect::<Vec<_>>() {
            let is_out = self.kitchen.out(job.printer, job.order, job.copy) > 0;
            let noes = self.noes.get(&job.order).copied().unwrap_or(0);
            if usize::from(job.copy) > noes + 1 {
                self.figures.doubled += 1;
                writeln!(self.story, "{job:?} is a copy more than a person wanted").unwrap();
            }
            if job.state.is_out() && is_out {
                self.figures.out += 1;
            } else {
                self.figures.lost += 1;
                writeln!(self.story, "{job:?} is not out").unwrap();
            }
        }
        let mut sheets: BTreeMap<_, usize> = BTreeMap::new();
        for (sheet, count) in self.kitchen.trays.iter().flatten() {
            *sheets.entry(*sheet).or_default() += count;
        }
        for (sheet, count) in sheets.into_iter().filter(|(_, count)| *count > 1) {
            self.figures.doubled += 1;
            writeln!(self.story, "{sheet:?} is out {count} times").unwrap();
        }
        (self.figures, self.story)
    }

    fn is_any_open(&self) -> bool {
        !self.open().is_empty()
    }

    /// Jobs that are not out yet.
    fn open(&self) -> Vec<(OrderId, &JobState)> {
        let open = self.kitchen.jobs.values().filter(|job| !job.state.is_out());
        open.map(|job| (job.order, &job.state)).collect()
    }
}

/// Every third has notes, which need a label of their own.
fn order(nth: usize) -> Order {
    let notes = if nth.is_multiple_of(3) { "No nuts in the top tier (allergy)." } else { "" };
    Order { id: format!("bannos-{}", 30_000 + nth).parse().unwrap(), notes: notes.into(), ..hurtful::plain() }
}

/// What a printer that is asked how it is shows, or keeps it from answering.
const FAULTS: [Mood; 9] = [
    Mood::Mute,
    Mood::PaperOut,
    Mood::NearEnd,
    Mood::CoverOpen,
    Mood::Paused,
    Mood::Slow,
    Mood::AnswersLate,
    Mood::Nonsense,
    Mood::Gone,
];

/// What shows only once a label is under way.
const FAULTS_IN_JOB: [Mood; 9] = [
    Mood::PaperOutInJob,
    Mood::NeverProves,
    Mood::ProvesAnother,
    Mood::MuteAfterJob,
    Mood::ProvesLate,
    Mood::StopsReading,
    Mood::CutsOff(200),
    Mood::CutsOff(2_000),
    Mood::CutsOff(20_000),
];

/// Cakes that are scanned before the first of them has its label.
const AT_ONCE: usize = 3;

/// How long nothing may be said before something happens to a printer.
const STEP: Duration = Duration::from_millis(20);

/// So often in a row, and half of the time everything works: then something is wrong.
const QUIET_MAX: usize = 1_000;
