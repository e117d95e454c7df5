//! Is this station able to work? A table of what was looked at, or one line of JSON.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::fault;
use crate::ops::doctor::{self, Check, Station, Verdict};
use crate::words::Told;
use crate::words::doctor::{self as words, Finding};

/// Looks at everything; whether the station is able to work.
pub(super) fn run(file: Option<PathBuf>, is_json: bool) -> Result<bool, Told> {
    let checks = match super::kiosk::configuration(file) {
        Err(told) => vec![doctor::unconfigured(&told)],
        Ok(config) => {
            let station = Station {
                post: config.station.post,
                backend: config.backend,
                journal: config.journal,
                scanners: config.scanners,
                printers: config.printers,
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| fault::system(&error))?;
            runtime.block_on(doctor::examine(&config.file.display().to_string(), &station))
        }
    };
    let is_able = doctor::is_able(&checks);
    let text = if is_json {
        json!({ "able": is_able, "checks": checks }).to_string() + "\n"
    } else {
        table(&checks)
    };
    io::stdout().write_all(text.as_bytes()).map_err(|error| fault::system(&error))?;
    Ok(is_able)
}

fn table(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let result = match check.result {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        let finding = Finding { seen: check.seen.clone(), remedy: check.remedy.clone() };
        words::line(result, &check.name, &finding) + "\n"
    };
    let end = if doctor::is_able(checks) { words::ABLE } else { words::NOT_ABLE };
    checks.iter().map(line).collect::<String>() + "\n" + end + "\n"
}
