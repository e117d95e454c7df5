use std::path::PathBuf;
use std::time::Duration;

use super::{fault, headless};
use crate::shell::{self, Input, Line};
use crate::station::{Kind, Source};
use crate::words::{self, Told, startup};

/// One scan, as the station would do it; done when its last line is written.
pub(super) fn run(file: Option<PathBuf>, code: &str) -> Result<(), Told> {
    let mut config = super::kiosk::configuration(file)?;
    // The guns belong to the station that runs; a second reader would steal their bytes.
    config.scanners.clear();
    let (name, zone) = (config.station.name.clone(), config.station.zone.clone());
    let mut running =
        shell::start(super::kiosk::shell_config(config)).map_err(|error| fault::start(&error))?;
    let mut lines = running.lines().expect("nobody took the lines of a station just started");
    let handle = running.handle();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| fault::system(&error))?;
    runtime.block_on(async {
        let last = async {
            let mut ending = None;
            let mut is_scanned = false;
            while let Some(line) = lines.recv().await {
                headless::write_line(&line, &name, &zone).map_err(|error| fault::system(&error))?;
                match line {
                    // Only now is it known whether the scan is made online.
                    Line::LinkUp { .. } | Line::LinkDown(_) if !is_scanned => {
                        is_scanned = true;
                        let scan = Input::Scan(Source::Command, code.into());
                        handle.tell(scan).expect("a station just started has room for one scan");
                    }
                    Line::Verdict(verdict) => match verdict.answer.kind() {
                        Some(kind) if is_last(kind, verdict.intent.is_some()) => {
                            let clock = words::Clock { zone: zone.clone(), now: verdict.at };
                            ending = Some((kind, words::text(&verdict, &clock)));
                            break;
                        }
                        _ => (),
                    },
                    _ => (),
                }
            }
            Ok(ending)
        };
        match tokio::time::timeout(WAIT_MAX, last).await {
            Ok(Ok(Some((Kind::Refused | Kind::NotHere, text)))) => Err(startup::scan_refused(&text)),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(told)) => Err(told),
            Err(_) => Err(startup::scan_unfinished()),
        }
    })
}

/// Whether nothing follows a line of this kind that one waits for.
fn is_last(kind: Kind, acts: bool) -> bool {
    match kind {
        Kind::Accepted | Kind::Printed | Kind::Sent => false,
        // The label or the network has to come first; a person, or the running station, goes on from the journal.
        Kind::Held | Kind::Unconfirmed | Kind::Failed => true,
        Kind::Agreed | Kind::AlreadyDone | Kind::NotHere | Kind::Refused | Kind::Choice | Kind::Reads => {
            !acts || kind != Kind::Choice
        }
    }
}

/// A label's whole deadline and a backend call's together, with room to spare.
const WAIT_MAX: Duration = Duration::from_mins(1);
