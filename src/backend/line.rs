use std::sync::Arc;

use tokio::sync::Semaphore;

use super::config::{Limits, Secret};
use super::contract::{Call, Table};
use super::fault::{self, CallFault};
use super::http::{Answer, Http};
use super::session::Session;
use super::{Config, Error};
use crate::order::StaffId;
use crate::station::LinkFault;

/// The way to one project: signed in as the station's account, never asked without a session, bounded in number.
#[derive(Debug)]
pub struct Line {
    pub(super) http: Arc<Http>,
    pub(super) session: Session,
    /// Writes and reads wait in lines of their own: a journal that drains must not hold up a person's scan.
    writes: Semaphore,
    reads: Semaphore,
}

/// What is asked of PostgREST.
#[derive(Clone, Copy)]
enum Request<'a> {
    Function(&'a Call),
    Rows(&'a Table),
}

impl Line {
    /// Makes the client and takes up the session of an earlier life, if this one keeps any; nothing is sent yet.
    pub fn open(config: &Config, limits: Limits, keeps_session: bool) -> Result<Self, Error> {
        let http = Arc::new(Http::new(config, limits)?);
        let file = keeps_session.then(|| config.session_path.clone());
        let session = Session::open(Arc::clone(&http), config, file, limits)?;
        let (writes, reads) = (Semaphore::new(WRITES_AT_ONCE_MAX), Semaphore::new(READS_AT_ONCE_MAX));
        Ok(Self { http, session, writes, reads })
    }

    /// Makes a call that is not a person's write; only a success is an answer.
    pub async fn read(&self, call: &Call) -> Result<Answer, LinkFault> {
        self.ask(Request::Function(call)).await
    }

    /// Reads rows of a table; only a success is an answer.
    pub async fn read_table(&self, table: &Table) -> Result<Answer, LinkFault> {
        self.ask(Request::Rows(table)).await
    }

    /// Makes a person's write; whatever answers is handed back.
    pub async fn write(&self, call: &Call) -> Result<Answer, LinkFault> {
        let _turn = self.writes.acquire().await.expect("the semaphore is never closed");
        self.exchange(Request::Function(call)).await
    }

    /// Makes a call that changes nothing, ahead of the writes that wait; whatever answers is handed back.
    pub async fn probe(&self, call: &Call) -> Result<Answer, LinkFault> {
        self.exchange(Request::Function(call)).await
    }

    /// The account, signed in now.
    pub async fn signed_in(&self) -> Result<StaffId, LinkFault> {
        self.session.pass().await?;
        Ok(self.session.account().expect("a session with a token has an account"))
    }

    /// The account, once it has been signed in, in this life or an earlier one.
    pub fn account(&self) -> Option<StaffId> {
        self.session.account()
    }

    /// Server time minus local time, in microseconds.
    pub fn offset_us(&self) -> i64 {
        self.http.offset_us()
    }

    async fn ask(&self, request: Request<'_>) -> Result<Answer, LinkFault> {
        let _turn = self.reads.acquire().await.expect("the semaphore is never closed");
        let answer = self.exchange(request).await?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(match fault::of_call(&answer) {
            CallFault::Link(fault) => fault,
            CallFault::Expired(words) => LinkFault::Forbidden(words),
        })
    }

    /// Asks, and where the token is no longer taken, once more with a new one.
    async fn exchange(&self, request: Request<'_>) -> Result<Answer, LinkFault> {
        let pass = self.session.pass().await?;
        let answer = self.once(request, &pass.token).await?;
        if answer.is_success() || !matches!(fault::of_call(&answer), CallFault::Expired(_)) {
            return Ok(answer);
        }
        let pass = self.session.pass_after(&pass).await?;
        self.once(request, &pass.token).await
    }

    async fn once(&self, request: Request<'_>, token: &Secret) -> Result<Answer, LinkFault> {
        let (name, result) = match request {
            Request::Function(Call { function, arguments }) => {
                let path = format!("/rest/v1/rpc/{function}");
                (*function, self.http.post(&path, Some(token), arguments).await)
            }
            Request::Rows(Table { table, query }) => {
                let path = format!("/rest/v1/{table}?{query}");
                (*table, self.http.get(&path, token).await)
            }
        };
        match &result {
            Ok(answer) => {
                tracing::debug!(
                    name,
                    status = answer.status,
                    bytes = answer.body.len(),
                    round_trip = ?answer.round_trip,
                    "answered"
                );
            }
            Err(fault) => tracing::debug!(name, ?fault, "not answered"),
        }
        result
    }
}

/// With the reads, no more than the 8 connections that a small project's pool can spare a station.
const WRITES_AT_ONCE_MAX: usize = 5;
const READS_AT_ONCE_MAX: usize = 3;
