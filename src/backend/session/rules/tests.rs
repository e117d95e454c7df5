//! Nights of a station under GoTrue's rules, each from a seed: refresh tokens that rotate and are refused when they come
//! again, replies lost before and after the rotation, kills, a disk that cannot save, a wrong password for a while.

mod night;

use std::collections::BTreeMap;
use std::time::Instant;

use super::Bug;
use night::Night;

#[test]
fn nothing_is_lost_whatever_becomes_of_a_session() {
    let seeds = std::env::var("SESSION_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let began = Instant::now();
    let mut seen = BTreeMap::new();
    let mut steps = 0;
    for seed in 0..seeds {
        let night = Night::of(seed, None);
        assert_eq!(night.breach, None, "seed {seed}");
        steps += night.steps;
        for (what, count) in night.seen {
            *seen.entry(what).or_insert(0) += count;
        }
    }
    println!("{seeds} nights, {steps} steps in {:.1} s: {seen:?}", began.elapsed().as_secs_f64());
    let rare: Vec<_> = night::SOMETIMES.iter().filter(|what| seen.get(*what).copied() < Some(100)).collect();
    assert!(rare.is_empty(), "hardly ever happened: {rare:?}");
}

#[test]
fn the_same_seed_is_the_same_night() {
    for seed in 0..100 {
        let (one, other) = (Night::of(seed, None), Night::of(seed, None));
        assert_eq!((one.steps, one.seen, one.now), (other.steps, other.seen, other.now), "seed {seed}");
    }
}

#[test]
fn every_planted_bug_is_found() {
    let found = BUGS.map(|bug| (bug, (0..SEEDS_PLANTED).find_map(|seed| Night::of(seed, Some(bug)).breach)));
    println!("{found:#?}");
    let missed: Vec<_> = found.iter().filter(|(_, breach)| breach.is_none()).map(|(bug, _)| bug).collect();
    assert!(missed.is_empty(), "not found within {SEEDS_PLANTED} seeds: {missed:?}");
}

const BUGS: [Bug; 7] = [
    Bug::AsksWhileRefused,
    Bug::ClingsToTheDead,
    Bug::DropsTheUnsaved,
    Bug::ForgetsOnNetworkError,
    Bug::RenewsTwiceAtOnce,
    Bug::UsesBeforeSaved,
    Bug::UsesTheRefused,
];

/// `issues` 4: 10,000 seeds, 0 lost.
const SEEDS: u64 = 10_000;

const SEEDS_PLANTED: u64 = 1_000;
