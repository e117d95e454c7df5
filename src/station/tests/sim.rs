//! The simulator: stations on one backend, cakes that people carry from one to the next, and everything that can go
//! wrong. A seed is a plan, a plan is a run, and what is broken is told as a story, shrunk.

mod around;
mod checks;
mod dice;
mod hints;
mod kiosk;
mod lines;
mod people;
mod plan;
mod power;
mod promises;
mod reads;
mod restore;
mod run;
mod shrink;
mod tally;
mod weak;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::station::planted::{ALL, Bug, WEAK, plant};

use checks::Rule;
use plan::Plan;
use run::Run;
use tally::{Invariant, Tally};
use weak::Harm;

/// What a number of seeds gave.
#[derive(Default)]
struct Sum {
    steps: u64,
    violations: u64,
    stuck: u64,
    tally: Tally,
    harm: Harm,
    /// The first that broke something.
    broken: Option<u64>,
}

#[test]
fn faults_end_and_everything_is_in_order() {
    let (from, seeds) = (number("FROM", 0), number("SEEDS", SEEDS / 2));
    let began = Instant::now();
    let sum = run_all(from, seeds, Plan::of);
    let weak = run_all(from, seeds, Plan::weak);
    let seconds = began.elapsed().as_secs_f64();
    let steps = sum.steps + weak.steps;
    println!("{}", sum.tally.print());
    println!("{steps} steps in {seconds:.1} s, {:.0} a second", steps as f64 / seconds);
    println!("on contract 2025-12: {:.2} cards per 1,000 honest scans, {:?}", weak.tally.cards(), weak.harm);
    let broken = [(&sum, Plan::of as fn(u64) -> Plan), (&weak, Plan::weak)];
    for plan in broken.into_iter().filter_map(|(sum, plan)| sum.broken.map(plan)) {
        tell(&plan);
    }
    if let Ok(path) = std::env::var("SIM_FIGURES") {
        let figures = figures(&sum, &weak, seeds, steps as f64 / seconds);
        std::fs::write(path, figures).expect("the target directory is there");
    }
    assert_eq!((sum.violations + weak.violations, sum.stuck + weak.stuck), (0, 0));
    if seeds >= LONG {
        assert_eq!(sum.tally.pairs_below(PAIRS_MIN), 0, "a fault never came while an invariant was at stake");
        assert_eq!(sum.tally.never(), Vec::<&str>::new(), "what should happen sometimes never did");
        assert!(weak.harm.by_outlived > 0, "calls that outlive every wait do harm: else none was tried");
        assert!(sum.tally.cards().max(weak.tally.cards()) <= CARDS_MAX, "more cards than anyone reads");
    }
}

/// The last line of `make sim` (`interfaces.md`).
fn figures(sum: &Sum, weak: &Sum, seeds: u64, steps_per_second: f64) -> String {
    let planted = planted();
    let found = planted.iter().filter(|(_, by)| by.is_some()).count();
    let Harm { writes, outlived, doubled, undone, advanced, by_outlived, by_race } = weak.harm;
    format!(
        "{{\"seeds\":{seeds},\"steps\":{},\"violations\":{},\"stuck\":{},\"pairs_below_100\":{},\"planted_found\":{found},\"planted\":{},\
         \"steps_per_second\":{steps_per_second:.0},\"cards_per_1000\":[{:.2},{:.2}],\
         \"contract_2025_12\":{{\"writes\":{writes},\"outlived\":{outlived},\"doubled\":{doubled},\"undone\":{undone},\
         \"advanced\":{advanced},\"by_outlived\":{by_outlived},\"by_race\":{by_race}}}}}\n",
        sum.steps + weak.steps,
        sum.violations + weak.violations,
        sum.stuck + weak.stuck,
        sum.tally.pairs_below(PAIRS_MIN),
        planted.len(),
        sum.tally.cards(),
        weak.tally.cards(),
    )
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..100 {
        let plan = Plan::of(seed);
        let (one, other) = (Run::of(&plan, false), Run::of(&plan, false));
        assert_eq!((one.trace, one.steps), (other.trace, other.steps), "I16: seed {seed}");
    }
}

/// A test that cannot fail shows nothing: each of these bugs is found within the short form's seeds.
#[test]
fn every_planted_bug_is_found() {
    let found = planted();
    let missed: Vec<_> = found.iter().filter(|(_, seed)| seed.is_none()).map(|(bug, _)| bug).collect();
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}

/// Each planted bug, with the seed and the rule by which it is found first.
fn planted() -> Vec<(Bug, Option<(u64, Rule)>)> {
    let next = AtomicU64::new(0);
    let work = || {
        let mut found = Vec::new();
        let all = || ALL.iter().map(|bug| (bug, false)).chain(WEAK.iter().map(|bug| (bug, true)));
        while let Some((bug, is_weak)) = all().nth(next.fetch_add(1, Ordering::Relaxed) as usize) {
            plant(Some(*bug));
            let plan = |seed| if is_weak { Plan::weak(seed) } else { Plan::of(seed) };
            let breaks = |seed| Some((seed, Run::of(&plan(seed), false).breach?.rule));
            found.push((*bug, (0..SEEDS).find_map(breaks)));
            plant(None);
        }
        found
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut found = work();
        found.extend(other.join().expect("its panics are caught"));
        for (bug, by) in &found {
            println!("{bug:?} {by:?}");
        }
        found
    })
}

/// Runs the seeds from `from` on, on two threads.
fn run_all(from: u64, seeds: u64, plan: impl Fn(u64) -> Plan + Copy + Sync) -> Sum {
    let next = AtomicU64::new(0);
    let work = || {
        let mut sum = Sum::default();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= seeds {
                return sum;
            }
            let plan = plan(from + nth);
            let mut run = Run::of(&plan, false);
            let is_twice = nth.is_multiple_of(TWICE_EVERY);
            if is_twice {
                let again = Run::of(&plan, false);
                assert_eq!((run.trace, run.steps), (again.trace, again.steps), "I16: seed {}", plan.seed);
            } else {
                run.tally.forget(Invariant::I16);
            }
            sum.steps += run.steps;
            sum.tally.add(&run.tally);
            sum.harm.add(run.harm);
            if let Some(breach) = run.breach {
                sum.violations += 1;
                sum.stuck += u64::from(breach.rule == Rule::I7);
                sum.broken = Some(sum.broken.map_or(plan.seed, |broken| broken.min(plan.seed)));
                if number("SHOW", 0) > 0 {
                    println!("seed {}: {}: {}", plan.seed, breach.rule.name(), breach.text);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut sum = work();
        let other = other.join().expect("its panics are caught");
        sum.steps += other.steps;
        sum.violations += other.violations;
        sum.stuck += other.stuck;
        sum.tally.add(&other.tally);
        sum.harm.add(other.harm);
        sum.broken = sum.broken.into_iter().chain(other.broken).min();
        sum
    })
}

/// Tells what a seed broke: the shortest list of moves that still does, and what everybody said.
fn tell(plan: &Plan) {
    let seed = plan.seed;
    let Some(breach) = Run::of(plan, false).breach else { return };
    let short = shrink::shrink(plan, breach.rule);
    let run = Run::of(&short, true);
    let commit = std::env::var("SIM_COMMIT").unwrap_or("this commit".into());
    println!("{}", run.story);
    println!(
        "seed {seed} at {commit} breaks {}: {}\n{} of {} moves; again with: make sim FROM={seed} SEEDS=1",
        breach.rule.name(),
        breach.text,
        short.moves.len(),
        plan.moves.len()
    );
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// The short form, half of it on each contract; `make sim` runs more.
const SEEDS: u64 = 1_000;

/// `reliability.md`: cards per 1,000 honest scans through outages, at most.
const CARDS_MAX: f64 = 5.0;

/// A run from which it is to be seen that nothing was left out.
const LONG: u64 = 10_000;

/// `reliability.md`: each fault × invariant pair is reached this often in a long run.
const PAIRS_MIN: u64 = 100;

/// Odd, so that people of every manner are among them.
const TWICE_EVERY: u64 = 21;
