//! Functions that a project of either contract may have beside it (`contract.md` 2, "Extensions"): the fleet, who works at a store,
//! what a shop has set, and intents where the contract itself has none. Their replies have contract 2025-09's envelope.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Call, Context, Envelope, context, row};
use crate::backend::coded::{Badge, Coded};
use crate::backend::fault;
use crate::backend::http::Answer;
use crate::backend::line::Line;
use crate::order::{Post, Staff, Store};
use crate::station::{Intent, LinkFault, Report, StationSeen};

/// Tells the fleet how this station is and hears how the others are; nothing where the project keeps no fleet.
pub async fn report(
    line: &Line,
    own: &str,
    post: Post,
    version: &str,
    report: &Report,
) -> Result<Vec<StationSeen>, LinkFault> {
    let Some(answer) = asked(line, &heartbeat(own, post, version, report)).await? else {
        return Ok(Vec::new());
    };
    if let Some(words) = refused(&answer) {
        tracing::warn!(%words, "the fleet does not take this station's report");
    }
    match asked(line, &stations()).await? {
        Some(answer) => stations_seen(own, &answer),
        None => Ok(Vec::new()),
    }
}

/// Reads who works at a store; none where the project does not tell.
pub async fn staff_of(line: &Line, store: Store) -> Result<Option<Vec<Staff>>, LinkFault> {
    match asked(line, &staff(store)).await? {
        Some(answer) => staff_read(&answer),
        None => Ok(None),
    }
}

/// Reads the places where a shop keeps its cakes; none where the project does not tell.
pub async fn places_of(line: &Line, store: Store) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    match asked(line, &settings(store)).await? {
        Some(answer) => places_read(&answer),
        None => Ok(None),
    }
}

/// Whether the office of any of these shops has announced that nothing is to be written; none where that cannot be read, or
/// the project does not tell.
pub async fn is_frozen(line: &Line, stores: &BTreeSet<Store>) -> Option<bool> {
    let mut is_frozen = Some(false);
    for store in stores {
        match asked(line, &settings(*store)).await {
            Ok(Some(answer)) => match freeze_read(&answer) {
                Ok(true) => return Some(true),
                Ok(false) => {}
                Err(_) => is_frozen = None,
            },
            Ok(None) | Err(_) => is_frozen = None,
        }
    }
    is_frozen
}

/// Reads what of a store is scanned by a code of its own. Places that only the contract's own function tells are none here.
pub async fn coded_of(line: &Line, store: Store) -> Result<Coded, LinkFault> {
    let mut coded = Coded::default();
    if let Some(answer) = asked(line, &settings(store)).await? {
        (coded.places, coded.reasons) = (places_read(&answer)?, reasons_read(&answer)?);
    }
    if let Some(answer) = asked(line, &staff(store)).await? {
        coded.badges = badges_read(&answer)?;
    }
    Ok(coded)
}

/// Finds out whether the project takes intents beside contract 2025-12, by a call on nothing, which changes nothing. It is asked once more before
/// that is held against it: a project's schema cache may have been a moment behind.
pub async fn ask_context(line: &Line) -> Result<Context, LinkFault> {
    let probe = intent_probe();
    for _ in 0..2 {
        if let Some(answer) = asked(line, &probe).await? {
            return Envelope::of(&answer).map(|_| Context::Taken);
        }
    }
    Ok(Context::Unknown)
}

/// A write of nothing, which changes nothing.
pub fn intent_probe() -> Call {
    Call { function: WITH_INTENT, arguments: json!({ "function": "", "arguments": {}, "context": {} }) }
}

/// A call that changes nothing for each of the other functions.
pub fn probes(store: Store) -> Vec<Call> {
    let nameless = json!({ "station": "", "report": {} });
    let no_order = json!({ "id": "" });
    vec![
        Call { function: "station_heartbeat", arguments: nameless },
        stations(),
        Call { function: "get_order", arguments: no_order.clone() },
        Call { function: "get_order_events", arguments: no_order },
        staff(store),
        Call { function: "get_staff_by_badge", arguments: json!({ "badge": "" }) },
        settings(store),
        Call { function: "get_ops_signals", arguments: json!({}) },
    ]
}

/// A write of contract 2025-12, made once for its intent.
pub fn with_intent(intent: &Intent, station: &str, plain: Call) -> Call {
    let Call { function, arguments } = plain;
    let arguments = json!({
        "function": function,
        "arguments": arguments,
        "context": context(intent, station),
    });
    Call { function: WITH_INTENT, arguments }
}

/// What answered, if there is such a function.
async fn asked(line: &Line, call: &Call) -> Result<Option<Answer>, LinkFault> {
    match line.read(call).await {
        Err(LinkFault::NoFunction(_)) => Ok(None),
        answer => answer.map(Some),
    }
}

/// The call that tells the fleet how this station is.
pub fn heartbeat(station: &str, post: Post, version: &str, report: &Report) -> Call {
    let stage = match post {
        Post::At(stage) => Some(stage),
        Post::Any => None,
    };
    let body = json!({
        "backlog": report.backlog,
        "owed": report.owed,
        "twice": report.twice,
        "stage": stage,
        "printers_ready": report.printers_ready,
        "scanners_ready": report.scanners_ready,
        "version": version,
    });
    Call { function: "station_heartbeat", arguments: json!({ "station": station, "report": body }) }
}

/// Why a [`heartbeat`] was refused, if it was.
pub fn refused(answer: &Answer) -> Option<Box<str>> {
    match Envelope::of(answer) {
        Ok(Envelope::Refused { message, .. }) => Some(message),
        _ => None,
    }
}

/// The call that reads the fleet.
pub fn stations() -> Call {
    Call { function: "get_stations", arguments: json!({}) }
}

/// Reads the fleet, this station left out; stations whose row cannot be read are left out too.
pub fn stations_seen(own: &str, answer: &Answer) -> Result<Vec<StationSeen>, LinkFault> {
    let rows = match Envelope::of(answer)? {
        Envelope::Ok(Value::Array(rows)) => rows,
        Envelope::Ok(_) => return Err(fault::of_body(answer)),
        Envelope::Refused { message, .. } => return Err(LinkFault::Forbidden(message)),
    };
    let seen = rows.iter().filter_map(station_seen);
    Ok(seen.filter(|station| *station.name != *own).collect())
}

/// The call that reads who works at a store.
pub fn staff(store: Store) -> Call {
    Call { function: "get_staff", arguments: json!({ "store": store }) }
}

/// Reads them, in the backend's order; none where this account may not ask. Who cannot be read is left out.
pub fn staff_read(answer: &Answer) -> Result<Option<Vec<Staff>>, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(None) };
    let rows = data.as_array().ok_or_else(|| fault::of_body(answer))?;
    Ok(Some(rows.iter().filter_map(row::staff).take(STAFF_MAX).collect()))
}

/// Reads who of them has a badge; none where this account may not ask, or where the project, an older one, tells no badges.
pub fn badges_read(answer: &Answer) -> Result<Option<Vec<Badge>>, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(None) };
    let rows = data.as_array().ok_or_else(|| fault::of_body(answer))?;
    let is_told = rows.is_empty() || rows.iter().any(|row| row.get("badge").is_some());
    Ok(is_told.then(|| rows.iter().filter_map(row::badge).take(STAFF_MAX).collect()))
}

/// The call that reads what a shop has set.
pub fn settings(store: Store) -> Call {
    Call { function: "get_settings", arguments: json!({ "store": store }) }
}

/// Reads the places where cakes are kept, in the shop's order; none where this account may not ask.
pub fn places_read(answer: &Answer) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    names_read(answer, "storage_places")
}

/// Reads why a cake may be returned, likewise.
pub fn reasons_read(answer: &Answer) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    names_read(answer, "qc_reasons")
}

fn names_read(answer: &Answer, key: &str) -> Result<Option<Vec<Arc<str>>>, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(None) };
    let names = data.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(Some(row::names(names)))
}

/// Reads whether nothing is to be written.
pub fn freeze_read(answer: &Answer) -> Result<bool, LinkFault> {
    let Envelope::Ok(data) = Envelope::of(answer)? else { return Ok(false) };
    Ok(data.get("freeze").and_then(Value::as_bool).unwrap_or(false))
}

fn station_seen(row: &Value) -> Option<StationSeen> {
    let report = row.get("report")?;
    let silence = Duration::from_millis(row.get("silence_ms")?.as_u64()?);
    let backlog = report.get("backlog").and_then(Value::as_u64).unwrap_or(0);
    Some(StationSeen {
        name: row.get("station")?.as_str()?.into(),
        stage: row::stage(report),
        silence: silence.min(SILENCE_MAX),
        backlog: u32::try_from(backlog).unwrap_or(u32::MAX),
        owed: pairs(report, "owed"),
        twice: pairs(report, "twice"),
    })
}

/// The pairs of a list that can be read; none where an older version reports no such list.
fn pairs<T: DeserializeOwned>(report: &Value, key: &str) -> Vec<T> {
    let pairs = report.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    pairs.iter().filter_map(|pair| T::deserialize(pair).ok()).collect()
}

const WITH_INTENT: &str = "with_intent";

/// More people than anyone chooses from on a screen.
pub const STAFF_MAX: usize = 500;

/// A station that has been silent for a year is as silent as one can be.
const SILENCE_MAX: Duration = Duration::from_hours(365 * 24);
