use std::time::Duration;

use serde_json::Value;

use super::http::Answer;
use crate::station::LinkFault;

/// Why a call was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallFault {
    /// The access token is no longer taken, in the gateway's words: renew it and ask once more.
    Expired(Box<str>),
    /// Anything else.
    Link(LinkFault),
}

/// Why a refresh token gave no session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshFault {
    /// Used already, revoked or unknown: only the password helps.
    Dead,
    /// Nothing is known of the token: it stays.
    Link(LinkFault),
}

/// Classifies a reply of PostgREST, or of whatever stands in its place, that is no success.
pub fn of_call(answer: &Answer) -> CallFault {
    let error = PostgrestError::of(answer);
    let words = || error.message.clone();
    CallFault::Link(match answer.status {
        401 | 403 if error.is_key() => LinkFault::WrongKey,
        401 if error.is_json => return CallFault::Expired(words()),
        403 if error.is_json => LinkFault::Forbidden(words()),
        404 if matches!(error.code.as_str(), "PGRST202" | "42883") => LinkFault::NoFunction(words()),
        // The account has no staff row: no write of its will ever work.
        409 if error.code == "23503" => LinkFault::Forbidden(words()),
        400 if !error.code.is_empty() => LinkFault::Malformed(words()),
        400 | 401 | 403 | 404 => not_supabase(answer),
        _ => of_any(answer),
    })
}

/// Classifies a reply of GoTrue to the password grant that is no success.
pub fn of_sign_in(answer: &Answer) -> LinkFault {
    let error = GotrueError::of(answer);
    match answer.status {
        401 | 403 if error.is_key() => LinkFault::WrongKey,
        400..=403 | 422 if !error.is_json => not_supabase(answer),
        400 | 401 if matches!(&*error.code, "invalid_credentials" | "invalid_grant") => {
            LinkFault::WrongPassword
        }
        // Versions before error codes say it in words only.
        400 if error.code.is_empty() && error.message.contains("Invalid login credentials") => {
            LinkFault::WrongPassword
        }
        401 if error.code.is_empty() => LinkFault::WrongKey,
        400 | 401 | 403 | 422 => LinkFault::Forbidden(error.message),
        404 => not_supabase(answer),
        _ => of_any(answer),
    }
}

/// Classifies a reply of GoTrue to the refresh grant that is no success.
pub fn of_refresh(answer: &Answer) -> RefreshFault {
    let error = GotrueError::of(answer);
    match answer.status {
        401 | 403 if error.is_key() => RefreshFault::Link(LinkFault::WrongKey),
        400 | 401 | 403 | 422 if error.is_json => RefreshFault::Dead,
        400 | 401 | 403 | 404 | 422 => RefreshFault::Link(not_supabase(answer)),
        _ => RefreshFault::Link(of_any(answer)),
    }
}

/// Says what a body is that should have been an answer of the contract and is not.
pub fn of_body(answer: &Answer) -> LinkFault {
    if is_page(answer) {
        return not_supabase(answer);
    }
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(_) => LinkFault::NotSupabase("JSON of another kind".into()),
        Err(error) if error.is_eof() => LinkFault::Malformed("JSON cut short".into()),
        Err(_) => LinkFault::Malformed("not JSON".into()),
    }
}

/// At most `max` characters of `text` on one line: what others wrote is kept short.
pub fn cut(text: &str, max: usize) -> Box<str> {
    let line = text.split_whitespace().take(max).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None => line.into(),
    }
}

/// What all services have in common.
fn of_any(answer: &Answer) -> LinkFault {
    match answer.status {
        408 => LinkFault::TimedOut,
        429 => LinkFault::Busy(answer.retry_after.unwrap_or(PAUSE_DEFAULT).clamp(PAUSE_MIN, PAUSE_MAX)),
        300..=399 => not_supabase(answer),
        status @ 500.. => LinkFault::Server(status),
        _ if is_page(answer) => not_supabase(answer),
        status => LinkFault::Server(status),
    }
}

fn not_supabase(answer: &Answer) -> LinkFault {
    let words = match answer.status {
        300..=399 => match answer.location.as_deref().map(host) {
            Some(host) => format!("sends on to {}", cut(host, 60)),
            None => "sends on to another address".into(),
        },
        status if is_page(answer) => match title(&answer.body) {
            Some(title) => format!("a web page, \"{title}\" ({status})"),
            None => format!("a web page ({status})"),
        },
        status if serde_json::from_slice::<Value>(&answer.body).is_ok() => {
            format!("JSON of another kind ({status})")
        }
        status => format!("HTTP {status}"),
    };
    LinkFault::NotSupabase(words.into())
}

fn is_page(answer: &Answer) -> bool {
    answer.media_type.starts_with("text/html")
        || answer.body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// The title of a web page: it tells the on-call person whose page it is.
fn title(body: &[u8]) -> Option<Box<str>> {
    let text = String::from_utf8_lossy(&body[..body.len().min(TITLE_WITHIN_BYTES)]);
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find('<')?;
    let title = cut(&text[start..end], 60);
    (!title.is_empty()).then_some(title)
}

/// The host an address names; the rest of it may carry what does not belong in a message.
fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// PostgREST's error body, or its gateway's.
struct PostgrestError {
    is_json: bool,
    code: String,
    message: Box<str>,
}

impl PostgrestError {
    fn of(answer: &Answer) -> Self {
        let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
        Self {
            is_json: body.is_object(),
            code: text(&body, &["code"]).into(),
            message: cut(text(&body, &["message", "msg", "error"]), MESSAGE_MAX),
        }
    }

    fn is_key(&self) -> bool {
        is_key(&self.message)
    }
}

/// GoTrue's error body in its three shapes: `{code: 400, error_code, msg}`, `{code: "…", message}`,
/// `{error, error_description}`.
struct GotrueError {
    is_json: bool,
    code: Box<str>,
    message: Box<str>,
}

impl GotrueError {
    fn of(answer: &Answer) -> Self {
        let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
        Self {
            is_json: body.is_object(),
            code: text(&body, &["error_code", "code", "error"]).into(),
            message: cut(text(&body, &["msg", "message", "error_description", "error"]), MESSAGE_MAX),
        }
    }

    fn is_key(&self) -> bool {
        is_key(&self.message)
    }
}

/// The gateway says "Invalid API key" or "No API key found in request"; nothing behind it speaks of one.
fn is_key(message: &str) -> bool {
    message.to_ascii_lowercase().contains("api key")
}

/// The first of `keys` that holds text.
fn text<'a>(body: &'a Value, keys: &[&str]) -> &'a str {
    keys.iter().find_map(|key| body.get(key)?.as_str()).unwrap_or_default()
}

/// For a 429 that names no time.
const PAUSE_DEFAULT: Duration = Duration::from_secs(5);
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// A gateway that asks for more is asked again all the same: a kitchen cannot wait an hour.
const PAUSE_MAX: Duration = Duration::from_mins(2);
/// A title stands at the top of a page.
const TITLE_WITHIN_BYTES: usize = 4096;
/// Longer messages are of no use on a card.
const MESSAGE_MAX: usize = 200;
