use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use super::fault;
use crate::order::{Action, IntentId, OrderId, Stage, Timestamp};
use crate::scanner::framing::{FRAME_BYTES_MAX, Framed, Framer};
use crate::shell::{self, Handle, Line, Running};
use crate::station::Verdict;
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
    write_lines(running, lines, name.into(), zone)
}

/// Writes a line for each verdict until it is told to stop or nobody reads, and ends the station.
pub(super) fn write_lines(
    running: Running,
    mut lines: mpsc::Receiver<Line>,
    name: String,
    zone: TimeZone,
) -> Result<(), Told> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| fault::system(&error))?;
    let (end, mut ended) = oneshot::channel();
    // On a thread of its own: a reader that stalls keeps nobody from stopping the station.
    let write = move || {
        let mut written = Ok(());
        while let (Ok(()), Some(line)) = (&written, lines.blocking_recv()) {
            written = write_line(&line, &name, &zone);
        }
        if let Err(Err(error)) = end.send(written) {
            tracing::debug!(%error, "the last lines had no reader");
        }
    };
    thread::Builder::new().name("stdout".to_owned()).spawn(write).map_err(|error| fault::system(&error))?;
    let written = runtime.block_on(async {
        tokio::select! {
            written = &mut ended => Some(written),
            () = shell::stopped() => None,
        }
    });
    drop(running);
    let written = match written {
        Some(written) => written,
        // The reader may have stalled: it gets no more than a moment for the last lines.
        None => match runtime.block_on(async { tokio::time::timeout(LAST_LINES_WITHIN, ended).await }) {
            Ok(written) => written,
            Err(_) => return Ok(()),
        },
    };
    written.unwrap_or(Ok(())).map_err(|error| fault::system(&error))
}

/// Writes one line and flushes it: a script waits for it.
pub(super) fn write_line(line: &Line, name: &str, zone: &TimeZone) -> io::Result<()> {
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
    let work = move || {
        let mut framer = Framer::default();
        let mut bytes = [0; READ_BYTES];
        loop {
            let read = match io::stdin().lock().read(&mut bytes) {
                // What was written last may lack its end.
                Ok(0) => {
                    hand_over(&handle, framer.push(b"\n"));
                    return;
                }
                Ok(count) => framer.push(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return eprintln!("No more codes are read from stdin: {error}"),
            };
            if !hand_over(&handle, read) {
                return;
            }
        }
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(work).map_err(|error| fault::system(&error))?;
    Ok(())
}

/// Hands codes to the station, each in its turn; whether the station is still there.
fn hand_over(handle: &Handle, framed: Vec<Framed>) -> bool {
    framed.into_iter().all(|framed| match framed {
        Framed::Frame(text) => text.trim().is_empty() || handle.scan(text.trim().into()),
        Framed::Babbling => {
            eprintln!("Not taken: a line of more than {FRAME_BYTES_MAX} bytes is no code.");
            true
        }
    })
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
    fn of(verdict: &'a Verdict, zone: &TimeZone) -> Option<Self> {
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

/// A script that reads takes its last lines at once.
const LAST_LINES_WITHIN: Duration = Duration::from_secs(1);

/// One code is far smaller; more is read in pieces.
const READ_BYTES: usize = 1024;
