//! The backend client: remote procedure calls over PostgREST, sign-in with GoTrue. Every call is bounded in time, in
//! size and in number, and whatever answers is told apart by what to do next.

mod asked;
mod clock;
mod config;
mod contract;
mod fault;
mod http;
mod known;
mod paging;
mod picture;
pub mod realtime;
mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::order::{StaffId, Store, Timestamp};
use crate::station::{Choices, Found, Intent, LinkFault, Lookup, QueueRead, Reply, Report, StationSeen};

use asked::Asked;
use contract::v2025_09::{self, Call, Context};
use fault::CallFault;
use http::{Answer, Http};
use known::Known;
use paging::{Paging, Step};
use session::Session;

pub use config::{Config, Contract, ContractPin, Limits, Secret, Settings};
pub use picture::picture;

/// The way to one Supabase project, signed in as the station's account; shared by all calls.
#[derive(Debug)]
pub struct Backend {
    config: Config,
    limits: Limits,
    http: Arc<Http>,
    session: Session,
    contract: Asked<Contract>,
    context: Asked<Context>,
    known: Mutex<Known>,
    /// Writes and reads wait in lines of their own: a journal that drains must not hold up a person's scan.
    writes: Semaphore,
    reads: Semaphore,
}

/// Why there is no client: the configuration has to be mended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none of an HTTP server.
    #[error("{0:?} is not an address like https://PROJECT.supabase.co")]
    Address(Box<str>),
    /// The anon key holds characters that no key has.
    #[error("the anon key holds characters that no key has")]
    Key,
    /// The configuration asks for a contract that this version does not speak.
    #[error("contract 2025-12 is not in this version")]
    Contract,
    /// The saved session exists and may not be read, or its folder cannot be made.
    #[error("the session file {path} cannot be opened")]
    Session {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// This machine's TLS cannot be set up, for example because it has no certificates.
    #[error("TLS cannot be set up")]
    Client(#[source] reqwest::Error),
}

impl Backend {
    /// Makes the client and takes up a saved session; nothing is sent yet.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::with_limits(config, Limits::default())
    }

    /// As [`Backend::new`], for a single command: it signs in by itself and keeps no session, so that the one of a station
    /// that runs beside it, whose refresh token works once, stays that station's.
    pub fn passing(config: Config) -> Result<Self, Error> {
        Self::open(config, Limits::default(), false)
    }

    /// As [`Backend::new`], with other bounds.
    pub fn with_limits(config: Config, limits: Limits) -> Result<Self, Error> {
        Self::open(config, limits, true)
    }

    fn open(config: Config, limits: Limits, keeps_session: bool) -> Result<Self, Error> {
        let contract = match config.pin {
            ContractPin::Auto => None,
            ContractPin::V2025_09 => Some(Contract::V2025_09),
            ContractPin::V2025_12 => return Err(Error::Contract),
        };
        let http = Arc::new(Http::new(&config, limits)?);
        let file = keeps_session.then(|| config.session_path.clone());
        let session = Session::open(Arc::clone(&http), &config, file, limits)?;
        Ok(Self {
            config,
            limits,
            http,
            session,
            contract: Asked::new(contract),
            context: Asked::new(None),
            known: Mutex::default(),
            writes: Semaphore::new(WRITES_AT_ONCE_MAX),
            reads: Semaphore::new(READS_AT_ONCE_MAX),
        })
    }

    /// Carries an intent out. Whatever is lost may be sent again under the same id.
    pub async fn send(&self, intent: &Intent) -> Reply {
        let _turn = self.writes.acquire().await.expect("the semaphore is never closed");
        match self.try_send(intent).await {
            Ok(answer) => v2025_09::reply(intent, &answer),
            Err(fault) => Reply::Lost(fault),
        }
    }

    /// Reads the order or orders that a code names, `within` this time at most.
    pub async fn find(&self, lookup: &Lookup, within: Duration) -> Result<Found, LinkFault> {
        tokio::time::timeout(within, self.try_find(lookup)).await.unwrap_or(Err(LinkFault::TimedOut))
    }

    /// Reads the open orders of the station's stores, or what changed in them `since` a read before, where the backend can
    /// tell.
    pub async fn refresh(&self, since: Option<Timestamp>) -> Result<QueueRead, LinkFault> {
        self.speak().await?;
        if let Some(since) = since {
            let call = |store, limit, offset| v2025_09::changes(store, since, limit, offset);
            match self.read_pages(call, Extent::Changes).await {
                Err(LinkFault::NoFunction(_)) => {}
                read => return read,
            }
        }
        self.read_pages(v2025_09::queue, Extent::Whole).await
    }

    /// Tells the fleet how this station is and hears how the others are; nothing where the backend keeps no fleet.
    pub async fn report(&self, report: &Report) -> Result<Vec<StationSeen>, LinkFault> {
        self.speak().await?;
        let version = env!("CARGO_PKG_VERSION");
        let told = v2025_09::heartbeat(&self.config.station, self.config.post, version, report);
        for (call, is_read) in [(told, false), (v2025_09::stations(), true)] {
            match self.read(&call).await {
                Ok(answer) if is_read => return v2025_09::stations_seen(&self.config.station, &answer),
                Ok(answer) => {
                    if let Some(words) = v2025_09::refused(&answer) {
                        tracing::warn!(%words, "the fleet does not take this station's report");
                    }
                }
                Err(LinkFault::NoFunction(_)) => return Ok(Vec::new()),
                Err(fault) => return Err(fault),
            }
        }
        Ok(Vec::new())
    }

    /// Reads what can be chosen for the cakes of the station's stores; nothing where the backend does not tell.
    pub async fn choices(&self) -> Result<BTreeMap<Store, Choices>, LinkFault> {
        self.speak().await?;
        let mut choices = BTreeMap::new();
        for store in &self.config.stores {
            let staff = match self.read(&v2025_09::staff(*store)).await {
                Err(LinkFault::NoFunction(_)) => None,
                answer => v2025_09::staff_read(&answer?)?,
            };
            let places = match self.read(&v2025_09::settings(*store)).await {
                Err(LinkFault::NoFunction(_)) => None,
                answer => v2025_09::places_read(&answer?)?,
            };
            choices.insert(*store, Choices { staff, places });
        }
        Ok(choices)
    }

    /// Server time minus this machine's, in microseconds; 0 when they agree within 1.5 s or nothing has answered yet.
    pub fn clock_offset_us(&self) -> i64 {
        self.http.offset_us()
    }

    /// The contract that the project speaks, once known.
    pub fn contract(&self) -> Option<Contract> {
        self.contract.known()
    }

    /// Whether the project's functions take an intent's id, once known; where they do not, nothing is exactly once.
    pub fn takes_intents(&self) -> Option<bool> {
        self.context.known().map(|context| context == Context::Taken)
    }

    /// The account that performs what no badge performs, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<StaffId> {
        self.session.account()
    }

    async fn try_send(&self, intent: &Intent) -> Result<Answer, LinkFault> {
        self.speak().await?;
        let account = self.signed_in().await?;
        let context = self.context.get(self.ask_context(&account)).await?;
        self.exchange(&v2025_09::send(intent, &self.config.station, &account, context)).await
    }

    async fn try_find(&self, lookup: &Lookup) -> Result<Found, LinkFault> {
        self.speak().await?;
        let call = match lookup {
            Lookup::Code(code) => v2025_09::find_code(code),
            Lookup::Order(id) => match self.read(&v2025_09::find_exact(*id)).await {
                // An extension: where it is missing, the scan of the whole id names the same cake.
                Err(LinkFault::NoFunction(_)) => v2025_09::find_code(&id.to_string()),
                answer => return v2025_09::found(lookup, &answer?),
            },
        };
        v2025_09::found(lookup, &self.read(&call).await?)
    }

    async fn read_pages(
        &self,
        call: impl Fn(Store, usize, usize) -> Call,
        extent: Extent,
    ) -> Result<QueueRead, LinkFault> {
        let mut read = QueueRead {
            is_whole: extent == Extent::Whole,
            orders: Vec::new(),
            began_at: Timestamp::from_micros(i64::MAX),
            unreadable: 0,
        };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).tidy();
        for store in &self.config.stores {
            let mut paging = Paging::new(self.limits.page_rows);
            let mut offset = 0;
            loop {
                let answer = self.read(&call(*store, self.limits.page_rows, offset)).await?;
                read.began_at = read.began_at.min(answer.at.minus(answer.round_trip + UNDER_WAY_MAX));
                let rows = v2025_09::rows(&answer)?;
                match paging.take(rows, &mut self.known.lock().unwrap_or_else(PoisonError::into_inner))? {
                    Step::Ask(next) => offset = next,
                    Step::Finished => break,
                }
            }
            let (orders, unreadable) = paging.orders();
            if unreadable > 0 {
                tracing::warn!(%store, unreadable, "rows that cannot be understood are left out");
            }
            read.orders.extend(orders);
            read.unreadable += unreadable;
        }
        Ok(read)
    }

    /// Finds out which contract the project speaks, once.
    async fn speak(&self) -> Result<Contract, LinkFault> {
        self.contract.get(self.ask_contract()).await
    }

    /// Argument names tell the contracts apart: both have functions of these names.
    async fn ask_contract(&self) -> Result<Contract, LinkFault> {
        let store = self.config.stores.first().copied().unwrap_or(Store::Bannos);
        match self.read(&v2025_09::queue(store, 1, 0)).await {
            Ok(answer) => {
                v2025_09::rows(&answer)?;
                tracing::info!("the project speaks contract 2025-09");
                Ok(Contract::V2025_09)
            }
            Err(LinkFault::NoFunction(words)) => match self.read(&v2025_09::queue_as_2025_12(store)).await {
                Ok(_) => Err(LinkFault::NoFunction(
                    "the project speaks contract 2025-12, which is not in this version".into(),
                )),
                Err(LinkFault::NoFunction(_)) => Err(LinkFault::NoFunction(words)),
                Err(fault) => Err(fault),
            },
            Err(fault) => Err(fault),
        }
    }

    /// Finds out whether the functions take `context`, by a call of each form that changes nothing. With it they are asked
    /// once more before that is held against them: a project's schema cache may have been a moment behind.
    async fn ask_context(&self, account: &StaffId) -> Result<Context, LinkFault> {
        for form in [Context::Taken, Context::Unknown, Context::Taken] {
            match (self.probe(account, form).await, form) {
                (Ok(()), Context::Taken) => return Ok(Context::Taken),
                (Ok(()), Context::Unknown) | (Err(LinkFault::NoFunction(_)), Context::Taken) => {}
                (Err(fault), _) => return Err(fault),
            }
        }
        tracing::warn!("the project's functions take no context: nothing is exactly once");
        Ok(Context::Unknown)
    }

    /// Whether there is a function of this form.
    async fn probe(&self, account: &StaffId, form: Context) -> Result<(), LinkFault> {
        let answer = self.exchange(&v2025_09::probe(account, form)).await?;
        v2025_09::probed(&answer)
    }

    async fn signed_in(&self) -> Result<StaffId, LinkFault> {
        self.session.pass().await?;
        Ok(self.session.account().expect("a session with a token has an account"))
    }

    /// Makes a call that is not a person's write; only a success is an answer.
    async fn read(&self, call: &Call) -> Result<Answer, LinkFault> {
        let _turn = self.reads.acquire().await.expect("the semaphore is never closed");
        let answer = self.exchange(call).await?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(match fault::of_call(&answer) {
            CallFault::Link(fault) => fault,
            CallFault::Expired(words) => LinkFault::Forbidden(words),
        })
    }

    /// Makes a call, never without a session; where its token is no longer taken, once more with a new one.
    async fn exchange(&self, call: &Call) -> Result<Answer, LinkFault> {
        let pass = self.session.pass().await?;
        let answer = self.post(call, &pass.token).await?;
        if answer.status != 401 || !matches!(fault::of_call(&answer), CallFault::Expired(_)) {
            return Ok(answer);
        }
        let pass = self.session.pass_after(&pass).await?;
        self.post(call, &pass.token).await
    }

    async fn post(&self, call: &Call, token: &Secret) -> Result<Answer, LinkFault> {
        let path = format!("/rest/v1/rpc/{}", call.function);
        let result = self.http.post(&path, Some(token), &call.arguments).await;
        match &result {
            Ok(answer) => {
                tracing::debug!(
                    function = call.function,
                    status = answer.status,
                    bytes = answer.body.len(),
                    round_trip = ?answer.round_trip,
                    "answered"
                );
            }
            Err(fault) => tracing::debug!(function = call.function, ?fault, "not answered"),
        }
        result
    }
}

/// How much a reading covers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Changes,
}

/// With the reads, no more than the 8 connections that a small project's pool can spare a station.
const WRITES_AT_ONCE_MAX: usize = 5;
const READS_AT_ONCE_MAX: usize = 3;

/// Longest that a write can have been under way, unseen, when a read began: Supabase cuts a statement of a signed-in
/// account at 8 s.
const UNDER_WAY_MAX: Duration = Duration::from_secs(10);
