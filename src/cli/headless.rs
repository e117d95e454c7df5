use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::thread;

use serde::Serialize;
use tokio::sync::mpsc;

use super::fault;
use crate::order::{Action, IntentId, OrderId, Stage, Timestamp};
use crate::shell::{self, Handle, Input, Line};
use crate::station::{Source, Verdict};
use crate::words::{self, Told};
use crate::{scanner, station};

/// The station without a screen, from its configuration, until it is told to stop.
pub(super) fn run(file: Option<PathBuf>) -> Result<(), Told> {
    let config = super::kiosk::configuration(file)?;
    let name = config.station.name.clone();
    let zone = config.station.zone.clone();
    let has_keyboard =
        config.scanners.iter().any(|scanner| matches!(scanner, scanner::Config::Keyboard { .. }));
    let (running, lines) =
        shell::start(super::kiosk::shell_config(config)).map_err(|error| fault::start(&error))?;
    if has_keyboard {
        read_codes(running.handle())?;
    }
    write_lines(lines, &name, &zone)
}

/// Writes a line for each verdict until the station ends or nobody reads.
pub(super) fn write_lines(
    mut lines: mpsc::Receiver<Line>,
    name: &str,
    zone: &jiff::tz::TimeZone,
) -> Result<(), Told> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| fault::system(&error))?;
    runtime.block_on(async {
        let mut stop = std::pin::pin!(stopped());
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                () = &mut stop => None,
            };
            let Some(line) = line else { return Ok(()) };
            write_line(&line, name, zone).map_err(|error| fault::system(&error))?;
        }
    })
}

/// Writes one line and flushes it: a script waits for it.
pub(super) fn write_line(line: &Line, name: &str, zone: &jiff::tz::TimeZone) -> io::Result<()> {
    let text = match line {
        Line::Ready => {
            let line = ReadyLine { ready: true, station: name, version: env!("CARGO_PKG_VERSION") };
            serde_json::to_string(&line)?
        }
        Line::LinkUp { contract } => serde_json::to_string(&LinkLine::Up { contract })?,
        Line::LinkDown(fault) => serde_json::to_string(&LinkLine::Down { why: words::link(fault).happened })?,
        Line::Verdict(verdict) => match VerdictLine::of(verdict, zone) {
            Some(line) => serde_json::to_string(&line)?,
            None => return Ok(()),
        },
    };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Reads codes from stdin, a line each, until it ends.
pub(super) fn read_codes(handle: Handle) -> Result<(), Told> {
    let read = move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let code = line.trim();
            if !code.is_empty() && handle.tell(Input::Scan(Source::Keyboard, code.into())).is_err() {
                eprintln!("Not taken: too much at once. Scan {code} again.");
            }
        }
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(read).map_err(|error| fault::system(&error))?;
    Ok(())
}

/// `interfaces.md`, "Verdict lines": the first line.
#[derive(Serialize)]
struct ReadyLine<'a> {
    ready: bool,
    station: &'a str,
    version: &'static str,
}

/// The same: a line at each change of the link.
#[derive(Serialize)]
#[serde(tag = "link", rename_all = "lowercase")]
enum LinkLine<'a> {
    Up { contract: &'a str },
    Down { why: String },
}

/// The same: a line a verdict.
#[derive(Serialize)]
struct VerdictLine<'a> {
    at: Timestamp,
    seq: u64,
    source: String,
    code: &'a str,
    order: Option<OrderId>,
    verdict: &'static str,
    action: Option<Action>,
    stage: Option<Stage>,
    intent: Option<IntentId>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<bool>,
}

impl<'a> VerdictLine<'a> {
    fn of(verdict: &'a Verdict, zone: &jiff::tz::TimeZone) -> Option<Self> {
        let kind = verdict.answer.kind()?;
        let clock = words::Clock { zone: zone.clone(), now: verdict.at };
        Some(Self {
            at: verdict.at,
            seq: verdict.seq,
            source: verdict.source.to_string(),
            code: &verdict.code,
            order: verdict.order,
            verdict: kind.name(),
            action: verdict.action,
            stage: verdict.stage,
            intent: verdict.intent,
            text: words::text(verdict, &clock),
            local: matches!(verdict.answer, station::Answer::AgreedLocally).then_some(true),
        })
    }
}

/// Waits for Ctrl-C or, from systemd, SIGTERM.
pub(super) async fn stopped() {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .expect("SIGTERM can be caught on every Unix");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
}
