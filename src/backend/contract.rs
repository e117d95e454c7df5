//! What is asked of the backend and what it answers, one file a generation of its contract: requests and replies pure, with no clock and no
//! IO; the conversations that take several of them, over the [`Line`], in `talk`. Nothing outside this module knows which
//! generation is spoken.

mod errors;
pub mod extensions;
pub mod row;
#[cfg(test)]
mod tests;
pub mod v2025_09;
pub mod v2025_12;

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};
use serde_json::{Value, json};

use super::coded::Coded;
use super::config::Contract;
use super::fault::{self, CallFault};
use super::http::Answer;
use super::line::Line;
use super::{Backend, ContractPin};
use crate::order::{Action, StaffId, Stage, Store, Timestamp};
use crate::station::{Abilities, Choices, ContractDoubt, Found, Intent, LinkFault, Lookup, QueueRead, Reply};

pub use errors::is_of_session;

/// One remote procedure call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: &'static str,
    /// Its named arguments.
    pub arguments: Value,
}

/// One read of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub table: &'static str,
    /// Filters, order and page, as PostgREST writes them.
    pub query: String,
}

/// Whether writes take an intent's id; where they do not, nothing makes a repeated one harmless but the order's own stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// They do.
    Taken,
    /// They do not.
    Unknown,
}

/// What an intent rests on, as the backend keeps it.
fn context(intent: &Intent, station: &str) -> Value {
    json!({
        "intent_id": intent.id,
        "station": station,
        "captured_at": intent.captured_at,
        "rework": intent.rework,
    })
}

impl Contract {
    /// The one that the configuration asks for; none where the project is to tell.
    pub fn pinned(pin: ContractPin) -> Option<Self> {
        match pin {
            ContractPin::Auto => None,
            ContractPin::V2025_09 => Some(Self::V2025_09),
            ContractPin::V2025_12 => Some(Self::V2025_12),
        }
    }

    /// Asks a project which one it speaks. Argument names tell them apart: both have functions of these names.
    pub async fn told_by(line: &Line, store: Store) -> Result<Self, LinkFault> {
        let is_2025_09 = takes(line, &v2025_09::queue(store, 1, 0)).await?;
        let is_2025_12 = takes(line, &v2025_12::probe(store)).await?;
        match (is_2025_09, is_2025_12) {
            (true, false) => Ok(Self::V2025_09),
            (false, true) => Ok(Self::V2025_12),
            (true, true) => Err(LinkFault::NoContract(ContractDoubt::Both)),
            (false, false) => Err(LinkFault::NoContract(ContractDoubt::Neither)),
        }
    }

    /// What a project that speaks it is able to do, as far as the station's rules rest on it.
    pub async fn abilities(self, backend: &Backend) -> Result<Abilities, LinkFault> {
        let context = match self {
            Self::V2025_09 => v2025_09::talk::context(backend).await?,
            Self::V2025_12 => v2025_12::talk::context(backend).await?,
        };
        Ok(self.abilities_with(context))
    }

    /// The same, where it is known whether writes take an intent's id. In contract 2025-12 `complete_decorating` starts Packing; what
    /// rows of its queue leave out, the client puts in.
    pub fn abilities_with(self, context: Context) -> Abilities {
        Abilities {
            repeats_safely: context == Context::Taken,
            starts_packing: self == Self::V2025_09,
            starts_stages: self == Self::V2025_12,
        }
    }

    /// Finds out whether the account may work here, before its first scan.
    pub async fn admit(self, backend: &Backend) -> Result<(), LinkFault> {
        match self {
            // It refuses the reads of an account that may not.
            Self::V2025_09 => Ok(()),
            Self::V2025_12 => v2025_12::talk::admit(backend).await,
        }
    }

    /// Reads the name in the account's own row of staff, empty where it has none; none for an account without a row that it may see.
    pub async fn own_row(self, backend: &Backend, account: &StaffId) -> Result<Option<Box<str>>, LinkFault> {
        let answer = match self {
            Self::V2025_09 => backend.line.read_table(&v2025_09::own_row(account)).await?,
            Self::V2025_12 => backend.line.read(&v2025_12::me()).await?,
        };
        v2025_12::me_read(&answer)
    }

    /// Calls that change nothing, one for each function that a station uses: those of the contract, and those beside it.
    pub fn probes(self, store: Store, account: &StaffId) -> (Vec<Call>, Vec<Call>) {
        let (own, beside) = match self {
            Self::V2025_09 => v2025_09::probes(store, account),
            Self::V2025_12 => (v2025_12::probes(store), vec![extensions::intent_probe()]),
        };
        (own, [beside, extensions::probes(store)].concat())
    }

    /// Carries an intent out.
    pub async fn send(self, backend: &Backend, intent: &Intent) -> Reply {
        match self {
            Self::V2025_09 => v2025_09::talk::send(backend, intent).await,
            Self::V2025_12 => v2025_12::talk::send(backend, intent).await,
        }
    }

    /// Reads the order or orders that a code names.
    pub async fn find(self, backend: &Backend, lookup: &Lookup) -> Result<Found, LinkFault> {
        match self {
            Self::V2025_09 => v2025_09::talk::find(&backend.line, lookup).await,
            Self::V2025_12 => v2025_12::talk::find(backend, lookup).await,
        }
    }

    /// Reads the open orders of the station's stores, or what changed in them `since`, where the backend can tell.
    pub async fn refresh(self, backend: &Backend, since: Option<Timestamp>) -> Result<QueueRead, LinkFault> {
        match self {
            Self::V2025_09 => v2025_09::talk::refresh(backend, since).await,
            Self::V2025_12 => v2025_12::talk::refresh(backend).await,
        }
    }

    /// Reads what can be chosen for the cakes of the station's stores.
    pub async fn choices(self, backend: &Backend) -> Result<BTreeMap<Store, Choices>, LinkFault> {
        let mut choices = BTreeMap::new();
        for store in &backend.config.stores {
            let staff = extensions::staff_of(&backend.line, *store).await?;
            let mut places = extensions::places_of(&backend.line, *store).await?;
            if places.is_none() && self == Self::V2025_12 {
                places = v2025_12::talk::places(&backend.line, *store).await?;
            }
            if let Some(staff) = &staff {
                backend.chronicle().learn_names(staff);
            }
            choices.insert(*store, Choices { staff, places });
        }
        Ok(choices)
    }

    /// Reads what of the station's stores is scanned by a code of its own.
    pub async fn coded(self, backend: &Backend) -> Result<BTreeMap<Store, Coded>, LinkFault> {
        let mut stores = BTreeMap::new();
        for store in &backend.config.stores {
            let mut coded = extensions::coded_of(&backend.line, *store).await?;
            if coded.places.is_none() && self == Self::V2025_12 {
                coded.places = v2025_12::talk::places(&backend.line, *store).await?;
            }
            stores.insert(*store, coded);
        }
        Ok(stores)
    }
}

/// Whether there is a function of these argument names. One that refuses this account is there too.
async fn takes(line: &Line, call: &Call) -> Result<bool, LinkFault> {
    let answer = line.probe(call).await?;
    if answer.is_success() {
        return match rows(&answer) {
            Ok(_) | Err(LinkFault::Forbidden(_)) => Ok(true),
            Err(fault) => Err(fault),
        };
    }
    match fault::of_call(&answer) {
        CallFault::Link(LinkFault::NoFunction(_)) => Ok(false),
        CallFault::Link(LinkFault::Forbidden(_)) if answer.status == 403 => Ok(true),
        CallFault::Link(fault) => Err(fault),
        CallFault::Expired(words) => Err(LinkFault::Forbidden(words)),
    }
}

/// Reads the rows of a list.
pub fn rows(answer: &Answer) -> Result<Vec<Value>, LinkFault> {
    each_row(answer, |row| row)
}

/// The same, each row read as it comes: those of a long page together take several times as much memory as its text.
pub fn each_row<T>(answer: &Answer, read: impl FnMut(Value) -> T) -> Result<Vec<T>, LinkFault> {
    let mut text = serde_json::Deserializer::from_slice(&answer.body);
    let rows = text.deserialize_seq(EachRow(read));
    rows.and_then(|rows| text.end().map(|()| rows)).map_err(|_| {
        match serde_json::from_slice(&answer.body).ok().and_then(Envelope::of_body) {
            Some(Envelope::Refused { message, .. }) => LinkFault::Forbidden(message),
            _ => fault::of_body(answer),
        }
    })
}

struct EachRow<F>(F);

impl<'a, T, F: FnMut(Value) -> T> Visitor<'a> for EachRow<F> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = list.next_element()? {
            rows.push((self.0)(row));
        }
        Ok(rows)
    }
}

/// Where an action leaves an order, for a reply that does not say.
pub fn stage_after(action: Action) -> Stage {
    match action {
        Action::QcReturn => Stage::Decorating,
        _ => match action.stage() {
            Some(own) if action.is_completion() => own.next().unwrap_or(Stage::Complete),
            Some(own) => own,
            // It moves none: the least that can be said.
            None => Stage::Filling,
        },
    }
}

/// The envelope of contract 2025-09 and of the extensions: of every reply but the lists.
pub enum Envelope {
    /// The function did it, or answered it.
    Ok(Value),
    /// It refused.
    Refused {
        /// Which rule.
        code: String,
        /// In its own words.
        message: Box<str>,
        /// What it rests on.
        data: Value,
    },
}

impl Envelope {
    /// That of a reply; a fault where the body is something else.
    pub fn of(answer: &Answer) -> Result<Self, LinkFault> {
        let body = serde_json::from_slice(&answer.body).map_err(|_| fault::of_body(answer))?;
        Self::of_body(body).ok_or_else(|| fault::of_body(answer))
    }

    /// That of a body, whose data it takes: as much again would be a copy.
    fn of_body(mut body: Value) -> Option<Self> {
        let data = body.get_mut("data").map(Value::take).unwrap_or_default();
        if body.get("ok")?.as_bool()? {
            return Some(Self::Ok(data));
        }
        let code = body.get("code")?.as_str()?.to_owned();
        let message =
            fault::cut(body.get("message").and_then(Value::as_str).unwrap_or_default(), fault::MESSAGE_MAX);
        Some(Self::Refused { code, message, data })
    }
}
