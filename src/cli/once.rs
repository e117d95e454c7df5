//! One scan or one print, as the station would do it: journalled, its verdict lines on stdout, done when the last is written.

use std::path::PathBuf;
use std::time::Duration;

use super::{fault, headless};
use crate::backend::Backend;
use crate::config::Config;
use crate::order::{Action, IntentId, OrderId};
use crate::shell::{self, Input, Line};
use crate::station::{Answer, Held, Kind, NoScan, Source, Verdict};
use crate::words::{self, Told, startup};

/// One scan.
pub(super) fn scan(file: Option<PathBuf>, code: &str) -> Result<(), Told> {
    let config = super::kiosk::configuration(file)?;
    match ended(config, code, Input::Scan(Source::Command, code.into()))? {
        Some((answer, text)) => match answer.kind() {
            Some(Kind::Agreed | Kind::AlreadyDone | Kind::Reads | Kind::Held) => Ok(()),
            Some(Kind::Failed | Kind::Unconfirmed) => Err(startup::label_unfinished(&text)),
            Some(Kind::Choice) => Err(startup::scan_asked(&text)),
            _ => Err(startup::scan_refused(&text)),
        },
        // The station ended before.
        None => Err(startup::scan_unfinished()),
    }
}

/// The label of one cake: its first, or a further copy.
pub(super) fn print(file: Option<PathBuf>, order: OrderId) -> Result<(), Told> {
    let config = super::kiosk::configuration(file)?;
    if config.printers.is_empty() {
        return Err(startup::no_printer());
    }
    let Some((answer, text)) = ended(config, &order.to_string(), Input::Print(order))? else {
        return Err(startup::scan_unfinished());
    };
    match answer {
        Answer::NoScan(NoScan::Unknown) => Err(startup::no_such_order(order)),
        answer => match answer.kind() {
            Some(Kind::Refused) => Err(startup::scan_refused(&text)),
            // Nothing came out now: there is a job that waits for something, or somebody.
            Some(Kind::Failed | Kind::Unconfirmed | Kind::Choice | Kind::Reads) => {
                Err(startup::label_unfinished(&text))
            }
            _ if answer == Answer::Held(Held::NotKnownYet) => Err(startup::label_unfinished(&text)),
            _ => Ok(()),
        },
    }
}

/// Asks the backend of a configuration one thing, without a station.
pub(super) fn asked<T>(config: &Config, question: impl AsyncFnOnce(&Backend) -> T) -> Result<T, Told> {
    let backend = Backend::passing(config.backend.clone())
        .map_err(|error| fault::start(&shell::Error::Backend(error)))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| fault::system(&error))?;
    Ok(runtime.block_on(question(&backend)))
}

/// Runs the station until what was put into it has its last verdict of now: that verdict and its text; none if the station
/// ended before. `code` is what its lines carry.
fn ended(mut config: Config, code: &str, input: Input) -> Result<Option<(Answer, String)>, Told> {
    // The guns belong to the station that runs; a second reader would steal their bytes.
    config.scanners.clear();
    let (name, zone) = (config.station.name.clone(), config.station.zone.clone());
    let (running, mut lines) =
        shell::start(super::kiosk::shell_config(config)).map_err(|error| fault::start(&error))?;
    let handle = running.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| fault::system(&error))?;
    let last = async {
        let mut mine = Mine {
            code,
            prints: matches!(input, Input::Print(_)),
            intent: None,
            is_held: false,
            is_out: false,
            coming: None,
        };
        let mut input = Some(input);
        while let Some(line) = lines.recv().await {
            headless::write_line(&line, &name, &zone).map_err(|error| fault::system(&error))?;
            match line {
                // Only now is it known whether it is done online.
                Line::LinkUp { .. } | Line::LinkDown(_) => {
                    if let Some(input) = input.take() {
                        handle.tell(input).expect("a station just started has room for one input");
                    }
                }
                Line::Verdict(verdict) if input.is_none() && mine.is_ended_by(&verdict) => {
                    let clock = words::Clock { zone: zone.clone(), now: verdict.at };
                    let text = words::text(&verdict, &clock);
                    return Ok(Some((verdict.answer, text)));
                }
                _ => (),
            }
        }
        Ok(None)
    };
    match runtime.block_on(async { tokio::time::timeout(WAIT_MAX, last).await }) {
        Ok(ended) => ended,
        Err(_) => Err(startup::scan_unfinished()),
    }
}

/// What one waits for among all that the journal may still have to say.
struct Mine<'a> {
    code: &'a str,
    /// Whether it is the label that is wanted.
    prints: bool,
    intent: Option<IntentId>,
    /// Sent later, by the station that runs.
    is_held: bool,
    /// Its label is out.
    is_out: bool,
    /// The cake whose label an earlier word already brings.
    coming: Option<OrderId>,
}

impl Mine<'_> {
    /// Whether this verdict is the last that can be waited for.
    fn is_ended_by(&mut self, verdict: &Verdict) -> bool {
        let kind = verdict.answer.kind();
        if self.coming.is_some() && verdict.order == self.coming {
            return matches!(kind, Some(Kind::Printed | Kind::Sent | Kind::Failed | Kind::Unconfirmed));
        }
        if verdict.source != Source::Command || *verdict.code != *self.code || kind.is_none() {
            return false;
        }
        if self.prints && matches!(verdict.answer, Answer::LabelComing { .. }) {
            self.coming = verdict.order;
            return false;
        }
        if kind == Some(Kind::Accepted) {
            self.intent = self.intent.or(verdict.intent);
            return false;
        }
        if self.intent != verdict.intent {
            // An earlier life's, which this one only asked for again.
            let is_again =
                matches!(verdict.answer, Answer::LabelFailed { .. } | Answer::Held(Held::Since(_)));
            return self.intent.is_none() && is_again;
        }
        let prints = verdict.action.is_some_and(Action::is_print);
        match &verdict.answer {
            // Its label comes out all the same, as far as it is known what stands on it.
            Answer::Held(why) if prints && *why != Held::NotKnownYet => self.is_held = true,
            Answer::LabelOut { .. } => self.is_out = true,
            // Where a printer, the network or a person has to come first, the running station goes on from the journal.
            _ => return true,
        }
        self.is_held && self.is_out
    }
}

/// A label's whole deadline and a backend call's together, with room to spare.
const WAIT_MAX: Duration = Duration::from_mins(1);
