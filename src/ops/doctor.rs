//! Is this station able to work? Each check looks at one thing, changes nothing, and says what it saw and what to do.

use std::time::Duration;

use serde::Serialize;

use crate::backend::{self, Backend, Examination};
use crate::journal::{self, Reader};
use crate::order::{Post, Stage};
use crate::station::{IntentState, LinkFault};
use crate::words::Told;
use crate::words::doctor::{self as words, Finding};
use crate::{printer, scanner};

/// What a station is made of, as its configuration has it.
#[derive(Clone, Debug)]
pub struct Station {
    /// Where it stands.
    pub post: Post,
    /// The project.
    pub backend: backend::Config,
    /// Where its accepted actions are kept.
    pub journal: journal::Config,
    /// Its guns.
    pub scanners: Vec<scanner::Config>,
    /// Its printers.
    pub printers: Vec<printer::Config>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is called, for people and scripts.
    pub name: String,
    /// How it is.
    pub result: Verdict,
    /// What was seen.
    pub seen: String,
    /// What to do; empty where nothing is.
    #[serde(rename = "do")]
    pub remedy: String,
}

/// How a thing is. Ordered: the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The station works, and less well than it could.
    Warn,
    /// The station cannot do its work.
    Fail,
}

/// A configuration that cannot be read: the one check there is.
pub fn unconfigured(told: &Told) -> Check {
    check("configuration", Verdict::Fail, words::fault(told))
}

/// Looks at everything. `file` is where the configuration was read.
pub async fn examine(file: &str, station: &Station) -> Vec<Check> {
    let mut checks = vec![check("configuration", Verdict::Ok, words::configured(file))];
    match Backend::passing(station.backend.clone()) {
        Ok(backend) => checks.extend(of_backend(&station.backend.url, &backend.examine().await)),
        Err(error) => checks.push(check("backend", Verdict::Fail, words::unworkable(&error.to_string()))),
    }
    checks.push(of_journal(&station.journal));
    checks.extend(station.scanners.iter().enumerate().map(of_scanner));
    checks.extend(of_printers(station).await);
    checks
}

/// Whether a station of which this was seen is able to work.
pub fn is_able(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.result < Verdict::Fail)
}

fn check(name: impl Into<String>, result: Verdict, finding: Finding) -> Check {
    Check { name: name.into(), result, seen: finding.seen, remedy: finding.remedy }
}

fn failed(name: &str, fault: &LinkFault) -> Check {
    check(name, Verdict::Fail, words::link(fault))
}

fn of_backend(url: &str, found: &Examination) -> Vec<Check> {
    let mut checks = Vec::new();
    match &found.sign_in {
        Some(Err(fault)) if !has_answered(fault) => return vec![failed("backend", fault)],
        _ => checks.push(check("backend", Verdict::Ok, words::reached(url))),
    }
    let offset = Duration::from_micros(found.clock_offset_us.unsigned_abs());
    let clock = if offset > CLOCK_MAX { Verdict::Warn } else { Verdict::Ok };
    checks.push(check("clock", clock, words::clock(offset, clock == Verdict::Warn)));
    match &found.sign_in {
        Some(Err(fault)) => {
            checks.push(failed("sign-in", fault));
            return checks;
        }
        _ => checks.push(check("sign-in", Verdict::Ok, words::signed_in())),
    }
    match &found.contract {
        Some(Err(fault)) => checks.push(failed("contract", fault)),
        Some(Ok(contract)) => {
            let finding = words::contract(&contract.to_string(), found.is_pinned);
            checks.push(check("contract", Verdict::Ok, finding));
        }
        None => {}
    }
    checks.extend(found.staff.as_ref().map(|staff| match staff {
        Ok(Some(name)) => check("staff row", Verdict::Ok, words::staff_row(name)),
        Ok(None) => check("staff row", Verdict::Fail, words::no_staff_row()),
        Err(fault) => failed("staff row", fault),
    }));
    checks.extend(found.queue.as_ref().map(|queue| match queue {
        Ok(queue) => {
            let result = if queue.unreadable == 0 { Verdict::Ok } else { Verdict::Warn };
            check("queue", result, words::queue(queue.orders, queue.unreadable))
        }
        Err(fault) => failed("queue", fault),
    }));
    if matches!(&found.queue, Some(Ok(queue)) if queue.hides_history) {
        checks.push(check("history", Verdict::Warn, words::hidden_history()));
    }
    match &found.functions {
        Some(Ok(functions)) => {
            let is_whole = functions.missing.is_empty();
            let all = functions.asked - functions.missing_extensions.len();
            let finding = if is_whole {
                words::functions(all)
            } else {
                words::missing(&functions.missing, functions.own)
            };
            checks.push(check("functions", if is_whole { Verdict::Ok } else { Verdict::Fail }, finding));
            let has_all = functions.missing_extensions.is_empty();
            let result = if has_all { Verdict::Ok } else { Verdict::Warn };
            checks.push(check("extensions", result, words::extensions(&functions.missing_extensions)));
            let is_quick = functions.round_trip < LATENCY_MAX;
            let result = if is_quick { Verdict::Ok } else { Verdict::Warn };
            checks.push(check("latency", result, words::latency(functions.round_trip, is_quick)));
        }
        Some(Err(fault)) => checks.push(failed("functions", fault)),
        None => {}
    }
    checks.extend(found.abilities.as_ref().map(|abilities| match abilities {
        Ok(abilities) => {
            let result = if abilities.repeats_safely { Verdict::Ok } else { Verdict::Warn };
            check("exactly once", result, words::exactly_once(abilities.repeats_safely))
        }
        Err(fault) => failed("exactly once", fault),
    }));
    checks
}

/// Whether a fault of the sign-in came from the project itself.
fn has_answered(fault: &LinkFault) -> bool {
    matches!(
        fault,
        LinkFault::WrongKey | LinkFault::WrongPassword | LinkFault::Forbidden(_) | LinkFault::Busy(_)
    )
}

fn of_journal(config: &journal::Config) -> Check {
    let read = || {
        let reader = Reader::open(&config.path)?;
        Ok((reader.check()?, reader.contents()?))
    };
    match read() {
        Ok((checked, contents)) => {
            let open = contents.intents.iter().filter(|intent| intent.state.is_open());
            let is_parked = |state: &IntentState| matches!(state, IntentState::Parked(_));
            let parked = contents.intents.iter().filter(|intent| is_parked(&intent.state)).count();
            let unseen = contents.notices.iter().filter(|notice| !notice.is_seen_to).count();
            let result = if parked + unseen > 0 { Verdict::Warn } else { Verdict::Ok };
            check("journal", result, words::journal(checked.records, open.count(), parked, unseen))
        }
        Err(journal::Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            check("journal", Verdict::Ok, words::no_journal(&config.path))
        }
        Err(error) => check("journal", Verdict::Fail, words::bad_journal(&config.path, &error.to_string())),
    }
}

fn of_scanner((place, config): (usize, &scanner::Config)) -> Check {
    let name = format!("scanner {}", place + 1);
    match config.path() {
        Some(path) if path.exists() => check(name, Verdict::Ok, words::scanner(path)),
        Some(path) => check(name, Verdict::Warn, words::no_scanner(path)),
        None => check(name, Verdict::Ok, words::keyboard()),
    }
}

/// A station of Filling cannot work without any printer; one printer of several may be away.
async fn of_printers(station: &Station) -> Vec<Check> {
    let mut found = Vec::new();
    for printer in &station.printers {
        found.push((printer, printer.reach(PRINTER_WITHIN).await));
    }
    let is_none_there = found.iter().all(|(_, reached)| reached.is_err());
    let needs_one = station.post == Post::At(Stage::Filling);
    let result = if is_none_there && needs_one { Verdict::Fail } else { Verdict::Warn };
    let checks = found.into_iter().map(|(printer, reached)| {
        let (name, at) = (format!("printer {}", printer.name), printer.transport.to_string());
        match reached {
            Ok(()) => check(name, Verdict::Ok, words::printer(&at)),
            Err(error) => check(name, result, words::no_printer(&at, &error.to_string())),
        }
    });
    checks.collect()
}

/// `contract.md` 2: a station warns above 60 s.
const CLOCK_MAX: Duration = Duration::from_mins(1);

/// Half of what a scan waits for a read at most.
const LATENCY_MAX: Duration = Duration::from_millis(500);

/// A printer of the same network answers within milliseconds.
const PRINTER_WITHIN: Duration = Duration::from_secs(2);
