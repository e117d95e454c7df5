//! The backend client: remote procedure calls over PostgREST, sign-in with GoTrue. Every call is bounded in time, in
//! size and in number, and whatever answers is told apart by what to do next.

mod asked;
mod clock;
mod coded;
mod config;
mod contract;
mod exam;
mod fault;
mod http;
mod known;
mod line;
mod paging;
mod picture;
pub mod realtime;
mod session;
#[cfg(any(test, feature = "fuzz"))]
#[doc(hidden)]
pub mod tests;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::order::{StaffId, Store, Timestamp};
use crate::station::{Abilities, Choices, Found, Heard, Intent, LinkFault, Lookup, QueueRead, Reply, Report};

use asked::Asked;
use contract::Context;
use contract::extensions;
use contract::v2025_12::Chronicle;
use known::Known;
use line::Line;

pub use coded::{Badge, Coded};
pub use config::{Config, Contract, ContractPin, Limits, Secret, Settings};
pub use exam::{Examination, Functions, Queue};
pub use picture::picture;

/// The way to one Supabase project, signed in as the station's account; shared by all calls.
#[derive(Debug)]
pub struct Backend {
    config: Config,
    limits: Limits,
    line: Line,
    contract: Asked<Contract>,
    /// That the account may work here.
    admission: Asked<()>,
    /// Whether writes take an intent's id, of the contract that it was asked of.
    context: Asked<(Contract, Context)>,
    known: Mutex<Known>,
    chronicle: Mutex<Chronicle>,
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
        let line = Line::open(&config, limits, keeps_session)?;
        Ok(Self {
            contract: Asked::new(Contract::pinned(config.pin)),
            admission: Asked::new(None),
            context: Asked::new(None),
            known: Mutex::default(),
            chronicle: Mutex::default(),
            config,
            limits,
            line,
        })
    }

    /// Carries an intent out. Whether what is lost may be sent again as it is, is said by [`Backend::abilities`].
    pub async fn send(&self, intent: &Intent) -> Reply {
        let reply = match self.admitted().await {
            Ok(contract) => contract.send(self, intent).await,
            Err(fault) => Reply::Lost(fault),
        };
        if let Reply::Lost(fault) = &reply {
            self.doubt(fault);
        }
        reply
    }

    /// Reads the order or orders that a code names, `within` this time at most.
    pub async fn find(&self, lookup: &Lookup, within: Duration) -> Result<Found, LinkFault> {
        let found = async { self.admitted().await?.find(self, lookup).await };
        let found = tokio::time::timeout(within, found).await.unwrap_or(Err(LinkFault::TimedOut));
        found.inspect_err(|fault| self.doubt(fault))
    }

    /// Reads the open orders of the station's stores, or what changed in them `since` a read before, where the backend can
    /// tell.
    pub async fn refresh(&self, since: Option<Timestamp>) -> Result<QueueRead, LinkFault> {
        let read = async { self.admitted().await?.refresh(self, since).await }.await;
        read.inspect_err(|fault| self.doubt(fault))
    }

    /// Tells the fleet how this station is and hears how the others are; nothing where the backend keeps no fleet.
    pub async fn report(&self, report: &Report) -> Result<Heard, LinkFault> {
        self.admitted().await?;
        let (own, post) = (&self.config.station, self.config.post);
        let fleet = extensions::report(&self.line, own, post, env!("CARGO_PKG_VERSION"), report).await?;
        let is_frozen = extensions::is_frozen(&self.line, &self.config.stores).await;
        Ok(Heard { fleet, is_frozen })
    }

    /// Reads what can be chosen for the cakes of the station's stores; nothing where the backend does not tell.
    pub async fn choices(&self) -> Result<BTreeMap<Store, Choices>, LinkFault> {
        self.admitted().await?.choices(self).await
    }

    /// Reads what of the station's stores is scanned by a code of its own.
    pub async fn coded(&self) -> Result<BTreeMap<Store, Coded>, LinkFault> {
        self.speak().await?.coded(self).await
    }

    /// Finds out what the project is able to do, as far as the station's rules rest on it; asked once and then known.
    pub async fn find_abilities(&self) -> Result<Abilities, LinkFault> {
        self.admitted().await?.abilities(self).await
    }

    /// What the project is able to do, once found out.
    pub fn abilities(&self) -> Option<Abilities> {
        let (contract, context) = self.context.known()?;
        (self.contract.known()? == contract).then(|| contract.abilities_with(context))
    }

    /// Server time minus this machine's, in microseconds; 0 when they agree within 1.5 s or nothing has answered yet.
    pub fn clock_offset_us(&self) -> i64 {
        self.line.offset_us()
    }

    /// The contract that the project speaks, once known.
    pub fn contract(&self) -> Option<Contract> {
        self.contract.known()
    }

    /// The account that performs what no badge performs, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<StaffId> {
        self.line.account()
    }

    /// Finds out which contract the project speaks, once.
    async fn speak(&self) -> Result<Contract, LinkFault> {
        let ask = async {
            let contract = Contract::told_by(&self.line, self.store()).await?;
            tracing::info!("the project speaks contract {contract}");
            Ok(contract)
        };
        self.contract.get(ask).await
    }

    /// The contract, once the account is known to be one that may work here.
    async fn admitted(&self) -> Result<Contract, LinkFault> {
        let contract = self.speak().await?;
        self.admission.get(contract.admit(self)).await?;
        Ok(contract)
    }

    /// Whether writes take an intent's id: known, or found out by `ask`.
    async fn context_of(
        &self,
        contract: Contract,
        ask: impl Future<Output = Result<Context, LinkFault>>,
    ) -> Result<Context, LinkFault> {
        if self.context.known().is_some_and(|(of, _)| of != contract) {
            self.context.doubt();
        }
        let (_, context) = self.context.get(async { Ok((contract, ask.await?)) }).await?;
        Ok(context)
    }

    /// One of the station's stores, for a call that needs any.
    fn store(&self) -> Store {
        self.config.stores.first().copied().unwrap_or(Store::Bannos)
    }

    /// A function that is suddenly missing may be another contract's, or a schema cache that is a moment behind: the project
    /// is asked again before the next call, unless the configuration has pinned it.
    fn doubt(&self, fault: &LinkFault) {
        if matches!(fault, LinkFault::NoFunction(_)) && self.config.pin == ContractPin::Auto {
            self.contract.doubt();
        }
    }

    /// Works with what was read so far; nobody waits meanwhile.
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chronicle(&self) -> std::sync::MutexGuard<'_, Chronicle> {
        self.chronicle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Longest that a write can have been under way, unseen, when a read began: Supabase cuts a statement of a signed-in
/// account at 8 s.
const UNDER_WAY_MAX: Duration = Duration::from_secs(10);
