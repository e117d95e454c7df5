use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::Parameter;
use super::super::failure::Failure;
use super::catalogue::Catalogue;
use super::query::{Reading, Value};
use super::reply::{Shape, Wish};
use super::{Gateway, Mode, quoted};

/// `GET` and `HEAD /rest/v1/<table>` with filters, `select`, `order`, `limit` and `offset`. All else would write: which clients
/// may not, and the service key might, but here it does not.
pub(super) async fn read(
    State(gateway): State<Arc<Gateway>>,
    Path(table): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let caller = gateway.gate.caller(&headers).map_err(IntoResponse::into_response)?;
    let answered = match method {
        Method::GET | Method::HEAD => answer(&gateway, &caller, &table, &query, &headers).await,
        _ => Err(unwritten(&gateway, &caller, &table).await),
    };
    answered.map_err(IntoResponse::into_response)
}

async fn answer(
    gateway: &Gateway,
    caller: &super::Caller,
    table: &str,
    query: &[(String, String)],
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let catalogue = knowing(gateway, table).await?;
    let columns = catalogue.columns(table).ok_or_else(|| unknown(table))?;
    let wish = Wish::of_read(headers)?;
    let mut reading = Reading::of(table, columns, Vec::new(), query)?;
    let source = format!("public.{}", quoted(table));
    let statement = wish.statement("", &source, Shape::Many { value: None }, &mut reading)?;
    let parameters: Vec<Parameter<'_>> = reading.values.iter().map(Value::parameter).collect();
    gateway.run(caller, Mode::Reads, &statement, &parameters, |row| wish.answer(row, reading.offset)).await
}

/// Why a write of a table is not done.
async fn unwritten(gateway: &Gateway, caller: &super::Caller, table: &str) -> Failure {
    match knowing(gateway, table).await {
        Err(failure) => failure,
        Ok(catalogue) if catalogue.columns(table).is_none() => unknown(table),
        Ok(_) if caller.is_service() => {
            // `feature_not_supported` in PostgreSQL's table of error codes.
            Failure::new(StatusCode::NOT_IMPLEMENTED, "0A000", "the sandbox does not offer writes of tables")
                .hint("Call a function, or write with SQL on the database itself")
        }
        Ok(_) => Failure::denied("table", table, caller.is_anonymous()),
    }
}

/// The catalogue, read again if it has no such table.
async fn knowing(gateway: &Gateway, table: &str) -> Result<Arc<Catalogue>, Failure> {
    let catalogue = gateway.catalogue();
    if catalogue.columns(table).is_some() {
        return Ok(catalogue);
    }
    Ok(gateway.refreshed_catalogue().await?)
}

fn unknown(table: &str) -> Failure {
    let message = format!("Could not find the table 'public.{table}' in the schema cache");
    Failure::new(StatusCode::NOT_FOUND, "PGRST205", message)
}
