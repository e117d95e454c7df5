//! The local journal: what waits, what became of it, and a person's word where no station runs to take it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Subcommand;
use serde_json::{Value, json};

use super::fault;
use crate::config::Config;
use crate::journal::{self, Contents, Journal, Reader};
use crate::order::{IntentId, OrderId, Timestamp};
use crate::station::{Intent, IntentState, Job, JobState, Record};
use crate::words::{Told, journal as words};

#[derive(Subcommand)]
pub(super) enum Command {
    /// The actions that wait for the backend or a person, oldest scan first.
    List {
        /// The closed ones too, as far back as they are kept.
        #[arg(long)]
        all: bool,
        /// As one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Everything that is kept of an action, or of all actions of a cake, with what they went through.
    Show {
        /// An action's id, or a cake such as bannos-18617.
        #[arg(value_name = "ID|CAKE")]
        which: Which,
        /// As one line of JSON.
        #[arg(long)]
        json: bool,
    },
    /// Has what is parked sent again at the next start. While a station runs, its screen does this.
    Retry {
        /// An action's id, or a cake such as bannos-18617.
        #[arg(value_name = "ID|CAKE")]
        which: Which,
    },
    /// Closes what only a person can decide: it is not sent. While a station runs, its screen does this.
    Close {
        /// An action's id, or a cake such as bannos-18617.
        #[arg(value_name = "ID|CAKE")]
        which: Which,
        /// Also what is still to be sent, and may have been.
        #[arg(long)]
        unsent: bool,
    },
    /// Everything as lines of JSON. They hold names: keep them as you would the journal.
    Export {
        /// With what the engine was told in each of its lives, from which they can be replayed.
        #[arg(long)]
        events: bool,
        /// Into this file, for this account only [default: stdout].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Reads the whole journal and verifies every record, beside a station that runs.
    Check {
        /// As one line of JSON.
        #[arg(long)]
        json: bool,
    },
}

/// One action, or all of a cake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Intent(IntentId),
    Cake(OrderId),
}

impl Which {
    fn is_of(self, intent: &Intent) -> bool {
        match self {
            Self::Intent(id) => intent.id == id,
            Self::Cake(order) => intent.order == order,
        }
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let intent = text.parse().map(Self::Intent).ok();
        intent.or_else(|| text.parse().map(Self::Cake).ok()).ok_or_else(|| words::NEITHER.to_owned())
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intent(id) => id.fmt(f),
            Self::Cake(order) => order.fmt(f),
        }
    }
}

/// Carries out one command on the journal of the configuration.
pub(super) fn run(file: Option<PathBuf>, command: &Command) -> Result<(), Told> {
    let config = super::kiosk::configuration(file)?;
    match *command {
        Command::List { all, json } => list(&config, all, json),
        Command::Show { which, json } => show(&config, which, json),
        Command::Retry { which } => decide(&config, which, Word::Retry),
        Command::Close { which, unsent } => decide(&config, which, Word::Close { unsent }),
        Command::Export { events, ref output } => export(&config, events, output.as_deref()),
        Command::Check { json } => check(&config, json),
    }
}

fn list(config: &Config, is_all: bool, is_json: bool) -> Result<(), Told> {
    let contents = contents(config)?;
    let wanted = |intent: &&Intent| is_all || intent.state.is_open();
    let intents: Vec<_> = contents.intents.iter().filter(wanted).collect();
    if is_json {
        let intents: Vec<_> = intents.iter().map(|intent| with_job(intent, &contents)).collect();
        let newer = contents.unknown.len();
        return say(
            &json!({ "journal": config.journal.path, "intents": intents, "newer": newer }).to_string()
        );
    }
    say_newer(&contents)?;
    if intents.is_empty() {
        return if contents.unknown.iter().any(|record| record.is_open) {
            Ok(())
        } else {
            say(words::NOTHING_WAITS)
        };
    }
    let mut lines = vec![words::row("SCANNED", "CAKE", "ACTION", "STATE", "ID")];
    for intent in intents {
        let state = words::state(&intent.state, job_of(intent, &contents).map(|job| &job.state));
        let (at, id) = (clock(intent.captured_at, config), intent.id.to_string());
        lines.push(words::row(&at, &intent.order.to_string(), words::action(intent), &state, &id));
    }
    say(&lines.join("\n"))
}

fn show(config: &Config, which: Which, is_json: bool) -> Result<(), Told> {
    let contents = contents(config)?;
    let reader = reader(config)?;
    let mut told = Vec::new();
    let mut lines = Vec::new();
    for intent in contents.intents.iter().filter(|intent| which.is_of(intent)) {
        let steps = reader.history(intent.id).map_err(|error| fault::unreadable(&error))?;
        let mut whole = with_job(intent, &contents);
        whole["history"] = steps.iter().map(step).collect();
        if !is_json {
            let state = words::state(&intent.state, job_of(intent, &contents).map(|job| &job.state));
            lines.push(format!("{} {} {state}", intent.order, words::action(intent)));
            lines.push(format!("  {} {}", words::ID, intent.id));
            lines.push(format!(
                "  {} {} {}",
                words::SCANNED,
                clock(intent.captured_at, config),
                intent.source
            ));
            for step in steps {
                let what = Value::Object(step.what);
                lines.push(format!("  {} {}: {what}", clock(step.at, config), step.of));
            }
        }
        told.push(whole);
    }
    if told.is_empty() {
        return Err(words::no_such_action(&which.to_string()));
    }
    if is_json { say(&json!({ "intents": told }).to_string()) } else { say(&lines.join("\n")) }
}

/// What a person has decided.
#[derive(Clone, Copy)]
enum Word {
    Retry,
    Close { unsent: bool },
}

/// Writes a person's word, where no station runs that would not know of it.
fn decide(config: &Config, which: Which, word: Word) -> Result<(), Told> {
    // Looked up first: a journal that is not there is not begun for this.
    drop(reader(config)?);
    let (mut journal, kept) = Journal::open(&config.journal).map_err(|error| match error {
        journal::Error::InUse { by, .. } => words::station_runs(by, matches!(word, Word::Retry)),
        error => fault::unreadable(&error),
    })?;
    let of: Vec<_> = kept.intents.iter().filter(|intent| which.is_of(intent)).collect();
    if of.is_empty() {
        return Err(words::no_such_action(&which.to_string()));
    }
    let decided: Vec<Intent> = of
        .into_iter()
        .filter_map(|intent| {
            let state = match (&intent.state, word) {
                (IntentState::Parked(_), Word::Retry) => IntentState::Open,
                (IntentState::Open, Word::Close { unsent: true })
                | (IntentState::Parked(_) | IntentState::Printing, Word::Close { .. }) => IntentState::Closed,
                _ => return None,
            };
            Some(Intent { state, ..intent.clone() })
        })
        .collect();
    if decided.is_empty() {
        return Err(words::not_for_a_person(matches!(word, Word::Retry)));
    }
    let is_closed = |job: &&Job| {
        let is_of = |intent: &&Intent| intent.id == job.intent && intent.state == IntentState::Closed;
        decided.iter().any(|intent| is_of(&intent)) && !job.state.is_out()
    };
    let jobs = kept.jobs.iter().filter(is_closed).cloned();
    let jobs = jobs.map(|job| Record::Job(Job { state: JobState::Cancelled, ..job }));
    let records: Vec<_> = decided.iter().cloned().map(Record::Intent).chain(jobs).collect();
    journal.write(now(), &records).map_err(|fault| crate::words::store_fault(&fault))?;
    say(&words::decided(decided.len(), matches!(word, Word::Retry)))
}

fn export(config: &Config, has_events: bool, output: Option<&Path>) -> Result<(), Told> {
    let contents = contents(config)?;
    let mut histories = reader(config)?.histories().map_err(|error| fault::unreadable(&error))?;
    let mut out: Box<dyn Write> = match output {
        None => Box::new(io::stdout().lock()),
        Some(file) => {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            let opened = options.open(file).map_err(|error| fault::file(file, &error))?;
            Box::new(io::BufWriter::new(opened))
        }
    };
    let mut line = |kind: &str, mut body: Value| {
        body["kind"] = kind.into();
        writeln!(out, "{body}").map_err(|error| fault::system(&error))
    };
    let station = json!({
        "station": config.station.name,
        "project": config.backend.url,
        "version": env!("CARGO_PKG_VERSION"),
        "at": now(),
    });
    line("journal", station)?;
    for intent in &contents.intents {
        let steps = histories.remove(&intent.id.to_string()).unwrap_or_default();
        let mut body = json!(intent);
        body["history"] = steps.iter().map(step).collect();
        line("intent", body)?;
    }
    for job in &contents.jobs {
        line("job", json!(job))?;
    }
    for (order, fact, at) in &contents.facts {
        line("fact", json!({ "order": order, "fact": fact, "at": at }))?;
    }
    for notice in &contents.notices {
        line("notice", json!(notice))?;
    }
    for journal::Unknown { table, key, body, .. } in &contents.unknown {
        line("newer", json!({ "table": table, "key": key, "body": body }))?;
    }
    if has_events {
        for life in journal::lives(&config.journal.path).map_err(|error| fault::unreadable(&error))? {
            let journal::Life { at, version, settings, events, is_whole } = life;
            line(
                "life",
                json!({ "at": at, "version": version, "settings": settings, "is_whole": is_whole }),
            )?;
            for (now, event) in events {
                line("event", json!({ "now_ns": now.as_nanos() as u64, "event": event }))?;
            }
        }
    }
    out.flush().map_err(|error| fault::system(&error))
}

fn check(config: &Config, is_json: bool) -> Result<(), Told> {
    let checked = reader(config)?.check().map_err(|error| fault::unreadable(&error))?;
    let contents = contents(config)?;
    let open = contents.intents.iter().filter(|intent| intent.state.is_open()).count();
    if is_json {
        return say(&json!({
            "ok": true, "schema": checked.version, "records": checked.records, "changes": checked.changes,
            "open": open, "newer": contents.unknown.len(), "notices": contents.notices.iter().filter(|notice| !notice.is_seen_to).count(),
        })
        .to_string());
    }
    say(&words::checked(checked.records, checked.changes, open))?;
    say_newer(&contents)?;
    for notice in contents.notices.iter().filter(|notice| !notice.is_seen_to) {
        say(&words::noticed(notice, &clock(notice.at, config)))?;
    }
    Ok(())
}

fn say_newer(contents: &Contents) -> Result<(), Told> {
    let records = contents.unknown.len();
    if records > 0 { say(&words::newer(records)) } else { Ok(()) }
}

fn reader(config: &Config) -> Result<Reader, Told> {
    Reader::open(&config.journal.path).map_err(|error| fault::unreadable(&error))
}

fn contents(config: &Config) -> Result<Contents, Told> {
    reader(config)?.contents().map_err(|error| fault::unreadable(&error))
}

fn job_of<'a>(intent: &Intent, contents: &'a Contents) -> Option<&'a Job> {
    contents.jobs.iter().find(|job| job.intent == intent.id)
}

fn with_job(intent: &Intent, contents: &Contents) -> Value {
    let mut whole = json!(intent);
    whole["job"] = json!(job_of(intent, contents));
    whole
}

fn step(step: &journal::Step) -> Value {
    json!({ "at": step.at, "of": step.of, "what": step.what })
}

/// A moment as the shop's clock has it.
fn clock(at: Timestamp, config: &Config) -> String {
    let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
    config.station.zone.to_datetime(moment).strftime("%F %T").to_string()
}

fn now() -> Timestamp {
    crate::shell::Clock::start().wall()
}

fn say(text: &str) -> Result<(), Told> {
    writeln!(io::stdout(), "{text}").map_err(|error| fault::system(&error))
}
