use std::time::Duration;

use serde_json::Value;

use super::contract::is_of_session;
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
        400 if is_of_session(&error.code, &error.message) => return CallFault::Expired(words()),
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

/// Whether a body is a web page's.
pub fn is_page(answer: &Answer) -> bool {
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
pub struct PostgrestError {
    is_json: bool,
    /// PostgREST's own code or PostgreSQL's SQLSTATE; empty without one.
    pub code: String,
    /// What it says, cut short.
    pub message: Box<str>,
}

impl PostgrestError {
    /// Reads a body, which may be anything.
    pub fn of(answer: &Answer) -> Self {
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
pub const MESSAGE_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Timestamp;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            media_type: "application/json".into(),
            location: None,
            retry_after: None,
            body: body.into(),
            at: Timestamp::from_micros(0),
            round_trip: Duration::ZERO,
        }
    }

    fn html(status: u16, body: &str) -> Answer {
        Answer { media_type: "text/html; charset=utf-8".into(), ..answer(status, body) }
    }

    fn not_supabase(words: &str) -> LinkFault {
        LinkFault::NotSupabase(words.into())
    }

    /// Names the test of a row; each row is a test of its own.
    macro_rules! rows {
        ($of:ident: $($name:ident: $answer:expr => $fault:expr;)*) => {$(
            #[test]
            fn $name() {
                assert_eq!($of(&$answer), $fault);
            }
        )*};
    }

    fn call(answer: &Answer) -> LinkFault {
        match of_call(answer) {
            CallFault::Link(fault) => fault,
            CallFault::Expired(words) => panic!("expired: {words}"),
        }
    }

    rows! { call:
        call_no_key: answer(401, r#"{"message":"No API key found in request","hint":"No `apikey` request header or url param was found."}"#)
            => LinkFault::WrongKey;
        call_wrong_key: answer(401, r#"{"message":"Invalid API key","hint":"Double check your Supabase `anon` or `service_role` API key."}"#)
            => LinkFault::WrongKey;
        call_wrong_key_as_403: answer(403, r#"{"message":"Invalid API key"}"#) => LinkFault::WrongKey;
        call_login_page: html(401, "<html><head><title>Shop Wi-Fi\n login</title></head>")
            => not_supabase("a web page, \"Shop Wi-Fi login\" (401)");
        call_forbidden: answer(403, r#"{"code":"42501","message":"permission denied for function get_queue","details":null,"hint":null}"#)
            => LinkFault::Forbidden("permission denied for function get_queue".into());
        call_forbidden_page: html(403, "<title></title>") => not_supabase("a web page (403)");
        call_no_function: answer(404, r#"{"code":"PGRST202","message":"Could not find the function public.get_queue(store)","details":"","hint":null}"#)
            => LinkFault::NoFunction("Could not find the function public.get_queue(store)".into());
        call_undefined_function: answer(404, r#"{"code":"42883","message":"function ordak.ok() does not exist"}"#)
            => LinkFault::NoFunction("function ordak.ok() does not exist".into());
        call_no_route: answer(404, r#"{"message":"no Route matched with those values"}"#)
            => not_supabase("JSON of another kind (404)");
        call_nothing_there: html(404, "<h1>404</h1>") => not_supabase("a web page (404)");
        call_plain_text_404: Answer { media_type: "text/plain".into(), ..answer(404, "not found") } => not_supabase("HTTP 404");
        call_no_staff_row: answer(409, r#"{"code":"23503","message":"violates foreign key \"stage_events_staff_id_fkey\""}"#)
            => LinkFault::Forbidden("violates foreign key \"stage_events_staff_id_fkey\"".into());
        call_conflict: answer(409, r#"{"code":"23505","message":"duplicate key"}"#) => LinkFault::Server(409);
        call_read_only_database: answer(405, r#"{"code":"25006","message":"cannot execute UPDATE"}"#) => LinkFault::Server(405);
        call_bad_json: answer(400, r#"{"code":"PGRST102","message":"Empty or invalid json"}"#)
            => LinkFault::Malformed("Empty or invalid json".into());
        call_foreign_400: answer(400, r#"{"error":"nope"}"#) => not_supabase("JSON of another kind (400)");
        call_page_400: html(400, "<html>") => not_supabase("a web page (400)");
        call_too_many: answer(429, "") => LinkFault::Busy(PAUSE_DEFAULT);
        call_too_many_told: Answer { retry_after: Some(Duration::from_secs(9)), ..answer(429, "") }
            => LinkFault::Busy(Duration::from_secs(9));
        call_too_many_for_a_day: Answer { retry_after: Some(Duration::from_hours(24)), ..answer(429, "") }
            => LinkFault::Busy(PAUSE_MAX);
        call_too_many_now: Answer { retry_after: Some(Duration::ZERO), ..answer(429, "") } => LinkFault::Busy(PAUSE_MIN);
        call_server: answer(500, r#"{"code":"XX000","message":"internal"}"#) => LinkFault::Server(500);
        call_bad_gateway: html(502, "<html><title>502 Bad Gateway</title>") => LinkFault::Server(502);
        call_paused_project: answer(540, "") => LinkFault::Server(540);
        call_request_timeout: answer(408, "") => LinkFault::TimedOut;
        call_redirect: Answer { location: Some("https://login.example/?next=secret".into()), ..html(302, "") }
            => not_supabase("sends on to login.example");
        call_redirect_to_nowhere: answer(301, "") => not_supabase("sends on to another address");
        call_teapot: answer(418, "{}") => LinkFault::Server(418);
        call_page_410: html(410, "<p>gone") => not_supabase("a web page (410)");
    }

    rows! { of_call:
        call_expired: answer(401, r#"{"code":"PGRST301","message":"JWT expired","details":null,"hint":null}"#)
            => CallFault::Expired("JWT expired".into());
        call_no_session: answer(400, r#"{"code":"P0001","message":"Authentication required: auth.uid() returned NULL"}"#)
            => CallFault::Expired("Authentication required: auth.uid() returned NULL".into());
        call_anonymous: answer(401, r#"{"code":"42501","message":"permission denied for function get_queue"}"#)
            => CallFault::Expired("permission denied for function get_queue".into());
    }

    rows! { of_sign_in:
        sign_in_code_and_msg: answer(400, r#"{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}"#)
            => LinkFault::WrongPassword;
        sign_in_code_and_message: answer(400, r#"{"code":"invalid_credentials","message":"Invalid login credentials"}"#)
            => LinkFault::WrongPassword;
        sign_in_oauth_shape: answer(400, r#"{"error":"invalid_grant","error_description":"Invalid login credentials"}"#)
            => LinkFault::WrongPassword;
        sign_in_words_only: answer(400, r#"{"code":400,"msg":"Invalid login credentials"}"#) => LinkFault::WrongPassword;
        sign_in_unconfirmed: answer(400, r#"{"code":400,"error_code":"email_not_confirmed","msg":"Email not confirmed"}"#)
            => LinkFault::Forbidden("Email not confirmed".into());
        sign_in_banned: answer(403, r#"{"code":"user_banned","message":"User is banned"}"#)
            => LinkFault::Forbidden("User is banned".into());
        sign_in_invalid: answer(422, r#"{"code":422,"error_code":"validation_failed","msg":"bad email"}"#)
            => LinkFault::Forbidden("bad email".into());
        sign_in_wrong_key: answer(401, r#"{"message":"Invalid API key"}"#) => LinkFault::WrongKey;
        sign_in_unnamed_401: answer(401, r#"{"message":"Unauthorized"}"#) => LinkFault::WrongKey;
        sign_in_page: html(400, "<title>Router</title>") => not_supabase("a web page, \"Router\" (400)");
        sign_in_not_there: answer(404, "{}") => not_supabase("JSON of another kind (404)");
        sign_in_too_many: answer(429, r#"{"code":429,"error_code":"over_request_rate_limit","msg":"slow down"}"#)
            => LinkFault::Busy(PAUSE_DEFAULT);
        sign_in_server: answer(503, "") => LinkFault::Server(503);
    }

    rows! { of_refresh:
        refresh_used: answer(400, r#"{"code":400,"error_code":"refresh_token_already_used","msg":"Invalid Refresh Token: Already Used"}"#)
            => RefreshFault::Dead;
        refresh_unknown: answer(400, r#"{"code":"refresh_token_not_found","message":"Invalid Refresh Token"}"#) => RefreshFault::Dead;
        refresh_oauth_shape: answer(400, r#"{"error":"invalid_grant","error_description":"Invalid Refresh Token"}"#) => RefreshFault::Dead;
        refresh_ended: answer(403, r#"{"code":"session_not_found","message":"Session from session_id claim in JWT does not exist"}"#)
            => RefreshFault::Dead;
        refresh_wrong_key: answer(401, r#"{"message":"Invalid API key"}"#) => RefreshFault::Link(LinkFault::WrongKey);
        refresh_page: html(400, "<p>") => RefreshFault::Link(not_supabase("a web page (400)"));
        refresh_server: answer(500, r#"{"code":500,"error_code":"unexpected_failure","msg":"Database error"}"#)
            => RefreshFault::Link(LinkFault::Server(500));
        refresh_too_many: answer(429, "") => RefreshFault::Link(LinkFault::Busy(PAUSE_DEFAULT));
    }

    rows! { of_body:
        body_page: html(200, "<!doctype html><title>Portal</title>") => not_supabase("a web page, \"Portal\" (200)");
        body_page_without_type: answer(200, "\n <html>") => not_supabase("a web page (200)");
        body_cut: answer(200, r#"[{"id":"bannos-1","#) => LinkFault::Malformed("JSON cut short".into());
        body_empty: answer(200, "") => LinkFault::Malformed("JSON cut short".into());
        body_garbage: answer(200, "\u{0}\u{1}") => LinkFault::Malformed("not JSON".into());
        body_foreign: answer(200, r#"{"status":"ok"}"#) => not_supabase("JSON of another kind");
    }

    #[test]
    fn what_others_wrote_is_kept_short() {
        assert_eq!(&*cut("  a \n b  ", 3), "a b");
        assert_eq!(&*cut("a b c", 3), "a b…");
        assert_eq!(&*cut("ΑΒΓΔ", 3), "ΑΒΓ…");
        assert_eq!(&*cut("", 3), "");
    }

    #[test]
    fn a_status_of_any_number_is_classified() {
        for status in 0..1000 {
            for body in ["", "{}", "<p>", "[1", r#"{"code":7,"message":null,"error":{}}"#] {
                let answer = answer(status, body);
                drop((of_call(&answer), of_sign_in(&answer), of_refresh(&answer), of_body(&answer)));
            }
        }
    }
}
