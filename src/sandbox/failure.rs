use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_postgres::error::DbError;

use super::Error;

/// An answer that is not what was asked for: PostgREST's status and error body.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    body: Body,
    challenge: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Body {
    code: String,
    message: String,
    details: Option<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure of this code; codes that begin with `PGRST` are listed in PostgREST's "Errors" reference.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let body = Body { code: code.to_owned(), message: message.into(), details: None, hint: None };
        Self { status, body, challenge: None }
    }

    /// The same with more said.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.body.details = Some(details.into());
        self
    }

    /// The same, asking for a better token with this `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// What went wrong while a signed-in or an anonymous caller's statement ran.
    pub fn of_statement(error: &tokio_postgres::Error, is_anonymous: bool) -> Self {
        let Some(error) = error.as_db_error() else {
            tracing::warn!(%error, "the database connection broke");
            return Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "PGRST001",
                "Database client error. Retrying the connection.",
            );
        };
        let body = Body {
            code: error.code().code().to_owned(),
            message: error.message().to_owned(),
            details: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
        };
        let status = status(error, is_anonymous);
        let challenge = (status == StatusCode::UNAUTHORIZED).then_some("Bearer");
        Self { status, body, challenge }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Busy => Self::new(
                StatusCode::GATEWAY_TIMEOUT,
                "PGRST003",
                "Timed out acquiring connection from connection pool.",
            ),
            Error::Database(error) => Self::of_statement(&error, false),
            error => {
                tracing::error!(%error, "a request could not be served");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "PGRST001",
                    "Database connection error. Retrying the connection.",
                )
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

fn status(error: &DbError, is_anonymous: bool) -> StatusCode {
    status_of(error.code().code(), is_anonymous)
}

/// The table "HTTP Status Codes" of PostgREST's "Errors" reference.
fn status_of(code: &str, is_anonymous: bool) -> StatusCode {
    if let Some(status) = code.strip_prefix("PT").and_then(|status| status.parse().ok()) {
        return StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    match code {
        "23503" | "23505" => StatusCode::CONFLICT,
        "25006" => StatusCode::METHOD_NOT_ALLOWED,
        "42883" | "42P01" => StatusCode::NOT_FOUND,
        "42501" if is_anonymous => StatusCode::UNAUTHORIZED,
        "42501" => StatusCode::FORBIDDEN,
        "42P17" | "53400" => StatusCode::INTERNAL_SERVER_ERROR,
        "57P01" => StatusCode::SERVICE_UNAVAILABLE,
        "P0001" => StatusCode::BAD_REQUEST,
        _ => match code.get(..2).unwrap_or_default() {
            "08" | "53" => StatusCode::SERVICE_UNAVAILABLE,
            "0L" | "0P" | "28" => StatusCode::FORBIDDEN,
            "09" | "25" | "2D" | "38" | "39" | "3B" | "40" | "54" | "55" | "57" | "58" | "F0" | "HV"
            | "P0" | "XX" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_the_status_that_postgrest_gives_it() {
        for (code, status) in [
            ("P0001", 400),
            ("22P02", 400),
            ("23503", 409),
            ("23505", 409),
            ("23514", 400),
            ("25006", 405),
            ("28000", 403),
            ("40P01", 500),
            ("42501", 403),
            ("42703", 400),
            ("42883", 404),
            ("42P01", 404),
            ("53300", 503),
            ("57014", 500),
            ("57P01", 503),
            ("P0002", 500),
            ("PT418", 418),
            ("PT999", 999),
            ("PTxyz", 400),
        ] {
            assert_eq!(status_of(code, false).as_u16(), status, "{code}");
        }
        assert_eq!(status_of("42501", true).as_u16(), 401);
    }
}
