use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Error;
use super::gateway::JSON;

/// An answer that is not what was asked for: PostgREST's status and error body.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    /// Boxed, so that a result is no larger for what seldom happens.
    body: Box<Body>,
    headers: Vec<(HeaderName, HeaderValue)>,
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
        Self { status, body: Box::new(body), headers: Vec::new() }
    }

    /// The same with more said.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.body.details = Some(details.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.body.hint = Some(hint.into());
        self
    }

    /// The same with a header of its own.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::try_from(value).expect("what is said here is ASCII");
        self.headers.push((name, value));
        self
    }

    /// What PostgreSQL says of something that the caller has no grant for.
    pub fn denied(kind: &str, name: &str, is_anonymous: bool) -> Self {
        let status = status_of(DENIED, is_anonymous);
        Self::new(status, DENIED, format!("permission denied for {kind} {name}")).challenged()
    }

    /// Whether the caller lacks a grant.
    pub fn is_denied(&self) -> bool {
        self.body.code == DENIED
    }

    fn challenged(self) -> Self {
        match self.status {
            StatusCode::UNAUTHORIZED => self.header(header::WWW_AUTHENTICATE, "Bearer"),
            _ => self,
        }
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
        let status = status_of(error.code().code(), is_anonymous);
        Self { status, body: Box::new(body), headers: Vec::new() }.challenged()
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
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        headers.extend(self.headers);
        response
    }
}

/// The table "HTTP Status Codes" of PostgREST's "Errors" reference.
fn status_of(code: &str, is_anonymous: bool) -> StatusCode {
    if let Some(status) = code.strip_prefix("PT") {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        return status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    }
    match code {
        // As later versions than 12 have it: a subquery of a function or view gave several rows.
        "21000" => StatusCode::INTERNAL_SERVER_ERROR,
        "23503" | "23505" => StatusCode::CONFLICT,
        "25006" => StatusCode::METHOD_NOT_ALLOWED,
        "42883" | "42P01" => StatusCode::NOT_FOUND,
        DENIED if is_anonymous => StatusCode::UNAUTHORIZED,
        DENIED => StatusCode::FORBIDDEN,
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

/// `insufficient_privilege` in PostgreSQL's table of error codes.
const DENIED: &str = "42501";

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
            ("PTxyz", 500),
            ("21000", 500),
        ] {
            assert_eq!(status_of(code, false).as_u16(), status, "{code}");
        }
        assert_eq!(status_of("42501", true).as_u16(), 401);
    }
}
