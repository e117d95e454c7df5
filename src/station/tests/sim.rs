//! The simulator: stations on one backend, cakes that people carry from one to the next, and everything that can go
//! wrong. A seed is a plan, a plan is a run, and what is broken is told as a story, shrunk.

mod around;
mod checks;
mod dice;
mod kiosk;
mod lines;
mod people;
mod plan;
mod power;
mod promises;
mod reads;
mod run;
mod shrink;
mod tally;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::station::planted::{ALL, Bug, plant};

use checks::Rule;
use plan::Plan;
use run::Run;
use tally::{Invariant, Tally};

/// What a number of seeds gave.
#[derive(Default)]
struct Sum {
    steps: u64,
    violations: u64,
    stuck: u64,
    tally: Tally,
    /// The first that broke something.
    broken: Option<u64>,
}

#[test]
fn faults_end_and_everything_is_in_order() {
    let seeds = number("SEEDS", SEEDS);
    let began = Instant::now();
    let sum = run_all(number("FROM", 0), seeds);
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", sum.tally.print());
    println!("{} steps in {seconds:.1} s, {:.0} a second", sum.steps, sum.steps as f64 / seconds);
    if let Some(seed) = sum.broken {
        tell(seed);
    }
    if let Ok(path) = std::env::var("SIM_FIGURES") {
        std::fs::write(path, figures(&sum, seeds)).expect("the target directory is there");
    }
    assert_eq!((sum.violations, sum.stuck), (0, 0));
    if seeds >= LONG {
        assert_eq!(sum.tally.pairs_below(PAIRS_MIN), 0, "a fault never came while an invariant was at stake");
        assert_eq!(sum.tally.never(), Vec::<&str>::new(), "what should happen sometimes never did");
    }
}

/// The last line of `make sim` (`interfaces.md`).
fn figures(sum: &Sum, seeds: u64) -> String {
    let planted = planted();
    let found = planted.iter().filter(|(_, by)| by.is_some()).count();
    format!(
        "{{\"seeds\":{seeds},\"steps\":{},\"violations\":{},\"stuck\":{},\"pairs_below_100\":{},\"planted_found\":{found},\"planted\":{}}}\n",
        sum.steps,
        sum.violations,
        sum.stuck,
        sum.tally.pairs_below(PAIRS_MIN),
        planted.len(),
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
        while let Some(bug) = ALL.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            plant(Some(*bug));
            let breaks = |seed| Some((seed, Run::of(&Plan::of(seed), false).breach?.rule));
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
fn run_all(from: u64, seeds: u64) -> Sum {
    let next = AtomicU64::new(0);
    let work = || {
        let mut sum = Sum::default();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            if nth >= seeds {
                return sum;
            }
            let plan = Plan::of(from + nth);
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
        sum.broken = sum.broken.into_iter().chain(other.broken).min();
        sum
    })
}

/// Tells what a seed broke: the shortest list of moves that still does, and what everybody said.
fn tell(seed: u64) {
    let plan = Plan::of(seed);
    let Some(breach) = Run::of(&plan, false).breach else { return };
    let short = shrink::shrink(&plan, breach.rule);
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

/// The short form; `make sim` runs more.
const SEEDS: u64 = 1_000;

/// A run from which it is to be seen that nothing was left out.
const LONG: u64 = 10_000;

/// `reliability.md`: each fault × invariant pair is reached this often in a long run.
const PAIRS_MIN: u64 = 100;

/// Odd, so that people of every manner are among them.
const TWICE_EVERY: u64 = 21;
