use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio_postgres::types::Type;

use super::super::failure::Failure;
use super::catalogue::{Catalogue, Function, Match, Returns};
use super::{Gateway, Mode, ROWS_MAX, json, quoted};

/// `POST /rest/v1/rpc/<function>` with a JSON object of named arguments.
pub(super) async fn call(
    State(gateway): State<Arc<Gateway>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let caller = gateway.gate.caller(&headers).map_err(IntoResponse::into_response)?;
    answer(&gateway, &caller, &name, &body).await.map_err(IntoResponse::into_response)
}

async fn answer(
    gateway: &Gateway,
    caller: &super::Caller,
    name: &str,
    body: &[u8],
) -> Result<Response, Failure> {
    let body = if body.is_empty() { b"{}" } else { body };
    let unreadable = || Failure::new(StatusCode::BAD_REQUEST, "PGRST102", "Empty or invalid json");
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    let arguments: serde_json::Map<String, Value> = serde_json::from_str(text).map_err(|_| unreadable())?;
    let given: BTreeSet<String> = arguments.into_iter().map(|(name, _)| name).collect();

    let catalogue = gateway.catalogue();
    let (statement, mode, returns) = match prepared(&catalogue, name, &given) {
        Ok(prepared) => prepared,
        Err(_) => prepared(&*gateway.refreshed_catalogue().await?, name, &given)?,
    };
    let row = gateway.run(caller, mode, &statement, &[(&text, Type::TEXT)]).await?;
    Ok(match returns {
        Returns::Nothing => StatusCode::NO_CONTENT.into_response(),
        Returns::One | Returns::Set => {
            json(StatusCode::OK, row.get::<_, Option<String>>(0).unwrap_or_else(|| "null".to_owned()))
        }
    })
}

fn prepared(
    catalogue: &Catalogue,
    name: &str,
    given: &BTreeSet<String>,
) -> Result<(String, Mode, Returns), Failure> {
    match catalogue.function(name, given) {
        Match::One(function) => {
            let mode = if function.is_reader { Mode::Reads } else { Mode::Writes };
            Ok((statement(function, given), mode, function.returns))
        }
        Match::None => Err(unknown(name, given)),
        Match::Several => Err(Failure::new(
            StatusCode::MULTIPLE_CHOICES,
            "PGRST203",
            format!("Could not choose the best candidate function for public.{name}"),
        )),
    }
}

/// One statement whose only parameter is the body; PostgreSQL reads each argument into the type it is declared with.
fn statement(function: &Function, given: &BTreeSet<String>) -> String {
    let mut columns = String::new();
    let mut arguments = String::new();
    let used = function.arguments.iter().filter(|argument| given.contains(&argument.name));
    for (place, argument) in used.enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let name = quoted(&argument.name);
        write!(columns, "{comma}{name} {}", argument.kind).expect("a string takes any text");
        write!(arguments, "{comma}{name} => a.{name}").expect("a string takes any text");
    }
    // Without arguments there is no record to read, but the parameter must still appear once.
    let from = if columns.is_empty() {
        "(select $1::text) a".to_owned()
    } else {
        format!("json_to_record($1::text::json) as a({columns})")
    };
    let call = format!("{from}, lateral public.{}({arguments}) v", quoted(&function.name));
    match function.returns {
        Returns::Nothing => format!("select null::text from {call}"),
        Returns::One => format!("select to_json(v)::text from {call}"),
        Returns::Set => format!(
            "select coalesce(json_agg(r.j), '[]')::text from (select to_json(v) as j from {call} limit {ROWS_MAX}) r"
        ),
    }
}

/// The words are PostgREST's own: clients tell the contract by this failure.
fn unknown(name: &str, given: &BTreeSet<String>) -> Failure {
    let names = given.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let (called, searched) = match given.len() {
        0 => (" without parameters".to_owned(), " without parameters".to_owned()),
        1 => (format!("({names})"), format!(" with parameter {names}")),
        _ => (format!("({names})"), format!(" with parameters {names}")),
    };
    Failure::new(
        StatusCode::NOT_FOUND,
        "PGRST202",
        format!("Could not find the function public.{name}{called} in the schema cache"),
    )
    .details(format!(
        "Searched for the function public.{name}{searched} or with a single unnamed json/jsonb parameter, but no \
         matches were found in the schema cache."
    ))
}
