//! The shortest list of moves that still breaks the same rule.

use super::checks::Rule;
use super::plan::Plan;
use super::run::Run;

/// Leaves out moves for as long as the run still breaks `rule`.
pub fn shrink(plan: &Plan, rule: Rule) -> Plan {
    let mut plan = plan.clone();
    let mut runs = 0;
    let mut breaks = |plan: &Plan| {
        runs += 1;
        runs < RUNS_MAX && Run::of(plan, false).breach.is_some_and(|breach| breach.rule == rule)
    };
    let mut part = plan.moves.len() / 2;
    while part > 0 {
        let mut from = 0;
        while from < plan.moves.len() {
            let mut less = plan.clone();
            let end = (from + part).min(less.moves.len());
            let left_out: std::time::Duration =
                less.moves.drain(from..end).map(|left_out| left_out.after).sum();
            // What follows keeps its time.
            if let Some(next) = less.moves.get_mut(from) {
                next.after += left_out;
            }
            if breaks(&less) {
                plan = less;
            } else {
                from += part;
            }
        }
        part /= 2;
    }
    plan
}

const RUNS_MAX: u32 = 2_000;
