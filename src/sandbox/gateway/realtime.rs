//! Supabase Realtime, as far as a station uses it: channels of Phoenix (`vsn=2.0.0`) with `postgres_changes`. What is sent of a
//! change is the row as the subscriber itself may read it; of a row that was deleted nobody could say who might, and nothing is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_postgres::types::Type;

use super::super::Parameter;
use super::super::database::Change;
use super::super::token::Fault;
use super::{Caller, Gateway, Mode, now_s, quoted};

/// What the address asks for.
#[derive(Deserialize)]
pub(super) struct Asked {
    apikey: Option<String>,
    #[serde(default)]
    vsn: String,
}

/// `GET /realtime/v1/websocket?apikey=…&vsn=2.0.0`.
pub(super) async fn websocket(
    State(gateway): State<Arc<Gateway>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Response> {
    let role = match &asked.apikey {
        Some(key) => gateway.gate.role_of(Some(key.as_bytes())),
        None => gateway.gate.role_of_key(&headers),
    };
    let role = role.map_err(IntoResponse::into_response)?;
    if asked.vsn != VERSION {
        return Err(refused(StatusCode::BAD_REQUEST, "vsn=2.0.0 is the only version spoken here"));
    }
    let upgrade = upgrade.map_err(IntoResponse::into_response)?;
    let busy = |_| refused(StatusCode::TOO_MANY_REQUESTS, "Too many sockets");
    let room = Arc::clone(&gateway.sockets).try_acquire_owned().map_err(busy)?;
    let deaf = || refused(StatusCode::SERVICE_UNAVAILABLE, "Not listening to the database just now");
    let changes = gateway.database.changes.hear().ok_or_else(deaf)?;
    let bounded = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES);
    Ok(bounded.on_upgrade(async move |socket| {
        let stopped = gateway.stopped.clone();
        let subscriber = Subscriber { gateway, role, socket, channels: BTreeMap::new(), bindings: 0 };
        subscriber.serve(changes, stopped).await;
        drop(room);
    }))
}

/// One socket.
struct Subscriber {
    gateway: Arc<Gateway>,
    /// What its key stands for without a token.
    role: &'static str,
    socket: WebSocket,
    /// By topic.
    channels: BTreeMap<String, Channel>,
    /// How many have been made.
    bindings: u64,
}

/// A topic that was joined.
struct Channel {
    join_ref: Option<String>,
    caller: Caller,
    /// Seconds since the epoch; none for a caller without a token.
    expires_s: Option<u64>,
    bindings: Vec<Binding>,
}

/// What a channel wants to hear of.
struct Binding {
    id: u64,
    event: String,
    table: String,
}

impl Binding {
    fn wants(&self, change: &Change) -> bool {
        (self.event == ANY || self.event == change.kind)
            && (self.table == ANY || *self.table == *change.table)
    }
}

/// A frame: join reference, reference, topic, event, payload.
#[derive(Deserialize)]
struct Frame(Option<String>, Option<String>, String, String, Value);

/// The socket is of no more use.
struct Gone;

impl Subscriber {
    async fn serve(mut self, mut changes: broadcast::Receiver<Change>, mut stopped: watch::Receiver<()>) {
        let mut silent_at = Instant::now() + self.gateway.silence_max;
        loop {
            let expiry = self.next_expiry();
            let went_on = tokio::select! {
                heard = self.socket.recv() => {
                    silent_at = Instant::now() + self.gateway.silence_max;
                    match heard {
                        Some(Ok(Message::Text(text))) => self.hear(&text).await,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                        Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => Err(Gone),
                    }
                }
                // Whoever missed one reads all again: it has to notice.
                change = changes.recv() => match change {
                    Ok(change) => self.pass_on(&change).await,
                    Err(_) => Err(Gone),
                },
                () = sleep_until(expiry.unwrap_or(silent_at)), if expiry.is_some() => self.expire().await,
                () = sleep_until(silent_at) => Err(Gone),
                _ = stopped.changed() => Err(Gone),
            };
            if went_on.is_err() {
                break;
            }
        }
        if self.put(Message::Close(None)).await.is_err() {
            tracing::debug!("a subscriber was gone");
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Gone> {
        let Ok(Frame(join_ref, reference, topic, event, payload)) = serde_json::from_str(text) else {
            return Err(Gone);
        };
        let reply = match (topic.as_str(), event.as_str()) {
            (PHOENIX, "heartbeat") => done(&json!({})),
            (_, "phx_join") => return self.join(join_ref, reference, topic, &payload).await,
            (topic, event) if self.channels.contains_key(topic) => match event {
                "access_token" => return self.renew(topic, &payload).await,
                "phx_leave" => {
                    self.say(
                        join_ref.as_deref(),
                        reference.as_deref(),
                        topic,
                        "phx_reply",
                        &done(&json!({})),
                    )
                    .await?;
                    return self.close(topic).await;
                }
                _ => failed("unmatched event"),
            },
            _ => failed("unmatched topic"),
        };
        self.say(join_ref.as_deref(), reference.as_deref(), &topic, "phx_reply", &reply).await
    }

    async fn join(
        &mut self,
        join_ref: Option<String>,
        reference: Option<String>,
        topic: String,
        payload: &Value,
    ) -> Result<(), Gone> {
        if self.channels.contains_key(&topic) {
            self.close(&topic).await?;
        }
        let joined = if topic.strip_prefix(TOPICS).is_none_or(str::is_empty) {
            Err("unmatched topic".to_owned())
        } else if self.channels.len() >= CHANNELS_MAX {
            Err("ChannelRateLimitReached: Too many channels".to_owned())
        } else if payload["config"]["private"] == true {
            Err("Unauthorized: You do not have permissions to read from this Channel topic".to_owned())
        } else {
            self.caller(&payload["access_token"])
        };
        let (caller, expires_s) = match joined {
            Ok(joined) => joined,
            Err(reason) => {
                return self
                    .say(join_ref.as_deref(), reference.as_deref(), &topic, "phx_reply", &failed(&reason))
                    .await;
            }
        };
        let wanted = payload["config"]["postgres_changes"].as_array().map_or(&[][..], Vec::as_slice);
        let read = wanted.iter().map(|wanted| {
            self.bindings += 1;
            binding(self.bindings, wanted)
        });
        let bindings: Result<Vec<_>, _> = read.collect();
        let echo = |binding: &Binding| json!({ "id": binding.id, "event": binding.event, "schema": "public", "table": binding.table });
        let echoed: Vec<_> = bindings.iter().flatten().map(echo).collect();
        let reply = done(&json!({ "postgres_changes": echoed }));
        self.say(join_ref.as_deref(), reference.as_deref(), &topic, "phx_reply", &reply).await?;
        let (status, message) = match &bindings {
            Ok(_) => ("ok", "Subscribed to PostgreSQL".to_owned()),
            Err(wanted) => {
                ("error", format!("Unable to subscribe to changes with given parameters: {wanted}"))
            }
        };
        if !wanted.is_empty() {
            let said = system(&topic, "postgres_changes", status, &message);
            self.say(join_ref.as_deref(), None, &topic, "system", &said).await?;
        }
        let bindings = bindings.unwrap_or_default();
        self.channels.insert(topic, Channel { join_ref, caller, expires_s, bindings });
        Ok(())
    }

    /// Who joins, and until when; by its key alone where there is no token, or the key itself in its place.
    fn caller(&self, token: &Value) -> Result<(Caller, Option<u64>), String> {
        let token = token.as_str().filter(|token| self.gateway.gate.role_of(Some(token.as_bytes())).is_err());
        let Some(token) = token else { return Ok((Caller::bare(self.role), None)) };
        match self.gateway.gate.bearer(token) {
            Ok((caller, expires_s)) => Ok((caller, Some(expires_s))),
            Err(Fault::Expired) => Err("InvalidJWTToken: Token has expired".to_owned()),
            Err(Fault::Bad) => Err("JwtSignatureError: Failed to validate JWT signature".to_owned()),
        }
    }

    async fn renew(&mut self, topic: &str, payload: &Value) -> Result<(), Gone> {
        match self.caller(&payload["access_token"]) {
            Ok((caller, expires_s)) => {
                if let Some(channel) = self.channels.get_mut(topic) {
                    (channel.caller, channel.expires_s) = (caller, expires_s);
                }
                Ok(())
            }
            Err(reason) => self.refuse(topic, &reason).await,
        }
    }

    /// When the next token is no longer good.
    fn next_expiry(&self) -> Option<Instant> {
        let expires_s = self.channels.values().filter_map(|channel| channel.expires_s).min()?;
        Some(Instant::now() + Duration::from_secs(expires_s.saturating_sub(now_s())))
    }

    /// Ends the channels whose token is no longer good.
    async fn expire(&mut self) -> Result<(), Gone> {
        let is_over = |channel: &Channel| channel.expires_s.is_some_and(|expires_s| expires_s <= now_s());
        let over = self.channels.iter().filter(|(_, channel)| is_over(channel));
        let over: Vec<_> = over.map(|(topic, _)| topic.clone()).collect();
        for topic in over {
            self.refuse(&topic, "Token has expired").await?;
        }
        Ok(())
    }

    /// Tells each channel that wants to hear of a change, if it may see the row.
    async fn pass_on(&mut self, change: &Change) -> Result<(), Gone> {
        self.expire().await?;
        let mut told = Vec::new();
        for (topic, channel) in &self.channels {
            let wants = channel.bindings.iter().filter(|binding| binding.wants(change));
            let ids: Vec<_> = wants.map(|binding| binding.id).collect();
            if ids.is_empty() {
                continue;
            }
            if let Some(record) = read(&self.gateway, &channel.caller, change).await? {
                told.push((topic.clone(), channel.join_ref.clone(), changed(&ids, change, &record)));
            }
        }
        for (topic, join_ref, payload) in told {
            self.say(join_ref.as_deref(), None, &topic, "postgres_changes", &payload).await?;
        }
        Ok(())
    }

    async fn refuse(&mut self, topic: &str, reason: &str) -> Result<(), Gone> {
        let said = system(topic, "system", "error", reason);
        let join_ref = self.channels.get(topic).and_then(|channel| channel.join_ref.clone());
        self.say(join_ref.as_deref(), None, topic, "system", &said).await?;
        self.close(topic).await
    }

    async fn close(&mut self, topic: &str) -> Result<(), Gone> {
        let join_ref = self.channels.remove(topic).and_then(|channel| channel.join_ref);
        self.say(join_ref.as_deref(), join_ref.as_deref(), topic, "phx_close", &json!({})).await
    }

    async fn say(
        &mut self,
        join_ref: Option<&str>,
        reference: Option<&str>,
        topic: &str,
        event: &str,
        payload: &Value,
    ) -> Result<(), Gone> {
        let text = json!([join_ref, reference, topic, event, payload]).to_string();
        self.put(Message::Text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Gone> {
        match timeout(SEND_MAX, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

/// The row as `caller` may read it now; none where it may not.
async fn read(gateway: &Gateway, caller: &Caller, change: &Change) -> Result<Option<Value>, Gone> {
    let statement =
        format!("select (select to_jsonb(o) from public.{} o where o.id = $1)", quoted(&change.table));
    let id: &str = &change.id;
    let parameters: [Parameter<'_>; 1] = [(&id, Type::TEXT)];
    match gateway.run(caller, Mode::Reads, &statement, &parameters, |row| Ok(row.get(0))).await {
        Ok(record) => Ok(record),
        Err(failure) if failure.is_denied() => Ok(None),
        Err(failure) => {
            tracing::warn!(?failure, "a changed row could not be read: its subscriber is cut off");
            Err(Gone)
        }
    }
}

/// What a join asks to hear of; the table or filter that cannot be had.
fn binding(id: u64, wanted: &Value) -> Result<Binding, Value> {
    let text = |name: &str| wanted[name].as_str().unwrap_or(ANY);
    let (event, table) = (text("event"), text("table"));
    let is_known = [ANY, "INSERT", "UPDATE"].contains(&event)
        && [ANY, "public"].contains(&text("schema"))
        && (table == ANY || TABLES.contains(&table))
        && wanted.get("filter").is_none_or(Value::is_null);
    if is_known { Ok(Binding { id, event: event.into(), table: table.into() }) } else { Err(wanted.clone()) }
}

fn changed(ids: &[u64], change: &Change, record: &Value) -> Value {
    let old = if change.kind == "INSERT" { json!({}) } else { json!({ "id": change.id }) };
    json!({
        "ids": ids,
        "data": {
            "schema": "public",
            "table": change.table,
            "commit_timestamp": change.at.to_string(),
            "type": change.kind,
            "record": record,
            "old_record": old,
            "errors": null,
        }
    })
}

fn system(topic: &str, extension: &str, status: &str, message: &str) -> Value {
    let channel = topic.strip_prefix(TOPICS).unwrap_or(topic);
    json!({ "channel": channel, "extension": extension, "status": status, "message": message })
}

fn done(response: &Value) -> Value {
    json!({ "status": "ok", "response": response })
}

fn failed(reason: &str) -> Value {
    json!({ "status": "error", "response": { "reason": reason } })
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

/// Of Phoenix's serializer: frames are arrays.
const VERSION: &str = "2.0.0";

/// The topic of the socket itself.
const PHOENIX: &str = "phoenix";

/// What every topic of Realtime begins with.
const TOPICS: &str = "realtime:";

const ANY: &str = "*";

/// Those of the publication `supabase_realtime`.
const TABLES: [&str; 2] = ["orders_bannos", "orders_flourlane"];

/// Supabase's quota of concurrent clients for a small project.
pub(super) const SOCKETS_MAX: usize = 200;

/// A station has one; each costs a read a change.
const CHANNELS_MAX: usize = 16;

/// A join with its token is 2 KB.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// A row with its notes, and so no more memory a socket than that.
const BUFFER_BYTES: usize = 8 * 1024;

/// A subscriber that takes nothing for so long is dead; its changes wait in a bounded line meanwhile.
const SEND_MAX: Duration = Duration::from_secs(10);
