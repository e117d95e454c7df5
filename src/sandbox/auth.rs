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
use super::token::{Claims, Fault};
use super::{Error, Parameter, secrets};

#[derive(Deserialize)]
pub(super) struct Grant {
    #[serde(default)]
    grant_type: String,
}

#[derive(Deserialize)]
struct Password {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

#[derive(Deserialize)]
struct Refresh {
    #[serde(default)]
    refresh_token: String,
}

#[derive(Deserialize)]
pub(super) struct Scope {
    #[serde(default = "everywhere")]
    scope: String,
}

fn everywhere() -> String {
    "global".to_owned()
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

/// `POST /auth/v1/logout`: no refresh token of the account works any longer, or with `?scope=local` none of this
/// sign-in, with `?scope=others` none of the others. Access tokens stay good until they expire.
pub(super) async fn logout(
    State(gateway): State<Arc<Gateway>>,
    Query(scope): Query<Scope>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    gateway.gate.role_of_key(&headers).map_err(IntoResponse::into_response)?;
    let ended = async {
        let claims = signed_in(&gateway, &headers).await?;
        let Scope { scope } = scope;
        if !["global", "local", "others"].contains(&scope.as_str()) {
            let why = format!("Unsupported logout scope \"{scope}\"");
            return Err(Refused::Request("validation_failed", why));
        }
        let parameters: [Parameter<'_>; 3] =
            [(&claims.sub, Type::TEXT), (&claims.session_id, Type::TEXT), (&scope, Type::TEXT)];
        gateway.database.lease().await?.query_typed(LOGOUT, &parameters).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    ended.await.map(IntoResponse::into_response).map_err(IntoResponse::into_response)
}

/// `GET /auth/v1/user`: whose token it is.
pub(super) async fn user(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    gateway.gate.role_of_key(&headers).map_err(IntoResponse::into_response)?;
    let claims = signed_in(&gateway, &headers).await.map_err(IntoResponse::into_response)?;
    Ok(Json(described(&claims.sub, &claims.email)).into_response())
}

/// The claims of a token whose session has not ended.
async fn signed_in(gateway: &Gateway, headers: &HeaderMap) -> Result<Claims, Refused> {
    let claims = match gateway.gate.claims(headers) {
        None => return Err(Refused::NoToken),
        Some(claims) => claims.map_err(Refused::Token)?,
    };
    let session: [Parameter<'_>; 2] = [(&claims.session_id, Type::TEXT), (&claims.sub, Type::TEXT)];
    let lease = gateway.database.lease().await?;
    match lease.query_typed_opt(SESSION, &session).await? {
        Some(_) => Ok(claims),
        None => Err(Refused::NoSession),
    }
}

async fn by_password(gateway: &Gateway, body: &[u8]) -> Result<Response, Refused> {
    let Password { email, password } = parsed(body)?;
    if email.is_empty() {
        return Err(Refused::Request("validation_failed", "missing email or phone".to_owned()));
    }
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
    if refresh_token.is_empty() {
        return Err(Refused::Request("validation_failed", "refresh_token required".to_owned()));
    }
    let mut lease = gateway.database.lease().await?;
    let transaction = lease.transaction().await?;
    let parameters: [Parameter<'_>; 2] = [(&refresh_token, Type::TEXT), (&REUSE_INTERVAL_S, Type::FLOAT8)];
    let used = transaction.query_typed_opt(USE, &parameters).await?;
    let Some(used) = used else {
        // A token that comes again so late may be in a thief's hands: the whole session ends.
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
        "user": described(account, email),
    }))
    .into_response()
}

/// The account as GoTrue shows it, as far as it is kept here.
fn described(account: &str, email: &str) -> serde_json::Value {
    json!({ "id": account, "aud": AUTHENTICATED, "role": AUTHENTICATED, "email": email })
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
    NoToken,
    Token(Fault),
    NoSession,
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
            Self::NoToken => {
                let why = "This endpoint requires a valid Bearer token".to_owned();
                (StatusCode::UNAUTHORIZED, "no_authorization", why)
            }
            Self::Token(fault) => {
                let why = match fault {
                    Fault::Expired => "token has invalid claims: token is expired",
                    Fault::Bad => "token signature is invalid: signature is invalid",
                };
                let why = format!("invalid JWT: unable to parse or verify signature, {why}");
                (StatusCode::FORBIDDEN, "bad_jwt", why)
            }
            Self::NoSession => {
                let why = "Session from session_id claim in JWT does not exist".to_owned();
                (StatusCode::FORBIDDEN, "session_not_found", why)
            }
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

/// GoTrue's default (`refresh_token_reuse_interval`): a reply that was lost, or two tabs at once, end no session. Only
/// digests are kept, so the answer is one more token where GoTrue repeats the last.
const REUSE_INTERVAL_S: f64 = 10.0;

const ACCOUNT: &str =
    "select id::text, email::text, encrypted_password from auth.users where email = lower($1)";

const BEGIN_SESSION: &str = "
insert into sandbox.refresh_tokens (digest, session_id, account_id)
values (sha256(convert_to($1, 'UTF8')), gen_random_uuid(), $2::text::uuid)
returning session_id::text";

const USE: &str = "
update sandbox.refresh_tokens t set used_at = coalesce(t.used_at, clock_timestamp())
from auth.users u
where t.digest = sha256(convert_to($1, 'UTF8')) and u.id = t.account_id
  and (t.used_at is null or t.used_at > clock_timestamp() - make_interval(secs => $2))
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

const SESSION: &str = "
select from sandbox.refresh_tokens t where t.session_id::text = $1 and t.account_id::text = $2 and t.used_at is null limit 1";

const LOGOUT: &str = "
delete from sandbox.refresh_tokens t
where t.account_id::text = $1
  and case $3 when 'local' then t.session_id::text = $2 when 'others' then t.session_id::text <> $2 else true end";
