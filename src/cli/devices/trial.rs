//! Tries guns: a few lines a read, or one of JSON, until it is stopped.

use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::fault;
use crate::config::{REPEAT_GUARD, guard_line};
use crate::order::code::{Code, split_aim};
use crate::scanner::trial::{self, Lying, Read, Trial};
use crate::scanner::{self, Heard, Raw};
use crate::station::{PortState, ScannerFault};
use crate::words::{self, Told, devices as say};

/// Tries these guns, each called by its source, until the command is stopped or one cannot be had.
pub(super) fn run(guns: Vec<(String, scanner::Config)>, is_json: bool) -> Result<(), Told> {
    let (tell, told) = mpsc::sync_channel(HEARD_MAX);
    let handles: Vec<_> = guns
        .iter()
        .enumerate()
        .map(|(nth, (_, config))| {
            let tell = tell.clone();
            scanner::listen(nth, config, move |raw| {
                if tell.send((nth, raw)).is_err() {
                    tracing::debug!("the test is over");
                }
            })
        })
        .collect();
    let guns = guns.into_iter().map(|(source, _)| Gun::new(source)).collect();
    let tried = Bench { guns, guard: None, is_json }.listen(&told);
    // A gun that waits to be heard is told so before its end is waited for.
    drop(told);
    drop(handles);
    tried
}

struct Bench {
    guns: Vec<Gun>,
    /// The guard that was advised last.
    guard: Option<Duration>,
    is_json: bool,
}

struct Gun {
    source: String,
    state: PortState<ScannerFault>,
    trial: Trial,
    lying: Lying<String>,
    heard_at: Instant,
}

impl Gun {
    fn new(source: String) -> Self {
        let heard_at = Instant::now();
        Self { source, state: PortState::Unknown, trial: Trial::default(), lying: Lying::default(), heard_at }
    }
}

impl Bench {
    fn listen(mut self, told: &Receiver<(usize, Raw)>) -> Result<(), Told> {
        loop {
            match told.recv_timeout(SILENCE) {
                Ok((nth, raw)) => self.hear(nth, raw)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            for nth in 0..self.guns.len() {
                if self.guns[nth].heard_at.elapsed() >= SILENCE
                    && let Some(read) = self.guns[nth].trial.silence()
                {
                    self.tell(nth, &read)?;
                }
            }
        }
    }

    fn hear(&mut self, nth: usize, raw: Raw) -> Result<(), Told> {
        let gun = &mut self.guns[nth];
        match raw {
            Raw::Heard(Heard::Bytes { at, bytes }) => {
                gun.heard_at = Instant::now();
                for read in gun.trial.push(at, &bytes) {
                    self.tell(nth, &read)?;
                }
                Ok(())
            }
            Raw::Heard(Heard::Lost) => {
                gun.trial = Trial::default();
                self.state(nth, PortState::Faulted(ScannerFault::Babbling))
            }
            Raw::Heard(Heard::Nothing | Heard::Silence) => Ok(()),
            Raw::State(state) => {
                gun.trial = Trial::default();
                gun.lying.part();
                self.state(nth, state)
            }
        }
    }

    /// Says how a gun's port is, when that has changed.
    fn state(&mut self, nth: usize, state: PortState<ScannerFault>) -> Result<(), Told> {
        let gun = &mut self.guns[nth];
        let was = std::mem::replace(&mut gun.state, state);
        let source = &gun.source;
        let (word, line) = match &gun.state {
            state if *state == was => return Ok(()),
            PortState::Faulted(ScannerFault::Denied(why)) if was == PortState::Unknown => {
                return Err(say::taken(source, why));
            }
            PortState::Ready => ("ready", say::ready(source)),
            PortState::Faulted(fault) => ("faulted", fault::text(&words::scanner(source, fault))),
            PortState::Unknown => return Ok(()),
        };
        let json = json!({ "source": source, "state": word, "text": line });
        self.say(&json, &line)
    }

    fn tell(&mut self, nth: usize, read: &Read) -> Result<(), Told> {
        let gun = &mut self.guns[nth];
        let code = Code::parse(&read.text);
        let again =
            (!read.text.is_empty()).then(|| gun.lying.note(trial::key(&read.text), read.at)).flatten();
        let said = say::Read {
            source: &gun.source,
            bytes: &read.bytes,
            terminator: &read.terminator,
            aim: split_aim(&read.text).0,
            code: &code,
            span: read.span,
            bytes_per_s: read.bytes_per_s,
            again,
        };
        let mut json = said_as_json(&said, &read.text);
        let mut text = said.text();
        let longest = self.guns.iter().filter_map(|gun| gun.lying.longest()).max();
        if let Some(longest) = longest {
            let guard = trial::guard(longest, REPEAT_GUARD);
            let line = guard_line(guard);
            if self.guard.replace(guard) != Some(guard) {
                text = format!("{text}\n\n{}\n{line}\n", say::guard(longest));
            }
            json["longest_ms"] = millis(longest).into();
            json["config"] = line.into();
        }
        self.say(&json, &text)
    }

    fn say(&self, json: &Value, text: &str) -> Result<(), Told> {
        let mut out = io::stdout().lock();
        let written = if self.is_json { writeln!(out, "{json}") } else { writeln!(out, "{text}") };
        written.and_then(|()| out.flush()).map_err(|error| fault::system(&error))
    }
}

fn said_as_json(read: &say::Read, text: &str) -> Value {
    json!({
        "source": read.source,
        "raw": read.bytes.escape_ascii().to_string(),
        "terminator": Some(say::terminator(read.terminator)).filter(|name| !name.is_empty()),
        "aim": read.aim,
        "symbology": read.aim.map(say::symbology),
        "code": text,
        "means": say::code(read.code),
        "bytes": read.bytes.len(),
        "ms": millis(read.span),
        "bytes_per_s": read.bytes_per_s,
        "again_ms": read.again.map(millis),
    })
}

fn millis(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}

/// No gun pauses so long inside a code; a person does not notice the wait.
const SILENCE: Duration = Duration::from_millis(200);

/// Far more than comes while a line is written; beyond it the guns wait.
const HEARD_MAX: usize = 256;
