//! Frames of a Phoenix channel in its serializer's version 2 (`contract.md` 5): an array of join reference, reference, topic,
//! event and payload. Pure, and nothing that comes in is trusted.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::backend::tree;

/// What a frame says to a station that has one channel, [`TOPIC`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A message of the station is answered.
    Answered {
        /// Which.
        reference: Box<str>,
        /// Why not, if it is refused.
        refused: Option<Box<str>>,
    },
    /// From now on changes are told.
    Subscribed,
    /// A row was inserted, updated or deleted.
    Changed,
    /// The channel is of no more use, and why as far as is told.
    Ended(Box<str>),
    /// Nothing that a station needs to know.
    Nothing,
}

/// What came is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no frame of a channel")]
pub struct Malformed;

/// Reads what came as text.
///
/// # Errors
/// It is no frame, or longer than [`BYTES_MAX`], or of more values than a row could have.
pub fn read(text: &[u8]) -> Result<Said, Malformed> {
    if text.len() > BYTES_MAX || tree::bytes_at_most(text) > TREE_BYTES_MAX {
        return Err(Malformed);
    }
    let (_, reference, topic, event, _): (Reference, Reference, String, String, IgnoredAny) = parsed(text)?;
    Ok(match (topic.as_str(), event.as_str()) {
        (TOPIC | PHOENIX, "phx_reply") => {
            let Outcome { status, response } = payload(text)?;
            let refused = (status != OK).then(|| short(response["reason"].as_str().unwrap_or_default()));
            Said::Answered { reference: reference.unwrap_or_default().into(), refused }
        }
        (TOPIC, "system") => match payload(text)? {
            System { status, message, .. } if status != OK => Said::Ended(short(&message)),
            System { extension, .. } if extension == CHANGES => Said::Subscribed,
            System { .. } => Said::Nothing,
        },
        (TOPIC, CHANGES) => Said::Changed,
        (TOPIC, "phx_close" | "phx_error") => Said::Ended(event.into()),
        _ => Said::Nothing,
    })
}

/// A frame that joins [`TOPIC`] as the bearer of `token`, to hear of the rows of `tables`.
pub fn join(reference: &str, tables: &[String], token: &str) -> String {
    let changes: Vec<Value> =
        tables.iter().map(|table| json!({ "event": "*", "schema": "public", "table": table })).collect();
    let payload = json!({
        "config": {
            "broadcast": { "ack": false, "self": false },
            "presence": { "key": "" },
            CHANGES: changes,
            "private": false,
        },
        "access_token": token,
    });
    written(Some(reference), reference, TOPIC, "phx_join", &payload)
}

/// A frame that goes on with another token in a channel that was joined as `joined`.
pub fn renew(joined: &str, reference: &str, token: &str) -> String {
    written(Some(joined), reference, TOPIC, "access_token", &json!({ "access_token": token }))
}

/// A frame that asks whether anybody is there.
pub fn heartbeat(reference: &str) -> String {
    written(None, reference, PHOENIX, "heartbeat", &json!({}))
}

type Reference = Option<String>;

#[derive(Deserialize)]
struct Outcome {
    status: String,
    #[serde(default)]
    response: Value,
}

#[derive(Deserialize)]
struct System {
    status: String,
    #[serde(default)]
    extension: String,
    #[serde(default)]
    message: String,
}

fn parsed<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    serde_json::from_slice(text).map_err(|_| Malformed)
}

/// Read only where it matters: a row that changed is never looked at.
fn payload<T: DeserializeOwned>(text: &[u8]) -> Result<T, Malformed> {
    let (.., payload): (IgnoredAny, IgnoredAny, IgnoredAny, IgnoredAny, T) = parsed(text)?;
    Ok(payload)
}

fn written(join: Option<&str>, reference: &str, topic: &str, event: &str, payload: &Value) -> String {
    json!([join, reference, topic, event, payload]).to_string()
}

/// A server's words, as many as a log needs.
fn short(words: &str) -> Box<str> {
    words.chars().take(WORDS_MAX).collect()
}

/// The one channel of a station; any name would do.
const TOPIC: &str = "realtime:station";

/// The topic of the socket itself.
const PHOENIX: &str = "phoenix";

/// Both the extension that tells of rows and the event by which it does.
const CHANGES: &str = "postgres_changes";

const OK: &str = "ok";

/// Supabase cuts what it tells of a row at this size.
pub const BYTES_MAX: usize = 1024 * 1024;

/// Some 170,000 values, where a row has 50.
const TREE_BYTES_MAX: usize = 32 * 1024 * 1024;

const WORDS_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Said {
        read(text.as_bytes()).unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn every_frame_of_a_channels_life_is_read() {
        let reply = |status: &str, response: &str| {
            said(&format!(r#"["1","1","{TOPIC}","phx_reply",{{"status":"{status}","response":{response}}}]"#))
        };
        let answered = |refused: Option<&str>| Said::Answered {
            reference: "1".into(),
            refused: refused.map(Into::into),
        };
        assert_eq!(reply("ok", r#"{"postgres_changes":[{"id":1}]}"#), answered(None));
        assert_eq!(reply("error", r#"{"reason":"no"}"#), answered(Some("no")));
        assert_eq!(reply("error", "7"), answered(Some("")));
        let heartbeat = r#"[null,"1","phoenix","phx_reply",{"status":"ok","response":{}}]"#;
        assert_eq!(said(heartbeat), answered(None));
        let system = |extension: &str, status: &str| {
            said(&format!(
                r#"["1",null,"{TOPIC}","system",{{"channel":"station","extension":"{extension}","message":"x","status":"{status}"}}]"#
            ))
        };
        assert_eq!(system("postgres_changes", "ok"), Said::Subscribed);
        assert_eq!(system("presence", "ok"), Said::Nothing);
        assert_eq!(system("postgres_changes", "error"), Said::Ended("x".into()));
        assert_eq!(system("system", "error"), Said::Ended("x".into()));
        let changed =
            r#"[null,null,"realtime:station","postgres_changes",{"ids":[1],"data":{"type":"UPDATE"}}]"#;
        assert_eq!(said(changed), Said::Changed);
        assert_eq!(said(r#"["1","1","realtime:station","phx_close",{}]"#), Said::Ended("phx_close".into()));
        assert_eq!(said(r#"["1","1","realtime:station","phx_error",{}]"#), Said::Ended("phx_error".into()));
    }

    #[test]
    fn what_concerns_nobody_here_is_nothing() {
        for text in [
            r#"["1",null,"realtime:station","presence_state",{}]"#,
            r#"["1",null,"realtime:other","postgres_changes",{}]"#,
            r#"["9",null,"realtime:other","phx_close",{}]"#,
            r#"[null,null,"realtime:station","broadcast",[[[]]]]"#,
        ] {
            assert_eq!(said(text), Said::Nothing, "{text}");
        }
    }

    #[test]
    fn what_is_no_frame_is_malformed() {
        let deep = format!(r#"[null,null,"realtime:station","system",{}"#, "[".repeat(100_000));
        let long = format!(r#"[null,null,"t","e","{}"]"#, "x".repeat(BYTES_MAX));
        for text in [
            "",
            "null",
            "{}",
            "[]",
            r#"[1,2,"t","e",{}]"#,
            r#"[null,null,"t","e"]"#,
            r#"[null,null,"t","e",{},{}]"#,
            r#"[null,null,7,"e",{}]"#,
            r#"["1","1","realtime:station","phx_reply",{}]"#,
            r#"["1","1","realtime:station","phx_reply",null]"#,
            r#"["1",null,"realtime:station","system",{"status":7}]"#,
            &deep,
            &long,
        ] {
            assert_eq!(read(text.as_bytes()), Err(Malformed), "{}", &text[..text.len().min(80)]);
        }
        assert_eq!(read(b"[null,null,\"\xff\",\"e\",{}]"), Err(Malformed));
    }

    #[test]
    fn a_servers_words_are_cut() {
        let text = format!(
            r#"["1",null,"{TOPIC}","system",{{"status":"error","message":"{}"}}]"#,
            "é".repeat(WORDS_MAX + 1)
        );
        assert_eq!(said(&text), Said::Ended("é".repeat(WORDS_MAX).into()));
    }

    #[test]
    fn what_is_sent_is_as_the_protocol_has_it() {
        let frame: Value = serde_json::from_str(&join("1", &["orders_bannos".into()], "t")).unwrap();
        assert_eq!(frame.as_array().unwrap()[..4], ["1", "1", TOPIC, "phx_join"]);
        let wanted = json!([{ "event": "*", "schema": "public", "table": "orders_bannos" }]);
        assert_eq!((&frame[4]["config"][CHANGES], &frame[4]["access_token"]), (&wanted, &json!("t")));
        assert_eq!(heartbeat("2"), r#"[null,"2","phoenix","heartbeat",{}]"#);
        assert_eq!(
            renew("1", "3", "u"),
            r#"["1","3","realtime:station","access_token",{"access_token":"u"}]"#
        );
    }
}
