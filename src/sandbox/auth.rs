use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use tokio_postgres::types::Type;

use super::gateway::{Gateway, now_s};
use super::token::Claims;
use super::{Error, secrets};

#[derive(Deserialize)]
pub(super) struct Grant {
    #[serde(default)]
    grant_type: String,
}

#[derive(Deserialize)]
struct Password {
    email: String,
    password: String,
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
}

/// A sign-in: the account and the session that its tokens descend from.
struct Session {
    account: String,
    email: String,
    id: String,
}

/// `POST /auth/v1/token?grant_type=password` and `?grant_type=refresh_token`.
pub(super) async fn token(
    State(gateway): State<Arc<Gateway>>,
    Query(grant): Query<Grant>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    gateway.gate.role_of_key(&headers).map_err(IntoResponse::into_response)?;
    let granted = match grant.grant_type.as_str() {
        "password" => by_password(&gateway, &body).await,
        "refresh_token" => by_refresh_token(&gateway, &body).await,
        _ => Err(Refused::Request("invalid_credentials", "unsupported_grant_type".to_owned())),
    };
    granted.map_err(IntoResponse::into_response)
}

async fn by_password(gateway: &Gateway, body: &[u8]) -> Result<Response, Refused> {
    let Password { email, password } = parsed(body)?;
    let lease = gateway.database.lease().await?;
    let account =
        lease.query_typed_opt(ACCOUNT, &[(&email, Type::TEXT)]).await?.ok_or_else(Refused::credentials)?;
    let (account, email, hash): (String, String, Option<String>) =
        (account.get(0), account.get(1), account.get(2));
    drop(lease);
    if !is_password(gateway, hash.unwrap_or_default(), password).await {
        return Err(Refused::credentials());
    }
    let lease = gateway.database.lease().await?;
    let refresh_token = secrets::token(REFRESH_TOKEN_LENGTH)?;
    let session = lease
        .query_typed_one(BEGIN_SESSION, &[(&refresh_token, Type::TEXT), (&account, Type::TEXT)])
        .await?
        .get(0);
    Ok(tokens(gateway, &Session { account, email, id: session }, &refresh_token))
}

async fn by_refresh_token(gateway: &Gateway, body: &[u8]) -> Result<Response, Refused> {
    let Refresh { refresh_token } = parsed(body)?;
    let mut lease = gateway.database.lease().await?;
    let transaction = lease.transaction().await?;
    let used = transaction.query_typed_opt(USE, &[(&refresh_token, Type::TEXT)]).await?;
    let Some(used) = used else {
        // A token that comes twice may be in a thief's hands: the whole session ends.
        let ended = transaction.query_typed_opt(END_SESSION, &[(&refresh_token, Type::TEXT)]).await?;
        transaction.commit().await?;
        return Err(match ended {
            None => Refused::refresh("refresh_token_not_found", "Refresh Token Not Found"),
            Some(_) => Refused::refresh("refresh_token_already_used", "Already Used"),
        });
    };
    let session = Session { account: used.get(0), email: used.get(1), id: used.get(2) };
    let next = secrets::token(REFRESH_TOKEN_LENGTH)?;
    let row = [(&next as _, Type::TEXT), (&session.id as _, Type::TEXT), (&session.account as _, Type::TEXT)];
    transaction.query_typed(CONTINUE_SESSION, &row).await?;
    transaction.commit().await?;
    Ok(tokens(gateway, &session, &next))
}

fn parsed<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Refused::Request("validation_failed", error.to_string()),
        _ => Refused::Request("bad_json", format!("Could not parse request body as JSON: {error}")),
    })
}

fn tokens(gateway: &Gateway, session: &Session, refresh_token: &str) -> Response {
    let (now_s, lifetime_s) = (now_s(), gateway.token_lifetime.as_secs());
    let Session { account, email, id } = session;
    let claims = Claims {
        sub: account.clone(),
        role: AUTHENTICATED.to_owned(),
        aud: AUTHENTICATED.to_owned(),
        email: email.clone(),
        session_id: id.clone(),
        iat: now_s,
        exp: now_s + lifetime_s,
    };
    Json(json!({
        "access_token": gateway.gate.sign(&claims),
        "token_type": "bearer",
        "expires_in": lifetime_s,
        "expires_at": claims.exp,
        "refresh_token": refresh_token,
        "user": { "id": account, "aud": AUTHENTICATED, "role": AUTHENTICATED, "email": email },
    }))
    .into_response()
}

async fn is_password(gateway: &Gateway, hash: String, password: String) -> bool {
    let _permit = gateway.hashing.acquire().await.expect("the semaphore is never closed");
    let check = move || {
        PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    };
    tokio::task::spawn_blocking(check).await.expect("checking a password does not panic")
}

/// The Argon2id hash of a password, in PHC form.
pub(super) async fn hashed(password: String) -> Result<String, Error> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(Error::Random)?;
    let hash = move || {
        let salt = SaltString::encode_b64(&salt).expect("sixteen bytes are what Argon2 recommends");
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.expect("the default parameters take any short password").to_string()
    };
    Ok(tokio::task::spawn_blocking(hash).await.expect("hashing does not panic"))
}

/// Why there is no token: GoTrue's first error shape.
enum Refused {
    Request(&'static str, String),
    Inside(Error),
}

impl Refused {
    fn credentials() -> Self {
        Self::Request("invalid_credentials", "Invalid login credentials".to_owned())
    }

    fn refresh(code: &'static str, why: &str) -> Self {
        Self::Request(code, format!("Invalid Refresh Token: {why}"))
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Inside(error)
    }
}

impl From<tokio_postgres::Error> for Refused {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Inside(Error::Database(error))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::Request(code, message) => (StatusCode::BAD_REQUEST, code, message),
            Self::Inside(error) => {
                tracing::error!(%error, "a sign-in could not be served");
                (StatusCode::INTERNAL_SERVER_ERROR, "unexpected_failure", "Database error".to_owned())
            }
        };
        let body = json!({ "code": status.as_u16(), "error_code": code, "msg": message });
        (status, Json(body)).into_response()
    }
}

const AUTHENTICATED: &str = "authenticated";

/// 32 letters of 5 bits: 160 bits.
const REFRESH_TOKEN_LENGTH: usize = 32;

const ACCOUNT: &str =
    "select id::text, email::text, encrypted_password from auth.users where email = lower($1)";

const BEGIN_SESSION: &str = "
insert into sandbox.refresh_tokens (digest, session_id, account_id)
values (sha256(convert_to($1, 'UTF8')), gen_random_uuid(), $2::text::uuid)
returning session_id::text";

const USE: &str = "
update sandbox.refresh_tokens t set used_at = clock_timestamp()
from auth.users u
where t.digest = sha256(convert_to($1, 'UTF8')) and t.used_at is null and u.id = t.account_id
returning u.id::text, u.email::text, t.session_id::text";

const END_SESSION: &str = "
with used as (
    select t.session_id, t.digest from sandbox.refresh_tokens t where t.digest = sha256(convert_to($1, 'UTF8'))
), ended as (
    delete from sandbox.refresh_tokens t using used u where t.session_id = u.session_id and t.digest <> u.digest
)
select session_id::text from used";

const CONTINUE_SESSION: &str = "
insert into sandbox.refresh_tokens (digest, session_id, account_id)
values (sha256(convert_to($1, 'UTF8')), $2::text::uuid, $3::text::uuid)";
