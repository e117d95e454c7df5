use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::failure::Failure;
use super::super::token::{Claims, Fault, Signer};
use super::now_s;

/// Who may pass: the keys of the project and the signer of its tokens.
pub(in super::super) struct Gate {
    anon_key: String,
    service_key: String,
    signer: Signer,
}

/// In whose name a statement runs.
pub(in super::super) struct Caller {
    /// The database role.
    pub(super) role: String,
    /// The token's claims as JSON, for `auth.uid()` and its like.
    pub(super) claims: String,
}

impl Caller {
    pub(super) fn is_anonymous(&self) -> bool {
        self.role == ANON
    }

    pub(super) fn is_service(&self) -> bool {
        self.role == SERVICE
    }

    pub(super) fn bare(role: &str) -> Self {
        Self { role: role.to_owned(), claims: json!({ "role": role }).to_string() }
    }

    fn of(claims: Claims) -> Self {
        let json = serde_json::to_string(&claims).expect("strings and numbers always serialize");
        Self { role: claims.role, claims: json }
    }
}

impl Gate {
    pub(super) fn new(anon_key: String, service_key: String, signer: Signer) -> Self {
        Self { anon_key, service_key, signer }
    }

    /// Signs what `claims` says.
    pub(in super::super) fn sign(&self, claims: &Claims) -> String {
        self.signer.sign(claims)
    }

    /// Checks the project's key; the role it stands for without a token.
    pub(in super::super) fn role_of_key(&self, headers: &HeaderMap) -> Result<&'static str, Refused> {
        self.role_of(headers.get(KEY_HEADER).map(HeaderValue::as_bytes))
    }

    /// The same of a key that came otherwise.
    pub(super) fn role_of(&self, key: Option<&[u8]>) -> Result<&'static str, Refused> {
        match key {
            None => Err(Refused::NoKey),
            Some(key) if key == self.anon_key.as_bytes() => Ok(ANON),
            Some(key) if key == self.service_key.as_bytes() => Ok(SERVICE),
            Some(_) => Err(Refused::WrongKey),
        }
    }

    /// What the token says, if there is one.
    pub(in super::super) fn claims(&self, headers: &HeaderMap) -> Option<Result<Claims, Fault>> {
        let bearer = headers.get(header::AUTHORIZATION)?;
        let bearer = bearer.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        Some(self.signer.verify(bearer.unwrap_or_default(), now_s()))
    }

    /// Who asks, by key and token.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Refused> {
        let role = self.role_of_key(headers)?;
        let Some(claims) = self.claims(headers) else { return Ok(Caller::bare(role)) };
        Ok(Caller::of(claims.map_err(Refused::Token)?))
    }

    /// Who bears a token, and until when it is good, in seconds since the epoch.
    pub(super) fn bearer(&self, token: &str) -> Result<(Caller, u64), Fault> {
        let claims = self.signer.verify(token, now_s())?;
        let expires_s = claims.exp;
        Ok((Caller::of(claims), expires_s))
    }
}

/// Why a request does not reach the database.
#[derive(Debug)]
pub(in super::super) enum Refused {
    NoKey,
    WrongKey,
    Token(Fault),
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (message, hint) = match self {
            Self::Token(fault) => return of_token(fault).into_response(),
            Self::NoKey => {
                ("No API key found in request", "No `apikey` request header or url param was found.")
            }
            Self::WrongKey => {
                ("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.")
            }
        };
        let body = Json(json!({ "message": message, "hint": hint }));
        (StatusCode::UNAUTHORIZED, body).into_response()
    }
}

fn of_token(fault: Fault) -> Failure {
    let (message, challenge) = match fault {
        Fault::Expired => ("JWT expired", r#"Bearer error="invalid_token", error_description="JWT expired""#),
        Fault::Bad => (
            "JWSError JWSInvalidSignature",
            r#"Bearer error="invalid_token", error_description="JWSError JWSInvalidSignature""#,
        ),
    };
    Failure::new(StatusCode::UNAUTHORIZED, "PGRST301", message).header(header::WWW_AUTHENTICATE, challenge)
}

const KEY_HEADER: &str = "apikey";

const ANON: &str = "anon";
const SERVICE: &str = "service_role";
