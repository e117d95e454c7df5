use std::path::PathBuf;
use std::time::Duration;

use super::{fault, headless};
use crate::order::IntentId;
use crate::shell::{self, Input, Line};
use crate::station::{Kind, Source, Verdict};
use crate::words::{self, Told, startup};

/// One scan, as the station would do it; done when its last line is written.
pub(super) fn run(file: Option<PathBuf>, code: &str) -> Result<(), Told> {
    let mut config = super::kiosk::configuration(file)?;
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
        let mut mine = Mine { code, intent: None, is_scanned: false };
        while let Some(line) = lines.recv().await {
            headless::write_line(&line, &name, &zone).map_err(|error| fault::system(&error))?;
            match line {
                // Only now is it known whether the scan is made online.
                Line::LinkUp { .. } | Line::LinkDown(_) if !mine.is_scanned => {
                    mine.is_scanned = true;
                    let scan = Input::Scan(Source::Command, code.into());
                    handle.tell(scan).expect("a station just started has room for one scan");
                }
                Line::Verdict(verdict) if mine.is_ended_by(&verdict) => {
                    let clock = words::Clock { zone: zone.clone(), now: verdict.at };
                    return Ok(Some((verdict.answer.kind(), words::text(&verdict, &clock))));
                }
                _ => (),
            }
        }
        Ok(None)
    };
    match runtime.block_on(async { tokio::time::timeout(WAIT_MAX, last).await }) {
        Ok(Ok(Some((Some(Kind::Refused | Kind::NotHere), text)))) => Err(startup::scan_refused(&text)),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(told)) => Err(told),
        Err(_) => Err(startup::scan_unfinished()),
    }
}

/// The one scan among what the journal may still have to say.
struct Mine<'a> {
    code: &'a str,
    intent: Option<IntentId>,
    is_scanned: bool,
}

impl Mine<'_> {
    /// Whether this verdict is the last of the scan that one waits for.
    fn is_ended_by(&mut self, verdict: &Verdict) -> bool {
        let is_of_scan = self.is_scanned && verdict.source == Source::Command && *verdict.code == *self.code;
        if !is_of_scan || (self.intent.is_some() && self.intent != verdict.intent) {
            return false;
        }
        match verdict.answer.kind() {
            Some(Kind::Accepted) => {
                self.intent = verdict.intent;
                false
            }
            None | Some(Kind::Printed | Kind::Sent) => false,
            // Where a label, the network or a person has to come first, the running station goes on from the journal.
            Some(_) => self.intent == verdict.intent,
        }
    }
}

/// A label's whole deadline and a backend call's together, with room to spare.
const WAIT_MAX: Duration = Duration::from_mins(1);
