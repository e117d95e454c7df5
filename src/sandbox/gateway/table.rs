use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::Parameter;
use super::super::failure::Failure;
use super::query::{Reading, Value};
use super::reply::{Shape, Wish};
use super::{Gateway, Mode, quoted};

/// `GET` and `HEAD /rest/v1/<table>` with filters, `select`, `order`, `limit` and `offset`. All else would write, which
/// nobody but the functions may.
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
        _ => Err(Failure::denied("table", &table, caller.is_anonymous())),
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
    let mut catalogue = gateway.catalogue();
    if catalogue.columns(table).is_none() {
        catalogue = gateway.refreshed_catalogue().await?;
    }
    let columns = catalogue.columns(table).ok_or_else(|| {
        Failure::new(
            StatusCode::NOT_FOUND,
            "PGRST205",
            format!("Could not find the table 'public.{table}' in the schema cache"),
        )
    })?;
    let wish = Wish::of_read(headers)?;
    let mut reading = Reading::of(table, columns, Vec::new(), query)?;
    let source = format!("public.{}", quoted(table));
    let statement = wish.statement("", &source, Shape::Many { value: None }, &mut reading)?;
    let parameters: Vec<Parameter<'_>> = reading.values.iter().map(Value::parameter).collect();
    gateway.run(caller, Mode::Reads, &statement, &parameters, |row| wish.answer(row, reading.offset)).await
}
